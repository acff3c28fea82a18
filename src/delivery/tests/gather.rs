//! What runs and decisions in a real record are to the rules.
#![expect(
    clippy::unwrap_used,
    reason = "a test fails where its record cannot be made"
)]

use std::collections::BTreeMap;
use std::time::Duration;

use delivery::applied::{applied, is_deployed, there};
use delivery::bound::Promoted;
use delivery::coverage::{Coverage, Effects};
use delivery::facts::{Decision, Facts};
use delivery::gate::{Question, Unmet, unmet};
use delivery::gather::{BLOCKED, DRIFTED, gather, held, promoted};
use delivery::stages::{Pipeline, Stage, StageCheck};
use delivery::verdict::{self, Lifted, Seen, Verdict};
use engine::{Digest, Effect, Shape};
use model::Str;
use model::change::Action;
use model::clock::Timestamp;
use model::serial::{RevisionId, RunId};
use state::{
    BlobDigest, CheckResult, Holder, HolderState, LeaseRequest, NewRevision, NewRun, Options,
    RunEnd, RunKind, RunOutcome, Store,
};

struct Bed {
    store: Store,
    _directory: tempfile::TempDir,
}

fn bed() -> Bed {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(&directory.path().join("state.db"), Options::create()).unwrap();
    Bed {
        store,
        _directory: directory,
    }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp(seconds * 1000)
}

fn by<'v>(name: &'v str, seconds: i64, reason: Option<&'v str>) -> Verdict<'v> {
    Verdict {
        by: name,
        at: at(seconds),
        reason,
    }
}

impl Bed {
    fn revision(&self, text: &str, source: Option<&str>) -> RevisionId {
        let manifest = self.store.put_blob(text.as_bytes()).wait().unwrap();
        let BlobDigest(digest) = manifest;
        let new = NewRevision {
            digest,
            manifest,
            actor: "ci".into(),
            created: at(1),
            source: source.map(Into::into),
            note: None,
        };
        RevisionId(self.store.put_revision(new).wait().unwrap().number)
    }

    /// A run that applies a revision, with what its checks said.
    fn deploy(&self, kind: RunKind, revision: &str, outcome: RunOutcome, checks: &[(&str, bool)]) {
        self.run((kind, Some(revision), None), outcome, checks);
    }

    /// A run that applies a revision, or a part of one, for a reason.
    fn run(
        &self,
        (kind, revision, note): (RunKind, Option<&str>, Option<&str>),
        outcome: RunOutcome,
        checks: &[(&str, bool)],
    ) {
        let holder = Holder {
            process: state::Process::current(),
            actor: "ci".into(),
            what: "apply".into(),
        };
        let request = LeaseRequest {
            environment: "test".into(),
            holder,
            now: at(10),
            ttl: Duration::from_secs(60),
        };
        let lease = self.store.acquire(request, |_| HolderState::Dead);
        let lease = lease.wait().unwrap();
        let run = NewRun {
            kind,
            plan: None,
            revision: revision.map(Into::into),
            configuration: None,
            actor: "ci".into(),
            note: note.map(Into::into),
            started: at(10),
        };
        let run = self.store.begin_run(&lease, run).wait().unwrap();
        for (name, passed) in checks {
            let check = CheckResult {
                name: (*name).into(),
                passed: *passed,
                at: at(11),
                detail: String::new(),
                seen: String::new(),
            };
            run.check(check).wait().unwrap();
        }
        let end = RunEnd {
            outcome,
            counts: match checks {
                [(BLOCKED, _)] => [(BLOCKED.to_owned(), 1)].into(),
                _ => BTreeMap::new(),
            },
            ended: at(12),
        };
        run.finish(end).wait().unwrap();
        self.store.release(lease).wait().unwrap();
    }

    fn facts(&self) -> Facts {
        gather(&self.store, [Str::from("test")]).unwrap()
    }
}

#[test]
fn an_author_is_the_commits_and_else_who_made_the_revision() {
    let bed = bed();
    let source = r#"{"commit":"5f0c7bd","author":"anna","dirty":false}"#;
    let (first, second) = (bed.revision("one", Some(source)), bed.revision("two", None));
    let facts = bed.facts();
    assert_eq!(facts.revisions[&first].author, "anna");
    assert_eq!(facts.revisions[&first].commit, Some("5f0c7bd".into()));
    assert_eq!(facts.revisions[&second].author, "ci");
}

