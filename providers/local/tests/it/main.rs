//! The built-in providers tried out from outside: through the provider contract, on real files and processes.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod commands;
mod conformance;
mod files;
mod harness;
mod processes;
mod random;
mod terraform;
mod timing;
