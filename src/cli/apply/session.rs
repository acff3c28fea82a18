//! The run of an apply: what it is to make real, its lease, and how it ends.

use std::collections::BTreeMap;

use delivery::configuration;
use delivery::gather::is_past_rules;
use engine::record::StoreError;
use engine::{Session, SessionError, SessionRequest};
use model::plan::Plan;
use model::serial::RevisionId;
use model::{Diagnostic, Sources};
use state::{ConfigurationDigest, RecordError, RunKind, RunOutcome, Store};

use crate::cli::apply::purpose::Purpose;
use crate::cli::invocation::Invocation;
use crate::cli::invocation::exit::ExitCode;
use crate::cli::invocation::suggested::Again;
use crate::cli::prepare::Prepared;
use crate::cli::prepare::revised;
use crate::cli::record;

/// Begins the run that a plan is applied in.
pub(super) async fn begin(
    again: Again<'_>,
    store: &Store,
    (kind, purpose): (RunKind, &Purpose),
    plan: &Plan,
) -> Result<Session, ExitCode> {
    let Again {
        invocation,
        prepared,
        ..
    } = again;
    let request = SessionRequest {
        environment: prepared.environment.clone(),
        kind,
        plan: Some(plan.id.to_string()),
        revision: None,
        configuration: None,
        actor: invocation.actor(),
        note: purpose.note(),
    };
    let expected = Some((plan.serial, &plan.lineage));
    // A run that cannot begin leaves no revision.
    let make = async |request| {
        let (revision, mut configuration) =
            used(invocation, prepared, store, (kind, purpose)).await?;
        if let Purpose::Rollback(back) = purpose {
            // What was kept is what is used again, also where inputs were declared since.
            configuration = back.configuration.or(configuration);
        }
        Ok(SessionRequest {
            revision,
            configuration,
            ..request
        })
    };
    let clock = &invocation.process.clock;
    match Session::begin_with(store, clock, request, expected, make).await {
        Ok(session) => Ok(session),
        Err(SessionError::Record(error)) => Err(record::report(invocation, &error)),
        Err(SessionError::Unmade(error)) => Err(record::report(invocation, &error)),
        Err(error @ (SessionError::Stale { .. } | SessionError::Foreign)) => {
            let diagnostic = Diagnostic::error("plan-stale", error.to_string())
                .note("something was applied since, so that the plan may do other things than it shows")
                .help(purpose.again(again, plan.mode));
            invocation.report(
                &diagnostic.into(),
                &Sources::default(),
                "nothing was changed",
                false,
            );
            Err(ExitCode::Failed)
        }
    }
}

/// What a run that applies makes real, made if need be: the revision, and the variables it is given.
async fn used(
    invocation: &Invocation,
    prepared: &Prepared,
    store: &Store,
    (kind, purpose): (RunKind, &Purpose),
) -> Result<(Option<String>, Option<ConfigurationDigest>), StoreError> {
    if !matches!(
        kind,
        RunKind::Apply | RunKind::Promote | RunKind::Rollback | RunKind::Heal
    ) {
        return Ok((None, None));
    }
    let row = match purpose {
        // What it was is to be known, and may be promoted in its own time.
        Purpose::BreakGlass(_) => revised::made_of(invocation, prepared, store).await?,
        Purpose::Apply | Purpose::Promote | Purpose::Rollback(_) | Purpose::Heal(_) => {
            revised::made(invocation, prepared, store).await?
        }
    };
    let revision = row.map(|row| RevisionId(row.number).to_string());
    let payload = configuration::payload(&prepared.project, &prepared.variables);
    let payload = payload.map_err(|source| StoreError::Object {
        address: "the variables".into(),
        source,
    })?;
    let configuration = store
        .put_configuration(&prepared.environment, payload)
        .await?;
    Ok((revision, Some(configuration)))
}

/// Whether the environment is to have another revision than the one it has, though nothing in it changes.
pub(super) fn is_news(
    prepared: &Prepared,
    store: &Store,
    purpose: &Purpose,
) -> Result<bool, RecordError> {
    let (project, environment) = (&prepared.project, &prepared.environment);
    let Some(content) = prepared.content.as_ref().filter(|_| project.has_file) else {
        return Ok(false);
    };
    let Some(id) = content.id() else {
        let goes_past = matches!(purpose, Purpose::BreakGlass(_));
        return Ok(goes_past || project.is_entry(environment));
    };
    // What is under way there brings it already, as where its checks apply again.
    let name = Some(id.to_string());
    let coming = store.unended_runs(environment)?;
    let comes = coming
        .iter()
        .any(|run| run.revision == name && !is_past_rules(run));
    Ok(!comes && delivery::applied::there(store, environment)? != Some(id))
}

/// Ends a run, and says how the command ends.
pub(super) async fn finish(
    invocation: &Invocation,
    session: Session,
    outcome: RunOutcome,
    counts: BTreeMap<String, u64>,
) -> ExitCode {
    match (session.finish(outcome, counts).await, outcome) {
        (Ok(()), RunOutcome::Succeeded) => ExitCode::Done,
        (Ok(()), RunOutcome::Cancelled) => ExitCode::Interrupted,
        (Ok(()), RunOutcome::Failed | RunOutcome::Interrupted) => ExitCode::Failed,
        (Err(error), _) => record::report(invocation, &error),
    }
}

pub(super) fn outcome_of(passed: bool) -> RunOutcome {
    if passed {
        RunOutcome::Succeeded
    } else {
        RunOutcome::Failed
    }
}
