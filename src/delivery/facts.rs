//! What a project's history says, as plain data: revisions, and for each environment what was deployed when, what its
//! checks said, who approved and who held. The rules in `gate` and `pipeline` are functions of this. Reads nothing
//! itself. Entry point: [`Facts`].

use std::collections::BTreeMap;

use model::Str;
use model::clock::Timestamp;
use model::serial::{RevisionId, RunId};
use state::ConfigurationDigest;

use crate::coverage::Coverage;
use crate::identity::may_be_one;

/// Everything that the rules look at.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    /// Revisions by number.
    pub revisions: BTreeMap<RevisionId, RevisionFacts>,
    /// What happened in each environment.
    pub environments: BTreeMap<Str, History>,
}

/// What is known of a revision.
#[derive(Clone, Debug, PartialEq)]
pub struct RevisionFacts {
    /// Its number.
    pub id: RevisionId,
    /// Who wrote it: the commit's author; without one, who made the revision.
    pub author: Str,
    /// Their e-mail address.
    pub email: Option<Str>,
    /// The commit it was made from.
    pub commit: Option<Str>,
    /// When it was made.
    pub created: Timestamp,
    /// That it must not go anywhere any more.
    pub rejected: Option<Decision>,
}

impl RevisionFacts {
    /// Whether someone may be who wrote it, whatever they are called.
    pub fn may_be_author(&self, who: &str) -> bool {
        let names = [Some(&self.author), self.email.as_ref()];
        let mut names = names.into_iter().flatten();
        names.any(|name| may_be_one(name, who))
    }
}

/// Something that a person decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The run that records it.
    pub run: RunId,
    /// Who.
    pub by: Str,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: Option<Str>,
}

/// What happened in an environment, each list oldest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    /// Runs that changed it, or tried to.
    pub deployments: Vec<Deployment>,
    /// What its checks said.
    pub evidence: Vec<Evidence>,
    /// Looks that found drift: the run, and when.
    pub drifted: Vec<(RunId, Timestamp)>,
    /// Who approved what.
    pub approvals: Vec<Approval>,
    /// That nothing may come here for now.
    pub hold: Option<Decision>,
    /// Revisions that a rollback left, and that may not come again until they are released.
    pub rolled_back: BTreeMap<RevisionId, Decision>,
}

/// A run that changed an environment, or tried to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployment {
    /// The run.
    pub run: RunId,
    /// The revision it applied; none for a destroy, and for an apply from before there were revisions.
    pub revision: Option<RevisionId>,
    /// The variables it used.
    pub configuration: Option<ConfigurationDigest>,
    /// Whether it only repaired what had drifted from its revision.
    pub is_repair: bool,
    /// Whether it went back to what had been there before.
    pub is_rollback: bool,
    /// Whether it destroyed all that was there, or a part of it.
    pub is_destroy: bool,
    /// Who ran it.
    pub by: Str,
    /// When it began.
    pub started: Timestamp,
    /// When it ended; none while it runs.
    pub ended: Option<Timestamp>,
    /// Whether all of it was done, its checks apart.
    pub succeeded: bool,
    /// Why the rules were not asked.
    pub break_glass: Option<Str>,
}

/// What a check said once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// The run in which it was asked.
    pub run: RunId,
    /// The check.
    pub check: Str,
    /// Whether it passed.
    pub passed: bool,
    /// When.
    pub at: Timestamp,
}

/// An approval of what a plan does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// Who, when and why.
    pub decision: Decision,
    /// The revision.
    pub revision: RevisionId,
    /// What it covers of plans: what the one does that was seen.
    pub covers: Coverage,
    /// When a plan was made that it did not cover, the newest time since it was given.
    pub fell_short: Option<Timestamp>,
}

/// A time in which an environment had one revision, from the end of the run that brought it to the beginning of the
/// next that brings another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stay {
    /// The revision.
    pub revision: RevisionId,
    /// When it came.
    pub from: Timestamp,
    /// When the next one began to come; none when it is still there.
    pub until: Option<Timestamp>,
    /// The run that brought it.
    pub run: RunId,
    /// The run that ended it; none when it is still there.
    pub ended_by: Option<RunId>,
}

