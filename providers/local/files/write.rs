//! Writes a whole file so that no reader and no crash ever meets half of it.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use contract::ProviderError;

use crate::digest;
use crate::fault;

/// A file to write.
#[derive(Debug)]
pub(super) struct WholeFile<'a> {
    /// Where.
    pub(super) path: &'a Path,
    /// What.
    pub(super) content: &'a [u8],
    /// Permission of the file, less the umask.
    pub(super) mode: u32,
    /// Permission of directories that have to be made, less the umask.
    pub(super) directory_mode: u32,
    /// Unique to this effect, so that what a crash leaves behind is found again.
    pub(super) marker: &'a str,
}

impl WholeFile<'_> {
    /// Writes it under another name, then gives it its own. What was there before is there until the new file is.
    ///
    /// # Errors
    /// When the operating system refuses; the old file is as it was.
    pub(super) fn write(&self) -> Result<(), ProviderError> {
        let failed = |error: &io::Error| fault::about("write", self.path, error);
        if let Some(directory) = self
            .path
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty())
        {
            make_directory(directory, self.directory_mode)
                .map_err(|error| fault::about("make the directory", directory, &error))?;
        }
        let Some(target) = replaceable(self.path).map_err(|error| failed(&error))? else {
            return self.write_through().map_err(|error| failed(&error));
        };
        let temporary = temporary(&target, self.marker);
        let written = self
            .write_new(&temporary)
            .and_then(|()| fs::rename(&temporary, &target));
        written.map_err(|error| {
            // The error that matters is the first one.
            let _ = fs::remove_file(&temporary);
            failed(&error)
        })
    }

    fn write_new(&self, temporary: &Path) -> io::Result<()> {
        let _ = fs::remove_file(temporary);
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(self.mode)
            .open(temporary)?;
        file.write_all(self.content)
    }

    /// Writes into what is there: a device, a pipe, a link that leads nowhere yet.
    fn write_through(&self) -> io::Result<()> {
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(self.mode)
            .open(self.path)?;
        file.write_all(self.content)
    }
}

/// Removes what a write that was cut off left behind.
pub(super) fn sweep(path: &Path, marker: &str) {
    if let Ok(Some(target)) = replaceable(path) {
        // It is rarely there.
        let _ = fs::remove_file(temporary(&target, marker));
    }
}

/// The regular file, or the free name, that `path` stands for; `None` where it stands for anything else.
fn replaceable(path: &Path) -> io::Result<Option<PathBuf>> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Some(path.to_path_buf())),
        Err(error) => Err(error),
        Ok(metadata) if metadata.is_file() => Ok(Some(path.to_path_buf())),
        Ok(metadata) if metadata.is_symlink() => match fs::canonicalize(path) {
            Ok(target) if target.is_file() => Ok(Some(target)),
            Ok(_) | Err(_) => Ok(None),
        },
        Ok(_) => Ok(None),
    }
}

/// A name beside the target, of fixed length so that it is never too long.
fn temporary(target: &Path, marker: &str) -> PathBuf {
    let name = target.file_name().unwrap_or_default().as_encoded_bytes();
    let digest = digest::sha1(&[marker.as_bytes(), b"\0", name].concat());
    target.with_file_name(format!(".terrace-{digest}"))
}

/// Makes a directory and those above it that are missing.
pub(super) fn make_directory(path: &Path, mode: u32) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(mode).create(path)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn write(path: &Path, content: &[u8]) -> Result<(), ProviderError> {
        WholeFile {
            path,
            content,
            mode: 0o640,
            directory_mode: 0o700,
            marker: "m",
        }
        .write()
    }

    #[test]
    fn a_file_replaces_the_one_that_was_there_and_leaves_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a/b/c.txt");
        write(&path, b"one").unwrap();
        write(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o640
        );
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn a_link_stays_and_what_it_leads_to_is_written() {
        let directory = tempfile::tempdir().unwrap();
        let (target, link) = (
            directory.path().join("target"),
            directory.path().join("link"),
        );
        symlink(&target, &link).unwrap();
        write(&link, b"one").unwrap();
        write(&link, b"two").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&target).unwrap(), b"two");
    }

    #[test]
    fn what_a_crash_left_behind_is_swept() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("c.txt");
        fs::write(temporary(&path, "m"), b"half").unwrap();
        sweep(&path, "m");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_directory_in_the_way_is_an_error() {
        let directory = tempfile::tempdir().unwrap();
        let error = write(directory.path(), b"x").unwrap_err();
        assert!(error.message.starts_with("cannot write `"), "{error}");
    }
}
