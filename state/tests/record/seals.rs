//! Sealed values: unreadable on the disk, bound to their rows, and never in the way of what is not sealed.

use std::fs;

use state::{Intent, Key, ObjectChange, Options, Output, Payload, RecordError, Store};

use crate::bed::{
    Bed, addr, intent, lease, new_run, object, path_in, put, put_sealed, refusal, shown, succeeded,
};

const SECRET: &str = "correct horse battery staple";

/// A record with a secret in every place that can hold one.
fn sealed() -> Bed {
    let bed = Bed::new();
    let lease = bed.lease("test");
    let run = bed.run(&lease);
    let mut whole = object("a.private", SECRET);
    whole.private = Some(Payload::sealed(SECRET.as_bytes()));
    whole.attributes = Payload::plain(*b"plain");
    let put_private = ObjectChange::Put(Box::new(whole));
    run.change(vec![
        put_sealed("a.a", SECRET),
        put("a.plain", "plain"),
        put_private,
    ])
    .wait()
    .unwrap();
    let secret = || Payload::sealed(SECRET.as_bytes());
    let output = Output {
        value: secret(),
        sensitive: true,
    };
    run.outputs([("password".into(), output)].into())
        .wait()
        .unwrap();
    let open = Intent {
        prior: Some(secret()),
        planned: Some(secret()),
        ..intent(1, "a.a")
    };
    run.intent(open).wait().unwrap();
    run.finish(succeeded()).wait().unwrap();
    bed.store
        .save_plan(crate::plans::plan("p1", "test", SECRET))
        .wait()
        .unwrap();
    bed
}

#[test]
fn a_sealed_value_comes_back_and_is_nowhere_on_the_disk() {
    let bed = sealed();
    let recorded = bed.read("test");
    assert_eq!(
        shown(&recorded),
        [
            format!("a.a={SECRET}"),
            "a.plain=plain".into(),
            "a.private=plain".into()
        ]
    );
    let private = recorded.objects.last().unwrap();
    assert_eq!(
        *recorded.opener.private(private).unwrap().unwrap(),
        *SECRET.as_bytes()
    );
    assert_eq!(
        *recorded
            .opener
            .output(recorded.outputs.first().unwrap())
            .unwrap(),
        *SECRET.as_bytes()
    );
    let open = bed.store.open_intents(&"test".into()).unwrap();
    let left = open.intents.first().unwrap();
    assert_eq!(
        *open.opener.prior(left).unwrap().unwrap(),
        *SECRET.as_bytes()
    );
    assert_eq!(
        *open.opener.planned(left).unwrap().unwrap(),
        *SECRET.as_bytes()
    );
    for entry in fs::read_dir(bed.directory.path().join(".terrace")).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        assert!(
            !bytes
                .windows(SECRET.len())
                .any(|text| text == SECRET.as_bytes())
        );
    }
}

#[test]
fn without_the_key_only_what_is_sealed_is_lost() {
    let bed = sealed();
    fs::remove_file(bed.directory.path().join(".terrace/key")).unwrap();
    let store = bed.again();
    let recorded = store.read(&"test".into()).unwrap();
    let [a, plain, private] = recorded.objects.as_slice() else {
        panic!("three objects")
    };
    assert_eq!(*recorded.opener.attributes(plain).unwrap(), *b"plain");
    assert_eq!(*recorded.opener.attributes(private).unwrap(), *b"plain");
    for error in [
        refusal(recorded.opener.attributes(a)),
        refusal(recorded.opener.private(private)),
        refusal(store.load_plan("p1").unwrap().bytes()),
        refusal(store.fingerprint(&"test".into(), "", b"")),
    ] {
        assert!(
            matches!(&error, RecordError::KeyMissing { environment, .. } if environment == "test"),
            "{error:?}"
        );
    }
    // A new key would make the loss permanent, so none is made.
    let taken = store
        .acquire(crate::bed::request("test", 900), |_| panic!("it is over"))
        .wait();
    let run = store
        .begin_run(&taken.unwrap(), new_run(state::RunKind::Apply))
        .wait()
        .unwrap();
    let error = refusal(run.change(vec![put_sealed("a.b", SECRET)]).wait());
    assert!(matches!(error, RecordError::KeyMissing { .. }), "{error:?}");
    run.change(vec![put("a.b", "1")]).wait().unwrap();
}

#[test]
fn another_key_is_refused_for_reading_and_for_writing() {
    let bed = sealed();
    let options = Options {
        key: Some(Key::from_bytes([7; 32])),
        ..Options::create()
    };
    let store = Store::open(&bed.path(), options).unwrap();
    let recorded = store.read(&"test".into()).unwrap();
    let error = refusal(
        recorded
            .opener
            .attributes(recorded.objects.first().unwrap()),
    );
    assert_eq!(
        error.to_string(),
        "the record of `test` was sealed with another key"
    );
    let run = store.begin_run(&lease(&store, "staging"), new_run(state::RunKind::Apply));
    let error = refusal(
        run.wait()
            .unwrap()
            .change(vec![put_sealed("a.b", SECRET)])
            .wait(),
    );
    assert!(matches!(error, RecordError::WrongKey { .. }), "{error:?}");
}

