//! The runs that may have left something undone: the newest of an environment, back to one that did all that it was to do.
//! Entry point: [`each_newest_first`].

use model::Str;
use state::{RecordError, RunFilter, RunKind, RunRow, Store};

use crate::applied::did_all;

/// So many runs are read at once: mostly the newest did all that it was to do.
const PAGE: usize = 16;

/// Shows `each` the runs that change instances of `environment`, the newest first, until one did all of its steps: that run
/// knew of all that came before it. What heals knows of what drifted only, and ends nothing.
///
/// # Errors
/// Those of reading the record, and those of `each`.
pub(crate) fn each_newest_first(
    store: &Store,
    environment: &Str,
    mut each: impl FnMut(&RunRow) -> Result<(), RecordError>,
) -> Result<(), RecordError> {
    let mut filter = RunFilter {
        kinds: vec![
            RunKind::Apply,
            RunKind::Promote,
            RunKind::Rollback,
            RunKind::Destroy,
            RunKind::Heal,
            RunKind::Import,
        ],
        ..RunFilter::of(environment, PAGE)
    };
    loop {
        let runs = store.runs(&filter)?;
        for run in &runs {
            if run.kind != RunKind::Heal && did_all(store, run)? {
                return Ok(());
            }
            each(run)?;
        }
        match runs.last() {
            Some(oldest) if runs.len() == PAGE => filter.before = Some(oldest.id),
            Some(_) | None => return Ok(()),
        }
    }
}
