//! Hashes, UUIDs and passwords.

use super::protocol::Function;

pub(super) const FUNCTIONS: &[Function] = &[];
