//! What the record holds of an environment, in the form that plans compare with.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use contract::Object;
use model::address::{BlockAddr, InstanceAddr, InstanceKey, ProviderAddr, ResourceAddr};
use model::change::{Dependencies, DeposedKey};
use model::serial::Serial;
use model::{Str, Value};

/// The recorded objects and outputs of an environment at one serial.
#[derive(Clone, Debug, Default)]
pub struct Recorded {
    /// The environment.
    pub environment: Str,
    /// The serial.
    pub serial: Serial,
    /// Which record it is: another one for a restored or foreign record.
    pub lineage: Str,
    /// Objects by block, then by key. Boxed, because most blocks have one instance, and a map keeps room for eleven.
    pub blocks: BTreeMap<Arc<BlockAddr>, BTreeMap<InstanceKey, Box<RecordedInstance>>>,
    /// Root outputs.
    pub outputs: BTreeMap<Str, RecordedOutput>,
    /// Of instances that go by another address here than in the record: for each object, by its deposed key, the address
    /// that it is recorded under.
    pub origins: HashMap<InstanceAddr, BTreeMap<Option<DeposedKey>, InstanceAddr>>,
}

/// The objects of one instance.
#[derive(Clone, Debug, Default)]
pub struct RecordedInstance {
    /// The current one.
    pub current: Option<RecordedObject>,
    /// Those that were replaced and are not destroyed yet.
    pub deposed: BTreeMap<DeposedKey, RecordedObject>,
}

/// An object as recorded.
#[derive(Clone, Debug)]
pub struct RecordedObject {
    /// Its attributes, with marks.
    pub value: Value,
    /// The provider's private bytes.
    pub private: Vec<u8>,
    /// The schema version of the attributes.
    pub schema_version: u64,
    /// The provider configuration that manages it.
    pub provider: Arc<ProviderAddr>,
    /// Blocks it depends on.
    pub dependencies: Dependencies,
    /// It exists and is to be replaced.
    pub tainted: bool,
    /// Its replacement is created first.
    pub create_before_destroy: bool,
}

/// An output as recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordedOutput {
    /// Its value.
    pub value: Value,
    /// Not to be shown.
    pub sensitive: bool,
}

impl RecordedObject {
    /// What a provider is told of it.
    pub(crate) fn bare(&self) -> Object {
        Object {
            value: self.value.clone().unmark_deep().0,
            private: self.private.clone(),
        }
    }
}

impl Recorded {
    /// The objects of an instance.
    pub fn instance(&self, addr: &InstanceAddr) -> Option<&RecordedInstance> {
        Some(self.blocks.get(&addr.block)?.get(&addr.key)?)
    }

    /// The current object of an instance.
    pub fn current(&self, addr: &InstanceAddr) -> Option<&RecordedObject> {
        self.instance(addr)?.current.as_ref()
    }

    /// Every instance with its objects, by address.
    pub fn instances(&self) -> impl Iterator<Item = (InstanceAddr, &RecordedInstance)> {
        self.blocks.iter().flat_map(|(block, keys)| {
            keys.iter()
                .map(|(key, instance)| (block.instance(key.clone()), &**instance))
        })
    }

    /// How many current objects there are.
    pub fn count(&self) -> usize {
        self.blocks
            .values()
            .flat_map(BTreeMap::values)
            .filter(|instance| instance.current.is_some())
            .count()
    }

    /// The address that an object is recorded under, where it goes by another one here.
    pub(crate) fn origin(
        &self,
        addr: &InstanceAddr,
        deposed: Option<&DeposedKey>,
    ) -> Option<&InstanceAddr> {
        self.origins.get(addr)?.get(&deposed.cloned())
    }

    /// Calls the objects of `from` by `to`; nothing happens when there are none or `to` has objects already.
    pub(crate) fn rename(&mut self, from: &InstanceAddr, to: &InstanceAddr) -> bool {
        let taken = self
            .instance(to)
            .is_some_and(|found| found.current.is_some());
        if taken {
            return false;
        }
        let Some(keys) = self.blocks.get_mut(&from.block) else {
            return false;
        };
        let Some(instance) = keys.remove(&from.key) else {
            return false;
        };
        if keys.is_empty() {
            self.blocks.remove(&from.block);
        }
        let mut earlier = self.origins.remove(from).unwrap_or_default();
        let current = instance.current.iter().map(|_| None);
        let objects = current.chain(instance.deposed.keys().cloned().map(Some));
        let origins = objects.map(|key| {
            let origin = earlier.remove(&key).unwrap_or_else(|| from.clone());
            (key, origin)
        });
        let origins: Vec<_> = origins.collect();
        self.origins.entry(to.clone()).or_default().extend(origins);
        let slot = self
            .blocks
            .entry(to.block.clone())
            .or_default()
            .entry(to.key.clone())
            .or_default();
        slot.current = instance.current;
        slot.deposed.extend(instance.deposed);
        true
    }

    /// Blocks that have instances, by their address without module keys.
    pub(crate) fn resources(&self) -> HashMap<ResourceAddr, Vec<Arc<BlockAddr>>> {
        let mut found: HashMap<ResourceAddr, Vec<Arc<BlockAddr>>> = HashMap::new();
        for block in self.blocks.keys() {
            found
                .entry(block.resource())
                .or_default()
                .push(block.clone());
        }
        found
    }
}
