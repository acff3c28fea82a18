//! The memory of drift, which runs write whole and never one over what another has seen; and who was told.

use model::clock::Timestamp;
use state::{NewRun, RecordError, RunKind, RunRow, RunWriter, Sighting, Sightings, Store};

use crate::bed::{Bed, addr, new_run, put, refusal, succeeded};

fn sighting(address: &str, class: &str) -> Sighting {
    Sighting {
        addr: addr(address),
        class: class.into(),
        first_seen: Timestamp(1),
        last_seen: Timestamp(2),
        looks: 3,
        attempts: 4,
        last_healed: Some(Timestamp(5)),
        quarantined: true,
        seen: [6; 32],
    }
}

fn begin(store: &Store, environment: &str) -> RunWriter {
    let run = NewRun {
        plan: None,
        ..new_run(RunKind::Drift)
    };
    let run = store.begin_observation(&environment.into(), run);
    run.wait().unwrap()
}

fn look(store: &Store, sightings: Sightings) -> Result<RunRow, RecordError> {
    begin(store, "test")
        .finish_looking(succeeded(), sightings)
        .wait()
}

fn read(store: &Store) -> Sightings {
    store.sightings(&"test".into()).unwrap()
}

#[test]
fn a_look_makes_the_memory_what_it_saw() {
    let bed = Bed::new();
    assert_eq!(read(&bed.store), Sightings::default());
    let rows = vec![
        sighting("b.b[\"x\"]", "missing"),
        sighting("b.b[\"x\"]", "changed"),
        sighting("a.a[10]", "changed"),
        sighting("a.a[9]", "changed"),
        Sighting {
            last_healed: None,
            quarantined: false,
            ..sighting("module.m.a.a", "unhealthy")
        },
    ];
    let first = look(&bed.store, Sightings { by: None, rows }).unwrap();
    let mut read_back = read(&bed.store);
    let shown: Vec<String> = read_back
        .rows
        .iter()
        .map(|row| format!("{} {}", row.addr, row.class))
        .collect();
    let expected = [
        "a.a[9] changed",
        "a.a[10] changed",
        "b.b[\"x\"] changed",
        "b.b[\"x\"] missing",
        "module.m.a.a unhealthy",
    ];
    assert_eq!(shown, expected);
    assert_eq!(read_back.by, Some(first.id));
    assert_eq!(read_back.rows.first(), Some(&sighting("a.a[9]", "changed")));
    let last = read_back.rows.pop().unwrap();
    assert_eq!((last.last_healed, last.quarantined), (None, false));
    let second = look(&bed.store, read_back.clone()).unwrap();
    let by = Some(second.id);
    assert_eq!(read(&bed.store), Sightings { by, ..read_back });
}

#[test]
fn environments_have_memories_of_their_own() {
    let bed = Bed::new();
    for name in ["test", "staging"] {
        let rows = vec![sighting("a.a", name)];
        begin(&bed.store, name)
            .finish_looking(succeeded(), Sightings { by: None, rows })
            .wait()
            .unwrap();
    }
    let none = Sightings {
        rows: Vec::new(),
        ..read(&bed.store)
    };
    look(&bed.store, none).unwrap();
    assert!(read(&bed.store).rows.is_empty());
    let staging = bed.store.sightings(&"staging".into()).unwrap();
    assert_eq!(staging.rows, [sighting("a.a", "staging")]);
}

#[test]
fn a_look_that_did_not_see_what_another_wrote_forgets_nothing() {
    let bed = Bed::new();
    let of = |by, class: &str| Sightings {
        by,
        rows: vec![sighting("a.a", class)],
    };
    let both = [begin(&bed.store, "test"), begin(&bed.again(), "test")];
    let [mine, theirs] = both;
    let row = theirs
        .finish_looking(succeeded(), of(None, "changed"))
        .wait()
        .unwrap();
    let error = refusal(mine.finish_looking(succeeded(), of(None, "missing")).wait());
    assert!(
        matches!(error, RecordError::SightingsMoved { by, .. } if by == Some(row.id)),
        "{error:?}"
    );
    assert_eq!(read(&bed.store), of(Some(row.id), "changed"));
    assert_eq!(
        bed.store.run(mine.id()).unwrap().end,
        None,
        "all or nothing"
    );
    mine.finish_looking(succeeded(), of(Some(row.id), "missing"))
        .wait()
        .unwrap();
    assert_eq!(read(&bed.store), of(Some(mine.id()), "missing"));
    assert_eq!(bed.store.verify_chain(&"test".into()).unwrap().sound, 2);
}

#[test]
fn a_heal_counts_its_attempt_before_it_acts_and_a_fenced_one_counts_nothing() {
    let bed = Bed::new();
    bed.change("test", vec![put("a.a", "1")]);
    let lease = bed.store.acquire(crate::bed::request("test", 900), |_| {
        panic!("it was released")
    });
    let lease = lease.wait().unwrap();
    let run = bed.store.begin_run(&lease, new_run(RunKind::Heal));
    let run = run.wait().unwrap();
    let rows = vec![sighting("a.a", "missing")];
    run.sightings(Sightings { by: None, rows }).wait().unwrap();
    let written = read(&bed.store);
    assert_eq!(written.by, Some(run.id()));
    assert_eq!(bed.store.run(run.id()).unwrap().end, None);
    bed.store.release(lease).wait().unwrap();
    let late = Sightings {
        rows: Vec::new(),
        ..written.clone()
    };
    for answer in [
        run.sightings(late.clone()).wait(),
        run.finish_looking(succeeded(), late).wait().map(|_| ()),
    ] {
        let error = refusal(answer);
        assert!(matches!(error, RecordError::Fenced { .. }), "{error:?}");
    }
    assert_eq!(read(&bed.store), written);
}

#[test]
fn of_many_who_want_to_tell_the_same_one_is_the_first() {
    let bed = Bed::new();
    assert_eq!(bed.store.notified([1; 32]).unwrap(), None);
    let answers: Vec<Option<Timestamp>> = std::thread::scope(|scope| {
        let tell = || {
            let answer = bed.again().note_notified([1; 32], Timestamp(7));
            answer.wait().unwrap()
        };
        let tellers: Vec<_> = (0..6).map(|_| scope.spawn(tell)).collect();
        let joined = tellers.into_iter().map(|teller| teller.join().unwrap());
        joined.collect()
    });
    let first = answers.iter().filter(|answer| answer.is_none()).count();
    assert_eq!(first, 1, "{answers:?}");
    let again = bed.store.note_notified([1; 32], Timestamp(9));
    assert_eq!(again.wait().unwrap(), Some(Timestamp(7)));
    assert_eq!(bed.store.notified([1; 32]).unwrap(), Some(Timestamp(9)));
    assert_eq!(bed.store.notified([2; 32]).unwrap(), None);
}
