//! The chain of runs: every edit of the history is found.

use model::clock::Timestamp;
use model::serial::RunId;
use state::{Break, CheckResult, EventRow, RecordError, Wrong};

use crate::bed::{Bed, put, step, succeeded};

/// Three runs with all a run can have.
fn history() -> (Bed, Vec<RunId>) {
    let bed = Bed::new();
    let lease = bed.lease("test");
    let ids = [1, 2, 3].map(|number| {
        let run = bed.run(&lease);
        step(&run, number, put("a.a", &number.to_string()), "a.a");
        run.event(EventRow {
            at: Timestamp(1),
            body: "{}".into(),
        })
        .wait()
        .unwrap();
        let (name, detail) = ("health".to_string(), "200".to_string());
        let check = CheckResult {
            name,
            passed: false,
            at: Timestamp(1),
            detail,
            seen: "body:\n  sorry".into(),
        };
        run.check(check).wait().unwrap();
        run.finish(succeeded()).wait().unwrap().id
    });
    bed.change("staging", vec![put("a.a", "1")]);
    (bed, ids.to_vec())
}

#[test]
fn an_untouched_history_is_sound() {
    let (bed, _) = history();
    let report = bed.store.verify_chain(&"test".into()).unwrap();
    assert_eq!((report.sound, report.broken), (3, None));
    assert_eq!(bed.store.verify_chain(&"none".into()).unwrap().sound, 0);
}

#[test]
fn a_head_that_was_kept_is_in_the_chain_as_long_as_its_run_is() {
    let (bed, ids) = history();
    let head = |environment: &str| {
        let report = bed.store.verify_chain(&environment.into()).unwrap();
        let digits = report.head.unwrap().map(|byte| format!("{byte:02X}"));
        digits.concat()
    };
    let kept = head("staging");
    let found = |digits: &str| {
        let found = bed.store.linked(digits).unwrap().into_iter();
        found
            .map(|found| (found.environment.to_string(), found.position, found.run))
            .collect::<Vec<_>>()
    };
    let there = [("staging".into(), 1, RunId(4))];
    assert_eq!(found(&kept), there);
    assert_eq!(found(&kept[..12]), there);
    bed.change("staging", vec![put("a.b", "1")]);
    assert_ne!(head("staging"), kept);
    assert_eq!(found(&kept), there);
    assert_eq!(found(&head("test")), [("test".into(), 3, ids[2])]);
    assert_eq!(found("0123456789abcdef"), []);
}

#[test]
fn a_run_that_goes_on_is_no_break() {
    let (bed, _) = history();
    let lease = bed
        .store
        .acquire(crate::bed::request("test", 900), |_| panic!("it is over"));
    let run = bed.run(&lease.wait().unwrap());
    step(&run, 9, put("a.b", "1"), "a.b");
    assert_eq!(bed.store.verify_chain(&"test".into()).unwrap().broken, None);
}

/// Takes the newest run away, with all that is its own, and puts the chain's head back to the run before.
const CUT: &str = "
DELETE FROM event WHERE id >> 32 = 3;
DELETE FROM check_result WHERE id >> 32 = 3;
DELETE FROM run WHERE id = 3;
UPDATE environment SET chain_length = 2, chain_head = (SELECT hash FROM run WHERE id = 2)
    WHERE name = 'test';";

#[test]
fn a_chain_whose_end_was_cut_off_is_found_by_its_key() {
    let (bed, _) = history();
    let last = "UPDATE environment SET serial = 2 WHERE name = 'test'";
    bed.sqlite().execute_batch(&format!("{CUT}{last}")).unwrap();
    let cut = Break {
        position: 3,
        run: None,
        wrong: Wrong::Removed,
    };
    let report = bed.store.verify_chain(&"test".into()).unwrap();
    assert_eq!((report.sound, report.broken), (2, Some(cut.clone())));
    // A head without a seal was not written by this program either.
    let edit = "UPDATE environment SET chain_seal = NULL";
    bed.sqlite().execute_batch(edit).unwrap();
    let report = bed.store.verify_chain(&"test".into()).unwrap();
    assert_eq!(report.broken, Some(cut));
}

#[test]
fn a_serial_that_no_run_wrote_shows_that_one_was_taken_away() {
    let (bed, _) = history();
    let head = "UPDATE environment SET serial = serial + 1 WHERE name = 'test'";
    bed.sqlite().execute_batch(head).unwrap();
    let report = bed.store.verify_chain(&"test".into()).unwrap();
    let wrong = report.broken.map(|found| found.wrong);
    assert_eq!((report.sound, wrong), (3, Some(Wrong::Removed)));
}

#[test]
fn without_its_key_nobody_can_say_that_a_chain_is_whole() {
    let (bed, _) = history();
    std::fs::remove_file(bed.path().with_file_name("key")).unwrap();
    let error = bed.again().verify_chain(&"test".into()).unwrap_err();
    assert!(matches!(error, RecordError::KeyMissing { .. }), "{error:?}");
}

