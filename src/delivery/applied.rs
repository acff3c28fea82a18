//! What was applied to an environment last, all of it: the revision and the variables that it was given, which drift is
//! healed towards. Entry point: [`applied`].

use model::Str;
use model::serial::{RevisionId, RunId};
use state::{ConfigurationDigest, RecordError, RunFilter, RunKind, RunOutcome, RunRow, Store};

use crate::gather::revision_of;

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

/// Returns what the newest run left that names a revision and did all its steps, whatever its checks said of it. None
/// where no revision ever came to `environment`.
///
/// What was applied only in part since, or without a revision, is no other answer: nobody can say what all of it would be.
///
/// # Errors
/// Those of reading the record.
pub fn applied(store: &Store, environment: &Str) -> Result<Option<Applied>, RecordError> {
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
            if let Some(revision) = revision_of(run)
                && is_whole(store, run)?
            {
                let (run, configuration) = (run.id, run.configuration);
                return Ok(Some(Applied {
                    run,
                    revision,
                    configuration,
                }));
            }
        }
        match runs.last() {
            Some(oldest) if runs.len() == PAGE => filter.before = Some(oldest.id),
            _ => return Ok(None),
        }
    }
}

/// Checks are asked only after all steps of a run were done.
fn is_whole(store: &Store, run: &RunRow) -> Result<bool, RecordError> {
    Ok(match run.end.as_ref().map(|end| end.outcome) {
        Some(RunOutcome::Succeeded) => true,
        Some(RunOutcome::Failed) => !store.checks(run.id)?.is_empty(),
        Some(RunOutcome::Cancelled | RunOutcome::Interrupted) | None => false,
    })
}
