//! Revisions and configurations: each content is kept once, found again, and vouched for by the chain.

use model::clock::Timestamp;
use model::serial::RunId;
use state::{
    BlobDigest, ConfigurationDigest, NewRevision, NewRun, Options, PROJECT, Payload, RecordError,
    RevisionRow, RunKind, Store, Wrong,
};

use crate::bed::{Bed, new_run, refusal, request, succeeded};

fn new_revision(store: &Store, content: &str) -> NewRevision {
    let manifest = store.put_blob(content.as_bytes()).wait().unwrap();
    NewRevision {
        digest: manifest.0,
        manifest,
        actor: "ada".into(),
        created: Timestamp(5),
        source: Some("{\"commit\":\"5f0c7bd\"}".into()),
        note: Some("why".into()),
    }
}

fn make(store: &Store, content: &str) -> RevisionRow {
    let new = new_revision(store, content);
    store.put_revision(new).wait().unwrap()
}

#[test]
fn a_revision_is_numbered_once_and_found_by_number_and_digest() {
    let bed = Bed::new();
    let first = make(&bed.store, "one");
    let second = make(&bed.store, "two");
    assert_eq!((first.number, second.number), (1, 2));
    let NewRevision {
        digest,
        manifest,
        actor,
        created,
        source,
        note,
    } = new_revision(&bed.store, "two");
    let expected = RevisionRow {
        number: 2,
        digest,
        manifest,
        run: RunId(2),
        actor,
        created,
        source,
        note,
    };
    assert_eq!(second, expected);
    let again = NewRevision {
        actor: "eve".into(),
        created: Timestamp(99),
        ..new_revision(&bed.store, "one")
    };
    assert_eq!(bed.store.put_revision(again).wait().unwrap(), first);
    assert_eq!(bed.store.revision(2).unwrap(), second);
    assert_eq!(
        bed.store.revision_by_digest(first.digest).unwrap(),
        Some(first)
    );
    assert_eq!(bed.store.revision_by_digest([0; 32]).unwrap(), None);
    for number in [0, 3, u64::MAX] {
        let error = refusal(bed.store.revision(number));
        assert_eq!(
            error.to_string(),
            format!("there is no revision `r{number}`")
        );
    }
}

#[test]
fn revisions_are_listed_newest_first() {
    let bed = Bed::new();
    for content in ["one", "two", "three", "four"] {
        make(&bed.store, content);
    }
    let list = |before, limit| {
        let rows = bed.store.revisions(before, limit).unwrap();
        rows.iter().map(|row| row.number).collect::<Vec<_>>()
    };
    assert_eq!(list(None, 3), [4, 3, 2]);
    assert_eq!(list(Some(3), usize::MAX), [2, 1]);
    assert_eq!(list(Some(u64::MAX), 1), [4]);
    assert!(list(Some(1), 9).is_empty());
}

#[test]
fn a_revision_without_its_manifest_is_refused_and_takes_no_number() {
    let bed = Bed::new();
    let manifest = BlobDigest([1; 32]);
    let unkept = NewRevision {
        manifest,
        ..new_revision(&bed.store, "one")
    };
    let error = refusal(bed.store.put_revision(unkept).wait());
    assert!(matches!(error, RecordError::NoBlob { .. }), "{error:?}");
    assert_eq!(make(&bed.store, "one").number, 1);
    let made = bed.store.runs_since(&PROJECT.into(), RunId(0)).unwrap();
    assert_eq!(made.len(), 1, "only one run says that one was made");
}

#[test]
fn processes_that_make_the_same_revision_at_once_get_one_number() {
    let bed = Bed::new();
    let rows: Vec<Vec<RevisionRow>> = std::thread::scope(|scope| {
        let one = |worker: usize| {
            let store = bed.again();
            move || {
                let order = (0..20).map(|index| (index + worker) % 20);
                let mut rows: Vec<RevisionRow> = order
                    .map(|index| make(&store, &format!("content {index}")))
                    .collect();
                rows.sort_by_key(|row| row.number);
                rows
            }
        };
        let workers: Vec<_> = (0..4).map(|worker| scope.spawn(one(worker * 5))).collect();
        let joined = workers.into_iter().map(|worker| worker.join().unwrap());
        joined.collect()
    });
    let numbers: Vec<u64> = rows
        .iter()
        .flatten()
        .map(|row| row.number)
        .take(20)
        .collect();
    assert_eq!(numbers, (1..=20).collect::<Vec<_>>());
    for others in &rows {
        assert_eq!(Some(others), rows.first());
    }
    let report = bed.store.verify_chain(&PROJECT.into()).unwrap();
    assert_eq!((report.sound, report.broken), (20, None));
}

#[test]
fn every_edit_of_a_revision_breaks_the_projects_chain() {
    for edit in [
        "UPDATE revision SET number = 9 WHERE number = 2",
        "UPDATE revision SET actor = 'eve' WHERE number = 2",
        "UPDATE revision SET created = 0 WHERE number = 2",
        "UPDATE revision SET source = NULL WHERE number = 2",
        "UPDATE revision SET note = NULL WHERE number = 2",
        "UPDATE revision SET digest = zeroblob(32) WHERE number = 2",
        "UPDATE revision SET manifest = zeroblob(32) WHERE number = 2",
        "UPDATE revision SET run = 9 WHERE number = 2",
        "DELETE FROM revision WHERE number = 2",
    ] {
        let bed = Bed::new();
        for content in ["one", "two", "three"] {
            make(&bed.store, content);
        }
        assert_eq!(bed.sqlite().execute(edit, []).unwrap(), 1, "{edit}");
        let report = bed.store.verify_chain(&PROJECT.into()).unwrap();
        let wrong = report.broken.map(|found| found.wrong);
        let expected = (1, Some(Wrong::JournalEdited));
        assert_eq!((report.sound, wrong), expected, "{edit}");
    }
}

