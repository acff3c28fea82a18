//! Orders the steps of a plan: what must exist before what, and what must be gone first.
//! Knows nothing of providers or HCL. Entry point: [`order`].
//!
//! - A step that makes something (create, update, read) waits for everything its block refers to.
//! - A replacement's two steps wait for each other in the order that was decided.
//! - What one instance gives up and another takes is destroyed before it is made again.
//! - An object is destroyed after the objects that depend on it are destroyed, and after those that depended on it
//!   and stay were updated. Where the last would make a cycle (its dependency is destroyed first to be created anew),
//!   it gives way.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use lang::Desired;
use model::address::ResourceAddr;
use model::change::{Action, Change, Dependencies, ReplaceOrder};
use model::plan::{Order, Step, StepKind};

use crate::recorded::Recorded;

/// How much an edge matters when there is a cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Strength {
    /// A destroy after an update that stops using the object.
    Wish,
    /// The same where the object's replacement was created first: it is used until its users have the new one.
    Use,
    /// A destroy after a dependent's destroy, by recorded dependencies, which may be from different times.
    Recorded,
    /// What one instance gives up before another takes it.
    Handover,
    /// Everything that the definition says.
    Must,
}

/// The steps of the changes and their order.
pub(super) fn order(
    changes: &[Change],
    desired: &Desired,
    recorded: &Recorded,
    handovers: &[(u32, u32)],
) -> (Vec<Step>, Order) {
    if changes.is_empty() {
        return (Vec::new(), Order::default());
    }
    let mut builder = Builder::new(changes);
    builder.forward(desired);
    builder.backward(changes, recorded);
    builder.hand_over(handovers);
    let Builder { steps, edges, .. } = builder;
    (
        steps,
        Order {
            after: without_cycles(edges),
        },
    )
}

struct Builder {
    steps: Vec<Step>,
    /// For each node, what must be done before it.
    edges: Vec<Vec<(u32, Strength)>>,
    /// Steps that make something, by block.
    makes: BTreeMap<ResourceAddr, Vec<u32>>,
    /// Steps that destroy something, by block.
    destroys: BTreeMap<ResourceAddr, Vec<u32>>,
}

impl Builder {
    fn new(changes: &[Change]) -> Self {
        let mut builder = Self {
            steps: Vec::new(),
            edges: Vec::new(),
            makes: BTreeMap::new(),
            destroys: BTreeMap::new(),
        };
        for (at, change) in (0..).zip(changes) {
            builder.change(at, change);
        }
        builder
    }

    fn change(&mut self, at: u32, change: &Change) {
        let moved = change
            .previous
            .is_some()
            .then(|| self.step(StepKind::Move, at));
        let imported = change
            .importing
            .is_some()
            .then(|| self.step(StepKind::Import, at));
        let resource = change.addr.resource();
        let first = self.steps.len();
        match change.action {
            Action::NoOp => {}
            Action::Create => self.make(StepKind::Create, at, &resource),
            Action::Update => self.make(StepKind::Update, at, &resource),
            Action::Read => self.make(StepKind::Read, at, &resource),
            Action::Destroy => self.destroy(at, &resource),
            Action::Forget => drop(self.step(StepKind::Forget, at)),
            Action::Replace(ReplaceOrder::DestroyFirst) => {
                self.destroy(at, &resource);
                self.make(StepKind::Create, at, &resource);
                self.chain(first);
            }
            Action::Replace(ReplaceOrder::CreateFirst) => {
                self.make(StepKind::Create, at, &resource);
                self.destroy(at, &resource);
                self.chain(first);
            }
        }
        for before in moved.into_iter().chain(imported) {
            for edges in self.edges.iter_mut().skip(first) {
                edges.push((before, Strength::Must));
            }
        }
    }

    /// The second of two steps, the first of which is at `first`, waits for the first.
    fn chain(&mut self, first: usize) {
        if let (Some(edges), Ok(first)) = (self.edges.get_mut(first + 1), u32::try_from(first)) {
            edges.push((first, Strength::Must));
        }
    }

    fn step(&mut self, kind: StepKind, change: u32) -> u32 {
        let id = self.node();
        self.steps.push(Step { kind, change });
        id
    }

    fn node(&mut self) -> u32 {
        let id = u32::try_from(self.edges.len()).unwrap_or(u32::MAX);
        self.edges.push(Vec::new());
        id
    }

    fn make(&mut self, kind: StepKind, change: u32, resource: &ResourceAddr) {
        let id = self.step(kind, change);
        self.makes.entry(resource.clone()).or_default().push(id);
    }

    fn destroy(&mut self, change: u32, resource: &ResourceAddr) {
        let id = self.step(StepKind::Destroy, change);
        self.destroys.entry(resource.clone()).or_default().push(id);
    }

    fn join(&mut self, after: impl IntoIterator<Item = (u32, Strength)>) -> u32 {
        let id = self.node();
        if let Some(edges) = self.edges.get_mut(id as usize) {
            edges.extend(after);
        }
        id
    }

