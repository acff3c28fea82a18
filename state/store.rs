//! The open record: reads at once, writes through one thread. Knows nothing of providers or of what attributes mean.
//! Entry point: [`Store::open`].

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use model::Str;
use model::serial::{RunId, Serial};
use rusqlite::Connection;

use crate::chain::{self, ChainReport, Linked};
use crate::desk::{Desk, find_environment};
use crate::error::{Failure, RecordError};
use crate::fuse::Fuse;

use crate::journal::{JournalRow, OpenIntents, read_journal, read_open};
use crate::lease::Lease;
use crate::object::ObjectRow;
use crate::observation::{
    CheckRow, CheckSaid, EventRow, Observation, read_checks, read_events, read_newest_checks,
    read_said,
};
use crate::open::{check_structure, connect, keyring, open_record, reading_only};
use crate::output::OutputRow;
use crate::pending::Pending;
use crate::place::Place;
use crate::read::{self, EnvironmentRow, Header, Recorded, read_header};
use crate::run::{NewRun, RunEnd, RunRow, read_run};
use crate::run_list::{RunFilter, read_runs, read_runs_since, read_unended};
use crate::run_writer::RunWriter;
use crate::schema::meta;
use crate::seal::{Fingerprint, Fingerprints, Key, Keyring, Opener, WhenMissing};
use crate::writer::Writer;

/// What a store is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// To read and write; the record is made if there is none.
    Create,
    /// To read only; works in a directory that cannot be written.
    Read,
}

/// How to open a store.
#[derive(Clone, Debug)]
pub struct Options {
    /// What for.
    pub access: Access,
    /// The key for sealed values; none for the file `key` beside the record, made when first needed.
    pub key: Option<Key>,
    /// The most pages of 4 KiB the file may grow to; none for as many as the disk takes.
    pub page_limit: Option<u32>,
    /// What ends all writing in a test of a process that dies; none where nothing does.
    pub fuse: Option<Fuse>,
}

impl Options {
    /// To read and write, with the key from its file.
    pub fn create() -> Self {
        Self {
            access: Access::Create,
            key: None,
            page_limit: None,
            fuse: None,
        }
    }

    /// To read only, with the key from its file.
    pub fn read() -> Self {
        Self {
            access: Access::Read,
            key: None,
            page_limit: None,
            fuse: None,
        }
    }
}

/// The open record of a project. Clones share it; the last one to go waits for what is still being written.
#[derive(Clone, Debug)]
pub struct Store(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    place: Place,
    options: Options,
    keyring: Arc<Keyring>,
    /// Connections no reader uses at the moment.
    idle: Mutex<Vec<Connection>>,
    /// Started by the first write.
    writer: Mutex<Option<Writer>>,
}

impl Store {
    /// Opens the record at `path`, by custom `.terrace/state.db` in the project's directory.
    ///
    /// With [`Access::Create`] the directory of the file (not its parents) and the file are made if they are not there,
    /// for their owner only.
    ///
    /// # Errors
    /// [`RecordError::Missing`] (only with [`Access::Read`]), [`RecordError::Newer`], [`RecordError::Unreadable`],
    /// [`RecordError::ReadOnly`], [`RecordError::Full`], [`RecordError::Busy`], [`RecordError::Open`].
    pub fn open(path: &Path, options: Options) -> Result<Self, RecordError> {
        let conn = open_record(path, &options)?;
        let keyring = keyring(path, &options);
        Ok(Self(Arc::new(Inner {
            place: Place::of(path),
            path: path.to_path_buf(),
            options,
            keyring: Arc::new(keyring),
            idle: Mutex::new(vec![conn]),
            writer: Mutex::new(None),
        })))
    }

    /// Returns the path the record was opened at.
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// Returns whether the record was opened to be read only.
    pub fn is_read_only(&self) -> bool {
        self.0.options.access == Access::Read
    }

    /// Checks that the whole file is sound, which takes time in proportion to its size.
    ///
    /// # Errors
    /// [`RecordError::Unreadable`] if it is damaged.
    pub fn check(&self) -> Result<(), RecordError> {
        self.reading(|conn| Ok(check_structure(conn, &self.0.path)?))
    }

