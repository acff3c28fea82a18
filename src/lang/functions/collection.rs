//! Functions on lists, sets, maps, tuples and objects.

use super::protocol::Function;

pub(super) const FUNCTIONS: &[Function] = &[];
