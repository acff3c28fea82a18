//! The number of an intent: counted by the record, and of no meaning outside it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The number of an intent, unique in one record and rising within a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IntentId(pub u64);

impl fmt::Display for IntentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
