//! The engine against a simulated cloud that outlives it: whatever is killed, and whenever, nothing is lost, nothing is
//! made twice, and nothing exists that the record does not know.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod bed;
mod crashes;
mod definitions;
mod drift;
mod exclusions;
mod failures;
mod histories;
mod links;
mod moves;
mod providers;
mod recovery;
mod stops;
