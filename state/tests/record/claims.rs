//! Claims: what one environment has in the world, no other takes, whatever dies in between.

use std::sync::{Arc, Barrier};

use state::{
    Claim, Claimant, How, Intent, IntentId, Learned, ObjectChange, Protection, RecordError,
    RunWriter, Settlement,
};

use crate::bed::{Bed, addr, delete, done, intent, lease, object, put, refusal};

fn claim(thing: &str) -> Claim {
    Claim {
        thing: thing.into(),
        protection: Protection::Plain,
    }
}

fn sealed(thing: &str) -> Claim {
    Claim {
        protection: Protection::Sealed,
        ..claim(thing)
    }
}

fn taking(address: &str, things: &[&str]) -> Intent {
    Intent {
        claims: Some(things.iter().map(|thing| claim(thing)).collect()),
        marker: format!("{address} {things:?}"),
        ..intent(1, address)
    }
}

fn begun(bed: &Bed, environment: &str) -> RunWriter {
    bed.run(&bed.lease(environment))
}

fn take(run: &RunWriter, address: &str, things: &[&str]) -> IntentId {
    run.intent(taking(address, things)).wait().unwrap()
}

/// Who says no.
fn refused(run: &RunWriter, intent: Intent) -> (Option<String>, String, String) {
    let error = refusal(run.intent(intent).wait());
    let RecordError::ClaimedElsewhere {
        thing,
        environment,
        address,
    } = &error
    else {
        panic!("{error:?}")
    };
    (
        thing.as_ref().map(ToString::to_string),
        environment.to_string(),
        address.clone(),
    )
}

fn ended(how: How, changes: Vec<ObjectChange>) -> Settlement {
    Settlement {
        how,
        ..done(changes)
    }
}

