//! What `-exclude` leaves out: what it names, all that needs it in the definition, whether it exists yet or not, and, of
//! what is recorded, all that those need that are left as they are.

use std::collections::HashMap;

use lang::Graph;
use lang::graph::NodeId;
use model::address::{InstanceAddr, InstanceKey, ModuleAddr, ModulePath, ResourceAddr, Target};
use model::plan::PlanMode;

use super::targets::{Way, closure, touches};
use crate::recorded::Recorded;

/// Modules in which something is meant; one without keys is all of its instances.
pub(super) type Places = Vec<ModuleAddr>;

/// What a plan leaves out.
#[derive(Debug, Default)]
pub(super) struct Excluded {
    named: Vec<Target>,
    /// Nodes that are named or need something that is.
    nodes: HashMap<NodeId, Places>,
    /// Resource blocks among them.
    blocks: HashMap<ResourceAddr, Places>,
    /// Recorded blocks that something needs which is left as it is.
    needed: HashMap<ResourceAddr, Places>,
}

impl Excluded {
    pub(super) fn of(graph: &Graph, recorded: &Recorded, named: &[Target], mode: PlanMode) -> Self {
        if named.is_empty() {
            return Self::default();
        }
        let mut found = Self {
            named: named.to_vec(),
            ..Self::default()
        };
        // What is destroyed is found by what is recorded: what needs something goes before it.
        if mode != PlanMode::Destroy {
            found.close(graph);
        }
        let stays = recorded
            .instances()
            .filter(|(addr, _)| found.has_instance(addr));
        let stays = stays.map(|(addr, _)| (addr.resource(), addr.module().clone()));
        found.needed = closure(recorded, stays.collect(), Way::Down);
        found
    }

    /// Finds what needs something that is named, by the references of the definition.
    fn close(&mut self, graph: &Graph) {
        // For each node, where something of it is left out, so that what refers to it is.
        let mut shadows: HashMap<NodeId, Places> = HashMap::new();
        for &node in &graph.order {
            let Some(path) = graph.node(node).and_then(|node| graph.module(node.module)) else {
                continue;
            };
            let needs = graph.dependencies(node).iter();
            let needs = needs.filter_map(|need| shadows.get(need)).flatten();
            let mut own: Places = needs.map(|place| shared(place, path)).collect();
            let mut shadow = Places::new();
            if let Some(addr) = graph.resource(node) {
                for target in self.named.iter().filter(|target| touches(target, &addr)) {
                    let (place, is_whole) = match target {
                        Target::Module(module) => (module, true),
                        Target::Resource(named) => (named.module(), is_keyless(named)),
                    };
                    own.extend(is_whole.then(|| place.clone()));
                    shadow.push(place.clone());
                }
                if !own.is_empty() {
                    self.blocks.insert(addr, tidy(own.clone()));
                }
            }
            shadow.extend(own.iter().cloned());
            if !own.is_empty() {
                self.nodes.insert(node, tidy(own));
            }
            if !shadow.is_empty() {
                shadows.insert(node, tidy(shadow));
            }
        }
    }

    /// Whether all of a node is left out.
    pub(super) fn has_node(&self, node: NodeId) -> bool {
        let places = self.nodes.get(&node);
        places.is_some_and(|places| places.iter().any(is_everywhere))
    }

    /// Whether an instance is left out: it is named, or needs something that is.
    pub(super) fn has_instance(&self, addr: &InstanceAddr) -> bool {
        self.named.iter().any(|target| target.covers(addr)) || is_in(&self.blocks, addr)
    }

    /// Whether a recorded instance must not be destroyed: it is left out, or is needed by something that is.
    pub(super) fn keeps(&self, addr: &InstanceAddr) -> bool {
        self.has_instance(addr) || is_in(&self.needed, addr)
    }
}

fn is_keyless(named: &InstanceAddr) -> bool {
    named.key == InstanceKey::None
}

/// Whether an instance is one of those that are meant.
pub(super) fn is_in(blocks: &HashMap<ResourceAddr, Places>, addr: &InstanceAddr) -> bool {
    let places = || blocks.get(&addr.resource());
    !blocks.is_empty()
        && places().is_some_and(|places| places.iter().any(|place| holds(place, addr.module())))
}

/// The part of a place that a module shares with it: what is meant in one instance of a module is seen in that
/// instance alone, and in all that is outside of it.
pub(super) fn shared(place: &ModuleAddr, path: &ModulePath) -> ModuleAddr {
    let steps = place.steps().iter().zip(&path.0);
    let steps = steps.take_while(|(step, name)| step.name == **name);
    steps.fold(ModuleAddr::root(), |module, (step, _)| {
        module.child(step.name.clone(), step.key.clone())
    })
}

fn is_everywhere(place: &ModuleAddr) -> bool {
    let mut keys = place.steps().iter().map(|step| &step.key);
    keys.all(|key| *key == InstanceKey::None)
}

/// Whether a module instance is in a place.
pub(super) fn holds(place: &ModuleAddr, module: &ModuleAddr) -> bool {
    let mut pairs = place.steps().iter().zip(module.steps());
    place.steps().len() <= module.steps().len()
        && pairs.all(|(a, b)| a.name == b.name && (a.key == InstanceKey::None || a.key == b.key))
}

fn tidy(mut places: Places) -> Places {
    places.sort();
    places.dedup();
    if let Some(everywhere) = places.iter().find(|place| place.steps().is_empty()) {
        return vec![everywhere.clone()];
    }
    places
}
