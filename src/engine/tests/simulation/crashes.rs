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

/// A revision of the history: the bed before it, its name and text, and the picture after it.
type Revision = (Bed, &'static str, String, Picture);

/// The history without a crash.
fn clean() -> Vec<Revision> {
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

/// Crashes at `moment`, lets the next command put it right, and says whether the run came so far.
fn crash_and_heal((before, name, text, after): &Revision, moment: Moment) -> bool {
    let bed = before.copy();
    let was_reached = crash(&bed, text, moment);
    if was_reached {
        assert_eq!(heal(&bed, text), *after, "{name}, {moment:?}");
    }
    was_reached
}

#[test]
fn a_crash_at_any_event_of_the_journal_loses_nothing() {
    let mut crashes = 0;
    for revision in clean() {
        let reached = |moment: &Moment| crash_and_heal(&revision, *moment);
        crashes += (1..).map(Moment::Intended).take_while(reached).count();
        crashes += (1..).map(Moment::Happened).take_while(reached).count();
        crashes += (0..).map(Moment::Settled).take_while(reached).count();
    }
    assert!(crashes > 90, "only {crashes} crashes");
}
