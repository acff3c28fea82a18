//! What the tests share: a record and a cloud that outlive the engine, both in files of one directory; engines that
//! come and go on them; and what must be true of them when an engine has done its work.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use contract::{Provider, ProviderError, Providers};
use engine::record::StoreError;
use engine::recover::{Recovery, recover};
use engine::settle::{SettleError, Verdict, settle};
use engine::{
    ApplyOptions, Events, Looked, Outcome, PlanOptions, Planned, Session, SessionError,
    SessionRequest, Stop,
};
use lang::functions::Random;
use lang::load::{Snapshot, load};
use lang::{Desired, Graph, Phase, Settings};
use model::address::{InstanceAddr, ProviderSource, Target};
use model::clock::{Clock, Timestamp};
use model::event::Event;
use model::plan::{Plan, PlanMode, Refresh};
use model::{Diagnostics, Sources, Str, Value};
use sim::{Cloud, Script, SimObject, SimProvider};
use state::{Options, RunKind, RunOutcome, Store};
use tempfile::TempDir;
use tokio::sync::{mpsc, watch};

/// The environment of all tests.
pub(crate) fn environment() -> Str {
    "test".into()
}

/// A clock that goes on only when it is told to.
#[derive(Debug)]
pub(crate) struct TestClock(AtomicI64);

impl TestClock {
    pub(crate) fn advance(&self, by: Duration) {
        let millis = i64::try_from(by.as_millis()).unwrap();
        self.0.fetch_add(millis, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

/// Bytes that count.
#[derive(Debug, Default)]
struct Counted(AtomicU64);

impl Random for Counted {
    fn fill(&self, bytes: &mut [u8]) {
        let next = self.0.fetch_add(1, Ordering::SeqCst);
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = next.to_le_bytes()[at % 8];
        }
    }
}

/// Every engine's provider is of the one cloud.
#[derive(Debug)]
struct OneCloud(Arc<Cloud>);

#[async_trait]
impl Providers for OneCloud {
    async fn open(&self, source: &ProviderSource) -> Result<Arc<dyn Provider>, ProviderError> {
        assert_eq!(&*source.name, "sim");
        Ok(Arc::new(SimProvider::on(self.0.clone())))
    }
}

/// A record and a cloud.
#[derive(Debug)]
pub(crate) struct Bed {
    pub(crate) directory: TempDir,
    pub(crate) clock: Arc<TestClock>,
}

impl Bed {
    pub(crate) fn new() -> Self {
        Self {
            directory: directory(),
            clock: Arc::new(TestClock(AtomicI64::new(1_700_000_000_000))),
        }
    }

    /// Another bed, just as this one is now. No engine may be at work.
    pub(crate) fn copy(&self) -> Self {
        let copy = Self::new();
        copy.clock.0.store(self.clock.now().0, Ordering::SeqCst);
        for entry in std::fs::read_dir(self.directory.path()).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name();
            if name.to_str().is_some_and(|name| !name.ends_with("-shm")) {
                std::fs::copy(entry.path(), copy.directory.path().join(name)).unwrap();
            }
        }
        copy
    }

    fn record(&self) -> PathBuf {
        self.directory.path().join("state.db")
    }

    pub(crate) fn store(&self) -> Store {
        Store::open(&self.record(), Options::create()).unwrap()
    }

    pub(crate) fn cloud(&self, script: Script) -> Arc<Cloud> {
        let path = self.directory.path().join("cloud.json");
        Arc::new(Cloud::in_file(script, path))
    }

    /// A new process on this record and cloud, some time after the last.
    pub(crate) fn engine(&self, text: &str, script: Script) -> Engine {
        self.engine_of(&[("main.tf", text)], script)
    }

    /// The same with a definition of several files.
    pub(crate) fn engine_of(&self, files: &[(&str, &str)], script: Script) -> Engine {
        self.clock.advance(Duration::from_secs(60));
        Engine::new(self.store(), self.cloud(script), self.clock.clone(), files)
    }

    /// What exists.
    pub(crate) fn objects(&self) -> Vec<SimObject> {
        self.cloud(Script::default()).objects().unwrap()
    }
}

fn directory() -> TempDir {
    // In memory where there is such a place: what survives a power cut is not what is tested here.
    let memory = Path::new("/dev/shm");
    if memory.is_dir() {
        tempfile::tempdir_in(memory).unwrap()
    } else {
        tempfile::tempdir().unwrap()
    }
}

/// Runs a process's work; when that ends, everything of the process is gone.
pub(crate) fn process<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(work)
}

