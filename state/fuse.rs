//! Lets tests see what comes after a process that died: from some write on, a record takes none. Knows nothing of what is
//! written.

use std::fmt;
use std::sync::Arc;

type Ask = dyn Fn() -> bool + Send + Sync;

/// Asked before each write of a store whether its process still lives.
#[derive(Clone)]
pub struct Fuse(Arc<Ask>);

impl Fuse {
    /// A fuse that asks `lives`; after it said no once, it must go on saying so.
    pub fn new(lives: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(lives))
    }

    pub(crate) fn holds(&self) -> bool {
        (self.0)()
    }
}

impl fmt::Debug for Fuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fuse")
    }
}
