//! `-target` and `-exclude`: which nodes and instances a plan is about.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use lang::graph::{NodeId, NodeKind};
use lang::{Desired, Graph};
use model::address::{
    InstanceAddr, InstanceKey, ModuleAddr, ModulePath, ModuleStep, ResourceAddr, Target,
};
use model::change::Dependencies;
use model::plan::PlanMode;
use model::{Diagnostic, Diagnostics};

use super::PlanOptions;
use super::excluded::{Excluded, Places, holds, is_in, shared};
use crate::recorded::Recorded;

/// What a plan is about.
#[derive(Debug)]
pub(super) struct Scope {
    /// None: everything.
    limits: Option<Limits>,
}

#[derive(Debug)]
struct Limits {
    mode: PlanMode,
    nodes: HashSet<NodeId>,
    /// Nodes that are in because something targeted depends on them, and where all of their instances are.
    whole: HashMap<NodeId, Places>,
    targets: Vec<Target>,
    /// In a destroy, recorded blocks that depend on a targeted one.
    dependents: HashMap<ResourceAddr, Places>,
    /// With targets, nodes that need a resource block, however far.
    rooted: Option<HashSet<NodeId>>,
    excluded: Excluded,
}

impl Scope {
    pub(super) fn everything() -> Self {
        Self { limits: None }
    }

    pub(super) fn of(desired: &Desired, recorded: &Recorded, options: &PlanOptions) -> Self {
        if options.targets.is_empty() && options.excludes.is_empty() {
            return Self::everything();
        }
        let graph = desired.graph();
        let mut nodes: HashSet<NodeId> = HashSet::new();
        let mut whole: HashMap<NodeId, Places> = HashMap::new();
        if options.targets.is_empty() {
            nodes.extend(graph.order.iter().copied());
        } else {
            for &node in graph.order.iter().rev() {
                let mut places = places_of(graph, &options.targets, node);
                places.extend(whole.get(&node).into_iter().flatten().cloned());
                if places.is_empty() {
                    continue;
                }
                nodes.insert(node);
                for need in graph.dependencies(node) {
                    let needed = needed(graph, &options.targets, *need, &places);
                    let known = whole.entry(*need).or_default();
                    known.extend(needed);
                    known.sort();
                    known.dedup();
                }
            }
            // Outputs and checks that need nothing else are evaluated as well.
            for &node in &graph.order {
                let free = !matches!(
                    graph.node(node).map(|node| &node.kind),
                    Some(NodeKind::Resource(_))
                );
                if free
                    && graph
                        .dependencies(node)
                        .iter()
                        .all(|need| nodes.contains(need))
                {
                    nodes.insert(node);
                }
            }
        }
        let excluded = Excluded::of(graph, recorded, &options.excludes, options.mode);
        nodes.retain(|node| !excluded.has_node(*node));
        let mut dependents = HashMap::new();
        if options.mode == PlanMode::Destroy {
            let blocks = recorded.blocks.keys().map(|block| block.resource());
            let start = blocks.flat_map(|block| {
                let targets = options.targets.iter();
                let targets = targets.filter(|target| touches(target, &block));
                let start = targets.map(|target| (block.clone(), module_of(target)));
                start.collect::<Vec<_>>()
            });
            dependents = closure(recorded, start.collect(), Way::Up);
        }
        let rooted = (!options.targets.is_empty()).then(|| rooted(graph));
        Self {
            limits: Some(Limits {
                mode: options.mode,
                nodes,
                whole,
                targets: options.targets.clone(),
                dependents,
                rooted,
                excluded,
            }),
        }
    }

    /// Whether anything of a node is in. What is destroyed is found by what is recorded, not by what is defined.
    pub(super) fn has_node(&self, node: NodeId) -> bool {
        self.limits
            .as_ref()
            .is_none_or(|limits| limits.mode == PlanMode::Destroy || limits.nodes.contains(&node))
    }

    /// Whether an output is in: all that it needs is, and, with targets, it needs something of them.
    pub(super) fn has_output(&self, node: NodeId) -> bool {
        self.limits.as_ref().is_none_or(|limits| {
            let rooted = limits.rooted.as_ref();
            limits.nodes.contains(&node) && rooted.is_none_or(|rooted| rooted.contains(&node))
        })
    }

    /// Whether an instance of a node is in.
    pub(super) fn has_instance(&self, node: NodeId, addr: &InstanceAddr) -> bool {
        let Some(limits) = &self.limits else {
            return true;
        };
        if limits.mode == PlanMode::Destroy {
            return self.has_recorded(addr);
        }
        let targeted = limits.targets.is_empty()
            || is_whole(limits.whole.get(&node), addr)
            || limits.targets.iter().any(|target| target.covers(addr));
        targeted && !limits.excluded.has_instance(addr)
    }

