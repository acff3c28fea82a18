//! What became of objects since a time, as journals tell.

use model::clock::Timestamp;
use state::{IntentId, JournalResult};

use super::*;

fn row(action: &str, addr: &str, deposed: bool, how: How) -> JournalRow {
    JournalRow {
        id: IntentId(1),
        step: 0,
        addr: addr.parse().unwrap(),
        deposed: deposed.then(|| "0a1b2c3d".into()),
        action: action.into(),
        replaced: false,
        at: Timestamp(0),
        result: Some(JournalResult {
            run: RunId(1),
            how,
            detail: None,
            at: Timestamp(0),
        }),
    }
}

fn done(action: &str, addr: &str) -> JournalRow {
    row(action, addr, false, How::Done)
}

fn set(addresses: &[&str]) -> BTreeSet<InstanceAddr> {
    addresses.iter().map(|addr| addr.parse().unwrap()).collect()
}

fn became(past: &Past, addr: &str, makes: bool) -> Option<Lost> {
    past.became(&addr.parse().unwrap(), makes)
}

#[test]
fn the_first_run_that_ended_an_object_counts() {
    let mut past = Past {
        then: set(&["x.a", "x.b", "x.c", "x.d"]),
        now: set(&["x.b", "x.c"]),
        lost: BTreeMap::new(),
    };
    past.take(RunId(4), &[done("destroy", "x.a"), done("update", "x.c")]);
    // Created first, and the old one destroyed as a deposed one.
    let replaced = [
        done("create", "x.b"),
        row("destroy", "x.b", true, How::Done),
    ];
    past.take(RunId(5), &replaced);
    past.take(RunId(6), &[done("destroy", "x.b"), done("create", "x.b")]);
    assert_eq!(became(&past, "x.a", true), Some(Lost::Destroyed(RunId(4))));
    assert_eq!(became(&past, "x.b", false), Some(Lost::Replaced(RunId(5))));
    assert_eq!(became(&past, "x.c", false), None);
    // It is recorded, gone from the world, and made anew: no run did that.
    assert_eq!(became(&past, "x.c", true), None);
    assert_eq!(became(&past, "x.d", true), Some(Lost::Forgotten));
}

#[test]
fn what_was_not_there_then_and_what_did_not_happen_is_no_loss() {
    let mut past = Past {
        then: set(&["x.a"]),
        now: set(&["x.a"]),
        lost: BTreeMap::new(),
    };
    let journal = [
        done("create", "x.new"),
        done("destroy", "x.new"),
        row("destroy", "x.a", false, How::Failed),
        row("destroy", "x.a", false, How::DidNotHappen),
        row("destroy", "x.a", true, How::Done),
    ];
    past.take(RunId(4), &journal);
    assert_eq!(past.lost, BTreeMap::new());
    past.take(RunId(5), &[row("destroy", "x.a", false, How::Adopted)]);
    assert_eq!(became(&past, "x.a", true), Some(Lost::Destroyed(RunId(5))));
}
