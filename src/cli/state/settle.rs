//! `terrace state settle`: takes a person's word for what became of a step of which it cannot be told.

use std::collections::BTreeMap;

use engine::settle::{SettleError, Verdict, settle};
use engine::{Session, SessionError, SessionRequest};
use model::{Diagnostic, Diagnostics};
use state::{RunKind, RunOutcome};

use crate::cli::args::{Named, StateSettleArgs};
use crate::cli::invocation::Invocation;
use crate::cli::invocation::exit::ExitCode;
use crate::cli::prepare::{self, Refused, Wanted, Wants};
use crate::cli::record;

/// Runs the command.
pub async fn run(invocation: &Invocation, args: &StateSettleArgs) -> ExitCode {
    match settled(invocation, args).await {
        Ok(()) => ExitCode::Done,
        Err(refused) => refused.report(invocation),
    }
}

async fn settled(invocation: &Invocation, args: &StateSettleArgs) -> Result<(), Refused> {
    let (project, _) = prepare::open(invocation)?;
    let named = args.subject(|name| project.has_environment(name));
    let Named { environment, rest } = named.map_err(|error| Refused {
        diagnostics: prepare::unknown_word(&error, &project).into(),
        sources: project.sources.clone(),
    })?;
    let wanted = Wanted::configured(environment.as_deref(), Wants::Record);
    let prepared = prepare::prepare(invocation, wanted).await?;
    let refused = |diagnostic: Diagnostic| Refused {
        diagnostics: Diagnostics::from(diagnostic),
        sources: prepared.sources().clone(),
    };
    let of_record = |error: &(dyn std::error::Error + 'static)| refused(record::diagnostic(error));
    let store = record::open(&prepared.project.record()).map_err(|error| of_record(&error))?;
    let actor = invocation.actor();
    let request = SessionRequest {
        note: Some(format!("settled {rest} by hand")),
        ..SessionRequest::new(&prepared.environment, RunKind::Recover, actor)
    };
    let session = Session::begin(&store, &invocation.process.clock, request, None).await;
    let session = session.map_err(|error| match error {
        SessionError::Record(error) => of_record(&error),
        SessionError::Unmade(error) => of_record(&error),
        error @ (SessionError::Stale { .. } | SessionError::Foreign) => of_record(&error),
    })?;
    let recorded = engine::record::read(&store, &prepared.environment);
    let recorded = recorded.map_err(|error| of_record(&error))?;
    let verdict = match &args.id {
        Some(id) => Verdict::Exists(id.as_str().into()),
        None if args.gone => Verdict::Gone,
        None => Verdict::Unchanged,
    };
    let (desired, providers) = (prepared.desired(), &prepared.providers);
    let done = settle(&session, &recorded, desired, providers, (&rest, &verdict)).await;
    let outcome = if done.is_ok() {
        RunOutcome::Succeeded
    } else {
        RunOutcome::Failed
    };
    let finished = session.finish(outcome, BTreeMap::new()).await;
    done.map_err(|error| match error {
        SettleError::Store(error) => of_record(&error),
        error @ SettleError::NotOpen { .. } => {
            let help = format!("what is open: terrace status {}", prepared.environment);
            refused(Diagnostic::error("missing-value", error.to_string()).help(help))
        }
        error @ SettleError::Provider { .. } => {
            refused(Diagnostic::error("provider-failed", error.to_string()))
        }
    })?;
    finished.map_err(|error| of_record(&error))?;
    invocation.say(&format!("   Settled {rest}\n"));
    Ok(())
}
