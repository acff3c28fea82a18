//! What the log must be, told from its runs, steps and checks alone and from what the history noted itself; none of the
//! rules of promotion and healing is asked.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use model::Str;
use model::clock::Timestamp;
use model::serial::{RevisionId, RunId};
use serde_json::Value;
use state::{PROJECT, RunKind, RunOutcome, RunRow, Store};

use super::healing;
use super::project::{APPROVERS, Edition, Place, Rules};
use super::story::{Counted, Does};

/// What somebody saw who approved.
#[derive(Clone, Debug)]
pub(super) struct Approved {
    pub(super) does: Does,
    /// What the environment was given then.
    pub(super) color: u64,
}

/// Something that changed by itself.
#[derive(Clone, Debug)]
pub(super) struct Tampered {
    /// The newest run before.
    pub(super) after: RunId,
    pub(super) place: &'static str,
    pub(super) addr: String,
}

/// What the log does not say.
#[derive(Clone, Debug, Default)]
pub(super) struct Notes {
    pub(super) approved: BTreeMap<RunId, Approved>,
    pub(super) tampered: Vec<Tampered>,
    /// After which runs environments were given another colour.
    pub(super) recolored: Vec<(RunId, &'static str)>,
}

/// What a plan does that was written as JSON lines: addresses and steps.
pub(super) fn planned(lines: &str) -> Does {
    let mut does = Does::new();
    for line in lines.lines().filter(|line| line.starts_with('{')) {
        let message: Value = serde_json::from_str(line).expect("JSON");
        if message["type"] != "planned_change" {
            continue;
        }
        let word = |pointer: &str| {
            let word = message.pointer(pointer).and_then(Value::as_str);
            word.expect("a word").to_owned()
        };
        let (addr, action) = (word("/change/resource/addr"), word("/change/action"));
        let steps: &[&str] = match action.as_str() {
            "create" => &["create"],
            "update" => &["update"],
            "delete" => &["destroy"],
            "replace" => &["destroy", "create"],
            other => panic!("what is `{other}`?"),
        };
        does.extend(steps.iter().map(|step| (addr.clone(), (*step).to_owned())));
    }
    does
}

/// Counts what happened until there.
pub(super) fn count(runs: &[RunRow], until: RunId, counted: &mut Counted) {
    for run in runs.iter().filter(|run| run.id <= until) {
        let succeeded = outcome(run) == Some(RunOutcome::Succeeded);
        let counts = |kind, what: &mut u64| {
            *what += u64::from(run.kind == kind && succeeded && !is_blocked(run));
        };
        counts(RunKind::Promote, &mut counted.promotions);
        counts(RunKind::Heal, &mut counted.heals);
        counts(RunKind::Rollback, &mut counted.rollbacks);
        counts(RunKind::Approve, &mut counted.approved);
        counted.interrupted += u64::from(outcome(run) == Some(RunOutcome::Interrupted));
    }
}

/// A run in a line, to be read.
pub(super) fn line(run: &RunRow) -> String {
    let end = run.end.as_ref().map(|end| (end.outcome, &end.counts));
    let (of, by, note) = (run.revision.as_deref(), &run.actor, run.note.as_deref());
    format!(
        "{} {} {} {} by {by} at {} {} {end:?}",
        run.id,
        run.environment,
        run.kind,
        of.unwrap_or_default(),
        run.started.0,
        note.unwrap_or_default()
    )
}

fn outcome(run: &RunRow) -> Option<RunOutcome> {
    run.end.as_ref().map(|end| end.outcome)
}

fn is_blocked(run: &RunRow) -> bool {
    let end = run.end.as_ref();
    end.is_some_and(|end| end.counts.contains_key("blocked"))
}

fn revision(run: &RunRow) -> Option<RevisionId> {
    run.revision.as_deref()?.parse().ok()
}

/// A stay of a revision in an environment.
#[derive(Clone, Debug)]
struct Stay {
    from: Timestamp,
    until: Option<Timestamp>,
    /// What the check said last, and when.
    said: Option<(bool, Timestamp)>,
}

/// What is known of an environment at a moment of the log.
#[derive(Clone, Debug, Default)]
struct Known {
    there: Option<RevisionId>,
    stays: BTreeMap<RevisionId, Vec<Stay>>,
    /// The newest that somebody wanted here, and who wants to go past the rules counts too.
    aimed_at: Option<RevisionId>,
    /// What an apply may bring.
    bound_to: Option<RevisionId>,
    held: bool,
    rolled_back: BTreeSet<RevisionId>,
    /// Runs that approve.
    approvals: Vec<(RunId, RevisionId, String)>,
    healing: healing::Here,
}

/// The log of a history, and what is known beside it.
pub(super) struct Log<'l> {
    pub(super) store: &'l Store,
    pub(super) rules: &'l Rules,
    pub(super) notes: &'l Notes,
    pub(super) author: &'l BTreeMap<RevisionId, String>,
    pub(super) editions: &'l BTreeMap<RevisionId, Edition>,
}

