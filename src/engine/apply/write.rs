//! What a step's result changes in the record.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use model::address::{InstanceAddr, ProviderAddr};
use model::change::{Change, Dependencies, DeposedKey};
use model::plan::{Drift, Plan, Relinked, StepId, StepKind};
use model::{Str, Value};
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
///
/// What differs at an instance that also has a step is not among them: until the step is done, what was applied last
/// stays recorded, so that a difference which the step does not get to mend is seen again. Nothing is written of
/// instances that are `unsettled`: what will be found out of them is written where they are recorded.
pub(crate) fn observed(
    plan: &Plan,
    recorded: &Recorded,
    unsettled: impl Fn(&InstanceAddr) -> bool,
) -> Result<Vec<ObjectChange>, CodecError> {
    let mut changes = Vec::new();
    for change in &plan.changes {
        let deposed = change.deposed.as_ref();
        let moved = change.previous.as_ref();
        let from = moved.or_else(|| recorded.origin(&change.addr, Some(deposed?)));
        if let Some(from) = from.filter(|_| !unsettled(&change.addr)) {
            changes.push(ObjectChange::Move {
                from: from.clone(),
                to: change.addr.clone(),
                deposed: deposed.map(|key| key.0.clone()),
            });
        }
    }
    let links = plan.relinked.iter().filter(|link| !unsettled(&link.addr));
    let mut links: HashMap<&InstanceAddr, &Relinked> =
        links.map(|link| (&link.addr, link)).collect();
    let stepped = stepped(plan);
    let unstepped = |drift: &&Drift| !stepped.contains(&drift.addr) && !unsettled(&drift.addr);
    for drift in plan.drift.iter().filter(unstepped) {
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

/// The instances whose current object a step is about that records what becomes of it.
fn stepped(plan: &Plan) -> HashSet<&InstanceAddr> {
    let changes = plan.steps.iter().filter_map(|step| match step.kind {
        StepKind::Create | StepKind::Update | StepKind::Destroy | StepKind::Forget => {
            plan.change_of(step)
        }
        StepKind::Read | StepKind::Move | StepKind::Import | StepKind::Refresh => None,
    });
    let current = changes.filter(|change| change.deposed.is_none());
    current.map(|change| &change.addr).collect()
}

/// What is to be recorded of an object after a step that did not come to its end, attribute by attribute: what is
/// `found`; but what the step was to change and left as it was `before` stays as `recorded`, so that what differed
/// then still differs. `planned` is null for a destroy. All are without marks and of the same schema version.
pub(crate) fn unfinished(
    recorded: &Value,
    before: &Value,
    planned: &Value,
    found: &Value,
) -> Value {
    let Some(fields) = found.as_fields() else {
        return found.clone();
    };
    let kept = |(name, found): (&Str, &Value)| {
        let was_to_change = planned
            .get(name)
            .is_none_or(|planned| planned.is_wholly_known() && planned != found);
        let is_left = was_to_change && before.get(name) == Some(found);
        let recorded = recorded.get(name).filter(|_| is_left);
        (name.clone(), recorded.unwrap_or(found).clone())
    };
    Value::object(fields.iter().map(kept))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_step_did_not_get_to_stays_as_it_was_recorded() {
        let object = |size: &str, tags: &str, id: &str| {
            Value::object([
                ("size", Value::string(size)),
                ("tags", Value::string(tags)),
                ("id", Value::string(id)),
            ])
        };
        let recorded = object("small", "a", "1");
        let before = object("large", "b", "1");
        let planned = object("small", "a", "1");
        let after = |found: &Value| unfinished(&recorded, &before, &planned, found);
        assert_eq!(after(&before), recorded, "nothing was done");
        assert_eq!(after(&planned), planned, "all of it was done");
        let half = object("small", "b", "1");
        assert_eq!(after(&half), object("small", "a", "1"), "tags still differ");
        let other = object("huge", "b", "1");
        assert_eq!(after(&other), object("huge", "a", "1"));
        // What the plan took as it was is recorded as it is.
        let taken = unfinished(&recorded, &before, &object("large", "a", "1"), &before);
        assert_eq!(taken, object("large", "a", "1"));
        let destroyed = unfinished(&recorded, &before, &Value::NULL, &before);
        assert_eq!(destroyed, recorded);
    }
}
