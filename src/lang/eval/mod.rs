//! Expressions to values, exactly as Terraform evaluates them, with everything that is wrong reported at once.
//! Knows no files, state or providers: what names stand for comes from a [`Scope`].
//!
//! Entry points: [`evaluate`] for a value, [`references`] for what a value depends on.

mod binary;
mod call;
mod comprehension;
mod conditional;
mod explain;
mod expression;
mod literal;
mod operand;
mod references;
mod render;
mod scope;
mod special;
mod splat;
mod template;
mod traversal;

pub use explain::show;
pub(crate) use explain::with_values_of;
pub use expression::evaluate;
pub use literal::literal;
pub(crate) use operand::kind_of;
pub use references::{FreeTraversal, references};
pub use render::render;
pub use scope::{Bound, Indexed, Resolution, Scope};
pub(crate) use traversal::name_steps;
pub use traversal::walk;

#[cfg(test)]
mod tests;
