//! Which files functions read, so that what was read can be compared with what a revision holds, and with what others have.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// Paths of files that functions found: from the definition's root directory, or from the root of the file system.
#[derive(Debug, Default)]
pub struct Reads(Mutex<BTreeSet<String>>);

impl Reads {
    /// Takes note that `path` was found.
    pub(super) fn note(&self, path: &str) {
        let mut paths = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !paths.contains(path) {
            paths.insert(path.to_owned());
        }
    }

    /// All that were found so far by their path from the definition's root directory. A path from the root of the file
    /// system is not among them: it leads to the same file wherever the definition is read from.
    pub fn all(&self) -> BTreeSet<String> {
        self.wanted(|path| !path.starts_with('/'))
    }

    /// All that were found so far by their path from the root of the file system.
    pub fn elsewhere(&self) -> BTreeSet<String> {
        self.wanted(|path| path.starts_with('/'))
    }

    fn wanted(&self, wanted: impl Fn(&str) -> bool) -> BTreeSet<String> {
        let paths = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        paths.iter().filter(|path| wanted(path)).cloned().collect()
    }
}
