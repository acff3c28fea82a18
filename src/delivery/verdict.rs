//! What people decide: approvals, holds, rejections. How they are recorded, and read again. Entry points: [`approve`],
//! [`hold`], [`release`], [`reject`].

use std::collections::BTreeMap;

use engine::{Digest, Shape};
use model::Str;
use model::change::Action;
use model::clock::Timestamp;
use model::serial::RevisionId;
use serde::{Deserialize, Serialize};
use state::{EventRow, NewRun, PROJECT, RecordError, RunEnd, RunKind, RunOutcome, RunRow, Store};

use crate::coverage::{Coverage, Effects};
use crate::facts::{Approval, Decision};

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
    },
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
    };
    let body = serde_json::to_string(&body).map_err(|error| RecordError::Bug {
        what: error.to_string(),
    })?;
    let event = EventRow {
        at: verdict.at,
        body,
    };
    let run = NewRun {
        plan: Some(seen.plan.to_owned()),
        ..run(RunKind::Approve, Some(seen.revision), verdict)
    };
    decide(store, environment, run, vec![event]).await
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
    here(store, environment, RunKind::Hold, verdict).await
}

/// Records the end of a hold.
///
/// # Errors
/// Those of writing the record.
pub async fn release(
    store: &Store,
    environment: &Str,
    verdict: &Verdict<'_>,
) -> Result<RunRow, RecordError> {
    here(store, environment, RunKind::Release, verdict).await
}

/// A decision about an environment, whatever revision comes.
async fn here(
    store: &Store,
    environment: &Str,
    kind: RunKind,
    verdict: &Verdict<'_>,
) -> Result<RunRow, RecordError> {
    decide(store, environment, run(kind, None, verdict), Vec::new()).await
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

/// The approval that a run's events tell of; one that cannot be read covers nothing.
pub(crate) fn approved(
    events: &[EventRow],
    decision: Decision,
    revision: RevisionId,
) -> Option<Approval> {
    let Body::Approved { effects, parts, .. } = events
        .iter()
        .find_map(|event| serde_json::from_str(&event.body).ok())?;
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
    })
}
