//! Tells whoever listens what happens.

use std::sync::Arc;

use model::clock::{Clock, Timestamp};
use model::event::{Event, EventKind};
use state::RunWriter;
use tokio::sync::mpsc;

use crate::apply::Session;
use crate::history;

/// Where events go; clones go to the same listener.
#[derive(Clone, Debug)]
pub struct Events {
    sender: Option<mpsc::Sender<Event>>,
    clock: Arc<dyn Clock>,
    /// The run that keeps them in its history.
    keeper: Option<Arc<RunWriter>>,
}

impl Events {
    /// Events go to `sender`; emitting waits while its channel is full.
    pub fn to(sender: mpsc::Sender<Event>, clock: Arc<dyn Clock>) -> Self {
        Self {
            sender: Some(sender),
            clock,
            keeper: None,
        }
    }

    /// Nobody listens.
    pub fn ignored(clock: Arc<dyn Clock>) -> Self {
        Self {
            sender: None,
            clock,
            keeper: None,
        }
    }

    /// The same listener; the session's run keeps what is told from now on in its history.
    #[must_use]
    pub fn kept_by(&self, session: &Session) -> Self {
        Self {
            keeper: Some(session.writer().clone()),
            ..self.clone()
        }
    }

    /// Tells that something happened now.
    pub async fn emit(&self, kind: EventKind) {
        if let Some(keeper) = self.keeper.as_ref().filter(|_| history::is_kept(&kind))
            && let Some(row) = history::row(self.clock.now(), &kind)
        {
            // It is written in its turn. Where nothing can be written any more, the next step says so.
            drop(keeper.event(row));
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
