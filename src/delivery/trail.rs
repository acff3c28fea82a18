//! Where a revision was, and how long it took on its way: its times in each environment, what came after it, and the
//! time that it waited and was worked on. Pure. Entry points: [`visits`], [`passages`], [`successors`].

use std::collections::BTreeMap;
use std::time::Duration;

use model::Str;
use model::clock::Timestamp;
use model::serial::{RevisionId, RunId};

use crate::facts::{Deployment, Facts, History, Stay};
use crate::stages::Pipeline;

/// A time in which a revision was in an environment, all of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visit {
    /// From when to when, and by which runs.
    pub stay: Stay,
    /// Who brought it.
    pub by: Str,
    /// Whether its checks passed, as each was asked last; none where none was.
    pub passed: Option<bool>,
}

/// Each time that a revision was in an environment, oldest first.
pub fn visits(history: &History, revision: RevisionId) -> Vec<Visit> {
    let stays = history.stays().into_iter();
    let stays = stays.filter(|stay| stay.revision == revision);
    let visit = |stay: Stay| {
        let brought = history.deployments.iter().find(|one| one.run == stay.run);
        let mut newest: BTreeMap<&Str, bool> = BTreeMap::new();
        for evidence in history.within(&stay) {
            newest.insert(&evidence.check, evidence.passed);
        }
        Visit {
            stay,
            by: brought
                .map(|brought| brought.by.clone())
                .unwrap_or_default(),
            passed: (!newest.is_empty()).then(|| newest.values().all(|passed| *passed)),
        }
    };
    stays.map(visit).collect()
}

/// The deployments that took an environment from a revision: whatever was tried next, each time that it had been tried.
pub fn successors(history: &History, revision: RevisionId) -> impl Iterator<Item = &Deployment> {
    let deployments = history.deployments.iter().filter(|one| !one.is_repair);
    let following = deployments.clone().skip(1);
    let pairs = deployments.zip(following);
    pairs.filter_map(move |(one, next)| {
        let is_left = one.revision == Some(revision) && next.revision != Some(revision);
        is_left.then_some(next)
    })
}

/// How a revision came through an environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passage {
    /// The environment.
    pub environment: Str,
    /// When it was first tried to bring it there.
    pub begun: Timestamp,
    /// How long it had waited by then: since it was verified in all environments before, or else since it was made.
    pub waited: Duration,
    /// When it was first there, all of it, and, where checks were asked, they passed; none where that never was.
    pub verified: Option<Timestamp>,
    /// Each time that it was there.
    pub visits: Vec<Visit>,
}

impl Passage {
    /// How long it took from the first try until it was there and verified.
    pub fn took(&self) -> Option<Duration> {
        self.verified.map(|verified| verified.since(self.begun))
    }
}

/// How a revision came through the environments, in the pipeline's order; those that it was never tried in are left out.
pub fn passages(pipeline: &Pipeline, facts: &Facts, revision: RevisionId) -> Vec<Passage> {
    let Some(made) = facts.revisions.get(&revision).map(|found| found.created) else {
        return Vec::new();
    };
    let mut verified: BTreeMap<&Str, Timestamp> = BTreeMap::new();
    let mut found = Vec::new();
    for stage in &pipeline.stages {
        let Some(history) = facts.environments.get(&stage.name) else {
            continue;
        };
        let mut tries = history.deployments.iter();
        let Some(first) = tries.find(|one| one.revision == Some(revision)) else {
            continue;
        };
        let before = stage.after.iter().filter_map(|name| verified.get(name));
        let ready = before.copied().max().unwrap_or(made);
        let passage = Passage {
            environment: stage.name.clone(),
            begun: first.started,
            waited: first.started.since(ready),
            verified: verified_at(history, revision),
            visits: visits(history, revision),
        };
        if let Some(at) = passage.verified {
            verified.insert(&stage.name, at);
        }
        found.push(passage);
    }
    found
}

