//! Numbers and points in time of the record. They are counted by the store or given by the caller, never read from a clock.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The version of one environment's record; it rises by one in each run that changes something.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Serial(pub u64);

/// The number of a run, unique in one record: `run 52`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunId(pub u64);

/// The number of an intent, unique in one record and rising within a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IntentId(pub u64);

/// A point in time, in milliseconds since 1970-01-01T00:00:00Z, as the caller's clock had it.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct UnixMillis(pub i64);

impl UnixMillis {
    /// This point in time plus `length`; the end of time if that is too far.
    #[must_use]
    pub fn plus(self, length: std::time::Duration) -> Self {
        Self(
            self.0
                .saturating_add(i64::try_from(length.as_millis()).unwrap_or(i64::MAX)),
        )
    }
}

impl fmt::Display for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for IntentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
