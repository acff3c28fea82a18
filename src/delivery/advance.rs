//! How `pipeline run` goes on with a revision: which environment is next, when it ends, and what is then waited for. Pure.
//! Entry points: [`next`], [`ahead`], [`under_way`], [`candidate`].

use std::collections::{BTreeMap, BTreeSet};

use model::Str;
use model::clock::Timestamp;
use model::serial::RevisionId;

use crate::facts::{Facts, History};
use crate::gate::{Unmet, Unverified, Waits};
use crate::stages::{Pipeline, Stage};
use crate::standing::{Instance, Standing, standing};

/// One `pipeline run` so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// What came of environments. None is taken up twice.
    pub tried: BTreeMap<Str, Tried>,
    /// Environments that have the revision, with other variables than they are given now.
    pub reconfigured: BTreeSet<Str>,
}

/// What came of an environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tried {
    /// The revision came, or its checks were asked again, and all is well.
    Done,
    /// That failed.
    Failed,
    /// With the plan that would be applied, these rules are not met.
    Blocked(Vec<Unmet>),
}

/// What comes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Bring the revision to this environment.
    Deploy(Str),
    /// Ask the checks of this environment again: the revision is there without fresh evidence, or without such as is fresh
    /// enough for one that comes after it.
    Verify(Str),
    /// Nothing: where it can be, it is.
    Done,
    /// Nothing: this environment failed, which stops the revision.
    Stopped(Str),
    /// Nothing now.
    Wait(Vec<Waiting>),
}

/// An environment that the revision does not come to yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The environment.
    pub stage: Str,
    /// The rules that are not met; where there are none, a person has to promote.
    pub unmet: Vec<Unmet>,
}

impl Waiting {
    /// What it waits for in the end: work before a person, a person before time.
    pub fn waits(&self) -> Waits {
        let waits = self.unmet.iter().map(Unmet::waits).max();
        waits.unwrap_or(Waits::Person)
    }

    /// Whether all that is missing is missing in environments before, among those of `others` which wait themselves.
    pub fn is_behind(&self, others: &[Self]) -> bool {
        let mut work = self
            .unmet
            .iter()
            .filter(|rule| rule.waits() == Waits::Work)
            .peekable();
        work.peek().is_some()
            && work.all(|rule| {
                rule.before()
                    .is_some_and(|before| others.iter().any(|other| other.stage == *before))
            })
    }
}

impl Next {
    /// What is waited for, but for what is itself behind something that waits.
    pub fn ahead(&self) -> Vec<&Waiting> {
        let Self::Wait(waiting) = self else {
            return Vec::new();
        };
        let is_ahead = |one: &&Waiting| !one.is_behind(waiting);
        waiting.iter().filter(is_ahead).collect()
    }

    /// What is waited for, of what is not itself behind something that waits.
    pub fn waits(&self) -> Option<Waits> {
        let Self::Wait(waiting) = self else {
            return None;
        };
        let ahead = waiting.iter().filter(|one| !one.is_behind(waiting));
        ahead.map(Waiting::waits).max()
    }
}

/// How an environment is about a revision, for someone who carries it on.
enum Turn {
    /// It is there and verified, or has been taken up in this round, or something newer has come.
    Over,
    Deploy,
    Verify,
    Failed,
    Waits(Vec<Unmet>),
}

/// What comes next for a revision. An environment that someone brought a newer one to is left to that.
pub fn next(instance: &Instance<'_>, round: &Round) -> Next {
    let mut waiting = Vec::new();
    for stage in &instance.pipeline.stages {
        match turn(instance, stage, round) {
            Turn::Over => {}
            Turn::Deploy => return Next::Deploy(stage.name.clone()),
            Turn::Verify => return Next::Verify(stage.name.clone()),
            Turn::Failed => return Next::Stopped(stage.name.clone()),
            Turn::Waits(unmet) => waiting.push(Waiting {
                stage: stage.name.clone(),
                unmet,
            }),
        }
    }
    if let Some(before) = stale(instance, round, &waiting) {
        return Next::Verify(before);
    }
    match waiting.is_empty() {
        true => Next::Done,
        false => Next::Wait(waiting),
    }
}