#[test]
fn a_run_whose_checks_failed_did_what_it_was_to_do_and_one_without_checks_did_not() {
    let bed = bed();
    bed.revision("one", None);
    bed.deploy(
        RunKind::Promote,
        "r1",
        RunOutcome::Failed,
        &[("health", false)],
    );
    bed.deploy(RunKind::Apply, "r1", RunOutcome::Failed, &[]);
    bed.deploy(RunKind::Apply, "r1", RunOutcome::Succeeded, &[]);
    let facts = bed.facts();
    let history = &facts.environments["test"];
    let succeeded: Vec<bool> = history
        .deployments
        .iter()
        .map(|one| one.succeeded)
        .collect();
    assert_eq!(succeeded, [true, false, true]);
    assert_eq!(history.stays().len(), 2);
    assert!(
        !history
            .newest("health", &history.stays()[0])
            .unwrap()
            .passed
    );
    assert!(history.newest("health", &history.stays()[1]).is_none());
}

#[test]
fn what_was_applied_past_the_rules_is_there_and_is_no_revision_to_them() {
    let bed = bed();
    let first = bed.revision("one", None);
    let promoted = |bed: &Bed| promoted(&bed.store, &"test".into()).unwrap();
    assert_eq!(promoted(&bed), Promoted::Nothing);
    let (done, past) = (RunOutcome::Succeeded, Some("break-glass: the site is down"));
    bed.deploy(RunKind::Promote, "r1", done, &[("health", true)]);
    // More parts of it than are read at once.
    for _ in 0..20 {
        bed.run((RunKind::Apply, None, None), done, &[]);
    }
    assert!(matches!(promoted(&bed), Promoted::Revision { revision, .. } if revision == first));
    bed.run(
        (RunKind::Apply, Some("r1"), past),
        done,
        &[("health", true)],
    );
    let facts = bed.facts();
    let history = &facts.environments["test"];
    assert_eq!(history.occupant(), None);
    let Promoted::PastRules(found) = promoted(&bed) else {
        unreachable!("{:?}", promoted(&bed));
    };
    assert_eq!(
        (found.reason.as_str(), found.revision),
        ("the site is down", Some(first))
    );
    bed.deploy(
        RunKind::Promote,
        "r1",
        RunOutcome::Failed,
        &[(BLOCKED, false)],
    );
    assert!(matches!(promoted(&bed), Promoted::PastRules(_)));
    bed.deploy(RunKind::Promote, "r1", RunOutcome::Failed, &[]);
    assert!(matches!(promoted(&bed), Promoted::Revision { .. }));
}

#[tokio::test]
async fn decisions_are_read_as_they_were_made() {
    let bed = bed();
    let revision = bed.revision("one", None);
    let (store, test) = (&bed.store, Str::from("test"));
    let effect = |digest: u8, after: Option<Shape>| Effect {
        whole: Digest([digest; 32]),
        address: Digest([digest; 32]),
        is_deposed: false,
        action: Action::Create,
        after,
    };
    let effects = Effects(vec![effect(7, None), effect(255, Some(Shape::default()))]);
    let bruno = by("bruno", 5, Some("looks good"));
    let seen = Seen {
        revision,
        plan: "p7f3a91",
        effects: &effects,
        changes: &[],
    };
    verdict::approve(store, &test, &seen, &bruno).await.unwrap();
    verdict::hold(store, &test, &by("anna", 6, Some("fire")))
        .await
        .unwrap();
    let facts = bed.facts();
    let history = &facts.environments["test"];
    let approval = &history.approvals[0];
    assert_eq!(approval.covers, Coverage::of(&effects));
    assert_eq!(approval.covers.parts.len(), 1);
    assert_eq!(approval.revision, revision);
    assert_eq!(approval.decision.by, "bruno");
    assert_eq!(approval.decision.reason, Some("looks good".into()));
    assert_eq!(history.hold.as_ref().unwrap().reason, Some("fire".into()));
    let lifted = Lifted::of(history, None).unwrap().0;
    verdict::release(store, &test, &lifted, &by("anna", 7, None))
        .await
        .unwrap();
    verdict::reject(store, revision, &by("carla", 8, Some("slow")))
        .await
        .unwrap();
    let facts = bed.facts();
    assert_eq!(facts.environments["test"].hold, None);
    let rejected = facts.revisions[&revision].rejected.as_ref().unwrap();
    assert_eq!((rejected.by.as_str(), rejected.at), ("carla", at(8)));
    assert_ne!(rejected.run, RunId(0));
    for environment in ["test", "*"] {
        let chain = store.verify_chain(&environment.into()).unwrap();
        assert_eq!(chain.broken, None);
    }
}

