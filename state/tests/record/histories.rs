//! Histories: decisions among the runs, and the ways to find runs in them.

use model::clock::Timestamp;
use model::serial::RunId;
use state::{EventRow, NewRun, PROJECT, RunEnd, RunFilter, RunKind, RunOutcome, RunRow};

use crate::bed::{Bed, new_run, refusal, succeeded};

fn decide(bed: &Bed, environment: &str, kind: RunKind, revision: Option<&str>) -> RunRow {
    end(bed, environment, kind, revision, RunOutcome::Succeeded)
}

fn end(
    bed: &Bed,
    environment: &str,
    kind: RunKind,
    revision: Option<&str>,
    outcome: RunOutcome,
) -> RunRow {
    let run = NewRun {
        revision: revision.map(Into::into),
        ..new_run(kind)
    };
    let end = RunEnd {
        outcome,
        ..succeeded()
    };
    let row = bed.store.decide(&environment.into(), run, Vec::new(), end);
    row.wait().unwrap()
}

#[test]
fn a_decision_is_a_run_with_its_events_in_the_chain() {
    let bed = Bed::new();
    let body = "{\"plan\":\"p7f3a91\"}".to_owned();
    let events = vec![
        EventRow {
            at: Timestamp(1),
            body: body.clone(),
        },
        EventRow {
            at: Timestamp(2),
            body,
        },
    ];
    let kinds = [
        RunKind::Approve,
        RunKind::Reject,
        RunKind::Hold,
        RunKind::Release,
    ];
    for environment in ["production", PROJECT] {
        let environment = environment.into();
        for kind in kinds {
            let row = bed
                .store
                .decide(&environment, new_run(kind), events.clone(), succeeded())
                .wait()
                .unwrap();
            assert_eq!((row.kind, row.token), (kind, None));
            assert_eq!(bed.store.run(row.id).unwrap(), row);
            assert_eq!(bed.store.events(row.id).unwrap(), events);
        }
        let report = bed.store.verify_chain(&environment).unwrap();
        assert_eq!((report.sound, report.broken), (4, None));
    }
    let edit = "UPDATE event SET body = '{}' WHERE id >> 32 = 2";
    bed.sqlite().execute(edit, []).unwrap();
    let report = bed.store.verify_chain(&"production".into()).unwrap();
    assert_eq!(report.sound, 1);
    let report = bed.store.verify_chain(&PROJECT.into()).unwrap();
    assert_eq!(report.broken, None);
}

#[test]
fn a_decision_that_cannot_be_written_whole_is_not_written() {
    let bed = Bed::new();
    let refuse =
        "CREATE TRIGGER refuse BEFORE INSERT ON event BEGIN SELECT raise(ABORT, 'no'); END";
    bed.sqlite().execute_batch(refuse).unwrap();
    let event = EventRow {
        at: Timestamp(1),
        body: "{}".into(),
    };
    let test = "test".into();
    let answer = bed
        .store
        .decide(&test, new_run(RunKind::Approve), vec![event], succeeded());
    refusal(answer.wait());
    assert!(bed.store.runs(&RunFilter::newest(9)).unwrap().is_empty());
}

/// The numbers of the runs that `filter` lists, checked against all runs, filtered here.
fn listed(bed: &Bed, filter: &RunFilter) -> Vec<u64> {
    let all = bed.store.runs(&RunFilter::newest(usize::MAX)).unwrap();
    let wanted = |run: &&RunRow| {
        let of = filter.environment.as_ref();
        of.is_none_or(|name| run.environment == *name)
            && (filter.kinds.is_empty() || filter.kinds.contains(&run.kind))
            && (filter.revision.is_none() || run.revision == filter.revision)
            && filter.before.is_none_or(|before| run.id < before)
    };
    let expected: Vec<RunRow> = all
        .iter()
        .filter(wanted)
        .take(filter.limit)
        .cloned()
        .collect();
    let found = bed.store.runs(filter).unwrap();
    assert_eq!(found, expected, "{filter:?}");
    found.iter().map(|run| run.id.0).collect()
}

#[test]
fn runs_are_found_by_environment_kind_and_revision() {
    let bed = Bed::new();
    let kinds = [RunKind::Apply, RunKind::Approve, RunKind::Verify];
    for number in 0..60 {
        let environment = ["test", "staging", PROJECT][number % 3];
        let revision = [None, Some("r1"), Some("r12"), Some("r2")][number / 3 % 4];
        decide(&bed, environment, kinds[number / 7 % 3], revision);
    }
    let mut seen = 0;
    for environment in [None, Some("test"), Some(PROJECT), Some("none")] {
        for kinds in [&kinds[..0], &kinds[..1], &kinds[1..], &[RunKind::Hold]] {
            for revision in [None, Some("r1"), Some("r3")] {
                for (before, limit) in [(None, 100), (None, 2), (Some(RunId(30)), 5)] {
                    let filter = RunFilter {
                        environment: environment.map(Into::into),
                        kinds: kinds.to_vec(),
                        revision: revision.map(Into::into),
                        before,
                        limit,
                    };
                    seen += listed(&bed, &filter).len();
                }
            }
        }
    }
    assert!(seen > 300, "{seen}: the filters leave something");
    let twice = RunFilter {
        kinds: vec![RunKind::Apply, RunKind::Apply],
        ..RunFilter::of(&"test".into(), 100)
    };
    assert!(!listed(&bed, &twice).is_empty());
}

#[test]
fn runs_since_one_are_the_later_ones_of_the_environment_oldest_first() {
    let bed = Bed::new();
    for environment in ["test", "staging", "test", "test", PROJECT] {
        decide(&bed, environment, RunKind::Verify, None);
    }
    let since = |environment: &str, after| {
        let runs = bed.store.runs_since(&environment.into(), RunId(after));
        let runs = runs.unwrap();
        runs.iter().map(|run| run.id.0).collect::<Vec<_>>()
    };
    assert_eq!(since("test", 0), [1, 3, 4]);
    assert_eq!(since("test", 1), [3, 4]);
    assert_eq!(since(PROJECT, 4), [5]);
    assert!(since("test", 4).is_empty());
    assert!(since("none", 0).is_empty());
}
