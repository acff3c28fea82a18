//! Takes a snapshot of a project: the manifest and the content of its files, as the definition was loaded.
//! Entry point: [`take`].

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lang::Definition;
use lang::load::join;
use model::{Diagnostic, Diagnostics};
use serde_json::Value as Json;
use state::BlobDigest;

use super::layout::Layout;
use super::manifest::{FileDigest, Manifest, ManifestError};
use super::shape::Shape;
use super::walk::{Found, FoundFile, walk, walk_package};
use crate::project::{PROJECT_FILE, Project};

/// No revision is larger, in bytes: it is a definition, not the data it works on.
pub const LIMIT: u64 = 64 << 20;

/// How a file begins that names a saved plan.
const PLAN: &[u8] = b"{\"terrace_plan\":";

/// So many of the largest files are named where a revision is too large.
const NAMED: usize = 5;

/// What a revision is made of, in memory.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// What it says of itself.
    pub manifest: Manifest,
    /// The manifest's text, whose digest names the revision.
    pub text: Vec<u8>,
    /// The content of the files.
    pub contents: BTreeMap<BlobDigest, Arc<[u8]>>,
    /// The directory that paths of the manifest start from.
    pub root: PathBuf,
}

impl Snapshot {
    /// The digest that names the revision.
    pub fn digest(&self) -> BlobDigest {
        BlobDigest::of(&self.text)
    }
}

/// What to take a snapshot of.
#[derive(Clone, Debug)]
pub struct Taken<'t> {
    /// The project.
    pub project: &'t Project,
    /// Its definition, as loaded: what was read of it is what is taken, whatever was edited since.
    pub definition: &'t Definition,
    /// The values of shared inputs.
    pub inputs: BTreeMap<String, Json>,
    /// Files and directories that are not the definition's, absolute: what it made itself.
    pub left_out: BTreeSet<PathBuf>,
}

/// Why no snapshot could be taken.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// A directory or file of it cannot be read.
    #[error("cannot read `{path}`")]
    Read {
        /// Which.
        path: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It is larger than [`LIMIT`], or has more files than anyone writes.
    #[error("the definition's directory holds {} files, {} MiB in all", .count, .bytes.div_ceil(1 << 20))]
    TooLarge {
        /// How many files.
        count: usize,
        /// How many bytes in all.
        bytes: u64,
        /// The largest, with their sizes in bytes.
        largest: Vec<(String, u64)>,
    },
    /// Its manifest could not be written.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
}

impl SnapshotError {
    /// The error as a diagnostic with what to do.
    pub fn diagnostic(&self) -> Diagnostic {
        match self {
            Self::Read { source, .. } => {
                Diagnostic::error("file-not-readable", self.to_string()).note(source.to_string())
            }
            Self::TooLarge { largest, .. } => {
                let message = format!(
                    "{self}: too much for a revision, which has at most {} MiB",
                    LIMIT >> 20
                );
                let mut diagnostic = Diagnostic::error("revision-too-large", message);
                for (path, bytes) in largest {
                    diagnostic =
                        diagnostic.note(format!("{:>7} KiB  {path}", bytes.div_ceil(1024)));
                }
                diagnostic.help(
                    "leave out what does not belong to the definition: name it in .gitignore or .terraceignore",
                )
            }
            Self::Manifest(error) => Diagnostic::error("bug", error.to_string()),
        }
    }
}

/// Returns the directories that a snapshot is taken of: absolute, links followed, none in another.
///
/// # Errors
/// When the definition's directory cannot be looked at.
pub fn places(project: &Project, definition: &Definition) -> io::Result<Vec<PathBuf>> {
    let layout = Layout::of(&project.definition_directory(), definition)?;
    Ok(layout.places())
}

/// Takes a snapshot. Warnings name what could not be read and is not in it.
///
/// # Errors
/// [`SnapshotError`].
pub fn take(asked: Taken<'_>) -> Result<(Snapshot, Diagnostics), SnapshotError> {
    let Taken {
        project,
        definition,
        inputs,
        left_out,
    } = asked;
    let directory = project.definition_directory();
    let cannot_read = |path: &Path| {
        let path = path.display().to_string();
        move |source| SnapshotError::Read { path, source }
    };
    let layout = Layout::of(&directory, definition).map_err(cannot_read(&directory))?;
    let directories = layout.places();
    let mut left_out = left_out;
    left_out.extend(of_environments(project));
    let top = top(project, &layout.root);
    let mut found = walk(&top, &directories, &left_out);
    let (of_packages, unreadable) = of_packages(definition, &directory, &left_out);
    found.unreadable.extend(unreadable);
    let loaded: BTreeMap<String, Arc<[u8]>> = definition
        .files
        .iter()
        .map(|(path, content)| (layout.path(path), content.clone()))
        .collect();
    within_limit(&found, &of_packages, &layout.root)?;
    found.files.extend(of_packages.into_iter().flatten());
    let mut snapshot = Snapshot {
        manifest: Manifest::new(
            layout.named_definition(),
            Shape::of(project, &text(project, definition)),
        ),
        text: Vec::new(),
        contents: BTreeMap::new(),
        root: layout.root,
    };
    snapshot.manifest.inputs = inputs;
    snapshot.manifest.name_modules(definition.packages.clone());
    let mut warnings: Diagnostics = found.unreadable.iter().map(|what| unread(what)).collect();
    for file in &found.files {
        match snapshot.add_found(file, &loaded) {
            Ok(()) => {}
            Err(error) => {
                let what = format!("{}: {error}", file.place.display());
                warnings.push(unread(&what));
            }
        }
    }
    // What was evaluated is in it, also where an ignore file leaves it out.
    for (path, content) in loaded {
        if !snapshot.manifest.files.contains_key(&path) {
            snapshot.add(path, content);
        }
    }
    snapshot.text = snapshot.manifest.to_bytes()?;
    Ok((snapshot, warnings))
}

