//! Thousands of random histories of drift and healing, with a clock of their own: healing never exceeds what the policy
//! allows, whatever drifts, whatever fails, and however the clock goes.
#![expect(
    clippy::unwrap_used,
    reason = "a test fails where what it is made of cannot be read"
)]

use std::collections::{BTreeMap, BTreeSet};

use delivery::drift::{Difference, Finding, classify, current, remember};
use delivery::heal::{Decision, Effort, Situation, Verdict, Why, attempted, decide, quarantined};
use lang::project::{Heal, HealAction, HealOn};
use model::address::InstanceAddr;
use model::clock::Timestamp;
use model::{Path, PathStep, Sources};
use proptest::prelude::*;
use state::Sighting;

const MINUTE: i64 = 60_000;

fn policy(text: &str) -> Heal {
    let mut sources = Sources::default();
    let file = sources.add("terrace.hcl", text);
    let (project, found) = lang::project::read(file, text);
    assert!(!found.has_errors(), "{found:?}");
    project.heal
}

fn addr(text: &str) -> InstanceAddr {
    text.parse().unwrap()
}

fn differs(address: &str, on: HealOn, attributes: &[&str]) -> Difference {
    let path = |name: &&str| Path(vec![PathStep::Attribute((*name).into())]);
    Difference {
        addr: addr(address),
        on,
        attributes: attributes.iter().map(path).collect(),
        seen: [0; 32],
    }
}

/// An environment whose drift is looked for and healed.
struct World {
    policy: Heal,
    sightings: Vec<Sighting>,
    /// When what was healed, one entry an instance.
    healed: Vec<(Timestamp, InstanceAddr, HealOn)>,
}

impl World {
    fn new(text: &str) -> Self {
        Self {
            policy: policy(text),
            sightings: Vec::new(),
            healed: Vec::new(),
        }
    }

    fn recent(&self, now: Timestamp) -> Effort {
        let Some(per) = self.policy.limit.per else {
            return Effort::default();
        };
        let recent = || self.healed.iter().filter(|(at, ..)| now.since(*at) < per);
        Effort {
            resources: recent().count() as u64,
            destroys: recent().filter(|(.., on)| *on != HealOn::Missing).count() as u64,
        }
    }

    /// A look, and all that may be healed tried.
    fn look(&mut self, at: Timestamp, differences: Vec<Difference>) -> Vec<Decision> {
        let findings: Vec<Finding> = classify(&self.policy, differences);
        let sightings = remember(&self.sightings, &findings, &BTreeSet::new(), at);
        let decisions = decide(&Situation {
            policy: &self.policy,
            findings: &findings,
            sightings: &sightings,
            recent: self.recent(at),
            instances: 20,
            now: at,
        });
        let healing: BTreeSet<InstanceAddr> = decisions
            .iter()
            .filter(|decision| decision.acts())
            .map(|decision| decision.addr.clone())
            .collect();
        let given_up = quarantined(&decisions, sightings);
        self.sightings = attempted(&given_up, &healing, at);
        for decision in decisions.iter().filter(|decision| decision.acts()) {
            self.healed.push((at, decision.addr.clone(), decision.on));
        }
        decisions
    }

    fn one(&mut self, minute: i64, difference: Difference) -> Verdict {
        let mut decisions = self.look(Timestamp(minute * MINUTE), vec![difference]);
        decisions.pop().unwrap().verdict
    }
}

const EVERYTHING: &str = "heal {\n cooldown = \"10m\"\n attempts = 3\n rule \"all\" {\n match = [\"a.*\"]\n action = \"recreate\"\n }\n }";

#[test]
fn what_drifts_again_and_again_is_healed_ever_more_rarely_and_then_left_to_a_person() {
    let mut world = World::new(EVERYTHING);
    let mut acted = Vec::new();
    for minute in 0..200 {
        let verdict = world.one(minute, differs("a.x", HealOn::Missing, &[]));
        if verdict == Verdict::Recreate {
            acted.push(minute);
        }
    }
    assert_eq!(acted, [0, 10, 30]);
    let verdict = world.one(200, differs("a.x", HealOn::Missing, &[]));
    assert_eq!(verdict, Verdict::Leave(Why::Quarantined { attempts: 3 }));
    // Put right by a person, it may be healed again.
    world.look(Timestamp(201 * MINUTE), Vec::new());
    let verdict = world.one(202, differs("a.x", HealOn::Missing, &[]));
    assert_eq!(verdict, Verdict::Recreate);
}

