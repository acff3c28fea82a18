//! The checks of an environment: run, shown, recorded. How a check is tried is in `delivery`.

use std::collections::BTreeMap;

use delivery::verify::{Subject, verify};
use engine::secrets::{Secrets, marked_in};
use engine::{Events, Session};
use lang::project::Check;
use model::{Diagnostic, Diagnostics, Str, Value};
use state::CheckResult;

use super::args::Showing;
use super::invocation::Invocation;
use super::listen::{Listener, Listening};
use super::prepare::Prepared;

/// The checks that verify the environment, in their order.
pub fn of(prepared: &Prepared) -> Vec<&Check> {
    let declared = prepared.project.declared(&prepared.environment);
    let names = declared.map_or_else(Default::default, |declared| declared.verify.as_slice());
    let checks = &prepared.project.file.checks;
    names
        .iter()
        .filter_map(|(name, _)| checks.get(name))
        .collect()
}

/// Runs the environment's checks and records what came of them; says whether all passed.
///
/// # Errors
/// When the record cannot be written.
pub async fn check(
    invocation: &Invocation,
    prepared: &Prepared,
    session: &Session,
    outputs: &BTreeMap<Str, (Value, bool)>,
    showing: Showing,
) -> Result<bool, state::RecordError> {
    let checks = of(prepared);
    if checks.is_empty() {
        return Ok(true);
    }
    let values: BTreeMap<Str, Value> = outputs
        .iter()
        .map(|(name, (value, _))| (name.clone(), value.clone()))
        .collect();
    let subject = Subject {
        environment: &prepared.environment,
        outputs: &values,
        directory: &prepared.project.directory,
        clock: &*invocation.process.clock,
        random: &*invocation.process.random,
        secrets: &|| secrets(session, &prepared.environment, &values),
    };
    let listening = if showing.json {
        Listening::Json
    } else {
        Listening::Screen
    };
    let listener = Listener::start(invocation, listening, prepared.sources());
    let events = Events::to(listener.sender(), invocation.process.clock.clone()).kept_by(session);
    let outcomes = verify(&checks, &subject, &events).await;
    drop(events);
    listener.finish().await;
    let mut failed = Diagnostics::new();
    for outcome in &outcomes {
        let at = invocation.process.clock.now();
        let result = CheckResult {
            name: outcome.check.to_string(),
            passed: outcome.passed,
            at,
            detail: outcome.detail.clone(),
            seen: outcome.seen.clone(),
        };
        session.check(result).await?;
        if !outcome.passed {
            let span = prepared
                .project
                .file
                .checks
                .get(&outcome.check)
                .map(|check| check.span);
            let diagnostic = Diagnostic::error(
                "check-failed",
                format!("check `{}` did not pass", outcome.check),
            )
            .note(format!(
                "tried {} time{}; last: {}",
                outcome.attempts,
                if outcome.attempts == 1 { "" } else { "s" },
                outcome.detail
            ));
            let diagnostic = match outcome.seen.as_str() {
                "" => diagnostic,
                seen => diagnostic.note(seen),
            }
            .help(
                "the environment is applied as recorded; mend what the check sees and apply again",
            );
            failed.push(match span {
                Some(span) => diagnostic.at(span, ""),
                None => diagnostic,
            });
        }
    }
    invocation.report(&failed, prepared.sources(), "", false);
    Ok(failed.is_empty())
}

/// What must not be shown of what a check sees: every sensitive text that is recorded. Where the record cannot be read,
/// those of the outputs; writing the check's result will say what is wrong with it.
fn secrets(session: &Session, environment: &Str, outputs: &BTreeMap<Str, Value>) -> Secrets {
    match engine::record::read(session.store(), environment) {
        Ok(recorded) => {
            let objects = recorded.instances().flat_map(|(_, instance)| {
                let objects = instance.current.iter().chain(instance.deposed.values());
                objects.map(|object| &object.value)
            });
            marked_in(objects.chain(outputs.values()))
        }
        Err(_) => marked_in(outputs.values()),
    }
}
