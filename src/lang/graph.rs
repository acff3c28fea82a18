//! What depends on what in a definition: one node for each block, whatever its number of instances, and an edge for
//! each reference. Static: nothing is evaluated. Entry point: [`Graph::of`].

mod around;
mod build;
mod cycle;
mod providers;
mod targets;
mod uses;

use std::sync::Arc;

pub(crate) use around::meaningless;
pub(crate) use build::iterator_name;
use model::address::{Mode, ModulePath, ProviderAddr, ResourceAddr};
use model::change::Dependencies;
use model::{Diagnostics, Span, Str};
use rustc_hash::FxHashMap;

pub(crate) use uses::without_index;

use crate::load::{Definition, ResourceName};

/// A node, by its position in [`Graph::nodes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u32);

impl NodeId {
    /// Its position.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A module of the call tree, by its position in [`Graph::modules`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModuleId(pub u32);

/// Something that is evaluated once for each instance of its module.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Node {
    /// The module it stands in; for a call, the module that calls.
    pub module: ModuleId,
    /// What it is.
    pub kind: NodeKind,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum NodeKind {
    /// A variable's value.
    Variable(Str),
    /// A variable's `validation` blocks.
    Validation(Str),
    /// A local.
    Local(Str),
    /// An output.
    Output(Str),
    /// A `resource`, `data` or `ephemeral` block.
    Resource(ResourceName),
    /// Which instances a module call has.
    Call(Str),
    /// All that a module call makes, for what waits for the module as a whole.
    Whole(Str),
    /// A provider configuration, by its position among the module's `provider` blocks.
    Provider(usize),
    /// A `check` block's assertions.
    Check(Str),
}

/// The dependency graph of a definition.
#[derive(Debug, Default)]
pub struct Graph {
    /// Every module, parents before children.
    pub modules: Vec<ModulePath>,
    /// Every node.
    pub nodes: Vec<Node>,
    /// For each node, the nodes it refers to.
    pub dependencies: Vec<Vec<NodeId>>,
    /// All nodes, each after those it refers to; but where there is a cycle, which is an error, what is in it or
    /// depends on it comes last.
    pub order: Vec<NodeId>,
    /// For each resource node, its provider configuration.
    pub providers: FxHashMap<NodeId, Arc<ProviderAddr>>,
    /// What expressions name of resource and data blocks.
    uses: Vec<uses::Use>,
    index: FxHashMap<Node, NodeId>,
    module_index: FxHashMap<ModulePath, ModuleId>,
}

impl Graph {
    /// Builds the graph; unknown references and cycles are diagnostics.
    pub fn of(definition: &Definition) -> (Self, Diagnostics) {
        build::build(definition)
    }