impl Snapshot {
    /// Which of `paths`, from the definition's directory, are not in it.
    pub fn lacks(&self, paths: BTreeSet<String>) -> Vec<String> {
        let definition = match self.manifest.definition.as_str() {
            "." => "",
            inside => inside,
        };
        let holds = |path: &str| self.manifest.files.contains_key(path);
        // By name, and where that leads nowhere by where it is: a path may leave the root and come back.
        let real = |path: &str| {
            let place = self.root.join(definition).join(path);
            let parent = place.parent()?.canonicalize().ok()?;
            let inside = parent.join(place.file_name()?);
            let inside = inside.strip_prefix(&self.root).ok()?;
            inside.to_str().map(str::to_owned)
        };
        let lacks = |path: &String| {
            !holds(&join(definition, path)) && !real(path).is_some_and(|path| holds(&path))
        };
        paths.into_iter().filter(lacks).collect()
    }

    fn add(&mut self, path: String, content: Arc<[u8]>) {
        let digest = BlobDigest::of(&content);
        self.contents.insert(digest, content);
        self.manifest.files.insert(path, FileDigest(digest));
    }

    fn add_found(
        &mut self,
        file: &FoundFile,
        loaded: &BTreeMap<String, Arc<[u8]>>,
    ) -> io::Result<()> {
        let inside = file.place.strip_prefix(&self.root).ok();
        let Some(path) = inside.and_then(Path::to_str) else {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "its name is not UTF-8",
            ));
        };
        let content = match loaded.get(path) {
            Some(content) => content.clone(),
            None => std::fs::read(&file.place)?.into(),
        };
        if content.starts_with(PLAN) {
            return Ok(());
        }
        if file.executable {
            self.manifest.executables.insert(path.to_owned());
        }
        self.add(path.to_owned(), content);
        Ok(())
    }
}

/// The text of `terrace.hcl`, as it was read: the definition's sources began with it.
fn text(project: &Project, definition: &Definition) -> String {
    let shown = project.base.join(PROJECT_FILE);
    let shown = shown.to_string_lossy();
    let mut files = definition.sources.files().iter();
    let found = files.find(|file| project.has_file && file.name == *shown);
    found.map(|file| file.text.to_string()).unwrap_or_default()
}

/// Where ignore files begin to count: at the root of the repository, or else at the project's directory, or above it
/// where modules are. So a revision is the same on every machine.
pub(super) fn top(project: &Project, root: &Path) -> PathBuf {
    let repository = root.ancestors().find(|above| above.join(".git").exists());
    if let Some(repository) = repository {
        return repository.to_owned();
    }
    let project = project.directory.canonicalize();
    match project {
        Ok(project) if root.starts_with(&project) => project,
        Ok(_) | Err(_) => root.to_owned(),
    }
}

/// Files that are configuration: `terrace.hcl` and what environments read their variables from.
fn of_environments(project: &Project) -> BTreeSet<PathBuf> {
    let environments = project.file.environments.iter();
    let variables = environments.flat_map(|environment| &environment.variable_files);
    let names = variables.map(|(name, _)| name.as_str());
    names
        .chain([PROJECT_FILE])
        .filter_map(|name| {
            let path = project.directory.join(name);
            // A link stays itself: it is what a walk finds.
            let name = path.file_name()?;
            Some(path.parent()?.canonicalize().ok()?.join(name))
        })
        .collect()
}

/// The files of packages, each for itself, and what could not be read of them. A package that several calls have counts for
/// each: what a call makes in its own is not in another's.
fn of_packages(
    definition: &Definition,
    directory: &Path,
    left_out: &BTreeSet<PathBuf>,
) -> (Vec<Vec<FoundFile>>, Vec<String>) {
    // A link to it was followed when the layout was made.
    let directory = directory
        .canonicalize()
        .unwrap_or_else(|_| directory.to_owned());
    let packages = definition.packages.values();
    let (mut files, mut unreadable) = (Vec::new(), Vec::new());
    for package in packages {
        let found = walk_package(&directory.join(&package.root), left_out);
        files.push(found.files);
        unreadable.extend(found.unreadable);
    }
    (files, unreadable)
}

fn within_limit(
    found: &Found,
    packages: &[Vec<FoundFile>],
    root: &Path,
) -> Result<(), SnapshotError> {
    // The same package counts once, however many calls it has: it is kept once.
    let sizes =
        |files: &Vec<FoundFile>| -> Vec<u64> { files.iter().map(|file| file.bytes).collect() };
    let packages: BTreeMap<Vec<u64>, &Vec<FoundFile>> =
        packages.iter().map(|files| (sizes(files), files)).collect();
    let files = || {
        found
            .files
            .iter()
            .chain(packages.values().copied().flatten())
    };
    let bytes: u64 = files().map(|file| file.bytes).sum();
    if bytes <= LIMIT && !found.too_many {
        return Ok(());
    }
    let mut largest: Vec<&FoundFile> = files().collect();
    largest.sort_by_key(|file| std::cmp::Reverse(file.bytes));
    let named = |file: &&FoundFile| {
        let path = file.place.strip_prefix(root).unwrap_or(&file.place);
        (path.display().to_string(), file.bytes)
    };
    Err(SnapshotError::TooLarge {
        count: largest.len(),
        bytes,
        largest: largest.iter().take(NAMED).map(named).collect(),
    })
}

fn unread(what: &str) -> Diagnostic {
    Diagnostic::warning(
        "file-not-readable",
        "a file is not in the revision: it cannot be read",
    )
    .note(what.to_owned())
    .help("make it readable, or name it in .gitignore or .terraceignore")
}
