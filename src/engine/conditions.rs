//! What became of the definition's conditions when a plan was applied last, as its run keeps it. Entry point: [`read`].

use model::Str;
use model::clock::Timestamp;
use model::condition::Conditions;
use serde::{Deserialize, Serialize};
use state::{EventRow, RecordError, RunFilter, RunKind, RunOutcome, Store};

/// The entry of a run that says it. It is none of the events that are told again.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    conditions: Vec<Conditions>,
}

/// Runs that apply a plan.
const APPLYING: [RunKind; 6] = [
    RunKind::Apply,
    RunKind::Destroy,
    RunKind::Refresh,
    RunKind::Promote,
    RunKind::Rollback,
    RunKind::Heal,
];

/// So many runs are looked at, at most.
const LOOKED_AT: usize = 16;

/// The entry; none where there are no conditions.
pub(crate) fn row(at: Timestamp, conditions: Vec<Conditions>) -> Option<EventRow> {
    if conditions.is_empty() {
        return None;
    }
    let body = serde_json::to_string(&Kept { conditions }).ok()?;
    Some(EventRow { at, body })
}

/// Reads what became of the conditions when a plan was applied last; nothing where the definition had none, or where it
/// is not known.
///
/// # Errors
/// When the record cannot be read.
pub fn read(store: &Store, environment: &Str) -> Result<Vec<Conditions>, RecordError> {
    let filter = RunFilter {
        kinds: APPLYING.to_vec(),
        ..RunFilter::of(environment, LOOKED_AT)
    };
    for run in store.runs(&filter)? {
        let rows = store.events(run.id)?;
        let kept = rows
            .iter()
            .rev()
            .find_map(|row| serde_json::from_str::<Kept>(&row.body).ok());
        if let Some(kept) = kept {
            return Ok(kept.conditions);
        }
        // One that did not get to its end says nothing.
        if run
            .end
            .is_some_and(|end| end.outcome == RunOutcome::Succeeded)
        {
            break;
        }
    }
    Ok(Vec::new())
}
