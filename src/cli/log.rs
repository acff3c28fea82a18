//! `terrace log`: the runs of an environment, the newest first; with `--verify`, whether they are as they were written.

use delivery::Project;
use model::clock::Timestamp;
use model::{Diagnostic, Diagnostics, Sources, Str};
use state::{Linked, PROJECT, RecordError, RunFilter, RunOutcome, RunRow, Store};

use super::args::LogArgs;
use super::invocation::Invocation;
use super::output::chain::{Checked, Kept, as_json, screen};
use super::output::moment;
use super::output::runs::{none, run_json, runs as table};
use super::output::write;
use super::prepare::{named, open};
use super::record;
use crate::cli::invocation::exit::ExitCode;
use crate::cli::prepare::revised;

/// Runs the command.
pub fn run(invocation: &Invocation, args: &LogArgs) -> ExitCode {
    let (project, _) = match open(invocation) {
        Ok(opened) => opened,
        Err(refused) => return refused.report(invocation),
    };
    let environment = match args.environment.as_deref() {
        None => None,
        Some(name) => match named(invocation, &project, name) {
            Ok(environment) => Some(environment),
            Err(code) => return code,
        },
    };
    if args.verify {
        return verify(invocation, &project, environment, args);
    }
    let now = invocation.process.clock.now();
    let since = match args.since.as_deref().map(|text| moment::since(text, now)) {
        None => None,
        Some(Some(since)) => Some(since),
        Some(None) => {
            let text = args.since.as_deref().unwrap_or_default();
            let diagnostic =
                Diagnostic::error("missing-argument", format!("`{text}` is not a time")).help(
                    "write how long ago, or when in UTC: 2h, 3d, 2026-11-22, 2026-11-22T10:47:59Z",
                );
            invocation.report(&diagnostic.into(), &Sources::default(), "", false);
            return ExitCode::Usage;
        }
    };
    let store = match record::open_existing(&project.record()) {
        Ok(store) => store,
        Err(error) => return record::report(invocation, &error),
    };
    let mut wanted = Wanted {
        environment,
        revision: None,
        since,
        args,
    };
    if let (Some(name), Some(store)) = (&args.revision, &store) {
        match revised::find(store, name) {
            Ok(row) => wanted.revision = Some(format!("r{}", row.number)),
            Err(found) => {
                invocation.report(&(*found).into(), &Sources::default(), "", false);
                return ExitCode::Failed;
            }
        }
    }
    let runs = match store.map_or_else(|| Ok(Vec::new()), |store| wanted.runs(&store)) {
        Ok(runs) => runs,
        Err(error) => return record::report(invocation, &error),
    };
    let text = if args.json {
        runs.iter()
            .map(|run| format!("{}\n", run_json(run)))
            .collect()
    } else {
        match runs.is_empty() && args.is_choosy() {
            true => none(invocation.stdout),
            false => table(&runs, args.environment.is_some(), invocation.stdout),
        }
    };
    match write::answer(&text) {
        Ok(()) => ExitCode::Done,
        Err(_) => ExitCode::Failed,
    }
}

/// Which runs are wanted.
struct Wanted<'w> {
    environment: Option<Str>,
    revision: Option<String>,
    since: Option<Timestamp>,
    args: &'w LogArgs,
}

/// So many runs are read at once where not every one is wanted.
const PAGE: usize = 500;

impl Wanted<'_> {
    /// Reads as far back as need be.
    fn runs(&self, store: &Store) -> Result<Vec<RunRow>, RecordError> {
        let limit = self.args.limit;
        let is_plain = self.args.by.is_none() && !self.args.failed && self.since.is_none();
        let page = if is_plain { limit } else { PAGE };
        let mut filter = RunFilter {
            environment: self.environment.clone(),
            kinds: self.args.kinds.clone(),
            revision: self.revision.clone(),
            ..RunFilter::newest(page)
        };
        let mut found = Vec::new();
        while found.len() < limit {
            let runs = store.runs(&filter)?;
            let is_last = runs.len() < page || is_plain;
            filter.before = runs.last().map(|run| run.id);
            found.extend(runs.into_iter().filter(|run| self.has(run)));
            if is_last {
                break;
            }
        }
        found.truncate(limit);
        Ok(found)
    }

    fn has(&self, run: &RunRow) -> bool {
        let outcome = run.end.as_ref().map(|end| end.outcome);
        let is_by = self.args.by.as_ref().is_none_or(|by| run.actor == *by);
        let has_failed = matches!(
            outcome,
            None | Some(RunOutcome::Failed | RunOutcome::Interrupted | RunOutcome::Cancelled)
        );
        is_by
            && (!self.args.failed || has_failed)
            && self.since.is_none_or(|since| run.started >= since)
    }
}

/// Checks that no run of the history was edited, removed or added, and that it goes on from where others knew it.
fn verify(
    invocation: &Invocation,
    project: &Project,
    environment: Option<Str>,
    args: &LogArgs,
) -> ExitCode {
    let verified = record::open_existing(&project.record()).and_then(|store| {
        let Some(store) = store else {
            let kept = args.heads.iter().map(|head| missing(head));
            return Ok((Vec::new(), kept.collect()));
        };
        let checked = checked(&store, environment)?;
        let kept = args.heads.iter().map(|head| kept(&store, &checked, head));
        let kept = kept.collect::<Result<Vec<Kept>, RecordError>>()?;
        Ok((checked, kept))
    });
    let (checked, kept) = match verified {
        Ok(verified) => verified,
        Err(error) => return record::report(invocation, &error),
    };
    let text = match args.json {
        true => format!("{:#}\n", as_json(&checked, &kept)),
        false => screen(&checked, invocation.stdout),
    };
    let gone = kept.iter().filter(|one| one.found.is_none());
    let gone: Diagnostics = gone.map(|one| not_there(&one.head)).collect();
    let is_sound = checked.iter().all(|one| one.report.broken.is_none());
    let is_told = write::answer(&text).is_ok();
    invocation.report(&gone, &Sources::default(), "", false);
    match is_told && is_sound && gone.is_empty() {
        true => ExitCode::Done,
        false => ExitCode::Failed,
    }
}

fn checked(store: &Store, environment: Option<Str>) -> Result<Vec<Checked>, RecordError> {
    let names = match environment {
        Some(environment) => vec![environment],
        None => {
            let known = store.environment_names()?.into_iter();
            known.chain([Str::from(PROJECT)]).collect()
        }
    };
    let reports = names.into_iter().map(|environment| {
        let report = store.verify_chain(&environment)?;
        Ok(Checked {
            environment,
            report,
        })
    });
    reports.collect()
}

fn missing(head: &str) -> Kept {
    Kept {
        head: head.to_owned(),
        found: None,
    }
}

/// Finds a head in what is sound of the histories that were checked.
fn kept(store: &Store, checked: &[Checked], head: &str) -> Result<Kept, RecordError> {
    let is_sound = |found: &Linked| {
        let mut of_it = checked
            .iter()
            .filter(|one| one.environment == found.environment);
        of_it.any(|one| found.position <= one.report.sound)
    };
    let found = store.linked(head)?.into_iter().find(is_sound);
    Ok(Kept {
        found,
        ..missing(head)
    })
}

fn not_there(head: &str) -> Diagnostic {
    Diagnostic::error("unknown-head", format!("the history has no head {head}"))
        .note("it may have been put back from an older copy, or be another project's")
        .help("see what it has: terrace log --verify")
}
