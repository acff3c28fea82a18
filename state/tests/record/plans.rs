//! Saved plans and content by digest.

use model::clock::Timestamp;
use model::serial::Serial;
use state::{BlobDigest, NewPlan, Payload, RecordError};

use crate::bed::{Bed, refusal};

pub(crate) fn plan(id: &str, environment: &str, bytes: &str) -> NewPlan {
    NewPlan {
        environment: environment.into(),
        id: id.into(),
        serial: Serial(3),
        created: Timestamp(7),
        bytes: Payload::sealed(bytes.as_bytes()),
    }
}

#[test]
fn a_plan_is_found_by_the_beginning_of_its_id() {
    let bed = Bed::new();
    for id in ["p7f3a91", "p7f3b00", "p8"] {
        bed.store.save_plan(plan(id, "test", id)).wait().unwrap();
    }
    let found = bed.store.load_plan("p7f3a").unwrap();
    assert_eq!(found.row.id, "p7f3a91");
    assert_eq!(
        (&*found.row.environment, found.row.serial),
        ("test", Serial(3))
    );
    assert_eq!(*found.bytes().unwrap(), *b"p7f3a91");
    let error = refusal(bed.store.load_plan("p7f"));
    assert_eq!(
        error.to_string(),
        "`p7f` could be any of the plans p7f3a91, p7f3b00"
    );
    for id in ["q", "p7f3a911", "%", "p_"] {
        let error = refusal(bed.store.load_plan(id));
        assert!(matches!(error, RecordError::NoPlan { .. }), "{error:?}");
    }
}

#[test]
fn a_whole_id_names_its_plan_also_if_another_begins_so() {
    let bed = Bed::new();
    for id in ["p7", "p71"] {
        bed.store.save_plan(plan(id, "test", id)).wait().unwrap();
    }
    assert_eq!(bed.store.load_plan("p7").unwrap().row.id, "p7");
}

#[test]
fn an_id_is_never_given_to_another_plan() {
    let bed = Bed::new();
    bed.store
        .save_plan(plan("p1", "test", "one"))
        .wait()
        .unwrap();
    bed.store
        .save_plan(plan("p1", "test", "one"))
        .wait()
        .unwrap();
    for other in [plan("p1", "test", "two"), plan("p1", "staging", "one")] {
        let error = refusal(bed.store.save_plan(other).wait());
        assert!(matches!(error, RecordError::PlanExists { .. }), "{error:?}");
    }
    assert_eq!(
        *bed.store.load_plan("p1").unwrap().bytes().unwrap(),
        *b"one"
    );
}

#[test]
fn plans_are_listed_by_environment_newest_first_and_deleted() {
    let bed = Bed::new();
    for (id, environment, created) in [("p1", "test", 1), ("p2", "staging", 2), ("p3", "test", 3)] {
        let plan = NewPlan {
            created: Timestamp(created),
            ..plan(id, environment, id)
        };
        bed.store.save_plan(plan).wait().unwrap();
    }
    let ids = || {
        let plans = bed.store.plans(&"test".into()).unwrap();
        plans.into_iter().map(|row| row.id).collect::<Vec<_>>()
    };
    assert_eq!(ids(), ["p3", "p1"]);
    bed.store.delete_plan("p3").wait().unwrap();
    assert_eq!(ids(), ["p1"]);
    assert!(matches!(
        refusal(bed.store.delete_plan("p").wait()),
        RecordError::NoPlan { .. }
    ));
}

#[test]
fn content_is_kept_once_under_its_digest() {
    let bed = Bed::new();
    let first = bed.store.put_blob(*b"abc").wait().unwrap();
    assert_eq!(bed.store.put_blob(*b"abc").wait().unwrap(), first);
    let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(first.to_string(), sha256);
    assert_eq!(sha256.parse(), Ok(first));
    assert_eq!(bed.store.blob(first).unwrap(), b"abc");
    let kept = bed
        .sqlite()
        .query_row("SELECT count(*) FROM blob", [], |row| row.get(0));
    assert_eq!(kept, Ok(1));
    let error = refusal(bed.store.blob(BlobDigest::of(b"other")));
    assert!(matches!(error, RecordError::NoBlob { .. }), "{error:?}");
    for text in ["", "zz", &sha256.replace('b', "x"), &format!("{sha256}00")] {
        assert!(text.parse::<BlobDigest>().is_err(), "{text}");
    }
}

#[test]
fn content_that_was_changed_is_not_given_out() {
    let bed = Bed::new();
    let digest = bed.store.put_blob(*b"abc").wait().unwrap();
    bed.sqlite()
        .execute("UPDATE blob SET bytes = x'00'", [])
        .unwrap();
    let error = refusal(bed.store.blob(digest));
    assert!(matches!(error, RecordError::Unreadable { .. }), "{error:?}");
}

#[test]
fn plans_that_cannot_be_applied_any_more_are_forgotten_with_the_next() {
    let bed = Bed::new();
    let save = |id: &str, environment: &str, serial: u64, created: i64| {
        let plan = NewPlan {
            serial: Serial(serial),
            created: Timestamp(created),
            ..plan(id, environment, id)
        };
        bed.store.save_plan(plan).wait().unwrap();
    };
    let there = |environment: &str| {
        let plans = bed.store.plans(&environment.into()).unwrap();
        plans.into_iter().map(|plan| plan.id).collect::<Vec<_>>()
    };
    save("p1", "test", 0, 1);
    save("p2", "test", 0, 2);
    save("q1", "staging", 0, 3);
    bed.change("test", vec![crate::bed::put("a.a", "1")]);
    assert_eq!(there("test"), ["p2", "p1"]);
    save("p3", "test", 1, 4);
    assert_eq!(there("test"), ["p3"]);
    assert_eq!(there("staging"), ["q1"], "they are of another environment");
    // One that is past when it is saved is there to be told of.
    save("p4", "test", 0, 5);
    assert_eq!(there("test"), ["p4", "p3"]);
}

#[test]
fn of_very_many_plans_the_newest_stay_and_their_room_is_used_again() {
    let bed = Bed::new();
    let large = "x".repeat(100_000);
    let mut sizes = Vec::new();
    for number in 0..60 {
        let plan = NewPlan {
            created: Timestamp(number),
            ..plan(&format!("p{number:02}"), "test", &large)
        };
        bed.store.save_plan(plan).wait().unwrap();
        let pages: i64 = bed
            .sqlite()
            .query_row("PRAGMA page_count", [], |row| row.get(0))
            .unwrap();
        sizes.push(pages);
    }
    let plans = bed.store.plans(&"test".into()).unwrap();
    let ids: Vec<_> = plans.iter().map(|plan| plan.id.as_str()).collect();
    assert_eq!(ids.len(), 16);
    assert_eq!((ids[0], ids[15]), ("p59", "p44"));
    let (settled, end) = (sizes[20], sizes[59]);
    assert!(end <= settled + settled / 10, "{settled} {end} pages");
}
