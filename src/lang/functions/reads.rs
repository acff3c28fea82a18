//! Which files functions read, so that what was read can be compared with what a revision holds.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// Paths of files that functions found, from the definition's root directory. A path elsewhere from the root of the file
/// system is not among them: it leads to the same file wherever the definition is read from.
#[derive(Debug, Default)]
pub struct Reads(Mutex<BTreeSet<String>>);

impl Reads {
    /// Takes note that `path` was found.
    pub(super) fn note(&self, path: &str) {
        if path.starts_with('/') {
            return;
        }
        let mut paths = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !paths.contains(path) {
            paths.insert(path.to_owned());
        }
    }

    /// All that were found so far.
    pub fn all(&self) -> BTreeSet<String> {
        let paths = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        paths.clone()
    }
}