    /// Whether a recorded instance that the definition does not have (or that is to be destroyed) is in.
    pub(super) fn has_recorded(&self, addr: &InstanceAddr) -> bool {
        let Some(limits) = &self.limits else {
            return true;
        };
        let targeted = limits.targets.is_empty()
            || is_in(&limits.dependents, addr)
            || limits.targets.iter().any(|target| target.covers(addr));
        targeted && !limits.excluded.keeps(addr)
    }
}

/// Warns of targets, exclusions and replacements that name nothing, neither in the definition nor in the record.
pub(super) fn unknown(
    desired: &Desired,
    recorded: &Recorded,
    options: &PlanOptions,
) -> Diagnostics {
    let graph = desired.graph();
    let known = |target: &Target| {
        graph
            .order
            .iter()
            .filter_map(|node| graph.resource(*node))
            .any(|addr| touches(target, &addr))
            || recorded
                .blocks
                .keys()
                .any(|block| touches(target, &block.resource()))
    };
    let mut out = Diagnostics::new();
    for (option, targets) in named(options) {
        for target in targets.iter().filter(|target| !known(target)) {
            let message = format!("`-{option}={target}` names nothing");
            out.push(
                Diagnostic::warning("target-unknown", message)
                    .note("neither the definition nor the record has it")
                    .help(format!(
                        "what is recorded: terrace state list {}",
                        recorded.environment
                    )),
            );
        }
    }
    out
}

/// Warns of targets, exclusions and replacements that name a block, but none of its instances. All instances must be
/// known.
pub(super) fn unmatched(
    desired: &Desired,
    recorded: &Recorded,
    options: &PlanOptions,
) -> Diagnostics {
    let mut out = Diagnostics::new();
    for (option, targets) in named(options) {
        for target in targets {
            let is_one = |addr: &InstanceAddr| {
                desired.has_instance(addr) || recorded.instance(addr).is_some()
            };
            let names = match &target {
                Target::Resource(addr) if is_one(addr) => continue,
                // It is not about a whole block, but about one instance.
                Target::Resource(_) if option == "replace" => false,
                Target::Module(_) | Target::Resource(_) => true,
            };
            if names && !has_keys(&target) {
                continue;
            }
            let all = instances(desired, recorded, &target);
            if names && all.iter().any(|addr| target.covers(addr)) || all.is_empty() {
                continue;
            }
            let message = format!("`-{option}={target}` names no instance");
            let warning = Diagnostic::warning("target-unknown", message);
            out.push(warning.help(spelled(option, &target, &all)));
        }
    }
    out
}

