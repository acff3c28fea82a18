use std::sync::Arc;
use std::time::Duration;

use lang::functions::Random;
use model::FileId;
use model::clock::Timestamp;

use super::*;

/// No time and no chance.
#[derive(Debug)]
struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp(0)
    }
}

impl Random for Still {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
}

/// The one check of a text.
fn check(text: &str) -> Check {
    let (project, diagnostics) = lang::project::read(FileId(0), text);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    project.checks.into_values().next().unwrap()
}

/// What comes of a check in an empty directory.
fn outcome(check: &Check, revision: Option<&CheckedRevision>) -> CheckOutcome {
    tried(check, revision, Tries::AsItSays)
}

fn tried(check: &Check, revision: Option<&CheckedRevision>, tries: Tries) -> CheckOutcome {
    let (outputs, directory) = (BTreeMap::new(), tempfile::tempdir().unwrap());
    let subject = Subject {
        tries,
        revision,
        ..subject(&outputs, directory.path())
    };
    verified(check, &subject)
}

/// An environment without a revision.
fn subject<'s>(outputs: &'s BTreeMap<Str, Value>, directory: &'s Path) -> Subject<'s> {
    Subject {
        environment: "test",
        tries: Tries::AsItSays,
        revision: None,
        outputs,
        directory,
        clock: &Still,
        random: &Still,
        secrets: &Secrets::default,
    }
}

fn verified(check: &Check, subject: &Subject<'_>) -> CheckOutcome {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let events = Events::ignored(Arc::new(Still));
    let (_sender, stop) = watch::channel(Stop::Never);
    let mut verified = runtime.block_on(verify(&[check], subject, &events, stop));
    assert_eq!(verified.left, Vec::<Str>::new());
    verified.outcomes.pop().unwrap()
}

/// A check whose program passes in the tries that `pass` lists, counted from 1.
fn passing_in(pass: &str, more: &str) -> CheckOutcome {
    let script =
        format!("echo >> tries; case $(wc -l < tries) in {pass}) exit 0;; *) exit 1;; esac");
    let text = format!(
        "check \"c\" {{\n  command = [\"sh\", \"-c\", \"{script}\"]\n  every = \"1ms\"\n  {more}\n}}"
    );
    outcome(&check(&text), None)
}

#[test]
fn a_look_tries_once_or_as_often_in_a_row_as_it_must_pass() {
    let once = |words: &str, more: &str| {
        let text = format!(
            "check \"c\" {{\n  command = [{words}]\n  every = \"1ms\"\n  within = \"10m\"\n  {more}\n}}"
        );
        let outcome = tried(&check(&text), None, Tries::Once);
        (outcome.passed, outcome.attempts)
    };
    assert_eq!(once("\"false\"", ""), (false, 1));
    assert_eq!(once("\"true\"", ""), (true, 1));
    assert_eq!(once("\"true\"", "streak = 3"), (true, 3));
    assert_eq!(once("\"false\"", "streak = 3"), (false, 1));
}

#[test]
fn one_pass_is_enough() {
    let outcome = passing_in("3", "");
    assert!(outcome.passed);
    assert_eq!(outcome.attempts, 3);
    assert_eq!(outcome.detail, "exit status 0");
}

#[test]
fn a_streak_begins_anew_after_a_failure() {
    let outcome = passing_in("1|2|4|5|6", "streak = 3");
    assert!(outcome.passed);
    assert_eq!(outcome.attempts, 6);
}

#[test]
fn a_streak_that_is_not_reached_in_time_fails() {
    let mut check = check("check \"c\" {\n command = [\"true\"]\n streak = 2\n}");
    // The first try has used up the time.
    check.within = Duration::ZERO;
    let outcome = outcome(&check, None);
    assert!(!outcome.passed);
    assert_eq!(outcome.detail, "exit status 0, passed 1 of 2 in a row");
}

#[test]
fn checks_see_the_revision() {
    let revision = CheckedRevision {
        name: Some("r42".into()),
        inputs: [("v".into(), Value::string("1.9"))].into(),
        ..CheckedRevision::default()
    };
    let text = "check \"c\" {\n command = [\"true\"]\n within = \"1ms\"\n pass = revision.name == \"r42\" && revision.commit == null && revision.inputs.v == \"1.9\"\n}";
    assert!(outcome(&check(text), Some(&revision)).passed);
    let none = "check \"c\" {\n command = [\"true\"]\n within = \"1ms\"\n pass = revision.name == null && revision.digest == null && revision.inputs == null\n}";
    assert!(outcome(&check(none), None).passed);
}

#[test]
fn the_whole_time_bounds_one_command_too() {
    let text = "check \"c\" {\n command = [\"tail\", \"-f\", \"/dev/null\"]\n within = \"150ms\"\n timeout = \"1h\"\n}";
    let outcome = outcome(&check(text), None);
    assert!(!outcome.passed);
    assert_eq!(
        outcome.detail,
        "`tail` did not end within the check's 150ms"
    );
}

#[test]
fn a_check_is_left_when_it_is_asked_to_stop_and_has_not_failed() {
    let text = "check \"c\" {\n command = [\"sh\", \"-c\", \"touch begun; exec tail -f /dev/null\"]\n within = \"1h\"\n timeout = \"1h\"\n}";
    let (outputs, directory) = (BTreeMap::new(), tempfile::tempdir().unwrap());
    let (endless, subject) = (check(text), subject(&outputs, directory.path()));
    let good = check("check \"good\" {\n command = [\"true\"]\n}");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    for is_begun in [false, true] {
        let verified = runtime.block_on(async {
            let (sender, stop) = watch::channel(Stop::Never);
            let stopping = async {
                while is_begun && !directory.path().join("begun").exists() {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
                // Where it was asked before, there is nobody left to be asked.
                let _ = sender.send(Stop::AfterRunning);
            };
            if !is_begun {
                sender.send(Stop::AfterRunning).unwrap();
            }
            let events = Events::ignored(Arc::new(Still));
            let checks = [&good, &endless, &good];
            tokio::join!(verify(&checks, &subject, &events, stop), stopping).0
        });
        let outcomes = verified.outcomes.iter().map(|outcome| outcome.passed);
        let (passed, left) = if is_begun {
            (vec![true], 2)
        } else {
            (vec![], 3)
        };
        assert_eq!(
            (outcomes.collect::<Vec<_>>(), verified.left.len()),
            (passed, left)
        );
    }
}

#[test]
fn what_is_secret_is_hidden_also_where_what_was_seen_is_cut() {
    let secret: String = ('a'..='z').cycle().take(300).collect();
    let text = format!(
        "check \"c\" {{\n command = [\"sh\", \"-c\", \"echo token={secret}; exit 1\"]\n within = \"1ms\"\n}}"
    );
    let directory = tempfile::tempdir().unwrap();
    let (check, outputs) = (check(&text), BTreeMap::new());
    let subject = Subject {
        secrets: &|| Secrets::new([&secret]),
        ..subject(&outputs, directory.path())
    };
    let outcome = verified(&check, &subject);
    assert_eq!(outcome.seen, "stdout:\n  token=(sensitive)");
}

#[test]
fn a_command_that_does_not_stop_writing_is_ended() {
    let text = "check \"c\" {\n command = [\"yes\"]\n within = \"1ms\"\n timeout = \"1h\"\n every = \"1s\"\n}";
    let mut check = check(text);
    check.within = Duration::ZERO;
    let outcome = outcome(&check, None);
    assert!(!outcome.passed);
    assert_eq!(
        outcome.detail,
        "`yes` wrote more than 16 MiB, and was ended"
    );
}
