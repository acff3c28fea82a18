//! The plan that heals: which instances it has to be about, and whether it does what was decided and nothing else. Pure.
//! Entry points: [`dependents`], [`check`].

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use lang::project::HealOn;
use model::address::{InstanceAddr, ResourceAddr};
use model::change::{Action, Change, Dependencies};
use model::{PathStep, Str, Value};

use crate::drift::Finding;
use crate::heal::{Decision, Effort, Excess, Situation, Verdict, allows};
use crate::protect::guarding;

/// Returns the instances that depend on any of `healing`, however far, without these: what a new id of what is healed may
/// force to change too. `instances` are all that are recorded, with what each depends on.
pub fn dependents<'r>(
    instances: impl IntoIterator<Item = (InstanceAddr, &'r Dependencies)>,
    healing: &BTreeSet<InstanceAddr>,
) -> BTreeSet<InstanceAddr> {
    let instances: Vec<(InstanceAddr, &Dependencies)> = instances.into_iter().collect();
    let mut needed_by: HashMap<&ResourceAddr, HashSet<ResourceAddr>> = HashMap::new();
    let mut read: HashSet<(ResourceAddr, *const Arc<ResourceAddr>)> = HashSet::new();
    for (addr, dependencies) in &instances {
        // Instances of a block share their list mostly.
        if !read.insert((addr.resource(), dependencies.as_ptr())) {
            continue;
        }
        for needed in dependencies.iter() {
            needed_by.entry(needed).or_default().insert(addr.resource());
        }
    }
    let mut found: HashSet<&ResourceAddr> = HashSet::new();
    let first: Vec<ResourceAddr> = healing.iter().map(InstanceAddr::resource).collect();
    let mut waiting: Vec<&ResourceAddr> = first.iter().collect();
    while let Some(resource) = waiting.pop() {
        for dependent in needed_by.get(resource).into_iter().flatten() {
            if found.insert(dependent) {
                waiting.push(dependent);
            }
        }
    }
    instances
        .iter()
        .map(|(addr, _)| addr)
        .filter(|addr| found.contains(&addr.resource()) && !healing.contains(addr))
        .cloned()
        .collect()
}

/// Returns the addresses among `dependents` to which something happens.
pub fn forced(changes: &[Change], dependents: &BTreeSet<InstanceAddr>) -> BTreeSet<InstanceAddr> {
    changes
        .iter()
        .filter(|change| is_effect(change) && dependents.contains(&change.addr))
        .map(|change| change.addr.clone())
        .collect()
}

fn is_effect(change: &Change) -> bool {
    !matches!(change.action, Action::NoOp | Action::Read)
}

/// Why a plan that was made to heal is not applied.
#[derive(Clone, Debug, PartialEq)]
pub enum Objection {
    /// It changes an instance that is not to be healed.
    Beyond(InstanceAddr),
    /// It does something else to an instance than was decided, as replacing what was to be updated.
    Another(InstanceAddr),
    /// The definition wants something else of an instance than was applied.
    Edited(InstanceAddr),
    /// It would replace an instance with what is healed that is protected.
    Protected {
        /// The instance.
        addr: InstanceAddr,
        /// What protects it, as a phrase.
        by: String,
    },
    /// It does more than may be done.
    Exceeds(Excess),
}

/// What a plan that heals may do.
#[derive(Clone, Copy, Debug)]
pub struct Remedy<'a> {
    /// What was seen and is allowed.
    pub situation: &'a Situation<'a>,
    /// What was decided.
    pub decisions: &'a [Decision],
    /// The instances that depend on what is healed, and may have to change with it.
    pub dependents: &'a BTreeSet<InstanceAddr>,
    /// The instances of which nothing is recorded any more, because a run destroyed them to replace them, where the
    /// definition is the one that was applied last: that says what they were.
    pub lost: &'a BTreeSet<InstanceAddr>,
}

