//! Where a rollback goes, over thousands of random histories of deployments that succeed, fail and fail their checks,
//! repairs, later looks, rejections and rollbacks. An oracle that is told what happens as it happens, and keeps what a
//! rollback undoes as a pile, must agree.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails where what it made is not there"
)]

use std::collections::BTreeSet;

use delivery::coverage::Coverage;
use delivery::facts::{Approval, Decision, Deployment, Evidence, Facts, History, RevisionFacts};
use delivery::rollback::{Goal, Nowhere, before, named, previous};
use model::Str;
use model::clock::Timestamp;
use model::serial::{RevisionId, RunId};
use state::ConfigurationDigest;

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

/// A revision, and a letter for its variables.
type Pair = (u64, u8);

/// What the oracle keeps.
#[derive(Default)]
struct Oracle {
    /// What was good here and is not undone, the newest last.
    pile: Vec<Pair>,
    /// What is there; none where it is not known.
    there: Option<Pair>,
    left: BTreeSet<u64>,
    rejected: BTreeSet<u64>,
    /// Revisions that someone approved, and that were not taken away since.
    approved: BTreeSet<u64>,
    /// What was tried since each revision was there, all of it.
    tried: Vec<(u64, bool)>,
}

impl Oracle {
    fn good(&mut self) {
        if let Some(there) = self.there
            && self.pile.last() != Some(&there)
        {
            self.pile.push(there);
        }
    }

    /// Something was deployed; whether all of it came.
    fn came(&mut self, pair: Pair, whole: bool) {
        self.there = whole.then_some(pair);
        self.tried.push((pair.0, whole));
        if whole {
            self.left.remove(&pair.0);
        }
    }

    fn goes_back(&mut self, pair: Pair) {
        self.left.remove(&pair.0);
        if let Some((last, _)) = self.tried.last() {
            self.approved.remove(last);
        }
        for (revision, whole) in self.tried.iter().rev() {
            if *revision == pair.0 && *whole {
                break;
            }
            self.approved.remove(revision);
            if *revision > pair.0 {
                self.left.insert(*revision);
            }
        }
        while self.pile.contains(&pair) && self.pile.last() != Some(&pair) {
            self.pile.pop();
        }
    }

    fn goal(&self) -> Option<Pair> {
        let mut pile = self.pile.clone();
        while let Some(pair) = pile.pop() {
            let is_barred = self.rejected.contains(&pair.0) || self.left.contains(&pair.0);
            if self.there != Some(pair) && !is_barred {
                return Some(pair);
            }
        }
        None
    }
}

struct World {
    chance: Chance,
    facts: Facts,
    history: History,
    oracle: Oracle,
    run: u64,
    story: Vec<String>,
}

fn decision(run: u64) -> Decision {
    Decision {
        run: RunId(run),
        by: "anna".into(),
        at: Timestamp(0),
        reason: None,
    }
}

fn pair_of(goal: &Goal) -> Pair {
    let digest = goal.pair.configuration.expect("it has variables");
    (goal.pair.revision.0, digest.0[0])
}

impl World {
    fn new(seed: u64) -> Self {
        let mut facts = Facts::default();
        for number in 1..=4 {
            let id = RevisionId(number);
            let made = RevisionFacts {
                id,
                author: "anna".into(),
                email: None,
                commit: None,
                created: Timestamp(0),
                rejected: None,
            };
            facts.revisions.insert(id, made);
        }
        Self {
            chance: Chance(seed),
            facts,
            history: History::default(),
            oracle: Oracle::default(),
            run: 0,
            story: Vec::new(),
        }
    }

    fn step(&mut self) {
        match self.chance.below(14) {
            0..=4 => {
                let pair = (1 + self.chance.below(4), self.chance.below(2) as u8);
                self.deploy(pair, false);
            }
            5 | 6 => self.look(),
            7 => self.repair(),
            8 => self.reject(),
            12 | 13 => self.approve(),
            _ => self.roll_back(),
        }
        self.agrees();
    }

    fn deploy(&mut self, (revision, variables): Pair, is_rollback: bool) {
        self.run += 1;
        let whole = !self.chance.one_in(4);
        let run = RunId(self.run);
        let how = if is_rollback { "back" } else { "to" };
        self.story.push(format!(
            "{run}: {how} r{revision} with {variables}, whole: {whole}"
        ));
        let deployment = Deployment {
            run,
            revision: Some(RevisionId(revision)),
            configuration: Some(ConfigurationDigest([variables; 32])),
            is_repair: false,
            is_rollback,
            is_destroy: false,
            by: "ci".into(),
            started: Timestamp(0),
            ended: Some(Timestamp(0)),
            succeeded: whole,
            break_glass: None,
        };
        let number = self.run;
        self.history.came(&deployment, || decision(number));
        self.history.deployments.push(deployment);
        if is_rollback {
            self.oracle.goes_back((revision, variables));
        }
        self.oracle.came((revision, variables), whole);
        // Checks are asked only where all was applied; now and then there are none.
        if whole && !self.chance.one_in(5) {
            self.checked();
        } else if whole {
            self.oracle.good();
        }
    }

    fn checked(&mut self) {
        let passed = [self.chance.one_in(4), self.chance.one_in(6)].map(|failed| !failed);
        self.story.push(format!("{}: checks {passed:?}", self.run));
        for (check, passed) in ["health", "orders"].into_iter().zip(passed) {
            self.history.evidence.push(Evidence {
                run: RunId(self.run),
                check: Str::from(check),
                passed,
                at: Timestamp(0),
            });
        }
        if passed == [true, true] {
            self.oracle.good();
        }
    }

