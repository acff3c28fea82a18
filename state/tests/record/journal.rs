//! Intents and what becomes of them, across crashes.

use model::Str;
use model::clock::Timestamp;
use model::serial::Serial;
use state::{
    EventRow, How, Intent, ObjectChange, Payload, RecordError, RunEnd, RunFilter, RunKind,
    RunOutcome, Settlement,
};

use crate::bed::{Bed, done, intent, new_run, object, put, refusal, request, step, succeeded};

#[test]
fn an_intent_is_open_until_its_result() {
    let bed = Bed::new();
    let run = bed.run(&bed.lease("test"));
    let first = run.intent(intent(1, "a.a[1]")).wait().unwrap();
    let second = Intent {
        deposed: Some("d1".into()),
        prior: Some(Payload::plain(*b"before")),
        ..intent(2, "a.a[2]")
    };
    let second = run.intent(second).wait().unwrap();
    assert!(first < second);
    run.settle(first, done(vec![put("a.a[1]", "1")]))
        .wait()
        .unwrap();
    let open = bed.again().open_intents(&"test".into()).unwrap();
    let [left] = open.intents.as_slice() else {
        panic!("one is left")
    };
    assert_eq!((left.id, left.run, left.step), (second, run.id(), 2));
    assert_eq!(left.addr.to_string(), "a.a[2]");
    assert_eq!(left.deposed.as_deref(), Some("d1"));
    assert_eq!((&*left.action, &*left.marker), ("create", "marker-2"));
    assert_eq!(
        open.opener.prior(left).unwrap().as_deref(),
        Some(&b"before"[..])
    );
    assert_eq!(
        open.opener.planned(left).unwrap().as_deref(),
        Some(&b"planned"[..])
    );
    assert_eq!(bed.shown("test"), ["a.a[1]=1"]);
}

#[test]
fn a_result_and_its_objects_are_one_write() {
    let bed = Bed::new();
    let run = bed.run(&bed.lease("test"));
    let id = run.intent(intent(1, "a.a")).wait().unwrap();
    let missing = ObjectChange::Delete {
        addr: crate::bed::addr("no.one"),
        deposed: None,
    };
    let error = refusal(run.settle(id, done(vec![put("a.a", "1"), missing])).wait());
    assert!(matches!(error, RecordError::NoObject { .. }), "{error:?}");
    assert!(bed.shown("test").is_empty());
    assert_eq!(
        bed.store
            .open_intents(&"test".into())
            .unwrap()
            .intents
            .len(),
        1
    );
}

#[test]
fn a_result_raises_the_serial_also_where_it_is_what_was_recorded() {
    let bed = Bed::new();
    let lease = bed.lease("test");
    let run = bed.run(&lease);
    step(&run, 1, put("a.a", "1"), "a.a");
    run.finish(succeeded()).wait().unwrap();
    let run = bed.run(&lease);
    step(&run, 1, put("a.a", "1"), "a.a");
    let row = run.finish(succeeded()).wait().unwrap();
    assert_eq!(
        (row.serial_before, row.serial_after),
        (Serial(1), Some(Serial(2)))
    );
    // What did not happen changes nothing.
    let run = bed.run(&lease);
    let id = run.intent(intent(1, "a.a")).wait().unwrap();
    run.settle(id, done(Vec::new())).wait().unwrap();
    let row = run.finish(succeeded()).wait().unwrap();
    assert_eq!((row.serial_before, row.serial_after), (Serial(2), None));
    let again = bed.again();
    assert_eq!(
        again
            .read_at(&"test".into(), Serial(1))
            .unwrap()
            .objects
            .len(),
        1
    );
}

#[test]
fn an_intent_is_settled_once() {
    let bed = Bed::new();
    let run = bed.run(&bed.lease("test"));
    let id = step(&run, 1, put("a.a", "1"), "a.a");
    let error = refusal(run.settle(id, done(vec![put("a.a", "2")])).wait());
    assert!(
        matches!(error, RecordError::NotOpen { intent, .. } if intent == id),
        "{error:?}"
    );
    assert_eq!(bed.shown("test"), ["a.a=1"]);
    let other = bed.run(&bed.lease("staging"));
    let id = run.intent(intent(2, "a.b")).wait().unwrap();
    let error = refusal(other.settle(id, done(vec![])).wait());
    assert!(matches!(error, RecordError::NotOpen { .. }), "{error:?}");
}

#[test]
fn a_settled_intent_keeps_no_copy_of_the_object() {
    let bed = Bed::new();
    let run = bed.run(&bed.lease("test"));
    step(&run, 1, put("a.a", "1"), "a.a");
    let left = "SELECT count(*) FROM intent_payload";
    assert_eq!(bed.sqlite().query_row(left, [], |row| row.get(0)), Ok(0));
}

