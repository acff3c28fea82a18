//! A run that only looks, such as checks where there is nothing to apply. It holds nothing while it goes on, so that it
//! waits for nobody and nobody waits for it, and is written when it is over. Entry point: [`Observation`].

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use model::clock::{Clock, Timestamp};
use model::event::EventKind;
use model::serial::Serial;
use state::{CheckResult, EventRow, NewRun, RecordError, RunEnd, RunOutcome, Sightings, Store};

use crate::apply::SessionRequest;
use crate::history;

/// A run that only looks, and what it saw so far.
#[derive(Debug)]
pub struct Observation {
    store: Store,
    clock: Arc<dyn Clock>,
    request: SessionRequest,
    serial: Serial,
    started: Timestamp,
    told: Told,
}

/// What happened, to be written later; clones are the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told(Arc<Mutex<Vec<EventRow>>>);

/// Whether a run that only looked is in the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It is.
    Recorded,
    /// It is not: the record is of another serial by now, of which it saw nothing.
    Outdated,
}

impl Observation {
    /// Begins to look at what the record holds at `serial`. Nothing is written yet.
    pub fn begin(
        store: &Store,
        clock: &Arc<dyn Clock>,
        request: SessionRequest,
        serial: Serial,
    ) -> Self {
        Self {
            store: store.clone(),
            clock: clock.clone(),
            request,
            serial,
            started: clock.now(),
            told: Told::default(),
        }
    }

    /// Writes the run with the results of its checks, all of it or nothing.
    ///
    /// # Errors
    /// When the record cannot be written.
    pub async fn finish(
        self,
        checks: Vec<CheckResult>,
        outcome: RunOutcome,
    ) -> Result<Kept, RecordError> {
        self.end(checks, None, (outcome, BTreeMap::new())).await
    }

    /// Writes the run as [`Observation::finish`] does, and makes `sightings` all that is known of the environment's
    /// drift. `end` is how it ended, and how much it saw of what.
    ///
    /// # Errors
    /// When the record cannot be written; [`RecordError::SightingsMoved`] where another look was faster.
    pub async fn finish_looking(
        self,
        checks: Vec<CheckResult>,
        sightings: Sightings,
        end: (RunOutcome, BTreeMap<String, u64>),
    ) -> Result<Kept, RecordError> {
        self.end(checks, Some(sightings), end).await
    }

    async fn end(
        self,
        checks: Vec<CheckResult>,
        sightings: Option<Sightings>,
        (outcome, counts): (RunOutcome, BTreeMap<String, u64>),
    ) -> Result<Kept, RecordError> {
        let SessionRequest {
            environment,
            kind,
            plan,
            revision,
            configuration,
            actor,
            note,
        } = self.request;
        let run = NewRun {
            kind,
            plan,
            revision,
            configuration,
            actor,
            note,
            started: self.started,
        };
        let end = RunEnd {
            outcome,
            counts,
            ended: self.clock.now(),
        };
        let seen = state::Observation {
            run,
            serial: self.serial,
            events: self.told.take(),
            checks,
            sightings,
            end,
        };
        let row = self.store.observed(&environment, seen).await?;
        Ok(row.map_or(Kept::Outdated, |_| Kept::Recorded))
    }

    pub(crate) fn told(&self) -> &Told {
        &self.told
    }
}

impl Told {
    /// Notes what happened `at` a time, where it is of what is kept.
    pub(crate) fn note(&self, at: Timestamp, kind: &EventKind) {
        if history::is_kept(kind)
            && let Some(row) = history::row(at, kind)
        {
            self.0
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(row);
        }
    }

    fn take(&self) -> Vec<EventRow> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
