//! A crash at every event of the journal, and what the next command makes of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use model::event::EventKind;
use sim::{Crash, Hook, Point, Script};
use tokio::sync::{Notify, mpsc};

use crate::bed::{Applying, Bed, Picture, heal, process};
use crate::definitions::history;

/// A moment of a run, of its `n`th step from 1.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Moment {
    /// The intent is durable, the cloud was not asked.
    Intended(u64),
    /// It has happened in the cloud, the answer is lost.
    Happened(u64),
    /// The result is durable, the next step's intent is not. Step 0 is the start of the run.
    Settled(u64),
}

/// Applies `text` and crashes at `moment`. Says whether the run came so far.
pub(crate) fn crash(bed: &Bed, text: &str, moment: Moment) -> bool {
    let reached = Arc::new(Notify::new());
    let (calls, told) = (AtomicU64::new(0), reached.clone());
    let hook = Hook::new(move |point, _| {
        let call = match point {
            Point::BeforeEffect => calls.fetch_add(1, Ordering::SeqCst) + 1,
            Point::AfterEffect | Point::BeforeReturn => calls.load(Ordering::SeqCst),
        };
        let now = match (moment, point) {
            (Moment::Intended(n), Point::BeforeEffect) => n == call,
            (Moment::Happened(n), Point::AfterEffect) => n == call,
            _ => false,
        };
        if now {
            told.notify_one();
            Crash::Hang
        } else {
            Crash::No
        }
    });
    let script = Script {
        hook: Some(hook),
        ..Script::default()
    };
    let engine = bed.engine(text, script);
    process(async {
        let (sender, receiver) = mpsc::channel(1);
        tokio::spawn(listen(receiver, moment, reached.clone()));
        let applying = Applying {
            events: Some(sender),
            ..Applying::default()
        };
        tokio::select! {
            biased;
            () = reached.notified() => true,
            (_, outcome) = engine.command(applying) => {
                assert!(outcome.unwrap().is_success());
                false
            }
        }
    })
}

/// Takes the engine's events, one at a time, and holds it up after the step of the moment is settled: then the next
/// event stands in the channel, and the engine cannot tell of the one after it.
async fn listen(
    mut events: mpsc::Receiver<model::event::Event>,
    moment: Moment,
    reached: Arc<Notify>,
) {
    let Moment::Settled(last) = moment else {
        while events.recv().await.is_some() {}
        return;
    };
    let mut begun = 0;
    while begun < last {
        match events.recv().await {
            Some(event) if matches!(event.kind, EventKind::StepStarted { .. }) => begun += 1,
            Some(_) => {}
            None => return,
        }
    }
    while events.is_empty() {
        if events.is_closed() {
            return;
        }
        tokio::task::yield_now().await;
    }
    reached.notify_one();
    std::future::pending().await
}

/// The picture after each revision of the history, with the bed before it.
fn clean() -> Vec<(Bed, &'static str, String, Picture)> {
    let bed = Bed::new();
    let mut steps = Vec::new();
    for (name, text) in history() {
        let before = bed.copy();
        let after = heal(&bed, &text);
        steps.push((before, name, text, after));
    }
    steps
}

#[test]
fn the_history_without_a_crash_ends_with_nothing() {
    let steps = clean();
    let counts: Vec<usize> = steps.iter().map(|(.., after)| after.cloud.len()).collect();
    assert_eq!(counts, [8, 8, 8, 6, 0]);
}

#[test]
fn a_crash_at_any_event_of_the_journal_loses_nothing() {
    let mut crashes = 0;
    for (before, name, text, after) in clean() {
        let moments: [fn(u64) -> Moment; 3] = [Moment::Intended, Moment::Happened, Moment::Settled];
        for kind in moments {
            for n in 0.. {
                let bed = before.copy();
                if !crash(&bed, &text, kind(n)) {
                    if n > 0 {
                        break;
                    }
                    continue;
                }
                crashes += 1;
                let healed = heal(&bed, &text);
                assert_eq!(healed, after, "{name}, {:?}", kind(n));
            }
        }
    }
    assert!(crashes > 90, "only {crashes} crashes");
}