/// Checks that `changes` do what was decided and nothing else: they bring back what was applied, whatever the definition says
/// by now. What depends on what is healed may change with it, by what becomes known only then, and counts as much.
/// `recorded` gives what was applied.
///
/// # Errors
/// The first objection.
pub fn check<'r>(
    remedy: &Remedy<'_>,
    changes: &[Change],
    recorded: impl Fn(&InstanceAddr) -> Option<&'r Value>,
) -> Result<(), Objection> {
    let decided: HashMap<&InstanceAddr, &Decision> = remedy
        .decisions
        .iter()
        .filter(|decision| decision.acts())
        .map(|decision| (&decision.addr, decision))
        .collect();
    let left: HashSet<&InstanceAddr> = remedy
        .decisions
        .iter()
        .filter(|decision| !decision.acts())
        .map(|decision| &decision.addr)
        .collect();
    let findings: HashMap<&InstanceAddr, &Finding> = remedy
        .situation
        .findings
        .iter()
        .map(|finding| (&finding.difference.addr, finding))
        .collect();
    let mut effort = Effort::default();
    for change in changes {
        let addr = &change.addr;
        let destroys = matches!(change.action, Action::Replace(_) | Action::Destroy);
        if let Some(decision) = decided.get(addr).filter(|_| change.deposed.is_none()) {
            let is_decided = match &decision.verdict {
                Verdict::Update => change.action == Action::Update,
                Verdict::Recreate => matches!(change.action, Action::Create | Action::Replace(_)),
                Verdict::Leave(_) => false,
            };
            if !is_decided || (decision.on == HealOn::Missing && destroys) {
                return Err(Objection::Another(addr.clone()));
            }
        } else if !is_effect(change) && change.previous.is_none() {
            continue;
        } else {
            let may = change.deposed.is_none()
                && change.previous.is_none()
                && matches!(change.action, Action::Update | Action::Replace(_))
                && remedy.dependents.contains(addr)
                && !left.contains(addr);
            if !may {
                return Err(Objection::Beyond(addr.clone()));
            }
        }
        let is_made_again = change.action == Action::Create && remedy.lost.contains(addr);
        if !is_made_again && !recorded(addr).is_some_and(|applied| brings_back(change, applied)) {
            return Err(Objection::Edited(addr.clone()));
        }
        let seen = findings.get(addr).filter(|_| decided.contains_key(addr));
        if seen.is_some_and(|finding| !only_sets_back(change, finding)) {
            return Err(Objection::Another(addr.clone()));
        }
        let protect = remedy.situation.protect;
        if let Some(guard) = guarding(addr, protect).filter(|_| destroys) {
            return Err(Objection::Protected {
                addr: addr.clone(),
                by: guard.said_of(addr),
            });
        }
        effort.resources += 1;
        effort.destroys += u64::from(destroys);
    }
    allows(remedy.situation, effort).map_err(Objection::Exceeds)
}

/// Whether a change makes an object with all that is known of it beforehand as it was applied.
fn brings_back(change: &Change, applied: &Value) -> bool {
    let (config, _) = change.config.clone().unmark_deep();
    let (applied, _) = applied.clone().unmark_deep();
    agrees(&config, &applied) && ends_as(change, &applied)
}

/// Whether each attribute of which it is known what it will be becomes what was applied, or stays as it is.
fn ends_as(change: &Change, applied: &Value) -> bool {
    let (before, _) = change.before.clone().unmark_deep();
    let (after, _) = change.after.clone().unmark_deep();
    let Some(after) = after.as_fields() else {
        return true;
    };
    let at = |value: &Value, name: &Str| value.as_fields().and_then(|all| all.get(name).cloned());
    after.iter().all(|(name, after)| {
        !after.is_wholly_known()
            || at(&before, name).as_ref() == Some(after)
            || at(applied, name).map_or(after.is_null(), |applied| applied == *after)
    })
}

/// Whether a change in place touches no attributes but those that are to be set back, and what becomes known only then.
fn only_sets_back(change: &Change, finding: &Finding) -> bool {
    if finding.difference.on != HealOn::Changed || change.action != Action::Update {
        return true;
    }
    let (before, _) = change.before.clone().unmark_deep();
    let (after, _) = change.after.clone().unmark_deep();
    let (Some(before), Some(after)) = (before.as_fields(), after.as_fields()) else {
        return true;
    };
    let is_found = |name: &Str| {
        let mut attributes = finding.difference.attributes.iter();
        attributes.any(|path| match path.0.first() {
            Some(PathStep::Attribute(first)) => first == name,
            Some(_) | None => true,
        })
    };
    after.iter().all(|(name, after)| {
        !after.is_wholly_known() || before.get(name) == Some(after) || is_found(name)
    })
}

/// Whether what is written in a configuration is what was applied.
fn agrees(config: &Value, applied: &Value) -> bool {
    if config.is_null() || !config.is_known() || config == applied {
        return true;
    }
    if let (Some(config), Some(applied)) = (config.as_fields(), applied.as_fields()) {
        return config.iter().all(|(name, config)| {
            let applied = applied.get(name);
            applied.map_or(config.is_null(), |applied| agrees(config, applied))
        });
    }
    match (config.as_items(), applied.as_items()) {
        (Some(config), Some(applied)) => {
            let mut pairs = config.iter().zip(applied);
            config.len() == applied.len() && pairs.all(|(config, applied)| agrees(config, applied))
        }
        _ => false,
    }
}
