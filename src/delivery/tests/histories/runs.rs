//! `pipeline run` in the random histories: what it does by itself, also where it dies at any moment, and that a run after
//! that ends as if nothing had happened.

use std::collections::BTreeMap;
use std::time::Duration;

use delivery::advance::{Ahead, Next, Round, Tried, ahead, next, under_way};
use delivery::gate::{Question, unmet};
use delivery::stages::Stage;
use delivery::standing::{Instance, Standing, standing};
use model::Str;
use model::serial::RevisionId;

use super::{Deeds, End, World};

/// The process that runs the pipeline died.
pub(super) struct Died;

impl World {
    /// Carries one revision on as `terrace pipeline run` does.
    pub(super) fn carry(&mut self, revision: RevisionId) -> Result<(), Died> {
        let mut round = Round::default();
        for _ in 0..=self.pipeline.stages.len() {
            let comes = next(&self.instance(revision), &round);
            match comes {
                Next::Deploy(name) => {
                    let tried = self.run_deploys(&name, revision)?;
                    round.tried.insert(name, tried);
                }
                Next::Verify(name) => {
                    let stage = self.stage(&name);
                    let tried = match self.ask_checks(&stage, revision)? {
                        true => Tried::Done,
                        false => Tried::Failed,
                    };
                    round.tried.insert(name, tried);
                }
                Next::Done | Next::Stopped(_) | Next::Wait(_) => return Ok(()),
            }
        }
        panic!("an environment was taken up twice: {:#?}", self.story)
    }

    /// Carries a revision, and the older ones that are under way.
    pub(super) fn pipeline_run(&mut self, revision: RevisionId) -> Result<(), Died> {
        self.story.push(format!("pipeline run {revision:?}"));
        self.carry(revision)?;
        for older in under_way(&self.pipeline, &self.facts, revision, self.now) {
            assert!(older < revision);
            self.carry(older)?;
        }
        Ok(())
    }

    fn run_deploys(&mut self, name: &Str, revision: RevisionId) -> Result<Tried, Died> {
        let stage = self.stage(name);
        let deeds = self.deeds_of_run(&stage, revision);
        let effects = deeds.effects(&self.approved(&stage, revision));
        assert!(!stage.is_manual, "a person promotes to {name}");
        let aimed_at = self.oracle.aimed_at.get(name);
        assert!(
            aimed_at.is_none_or(|newest| *newest <= revision),
            "{revision:?} overtakes in {name}: {:#?}",
            self.story
        );
        let found = unmet(&Question {
            pipeline: &self.pipeline,
            facts: &self.facts,
            revision,
            stage: &stage,
            effects: Some(&effects),
            now: self.now,
        });
        if !found.is_empty() {
            return Ok(Tried::Blocked(found));
        }
        let end = match (self.dies(), self.succeeds(name, revision)) {
            (true, _) => End::Never,
            (false, true) => End::Well,
            (false, false) => End::Badly,
        };
        let is_good = self.bring(&stage, revision, &deeds, end);
        // It may also die between one environment and the next.
        match (end, self.dies()) {
            (End::Never, _) | (_, true) => Err(Died),
            (End::Well | End::Badly, false) if is_good => Ok(Tried::Done),
            (End::Well | End::Badly, false) => Ok(Tried::Failed),
        }
    }

    fn ask_checks(
        &mut self,
        stage: &delivery::stages::Stage,
        revision: RevisionId,
    ) -> Result<bool, Died> {
        if self.dies() {
            // Nothing of it is written.
            return Err(Died);
        }
        let run = self.run();
        let mut all = true;
        for check in &stage.checks {
            let passed = self.passes(&stage.name, revision, &check.name);
            all &= passed;
            self.checked(stage, run, &check.name, passed);
        }
        Ok(all)
    }

    fn deeds_of_run(&mut self, stage: &Stage, revision: RevisionId) -> Deeds {
        match self.fates {
            Some(_) => Deeds::default(),
            None => self.some_deeds(stage, revision),
        }
    }

    fn instance(&self, revision: RevisionId) -> Instance<'_> {
        Instance {
            pipeline: &self.pipeline,
            facts: &self.facts,
            revision,
            now: self.now,
        }
    }

    /// How everything stands, without times and numbers of runs.
    fn stands(&self) -> BTreeMap<(RevisionId, Str), String> {
        let mut stands = BTreeMap::new();
        for revision in self.facts.revisions.keys() {
            for stage in &self.pipeline.stages {
                let word = match standing(&self.instance(*revision), stage) {
                    Standing::Verified { .. } => "verified".into(),
                    Standing::Unverified { checks, .. } => format!("unverified by {checks:?}"),
                    Standing::Passed { .. } => "passed".into(),
                    Standing::Superseded { by } => format!("superseded by {by:?}"),
                    Standing::Failed { .. } => "failed".into(),
                    Standing::Ready => "ready".into(),
                    Standing::Waits(unmet) => {
                        let rules: Vec<_> = unmet.iter().map(std::mem::discriminant).collect();
                        format!("waits for {rules:?}")
                    }
                };
                stands.insert((*revision, stage.name.clone()), word);
            }
        }
        stands
    }
}

