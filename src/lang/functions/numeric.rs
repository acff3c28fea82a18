//! Functions on numbers.

use super::protocol::Function;

pub(super) const FUNCTIONS: &[Function] = &[];
