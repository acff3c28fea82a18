//! The Terraform language: definition text in, desired instances out. Also reads `terrace.hcl`.
//! Sees neither state nor providers; never stops at the first error.

pub mod syntax;

pub mod eval;
pub mod functions;

pub mod desired;
pub mod graph;
pub mod load;
pub mod project;
pub mod reference;
mod requirements;
mod suggest;

pub use desired::{Desired, Phase, Settings};
pub use graph::Graph;
pub use load::{Definition, load};
pub use requirements::{allows, requirements};
pub use suggest::closest;