#[tokio::test]
async fn an_approval_that_fell_short_is_known_and_changes_nothing_else() {
    let bed = bed();
    let revision = bed.revision("one", None);
    let (store, test) = (&bed.store, Str::from("test"));
    bed.deploy(RunKind::Promote, "r1", RunOutcome::Succeeded, &[]);
    let seen = Seen {
        revision,
        plan: "p7f3a91",
        effects: &Effects::default(),
        changes: &[],
    };
    let approve = |name: &'static str, at: i64| {
        let verdict = by(name, at, None);
        async move { verdict::approve(store, &test_name(), &seen, &verdict).await }
    };
    approve("bruno", 5).await.unwrap();
    approve("carla", 6).await.unwrap();
    let people = vec!["bruno".into()];
    let what = (revision, "p1234567");
    verdict::fell_short(store, &test, what, people, &by("ci", 7, None))
        .await
        .unwrap();
    approve("bruno", 8).await.unwrap();
    let facts = bed.facts();
    let approvals = facts.environments["test"].approvals.iter();
    let short: Vec<Option<Timestamp>> = approvals.map(|one| one.fell_short).collect();
    assert_eq!(short, [Some(at(7)), None, None]);
    assert_eq!(facts.environments["test"].deployments.len(), 1);
    assert_eq!(there(store, &test).unwrap(), Some(revision));
    assert!(matches!(
        promoted(store, &test),
        Ok(Promoted::Revision { .. })
    ));
    let chain = store.verify_chain(&test).unwrap();
    assert_eq!(chain.broken, None);
}

fn test_name() -> Str {
    "test".into()
}

#[tokio::test]
async fn a_release_lifts_what_it_says_and_an_old_one_all() {
    let bed = bed();
    let (store, test) = (&bed.store, Str::from("test"));
    for text in ["one", "two"] {
        bed.revision(text, None);
    }
    bed.deploy(RunKind::Promote, "r1", RunOutcome::Succeeded, &[]);
    bed.deploy(RunKind::Promote, "r2", RunOutcome::Succeeded, &[]);
    bed.deploy(RunKind::Rollback, "r1", RunOutcome::Succeeded, &[]);
    let history = || bed.facts().environments["test"].clone();
    let hold = || async { verdict::hold(store, &test_name(), &by("anna", 6, Some("fire"))).await };
    hold().await.unwrap();
    let (ends, stays) = Lifted::of(&history(), Some(RevisionId(2))).unwrap();
    assert!(stays.hold.is_some() && stays.revisions.is_empty());
    verdict::release(store, &test, &ends, &by("anna", 7, None))
        .await
        .unwrap();
    assert!(history().rolled_back.is_empty());
    assert_eq!(history().hold, held(store, &test).unwrap());
    assert!(history().hold.is_some());
    assert_eq!(Lifted::of(&history(), Some(RevisionId(2))), None);
    let ends = Lifted::of(&history(), None).unwrap().0;
    verdict::release(store, &test, &ends, &by("anna", 8, None))
        .await
        .unwrap();
    assert_eq!((history().hold, held(store, &test).unwrap()), (None, None));
    assert_eq!(Lifted::of(&history(), None), None);
    // One from before it was kept what a release lifts.
    hold().await.unwrap();
    bed.deploy(RunKind::Promote, "r2", RunOutcome::Succeeded, &[]);
    bed.deploy(RunKind::Rollback, "r1", RunOutcome::Succeeded, &[]);
    assert!(history().hold.is_some() && !history().rolled_back.is_empty());
    let run = NewRun {
        kind: RunKind::Release,
        plan: None,
        revision: None,
        configuration: None,
        actor: "anna".into(),
        note: None,
        started: at(9),
    };
    let end = RunEnd {
        outcome: RunOutcome::Succeeded,
        counts: BTreeMap::new(),
        ended: at(9),
    };
    store.decide(&test, run, Vec::new(), end).await.unwrap();
    assert!(history().hold.is_none() && history().rolled_back.is_empty());
    assert_eq!(held(store, &test).unwrap(), None);
}

#[test]
fn what_was_applied_last_is_the_newest_revision_that_came_whole() {
    let bed = bed();
    let last = || {
        let found = applied(&bed.store, &"test".into()).unwrap();
        found.map(|found| found.revision.to_string())
    };
    assert_eq!(last(), None);
    for text in ["one", "two", "three"] {
        bed.revision(text, None);
    }
    bed.deploy(RunKind::Apply, "r1", RunOutcome::Succeeded, &[]);
    // It came in part, and nobody can say what all of it would be.
    for outcome in [
        RunOutcome::Failed,
        RunOutcome::Cancelled,
        RunOutcome::Interrupted,
    ] {
        bed.deploy(RunKind::Promote, "r2", outcome, &[]);
    }
    assert_eq!(last().as_deref(), Some("r1"));
    bed.deploy(
        RunKind::Promote,
        "r2",
        RunOutcome::Failed,
        &[("health", false)],
    );
    assert_eq!(last().as_deref(), Some("r2"));
    bed.deploy(RunKind::Rollback, "r1", RunOutcome::Succeeded, &[]);
    for _ in 0..40 {
        bed.deploy(RunKind::Promote, "r3", RunOutcome::Failed, &[]);
    }
    assert_eq!(last().as_deref(), Some("r1"));
}

