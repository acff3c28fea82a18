//! Makes a plan true: runs its steps in their order, each journaled before and after. Decides nothing: where the
//! world turns out other than planned, the step fails. Entry point: [`apply`].

mod call;
mod effect;
mod judge;
mod prepare;
mod queue;
mod read;
mod room;
mod schedule;
mod session;
mod write;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use model::address::InstanceAddr;
use model::event::EventKind;
use model::serial::RunId;
use model::{Diagnostic, Diagnostics, Str, Value};
use tokio::sync::watch;

pub(crate) use call::find;
pub(crate) use effect::id_of;
pub(crate) use session::Tenure;
pub use session::{Expected, Session, SessionError, SessionRequest};
pub(crate) use write::unfinished;

use crate::events::Events;
use crate::open::{self, OpenStep};
use crate::plan::Planned;
use crate::record::StoreError;

/// How far a run is to go on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stop {
    /// To its end.
    #[default]
    Never,
    /// Running steps end, no new ones begin.
    AfterRunning,
    /// Running steps are left; the record keeps their intents open.
    Now,
}

/// How a plan is applied.
#[derive(Clone, Debug)]
pub struct ApplyOptions {
    /// At most so many effects in the world at once; none for as many as providers take.
    pub parallelism: Option<usize>,
    /// Whether and how it was asked to stop.
    pub stop: watch::Receiver<Stop>,
    /// How often a step is tried, at most, when its errors may pass.
    pub attempts: u32,
}

/// What came of a run.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The run.
    pub run: RunId,
    /// Steps that ended well, by kind.
    pub done: BTreeMap<&'static str, u64>,
    /// How many steps failed.
    pub failed: u64,
    /// How many were not tried.
    pub skipped: u64,
    /// How many were left running, so that it is not known what became of them.
    pub unknown: u64,
    /// Whether it was asked to stop.
    pub stopped: bool,
    /// How long it took.
    pub took: Duration,
    /// The root outputs as recorded now, with marks.
    pub outputs: BTreeMap<Str, (Value, bool)>,
    /// Instances that were not touched because a step of an earlier run on them is open.
    pub spared: BTreeSet<InstanceAddr>,
    /// What went wrong.
    pub diagnostics: Diagnostics,
}

impl Outcome {
    /// Whether everything was done.
    pub fn is_success(&self) -> bool {
        self.failed == 0 && self.skipped == 0 && self.unknown == 0 && !self.diagnostics.has_errors()
    }
}

/// Applies a plan under a session, which holds the environment's lease.
///
/// # Errors
/// When the record can no longer be written (a full disk, a lost lease). What was recorded until then is true; steps
/// that were running then keep their intents open.
pub async fn apply(
    planned: Planned,
    session: &Session,
    options: ApplyOptions,
    events: &Events,
) -> Result<Outcome, StoreError> {
    let events = &events.kept_by(session);
    let started = events.now();
    let run = session.run_id();
    let plan_id = planned.plan.id.clone();
    let environment = planned.plan.environment.clone();
    let steps = planned.plan.steps.len() as u64;
    let open = open::steps(session.store(), &environment)?;
    let unsettled: Vec<OpenStep> = open
        .iter()
        .filter(|step| step.concerns(&planned.plan))
        .cloned()
        .collect();
    events
        .emit(EventKind::RunStarted {
            run,
            plan: plan_id,
            environment,
            steps,
        })
        .await;
    let mut outcome = schedule::Schedule::new(planned, session, options, events)
        .spare(open)
        .run()
        .await?;
    // What stays in doubt is no success, whatever else was done.
    for step in unsettled
        .iter()
        .filter(|step| !outcome.spared.contains(&step.addr))
    {
        outcome.diagnostics.push(step.unsettled());
    }
    outcome.took = events.now().since(started);
    let done = outcome.done.values().sum();
    let (failed, skipped, took) = (outcome.failed, outcome.skipped, outcome.took);
    events
        .emit(EventKind::RunFinished {
            run,
            done,
            failed,
            skipped,
            took,
        })
        .await;
    Ok(outcome)
}

impl Planned {
    /// What does not hold of the `check` blocks now, but for what was said already. All values must be known that can be.
    fn assertions(&mut self) -> Diagnostics {
        let nodes = self.checks.nodes.iter();
        let found: Diagnostics = nodes
            .flat_map(|node| self.desired.assertions(*node).1)
            .collect();
        let told: Vec<&Diagnostic> = self.checks.told.iter().collect();
        let is_new = |found: &Diagnostic| !told.contains(&found);
        found.into_iter().filter(is_new).collect()
    }
}
