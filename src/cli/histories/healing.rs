//! What healing may have done, told from the log: what looks saw, what runs did, and what changed by itself. None of the rules
//! of healing is asked. Entry points: [`Here::takes`], [`Here::healed_well`].

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use model::clock::Timestamp;
use model::event::EventKind;
use model::serial::RunId;
use state::{How, JournalRow, RunKind, RunRow, Store};

use super::oracle::Notes;
use super::project::{Edition, Place, Policy};

/// The longest that anything is left alone between two attempts.
const LONGEST: Duration = Duration::from_secs(4 * 3600);

/// What is known of an environment at a moment of the log.
#[derive(Clone, Debug, Default)]
pub(super) struct Here {
    /// What healing did: when, how often it destroyed, and to what.
    heals: Vec<(RunId, Timestamp, usize, BTreeSet<String>)>,
    /// What each look saw to differ that was no expectation.
    looks: Vec<(RunId, BTreeSet<String>)>,
    /// The newest run that put an instance as it should be; and the newest of those that was no healing.
    right: BTreeMap<String, RunId>,
    applied: BTreeMap<String, RunId>,
    /// What was destroyed to be replaced, and by which run, where nothing came in its place.
    halves: BTreeMap<String, RunId>,
}

/// Something that was done to an instance, and is known to have happened.
fn has_happened(step: &JournalRow) -> bool {
    let how = step.result.as_ref().map(|result| result.how);
    matches!(how, Some(How::Done | How::Adopted))
}

fn is_done(step: &JournalRow) -> bool {
    let how = step.result.as_ref().map(|result| result.how);
    how == Some(How::Done)
}

/// Whether a run of this kind is about all that there is, and so knows of what was left half done.
fn deploys(kind: RunKind) -> bool {
    matches!(
        kind,
        RunKind::Apply | RunKind::Promote | RunKind::Rollback | RunKind::Destroy
    )
}

impl Here {
    /// Remembers what a run did, of which it is said what it was to bring, and whether it did all of that.
    pub(super) fn takes(
        &mut self,
        store: &Store,
        run: &RunRow,
        (edition, is_whole): (Option<Edition>, bool),
    ) {
        if run.kind == RunKind::Drift {
            let events = engine::history::events(store, run.id).expect("the record");
            let seen = events.into_iter().filter_map(|event| {
                let EventKind::Sighted { addr, class, .. } = event.kind else {
                    return None;
                };
                (*class != *"unreadable").then(|| addr.to_string())
            });
            self.looks.push((run.id, seen.collect()));
            return;
        }
        let is_heal = run.kind == RunKind::Heal;
        let steps = store.journal(run.id).expect("the record");
        for step in &steps {
            let addr = step.addr.to_string();
            let is_gone = step.action == "destroy";
            if is_done(step) && !is_gone {
                self.right.insert(addr.clone(), run.id);
                if !is_heal {
                    self.applied.insert(addr.clone(), run.id);
                }
            }
            if has_happened(step) {
                let is_wanted = edition.is_some_and(|edition| edition.wants(&addr));
                match is_gone && is_wanted {
                    true => self.halves.insert(addr, run.id),
                    false => self.halves.remove(&addr),
                };
            }
        }
        if is_heal {
            let destroys = steps.iter().filter(|step| step.action == "destroy").count();
            let touched = steps.iter().map(|step| step.addr.to_string()).collect();
            self.heals.push((run.id, run.started, destroys, touched));
        } else if is_whole && deploys(run.kind) {
            self.halves.clear();
        }
    }

    /// Makes sure that healing did no more than it may, and only to what drifted.
    pub(super) fn healed_well(
        &self,
        store: &Store,
        (policy, place): (Policy, &Place),
        notes: &Notes,
        run: &RunRow,
    ) {
        let id = run.id;
        let steps = store.journal(id).expect("the record");
        let touched: BTreeSet<String> = steps.iter().map(|step| step.addr.to_string()).collect();
        let destroys = steps.iter().filter(|step| step.action == "destroy").count();
        for addr in &touched {
            assert!(addr.starts_with("sim_server"), "run {id} heals {addr}");
            let done: Vec<&str> = steps
                .iter()
                .filter(|step| step.addr.to_string() == *addr)
                .map(|step| step.action.as_str())
                .collect();
            let may: &[&[&str]] = match policy.recreates {
                true => &[&["create"], &["destroy", "create"], &["destroy"]],
                false => &[&["create"], &["update"]],
            };
            assert!(
                may.contains(&done.as_slice()),
                "run {id} did {done:?} to {addr}"
            );
            let mut tampered = notes.tampered.iter();
            let has_changed =
                tampered.any(|one| one.place == place.name && one.addr == *addr && one.after < id);
            assert!(
                has_changed || self.halves.contains_key(addr),
                "run {id}: {addr} had not drifted"
            );
            self.is_confirmed(policy, id, addr);
            self.has_cooled_down(policy, run, addr);
        }
        // What was done at a time that is in the future by now counts as well, so that a clock that is set back gives no room.
        let recent = self.heals.iter();
        let recent: Vec<_> = recent
            .filter(|(_, at, _, _)| run.started.since(*at) < policy.per)
            .collect();
        let before: usize = recent.iter().map(|(_, _, _, touched)| touched.len()).sum();
        assert!(
            before + touched.len() <= policy.resources,
            "run {id} heals {touched:?} after {:?}",
            self.heals
        );
        let before: usize = recent.iter().map(|(_, _, destroys, _)| destroys).sum();
        assert!(
            destroys == 0 || before + destroys <= policy.destroys,
            "run {id} destroys {destroys} after {:?}",
            self.heals
        );
        if policy.by_day {
            assert!(is_day(run.started), "run {id} heals at night");
        }
    }

    /// So many looks in a row saw it, after it was put right last.
    fn is_confirmed(&self, policy: Policy, id: RunId, addr: &str) {
        let since = self.right.get(addr).copied();
        let looks = self.looks.iter().rev();
        let looks = looks.take_while(|(look, seen)| Some(*look) > since && seen.contains(addr));
        assert!(
            looks.count() >= policy.confirm,
            "run {id}: {addr} was not confirmed"
        );
    }

    /// It was not healed too often since somebody else put it right, nor too short a while ago.
    fn has_cooled_down(&self, policy: Policy, run: &RunRow, addr: &str) {
        let since = self.applied.get(addr).copied();
        let tried: Vec<Timestamp> = self
            .heals
            .iter()
            .filter(|(heal, _, _, touched)| Some(*heal) > since && touched.contains(addr))
            .map(|(_, at, _, _)| *at)
            .collect();
        let id = run.id;
        assert!(
            tried.len() < policy.attempts,
            "run {id}: {addr} was healed {} times",
            tried.len()
        );
        if let Some(last) = tried.last() {
            let doubled = u32::try_from(tried.len() - 1).expect("they are few");
            let wanted = policy.cooldown * 2_u32.pow(doubled);
            // It is tried some moments after that was decided.
            let age = run.started.since(*last) + Duration::from_secs(1);
            assert!(
                age >= wanted.min(LONGEST),
                "run {id}: {addr} was healed {age:?} ago, the {}. time",
                tried.len()
            );
        }
    }
}

/// Whether it is between six and eighteen o'clock.
pub(super) fn is_day(at: Timestamp) -> bool {
    let hour = at.0.div_euclid(3_600_000).rem_euclid(24);
    (6..18).contains(&hour)
}
