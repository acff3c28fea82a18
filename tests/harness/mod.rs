//! Runs the real `terrace` in fresh directories and compares what it says with what a file says it says.

mod case;
mod placeholders;
mod sandbox;
mod transcript;

pub use case::{Case, cases};
pub use placeholders::Placeholders;
pub use sandbox::{Answer, Sandbox};
