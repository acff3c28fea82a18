//! Tells whoever listens what happens.

use std::sync::Arc;

use model::clock::{Clock, Timestamp};
use model::event::{Event, EventKind};
use state::RunWriter;
use tokio::sync::mpsc;

use crate::apply::Session;
use crate::history;
use crate::observation::{Observation, Told};

/// Where events go; clones go to the same listener.
#[derive(Clone, Debug)]
pub struct Events {
    sender: Option<mpsc::Sender<Event>>,
    clock: Arc<dyn Clock>,
    keeper: Keeper,
    detail: Detail,
}

/// How much is told of observations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Detail {
    /// How many objects were observed.
    Counts,
    /// Each object.
    Objects,
}

/// Who keeps events in the history of a run.
#[derive(Clone, Debug)]
enum Keeper {
    Nobody,
    /// A run that is written while it goes on.
    Run(Arc<RunWriter>),
    /// One that is written when it is over.
    Later(Told),
}

impl Events {
    /// Events go to `sender`; emitting waits while its channel is full.
    pub fn to(sender: mpsc::Sender<Event>, clock: Arc<dyn Clock>) -> Self {
        Self {
            sender: Some(sender),
            clock,
            keeper: Keeper::Nobody,
            detail: Detail::Counts,
        }
    }

    /// Nobody listens.
    pub fn ignored(clock: Arc<dyn Clock>) -> Self {
        Self {
            sender: None,
            clock,
            keeper: Keeper::Nobody,
            detail: Detail::Counts,
        }
    }

    /// The same listener, who wants to hear of each object that is observed.
    #[must_use]
    pub fn of_each_object(self) -> Self {
        Self {
            detail: Detail::Objects,
            ..self
        }
    }

    /// Whether each object that is observed is told of.
    pub(crate) fn tell_objects(&self) -> bool {
        self.detail == Detail::Objects
    }

    /// The same listener; the session's run keeps what is told from now on in its history.
    #[must_use]
    pub fn kept_by(&self, session: &Session) -> Self {
        Self {
            keeper: Keeper::Run(session.writer().clone()),
            ..self.clone()
        }
    }

    /// The same listener; the observation keeps what is told from now on.
    #[must_use]
    pub fn noted_by(&self, observation: &Observation) -> Self {
        Self {
            keeper: Keeper::Later(observation.told().clone()),
            ..self.clone()
        }
    }

    /// Tells that something happened now.
    pub async fn emit(&self, kind: EventKind) {
        match &self.keeper {
            Keeper::Run(run) if history::is_kept(&kind) => {
                if let Some(row) = history::row(self.clock.now(), &kind) {
                    // It is written in its turn. Where nothing can be written any more, the next step says so.
                    drop(run.event(row));
                }
            }
            Keeper::Later(told) => told.note(self.clock.now(), &kind),
            Keeper::Run(_) | Keeper::Nobody => {}
        }
        if let Some(sender) = &self.sender {
            // A listener that went away wants to hear no more.
            let _ = sender
                .send(Event {
                    at: self.clock.now(),
                    kind,
                })
                .await;
        }
    }

    /// The clock that events are timed by.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
}
