//! Functions on times and durations.

use super::protocol::Function;

pub(super) const FUNCTIONS: &[Function] = &[];
