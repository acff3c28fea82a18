//! What people decide: approvals, holds, rejections. How they are recorded, and read again. Entry points: [`approve`],
//! [`fell_short`], [`hold`], [`release`], [`reject`].

use std::collections::BTreeMap;

use engine::{Digest, Shape};
use model::Str;
use model::change::{Action, Change};
use model::clock::Timestamp;
use model::serial::RevisionId;
use serde::{Deserialize, Serialize};
use state::{EventRow, NewRun, PROJECT, RecordError, RunEnd, RunKind, RunOutcome, RunRow, Store};

use crate::coverage::{Coverage, Effects};
use crate::facts::{Approval, Decision, History};
use crate::gather::BLOCKED;

/// Who decides, when, and why.
#[derive(Clone, Debug)]
pub struct Verdict<'v> {
    /// Who.
    pub by: &'v str,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: Option<&'v str>,
}

/// What an approval covers, as it is kept.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Body {
    Approved {
        /// The plan that was seen.
        plan: String,
        /// What it does, each in whole.
        effects: Vec<Digest>,
        /// What is compared part by part. Approvals from before it was kept have none of it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        parts: Vec<Part>,
        /// The same for people; none in approvals from before it was kept.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        changes: Vec<Covered>,
    },
    Released {
        /// Whether a person's hold ends.
        hold: bool,
        /// Revisions that a rollback left, and that may come again.
        revisions: Vec<String>,
    },
    FellShort {
        /// Whose approvals did not cover what a plan does.
        approved_by: Vec<Str>,
    },
}

/// A change that someone saw who approved it, for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Covered {
    /// What was to happen.
    pub action: Action,
    /// To which instance.
    pub address: String,
}

/// What is to happen to an object, and what it is to become.
#[derive(Debug, Serialize, Deserialize)]
struct Part {
    address: Digest,
    action: Action,
    after: Shape,
}

/// What someone saw who approves.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'s> {
    /// The revision.
    pub revision: RevisionId,
    /// The plan.
    pub plan: &'s str,
    /// What it does.
    pub effects: &'s Effects,
    /// The same for people.
    pub changes: &'s [Change],
}

/// Records that someone approves what a plan does with a revision in an environment.
///
/// # Errors
/// Those of writing the record.
pub async fn approve(
    store: &Store,
    environment: &Str,
    seen: &Seen<'_>,
    verdict: &Verdict<'_>,
) -> Result<RunRow, RecordError> {
    let Coverage { whole, parts } = Coverage::of(seen.effects);
    let parts = parts.into_iter().map(|(address, (action, after))| Part {
        address,
        action,
        after,
    });
    let body = Body::Approved {
        plan: seen.plan.to_owned(),
        effects: whole.into_iter().collect(),
        parts: parts.collect(),
        changes: seen.changes.iter().filter_map(covered).collect(),
    };
    let run = NewRun {
        plan: Some(seen.plan.to_owned()),
        ..run(RunKind::Approve, Some(seen.revision), verdict)
    };
    let events = vec![event(&body, verdict.at)?];
    decide(store, environment, run, events).await
}

/// Records that a revision did not come to an environment, because what people had approved did not cover what the plan
/// would have done. To the rules it is as if nobody had tried.
///
/// # Errors
/// Those of writing the record.
pub async fn fell_short(
    store: &Store,
    environment: &Str,
    (revision, plan): (RevisionId, &str),
    approved_by: Vec<Str>,
    verdict: &Verdict<'_>,
) -> Result<RunRow, RecordError> {
    let events = vec![event(&Body::FellShort { approved_by }, verdict.at)?];
    let run = NewRun {
        plan: Some(plan.to_owned()),
        ..run(RunKind::Promote, Some(revision), verdict)
    };
    let end = RunEnd {
        outcome: RunOutcome::Cancelled,
        counts: [(BLOCKED.to_owned(), 1)].into(),
        ended: run.started,
    };
    store.decide(environment, run, events, end).await
}

fn event(body: &Body, at: Timestamp) -> Result<EventRow, RecordError> {
    let body = serde_json::to_string(body).map_err(|error| RecordError::Bug {
        what: error.to_string(),
    })?;
    Ok(EventRow { at, body })
}

/// Records that nothing may come to an environment until it is released.
///
/// # Errors
/// Those of writing the record.
pub async fn hold(
    store: &Store,
    environment: &Str,
    verdict: &Verdict<'_>,
) -> Result<RunRow, RecordError> {
    let run = run(RunKind::Hold, None, verdict);
    decide(store, environment, run, Vec::new()).await
}

/// What is lifted of what keeps revisions from an environment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lifted {
    /// A person's hold.
    pub hold: Option<Decision>,
    /// Revisions that a rollback left.
    pub revisions: BTreeMap<RevisionId, Decision>,
}