impl Log<'_> {
    /// Makes sure that the log is as was promised.
    pub(super) fn is_as_promised(&self, runs: &[RunRow]) {
        let mut known: BTreeMap<Str, Known> = BTreeMap::new();
        let mut rejected = BTreeSet::new();
        for run in runs {
            let id = run.id;
            if run.kind == RunKind::Reject {
                rejected.extend(revision(run));
            }
            if run.environment == PROJECT {
                continue;
            }
            if is_blocked(run) {
                assert_eq!(self.does(run), Does::new(), "run {id} was blocked");
                continue;
            }
            let place = self.rules.place(&run.environment);
            if is_past_rules(run) {
                self.takes(known.entry(place.name.into()).or_default(), run);
                continue;
            }
            if run.kind == RunKind::Promote {
                self.may_come(&known, place, run, &rejected);
            }
            if run.kind == RunKind::Apply && !place.after.is_empty() {
                let here = known.get(place.name);
                let bound_to = here.and_then(|here| here.bound_to);
                assert_eq!(revision(run), bound_to, "run {id} was not promoted");
            }
            if run.kind == RunKind::Heal {
                let nothing = healing::Here::default();
                let here = known.get(place.name).map(|here| &here.healing);
                let here = here.unwrap_or(&nothing);
                here.healed_well(self.store, (self.rules.policy, place), self.notes, run);
            }
            self.takes(known.entry(place.name.into()).or_default(), run);
        }
        for place in &self.rules.places {
            self.verifies(&place.name.into());
        }
        self.verifies(&PROJECT.into());
    }

    fn verifies(&self, environment: &Str) {
        let chain = self.store.verify_chain(environment).expect("the record");
        assert!(chain.broken.is_none(), "{environment}: {chain:?}");
    }

    /// What was done, as addresses and steps.
    fn does(&self, run: &RunRow) -> Does {
        let steps = self.store.journal(run.id).expect("the record").into_iter();
        let steps = steps.map(|step| (step.addr.to_string(), step.action.to_string()));
        steps.collect()
    }

    /// Nothing comes that was not verified in the environments before, nor what a person keeps away.
    fn may_come(
        &self,
        known: &BTreeMap<Str, Known>,
        place: &Place,
        run: &RunRow,
        rejected: &BTreeSet<RevisionId>,
    ) {
        let id = run.id;
        let revision = revision(run).expect("a promotion is of a revision");
        assert!(!rejected.contains(&revision), "run {id} was rejected");
        let nothing = Known::default();
        let here = known.get(place.name).unwrap_or(&nothing);
        assert!(!here.held, "run {id} came to what is held");
        assert!(
            !here.rolled_back.contains(&revision),
            "run {id} was rolled back"
        );
        assert!(here.aimed_at <= Some(revision), "run {id} overtakes");
        for before in &place.after {
            let before_is = known.get(*before).unwrap_or(&nothing);
            let stays = before_is
                .stays
                .get(&revision)
                .map_or(&[][..], Vec::as_slice);
            let last = stays.last();
            let Some((true, at)) = last.and_then(|stay| stay.said) else {
                panic!("run {id} was not verified in {before}: {stays:?}");
            };
            assert!(
                !before_is.rolled_back.contains(&revision),
                "run {id} was rolled back in {before}"
            );
            // A process takes a moment from the question to the run.
            let age = run.started.since(at).saturating_sub(Duration::from_secs(1));
            let limits = [place.evidence, self.rules.expires];
            let too_old = limits.into_iter().flatten().any(|limit| age > limit);
            assert!(!too_old, "run {id} came on evidence of {age:?} ago");
            let longest = stays.iter().map(|stay| {
                let until = stay.until.unwrap_or(run.started);
                until.since(stay.from)
            });
            let longest = longest.max().unwrap_or_default();
            assert!(longest >= place.soak, "run {id} soaked for {longest:?}");
        }
        if place.by_day {
            assert!(healing::is_day(run.started), "run {id} came at night");
        }
        if place.approvals > 0 {
            self.is_approved(here, place, run, revision);
        }
    }

    /// Enough people approved, who may, and each saw all of what was done.
    fn is_approved(&self, here: &Known, place: &Place, run: &RunRow, revision: RevisionId) {
        let (id, does) = (run.id, self.does(run));
        let recolored = self.notes.recolored.iter();
        let color = recolored.filter(|(after, of)| *after < run.id && *of == place.name);
        let color = color.count() as u64;
        let is_colored = does
            .iter()
            .any(|(addr, step)| addr.starts_with("sim_server") && step != "destroy");
        let covering = here.approvals.iter().filter(|(approval, of, by)| {
            let saw = self.notes.approved.get(approval);
            // Who died before they were told that they approved did so all the same; nobody noted what they saw.
            let saw_all = saw.is_none_or(|saw| {
                saw.does.is_superset(&does) && (!is_colored || saw.color == color)
            });
            *of == revision
                && saw_all
                && APPROVERS.contains(&by.as_str())
                && *by != self.author[&revision]
        });
        let who: BTreeSet<&String> = covering.map(|(_, _, by)| by).collect();
        assert!(
            who.len() >= place.approvals,
            "run {id} did {does:?}, approved by {who:?} only; the approvals: {:?}, what they saw: {:?}",
            here.approvals,
            self.notes.approved
        );
    }

    /// Remembers what a run did.
    fn takes(&self, here: &mut Known, run: &RunRow) {
        let started = run.started;
        // Checks are asked when all is done, and may be what failed.
        let checks = self.store.checks(run.id).expect("the record");
        let succeeded = outcome(run) == Some(RunOutcome::Succeeded)
            || outcome(run) == Some(RunOutcome::Failed) && !checks.is_empty();
        let of = revision(run);
        let edition = of.and_then(|of| self.editions.get(&of)).copied();
        let edition = edition.filter(|_| run.kind != RunKind::Destroy);
        here.healing.takes(self.store, run, (edition, succeeded));
        let leaves = |here: &mut Known| {
            let gone = here.there.take().and_then(|old| here.stays.get_mut(&old));
            if let Some(stay) = gone.and_then(|stays| stays.last_mut()) {
                stay.until = Some(started);
            }
        };
        match run.kind {
            RunKind::Apply | RunKind::Promote | RunKind::Rollback | RunKind::Destroy => {
                if run.kind == RunKind::Destroy {
                    // Nothing of it stands any more.
                    here.there = None;
                    here.stays.clear();
                }
                let past_rules = is_past_rules(run);
                let known = of.filter(|_| !past_rules && run.kind != RunKind::Destroy);
                if run.kind == RunKind::Rollback {
                    let left = here.aimed_at.filter(|left| Some(*left) != known);
                    here.rolled_back.extend(left);
                }
                let is_same = known.is_some() && here.there == known && succeeded;
                if !is_same {
                    leaves(here);
                }
                if past_rules {
                    here.aimed_at = here.aimed_at.max(of);
                    here.bound_to = None;
                } else if known.is_some() {
                    here.aimed_at = known;
                    here.bound_to = known;
                }
                if let (Some(known), true, Some(end)) = (known, succeeded, &run.end) {
                    here.there = Some(known);
                    if !is_same {
                        here.stays.entry(known).or_default().push(Stay {
                            from: end.ended,
                            until: None,
                            said: None,
                        });
                    }
                }
                self.hears(here, run);
            }
            RunKind::Heal | RunKind::Drift | RunKind::Verify => self.hears(here, run),
            RunKind::Approve => {
                let revision = of.expect("an approval is of a revision");
                here.approvals.push((run.id, revision, run.actor.clone()));
            }
            RunKind::Hold => here.held = true,
            RunKind::Release => {
                here.held = false;
                here.rolled_back.clear();
            }
            RunKind::Refresh
            | RunKind::Import
            | RunKind::Recover
            | RunKind::Edit
            | RunKind::Reject
            | RunKind::Revision => {}
        }
    }

    /// Remembers what the check said of what is there.
    fn hears(&self, here: &mut Known, run: &RunRow) {
        let there = here.there.and_then(|there| here.stays.get_mut(&there));
        let Some(stay) = there.and_then(|stays| stays.last_mut()) else {
            return;
        };
        for row in self.store.checks(run.id).expect("the record") {
            stay.said = Some((row.result.passed, row.result.at));
        }
    }
}

/// Whether a run went past the rules.
fn is_past_rules(run: &RunRow) -> bool {
    let note = run.note.as_deref().unwrap_or_default();
    note.starts_with("break-glass: ")
}
