//! What a definition wants, as far as it is known: module and resource instances, and their configurations, closed
//! over a scope. The engine walks [`crate::graph::Graph::order`] and, for each node, calls [`Desired::evaluate`]; for a
//! resource node it then asks for each instance's [`Desired::configuration`] and tells what became of it with
//! [`Desired::set_value`]. Sees neither state nor providers.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "of many kinds only a few matter in each place here"
)]

mod again;
mod check;
mod conditions;
mod decode;
mod evaluate;
mod expand;
mod root;
mod scope;
mod shape;
mod values;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt::Debug;
use std::path::PathBuf;
use std::sync::Arc;

use model::address::{BlockAddr, InstanceKey, ModuleAddr, ModulePath};
use model::clock::{Clock, Timestamp};
use model::value::SecretTexts;
use model::{Span, Str, Value};

use conditions::Judged;
pub use root::{Given, Missing, Origin, assign, parse_text, unknown_variables};
pub use scope::Lookup;
use values::ModuleValues;
pub use values::{Each, Instances, Repetition};

use crate::functions::{CallContext, Impure, Random, Reads};
use crate::graph::{Graph, ModuleId, NodeId};
use crate::load::{Definition, ResourceName};

/// What evaluation sees of the world outside the definition.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `terraform.workspace`: the environment's name.
    pub workspace: Str,
    /// The definition's root directory, absolute: what relative paths in functions start from.
    pub directory: PathBuf,
    /// What `path.cwd` is: the same directory, but where the definition is read from a checkout of a revision the one it
    /// came from, so that what is made there has the same path.
    pub working_directory: PathBuf,
    /// What `~` stands for.
    pub home: Option<PathBuf>,
    /// What takes note of the files that functions read.
    pub reads: Arc<Reads>,
    /// What impure functions give: unknowns in a plan, values in an apply.
    pub phase: Phase,
    /// Where files say the values of the root module's variables.
    pub given_at: Arc<BTreeMap<Str, Span>>,
    /// `plantimestamp()`.
    pub plan_time: Option<Timestamp>,
    /// Where time comes from.
    pub clock: Arc<dyn Clock>,
    /// Where random bytes come from.
    pub random: Arc<dyn RandomSource>,
}

/// A source of random bytes that can be shared between threads.
pub trait RandomSource: Random + Send + Sync + Debug {}
impl<T: Random + Send + Sync + Debug> RandomSource for T {}

/// When an evaluation takes place, and so what can be known in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// What is written is checked, for whatever environment: no variable and no object has a value. References are
    /// not reported again: [`Graph::of`] did that.
    Definition,
    /// What is written is checked with what one environment gives: no object has a value.
    Environment,
    /// Before anything changes.
    Plan,
    /// While it changes.
    Apply,
}

impl Phase {
    /// Whether what is written is only checked, so that nothing has to be known.
    pub fn is_check(self) -> bool {
        match self {
            Self::Definition | Self::Environment => true,
            Self::Plan | Self::Apply => false,
        }
    }
}

/// A definition under evaluation.
#[derive(Debug)]
pub struct Desired {
    definition: Arc<Definition>,
    graph: Arc<Graph>,
    settings: Settings,
    modules: BTreeMap<ModuleAddr, ModuleValues>,
    by_module: Vec<Vec<ModuleAddr>>,
    /// Validations that could not be decided yet, or that do not hold.
    open_validations: BTreeSet<(NodeId, ModuleAddr)>,
    /// What became of conditions so far.
    judged: Judged,
    /// The secret texts of all values so far.
    secrets: SecretTexts,
    /// Blocks and module calls with an `each.value` that is not wholly known yet.
    open_each: HashSet<(NodeId, ModuleAddr)>,
}

/// A resource block inside one module instance, after expansion.
#[derive(Clone, Debug)]
pub struct ExpandedBlock {
    /// Its address.
    pub addr: Arc<BlockAddr>,
    /// Its instances.
    pub repetition: Repetition,
}

impl ExpandedBlock {
    /// The keys of its instances, in order.
    pub fn keys(&self) -> Vec<InstanceKey> {
        self.repetition.keys()
    }
}

impl Desired {
    /// Starts an evaluation with the root module's variables, which [`assign`] has made.
    pub fn new(
        definition: Arc<Definition>,
        graph: Arc<Graph>,
        variables: &BTreeMap<Str, Value>,
        settings: Settings,
    ) -> Self {
        let mut desired = Self {
            by_module: vec![Vec::new(); graph.modules.len()],
            definition,
            graph,
            settings,
            modules: BTreeMap::new(),
            open_validations: BTreeSet::new(),
            judged: Judged::default(),
            secrets: SecretTexts::default(),
            open_each: HashSet::new(),
        };
        if !desired.graph.modules.is_empty() {
            let declared = desired
                .definition
                .module(&ModulePath::root())
                .cloned()
                .unwrap_or_default();
            let mut root = ModuleValues::new(ModuleAddr::root(), ModuleId(0), declared);
            root.variables = variables
                .iter()
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect();
            desired.add_module(root);
        }
        desired
    }

