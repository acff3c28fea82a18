//! Which files on disk belong to a revision: all in its directories but what tools keep there under hidden names, what
//! belongs to a machine or an environment, and what the ignore files of the project or its repository leave out. Finds;
//! reads no content.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use ignore::{DirEntry, WalkBuilder};

/// Hidden names that belong to a tool in whatever directory they are; more are only known by where they are.
const OF_TOOLS: [&str; 8] = [
    ".git",
    ".hg",
    ".svn",
    ".terraform",
    ".terrace",
    ".DS_Store",
    ".terraformrc",
    ".terraform.tfstate.lock.info",
];

/// The lock of providers, which is hidden and belongs to the definition.
const LOCK: &str = ".terraform.lock.hcl";

/// Ignore files of our own, beside `.gitignore` and `.ignore`.
const IGNORE: &str = ".terraceignore";

/// No more entries are looked at: a definition that holds more is no definition.
const MOST_ENTRIES: usize = 200_000;

/// A file that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FoundFile {
    /// Where it is.
    pub(super) place: PathBuf,
    /// Its size in bytes.
    pub(super) bytes: u64,
    /// Whether it can be run.
    pub(super) executable: bool,
}

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The files.
    pub(super) files: Vec<FoundFile>,
    /// What could not be read, in words.
    pub(super) unreadable: Vec<String>,
    /// Whether there is more than is looked at.
    pub(super) too_many: bool,
}

/// Finds the files in `directories`, which are absolute with links followed. `top` holds them all: ignore files count
/// from there on down. What `left_out` names, file or directory, is not in it.
pub(super) fn walk(top: &Path, directories: &[PathBuf], left_out: &BTreeSet<PathBuf>) -> Found {
    let roots: Vec<PathBuf> = directories.to_vec();
    // What holds a directory of the revision itself cannot be left out.
    let left_out: BTreeSet<PathBuf> = left_out
        .iter()
        .filter(|path| !roots.iter().any(|root| root.starts_with(path)))
        .cloned()
        .collect();
    let homes: BTreeSet<PathBuf> = roots.iter().cloned().chain([top.to_owned()]).collect();
    let wanted = move |entry: &DirEntry| {
        let path = entry.path();
        let leads_there = roots.iter().any(|root| root.starts_with(path));
        let is_inside = roots.iter().any(|root| path.starts_with(root));
        leads_there || is_inside && !left_out.contains(path) && !is_local(entry, &homes)
    };
    let mut builder = builder(top);
    builder.filter_entry(wanted);
    let mut found = Found::default();
    for (count, entry) in builder.build().enumerate() {
        if count >= MOST_ENTRIES {
            found.too_many = true;
            break;
        }
        match entry {
            Ok(entry) => found.files.extend(file(&entry, directories)),
            Err(error) => found.unreadable.extend(worth_telling(&error)),
        }
    }
    found
        .files
        .sort_by(|one, other| one.place.cmp(&other.place));
    found
}

/// Finds the files of a package that was fetched: all of them, but what version control keeps for itself, what leads out
/// of it, and what `left_out` names.
pub(super) fn walk_package(root: &Path, left_out: &BTreeSet<PathBuf>) -> Found {
    let (home, left_out) = (root.to_owned(), left_out.clone());
    let mut builder = WalkBuilder::new(root);
    builder.standard_filters(false).follow_links(true);
    builder.filter_entry(move |entry| {
        let name = entry.file_name().to_string_lossy();
        let of_version_control = [".git", ".hg", ".svn"].contains(&&*name);
        let is_inside = || {
            let real = entry.path().canonicalize();
            !entry.path_is_symlink() || real.is_ok_and(|real| real.starts_with(&home))
        };
        !of_version_control && !left_out.contains(entry.path()) && is_inside()
    });
    let mut found = Found::default();
    for entry in builder.build() {
        match entry {
            Ok(entry) => found.files.extend(file(&entry, &[root.to_owned()])),
            Err(error) => found.unreadable.extend(worth_telling(&error)),
        }
    }
    found
        .files
        .sort_by(|one, other| one.place.cmp(&other.place));
    found
}

/// Those of `files`, absolute and in one directory below `top`, that ignore files leave out of revisions.
pub(super) fn ignored(top: &Path, files: &BTreeSet<PathBuf>) -> BTreeSet<PathBuf> {
    let wanted = files.clone();
    let mut builder = builder(top);
    builder.filter_entry(move |entry| wanted.iter().any(|file| file.starts_with(entry.path())));
    let mut left = files.clone();
    for entry in builder.build().flatten() {
        left.remove(entry.path());
    }
    left
}

/// Walks what the ignore files from `top` on down do not leave out.
fn builder(top: &Path) -> WalkBuilder {
    let mut builder = WalkBuilder::new(top);
    builder
        .hidden(false)
        .parents(false)
        .follow_links(true)
        .git_global(false)
        .git_exclude(false)
        .require_git(false)
        .add_custom_ignore_filename(IGNORE);
    builder
}

/// Whether an entry belongs to this machine, or to the record, and not to the definition: also what is hidden in one of
/// `homes`, directories of a definition or repository, where tools have their settings. Elsewhere a hidden file is content
/// like any other, as `.htaccess` is among the files of a web server.
fn is_local(entry: &DirEntry, homes: &BTreeSet<PathBuf>) -> bool {
    let name = entry.file_name().to_string_lossy();
    let is_directory = entry.file_type().is_some_and(|kind| kind.is_dir());
    let at_home = || {
        entry
            .path()
            .parent()
            .is_some_and(|parent| homes.contains(parent))
    };
    let of_a_tool =
        name.starts_with('.') && name != LOCK && (OF_TOOLS.contains(&&*name) || at_home());
    of_a_tool || !is_directory && (name.ends_with(".tfstate") || name.contains(".tfstate."))
}

/// The entry, when it is a file in one of the directories. Files on the way to them do not count.
fn file(entry: &DirEntry, directories: &[PathBuf]) -> Option<FoundFile> {
    use std::os::unix::fs::PermissionsExt;
    let place = entry.path();
    let kind = entry.file_type()?;
    if !kind.is_file() || !directories.iter().any(|root| place.starts_with(root)) {
        return None;
    }
    let meta = entry.metadata().ok()?;
    Some(FoundFile {
        place: place.to_owned(),
        bytes: meta.len(),
        executable: meta.permissions().mode() & 0o111 != 0,
    })
}

/// What could not be read, unless it is an odd line of an ignore file or a link that leads nowhere, which nothing can
/// read either.
fn worth_telling(error: &ignore::Error) -> Option<String> {
    let is_missing = error
        .io_error()
        .is_some_and(|error| error.kind() == std::io::ErrorKind::NotFound);
    (!error.is_partial() && !is_missing).then(|| error.to_string())
}
