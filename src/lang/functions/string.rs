//! Functions on strings, regular expressions among them.

use super::protocol::Function;

pub(super) const FUNCTIONS: &[Function] = &[];
