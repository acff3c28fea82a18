//! `terrace verify`: tries an environment's checks on what is deployed there, and records what they say as evidence. How
//! a check is tried is in `delivery`.

pub mod checks;

use std::collections::BTreeMap;

use delivery::applied;
use delivery::gather::revision_of;
use model::{Diagnostic, Sources, Str, Value};
use state::{RunRow, Store};

use super::args::{Showing, VerifyArgs};
use super::invocation::Invocation;
use super::output::write;
use super::prepare::{self, Refused, Wanted, Wants};
use super::{plan, record};
use crate::cli::invocation::exit::ExitCode;
use crate::cli::invocation::suggested;

/// Runs the command.
pub async fn run(invocation: &Invocation, args: &VerifyArgs) -> ExitCode {
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
        let _ = write::answer(&invocation.account.opening(now));
    }
    verify(invocation, &environment, showing).await
}

/// Tries the checks of an environment on what is deployed there.
pub async fn verify(invocation: &Invocation, environment: &Str, showing: Showing) -> ExitCode {
    match tried(invocation, environment, showing).await {
        Ok(code) => code,
        Err(refused) => plan::refuse(invocation, &refused, showing),
    }
}

async fn tried(
    invocation: &Invocation,
    environment: &Str,
    showing: Showing,
) -> Result<ExitCode, Refused> {
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
        let declared = project.declared(environment);
        let is_after = declared.is_some_and(|declared| !declared.after.is_empty());
        let verb = if is_after { "promote" } else { "apply" };
        let diagnostic = Diagnostic::error("nothing-deployed", message).help(format!(
            "bring something there first: {} {verb} {environment}",
            suggested::program(invocation)
        ));
        return Err(Refused::alone(diagnostic, &Sources::default()));
    };
    let name = deployed.as_ref().and_then(|run| run.revision.clone());
    let wanted = Wanted {
        revision: name.as_deref(),
        ..Wanted::configured(Some(environment), Wants::Checks)
    };
    let prepared = prepare::prepare(invocation, wanted).await?;
    let revision = deployed.as_ref().and_then(revision_of);
    invocation.account.about(environment, revision);
    if checks::of(&prepared).is_empty() {
        let file = prepared.project.base.join(delivery::project::PROJECT_FILE);
        invocation.say(&format!(
            "{environment} has no checks: `verify` in {} names them\n",
            file.display()
        ));
        return Ok(ExitCode::Done);
    }
    let run = checks::Run {
        invocation,
        prepared: &prepared,
        store: &store,
        outputs: &outputs,
        showing,
        again: format!("{} verify {environment}", suggested::program(invocation)),
    };
    run.look(serial).await.map_err(|error| of_record(&error))
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
    // What was destroyed in part has instances left, which checks may be about.
    if recorded.instances().next().is_none() && !applied::is_deployed(store, environment)? {
        return Ok(None);
    }
    let deployed = applied::deployed(store, environment)?;
    let outputs = recorded.outputs.iter();
    Ok(Some(There {
        deployed,
        serial: recorded.serial,
        outputs: outputs
            .map(|(name, output)| (name.clone(), (output.value.clone(), output.sensitive)))
            .collect(),
    }))
}
