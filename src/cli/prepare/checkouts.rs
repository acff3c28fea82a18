//! Takes away checkouts of revisions that nobody needs any more, after a run that used one. Entry point: [`sweep`].

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use delivery::revision;
use state::{BlobDigest, RecordError, Store};

use crate::cli::prepare::Prepared;

/// Removes checkouts that are of no revision which an environment has, that no command uses, and in which no process runs.
/// What stands in the way of that is nobody's concern: they stay.
pub(in crate::cli) fn sweep(prepared: &Prepared, store: &Store) {
    let project = &prepared.project;
    if project.checkout.is_none() {
        return;
    }
    let Ok(kept) = applied(store) else { return };
    // Processes are looked at once, and only where there is something to remove.
    let running = std::cell::OnceCell::new();
    let is_needed = |place: &Path| {
        let place = place.canonicalize().unwrap_or_else(|_| place.to_path_buf());
        let running = running.get_or_init(used_by_processes);
        running.iter().any(|used| names(used, &place))
    };
    revision::sweep(&project.directory, &kept, &is_needed);
}

/// The content of the revisions that environments have.
fn applied(store: &Store) -> Result<Vec<BlobDigest>, RecordError> {
    let mut found = Vec::new();
    for environment in store.environment_names()? {
        if let Some(applied) = delivery::applied::applied(store, &environment)? {
            found.push(store.revision(applied.revision.0)?.manifest);
        }
    }
    Ok(found)
}

/// What processes run and where: their words, programs and directories.
fn used_by_processes() -> Vec<Vec<u8>> {
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let is_process = |place: &PathBuf| {
        let name = place.file_name().and_then(|name| name.to_str());
        name.is_some_and(|name| name.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let of = |place: PathBuf| {
        let words = std::fs::read(place.join("cmdline")).ok();
        let links = ["cwd", "exe"].map(|name| std::fs::read_link(place.join(name)).ok());
        let links = links
            .into_iter()
            .flatten()
            .map(|link| link.as_os_str().as_bytes().to_vec());
        words.into_iter().chain(links)
    };
    processes
        .map(|entry| entry.path())
        .filter(is_process)
        .flat_map(of)
        .collect()
}

fn names(text: &[u8], place: &Path) -> bool {
    let place = place.as_os_str().as_bytes();
    !place.is_empty() && text.windows(place.len()).any(|part| part == place)
}
