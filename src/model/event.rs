//! What happens while a command runs: the one vocabulary that the terminal, `--json`, the record and a dashboard read.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::address::InstanceAddr;
use crate::clock::Timestamp;
use crate::diagnostic::Diagnostic;
use crate::plan::{StepId, StepKind};
use crate::serial::{PlanId, RunId};
use crate::text::Str;

/// Something that happened, and when.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// What.
    pub kind: EventKind,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "event")]
pub enum EventKind {
    /// Observation of so many recorded objects begins.
    ObserveStarted {
        /// How many.
        objects: u64,
    },
    /// A recorded object is being observed. Told only to who wants to hear of each object.
    ObjectAsked {
        /// The instance.
        addr: InstanceAddr,
        /// The object's id, where it has one.
        id: Option<Str>,
    },
    /// A recorded object was observed. Told only to who wants to hear of each object.
    ObjectSeen {
        /// The instance.
        addr: InstanceAddr,
        /// The object's id, where it has one.
        id: Option<Str>,
    },
    /// So many of them are observed by now.
    Observed {
        /// How many.
        objects: u64,
    },
    /// A provider did not answer a question (how things are, or what would become of them) for a reason that may pass,
    /// and will be asked again.
    AskRetried {
        /// The provider.
        provider: Str,
        /// Of how many objects there is no answer yet.
        objects: u64,
        /// Which try comes next, from 2.
        attempt: u32,
        /// How many tries there are at most.
        attempts: u32,
        /// The wait before it.
        wait: Duration,
        /// Why, as a phrase.
        why: String,
    },
    /// A run began to apply a plan.
    RunStarted {
        /// The run.
        run: RunId,
        /// The plan.
        plan: PlanId,
        /// The environment.
        environment: Str,
        /// How many steps it has.
        steps: u64,
    },
    /// A step began: its intent is durable.
    StepStarted {
        /// The step.
        step: StepId,
        /// What it does.
        kind: StepKind,
        /// To which instance.
        addr: InstanceAddr,
        /// The object's id, where it has one.
        id: Option<Str>,
    },
    /// A step failed in a way that may pass and will be tried again.
    StepRetried {
        /// The step.
        step: StepId,
        /// The instance.
        addr: InstanceAddr,
        /// Which try comes next, from 2.
        attempt: u32,
        /// How many tries there are at most.
        attempts: u32,
        /// The wait before it.
        wait: Duration,
        /// Why, as a phrase.
        why: String,
    },
    /// A step ended well: its result is durable.
    StepDone {
        /// The step.
        step: StepId,
        /// What it did.
        kind: StepKind,
        /// To which instance.
        addr: InstanceAddr,
        /// The object's id, where it has one.
        id: Option<Str>,
        /// How long it took.
        took: Duration,
    },
    /// A step failed.
    StepFailed {
        /// The step.
        step: StepId,
        /// What it was to do.
        kind: StepKind,
        /// To which instance.
        addr: InstanceAddr,
        /// How long it took.
        took: Duration,
        /// What went wrong.
        diagnostic: Box<Diagnostic>,
        /// How a provider refused it; none where it failed otherwise.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        refusal: Option<Refusal>,
    },
    /// A step was not tried, because one it needs failed or the run was stopped.
    StepSkipped {
        /// The step.
        step: StepId,
        /// What it was to do.
        kind: StepKind,
        /// To which instance.
        addr: InstanceAddr,
        /// The instance whose step failed; none when the run was stopped.
        needs: Option<InstanceAddr>,
    },
    /// The run was asked to stop; running steps end first.
    Stopping {
        /// How many are running.
        running: u64,
    },
    /// The run ended.
    RunFinished {
        /// The run.
        run: RunId,
        /// Steps that ended well.
        done: u64,
        /// Steps that failed.
        failed: u64,
        /// Steps that were not tried.
        skipped: u64,
        /// How long it took.
        took: Duration,
    },
    /// A look found an instance that is not as it was applied, or could not be read.
    Sighted {
        /// The instance.
        addr: InstanceAddr,
        /// `missing`, `changed`, `unhealthy`, `expected` or `unreadable`.
        class: Str,
        /// The attributes that differ.
        attributes: Vec<String>,
        /// When a look saw it first.
        since: Timestamp,
    },
    /// A check is being tried.
    CheckStarted {
        /// Its name.
        check: Str,
    },
    /// A check ended.
    CheckFinished {
        /// Its name.
        check: Str,
        /// Whether it passed.
        passed: bool,
        /// How many times it was tried.
        attempts: u32,
        /// How long that took.
        took: Duration,
        /// What it saw, in a phrase; never a sensitive value.
        detail: String,
        /// Of one that failed, what it saw in lines, as an output or the start of a body; empty where there is
        /// nothing. Never a sensitive value.
        seen: String,
    },
}

/// How a provider refused a step: what decides whether it is tried again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The class of its last error, in a word: `throttled`, `transient`, `conflict`, `quota`, `not-found`, `denied`,
    /// `permanent` or `bug`.
    pub class: Str,
    /// How often it was tried, at least once.
    pub attempts: u32,
}

impl fmt::Display for Refusal {
    /// Writes it as a phrase: `class throttled, tried 5 times`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.attempts {
            0 | 1 => write!(f, "class {}, not tried again", self.class),
            more => write!(f, "class {}, tried {more} times", self.class),
        }
    }
}
