//! Orders the steps of a plan: what must exist before what, and what must be gone first.
//! Knows nothing of providers or HCL. Entry point: [`order`].
//!
//! - A step that makes something (create, update, read) waits for everything its block refers to.
//! - A replacement's two steps wait for each other in the order that was decided.
//! - What one instance gives up and another takes is destroyed before it is made again.
//! - An object is destroyed after the objects that depend on it are destroyed, and after those that depended on it
//!   and stay were updated. Where the last would make a cycle (its dependency is destroyed first to be created anew),
//!   it gives way.

use std::collections::{BTreeSet, HashMap};
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
    blocks: Blocks,
}

/// The blocks, numbered as they come: what is known of each is in lists, since there may be as many as steps.
#[derive(Default)]
struct Blocks {
    numbers: HashMap<ResourceAddr, u32>,
    /// For each, the steps that make something.
    makes: Vec<Vec<u32>>,
    /// For each, the steps that destroy something.
    destroys: Vec<Vec<u32>>,
}

impl Blocks {
    /// The number of a block, a new one if it has none yet.
    fn number(&mut self, resource: ResourceAddr) -> u32 {
        let next = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX);
        let number = *self.numbers.entry(resource).or_insert(next);
        if number == next {
            self.makes.push(Vec::new());
            self.destroys.push(Vec::new());
        }
        number
    }
}

/// What a list has of a block.
fn of(lists: &[Vec<u32>], block: u32) -> &[u32] {
    lists.get(block as usize).map_or(&[], Vec::as_slice)
}

/// Adds to what a list has of a block.
fn add(lists: &mut [Vec<u32>], block: u32, what: u32) {
    if let Some(list) = lists.get_mut(block as usize) {
        list.push(what);
    }
}

