//! The right to change an environment, a lease that is kept alive until it is given back; and the run that does.

use std::sync::Arc;
use std::time::Duration;

use model::Str;
use model::clock::{Clock, Timestamp};
use model::serial::{RunId, Serial};
use state::{
    ConfigurationDigest, Holder, Lease, LeaseRequest, NewRun, Process, RecordError, RunEnd,
    RunKind, RunOutcome, RunWriter, Store,
};
use tokio::task::JoinHandle;

use crate::record::StoreError;

/// How long a lease lasts without a sign of life.
const TTL: Duration = Duration::from_secs(30);
/// How often there is one.
const HEARTBEAT: Duration = Duration::from_secs(8);

/// What a session is wanted for.
#[derive(Clone, Debug)]
pub struct SessionRequest {
    /// The environment.
    pub environment: Str,
    /// What the run does.
    pub kind: RunKind,
    /// The plan it applies.
    pub plan: Option<String>,
    /// The revision it makes real.
    pub revision: Option<String>,
    /// The variables it uses.
    pub configuration: Option<ConfigurationDigest>,
    /// Who runs it.
    pub actor: String,
    /// Anything to keep with it.
    pub note: Option<String>,
}

impl SessionRequest {
    /// Asks for a run of no plan, revision and variables, about which nothing is noted.
    pub fn new(environment: &Str, kind: RunKind, actor: String) -> Self {
        Self {
            environment: environment.clone(),
            kind,
            plan: None,
            revision: None,
            configuration: None,
            actor,
            note: None,
        }
    }
}

/// Why a session could not begin.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// The record says no; [`RecordError::Locked`] among others.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The record has moved on since the plan was made.
    #[error("the plan was made from serial {planned}, the record is at {found}")]
    Stale {
        /// The plan's serial.
        planned: Serial,
        /// The record's.
        found: Serial,
    },
    /// The record is another one than the plan was made from.
    #[error("the plan was made from another record")]
    Foreign,
    /// What the run is to make real could not be recorded.
    #[error(transparent)]
    Unmade(StoreError),
}

/// Whether a session is to begin at one state of the record only: at that serial and of that lineage (an empty one matches a
/// record that nothing was written to).
pub type Expected<'e> = Option<(Serial, &'e Str)>;

/// The right to change an environment: its lease, kept alive until it is given back.
#[derive(Debug)]
pub(crate) struct Tenure {
    store: Store,
    lease: Lease,
    clock: Arc<dyn Clock>,
    heart: JoinHandle<()>,
}

impl Tenure {
    /// Takes the environment's lease, for what `request` wants.
    ///
    /// # Errors
    /// [`RecordError::Locked`] when it is held; those of writing.
    pub(crate) async fn take(
        store: &Store,
        clock: &Arc<dyn Clock>,
        request: &SessionRequest,
    ) -> Result<Self, RecordError> {
        let asked = LeaseRequest {
            environment: request.environment.clone(),
            holder: Holder {
                actor: request.actor.clone(),
                what: request.kind.as_str().to_owned(),
                process: Process::current(),
            },
            now: clock.now(),
            ttl: TTL,
        };
        let lease = store
            .acquire(asked, |holder| holder.process.state())
            .await?;
        let heart = tokio::spawn(beat(store.clone(), lease.clone(), clock.clone()));
        Ok(Self {
            store: store.clone(),
            lease,
            clock: clock.clone(),
            heart,
        })
    }

    /// Begins a run.
    ///
    /// # Errors
    /// When the record cannot be written.
    pub(crate) async fn begin(self, request: SessionRequest) -> Result<Session, RecordError> {
        let run = NewRun {
            kind: request.kind,
            plan: request.plan,
            revision: request.revision,
            configuration: request.configuration,
            actor: request.actor,
            note: request.note,
            started: self.clock.now(),
        };
        let run = self.store.begin_run(&self.lease, run).await?;
        // A record that nothing was written to had none before.
        let lineage = self.store.header(&request.environment)?.lineage;
        Ok(Session {
            tenure: self,
            run: Arc::new(run),
            lineage,
        })
    }

    /// Gives the lease back.
    ///
    /// # Errors
    /// When the record cannot be written.
    pub(crate) async fn end(self) -> Result<(), RecordError> {
        self.heart.abort();
        self.store.release(self.lease.clone()).await
    }

    /// Its clock.
    pub(crate) fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// The store.
    pub(crate) fn store(&self) -> &Store {
        &self.store
    }
}

impl Drop for Tenure {
    fn drop(&mut self) {
        self.heart.abort();
    }
}

/// A lease and a run under it.
#[derive(Debug)]
pub struct Session {
    tenure: Tenure,
    run: Arc<RunWriter>,
    lineage: Str,
}