#[test]
fn what_is_healed_each_night_is_given_up() {
    let mut world = World::new(EVERYTHING);
    let night = 24 * 60;
    let verdicts: Vec<bool> = (0..5)
        .map(|day| {
            let verdict = world.one(day * night, differs("a.x", HealOn::Missing, &[]));
            if verdict == Verdict::Recreate {
                world.look(Timestamp((day * night + 1) * MINUTE), Vec::new());
            }
            verdict == Verdict::Recreate
        })
        .collect();
    assert_eq!(verdicts, [true, true, true, false, false]);
}

#[test]
fn what_was_healed_long_ago_is_forgotten() {
    let mut world = World::new(EVERYTHING);
    let week = 8 * 24 * 60;
    for at in 0..6 {
        let verdict = world.one(at * week, differs("a.x", HealOn::Missing, &[]));
        assert_eq!(verdict, Verdict::Recreate, "{at}");
        world.look(Timestamp((at * week + 1) * MINUTE), Vec::new());
        world.look(Timestamp(((at + 1) * week - 1) * MINUTE), Vec::new());
    }
}

#[test]
fn a_difference_must_be_confirmed_by_looks_in_a_row() {
    let mut world = World::new(
        "heal {\n confirm = 2\n rule \"all\" {\n match = [\"a.*\"]\n action = \"recreate\"\n }\n }",
    );
    let unconfirmed = Verdict::Leave(Why::Unconfirmed {
        looks: 1,
        wanted: 2,
    });
    let missing = || differs("a.x", HealOn::Missing, &[]);
    assert_eq!(world.one(0, missing()), unconfirmed);
    world.look(Timestamp(MINUTE), Vec::new());
    assert_eq!(world.one(2, missing()), unconfirmed);
    assert_eq!(world.one(3, missing()), Verdict::Recreate);
}

#[test]
fn more_than_the_limit_is_left_alone_as_a_whole() {
    let mut world = World::new(EVERYTHING);
    let missing = |names: &[&str]| {
        let differs = |name: &&str| differs(name, HealOn::Missing, &[]);
        names.iter().map(differs).collect::<Vec<_>>()
    };
    let decisions = world.look(Timestamp(0), missing(&["a.a", "a.b", "a.c", "a.d"]));
    assert!(decisions.iter().all(|decision| {
        matches!(&decision.verdict, Verdict::Leave(Why::Exceeds(excess)) if excess.wanted == 4 && excess.limit == 3)
    }));
    let decisions = world.look(Timestamp(1), missing(&["a.a", "a.b", "a.c"]));
    assert!(decisions.iter().all(Decision::acts));
    // Nothing may be destroyed unless that is said.
    let verdict = world.one(2, differs("a.e", HealOn::Changed, &["size"]));
    assert!(
        matches!(verdict, Verdict::Leave(Why::Exceeds(excess)) if excess.what == "destroyed objects")
    );
}

#[test]
fn the_first_rule_decides_and_the_most_careful_one_for_several_attributes() {
    let policy = policy(
        "heal {\n rule \"scaled\" {\n match = [\"a.*.size\"]\n on = [\"changed\"]\n action = \"ignore\"\n }\n \
         rule \"tags\" {\n match = [\"a.*.tags\"]\n on = [\"changed\"]\n action = \"update\"\n }\n \
         rule \"rest\" {\n match = [\"a.*\"]\n action = \"report\"\n }\n }",
    );
    let judged = |attributes: &[&str]| {
        let found = classify(&policy, vec![differs("a.x", HealOn::Changed, attributes)]);
        let finding = found.into_iter().next().unwrap();
        (
            finding.rule.unwrap().to_string(),
            finding.action,
            finding.difference.attributes.len(),
        )
    };
    assert_eq!(judged(&["size"]), ("scaled".into(), HealAction::Ignore, 1));
    assert_eq!(
        judged(&["size", "tags"]),
        ("tags".into(), HealAction::Update, 1)
    );
    assert_eq!(
        judged(&["tags", "name"]),
        ("rest".into(), HealAction::Report, 2)
    );
    let missing = classify(&policy, vec![differs("a.x", HealOn::Missing, &[])]);
    assert_eq!(missing.first().unwrap().action, HealAction::Report);
    let elsewhere = classify(&policy, vec![differs("b.x", HealOn::Missing, &[])]);
    assert_eq!(elsewhere.first().unwrap().rule, None);
}

