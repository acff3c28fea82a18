//! Functions on IP addresses and prefixes.

use super::protocol::Function;

pub(super) const FUNCTIONS: &[Function] = &[];
