//! Keeps a snapshot in the record, and makes files of it again: a checkout below `.terrace/revisions`, or a copy
//! anywhere. Entry points: [`keep`], [`check_out`], [`write`].

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use state::{BlobDigest, RecordError, Store};

use super::manifest::{Manifest, ManifestError};
use super::snapshot::Snapshot;
use super::used;

/// Where checkouts are, from a project's directory.
const CHECKOUTS: &str = ".terrace/revisions";

/// Why a revision could not be made files of.
#[derive(Debug, thiserror::Error)]
pub enum CheckoutError {
    /// The record could not give its content.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// Its manifest is not right.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// A file or directory could not be written.
    #[error("cannot write `{path}`")]
    Write {
        /// Which.
        path: String,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// Keeps everything a snapshot is made of, each content once. Returns the digest that names the revision.
///
/// # Errors
/// When the record cannot be written.
pub async fn keep(store: &Store, snapshot: &Snapshot) -> Result<BlobDigest, RecordError> {
    // All are under way at once, so that they share commits.
    let contents: Vec<_> = snapshot
        .contents
        .values()
        .map(|content| store.put_blob(content.clone()))
        .collect();
    for kept in contents {
        kept.await?;
    }
    store.put_blob(snapshot.text.as_slice()).await
}

/// Reads the manifest of that digest.
///
/// # Errors
/// When the record has none, or it is not right.
pub fn read(store: &Store, digest: BlobDigest) -> Result<Manifest, CheckoutError> {
    Ok(Manifest::read(&store.blob(digest)?)?)
}

/// Checks a revision out below the project's directory, unless it is already, and returns the directory that its paths
/// start from. What is there is as the revision says, file by file: an edited checkout is made anew.
///
/// # Errors
/// [`CheckoutError`].
pub fn check_out(
    store: &Store,
    project: &Path,
    digest: BlobDigest,
) -> Result<PathBuf, CheckoutError> {
    let manifest = read(store, digest)?;
    let short = short(digest);
    let checkouts = project.join(CHECKOUTS);
    let place = checkouts.join(&short);
    used::hold(&checkouts, &short);
    if is_as(&place, &manifest) {
        return Ok(place);
    }
    let fresh = checkouts.join(format!("{short}.{}", std::process::id()));
    let old = checkouts.join(format!("{short}.{}.old", std::process::id()));
    remove(&fresh)?;
    remove(&old)?;
    write(store, &manifest, &fresh)?;
    if place.exists() {
        std::fs::rename(&place, &old).map_err(cannot_write(&place))?;
    }
    let renamed = std::fs::rename(&fresh, &place);
    remove(&old)?;
    match renamed {
        Ok(()) => Ok(place),
        // Another process was faster.
        Err(_) if is_as(&place, &manifest) => {
            remove(&fresh)?;
            Ok(place)
        }
        Err(error) => Err(cannot_write(&place)(error)),
    }
}

/// Removes the checkouts below the project's directory that nobody uses: no process that works on them now, none of which
/// `is_needed` says that it runs there. Those of `kept`, which are applied somewhere, stay, and those that this process used.
/// What cannot be removed stays.
pub fn sweep(project: &Path, kept: &[BlobDigest], is_needed: &dyn Fn(&Path) -> bool) {
    let checkouts = project.join(CHECKOUTS);
    let kept: BTreeSet<String> = kept.iter().map(|digest| short(*digest)).collect();
    for entry in std::fs::read_dir(&checkouts)
        .into_iter()
        .flatten()
        .flatten()
    {
        let name = entry.file_name();
        // One that was not finished has the name of what it was to be, and more.
        let Some(short) = name.to_str().and_then(|name| name.split('.').next()) else {
            continue;
        };
        let is_checkout = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_checkout && !kept.contains(short) {
            used::alone(&checkouts, short, || {
                if !is_needed(&entry.path()) {
                    // What is left of it is removed the next time.
                    let _ = std::fs::remove_dir_all(entry.path());
                }
            });
        }
    }
}

fn short(digest: BlobDigest) -> String {
    digest.to_string().chars().take(16).collect()
}

/// Writes the files of a revision into a directory, which is made.
///
/// # Errors
/// [`CheckoutError`]. What was written until then stays.
pub fn write(store: &Store, manifest: &Manifest, directory: &Path) -> Result<(), CheckoutError> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::create_dir_all(directory).map_err(cannot_write(directory))?;
    for (path, digest) in &manifest.files {
        let place = directory.join(path);
        let content = store.blob(digest.0)?;
        let written = place
            .parent()
            .map_or(Ok(()), std::fs::create_dir_all)
            .and_then(|()| std::fs::write(&place, content));
        written.map_err(cannot_write(&place))?;
        if manifest.executables.contains(path) {
            let runnable = std::fs::Permissions::from_mode(0o755);
            std::fs::set_permissions(&place, runnable).map_err(cannot_write(&place))?;
        }
    }
    Ok(())
}

/// Whether the files of a manifest are in a directory as they were, whatever else is there.
pub fn is_there(directory: &Path, manifest: &Manifest) -> bool {
    manifest.files.iter().all(|(path, digest)| {
        std::fs::read(directory.join(path)).is_ok_and(|text| BlobDigest::of(&text) == digest.0)
    })
}

/// Whether a directory has the files of a manifest as they were, and no file of a definition beside those.
pub fn is_all_there(directory: &Path, manifest: &Manifest) -> bool {
    let is_code = |path: &str| path.ends_with(".tf") || path.ends_with(".tf.json");
    let code = manifest.files.keys().filter(|path| is_code(path));
    let modules: BTreeSet<&str> = code
        .map(|path| path.rsplit_once('/').map_or("", |(module, _)| module))
        .collect();
    let has_others = |module: &&str| {
        let entries = std::fs::read_dir(directory.join(module))
            .into_iter()
            .flatten();
        entries.flatten().any(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = match *module {
                "" => name.clone(),
                module => format!("{module}/{name}"),
            };
            is_code(&name) && !name.starts_with('.') && !manifest.files.contains_key(&path)
        })
    };
    is_there(directory, manifest) && !modules.iter().any(has_others)
}

/// Whether a directory holds exactly the files of a manifest.
fn is_as(directory: &Path, manifest: &Manifest) -> bool {
    let mut there = BTreeSet::new();
    if files(directory, directory, &mut there).is_err() {
        return false;
    }
    there.iter().eq(manifest.files.keys()) && is_there(directory, manifest)
}

/// Lists everything below a directory that is no directory, by its path from `root`.
fn files(root: &Path, directory: &Path, into: &mut BTreeSet<String>) -> io::Result<()> {
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            files(root, &path, into)?;
            continue;
        }
        let inside = path.strip_prefix(root).unwrap_or(&path);
        into.insert(inside.to_string_lossy().into_owned());
    }
    Ok(())
}

fn remove(directory: &Path) -> Result<(), CheckoutError> {
    match std::fs::remove_dir_all(directory) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(cannot_write(directory)(error))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

fn cannot_write(path: &Path) -> impl FnOnce(io::Error) -> CheckoutError {
    let path = path.display().to_string();
    move |source| CheckoutError::Write { path, source }
}