impl Lifted {
    /// What ends, and what stays, when someone releases an environment: with a revision, that a rollback left it; without
    /// one, a person's hold, or what rollbacks left where nobody holds. None where there is nothing of it.
    pub fn of(history: &History, revision: Option<RevisionId>) -> Option<(Self, Self)> {
        let there = Self {
            hold: history.hold.clone(),
            revisions: history.rolled_back.clone(),
        };
        let (mut ends, mut stays) = (Self::default(), there);
        match revision {
            Some(revision) => {
                let decision = stays.revisions.remove(&revision)?;
                ends.revisions.insert(revision, decision);
            }
            None if stays.hold.is_some() => ends.hold = stays.hold.take(),
            None => ends.revisions = std::mem::take(&mut stays.revisions),
        }
        (ends != Self::default()).then_some((ends, stays))
    }
}

/// Records the end of what keeps revisions from an environment.
///
/// # Errors
/// Those of writing the record.
pub async fn release(
    store: &Store,
    environment: &Str,
    lifted: &Lifted,
    verdict: &Verdict<'_>,
) -> Result<RunRow, RecordError> {
    let revisions = lifted.revisions.keys().map(ToString::to_string);
    let body = Body::Released {
        hold: lifted.hold.is_some(),
        revisions: revisions.collect(),
    };
    let only = match lifted.revisions.keys().next() {
        Some(only) if lifted.hold.is_none() && lifted.revisions.len() == 1 => Some(*only),
        Some(_) | None => None,
    };
    let events = vec![event(&body, verdict.at)?];
    let run = run(RunKind::Release, only, verdict);
    decide(store, environment, run, events).await
}

/// Records that a revision must not go anywhere any more.
///
/// # Errors
/// Those of writing the record.
pub async fn reject(
    store: &Store,
    revision: RevisionId,
    verdict: &Verdict<'_>,
) -> Result<RunRow, RecordError> {
    let run = run(RunKind::Reject, Some(revision), verdict);
    decide(store, &PROJECT.into(), run, Vec::new()).await
}

fn run(kind: RunKind, revision: Option<RevisionId>, verdict: &Verdict<'_>) -> NewRun {
    NewRun {
        kind,
        plan: None,
        revision: revision.map(|revision| format!("r{}", revision.0)),
        configuration: None,
        actor: verdict.by.to_owned(),
        note: verdict.reason.map(ToOwned::to_owned),
        started: verdict.at,
    }
}

async fn decide(
    store: &Store,
    environment: &Str,
    run: NewRun,
    events: Vec<EventRow>,
) -> Result<RunRow, RecordError> {
    let end = RunEnd {
        outcome: RunOutcome::Succeeded,
        counts: BTreeMap::new(),
        ended: run.started,
    };
    store.decide(environment, run, events, end).await
}

/// What the events of a release say it lifts: whether a person's hold ends, and which revisions may come again. One that
/// says nothing of it, as from before it was kept, lifts all there is.
pub(crate) fn released(events: &[EventRow]) -> Option<(bool, Vec<RevisionId>)> {
    let mut bodies = events
        .iter()
        .filter_map(|event| serde_json::from_str(&event.body).ok());
    bodies.find_map(|body| match body {
        Body::Released { hold, revisions } => {
            let revisions = revisions.iter().filter_map(|name| name.parse().ok());
            Some((hold, revisions.collect()))
        }
        Body::Approved { .. } | Body::FellShort { .. } => None,
    })
}

/// A change, for people; none where nothing happens to an object.
fn covered(change: &Change) -> Option<Covered> {
    let does = !matches!(change.action, Action::NoOp | Action::Read);
    does.then(|| Covered {
        action: change.action,
        address: change.addr.to_string(),
    })
}

/// What the run of an approval says it covers, in the order of the plan; nothing of another run, nor of an approval from
/// before it was kept.
pub fn covered_by(events: &[EventRow]) -> Vec<Covered> {
    let mut bodies = events
        .iter()
        .filter_map(|event| serde_json::from_str(&event.body).ok());
    let found = bodies.find_map(|body| match body {
        Body::Approved { changes, .. } => Some(changes),
        Body::Released { .. } | Body::FellShort { .. } => None,
    });
    found.unwrap_or_default()
}

/// Whose approvals a run found not to cover its plan.
pub(crate) fn not_covered_by(events: &[EventRow]) -> Vec<Str> {
    let mut bodies = events
        .iter()
        .filter_map(|event| serde_json::from_str(&event.body).ok());
    let found = bodies.find_map(|body| match body {
        Body::FellShort { approved_by } => Some(approved_by),
        Body::Approved { .. } | Body::Released { .. } => None,
    });
    found.unwrap_or_default()
}

/// The approval that a run's events tell of; one that cannot be read covers nothing.
pub(crate) fn approved(
    events: &[EventRow],
    decision: Decision,
    revision: RevisionId,
) -> Option<Approval> {
    let mut bodies = events
        .iter()
        .filter_map(|event| serde_json::from_str(&event.body).ok());
    let (effects, parts) = bodies.find_map(|body| match body {
        Body::Approved { effects, parts, .. } => Some((effects, parts)),
        Body::Released { .. } | Body::FellShort { .. } => None,
    })?;
    let parts = parts.into_iter();
    Some(Approval {
        decision,
        revision,
        covers: Coverage {
            whole: effects.into_iter().collect(),
            parts: parts
                .map(|part| (part.address, (part.action, part.after)))
                .collect(),
        },
        fell_short: None,
    })
}