/// The same with time that passes as soon as everyone waits for it.
pub(crate) fn hurried<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(work)
}

/// How a test applies.
#[derive(Debug)]
pub(crate) struct Applying {
    pub(crate) parallelism: Option<usize>,
    pub(crate) attempts: u32,
    pub(crate) stop: watch::Receiver<Stop>,
    pub(crate) events: Option<mpsc::Sender<Event>>,
}

impl Default for Applying {
    fn default() -> Self {
        let (sender, stop) = watch::channel(Stop::Never);
        drop(sender);
        Self {
            parallelism: Some(1),
            attempts: 1,
            stop,
            events: None,
        }
    }
}

/// One process with its engine.
#[derive(Debug)]
pub(crate) struct Engine {
    pub(crate) store: Store,
    pub(crate) cloud: Arc<Cloud>,
    clock: Arc<dyn Clock>,
    providers: Arc<dyn Providers>,
    definition: Arc<lang::Definition>,
    graph: Arc<Graph>,
}

impl Engine {
    fn new(store: Store, cloud: Arc<Cloud>, clock: Arc<dyn Clock>, files: &[(&str, &str)]) -> Self {
        let files = files.iter();
        let files = files.map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec()));
        let files = Snapshot(files.collect());
        let (definition, found) = load(&files, Path::new(""), Sources::default());
        assert!(!found.has_errors(), "{found:?}");
        let (graph, found) = Graph::of(&definition);
        assert!(!found.has_errors(), "{found:?}");
        Self {
            store,
            providers: Arc::new(OneCloud(cloud.clone())),
            cloud,
            clock,
            definition: definition.into(),
            graph: graph.into(),
        }
    }

    fn desired(&self) -> Desired {
        let settings = Settings {
            workspace: environment(),
            directory: "/".into(),
            working_directory: "/".into(),
            home: None,
            reads: Arc::default(),
            phase: Phase::Plan,
            given_at: Arc::default(),
            plan_time: Some(self.clock.now()),
            clock: self.clock.clone(),
            random: Arc::new(Counted::default()),
        };
        Desired::new(
            self.definition.clone(),
            self.graph.clone(),
            &BTreeMap::new(),
            settings,
        )
    }

    pub(crate) async fn session(
        &self,
        kind: RunKind,
        plan: Option<&Plan>,
    ) -> Result<Session, SessionError> {
        self.session_with(kind, plan, async |request| Ok(request))
            .await
    }

    pub(crate) async fn session_with(
        &self,
        kind: RunKind,
        plan: Option<&Plan>,
        make: impl AsyncFnOnce(SessionRequest) -> Result<SessionRequest, StoreError>,
    ) -> Result<Session, SessionError> {
        let request = SessionRequest {
            plan: plan.map(|plan| plan.id.to_string()),
            ..SessionRequest::new(&environment(), kind, "ada".into())
        };
        let expected = plan.map(|plan| (plan.serial, &plan.lineage));
        Session::begin_with(&self.store, &self.clock, request, expected, make).await
    }

    /// Finds out what became of what was under way, where there is anything.
    pub(crate) async fn recover(&self) -> Recovery {
        let request = SessionRequest::new(&environment(), RunKind::Recover, "ada".into());
        let (desired, providers) = (self.desired(), &self.providers);
        recover(&self.store, &self.clock, request, desired, providers)
            .await
            .unwrap()
    }

    /// What `terrace state settle` does.
    pub(crate) async fn settle(
        &self,
        addr: &InstanceAddr,
        verdict: &Verdict,
    ) -> Result<(), SettleError> {
        let session = self.session(RunKind::Recover, None).await.unwrap();
        let recorded = engine::record::read(&self.store, &environment()).unwrap();
        let (desired, providers) = (self.desired(), &self.providers);
        let said = (addr, verdict);
        let done = settle(&session, &recorded, desired, providers, said).await;
        session
            .finish(RunOutcome::Succeeded, BTreeMap::new())
            .await
            .unwrap();
        done
    }

    pub(crate) async fn try_plan(&self, mode: PlanMode) -> (Option<Planned>, Diagnostics) {
        self.try_plan_without(mode, Vec::new()).await
    }

    pub(crate) async fn try_plan_without(
        &self,
        mode: PlanMode,
        excludes: Vec<Target>,
    ) -> (Option<Planned>, Diagnostics) {
        self.try_plan_of(mode, Vec::new(), excludes).await
    }

    pub(crate) async fn try_plan_of(
        &self,
        mode: PlanMode,
        targets: Vec<Target>,
        excludes: Vec<Target>,
    ) -> (Option<Planned>, Diagnostics) {
        let options = PlanOptions {
            mode,
            refresh: Refresh::Observe,
            targets,
            excludes,
            unobserved: BTreeSet::new(),
            replace: Vec::new(),
            now: self.clock.now(),
            revision: None,
            content: None,
            variables: BTreeMap::new(),
            files: Vec::new(),
            attempts: engine::ATTEMPTS,
        };
        let recorded = engine::record::read(&self.store, &environment()).unwrap();
        let events = Events::ignored(self.clock.clone());
        let providers = self.providers.clone();
        engine::plan(self.desired(), recorded, providers, options, &events).await
    }

    /// Looks at everything that is recorded.
    pub(crate) async fn look(&self) -> Looked {
        let recorded = engine::record::read(&self.store, &environment()).unwrap();
        let events = Events::ignored(self.clock.clone());
        engine::look(self.desired(), recorded, self.providers.clone(), &events).await
    }

    pub(crate) async fn plan(&self) -> Planned {
        let (planned, found) = self.try_plan(PlanMode::Normal).await;
        planned.unwrap_or_else(|| panic!("no plan: {}", said(&found)))
    }

    /// Applies, and ends the run.
    pub(crate) async fn apply(&self, planned: Planned, applying: Applying) -> Outcome {
        let session = self
            .session(RunKind::Apply, Some(&planned.plan))
            .await
            .unwrap();
        let outcome = self.apply_under(&session, planned, applying).await.unwrap();
        let ended = if outcome.is_success() {
            RunOutcome::Succeeded
        } else {
            RunOutcome::Failed
        };
        session.finish(ended, BTreeMap::new()).await.unwrap();
        outcome
    }

    pub(crate) async fn apply_under(
        &self,
        session: &Session,
        planned: Planned,
        applying: Applying,
    ) -> Result<Outcome, engine::record::StoreError> {
        let Applying {
            parallelism,
            attempts,
            stop,
            events,
        } = applying;
        let events = match events {
            Some(sender) => Events::to(sender, self.clock.clone()),
            None => Events::ignored(self.clock.clone()),
        };
        let options = ApplyOptions {
            parallelism,
            stop,
            attempts,
        };
        engine::apply(planned, session, options, &events).await
    }

    /// What `terrace apply` does.
    pub(crate) async fn command(&self, applying: Applying) -> (Recovery, Option<Outcome>) {
        let recovery = self.recover().await;
        let planned = self.plan().await;
        let plan = &planned.plan;
        if plan.is_empty() && plan.drift.is_empty() && plan.relinked.is_empty() {
            return (recovery, None);
        }
        let outcome = self.apply(planned, applying).await;
        (recovery, Some(outcome))
    }
}

