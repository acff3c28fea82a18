//! Random histories of whole commands: on a record in SQLite, with the simulated cloud, a clock that also goes back, and
//! processes that die at writes of the record. [`bed`] is what they run on, [`story`] is what people do, [`oracle`] and
//! [`healing`] say what the log must be then, [`world`] what must exist.
//!
//! `TERRACE_HISTORIES=20000 cargo test --bin terrace histories` tries more of them, `TERRACE_HISTORIES=20000..30000` others;
//! `TERRACE_HISTORY=17` tries one and shows what its commands said.

mod bed;
mod chance;
mod healing;
mod oracle;
mod project;
mod story;
mod world;

use std::collections::BTreeMap;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

pub(super) use bed::options;
use story::{Counted, Story};

/// So many histories are tried where nobody says otherwise.
const HISTORIES: u64 = 300;

#[expect(
    clippy::disallowed_methods,
    reason = "a test is told from outside which histories to try"
)]
fn told(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The histories that are meant by `2000`, or by `2000..4000`.
fn histories(text: &str) -> Option<Range<u64>> {
    match text.split_once("..") {
        Some((from, to)) => Some(from.parse().ok()?..to.parse().ok()?),
        None => Some(0..text.parse().ok()?),
    }
}

/// Tells one history; what went wrong with it, if anything did.
fn history(seed: u64) -> Result<Counted, String> {
    let mut story = Story::begin(seed);
    let told = catch_unwind(AssertUnwindSafe(|| story.tell()));
    told.map_err(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
        format!(
            "history {seed}: {}\n{}",
            text.unwrap_or_default(),
            story.said()
        )
    })
}

#[test]
fn what_people_do_with_a_pipeline_keeps_its_promises_whenever_a_process_dies() {
    if let Some(seed) = told("TERRACE_HISTORY").and_then(|seed| seed.parse().ok()) {
        bed::let_commands_be_heard();
        let counted = history(seed).unwrap_or_else(|wrong| panic!("{wrong}"));
        panic!("history {seed} is as it should be: {counted:?}");
    }
    let which = told("TERRACE_HISTORIES").and_then(|text| histories(&text));
    let which = which.unwrap_or(0..HISTORIES);
    let next = AtomicU64::new(which.start);
    // What is wrong with one does not keep the others from being tried.
    let wrong = Mutex::new(BTreeMap::new());
    let teller = || {
        let mut counted = Counted::default();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= which.end {
                return counted;
            }
            match history(seed) {
                Ok(one) => counted.add(&one),
                Err(text) => {
                    let mut wrong = wrong.lock().unwrap_or_else(PoisonError::into_inner);
                    wrong.insert(seed, text);
                }
            }
        }
    };
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let counted = std::thread::scope(|scope| {
        let tellers: Vec<_> = (0..threads).map(|_| scope.spawn(teller)).collect();
        let mut all = Counted::default();
        for teller in tellers {
            all.add(&teller.join().expect("it catches panics"));
        }
        all
    });
    let wrong = wrong.into_inner().unwrap_or_else(PoisonError::into_inner);
    if let Some(first) = wrong.values().next() {
        let seeds: Vec<&u64> = wrong.keys().collect();
        panic!("{} histories, {seeds:?}; the first: {first}", seeds.len());
    }
    // Histories in which little happens would say nothing.
    counted.is_much(which.end.saturating_sub(which.start));
}
