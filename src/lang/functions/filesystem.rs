//! Functions that read files and take paths apart.

use super::protocol::Function;

pub(super) const FUNCTIONS: &[Function] = &[];
