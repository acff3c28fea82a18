//! `moved` blocks and implied moves: which recorded instance goes by which address now. Changes what is recorded
//! before anything is compared; the record itself is changed by the apply.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use lang::load::{Repeat, ResourceName};
use lang::{Definition, Desired};
use model::address::{BlockAddr, InstanceAddr, InstanceKey, ModuleAddr, ModuleStep, Target};
use model::{Diagnostic, Diagnostics, Span};

use crate::recorded::Recorded;

/// For each instance whose current object was moved, by its new address: the address it is recorded under.
pub(crate) type Moves = HashMap<InstanceAddr, InstanceAddr>;

/// A `moved` statement with absolute addresses; module steps without a key stand for all instances.
pub(super) struct Statement {
    pub(super) from: Target,
    pub(super) to: Target,
    pub(super) span: Span,
}

/// Applies all `moved` blocks of the definition, and moves between `a` and `a[0]` when `count` came or went.
pub(crate) fn apply(desired: &Desired, recorded: &mut Recorded) -> (Moves, Diagnostics) {
    let mut out = Diagnostics::new();
    if recorded.blocks.is_empty() {
        return (Moves::new(), out);
    }
    let statements = ordered(statements(desired));
    let mut places = match statements.is_empty() {
        true => HashMap::new(),
        false => recorded.resources(),
    };
    for statement in statements {
        let blocks: Vec<Arc<BlockAddr>> = match &statement.from {
            Target::Resource(from) => places
                .get(&from.block.resource())
                .cloned()
                .unwrap_or_default(),
            Target::Module(_) => recorded.blocks.keys().cloned().collect(),
        };
        let renames: Vec<(InstanceAddr, InstanceAddr)> = blocks
            .iter()
            .filter_map(|block| Some((block, recorded.blocks.get(block)?)))
            .flat_map(|(block, keys)| keys.keys().map(|key| block.instance(key.clone())))
            .filter_map(|addr| {
                let to = renamed(&addr, &statement.from, &statement.to)?;
                Some((addr, to))
            })
            .collect();
        for (from, to) in renames {
            if recorded.rename(&from, &to) {
                let place = places.entry(to.resource()).or_default();
                if place.last() != Some(&to.block) {
                    place.push(to.block.clone());
                }
            } else {
                out.push(
                    Diagnostic::warning("move-blocked", format!("`{from}` cannot become `{to}`, which is recorded already"))
                        .at(statement.span, "")
                        .help("destroy or rename one of the two; until then the first is planned to be destroyed"),
                );
            }
        }
    }
    implied(desired, recorded);
    let origins = recorded.origins.iter();
    let current = origins.filter_map(|(to, origins)| {
        let from = origins.get(&None)?;
        Some((to.clone(), from.clone()))
    });
    (current.collect(), out)
}

/// The address that an instance goes by now, which is recorded, or was to be, under `addr`.
pub(crate) fn present(desired: &Desired, addr: &InstanceAddr) -> InstanceAddr {
    let mut at = addr.clone();
    for statement in ordered(statements(desired)) {
        if let Some(to) = renamed(&at, &statement.from, &statement.to) {
            at = to;
        }
    }
    let key = implied_key(desired, &at.block, &at.key);
    key.map_or_else(|| at.clone(), |key| at.block.instance(key))
}

fn statements(desired: &Desired) -> Vec<Statement> {
    all(desired.definition())
}

/// The `moved` blocks of all modules.
pub(super) fn all(definition: &Definition) -> Vec<Statement> {
    let mut found = Vec::new();
    for (path, module) in &definition.modules {
        let base: ModuleAddr = path
            .0
            .iter()
            .map(|name| ModuleStep {
                name: name.clone(),
                key: InstanceKey::None,
            })
            .collect::<Vec<_>>()
            .into();
        for moved in &module.moved {
            found.push(Statement {
                from: within(&base, &moved.from.0),
                to: within(&base, &moved.to.0),
                span: moved.span,
            });
        }
    }
    found
}

