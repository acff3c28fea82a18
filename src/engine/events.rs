//! Tells whoever listens what happens.

use std::sync::Arc;

use model::clock::{Clock, Timestamp};
use model::event::{Event, EventKind};
use tokio::sync::mpsc;

/// Where events go; clones go to the same listener.
#[derive(Clone, Debug)]
pub struct Events {
    sender: Option<mpsc::Sender<Event>>,
    clock: Arc<dyn Clock>,
}

impl Events {
    /// Events go to `sender`; emitting waits while its channel is full.
    pub fn to(sender: mpsc::Sender<Event>, clock: Arc<dyn Clock>) -> Self {
        Self {
            sender: Some(sender),
            clock,
        }
    }

    /// Nobody listens.
    pub fn ignored(clock: Arc<dyn Clock>) -> Self {
        Self {
            sender: None,
            clock,
        }
    }

    /// Tells that something happened now.
    pub async fn emit(&self, kind: EventKind) {
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
