//! The file itself: how it is made, and every way in which it cannot be used.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use state::{Options, RecordError, Store};

use crate::bed::{Bed, intent, lease, new_run, path_in, put, put_sealed, refusal, request};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn open(path: &Path) -> Result<Store, RecordError> {
    Store::open(path, Options::create())
}

#[test]
fn a_record_is_made_for_its_owner_and_kept_out_of_version_control() {
    let bed = Bed::new();
    bed.change("test", vec![put_sealed("a.a", "1")]);
    let directory = bed.directory.path().join(".terrace");
    assert_eq!(mode(&directory), 0o700);
    for name in [
        "state.db",
        "state.db-wal",
        "state.db-shm",
        "key",
        ".gitignore",
    ] {
        assert_eq!(mode(&directory.join(name)), 0o600, "{name}");
    }
    assert_eq!(
        fs::read_to_string(directory.join(".gitignore")).unwrap(),
        "*\n"
    );
    assert_eq!(fs::read_dir(&directory).unwrap().count(), 5);
}

#[test]
fn a_closed_record_is_one_file_beside_its_key_and_opens_again() {
    let bed = Bed::new();
    bed.change("test", vec![put("a.a", "1")]);
    let (directory, path) = (bed.directory.path().join(".terrace"), bed.path());
    let Bed {
        directory: _kept,
        store,
    } = bed;
    drop(store);
    let names = fs::read_dir(&directory).unwrap();
    let mut names: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, [".gitignore", "key", "state.db"]);
    let store = open(&path).unwrap();
    assert_eq!(store.read(&"test".into()).unwrap().objects.len(), 1);
    store.check().unwrap();
}

#[test]
fn a_gitignore_that_is_there_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir(directory.path().join(".terrace")).unwrap();
    fs::write(directory.path().join(".terrace/.gitignore"), "key\n").unwrap();
    open(&path_in(&directory)).unwrap();
    assert_eq!(
        fs::read_to_string(directory.path().join(".terrace/.gitignore")).unwrap(),
        "key\n"
    );
}

#[test]
fn to_read_makes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let error = refusal(Store::open(&path_in(&directory), Options::read()));
    assert!(matches!(error, RecordError::Missing { .. }), "{error}");
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[test]
fn a_store_opened_to_read_does_not_write() {
    let bed = Bed::new();
    let store = Store::open(&bed.path(), Options::read()).unwrap();
    let error = refusal(
        store
            .begin_observation(&"test".into(), new_run(state::RunKind::Drift))
            .wait(),
    );
    assert!(matches!(error, RecordError::ReadOnly { .. }), "{error}");
}

#[test]
fn many_openers_at_once_make_one_record() {
    let directory = tempfile::tempdir().unwrap();
    let path = path_in(&directory);
    std::thread::scope(|scope| {
        for index in 0..8 {
            let path = &path;
            scope.spawn(move || {
                let store = open(path).unwrap();
                let name = format!("env{index}");
                let run = store.begin_run(&lease(&store, &name), new_run(state::RunKind::Apply));
                run.wait()
                    .unwrap()
                    .change(vec![put_sealed("a.a", &name)])
                    .wait()
                    .unwrap();
            });
        }
    });
    let store = open(&path).unwrap();
    assert_eq!(store.environments().unwrap().len(), 8);
    for index in 0..8 {
        let recorded = store.read(&format!("env{index}").into()).unwrap();
        let row = recorded.objects.first().unwrap();
        let attributes = recorded.opener.attributes(row).unwrap();
        assert_eq!(*attributes, *format!("env{index}").as_bytes());
    }
}

/// What opening says of a file with this content; the file must be left as it is.
fn opening(content: &[u8]) -> RecordError {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("state.db");
    fs::write(&path, content).unwrap();
    let errors =
        [Options::create(), Options::read()].map(|options| refusal(Store::open(&path, options)));
    assert_eq!(fs::read(&path).unwrap(), content);
    let [error, other] = errors;
    assert_eq!(error.to_string(), other.to_string());
    error
}

#[test]
fn a_file_that_is_no_database_is_unreadable() {
    for content in [&b""[..], b"{\"version\": 4}", &[0; 8192]] {
        let error = opening(content);
        assert!(matches!(error, RecordError::Unreadable { .. }), "{error:?}");
    }
}

#[test]
fn an_emptied_record_is_not_taken_for_a_new_one() {
    let error = opening(b"");
    assert!(
        error.to_string().ends_with("cannot be read: it is empty"),
        "{error}"
    );
}

#[test]
fn another_programs_database_is_not_a_record() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("other.db");
    rusqlite::Connection::open(&path)
        .unwrap()
        .execute_batch("CREATE TABLE meta (a)")
        .unwrap();
    let error = opening(&fs::read(&path).unwrap());
    assert!(
        error.to_string().ends_with("but not a record of Terrace"),
        "{error}"
    );
}

#[test]
fn a_cut_or_scribbled_record_is_unreadable() {
    let bed = Bed::new();
    bed.change(
        "test",
        (0..2000)
            .map(|index| put(&format!("a.a[{index}]"), "some text"))
            .collect(),
    );
    let path = bed.path();
    let Bed {
        directory: _kept,
        store,
    } = bed;
    drop(store);
    let whole = fs::read(&path).unwrap();
    let (half, _) = whole.split_at(whole.len() / 2);
    let error = opening(half);
    assert!(matches!(error, RecordError::Unreadable { .. }), "{error:?}");

    let mut scribbled = whole.clone();
    let (_, behind) = scribbled.split_at_mut(4096 * 8);
    behind.fill(0xa5);
    fs::write(&path, &scribbled).unwrap();
    let error = match open(&path) {
        Ok(store) => refusal(store.check()),
        Err(error) => error,
    };
    assert!(matches!(error, RecordError::Unreadable { .. }), "{error:?}");
}

