//! Runs the real `terrace` in fresh directories and compares what it says with what a file says it says.

mod case;
mod placeholders;
mod sandbox;
mod transcript;

pub(crate) use case::cases;
pub(crate) use sandbox::{Answer, Sandbox};
