//! Thousands of random histories of drift and healing, with a clock of their own: healing never exceeds what the policy
//! allows, whatever drifts, whatever fails, and however the clock goes.
#![expect(
    clippy::unwrap_used,
    reason = "a test fails where what it is made of cannot be read"
)]

use std::collections::{BTreeMap, BTreeSet};

use delivery::drift::{Difference, Finding, classify, current, put_right, remember, unhealthy};
use delivery::heal::{Decision, Effort, Situation, Verdict, Why, attempted, decide, quarantined};
use delivery::remedy::{Objection, Remedy, check, dependents, forced};
use lang::project::{Heal, HealAction, HealOn};
use model::address::{InstanceAddr, ProviderAddr, ResourceAddr};
use model::change::{Action, Change, Dependencies, ReplaceOrder};
use model::clock::Timestamp;
use model::pattern::Pattern;
use model::{Path, PathStep, Sources, Span, Value};
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

/// What `protect` names.
fn named(patterns: &[&str]) -> Vec<(Pattern, Span)> {
    let file = Sources::default().add("terrace.hcl", "");
    let patterns = patterns.iter().map(|text| text.parse().unwrap());
    patterns
        .map(|pattern| (pattern, Span::new(file, 0, 0)))
        .collect()
}

/// An environment whose drift is looked for and healed.
struct World {
    policy: Heal,
    sightings: Vec<Sighting>,
    /// When what was touched, and whether that destroyed it: one entry an instance.
    healed: Vec<(Timestamp, InstanceAddr, bool)>,
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
            destroys: recent().filter(|(.., destroyed)| *destroyed).count() as u64,
        }
    }

    /// A look, and all that may be healed tried.
    fn look(&mut self, at: Timestamp, differences: Vec<Difference>) -> Vec<Decision> {
        self.look_and(at, differences, &[], Crash::None)
    }

    /// A look, and all that may be healed tried, with what that forces to change: replaced where it is true. The process
    /// may crash on the way.
    fn look_and(
        &mut self,
        at: Timestamp,
        differences: Vec<Difference>,
        forcing: &[bool],
        crash: Crash,
    ) -> Vec<Decision> {
        let findings: Vec<Finding> = classify(&self.policy, differences);
        let sightings = remember(&self.sightings, &findings, &BTreeSet::new(), at);
        let situation = Situation {
            policy: &self.policy,
            protect: &[],
            findings: &findings,
            sightings: &sightings,
            recent: self.recent(at),
            instances: 20,
            now: at,
        };
        let decisions = decide(&situation);
        let acting = || decisions.iter().filter(|decision| decision.acts());
        let healing: BTreeSet<InstanceAddr> =
            acting().map(|decision| decision.addr.clone()).collect();
        let forced_too = |number: usize| addr(&format!("b.x{number}"));
        let dependents = (0..forcing.len()).map(forced_too).collect();
        let mut changes: Vec<Change> = acting()
            .map(|decision| {
                let action = match (&decision.verdict, decision.on) {
                    (Verdict::Update, _) => Action::Update,
                    (_, HealOn::Missing) => Action::Create,
                    _ => Action::Replace(ReplaceOrder::DestroyFirst),
                };
                change(&decision.addr.to_string(), action)
            })
            .collect();
        changes.extend(forcing.iter().enumerate().map(|(number, replaced)| {
            let action = if *replaced {
                Action::Replace(ReplaceOrder::DestroyFirst)
            } else {
                Action::Update
            };
            change(&forced_too(number).to_string(), action)
        }));
        let remedy = Remedy {
            situation: &situation,
            decisions: &decisions,
            dependents: &dependents,
            lost: &BTreeSet::new(),
        };
        let applied = applied();
        let may = !healing.is_empty() && check(&remedy, &changes, |_| Some(&applied)).is_ok();
        let given_up = quarantined(&decisions, sightings.clone());
        self.sightings = given_up;
        if may && crash != Crash::BeforeCounting {
            self.sightings = attempted(&self.sightings, &healing, at);
            let done = if crash == Crash::BeforeActing {
                0
            } else {
                changes.len()
            };
            for change in changes.into_iter().take(done) {
                let destroyed = matches!(change.action, Action::Replace(_));
                self.healed.push((at, change.addr, destroyed));
            }
        }
        decisions
    }

    fn one(&mut self, minute: i64, difference: Difference) -> Verdict {
        let mut decisions = self.look(Timestamp(minute * MINUTE), vec![difference]);
        decisions.pop().unwrap().verdict
    }
}

