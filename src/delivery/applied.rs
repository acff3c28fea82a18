//! What was applied to an environment last, all of it: the revision and the variables that it was given, which drift is
//! healed towards. Entry point: [`applied`].

use model::Str;
use model::serial::{RevisionId, RunId};
use state::{ConfigurationDigest, RecordError, RunFilter, RunKind, RunOutcome, RunRow, Store};

use crate::gather::{is_blocked, is_past_rules, revision_of};

/// A revision that an environment has, with what it was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Applied {
    /// The run that made it so.
    pub run: RunId,
    /// The revision.
    pub revision: RevisionId,
    /// The variables without the inputs, where the run kept them.
    pub configuration: Option<ConfigurationDigest>,
}

/// So many runs are read at once: mostly the newest is the one.
const PAGE: usize = 16;

/// Whether a run did all its steps, whatever its checks said: those are asked only after all steps were done, so that a run
/// with checks did what it was to do also where it failed by them.
pub fn is_whole(outcome: Option<RunOutcome>, has_checks: bool) -> bool {
    match outcome {
        Some(RunOutcome::Succeeded) => true,
        Some(RunOutcome::Failed) => has_checks,
        Some(RunOutcome::Cancelled | RunOutcome::Interrupted) | None => false,
    }
}

/// Returns what the newest run left that names a revision and did all its steps, whatever its checks said of it. None
/// where no revision ever came to `environment`.
///
/// What was applied only in part since, or without a revision, is no other answer: nobody can say what all of it would be.
///
/// # Errors
/// Those of reading the record.
pub fn applied(store: &Store, environment: &Str) -> Result<Option<Applied>, RecordError> {
    let found = newest(store, environment, |run| {
        Ok(revision_of(run).is_some() && did_all(store, run)?)
    })?;
    Ok(found.and_then(|run| {
        Some(Applied {
            run: run.id,
            revision: revision_of(&run)?,
            configuration: run.configuration,
        })
    }))
}

/// Returns the newest run that brought a definition to `environment`, all of it, with a revision or without.
///
/// # Errors
/// Those of reading the record.
pub fn deployed(store: &Store, environment: &Str) -> Result<Option<RunRow>, RecordError> {
    newest(store, environment, |run| {
        let is_repair = run.kind == RunKind::Heal && run.revision.is_none();
        Ok(!is_repair && did_all(store, run)?)
    })
}

/// Whether a definition is there by the newest run that brought or destroyed one: it may have no instances.
///
/// # Errors
/// Those of reading the record.
pub fn is_deployed(store: &Store, environment: &Str) -> Result<bool, RecordError> {
    let Some(deployed) = deployed(store, environment)? else {
        return Ok(false);
    };
    let filter = RunFilter {
        kinds: vec![RunKind::Destroy],
        ..RunFilter::of(environment, 1)
    };
    let destroyed = store.runs(&filter)?.pop();
    Ok(destroyed.is_none_or(|run| run.id < deployed.id))
}

/// Returns the revision that is in `environment` now, as the rules know it: none after a deployment that did not do all of
/// its steps, went past the rules, or had no revision. A run that goes on is passed over.
///
/// # Errors
/// Those of reading the record.
pub fn there(store: &Store, environment: &Str) -> Result<Option<RevisionId>, RecordError> {
    let last = newest(store, environment, |run| {
        Ok(run.end.is_some() && (run.kind != RunKind::Heal || !did_all(store, run)?))
    })?;
    match last {
        Some(run) if did_all(store, &run)? && !is_past_rules(&run) => Ok(revision_of(&run)),
        Some(_) | None => Ok(None),
    }
}

/// Finds the newest run that was to bring a definition, or to bring it back, and is wanted; none that rules stopped before
/// it did anything.
fn newest(
    store: &Store,
    environment: &Str,
    is_wanted: impl Fn(&RunRow) -> Result<bool, RecordError>,
) -> Result<Option<RunRow>, RecordError> {
    let mut filter = RunFilter {
        kinds: vec![
            RunKind::Apply,
            RunKind::Promote,
            RunKind::Rollback,
            RunKind::Heal,
        ],
        ..RunFilter::of(environment, PAGE)
    };
    loop {
        let runs = store.runs(&filter)?;
        for run in &runs {
            if !is_blocked(run) && is_wanted(run)? {
                return Ok(Some(run.clone()));
            }
        }
        match runs.last() {
            Some(oldest) if runs.len() == PAGE => filter.before = Some(oldest.id),
            _ => return Ok(None),
        }
    }
}

/// Whether a run did all its steps, as [`is_whole`] says.
pub(crate) fn did_all(store: &Store, run: &RunRow) -> Result<bool, RecordError> {
    let outcome = run.end.as_ref().map(|end| end.outcome);
    let has_checks = outcome == Some(RunOutcome::Failed) && !store.checks(run.id)?.is_empty();
    Ok(is_whole(outcome, has_checks))
}
