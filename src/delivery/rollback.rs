//! Where a rollback goes, which revisions it leaves for good, and what it cannot undo. Pure. Entry points: [`previous`],
//! [`named`], [`before`], [`losses`].

use std::collections::{BTreeMap, BTreeSet};

use model::address::InstanceAddr;
use model::change::Action;
use model::plan::Plan;
use model::serial::{RevisionId, RunId};
use state::{ConfigurationDigest, How, JournalRow};

use crate::facts::{Approval, Decision, Deployment, Facts, History, RevisionFacts};

/// A revision together with the variables it was given: what an environment is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The revision.
    pub revision: RevisionId,
    /// The variables; none where they were not recorded.
    pub configuration: Option<ConfigurationDigest>,
}

impl Pair {
    fn of(deployment: &Deployment) -> Option<Self> {
        Some(Self {
            revision: deployment.revision?,
            configuration: deployment.configuration,
        })
    }
}

/// Where a rollback goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Goal {
    /// What was there.
    pub pair: Pair,
    /// The run that brought it.
    pub run: RunId,
    /// The revision that came last, whether or not all of it came; none where a whole definition was not tried since.
    pub from: Option<RevisionId>,
}

/// Why there is nowhere to go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Nowhere {
    /// Nothing good was there before what is there now.
    Nothing {
        /// What is there now.
        now: Option<RevisionId>,
    },
    /// That revision was never there, all of it.
    NeverThere,
    /// It is there, with the very same variables.
    There,
    /// It must not go anywhere any more.
    Rejected(Decision),
}

/// The last pair that was good before the one that is there now, in the line of what was there: what a rollback left is
/// not in it any more. Good is what was applied whole, and whose checks, where any were asked, passed once together. A
/// rejected revision, and one that a rollback left, is passed over. Where the last deployment failed, nobody knows what is
/// there, and the last good pair is meant.
///
/// # Errors
/// [`Nowhere::Nothing`].
pub fn previous(facts: &Facts, history: &History) -> Result<Goal, Nowhere> {
    let last = last(&history.deployments);
    let there = last.filter(|last| last.succeeded).and_then(Pair::of);
    let line = line(history, &history.deployments);
    let is_wanted = |(pair, _): &&(Pair, RunId)| {
        let is_rejected = rejection(facts, pair.revision).is_some();
        let is_left = history.rolled_back.contains_key(&pair.revision);
        Some(*pair) != there && !is_rejected && !is_left
    };
    let from = last.and_then(|last| last.revision);
    match line.iter().rev().find(is_wanted) {
        Some((pair, run)) => Ok(Goal {
            pair: *pair,
            run: *run,
            from,
        }),
        None => Err(Nowhere::Nothing {
            now: there.map(|pair| pair.revision),
        }),
    }
}

/// The pair of `revision` and the variables that its last good run used; where none was good, those of the last one
/// that applied it whole.
///
/// # Errors
/// Every [`Nowhere`] but [`Nowhere::Nothing`].
pub fn named(facts: &Facts, history: &History, revision: RevisionId) -> Result<Goal, Nowhere> {
    if let Some(decision) = rejection(facts, revision) {
        return Err(Nowhere::Rejected(decision.clone()));
    }
    let deployments = history.deployments.as_slice();
    let good = (0..deployments.len()).rev().find_map(|at| {
        let deployment = deployments.get(at)?;
        let is_meant = deployment.revision == Some(revision) && !deployment.is_repair;
        (is_meant && is_good(history, deployments, at)).then_some(deployment)
    });
    let whole = || {
        let mut whole = deployments.iter().rev();
        whole.find(|found| found.revision == Some(revision) && found.succeeded && !found.is_repair)
    };
    let found = good.or_else(whole).ok_or(Nowhere::NeverThere)?;
    let pair = Pair::of(found).ok_or(Nowhere::NeverThere)?;
    let last = last(deployments);
    if last.filter(|last| last.succeeded).and_then(Pair::of) == Some(pair) {
        return Err(Nowhere::There);
    }
    Ok(Goal {
        pair,
        run: found.run,
        from: last.and_then(|last| last.revision),
    })
}

