//! Where a revision stands in each environment of the pipeline. Pure. What `pipeline run` makes of it is in `advance`.
//! Entry point: [`standing`].

use model::Str;
use model::clock::Timestamp;
use model::serial::{RevisionId, RunId};

use crate::facts::{Facts, History, Stay};
use crate::gate::{Question, Unmet, Unverified, unmet};
use crate::stages::{Pipeline, Stage};

/// Where a revision stands with an environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is there, and its checks passed.
    Verified {
        /// When it came.
        since: Timestamp,
    },
    /// It is there, and these checks are no evidence yet or any more.
    Unverified {
        /// When it came.
        since: Timestamp,
        /// The checks.
        checks: Vec<(Str, Unverified)>,
    },
    /// It was there and another one took its place.
    Passed {
        /// When the other began to come.
        until: Timestamp,
    },
    /// A newer one is there.
    Superseded {
        /// The newer one.
        by: RevisionId,
    },
    /// It was to come, and that failed.
    Failed {
        /// The run.
        run: RunId,
    },
    /// It may come.
    Ready,
    /// It may not come yet.
    Waits(Vec<Unmet>),
}

/// What the pipeline is asked about.
#[derive(Clone, Copy, Debug)]
pub struct Instance<'i> {
    /// The stages.
    pub pipeline: &'i Pipeline,
    /// What happened.
    pub facts: &'i Facts,
    /// The revision.
    pub revision: RevisionId,
    /// Now.
    pub now: Timestamp,
}

impl Instance<'_> {
    /// Returns the rules that keep the revision from an environment, as far as they do not depend on a plan.
    pub(crate) fn unmet(&self, stage: &Stage) -> Vec<Unmet> {
        unmet(&Question {
            pipeline: self.pipeline,
            facts: self.facts,
            revision: self.revision,
            stage,
            effects: None,
            now: self.now,
        })
    }
}

/// Where a revision stands with one environment.
pub fn standing(instance: &Instance<'_>, stage: &Stage) -> Standing {
    let none = History::default();
    let here = instance
        .facts
        .environments
        .get(&stage.name)
        .unwrap_or(&none);
    let stays = here.stays();
    let last = stays
        .iter()
        .rev()
        .find(|stay| stay.revision == instance.revision);
    if let Some(stay) = last.filter(|stay| stay.until.is_none()) {
        return verified(instance, stage, here, stay);
    }
    let is_left = here.rolled_back.contains_key(&instance.revision);
    // What was tried last may have left anything behind, also of what was there before.
    if let Some(failed) = here
        .deployments
        .last()
        .filter(|last| last.known() == Some(instance.revision) && !last.is_repair)
        .filter(|last| !last.succeeded && !is_left)
    {
        return Standing::Failed { run: failed.run };
    }
    let newer = here
        .occupant()
        .filter(|stay| stay.revision > instance.revision);
    match (last.and_then(|stay| stay.until), newer) {
        // What a rollback left is not past: it waits to be released, unless a newer one came.
        (Some(until), newer) if !is_left || newer.is_some() => return Standing::Passed { until },
        (None, Some(newer)) => {
            return Standing::Superseded { by: newer.revision };
        }
        (Some(_) | None, _) => {}
    }
    if let Some(failed) = here
        .last_try(instance.revision)
        .filter(|last| !last.succeeded && !is_left)
    {
        return Standing::Failed { run: failed.run };
    }
    let unmet = instance.unmet(stage);
    match unmet.is_empty() {
        true => Standing::Ready,
        false => Standing::Waits(unmet),
    }
}

fn verified(instance: &Instance<'_>, stage: &Stage, here: &History, stay: &Stay) -> Standing {
    let wrong = stage.checks.iter().filter_map(|check| {
        let why = match here.newest(&check.name, stay) {
            None => Unverified::Never,
            Some(evidence) if !evidence.passed => Unverified::Failed,
            Some(evidence) => {
                let limit = check.expires?;
                let is_stale = instance.now.since(evidence.at) > limit;
                return is_stale.then(|| (check.name.clone(), Unverified::Stale));
            }
        };
        Some((check.name.clone(), why))
    });
    let checks: Vec<(Str, Unverified)> = wrong.collect();
    match checks.is_empty() {
        true => Standing::Verified { since: stay.from },
        false => Standing::Unverified {
            since: stay.from,
            checks,
        },
    }
}
