//! The revision that a command is about: taken from the definition as it is, made when it is applied where revisions
//! enter the pipeline, or checked out again. What a revision is, and how it is kept, is in `delivery`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use delivery::Project;
use delivery::project::Checkout;
use delivery::revision::{self, Git, Manifest, Snapshot, Source, Taken};
use delivery::verify::CheckedRevision;
use lang::Definition;
use model::address::ModulePath;
use model::serial::RevisionId;
use model::value::from_json_implied;
use model::{Diagnostic, Diagnostics, Sources};
use serde_json::Value as Json;
use state::{BlobDigest, NewRevision, RecordError, RevisionRow, Store};

use crate::cli::args::Planning;
use crate::cli::invocation::Invocation;
use crate::cli::output::revision::{made as made_line, short};
use crate::cli::prepare::{Prepared, Refused};
use crate::cli::record;

/// What a plan is made of: the content of a revision, which may not be one yet.
#[derive(Debug)]
pub struct Content {
    /// What it says of itself.
    pub manifest: Manifest,
    /// The digest that names it.
    pub digest: BlobDigest,
    /// Its files, where the record may not have them yet.
    pub snapshot: Option<Snapshot>,
    /// The revision, once it is one.
    row: OnceLock<RevisionRow>,
}

impl Content {
    /// What was taken of a definition.
    fn taken(snapshot: Snapshot, row: Option<RevisionRow>) -> Self {
        Self {
            manifest: snapshot.manifest.clone(),
            digest: snapshot.digest(),
            snapshot: Some(snapshot),
            row: row.map(OnceLock::from).unwrap_or_default(),
        }
    }

    /// What the record keeps under a digest.
    ///
    /// # Errors
    /// When it has no such content, or cannot be read.
    pub fn kept(store: &Store, digest: BlobDigest) -> Result<Self, Box<Diagnostic>> {
        let manifest =
            revision::read(store, digest).map_err(|error| Box::new(record::diagnostic(&error)))?;
        let row = store
            .revision_by_digest(digest.0)
            .map_err(|error| Box::new(record::diagnostic(&error)))?;
        Ok(Self {
            manifest,
            digest,
            snapshot: None,
            row: row.map(OnceLock::from).unwrap_or_default(),
        })
    }

    /// Lets the definition of a project be read from a checkout of this.
    ///
    /// # Errors
    /// When it cannot be checked out.
    pub fn check_out(&self, store: &Store, project: &mut Project) -> Result<(), Box<Diagnostic>> {
        let place = revision::check_out(store, &project.directory, self.digest)
            .map_err(|error| Box::new(record::diagnostic(&error)))?;
        let named = match self.id() {
            Some(id) => PathBuf::from(format!("{id}:/")),
            None => match place.strip_prefix(&project.directory) {
                Ok(inside) => project.base.join(inside),
                Err(_) => place.clone(),
            },
        };
        let within = |directory: PathBuf| match self.manifest.definition.as_str() {
            "." => directory,
            inside => directory.join(inside),
        };
        project.checkout = Some(Checkout {
            directory: within(place),
            base: within(named),
            packages: self.manifest.modules.clone(),
        });
        Ok(())
    }

    /// The revision, where it is one.
    pub fn row(&self) -> Option<&RevisionRow> {
        self.row.get()
    }

    /// The revision's name, where it is one.
    pub fn id(&self) -> Option<RevisionId> {
        self.row().map(|row| RevisionId(row.number))
    }

    /// The revision as checks see it.
    pub fn checked(&self) -> Option<CheckedRevision> {
        let row = self.row()?;
        let inputs = self.manifest.inputs.iter();
        Some(CheckedRevision {
            name: Some(RevisionId(row.number).to_string().into()),
            digest: Some(self.digest.to_string().into()),
            commit: source(row).map(|source| source.commit.into()),
            inputs: inputs
                .map(|(name, value)| (name.as_str().into(), from_json_implied(value)))
                .collect(),
        })
    }
}

/// Where a revision comes from, when Git said so.
pub fn source(row: &RevisionRow) -> Option<Source> {
    serde_json::from_str(row.source.as_deref()?).ok()
}

/// The revision that was made or applied last: what the next one takes inputs from that are not given.
fn latest(store: &Store, project: &Project) -> Result<Option<RevisionRow>, RecordError> {
    let newest = store.revisions(None, 1)?.into_iter().next();
    let mut last = newest.map(|row| (row.run, row));
    for environment in project.environments() {
        if !project.is_entry(&environment) {
            continue;
        }
        let Some(applied) = delivery::applied::applied(store, &environment)? else {
            continue;
        };
        if last.as_ref().is_none_or(|(at, _)| *at < applied.run) {
            last = Some((applied.run, store.revision(applied.revision.0)?));
        }
    }
    Ok(last.map(|(_, row)| row))
}

