//! Reads the [`Facts`] that the rules look at out of the record. Entry point: [`gather`].

use std::collections::{BTreeMap, HashMap};

use model::Str;
use model::serial::{RevisionId, RunId};
use serde::Deserialize;
use state::{CheckSaid, PROJECT, RecordError, RevisionRow, RunFilter, RunKind, RunRow, Store};

use crate::applied::is_whole;
use crate::bound::{Promoted, promoted_by};
use crate::facts::{Decision, Deployment, Evidence, Facts, History, RevisionFacts};
use crate::verdict::{approved, not_covered_by, released};

/// What a note of a run that went past the rules begins with.
pub const BREAK_GLASS: &str = "break-glass: ";

/// Among the counts of a look: how many instances were not as they were applied.
pub const DRIFTED: &str = "drifted";

/// What a run counts that was stopped by the rules before it did anything: to them it is as if it had never been.
pub const BLOCKED: &str = "blocked";

/// Reads what happened in `environments`, and all revisions.
///
/// # Errors
/// Those of reading the record.
pub fn gather(
    store: &Store,
    environments: impl IntoIterator<Item = Str>,
) -> Result<Facts, RecordError> {
    let mut facts = Facts {
        revisions: revisions(store)?,
        environments: BTreeMap::new(),
    };
    for environment in environments {
        let history = history(store, &environment)?;
        facts.environments.insert(environment, history);
    }
    Ok(facts)
}

fn revisions(store: &Store) -> Result<BTreeMap<RevisionId, RevisionFacts>, RecordError> {
    let rows = store.revisions(None, usize::MAX)?;
    let mut found: BTreeMap<RevisionId, RevisionFacts> = rows
        .iter()
        .map(|row| (RevisionId(row.number), revision(row)))
        .collect();
    let rejections = store.runs(&RunFilter {
        kinds: vec![RunKind::Reject],
        ..RunFilter::of(&PROJECT.into(), usize::MAX)
    })?;
    for run in &rejections {
        let rejected = revision_of(run).and_then(|id| found.get_mut(&id));
        if let Some(rejected) = rejected {
            rejected.rejected = Some(decision(run));
        }
    }
    Ok(found)
}

/// What is known of where a revision comes from.
#[derive(Debug, Default, Deserialize)]
struct Source {
    author: Option<String>,
    email: Option<String>,
    commit: Option<String>,
}

fn revision(row: &RevisionRow) -> RevisionFacts {
    let source: Source = row
        .source
        .as_deref()
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default();
    RevisionFacts {
        id: RevisionId(row.number),
        author: source.author.as_ref().unwrap_or(&row.actor).into(),
        email: source.email.map(Str::from),
        commit: source.commit.map(Str::from),
        created: row.created,
        rejected: None,
    }
}

/// The revision that a run is of.
pub fn revision_of(run: &RunRow) -> Option<RevisionId> {
    run.revision.as_deref()?.parse().ok()
}

/// That a revision was rejected, by the newest word of it.
///
/// # Errors
/// Those of reading the record.
pub fn rejection(store: &Store, revision: RevisionId) -> Result<Option<Decision>, RecordError> {
    let newest = store.runs(&RunFilter {
        kinds: vec![RunKind::Reject],
        revision: Some(revision.to_string()),
        ..RunFilter::of(&PROJECT.into(), 1)
    })?;
    Ok(newest.first().map(decision))
}

fn decision(run: &RunRow) -> Decision {
    Decision {
        run: run.id,
        by: run.actor.as_str().into(),
        at: run.started,
        reason: run.note.as_deref().map(Str::from),
    }
}

/// The runs that rules look at.
const KINDS: [RunKind; 11] = [
    RunKind::Apply,
    RunKind::Destroy,
    RunKind::Promote,
    RunKind::Rollback,
    RunKind::Heal,
    RunKind::Import,
    RunKind::Verify,
    RunKind::Drift,
    RunKind::Approve,
    RunKind::Hold,
    RunKind::Release,
];

fn history(store: &Store, environment: &Str) -> Result<History, RecordError> {
    let mut history = History::default();
    let mut runs = store.runs(&RunFilter {
        kinds: KINDS.into(),
        ..RunFilter::of(environment, usize::MAX)
    })?;
    runs.reverse();
    // Read after the runs, so that none is there without what its checks said.
    let mut said = said(store, environment)?;
    let mut evidence = |run: &RunRow| said.remove(&run.id).unwrap_or_default();
    for run in runs {
        if is_blocked(&run) {
            fell_short(store, &mut history, &run)?;
            continue;
        }
        match run.kind {
            RunKind::Apply
            | RunKind::Destroy
            | RunKind::Promote
            | RunKind::Rollback
            | RunKind::Heal
            | RunKind::Import => {
                let evidence = evidence(&run);
                let deployment = deployment(&run, !evidence.is_empty());
                history.came(&deployment, || decision(&run));
                history.deployments.push(deployment);
                history.evidence.extend(evidence);
            }
            // What was said of another revision than the one that is there says nothing of it.
            RunKind::Verify if is_of_another(&history, &run) => {}
            RunKind::Verify => history.evidence.extend(evidence(&run)),
            RunKind::Drift => {
                history.evidence.extend(evidence(&run));
                if let Some(end) = run.end.filter(|end| end.counts.contains_key(DRIFTED)) {
                    history.drifted.push((run.id, end.ended));
                }
            }
            RunKind::Approve => {
                if let Some(revision) = revision_of(&run) {
                    let events = store.events(run.id)?;
                    history
                        .approvals
                        .extend(approved(&events, decision(&run), revision));
                }
            }
            RunKind::Hold => history.hold = Some(decision(&run)),
            RunKind::Release => match released(&store.events(run.id)?) {
                Some((hold, revisions)) => {
                    history.hold.take_if(|_| hold);
                    history.rolled_back.retain(|id, _| !revisions.contains(id));
                }
                None => {
                    history.hold = None;
                    history.rolled_back.clear();
                }
            },
            RunKind::Refresh
            | RunKind::Recover
            | RunKind::Edit
            | RunKind::Reject
            | RunKind::Revision => {}
        }
    }
    Ok(history)
}

