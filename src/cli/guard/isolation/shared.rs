//! Warns of what two instances of one environment have between them: a file that both make. Ordinary definitions may have
//! that, so that it is no error; but what one of them writes or destroys, the other loses. Entry point: [`warn`].

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use engine::claims;
use engine::{Planned, plugins::Plugins};
use model::address::{InstanceAddr, Mode};
use model::change::{Action, Change};
use model::{Diagnostic, Diagnostics, Str};
use state::{Claim, Protection, RecordError, Store};

/// How many things are told one by one, and how many instances of each.
const TOLD: usize = 8;
const NAMED: usize = 3;

/// Warns of what instances would have in common after the plan, where it makes or destroys one of them. What one gives up
/// and another takes over in the plan is nothing to be warned of.
pub(super) fn warn(
    environment: &Str,
    planned: &Planned,
    takes: &[(&InstanceAddr, Vec<Claim>)],
    store: &Store,
) -> Result<Diagnostics, RecordError> {
    let mut having: BTreeMap<&Str, BTreeSet<InstanceAddr>> = BTreeMap::new();
    let mut sealed: BTreeSet<&Str> = BTreeSet::new();
    for (addr, claims) in takes {
        for claim in claims {
            having
                .entry(&claim.thing)
                .or_default()
                .insert((*addr).clone());
            if claim.protection == Protection::Sealed {
                sealed.insert(&claim.thing);
            }
        }
    }
    let taken: HashSet<&Str> = having.keys().copied().collect();
    let given = given(planned);
    let gone: HashSet<&Str> = given.iter().map(|(thing, _)| thing).collect();
    for (thing, addr) in &given {
        having.entry(thing).or_default().insert((*addr).clone());
    }
    let things: Vec<Str> = having.keys().map(|thing| (*thing).clone()).collect();
    let holders = store.holders(environment, &things)?;
    let changes: HashMap<&InstanceAddr, &Change> = planned
        .plan
        .changes
        .iter()
        .filter(|change| change.deposed.is_none())
        .map(|change| (&change.addr, change))
        .collect();
    let moved: HashMap<&InstanceAddr, &InstanceAddr> = planned
        .plan
        .changes
        .iter()
        .filter_map(|change| Some((change.previous.as_ref()?, &change.addr)))
        .collect();
    let mut found = Vec::new();
    for ((thing, mut all), recorded) in having.into_iter().zip(holders) {
        for addr in recorded {
            let addr = moved.get(&addr).map_or(addr.clone(), |now| (*now).clone());
            // Of what changes it is known already what it will have.
            if changes.get(&addr).is_none_or(|change| stays(change)) {
                all.insert(addr);
            }
        }
        // Given up and taken over, or given up and nobody's.
        let left = all.iter().filter(|addr| {
            let change = changes.get(addr);
            change.is_none_or(|change| change.action != Action::Destroy)
        });
        let left = left.count();
        if left >= 2 || (gone.contains(thing) && !taken.contains(thing) && left >= 1) {
            found.push((thing, all));
        }
    }
    let more = found.len().saturating_sub(TOLD);
    let told = found.into_iter().take(TOLD);
    let told = told.map(|(thing, all)| {
        let shown = (!sealed.contains(thing)).then_some(thing);
        told_of(planned, shown, &all, &changes)
    });
    let mut told: Diagnostics = told.collect();
    if more > 0 {
        let message = format!("{more} more things that instances have between them");
        told.push(Diagnostic::warning("in-one-place", message));
    }
    Ok(told)
}

/// Whether a change leaves an instance what it has.
fn stays(change: &Change) -> bool {
    match change.action {
        Action::NoOp => true,
        Action::Create
        | Action::Read
        | Action::Update
        | Action::Replace(_)
        | Action::Destroy
        | Action::Forget => false,
    }
}

/// What the plan destroys.
fn given(planned: &Planned) -> Vec<(Str, &InstanceAddr)> {
    let mut found = Vec::new();
    let destroyed = planned.plan.changes.iter().filter(|change| {
        change.deposed.is_none()
            && change.action == Action::Destroy
            && change.addr.block.mode == Mode::Managed
    });
    for change in destroyed {
        let claims = claimed(&planned.plugins, change);
        found.extend(claims.into_iter().map(|claim| (claim.thing, &change.addr)));
    }
    found
}

fn claimed(plugins: &Plugins, change: &Change) -> Vec<Claim> {
    let (source, rtype) = (&change.provider.source, &change.addr.block.rtype);
    let schema = plugins.resource_schema(source, rtype);
    match (schema, plugins.opened(source)) {
        (Some(schema), Some(provider)) if schema.claims => {
            claims::of(&**provider, rtype, &change.before)
        }
        _ => Vec::new(),
    }
}

fn told_of(
    planned: &Planned,
    thing: Option<&Str>,
    all: &BTreeSet<InstanceAddr>,
    changes: &HashMap<&InstanceAddr, &Change>,
) -> Diagnostic {
    let thing = thing.map_or_else(|| "the same thing".to_owned(), |thing| format!("`{thing}`"));
    let goes = |addr: &&InstanceAddr| {
        let change = changes.get(addr);
        change.is_some_and(|change| change.action == Action::Destroy)
    };
    let gone = all.iter().find(goes);
    let others = all.iter().filter(|addr| !goes(addr));
    let names: Vec<String> = others
        .clone()
        .take(NAMED)
        .map(|addr| format!("`{addr}`"))
        .collect();
    let mut named = names.join(" and ");
    let more = others.clone().count().saturating_sub(NAMED);
    if more > 0 {
        named.push_str(&format!(" and {more} more"));
    }
    let message = match gone {
        Some(gone) => format!("`{gone}`, which is destroyed, and {named} both have {thing}"),
        None if all.len() == 2 => format!("{named} both have {thing}"),
        None => format!("{named} all have {thing}"),
    };
    let mut diagnostic = Diagnostic::warning("in-one-place", message);
    let spans = others.filter_map(|addr| Some(planned.desired.resource(&addr.block)?.span));
    let spans: BTreeSet<_> = spans.collect();
    for (at, span) in spans.into_iter().take(NAMED).enumerate() {
        diagnostic = match at {
            0 => diagnostic.at(span, ""),
            _ => diagnostic.and_at(span, "and here"),
        };
    }
    let diagnostic = diagnostic.note("what one of them writes or destroys, the other loses");
    match gone {
        Some(_) => diagnostic.help("the next plan makes again what is missing then"),
        None => diagnostic.help("give each its own"),
    }
}
