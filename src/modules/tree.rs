//! Copies the files of a package, and says what they are: regular files and nothing else, no more than anyone writes, by
//! a digest of all of them. Entry point: [`copy`].

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::trouble::Trouble;

/// No package has more files.
const MOST_FILES: usize = 50_000;

/// No package is larger, in bytes.
pub(crate) const MOST_BYTES: u64 = 512 << 20;

/// No package has deeper directories.
const MOST_DEEP: usize = 64;

/// Copies the files below `from` into `to`, which is made and must not be there. Returns the digest of the files: their
/// paths, their content, and whether they can be run.
///
/// Links that stay inside are followed, and what they lead to is copied; those that lead out, nowhere or in a circle are
/// left out, as is what a version control system keeps for itself.
///
/// # Errors
/// When something cannot be read or written, or there is too much of it. What was written until then stays.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<String, Trouble> {
    fs::create_dir_all(to).map_err(Trouble::file(to))?;
    go(from, Some(to))
}

/// The digest that a [`copy`] of the files below `from` would have.
///
/// # Errors
/// When something cannot be read, or there is too much of it.
pub(crate) fn digest(from: &Path) -> Result<String, Trouble> {
    go(from, None)
}

fn go(from: &Path, to: Option<&Path>) -> Result<String, Trouble> {
    let from = from.canonicalize().map_err(Trouble::file(from))?;
    let mut copying = Copying {
        from: from.clone(),
        to: to.map(Path::to_owned),
        way: Vec::new(),
        files: 0,
        bytes: 0,
        digest: Sha256::new(),
    };
    copying.directory(&from, &mut String::new())?;
    Ok(hex(&copying.digest.finalize()))
}

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

struct Copying {
    from: PathBuf,
    /// Where to; none where only the digest is wanted.
    to: Option<PathBuf>,
    /// The directories that are being copied, each in the one before, links followed.
    way: Vec<PathBuf>,
    files: usize,
    bytes: u64,
    digest: Sha256,
}

impl Copying {
    /// Copies a directory, whose real place is given; `path` is its path from the root, by whatever link it was reached.
    fn directory(&mut self, place: &Path, path: &mut String) -> Result<(), Trouble> {
        if self.way.len() > MOST_DEEP {
            return Err(Trouble::new(format!(
                "its directories are more than {MOST_DEEP} deep"
            )));
        }
        let entries = fs::read_dir(place).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let mut entries = entries.map_err(Trouble::file(place))?;
        entries.sort_by_key(fs::DirEntry::file_name);
        self.way.push(place.to_owned());
        let before = path.len();
        for entry in entries {
            let name = entry.file_name();
            let Some(name) = name.to_str() else {
                // A definition cannot name it either.
                continue;
            };
            if [".git", ".hg", ".svn"].contains(&name) {
                continue;
            }
            if !path.is_empty() {
                path.push('/');
            }
            path.push_str(name);
            self.entry(&entry.path(), path)?;
            path.truncate(before);
        }
        self.way.pop();
        Ok(())
    }

    fn entry(&mut self, place: &Path, path: &mut String) -> Result<(), Trouble> {
        // What cannot be found is a link that leads nowhere.
        let Ok(real) = place.canonicalize() else {
            return Ok(());
        };
        if !real.starts_with(&self.from) || self.way.contains(&real) {
            return Ok(());
        }
        let meta = real.metadata().map_err(Trouble::file(place))?;
        if meta.is_dir() {
            return self.directory(&real, path);
        }
        if !meta.is_file() {
            return Ok(());
        }
        self.files += 1;
        self.bytes += meta.len();
        if self.files > MOST_FILES || self.bytes > MOST_BYTES {
            return Err(too_much());
        }
        self.file(&real, path, meta.permissions().mode() & 0o111 != 0)
    }

