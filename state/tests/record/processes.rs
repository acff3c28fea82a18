//! Processes that die at any moment, and processes that work side by side. A child is this test binary started again, told
//! by an environment variable where the record is.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use model::clock::Timestamp;
use state::{Holder, HolderState, Options, RunEnd, RunKind, RunOutcome, Store};

use crate::bed::{Bed, done, intent, new_run, put, put_sealed, request, succeeded};

const PATH: &str = "TERRACE_TEST_RECORD";
const ENVIRONMENT: &str = "TERRACE_TEST_ENVIRONMENT";
const STEPS: &str = "TERRACE_TEST_STEPS";

/// Not a test by itself: what a child does. It says every step that is durable, intent and result.
#[test]
fn child_process() {
    let value = |name| std::env::var_os(name).map(|value| value.into_string().unwrap());
    let (Some(path), Some(environment)) = (value(PATH), value(ENVIRONMENT)) else {
        return;
    };
    let steps = value(STEPS).map_or(u64::MAX, |steps| steps.parse().unwrap());
    let store = Store::open(Path::new(&path), Options::create()).unwrap();
    let lease = store.acquire(request(&environment, 0), |holder: &Holder| {
        holder.process.state()
    });
    let lease = lease.wait().unwrap();
    let run = store
        .begin_run(&lease, new_run(RunKind::Apply))
        .wait()
        .unwrap();
    let mut out = std::io::stdout().lock();
    for number in 0..steps {
        // Two at once, so that commits are shared; old objects are changed, so that there is history.
        let pair = [number * 2, number * 2 + 1];
        let address = |step: u64| format!("a.a[{}]", step % 64);
        let ids = pair.map(|step| run.intent(intent(step, &address(step))));
        let ids = ids.map(|id| id.wait().unwrap());
        writeln!(out, "\nintended {number}").unwrap();
        let results = [0, 1].map(|index: usize| {
            let step = pair[index];
            let change = if index == 0 { put } else { put_sealed };
            run.settle(
                ids[index],
                done(vec![change(&address(step), &step.to_string())]),
            )
        });
        results
            .into_iter()
            .try_for_each(state::Pending::wait)
            .unwrap();
        writeln!(out, "\nsettled {number}").unwrap();
    }
    run.finish(succeeded()).wait().unwrap();
    store.release(lease).wait().unwrap();
}

fn child(path: &Path, environment: &str, steps: Option<u64>) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "processes::child_process", "--nocapture"]);
    command.env(PATH, path).env(ENVIRONMENT, environment);
    if let Some(steps) = steps {
        command.env(STEPS, steps.to_string());
    }
    command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Kills a child once it said a number of lines, and returns the numbers of the last `intended` and `settled` it said.
fn killed_after(mut child: Child, lines: usize) -> [Option<u64>; 2] {
    let mut last = [None; 2];
    let mut reader = BufReader::new(child.stdout.take().unwrap());
    let mut note = |line: &str| {
        let Some((word, number)) = line.split_once(' ') else {
            return false;
        };
        let Ok(number) = number.parse() else {
            return false;
        };
        match word {
            "intended" => last[0] = Some(number),
            "settled" => last[1] = Some(number),
            _ => return false,
        }
        true
    };
    let mut seen = 0;
    let mut line = String::new();
    while seen < lines {
        line.clear();
        assert_ne!(
            reader.read_line(&mut line).unwrap(),
            0,
            "the child ended by itself"
        );
        seen += usize::from(note(line.trim_end()));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    // What it said before it died was true.
    let mut rest = String::new();
    reader.read_to_string(&mut rest).unwrap();
    for line in rest.lines() {
        note(line);
    }
    last
}

/// Checks what a killed child left, and settles it as the next command would.
fn recover(bed: &Bed, [intended, settled]: [Option<u64>; 2]) {
    let store = bed.again();
    store.check().unwrap();
    let lease = store
        .acquire(request("test", 1), |holder| holder.process.state())
        .wait()
        .unwrap();
    let run = store
        .begin_run(&lease, new_run(RunKind::Recover))
        .wait()
        .unwrap();
    let unended = store.unended_runs(&"test".into()).unwrap();
    let [dead, _this] = unended.as_slice() else {
        panic!("one run died: {unended:?}")
    };
    let journal = store.journal(dead.id).unwrap();
    let reached = |number: Option<u64>| number.map_or(0, |number| number * 2 + 2);
    assert!(
        journal.len() as u64 >= reached(intended),
        "an intent was lost"
    );
    let results = journal.iter().filter(|row| row.result.is_some()).count() as u64;
    assert!(results >= reached(settled), "a result was lost");
    for open in store.open_intents(&"test".into()).unwrap().intents {
        assert_eq!(open.run, dead.id);
        run.settle(open.id, done(vec![])).wait().unwrap();
    }
    // Each object is what the last result of its address says: the two were one write.
    let recorded = store.read(&"test".into()).unwrap();
    for row in recorded.objects.iter().filter(|row| row.run == dead.id) {
        let last = journal
            .iter()
            .rfind(|step| step.addr == row.addr && step.result.is_some());
        let attributes = recorded.opener.attributes(row).unwrap();
        assert_eq!(*attributes, *last.unwrap().step.to_string().as_bytes());
    }
    let end = RunEnd {
        outcome: RunOutcome::Interrupted,
        ..succeeded()
    };
    run.finish_other(dead.id, end).wait().unwrap();
    run.finish(succeeded()).wait().unwrap();
    store.release(lease).wait().unwrap();
    assert_eq!(store.verify_chain(&"test".into()).unwrap().broken, None);
}

#[test]
fn killed_20_times_nothing_that_was_acknowledged_is_lost() {
    let bed = Bed::new();
    for kill in 0..20 {
        let last = killed_after(child(&bed.path(), "test", None), 1 + kill * 7);
        recover(&bed, last);
    }
    assert_eq!(bed.store.verify_chain(&"test".into()).unwrap().sound, 40);
}

#[test]
fn processes_on_different_environments_work_side_by_side() {
    let bed = Bed::new();
    let names = ["test", "staging", "production"];
    let children = names.map(|name| child(&bed.path(), name, Some(60)));
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    for name in names {
        assert_eq!(bed.shown(name).len(), 64);
        assert_eq!(bed.store.verify_chain(&name.into()).unwrap().sound, 1);
        assert!(!bed.store.lease(&name.into()).unwrap().unwrap().held);
    }
    bed.store.check().unwrap();
}

#[test]
fn the_lease_of_a_killed_process_is_free_and_that_of_a_living_one_is_not() {
    let bed = Bed::new();
    let mut living = child(&bed.path(), "test", None);
    let mut reader = BufReader::new(living.stdout.take().unwrap());
    let mut line = String::new();
    while !line.starts_with("settled") {
        line.clear();
        assert_ne!(reader.read_line(&mut line).unwrap(), 0);
    }
    let acquire = || {
        let mut state = None;
        let lease = bed.store.acquire(request("test", 1), |holder| {
            state = Some(holder.process.state());
            holder.process.state()
        });
        (lease.wait(), state)
    };
    let (lease, state) = acquire();
    assert!(lease.is_err());
    assert_eq!(state, Some(HolderState::Alive));
    living.kill().unwrap();
    living.wait().unwrap();
    let (lease, state) = acquire();
    assert_eq!(state, Some(HolderState::Dead));
    bed.store
        .heartbeat(&lease.unwrap(), Timestamp(5))
        .wait()
        .unwrap();
}