/// What a revision could do in an environment, or what keeps it from there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ahead {
    /// It may come; where the environment comes after no other, by an apply as well.
    Comes(Str),
    /// It is there without fresh evidence.
    Verify(Str),
    /// It does not come yet.
    Waits(Waiting),
}

/// What is in front of a revision in every environment, in the pipeline's order, and not only in the next one: where one
/// comes first is not told of those that come after it and wait for nothing else.
pub fn ahead(instance: &Instance<'_>) -> Vec<Ahead> {
    let round = Round::default();
    let (mut found, mut waiting) = (Vec::new(), Vec::new());
    for stage in &instance.pipeline.stages {
        let one = Waiting {
            stage: stage.name.clone(),
            unmet: Vec::new(),
        };
        match turn(instance, stage, &round) {
            Turn::Over | Turn::Failed => continue,
            Turn::Deploy => {
                found.push(Ahead::Comes(stage.name.clone()));
                // Nobody need say of what comes after it that it waits for this.
                waiting.extend((!stage.after.is_empty()).then_some(one));
            }
            Turn::Verify => {
                found.push(Ahead::Verify(stage.name.clone()));
                waiting.push(one);
            }
            Turn::Waits(unmet) => {
                let one = Waiting { unmet, ..one };
                found.push(Ahead::Waits(one.clone()));
                waiting.push(one);
            }
        }
    }
    let is_behind = |one: &Ahead| matches!(one, Ahead::Waits(one) if one.is_behind(&waiting));
    found.retain(|one| !is_behind(one));
    found
}

/// An environment that has the revision, and whose checks passed too long ago for one that waits: they can be asked again,
/// as those that are no evidence any more by their own terms.
fn stale(instance: &Instance<'_>, round: &Round, waiting: &[Waiting]) -> Option<Str> {
    let rules = waiting.iter().flat_map(|one| &one.unmet);
    let is_stale = |rule: &&Unmet| {
        matches!(
            rule,
            Unmet::NotVerified {
                why: Unverified::Stale,
                ..
            }
        )
    };
    let mut stale = rules.filter(is_stale).filter_map(Unmet::before);
    let is_there = |before: &&Str| {
        let history = instance.facts.environments.get(*before);
        let stay = history.and_then(History::occupant);
        !round.tried.contains_key(*before)
            && stay.is_some_and(|stay| stay.revision == instance.revision)
    };
    stale.find(is_there).cloned()
}

fn turn(instance: &Instance<'_>, stage: &Stage, round: &Round) -> Turn {
    match round.tried.get(&stage.name) {
        Some(Tried::Failed) => return Turn::Failed,
        Some(Tried::Blocked(unmet)) => return Turn::Waits(unmet.clone()),
        Some(Tried::Done) => return Turn::Over,
        None => {}
    }
    let here = instance.facts.environments.get(&stage.name);
    let is_left_to_newer = here
        .and_then(History::aimed_at)
        .is_some_and(|newer| newer > instance.revision);
    let is_as_given = !round.reconfigured.contains(&stage.name);
    match standing(instance, stage) {
        Standing::Verified { .. } if is_as_given => Turn::Over,
        Standing::Unverified { .. } if is_as_given => Turn::Verify,
        Standing::Superseded { .. } => Turn::Over,
        _ if is_left_to_newer => Turn::Over,
        // It was there, and an older one or nothing took its place, or it is there with other variables: rules say whether
        // it may come again.
        Standing::Verified { .. }
        | Standing::Unverified { .. }
        | Standing::Passed { .. }
        | Standing::Failed { .. }
        | Standing::Ready => {
            let unmet = instance.unmet(stage);
            match unmet.is_empty() && !stage.is_manual {
                true => Turn::Deploy,
                false => Turn::Waits(unmet),
            }
        }
        Standing::Waits(unmet) => Turn::Waits(unmet),
    }
}

