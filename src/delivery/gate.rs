//! Whether a revision may come to an environment now: every rule that is not met, each with what to do. Pure: the time
//! is an argument. Entry point: [`unmet`].

use std::collections::BTreeSet;
use std::time::Duration;

use model::Str;
use model::clock::Timestamp;
use model::serial::{RevisionId, RunId};

use crate::coverage::Effects;
use crate::facts::{Approval, Decision, Deployment, Facts, History, RevisionFacts, Stay};
use crate::identity::may_be_one;
use crate::stages::{Pipeline, Stage};

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Question<'q> {
    /// The stages and their rules.
    pub pipeline: &'q Pipeline,
    /// What happened.
    pub facts: &'q Facts,
    /// The revision that is to come.
    pub revision: RevisionId,
    /// The environment that it is to come to.
    pub stage: &'q Stage,
    /// What the plan does that would be applied; none when none was made yet, then approvals are only counted.
    pub effects: Option<&'q Effects>,
    /// Now.
    pub now: Timestamp,
}

/// A rule that is not met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unmet {
    /// There is no such revision.
    Unknown,
    /// It was rejected.
    Rejected(Decision),
    /// Nothing may come to the environment for now.
    Held(Decision),
    /// It was rolled back, and is held until it is released.
    RolledBack {
        /// Where: in the environment itself, or in one before it.
        from: Str,
        /// Whether it is one before.
        is_before: bool,
        /// The rollback.
        decision: Decision,
    },
    /// A newer revision was brought there last, whatever came of it.
    Overtakes {
        /// The newer one.
        newer: RevisionId,
    },
    /// It was not in an environment before, or what it made there was destroyed since.
    NotDeployed {
        /// That environment.
        before: Str,
        /// A newer one that was brought there, so that it comes there no more.
        newer: Option<RevisionId>,
        /// The run that destroyed what it made there, or a part of that.
        destroyed: Option<Decision>,
    },
    /// A check of an environment before did not pass with it.
    NotVerified {
        /// That environment.
        before: Str,
        /// The check.
        check: Str,
        /// What is wrong.
        why: Unverified,
        /// Whether it is still there, so that the check can be asked again.
        is_there: bool,
        /// A newer one that was brought there, so that it comes there no more.
        newer: Option<RevisionId>,
    },
    /// It was not undisturbed in an environment before for long enough.
    NotSoaked {
        /// That environment.
        before: Str,
        /// When it will have been, if nothing disturbs it; none when it is not there any more.
        until: Option<Timestamp>,
        /// A newer one that was brought there, so that it comes there no more.
        newer: Option<RevisionId>,
    },
    /// Too few people approved.
    Approvals {
        /// Who did, and may.
        have: Vec<Str>,
        /// How many are wanted.
        want: u32,
        /// Who may approve, never the author; none when anyone else may.
        may: Option<Vec<Str>>,
        /// Who approved another plan, which does not cover this one.
        outdated: Vec<Str>,
    },
    /// It is not the time.
    Closed {
        /// When it will be; none when it cannot be foreseen.
        opens: Option<Timestamp>,
        /// The days on which nothing is to change, where it is one of them.
        freeze: Option<Str>,
    },
}

/// Why a check is no evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unverified {
    /// It was never asked.
    Never,
    /// It failed.
    Failed,
    /// It passed, too long ago.
    Stale,
}

/// What an unmet rule waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Waits {
    /// Time alone.
    Time,
    /// A person's decision.
    Person,
    /// Another thing to be done first, or nothing at all.
    Work,
}

impl Unmet {
    /// What it waits for, which decides the exit code: time alone, a person, or something else to be done first.
    pub fn waits(&self) -> Waits {
        match self {
            Self::NotSoaked { until: Some(_), .. } | Self::Closed { opens: Some(_), .. } => {
                Waits::Time
            }
            Self::Approvals { .. }
            | Self::Held(_)
            | Self::RolledBack {
                is_before: false, ..
            } => Waits::Person,
            Self::Unknown
            | Self::Rejected(_)
            | Self::RolledBack {
                is_before: true, ..
            }
            | Self::Overtakes { .. }
            | Self::NotDeployed { .. }
            | Self::NotVerified { .. }
            | Self::NotSoaked { until: None, .. }
            | Self::Closed { opens: None, .. } => Waits::Work,
        }
    }

    /// When it will be met by itself.
    pub fn until(&self) -> Option<Timestamp> {
        match self {
            Self::NotSoaked { until, .. } => *until,
            Self::Closed { opens, .. } => *opens,
            Self::Unknown
            | Self::Rejected(_)
            | Self::Held(_)
            | Self::RolledBack { .. }
            | Self::Overtakes { .. }
            | Self::NotDeployed { .. }
            | Self::NotVerified { .. }
            | Self::Approvals { .. } => None,
        }
    }