/// The inputs of the revision that was made or applied last.
///
/// # Errors
/// When the record cannot be read.
pub fn inputs_before(project: &Project) -> Result<Option<BTreeMap<String, Json>>, Refused> {
    if project.file.inputs.is_empty() {
        return Ok(None);
    }
    let of_record = |error: &(dyn std::error::Error + 'static)| {
        Refused::alone(record::diagnostic(error), &Sources::default())
    };
    let store = record::open_existing(&project.record()).map_err(|error| of_record(&error))?;
    let Some(store) = store else {
        return Ok(None);
    };
    let Some(row) = latest(&store, project).map_err(|error| of_record(&error))? else {
        return Ok(None);
    };
    let manifest = revision::read(&store, row.manifest).map_err(|error| of_record(&error))?;
    Ok(Some(manifest.inputs))
}

/// Looks what revision the definition as it is would be. Nothing is written. What is planned only in part is none.
///
/// # Errors
/// When no revision can be made of it, and others wait for one.
pub fn look(prepared: &mut Prepared, store: &Store, planning: &Planning) -> Result<(), Refused> {
    let whole = planning.targets.is_empty() && planning.excludes.is_empty();
    if !whole || planning.destroy || planning.refresh_only {
        prepared.content = None;
        return Ok(());
    }
    if prepared.content.is_some() {
        return warn_of_rejection(prepared, store);
    }
    match is_asked_for(prepared, store) {
        Ok(true) => {}
        Ok(false) => return Ok(()),
        Err(error) => {
            return Err(Refused::alone(
                record::diagnostic(&error),
                prepared.sources(),
            ));
        }
    }
    match take(prepared, store) {
        Ok((content, found)) => {
            prepared.content = Some(content);
            prepared.warnings.extend(found);
            warn_of_rejection(prepared, store)
        }
        Err(diagnostic) if prepared.project.is_pipeline() => {
            Err(Refused::alone(*diagnostic, prepared.sources()))
        }
        Err(diagnostic) => {
            let warning = Diagnostic {
                severity: model::Severity::Warning,
                ..*diagnostic
            };
            prepared
                .warnings
                .push(warning.note("no revision is made of it"));
            Ok(())
        }
    }
}

/// So many files are named that are in no revision.
const NAMED: usize = 5;

/// The error that the definition reads files which are not in its revision, after it was evaluated: other environments
/// would get something else than was verified here. None where nothing is promoted.
pub fn left_behind(prepared: &Prepared) -> Option<Diagnostic> {
    let snapshot = prepared.content.as_ref()?.snapshot.as_ref()?;
    if !prepared.project.is_pipeline() {
        return None;
    }
    let lacking = snapshot.lacks(prepared.settings.reads.all());
    let (first, others) = lacking.split_first()?;
    let mut diagnostic = Diagnostic::error(
        "not-in-revision",
        format!("the definition reads `{first}`, which is not in its revision"),
    );
    for path in others.iter().take(NAMED - 1) {
        diagnostic = diagnostic.note(format!("neither is `{path}`"));
    }
    if others.len() >= NAMED {
        diagnostic = diagnostic.note(format!("and {} more", others.len() + 1 - NAMED));
    }
    Some(
        diagnostic
            .note("it is hidden beside the definition, named by an ignore file, made by the definition, or outside of it: other environments would not have it")
            .help("keep it in a directory below the definition and out of ignore files, or give what is in it as a variable"),
    )
}

/// Warns where the content is a revision that somebody said no to.
fn warn_of_rejection(prepared: &mut Prepared, store: &Store) -> Result<(), Refused> {
    let Some(id) = prepared.content.as_ref().and_then(Content::id) else {
        return Ok(());
    };
    match rejected(store, id) {
        Ok(found) => {
            prepared.warnings.extend(found.into_iter().collect());
            Ok(())
        }
        Err(error) => Err(Refused::alone(
            record::diagnostic(&error),
            prepared.sources(),
        )),
    }
}

/// The warning that a revision was rejected.
///
/// # Errors
/// When the record cannot be read.
pub fn rejected(store: &Store, id: RevisionId) -> Result<Option<Diagnostic>, RecordError> {
    let found = delivery::gather::rejection(store, id)?;
    Ok(found.map(|decision| {
        let reason = decision.reason.as_ref();
        let reason = reason.map_or_else(String::new, |reason| format!(": {reason}"));
        let message = format!("{id} was rejected by {}{reason}", decision.by);
        Diagnostic::warning("promotion-blocked", message)
            .note("it will not come to an environment that comes after others")
    }))
}

