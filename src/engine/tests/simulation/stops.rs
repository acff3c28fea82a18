//! Ctrl-C, once and twice, and runs that lose their lease.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use engine::record::StoreError;
use engine::{Outcome, Stop};
use sim::{Crash, Hook, Operation, Point, Script};
use state::{RecordError, RunKind};
use tokio::sync::{Notify, watch};

use crate::bed::{Applying, Bed, Engine, environment, heal, open, process};
use crate::crashes::{Moment, crash};
use crate::definitions::definition;

fn networks(count: usize) -> String {
    definition(&format!(
        "resource \"sim_network\" \"n\" {{\n  count = {count}\n  name  = \"n-${{count.index}}\"\n}}\n"
    ))
}

/// A script that tells of the third effect, which hangs or takes a while.
fn telling(told: &Arc<Notify>, hangs: bool) -> Script {
    let (told, calls) = (told.clone(), AtomicU64::new(0));
    let hook = Hook::new(move |point, _| {
        if point != Point::BeforeEffect || calls.fetch_add(1, Ordering::SeqCst) != 2 {
            return Crash::No;
        }
        told.notify_one();
        if hangs { Crash::Hang } else { Crash::No }
    });
    Script {
        hook: Some(hook),
        latency: Duration::from_millis(20),
        ..Script::default()
    }
}

/// Applies, and asks to stop, one after the other, as soon as it is `told` to.
async fn stopped(
    engine: &Engine,
    parallelism: Option<usize>,
    told: &Notify,
    stops: &[Stop],
) -> Outcome {
    let (sender, stop) = watch::channel(Stop::Never);
    let applying = Applying {
        parallelism,
        stop,
        ..Applying::default()
    };
    let ask = async {
        told.notified().await;
        for stop in stops {
            sender.send(*stop).unwrap();
            tokio::task::yield_now().await;
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        (_, outcome) = engine.command(applying) => outcome.unwrap(),
        () = ask => unreachable!(),
    }
}

#[test]
fn the_first_ctrl_c_lets_running_steps_end_and_begins_no_others() {
    let bed = Bed::new();
    let told = Arc::new(Notify::new());
    let engine = bed.engine(&networks(9), telling(&told, false));
    let outcome = process(stopped(&engine, Some(3), &told, &[Stop::AfterRunning]));
    assert!(outcome.stopped && !outcome.is_success());
    assert_eq!((outcome.done["create"], outcome.failed), (3, 0));
    assert_eq!((outcome.skipped, outcome.unknown), (6, 0));
    drop(engine);
    assert_eq!(open(&bed), Vec::<String>::new());
    assert_eq!(bed.objects().len(), 3);
    assert_eq!(heal(&bed, &networks(9)).cloud.len(), 9);
}

#[test]
fn the_second_ctrl_c_leaves_what_runs_and_the_next_command_finds_out() {
    let bed = Bed::new();
    let told = Arc::new(Notify::new());
    let engine = bed.engine(&networks(9), telling(&told, true));
    let stops = [Stop::AfterRunning, Stop::Now];
    let outcome = process(stopped(&engine, Some(1), &told, &stops));
    assert!(outcome.stopped && !outcome.is_success());
    assert_eq!((outcome.done["create"], outcome.failed), (2, 0));
    assert_eq!((outcome.skipped, outcome.unknown), (6, 1));
    drop(engine);
    assert_eq!(open(&bed).len(), 1);
    assert_eq!(heal(&bed, &networks(9)).cloud.len(), 9);
}

#[test]
fn what_is_left_does_not_go_on_behind_the_next_run() {
    let bed = Bed::new();
    let told = Arc::new(Notify::new());
    let script = Script {
        latency: Duration::from_millis(100),
        ..telling(&told, false)
    };
    let engine = bed.engine(&networks(3), script);
    process(async {
        let _ = stopped(&engine, None, &told, &[Stop::Now]).await;
        let made = bed.objects().len();
        tokio::time::sleep(Duration::from_millis(150)).await;
        assert_eq!(
            bed.objects().len(),
            made,
            "the same process does nothing more"
        );
    });
    drop(engine);
    assert_eq!(heal(&bed, &networks(3)).cloud.len(), 3);
}

#[test]
fn a_run_whose_lease_was_taken_over_ends_with_an_error_and_does_nothing_more() {
    let bed = Bed::new();
    let told = Arc::new(Notify::new());
    let first = bed.engine(&networks(9), telling(&told, false));
    let (error, calls) = process(async {
        let planned = first.plan().await;
        let session = first
            .session(RunKind::Apply, Some(&planned.plan))
            .await
            .unwrap();
        let applying = Applying::default();
        let take_over = async {
            told.notified().await;
            // It is not heard of for a minute, and another process takes the lease.
            let second = bed.engine(&networks(9), Script::default());
            second.session(RunKind::Recover, None).await.unwrap()
        };
        let (applied, taken) =
            tokio::join!(first.apply_under(&session, planned, applying), take_over);
        drop(taken);
        let calls = first.cloud.count(Operation::Create);
        (applied.unwrap_err(), calls)
    });
    assert!(
        matches!(&error, StoreError::Record(RecordError::Fenced { .. })),
        "{error:?}"
    );
    assert_eq!(
        error.to_string(),
        "the lease on environment `test` is no longer held by this run"
    );
    assert_eq!(calls, 3, "nothing was asked for after the one under way");
    drop(first);
    assert_eq!(heal(&bed, &networks(9)).cloud.len(), 9);
}

#[test]
fn a_run_that_lost_its_lease_does_not_try_again() {
    let bed = Bed::new();
    let told = Arc::new(Notify::new());
    let failure = sim::Failure::new(contract::ErrorClass::Transient).on(Operation::Create);
    let script = Script {
        failures: vec![failure.named("n-2")],
        ..telling(&told, false)
    };
    let first = bed.engine(&networks(3), script);
    let (error, calls) = process(async {
        let planned = first.plan().await;
        let session = first
            .session(RunKind::Apply, Some(&planned.plan))
            .await
            .unwrap();
        let applying = Applying {
            attempts: 5,
            ..Applying::default()
        };
        let take_over = async {
            told.notified().await;
            let second = bed.engine(&networks(3), Script::default());
            second.session(RunKind::Recover, None).await.unwrap()
        };
        let (applied, taken) =
            tokio::join!(first.apply_under(&session, planned, applying), take_over);
        drop(taken);
        (applied.unwrap_err(), first.cloud.count(Operation::Create))
    });
    assert!(matches!(
        error,
        StoreError::Record(RecordError::Fenced { .. })
    ));
    assert_eq!(calls, 3, "the third is not asked for again");
    drop(first);
    assert_eq!(heal(&bed, &networks(3)).cloud.len(), 3);
}

#[test]
fn the_lease_of_a_living_process_is_not_taken_before_its_time() {
    let bed = Bed::new();
    assert!(crash(&bed, &networks(1), Moment::Intended(1)));
    let engine = bed.engine(&networks(1), Script::default());
    process(async {
        let first = engine.session(RunKind::Apply, None).await.unwrap();
        let lease = engine.store.lease(&environment()).unwrap().unwrap();
        assert_eq!(lease.token, 2, "the dead run's lease was taken over");
        bed.clock.advance(Duration::from_secs(29));
        let second = engine.session(RunKind::Apply, None).await;
        assert!(second.is_err());
        drop(first);
    });
}
