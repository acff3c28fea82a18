//! What commands run on: a project with its record in a directory, a cloud, and a clock. A command is the whole program, from
//! its words to its exit code. A process that dies is one whose record takes no writes any more from some write on: what
//! it does to the world has an intent in the record before it, so that nothing happens that could not have happened before a
//! `kill -9`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use contract::{ErrorClass, Provider, ProviderError, Providers};
use model::address::ProviderSource;
use model::clock::{Clock, Timestamp};
use rusqlite::Connection;
use sim::{Cloud, Failure, Script, SimProvider};
use state::{Fuse, Options, Store};
use tempfile::TempDir;

use super::chance::Chance;
use crate::cli::invocation::exit::ExitCode;
use crate::cli::invocation::{Directories, Process};
use crate::cli::output::write;

/// A clock that goes on by a millisecond whenever it is looked at, and as it is told.
#[derive(Debug)]
pub(super) struct TestClock(AtomicI64);

impl TestClock {
    pub(super) fn advance(&self, by: Duration) {
        let millis = i64::try_from(by.as_millis()).expect("it is short");
        self.0.fetch_add(millis, Ordering::SeqCst);
    }

    pub(super) fn set_back(&self, by: Duration) {
        let millis = i64::try_from(by.as_millis()).expect("it is short");
        self.0.fetch_sub(millis, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.fetch_add(1, Ordering::SeqCst))
    }
}

/// What commands find: it is by the directories of projects, because what makes providers is no closure.
static PLACES: LazyLock<Mutex<BTreeMap<PathBuf, Place>>> = LazyLock::new(Mutex::default);

#[derive(Clone, Debug)]
struct Place {
    cloud: Arc<Cloud>,
    fuse: Arc<Burning>,
}

/// The place that a path is in.
fn place(path: &Path) -> Option<Place> {
    let places = PLACES.lock().unwrap_or_else(PoisonError::into_inner);
    let mut above = path.ancestors();
    above.find_map(|directory| places.get(directory).cloned())
}

/// How commands open the record at `path` to write.
pub(in crate::cli) fn options(path: &Path) -> Options {
    let fuse = place(path).map(|place| Fuse::new(move || place.fuse.burns(&place.cloud)));
    Options {
        fuse,
        ..Options::create()
    }
}

/// How much longer a process lives.
#[derive(Debug)]
struct Burning {
    /// So many writes.
    left: AtomicI64,
    /// Whether nothing happens in the world either from the last write on; else what has an intent does.
    is_whole: AtomicBool,
    /// How many writes there were in all.
    writes: AtomicU64,
}

impl Burning {
    /// Counts a write, and says whether it comes.
    fn burns(&self, cloud: &Cloud) -> bool {
        let left = self.left.fetch_sub(1, Ordering::SeqCst);
        if left == 1 && self.is_whole.load(Ordering::SeqCst) {
            let dead = Failure::new(ErrorClass::Permanent);
            cloud.set_script(Script {
                failures: vec![dead],
                ..cloud.script()
            });
        }
        self.writes.fetch_add(u64::from(left > 0), Ordering::SeqCst);
        left > 0
    }
}

#[derive(Debug)]
struct OneCloud(Arc<Cloud>);

#[async_trait]
impl Providers for OneCloud {
    async fn open(&self, source: &ProviderSource) -> Result<Arc<dyn Provider>, ProviderError> {
        if &*source.name == "sim" {
            return Ok(Arc::new(SimProvider::on(self.0.clone())));
        }
        Err(ProviderError::new(ErrorClass::NotFound, "it is not here"))
    }
}

fn providers(directories: Directories<'_>, _: Arc<dyn Clock>) -> Arc<dyn Providers> {
    let place = place(directories.own).expect("it is in a project");
    Arc::new(OneCloud(place.cloud))
}

/// A command that ended.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) code: ExitCode,
    /// Whether its process died.
    pub(super) died: bool,
    /// What it wrote itself; not what was told by tasks of it.
    pub(super) text: String,
}

/// A project, its record, and its world.
#[derive(Debug)]
pub(super) struct Bed {
    directory: TempDir,
    pub(super) clock: Arc<TestClock>,
    random: Arc<Chance>,
    pub(super) cloud: Arc<Cloud>,
    pub(super) store: Store,
    fuse: Arc<Burning>,
    /// Stays open, so that the log of the file is not folded after each command.
    record: Connection,
}