#[test]
fn the_project_has_a_history_and_is_no_environment() {
    let bed = Bed::new();
    bed.change("test", Vec::new());
    let row = make(&bed.store, "one");
    let run = bed.store.run(row.run).unwrap();
    assert_eq!(
        (&*run.environment, run.kind, run.revision.as_deref()),
        (PROJECT, RunKind::Revision, Some("r1"))
    );
    let names: Vec<String> = bed
        .store
        .environments()
        .unwrap()
        .iter()
        .map(|row| row.header.environment.to_string())
        .collect();
    assert_eq!(names, ["test"]);
    let lease = bed
        .store
        .acquire(request(PROJECT, 0), |_| panic!("nobody holds it"));
    let error = refusal(lease.wait());
    assert!(matches!(error, RecordError::Bug { .. }), "{error:?}");
}

#[test]
fn a_configuration_is_one_row_and_is_sealed_once_it_must_be() {
    let bed = Bed::new();
    let (test, staging) = ("test".into(), "staging".into());
    let put = |environment, payload| {
        let digest = bed.store.put_configuration(environment, payload);
        digest.wait().unwrap()
    };
    let plain = put(&test, Payload::plain(*b"password=tiger"));
    assert_eq!(plain, put(&test, Payload::sealed(*b"password=tiger")));
    assert_eq!(plain, put(&test, Payload::plain(*b"password=tiger")));
    assert_eq!(plain, put(&staging, Payload::sealed(*b"password=tiger")));
    assert_ne!(plain, put(&test, Payload::sealed(*b"password=lion")));
    let count = |what: &str| {
        let sql = format!("SELECT count(*) FROM configuration WHERE {what}");
        let count: i64 = bed.sqlite().query_row(&sql, [], |row| row.get(0)).unwrap();
        count
    };
    assert_eq!((count("environment = 1"), count("environment = 2")), (2, 1));
    assert_eq!(count("instr(bytes, 'password') > 0 OR NOT sealed"), 0);
    for environment in [&test, &staging] {
        let bytes = bed.store.configuration(environment, plain).unwrap();
        assert_eq!(bytes, b"password=tiger");
    }
    assert_eq!(plain.to_string().parse(), Ok(plain));
}

#[test]
fn a_configuration_of_another_environment_is_not_there() {
    let bed = Bed::new();
    let digest = bed
        .store
        .put_configuration(&"test".into(), Payload::plain(*b"{}"))
        .wait()
        .unwrap();
    bed.change("staging", Vec::new());
    for name in ["staging", "none"] {
        let error = refusal(bed.store.configuration(&name.into(), digest));
        let missing = matches!(error, RecordError::NoConfiguration { .. });
        assert!(missing, "{error:?}");
    }
    let run = NewRun {
        configuration: Some(digest),
        ..new_run(RunKind::Apply)
    };
    let error = refusal(bed.store.begin_observation(&"staging".into(), run).wait());
    assert_eq!(
        error.to_string(),
        format!("environment `staging` has no configuration {digest}")
    );
}

#[test]
fn an_edited_configuration_is_found_and_a_plain_one_needs_no_key() {
    let bed = Bed::new();
    let test = "test".into();
    let digests: Vec<ConfigurationDigest> = [Payload::plain(*b"a"), Payload::sealed(*b"b")]
        .map(|payload| bed.store.put_configuration(&test, payload).wait().unwrap())
        .into();
    let [plain, sealed] = digests.as_slice() else {
        panic!("two")
    };
    std::fs::remove_file(bed.path().with_file_name("key")).unwrap();
    let keyless = Store::open(&bed.path(), Options::read()).unwrap();
    assert_eq!(keyless.configuration(&test, *plain).unwrap(), b"a");
    let error = refusal(keyless.configuration(&test, *sealed));
    assert!(matches!(error, RecordError::KeyMissing { .. }), "{error:?}");
    let edit = "UPDATE configuration SET bytes = CAST('c' AS BLOB) WHERE NOT sealed; \
                UPDATE configuration SET bytes = zeroblob(41) WHERE sealed";
    bed.sqlite().execute_batch(edit).unwrap();
    for digest in digests {
        let error = refusal(bed.store.configuration(&test, digest));
        assert!(matches!(error, RecordError::Tampered { .. }), "{error:?}");
    }
}

#[test]
fn the_chain_covers_which_configuration_a_run_used() {
    for edit in ["zeroblob(32)", "NULL"] {
        let bed = Bed::new();
        let test = "test".into();
        let digest = bed.store.put_configuration(&test, Payload::plain(*b"{}"));
        let run = NewRun {
            configuration: Some(digest.wait().unwrap()),
            ..new_run(RunKind::Verify)
        };
        let row = bed
            .store
            .decide(&test, run.clone(), Vec::new(), succeeded());
        let row = row.wait().unwrap();
        assert_eq!(row.configuration, run.configuration);
        assert_eq!(bed.store.run(row.id).unwrap(), row);
        assert_eq!(bed.store.verify_chain(&test).unwrap().broken, None);
        let edit = format!("UPDATE run SET configuration = {edit}");
        bed.sqlite().execute(&edit, []).unwrap();
        let broken = bed.store.verify_chain(&test).unwrap().broken;
        assert_eq!(
            broken.map(|found| found.wrong),
            Some(Wrong::RunEdited),
            "{edit}"
        );
    }
}