impl Stay {
    /// Whether a run fell into it. Runs are numbered as they begin, which a clock that is set back does not change.
    pub fn has(&self, run: RunId) -> bool {
        run >= self.run && self.ended_by.is_none_or(|end| run < end)
    }
}

impl Deployment {
    /// The revision that the environment has by it, if it succeeds. What was applied past the rules is none that the rules
    /// know of, whatever it was made from.
    pub fn known(&self) -> Option<RevisionId> {
        self.revision.filter(|_| self.break_glass.is_none())
    }

    /// Who ran it, and when.
    pub fn decision(&self) -> Decision {
        Decision {
            run: self.run,
            by: self.by.clone(),
            at: self.started,
            reason: None,
        }
    }
}

impl History {
    /// The times in which the environment had one revision as it should be, oldest first. Where a deployment failed
    /// nobody knows what the environment has, so that it has none until the next succeeds.
    pub fn stays(&self) -> Vec<Stay> {
        let mut stays: Vec<Stay> = Vec::new();
        for deployment in &self.deployments {
            let goes_on = stays.last().is_some_and(|stay| {
                let is_same = deployment.is_repair || deployment.known() == Some(stay.revision);
                stay.until.is_none() && is_same
            });
            // A repair touches only what had drifted: also one that failed disturbs, and leaves the rest as it was.
            if goes_on && (deployment.succeeded || deployment.is_repair) {
                continue;
            }
            if let Some(stay) = stays.last_mut().filter(|stay| stay.until.is_none()) {
                stay.until = Some(deployment.started);
                stay.ended_by = Some(deployment.run);
            }
            if let (true, Some(revision), Some(ended)) =
                (deployment.succeeded, deployment.known(), deployment.ended)
            {
                stays.push(Stay {
                    revision,
                    from: ended,
                    until: None,
                    run: deployment.run,
                    ended_by: None,
                });
            }
        }
        stays
    }

    /// The revision that is there now as it should be.
    pub fn occupant(&self) -> Option<Stay> {
        self.stays().pop().filter(|stay| stay.until.is_none())
    }

    /// The newest thing a check said in a stay.
    pub fn newest<'h>(&'h self, check: &str, stay: &Stay) -> Option<&'h Evidence> {
        self.within(stay)
            .filter(|evidence| evidence.check == *check)
            .last()
    }

    /// What checks said in a stay, oldest first. The run that brought the revision checks it before it ends.
    pub fn within<'h>(&'h self, stay: &Stay) -> impl Iterator<Item = &'h Evidence> {
        let stay = *stay;
        self.evidence
            .iter()
            .filter(move |evidence| stay.has(evidence.run))
    }

    /// The revision that someone tried last to bring here, whatever came of it; a newer one that went past the rules since
    /// then counts too.
    pub fn aimed_at(&self) -> Option<RevisionId> {
        let mut newest = None;
        for deployment in self.deployments.iter().rev() {
            newest = newest.max(
                deployment
                    .revision
                    .filter(|_| deployment.break_glass.is_some()),
            );
            if let Some(known) = deployment.known() {
                return newest.max(Some(known));
            }
        }
        newest
    }

    /// The rollback that brought back other variables of the revision that was there before; none where anything but a repair
    /// came since.
    pub fn other_variables(&self) -> Option<Decision> {
        let mut newest = self.deployments.iter().rev().filter(|one| !one.is_repair);
        let (last, before) = (newest.next()?, newest.next()?);
        let is_same = last.is_rollback && last.revision == before.revision;
        let is_other = last.configuration != before.configuration;
        (is_same && is_other).then(|| last.decision())
    }

    /// The newest run that destroyed what was here, or a part of it.
    pub fn destroyed(&self) -> Option<&Deployment> {
        let mut found = self.deployments.iter().rev();
        found.find(|deployment| deployment.is_destroy)
    }

    /// The newest deployment that tried to bring `revision`.
    pub fn last_try(&self, revision: RevisionId) -> Option<&Deployment> {
        let mut found = self.deployments.iter().rev();
        found.find(|deployment| deployment.known() == Some(revision))
    }
}