    /// Runs `read` on one state of the record, which writers do not change meanwhile.
    pub(crate) fn reading<T>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, Failure>,
    ) -> Result<T, RecordError> {
        let idle = self
            .0
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        let conn = match idle {
            Some(conn) => conn,
            None => connect(&self.0.path, &self.0.options)?,
        };
        let result = conn
            .unchecked_transaction()
            .map_err(Failure::from)
            .and_then(|_snapshot| read(&conn))
            .map_err(|failure| failure.at(&self.0.path));
        self.0
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(conn);
        result
    }

    /// Queues a write; the first one starts the writing thread.
    pub(crate) fn write<T, F>(&self, operation: F) -> Pending<T>
    where
        T: Send + 'static,
        F: Fn(&mut Desk) -> Result<T, Failure> + Send + 'static,
    {
        if self.is_read_only() {
            return Pending::ready(Err(reading_only(&self.0.path)));
        }
        let fuse = self.0.options.fuse.as_ref();
        if fuse.is_some_and(|fuse| !fuse.holds()) {
            return Pending::ready(Err(RecordError::Closed));
        }
        let mut writer = self.0.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let running = match writer.take() {
            Some(running) => running,
            None => match self.start_writer() {
                Ok(started) => started,
                Err(error) => return Pending::ready(Err(error)),
            },
        };
        writer.insert(running).submit(operation)
    }

    fn start_writer(&self) -> Result<Writer, RecordError> {
        let Inner {
            path,
            place,
            options,
            keyring,
            idle: _,
            writer: _,
        } = &*self.0;
        place.check()?;
        let conn = connect(path, options)?;
        let desk = Desk::new(conn, path.clone(), keyring.clone());
        Writer::start(desk, place.clone()).map_err(|error| RecordError::from_io(path, error))
    }

    pub(crate) fn opener(&self, conn: &Connection, environment: &Str) -> Result<Opener, Failure> {
        let known = meta(conn, "key")?
            .map(<[u8; 16]>::try_from)
            .transpose()
            .map_err(|_| {
                let reason = "the id of its key has the wrong length".into();
                RecordError::Unreadable {
                    path: self.0.path.clone(),
                    reason,
                }
            })?;
        let keyring = self.0.keyring.clone();
        Ok(Opener {
            keyring,
            environment: environment.clone(),
            known,
        })
    }
}

/// Environments and what exists in them.
impl Store {
    /// Lists the names of the environments that have a record, in order, without a look at what they have.
    ///
    /// # Errors
    /// Those of reading.
    pub fn environment_names(&self) -> Result<Vec<Str>, RecordError> {
        self.reading(read::read_names)
    }

    /// Counts the objects of an environment, deposed ones too; takes time with their number.
    ///
    /// # Errors
    /// Those of reading.
    pub fn count_objects(&self, environment: &Str) -> Result<u64, RecordError> {
        self.reading(|conn| read::count_objects(conn, environment))
    }

    /// Lists the environments that have a record, by name; [`PROJECT`](crate::PROJECT) is none.
    ///
    /// # Errors
    /// Those of reading: [`RecordError::Unreadable`], [`RecordError::Storage`], [`RecordError::Busy`]; so in all reads.
    pub fn environments(&self) -> Result<Vec<EnvironmentRow>, RecordError> {
        self.reading(read::read_environments)
    }

    /// Returns the serial and lineage of an environment's record; serial 0 if it has none yet.
    ///
    /// # Errors
    /// Those of reading.
    pub fn header(&self, environment: &Str) -> Result<Header, RecordError> {
        self.reading(|conn| Ok(read_header(conn, environment)?.1))
    }

    /// Reads everything an environment's record holds now; nothing, at serial 0, if it has none yet.
    ///
    /// # Errors
    /// Those of reading. Sealed values are not opened, so no key is needed.
    pub fn read(&self, environment: &Str) -> Result<Recorded, RecordError> {
        self.reading(|conn| {
            let opener = self.opener(conn, environment)?;
            let (id, header) = read_header(conn, environment)?;
            let Some(id) = id else {
                return Ok(Recorded {
                    header,
                    objects: Vec::new(),
                    outputs: Vec::new(),
                    opener,
                });
            };
            let objects = read::collect(|each| read::each_object(conn, id, each))?;
            let outputs = read::read_outputs(conn, id, None)?;
            Ok(Recorded {
                header,
                objects,
                outputs,
                opener,
            })
        })
    }

    /// Reads what an environment's record held at `serial`.
    ///
    /// # Errors
    /// [`RecordError::NoSerial`], those of reading.
    pub fn read_at(&self, environment: &Str, serial: Serial) -> Result<Recorded, RecordError> {
        self.reading(|conn| {
            let opener = self.opener(conn, environment)?;
            let (id, header) = read_header(conn, environment)?;
            if serial > header.serial {
                let newest = header.serial;
                let environment = environment.clone();
                return Err(RecordError::NoSerial {
                    environment,
                    serial,
                    newest,
                }
                .into());
            }
            let header = Header { serial, ..header };
            let Some(id) = id else {
                return Ok(Recorded {
                    header,
                    objects: Vec::new(),
                    outputs: Vec::new(),
                    opener,
                });
            };
            let objects = read::collect(|each| read::each_object_at(conn, id, serial, each))?;
            let outputs = read::read_outputs(conn, id, Some(serial))?;
            Ok(Recorded {
                header,
                objects,
                outputs,
                opener,
            })
        })
    }

