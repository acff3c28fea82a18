//! The checks of an environment: run, shown, recorded. How a check is tried is in `delivery`.

use std::collections::BTreeMap;

use delivery::verify::{CheckOutcome, Subject, Tries, Verified, verify};
use engine::observation::{Kept, Observation};
use engine::secrets::{Secrets, marked_in};
use engine::{Events, Session, SessionRequest};
use lang::project::Check;
use model::serial::Serial;
use model::{Diagnostic, Diagnostics, Str, Value};
use state::{CheckResult, RecordError, RunKind, RunOutcome, Store};

use crate::cli::apply::say_diagnostics;
use crate::cli::args::Showing;
use crate::cli::invocation::Invocation;
use crate::cli::invocation::exit::ExitCode;
use crate::cli::invocation::interrupt::interrupts;
use crate::cli::invocation::listen::{Listener, Listening};
use crate::cli::invocation::suggested;
use crate::cli::prepare::Prepared;
use crate::cli::prepare::revised::Content;

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

/// What came of the checks at the end of a run.
#[derive(Clone, Copy, Debug)]
pub struct Checked {
    /// How many failed.
    pub failed: u64,
    /// Whether all were tried to their end.
    pub is_whole: bool,
}

/// Runs the environment's checks at the end of a run and records what came of them there.
///
/// # Errors
/// When the record cannot be written.
pub async fn check(
    invocation: &Invocation,
    prepared: &Prepared,
    session: &Session,
    outputs: &BTreeMap<Str, (Value, bool)>,
    showing: Showing,
) -> Result<Checked, RecordError> {
    let run = Run {
        invocation,
        prepared,
        store: session.store(),
        outputs,
        showing,
        again: String::new(),
    };
    let Tried {
        results,
        failed,
        left,
    } = run
        .tried(|events| events.kept_by(session), Tries::AsItSays)
        .await;
    for result in results {
        session.check(result).await?;
    }
    let checked = Checked {
        failed: failed.len() as u64,
        is_whole: left.is_none(),
    };
    let found: Diagnostics = failed.into_iter().chain(left).collect();
    tell(invocation, prepared, &found, showing);
    Ok(checked)
}

/// Checks of an environment that is applied already.
#[derive(Clone, Debug)]
pub struct Run<'a> {
    /// The call.
    pub invocation: &'a Invocation,
    /// The environment.
    pub prepared: &'a Prepared,
    /// Its record.
    pub store: &'a Store,
    /// Its root outputs, and whether they are sensitive.
    pub outputs: &'a BTreeMap<Str, (Value, bool)>,
    /// How it is shown.
    pub showing: Showing,
    /// The command that tries them again.
    pub again: String,
}

/// What came of checks.
struct Tried {
    results: Vec<CheckResult>,
    failed: Diagnostics,
    /// What is said of those that were not tried to their end, if there are any.
    left: Option<Diagnostic>,
}

