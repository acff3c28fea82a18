//! The plan as people read it: what happens, why, and what it will cost them. Entry point: [`render`].
//! Reads a [`model::plan::Plan`] and facts around it; computes nothing that the plan does not say.

mod because;
mod block;
mod closing;
mod fold;
mod names;
mod rows;
mod screen;

#[cfg(test)]
mod tests;

pub use because::reason;
pub use because::why;
pub use block::heading;
pub(crate) use block::write_text;
pub use closing::{Counts, counts};
pub use names::fold_addresses;
pub use screen::{Form, GoOn, PlanFacts, PlanOptions, render, write_differences};
