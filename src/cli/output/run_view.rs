//! A run as a screen sees it: events folded into what runs, what ended and how much is left. Pure: paints nothing, asks
//! no clock, so that a recorded run can be seen again.

use std::collections::BTreeMap;

use model::address::InstanceAddr;
use model::clock::Timestamp;
use model::event::{Event, EventKind};
use model::plan::{StepId, StepKind};
use model::serial::RunId;
use model::{Diagnostics, Str};

/// A step that goes on.
#[derive(Clone, Debug, PartialEq)]
pub struct RunningStep {
    /// What it does.
    pub kind: StepKind,
    /// To which instance.
    pub addr: InstanceAddr,
    /// The object's id, where it has one.
    pub id: Option<Str>,
    /// Since when.
    pub since: Timestamp,
    /// What is to be said of it: a retry.
    pub detail: String,
    /// How many times it has been told that it goes on.
    pub told: u32,
}

/// How many steps ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StepCounts {
    /// Ended well.
    pub done: u64,
    /// Failed.
    pub failed: u64,
    /// Were not tried.
    pub skipped: u64,
}

impl StepCounts {
    /// All that ended.
    pub fn ended(self) -> u64 {
        self.done + self.failed + self.skipped
    }
}

/// Observation of recorded objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Observing {
    /// How many were observed.
    pub seen: u64,
    /// How many there are.
    pub objects: u64,
    /// Since when.
    pub since: Timestamp,
}

/// A provider that is waited for before it is asked again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The provider.
    pub provider: Str,
    /// Which try comes next and why, as a phrase.
    pub detail: String,
    /// Until when.
    pub until: Timestamp,
}

/// A run at a moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunView {
    /// Its number, once it has one.
    pub run: Option<RunId>,
    /// How many steps it has.
    pub steps: u64,
    /// When it began.
    pub started: Option<Timestamp>,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// What goes on, by step.
    pub running: BTreeMap<StepId, RunningStep>,
    /// What ended.
    pub counts: StepCounts,
    /// Observation, while it goes on.
    pub observing: Option<Observing>,
    /// A provider that is waited for before it is asked again.
    pub waiting: Option<Waiting>,
    /// The check that is being tried, and since when.
    pub check: Option<(Str, Timestamp)>,
    /// Whether it was asked to stop.
    pub stopping: bool,
    /// What went wrong, step by step.
    pub failures: Diagnostics,
}

impl RunView {
    /// Takes one event in. Events of a run come in their order.
    pub fn take(&mut self, event: &Event) {
        match &event.kind {
            EventKind::ObserveStarted { objects } => {
                self.observing = Some(Observing {
                    seen: 0,
                    objects: *objects,
                    since: event.at,
                });
            }
            EventKind::Observed { objects } => {
                if let Some(observing) = &mut self.observing {
                    observing.seen = *objects;
                }
                self.observing = self
                    .observing
                    .filter(|observing| observing.seen < observing.objects);
            }
            EventKind::AskRetried {
                provider,
                objects: _,
                attempt,
                attempts,
                wait,
                why,
            } => {
                self.waiting = Some(Waiting {
                    provider: provider.clone(),
                    detail: format!("retry {attempt} of {attempts}: {why}"),
                    until: event.at.after(*wait),
                });
            }
            EventKind::RunStarted {
                run,
                plan: _,
                environment: _,
                steps,
            } => {
                self.observing = None;
                (self.run, self.steps, self.started) = (Some(*run), *steps, Some(event.at));
            }
            EventKind::RunFinished {
                run,
                done,
                failed,
                skipped,
                took: _,
            } => {
                self.run = Some(*run);
                self.counts = StepCounts {
                    done: *done,
                    failed: *failed,
                    skipped: *skipped,
                };
                self.ended = Some(event.at);
                self.running.clear();
            }
            EventKind::StepStarted { .. }
            | EventKind::StepRetried { .. }
            | EventKind::StepDone { .. }
            | EventKind::StepFailed { .. }
            | EventKind::StepSkipped { .. } => self.take_step(event),
            EventKind::Stopping { running: _ } => self.stopping = true,
            EventKind::CheckStarted { check } => self.check = Some((check.clone(), event.at)),
            EventKind::CheckFinished { .. } => self.check = None,
            EventKind::ObjectAsked { .. }
            | EventKind::ObjectSeen { .. }
            | EventKind::Sighted { .. } => {}
        }
    }

    fn take_step(&mut self, event: &Event) {
        if let EventKind::StepStarted {
            step,
            kind,
            addr,
            id,
        } = &event.kind
        {
            let (kind, addr, id) = (*kind, addr.clone(), id.clone());
            let detail = String::new();
            self.running.insert(
                *step,
                RunningStep {
                    kind,
                    addr,
                    id,
                    since: event.at,
                    detail,
                    told: 0,
                },
            );
        } else if let EventKind::StepRetried {
            step,
            attempt,
            attempts,
            wait,
            why,
            ..
        } = &event.kind
        {
            if let Some(running) = self.running.get_mut(step) {
                let wait = super::duration::short(*wait);
                running.detail = format!("retry {attempt} of {attempts} in {wait}: {why}");
            }
        } else if let EventKind::StepDone { step, .. } = &event.kind {
            self.running.remove(step);
            self.counts.done += 1;
        } else if let EventKind::StepFailed {
            step, diagnostic, ..
        } = &event.kind
        {
            self.running.remove(step);
            self.counts.failed += 1;
            self.failures.push((**diagnostic).clone());
        } else if let EventKind::StepSkipped { step, .. } = &event.kind {
            self.running.remove(step);
            self.counts.skipped += 1;
        }
    }
}