/// A day in 2026, some time after noon.
const BEGINNING: i64 = 1_790_000_000_000;

/// More writes than there ever are.
const FOREVER: i64 = 1 << 40;

/// A number that no process has.
const NOBODY: u32 = 1 << 23;

/// A record in which nothing was recorded.
static EMPTY: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let directory = directory();
    let path = directory.path().join("state.db");
    drop(Store::open(&path, Options::create()).expect("a record"));
    std::fs::read(path).expect("the record")
});

/// When a process dies.
#[derive(Clone, Copy, Debug)]
pub(super) struct Death {
    /// After so many writes of the record.
    pub(super) writes: u64,
    /// Whether what it intended last does not happen any more.
    pub(super) is_whole: bool,
}

fn directory() -> TempDir {
    // In memory where there is such a place: what survives a power cut is not what is tested here.
    let memory = Path::new("/dev/shm");
    if memory.is_dir() {
        tempfile::tempdir_in(memory).expect("a directory")
    } else {
        tempfile::tempdir().expect("a directory")
    }
}

/// Lets what commands say be seen.
pub(super) fn let_commands_be_heard() {
    write::heard::ALOUD.store(true, Ordering::Relaxed);
}

impl Bed {
    pub(super) fn new(seed: u64) -> Self {
        let directory = directory();
        // Some begin in the night.
        let hour = (seed % 24).cast_signed();
        let record = directory.path().join(".terrace");
        std::fs::create_dir(&record).expect("a directory");
        let record = record.join("state.db");
        std::fs::write(&record, &*EMPTY).expect("the record");
        let cloud = Arc::new(Cloud::new(Script::default()));
        let fuse = Arc::new(Burning {
            left: AtomicI64::new(FOREVER),
            is_whole: AtomicBool::new(false),
            writes: AtomicU64::new(0),
        });
        let place = Place {
            cloud: cloud.clone(),
            fuse: fuse.clone(),
        };
        PLACES
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(directory.path().to_owned(), place);
        Self {
            clock: Arc::new(TestClock(AtomicI64::new(BEGINNING + hour * 3_600_000))),
            random: Arc::new(Chance::new(seed ^ 0x5eed)),
            cloud,
            store: Store::open(&record, Options::create()).expect("the record"),
            fuse,
            record: Connection::open(&record).expect("the record"),
            directory,
        }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(super) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        let parent = path.parent().expect("it is in a directory");
        std::fs::create_dir_all(parent).expect("a directory");
        std::fs::write(path, text).expect("a file");
    }

    /// Runs a command for somebody.
    pub(super) fn run(&self, actor: &str, words: &[&str], death: Option<Death>) -> Ended {
        let writes = death.map_or(FOREVER, |death| death.writes.cast_signed());
        self.fuse.left.store(writes, Ordering::SeqCst);
        let is_whole = death.is_some_and(|death| death.is_whole);
        self.fuse.is_whole.store(is_whole, Ordering::SeqCst);
        let script = self.cloud.script();
        let process = Process {
            environment: BTreeMap::from([("TERRACE_ACTOR".to_owned(), actor.to_owned())]),
            directory: self.directory.path().to_owned(),
            clock: self.clock.clone(),
            random: self.random.clone(),
            providers,
            user: || None,
        };
        let line = ["terrace"].iter().chain(words).map(Into::into);
        let code = crate::cli::run(line, process);
        let text = write::heard::take();
        let died = self.fuse.left.load(Ordering::SeqCst) < 0;
        if death.is_some() {
            self.cloud.set_script(script);
            self.nobody_is_there();
        }
        Ended { code, died, text }
    }

    /// Makes the process that held leases one that is not there any more.
    fn nobody_is_there(&self) {
        let sql = "UPDATE lease SET holder = json_set(holder, '$.process.pid', ?1)";
        self.record.execute(sql, [NOBODY]).expect("leases");
    }

    /// How many writes of the record there were.
    pub(super) fn writes(&self) -> u64 {
        self.fuse.writes.load(Ordering::SeqCst)
    }
}

impl Drop for Bed {
    fn drop(&mut self) {
        let mut places = PLACES.lock().unwrap_or_else(PoisonError::into_inner);
        places.remove(self.directory.path());
    }
}
