//! Evaluates again, during an apply, what could not be known when the plan was made.

use std::collections::HashSet;

use model::Diagnostics;
use model::address::ModuleAddr;

use super::{Desired, Repetition};
use crate::graph::{NodeId, NodeKind};

impl Desired {
    /// Whether a node is a variable, local or output, or a module call, whose `each.value` is one: something that has a
    /// value and is no object.
    pub fn is_value(&self, node: NodeId) -> bool {
        let kind = self.graph.node(node).map(|node| &node.kind);
        matches!(
            kind,
            Some(
                NodeKind::Variable(_)
                    | NodeKind::Local(_)
                    | NodeKind::Output(_)
                    | NodeKind::Call(_)
            )
        )
    }

    /// The variables, locals, outputs and module calls that a node refers to, directly or through each other, in an order in which
    /// each comes after those it refers to.
    pub fn values_behind(&self, node: NodeId) -> Vec<NodeId> {
        let mut order = Vec::new();
        let mut seen: HashSet<NodeId> = HashSet::new();
        let mut stack: Vec<(NodeId, bool)> = vec![(node, false)];
        while let Some((at, needs_done)) = stack.pop() {
            if needs_done {
                if at != node {
                    order.push(at);
                }
                continue;
            }
            if !seen.insert(at) {
                continue;
            }
            stack.push((at, true));
            let needs = self.graph.dependencies(at).iter().copied();
            stack.extend(
                needs
                    .filter(|need| self.is_value(*need))
                    .map(|need| (need, false)),
            );
        }
        order
    }

    /// Evaluates those of `nodes` that are not wholly known yet, as far as an instance in `module` can see them: in its
    /// own module instance and those around it, and in modules called from there.
    pub fn catch_up(&mut self, nodes: &[NodeId], module: &ModuleAddr) -> Diagnostics {
        let mut out = Diagnostics::new();
        for &node in nodes {
            let Some(found) = self.graph.node(node).cloned() else {
                continue;
            };
            let stale: Vec<ModuleAddr> = self
                .module_instances(found.module)
                .iter()
                .filter(|addr| sees(module, addr) && !self.is_final(node, addr, &found.kind))
                .cloned()
                .collect();
            if matches!(found.kind, NodeKind::Call(_)) {
                stale.iter().for_each(|addr| self.expand_again(node, addr));
                continue;
            }
            if !stale.is_empty() {
                out.extend(self.evaluate_in(node, &stale));
            }
        }
        out
    }

    /// Evaluates the `each.value` of a block or module call again, where it was not wholly known. The instances stay as
    /// they are: their keys were known.
    pub fn expand_again(&mut self, node: NodeId, module: &ModuleAddr) {
        if !self.open_each.contains(&(node, module.clone())) {
            return;
        }
        // What is wrong was reported when the plan was made.
        let Some(found) = self.repetition(node, module, &mut Diagnostics::new()) else {
            return;
        };
        let kind = self.graph.node(node).map(|node| node.kind.clone());
        let values = self.modules.get_mut(module);
        let known = match (values, &kind) {
            (Some(values), Some(NodeKind::Call(name))) => values.calls.get_mut(name),
            (Some(values), Some(NodeKind::Resource(name))) => values
                .blocks
                .get_mut(name)
                .map(|instances| &mut instances.repetition),
            _ => None,
        };
        let Some(known) = known.filter(|known| known.keys() == found.keys()) else {
            return;
        };
        *known = found.clone();
        self.note_each(node, module, &found);
    }

    /// Notes whether there is something in it to be evaluated again.
    pub(super) fn note_each(&mut self, node: NodeId, module: &ModuleAddr, found: &Repetition) {
        let is_open = match found {
            Repetition::ForEach(entries) => {
                entries.iter().any(|(_, value)| !value.is_wholly_known())
            }
            Repetition::Once | Repetition::Count(_) | Repetition::Any(_) | Repetition::Failed => {
                false
            }
        };
        if is_open {
            self.open_each.insert((node, module.clone()));
        } else if !self.open_each.is_empty() {
            self.open_each.remove(&(node, module.clone()));
        }
    }

    /// Decides again validations of those of `nodes` that are variables, as far as an instance in `module` can see them
    /// and they could not be decided yet; what does not hold is reported each time.
    pub fn validate_again(&mut self, nodes: &[NodeId], module: &ModuleAddr) -> Diagnostics {
        if self.open_validations.is_empty() {
            return Diagnostics::new();
        }
        let validation = |node: &NodeId| {
            let found = self.graph.node(*node)?;
            let NodeKind::Variable(name) = &found.kind else {
                return None;
            };
            self.graph
                .find(found.module, NodeKind::Validation(name.clone()))
        };
        let wanted: HashSet<NodeId> = nodes.iter().filter_map(validation).collect();
        let open = self.open_validations.iter();
        let open = open.filter(|(node, addr)| wanted.contains(node) && sees(module, addr));
        let open = open.cloned().collect();
        self.decide(open)
    }

    /// Decides again all validations that could not be decided yet.
    pub fn validate_all(&mut self) -> Diagnostics {
        let open = self.open_validations.iter().cloned().collect();
        self.decide(open)
    }

    fn decide(&mut self, open: Vec<(NodeId, ModuleAddr)>) -> Diagnostics {
        let mut out = Diagnostics::new();
        for (node, addr) in open {
            // What is wrong with a value shows where it is used.
            let behind = self.values_behind(node);
            let _ = self.catch_up(&behind, &addr);
            out.extend(self.evaluate_in(node, &[addr]));
        }
        out
    }

    fn is_final(&self, node: NodeId, addr: &ModuleAddr, kind: &NodeKind) -> bool {
        let Some(module) = self.modules.get(addr) else {
            return true;
        };
        let value = match kind {
            NodeKind::Variable(name) => module.variables.get(name),
            NodeKind::Local(name) => module.locals.get(name),
            NodeKind::Output(_) if self.judged.is_open(node, addr) => return false,
            NodeKind::Output(name) => module.outputs.get(name),
            NodeKind::Call(_) => {
                return self.open_each.is_empty()
                    || !self.open_each.contains(&(node, addr.clone()));
            }
            NodeKind::Validation(_)
            | NodeKind::Resource(_)
            | NodeKind::Provider(_)
            | NodeKind::Whole(_)
            | NodeKind::Check(_) => None,
        };
        value.is_some_and(model::Value::is_wholly_known)
    }
}

/// Whether something in module instance `from` can depend on a value in module instance `at`: where both have steps,
/// they are the same, but for the step into a module that one calls and the other does not stand in.
fn sees(from: &ModuleAddr, at: &ModuleAddr) -> bool {
    let common = from
        .steps()
        .iter()
        .zip(at.steps())
        .take_while(|(a, b)| a == b)
        .count();
    let (from, at) = (from.steps().get(common), at.steps().get(common));
    match (from, at) {
        (Some(from), Some(at)) => from.name != at.name,
        _ => true,
    }
}
