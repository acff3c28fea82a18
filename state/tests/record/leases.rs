//! Leases: one writer an environment, and none after its lease is gone.

use std::time::Duration;

use model::clock::Timestamp;
use state::{Holder, HolderState, Process, RecordError, RunKind};

use crate::bed::{
    Bed, done, holder, intent, lease, new_run, outputs, put, refusal, request, succeeded,
};

#[test]
fn a_held_lease_is_refused_with_its_holder() {
    let bed = Bed::new();
    bed.lease("test");
    let error = refusal(
        bed.again()
            .acquire(request("test", 99), |_| HolderState::Alive)
            .wait(),
    );
    let RecordError::Locked {
        holder: found,
        since,
        expires,
        ..
    } = &error
    else {
        panic!("{error:?}")
    };
    assert_eq!(
        (&**found, *since, *expires),
        (&holder(), Timestamp(0), Timestamp(100))
    );
    assert!(
        error
            .to_string()
            .starts_with("environment `test` is being changed by `apply` of ada")
    );
    bed.lease("staging");
}

#[test]
fn a_lease_of_unknown_fate_ends_by_time_only() {
    let bed = Bed::new();
    let held = bed.lease("test");
    let acquire = |now| {
        bed.store
            .acquire(request("test", now), |_| HolderState::Unknown)
            .wait()
    };
    assert!(acquire(99).is_err());
    bed.store.heartbeat(&held, Timestamp(150)).wait().unwrap();
    assert!(acquire(149).is_err());
    assert_eq!(acquire(150).unwrap().token(), held.token() + 1);
}

#[test]
fn a_dead_holders_lease_is_taken_over_at_once() {
    let bed = Bed::new();
    let held = bed.lease("test");
    let taken = bed
        .store
        .acquire(request("test", 1), |_| HolderState::Dead)
        .wait()
        .unwrap();
    assert_eq!(taken.token(), held.token() + 1);
    let row = bed.store.lease(&"test".into()).unwrap().unwrap();
    assert_eq!((row.token, row.held), (taken.token(), true));
}

#[test]
fn a_death_notice_counts_for_the_lease_it_was_about_only() {
    let bed = Bed::new();
    bed.lease("test");
    let error = bed.store.acquire(request("test", 1), |_| {
        // While this one was looking at the dead process, another took its lease over.
        bed.again()
            .acquire(request("test", 1), |_| HolderState::Dead)
            .wait()
            .unwrap();
        HolderState::Dead
    });
    assert!(matches!(refusal(error.wait()), RecordError::Locked { .. }));
}

#[test]
fn a_released_lease_is_free_and_its_token_is_spent() {
    let bed = Bed::new();
    let held = bed.lease("test");
    let run = bed.run(&held);
    bed.store.release(held.clone()).wait().unwrap();
    let error = refusal(run.change(vec![put("a.a", "1")]).wait());
    assert!(
        matches!(
            error,
            RecordError::Fenced {
                held: 1,
                current: 1,
                ..
            }
        ),
        "{error:?}"
    );
    assert!(bed.store.release(held).wait().is_err());
    assert_eq!(bed.lease("test").token(), 2);
}

#[test]
fn a_run_whose_lease_was_taken_over_writes_nothing_more() {
    let bed = Bed::new();
    let held = bed.lease("test");
    let run = bed.run(&held);
    let id = run.intent(intent(1, "a.a")).wait().unwrap();
    let other = bed.again();
    let taken = other
        .acquire(request("test", 500), |_| HolderState::Unknown)
        .wait()
        .unwrap();
    let next = other
        .begin_run(&taken, new_run(RunKind::Apply))
        .wait()
        .unwrap();
    let errors = [
        refusal(run.intent(intent(2, "a.b")).wait().map(|_| ())),
        refusal(run.settle(id, done(vec![put("a.a", "1")])).wait()),
        refusal(run.change(vec![put("a.a", "1")]).wait()),
        refusal(run.outputs(outputs(&[("a", "1")])).wait()),
        refusal(run.finish(succeeded()).wait().map(|_| ())),
        refusal(
            bed.store
                .begin_run(&held, new_run(RunKind::Apply))
                .wait()
                .map(|_| ()),
        ),
        refusal(bed.store.heartbeat(&held, Timestamp(900)).wait()),
        refusal(bed.store.release(held.clone()).wait()),
    ];
    assert!(
        errors
            .iter()
            .all(|error| matches!(error, RecordError::Fenced { .. })),
        "{errors:?}"
    );
    assert!(bed.shown("test").is_empty());
    assert_eq!(bed.read("test").header.serial.0, 0);
    next.settle(id, done(vec![put("a.a", "2")])).wait().unwrap();
    assert_eq!(bed.shown("test"), ["a.a=2"]);
}

#[test]
fn plans_and_reads_need_no_lease() {
    let bed = Bed::new();
    bed.change("test", vec![put("a.a", "1")]);
    let run = bed.run(&lease(&bed.store, "test"));
    run.change(vec![put("a.a", "2")]).wait().unwrap();
    let other = bed.again();
    assert_eq!(other.read(&"test".into()).unwrap().objects.len(), 1);
    let plan = crate::plans::plan("p1", "test", "plan");
    other.save_plan(plan).wait().unwrap();
}

#[test]
fn this_process_lives_and_a_finished_one_is_dead() {
    let current = Process::current();
    assert_eq!(current.state(), HolderState::Alive);
    let mut child = std::process::Command::new("sleep")
        .arg("60")
        .spawn()
        .unwrap();
    let started = || {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap();
        let (_, fields) = stat.rsplit_once(')').unwrap();
        fields
            .split_ascii_whitespace()
            .nth(19)
            .unwrap()
            .parse()
            .unwrap()
    };
    let process = Process {
        pid: child.id(),
        started: started(),
        ..current.clone()
    };
    assert_eq!(process.state(), HolderState::Alive);
    let reused = Process {
        started: process.started + 1,
        ..process.clone()
    };
    assert_eq!(reused.state(), HolderState::Dead);
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(process.state(), HolderState::Dead);
    for elsewhere in [
        Process {
            host: "elsewhere".into(),
            ..process.clone()
        },
        Process {
            boot: "earlier".into(),
            ..process.clone()
        },
        Process {
            started: 0,
            ..process
        },
    ] {
        assert_eq!(elsewhere.state(), HolderState::Unknown);
    }
}

#[test]
fn a_lease_that_lasts_forever_does_not_overflow() {
    let bed = Bed::new();
    let request = state::LeaseRequest {
        ttl: Duration::MAX,
        ..request("test", i64::MAX - 1)
    };
    bed.store
        .acquire(request, |_: &Holder| HolderState::Unknown)
        .wait()
        .unwrap();
    let row = bed.store.lease(&"test".into()).unwrap().unwrap();
    assert_eq!(row.expires, Timestamp(i64::MAX));
}
