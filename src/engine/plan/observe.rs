//! Observes the recorded objects of a block in one batch, and notes where they differ from the record. Decides nothing.

use contract::{Object, ReadRequest, UpgradeRequest};
use lang::desired::ExpandedBlock;
use model::address::InstanceAddr;
use model::event::EventKind;
use model::plan::{Drift, PlanMode, Refresh};
use model::{Str, Value};

use super::block::Block;
use super::marks;
use super::orphan::Orphan;
use super::walk::Walk;
use crate::apply::id_of;
use crate::plugins;
use crate::recorded::RecordedObject;

impl Walk<'_> {
    /// Observes recorded objects; the answers are in their order. What cannot be observed is reported.
    pub(super) async fn observe(
        &mut self,
        block: &Block,
        rtype: &Str,
        objects: &[(InstanceAddr, RecordedObject)],
    ) -> Vec<Option<Object>> {
        let version = block.schema.schema.version;
        let asking = self.asking(&block.provider_addr);
        let mut batch = Vec::with_capacity(objects.len());
        for (addr, object) in objects {
            let (mut value, _) = object.value.clone().unmark_deep();
            if object.schema_version != version {
                let request = UpgradeRequest {
                    rtype: rtype.clone(),
                    version: object.schema_version,
                    value: value.clone(),
                };
                let ask = || block.provider.upgrade(request.clone());
                match asking.one(ask).await {
                    Ok(upgraded) => value = upgraded,
                    Err(error) => {
                        let what = format!("cannot read what is recorded of `{addr}`");
                        let diagnostic =
                            self.provider_error("provider-failed", &error, &what, [&object.value]);
                        self.diagnostics.push(diagnostic.about(addr.clone()));
                    }
                }
            }
            batch.push(Object {
                value,
                private: object.private.clone(),
            });
        }
        if self.options.refresh == Refresh::Trust || batch.is_empty() {
            return batch.into_iter().map(Some).collect();
        }
        let is_asked = |addr: &InstanceAddr| !self.options.unobserved.contains(addr);
        if objects.iter().all(|(addr, _)| is_asked(addr)) {
            return self.asked(block, rtype, objects, batch).await;
        }
        let mut places = Vec::new();
        let (mut asked, mut of_asked) = (Vec::new(), Vec::new());
        for (at, ((addr, recorded), object)) in objects.iter().zip(&batch).enumerate() {
            if is_asked(addr) {
                places.push(at);
                asked.push((addr.clone(), recorded.clone()));
                of_asked.push(object.clone());
            }
        }
        let mut observed: Vec<Option<Object>> = batch.into_iter().map(Some).collect();
        let answers = self.asked(block, rtype, &asked, of_asked).await;
        for (at, answer) in places.into_iter().zip(answers) {
            if let Some(place) = observed.get_mut(at) {
                *place = answer;
            }
        }
        observed
    }

    /// Asks what is there of recorded objects; `batch` is each as the provider's schema has it now.
    async fn asked(
        &mut self,
        block: &Block,
        rtype: &Str,
        objects: &[(InstanceAddr, RecordedObject)],
        batch: Vec<Object>,
    ) -> Vec<Option<Object>> {
        if batch.is_empty() {
            return Vec::new();
        }
        let asking = self.asking(&block.provider_addr);
        let question = |at: usize| {
            let (rtype, object) = (rtype.clone(), batch.get(at)?.clone());
            Some(ReadRequest { rtype, object })
        };
        let ask = |batch| block.provider.read(batch);
        self.tell(objects, |addr, id| EventKind::ObjectAsked { addr, id })
            .await;
        let answers = asking.all(batch.len(), question, ask).await;
        self.tell(objects, |addr, id| EventKind::ObjectSeen { addr, id })
            .await;
        self.observed += answers.len() as u64;
        let mut observed = Vec::with_capacity(batch.len());
        for ((addr, object), (recorded, answer)) in
            objects.iter().zip(batch.into_iter().zip(answers))
        {
            observed.push(match answer {
                Ok(found) => {
                    let instead = found.instead.map(|instead| (addr.clone(), instead));
                    self.instead.extend(instead);
                    found.object
                }
                Err(error) if error.class == contract::ErrorClass::NotFound => None,
                Err(error) => {
                    let what = format!("cannot observe `{addr}`");
                    let diagnostic = self
                        .provider_error("provider-failed", &error, &what, [&object.value])
                        .about(addr.clone());
                    let resource = self.desired.resource(&addr.block);
                    self.diagnostics
                        .push(plugins::placed(diagnostic, resource, &error));
                    Some(recorded)
                }
            });
        }
        // Many small blocks are told of together.
        if self.observed >= self.told + 256 {
            self.told = self.observed;
            let objects = self.observed;
            self.events.emit(EventKind::Observed { objects }).await;
        }
        observed
    }

    /// Tells of each object, to who wants to hear it.
    async fn tell(
        &self,
        objects: &[(InstanceAddr, RecordedObject)],
        kind: impl Fn(InstanceAddr, Option<Str>) -> EventKind,
    ) {
        if !self.events.tell_objects() {
            return;
        }
        for (addr, object) in objects {
            let id = id_of(&object.value);
            self.events.emit(kind(addr.clone(), id)).await;
        }
    }

    /// Notes where an observation differs from the record, and returns the observed value with marks.
    pub(super) fn note_drift(
        &mut self,
        block: &Block,
        addr: &InstanceAddr,
        recorded: &RecordedObject,
        observed: Option<&Object>,
    ) -> Value {
        let Some(object) = observed else {
            self.drifted.insert(block.node);
            let recorded = recorded.value.clone();
            self.drift.push(Drift {
                addr: addr.clone(),
                recorded,
                observed: Value::NULL,
                instead: self.instead.get(addr).cloned(),
                private: Vec::new(),
            });
            return Value::NULL;
        };
        let (bare, paths) = recorded.value.clone().unmark_paths();
        let value = marks::mark(
            object.value.clone(),
            &paths,
            &block.schema.schema.block,
            block.has_sensitive,
            self.desired.secrets(),
        );
        if bare != object.value {
            self.drifted.insert(block.node);
            let (recorded, private) = (recorded.value.clone(), object.private.clone());
            self.drift.push(Drift {
                addr: addr.clone(),
                recorded,
                observed: value.clone(),
                instead: None,
                private,
            });
        }
        value
    }

    /// In a destroy or a refresh: instances are observed, nothing is planned for them here.
    pub(super) async fn observed_only(&mut self, block: &Block, expanded: &ExpandedBlock) {
        let keys = self
            .recorded
            .blocks
            .get(&expanded.addr)
            .cloned()
            .unwrap_or_default();
        let objects: Vec<(InstanceAddr, RecordedObject)> = expanded
            .keys()
            .into_iter()
            .filter_map(|key| {
                let object = keys.get(&key)?.current.clone()?;
                Some((expanded.addr.instance(key), object))
            })
            .filter(|(addr, _)| self.scope.has_instance(block.node, addr))
            .collect();
        self.values_from_record(block.node);
        let observed = self.observe(block, &expanded.addr.rtype, &objects).await;
        for ((addr, recorded), observed) in objects.iter().zip(observed) {
            let value = self.note_drift(block, addr, recorded, observed.as_ref());
            // What others take from an object that is gone is not known any more.
            let gone = observed.is_none();
            self.desired
                .set_value(addr, if gone { Value::dynamic() } else { value });
            if self.options.mode == PlanMode::Destroy {
                if let Some(object) = observed {
                    let orphan = Orphan {
                        addr: addr.clone(),
                        deposed: None,
                        recorded: recorded.clone(),
                        reason: None,
                    };
                    self.destroy(Some(block.node), &block.provider_addr, orphan, object);
                }
            } else {
                self.unchanged += 1;
            }
        }
    }
}
