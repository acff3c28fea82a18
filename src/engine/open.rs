//! Steps that are open in the journal: begun, and what came of them is not recorded. Says what is known of one and how
//! a person settles it; finding out is [`mod@crate::recover`].

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use model::address::InstanceAddr;
use model::clock::Timestamp;
use model::plan::{Plan, PlanMode};
use model::serial::RunId;
use model::{Diagnostic, Str};
use serde_json::{Value, json};
use state::{EventRow, OpenIntent, RunOutcome, Store};

use crate::record::StoreError;

/// In a run's history: the provider answered, but could not say what exists.
const EVENT: &str = "step-left-open";

/// A step that is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenStep {
    /// The environment.
    pub environment: Str,
    /// The instance.
    pub addr: InstanceAddr,
    /// What was to be done to it, in the plan's word.
    pub action: Str,
    /// The run that began it.
    pub run: u64,
    /// How it came to be open, as a phrase.
    pub how: String,
}

impl OpenStep {
    /// The command that settles it, without the answer.
    pub fn command(&self) -> String {
        format!("terrace state settle {} '{}'", self.environment, self.addr)
    }

    /// How a person settles it.
    pub(crate) fn help(&self) -> String {
        let command = self.command();
        format!(
            "look whether it exists, then say so: {command} and one of --gone, --unchanged, --id=ID"
        )
    }

    /// The error that it is where something was to be done about the instance.
    pub fn error(&self, message: String) -> Diagnostic {
        Diagnostic::error("journal-open", message)
            .note(self.how.clone())
            .help(self.help())
            .about(self.addr.clone())
    }

    /// The warning that it is where it was asked what became of it, and `hint` is all there is to say.
    pub(crate) fn warning(&self, hint: String) -> Diagnostic {
        let message = format!("it cannot be told what became of `{}`", self.addr);
        Diagnostic::warning("journal-open", message)
            .note(self.how.clone())
            .note(hint)
            .help(self.help())
            .about(self.addr.clone())
    }

    /// The error that it is at the end of a run, whatever else was done.
    pub fn unsettled(&self) -> Diagnostic {
        let addr = &self.addr;
        self.error(format!("it cannot be told what became of `{addr}`"))
    }

    /// Whether a plan says what the instance is to be. One that only refreshes says that of none.
    pub fn concerns(&self, plan: &Plan) -> bool {
        if plan.mode == PlanMode::RefreshOnly {
            return false;
        }
        let covered = |targets: &[model::address::Target]| {
            targets.iter().any(|target| target.covers(&self.addr))
        };
        (plan.targets.is_empty() || covered(&plan.targets)) && !covered(&plan.excludes)
    }
}

/// The steps of an environment that are open, in the order they were begun.
///
/// # Errors
/// When the record cannot be read.
pub fn steps(store: &Store, environment: &Str) -> Result<Vec<OpenStep>, StoreError> {
    let open = store.open_intents(environment)?;
    let mut runs = Runs::default();
    let of = |intent| runs.step(store, environment, intent);
    open.intents.iter().map(of).collect()
}

/// The runs that left steps open, each read once.
#[derive(Debug, Default)]
pub(crate) struct Runs(HashMap<RunId, Left>);

/// How a run ended, and what providers answered to the steps that it left open.
#[derive(Debug)]
struct Left {
    outcome: Option<RunOutcome>,
    answers: HashMap<u64, String>,
}

impl Runs {
    /// What is known of an intent that is open.
    ///
    /// # Errors
    /// When the record cannot be read.
    pub(crate) fn step(
        &mut self,
        store: &Store,
        environment: &Str,
        intent: &OpenIntent,
    ) -> Result<OpenStep, StoreError> {
        let left = match self.0.entry(intent.run) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(Left::of(store, intent.run)?),
        };
        let (run, action) = (intent.run, &intent.action);
        let how = match left.outcome {
            None | Some(RunOutcome::Interrupted) => {
                format!("run {run} was interrupted while it was to {action} it")
            }
            Some(RunOutcome::Cancelled) => {
                format!("run {run} was stopped while it was to {action} it")
            }
            Some(RunOutcome::Failed | RunOutcome::Succeeded) => {
                format!("run {run} was to {action} it, and could not tell what came of that")
            }
        };
        let answer = left.answers.get(&intent.step);
        let how = answer.map_or_else(|| how.clone(), |answer| format!("{how}: {answer}"));
        Ok(OpenStep {
            environment: environment.clone(),
            addr: intent.addr.clone(),
            action: action.clone(),
            run: run.0,
            how,
        })
    }
}

impl Left {
    fn of(store: &Store, run: RunId) -> Result<Self, StoreError> {
        let outcome = store.run(run)?.end.map(|end| end.outcome);
        let events = store.events(run)?;
        let answers = events.iter().filter_map(|event| answer(&event.body));
        Ok(Self {
            outcome,
            answers: answers.collect(),
        })
    }
}

/// The step and the answer of an event that [`event`] made.
fn answer(body: &str) -> Option<(u64, String)> {
    let body: Value = serde_json::from_str(body).ok()?;
    if body.get("event")?.as_str()? != EVENT {
        return None;
    }
    let why = body.get("why")?.as_str()?;
    Some((body.get("step")?.as_u64()?, why.to_owned()))
}

/// What the provider answered to a step that stays open, for the run's history.
pub(crate) fn event(at: Timestamp, step: u32, addr: &InstanceAddr, why: &str) -> EventRow {
    let body = json!({
        "event": EVENT,
        "step": step,
        "address": addr.to_string(),
        "why": why,
    });
    EventRow {
        at,
        body: body.to_string(),
    }
}
