//! What becomes of an environment while a command works on it, kept for reports: the plan, the steps, the checks, what
//! went wrong. Kept only while someone asked for it. Entry point: [`Account`].

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use delivery::report;
use model::change::{Action, Change};
use model::clock::Timestamp;
use model::event::{Event, EventKind};
use model::plan::{Plan, StepKind};
use model::serial::RevisionId;
use model::{Diagnostics, Str};

use crate::cli::invocation::exit::ExitCode;
use crate::cli::output::json::ui::{Message, version};
use crate::cli::output::plan::reason;

/// The environment that a command is about now, and what became of it so far.
#[derive(Debug, Default)]
pub struct Account {
    kept: Mutex<Option<Kept>>,
    /// Whether the stream of messages has begun.
    begun: AtomicBool,
}

/// What became of one environment.
#[derive(Clone, Debug, Default)]
pub struct Kept {
    /// The environment, once it is known.
    pub environment: Str,
    /// Whether messages name it, because there are several.
    is_one_of_several: bool,
    /// The revision that it has, or was to get.
    pub revision: Option<RevisionId>,
    /// What was to change.
    pub plan: Option<report::Plan>,
    /// What was done, in the order of its ends.
    pub steps: Vec<report::StepOutcome>,
    /// The checks that were tried.
    pub checks: Vec<report::Checked>,
    /// What has to happen before it goes on.
    pub waits: Vec<report::Wait>,
    /// What went wrong first.
    pub wrong: Option<String>,
}

impl Account {
    /// Begins to keep what becomes of the environment that a command is about.
    pub fn begin(&self) {
        *self.kept() = Some(Kept::default());
    }

    /// Begins to keep what becomes of one of several environments, which messages name from now on.
    pub fn turn_to(&self, environment: &Str) {
        *self.kept() = Some(Kept {
            environment: environment.clone(),
            is_one_of_several: true,
            ..Kept::default()
        });
    }

    /// Says which environment it is, and which revision, where one is known.
    pub fn about(&self, environment: &Str, revision: Option<RevisionId>) {
        self.with(|kept| {
            kept.environment = environment.clone();
            kept.revision = revision.or(kept.revision);
        });
    }

    /// What became of the environment since [`Account::begin`]; nothing is kept any more.
    pub fn end(&self) -> Kept {
        self.kept().take().unwrap_or_default()
    }

    /// Keeps a plan.
    pub fn plan(&self, plan: &Plan) {
        self.with(|kept| {
            kept.revision = plan.revision.or(kept.revision);
            kept.plan = Some(planned(plan));
        });
    }

    /// Keeps what it waits for.
    pub fn waits(&self, waits: impl IntoIterator<Item = report::Wait>) {
        self.with(|kept| kept.waits = waits.into_iter().collect());
    }

    /// Keeps what went wrong, where it is the first thing.
    pub fn wrong(&self, found: &Diagnostics) {
        let Some(error) = found.iter().find(|found| found.is_error()) else {
            return;
        };
        self.with(|kept| {
            kept.wrong.get_or_insert_with(|| error.message.clone());
        });
    }

    /// Keeps what events tell of steps and checks.
    pub fn take(&self, events: &[Event]) {
        self.with(|kept| {
            for event in events {
                kept.take(&event.kind);
            }
        });
    }

    /// The first message of the stream; nothing where it began already, maybe with another environment.
    pub fn opening(&self, at: Timestamp) -> String {
        let has_begun = self.begun.swap(true, Ordering::Relaxed);
        match has_begun || self.one_of_several().is_some() {
            true => String::new(),
            false => version(env!("CARGO_PKG_VERSION")).line(at) + "\n",
        }
    }

    /// A message as a line of the stream, with the environment that it is about where several are.
    pub fn line(&self, message: Message, at: Timestamp) -> String {
        let message = match self.one_of_several() {
            Some(environment) => message.about(&environment),
            None => message,
        };
        message.line(at) + "\n"
    }

    fn one_of_several(&self) -> Option<Str> {
        let kept = self.kept();
        let kept = kept.as_ref().filter(|kept| kept.is_one_of_several);
        kept.map(|kept| kept.environment.clone())
    }

    fn with(&self, change: impl FnOnce(&mut Kept)) {
        if let Some(kept) = self.kept().as_mut() {
            change(kept);
        }
    }

    fn kept(&self) -> MutexGuard<'_, Option<Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    /// What reports say of a command that ended so.
    pub fn report(self, code: ExitCode, took: Duration) -> report::Environment {
        let is_unchanged = self.steps.is_empty()
            && (self.plan.as_ref()).is_none_or(|plan| plan.changes.is_empty());
        let outcome = match code {
            ExitCode::Done | ExitCode::ChangesPending if is_unchanged && self.checks.is_empty() => {
                report::Outcome::Unchanged
            }
            ExitCode::Done | ExitCode::ChangesPending => report::Outcome::Done,
            ExitCode::WaitsForPerson | ExitCode::WaitsForTime => report::Outcome::Waiting,
            ExitCode::Failed
            | ExitCode::Unformatted
            | ExitCode::Usage
            | ExitCode::Bug
            | ExitCode::Locked
            | ExitCode::Interrupted => {
                report::Outcome::Failed(self.wrong.unwrap_or_else(|| "it was not done".into()))
            }
        };
        report::Environment {
            name: self.environment,
            revision: self.revision,
            outcome,
            took: Some(took),
            plan: self.plan,
            steps: self.steps,
            checks: self.checks,
            drift: None,
            waits: self.waits,
        }
    }

    fn take(&mut self, event: &EventKind) {
        let mut step = |kind: StepKind, addr: &_, result, took: Option<Duration>| {
            self.steps.push(report::StepOutcome {
                verb: kind.word().to_owned(),
                address: model::address::InstanceAddr::clone(addr),
                result,
                took,
            });
        };
        if let EventKind::StepDone {
            kind, addr, took, ..
        } = event
        {
            step(*kind, addr, report::StepResult::Done, Some(*took));
        } else if let EventKind::StepFailed {
            kind,
            addr,
            took,
            diagnostic,
            ..
        } = event
        {
            let why = diagnostic.message.clone();
            step(*kind, addr, report::StepResult::Failed(why), Some(*took));
        } else if let EventKind::StepSkipped {
            kind, addr, needs, ..
        } = event
        {
            let why = match needs {
                Some(needs) => format!("needs {needs}"),
                None => "the run was stopped".into(),
            };
            step(*kind, addr, report::StepResult::Skipped(why), None);
        } else if let EventKind::CheckFinished {
            check,
            passed,
            attempts: _,
            took,
            detail,
            seen,
        } = event
        {
            self.checks.push(report::Checked {
                name: check.clone(),
                result: match passed {
                    true => report::CheckResult::Passed,
                    false => report::CheckResult::Failed,
                },
                detail: detail.clone(),
                seen: seen.clone(),
                took: Some(*took),
            });
        }
    }
}

/// What a plan does, as reports show it.
fn planned(plan: &Plan) -> report::Plan {
    let is_shown = |change: &&Change| {
        change.action != Action::NoOp || change.previous.is_some() || change.importing.is_some()
    };
    let changes = plan.changes.iter().filter(is_shown);
    report::Plan {
        id: Some(plan.id.clone()),
        changes: changes
            .map(|change| report::PlannedChange {
                action: change.action,
                address: change.addr.clone(),
                reason: reason(change),
            })
            .collect(),
        unchanged: usize::try_from(plan.unchanged).unwrap_or(usize::MAX),
    }
}