/// Whether revisions are made here: a directory without a `terrace.hcl` has no pipeline that they could go through, so
/// there it is only when somebody made one.
fn is_asked_for(prepared: &Prepared, store: &Store) -> Result<bool, RecordError> {
    Ok(prepared.project.has_file || !store.revisions(None, 1)?.is_empty())
}

/// Takes what a revision would be made of.
///
/// # Errors
/// When it cannot be read, or is too much.
pub fn take(prepared: &Prepared, store: &Store) -> Result<(Content, Diagnostics), Box<Diagnostic>> {
    let of_record = |error: RecordError| Box::new(record::diagnostic(&error));
    let (project, definition) = (&prepared.project, &*prepared.definition);
    let taken = Taken {
        project,
        definition,
        inputs: delivery::inputs::as_json(project, &prepared.variables),
        left_out: made_before(store, project, definition).map_err(of_record)?,
    };
    let (snapshot, mut found) =
        revision::take(taken).map_err(|error| Box::new(error.diagnostic()))?;
    let row = store
        .revision_by_digest(snapshot.digest().0)
        .map_err(of_record)?;
    if let (None, Some(root)) = (&row, definition.modules.get(&ModulePath::root())) {
        found.extend(revision::kept_in_clear(project, root));
    }
    Ok((Content::taken(snapshot, row), found))
}

/// Files and directories that objects of the record are, in any environment, where a revision would be taken of.
fn made_before(
    store: &Store,
    project: &Project,
    definition: &Definition,
) -> Result<BTreeSet<PathBuf>, RecordError> {
    let mut found = BTreeSet::new();
    // What cannot be looked at is told when it is taken.
    for place in revision::places(project, definition).unwrap_or_default() {
        if let Some(place) = place.to_str() {
            let claimed = store.claimed(&format!("{}/", place.trim_end_matches('/')))?;
            found.extend(claimed.iter().map(|path| PathBuf::from(path.as_str())));
        }
    }
    Ok(found)
}

/// Makes a revision of what was planned, or finds it, and says when it is made. None where revisions do not enter the
/// pipeline and it is none yet.
///
/// # Errors
/// When the record cannot be written.
pub async fn made(
    invocation: &Invocation,
    prepared: &Prepared,
    store: &Store,
) -> Result<Option<RevisionRow>, RecordError> {
    let (project, environment) = (&prepared.project, &prepared.environment);
    let row = prepared.content.as_ref().and_then(Content::row);
    if row.is_none() && (!project.has_file || !project.is_entry(environment)) {
        return Ok(None);
    }
    made_of(invocation, prepared, store).await
}

/// Makes a revision of what was planned, or finds it, wherever it is applied, and says when it is made. None where nobody
/// looked, as where only a part was planned.
///
/// # Errors
/// When the record cannot be written.
pub async fn made_of(
    invocation: &Invocation,
    prepared: &Prepared,
    store: &Store,
) -> Result<Option<RevisionRow>, RecordError> {
    let Some(content) = &prepared.content else {
        return Ok(None);
    };
    let (row, is_new) = put(invocation, &prepared.project, content, store, None).await?;
    if is_new {
        invocation.say(&made_line(&row, invocation.stderr));
    }
    Ok(Some(row))
}

/// Makes a revision, or finds it; says whether it was made.
///
/// # Errors
/// When the record cannot be written.
pub async fn put(
    invocation: &Invocation,
    project: &Project,
    content: &Content,
    store: &Store,
    note: Option<String>,
) -> Result<(RevisionRow, bool), RecordError> {
    if let Some(row) = content.row() {
        return Ok((row.clone(), false));
    }
    if let Some(snapshot) = &content.snapshot {
        revision::keep(store, snapshot).await?;
    }
    let source = asked_of_git(invocation, project, content);
    let created = invocation.process.clock.now();
    let new = NewRevision {
        digest: content.digest.0,
        manifest: content.digest,
        actor: invocation.actor(),
        created,
        source: source.and_then(|source| serde_json::to_string(&source).ok()),
        note,
    };
    let actor = new.actor.clone();
    let row = store.put_revision(new).await?;
    let is_new = row.created == created && row.actor == actor;
    let row = content.row.get_or_init(|| row).clone();
    Ok((row, is_new))
}

