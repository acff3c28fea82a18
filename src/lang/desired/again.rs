//! Evaluates again, during an apply, what could not be known when the plan was made.

use std::collections::HashSet;

use model::Diagnostics;
use model::address::ModuleAddr;

use super::Desired;
use crate::graph::{NodeId, NodeKind};

impl Desired {
    /// Whether a node is a variable, local or output: something that has a value and no instances.
    pub fn is_value(&self, node: NodeId) -> bool {
        let kind = self.graph.node(node).map(|node| &node.kind);
        matches!(
            kind,
            Some(NodeKind::Variable(_) | NodeKind::Local(_) | NodeKind::Output(_))
        )
    }

    /// The variables, locals and outputs that a node refers to, directly or through each other, in an order in which
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
                .filter(|addr| sees(module, addr) && !self.is_final(addr, &found.kind))
                .cloned()
                .collect();
            if !stale.is_empty() {
                out.extend(self.evaluate_in(node, &stale));
            }
        }
        out
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

    fn is_final(&self, addr: &ModuleAddr, kind: &NodeKind) -> bool {
        let Some(module) = self.modules.get(addr) else {
            return true;
        };
        let value = match kind {
            NodeKind::Variable(name) => module.variables.get(name),
            NodeKind::Local(name) => module.locals.get(name),
            NodeKind::Output(name) => module.outputs.get(name),
            NodeKind::Validation(_)
            | NodeKind::Resource(_)
            | NodeKind::Call(_)
            | NodeKind::Provider(_)
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