#[test]
fn since_when_is_kept_and_what_cannot_be_read_stays_as_known() {
    let policy = Heal::default();
    let findings = classify(&policy, vec![differs("a.x", HealOn::Missing, &[])]);
    let none = BTreeSet::new();
    let first = remember(&[], &findings, &none, Timestamp(1));
    let second = remember(&first, &findings, &none, Timestamp(2));
    let row = second.first().unwrap();
    assert_eq!(
        (row.first_seen, row.last_seen, row.looks),
        (Timestamp(1), Timestamp(2), 2)
    );
    let blind = BTreeSet::from([addr("a.x")]);
    assert_eq!(remember(&second, &[], &blind, Timestamp(3)), second);
    assert_eq!(remember(&second, &[], &none, Timestamp(3)), []);
}

/// One look: how long after the one before it, and how each instance differs then.
type Look = (i64, Vec<Option<HealOn>>);

fn looks() -> impl Strategy<Value = Vec<Look>> {
    let on = prop_oneof![
        4 => Just(None),
        1 => Just(Some(HealOn::Missing)),
        1 => Just(Some(HealOn::Changed)),
        1 => Just(Some(HealOn::Unhealthy)),
    ];
    // The clock may go back.
    let step = prop_oneof![8 => 0..40_i64, 1 => 100..2000_i64, 1 => -60..0_i64];
    prop::collection::vec((step, prop::collection::vec(on, 8)), 1..30)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn healing_never_exceeds_its_limits(
        looks in looks(),
        confirm in 1..4_u32,
        attempts in 1..4_u32,
        resources in 0..6_u32,
        destroys in 0..3_u32,
        per in prop_oneof![Just(None), (1..120_i64).prop_map(Some)],
        cooldown in 0..90_i64,
        share in 0..=100_u32,
    ) {
        let window = per.map_or_else(String::new, |per| format!("per = \"{per}m\"\n"));
        let mut world = World::new(&format!(
            "heal {{\n confirm = {confirm}\n cooldown = \"{cooldown}m\"\n attempts = {attempts}\n \
             rule \"all\" {{\n match = [\"a.*\"]\n action = \"recreate\"\n }}\n \
             limit {{\n resources = {resources}\n destroys = {destroys}\n share = \"{share}%\"\n {window} }}\n }}"
        ));
        let most = u64::from(resources).min(u64::from(share) * 20 / 100);
        let mut now = 10_000_i64;
        let mut last: BTreeMap<InstanceAddr, i64> = BTreeMap::new();
        let mut in_a_row: BTreeMap<(usize, HealOn), u32> = BTreeMap::new();
        for (step, differing) in looks {
            now += step;
            let at = Timestamp(now * MINUTE);
            let mut differences = Vec::new();
            for (number, on) in differing.iter().enumerate() {
                for class in HealOn::ALL {
                    if *on == Some(class) {
                        *in_a_row.entry((number, class)).or_default() += 1;
                        differences.push(differs(&format!("a.x{number}"), class, &[]));
                    } else {
                        in_a_row.remove(&(number, class));
                    }
                }
            }
            let before = world.healed.clone();
            let wanted = differences.len();
            let decisions = world.look(at, differences);
            // What a person put right begins anew.
            last.retain(|addr, _| world.sightings.iter().any(|row| row.addr == *addr));
            prop_assert_eq!(decisions.len(), wanted);
            prop_assert_eq!(current(&world.sightings).count(), wanted);
            let acting: Vec<&Decision> = decisions.iter().filter(|decision| decision.acts()).collect();
            let within = |healed: &&(Timestamp, InstanceAddr, HealOn)| {
                per.is_some_and(|per| (now * MINUTE).saturating_sub(healed.0.0) < per * MINUTE)
            };
            if !acting.is_empty() {
                let recent: Vec<_> = before.iter().filter(within).collect();
                prop_assert!((acting.len() + recent.len()) as u64 <= most);
                let destroying = acting.iter().filter(|decision| decision.on != HealOn::Missing).count()
                    + recent.iter().filter(|(.., on)| *on != HealOn::Missing).count();
                let nothing_destroyed = acting.iter().all(|decision| decision.on == HealOn::Missing);
                prop_assert!(nothing_destroyed || destroying as u64 <= u64::from(destroys));
            }
            for decision in acting {
                let number = (0..8).find(|number| addr(&format!("a.x{number}")) == decision.addr).unwrap();
                prop_assert!(in_a_row.get(&(number, decision.on)).copied().unwrap_or(0) >= confirm);
                let earlier = last.insert(decision.addr.clone(), now);
                prop_assert!(earlier.is_none_or(|earlier| now >= earlier + cooldown.min(240)));
                let row = world.sightings.iter().filter(|row| row.addr == decision.addr);
                prop_assert!(row.map(|row| row.attempts).sum::<u64>() <= u64::from(attempts));
            }
        }
    }
}
