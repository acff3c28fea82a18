//! Many environments over time: the project, what each environment is given, and how it is checked.

mod excerpt;
mod probe;
pub mod project;
pub mod soundness;
pub mod variables;
pub mod verify;

pub use project::{Project, ProjectError};
