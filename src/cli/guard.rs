//! What may stand in the way of an apply before anything runs: that only what was promoted may come to an environment,
//! what another environment has, what is protected, and a run that is under way.

pub mod bound;
pub mod isolation;
pub mod protect;
pub mod under_way;