#[test]
fn a_key_file_that_is_no_key_is_said() {
    let bed = sealed();
    fs::write(bed.directory.path().join(".terrace/key"), "password").unwrap();
    let recorded = bed.again().read(&"test".into()).unwrap();
    let error = refusal(
        recorded
            .opener
            .attributes(recorded.objects.first().unwrap()),
    );
    assert!(
        error
            .to_string()
            .ends_with("it is not 64 hexadecimal digits"),
        "{error}"
    );
}

#[test]
fn a_given_key_needs_no_file() {
    let directory = tempfile::tempdir().unwrap();
    let options = || Options {
        key: Some(Key::from_bytes([7; 32])),
        ..Options::create()
    };
    let store = Store::open(&path_in(&directory), options()).unwrap();
    let run = store
        .begin_run(&lease(&store, "test"), new_run(state::RunKind::Apply))
        .wait()
        .unwrap();
    run.change(vec![put_sealed("a.a", SECRET)]).wait().unwrap();
    assert!(!directory.path().join(".terrace/key").exists());
    let recorded = Store::open(&path_in(&directory), options())
        .unwrap()
        .read(&"test".into())
        .unwrap();
    assert_eq!(shown(&recorded), [format!("a.a={SECRET}")]);
}

#[test]
fn sealed_values_do_not_open_in_another_row() {
    for (edit, address) in [
        (
            "UPDATE object SET attributes = (SELECT attributes FROM object WHERE key = 0)",
            "a.a[1]",
        ),
        ("UPDATE object SET key = 7 WHERE key = 0", "a.a[7]"),
        ("UPDATE object SET deposed = 'd' WHERE key = 0", "a.a[0]"),
        (
            "UPDATE object SET attributes = x'00' WHERE key = 0",
            "a.a[0]",
        ),
        (
            "UPDATE environment SET name = 'production' WHERE name = 'test'",
            "a.a[0]",
        ),
    ] {
        let bed = Bed::new();
        bed.change(
            "test",
            vec![put_sealed("a.a[0]", "one"), put_sealed("a.a[1]", "two")],
        );
        bed.sqlite().execute(edit, []).unwrap();
        let name = if edit.contains("production") {
            "production"
        } else {
            "test"
        };
        let recorded = bed.read(name);
        let row = recorded
            .objects
            .iter()
            .find(|row| row.addr == addr(address))
            .unwrap();
        let error = refusal(recorded.opener.attributes(row));
        assert!(
            matches!(error, RecordError::Tampered { .. }),
            "{edit}: {error:?}"
        );
    }
}

#[test]
fn sealed_objects_move_and_their_past_still_opens() {
    let bed = Bed::new();
    bed.change("test", vec![put_sealed("a.a", SECRET)]);
    let rename = ObjectChange::Move {
        from: addr("a.a"),
        to: addr("a.b"),
        deposed: None,
    };
    bed.change("test", vec![rename]);
    bed.change(
        "test",
        vec![ObjectChange::Depose {
            addr: addr("a.b"),
            key: "d".into(),
        }],
    );
    assert_eq!(bed.shown("test"), [format!("a.b (d)={SECRET}")]);
    assert_eq!(bed.shown_at("test", 2), [format!("a.b={SECRET}")]);
    assert_eq!(bed.shown_at("test", 1), [format!("a.a={SECRET}")]);
}

#[test]
fn a_sealed_value_put_again_changes_nothing() {
    let bed = Bed::new();
    bed.change("test", vec![put_sealed("a.a", SECRET)]);
    let row = bed.change("test", vec![put_sealed("a.a", SECRET)]);
    assert_eq!(row.serial_after, None);
    let row = bed.change("test", vec![put("a.a", SECRET)]);
    assert!(row.serial_after.is_some());
}

#[test]
fn fingerprints_compare_secrets_within_a_purpose_and_a_record() {
    let (bed, other) = (Bed::new(), Bed::new());
    let of = |bed: &Bed, purpose, bytes: &[u8]| {
        bed.store
            .fingerprint(&"test".into(), purpose, bytes)
            .unwrap()
    };
    let one = of(&bed, "variable", b"secret");
    assert_eq!(one, of(&bed, "variable", b"secret"));
    assert_eq!(
        one,
        bed.again()
            .fingerprint(&"test".into(), "variable", b"secret")
            .unwrap()
    );
    assert_ne!(one, of(&bed, "variable", b"secret2"));
    assert_ne!(one, of(&bed, "output", b"secret"));
    assert_ne!(one, of(&other, "variable", b"secret"));
    assert_eq!(one.to_string().len(), 64);
}
