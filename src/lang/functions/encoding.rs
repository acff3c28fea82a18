//! Functions that write and read encodings: JSON, YAML, CSV, base64, URLs.

use super::protocol::Function;

pub(super) const FUNCTIONS: &[Function] = &[];