/// Where a process dies that heals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Crash {
    None,
    BeforeCounting,
    BeforeActing,
}

fn applied() -> Value {
    Value::object([("size", Value::int(1))])
}

/// A change that brings back what was applied.
fn change(address: &str, action: Action) -> Change {
    Change {
        addr: addr(address),
        deposed: None,
        previous: None,
        importing: None,
        provider: "provider[\"terrace/sim\"]"
            .parse::<ProviderAddr>()
            .unwrap()
            .into(),
        action,
        reason: None,
        because: Vec::new(),
        before: applied(),
        after: applied(),
        replace_paths: Vec::new(),
        config: applied(),
        private: Vec::new(),
        prior_private: Vec::new(),
        schema_version: 0,
        dependencies: Dependencies::from([]),
        create_before_destroy: false,
        legacy: false,
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
        matches!(&decision.verdict, Verdict::Leave(Why::Exceeds(excess)) if (excess.now, excess.before, excess.limit) == (4, 0, 3))
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
fn a_limit_says_what_was_healed_before() {
    let mut world = World::new(
        "heal {\n limit {\n resources = 2\n per = \"1h\"\n }\n rule \"all\" {\n match = [\"a.*\"]\n action = \"recreate\"\n }\n }",
    );
    let missing = |names: &[&str]| -> Vec<Difference> {
        let differs = |name: &&str| differs(name, HealOn::Missing, &[]);
        names.iter().map(differs).collect()
    };
    let said = |decisions: &[Decision]| {
        let verdict = &decisions.first().unwrap().verdict;
        let Verdict::Leave(Why::Exceeds(excess)) = verdict else {
            return format!("{verdict:?}");
        };
        excess.to_string()
    };
    let decisions = world.look(Timestamp(0), missing(&["a.a", "a.b", "a.c"]));
    assert_eq!(said(&decisions), "3 instances, and the limit is 2");
    let decisions = world.look(Timestamp(MINUTE), missing(&["a.a", "a.b"]));
    assert!(decisions.iter().all(Decision::acts));
    let decisions = world.look(Timestamp(2 * MINUTE), missing(&["a.c", "a.d"]));
    assert_eq!(
        said(&decisions),
        "2 instances now, and 2 in the last 1h; the limit is 2 in 1h"
    );
    let decisions = world.look(Timestamp(61 * MINUTE), missing(&["a.c", "a.d"]));
    assert!(decisions.iter().all(Decision::acts));
}

#[test]
fn what_is_protected_is_made_anew_where_it_is_gone_and_never_replaced() {
    let policy = policy(
        "heal {\n limit {\n resources = 9\n destroys = 9\n }\n rule \"all\" {\n match = [\"*.*\"]\n action = \"recreate\"\n }\n }",
    );
    let protect = named(&["a.named"]);
    let verdict = |name: &str, on: HealOn| {
        let findings = classify(&policy, vec![differs(name, on, &[])]);
        let sightings = remember(&[], &findings, &BTreeSet::new(), Timestamp(0));
        let decisions = decide(&Situation {
            policy: &policy,
            protect: &protect,
            findings: &findings,
            sightings: &sightings,
            recent: Effort::default(),
            instances: 20,
            now: Timestamp(0),
        });
        decisions.first().unwrap().verdict.clone()
    };
    let left = |by: &str| Verdict::Leave(Why::Protected { by: by.into() });
    for on in [HealOn::Changed, HealOn::Unhealthy] {
        assert_eq!(verdict("a.named", on), left("`protect` names a.named"));
        assert_eq!(
            verdict("aws_db_instance.x", on),
            left("aws_db_instance keeps data")
        );
        assert_eq!(verdict("a.other", on), Verdict::Recreate);
    }
    let missing = verdict("a.named", HealOn::Missing);
    assert_eq!(missing, Verdict::Recreate);
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

/// One look: how long after the one before it, how each instance differs then, what healing forces to change (replaced
/// where it is true), and where it crashes.
type Look = (i64, Vec<Option<HealOn>>, Vec<bool>, Crash);

fn looks() -> impl Strategy<Value = Vec<Look>> {
    let on = prop_oneof![
        4 => Just(None),
        1 => Just(Some(HealOn::Missing)),
        1 => Just(Some(HealOn::Changed)),
        1 => Just(Some(HealOn::Unhealthy)),
    ];
    // The clock may go back.
    let step = prop_oneof![8 => 0..40_i64, 1 => 100..2000_i64, 1 => -60..0_i64];
    let crash = prop_oneof![
        4 => Just(Crash::None),
        1 => Just(Crash::BeforeCounting),
        1 => Just(Crash::BeforeActing),
    ];
    let forcing =
        prop_oneof![2 => Just(Vec::new()), 1 => prop::collection::vec(any::<bool>(), 0..3)];
    let differing = prop::collection::vec(on, 8);
    prop::collection::vec((step, differing, forcing, crash), 1..30)
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
        for (step, differing, forcing, crash) in looks {
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
            let decisions = world.look_and(at, differences, &forcing, crash);
            // What a person put right begins anew.
            last.retain(|addr, _| world.sightings.iter().any(|row| row.addr == *addr));
            prop_assert_eq!(decisions.len(), wanted);
            prop_assert_eq!(current(&world.sightings).count(), wanted);
            let done: Vec<_> = world.healed.iter().skip(before.len()).collect();
            let within = |healed: &&(Timestamp, InstanceAddr, bool)| {
                per.is_some_and(|per| (now * MINUTE).saturating_sub(healed.0.0) < per * MINUTE)
            };
            if !done.is_empty() {
                let recent: Vec<_> = before.iter().filter(within).collect();
                prop_assert!((done.len() + recent.len()) as u64 <= most);
                let destroyed = |touched: &&&(Timestamp, InstanceAddr, bool)| touched.2;
                let now_destroyed = done.iter().filter(destroyed).count();
                let destroying = now_destroyed + recent.iter().filter(destroyed).count();
                prop_assert!(now_destroyed == 0 || destroying as u64 <= u64::from(destroys));
            }
            let healed = |decision: &&Decision| done.iter().any(|(_, addr, _)| *addr == decision.addr);
            for decision in decisions.iter().filter(healed) {
                let number = (0..8).find(|number| addr(&format!("a.x{number}")) == decision.addr).unwrap();
                prop_assert!(decision.acts());
                prop_assert!(in_a_row.get(&(number, decision.on)).copied().unwrap_or(0) >= confirm);
                let earlier = last.insert(decision.addr.clone(), now);
                prop_assert!(earlier.is_none_or(|earlier| now >= earlier + cooldown.min(240)));
                let row = world.sightings.iter().filter(|row| row.addr == decision.addr);
                prop_assert!(row.map(|row| row.attempts).sum::<u64>() <= u64::from(attempts));
            }
        }
    }
}

#[test]
fn an_unhealthy_instance_is_one_that_a_failing_check_is_about_and_nothing_else_explains() {
    let text = "check \"health\" {\n tcp = \"127.0.0.1:1\"\n about = [\"a.*\"]\n }\n\
                check \"whole\" {\n tcp = \"127.0.0.1:1\"\n }";
    let mut sources = Sources::default();
    let file = sources.add("terrace.hcl", text);
    let (project, found) = lang::project::read(file, text);
    assert!(!found.has_errors(), "{found:?}");
    let set = |names: &[&str]| names.iter().map(|name| addr(name)).collect::<BTreeSet<_>>();
    let all = set(&["a.x", "a.y", "b.x"]);
    let judged = |blind: &[&str], differs: &[&str]| {
        let found = unhealthy(project.checks.values(), &all, &set(blind), &set(differs));
        found.keys().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(judged(&[], &[]), ["a.x", "a.y"]);
    assert_eq!(judged(&[], &["a.x"]), ["a.y"]);
    // Something it is about is gone, which explains it.
    assert_eq!(judged(&["a.x"], &["a.x"]), [""; 0]);
    assert_eq!(judged(&["b.x"], &["b.x"]), ["a.x", "a.y"]);
}

#[test]
fn what_depends_on_what_is_healed_is_found_however_far() {
    let needs = |names: &[&str]| -> Dependencies {
        let resource = |name: &&str| std::sync::Arc::new(addr(name).resource());
        names
            .iter()
            .map(resource)
            .collect::<Vec<std::sync::Arc<ResourceAddr>>>()
            .into()
    };
    let none = needs(&[]);
    let (on_a, on_b) = (needs(&["a.x"]), needs(&["b.x"]));
    let instances = [
        ("a.x[0]", &none),
        ("a.x[1]", &none),
        ("b.x", &on_a),
        ("c.x[\"k\"]", &on_b),
        ("d.x", &none),
    ];
    let instances = instances.map(|(name, needs)| (addr(name), needs));
    let found = dependents(instances, &BTreeSet::from([addr("a.x[0]")]));
    let names: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert_eq!(names, ["b.x", "c.x[\"k\"]"]);
    let changes = [
        change("b.x", Action::Update),
        change("c.x[\"k\"]", Action::NoOp),
        change("d.x", Action::Update),
    ];
    assert_eq!(forced(&changes, &found), BTreeSet::from([addr("b.x")]));
}

#[test]
fn a_plan_that_heals_does_what_was_decided_and_what_that_forces() {
    let policy = policy("heal {\n limit {\n resources = 2\n destroys = 1\n }\n }");
    let protect = named(&["c.data"]);
    let decided = |name: &str, on, verdict| Decision {
        addr: addr(name),
        on,
        rule: None,
        action: HealAction::Recreate,
        unfit: None,
        verdict,
    };
    let decisions = [
        decided("a.gone", HealOn::Missing, Verdict::Recreate),
        decided("a.other", HealOn::Changed, Verdict::Update),
        decided("b.left", HealOn::Changed, Verdict::Leave(Why::Reported)),
    ];
    let situation = Situation {
        policy: &policy,
        protect: &protect,
        findings: &[],
        sightings: &[],
        recent: Effort::default(),
        instances: 20,
        now: Timestamp(0),
    };
    let dependents = ["b.x", "b.y", "b.left", "c.data"].map(addr).into();
    let lost = BTreeSet::from([addr("a.gone")]);
    let remedy = Remedy {
        situation: &situation,
        decisions: &decisions,
        dependents: &dependents,
        lost: &lost,
    };
    let applied = applied();
    let judged = |changes: &[Change]| check(&remedy, changes, |_| Some(&applied)).err();
    let replace = || Action::Replace(ReplaceOrder::DestroyFirst);
    let gone = || change("a.gone", Action::Create);
    assert_eq!(judged(&[gone(), change("b.x", Action::Update)]), None);
    assert_eq!(judged(&[gone(), change("b.x", replace())]), None);
    // What is forced counts, and so does what that destroys.
    let three = [
        gone(),
        change("b.x", Action::Update),
        change("b.y", Action::Update),
    ];
    assert!(matches!(judged(&three), Some(Objection::Exceeds(excess)) if excess.now == 3));
    let two = [change("b.x", replace()), change("b.y", replace())];
    assert!(
        matches!(judged(&two), Some(Objection::Exceeds(excess)) if excess.what == "destroyed objects")
    );
    // What is left alone stays so, though it depends on what is healed; and so does all that does not depend on it.
    let left = change("b.left", Action::Update);
    assert_eq!(
        judged(&[gone(), left]),
        Some(Objection::Beyond(addr("b.left")))
    );
    let stranger = change("c.x", Action::Update);
    assert_eq!(judged(&[stranger]), Some(Objection::Beyond(addr("c.x"))));
    assert_eq!(
        judged(&[change("b.x", Action::Destroy)]),
        Some(Objection::Beyond(addr("b.x")))
    );
    // An update never becomes a replacement.
    assert_eq!(
        judged(&[change("a.other", replace())]),
        Some(Objection::Another(addr("a.other")))
    );
    // What is protected is not replaced by anybody, and may be changed.
    let by = "`protect` names c.data".to_owned();
    assert_eq!(
        judged(&[gone(), change("c.data", replace())]),
        Some(Objection::Protected {
            addr: addr("c.data"),
            by
        })
    );
    assert_eq!(judged(&[gone(), change("c.data", Action::Update)]), None);
    let edited = Change {
        config: Value::object([("size", Value::int(2))]),
        ..change("b.x", Action::Update)
    };
    assert_eq!(judged(&[edited]), Some(Objection::Edited(addr("b.x"))));
}

#[test]
fn what_a_run_destroyed_to_replace_it_is_made_again_though_nothing_of_it_is_recorded() {
    let policy = policy("heal {}");
    let decisions = [Decision {
        addr: addr("a.gone"),
        on: HealOn::Missing,
        rule: None,
        action: HealAction::Recreate,
        unfit: None,
        verdict: Verdict::Recreate,
    }];
    let situation = Situation {
        policy: &policy,
        protect: &[],
        findings: &[],
        sightings: &[],
        recent: Effort::default(),
        instances: 20,
        now: Timestamp(0),
    };
    let judged = |lost: BTreeSet<InstanceAddr>| {
        let remedy = Remedy {
            situation: &situation,
            decisions: &decisions,
            dependents: &BTreeSet::new(),
            lost: &lost,
        };
        check(&remedy, &[change("a.gone", Action::Create)], |_| None).err()
    };
    assert_eq!(judged(BTreeSet::from([addr("a.gone")])), None);
    let edited = Some(Objection::Edited(addr("a.gone")));
    assert_eq!(judged(BTreeSet::new()), edited);
}

#[test]
fn nothing_is_set_back_that_is_expected_to_differ_or_was_not_found() {
    let policy = policy(
        "heal {\n rule \"scaled\" {\n match = [\"a.*.size\"]\n on = [\"changed\"]\n action = \"ignore\"\n }\n \
         rule \"rest\" {\n match = [\"a.*\"]\n on = [\"changed\"]\n action = \"update\"\n }\n }",
    );
    let findings = classify(
        &policy,
        vec![differs("a.x", HealOn::Changed, &["size", "tags"])],
    );
    let sightings = remember(&[], &findings, &BTreeSet::new(), Timestamp(0));
    let situation = |findings| Situation {
        policy: &policy,
        protect: &[],
        findings,
        sightings: &sightings,
        recent: Effort::default(),
        instances: 20,
        now: Timestamp(0),
    };
    let verdict = decide(&situation(&findings)).pop().unwrap().verdict;
    let attribute = "size".to_owned();
    assert_eq!(verdict, Verdict::Leave(Why::BesideExpected { attribute }));

    // The plan is held to what was found, also where nothing else keeps it to that.
    let findings = classify(&policy, vec![differs("a.x", HealOn::Changed, &["tags"])]);
    let situation = situation(&findings);
    let decisions = decide(&situation);
    let none = BTreeSet::new();
    let remedy = Remedy {
        situation: &situation,
        decisions: &decisions,
        dependents: &none,
        lost: &none,
    };
    let object = |size: i64, tags: Option<&str>| {
        let tags = tags.map_or(Value::Null(model::Type::String), Value::string);
        Value::object([("size", Value::int(size)), ("tags", tags)])
    };
    let applied = object(1, Some("x"));
    let judged = |before: Value, after: Value, config: Value| {
        let change = Change {
            before,
            after,
            config,
            ..change("a.x", Action::Update)
        };
        check(&remedy, &[change], |_| Some(&applied)).err()
    };
    let drifted = || object(5, Some("y"));
    assert_eq!(
        judged(drifted(), object(5, Some("x")), object(1, Some("x"))),
        None
    );
    assert_eq!(
        judged(drifted(), object(1, Some("x")), object(1, Some("x"))),
        Some(Objection::Another(addr("a.x")))
    );
    // What the definition has no more was applied all the same.
    assert_eq!(
        judged(drifted(), object(5, None), object(1, None)),
        Some(Objection::Edited(addr("a.x")))
    );
}

#[test]
fn what_was_put_right_begins_anew() {
    let finding = |on| classify(&Heal::default(), vec![differs("a.x", on, &[])]);
    let missing = finding(HealOn::Missing);
    let none = BTreeSet::new();
    let it = BTreeSet::from([addr("a.x")]);
    let seen = remember(&[], &missing, &none, Timestamp(1));
    let seen = attempted(&seen, &it, Timestamp(2));
    let again = |earlier: Vec<Sighting>| {
        let mut rows = remember(&earlier, &missing, &none, Timestamp(3));
        rows.pop().unwrap()
    };
    let row = again(put_right(seen.clone(), &none, &it));
    assert_eq!(
        (row.first_seen, row.looks, row.attempts),
        (Timestamp(3), 1, 1)
    );
    let row = again(put_right(seen.clone(), &it, &none));
    assert_eq!(
        (row.first_seen, row.looks, row.attempts),
        (Timestamp(3), 1, 0)
    );
    let row = again(seen.clone());
    assert_eq!(
        (row.first_seen, row.looks, row.attempts),
        (Timestamp(1), 2, 1)
    );
    // What differs in another way has not been confirmed, though it is known since when it differs.
    let mut turned = missing.clone();
    turned.first_mut().unwrap().difference.seen = [1; 32];
    let row = remember(&seen, &turned, &none, Timestamp(3)).pop().unwrap();
    assert_eq!((row.first_seen, row.looks), (Timestamp(1), 1));
}

#[test]
fn a_rule_that_is_not_about_it_is_named() {
    let policy = policy(
        "heal {\n rule \"files\" {\n match = [\"a.*\"]\n on = [\"changed\"]\n action = \"update\"\n }\n }",
    );
    let found = classify(
        &policy,
        vec![
            differs("a.x", HealOn::Missing, &[]),
            differs("b.x", HealOn::Missing, &[]),
        ],
    );
    let unfit: Vec<Option<String>> = found
        .iter()
        .map(|finding| finding.unfit.as_ref().map(ToString::to_string))
        .collect();
    assert_eq!(unfit, [Some("files".to_owned()), None]);
}
