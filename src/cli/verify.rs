//! `terrace verify`: tries an environment's checks on what is deployed there, and records what they say as evidence. How
//! a check is tried is in `delivery`.

use std::collections::BTreeMap;
use std::time::Duration;

use delivery::report::{self, Outcome, Subject};
use model::serial::RevisionId;
use model::{Diagnostic, Sources, Str, Value};
use state::{RunRow, Store};

use super::account::Kept;
use super::args::{Showing, VerifyArgs};
use super::exit::ExitCode;
use super::invocation::Invocation;
use super::output::json::ui;
use super::output::write;
use super::prepare::{self, Refused, Wanted, Wants};
use super::reports::Reports;
use super::{checks, plan, record, suggested};

/// Runs the command.
pub async fn run(invocation: &Invocation, args: &VerifyArgs) -> ExitCode {
    let reports = match Reports::ready(invocation, &args.reporting) {
        Ok(reports) => reports,
        Err(code) => return code,
    };
    let showing = Showing {
        json: args.json,
        detail: false,
        compact_warnings: false,
    };
    let opened = prepare::open(invocation).and_then(|(project, _)| {
        let environment = project.environment(args.environment.as_deref());
        environment.map_err(|error| Refused::alone(error.diagnostic(), &project.sources))
    });
    let environment = match opened {
        Ok(environment) => environment,
        Err(refused) => return plan::refuse(invocation, &refused, showing),
    };
    if args.json {
        let now = invocation.process.clock.now();
        let _ = write::answer(&(ui::version(env!("CARGO_PKG_VERSION")).line(now) + "\n"));
    }
    let started = invocation.process.clock.now();
    if reports.are_wanted() {
        invocation.account.begin(&environment);
    }
    let (revision, code) = verify(invocation, &environment, showing).await;
    if !reports.are_wanted() {
        return code;
    }
    let took = invocation.process.clock.now().since(started);
    let subject = Subject {
        operation: format!("verify {environment}"),
        environments: vec![told(invocation.account.end(), revision, took, code)],
    };
    reports.write(invocation, &subject, code)
}

/// What is said of an environment whose checks were tried.
fn told(
    kept: Kept,
    revision: Option<RevisionId>,
    took: Duration,
    code: ExitCode,
) -> report::Environment {
    let Kept {
        environment,
        plan: _,
        steps,
        checks,
        wrong,
    } = kept;
    let outcome = match (code, wrong) {
        (ExitCode::Done, _) => Outcome::Done,
        (_, why) => Outcome::Failed(why.unwrap_or_default()),
    };
    report::Environment {
        name: environment,
        revision,
        outcome,
        took: Some(took),
        plan: None,
        steps,
        checks,
        drift: None,
        waits: Vec::new(),
    }
}

/// Tries the checks of an environment on what is deployed there; says which revision that is.
pub async fn verify(
    invocation: &Invocation,
    environment: &Str,
    showing: Showing,
) -> (Option<RevisionId>, ExitCode) {
    match tried(invocation, environment, showing).await {
        Ok((revision, code)) => (revision, code),
        Err(refused) => (None, plan::refuse(invocation, &refused, showing)),
    }
}

async fn tried(
    invocation: &Invocation,
    environment: &Str,
    showing: Showing,
) -> Result<(Option<RevisionId>, ExitCode), Refused> {
    let (project, _) = prepare::open(invocation)?;
    let of_record = |error: &(dyn std::error::Error + 'static)| {
        Refused::alone(record::diagnostic(error), &project.sources)
    };
    let store = record::open(&project.record()).map_err(|error| of_record(&error))?;
    let there = there(&store, environment).map_err(|error| of_record(&error))?;
    let Some(There {
        deployed,
        serial,
        outputs,
    }) = there
    else {
        let message = format!("nothing is deployed in {environment}");
        let diagnostic = Diagnostic::error("nothing-deployed", message).help(format!(
            "bring something there first: {} apply {environment}",
            suggested::program(invocation)
        ));
        return Err(Refused::alone(diagnostic, &Sources::default()));
    };
    let name = deployed.and_then(|run| run.revision);
    let wanted = Wanted {
        revision: name.as_deref(),
        ..Wanted::configured(Some(environment), Wants::Checks)
    };
    let prepared = prepare::prepare(invocation, wanted).await?;
    let revision = name.and_then(|name| name.parse().ok());
    if checks::of(&prepared).is_empty() {
        let file = prepared.project.base.join(delivery::project::PROJECT_FILE);
        invocation.say(&format!(
            "{environment} has no checks: `verify` in {} names them\n",
            file.display()
        ));
        return Ok((revision, ExitCode::Done));
    }
    let run = checks::Run {
        invocation,
        prepared: &prepared,
        store: &store,
        outputs: &outputs,
        showing,
        again: format!("{} verify {environment}", suggested::program(invocation)),
    };
    let code = run.look(serial).await.map_err(|error| of_record(&error))?;
    Ok((revision, code))
}

/// What an environment holds.
struct There {
    /// The run that brought it.
    deployed: Option<RunRow>,
    /// The version of its record.
    serial: model::serial::Serial,
    /// Its root outputs, and whether they are sensitive.
    outputs: BTreeMap<Str, (Value, bool)>,
}

/// What is there; none where nothing is.
fn there(store: &Store, environment: &Str) -> Result<Option<There>, engine::record::StoreError> {
    let recorded = engine::record::read(store, environment)?;
    let deployed = store.deployed(environment)?;
    if deployed.is_none() && recorded.instances().next().is_none() {
        return Ok(None);
    }
    let outputs = recorded.outputs.iter();
    Ok(Some(There {
        deployed,
        serial: recorded.serial,
        outputs: outputs
            .map(|(name, output)| (name.clone(), (output.value.clone(), output.sensitive)))
            .collect(),
    }))
}
