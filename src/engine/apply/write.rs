//! What a step's result changes in the record.

use std::collections::HashMap;
use std::sync::Arc;

use model::Value;
use model::address::{InstanceAddr, ProviderAddr};
use model::change::{Change, Dependencies, DeposedKey};
use model::plan::{Plan, Relinked, StepId};
use sha2::{Digest, Sha256};
use state::ObjectChange;

use crate::codec::CodecError;
use crate::record;
use crate::recorded::{Recorded, RecordedObject};

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
            dependencies: self.dependencies.clone(),
            tainted,
            create_before_destroy: self.create_before_destroy,
        };
        let deposed = self.deposed.as_ref();
        let object = record::object(&self.change.addr, deposed, &object)?;
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

/// The changes that what was observed, moves, and other dependencies bring to the record before any step runs.
pub(crate) fn observed(plan: &Plan, recorded: &Recorded) -> Result<Vec<ObjectChange>, CodecError> {
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
    let mut links: HashMap<&InstanceAddr, &Relinked> = plan
        .relinked
        .iter()
        .map(|link| (&link.addr, link))
        .collect();
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
        let link = links.remove(&drift.addr);
        changes.push(put(&drift.addr, linked(object, link))?);
    }
    let others = plan
        .relinked
        .iter()
        .filter(|link| links.contains_key(&link.addr));
    for link in others {
        if let Some(object) = recorded.current(&link.addr) {
            changes.push(put(&link.addr, linked(object.clone(), Some(link)))?);
        }
    }
    Ok(changes)
}

fn linked(object: RecordedObject, link: Option<&Relinked>) -> RecordedObject {
    match link {
        Some(link) => RecordedObject {
            dependencies: link.dependencies.clone(),
            create_before_destroy: link.create_before_destroy,
            ..object
        },
        None => object,
    }
}

fn put(addr: &InstanceAddr, object: RecordedObject) -> Result<ObjectChange, CodecError> {
    let object = record::object(addr, None, &object)?;
    Ok(ObjectChange::Put(Box::new(object)))
}