/// What Git says, where what is made a revision is what is there now.
fn asked_of_git(invocation: &Invocation, project: &Project, content: &Content) -> Option<Source> {
    let root = root(project, &content.manifest)?;
    if content.snapshot.is_none() && !revision::is_there(&root, &content.manifest) {
        return None;
    }
    match Git::ask(&root, &content.manifest) {
        Git::Facts(source) => Some(source),
        Git::Silent => None,
        Git::Unreadable(why) => {
            invocation.say(&format!(
                "hint: the Git repository cannot be read, so the revision names no commit: {why}\n"
            ));
            None
        }
    }
}

/// The directory that a manifest's paths start from, where the definition is now.
pub fn root(project: &Project, manifest: &Manifest) -> Option<PathBuf> {
    let directory = project.definition_directory().canonicalize().ok()?;
    match manifest.definition.as_str() {
        "." => Some(directory),
        inside => {
            let depth = inside.split('/').count();
            directory.ancestors().nth(depth).map(Path::to_owned)
        }
    }
}

/// Lets the definition of what was planned be read from a checkout, unless the files are as they were.
///
/// # Errors
/// When it cannot be checked out.
pub fn back_to(
    store: &Store,
    project: &mut Project,
    content: &Content,
) -> Result<(), Box<Diagnostic>> {
    let root = root(project, &content.manifest);
    if root.is_some_and(|root| revision::is_there(&root, &content.manifest)) {
        return Ok(());
    }
    content.check_out(store, project)
}

/// Finds a revision and lets its definition be read from a checkout.
///
/// # Errors
/// When there is no such revision, or it cannot be checked out.
pub fn check_out(
    invocation: &Invocation,
    project: &mut Project,
    name: &str,
) -> Result<Content, Refused> {
    let sources = project.sources.clone();
    let refused = |diagnostic: Box<Diagnostic>| Refused::alone(*diagnostic, &sources);
    let store = record::open(&project.record())
        .map_err(|error| refused(Box::new(record::diagnostic(&error))))?;
    let row = find(&store, name).map_err(refused)?;
    let content = Content::kept(&store, row.manifest).map_err(refused)?;
    content.check_out(&store, project).map_err(refused)?;
    invocation.say_revision(row.number, &format!("Using {}\n", short(&row)));
    Ok(content)
}

/// At least so many digits of a digest or commit name a revision.
const FEWEST_DIGITS: usize = 4;

/// Finds a revision by `r42`, `42`, or the start of its digest or commit.
///
/// # Errors
/// When there is none, or several, or the record cannot be read.
pub fn find(store: &Store, name: &str) -> Result<RevisionRow, Box<Diagnostic>> {
    let of_record = |error: &RecordError| Box::new(record::diagnostic(error));
    let number = name
        .parse::<RevisionId>()
        .map(|id| id.0)
        .or_else(|_| name.parse::<u64>());
    if let Ok(number) = number {
        match store.revision(number) {
            Ok(row) => return Ok(row),
            Err(RecordError::NoRevision { .. }) => {}
            Err(error) => return Err(of_record(&error)),
        }
    }
    let all = store
        .revisions(None, usize::MAX)
        .map_err(|error| of_record(&error))?;
    let wanted = name.to_ascii_lowercase();
    let is_start = wanted.len() >= FEWEST_DIGITS && wanted.bytes().all(|c| c.is_ascii_hexdigit());
    let is_meant = |row: &&RevisionRow| {
        is_start
            && (BlobDigest(row.digest).to_string().starts_with(&wanted)
                || source(row).is_some_and(|source| source.commit.starts_with(&wanted)))
    };
    let mut found: Vec<&RevisionRow> = all.iter().filter(is_meant).collect();
    // Of a commit, what is just as it was committed goes before what was edited since.
    let is_clean = |row: &&RevisionRow| source(row).is_some_and(|source| !source.dirty);
    if found.iter().filter(|row| is_clean(row)).count() == 1 {
        found.retain(is_clean);
    }
    match (found.as_slice(), all.first()) {
        ([only], _) => Ok((*only).clone()),
        ([], None) => Err(Box::new(
            Diagnostic::error("unknown-revision", format!("there is no revision `{name}`"))
                .note("none was made yet")
                .help("make one: terrace revision create"),
        )),
        ([], Some(newest)) => Err(Box::new(
            Diagnostic::error("unknown-revision", format!("there is no revision `{name}`"))
                .note(format!("the newest is {}", RevisionId(newest.number)))
                .help("all of them: terrace revision list"),
        )),
        (several, _) => {
            let names: Vec<String> = several.iter().map(|row| short(row)).collect();
            let message = format!("`{name}` is the start of {} revisions", several.len());
            Err(Box::new(
                Diagnostic::error("ambiguous-revision", message)
                    .note(names.join(", "))
                    .help("name one by its number"),
            ))
        }
    }
}
