//! What a run destroyed to make another object in its place, and nobody made: the record has it no more, and the definition
//! wants it still. Entry point: [`lost`].

use std::collections::{BTreeMap, HashMap};

use model::Str;
use model::address::InstanceAddr;
use model::serial::RunId;
use state::{RecordError, Store};

use crate::rollback::has_happened;
use crate::undone;

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
    undone::each_newest_first(store, environment, |run| {
        for step in store.journal(run.id)?.into_iter().rev() {
            if step.deposed.is_none() && has_happened(&step) {
                let lost = step.replaced.then_some(run.id);
                newest.entry(step.addr).or_insert(lost);
            }
        }
        Ok(())
    })?;
    let lost = newest.into_iter();
    Ok(lost.filter_map(|(addr, run)| Some((addr, run?))).collect())
}
