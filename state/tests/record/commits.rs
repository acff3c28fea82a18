//! Group commit: many calls at once share commits and nothing else.

use std::sync::Arc;

use state::{Pending, RecordError};

use crate::bed::{Bed, delete, done, intent, put, refusal, succeeded};

#[test]
fn one_refused_call_does_not_fail_the_others() {
    let bed = Bed::new();
    let run = bed.run(&bed.lease("test"));
    let answers: Vec<_> = (0..300)
        .map(|index| match index % 3 {
            0 => run.change(vec![put(&format!("a.a[{index}]"), "1")]),
            1 => run.change(vec![put(&format!("b.b[{index}]"), "1"), delete("no.one")]),
            _ => run.settle(state::IntentId(index), done(vec![])),
        })
        .collect();
    for (index, answer) in answers.into_iter().map(Pending::wait).enumerate() {
        assert_eq!(answer.is_ok(), index % 3 == 0, "{index}: {answer:?}");
    }
    let rows = bed.shown("test");
    assert_eq!(rows.len(), 100);
    assert!(rows.iter().all(|row| row.starts_with("a.a[")));
}

#[test]
fn calls_take_effect_in_the_order_they_are_made() {
    let bed = Bed::new();
    let run = bed.run(&bed.lease("test"));
    let mut answers = Vec::new();
    for round in 0..50 {
        answers.push(run.change(vec![put("a.a", &round.to_string())]));
        answers.push(run.change(vec![delete("a.a")]));
    }
    answers.push(run.change(vec![put("a.a", "last")]));
    answers.into_iter().try_for_each(Pending::wait).unwrap();
    assert_eq!(bed.shown("test"), ["a.a=last"]);
}

#[test]
fn calls_that_queue_up_share_commits() {
    let bed = Bed::new();
    let run = bed.run(&bed.lease("test"));
    run.change(vec![put("a.a", "0")]).wait().unwrap();
    let log = || {
        std::fs::metadata(bed.path().with_file_name("state.db-wal"))
            .unwrap()
            .len()
    };
    let before = log();
    let answers: Vec<_> = (0..500)
        .map(|index| run.change(vec![put(&format!("a.a[{index}]"), "1")]))
        .collect();
    answers.into_iter().try_for_each(Pending::wait).unwrap();
    // A commit of its own would write at least two pages for each.
    assert!(log() - before < 500 * 4096, "{}", log() - before);
}

#[test]
fn many_tasks_write_at_once() {
    let bed = Bed::new();
    let run = bed.run(&bed.lease("test"));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut tasks = tokio::task::JoinSet::new();
        for index in 0..400_u64 {
            let run = run.clone();
            tasks.spawn(async move {
                let address = format!("a.a[{index}]");
                let id = run.intent(intent(index, &address)).await.unwrap();
                run.settle(id, done(vec![put(&address, "1")]))
                    .await
                    .unwrap();
                id
            });
        }
        let ids: std::collections::BTreeSet<_> = tasks.join_all().await.into_iter().collect();
        assert_eq!(ids.len(), 400);
    });
    run.finish(succeeded()).wait().unwrap();
    assert_eq!(bed.shown("test").len(), 400);
    assert_eq!(bed.store.verify_chain(&"test".into()).unwrap().sound, 1);
}

#[test]
fn waiting_works_inside_an_async_runtime_too() {
    let bed = Bed::new();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        let run = bed.run(&bed.lease("test"));
        run.change(vec![put("a.a", "1")]).wait().unwrap();
    });
    assert_eq!(bed.shown("test"), ["a.a=1"]);
}

#[test]
fn closing_the_store_writes_what_is_queued() {
    let bed = Bed::new();
    let run = bed.run(&bed.lease("test"));
    let answers: Vec<_> = (0..100)
        .map(|index| run.change(vec![put(&format!("a.a[{index}]"), "1")]))
        .collect();
    let path = bed.path();
    let Bed {
        directory: _kept,
        store,
    } = bed;
    drop((run, store));
    let store = state::Store::open(&path, state::Options::create()).unwrap();
    assert_eq!(store.read(&"test".into()).unwrap().objects.len(), 100);
    answers.into_iter().try_for_each(Pending::wait).unwrap();
}

#[test]
fn an_answer_nobody_waits_for_is_written_all_the_same() {
    let bed = Bed::new();
    let run = bed.run(&bed.lease("test"));
    drop(run.change(vec![put("a.a", "1")]));
    let error = refusal(run.change(vec![delete("no.one")]).wait());
    assert!(matches!(error, RecordError::NoObject { .. }), "{error:?}");
    assert_eq!(bed.shown("test"), ["a.a=1"]);
}

#[test]
fn stores_on_one_file_write_to_their_environments_at_once() {
    let bed = Bed::new();
    let bed = Arc::new(bed);
    std::thread::scope(|scope| {
        for index in 0..4 {
            let bed = bed.clone();
            scope.spawn(move || {
                let store = bed.again();
                let name = format!("env{index}");
                let lease = crate::bed::lease(&store, &name);
                let run = store.begin_run(&lease, crate::bed::new_run(state::RunKind::Apply));
                let run = run.wait().unwrap();
                for number in 0..50 {
                    run.change(vec![put(&format!("a.a[{number}]"), &name)])
                        .wait()
                        .unwrap();
                }
                run.finish(succeeded()).wait().unwrap();
            });
        }
    });
    for index in 0..4 {
        let name = format!("env{index}");
        assert_eq!(bed.shown(&name).len(), 50);
        assert_eq!(bed.store.verify_chain(&name.into()).unwrap().sound, 1);
    }
}