fn within(base: &ModuleAddr, target: &Target) -> Target {
    let join = |module: &ModuleAddr| -> ModuleAddr {
        base.steps()
            .iter()
            .chain(module.steps())
            .cloned()
            .collect::<Vec<_>>()
            .into()
    };
    match target {
        Target::Module(module) => Target::Module(join(module)),
        Target::Resource(addr) => {
            let block = BlockAddr {
                module: join(addr.module()),
                ..(*addr.block).clone()
            };
            Target::Resource(InstanceAddr {
                block: Arc::new(block),
                key: addr.key.clone(),
            })
        }
    }
}

/// Chained statements in the order of the chain: one whose `from` is another's `to` comes after it. Of a circle, the first
/// that is written comes first.
fn ordered(statements: Vec<Statement>) -> Vec<Statement> {
    let mut by_from: HashMap<&Target, Vec<usize>> = HashMap::new();
    for (index, one) in statements.iter().enumerate() {
        by_from.entry(&one.from).or_default().push(index);
    }
    let follows: Vec<&[usize]> = statements
        .iter()
        .map(|one| match by_from.get(&one.to) {
            Some(next) if one.to != one.from => next.as_slice(),
            Some(_) | None => &[],
        })
        .collect();
    let mut waits: HashMap<usize, usize> = (0..statements.len()).map(|one| (one, 0)).collect();
    for next in follows.iter().copied().flatten() {
        *waits.entry(*next).or_default() += 1;
    }
    let is_free = |(one, waits): (&usize, &usize)| (*waits == 0).then_some(*one);
    let mut free: BTreeSet<usize> = waits.iter().filter_map(is_free).collect();
    let mut left: BTreeSet<usize> = (0..statements.len()).collect();
    let mut order = Vec::with_capacity(statements.len());
    while let Some(one) = free.pop_first().or_else(|| left.first().copied()) {
        left.remove(&one);
        order.push(one);
        for next in follows.get(one).copied().unwrap_or_default() {
            let Some(waits) = waits.get_mut(next).filter(|_| left.contains(next)) else {
                continue;
            };
            *waits = waits.saturating_sub(1);
            if *waits == 0 {
                free.insert(*next);
            }
        }
    }
    let mut slots: Vec<Option<Statement>> = statements.into_iter().map(Some).collect();
    let taken = order
        .into_iter()
        .filter_map(|one| slots.get_mut(one)?.take());
    taken.collect()
}

/// The address that a statement gives to `addr`; none when it is not about it.
fn renamed(addr: &InstanceAddr, from: &Target, to: &Target) -> Option<InstanceAddr> {
    match (from, to) {
        (Target::Module(from), Target::Module(to)) => {
            let steps = addr.module().steps();
            if steps.len() < from.steps().len() || !matches_steps(from.steps(), steps) {
                return None;
            }
            let mut renamed = to.steps().to_vec();
            // Steps that the statement names without keys keep the keys they have.
            for (new, old) in renamed.iter_mut().zip(steps) {
                if new.key == InstanceKey::None && keyless(from, &new.name) {
                    new.key = old.key.clone();
                }
            }
            renamed.extend(steps.iter().skip(from.steps().len()).cloned());
            let block = BlockAddr {
                module: renamed.into(),
                ..(*addr.block).clone()
            };
            let renamed = InstanceAddr {
                block: Arc::new(block),
                key: addr.key.clone(),
            };
            (renamed != *addr).then_some(renamed)
        }
        (Target::Resource(from), Target::Resource(to)) => {
            let same = from.block.mode == addr.block.mode
                && from.block.rtype == addr.block.rtype
                && from.block.name == addr.block.name
                && from.module().steps().len() == addr.module().steps().len()
                && matches_steps(from.module().steps(), addr.module().steps());
            // Without a key on either side the whole block moves and keys are kept; otherwise one instance.
            let whole = from.key == InstanceKey::None && to.key == InstanceKey::None;
            if !same || !(whole || from.key == addr.key) {
                return None;
            }
            let mut steps = to.module().steps().to_vec();
            for (new, old) in steps.iter_mut().zip(addr.module().steps()) {
                if new.key == InstanceKey::None {
                    new.key = old.key.clone();
                }
            }
            let block = BlockAddr {
                module: steps.into(),
                ..(*to.block).clone()
            };
            let key = if whole {
                addr.key.clone()
            } else {
                to.key.clone()
            };
            let renamed = InstanceAddr {
                block: Arc::new(block),
                key,
            };
            (renamed != *addr).then_some(renamed)
        }
        _ => None,
    }
}