/// What exists and what is recorded, in a form in which two histories can be compared: ids are replaced by names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Picture {
    pub(crate) cloud: Vec<String>,
    record: Vec<String>,
}

/// What is made by the cloud and so differs between histories.
const MADE: [&str; 4] = ["id", "address", "public_address", "status"];

fn pictured(value: &Value, names: &BTreeMap<Str, Str>) -> String {
    let fields = value.as_fields().unwrap();
    let shown: Vec<String> = fields
        .iter()
        .filter(|(name, _)| !MADE.contains(&name.as_str()))
        .map(|(name, value)| match value.as_str() {
            Some(id) if name.ends_with("_id") => {
                let parent = names.get(id).map_or("NOTHING", Str::as_str);
                format!("{name}={parent}")
            }
            Some(_) | None => format!("{name}={value:?}"),
        })
        .collect();
    shown.join(" ")
}

/// Looks at a bed on which no engine is at work, and at the same time makes sure that record and cloud agree: every
/// object of the cloud is recorded once, as a current object, as it is; nothing is under way.
pub(crate) fn picture(bed: &Bed) -> Picture {
    let objects = bed.objects();
    let names: BTreeMap<Str, Str> = objects
        .iter()
        .map(|object| {
            let name = object.value.get("name").and_then(Value::as_str).unwrap();
            (object.id.clone(), format!("{}:{name}", object.rtype).into())
        })
        .collect();
    let mut cloud: Vec<String> = objects
        .iter()
        .map(|object| {
            let status = object.value.get("status");
            format!(
                "{} {status:?} {}",
                object.rtype,
                pictured(&object.value, &names)
            )
        })
        .collect();
    cloud.sort();
    let store = bed.store();
    let recorded = engine::record::read(&store, &environment()).unwrap();
    let mut known = BTreeSet::new();
    let mut record = Vec::new();
    for (addr, instance) in recorded.instances() {
        assert!(instance.deposed.is_empty(), "{addr} has deposed objects");
        let object = instance.current.as_ref().unwrap();
        assert!(!object.tainted, "{addr} is tainted");
        let (bare, marks) = object.value.clone().unmark_paths();
        let id = bare.get("id").and_then(Value::as_str).unwrap().clone();
        let there = objects.iter().find(|there| there.id == id);
        let there = there.unwrap_or_else(|| panic!("{addr} is recorded as {id}, which is not"));
        assert_eq!(there.value, bare, "{addr} is recorded as it is");
        assert!(known.insert(id), "{addr} is recorded twice");
        record.push(format!(
            "{addr} {} {} {:?} {} {marks:?}",
            pictured(&bare, &names),
            object.provider,
            object.dependencies,
            object.create_before_destroy
        ));
    }
    let unknown: Vec<&SimObject> = objects
        .iter()
        .filter(|object| !known.contains(&object.id))
        .collect();
    assert!(unknown.is_empty(), "not in the record: {unknown:#?}");
    assert_eq!(open(bed), Vec::<String>::new(), "intents are open");
    assert_eq!(store.unended_runs(&environment()).unwrap(), []);
    let lease = store.lease(&environment()).unwrap();
    assert!(lease.is_none_or(|lease| !lease.held), "a lease is held");
    assert_eq!(store.verify_chain(&environment()).unwrap().broken, None);
    Picture { cloud, record }
}

