//! Functions that convert between types, and those that add and take marks.

use super::protocol::Function;

pub(super) const FUNCTIONS: &[Function] = &[];