/// What was there, and good, before a run that failed: what is gone back to without being asked. Other than [`previous`] it
/// looks no further back: where the same pair was there, or one that was rejected since, there is nothing to go back to.
///
/// # Errors
/// [`Nowhere::Nothing`], [`Nowhere::There`], [`Nowhere::Rejected`].
pub fn before(facts: &Facts, history: &History, run: RunId) -> Result<Goal, Nowhere> {
    let earlier = history.deployments.partition_point(|found| found.run < run);
    let (earlier, later) = history.deployments.split_at(earlier);
    let failed = later.iter().find(|found| found.run == run);
    let nothing = Nowhere::Nothing { now: None };
    let (pair, at) = line(history, earlier).pop().ok_or(nothing)?;
    if let Some(decision) = rejection(facts, pair.revision) {
        return Err(Nowhere::Rejected(decision.clone()));
    }
    if failed.and_then(Pair::of) == Some(pair) {
        return Err(Nowhere::There);
    }
    Ok(Goal {
        pair,
        run: at,
        from: failed.and_then(|failed| failed.revision),
    })
}

fn rejection(facts: &Facts, revision: RevisionId) -> Option<&Decision> {
    let found: Option<&RevisionFacts> = facts.revisions.get(&revision);
    found?.rejected.as_ref()
}

/// The last deployment that was to change what is there. A repair is not: it brings back what was.
fn last(deployments: &[Deployment]) -> Option<&Deployment> {
    let mut last = deployments.iter().rev();
    last.find(|deployment| !deployment.is_repair)
}

/// Whether what a deployment brought was applied whole, not past the rules, and its checks, where any were asked until the
/// next one, passed in one run.
fn is_good(history: &History, deployments: &[Deployment], at: usize) -> bool {
    let is_meant = |found: &&Deployment| found.succeeded && found.break_glass.is_none();
    let Some(deployment) = deployments.get(at).filter(is_meant) else {
        return false;
    };
    let mut later = deployments.iter().skip(at + 1);
    let next = later.find(|later| !later.is_repair).map(|next| next.run);
    let mut looks: BTreeMap<RunId, bool> = BTreeMap::new();
    let asked = history.evidence.iter().filter(|evidence| {
        evidence.run >= deployment.run && next.is_none_or(|next| evidence.run < next)
    });
    for evidence in asked {
        *looks.entry(evidence.run).or_insert(true) &= evidence.passed;
    }
    looks.is_empty() || looks.values().any(|passed| *passed)
}

/// The good pairs that were there, oldest first, each with the run that brought it last. A rollback takes away what came
/// after the pair it goes to.
fn line(history: &History, deployments: &[Deployment]) -> Vec<(Pair, RunId)> {
    let mut line: Vec<(Pair, RunId)> = Vec::new();
    for (at, deployment) in deployments.iter().enumerate() {
        let Some(pair) = Pair::of(deployment).filter(|_| !deployment.is_repair) else {
            continue;
        };
        if deployment.is_rollback
            && let Some(place) = line.iter().rposition(|(known, _)| *known == pair)
        {
            line.truncate(place + 1);
        }
        if is_good(history, deployments, at) {
            line.pop_if(|(last, _)| *last == pair);
            line.push((pair, deployment.run));
        }
    }
    line
}

impl History {
    /// Takes note of what a deployment means for revisions that a rollback left, before it is added to the others: a
    /// rollback leaves all newer ones that were tried since what it goes back to was there, and a revision that came all the
    /// same is not left any more. What was approved of what a rollback takes away is approved no more.
    pub fn came(&mut self, deployment: &Deployment, decision: impl Fn() -> Decision) {
        let Some(revision) = deployment.revision.filter(|_| !deployment.is_repair) else {
            return;
        };
        if deployment.succeeded || deployment.is_rollback {
            self.rolled_back.remove(&revision);
        }
        if !deployment.is_rollback {
            return;
        }
        let is_goal = |found: &&Deployment| found.revision != Some(revision) || !found.succeeded;
        let since = self.deployments.iter().rev().take_while(is_goal);
        let mut taken: BTreeSet<RevisionId> =
            since.clone().filter_map(|found| found.revision).collect();
        // It may be the same revision with other variables.
        taken.extend(last(&self.deployments).and_then(|last| last.revision));
        let left: BTreeSet<RevisionId> = since
            .filter_map(|found| found.revision)
            .filter(|found| *found > revision)
            .collect();
        let left = left.into_iter().map(|revision| (revision, decision()));
        self.rolled_back.extend(left);
        let is_taken = |approval: &Approval| taken.contains(&approval.revision);
        self.approvals.retain(|approval| !is_taken(approval));
    }
}