#[test]
fn the_next_run_settles_what_a_dead_one_left() {
    let bed = Bed::new();
    let dead = bed.run(&bed.lease("test"));
    step(&dead, 1, put("a.a", "1"), "a.a");
    dead.intent(intent(2, "a.b")).wait().unwrap();
    dead.intent(intent(3, "a.c")).wait().unwrap();

    let store = bed.again();
    let lease = store
        .acquire(request("test", 500), |_| panic!("it is over"))
        .wait();
    let run = store
        .begin_run(&lease.unwrap(), new_run(RunKind::Recover))
        .wait()
        .unwrap();
    let unended = store.unended_runs(&"test".into()).unwrap();
    assert_eq!(
        unended.iter().map(|row| row.id).collect::<Vec<_>>(),
        [dead.id(), run.id()]
    );
    let open = store.open_intents(&"test".into()).unwrap();
    let ids: Vec<_> = open.intents.iter().map(|open| open.id).collect();
    let [adopted, gone] = ids.as_slice() else {
        panic!("two are open")
    };
    let settlement = |how, changes| Settlement {
        how,
        detail: None,
        at: Timestamp(600),
        changes,
    };
    run.settle(*adopted, settlement(How::Adopted, vec![put("a.b", "2")]))
        .wait()
        .unwrap();
    run.settle(*gone, settlement(How::DidNotHappen, vec![]))
        .wait()
        .unwrap();
    let end = RunEnd {
        outcome: RunOutcome::Interrupted,
        ..succeeded()
    };
    let interrupted = run.finish_other(dead.id(), end).wait().unwrap();
    assert_eq!(interrupted.end.unwrap().outcome, RunOutcome::Interrupted);
    run.finish(succeeded()).wait().unwrap();

    assert_eq!(bed.shown("test"), ["a.a=1", "a.b=2"]);
    assert!(
        store
            .open_intents(&"test".into())
            .unwrap()
            .intents
            .is_empty()
    );
    let how: Vec<_> = store
        .journal(dead.id())
        .unwrap()
        .into_iter()
        .map(|row| row.result.map(|result| (result.run, result.how)))
        .collect();
    let expected = [
        Some((dead.id(), How::Done)),
        Some((run.id(), How::Adopted)),
        Some((run.id(), How::DidNotHappen)),
    ];
    assert_eq!(how, expected);
    let report = store.verify_chain(&"test".into()).unwrap();
    assert_eq!((report.sound, report.broken), (2, None));
}

#[test]
fn a_result_after_the_end_of_its_run_is_the_later_runs_to_vouch_for() {
    let bed = Bed::new();
    let lease = bed.lease("test");
    let run = bed.run(&lease);
    let id = run.intent(intent(1, "a.a")).wait().unwrap();
    run.finish(succeeded()).wait().unwrap();
    let later = bed.run(&lease);
    later
        .settle(id, done(vec![put("a.a", "1")]))
        .wait()
        .unwrap();
    later.finish(succeeded()).wait().unwrap();
    assert_eq!(bed.store.verify_chain(&"test".into()).unwrap().broken, None);
    bed.sqlite()
        .execute("UPDATE intent SET how = 'failed'", [])
        .unwrap();
    let broken = bed
        .store
        .verify_chain(&"test".into())
        .unwrap()
        .broken
        .unwrap();
    assert_eq!(broken.run, Some(later.id()));
}

#[test]
fn an_ended_run_takes_nothing_more() {
    let bed = Bed::new();
    let run = bed.run(&bed.lease("test"));
    run.finish(succeeded()).wait().unwrap();
    let event = EventRow {
        at: Timestamp(1),
        body: "{}".into(),
    };
    let errors = [
        refusal(run.event(event).wait()),
        refusal(run.intent(intent(1, "a.a")).wait().map(|_| ())),
        refusal(run.change(vec![put("a.a", "1")]).wait()),
        refusal(run.finish(succeeded()).wait().map(|_| ())),
    ];
    assert!(
        errors
            .iter()
            .all(|error| matches!(error, RecordError::RunEnded { .. })),
        "{errors:?}"
    );
}