/// So many runs are read at once: mostly the newest is the one that matters.
const PAGE: usize = 16;

/// What was promoted to an environment last, which is what an apply there is bound to.
///
/// # Errors
/// Those of reading the record.
pub fn promoted(store: &Store, environment: &Str) -> Result<Promoted, RecordError> {
    let mut filter = RunFilter {
        kinds: vec![RunKind::Apply, RunKind::Promote, RunKind::Rollback],
        ..RunFilter::of(environment, PAGE)
    };
    loop {
        let runs = store.runs(&filter)?;
        let found = runs
            .iter()
            .filter(|run| !is_blocked(run))
            .find_map(|run| promoted_by(&deployment(run, false)));
        match (found, runs.last()) {
            (Some(found), _) => return Ok(found),
            (None, Some(last)) if runs.len() == PAGE => filter.before = Some(last.id),
            (None, _) => return Ok(Promoted::Nothing),
        }
    }
}

/// Whether a run is about another revision than someone brought here last.
fn is_of_another(history: &History, run: &RunRow) -> bool {
    revision_of(run).is_some_and(|about| history.aimed_at() != Some(about))
}

/// Whether a run was stopped by the rules before it did anything.
pub(crate) fn is_blocked(run: &RunRow) -> bool {
    let end = run.end.as_ref();
    end.is_some_and(|end| end.counts.contains_key(BLOCKED))
}

/// Takes note of approvals that did not cover what a run would have done.
fn fell_short(store: &Store, history: &mut History, run: &RunRow) -> Result<(), RecordError> {
    // What began and was stopped has a lease, and events of its own.
    let Some(revision) = revision_of(run).filter(|_| run.token.is_none()) else {
        return Ok(());
    };
    let people = not_covered_by(&store.events(run.id)?);
    for approval in &mut history.approvals {
        if approval.revision == revision && people.contains(&approval.decision.by) {
            approval.fell_short = Some(run.started);
        }
    }
    Ok(())
}

/// Whether a run went past the rules.
pub fn is_past_rules(run: &RunRow) -> bool {
    let note = run.note.as_deref();
    note.is_some_and(|note| note.starts_with(BREAK_GLASS))
}

/// The hold that is on an environment.
///
/// # Errors
/// Those of reading the record.
pub fn held(store: &Store, environment: &Str) -> Result<Option<Decision>, RecordError> {
    let mut filter = RunFilter {
        kinds: vec![RunKind::Hold, RunKind::Release],
        ..RunFilter::of(environment, PAGE)
    };
    loop {
        let runs = store.runs(&filter)?;
        for run in &runs {
            if run.kind == RunKind::Hold {
                return Ok(Some(decision(run)));
            }
            let is_lifted = released(&store.events(run.id)?).is_none_or(|(hold, _)| hold);
            if is_lifted {
                return Ok(None);
            }
        }
        match runs.last() {
            Some(last) if runs.len() == PAGE => filter.before = Some(last.id),
            Some(_) | None => return Ok(None),
        }
    }
}

fn deployment(run: &RunRow, has_evidence: bool) -> Deployment {
    let outcome = run.end.as_ref().map(|end| end.outcome);
    let reason = |note: &str| note.strip_prefix(BREAK_GLASS).map(Str::from);
    Deployment {
        run: run.id,
        revision: revision_of(run),
        configuration: run.configuration,
        is_repair: run.kind == RunKind::Heal,
        is_rollback: run.kind == RunKind::Rollback,
        is_destroy: run.kind == RunKind::Destroy,
        by: run.actor.as_str().into(),
        started: run.started,
        ended: run.end.as_ref().map(|end| end.ended),
        succeeded: is_whole(outcome, has_evidence),
        break_glass: run.note.as_deref().and_then(reason),
    }
}

/// What checks said in each run. Looks are many: they are not asked for their checks one by one.
fn said(store: &Store, environment: &Str) -> Result<HashMap<RunId, Vec<Evidence>>, RecordError> {
    let mut by_run: HashMap<RunId, Vec<Evidence>> = HashMap::new();
    for CheckSaid {
        run,
        name,
        passed,
        at,
    } in store.said(environment)?
    {
        by_run.entry(run).or_default().push(Evidence {
            run,
            check: name,
            passed,
            at,
        });
    }
    Ok(by_run)
}
