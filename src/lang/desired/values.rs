//! What is known so far, for each instance of a module: values of variables, locals, outputs, and of resource
//! instances.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use model::address::{BlockAddr, InstanceKey, ModuleAddr};
use model::{Str, Type, Value};
use rustc_hash::FxHashMap;

use crate::graph::ModuleId;
use crate::load::{Module, ResourceName};

/// How often a block or module call stands for an instance.
#[derive(Clone, Debug)]
pub enum Repetition {
    /// Once, without a key.
    Once,
    /// By number.
    Count(u64),
    /// By key, each with its `each.value`; sorted by key.
    ForEach(Arc<Vec<(Str, Value)>>),
    /// Nobody knows how often, in a phase that only checks: one instance without a key stands for all.
    Any(Each),
    /// It could not be evaluated, which was reported.
    Failed,
}

/// What an instance that stands for all of a block has instead of its key.
#[derive(Clone, Debug)]
pub enum Each {
    /// A number that is not known.
    Index,
    /// A key that is not known, and what `each.value` is.
    Value(Value),
}

impl Repetition {
    /// The keys, in order.
    pub fn keys(&self) -> Vec<InstanceKey> {
        match self {
            Self::Once | Self::Any(_) => vec![InstanceKey::None],
            Self::Count(count) => (0..*count).map(InstanceKey::Index).collect(),
            Self::ForEach(entries) => entries
                .iter()
                .map(|(key, _)| InstanceKey::Key(key.clone()))
                .collect(),
            Self::Failed => Vec::new(),
        }
    }

    /// How many instances there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Once | Self::Any(_) => 1,
            Self::Count(count) => usize::try_from(*count).unwrap_or(usize::MAX),
            Self::ForEach(entries) => entries.len(),
            Self::Failed => 0,
        }
    }

    /// Whether there is no instance.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The position of a key among the keys.
    pub fn position(&self, key: &InstanceKey) -> Option<usize> {
        match (self, key) {
            (Self::Once | Self::Any(_), InstanceKey::None) => Some(0),
            (Self::Count(count), InstanceKey::Index(index)) if index < count => {
                usize::try_from(*index).ok()
            }
            (Self::ForEach(entries), InstanceKey::Key(key)) => {
                entries.binary_search_by(|(known, _)| known.cmp(key)).ok()
            }
            _ => None,
        }
    }

    /// `each.value` of a key.
    pub fn each_value(&self, key: &str) -> Option<&Value> {
        match self {
            Self::ForEach(entries) => {
                let at = entries
                    .binary_search_by(|(known, _)| known.as_str().cmp(key))
                    .ok()?;
                entries.get(at).map(|(_, value)| value)
            }
            Self::Once | Self::Count(_) | Self::Any(_) | Self::Failed => None,
        }
    }
}

/// The instances of one block in one module instance, with their values so far.
#[derive(Debug)]
pub struct Instances {
    /// The block.
    pub addr: Arc<BlockAddr>,
    /// Which instances there are.
    pub repetition: Repetition,
    values: Vec<Value>,
    whole: OnceLock<Value>,
}

impl Instances {
    pub(super) fn new(addr: Arc<BlockAddr>, repetition: Repetition) -> Self {
        let values = vec![Value::dynamic(); repetition.len()];
        Self {
            addr,
            repetition,
            values,
            whole: OnceLock::new(),
        }
    }

    pub(super) fn get(&self, key: &InstanceKey) -> Option<&Value> {
        self.values.get(self.repetition.position(key)?)
    }

    pub(super) fn set(&mut self, key: &InstanceKey, value: Value) {
        let at = self.repetition.position(key);
        if let Some(slot) = at.and_then(|at| self.values.get_mut(at)) {
            *slot = value;
            self.whole = OnceLock::new();
        }
    }

    pub(super) fn set_all(&mut self, values: Vec<Value>) {
        if values.len() == self.values.len() {
            self.values = values;
            self.whole = OnceLock::new();
        }
    }

    /// What a reference to the whole block gives: the value, a tuple of them, or an object of them.
    pub(super) fn whole(&self) -> Value {
        let make = || match &self.repetition {
            Repetition::Once => self.values.first().cloned().unwrap_or_else(Value::dynamic),
            Repetition::Count(_) => Value::tuple(self.values.clone()),
            Repetition::ForEach(entries) => Value::object(
                entries
                    .iter()
                    .zip(&self.values)
                    .map(|((key, _), value)| (key.clone(), value.clone())),
            ),
            Repetition::Any(_) | Repetition::Failed => Value::dynamic(),
        };
        self.whole.get_or_init(make).clone()
    }
}

/// What is known so far in one module instance.
#[derive(Debug)]
pub(super) struct ModuleValues {
    pub(super) addr: ModuleAddr,
    pub(super) id: ModuleId,
    /// What the module's files declare.
    pub(super) declared: Arc<Module>,
    pub(super) variables: FxHashMap<Str, Value>,
    pub(super) locals: FxHashMap<Str, Value>,
    pub(super) outputs: FxHashMap<Str, Value>,
    pub(super) blocks: FxHashMap<ResourceName, Instances>,
    pub(super) calls: BTreeMap<Str, Repetition>,
}

impl ModuleValues {
    pub(super) fn new(addr: ModuleAddr, id: ModuleId, declared: Arc<Module>) -> Self {
        Self {
            addr,
            id,
            declared,
            variables: FxHashMap::default(),
            locals: FxHashMap::default(),
            outputs: FxHashMap::default(),
            blocks: FxHashMap::default(),
            calls: BTreeMap::new(),
        }
    }
}

/// The type and value that `count.index` has.
pub(super) fn index_value(index: u64) -> Value {
    i64::try_from(index).map_or_else(|_| Value::unknown(Type::Number), Value::int)
}