/// An edit of the second run, and what it is found as.
const EDITS: &[(&str, Wrong)] = &[
    (
        "UPDATE run SET actor = 'eve' WHERE id = 2",
        Wrong::RunEdited,
    ),
    (
        "UPDATE run SET kind = 'heal' WHERE id = 2",
        Wrong::RunEdited,
    ),
    (
        "UPDATE run SET kind = 'nonsense' WHERE id = 2",
        Wrong::RunEdited,
    ),
    ("UPDATE run SET note = 'x' WHERE id = 2", Wrong::RunEdited),
    (
        "UPDATE run SET revision = 'r9' WHERE id = 2",
        Wrong::RunEdited,
    ),
    ("UPDATE run SET token = 7 WHERE id = 2", Wrong::RunEdited),
    ("UPDATE run SET started = 0 WHERE id = 2", Wrong::RunEdited),
    (
        "UPDATE run SET ended = ended + 1 WHERE id = 2",
        Wrong::RunEdited,
    ),
    (
        "UPDATE run SET outcome = 'failed' WHERE id = 2",
        Wrong::RunEdited,
    ),
    (
        "UPDATE run SET counts = '{}' WHERE id = 2",
        Wrong::RunEdited,
    ),
    (
        "UPDATE run SET serial_after = 9 WHERE id = 2",
        Wrong::RunEdited,
    ),
    (
        "UPDATE run SET journal = zeroblob(32) WHERE id = 2",
        Wrong::RunEdited,
    ),
    (
        "UPDATE run SET hash = zeroblob(32) WHERE id = 2",
        Wrong::RunEdited,
    ),
    (
        "UPDATE intent SET how = 'failed' WHERE id >> 32 = 2",
        Wrong::JournalEdited,
    ),
    (
        "UPDATE intent SET detail = '' WHERE id >> 32 = 2",
        Wrong::JournalEdited,
    ),
    (
        "UPDATE intent SET marker = 'x' WHERE id >> 32 = 2",
        Wrong::JournalEdited,
    ),
    (
        "UPDATE intent SET key = 1 WHERE id >> 32 = 2",
        Wrong::JournalEdited,
    ),
    (
        "UPDATE intent SET payload = zeroblob(32) WHERE id >> 32 = 2",
        Wrong::JournalEdited,
    ),
    (
        "DELETE FROM intent WHERE id >> 32 = 2",
        Wrong::JournalEdited,
    ),
    (
        "UPDATE intent SET settled_by = 3 WHERE id >> 32 = 2",
        Wrong::JournalEdited,
    ),
    (
        "UPDATE event SET body = '[]' WHERE id >> 32 = 2",
        Wrong::JournalEdited,
    ),
    (
        "INSERT INTO event VALUES ((2 << 32) + 9, 1, '{}')",
        Wrong::JournalEdited,
    ),
    (
        "DELETE FROM check_result WHERE id >> 32 = 2",
        Wrong::JournalEdited,
    ),
    (
        "UPDATE check_result SET passed = 1 WHERE id >> 32 = 2",
        Wrong::JournalEdited,
    ),
];

#[test]
fn each_edit_is_found_where_it_was_made() {
    for &(edit, wrong) in EDITS {
        let (bed, ids) = history();
        assert_ne!(bed.sqlite().execute(edit, []).unwrap(), 0, "{edit}");
        let report = bed.store.verify_chain(&"test".into()).unwrap();
        let expected = Break {
            position: 2,
            run: ids.get(1).copied(),
            wrong,
        };
        assert_eq!((report.sound, report.broken), (1, Some(expected)), "{edit}");
        assert_eq!(
            bed.store.verify_chain(&"staging".into()).unwrap().broken,
            None,
            "{edit}"
        );
    }
}

#[test]
fn a_removed_run_is_found_also_at_the_end() {
    for (run, position) in [(1, 1), (2, 2), (3, 3)] {
        let (bed, _) = history();
        bed.sqlite()
            .execute("DELETE FROM run WHERE id = ?1", [run])
            .unwrap();
        let broken = bed.store.verify_chain(&"test".into()).unwrap().broken;
        assert_eq!(
            broken,
            Some(Break {
                position,
                run: None,
                wrong: Wrong::Removed
            }),
            "run {run}"
        );
    }
}

#[test]
fn a_run_that_was_slipped_in_is_found() {
    let (bed, _) = history();
    let copy = "INSERT INTO run SELECT 99, environment, token, kind, plan, revision, actor, note, \
                started, serial_before, serial_after, ended, outcome, counts, journal, 4, hash, configuration \
                FROM run WHERE id = 3";
    bed.sqlite().execute(copy, []).unwrap();
    let broken = bed.store.verify_chain(&"test".into()).unwrap().broken;
    assert_eq!(
        broken,
        Some(Break {
            position: 4,
            run: Some(RunId(99)),
            wrong: Wrong::Added
        })
    );
}
