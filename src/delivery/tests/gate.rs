//! Each rule of promotion alone: what keeps a revision away, and until when.
#![expect(
    clippy::expect_used,
    reason = "a test fails where what it made is not there"
)]

use std::time::Duration;

use delivery::facts::{Decision, Deployment, Evidence, Facts, History, RevisionFacts};
use delivery::gate::{Question, Unmet, Unverified, unmet};
use delivery::stages::{Pipeline, Stage, StageCheck};
use model::Str;
use model::clock::Timestamp;
use model::serial::{RevisionId, RunId};

const R1: RevisionId = RevisionId(1);

fn at(seconds: i64) -> Timestamp {
    Timestamp(seconds * 1000)
}

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// Staging after test, of which r1 is in test since second 100, brought by run 1.
struct Bed {
    pipeline: Pipeline,
    facts: Facts,
}

impl Bed {
    fn new() -> Self {
        let check = |name: &str| StageCheck {
            name: name.into(),
            expires: None,
        };
        let test = Stage {
            name: "test".into(),
            checks: vec![check("good"), check("fast")],
            ..Stage::default()
        };
        let staging = Stage {
            name: "staging".into(),
            after: vec!["test".into()],
            ..Stage::default()
        };
        let revision = RevisionFacts {
            id: R1,
            author: "anna".into(),
            email: None,
            commit: None,
            created: at(0),
            rejected: None,
        };
        let mut bed = Self {
            pipeline: Pipeline {
                stages: vec![test, staging],
            },
            facts: Facts {
                revisions: [(R1, revision)].into(),
                ..Facts::default()
            },
        };
        bed.deployed(1, 100, |_| {});
        bed
    }

    fn test(&mut self) -> &mut History {
        let test = Str::from("test");
        self.facts.environments.entry(test).or_default()
    }

    fn deployed(&mut self, run: u64, second: i64, change: impl Fn(&mut Deployment)) {
        let mut deployment = Deployment {
            run: RunId(run),
            revision: Some(R1),
            configuration: None,
            is_repair: false,
            is_rollback: false,
            is_destroy: false,
            by: "ci".into(),
            started: at(second),
            ended: Some(at(second)),
            succeeded: true,
            break_glass: None,
        };
        change(&mut deployment);
        self.test().deployments.push(deployment);
    }

    fn checked(&mut self, run: u64, second: i64, check: &str, passed: bool) {
        self.test().evidence.push(Evidence {
            run: RunId(run),
            check: check.into(),
            passed,
            at: at(second),
        });
    }

    fn missing(&self, second: i64) -> Vec<Unmet> {
        unmet(&Question {
            pipeline: &self.pipeline,
            facts: &self.facts,
            revision: R1,
            stage: &self.pipeline.stages[1],
            effects: None,
            now: at(second),
        })
    }

    /// When r1 has soaked, if nothing disturbs it; none where that cannot be told.
    fn soaked(&self, second: i64) -> Option<i64> {
        let missing = self.missing(second).into_iter();
        let mut until = missing.filter_map(|rule| {
            if let Unmet::NotSoaked { until, .. } = rule {
                return Some(until.map(|until| until.0 / 1000));
            }
            None
        });
        until.next().expect("it has not soaked")
    }
}

fn not_verified(check: &str, why: Unverified) -> Unmet {
    Unmet::NotVerified {
        before: "test".into(),
        check: check.into(),
        why,
        is_there: true,
        newer: None,
    }
}

#[test]
fn every_check_must_have_been_asked_and_passed_last() {
    let mut bed = Bed::new();
    let never = |check| not_verified(check, Unverified::Never);
    assert_eq!(bed.missing(200), [never("good"), never("fast")]);
    bed.checked(1, 110, "good", true);
    assert_eq!(bed.missing(200), [never("fast")]);
    bed.checked(1, 110, "fast", false);
    let failed = not_verified("fast", Unverified::Failed);
    assert_eq!(bed.missing(200), [failed]);
    bed.checked(2, 120, "fast", true);
    assert_eq!(bed.missing(200), []);
}

#[test]
fn evidence_lasts_as_long_as_its_check_and_the_environment_both_allow() {
    let mut bed = Bed::new();
    bed.checked(1, 110, "good", true);
    bed.checked(1, 110, "fast", true);
    let stale = not_verified("good", Unverified::Stale);
    for (expires, evidence) in [
        (Some(60), None),
        (None, Some(60)),
        (Some(60), Some(90)),
        (Some(90), Some(60)),
    ] {
        bed.pipeline.stages[0].checks[0].expires = expires.map(seconds);
        bed.pipeline.stages[0].checks.truncate(1);
        bed.pipeline.stages[1].evidence = evidence.map(seconds);
        assert_eq!(bed.missing(170), [], "{expires:?} {evidence:?}");
        assert_eq!(
            bed.missing(171),
            std::slice::from_ref(&stale),
            "{expires:?} {evidence:?}"
        );
    }
    bed.pipeline.stages[0].checks[0].expires = None;
    bed.pipeline.stages[1].evidence = None;
    assert_eq!(bed.missing(1_000_000), []);
}

#[test]
fn what_was_said_in_another_stay_is_no_evidence() {
    let mut bed = Bed::new();
    bed.pipeline.stages[0].checks.truncate(1);
    bed.checked(1, 110, "good", true);
    bed.deployed(2, 200, |other| other.revision = Some(RevisionId(2)));
    bed.checked(2, 210, "good", false);
    assert_eq!(bed.missing(300), [], "another revision failed");
    bed.deployed(3, 400, |_| {});
    let never = not_verified("good", Unverified::Never);
    assert_eq!(bed.missing(500), [never], "it came anew");
}

#[test]
fn soaking_begins_when_the_last_check_passed_and_anew_with_each_disturbance() {
    let mut bed = Bed::new();
    bed.pipeline.stages[1].soak = seconds(100);
    assert_eq!(bed.soaked(150), None, "nothing was said of it");
    bed.checked(1, 110, "good", true);
    assert_eq!(bed.soaked(150), None);
    bed.checked(1, 120, "fast", true);
    assert_eq!(bed.soaked(150), Some(220));
    bed.deployed(2, 160, |repair| repair.is_repair = true);
    assert_eq!(bed.soaked(230), Some(260), "it was repaired");
    bed.deployed(3, 170, |_| {});
    assert_eq!(bed.soaked(260), Some(270), "it was brought again");
    bed.test().drifted.push((RunId(4), at(180)));
    assert_eq!(bed.soaked(270), Some(280), "it had drifted");
    bed.checked(5, 190, "fast", false);
    assert_eq!(bed.soaked(300), None, "a check failed");
    bed.checked(6, 200, "fast", true);
    assert_eq!(bed.soaked(299), Some(300));
    assert_eq!(bed.missing(300), []);
    // What was once in peace for so long stays so.
    bed.deployed(7, 310, |repair| repair.is_repair = true);
    assert_eq!(bed.missing(311), []);
}

#[test]
fn what_was_rolled_back_in_an_environment_before_does_not_come() {
    let mut bed = Bed::new();
    bed.checked(1, 110, "good", true);
    bed.checked(1, 110, "fast", true);
    let decision = Decision {
        run: RunId(2),
        by: "carla".into(),
        at: at(150),
        reason: None,
    };
    let left = (R1, decision.clone());
    bed.test().rolled_back.extend([left]);
    let from = "test".into();
    let is_before = true;
    assert_eq!(
        bed.missing(200),
        [Unmet::RolledBack {
            from,
            is_before,
            decision
        }]
    );
}