    /// The environment before in which something is missing.
    pub fn before(&self) -> Option<&Str> {
        match self {
            Self::NotDeployed { before, .. }
            | Self::NotVerified { before, .. }
            | Self::NotSoaked { before, .. }
            | Self::RolledBack {
                from: before,
                is_before: true,
                ..
            } => Some(before),
            Self::Unknown
            | Self::Rejected(_)
            | Self::Held(_)
            | Self::RolledBack {
                is_before: false, ..
            }
            | Self::Overtakes { .. }
            | Self::Approvals { .. }
            | Self::Closed { .. } => None,
        }
    }
}

/// Every rule that is not met; none when the revision may come.
pub fn unmet(question: &Question<'_>) -> Vec<Unmet> {
    let mut found = Vec::new();
    let Some(revision) = question.facts.revisions.get(&question.revision) else {
        return vec![Unmet::Unknown];
    };
    let here = question.facts.environments.get(&question.stage.name);
    found.extend(revision.rejected.clone().map(Unmet::Rejected));
    found.extend(here.and_then(|here| here.hold.clone()).map(Unmet::Held));
    found.extend(rolled_back(question, &question.stage.name));
    let newer = here
        .and_then(History::aimed_at)
        .filter(|there| *there > question.revision);
    found.extend(newer.map(|newer| Unmet::Overtakes { newer }));
    for before in &question.stage.after {
        found.extend(unmet_before(question, before));
    }
    found.extend(approvals(question, revision));
    if let Some(opens) = question.stage.closed(question.now) {
        let freeze = question.stage.calendar.frozen(question.now);
        let freeze = freeze.map(|freeze| freeze.to_string().into());
        found.push(Unmet::Closed { opens, freeze });
    }
    found
}

/// What is missing in an environment before.
fn unmet_before(question: &Question<'_>, before: &Str) -> Vec<Unmet> {
    let name = before.clone();
    let history = question.facts.environments.get(before);
    let mut stays: Vec<Stay> = history
        .map(History::stays)
        .unwrap_or_default()
        .into_iter()
        .filter(|stay| stay.revision == question.revision)
        .collect();
    // What was shown by something that a person took away is shown by nothing that stands.
    let destroyed = history.and_then(History::destroyed);
    let destroyed = destroyed.filter(|destroyed| {
        let was_there = stays.iter().any(|stay| stay.run < destroyed.run);
        stays.retain(|stay| stay.run > destroyed.run);
        was_there
    });
    let newer = history
        .and_then(History::aimed_at)
        .filter(|newer| *newer > question.revision);
    let (Some(history), Some(stay)) = (history, stays.last()) else {
        return vec![Unmet::NotDeployed {
            before: name,
            newer,
            destroyed: destroyed.map(Deployment::decision),
        }];
    };
    // What was good there once was found wanting since.
    if let Some(left) = rolled_back(question, before) {
        return vec![left];
    }
    let checks = question
        .pipeline
        .stage(before)
        .map(|stage| stage.checks.as_slice())
        .unwrap_or_default();
    let mut found = Vec::new();
    for check in checks {
        let limit = shorter(check.expires, question.stage.evidence);
        let why = match history.newest(&check.name, stay) {
            None => Some(Unverified::Never),
            Some(evidence) if !evidence.passed => Some(Unverified::Failed),
            Some(evidence) => limit
                .filter(|limit| question.now.since(evidence.at) > *limit)
                .map(|_| Unverified::Stale),
        };
        found.extend(why.map(|why| Unmet::NotVerified {
            before: name.clone(),
            check: check.name.clone(),
            why,
            is_there: stay.until.is_none(),
            newer,
        }));
    }
    if question.stage.soak > Duration::ZERO {
        let wanted: Vec<&Str> = checks.iter().map(|check| &check.name).collect();
        let soaked = stays
            .iter()
            .any(|stay| undisturbed(history, stay, &wanted, question.now) >= question.stage.soak);
        if !soaked {
            let until = stay.until.is_none().then(|| {
                let since = quiet_since(history, stay, &wanted);
                since.map(|since| since.after(question.stage.soak))
            });
            found.push(Unmet::NotSoaked {
                before: name,
                until: until.flatten(),
                newer,
            });
        }
    }
    found
}

fn rolled_back(question: &Question<'_>, environment: &Str) -> Option<Unmet> {
    let history = question.facts.environments.get(environment)?;
    let decision = history.rolled_back.get(&question.revision)?;
    Some(Unmet::RolledBack {
        from: environment.clone(),
        is_before: *environment != question.stage.name,
        decision: decision.clone(),
    })
}

fn shorter(a: Option<Duration>, b: Option<Duration>) -> Option<Duration> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (one, other) => one.or(other),
    }
}

/// What happens in a stay and matters to how long it was left in peace.
#[derive(Clone, Copy)]
enum Moment<'m> {
    /// Something was changed, or failed to be, or had drifted.
    Disturbed,
    Checked(&'m Str, bool),
}

