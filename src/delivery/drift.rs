//! What a look found, judged by the `heal` policy and joined with what earlier looks knew. Pure: no look, no clock.
//! What is done about it is in [`heal`](crate::heal). Entry points: [`classify`],
//! [`unhealthy`], [`remember`].

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::time::Duration;

use lang::project::{Check, Heal, HealAction, HealOn, HealRule};
use model::address::InstanceAddr;
use model::clock::Timestamp;
use model::{Path, Str};
use state::Sighting;

/// For how long it is remembered that something was healed: what drifts again within that time has drifted again.
pub const MEMORY: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// A way in which an instance is not as it was applied.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The instance.
    pub addr: InstanceAddr,
    /// The way.
    pub on: HealOn,
    /// The attributes that differ; empty unless it is changed.
    pub attributes: Vec<Path>,
    /// Digest of what is there, which says whether it is still the same.
    pub seen: [u8; 32],
}

/// A difference and what the policy says of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The difference, without the attributes that are expected to differ.
    pub difference: Difference,
    /// The rule that decided; none where the default did.
    pub rule: Option<Str>,
    /// What is to happen.
    pub action: HealAction,
    /// An attribute that is expected to differ, beside others that are not: the instance cannot be put right without
    /// setting that back too.
    pub beside: Option<Path>,
    /// Where no rule decided, the first rule that names the instance, but is not about this way to differ.
    pub unfit: Option<Str>,
}

impl Finding {
    /// Whether it is expected, so that it is no drift.
    pub fn is_expected(&self) -> bool {
        self.action == HealAction::Ignore
    }

    /// Its class as it is recorded and shown.
    pub fn class(&self) -> &'static str {
        self.difference.on.word()
    }
}

/// Judges differences by the policy, in their order. The first rule that matches decides; where rules decide
/// differently about attributes of one instance, the most careful of them does.
pub fn classify(policy: &Heal, differences: Vec<Difference>) -> Vec<Finding> {
    differences
        .into_iter()
        .map(|difference| judge(policy, difference))
        .collect()
}

fn judge(policy: &Heal, mut difference: Difference) -> Finding {
    let (mut rule, mut action) = if difference.attributes.is_empty() {
        decider(policy, &difference, None)
    } else {
        (None, HealAction::Ignore)
    };
    let mut kept = Vec::new();
    let mut is_first = true;
    for attribute in std::mem::take(&mut difference.attributes) {
        let (found, wanted) = decider(policy, &difference, Some(&attribute));
        if is_first || care(wanted) > care(action) {
            (rule, action) = (found, wanted);
        }
        is_first = false;
        kept.push((wanted, attribute));
    }
    // Where all are expected, all are named.
    let expected = action == HealAction::Ignore;
    let ignored = kept
        .iter()
        .find(|(wanted, _)| *wanted == HealAction::Ignore);
    let beside = ignored
        .filter(|_| !expected)
        .map(|(_, attribute)| attribute.clone());
    kept.retain(|(wanted, _)| expected || *wanted != HealAction::Ignore);
    difference.attributes = kept.into_iter().map(|(_, attribute)| attribute).collect();
    let unfit = match rule {
        Some(_) => None,
        None => policy.rules.iter().find(|rule| {
            rule.patterns
                .iter()
                .any(|(pattern, _)| pattern.matches(&difference.addr))
        }),
    };
    Finding {
        unfit: unfit.map(|rule| rule.name.clone()),
        difference,
        rule: rule.map(|rule| rule.name.clone()),
        action,
        beside,
    }
}

/// The rule about an instance or one of its attributes, and what it wants.
fn decider<'p>(
    policy: &'p Heal,
    difference: &Difference,
    attribute: Option<&Path>,
) -> (Option<&'p HealRule>, HealAction) {
    let on = difference.on;
    let means = |rule: &HealRule| {
        rule.patterns.iter().any(|(pattern, _)| {
            pattern.matches(&difference.addr)
                || attribute.is_some_and(|path| pattern.matches_attribute(&difference.addr, path))
        })
    };
    let decides =
        |rule: &&HealRule| rule.on.contains(&on) && rule.action.is_about(on) && means(rule);
    match policy.rules.iter().find(decides) {
        Some(rule) => (Some(rule), rule.action),
        None if policy.default.is_about(on) => (None, policy.default),
        None => (None, HealAction::Report),
    }
}

/// How careful an action is: what only some attributes ask for must not be done to all.
fn care(action: HealAction) -> u8 {
    match action {
        HealAction::Ignore => 0,
        HealAction::Recreate => 1,
        HealAction::Update => 2,
        HealAction::Adopt => 3,
        HealAction::Report => 4,
    }
}

