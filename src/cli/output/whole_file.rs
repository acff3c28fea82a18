//! Files that others read while they are written: they see the old text or the new one, never a part. Entry points:
//! [`write()`], [`probe`].

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Writes a file whole: to a file beside it, which then takes its name. What is not a file, as `/dev/stdout`, is written to.
///
/// # Errors
/// When it cannot be written; then what was there is there still.
pub fn write(path: &Path, text: &str) -> io::Result<()> {
    let path = &followed(path);
    if is_special(path) {
        let mut stream = File::options().write(true).open(path)?;
        return stream.write_all(text.as_bytes());
    }
    let beside = beside(path)?;
    let written = File::create(&beside).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    let renamed = written.and_then(|()| fs::rename(&beside, path));
    if renamed.is_err() {
        let _ = fs::remove_file(&beside);
    }
    renamed
}

/// Whether [`write()`] could write this file.
///
/// # Errors
/// Why it could not.
pub fn probe(path: &Path) -> io::Result<()> {
    let path = &followed(path);
    if path.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    if is_special(path) {
        return File::options().write(true).open(path).map(drop);
    }
    let beside = beside(path)?;
    fs::write(&beside, "")?;
    fs::remove_file(&beside)
}

/// The file that a link names is the one that is replaced.
fn followed(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

fn is_special(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|known| !known.is_file())
}

/// A file of this process in the same directory.
fn beside(path: &Path) -> io::Result<PathBuf> {
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    let mut own = OsString::from(".");
    own.push(name);
    own.push(format!(".{}", std::process::id()));
    Ok(path.with_file_name(own))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_nothing_is_left_beside_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("report.xml");
        write(&path, "first, which is longer").unwrap();
        let link = directory.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        write(&link, "second").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "second");
        assert!(link.is_symlink());
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 2);
        assert!(write(&directory.path().join("none/report.xml"), "x").is_err());
        assert!(write(directory.path(), "x").is_err());
        assert!(probe(&directory.path().join("none/report.xml")).is_err());
        assert!(probe(directory.path()).is_err());
        probe(&link).unwrap();
        probe(Path::new("/dev/null")).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "second");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 2);
    }
}
