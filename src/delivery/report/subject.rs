//! What a report is about: an operation, and what became of it in each environment. No texts here are sensitive.

use std::time::Duration;

use model::address::InstanceAddr;
use model::change::Action;
use model::serial::{PlanId, RevisionId};
use model::text::Str;

/// An operation over one or more environments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// What was done, as a heading: `pipeline run`, `promote production`.
    pub operation: String,
    /// The environments, in the order of the pipeline.
    pub environments: Vec<Environment>,
}

/// What became of one environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    /// Its name.
    pub name: Str,
    /// The revision it has, or was to get.
    pub revision: Option<RevisionId>,
    /// How it ended.
    pub outcome: Outcome,
    /// How long the operation took here.
    pub took: Option<Duration>,
    /// What was to change.
    pub plan: Option<Plan>,
    /// What was done, in the order of its ends.
    pub steps: Vec<StepOutcome>,
    /// The checks that were tried.
    pub checks: Vec<Checked>,
    /// What was found to differ from what is recorded; `None` when nobody looked.
    pub drift: Option<Vec<Drift>>,
    /// What has to happen before it goes on.
    pub waits: Vec<Wait>,
}

/// How an operation ended in an environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It did what it should.
    Done,
    /// There was nothing to do.
    Unchanged,
    /// It failed; a phrase says why.
    Failed(String),
    /// It could not be told how things are; a phrase says why.
    Unknown(String),
    /// It has to wait; [`Environment::waits`] says for what.
    Waiting,
    /// It was not begun, because of what became of an environment before it.
    NotReached,
}

/// A plan in lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Its id, where it was kept.
    pub id: Option<PlanId>,
    /// What changes, in the order it is shown.
    pub changes: Vec<PlannedChange>,
    /// How many instances stay as they are.
    pub unchanged: usize,
}

/// What happens to one instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedChange {
    /// What.
    pub action: Action,
    /// To which.
    pub address: InstanceAddr,
    /// Why, in a phrase; empty when that is obvious.
    pub reason: String,
}

/// What became of one step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepOutcome {
    /// What it did, as a verb: `create`.
    pub verb: String,
    /// To which instance.
    pub address: InstanceAddr,
    /// How it ended.
    pub result: StepResult,
    /// How long it took.
    pub took: Option<Duration>,
}

/// How a step ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepResult {
    /// It is done.
    Done,
    /// It failed; the text says why.
    Failed(String),
    /// It was left out; the text says why.
    Skipped(String),
    /// It was begun, and nobody knows how it ended.
    Unknown(String),
}

/// A check that was tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// Its name.
    pub name: Str,
    /// What it said.
    pub result: CheckResult,
    /// What was seen last, in a phrase.
    pub detail: String,
    /// Of a check that failed, what was seen last, in lines.
    pub seen: String,
    /// How long it was tried.
    pub took: Option<Duration>,
}

/// What a check said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckResult {
    /// All is well.
    Passed,
    /// Something is not.
    Failed,
    /// It could not be tried, so it says nothing.
    Unknown,
}

/// An instance that is not as recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drift {
    /// Which.
    pub address: InstanceAddr,
    /// In what way.
    pub class: DriftClass,
    /// What differs, in a phrase.
    pub detail: String,
    /// How long ago it was seen first.
    pub seen_for: Option<Duration>,
    /// What was done about it.
    pub healing: Healing,
}

/// In what way an instance is not as recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DriftClass {
    /// It is gone.
    Missing,
    /// It has other attributes.
    Changed,
    /// It is as recorded, but its checks fail.
    Unhealthy,
    /// It could not be read.
    Unreadable,
    /// It differs as the policy says it may.
    Expected,
}

impl DriftClass {
    /// All classes, in the order they are shown.
    pub const ALL: [Self; 5] = [
        Self::Missing,
        Self::Changed,
        Self::Unhealthy,
        Self::Unreadable,
        Self::Expected,
    ];

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Changed => "changed",
            Self::Unhealthy => "unhealthy",
            Self::Unreadable => "unreadable",
            Self::Expected => "expected",
        }
    }
}

/// What was done about drift.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Healing {
    /// Nothing was asked for.
    NotAsked,
    /// It is as recorded again.
    Healed,
    /// It was left alone; the text says which rule or limit says so.
    Left(String),
    /// It would have been replaced, and is protected; the text says by what.
    Refused(String),
    /// It was tried and failed; the text says why.
    Failed(String),
}

/// What something waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wait {
    /// The kind.
    pub waits_for: WaitsFor,
    /// What exactly, in a sentence.
    pub sentence: String,
    /// What to do: a command, or empty where there is nothing to do but wait.
    pub remedy: String,
}

/// For whom or what something waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitsFor {
    /// Somebody has to approve.
    Approval,
    /// Time has to pass: soak, window, freeze.
    Time,
    /// An environment before it is not verified, held, or something else has to happen.
    Condition,
}

impl Environment {
    /// What is destroyed or replaced, in the order of the plan.
    pub fn destructive(&self) -> impl Iterator<Item = &PlannedChange> {
        let changes = self.plan.iter().flat_map(|plan| &plan.changes);
        changes.filter(|change| change.is_destructive())
    }
}

impl PlannedChange {
    /// Whether an object is gone afterwards.
    pub fn is_destructive(&self) -> bool {
        match self.action {
            Action::Destroy | Action::Replace(_) => true,
            Action::NoOp | Action::Read | Action::Create | Action::Update | Action::Forget => false,
        }
    }

    /// The word for it.
    pub(super) fn verb(&self) -> &'static str {
        match self.action {
            Action::NoOp => "keep",
            Action::Read => "read",
            Action::Create => "create",
            Action::Update => "update",
            Action::Replace(_) => "replace",
            Action::Destroy => "destroy",
            Action::Forget => "forget",
        }
    }
}