/// The instances that are unhealthy, by the checks that are about them and do not pass.
///
/// Where an instance that a check is about is gone or could not be read (`blind`), that explains the check, and it says
/// nothing of the others. An instance that `differs` is not as it was applied, which is to be mended first.
pub fn unhealthy<'c>(
    failing: impl IntoIterator<Item = &'c Check>,
    instances: &BTreeSet<InstanceAddr>,
    blind: &BTreeSet<InstanceAddr>,
    differs: &BTreeSet<InstanceAddr>,
) -> BTreeMap<InstanceAddr, Vec<Str>> {
    let mut found: BTreeMap<InstanceAddr, Vec<Str>> = BTreeMap::new();
    for check in failing {
        let is_about = |addr: &&InstanceAddr| {
            let mut patterns = check.about.iter();
            patterns.any(|(pattern, _)| pattern.matches(addr))
        };
        if blind.iter().any(|addr| is_about(&addr)) {
            continue;
        }
        let about = instances.iter().filter(is_about);
        for addr in about.filter(|addr| !differs.contains(addr)) {
            let checks = found.entry(addr.clone()).or_default();
            checks.push(check.name.clone());
        }
    }
    found
}

/// What is known of drift after what was done since it was written: what `changed` by an apply begins anew; of what was
/// `healed` it is still known how often that was tried, but not that it differs.
pub fn put_right(
    earlier: Vec<Sighting>,
    changed: &BTreeSet<InstanceAddr>,
    healed: &BTreeSet<InstanceAddr>,
) -> Vec<Sighting> {
    let kept = earlier
        .into_iter()
        .filter(|row| !changed.contains(&row.addr));
    kept.map(|row| {
        let looks = if healed.contains(&row.addr) {
            0
        } else {
            row.looks
        };
        Sighting { looks, ..row }
    })
    .collect()
}

/// What is known of drift after a look at `now` that found `findings` and could not read `unreadable`.
///
/// What is found again keeps since when; looks in a row are those that saw the same. What could not be read stays as it was known. What is not found any more is
/// forgotten, but that it was healed is remembered for [`MEMORY`], with no looks in a row: what drifts again each night
/// must not be healed for ever. What was left to a person and is gone was put right by one.
pub fn remember(
    earlier: &[Sighting],
    findings: &[Finding],
    unreadable: &BTreeSet<InstanceAddr>,
    now: Timestamp,
) -> Vec<Sighting> {
    let mut known: BTreeMap<(&InstanceAddr, &str), &Sighting> = earlier
        .iter()
        .map(|sighting| ((&sighting.addr, sighting.class.as_str()), sighting))
        .collect();
    let mut rows = Vec::new();
    for finding in findings.iter().filter(|finding| !finding.is_expected()) {
        let addr = &finding.difference.addr;
        let before = known.remove(&(addr, finding.class()));
        let lasting = before.filter(|before| before.looks > 0);
        rows.push(Sighting {
            addr: addr.clone(),
            class: finding.class().into(),
            first_seen: lasting.map_or(now, |before| before.first_seen),
            last_seen: now,
            // What differs in another way by now has not been confirmed.
            looks: lasting
                .filter(|before| before.seen == finding.difference.seen)
                .map_or(1, |before| before.looks.saturating_add(1)),
            attempts: before.map_or(0, |before| before.attempts),
            last_healed: before.and_then(|before| before.last_healed),
            quarantined: before.is_some_and(|before| before.quarantined),
            seen: finding.difference.seen,
        });
    }
    let differing: HashSet<InstanceAddr> = rows.iter().map(|row| row.addr.clone()).collect();
    for sighting in known.into_values() {
        if unreadable.contains(&sighting.addr) {
            rows.push(sighting.clone());
            continue;
        }
        let is_recent = |healed| now.since(healed) < MEMORY;
        let is_remembered = if differing.contains(&sighting.addr) {
            sighting.attempts > 0
        } else {
            !sighting.quarantined && sighting.last_healed.is_some_and(is_recent)
        };
        if is_remembered {
            rows.push(Sighting {
                looks: 0,
                ..sighting.clone()
            });
        }
    }
    rows.sort_by(|a, b| (&a.addr, &a.class).cmp(&(&b.addr, &b.class)));
    rows
}

/// The sightings that are drift now.
pub fn current(sightings: &[Sighting]) -> impl Iterator<Item = &Sighting> {
    sightings.iter().filter(|sighting| sighting.looks > 0)
}