#[test]
fn a_run_without_lease_only_observes() {
    let bed = Bed::new();
    let _held = bed.lease("test");
    let run = bed
        .store
        .begin_observation(&"test".into(), new_run(RunKind::Verify))
        .wait()
        .unwrap();
    let check = state::CheckResult {
        name: "health".into(),
        passed: true,
        at: Timestamp(5),
        detail: "200".into(),
        seen: "body:\n  fine\n\n  indeed".into(),
    };
    run.check(check.clone()).wait().unwrap();
    run.event(EventRow {
        at: Timestamp(6),
        body: "{\"a\":1}".into(),
    })
    .wait()
    .unwrap();
    let error = refusal(run.change(vec![put("a.a", "1")]).wait());
    assert!(
        matches!(error, RecordError::OnlyObserves { .. }),
        "{error:?}"
    );
    let error = refusal(run.intent(intent(1, "a.a")).wait());
    assert!(
        matches!(error, RecordError::OnlyObserves { .. }),
        "{error:?}"
    );
    run.finish(succeeded()).wait().unwrap();
    let newest = bed.store.newest_checks(&"test".into()).unwrap();
    assert_eq!(newest, bed.store.checks(run.id()).unwrap());
    assert_eq!(
        newest.first().map(|row| (row.run, &row.result)),
        Some((run.id(), &check))
    );
    assert_eq!(bed.store.events(run.id()).unwrap().len(), 1);
    assert!(
        bed.store
            .newest_checks(&"staging".into())
            .unwrap()
            .is_empty()
    );
}

#[test]
fn what_was_only_looked_at_is_recorded_of_the_serial_it_was_of() {
    let bed = Bed::new();
    bed.change("test", vec![put("a.a", "1")]);
    let _held = bed.lease("test");
    let seen = |serial| state::Observation {
        run: new_run(RunKind::Verify),
        serial: Serial(serial),
        events: vec![EventRow {
            at: Timestamp(4),
            body: "{}".into(),
        }],
        checks: vec![state::CheckResult {
            name: "health".into(),
            passed: true,
            at: Timestamp(5),
            detail: "200".into(),
            seen: String::new(),
        }],
        sightings: None,
        end: succeeded(),
    };
    let environment: Str = "test".into();
    let row = bed.store.observed(&environment, seen(1)).wait().unwrap();
    let row = row.unwrap();
    assert_eq!(row.serial_before, Serial(1));
    assert!(row.end.is_some());
    assert_eq!(bed.store.checks(row.id).unwrap().len(), 1);
    assert_eq!(bed.store.events(row.id).unwrap().len(), 1);
    for other in [0, 2] {
        let row = bed.store.observed(&environment, seen(other)).wait();
        assert_eq!(row.unwrap(), None);
    }
    assert_eq!(bed.store.newest_checks(&environment).unwrap().len(), 1);
    let unknown: Str = "other".into();
    let row = bed.store.observed(&unknown, seen(0)).wait().unwrap();
    assert!(row.is_some());
}

#[test]
fn the_newest_result_of_each_check_counts() {
    let bed = Bed::new();
    for (passed, names) in [(false, &["a", "b"][..]), (true, &["a"])] {
        let run = bed
            .store
            .begin_observation(&"test".into(), new_run(RunKind::Verify));
        let run = run.wait().unwrap();
        for name in names {
            let (name, detail) = (name.to_string(), String::new());
            let check = state::CheckResult {
                name,
                passed,
                at: Timestamp(5),
                detail,
                seen: String::new(),
            };
            run.check(check).wait().unwrap();
        }
    }
    let newest = bed.store.newest_checks(&"test".into()).unwrap();
    let shown: Vec<_> = newest
        .iter()
        .map(|row| (&*row.result.name, row.result.passed))
        .collect();
    assert_eq!(shown, [("a", true), ("b", false)]);
}

#[test]
fn runs_are_listed_newest_first() {
    let bed = Bed::new();
    let ids: Vec<_> = ["test", "staging", "test", "test"]
        .map(|name| bed.change(name, vec![put("a.a", "1")]).id)
        .into_iter()
        .collect();
    let [first, staging, third, last] = ids.as_slice() else {
        panic!("four runs")
    };
    let list = |environment: Option<&str>, before, limit| {
        let filter = RunFilter {
            environment: environment.map(Into::into),
            before,
            ..RunFilter::newest(limit)
        };
        bed.store
            .runs(&filter)
            .unwrap()
            .iter()
            .map(|row| row.id)
            .collect::<Vec<_>>()
    };
    assert_eq!(list(None, None, 10), [*last, *third, *staging, *first]);
    assert_eq!(list(Some("test"), None, 2), [*last, *third]);
    assert_eq!(list(Some("test"), Some(*third), 10), [*first]);
    assert!(list(Some("none"), None, 10).is_empty());
    let row = bed.store.run(*staging).unwrap();
    assert_eq!(
        (&*row.environment, row.kind, &*row.actor),
        ("staging", RunKind::Apply, "ada")
    );
    let error = refusal(bed.store.run(model::serial::RunId(99)));
    assert_eq!(error.to_string(), "there is no run 99");
}

#[test]
fn debug_text_of_payloads_shows_no_content() {
    let text = format!("{:?}", object("a.a", "secret"));
    assert!(
        !text.contains("secret") && text.contains("6 bytes"),
        "{text}"
    );
}