/// Something that a rollback does not bring back as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    /// The instance.
    pub addr: InstanceAddr,
    /// What became of its object.
    pub how: Lost,
}

/// Why an object is not as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    /// A run destroyed it, and the plan makes another in its place.
    Destroyed(RunId),
    /// A run put another in its place.
    Replaced(RunId),
    /// It is not recorded any more, though no run destroyed it, and the plan makes another beside it.
    Forgotten,
    /// The plan destroys it.
    Destroys,
    /// The plan puts another in its place.
    Replaces,
    /// The plan forgets it.
    Forgets,
}

/// What there was, at the time that a rollback goes back to, and what became of it.
#[derive(Clone, Debug, Default)]
pub struct Past {
    /// Instances that had an object then.
    pub then: BTreeSet<InstanceAddr>,
    /// Instances that have one now.
    pub now: BTreeSet<InstanceAddr>,
    /// The first run since then that destroyed the object, or made another.
    pub lost: BTreeMap<InstanceAddr, RunId>,
}

impl Past {
    /// Takes in what a run did, each after those before it.
    pub fn take(&mut self, run: RunId, journal: &[JournalRow]) {
        let ends = |row: &&JournalRow| {
            let what = matches!(row.action.as_str(), "create" | "destroy");
            // What is deposed has another in its place already.
            what && row.deposed.is_none() && has_happened(row)
        };
        for row in journal.iter().filter(ends) {
            if self.then.contains(&row.addr) {
                self.lost.entry(row.addr.clone()).or_insert(run);
            }
        }
    }

    /// What became of an object of that time, where the plan does nothing with it or `makes` another.
    fn became(&self, addr: &InstanceAddr, makes: bool) -> Option<Lost> {
        match (self.lost.get(addr), makes) {
            (Some(run), true) => Some(Lost::Destroyed(*run)),
            (Some(run), false) => self.now.contains(addr).then_some(Lost::Replaced(*run)),
            // What is recorded and made anew is gone from the world, which no run did.
            (None, true) => (!self.now.contains(addr)).then_some(Lost::Forgotten),
            (None, false) => None,
        }
    }
}

/// What a plan that goes back does not bring back, by address: what runs since have destroyed, replaced and forgotten, of
/// what was there at the time, and what the plan itself destroys, replaces and forgets.
pub fn losses(plan: &Plan, past: &Past) -> Vec<Loss> {
    let mut found: BTreeMap<&InstanceAddr, Lost> = BTreeMap::new();
    let mut made: BTreeSet<&InstanceAddr> = BTreeSet::new();
    for change in &plan.changes {
        let how = match change.action {
            Action::Create => {
                made.insert(&change.addr);
                continue;
            }
            Action::Replace(_) => Lost::Replaces,
            Action::Destroy => Lost::Destroys,
            Action::Forget => Lost::Forgets,
            Action::NoOp | Action::Read | Action::Update => continue,
        };
        found.insert(&change.addr, how);
    }
    for addr in &past.then {
        if let Some(how) = past.became(addr, made.contains(addr)) {
            found.entry(addr).or_insert(how);
        }
    }
    let losses = found.into_iter().map(|(addr, how)| Loss {
        addr: addr.clone(),
        how,
    });
    losses.collect()
}

/// Whether a step had its effect, or is recorded as if it had.
pub(crate) fn has_happened(row: &JournalRow) -> bool {
    let how = row.result.as_ref().map(|result| result.how);
    match how {
        Some(How::Done | How::Adopted | How::SettledByHand) => true,
        Some(How::Failed | How::DidNotHappen) | None => false,
    }
}

#[cfg(test)]
mod tests;
