//! The pipeline's rules over thousands of random histories: revisions, deployments that the rules allowed, checks,
//! approvals, holds, rejections, repairs, runs of the pipeline that may die, a clock that also goes back. What the rules promise is found again by an
//! oracle that only looks at what happened, in order.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails where what it made is not there"
)]

#[path = "histories/deeds.rs"]
mod deeds;
#[path = "histories/runs.rs"]
mod runs;

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use deeds::Deeds;
use delivery::advance::{Next, Round, candidate, next};
use delivery::bound::{Promoted, may_apply, promoted_by};
use delivery::coverage::Coverage;
use delivery::facts::{Approval, Decision, Deployment, Evidence, Facts, History, RevisionFacts};
use delivery::gate::{Question, Unmet, Waits, unmet};
use delivery::stages::{Pipeline, Stage, StageCheck};
use delivery::standing::{Instance, Standing, standing};
use model::Str;
use model::clock::Timestamp;
use model::serial::{RevisionId, RunId};

/// Chance that is the same each time (PCG by O'Neill: the high bits of a linear congruence).
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    fn one_in(&mut self, end: u64) -> bool {
        self.below(end) == 0
    }
}

fn pipeline(chance: &mut Chance) -> Pipeline {
    let check = |name: &str| StageCheck {
        name: name.into(),
        expires: None,
    };
    let stage = |name: &str, after: &[&str]| Stage {
        name: name.into(),
        after: after.iter().map(|name| Str::from(*name)).collect(),
        checks: vec![check("health")],
        ..Stage::default()
    };
    let mut production = stage("production", &["staging"]);
    production.soak = Duration::from_secs(chance.below(3) * 600);
    production.approvals = u32::try_from(chance.below(3)).unwrap_or(0);
    production.is_manual = chance.one_in(2);
    if chance.one_in(3) {
        production.evidence = Some(Duration::from_secs(600));
    }
    if chance.one_in(2) {
        production.approvers = Some(["anna", "bruno", "carla"].map(Str::from).into());
    }
    let mut staging = stage("staging", &["test"]);
    staging.checks.push(check("orders"));
    Pipeline {
        stages: vec![stage("test", &[]), staging, production],
    }
}

/// What happened, as it happened, for the oracle.
#[derive(Default)]
struct Oracle {
    /// In each environment: what is there, and which of its checks passed since it came.
    there: BTreeMap<Str, (RevisionId, BTreeSet<Str>)>,
    /// Revisions that were there with all checks passed, per environment, ever.
    verified: BTreeSet<(Str, RevisionId)>,
    /// The revision that was brought last, whatever came of it.
    aimed_at: BTreeMap<Str, RevisionId>,
    /// What the rules let come to each environment last; none since something was applied past them.
    promoted: BTreeMap<Str, RevisionId>,
    /// How often something came of which nobody who approved had seen all as it was then.
    known_since: u64,
    /// Who approved what for where.
    approved: BTreeMap<(Str, RevisionId), Vec<(Str, Deeds)>>,
}

struct World {
    chance: Chance,
    pipeline: Pipeline,
    facts: Facts,
    oracle: Oracle,
    now: Timestamp,
    run: u64,
    story: Vec<String>,
    /// Where everything ends as it is fated to, whose fates these are; else it ends by chance.
    fates: Option<u64>,
    /// Moments in which a `pipeline run` could have died, and the one in which it does.
    moments: u64,
    dies_at: Option<u64>,
}