    /// Gives `each` the objects of an environment one by one, in the order they were first recorded, until it breaks off.
    ///
    /// All are of one serial, which is returned with an opener for what they hold sealed. Meant for estates that should
    /// not be in memory whole.
    ///
    /// # Errors
    /// Those of reading.
    pub fn read_each(
        &self,
        environment: &Str,
        mut each: impl FnMut(&Opener, ObjectRow) -> ControlFlow<()>,
    ) -> Result<Header, RecordError> {
        self.reading(|conn| {
            let opener = self.opener(conn, environment)?;
            let (id, header) = read_header(conn, environment)?;
            if let Some(id) = id {
                read::each_object(conn, id, &mut |object| each(&opener, object))?;
            }
            Ok(header)
        })
    }

    /// Reads the outputs of an environment by name, with what opens them.
    ///
    /// # Errors
    /// Those of reading.
    pub fn outputs(&self, environment: &Str) -> Result<(Vec<OutputRow>, Opener), RecordError> {
        self.reading(|conn| {
            let opener = self.opener(conn, environment)?;
            let id = find_environment(conn, environment)?;
            let outputs = id
                .map(|id| read::read_outputs(conn, id, None))
                .transpose()?;
            Ok((outputs.unwrap_or_default(), opener))
        })
    }
}

/// Runs and what they left.
impl Store {
    /// Begins a run that may change the environment of `lease`.
    ///
    /// # Errors
    /// [`RecordError::Fenced`] if the lease was released or taken over; those of writing.
    pub fn begin_run(&self, lease: &Lease, run: NewRun) -> Pending<RunWriter> {
        let (lease, store) = (lease.clone(), self.clone());
        store.begin(move |desk| desk.begin_run(&lease, &run))
    }

    /// Begins a run that only looks: it may write events and results of checks, and needs no lease.
    ///
    /// # Errors
    /// Those of writing.
    pub fn begin_observation(&self, environment: &Str, run: NewRun) -> Pending<RunWriter> {
        let environment = environment.clone();
        self.begin(move |desk| desk.begin_observation(&environment, &run))
    }

    /// Records a run that is a decision of a person or a rule, whole, in one transaction: nobody ever sees a half of it.
    /// It needs no lease; [`PROJECT`](crate::PROJECT) is the environment of what belongs to none.
    ///
    /// # Errors
    /// Those of writing.
    pub fn decide(
        &self,
        environment: &Str,
        run: NewRun,
        events: Vec<EventRow>,
        end: RunEnd,
    ) -> Pending<RunRow> {
        let environment = environment.clone();
        self.write(move |desk| {
            let scope = desk.begin_observation(&environment, &run)?;
            for event in &events {
                desk.event(&scope, event)?;
            }
            desk.finish(&scope, &end)
        })
    }

    /// Adds a run that only looked and is over, all of it or nothing. Answers with the run; with none where the record is
    /// at another serial by now, so that what was seen says nothing of it.
    ///
    /// # Errors
    /// Those of writing.
    pub fn observed(&self, environment: &Str, seen: Observation) -> Pending<Option<RunRow>> {
        let environment = environment.clone();
        self.write(move |desk| desk.observed(&environment, &seen))
    }

    /// Lists runs, the newest first.
    ///
    /// # Errors
    /// Those of reading.
    pub fn runs(&self, filter: &RunFilter) -> Result<Vec<RunRow>, RecordError> {
        self.reading(|conn| Ok(read_runs(conn, filter)?))
    }

    /// Lists the runs of an environment begun after `after` (0 for all), the oldest first.
    ///
    /// # Errors
    /// Those of reading.
    pub fn runs_since(&self, environment: &Str, after: RunId) -> Result<Vec<RunRow>, RecordError> {
        self.reading(|conn| Ok(read_runs_since(conn, environment, after)?))
    }

    /// Lists the runs of an environment that have not ended, the oldest first: those under way, and those whose process died.
    ///
    /// # Errors
    /// Those of reading.
    pub fn unended_runs(&self, environment: &Str) -> Result<Vec<RunRow>, RecordError> {
        self.reading(|conn| Ok(read_unended(conn, environment)?))
    }