/// The steps of which it is not recorded what became of them.
pub(crate) fn open(bed: &Bed) -> Vec<String> {
    let open = bed.store().open_intents(&environment()).unwrap();
    let one = |intent: &state::OpenIntent| format!("{} {}", intent.action, intent.addr);
    open.intents.iter().map(one).collect()
}

/// Applies `text` until nothing is left to do, which must be at once, and looks at what came of it.
pub(crate) fn heal(bed: &Bed, text: &str) -> Picture {
    let engine = bed.engine(text, Script::default());
    let (_, outcome) = process(engine.command(Applying::default()));
    if let Some(outcome) = outcome {
        assert!(outcome.is_success(), "{}", said(&outcome.diagnostics));
    }
    drop(engine);
    settled(bed, text)
}

/// Makes sure that a plan of `text` would do nothing, and looks at what there is.
pub(crate) fn settled(bed: &Bed, text: &str) -> Picture {
    let engine = bed.engine(text, Script::default());
    let planned = process(engine.plan());
    assert_eq!(planned_steps(&planned.plan), Vec::<String>::new());
    assert!(planned.plan.is_empty());
    assert!(planned.plan.drift.is_empty(), "{:#?}", planned.plan.drift);
    assert_eq!(planned.plan.relinked, []);
    drop((planned, engine));
    picture(bed)
}

/// What a plan does, in its order of addresses.
pub(crate) fn planned_steps(plan: &Plan) -> Vec<String> {
    let one = |step: &model::plan::Step| {
        let change = plan.change_of(step).unwrap();
        let deposed = if change.deposed.is_some() {
            " (deposed)"
        } else {
            ""
        };
        format!("{:?} {}{deposed}", step.kind, change.addr)
    };
    plan.steps.iter().map(one).collect()
}

/// Diagnostics, each in one line with its notes.
pub(crate) fn said(diagnostics: &Diagnostics) -> String {
    let one = |found: &model::Diagnostic| {
        format!(
            "{}: {} {:?} {:?}\n",
            found.id, found.message, found.notes, found.help
        )
    };
    diagnostics.iter().map(one).collect()
}
