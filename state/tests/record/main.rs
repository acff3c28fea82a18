//! The record, used as the engine uses it: through its public API, on real files. Where a test damages a record or looks
//! at what lies on the disk, it does so with a connection of its own.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that fails has to stop; the setting that allows it knows only functions marked as tests"
)]

mod bed;
mod chain;
mod claims;
mod commits;
mod files;
mod formats;
mod histories;
mod journal;
mod leases;
mod objects;
mod plans;
mod processes;
mod revisions;
mod seals;
mod sightings;