/// When a revision was first in an environment with all checks passed that were asked in one run; where none was asked,
/// when it came.
fn verified_at(history: &History, revision: RevisionId) -> Option<Timestamp> {
    let stays = history.stays().into_iter();
    let mut stays = stays.filter(|stay| stay.revision == revision);
    stays.find_map(|stay| {
        let mut runs: BTreeMap<RunId, (bool, Timestamp)> = BTreeMap::new();
        for evidence in history.within(&stay) {
            let (passed, at) = runs.entry(evidence.run).or_insert((true, evidence.at));
            *passed &= evidence.passed;
            *at = (*at).max(evidence.at);
        }
        if runs.is_empty() {
            return Some(stay.from);
        }
        let mut good = runs.into_values().filter(|(passed, _)| *passed);
        good.next().map(|(_, at)| at)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{Evidence, RevisionFacts};
    use crate::stages::Stage;

    fn at(seconds: i64) -> Timestamp {
        Timestamp(seconds * 1000)
    }

    fn deployment(run: u64, revision: u64, from: i64, until: i64, succeeded: bool) -> Deployment {
        Deployment {
            run: RunId(run),
            revision: Some(RevisionId(revision)),
            configuration: None,
            is_repair: false,
            is_rollback: false,
            is_destroy: false,
            by: "anna".into(),
            started: at(from),
            ended: Some(at(until)),
            succeeded,
            break_glass: None,
        }
    }

    fn evidence(run: u64, passed: bool, seconds: i64) -> Evidence {
        Evidence {
            run: RunId(run),
            check: "health".into(),
            passed,
            at: at(seconds),
        }
    }

    /// r1 is tried in test, fails its check, passes later, comes to production, and r2 takes its place in test.
    fn facts() -> (Pipeline, Facts) {
        let stage = |name: &str, after: &[&str]| Stage {
            name: name.into(),
            after: after.iter().map(|name| Str::from(*name)).collect(),
            ..Stage::default()
        };
        let pipeline = Pipeline {
            stages: vec![stage("test", &[]), stage("production", &["test"])],
        };
        let mut facts = Facts::default();
        let made = RevisionFacts {
            id: RevisionId(1),
            author: "anna".into(),
            email: None,
            commit: None,
            created: at(100),
            rejected: None,
        };
        facts.revisions.insert(RevisionId(1), made);
        let test = History {
            deployments: vec![
                deployment(1, 1, 110, 120, true),
                deployment(5, 2, 500, 510, true),
            ],
            evidence: vec![
                evidence(1, false, 119),
                evidence(2, true, 200),
                evidence(5, true, 509),
            ],
            ..History::default()
        };
        let production = History {
            deployments: vec![
                deployment(3, 1, 260, 270, false),
                deployment(4, 1, 300, 330, true),
            ],
            ..History::default()
        };
        facts.environments.insert("test".into(), test);
        facts.environments.insert("production".into(), production);
        (pipeline, facts)
    }

    #[test]
    fn a_visit_lasts_until_something_else_begins_to_come() {
        let (_, facts) = facts();
        let test = &facts.environments["test"];
        let found = visits(test, RevisionId(1));
        let [visit] = found.as_slice() else {
            panic!("{found:?}")
        };
        assert_eq!(
            (visit.stay.from, visit.stay.until),
            (at(120), Some(at(500)))
        );
        assert_eq!(visit.passed, Some(true));
        let next: Vec<RunId> = successors(test, RevisionId(1))
            .map(|next| next.run)
            .collect();
        assert_eq!(next, [RunId(5)]);
        assert_eq!(successors(test, RevisionId(2)).count(), 0);
    }

    #[test]
    fn waiting_is_from_verified_before_to_the_first_try() {
        let (pipeline, facts) = facts();
        let found = passages(&pipeline, &facts, RevisionId(1));
        let seconds: Vec<(u64, Option<u64>)> = found
            .iter()
            .map(|one| (one.waited.as_secs(), one.took().map(|took| took.as_secs())))
            .collect();
        // In production the first try counts as the beginning of the work.
        assert_eq!(seconds, [(10, Some(90)), (60, Some(70))]);
        assert_eq!(passages(&pipeline, &facts, RevisionId(7)), []);
    }
}