/// What is named on the command line, with the option it is named by.
fn named(options: &PlanOptions) -> [(&'static str, Vec<Target>); 3] {
    let replace = options.replace.iter().cloned().map(Target::Resource);
    [
        ("target", options.targets.clone()),
        ("exclude", options.excludes.clone()),
        ("replace", replace.collect()),
    ]
}

fn has_keys(target: &Target) -> bool {
    let (module, key) = match target {
        Target::Module(module) => (module, &InstanceKey::None),
        Target::Resource(addr) => (addr.module(), &addr.key),
    };
    let steps = module.steps().iter().map(|step| &step.key);
    steps.chain([key]).any(|key| *key != InstanceKey::None)
}

/// The instances of the blocks that a target names, whatever their keys.
fn instances(desired: &Desired, recorded: &Recorded, target: &Target) -> Vec<InstanceAddr> {
    let graph = desired.graph();
    let is_named = |node: &NodeId| {
        let addr = graph.resource(*node);
        addr.is_some_and(|addr| touches(target, &addr))
    };
    let nodes = graph.order.iter().copied().filter(is_named);
    let defined = nodes
        .flat_map(|node| desired.blocks(node))
        .flat_map(|block| {
            let keys = block.keys().into_iter();
            keys.map(move |key| block.addr.instance(key))
        });
    let mut found: Vec<InstanceAddr> = defined.collect();
    let blocks = recorded.blocks.iter();
    let blocks = blocks.filter(|(block, _)| touches(target, &block.resource()));
    found.extend(
        blocks.flat_map(|(block, keys)| keys.keys().map(|key| block.instance(key.clone()))),
    );
    found.sort();
    found.dedup();
    found
}

/// How to name some of the instances; of a module, the module's instances.
fn spelled(option: &str, target: &Target, all: &[InstanceAddr]) -> String {
    const SHOWN: usize = 3;
    let name = |addr: &InstanceAddr| match target {
        Target::Resource(_) => addr.to_string(),
        Target::Module(module) => {
            let steps = addr.module().steps().iter().take(module.steps().len());
            let child = |module: ModuleAddr, step: &ModuleStep| {
                module.child(step.name.clone(), step.key.clone())
            };
            steps.fold(ModuleAddr::root(), child).to_string()
        }
    };
    let mut names: Vec<String> = all.iter().map(name).collect();
    names.dedup();
    let shown = names.iter().take(SHOWN);
    let mut text = shown
        .map(|name| match name.contains('[') {
            true => format!("-{option}='{name}'"),
            false => format!("-{option}={name}"),
        })
        .collect::<Vec<String>>()
        .join(", ");
    if names.len() > SHOWN {
        text.push_str(&format!(", and {} more", names.len() - SHOWN));
    }
    format!("there are: {text}")
}

/// Nodes that need a resource block, however far.
fn rooted(graph: &Graph) -> HashSet<NodeId> {
    let mut rooted: HashSet<NodeId> = HashSet::new();
    for &node in &graph.order {
        let needs = graph.dependencies(node);
        if needs
            .iter()
            .any(|need| graph.resource(*need).is_some() || rooted.contains(need))
        {
            rooted.insert(node);
        }
    }
    rooted
}

pub(super) enum Way {
    /// To those that depend on it.
    Up,
    /// To those it depends on.
    Down,
}

/// Blocks that recorded dependencies lead to from `start`. What they start from is among them only where it is led to:
/// of that, only some instances may be meant.
pub(super) fn closure(
    recorded: &Recorded,
    start: HashSet<(ResourceAddr, ModuleAddr)>,
    way: Way,
) -> HashMap<ResourceAddr, Places> {
    let mut edges: Vec<(ResourceAddr, ResourceAddr)> = Vec::new();
    for (block, keys) in &recorded.blocks {
        let resource = block.resource();
        // Objects that were recorded together share their list.
        let mut last: Option<&Dependencies> = None;
        let objects = keys
            .values()
            .flat_map(|instance| instance.current.iter().chain(instance.deposed.values()));
        for object in objects {
            if last.is_some_and(|last| Arc::ptr_eq(last, &object.dependencies)) {
                continue;
            }
            last = Some(&object.dependencies);
            for need in object.dependencies.iter() {
                edges.push(match way {
                    Way::Up => ((**need).clone(), resource.clone()),
                    Way::Down => (resource.clone(), (**need).clone()),
                });
            }
        }
    }
    edges.sort();
    edges.dedup();
    let mut queue: Vec<(ResourceAddr, ModuleAddr)> = start.into_iter().collect();
    let mut found: HashMap<ResourceAddr, Places> = HashMap::new();
    while let Some((at, place)) = queue.pop() {
        let first = edges.partition_point(|(from, _)| *from < at);
        for (_, to) in edges.iter().skip(first).take_while(|(from, _)| *from == at) {
            let there = shared(&place, &to.module);
            let places = found.entry(to.clone()).or_default();
            if !places.iter().any(|known| holds(known, &there)) {
                places.push(there.clone());
                queue.push((to.clone(), there));
            }
        }
    }
    found
}

/// Where targets name something of a node.
fn places_of(graph: &Graph, targets: &[Target], node: NodeId) -> Places {
    let Some(addr) = graph.resource(node) else {
        return Places::new();
    };
    let targets = targets.iter().filter(|target| touches(target, &addr));
    targets.map(module_of).collect()
}

/// Where a node is needed by what is meant in `places`. As in Terraform, a block that no target names is needed in all
/// instances of its module.
fn needed(graph: &Graph, targets: &[Target], node: NodeId, places: &Places) -> Places {
    let Some(path) = graph.node(node).and_then(|node| graph.module(node.module)) else {
        return Places::new();
    };
    let is_unnamed = graph.resource(node).is_some() && places_of(graph, targets, node).is_empty();
    if is_unnamed {
        return vec![ModuleAddr::root()];
    }
    places.iter().map(|place| shared(place, path)).collect()
}

fn module_of(target: &Target) -> ModuleAddr {
    match target {
        Target::Module(module) => module.clone(),
        Target::Resource(addr) => addr.module().clone(),
    }
}

fn is_whole(places: Option<&Places>, addr: &InstanceAddr) -> bool {
    let mut places = places.into_iter().flatten();
    places.any(|place| holds(place, addr.module()))
}

fn path_of(target: &Target) -> ModulePath {
    match target {
        Target::Module(module) => module.path(),
        Target::Resource(addr) => addr.module().path(),
    }
}

/// Whether a target names (some of) a block's instances.
pub(super) fn touches(target: &Target, addr: &ResourceAddr) -> bool {
    let path = path_of(target);
    match target {
        Target::Module(_) => addr.module.0.starts_with(&path.0),
        Target::Resource(named) => {
            addr.module == path
                && named.block.mode == addr.mode
                && named.block.rtype == addr.rtype
                && named.block.name == addr.name
        }
    }
}