    fn file(&mut self, real: &Path, path: &str, is_executable: bool) -> Result<(), Trouble> {
        let to = self.to.as_ref().map(|to| to.join(path));
        let mut out = match &to {
            Some(to) => Some(made(to, is_executable).map_err(Trouble::file(to))?),
            None => None,
        };
        let mut copied = || -> io::Result<Vec<u8>> {
            let mut input = File::open(real)?;
            let mut digest = Sha256::new();
            let mut part = vec![0; 64 << 10];
            loop {
                let length = input.read(&mut part)?;
                let Some(read) = part.get(..length).filter(|read| !read.is_empty()) else {
                    return Ok(digest.finalize().to_vec());
                };
                digest.update(read);
                if let Some(out) = &mut out {
                    out.write_all(read)?;
                }
            }
        };
        let content = copied().map_err(Trouble::file(real))?;
        let kind = if is_executable { "x" } else { "-" };
        let line = format!("{path}\0{kind}{}\n", hex(&content));
        self.digest.update(line.as_bytes());
        Ok(())
    }
}

/// Makes a file and the directories it is in.
fn made(place: &Path, is_executable: bool) -> io::Result<File> {
    if let Some(parent) = place.parent() {
        fs::create_dir_all(parent)?;
    }
    let mode = if is_executable { 0o755 } else { 0o644 };
    let mut options = File::options();
    options.write(true).create_new(true).mode(mode).open(place)
}

/// That a package is too large.
pub(crate) fn too_much() -> Trouble {
    Trouble::new(format!(
        "it has more than {MOST_FILES} files, or more than {} MiB",
        MOST_BYTES >> 20
    ))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn write(root: &Path, path: &str, text: &str) {
        let place = root.join(path);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(place, text).unwrap();
    }

    fn files(root: &Path) -> Vec<String> {
        let mut found = Vec::new();
        let mut left = vec![root.to_owned()];
        while let Some(directory) = left.pop() {
            for entry in fs::read_dir(directory).unwrap() {
                let path = entry.unwrap().path();
                assert!(!path.is_symlink(), "{path:?}");
                if path.is_dir() {
                    left.push(path);
                } else {
                    let inside = path.strip_prefix(root).unwrap();
                    found.push(inside.to_str().unwrap().to_owned());
                }
            }
        }
        found.sort();
        found
    }

    #[test]
    fn links_that_stay_inside_become_what_they_lead_to_and_others_are_left_out() {
        let bed = tempfile::tempdir().unwrap();
        let from = bed.path().join("from");
        write(bed.path(), "secret", "s");
        write(&from, "main.tf", "a");
        write(&from, "shared/x.tf", "b");
        write(&from, ".git/HEAD", "c");
        write(&from, "sub/.git", "d");
        symlink("main.tf", from.join("link.tf")).unwrap();
        symlink("../shared", from.join("sub/shared")).unwrap();
        symlink("..", from.join("sub/circle")).unwrap();
        symlink("../secret", from.join("out")).unwrap();
        symlink("/etc/passwd", from.join("passwd")).unwrap();
        symlink("nowhere", from.join("dangling")).unwrap();
        let to = bed.path().join("to");
        copy(&from, &to).unwrap();
        assert_eq!(
            files(&to),
            ["link.tf", "main.tf", "shared/x.tf", "sub/shared/x.tf"]
        );
        assert_eq!(fs::read_to_string(to.join("link.tf")).unwrap(), "a");
    }

    #[test]
    fn the_digest_is_of_paths_content_and_what_can_be_run() {
        let bed = tempfile::tempdir().unwrap();
        let mut at = 0;
        let mut digest = |path: &str, text: &str, mode: u32| {
            at += 1;
            let from = bed.path().join(format!("from{at}"));
            write(&from, path, text);
            fs::set_permissions(from.join(path), fs::Permissions::from_mode(mode)).unwrap();
            let to = bed.path().join(format!("to{at}"));
            let digest = copy(&from, &to).unwrap();
            assert_eq!(
                copy(&to, &bed.path().join(format!("again{at}"))).unwrap(),
                digest
            );
            assert_eq!(super::digest(&from).unwrap(), digest);
            digest
        };
        let first = digest("a", "text", 0o644);
        assert_eq!(digest("a", "text", 0o600), first);
        assert_ne!(digest("a", "text", 0o755), first);
        assert_ne!(digest("a", "other", 0o644), first);
        assert_ne!(digest("b", "text", 0o644), first);
    }
}