    /// The secret texts of all values that were evaluated or told so far, and of those to come.
    pub fn secrets(&self) -> &SecretTexts {
        &self.secrets
    }

    /// The definition.
    pub fn definition(&self) -> &Arc<Definition> {
        &self.definition
    }

    /// The dependency graph.
    pub fn graph(&self) -> &Arc<Graph> {
        &self.graph
    }

    /// What evaluation sees of the world.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Goes over to another phase: in an apply, impure functions give values.
    pub fn set_phase(&mut self, phase: Phase) {
        self.settings.phase = phase;
    }

    /// All instances of a module that are known so far.
    pub fn module_instances(&self, id: ModuleId) -> &[ModuleAddr] {
        self.by_module
            .get(id.0 as usize)
            .map(Vec::as_slice)
            .unwrap_or_default()
    }

    /// The value of an output of the root module, once it is evaluated.
    pub fn output(&self, name: &str) -> Option<&Value> {
        self.modules.get(&ModuleAddr::root())?.outputs.get(name)
    }

    /// Tells the value of an instance: planned, read, or applied.
    pub fn set_value(&mut self, addr: &model::address::InstanceAddr, value: Value) {
        self.secrets.gather(&value);
        if let Some(instances) = self.instances_mut(&addr.block) {
            instances.set(&addr.key, value);
        }
    }

    /// Tells the values of all instances of a block at once, in the order of its keys.
    pub fn set_values(&mut self, block: &BlockAddr, values: Vec<Value>) {
        for value in &values {
            self.secrets.gather(value);
        }
        if let Some(instances) = self.instances_mut(block) {
            instances.set_all(values);
        }
    }

    /// What an instance's value is so far; none when there is no such instance.
    pub fn value(&self, addr: &model::address::InstanceAddr) -> Option<&Value> {
        self.modules
            .get(addr.module())?
            .blocks
            .get(&name_of(&addr.block))?
            .get(&addr.key)
    }

    /// The expanded blocks of a resource node, one for each instance of its module.
    pub fn blocks(&self, node: crate::graph::NodeId) -> Vec<ExpandedBlock> {
        let Some((module, name)) = self.resource_of(node) else {
            return Vec::new();
        };
        let instances = self
            .module_instances(module)
            .iter()
            .filter_map(|addr| self.modules.get(addr));
        instances
            .filter_map(|module| module.blocks.get(name))
            .map(|block| ExpandedBlock {
                addr: block.addr.clone(),
                repetition: block.repetition.clone(),
            })
            .collect()
    }

    /// Whether the definition has this instance (its block is expanded and has that key).
    pub fn has_instance(&self, addr: &model::address::InstanceAddr) -> bool {
        self.value(addr).is_some()
    }

    fn resource_of(&self, node: crate::graph::NodeId) -> Option<(ModuleId, &ResourceName)> {
        let node = self.graph.node(node)?;
        match &node.kind {
            crate::graph::NodeKind::Resource(name) => Some((node.module, name)),
            _ => None,
        }
    }

    fn instances_mut(&mut self, block: &BlockAddr) -> Option<&mut Instances> {
        self.modules
            .get_mut(&block.module)?
            .blocks
            .get_mut(&name_of(block))
    }

    fn add_module(&mut self, module: ModuleValues) {
        if let Some(list) = self.by_module.get_mut(module.id.0 as usize) {
            list.push(module.addr.clone());
        }
        self.modules.insert(module.addr.clone(), module);
    }

    fn calls(&self) -> CallContext<'_> {
        CallContext {
            directory: &self.settings.directory,
            working_directory: &self.settings.working_directory,
            home: self.settings.home.as_deref(),
            reads: Some(&self.settings.reads),
            impure: match self.settings.phase {
                Phase::Definition | Phase::Environment | Phase::Plan => Impure::Unknown,
                Phase::Apply => Impure::Evaluated,
            },
            plan_time: self.settings.plan_time,
            clock: &*self.settings.clock,
            random: &*self.settings.random,
            template_depth: 0,
        }
    }
}

fn name_of(block: &BlockAddr) -> ResourceName {
    ResourceName {
        mode: block.mode,
        rtype: block.rtype.clone(),
        name: block.name.clone(),
    }
}