    /// Checks are asked alone, where something was deployed.
    fn look(&mut self) {
        let has_checks = self.oracle.there.is_some_and(|there| {
            let asked = self.history.evidence.iter();
            let last = self
                .history
                .deployments
                .iter()
                .rfind(|last| !last.is_repair);
            let last = last.map_or(RunId(0), |last| last.run);
            asked.clone().any(|evidence| evidence.run >= last) && there.0 > 0
        });
        if has_checks {
            self.run += 1;
            self.checked();
        }
    }

    fn repair(&mut self) {
        if self.oracle.there.is_none() {
            return;
        }
        self.run += 1;
        self.history.deployments.push(Deployment {
            run: RunId(self.run),
            revision: None,
            configuration: None,
            is_repair: true,
            is_rollback: false,
            is_destroy: false,
            by: "cron".into(),
            started: Timestamp(0),
            ended: Some(Timestamp(0)),
            succeeded: true,
            break_glass: None,
        });
    }

    fn approve(&mut self) {
        let revision = 1 + self.chance.below(4);
        self.run += 1;
        self.story.push(format!("r{revision} is approved"));
        self.oracle.approved.insert(revision);
        self.history.approvals.push(Approval {
            decision: decision(self.run),
            revision: RevisionId(revision),
            covers: Coverage::default(),
            fell_short: None,
        });
    }

    fn reject(&mut self) {
        if !self.chance.one_in(6) {
            return;
        }
        let revision = 1 + self.chance.below(4);
        self.run += 1;
        self.story.push(format!("r{revision} is rejected"));
        self.oracle.rejected.insert(revision);
        let found = self.facts.revisions.get_mut(&RevisionId(revision));
        found.expect("it was made").rejected = Some(decision(self.run));
    }

    fn roll_back(&mut self) {
        let goal = match self.chance.one_in(3) {
            true => {
                let revision = RevisionId(1 + self.chance.below(4));
                named(&self.facts, &self.history, revision)
            }
            false => previous(&self.facts, &self.history),
        };
        if let Ok(goal) = goal {
            self.deploy(pair_of(&goal), true);
        }
    }

    fn agrees(&self) {
        let found = previous(&self.facts, &self.history);
        let story = || format!("{:#?}", self.story);
        match &found {
            Ok(goal) => assert_eq!(Some(pair_of(goal)), self.oracle.goal(), "{}", story()),
            Err(Nowhere::Nothing { .. }) => assert_eq!(None, self.oracle.goal(), "{}", story()),
            Err(other) => panic!("{other:?}: {}", story()),
        }
        let left: BTreeSet<u64> = self.history.rolled_back.keys().map(|id| id.0).collect();
        assert_eq!(left, self.oracle.left, "{}", story());
        let approvals = self.history.approvals.iter();
        let approved: BTreeSet<u64> = approvals.map(|one| one.revision.0).collect();
        assert_eq!(approved, self.oracle.approved, "{}", story());
        // By itself, nothing goes further back than to what was there.
        let last = self
            .history
            .deployments
            .iter()
            .rfind(|last| !last.is_repair);
        if let Some(last) = last.filter(|last| !last.succeeded && !last.is_rollback) {
            let top = self.oracle.pile.last();
            let tried = (
                last.revision.map_or(0, |id| id.0),
                last.configuration.map_or(0, |digest| digest.0[0]),
            );
            match before(&self.facts, &self.history, last.run) {
                Ok(goal) => {
                    assert_eq!(Some(&pair_of(&goal)), top, "{}", story());
                    assert_ne!(pair_of(&goal), tried);
                }
                Err(Nowhere::There) => assert_eq!(top, Some(&tried), "{}", story()),
                Err(Nowhere::Rejected(_)) => {
                    let top = top.expect("something was rejected");
                    assert!(self.oracle.rejected.contains(&top.0));
                }
                Err(_) => assert_eq!(top, None, "{}", story()),
            }
        }
    }
}

#[test]
fn a_rollback_goes_to_the_last_good_pair_that_was_not_undone() {
    let (mut goals, mut nothing) = (0, 0);
    for seed in 0..4000 {
        let mut world = World::new(seed);
        for _ in 0..30 {
            world.step();
            match previous(&world.facts, &world.history) {
                Ok(_) => goals += 1,
                Err(_) => nothing += 1,
            }
        }
    }
    // A rule that always or never finds something would not have been tried.
    assert!(goals > 1000 && nothing > 1000, "{goals} and {nothing}");
}

#[test]
fn going_back_again_and_again_ends() {
    for seed in 0..1000 {
        let mut world = World::new(seed);
        for _ in 0..20 {
            world.step();
        }
        let mut left = world.history.deployments.len();
        while let Ok(goal) = previous(&world.facts, &world.history) {
            world.run += 1;
            let deployment = Deployment {
                run: RunId(world.run),
                revision: Some(goal.pair.revision),
                configuration: goal.pair.configuration,
                is_repair: false,
                is_rollback: true,
                is_destroy: false,
                by: "anna".into(),
                started: Timestamp(0),
                ended: Some(Timestamp(0)),
                succeeded: true,
                break_glass: None,
            };
            let number = world.run;
            world.history.came(&deployment, || decision(number));
            world.history.deployments.push(deployment);
            assert!(left > 0, "{:#?}", world.story);
            left -= 1;
        }
    }
}
