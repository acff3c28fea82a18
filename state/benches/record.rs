//! Measures the record: a journaled run with many steps in flight, reading it back, a bulk write, the journal's digest.
//! `cargo bench -p terrace-state -- [INSTANCES] [IN_FLIGHT] [DIRECTORY]`
#![expect(clippy::print_stdout, reason = "its output is the measurement")]
#![expect(clippy::unwrap_used, reason = "a measurement that fails has no result")]

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use model::Str;
use model::address::{BlockAddr, InstanceAddr, InstanceKey, Mode, ModuleAddr};
use model::clock::Timestamp;
use state::{
    Counts, Holder, HolderState, How, Intent, LeaseRequest, NewRun, Object, ObjectChange, Options,
    Payload, Process, ReplaceOrder, RunEnd, RunKind, RunOutcome, RunWriter, Settlement, Status,
    Store,
};

fn main() {
    let mut words = std::env::args().skip(1).filter(|word| word != "--bench");
    let count = words.next().map_or(100_000, |word| word.parse().unwrap());
    let in_flight = words.next().map_or(1000, |word| word.parse().unwrap());
    let directory = words.next().map_or_else(std::env::temp_dir, PathBuf::from);
    let directory = directory.join(format!("terrace-record-{}", std::process::id()));
    std::fs::create_dir(&directory).unwrap();
    let path = directory.join("record").join("state.db");
    let store = Store::open(&path, Options::create()).unwrap();
    let lease = acquire(&store);
    let addresses = addresses(count);

    let run = begin(&store, &lease);
    let started = Instant::now();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .unwrap();
    runtime.block_on(apply(&run, &addresses, in_flight));
    report("intent, result and object of each", count, started);
    let started = Instant::now();
    finish(&run);
    report("end of the run (digest of its journal)", count, started);

    let started = Instant::now();
    let recorded = store.read(&"test".into()).unwrap();
    assert_eq!(recorded.objects.len(), count);
    report("read", count, started);
    drop(recorded);
    let started = Instant::now();
    let mut bytes = 0;
    store
        .read_each(&"test".into(), |_, object| {
            bytes += object.attributes.plain().unwrap().len();
            ControlFlow::Continue(())
        })
        .unwrap();
    report("read one by one", count, started);

    let run = begin(&store, &lease);
    let same: Vec<_> = addresses.iter().map(|addr| put(addr, 0)).collect();
    let started = Instant::now();
    run.change(same).wait().unwrap();
    report("bulk write that changes nothing", count, started);
    let other: Vec<_> = addresses.iter().map(|addr| put(addr, 1)).collect();
    let started = Instant::now();
    run.change(other).wait().unwrap();
    report("bulk write that changes all, with history", count, started);
    finish(&run);
    let started = Instant::now();
    assert!(store.verify_chain(&"test".into()).unwrap().broken.is_none());
    report("verify the chain", count, started);
    let started = Instant::now();
    let recorded = store
        .read_at(&"test".into(), model::serial::Serial(1))
        .unwrap();
    assert_eq!(recorded.objects.len(), count);
    report("read at an earlier serial", count, started);
    drop(store);
    println!(
        "{:>10} bytes on disk",
        std::fs::metadata(&path).unwrap().len()
    );
    std::fs::remove_dir_all(&directory).unwrap();
}

fn report(what: &str, count: usize, started: Instant) {
    let took = started.elapsed();
    let rate = count as f64 / took.as_secs_f64();
    println!(
        "{:>10.3} s  {:>9.0} a second  {what}",
        took.as_secs_f64(),
        rate
    );
}

fn acquire(store: &Store) -> state::Lease {
    let request = LeaseRequest {
        environment: "test".into(),
        holder: Holder {
            actor: "bench".into(),
            what: "apply".into(),
            process: Process::current(),
        },
        now: Timestamp(0),
        ttl: Duration::from_secs(60),
    };
    store
        .acquire(request, |_| HolderState::Unknown)
        .wait()
        .unwrap()
}

fn begin(store: &Store, lease: &state::Lease) -> RunWriter {
    let run = NewRun {
        kind: RunKind::Apply,
        plan: None,
        revision: None,
        configuration: None,
        actor: "bench".into(),
        note: None,
        started: Timestamp(0),
    };
    store.begin_run(lease, run).wait().unwrap()
}

fn finish(run: &RunWriter) {
    let end = RunEnd {
        outcome: RunOutcome::Succeeded,
        counts: Counts::new(),
        ended: Timestamp(1),
    };
    run.finish(end).wait().unwrap();
}

fn addresses(count: usize) -> Vec<InstanceAddr> {
    let block = Arc::new(BlockAddr {
        module: ModuleAddr::root(),
        mode: Mode::Managed,
        rtype: "terraform_data".into(),
        name: "many".into(),
    });
    (0..count)
        .map(|index| block.instance(InstanceKey::Index(index as u64)))
        .collect()
}

fn attributes(addr: &InstanceAddr, version: u32) -> Payload {
    let mut text = format!("{{\"id\":\"{addr}\",\"version\":{version},\"tags\":\"");
    text.push_str(&"value ".repeat(140));
    text.push_str("\"}");
    Payload::plain(text.into_bytes())
}

fn put(addr: &InstanceAddr, version: u32) -> ObjectChange {
    ObjectChange::Put(Box::new(Object {
        addr: addr.clone(),
        deposed: None,
        provider: Str::from("provider[\"terraform.io/builtin/terraform\"]"),
        schema_version: 0,
        status: Status::Created,
        replace: ReplaceOrder::DestroyFirst,
        dependencies: Arc::from([]),
        attributes: attributes(addr, version),
        private: None,
    }))
}

async fn apply(run: &RunWriter, addresses: &[InstanceAddr], in_flight: usize) {
    let places = Arc::new(tokio::sync::Semaphore::new(in_flight));
    let mut steps = tokio::task::JoinSet::new();
    for (index, addr) in addresses.iter().enumerate() {
        let place = places.clone().acquire_owned().await.unwrap();
        let (run, addr) = (run.clone(), addr.clone());
        steps.spawn(async move {
            step(&run, &addr, index as u64).await;
            drop(place);
        });
    }
    while let Some(done) = steps.join_next().await {
        done.unwrap();
    }
}

async fn step(run: &RunWriter, addr: &InstanceAddr, step: u64) {
    let intent = Intent {
        step,
        addr: addr.clone(),
        deposed: None,
        action: "create".into(),
        marker: format!("terrace-{step:020}"),
        prior: None,
        planned: Some(attributes(addr, 0)),
        claims: None,
        at: Timestamp(0),
    };
    let intent = run.intent(intent).await.unwrap();
    let settlement = Settlement {
        how: How::Done,
        detail: None,
        at: Timestamp(0),
        changes: vec![put(addr, 0)],
    };
    run.settle(intent, settlement).await.unwrap();
}
