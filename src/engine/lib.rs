//! Plans and applies: compares desired, recorded and observed, and changes the world by a plan. Speaks in events,
//! never to a terminal; asks no wall clock; makes every decision in [`mod@plan`] and none in [`mod@apply`].

mod asking;
pub mod check;
pub mod claims;
pub mod codec;
pub mod conditions;
pub mod events;
pub mod guard;
pub mod history;
pub mod observation;
pub mod plugins;
pub mod record;
pub mod recorded;
mod retry;
pub mod secrets;
mod undertaken;

pub mod plan;

pub mod apply;
pub mod open;
pub mod recover;
pub mod settle;

pub use apply::{
    ApplyOptions, Expected, Outcome, Session, SessionError, SessionRequest, Stop, apply,
};
pub use check::check;
pub use events::Events;
pub use open::OpenStep;
pub use plan::look::{Looked, Seen, Sight, look};
pub use plan::resume::resume;
pub use plan::{Digest, Effect, Parts, PlanOptions, Planned, Shape, effects, plan};
pub use recorded::Recorded;
pub use retry::ATTEMPTS;