    fn wait(&mut self, node: u32, for_: u32, strength: Strength) {
        if let Some(edges) = self.edges.get_mut(node as usize) {
            edges.push((for_, strength));
        }
    }

    /// Steps that make something wait for what their block refers to, through everything in between.
    fn forward(&mut self, desired: &Desired) {
        if self.makes.is_empty() {
            return;
        }
        let graph = desired.graph();
        // For each node of the definition: the join that is done when it and all it refers to are.
        let mut joins: Vec<Option<u32>> = vec![None; graph.nodes.len()];
        for &node in &graph.order {
            let needs: Vec<u32> = graph
                .dependencies(node)
                .iter()
                .filter_map(|need| joins.get(need.index()).copied().flatten())
                .collect();
            let own = graph
                .resource(node)
                .and_then(|resource| self.makes.get(&resource))
                .cloned()
                .unwrap_or_default();
            for &step in &own {
                for &need in &needs {
                    self.wait(step, need, Strength::Must);
                }
            }
            let join = match (own.as_slice(), needs.as_slice()) {
                ([], []) => None,
                ([], [one]) | ([one], _) => Some(*one),
                ([], needs) => Some(self.join(needs.iter().map(|need| (*need, Strength::Must)))),
                // Each of its own steps has waited for the needs.
                (own, _) => Some(self.join(own.iter().map(|step| (*step, Strength::Must)))),
            };
            if let Some(slot) = joins.get_mut(node.index()) {
                *slot = join;
            }
        }
    }

    /// Destroys wait for the destroys, and the updates, of what depends on them.
    #[expect(
        clippy::excessive_nesting,
        reason = "a loop in a match in a loop, each of one line"
    )]
    fn backward(&mut self, changes: &[Change], recorded: &Recorded) {
        if self.destroys.is_empty() {
            return;
        }
        let dependents = dependents(changes, recorded);
        // Joins of the makes of a block, and of the destroys of a block and of all that depends on it.
        let mut made: HashMap<ResourceAddr, Option<u32>> = HashMap::new();
        let mut destroyed: HashMap<ResourceAddr, Option<u32>> = HashMap::new();
        let blocks: Vec<(ResourceAddr, Vec<u32>)> = self
            .destroys
            .iter()
            .map(|(resource, steps)| (resource.clone(), steps.clone()))
            .collect();
        for (resource, steps) in blocks {
            let mut waits: Vec<(u32, Strength)> = Vec::new();
            for dependent in dependents.get(&resource).into_iter().flatten() {
                if let Some(join) = self.destroyed(dependent, &dependents, &mut destroyed) {
                    waits.push((join, Strength::Recorded));
                }
                if let Some(join) = self.made(dependent, &mut made) {
                    waits.push((join, Strength::Wish));
                }
            }
            for step in steps {
                let creates_first = self.creates_first(step, changes);
                for (join, strength) in &waits {
                    // The old object of a create-first replacement is used until its users have the new one.
                    let strength = if creates_first {
                        (*strength).max(Strength::Use)
                    } else {
                        *strength
                    };
                    self.wait(step, *join, strength);
                }
            }
        }
    }

    /// What a change makes waits until another, which has it, has destroyed it; both by position.
    fn hand_over(&mut self, pairs: &[(u32, u32)]) {
        if pairs.is_empty() {
            return;
        }
        let mut destroys: HashMap<u32, u32> = HashMap::new();
        let mut makes: HashMap<u32, u32> = HashMap::new();
        for (at, step) in (0..).zip(&self.steps) {
            match step.kind {
                StepKind::Destroy => destroys.insert(step.change, at),
                StepKind::Create | StepKind::Update => makes.insert(step.change, at),
                StepKind::Read
                | StepKind::Move
                | StepKind::Import
                | StepKind::Forget
                | StepKind::Refresh => None,
            };
        }
        for (giver, taker) in pairs {
            if let (Some(destroy), Some(make)) = (destroys.get(giver), makes.get(taker)) {
                self.wait(*make, *destroy, Strength::Handover);
            }
        }
    }

    fn creates_first(&self, step: u32, changes: &[Change]) -> bool {
        let change = self
            .steps
            .get(step as usize)
            .and_then(|step| changes.get(step.change as usize));
        change.is_some_and(|change| change.action == Action::Replace(ReplaceOrder::CreateFirst))
    }

    fn made(
        &mut self,
        resource: &ResourceAddr,
        joins: &mut HashMap<ResourceAddr, Option<u32>>,
    ) -> Option<u32> {
        if let Some(join) = joins.get(resource) {
            return *join;
        }
        let steps = self.makes.get(resource).cloned().unwrap_or_default();
        let join = match steps.as_slice() {
            [] => None,
            [one] => Some(*one),
            steps => Some(self.join(steps.iter().map(|step| (*step, Strength::Must)))),
        };
        joins.insert(resource.clone(), join);
        join
    }

    /// The join of a block's destroys and of those of everything that depends on it, however far. Walks with a stack of
    /// its own, so that a long chain of dependencies is no trouble.
    fn destroyed(
        &mut self,
        resource: &ResourceAddr,
        dependents: &BTreeMap<ResourceAddr, Vec<ResourceAddr>>,
        joins: &mut HashMap<ResourceAddr, Option<u32>>,
    ) -> Option<u32> {
        let mut stack: Vec<(ResourceAddr, bool)> = vec![(resource.clone(), false)];
        while let Some((at, children_done)) = stack.pop() {
            if !children_done {
                if joins.contains_key(&at) {
                    continue;
                }
                // In a cycle of recorded dependencies the second visit finds this and goes no further.
                joins.insert(at.clone(), None);
                stack.push((at.clone(), true));
                stack.extend(
                    dependents
                        .get(&at)
                        .into_iter()
                        .flatten()
                        .map(|next| (next.clone(), false)),
                );
                continue;
            }
            let own = self.destroys.get(&at).cloned().unwrap_or_default();
            let further: BTreeSet<u32> = dependents
                .get(&at)
                .into_iter()
                .flatten()
                .filter_map(|next| joins.get(next).copied().flatten())
                .collect();
            let waits: Vec<(u32, Strength)> = own
                .iter()
                .map(|step| (*step, Strength::Must))
                .chain(further.into_iter().map(|join| (join, Strength::Recorded)))
                .collect();
            let join = match waits.as_slice() {
                [] => None,
                [(one, _)] => Some(*one),
                _ => Some(self.join(waits)),
            };
            joins.insert(at, join);
        }
        joins.get(resource).copied().flatten()
    }
}