    /// The node.
    pub fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id.index())
    }

    /// The module's path.
    pub fn module(&self, id: ModuleId) -> Option<&ModulePath> {
        self.modules.get(id.0 as usize)
    }

    /// The module of that path.
    pub fn module_id(&self, path: &ModulePath) -> Option<ModuleId> {
        self.module_index.get(path).copied()
    }

    /// The node of that kind in that module.
    pub fn find(&self, module: ModuleId, kind: NodeKind) -> Option<NodeId> {
        self.index.get(&Node { module, kind }).copied()
    }

    /// The nodes that a node refers to.
    pub fn dependencies(&self, id: NodeId) -> &[NodeId] {
        self.dependencies
            .get(id.index())
            .map(Vec::as_slice)
            .unwrap_or_default()
    }

    /// The address of a resource node; none for any other.
    pub fn resource(&self, id: NodeId) -> Option<ResourceAddr> {
        let node = self.node(id)?;
        let NodeKind::Resource(name) = &node.kind else {
            return None;
        };
        Some(ResourceAddr {
            module: self.module(node.module)?.clone(),
            mode: name.mode,
            rtype: name.rtype.clone(),
            name: name.name.clone(),
        })
    }

    /// Where a node is declared.
    pub fn span(&self, definition: &Definition, id: NodeId) -> Option<Span> {
        let node = self.node(id)?;
        let module = definition.module(self.module(node.module)?)?;
        match &node.kind {
            NodeKind::Variable(name) | NodeKind::Validation(name) => {
                module.variables.get(name).map(|found| found.span)
            }
            NodeKind::Local(name) => module.locals.get(name).map(|found| found.span),
            NodeKind::Output(name) => module.outputs.get(name).map(|found| found.span),
            NodeKind::Resource(name) => module.resources.get(name).map(|found| found.span),
            NodeKind::Call(name) | NodeKind::Whole(name) => {
                module.calls.get(name).map(|found| found.span)
            }
            NodeKind::Provider(at) => module.providers.get(*at).map(|found| found.span),
            NodeKind::Check(name) => module.checks.get(name).map(|found| found.span),
        }
    }

    /// The provider that a `provider` node configures.
    pub fn configured_source(
        &self,
        definition: &Definition,
        id: NodeId,
    ) -> Option<model::address::ProviderSource> {
        let node = self.node(id)?;
        let NodeKind::Provider(at) = &node.kind else {
            return None;
        };
        let path = self.module(node.module)?;
        let block = definition.module(path)?.providers.get(*at)?;
        Some(providers::source(definition, path, &block.name))
    }

    /// The node of a resource block.
    pub fn resource_node(&self, addr: &ResourceAddr) -> Option<NodeId> {
        let name = ResourceName {
            mode: addr.mode,
            rtype: addr.rtype.clone(),
            name: addr.name.clone(),
        };
        self.find(self.module_id(&addr.module)?, NodeKind::Resource(name))
    }

    /// For every resource node, the managed resource blocks it depends on, directly or through anything that is not
    /// a managed resource; `passes` says of a managed block that it has no instances, so that what it depends on
    /// counts as well. Sorted; shared where the same.
    pub fn managed_dependencies(
        &self,
        passes: &dyn Fn(NodeId) -> bool,
    ) -> FxHashMap<NodeId, Dependencies> {
        // For each node, what a node that refers to it depends on.
        let none: Arc<[NodeId]> = Arc::from([]);
        let mut seen_through = vec![none.clone(); self.nodes.len()];
        let mut interned: FxHashMap<Arc<[NodeId]>, Dependencies> = FxHashMap::default();
        let mut shared: FxHashMap<NodeId, Option<Arc<ResourceAddr>>> = FxHashMap::default();
        let mut addrs_of = |ids: &[NodeId]| -> Dependencies {
            let shared = ids.iter().filter_map(|id| {
                let addr = shared.entry(*id);
                addr.or_insert_with(|| self.resource(*id).map(Arc::new))
                    .clone()
            });
            let mut addrs: Vec<Arc<ResourceAddr>> = shared.collect();
            addrs.sort();
            addrs.into()
        };
        let mut found = FxHashMap::default();
        for &id in &self.order {
            let own = self.union(self.dependencies(id), &seen_through);
            let managed = matches!(
                self.node(id).map(|node| &node.kind),
                Some(NodeKind::Resource(name)) if name.mode == Mode::Managed
            );
            if matches!(
                self.node(id).map(|node| &node.kind),
                Some(NodeKind::Resource(_))
            ) {
                let addrs = interned
                    .entry(own.clone())
                    .or_insert_with(|| addrs_of(&own));
                found.insert(id, addrs.clone());
            }
            let outside: Arc<[NodeId]> = if managed && !passes(id) {
                Arc::from([id])
            } else {
                own
            };
            if let Some(slot) = seen_through.get_mut(id.index()) {
                *slot = outside;
            }
        }
        found
    }

    fn union(&self, dependencies: &[NodeId], seen_through: &[Arc<[NodeId]>]) -> Arc<[NodeId]> {
        let sets = || {
            dependencies
                .iter()
                .filter_map(|id| seen_through.get(id.index()))
                .filter(|set| !set.is_empty())
        };
        let mut all = sets();
        match (all.next(), all.next()) {
            (None, _) => Arc::from([]),
            (Some(only), None) => only.clone(),
            _ => {
                let mut ids: Vec<NodeId> = sets().flat_map(|set| set.iter().copied()).collect();
                ids.sort_unstable();
                ids.dedup();
                ids.into()
            }
        }
    }

    /// How a node is called in messages: `local.a`, `module.net.aws_vpc.main`.
    pub fn describe(&self, id: NodeId) -> String {
        let Some(node) = self.node(id) else {
            return String::new();
        };
        let module = self
            .module(node.module)
            .filter(|path| !path.is_root())
            .map(|path| format!("{path}."));
        let name = match &node.kind {
            NodeKind::Variable(name) => format!("var.{name}"),
            NodeKind::Validation(name) => format!("the validation of var.{name}"),
            NodeKind::Local(name) => format!("local.{name}"),
            NodeKind::Output(name) => format!("output.{name}"),
            NodeKind::Resource(name) => match name.mode {
                Mode::Managed => format!("{}.{}", name.rtype, name.name),
                Mode::Data => format!("data.{}.{}", name.rtype, name.name),
                Mode::Ephemeral => format!("ephemeral.{}.{}", name.rtype, name.name),
            },
            NodeKind::Call(name) | NodeKind::Whole(name) => format!("module.{name}"),
            NodeKind::Provider(_) => "a provider's configuration".into(),
            NodeKind::Check(name) => format!("check.{name}"),
        };
        format!("{}{name}", module.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests;
