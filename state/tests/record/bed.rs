//! What the tests share: a record in a directory of its own, and short ways to write to it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use model::Str;
use model::address::{BlockAddr, InstanceAddr, ResourceAddr};
use model::clock::Timestamp;
use rusqlite::Connection;
use state::{
    Counts, Holder, HolderState, How, Intent, IntentId, Lease, LeaseRequest, NewRun, Object,
    ObjectChange, ObjectRow, Options, Payload, Process, RecordError, Recorded, ReplaceOrder,
    RunEnd, RunKind, RunOutcome, RunRow, RunWriter, Settlement, Status, Store,
};
use tempfile::TempDir;

pub(crate) struct Bed {
    pub(crate) directory: TempDir,
    pub(crate) store: Store,
}

impl Bed {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(&path_in(&directory), Options::create()).unwrap();
        Self { directory, store }
    }

    pub(crate) fn path(&self) -> PathBuf {
        path_in(&self.directory)
    }

    /// Opens the record once more, as another process would.
    pub(crate) fn again(&self) -> Store {
        Store::open(&self.path(), Options::create()).unwrap()
    }

    /// A connection past the store.
    pub(crate) fn sqlite(&self) -> Connection {
        let conn = Connection::open(self.path()).unwrap();
        conn.busy_timeout(Duration::from_secs(30)).unwrap();
        conn
    }

    pub(crate) fn lease(&self, environment: &str) -> Lease {
        lease(&self.store, environment)
    }

    pub(crate) fn run(&self, lease: &Lease) -> RunWriter {
        self.store
            .begin_run(lease, new_run(RunKind::Apply))
            .wait()
            .unwrap()
    }

    /// A whole run that makes `changes`.
    pub(crate) fn change(&self, environment: &str, changes: Vec<ObjectChange>) -> RunRow {
        let lease = self.lease(environment);
        let run = self.run(&lease);
        run.change(changes).wait().unwrap();
        let row = run.finish(succeeded()).wait().unwrap();
        self.store.release(lease).wait().unwrap();
        row
    }

    pub(crate) fn read(&self, environment: &str) -> Recorded {
        self.store.read(&environment.into()).unwrap()
    }

    /// What exists, as `address=attributes` in order; tainted and deposed ones say so.
    pub(crate) fn shown(&self, environment: &str) -> Vec<String> {
        shown(&self.read(environment))
    }

    pub(crate) fn shown_at(&self, environment: &str, serial: u64) -> Vec<String> {
        shown(
            &self
                .store
                .read_at(&environment.into(), model::serial::Serial(serial))
                .unwrap(),
        )
    }
}

pub(crate) fn path_in(directory: &TempDir) -> PathBuf {
    directory.path().join(".terrace").join("state.db")
}

pub(crate) fn shown(recorded: &Recorded) -> Vec<String> {
    let one = |row: &ObjectRow| {
        let mut text = row.addr.to_string();
        if let Some(deposed) = &row.deposed {
            text.push_str(&format!(" ({deposed})"));
        }
        if row.status == Status::Tainted {
            text.push_str(" tainted");
        }
        let attributes = recorded.opener.attributes(row).unwrap();
        text.push_str(&format!("={}", str::from_utf8(&attributes).unwrap()));
        text
    };
    recorded.objects.iter().map(one).collect()
}

pub(crate) fn holder() -> Holder {
    Holder {
        actor: "ada".into(),
        what: "apply".into(),
        process: Process::current(),
    }
}

pub(crate) fn request(environment: &str, now: i64) -> LeaseRequest {
    LeaseRequest {
        environment: environment.into(),
        holder: holder(),
        now: Timestamp(now),
        ttl: Duration::from_millis(100),
    }
}

pub(crate) fn lease(store: &Store, environment: &str) -> Lease {
    store
        .acquire(request(environment, 0), |_| HolderState::Alive)
        .wait()
        .unwrap()
}

pub(crate) fn new_run(kind: RunKind) -> NewRun {
    NewRun {
        kind,
        plan: Some("p7f3a91".into()),
        revision: None,
        configuration: None,
        actor: "ada".into(),
        note: None,
        started: Timestamp(1000),
    }
}

pub(crate) fn succeeded() -> RunEnd {
    let counts = Counts::from([("created".to_string(), 1)]);
    RunEnd {
        outcome: RunOutcome::Succeeded,
        counts,
        ended: Timestamp(2000),
    }
}

pub(crate) fn addr(text: &str) -> InstanceAddr {
    text.parse().unwrap()
}

pub(crate) fn object(address: &str, attributes: &str) -> Object {
    Object {
        addr: addr(address),
        deposed: None,
        provider: "provider[\"registry.terraform.io/hashicorp/aws\"]".into(),
        schema_version: 1,
        status: Status::Created,
        replace: ReplaceOrder::DestroyFirst,
        dependencies: Arc::from([]),
        attributes: Payload::plain(attributes.as_bytes()),
        private: None,
    }
}

pub(crate) fn put(address: &str, attributes: &str) -> ObjectChange {
    ObjectChange::Put(Box::new(object(address, attributes)))
}

pub(crate) fn put_sealed(address: &str, attributes: &str) -> ObjectChange {
    let attributes = Payload::sealed(attributes.as_bytes());
    ObjectChange::Put(Box::new(Object {
        attributes,
        ..object(address, "")
    }))
}

pub(crate) fn delete(address: &str) -> ObjectChange {
    ObjectChange::Delete {
        addr: addr(address),
        deposed: None,
    }
}

pub(crate) fn resource(text: &str) -> Arc<ResourceAddr> {
    Arc::new(BlockAddr::resource(&addr(text).block))
}

pub(crate) fn intent(step: u64, address: &str) -> Intent {
    Intent {
        step,
        addr: addr(address),
        deposed: None,
        action: "create".into(),
        marker: format!("marker-{step}"),
        prior: None,
        planned: Some(Payload::plain(*b"planned")),
        claims: None,
        at: Timestamp(1500),
    }
}

pub(crate) fn done(changes: Vec<ObjectChange>) -> Settlement {
    Settlement {
        how: How::Done,
        detail: None,
        at: Timestamp(1600),
        changes,
    }
}

/// Writes an intent and its result.
pub(crate) fn step(run: &RunWriter, step: u64, change: ObjectChange, address: &str) -> IntentId {
    let id = run.intent(intent(step, address)).wait().unwrap();
    run.settle(id, done(vec![change])).wait().unwrap();
    id
}

pub(crate) fn plain_output(value: &str) -> state::Output {
    state::Output {
        value: Payload::plain(value.as_bytes()),
        sensitive: false,
    }
}

pub(crate) fn outputs(of: &[(&str, &str)]) -> BTreeMap<Str, state::Output> {
    of.iter()
        .map(|(name, value)| (Str::from(*name), plain_output(value)))
        .collect()
}

pub(crate) fn refusal<T: std::fmt::Debug>(answer: Result<T, RecordError>) -> RecordError {
    answer.expect_err("it must be refused")
}
