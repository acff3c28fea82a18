//! Where definition text comes from: a directory, or a snapshot of one.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::io;
use std::path::{Path, PathBuf};

/// Reads the files of a definition by their path from its root, with `/` between parts and no `.` parts; a path may
/// lead out of it with leading `..` parts.
pub trait Files: Debug {
    /// Names of the files (not directories) in a directory; the root is the empty path.
    ///
    /// # Errors
    /// What the file system says; `NotFound` when there is no such directory.
    fn list(&self, directory: &str) -> io::Result<Vec<String>>;

    /// The content of a file.
    ///
    /// # Errors
    /// What the file system says.
    fn read(&self, path: &str) -> io::Result<Vec<u8>>;
}

/// Files on disk below a directory.
#[derive(Clone, Debug)]
pub struct Disk {
    root: PathBuf,
}

impl Disk {
    /// Reads below `root`.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    fn place(&self, path: &str) -> PathBuf {
        if path.is_empty() {
            self.root.clone()
        } else {
            self.root.join(path)
        }
    }
}

impl Files for Disk {
    fn list(&self, directory: &str) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(self.place(directory))? {
            let entry = entry?;
            let is_directory = std::fs::metadata(entry.path()).is_ok_and(|found| found.is_dir());
            if let (false, Ok(name)) = (is_directory, entry.file_name().into_string()) {
                names.push(name);
            }
        }
        names.sort();
        Ok(names)
    }

    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        std::fs::read(self.place(path))
    }
}

/// Files kept in memory, by path.
#[derive(Clone, Debug, Default)]
pub struct Snapshot(pub BTreeMap<String, Vec<u8>>);

impl Files for Snapshot {
    fn list(&self, directory: &str) -> io::Result<Vec<String>> {
        let prefix = if directory.is_empty() {
            String::new()
        } else {
            format!("{directory}/")
        };
        let names: Vec<String> = self
            .0
            .keys()
            .filter_map(|path| path.strip_prefix(&prefix))
            .filter(|rest| !rest.contains('/'))
            .map(ToOwned::to_owned)
            .collect();
        if names.is_empty() {
            Err(io::ErrorKind::NotFound.into())
        } else {
            Ok(names)
        }
    }

    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        self.0
            .get(path)
            .cloned()
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

/// Joins a relative path to a directory, both from the definition's root, and resolves `.` and `..` parts by name.
pub fn join(directory: &str, relative: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in directory.split('/').chain(relative.split('/')) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// The path as people type it from where they are: `base`, which may be empty, and then `path`.
pub fn display(base: &Path, path: &str) -> String {
    let base = base.to_string_lossy();
    if base.starts_with('/') {
        return format!("{}/{path}", base.trim_end_matches('/'));
    }
    join(&base, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joining_resolves_dots() {
        assert_eq!(join("", "./modules/net"), "modules/net");
        assert_eq!(join("a/b", "../../../c"), "../c");
        assert_eq!(join("a", "."), "a");
    }
}
