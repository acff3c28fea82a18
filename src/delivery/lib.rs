//! Many environments over time: the project, what each environment is given, and how it is checked.

pub mod adopt;
pub mod advance;
pub mod applied;
pub mod bound;
pub mod configuration;
pub mod coverage;
pub mod drift;
mod excerpt;
pub mod facts;
pub mod gate;
pub mod gather;
mod group;
pub mod half;
pub mod heal;
pub mod identity;
pub mod inputs;
pub mod lost;
pub mod notice;
pub mod post;
mod probe;
pub mod project;
pub mod protect;
pub mod remedy;
pub mod report;
pub mod revision;
pub mod rollback;
pub mod schedule;
pub mod soundness;
pub mod stages;
pub mod standing;
pub mod stateful;
pub mod trail;
pub mod variables;
pub mod verdict;
pub mod verify;

pub use project::{Project, ProjectError};