/// What happened in a stay, oldest first.
fn moments<'h>(history: &'h History, stay: &Stay) -> Vec<(Timestamp, Moment<'h>)> {
    let checked = history.within(stay).map(|evidence| {
        let moment = Moment::Checked(&evidence.check, evidence.passed);
        (evidence.run, evidence.at, moment)
    });
    // A repair is a disturbance, and so is bringing the same revision again: something was done here.
    let again = history
        .deployments
        .iter()
        .filter(|deployment| deployment.run > stay.run && stay.has(deployment.run));
    let disturbed = again.map(|deployment| {
        let at = deployment.ended.unwrap_or(deployment.started);
        (deployment.run, at, Moment::Disturbed)
    });
    // What was found to have drifted was not in peace, whoever did it.
    let drifted = history.drifted.iter().filter(|(run, _)| stay.has(*run));
    let drifted = drifted.map(|(run, at)| (*run, *at, Moment::Disturbed));
    // A run disturbs before it checks.
    let mut moments: Vec<(RunId, Timestamp, Moment<'h>)> =
        disturbed.chain(drifted).chain(checked).collect();
    moments.sort_by_key(|(run, _, _)| *run);
    moments
        .into_iter()
        .map(|(_, at, moment)| (at, moment))
        .collect()
}

/// The longest time in a stay in which all of `wanted` had passed and nothing disturbed.
fn undisturbed(history: &History, stay: &Stay, wanted: &[&Str], now: Timestamp) -> Duration {
    let mut longest = Duration::ZERO;
    let mut quiet = Quiet::new(stay, wanted);
    for (at, moment) in moments(history, stay) {
        if let Some(since) = quiet.since {
            longest = longest.max(at.since(since));
        }
        quiet.take(at, moment);
    }
    let end = stay.until.unwrap_or(now);
    quiet
        .since
        .map_or(longest, |since| longest.max(end.since(since)))
}

/// Since when a stay is verified and undisturbed; none when it is not.
fn quiet_since(history: &History, stay: &Stay, wanted: &[&Str]) -> Option<Timestamp> {
    let mut quiet = Quiet::new(stay, wanted);
    for (at, moment) in moments(history, stay) {
        quiet.take(at, moment);
    }
    quiet.since
}

/// Follows a stay: since when it is in peace.
struct Quiet<'w> {
    wanted: &'w [&'w Str],
    passed: BTreeSet<Str>,
    since: Option<Timestamp>,
    /// The latest disturbance, or when the revision came.
    disturbed: Timestamp,
}

impl<'w> Quiet<'w> {
    fn new(stay: &Stay, wanted: &'w [&'w Str]) -> Self {
        Self {
            wanted,
            passed: BTreeSet::new(),
            since: wanted.is_empty().then_some(stay.from),
            disturbed: stay.from,
        }
    }

    fn take(&mut self, at: Timestamp, moment: Moment<'_>) {
        match moment {
            Moment::Disturbed => {
                self.disturbed = self.disturbed.max(at);
                self.since = self.since.map(|_| self.disturbed);
            }
            Moment::Checked(check, false) => {
                self.passed.remove(check);
                if self.wanted.contains(&check) {
                    self.since = None;
                }
            }
            Moment::Checked(check, true) => {
                self.passed.insert(check.clone());
                let all = self.wanted.iter().all(|check| self.passed.contains(*check));
                if all && self.since.is_none() {
                    self.since = Some(at.max(self.disturbed));
                }
            }
        }
    }
}

/// Approvals of a revision for a stage by people who may approve it, oldest first.
pub fn approvals_of<'f>(
    facts: &'f Facts,
    stage: &'f Stage,
    revision: &'f RevisionFacts,
) -> impl Iterator<Item = &'f Approval> {
    let here = facts.environments.get(&stage.name);
    let given = here.into_iter().flat_map(|here| &here.approvals);
    given.filter(|approval| {
        let by = &approval.decision.by;
        approval.revision == revision.id && !revision.may_be_author(by) && stage.may_approve(by)
    })
}

/// Adds a person who is not among `people` under another name.
fn add_person(people: &mut Vec<Str>, by: &Str) {
    if !people.iter().any(|known| may_be_one(known, by)) {
        people.push(by.clone());
    }
}

/// Approvals that are missing.
fn approvals(question: &Question<'_>, revision: &RevisionFacts) -> Option<Unmet> {
    let stage = question.stage;
    if stage.approvals == 0 {
        return None;
    }
    let (mut have, mut outdated) = (Vec::new(), Vec::new());
    for approval in approvals_of(question.facts, stage, revision) {
        let covers = question
            .effects
            .is_none_or(|effects| approval.covers.covers(effects));
        let people = if covers { &mut have } else { &mut outdated };
        add_person(people, &approval.decision.by);
    }
    outdated.retain(|by| !have.iter().any(|known| may_be_one(known, by)));
    have.sort();
    outdated.sort();
    let enough = have.len() >= stage.approvals as usize;
    (!enough).then(|| Unmet::Approvals {
        outdated,
        have,
        want: stage.approvals,
        may: stage.approvers.as_ref().map(|may| {
            may.iter()
                .filter(|name| !revision.may_be_author(name))
                .cloned()
                .collect()
        }),
    })
}
