//! What a run destroyed to make another object in its place, and nobody made: the record has it no more, and the definition
//! wants it still. Entry point: [`lost`].

use std::collections::{BTreeMap, HashMap};

use model::Str;
use model::address::InstanceAddr;
use model::serial::RunId;
use state::{RecordError, RunFilter, RunKind, Store};

use crate::applied::did_all;
use crate::rollback::has_happened;

/// So many runs are read at once: mostly the newest did all that it was to do.
const PAGE: usize = 16;

/// Returns the instances of `environment` whose object a run destroyed to replace it, with that run, where no object came
/// after it.
///
/// What came before a run that did all of its steps is not looked at: that run knew of it. One that was kept to a part of the
/// definition knew of that part only, which is not told apart.
///
/// # Errors
/// Those of reading the record.
pub fn lost(
    store: &Store,
    environment: &Str,
) -> Result<BTreeMap<InstanceAddr, RunId>, RecordError> {
    // Of each instance, the newest that happened to it.
    let mut newest: HashMap<InstanceAddr, Option<RunId>> = HashMap::new();
    let mut filter = RunFilter {
        kinds: vec![
            RunKind::Apply,
            RunKind::Promote,
            RunKind::Rollback,
            RunKind::Destroy,
            RunKind::Heal,
        ],
        ..RunFilter::of(environment, PAGE)
    };
    'runs: loop {
        let runs = store.runs(&filter)?;
        for run in &runs {
            // What heals is about what drifted only.
            if run.kind != RunKind::Heal && did_all(store, run)? {
                break 'runs;
            }
            for step in store.journal(run.id)?.into_iter().rev() {
                if step.deposed.is_none() && has_happened(&step) {
                    let lost = step.replaced.then_some(run.id);
                    newest.entry(step.addr).or_insert(lost);
                }
            }
        }
        match runs.last() {
            Some(oldest) if runs.len() == PAGE => filter.before = Some(oldest.id),
            Some(_) | None => break,
        }
    }
    let lost = newest.into_iter();
    Ok(lost.filter_map(|(addr, run)| Some((addr, run?))).collect())
}