impl Session {
    /// Takes the environment's lease and begins a run.
    ///
    /// # Errors
    /// When the lease is held, the record cannot be written, or is not as `expected`.
    pub async fn begin(
        store: &Store,
        clock: &Arc<dyn Clock>,
        request: SessionRequest,
        expected: Expected<'_>,
    ) -> Result<Self, SessionError> {
        Self::begin_with(store, clock, request, expected, async |request| Ok(request)).await
    }

    /// Does what [`Session::begin`] does, and records before the run begins, but not before it may begin, what it makes
    /// real: `make` returns the request with that.
    ///
    /// # Errors
    /// As [`Session::begin`], and those of `make`.
    pub async fn begin_with(
        store: &Store,
        clock: &Arc<dyn Clock>,
        request: SessionRequest,
        expected: Expected<'_>,
        make: impl AsyncFnOnce(SessionRequest) -> Result<SessionRequest, StoreError>,
    ) -> Result<Self, SessionError> {
        let tenure = Tenure::take(store, clock, &request).await?;
        let is_current = expected.map_or(Ok(()), |(serial, lineage)| {
            is_current(store, &request.environment, serial, lineage)
        });
        let made = match is_current {
            Ok(()) => make(request).await.map_err(SessionError::Unmade),
            Err(error) => Err(error),
        };
        match made {
            Ok(request) => Ok(tenure.begin(request).await?),
            Err(error) => {
                tenure.end().await?;
                Err(error)
            }
        }
    }

    /// The run's number.
    pub fn run_id(&self) -> RunId {
        self.run.id()
    }

    /// Which record it is, whatever record was there when the plan was made.
    pub(crate) fn lineage(&self) -> &Str {
        &self.lineage
    }

    /// The session's clock.
    pub(crate) fn clock(&self) -> &Arc<dyn Clock> {
        &self.tenure.clock
    }

    /// Where the run writes.
    pub(crate) fn writer(&self) -> &Arc<RunWriter> {
        &self.run
    }

    /// Adds the result of a check to the run.
    ///
    /// # Errors
    /// When the record cannot be written.
    pub async fn check(&self, check: state::CheckResult) -> Result<(), RecordError> {
        self.run.check(check).await
    }

    /// Makes `sightings` all that is known of the environment's drift, durably, before anything is done about it.
    ///
    /// # Errors
    /// When the record cannot be written; [`RecordError::SightingsMoved`] where another run wrote them since.
    pub async fn sightings(&self, sightings: state::Sightings) -> Result<(), RecordError> {
        self.run.sightings(sightings).await
    }

    /// Now, by the session's clock.
    pub fn now(&self) -> Timestamp {
        self.tenure.clock.now()
    }

    /// The store.
    pub fn store(&self) -> &Store {
        &self.tenure.store
    }

    /// Ends the run and gives the lease back.
    ///
    /// # Errors
    /// When the record cannot be written.
    pub async fn finish(
        self,
        outcome: RunOutcome,
        counts: std::collections::BTreeMap<String, u64>,
    ) -> Result<(), RecordError> {
        let ended = self.now();
        self.run
            .finish(RunEnd {
                outcome,
                counts,
                ended,
            })
            .await?;
        self.tenure.end().await
    }
}

fn is_current(
    store: &Store,
    environment: &Str,
    serial: Serial,
    lineage: &Str,
) -> Result<(), SessionError> {
    let header = store.header(environment)?;
    if !lineage.is_empty() && header.lineage != *lineage {
        return Err(SessionError::Foreign);
    }
    if header.serial.0 != serial.0 {
        return Err(SessionError::Stale {
            planned: serial,
            found: header.serial,
        });
    }
    Ok(())
}

/// Gives signs of life until it is stopped. One that fails is tried again at the next beat: if the lease is lost,
/// every write says so.
async fn beat(store: Store, lease: Lease, clock: Arc<dyn Clock>) {
    loop {
        tokio::time::sleep(HEARTBEAT).await;
        let expires = clock.now().after(TTL);
        let _ = store.heartbeat(&lease, expires).await;
    }
}

impl Session {
    /// Ends earlier runs of the environment whose processes are gone: the lease that this session holds proves it.
    ///
    /// # Errors
    /// When the record cannot be read or written.
    pub(crate) async fn end_interrupted(&self) -> Result<(), RecordError> {
        let ended = self.now();
        let tenure = &self.tenure;
        for run in tenure.store.unended_runs(tenure.lease.environment())? {
            if run.id == self.run.id() || run.token.is_none() {
                continue;
            }
            let counts = std::collections::BTreeMap::new();
            let end = RunEnd {
                outcome: RunOutcome::Interrupted,
                counts,
                ended,
            };
            self.run.finish_other(run.id, end).await?;
        }
        Ok(())
    }
}
