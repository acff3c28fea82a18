//! Records of older formats: they become new in place, whole or not at all, and what they say stays as it was.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use state::{HolderState, Key, NewRun, Options, Payload, RecordError, RunKind, RunRow, Store};
use tempfile::TempDir;

use crate::bed::{done, new_run, put, refusal, request, shown, succeeded};

/// A record of format 1, as a program of that time left it.
fn old() -> (TempDir, PathBuf) {
    of(include_str!("format-1.sql"))
}

fn of(dump: &str) -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("state.db");
    let conn = Connection::open(&path).unwrap();
    conn.execute_batch(dump).unwrap();
    conn.close().unwrap();
    (directory, path)
}

fn options() -> Options {
    Options {
        key: Some(Key::from_bytes([7; 32])),
        ..Options::create()
    }
}

fn format(path: &Path) -> i64 {
    let conn = Connection::open(path).unwrap();
    conn.query_row("SELECT value FROM meta WHERE name = 'format'", [], |row| {
        row.get(0)
    })
    .unwrap()
}

fn verified(store: &Store, environment: &str) -> u64 {
    let report = store.verify_chain(&environment.into()).unwrap();
    assert_eq!(report.broken, None);
    report.sound
}

/// What an upgrade must not have touched.
fn check_old_content(store: &Store) {
    assert_eq!(verified(store, "test"), 4);
    assert_eq!(verified(store, "staging"), 1);
    let test = "test".into();
    let recorded = store.read(&test).unwrap();
    let expected = ["a.a=2", "a.c=3", "module.m[\"x\"].a.b[0]=secret"];
    assert_eq!(shown(&recorded), expected);
    let plan = store.load_plan("p7f").unwrap();
    assert_eq!(*plan.bytes().unwrap(), *b"plan");
    let unended: Vec<u64> = store
        .unended_runs(&test)
        .unwrap()
        .iter()
        .map(|run| run.id.0)
        .collect();
    assert_eq!(unended, [5]);
    assert_eq!(store.open_intents(&test).unwrap().intents.len(), 1);
    let checks = store.newest_checks(&test).unwrap();
    let checks: Vec<_> = checks
        .iter()
        .map(|row| (row.run.0, row.result.name.as_str()))
        .collect();
    assert_eq!(checks, [(1, "health")]);
    let runs = store.runs_since(&test, model::serial::RunId(0)).unwrap();
    assert!(runs.iter().all(|run: &RunRow| run.configuration.is_none()));
}

#[test]
fn a_record_of_format_1_becomes_new_in_place_and_its_chains_still_verify() {
    let (_directory, path) = old();
    let store = Store::open(&path, options()).unwrap();
    assert_eq!(format(&path), 4);
    store.check().unwrap();
    check_old_content(&store);
    drop(store);
    check_old_content(&Store::open(&path, options()).unwrap());
}

#[test]
fn a_record_of_format_2_becomes_new_in_place_and_nobody_knows_yet_what_its_objects_claim() {
    let (_directory, path) = of(include_str!("format-2.sql"));
    assert_eq!(format(&path), 2);
    let store = Store::open(&path, options()).unwrap();
    assert_eq!(format(&path), 4);
    store.check().unwrap();
    check_old_content(&store);
    assert_eq!(store.unclaimed().unwrap(), ["staging", "test"]);
    // A step that was open then is settled as any other.
    let open = store.open_intents(&"test".into()).unwrap();
    let [left] = open.intents.as_slice() else {
        panic!("one is open")
    };
    let lease = store
        .acquire(request("test", 0), |_| HolderState::Dead)
        .wait()
        .unwrap();
    let run = store
        .begin_run(&lease, new_run(RunKind::Recover))
        .wait()
        .unwrap();
    let settlement = done(vec![put("a.d", "4")]);
    run.settle(left.id, settlement).wait().unwrap();
    assert!(shown(&store.read(&"test".into()).unwrap()).contains(&"a.d=4".to_owned()));
}

#[test]
fn the_history_of_an_upgraded_record_goes_on_in_the_same_chain() {
    let (_directory, path) = old();
    let store = Store::open(&path, options()).unwrap();
    let test = "test".into();
    let digest = store.put_configuration(&test, Payload::sealed(*b"{}"));
    let run = NewRun {
        configuration: Some(digest.wait().unwrap()),
        ..new_run(RunKind::Approve)
    };
    let row = store
        .decide(&test, run, Vec::new(), succeeded())
        .wait()
        .unwrap();
    assert_eq!(row.end.unwrap().position, 5);
    assert_eq!(verified(&store, "test"), 5);
    let edit = "UPDATE run SET note = 'x' WHERE id = 1";
    Connection::open(&path).unwrap().execute(edit, []).unwrap();
    assert_eq!(store.verify_chain(&test).unwrap().sound, 0);
}

#[test]
fn who_only_reads_makes_it_new_too() {
    let (_directory, path) = old();
    let reading = Options {
        key: options().key,
        ..Options::read()
    };
    check_old_content(&Store::open(&path, reading).unwrap());
    assert_eq!(format(&path), 4);
}

#[test]
fn where_it_may_not_be_written_an_old_record_says_its_format() {
    let (_directory, path) = old();
    let before = fs::read(&path).unwrap();
    // SQLite cannot make the file of that name, as in a directory that cannot be written.
    fs::create_dir(path.with_file_name("state.db-shm")).unwrap();
    let error = refusal(Store::open(&path, Options::read()));
    assert!(
        matches!(
            error,
            RecordError::Older {
                found: 1,
                known: 4,
                ..
            }
        ),
        "{error:?}"
    );
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn an_upgrade_that_finds_no_room_changes_nothing() {
    let (_directory, path) = old();
    let pages: u32 = Connection::open(&path)
        .unwrap()
        .query_row("PRAGMA page_count", [], |row| row.get(0))
        .unwrap();
    for room in 0..4 {
        let options = Options {
            page_limit: Some(pages + room),
            ..options()
        };
        let error = refusal(Store::open(&path, options));
        assert!(matches!(error, RecordError::Full { .. }), "{error:?}");
        assert_eq!(format(&path), 1);
    }
    check_old_content(&Store::open(&path, options()).unwrap());
}

#[test]
fn many_openers_at_once_make_it_new_once() {
    let (_directory, path) = old();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| check_old_content(&Store::open(&path, options()).unwrap()));
        }
    });
    assert_eq!(format(&path), 4);
}
