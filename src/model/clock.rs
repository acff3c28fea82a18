//! Time as it is passed in: nothing below the command line asks the wall clock itself.

use std::fmt::Debug;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A moment, in milliseconds since 1970-01-01T00:00:00Z.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// The time from `earlier` to this; zero when the clock went back.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// This moment and a while later.
    #[must_use]
    pub fn after(self, while_: Duration) -> Self {
        Self(
            self.0
                .saturating_add(i64::try_from(while_.as_millis()).unwrap_or(i64::MAX)),
        )
    }
}

/// Tells the time.
pub trait Clock: Send + Sync + Debug {
    /// Now.
    fn now(&self) -> Timestamp;
}