impl Builder {
    fn new(changes: &[Change]) -> Self {
        let mut builder = Self {
            steps: Vec::new(),
            edges: Vec::new(),
            blocks: Blocks::default(),
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
        let block = self.blocks.number(change.addr.resource());
        let first = self.steps.len();
        match change.action {
            Action::NoOp => {}
            Action::Create => self.make(StepKind::Create, at, block),
            Action::Update => self.make(StepKind::Update, at, block),
            Action::Read => self.make(StepKind::Read, at, block),
            Action::Destroy => self.destroy(at, block),
            Action::Forget => drop(self.step(StepKind::Forget, at)),
            Action::Replace(ReplaceOrder::DestroyFirst) => {
                self.destroy(at, block);
                self.make(StepKind::Create, at, block);
                self.chain(first);
            }
            Action::Replace(ReplaceOrder::CreateFirst) => {
                self.make(StepKind::Create, at, block);
                self.destroy(at, block);
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

    fn make(&mut self, kind: StepKind, change: u32, block: u32) {
        let id = self.step(kind, change);
        add(&mut self.blocks.makes, block, id);
    }

    fn destroy(&mut self, change: u32, block: u32) {
        let id = self.step(StepKind::Destroy, change);
        add(&mut self.blocks.destroys, block, id);
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
        if self.blocks.makes.iter().all(Vec::is_empty) {
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
                .and_then(|resource| self.blocks.numbers.get(&resource))
                .map(|block| of(&self.blocks.makes, *block).to_vec())
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
    fn backward(&mut self, changes: &[Change], recorded: &Recorded) {
        if self.blocks.destroys.iter().all(Vec::is_empty) {
            return;
        }
        let dependents = dependents(&mut self.blocks, changes, recorded);
        // Joins of the makes of a block, and of the destroys of a block and of all that depends on it.
        let mut made: Joins = vec![None; dependents.len()];
        let mut destroyed: Joins = vec![None; dependents.len()];
        for (block, depending) in (0..).zip(&dependents) {
            let steps = of(&self.blocks.destroys, block).to_vec();
            if steps.is_empty() {
                continue;
            }
            let mut waits: Vec<(u32, Strength)> = Vec::new();
            for &dependent in depending {
                let gone = self.destroyed(dependent, &dependents, &mut destroyed);
                waits.extend(gone.map(|join| (join, Strength::Recorded)));
                let made = self.made(dependent, &mut made);
                waits.extend(made.map(|join| (join, Strength::Wish)));
            }
            for step in steps {
                // The old object of a create-first replacement is used until its users have the new one.
                let least = if self.creates_first(step, changes) {
                    Strength::Use
                } else {
                    Strength::Wish
                };
                for (join, strength) in &waits {
                    self.wait(step, *join, (*strength).max(least));
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

    fn made(&mut self, block: u32, joins: &mut Joins) -> Option<u32> {
        if let Some(join) = joined(joins, block) {
            return join;
        }
        let join = match of(&self.blocks.makes, block) {
            [] => None,
            [one] => Some(*one),
            steps => {
                let steps = steps.to_vec();
                Some(self.join(steps.into_iter().map(|step| (step, Strength::Must))))
            }
        };
        join_as(joins, block, join);
        join
    }

    /// The join of a block's destroys and of those of everything that depends on it, however far. Walks with a stack of
    /// its own, so that a long chain of dependencies is no trouble.
    fn destroyed(&mut self, block: u32, dependents: &[Vec<u32>], joins: &mut Joins) -> Option<u32> {
        let mut stack: Vec<(u32, bool)> = vec![(block, false)];
        while let Some((at, children_done)) = stack.pop() {
            if !children_done {
                if joined(joins, at).is_some() {
                    continue;
                }
                // In a cycle of recorded dependencies the second visit finds this and goes no further.
                join_as(joins, at, None);
                stack.push((at, true));
                stack.extend(of(dependents, at).iter().map(|next| (*next, false)));
                continue;
            }
            let further: BTreeSet<u32> = of(dependents, at)
                .iter()
                .filter_map(|next| joined(joins, *next).flatten())
                .collect();
            let waits: Vec<(u32, Strength)> = of(&self.blocks.destroys, at)
                .iter()
                .map(|step| (*step, Strength::Must))
                .chain(further.into_iter().map(|join| (join, Strength::Recorded)))
                .collect();
            let join = match waits.as_slice() {
                [] => None,
                [(one, _)] => Some(*one),
                _ => Some(self.join(waits)),
            };
            join_as(joins, at, join);
        }
        joined(joins, block).flatten()
    }
}

/// For each block: nothing where it was not asked for yet, else the step to wait for, where there is one.
type Joins = Vec<Option<Option<u32>>>;

fn joined(joins: &Joins, block: u32) -> Option<Option<u32>> {
    joins.get(block as usize).copied().flatten()
}

fn join_as(joins: &mut Joins, block: u32, join: Option<u32>) {
    if let Some(slot) = joins.get_mut(block as usize) {
        *slot = Some(join);
    }
}

/// For each block, the blocks that depend on it: as recorded, and as planned.
fn dependents(blocks: &mut Blocks, changes: &[Change], recorded: &Recorded) -> Vec<Vec<u32>> {
    let mut found: Vec<Vec<u32>> = vec![Vec::new(); blocks.numbers.len()];
    let mut last: Option<(u32, *const Arc<ResourceAddr>)> = None;
    let mut depends = |resource: ResourceAddr, needs: &Dependencies| {
        // Instances of one block share their list, so that most are passed over here.
        let block = blocks.number(resource);
        let this = (block, needs.as_ptr());
        if last.replace(this) == Some(this) {
            return;
        }
        for need in needs.iter() {
            let need = blocks.number((**need).clone());
            found.resize(blocks.numbers.len(), Vec::new());
            if need != block {
                add(&mut found, need, block);
            }
        }
    };
    for (block, keys) in &recorded.blocks {
        for object in keys
            .values()
            .flat_map(|instance| instance.current.iter().chain(instance.deposed.values()))
        {
            if !object.dependencies.is_empty() {
                depends(block.resource(), &object.dependencies);
            }
        }
    }
    for change in changes
        .iter()
        .filter(|change| !change.dependencies.is_empty())
    {
        depends(change.addr.resource(), &change.dependencies);
    }
    found.resize(blocks.numbers.len(), Vec::new());
    for dependents in &mut found {
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
