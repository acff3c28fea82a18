//! What a step's result changes in the record.

use std::collections::HashMap;
use std::sync::Arc;

use model::Value;
use model::address::{ProviderAddr, ResourceAddr};
use model::change::{Change, DeposedKey};
use model::plan::{Plan, StepId};
use sha2::{Digest, Sha256};
use state::{Dependencies, ObjectChange};

use crate::codec::CodecError;
use crate::record;
use crate::recorded::{Recorded, RecordedObject};

/// Lists of dependencies as the record shares them.
#[derive(Debug, Default)]
pub(crate) struct Lists {
    known: HashMap<usize, (Arc<[ResourceAddr]>, Dependencies)>,
}

impl Lists {
    /// The record's form of a list.
    pub(crate) fn of(&mut self, list: &Arc<[ResourceAddr]>) -> Dependencies {
        let at = Arc::as_ptr(list).cast::<()>() as usize;
        // Keeping the list keeps its address from being used for another.
        let make = || (list.clone(), list.iter().cloned().map(Arc::new).collect());
        self.known.entry(at).or_insert_with(make).1.clone()
    }
}

/// The record's row for the object that a step is about.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) change: Arc<Change>,
    pub(crate) provider: Arc<ProviderAddr>,
    pub(crate) dependencies: Dependencies,
    /// The object's deposed key; none for the current one.
    pub(crate) deposed: Option<DeposedKey>,
    pub(crate) create_before_destroy: bool,
}

impl Row {
    /// Records `value` (with marks) as the object.
    pub(crate) fn put(
        &self,
        value: Value,
        private: Vec<u8>,
        tainted: bool,
    ) -> Result<ObjectChange, CodecError> {
        let object = RecordedObject {
            value,
            private,
            schema_version: self.change.schema_version,
            provider: self.provider.clone(),
            dependencies: Arc::from([]),
            tainted,
            create_before_destroy: self.create_before_destroy,
        };
        let deposed = self.deposed.as_ref();
        let object = record::object(
            &self.change.addr,
            deposed,
            &object,
            self.dependencies.clone(),
        )?;
        Ok(ObjectChange::Put(Box::new(object)))
    }
}

/// The key of the object that a create-first replacement puts aside; the same whenever the plan is applied.
pub(crate) fn deposed_key(plan: &Plan, change: &Change) -> DeposedKey {
    let mut hash = Sha256::new();
    hash.update(plan.id.as_str().as_bytes());
    hash.update(change.addr.to_string().as_bytes());
    let digest: [u8; 32] = hash.finalize().into();
    let [a, b, c, d, ..] = digest;
    DeposedKey(format!("{:08x}", u32::from_be_bytes([a, b, c, d])).into())
}

/// A text that is unique to one effect: of this run, of this step.
pub(crate) fn marker(run: model::serial::RunId, step: StepId, lineage: &str) -> String {
    format!("terrace:{lineage}:{run}:{}", step.0)
}

/// The changes that what was observed, and moves, bring to the record before any step runs.
pub(crate) fn observed(
    plan: &Plan,
    recorded: &Recorded,
    lists: &mut Lists,
) -> Result<Vec<ObjectChange>, CodecError> {
    let mut changes = Vec::new();
    for change in &plan.changes {
        if let Some(from) = &change.previous {
            changes.push(ObjectChange::Move {
                from: from.clone(),
                to: change.addr.clone(),
                deposed: None,
            });
        }
    }
    for drift in &plan.drift {
        let Some(object) = recorded.current(&drift.addr) else {
            continue;
        };
        if drift.observed.is_null() {
            changes.push(ObjectChange::Delete {
                addr: drift.addr.clone(),
                deposed: None,
            });
            continue;
        }
        let object = RecordedObject {
            value: drift.observed.clone(),
            private: drift.private.clone(),
            ..object.clone()
        };
        let dependencies = lists.of(&object.dependencies);
        changes.push(ObjectChange::Put(Box::new(record::object(
            &drift.addr,
            None,
            &object,
            dependencies,
        )?)));
    }
    Ok(changes)
}