    /// Reads one run.
    ///
    /// # Errors
    /// [`RecordError::NoRun`], those of reading.
    pub fn run(&self, run: RunId) -> Result<RunRow, RecordError> {
        self.reading(|conn| read_run(conn, run))
    }

    /// Reads the events of a run in their order.
    ///
    /// # Errors
    /// Those of reading.
    pub fn events(&self, run: RunId) -> Result<Vec<EventRow>, RecordError> {
        self.reading(|conn| read_events(conn, run))
    }

    /// Reads the steps of a run in the order they began.
    ///
    /// # Errors
    /// Those of reading.
    pub fn journal(&self, run: RunId) -> Result<Vec<JournalRow>, RecordError> {
        self.reading(|conn| read_journal(conn, run))
    }

    /// Reads the results of a run's checks in their order.
    ///
    /// # Errors
    /// Those of reading.
    pub fn checks(&self, run: RunId) -> Result<Vec<CheckRow>, RecordError> {
        self.reading(|conn| read_checks(conn, run))
    }

    /// Reads what each check of an environment ever said, in the order of their runs, and of their answers in each: in one
    /// query, however many runs there are.
    ///
    /// # Errors
    /// Those of reading.
    pub fn said(&self, environment: &Str) -> Result<Vec<CheckSaid>, RecordError> {
        self.reading(|conn| Ok(read_said(conn, environment)?))
    }

    /// Reads the newest result of each check of an environment, by the check's name.
    ///
    /// # Errors
    /// Those of reading.
    pub fn newest_checks(&self, environment: &Str) -> Result<Vec<CheckRow>, RecordError> {
        self.reading(|conn| Ok(read_newest_checks(conn, environment)?))
    }

    /// Reads the intents of an environment of which it is not recorded what became of them, in the order they were written.
    ///
    /// While nobody holds the lease they are what dead processes left; [`RunWriter::settle`] closes them.
    ///
    /// # Errors
    /// Those of reading.
    pub fn open_intents(&self, environment: &Str) -> Result<OpenIntents, RecordError> {
        self.reading(|conn| {
            let opener = self.opener(conn, environment)?;
            let id = find_environment(conn, environment)?;
            let intents = id
                .map(|id| read_open(conn, id))
                .transpose()?
                .unwrap_or_default();
            Ok(OpenIntents { intents, opener })
        })
    }

    /// Checks the hashes of an environment's history from its first run, which takes time in proportion to the history. That
    /// nothing was cut off its end is told by the record's key.
    ///
    /// # Errors
    /// [`RecordError::KeyMissing`], [`RecordError::WrongKey`], [`RecordError::KeyUnusable`]; those of reading. A history that
    /// was edited is no error but a finding.
    pub fn verify_chain(&self, environment: &Str) -> Result<ChainReport, RecordError> {
        self.reading(|conn| chain::verify(conn, environment, &self.0.keyring))
    }

    /// Finds the ended runs whose hash begins with `digits`, hexadecimal, in whatever environment. Nothing is checked: a hash
    /// says something of a run only where it stands before the end of what is sound.
    ///
    /// # Errors
    /// Those of reading.
    pub fn linked(&self, digits: &str) -> Result<Vec<Linked>, RecordError> {
        self.reading(|conn| chain::linked(conn, digits))
    }
}

/// Secrets.
impl Store {
    /// Returns what tells whether two secrets are equal without telling what they are; `purpose` keeps fingerprints of
    /// different things from being compared. The first use may make the key's file.
    ///
    /// # Errors
    /// [`RecordError::KeyMissing`], [`RecordError::WrongKey`], [`RecordError::KeyUnusable`]; those of reading.
    pub fn fingerprint(
        &self,
        environment: &Str,
        purpose: &str,
        bytes: &[u8],
    ) -> Result<Fingerprint, RecordError> {
        Ok(self.fingerprints(environment)?.of(purpose, bytes))
    }

    /// Returns what makes many fingerprints of an environment's secrets without reading the record for each.
    ///
    /// # Errors
    /// Those of [`Store::fingerprint`].
    pub fn fingerprints(&self, environment: &Str) -> Result<Fingerprints, RecordError> {
        let known = self.reading(|conn| Ok(meta(conn, "key")?))?;
        let missing = match self.0.options.access {
            Access::Create => WhenMissing::Make,
            Access::Read => WhenMissing::Fail,
        };
        let seal = self
            .0
            .keyring
            .seal(environment, known.as_deref(), missing)?;
        Ok(Fingerprints(seal))
    }
}