/// What each row of the table says.
fn rows(bed: &Bed) -> Vec<String> {
    let conn = bed.sqlite();
    let sql = "SELECT CASE WHEN holder < 0 THEN 'intent' ELSE 'object' END || ' ' || thing FROM claim \
               ORDER BY 1";
    let mut select = conn.prepare(sql).unwrap();
    let rows = select.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

#[test]
fn what_a_step_takes_no_other_environment_takes_from_its_intent_on() {
    let bed = Bed::new();
    let (test, other) = (begun(&bed, "test"), begun(&bed, "other"));
    let id = take(&test, "a.a[1]", &["/x", "/y"]);
    let expected = (Some("/y".into()), "test".into(), "a.a[1]".into());
    assert_eq!(refused(&other, taking("b.b", &["/z", "/y"])), expected);
    let open = bed.store.open_intents(&"other".into()).unwrap();
    assert!(open.intents.is_empty(), "a refused step has no intent");
    assert_eq!(rows(&bed), ["intent /x", "intent /y"], "and claims nothing");

    test.settle(id, done(vec![put("a.a[1]", "1")]))
        .wait()
        .unwrap();
    assert_eq!(rows(&bed), ["object /x", "object /y"]);
    assert_eq!(refused(&other, taking("b.b", &["/y"])), expected);
    // In the same environment several may use one.
    take(&test, "a.a[2]", &["/x"]);
    take(&other, "b.b", &["/z"]);
}

#[test]
fn it_is_free_again_when_the_object_is_gone() {
    let bed = Bed::new();
    let (test, other) = (begun(&bed, "test"), begun(&bed, "other"));
    for how in [How::Done, How::Adopted] {
        let id = take(&test, "a.a", &["/x"]);
        test.settle(id, ended(how, vec![put("a.a", "1")]))
            .wait()
            .unwrap();
        refused(&other, taking("b.b", &["/x"]));
        let destroy = test.intent(intent(2, "a.a")).wait().unwrap();
        test.settle(destroy, done(vec![delete("a.a")]))
            .wait()
            .unwrap();
        assert!(rows(&bed).is_empty());
    }
    // Forgotten, without a step.
    let id = take(&test, "a.a", &["/x"]);
    test.settle(id, done(vec![put("a.a", "1")])).wait().unwrap();
    test.change(vec![delete("a.a")]).wait().unwrap();
    // A step that failed, or that had not happened, has nothing.
    for how in [How::Failed, How::DidNotHappen, How::SettledByHand] {
        let id = take(&test, "a.a", &["/x"]);
        test.settle(id, ended(how, Vec::new())).wait().unwrap();
        assert!(rows(&bed).is_empty());
    }
    take(&other, "b.b", &["/x"]);
}

#[test]
fn an_object_has_what_its_last_step_gave_it_and_after_a_failure_both() {
    let bed = Bed::new();
    let test = begun(&bed, "test");
    let step = |how, things: &[&str], value: &str| {
        let id = take(&test, "a.a", things);
        test.settle(id, ended(how, vec![put("a.a", value)]))
            .wait()
            .unwrap();
        rows(&bed)
    };
    assert_eq!(step(How::Done, &["/x"], "1"), ["object /x"]);
    assert_eq!(
        step(How::Failed, &["/y"], "2"),
        ["object /x", "object /y"],
        "what it has is not known"
    );
    assert_eq!(step(How::Done, &["/z"], "3"), ["object /z"]);
    assert!(step(How::Done, &[], "4").is_empty());
}

#[test]
fn what_it_has_goes_with_an_object_wherever_it_is_moved() {
    let bed = Bed::new();
    let (test, other) = (begun(&bed, "test"), begun(&bed, "other"));
    let id = take(&test, "a.a", &["/x"]);
    test.settle(id, done(vec![put("a.a", "1")])).wait().unwrap();
    let moved = ObjectChange::Move {
        from: addr("a.a"),
        to: addr("module.m.a.b[\"k\"]"),
        deposed: None,
    };
    test.change(vec![moved]).wait().unwrap();
    let (_, _, address) = refused(&other, taking("b.b", &["/x"]));
    assert_eq!(address, "module.m.a.b[\"k\"]");

    // A new object comes before the old one goes: both have the same, until the old one is gone.
    let place = "module.m.a.b[\"k\"]";
    let id = take(&test, place, &["/x", "/y"]);
    let aside = ObjectChange::Depose {
        addr: addr(place),
        key: "d1".into(),
    };
    test.settle(id, done(vec![aside, put(place, "2")]))
        .wait()
        .unwrap();
    assert_eq!(rows(&bed), ["object /x", "object /x", "object /y"]);
    let gone = ObjectChange::Delete {
        addr: addr(place),
        deposed: Some("d1".into()),
    };
    test.change(vec![gone]).wait().unwrap();
    assert_eq!(rows(&bed), ["object /x", "object /y"]);
    // One that fails before there is anything leaves the old one as it was.
    let id = take(&test, place, &["/w"]);
    test.settle(id, ended(How::Failed, Vec::new()))
        .wait()
        .unwrap();
    assert_eq!(rows(&bed), ["object /x", "object /y"]);
}

#[test]
fn a_process_that_dies_keeps_what_it_was_about_to_take_until_that_is_settled() {
    let bed = Bed::new();
    {
        let dying = bed.again();
        let run = dying
            .begin_run(
                &lease(&dying, "test"),
                crate::bed::new_run(state::RunKind::Apply),
            )
            .wait()
            .unwrap();
        take(&run, "a.a", &["/x"]);
    }
    let other = begun(&bed, "other");
    let expected = (Some("/x".into()), "test".into(), "a.a".into());
    assert_eq!(refused(&other, taking("b.b", &["/x"])), expected);
    let open = bed.store.open_intents(&"test".into()).unwrap();
    let left = open.intents.first().unwrap().id;
    let lease = bed
        .store
        .acquire(crate::bed::request("test", 1_000_000), |_| {
            state::HolderState::Dead
        })
        .wait()
        .unwrap();
    let run = bed.run(&lease);
    run.settle(left, ended(How::DidNotHappen, Vec::new()))
        .wait()
        .unwrap();
    take(&other, "b.b", &["/x"]);
}

#[test]
fn of_many_that_take_the_same_at_once_one_gets_it() {
    let bed = Bed::new();
    let gate = Arc::new(Barrier::new(8));
    let taken: Vec<bool> = std::thread::scope(|scope| {
        let takers: Vec<_> = (0..8)
            .map(|index| {
                let (store, gate) = (bed.again(), gate.clone());
                scope.spawn(move || {
                    let lease = lease(&store, &format!("env{index}"));
                    let run = store.begin_run(&lease, crate::bed::new_run(state::RunKind::Apply));
                    let run = run.wait().unwrap();
                    gate.wait();
                    match run.intent(taking("a.a", &["/x"])).wait() {
                        Ok(_) => true,
                        Err(error) => {
                            let expected = matches!(error, RecordError::ClaimedElsewhere { .. });
                            assert!(expected, "{error:?}");
                            false
                        }
                    }
                })
            })
            .collect();
        takers
            .into_iter()
            .map(|taker| taker.join().unwrap())
            .collect()
    });
    assert_eq!(taken.iter().filter(|taken| **taken).count(), 1, "{taken:?}");
}

#[test]
fn others_in_the_same_commit_are_not_harmed_by_one_that_is_refused() {
    let bed = Bed::new();
    let (test, other) = (begun(&bed, "test"), begun(&bed, "other"));
    take(&test, "a.a", &["/x"]);
    let pending: Vec<_> = (0..100)
        .map(|index| {
            let thing = if index % 2 == 0 { "/x" } else { "/y" };
            other.intent(taking(&format!("b.b[{index}]"), &[thing]))
        })
        .collect();
    let done = pending.into_iter().map(|answer| answer.wait().is_ok());
    let expected = (0..100).map(|index| index % 2 == 1);
    assert!(done.eq(expected));
}

#[test]
fn what_may_not_be_read_is_known_by_its_fingerprint() {
    let bed = Bed::new();
    let (test, other) = (begun(&bed, "test"), begun(&bed, "other"));
    let secret = |address: &str, thing: &str| Intent {
        claims: Some(vec![sealed(thing)]),
        ..taking(address, &[thing])
    };
    test.intent(secret("a.a", "/secret")).wait().unwrap();
    let [row] = <[String; 1]>::try_from(rows(&bed)).unwrap();
    assert!(
        !row.contains("secret") && row.starts_with("intent sealed:"),
        "{row}"
    );
    let expected = |thing: Option<&str>| {
        let thing = thing.map(ToOwned::to_owned);
        (thing, "test".to_owned(), "a.a".to_owned())
    };
    assert_eq!(refused(&other, secret("b.b", "/secret")), expected(None));
    let plain = refused(&other, taking("b.b", &["/secret"]));
    assert_eq!(plain, expected(Some("/secret")));
    take(&test, "a.a", &["/open"]);
    assert_eq!(refused(&other, secret("b.b", "/open")), expected(None));
    other.intent(secret("b.b", "/another")).wait().unwrap();
}

#[test]
fn a_plan_can_ask_who_has_what_it_would_take() {
    let bed = Bed::new();
    let test = begun(&bed, "test");
    let id = take(&test, "a.a", &["/d/x", "/e"]);
    test.settle(id, done(vec![put("a.a", "1")])).wait().unwrap();
    take(&test, "a.b", &["/d/y"]);
    let ask = |environment: &str, things: &[&str]| {
        let claims: Vec<Claim> = things.iter().map(|thing| claim(thing)).collect();
        bed.store.claimants(&environment.into(), &claims).unwrap()
    };
    let by = |address: &str| {
        Some(Claimant {
            environment: "test".into(),
            address: address.into(),
        })
    };
    assert_eq!(
        ask("new", &["/d/x", "/none", "/d/y"]),
        [by("a.a"), None, by("a.b")]
    );
    assert_eq!(ask("test", &["/d/x"]), [None]);
    let claimed = bed.store.claimed("/d/").unwrap();
    assert!(claimed.iter().eq(["/d/x", "/d/y"]), "{claimed:?}");
}

#[test]
fn what_several_instances_of_an_environment_have_is_found_by_their_objects() {
    let bed = Bed::new();
    let test = begun(&bed, "test");
    for address in ["a.a", "m.b[1]"] {
        let id = take(&test, address, &["/x"]);
        test.settle(id, done(vec![put(address, "1")]))
            .wait()
            .unwrap();
    }
    take(&test, "a.open", &["/x"]);
    let holders = |environment: &str| {
        let things = ["/none".into(), "/x".into()];
        bed.store.holders(&environment.into(), &things).unwrap()
    };
    assert_eq!(
        holders("test"),
        [Vec::new(), vec![addr("a.a"), addr("m.b[1]")]]
    );
    assert_eq!(holders("new"), [Vec::new(), Vec::new()]);
}

#[test]
fn what_was_recorded_before_is_learned_once() {
    let bed = Bed::new();
    bed.change(
        "test",
        vec![put("a.a", "1"), put("a.b", "1"), put("a.c", "1")],
    );
    assert!(bed.store.unclaimed().unwrap().is_empty(), "it is new");
    let forget = "UPDATE environment SET claimed = 0";
    bed.sqlite().execute(forget, []).unwrap();
    assert_eq!(bed.store.unclaimed().unwrap(), ["test"]);
    let rows_before = bed.read("test").objects;
    let learned = rows_before.iter().map(|row| Learned {
        addr: row.addr.clone(),
        deposed: row.deposed.clone(),
        since: row.since,
        run: row.run,
        claims: vec![claim(&format!("/{}", row.addr))],
    });
    let learned: Vec<Learned> = learned.collect();
    // Meanwhile one is changed and one is gone.
    bed.change(
        "test",
        vec![
            ObjectChange::Put(Box::new(object("a.b", "2"))),
            delete("a.c"),
        ],
    );
    bed.store
        .learn_claims(&"test".into(), learned)
        .wait()
        .unwrap();
    assert!(bed.store.unclaimed().unwrap().is_empty());
    assert_eq!(rows(&bed), ["object /a.a"]);
}