/// A world in which everything ends as it is fated to, where revisions are made and carried in turn; the process dies at
/// this moment. Also says how many moments there were.
fn fated(seed: u64, dies_at: Option<u64>) -> (World, u64) {
    let mut world = World::new(seed);
    world.fates = Some(seed);
    let stages = world.pipeline.stages.len();
    for stage in &mut world.pipeline.stages {
        // What a person decides is not what is asked here.
        (stage.is_manual, stage.approvals) = (false, 0);
    }
    assert_eq!(stages, 3);
    (world.moments, world.dies_at) = (0, dies_at);
    for _ in 0..3 {
        world.make_revision();
        let newest = RevisionId(world.facts.revisions.len() as u64);
        for _ in 0..3 {
            while world.pipeline_run(newest).is_err() {
                world.story.push("died".into());
            }
            world.now.0 += 700_000;
        }
    }
    let moments = world.moments;
    (world, moments)
}

#[test]
fn a_pipeline_run_after_one_that_died_ends_as_if_it_had_not() {
    let (mut deaths, mut ends) = (0, std::collections::BTreeSet::new());
    for seed in 0..150 {
        let (undisturbed, moments) = fated(seed, None);
        ends.extend(undisturbed.stands().into_values());
        for moment in 0..moments {
            let (world, _) = fated(seed, Some(moment));
            deaths += 1;
            assert_eq!(
                world.stands(),
                undisturbed.stands(),
                "died at {moment} of {seed}: {:#?}",
                world.story
            );
        }
    }
    assert!(deaths > 1000, "died only {deaths} times");
    assert!(
        ends.contains("verified") && ends.contains("failed"),
        "{ends:?}"
    );
}

#[test]
fn what_failed_where_it_was_is_not_there_and_not_past() {
    let mut world = World::new(1);
    world.fates = Some(1);
    world.make_revision();
    let (stage, revision) = (world.pipeline.stages[0].clone(), RevisionId(1));
    world.deploy(&stage, revision, End::Well);
    world.deploy(&stage, revision, End::Badly);
    let stands = standing(&world.instance(revision), &stage);
    assert!(matches!(stands, Standing::Failed { .. }), "{stands:?}");
    assert_eq!(
        next(&world.instance(revision), &Round::default()),
        Next::Deploy(stage.name)
    );
}

#[test]
fn what_is_given_other_variables_is_brought_again_where_the_rules_allow() {
    let mut world = World::new(1);
    world.fates = Some(1);
    world.make_revision();
    let (stage, revision) = (world.pipeline.stages[0].clone(), RevisionId(1));
    world.deploy(&stage, revision, End::Well);
    let round = Round {
        reconfigured: [stage.name.clone()].into(),
        ..Round::default()
    };
    let comes = next(&world.instance(revision), &round);
    assert_eq!(comes, Next::Deploy(stage.name.clone()));
    let held = world.decision("anna");
    world.history(&stage.name).hold = Some(held);
    let comes = next(&world.instance(revision), &round);
    assert!(matches!(comes, Next::Wait(_)), "{comes:?}");
}

#[test]
fn checks_that_passed_too_long_ago_for_the_next_environment_are_asked_again_once() {
    let mut world = World::new(1);
    world.fates = Some(1);
    for stage in &mut world.pipeline.stages {
        stage.approvals = 0;
        stage.is_manual = false;
        stage.soak = Duration::ZERO;
        stage.evidence = (stage.name == *"staging").then_some(Duration::from_secs(60));
    }
    world.make_revision();
    let (test, revision) = (world.pipeline.stages[0].clone(), RevisionId(1));
    world.deploy(&test, revision, End::Well);
    let run = world.run();
    world.checked(&test, run, &"health".into(), true);
    world.now.0 += 61_000;
    let mut round = Round::default();
    let comes = next(&world.instance(revision), &round);
    assert_eq!(comes, Next::Verify(test.name.clone()));
    // Asked once, and still no evidence: it is not asked again and again.
    round.tried.insert(test.name.clone(), Tried::Done);
    let comes = next(&world.instance(revision), &round);
    assert!(matches!(comes, Next::Wait(_)), "{comes:?}");
    let run = world.run();
    world.checked(&test, run, &"health".into(), true);
    let comes = next(&world.instance(revision), &Round::default());
    assert_eq!(comes, Next::Deploy("staging".into()));
}

#[test]
fn what_is_ahead_is_told_of_every_environment_and_not_what_only_comes_after_it() {
    let mut world = World::new(1);
    world.fates = Some(1);
    for stage in &mut world.pipeline.stages {
        stage.checks.clear();
        stage.approvals = 0;
        stage.is_manual = stage.name != *"test";
        stage.soak = Duration::ZERO;
        stage.evidence = None;
    }
    let [test, staging, production] = world.pipeline.stages.clone().try_into().expect("three");
    world.make_revision();
    world.make_revision();
    let revision = RevisionId(2);
    let named = |world: &World| -> Vec<String> {
        let found = ahead(&world.instance(revision)).into_iter();
        found
            .map(|one| match one {
                Ahead::Comes(name) => format!("comes {name}"),
                Ahead::Verify(name) => format!("verify {name}"),
                Ahead::Waits(one) => format!("waits {}", one.stage),
            })
            .collect()
    };
    assert_eq!(named(&world), ["comes test", "waits staging"]);
    world.deploy(&test, revision, End::Well);
    assert_eq!(named(&world), ["waits staging"]);
    world.deploy(&staging, revision, End::Well);
    // An older one takes its place where it began, and it may go on all the same.
    world.deploy(&test, RevisionId(1), End::Well);
    assert_eq!(named(&world), ["comes test", "waits production"]);
    world.deploy(&production, revision, End::Well);
    assert_eq!(named(&world), ["comes test"]);
}
