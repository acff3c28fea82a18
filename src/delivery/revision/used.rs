//! Who uses a checkout: a lock on a file beside it, which the system takes away with the process. Entry points: [`hold`],
//! [`alone`].

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The locks that this process has, until it ends: what it read of a checkout it may read again.
static HELD: Mutex<BTreeMap<PathBuf, File>> = Mutex::new(BTreeMap::new());

/// Keeps the checkout of that name from being removed as long as this process runs. Where the lock cannot be written,
/// nobody removes anything either.
pub(super) fn hold(checkouts: &Path, name: &str) {
    let path = lock_of(checkouts, name);
    let mut held = HELD.lock().unwrap_or_else(PoisonError::into_inner);
    if held.contains_key(&path) {
        return;
    }
    if std::fs::create_dir_all(checkouts).is_err() {
        return;
    }
    // Who removed the checkout removed the lock as well: then it is taken on the new one.
    while let Ok(file) = open(&path) {
        if file.lock_shared().is_err() {
            return;
        }
        if is_there(&file, &path) {
            held.insert(path, file);
            return;
        }
    }
}

/// Does `work` while nobody uses the checkout of that name; not at all where somebody does.
pub(super) fn alone(checkouts: &Path, name: &str, work: impl FnOnce()) {
    let path = lock_of(checkouts, name);
    let Ok(file) = open(&path) else { return };
    if file.try_lock().is_err() || !is_there(&file, &path) {
        return;
    }
    work();
    if !checkouts.join(name).exists() {
        let _ = std::fs::remove_file(&path);
    }
}

fn lock_of(checkouts: &Path, name: &str) -> PathBuf {
    checkouts.join(format!("{name}.lock"))
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
}

/// Whether the open file is still the one of that name.
fn is_there(file: &File, path: &Path) -> bool {
    match (file.metadata(), path.metadata()) {
        (Ok(own), Ok(there)) => (own.dev(), own.ino()) == (there.dev(), there.ino()),
        _ => false,
    }
}