/// How a deployment ends.
#[derive(Clone, Copy)]
enum End {
    Well,
    Badly,
    /// Its process died.
    Never,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut chance = Chance(seed);
        let pipeline = pipeline(&mut chance);
        Self {
            chance,
            pipeline,
            facts: Facts::default(),
            oracle: Oracle::default(),
            now: Timestamp(1_000_000_000),
            run: 0,
            story: Vec::new(),
            fates: None,
            moments: 0,
            dies_at: None,
        }
    }

    fn run(&mut self) -> RunId {
        self.run += 1;
        RunId(self.run)
    }

    fn decision(&mut self, by: &str) -> Decision {
        Decision {
            run: self.run(),
            by: by.into(),
            at: self.now,
            reason: None,
        }
    }

    fn somebody(&mut self) -> &'static str {
        ["anna", "bruno", "carla", "dora"][self.chance.below(4) as usize]
    }

    fn a_stage(&mut self) -> Stage {
        let at = self.chance.below(self.pipeline.stages.len() as u64) as usize;
        self.pipeline.stages[at].clone()
    }

    fn a_revision(&mut self) -> Option<RevisionId> {
        let count = self.facts.revisions.len() as u64;
        (count > 0).then(|| RevisionId(1 + self.chance.below(count)))
    }

    /// What a plan does: often what someone saw before, as far as it is left to be done, and knowing more of it.
    fn some_deeds(&mut self, stage: &Stage, revision: RevisionId) -> Deeds {
        let seen = self.oracle.approved.get(&(stage.name.clone(), revision));
        let seen: Vec<Deeds> = seen
            .into_iter()
            .flatten()
            .map(|one| one.1.clone())
            .collect();
        match seen.last() {
            Some(seen) if !self.chance.one_in(3) => seen.later(&mut self.chance),
            _ => Deeds::some(&mut self.chance),
        }
    }

    /// The approvals that were given for a revision in an environment.
    fn approved(&self, stage: &Stage, revision: RevisionId) -> Vec<Coverage> {
        let given = self.facts.environments.get(&stage.name);
        let given = given.into_iter().flat_map(|here| &here.approvals);
        let given = given.filter(|one| one.revision == revision);
        given.map(|one| one.covers.clone()).collect()
    }

    fn history(&mut self, stage: &Str) -> &mut History {
        self.facts.environments.entry(stage.clone()).or_default()
    }

    fn step(&mut self) {
        let ahead = self.chance.below(900_000) as i64;
        // Now and then the clock goes back.
        self.now.0 += if self.chance.one_in(20) {
            -ahead
        } else {
            ahead
        };
        match self.chance.below(18) {
            0 => self.make_revision(),
            1..=5 => self.promote(),
            6 | 7 => self.check(),
            8 => self.approve(),
            9 => self.repair(),
            10 => self.hold(),
            11 => self.reject(),
            12 => self.apply(),
            13 => self.break_glass(),
            14 => self.part(),
            _ => self.run_pipeline(),
        }
    }

    fn run_pipeline(&mut self) {
        if let Some(revision) = self.a_revision() {
            // Most runs live as long as they need.
            self.dies_at = Some(self.moments + self.chance.below(20));
            let _ = self.pipeline_run(revision);
            self.dies_at = None;
        }
    }

    /// Whether a `pipeline run` dies in this moment.
    fn dies(&mut self) -> bool {
        let now = self.moments;
        self.moments += 1;
        self.dies_at == Some(now)
    }

    fn fate(&mut self, what: impl Hash, end: u64) -> bool {
        match self.fates {
            None => self.chance.one_in(end),
            Some(seed) => {
                let mut hash = DefaultHasher::new();
                (seed, what).hash(&mut hash);
                hash.finish().is_multiple_of(end)
            }
        }
    }

    fn succeeds(&mut self, stage: &Str, revision: RevisionId) -> bool {
        !self.fate((stage.as_str(), revision.0), 4)
    }

    fn passes(&mut self, stage: &Str, revision: RevisionId, check: &Str) -> bool {
        !self.fate((stage.as_str(), revision.0, check.as_str()), 5)
    }

    fn stage(&self, name: &Str) -> Stage {
        self.pipeline.stage(name).expect("it is a stage").clone()
    }

    fn make_revision(&mut self) {
        let id = RevisionId(self.facts.revisions.len() as u64 + 1);
        let author = Str::from(self.somebody());
        self.story.push(format!("{id:?} by {author}"));
        let made = RevisionFacts {
            id,
            author,
            email: None,
            commit: None,
            created: self.now,
            rejected: None,
        };
        self.facts.revisions.insert(id, made);
    }

    fn promote(&mut self) {
        let stage = self.a_stage();
        let Some(revision) = self.a_revision() else {
            return;
        };
        let deeds = self.some_deeds(&stage, revision);
        let effects = deeds.effects(&self.approved(&stage, revision));
        let found = unmet(&Question {
            pipeline: &self.pipeline,
            facts: &self.facts,
            revision,
            stage: &stage,
            effects: Some(&effects),
            now: self.now,
        });
        if !found.is_empty() {
            return;
        }
        let end = match self.succeeds(&stage.name, revision) {
            true => End::Well,
            false => End::Badly,
        };
        self.bring(&stage, revision, &deeds, end);
    }

    /// Brings a revision to an environment, and checks it; says whether all is well.
    fn bring(&mut self, stage: &Stage, revision: RevisionId, deeds: &Deeds, end: End) -> bool {
        self.story.push(format!("{revision:?} to {}", stage.name));
        self.allowed(stage, revision, deeds);
        self.deploy(stage, revision, end)
    }

    /// What `apply` does where it is bound to what was promoted.
    fn apply(&mut self) {
        let stage = self.a_stage();
        let Some(revision) = self.a_revision() else {
            return;
        };
        let mut newest = self.history(&stage.name).deployments.iter().rev();
        let promoted = newest.find_map(promoted_by).unwrap_or(Promoted::Nothing);
        let known = self.oracle.promoted.get(&stage.name).copied();
        let may = may_apply(&promoted, Some(revision));
        assert_eq!(may, known == Some(revision), "{:#?}", self.story);
        assert!(!may_apply(&promoted, None));
        if may {
            self.story
                .push(format!("{revision:?} again in {}", stage.name));
            self.deploy(&stage, revision, End::Well);
        }
    }

    /// Something is applied that the rules were not asked about.
    fn break_glass(&mut self) {
        if !self.chance.one_in(3) {
            return;
        }
        let (stage, revision) = (self.a_stage(), self.a_revision());
        self.story
            .push(format!("{revision:?} past the rules to {}", stage.name));
        self.oracle.there.remove(&stage.name);
        self.oracle.promoted.remove(&stage.name);
        if let Some(revision) = revision {
            // It may be newer than what the rules know of, which then must not overtake it.
            let aimed_at = self
                .oracle
                .aimed_at
                .entry(stage.name.clone())
                .or_insert(revision);
            *aimed_at = revision.max(*aimed_at);
        }
        let (run, at) = (self.run(), self.now);
        self.history(&stage.name).deployments.push(Deployment {
            run,
            revision,
            configuration: None,
            is_repair: false,
            is_rollback: false,
            is_destroy: false,
            by: "anna".into(),
            started: at,
            ended: Some(at),
            succeeded: true,
            break_glass: Some("the shop is down".into()),
        });
        // What its checks say is no evidence for any revision.
        for check in &stage.checks {
            self.checked(&stage, run, &check.name, true);
        }
    }

    fn deploy(&mut self, stage: &Stage, revision: RevisionId, end: End) -> bool {
        let name = stage.name.clone();
        self.oracle.promoted.insert(name.clone(), revision);
        self.oracle.aimed_at.insert(name.clone(), revision);
        let (run, started) = (self.run(), self.now);
        if self.fates.is_none() {
            self.now.0 += self.chance.below(60_000) as i64;
        }
        let deployment = Deployment {
            run,
            revision: Some(revision),
            configuration: None,
            is_repair: false,
            is_rollback: false,
            is_destroy: false,
            by: "ci".into(),
            started,
            ended: match end {
                End::Well | End::Badly => Some(self.now),
                End::Never => None,
            },
            succeeded: matches!(end, End::Well),
            break_glass: None,
        };
        self.history(&name).deployments.push(deployment);
        if !matches!(end, End::Well) {
            self.oracle.there.remove(&name);
            return false;
        }
        let stays = self.oracle.there.get(&name);
        if stays.is_none_or(|(there, _)| *there != revision) {
            let fresh = (revision, BTreeSet::new());
            self.oracle.there.insert(name.clone(), fresh);
        }
        let mut all = true;
        for check in &stage.checks {
            let passed = self.passes(&name, revision, &check.name);
            all &= passed;
            self.checked(stage, run, &check.name, passed);
        }
        all
    }

    /// What must be true of every promotion that the rules allow.
    fn allowed(&mut self, stage: &Stage, revision: RevisionId, deeds: &Deeds) {
        for before in &stage.after {
            let was_verified = self.oracle.verified.contains(&(before.clone(), revision));
            assert!(
                was_verified,
                "never verified in {before}: {:#?}",
                self.story
            );
        }
        if stage.approvals > 0 {
            let author = &self.facts.revisions[&revision].author;
            let given = self.oracle.approved.get(&(stage.name.clone(), revision));
            let good: BTreeSet<&Str> = given
                .into_iter()
                .flatten()
                .filter(|(by, seen)| {
                    by != author && stage.may_approve(by) && deeds.are_no_more_than(seen)
                })
                .map(|(by, _)| by)
                .collect();
            let enough = good.len() >= stage.approvals as usize;
            let mut seen = given.into_iter().flatten();
            let is_known = |(_, seen): &(Str, Deeds)| !deeds.differ_from(seen);
            self.oracle.known_since += u64::from(!seen.any(is_known));
            assert!(enough, "not approved: {:#?}", self.story);
        }
        let aimed_at = self.oracle.aimed_at.get(&stage.name);
        let is_newer = aimed_at.is_none_or(|newest| *newest <= revision);
        assert!(is_newer, "overtakes a newer one: {:#?}", self.story);
        let here = self.facts.environments.get(&stage.name);
        let is_held = here.is_some_and(|here| here.hold.is_some());
        let is_rejected = self.facts.revisions[&revision].rejected.is_some();
        assert!(!is_held && !is_rejected, "stopped: {:#?}", self.story);
    }

    fn checked(&mut self, stage: &Stage, run: RunId, check: &Str, passed: bool) {
        let at = self.now;
        self.history(&stage.name).evidence.push(Evidence {
            run,
            check: check.clone(),
            passed,
            at,
        });
        let Some((revision, good)) = self.oracle.there.get_mut(&stage.name) else {
            return;
        };
        match passed {
            true => good.insert(check.clone()),
            false => good.remove(check),
        };
        let wanted: BTreeSet<Str> = stage
            .checks
            .iter()
            .map(|check| check.name.clone())
            .collect();
        let key = (stage.name.clone(), *revision);
        match good.is_superset(&wanted) {
            true => self.oracle.verified.insert(key),
            // What is there and failed is not verified, whatever it was before.
            false => self.oracle.verified.remove(&key),
        };
    }

    fn check(&mut self) {
        let stage = self.a_stage();
        let run = self.run();
        for check in &stage.checks {
            let passed = !self.chance.one_in(5);
            self.checked(&stage, run, &check.name, passed);
        }
    }

    fn approve(&mut self) {
        let (mut stage, by) = (self.a_stage(), self.somebody());
        if self.chance.one_in(2) {
            // Where approvals are wanted.
            stage = self.stage(&"production".into());
        }
        let seen = Deeds::some(&mut self.chance);
        let Some(revision) = self.a_revision() else {
            return;
        };
        self.story
            .push(format!("{by} approves {revision:?} for {}", stage.name));
        let key = (stage.name.clone(), revision);
        let given = self.oracle.approved.entry(key).or_default();
        given.push((by.into(), seen.clone()));
        let decision = self.decision(by);
        self.history(&stage.name).approvals.push(Approval {
            decision,
            revision,
            covers: seen.approved(),
            fell_short: None,
        });
    }

    fn repair(&mut self) {
        let stage = self.a_stage();
        let Some((revision, _)) = self.oracle.there.get(&stage.name).cloned() else {
            return;
        };
        // What a repair that fails leaves is seen by the next look.
        let (run, at) = (self.run(), self.now);
        let succeeded = !self.chance.one_in(3);
        self.history(&stage.name).deployments.push(Deployment {
            run,
            revision: Some(revision),
            configuration: None,
            is_repair: true,
            is_rollback: false,
            is_destroy: false,
            by: "cron".into(),
            started: at,
            ended: Some(at),
            succeeded,
            break_glass: None,
        });
    }

    /// A part of a definition is applied, or all of it destroyed: nobody knows of a revision that is there whole.
    fn part(&mut self) {
        let stage = self.a_stage();
        let (run, at) = (self.run(), self.now);
        let is_destroy = self.chance.one_in(3);
        match is_destroy {
            true => {
                self.story.push(format!("{} is destroyed", stage.name));
                let verified = &mut self.oracle.verified;
                verified.retain(|(place, _)| *place != stage.name);
            }
            false => self.story.push(format!("a part to {}", stage.name)),
        }
        self.oracle.there.remove(&stage.name);
        self.history(&stage.name).deployments.push(Deployment {
            run,
            revision: None,
            configuration: None,
            is_repair: false,
            is_rollback: false,
            is_destroy,
            by: "anna".into(),
            started: at,
            ended: Some(at),
            succeeded: true,
            break_glass: None,
        });
    }

    fn hold(&mut self) {
        let stage = self.a_stage();
        let decision = self.decision("anna");
        let history = self.history(&stage.name);
        history.hold = match history.hold {
            Some(_) => None,
            None => Some(decision),
        };
    }

    fn reject(&mut self) {
        if !self.chance.one_in(4) {
            return;
        }
        let decision = self.decision("anna");
        let Some(revision) = self.a_revision() else {
            return;
        };
        if let Some(found) = self.facts.revisions.get_mut(&revision) {
            found.rejected = Some(decision);
        }
    }

    /// What is promoted without a name is the newest that may come, and never an older or a rejected one.
    fn candidates_are_good(&self) {
        for stage in &self.pipeline.stages {
            let chosen = candidate(&self.pipeline, &self.facts, stage, self.now);
            let may_come = |revision: &RevisionId| {
                let question = Question {
                    pipeline: &self.pipeline,
                    facts: &self.facts,
                    revision: *revision,
                    stage,
                    effects: None,
                    now: self.now,
                };
                unmet(&question).is_empty()
            };
            let here = self.facts.environments.get(&stage.name);
            let there = here.and_then(History::occupant).map(|stay| stay.revision);
            let newest = self.facts.revisions.keys().rev().find(|one| may_come(one));
            if let Some(newest) = newest.filter(|newest| there != Some(**newest)) {
                assert_eq!(chosen, Some(*newest), "{}: {:#?}", stage.name, self.story);
            }
            let Some(chosen) = chosen else { continue };
            assert!(self.facts.revisions[&chosen].rejected.is_none());
            let aimed_at = self.oracle.aimed_at.get(&stage.name);
            assert!(aimed_at.is_none_or(|newest| *newest <= chosen));
        }
    }

    /// What `pipeline run` would do agrees with what a promotion would be allowed.
    fn next_is_allowed(&self) {
        for revision in self.facts.revisions.keys() {
            let instance = Instance {
                pipeline: &self.pipeline,
                facts: &self.facts,
                revision: *revision,
                now: self.now,
            };
            match next(&instance, &Round::default()) {
                Next::Deploy(name) => {
                    let stage = self.pipeline.stage(&name).expect("it is a stage");
                    assert!(!stage.is_manual);
                    let found = unmet(&Question {
                        pipeline: &self.pipeline,
                        facts: &self.facts,
                        revision: *revision,
                        stage,
                        effects: None,
                        now: self.now,
                    });
                    assert_eq!(found, Vec::new(), "{:#?}", self.story);
                }
                Next::Verify(name) => {
                    let stage = self.pipeline.stage(&name).expect("it is a stage");
                    let stands = standing(&instance, stage);
                    let is_stale = |later: &&Stage| {
                        later.evidence.is_some() && later.after.contains(&stage.name)
                    };
                    let stages = self.pipeline.stages.iter();
                    let is_too_old = matches!(stands, Standing::Verified { .. })
                        && stages.clone().any(|later| is_stale(&later));
                    let is_unverified = matches!(stands, Standing::Unverified { .. });
                    assert!(is_unverified || is_too_old, "{stands:?}: {:#?}", self.story);
                }
                Next::Wait(waiting) => assert!(waiting.iter().all(|one| {
                    let stage = self.pipeline.stage(&one.stage).expect("it is a stage");
                    !one.unmet.is_empty() || stage.is_manual
                })),
                Next::Done | Next::Stopped(_) => {}
            }
        }
    }
}

#[test]
fn nothing_comes_to_an_environment_that_the_rules_do_not_allow() {
    let (mut promotions, mut known_since, mut waits) = (0, 0, BTreeSet::new());
    for seed in 0..3000 {
        let mut world = World::new(seed);
        for _ in 0..60 {
            world.step();
        }
        world.next_is_allowed();
        world.candidates_are_good();
        let production = world.facts.environments.get("production");
        known_since += world.oracle.known_since;
        promotions += production.map_or(0, |found| found.deployments.len());
        for revision in world.facts.revisions.keys() {
            let found = unmet(&Question {
                pipeline: &world.pipeline,
                facts: &world.facts,
                revision: *revision,
                stage: &world.pipeline.stages[2],
                effects: None,
                now: world.now,
            });
            waits.extend(found.iter().map(Unmet::waits));
        }
    }
    // A test of rules that never let anything pass, or everything, would say nothing.
    assert!(
        promotions > 100,
        "only {promotions} promotions to production"
    );
    assert!(
        known_since > 20,
        "only {known_since} of another plan than was approved"
    );
    assert_eq!(
        waits,
        BTreeSet::from([Waits::Time, Waits::Person, Waits::Work])
    );
}
