//! What bringing a revision left half made, and what an approval of it covers of that: who approved that an object is made
//! approved that its half is made whole, by making it anew. Entry points: [`half_made`], [`as_approved`].

use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet};

use model::Str;
use model::address::InstanceAddr;
use model::change::{Action, Change, Reason};
use model::serial::RevisionId;
use state::{How, JournalRow, RecordError, RunKind, RunRow, Store};

use crate::gather::{is_past_rules, revision_of};
use crate::undone;

/// Returns the instances of `environment` that did not exist until a run began to make them to bring `revision` there, and
/// failed to, where nothing happened to them since.
///
/// # Errors
/// Those of reading the record.
pub fn half_made(
    store: &Store,
    environment: &Str,
    revision: RevisionId,
) -> Result<BTreeSet<InstanceAddr>, RecordError> {
    let (mut known, mut half) = (HashSet::new(), BTreeSet::new());
    undone::each_newest_first(store, environment, |run| {
        let brings = brings(run, revision);
        // What it destroyed before it made something there was there when somebody approved.
        let journal = store.journal(run.id)?;
        let steps = journal.iter().filter(|step| step.deposed.is_none());
        let replaced: HashSet<&InstanceAddr> = steps
            .clone()
            .filter(|step| step.action != "create")
            .map(|step| &step.addr)
            .collect();
        for step in steps.rev().filter(|step| has_begun(step)) {
            let is_newest = known.insert(step.addr.clone());
            if is_newest && brings && is_half(step) && !replaced.contains(&step.addr) {
                half.insert(step.addr.clone());
            }
        }
        Ok(())
    })?;
    Ok(half)
}

/// Whether a run was to bring a revision, by the rules.
fn brings(run: &RunRow, revision: RevisionId) -> bool {
    let is_deployment = matches!(run.kind, RunKind::Apply | RunKind::Promote);
    is_deployment && revision_of(run) == Some(revision) && !is_past_rules(run)
}

fn has_begun(step: &JournalRow) -> bool {
    let how = step.result.as_ref().map(|result| result.how);
    how != Some(How::DidNotHappen)
}

fn is_half(step: &JournalRow) -> bool {
    let how = step.result.as_ref().map(|result| result.how);
    step.action == "create" && how == Some(How::Failed)
}

/// Whether a change makes an object anew because its making failed.
fn is_made_whole(change: &Change) -> bool {
    let is_tainted = change.reason == Some(Reason::ReplaceBecauseTainted);
    is_tainted && change.deposed.is_none() && matches!(change.action, Action::Replace(_))
}

/// The changes of a plan as who approved them saw them before any of it was done: what is `half_made` is made, and takes
/// nothing away that was there. The half made are asked for only where there may be some.
///
/// # Errors
/// Those of `half_made`.
pub fn as_approved<E>(
    changes: &[Change],
    half_made: impl FnOnce() -> Result<BTreeSet<InstanceAddr>, E>,
) -> Result<Cow<'_, [Change]>, E> {
    if !changes.iter().any(is_made_whole) {
        return Ok(Cow::Borrowed(changes));
    }
    let half = half_made()?;
    let mut changes = changes.to_vec();
    let made_whole = changes.iter_mut().filter(|change| is_made_whole(change));
    for change in made_whole.filter(|change| half.contains(&change.addr)) {
        change.action = Action::Create;
    }
    Ok(Cow::Owned(changes))
}
