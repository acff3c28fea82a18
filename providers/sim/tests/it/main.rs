//! The simulated cloud tried out from outside.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod configuration;
mod conformance;
mod harness;
mod script;
