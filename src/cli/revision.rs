//! `terrace revision ..`: makes revisions, lists and shows them, says what differs between two, rejects one, and writes
//! the files of one.

use std::collections::BTreeMap;
use std::path::Path;

use delivery::revision::{self, Change, Difference, FileDigest, Manifest};
use delivery::verdict::{self, Verdict};
use lang::desired::{Missing, assign};
use lang::{Definition, Settings};
use model::address::ModulePath;
use model::serial::RevisionId;
use model::{Diagnostic, Sources, Str};
use state::{PROJECT, RecordError, RevisionRow, RunFilter, RunKind, RunRow, Store};

use super::args::{
    RevisionCommand, RevisionCreateArgs, RevisionDiffArgs, RevisionExportArgs, RevisionListArgs,
    RevisionRejectArgs, RevisionShowArgs,
};
use super::invocation::Invocation;
use super::output::revision::{self as screen, RevisionView, name};
use super::output::write;
use super::prepare::{self, Loaded, Prepared, Refused};
use super::record;
use crate::cli::invocation::exit::ExitCode;
use crate::cli::prepare::revised;
use crate::cli::prepare::revised::Content;

/// Runs the command.
pub async fn run(invocation: &Invocation, command: RevisionCommand) -> ExitCode {
    let done = match &command {
        RevisionCommand::Create(args) => create(invocation, args).await,
        RevisionCommand::List(args) => list(invocation, args),
        RevisionCommand::Show(args) => show(invocation, args),
        RevisionCommand::Diff(args) => diff(invocation, args),
        RevisionCommand::Reject(args) => reject(invocation, args).await,
        RevisionCommand::Export(args) => export(invocation, args),
    };
    match done {
        Ok(text) => match write::answer(&text) {
            Ok(()) => ExitCode::Done,
            Err(_) => ExitCode::Failed,
        },
        Err(refused) => refused.report(invocation),
    }
}

fn refused(diagnostic: Diagnostic) -> Refused {
    Refused::alone(diagnostic, &Sources::default())
}