/// For each block, the blocks that depend on it, by address: as recorded, and as planned.
fn dependents(
    changes: &[Change],
    recorded: &Recorded,
) -> BTreeMap<ResourceAddr, Vec<ResourceAddr>> {
    let mut found: BTreeMap<ResourceAddr, Vec<ResourceAddr>> = BTreeMap::new();
    let mut last: Option<(ResourceAddr, *const Arc<ResourceAddr>)> = None;
    let mut add = |resource: ResourceAddr, needs: &Dependencies| {
        // Instances of one block share their list, so that most are passed over here.
        let this = (resource, needs.as_ptr());
        if last.as_ref() == Some(&this) {
            return;
        }
        for need in needs.iter().filter(|need| ***need != this.0) {
            found
                .entry((**need).clone())
                .or_default()
                .push(this.0.clone());
        }
        last = Some(this);
    };
    for (block, keys) in &recorded.blocks {
        let resource = block.resource();
        for object in keys
            .values()
            .flat_map(|instance| instance.current.iter().chain(instance.deposed.values()))
        {
            if !object.dependencies.is_empty() {
                add(resource.clone(), &object.dependencies);
            }
        }
    }
    for change in changes
        .iter()
        .filter(|change| !change.dependencies.is_empty())
    {
        add(change.addr.resource(), &change.dependencies);
    }
    for dependents in found.values_mut() {
        dependents.sort_unstable();
        dependents.dedup();
        dependents.shrink_to_fit();
    }
    found
}

/// The edges without those that make cycles: the weakest are dropped first, and only among nodes that are in one.
fn without_cycles(mut edges: Vec<Vec<(u32, Strength)>>) -> Vec<Vec<u32>> {
    for weakest in [
        Strength::Wish,
        Strength::Use,
        Strength::Recorded,
        Strength::Handover,
    ] {
        let stuck = stuck(&edges);
        if !stuck.contains(&true) {
            break;
        }
        for (node, after) in edges.iter_mut().enumerate() {
            if stuck.get(node) == Some(&true) {
                after.retain(|(before, strength)| {
                    *strength > weakest || stuck.get(*before as usize) != Some(&true)
                });
            }
        }
    }
    edges
        .into_iter()
        .map(|after| {
            let mut after: Vec<u32> = after.into_iter().map(|(before, _)| before).collect();
            after.sort_unstable();
            after.dedup();
            after
        })
        .collect()
}

/// For each node, whether it is in a cycle or waits for one.
fn stuck(edges: &[Vec<(u32, Strength)>]) -> Vec<bool> {
    let mut waiting: Vec<usize> = edges.iter().map(Vec::len).collect();
    let mut next: Vec<Vec<u32>> = vec![Vec::new(); edges.len()];
    for (node, after) in (0..).zip(edges) {
        for (before, _) in after {
            if let Some(list) = next.get_mut(*before as usize) {
                list.push(node);
            }
        }
    }
    let mut ready: Vec<u32> = (0..)
        .zip(&waiting)
        .filter(|(_, count)| **count == 0)
        .map(|(node, _)| node)
        .collect();
    while let Some(node) = ready.pop() {
        for &after in next.get(node as usize).into_iter().flatten() {
            if let Some(count) = waiting.get_mut(after as usize) {
                *count -= 1;
                if *count == 0 {
                    ready.push(after);
                }
            }
        }
    }
    waiting.into_iter().map(|count| count > 0).collect()
}