#[test]
fn what_a_look_saw_is_evidence_and_drift_disturbs() {
    let bed = bed();
    bed.revision("one", None);
    bed.deploy(
        RunKind::Apply,
        "r1",
        RunOutcome::Succeeded,
        &[("health", true)],
    );
    let look = |drifted: u64, passed: bool, seconds: i64| {
        let run = NewRun {
            kind: RunKind::Drift,
            plan: None,
            revision: None,
            configuration: None,
            actor: "cron".into(),
            note: None,
            started: at(seconds),
        };
        let check = CheckResult {
            name: "health".into(),
            passed,
            at: at(seconds),
            detail: String::new(),
            seen: String::new(),
        };
        let counts = [(DRIFTED.to_owned(), drifted)].into_iter();
        let seen = state::Observation {
            run,
            serial: bed.store.header(&"test".into()).unwrap().serial,
            events: Vec::new(),
            checks: vec![check],
            sightings: None,
            end: RunEnd {
                outcome: RunOutcome::Succeeded,
                counts: counts.filter(|(_, count)| *count > 0).collect(),
                ended: at(seconds),
            },
        };
        bed.store
            .observed(&"test".into(), seen)
            .wait()
            .unwrap()
            .unwrap();
    };
    look(0, true, 20);
    look(2, true, 30);
    look(0, false, 40);
    let facts = bed.facts();
    let history = &facts.environments["test"];
    let stay = history.occupant().unwrap();
    assert!(!history.newest("health", &stay).unwrap().passed);
    let drifted: Vec<Timestamp> = history.drifted.iter().map(|(_, at)| *at).collect();
    assert_eq!(drifted, [at(30)]);
}

#[test]
fn what_was_verified_shows_nothing_any_more_where_it_was_destroyed() {
    let bed = bed();
    let one = bed.revision("one", None);
    let came =
        |kind, revision| bed.deploy(kind, revision, RunOutcome::Succeeded, &[("good", true)]);
    let destroyed = |outcome| bed.run((RunKind::Destroy, None, None), outcome, &[]);
    let pipeline = staging_after_test();
    let missing = || {
        unmet(&Question {
            pipeline: &pipeline,
            facts: &bed.facts(),
            revision: one,
            stage: &pipeline.stages[1],
            effects: None,
            now: at(20),
        })
    };
    came(RunKind::Apply, "r1");
    assert_eq!(missing(), []);
    came(RunKind::Apply, "r2");
    assert_eq!(missing(), [], "a newer one takes nothing away");
    destroyed(RunOutcome::Failed);
    let by = "ci".into();
    let (run, at, reason) = (RunId(4), at(10), None);
    let decision = Decision {
        run,
        by,
        at,
        reason,
    };
    let not_deployed = |newer| Unmet::NotDeployed {
        before: "test".into(),
        newer,
        destroyed: Some(decision.clone()),
    };
    assert_eq!(missing(), [not_deployed(Some(RevisionId(2)))]);
    came(RunKind::Rollback, "r1");
    assert_eq!(missing(), [], "it is there anew");
    let is_deployed = || is_deployed(&bed.store, &test_name()).unwrap();
    assert!(is_deployed());
    destroyed(RunOutcome::Succeeded);
    assert!(!is_deployed());
}

fn staging_after_test() -> Pipeline {
    let good = StageCheck {
        name: "good".into(),
        expires: None,
    };
    let test = Stage {
        name: test_name(),
        checks: vec![good],
        ..Stage::default()
    };
    let staging = Stage {
        name: "staging".into(),
        after: vec![test_name()],
        ..Stage::default()
    };
    Pipeline {
        stages: vec![test, staging],
    }
}

#[test]
fn what_checks_said_of_another_revision_is_no_evidence_of_the_one_that_is_there() {
    let bed = bed();
    bed.revision("one", None);
    let second = bed.revision("two", None);
    let done = RunOutcome::Succeeded;
    bed.deploy(RunKind::Promote, "r1", done, &[("health", true)]);
    bed.deploy(RunKind::Promote, "r2", done, &[("health", false)]);
    // Somebody began to verify r1 before, and recorded what they saw after r2 had come.
    bed.deploy(RunKind::Verify, "r1", done, &[("health", true)]);
    let newest = |bed: &Bed| {
        let facts = bed.facts();
        let history = &facts.environments["test"];
        let stay = history.occupant().unwrap();
        assert_eq!(stay.revision, second);
        history.newest("health", &stay).unwrap().passed
    };
    assert!(!newest(&bed));
    bed.deploy(RunKind::Verify, "r2", done, &[("health", true)]);
    assert!(newest(&bed));
}