impl Run<'_> {
    /// Runs the checks on what the record holds at `serial`, without a right to change anything: another run may go on,
    /// and the record may be one that cannot be written.
    ///
    /// # Errors
    /// When the record that could be written cannot be any more.
    pub async fn look(&self, serial: Serial) -> Result<ExitCode, RecordError> {
        let Self {
            invocation,
            prepared,
            store,
            ..
        } = self;
        let revision = prepared.content.as_ref().and_then(Content::id);
        let actor = invocation.actor();
        let request = SessionRequest {
            revision: revision.map(|id| id.to_string()),
            ..SessionRequest::new(&prepared.environment, RunKind::Verify, actor)
        };
        let observation = Observation::begin(store, &invocation.process.clock, request, serial);
        let Tried {
            results,
            failed,
            left,
        } = self
            .tried(|events| events.noted_by(&observation), Tries::AsItSays)
            .await;
        let (outcome, code) = match (failed.is_empty(), left.is_none()) {
            (true, true) => (RunOutcome::Succeeded, ExitCode::Done),
            (true, false) => (RunOutcome::Cancelled, ExitCode::Interrupted),
            (false, _) => (RunOutcome::Failed, ExitCode::Failed),
        };
        let mut found: Diagnostics = failed.into_iter().chain(left).collect();
        match observation.finish(results, outcome).await {
            Ok(Kept::Recorded) => {}
            Ok(Kept::Outdated) => found.push(unrecorded(
                "record-moved-on",
                "another run changed the environment while its checks ran".into(),
                format!("try them again: {}", self.again),
            )),
            Err(error @ RecordError::ReadOnly { .. }) => found.push(unrecorded(
                "read-only-directory",
                error.to_string(),
                "make the directory writable to record them".into(),
            )),
            Err(error) => return Err(error),
        }
        tell(invocation, prepared, &found, self.showing);
        Ok(code)
    }

    /// Runs the checks once as a part of a look, which keeps what is told; returns what came of them.
    pub async fn within(&self, observation: &Observation) -> Vec<CheckResult> {
        let keeping = |events: Events| events.noted_by(observation);
        self.tried(keeping, Tries::Once).await.results
    }

    async fn tried(&self, keeping: impl FnOnce(Events) -> Events, tries: Tries) -> Tried {
        let Self {
            invocation,
            prepared,
            store,
            outputs,
            showing,
            ..
        } = *self;
        let mut tried = Tried {
            results: Vec::new(),
            failed: Diagnostics::new(),
            left: None,
        };
        let checks = of(prepared);
        if checks.is_empty() {
            return tried;
        }
        let values: BTreeMap<Str, Value> = outputs
            .iter()
            .map(|(name, (value, _))| (name.clone(), value.clone()))
            .collect();
        let revision = prepared.content.as_ref().and_then(Content::checked);
        let subject = Subject {
            environment: &prepared.environment,
            tries,
            revision: revision.as_ref(),
            outputs: &values,
            directory: &prepared.project.directory,
            clock: &*invocation.process.clock,
            random: &*invocation.process.random,
            secrets: &|| secrets(store, &prepared.environment, &values),
        };
        let listening = if showing.json {
            Listening::Json
        } else {
            Listening::Screen
        };
        let listener = Listener::start(invocation, listening, prepared.sources());
        let events = Events::to(listener.sender(), invocation.process.clock.clone());
        let events = keeping(events);
        let Verified { outcomes, left } = verify(&checks, &subject, &events, interrupts()).await;
        drop(events);
        listener.finish().await;
        tried.left = (!left.is_empty()).then(|| untried(invocation, prepared, &left));
        for outcome in outcomes {
            if !outcome.passed {
                let span = prepared.project.file.checks.get(&outcome.check);
                let diagnostic = failed(&outcome, &self.again);
                tried.failed.push(match span {
                    Some(check) => diagnostic.at(check.span, ""),
                    None => diagnostic,
                });
            }
            let at = invocation.process.clock.now();
            tried.results.push(CheckResult {
                name: outcome.check.to_string(),
                passed: outcome.passed,
                at,
                detail: outcome.detail,
                seen: outcome.seen,
            });
        }
        tried
    }
}

/// Says what is wrong: on the screen, or in the stream of messages.
fn tell(invocation: &Invocation, prepared: &Prepared, found: &Diagnostics, showing: Showing) {
    if showing.json {
        say_diagnostics(invocation, found, prepared.sources());
    } else {
        invocation.report(found, prepared.sources(), "", false);
    }
}

fn failed(outcome: &CheckOutcome, again: &str) -> Diagnostic {
    let message = format!("check `{}` did not pass", outcome.check);
    let diagnostic = Diagnostic::error("check-failed", message).note(format!(
        "tried {} time{}; last: {}",
        outcome.attempts,
        if outcome.attempts == 1 { "" } else { "s" },
        outcome.detail
    ));
    let diagnostic = match outcome.seen.as_str() {
        "" => diagnostic,
        seen => diagnostic.note(seen),
    };
    diagnostic.help(match again {
        "" => "the environment is applied as recorded; mend what the check sees and apply again"
            .into(),
        again => format!("mend what the check sees, and try it again: {again}"),
    })
}

/// The checks of which nothing is known, because it was asked to stop before they came to an end.
fn untried(invocation: &Invocation, prepared: &Prepared, left: &[Str]) -> Diagnostic {
    let names: Vec<String> = left.iter().map(|name| format!("`{name}`")).collect();
    let message = format!("not tried to the end: {}", names.join(", "));
    Diagnostic::error("check-not-tried", message)
        .note("it was interrupted; nothing is recorded of them")
        .help(format!(
            "try them: {} verify {}",
            suggested::program(invocation),
            prepared.environment
        ))
}

/// The checks were run and shown, but are not in the record.
fn unrecorded(id: &'static str, why: String, help: String) -> Diagnostic {
    Diagnostic::warning(id, "the results of the checks are not recorded")
        .note(why)
        .help(help)
}

/// What must not be shown of what a check sees: every sensitive text that is recorded. Where the record cannot be read,
/// those of the outputs; writing the check's result will say what is wrong with it.
fn secrets(store: &Store, environment: &Str, outputs: &BTreeMap<Str, Value>) -> Secrets {
    match engine::record::read(store, environment) {
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
