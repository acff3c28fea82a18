//! Whether the file of the record is still where it was opened. SQLite does not notice that its file was deleted or
//! replaced: it goes on writing what nobody will find again.

use std::path::{Path, PathBuf};

use crate::error::RecordError;

/// A file at its path.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    path: PathBuf,
    /// None where the system does not tell files apart.
    file: Option<(u64, u64)>,
}

impl Place {
    /// The place of a file that is open, to be written.
    pub(crate) fn of(path: &Path) -> Self {
        Self {
            path: path.to_path_buf(),
            file: identity(path),
        }
    }

    /// # Errors
    /// [`RecordError::Gone`] if the file was deleted, moved or replaced by another.
    pub(crate) fn check(&self) -> Result<(), RecordError> {
        if self.file.is_none() || identity(&self.path) == self.file {
            return Ok(());
        }
        Err(RecordError::Gone {
            path: self.path.clone(),
        })
    }
}

#[cfg(unix)]
fn identity(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    let meta = std::fs::metadata(path).ok()?;
    Some((meta.dev(), meta.ino()))
}

#[cfg(not(unix))]
fn identity(path: &Path) -> Option<(u64, u64)> {
    path.exists().then_some((0, 0))
}
