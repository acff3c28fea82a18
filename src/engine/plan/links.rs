//! What instances depend on: kept with each object, because it tells the order of destroys when the definition does not
//! have the object any more.

use std::sync::Arc;

use lang::graph::NodeId;
use model::address::{BlockAddr, InstanceAddr};
use model::change::{Action, Dependencies};
use model::plan::{PlanMode, Relinked};

use super::walk::Walk;

impl Walk<'_> {
    /// Fills in, for each change, the blocks its instance depends on; returns the other instances of which something
    /// else is recorded.
    pub(super) fn dependencies(&mut self) -> Vec<Relinked> {
        if self.changes.is_empty() && self.recorded.blocks.is_empty() {
            return Vec::new();
        }
        let graph = self.desired.graph().clone();
        let desired = &self.desired;
        let empty = |node: NodeId| {
            desired
                .blocks(node)
                .iter()
                .all(|block| block.repetition.is_empty())
        };
        let found = graph.managed_dependencies(&empty);
        for change in &mut self.changes {
            if matches!(change.action, Action::Destroy | Action::Forget) {
                continue;
            }
            if let Some(dependencies) = graph
                .resource_node(&change.addr.resource())
                .and_then(|node| found.get(&node))
            {
                change.dependencies = dependencies.clone();
            }
        }
        if self.options.mode != PlanMode::Normal {
            return Vec::new();
        }
        let mut relinked = Vec::new();
        for block in self.recorded.blocks.keys() {
            let node = graph.resource_node(&block.resource());
            if let Some((node, now)) = node.and_then(|node| Some((node, found.get(&node)?))) {
                self.relinked(block, node, now, &mut relinked);
            }
        }
        relinked
    }

    /// The instances of a block that nothing else happens to and of which something else is recorded.
    fn relinked(
        &self,
        block: &Arc<BlockAddr>,
        node: NodeId,
        now: &Dependencies,
        relinked: &mut Vec<Relinked>,
    ) {
        let create_before_destroy = self.create_first.contains(&node);
        // Objects that were recorded together share their list, so that it is compared once.
        let mut same: Option<&Dependencies> = None;
        for (key, instance) in self.recorded.blocks.get(block).into_iter().flatten() {
            let Some(object) = &instance.current else {
                continue;
            };
            let shared = same.is_some_and(|same| Arc::ptr_eq(same, &object.dependencies));
            if (shared || object.dependencies == *now)
                && object.create_before_destroy == create_before_destroy
            {
                same = Some(&object.dependencies);
                continue;
            }
            let addr = block.instance(key.clone());
            if self.is_only_kept(&addr) && self.scope.has_instance(node, &addr) {
                relinked.push(Relinked {
                    addr,
                    dependencies: now.clone(),
                    create_before_destroy,
                });
            }
        }
    }

    /// Whether the instance is wanted and has no step that records it.
    fn is_only_kept(&self, addr: &InstanceAddr) -> bool {
        let change = self.changed.get(addr).and_then(|at| self.changes.get(*at));
        let recorded_anyway = change.is_some_and(|change| change.action != Action::NoOp);
        !recorded_anyway && self.desired.has_instance(addr)
    }
}
