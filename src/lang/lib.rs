//! The Terraform language: definition text in, desired instances out. Also reads `terrace.hcl`.
//! Sees neither state nor providers; never stops at the first error.

pub mod eval;
pub mod functions;
mod suggest;
pub mod syntax;