fn keyless(from: &ModuleAddr, _name: &str) -> bool {
    from.steps()
        .iter()
        .all(|step| step.key == InstanceKey::None)
}

fn matches_steps(named: &[ModuleStep], steps: &[ModuleStep]) -> bool {
    named.iter().zip(steps).all(|(named, step)| {
        named.name == step.name && (named.key == InstanceKey::None || named.key == step.key)
    })
}

/// `a` and `a[0]` are the same instance when `count` was added to or taken from a block.
fn implied(desired: &Desired, recorded: &mut Recorded) {
    let mut wanted: BTreeMap<InstanceAddr, InstanceAddr> = BTreeMap::new();
    for (block, keys) in &recorded.blocks {
        let (once, first) = (InstanceKey::None, InstanceKey::Index(0));
        let has = match (keys.contains_key(&once), keys.contains_key(&first)) {
            (true, false) => once,
            (false, true) => first,
            (true, true) | (false, false) => continue,
        };
        if let Some(wants) = implied_key(desired, block, &has) {
            wanted.insert(block.instance(has), block.instance(wants));
        }
    }
    for (from, to) in wanted {
        recorded.rename(&from, &to);
    }
}

/// The key that the one instance of a block, or the first of several, gets when `count` was added or taken.
fn implied_key(desired: &Desired, block: &BlockAddr, has: &InstanceKey) -> Option<InstanceKey> {
    let name = ResourceName {
        mode: block.mode,
        rtype: block.rtype.clone(),
        name: block.name.clone(),
    };
    let module = desired.definition().module(&block.module.path())?;
    let first = InstanceKey::Index(0);
    match (&module.resources.get(&name)?.repeat, has) {
        (Repeat::Once, has) if *has == first => Some(InstanceKey::None),
        (Repeat::Count(_), InstanceKey::None) => Some(first),
        (Repeat::Once | Repeat::Count(_) | Repeat::ForEach(_), _) => None,
    }
}

#[cfg(test)]
mod tests {
    use model::FileId;

    use super::*;

    fn statement(from: &str, to: &str) -> Statement {
        Statement {
            from: from.parse().unwrap(),
            to: to.parse().unwrap(),
            span: Span::new(FileId(0), 0, 0),
        }
    }

    fn order(statements: Vec<Statement>) -> Vec<String> {
        let names = ordered(statements).into_iter();
        names.map(|one| one.from.to_string()).collect()
    }

    #[test]
    fn chains_come_in_their_order_and_all_else_as_it_is_written() {
        let written = vec![
            statement("a.c", "a.d"),
            statement("a.x", "a.y"),
            statement("a.b", "a.c"),
            statement("a.a", "a.b"),
        ];
        assert_eq!(order(written), ["a.x", "a.a", "a.b", "a.c"]);
        let circle = vec![statement("a.a", "a.b"), statement("a.b", "a.a")];
        assert_eq!(order(circle), ["a.a", "a.b"]);
        assert_eq!(order(vec![statement("a.a", "a.a")]), ["a.a"]);
    }

    #[test]
    fn a_long_chain_that_is_written_backwards_takes_no_time() {
        let count = 20_000;
        let link = |n: u32| statement(&format!("a.n{n}"), &format!("a.n{}", n + 1));
        let found = order((0..count).rev().map(link).collect());
        let wanted: Vec<String> = (0..count).map(|n| format!("a.n{n}")).collect();
        assert_eq!(found, wanted);
    }
}