fn of_record(error: &(dyn std::error::Error + 'static)) -> Refused {
    refused(record::diagnostic(error))
}

async fn create(invocation: &Invocation, args: &RevisionCreateArgs) -> Result<String, Refused> {
    let Made {
        store,
        content,
        row,
        is_new,
    } = make(invocation, &args.inputs, args.note.clone()).await?;
    let word = if is_new { "Made" } else { "Found" };
    invocation.say(&screen::sentence(&row, word, invocation.stderr));
    let rejected = revised::rejected(&store, RevisionId(row.number));
    let rejected = rejected.map_err(|error| of_record(&error))?;
    let rejected = rejected.into_iter().collect();
    invocation.report(&rejected, &Sources::default(), "", false);
    if args.json {
        let view = view(&store, row)?;
        return Ok(format!(
            "{:#}\n",
            screen::as_json(&view, Some(&content.manifest))
        ));
    }
    Ok(format!("{}\n", name(&row)))
}

/// A revision that was made of the definition as it is, or found.
struct Made {
    store: Store,
    content: Content,
    row: RevisionRow,
    is_new: bool,
}

/// Makes a revision of the definition as it is. No environment's variables are needed: only inputs are part of it.
async fn make(
    invocation: &Invocation,
    inputs: &[(String, String)],
    note: Option<String>,
) -> Result<Made, Refused> {
    let prepared = definition(invocation, inputs)?;
    let store = record::open(&prepared.project.record()).map_err(|error| of_record(&error))?;
    record::learn_claims(&store, &prepared.providers)
        .await
        .map_err(|error| of_record(&error))?;
    let (content, found) =
        revised::take(&prepared, &store).map_err(|diagnostic| refused(*diagnostic))?;
    let mut warnings = prepared.warnings.clone();
    warnings.extend(found);
    invocation.report(&warnings, prepared.sources(), "", false);
    let (row, is_new) = revised::put(invocation, &prepared.project, &content, &store, note)
        .await
        .map_err(|error| of_record(&error))?;
    Ok(Made {
        store,
        content,
        row,
        is_new,
    })
}

/// The revision that the definition is as it is now, made if need be; that is said.
///
/// # Errors
/// When the definition cannot be read, or no revision made of it.
pub async fn of_now(
    invocation: &Invocation,
    inputs: &[(String, String)],
) -> Result<RevisionRow, Refused> {
    let made = make(invocation, inputs, None).await?;
    if made.is_new {
        invocation.say(&screen::made(&made.row, invocation.stderr));
    }
    Ok(made.row)
}

/// The project and its definition, with the values of inputs alone.
fn definition(invocation: &Invocation, inputs: &[(String, String)]) -> Result<Prepared, Refused> {
    let (mut project, mut warnings) = prepare::open(invocation)?;
    let Loaded {
        mut definition,
        graph,
        found,
    } = prepare::definition(invocation, &mut project);
    warnings.extend(found);
    let mut variables = BTreeMap::new();
    if let Some(root) = definition.modules.get(&ModulePath::root()).cloned() {
        let mut sources = std::mem::take(&mut definition.sources);
        warnings.extend(prepare::checks(invocation, &project, Some(&root)));
        let before = revised::inputs_before(&project)?;
        let asked = delivery::inputs::Asked {
            given: inputs,
            before: before.as_ref(),
            missing: Missing::Reported,
        };
        let (inputs, found) = delivery::inputs::settle(&project, &root, asked, &mut sources);
        warnings.extend(found);
        let (assigned, found) = assign(&root, &inputs, Missing::NotKnown);
        warnings.extend(found);
        variables = assigned;
        definition.sources = sources;
    }
    warnings.sort();
    if warnings.has_errors() {
        return Err(Refused {
            diagnostics: warnings,
            sources: definition.sources,
        });
    }
    let environment: Str = PROJECT.into();
    let settings: Settings = prepare::settings(invocation, &environment, &project, None);
    let providers = prepare::providers(invocation, &project);
    let definition: Definition = definition;
    Ok(Prepared {
        project,
        environment,
        definition: definition.into(),
        graph: graph.into(),
        variables,
        settings,
        providers,
        content: None,
        named: None,
        warnings,
    })
}

/// The record, which may not be there yet.
fn recorded(invocation: &Invocation) -> Result<Option<Store>, Refused> {
    let (project, _) = prepare::open(invocation)?;
    record::open_existing(&project.record()).map_err(|error| of_record(&error))
}

/// The record, and the revision of that name in it.
fn named(invocation: &Invocation, name: &str) -> Result<(Store, RevisionRow), Refused> {
    let Some(store) = recorded(invocation)? else {
        let message = format!("there is no revision `{name}`");
        return Err(refused(
            Diagnostic::error("unknown-revision", message)
                .note("nothing is recorded yet")
                .help("make one: terrace revision create"),
        ));
    };
    let found = revised::find(&store, name);
    found
        .map(|row| (store, row))
        .map_err(|diagnostic| refused(*diagnostic))
}

/// Who rejected revisions, by the revision's name; the newest word counts.
fn rejections(
    store: &Store,
    revision: Option<&str>,
) -> Result<BTreeMap<String, RunRow>, RecordError> {
    let filter = RunFilter {
        kinds: vec![RunKind::Reject],
        revision: revision.map(ToOwned::to_owned),
        ..RunFilter::of(&PROJECT.into(), usize::MAX)
    };
    let mut found = BTreeMap::new();
    for run in store.runs(&filter)? {
        if let Some(name) = run.revision.clone() {
            found.entry(name).or_insert(run);
        }
    }
    Ok(found)
}

fn view(store: &Store, row: RevisionRow) -> Result<RevisionView, Refused> {
    let mut found = rejections(store, Some(&name(&row))).map_err(|error| of_record(&error))?;
    Ok(RevisionView {
        rejected: found.remove(&name(&row)),
        row,
    })
}

fn manifest(store: &Store, row: &RevisionRow) -> Result<Manifest, Refused> {
    revision::read(store, row.manifest).map_err(|error| of_record(&error))
}

fn list(invocation: &Invocation, args: &RevisionListArgs) -> Result<String, Refused> {
    let mut views = Vec::new();
    if let Some(store) = recorded(invocation)? {
        let rows = store
            .revisions(None, args.limit)
            .map_err(|error| of_record(&error))?;
        let mut rejected = rejections(&store, None).map_err(|error| of_record(&error))?;
        for row in rows {
            let inputs = manifest(&store, &row)?.inputs;
            let rejected = rejected.remove(&name(&row));
            views.push((RevisionView { row, rejected }, inputs));
        }
    }
    if args.json {
        let lines = views.iter().map(|(view, _)| screen::as_json(view, None));
        return Ok(lines.map(|line| format!("{line}\n")).collect());
    }
    Ok(screen::list(&views, invocation.stdout))
}

fn show(invocation: &Invocation, args: &RevisionShowArgs) -> Result<String, Refused> {
    let (store, row) = named(invocation, &args.revision)?;
    let manifest = manifest(&store, &row)?;
    let view = view(&store, row)?;
    if args.json {
        return Ok(format!("{:#}\n", screen::as_json(&view, Some(&manifest))));
    }
    Ok(screen::details(&view, &manifest, invocation.stdout))
}

fn diff(invocation: &Invocation, args: &RevisionDiffArgs) -> Result<String, Refused> {
    let (store, old) = named(invocation, &args.old)?;
    let (_, new) = named(invocation, &args.new)?;
    let (old, new) = (&old, &new);
    let manifests = [manifest(&store, old)?, manifest(&store, new)?];
    let [before, after] = &manifests;
    let difference = Difference::between(before, after);
    let in_module = |path: &str| {
        let mut manifests = manifests.iter();
        manifests.find_map(|manifest| manifest.module_of(path).map(ToOwned::to_owned))
    };
    let text = |digest: Option<&FileDigest>| match digest {
        None => Some(String::new()),
        Some(digest) => String::from_utf8(store.blob(digest.0).ok()?).ok(),
    };
    let texts = |path: &str| match difference.files.get(path)? {
        Change::Added(new) => Some((String::new(), text(Some(new))?)),
        Change::Removed(old) => Some((text(Some(old))?, String::new())),
        Change::Changed { old, new } => Some((text(Some(old))?, text(Some(new))?)),
    };
    Ok(screen::difference(
        (old, new),
        &difference,
        (&texts, &in_module),
        invocation.stdout,
    ))
}

/// Says no to a revision, everywhere: a decision of the project's own history.
async fn reject(invocation: &Invocation, args: &RevisionRejectArgs) -> Result<String, Refused> {
    let (project, _) = prepare::open(invocation)?;
    let (_, row) = named(invocation, &args.revision)?;
    let store = record::open(&project.record()).map_err(|error| of_record(&error))?;
    let actor = invocation.actor();
    let verdict = Verdict {
        by: &actor,
        at: invocation.process.clock.now(),
        reason: Some(&args.reason),
    };
    let decided = verdict::reject(&store, RevisionId(row.number), &verdict).await;
    decided.map_err(|error| of_record(&error))?;
    invocation.say(&format!(
        "    Rejected {} by {}: {}\nThat cannot be taken back; another content or input makes another revision\n",        screen::short(&row),
        invocation.actor(),
        args.reason
    ));
    Ok(String::new())
}

fn export(invocation: &Invocation, args: &RevisionExportArgs) -> Result<String, Refused> {
    let (store, row) = named(invocation, &args.revision)?;
    let place = invocation.directory.join(&args.directory);
    let is_empty = |place: &Path| match std::fs::read_dir(place) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) => error.kind() == std::io::ErrorKind::NotFound,
    };
    if !is_empty(&place) {
        let message = format!("`{}` is not an empty directory", args.directory.display());
        return Err(refused(
            Diagnostic::error("file-not-readable", message)
                .help("name an empty directory, or one that is not there yet"),
        ));
    }
    let manifest = manifest(&store, &row)?;
    revision::write(&store, &manifest, &place).map_err(|error| of_record(&error))?;
    invocation.say(&format!(
        "    Exported {} to {}: {} files\n",
        screen::short(&row),
        args.directory.display(),
        manifest.files.len()
    ));
    Ok(String::new())
}