#[test]
fn a_row_no_program_of_ours_writes_is_unreadable_not_a_crash() {
    for edit in [
        "UPDATE term SET text = 'not an address' WHERE text = 'a.a'",
        "UPDATE object SET key = -7",
        "UPDATE object SET key = 1.5",
        "UPDATE object SET block = 77",
        "UPDATE object SET dependencies = x'010203'",
        "UPDATE object SET schema_version = -1",
    ] {
        let bed = Bed::new();
        bed.change("test", vec![put("a.a", "1")]);
        bed.sqlite().execute_batch(edit).unwrap();
        let error = refusal(bed.store.read(&"test".into()));
        assert!(
            matches!(error, RecordError::Unreadable { .. }),
            "{edit}: {error:?}"
        );
    }
}

#[test]
fn a_newer_format_is_refused() {
    let bed = Bed::new();
    bed.sqlite()
        .execute("UPDATE meta SET value = 99 WHERE name = 'format'", [])
        .unwrap();
    let error = refusal(open(&bed.path()));
    assert!(
        matches!(
            error,
            RecordError::Newer {
                found: 99,
                known: 4,
                ..
            }
        ),
        "{error:?}"
    );
}

#[test]
fn a_directory_that_cannot_be_written_is_read_only() {
    let error = refusal(open(Path::new("/sys/.terrace/state.db")));
    assert!(matches!(error, RecordError::ReadOnly { .. }), "{error:?}");
}

#[test]
fn a_place_that_is_no_directory_is_said() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("file"), "").unwrap();
    for path in ["file/.terrace/state.db", "missing/.terrace/state.db"] {
        let error = refusal(open(&directory.path().join(path)));
        assert!(matches!(error, RecordError::Open { .. }), "{error:?}");
    }
    fs::create_dir(directory.path().join("state.db")).unwrap();
    let error = refusal(open(&directory.path().join("state.db")));
    assert!(error.to_string().ends_with("it is not a file"), "{error}");
}

#[test]
fn a_full_disk_fails_what_was_not_written_and_loses_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let path = path_in(&directory);
    drop(open(&path).unwrap());
    let options = Options {
        page_limit: Some(80),
        ..Options::create()
    };
    let store = Store::open(&path, options).unwrap();
    let run = store
        .begin_run(&lease(&store, "test"), new_run(state::RunKind::Apply))
        .wait()
        .unwrap();
    let text = "x".repeat(1000);
    let answers: Vec<_> = (0..400)
        .map(|index| run.change(vec![put(&format!("a.a[{index}]"), &text)]))
        .collect();
    let answers: Vec<_> = answers.into_iter().map(state::Pending::wait).collect();
    let errors: Vec<_> = answers
        .iter()
        .filter_map(|answer| answer.as_ref().err())
        .collect();
    assert!(!errors.is_empty());
    assert!(
        errors
            .iter()
            .all(|error| matches!(error, RecordError::Full { .. })),
        "{errors:?}"
    );
    let written = answers.iter().filter(|answer| answer.is_ok()).count();
    let objects = || store.read(&"test".into()).unwrap().objects.len();
    assert_eq!(objects(), written);
    // Nothing is broken: what fits is written still.
    let error = refusal(run.change(vec![put("a.b", &"x".repeat(400_000))]).wait());
    assert!(matches!(error, RecordError::Full { .. }), "{error:?}");
    assert_eq!(objects(), written);
    drop((run, store));
    let store = open(&path).unwrap();
    store.check().unwrap();
    let run = store
        .begin_run(&taken_over(&store), new_run(state::RunKind::Apply))
        .wait()
        .unwrap();
    run.intent(intent(1, "a.b")).wait().unwrap();
    assert_eq!(store.read(&"test".into()).unwrap().objects.len(), written);
}

fn taken_over(store: &Store) -> state::Lease {
    let request = crate::bed::request("test", 0);
    store
        .acquire(request, |_| state::HolderState::Dead)
        .wait()
        .unwrap()
}

#[test]
fn a_record_that_was_deleted_or_replaced_takes_no_more_writes() {
    for replaced in [false, true] {
        let directory = tempfile::tempdir().unwrap();
        let path = path_in(&directory);
        let store = open(&path).unwrap();
        let lease = lease(&store, "test");
        let run = store
            .begin_run(&lease, new_run(state::RunKind::Apply))
            .wait()
            .unwrap();
        run.intent(intent(1, "a.a")).wait().unwrap();
        fs::remove_dir_all(path.parent().unwrap()).unwrap();
        if replaced {
            drop(open(&path).unwrap());
        }
        let error = refusal(run.intent(intent(2, "a.b")).wait());
        assert!(matches!(error, RecordError::Gone { .. }), "{error:?}");
    }
    let directory = tempfile::tempdir().unwrap();
    let path = path_in(&directory);
    let store = open(&path).unwrap();
    fs::remove_dir_all(path.parent().unwrap()).unwrap();
    let begun = store
        .acquire(request("test", 0), |_| state::HolderState::Dead)
        .wait();
    let error = refusal(begun);
    assert!(matches!(error, RecordError::Gone { .. }), "{error:?}");
}
