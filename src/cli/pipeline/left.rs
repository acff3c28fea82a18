//! What a `pipeline run` leaves that is not as it should be, though nothing failed and nothing is waited for. From the record
//! alone. Entry point: [`left`].

use delivery::drift::current;
use model::Str;
use model::clock::Timestamp;
use state::{RecordError, RunFilter, RunKind, Store};

use crate::cli::output::duration::ago;
use crate::cli::output::pipeline::{Left, PipelineRow};

/// What drifted in an environment since it was changed last, as far as someone looked.
///
/// # Errors
/// When the record cannot be read.
pub fn left(store: &Store, environment: &Str, now: Timestamp) -> Result<Vec<Left>, RecordError> {
    let found = drifted(store, environment)?.map(|(count, looked)| {
        let (plural, are) = if count == 1 { ("", "is") } else { ("s", "are") };
        Left {
            sentence: format!(
                "{count} instance{plural} {are} not as applied, seen {}",
                ago(now.since(looked))
            ),
            remedy: format!("see what: terrace drift {environment}"),
        }
    });
    Ok(found.into_iter().collect())
}

/// That a rollback brought back variables that `terrace.hcl` does not give.
pub fn other_variables(row: &PipelineRow) -> Left {
    Left {
        sentence: "a rollback brought back other variables than terrace.hcl gives it".into(),
        remedy: format!(
            "when those may come: terrace promote {} {}",
            row.revision, row.environment
        ),
    }
}

/// How many instances were not as applied when someone looked last, and when; none where nobody looked since the environment
/// was changed.
fn drifted(store: &Store, environment: &Str) -> Result<Option<(usize, Timestamp)>, RecordError> {
    let newest = |kinds: &[RunKind]| {
        let rows = store.runs(&RunFilter {
            kinds: kinds.into(),
            ..RunFilter::of(environment, 1)
        })?;
        Ok::<_, RecordError>(rows.into_iter().next())
    };
    let changed = newest(&[
        RunKind::Heal,
        RunKind::Apply,
        RunKind::Promote,
        RunKind::Rollback,
        RunKind::Destroy,
    ])?;
    let Some(look) = newest(&[RunKind::Drift])? else {
        return Ok(None);
    };
    if changed.is_some_and(|changed| changed.id > look.id) {
        return Ok(None);
    }
    let rows = store.sightings(environment)?.rows;
    let count = current(&rows).count();
    let at = look.end.map_or(look.started, |end| end.ended);
    Ok((count > 0).then_some((count, at)))
}