/// The revision that a promotion to an environment is about where none is named: the newest that may come; else the newest
/// that waits for time or a person alone; else the newest that may once come; else what is there. Never one that was
/// rejected, nor an older one than someone brought there last.
pub fn candidate(
    pipeline: &Pipeline,
    facts: &Facts,
    stage: &Stage,
    now: Timestamp,
) -> Option<RevisionId> {
    let there = facts.environments.get(&stage.name);
    let there = there.and_then(History::occupant).map(|stay| stay.revision);
    let (mut waits, mut later) = (None, None);
    for (revision, unmet) in not_older(pipeline, facts, stage, now) {
        if there == Some(revision) {
            return waits.or(later).or(there);
        }
        match unmet.iter().map(Unmet::waits).max() {
            None => return Some(revision),
            Some(Waits::Time | Waits::Person) => waits = waits.or(Some(revision)),
            Some(Waits::Work) => later = later.or(Some(revision)),
        }
    }
    waits.or(later)
}

/// The revision that an approval for an environment is about where none is named: the newest that waits for one, or else
/// the [`candidate`].
pub fn to_approve(
    pipeline: &Pipeline,
    facts: &Facts,
    stage: &Stage,
    now: Timestamp,
) -> Option<RevisionId> {
    let waits = |unmet: &[Unmet]| {
        let is_approval = |rule: &Unmet| matches!(rule, Unmet::Approvals { .. });
        unmet.iter().any(is_approval) && unmet.iter().all(|rule| rule.waits() != Waits::Work)
    };
    not_older(pipeline, facts, stage, now)
        .find(|(_, unmet)| waits(unmet))
        .map(|(revision, _)| revision)
        .or_else(|| candidate(pipeline, facts, stage, now))
}

/// The revisions that an environment may be meant to have, the newest first, with what is missing for each.
fn not_older<'f>(
    pipeline: &'f Pipeline,
    facts: &'f Facts,
    stage: &'f Stage,
    now: Timestamp,
) -> impl Iterator<Item = (RevisionId, Vec<Unmet>)> + 'f {
    let here = facts.environments.get(&stage.name);
    let oldest = here.and_then(History::aimed_at).unwrap_or(RevisionId(0));
    let newest = facts.revisions.range(oldest..).rev();
    let good = newest.filter(|(_, found)| found.rejected.is_none());
    good.map(move |(revision, _)| {
        let instance = Instance {
            pipeline,
            facts,
            revision: *revision,
            now,
        };
        (*revision, instance.unmet(stage))
    })
}

/// Older revisions than `newest` that a `pipeline run` also carries on, newest first: those that are in an environment
/// now, and may still come to another one.
pub fn under_way(
    pipeline: &Pipeline,
    facts: &Facts,
    newest: RevisionId,
    now: Timestamp,
) -> Vec<RevisionId> {
    let mut found: Vec<RevisionId> = facts
        .environments
        .values()
        .filter_map(History::occupant)
        .map(|stay| stay.revision)
        .filter(|revision| *revision < newest)
        .collect();
    found.sort_unstable();
    found.dedup();
    found.reverse();
    found.retain(|revision| {
        let instance = Instance {
            pipeline,
            facts,
            revision: *revision,
            now,
        };
        let has_failed = |stage| matches!(standing(&instance, stage), Standing::Failed { .. });
        if pipeline.stages.iter().any(has_failed) {
            return false;
        }
        let next = next(&instance, &Round::default());
        match &next {
            Next::Deploy(_) | Next::Verify(_) => true,
            // What waits for work that nobody does for it any more is not on its way.
            Next::Wait(_) => next.waits() != Some(Waits::Work),
            Next::Done | Next::Stopped(_) => false,
        }
    });
    found
}
