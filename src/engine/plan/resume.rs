//! Takes a saved plan up again: evaluates the definition it was made from with the values the plan has, so that its
//! steps can run. Observes nothing and decides nothing.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use contract::Providers;
use lang::Desired;
use lang::graph::NodeKind;
use model::address::InstanceAddr;
use model::change::{Action, Change};
use model::plan::{Plan, PlanMode};
use model::{Diagnostics, Value};

use super::walk::Walk;
use super::{PlanOptions, Planned, moves};
use crate::events::Events;
use crate::recorded::Recorded;

/// Takes `plan` up again. `desired` is a fresh evaluation of the plan's definition with the plan's variables, and
/// `recorded` the record at the plan's serial.
#[expect(
    clippy::excessive_nesting,
    reason = "a loop in a match in a loop, each of one line"
)]
pub async fn resume(
    plan: Plan,
    desired: Desired,
    recorded: Recorded,
    providers: Arc<dyn Providers>,
    events: &Events,
) -> (Option<Planned>, Diagnostics) {
    let options = PlanOptions {
        mode: plan.mode,
        refresh: plan.refresh,
        targets: plan.targets.clone(),
        excludes: plan.excludes.clone(),
        unobserved: BTreeSet::new(),
        replace: Vec::new(),
        now: plan.created,
        revision: plan.revision,
        content: plan.content,
        variables: plan.variables.clone(),
        files: plan.files.clone(),
        attempts: crate::retry::ATTEMPTS,
    };
    let mut walk = Walk::new(desired, recorded, providers, options, events);
    // The record itself is changed by the apply; here the moves are only known again.
    let _ = moves::apply(&walk.desired, &mut walk.recorded);
    walk.open_sources().await;
    let after: HashMap<&InstanceAddr, &Change> = plan
        .changes
        .iter()
        .filter(|change| change.deposed.is_none())
        .map(|change| (&change.addr, change))
        .collect();
    let observed: HashMap<&InstanceAddr, &Value> = plan
        .drift
        .iter()
        .map(|drift| (&drift.addr, &drift.observed))
        .collect();
    let graph = walk.desired.graph().clone();
    for &node in &graph.order {
        match graph.node(node).map(|node| &node.kind) {
            Some(NodeKind::Resource(_)) => {
                let diagnostics = walk.desired.evaluate(node);
                walk.evaluated(diagnostics);
                for block in walk.desired.blocks(node) {
                    let value = |addr: &InstanceAddr| -> Value {
                        if let Some(change) = after
                            .get(addr)
                            .filter(|change| change.action != Action::Destroy)
                        {
                            return change.after.clone();
                        }
                        if let Some(value) =
                            plan.reads.get(addr).or_else(|| observed.get(addr).copied())
                        {
                            return value.clone();
                        }
                        walk.recorded
                            .current(addr)
                            .map_or_else(Value::dynamic, |object| object.value.clone())
                    };
                    let values = block
                        .keys()
                        .into_iter()
                        .map(|key| value(&block.addr.instance(key)))
                        .collect();
                    walk.desired.set_values(&block.addr, values);
                }
            }
            _ => walk.node(node).await,
        }
    }
    // Providers that only recorded objects use, or that no block configures.
    let asked = |change: &&Change| change.action != Action::Forget;
    for change in plan.changes.iter().filter(asked) {
        let _ = walk.ready(&change.provider).await;
    }
    if walk.diagnostics.has_errors() && plan.mode != PlanMode::Destroy {
        walk.diagnostics.sort();
        return (None, walk.diagnostics);
    }
    let planned = Planned {
        plan,
        checks: walk.untold_checks(),
        desired: walk.desired,
        plugins: walk.plugins,
        recorded: walk.recorded,
    };
    (Some(planned), Diagnostics::new())
}
