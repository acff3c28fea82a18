//! Runs: what was done to an environment, when, by whom, with what result. Never edited after they ended.
//! Entry points: [`NewRun`], [`RunRow`].

use std::collections::BTreeMap;

use model::Str;
use model::clock::Timestamp;
use model::serial::{RunId, Serial};
use rusqlite::{Connection, OptionalExtension, Row};

use crate::configuration::ConfigurationDigest;
use crate::desk::{Desk, RunState, Scope, Writes};
use crate::error::{Failure, RecordError};

use crate::lease::Lease;
use crate::word::{mangled, word, words};

words! {
    /// What a run does.
    RunKind {
        /// Applies a plan.
        Apply = "apply",
        /// Destroys what is there.
        Destroy = "destroy",
        /// Records what is observed.
        Refresh = "refresh",
        /// Applies a revision that was promoted.
        Promote = "promote",
        /// Goes back to an earlier revision.
        Rollback = "rollback",
        /// Repairs drift.
        Heal = "heal",
        /// Takes over what exists.
        Import = "import",
        /// Settles what an interrupted run left open.
        Recover = "recover",
        /// Edits the record itself: moves, forgets, taints.
        Edit = "edit",
        /// Runs the environment's checks.
        Verify = "verify",
        /// Looks for drift.
        Drift = "drift",
        /// A person says yes to a revision in an environment.
        Approve = "approve",
        /// A person says no to a revision, here or everywhere.
        Reject = "reject",
        /// Keeps what is there from being replaced by pipeline and promotion.
        Hold = "hold",
        /// Ends a hold.
        Release = "release",
        /// A revision is made.
        Revision = "revision",
    }
}

words! {
    /// How a run ended.
    RunOutcome {
        /// All of it was done.
        Succeeded = "succeeded",
        /// Something failed; the record says what exists.
        Failed = "failed",
        /// A person stopped it.
        Cancelled = "cancelled",
        /// Its process died; noted by the run that found out.
        Interrupted = "interrupted",
    }
}

/// How many steps of each kind or result a run had: `created`, `failed`. The words are the caller's.
pub type Counts = BTreeMap<String, u64>;

/// A run that begins.
#[derive(Clone, Debug)]
pub struct NewRun {
    /// What it does.
    pub kind: RunKind,
    /// The id of the plan it applies.
    pub plan: Option<String>,
    /// The revision it applies or is about: `r42`.
    pub revision: Option<String>,
    /// The variables it uses, kept by [`Store::put_configuration`](crate::Store::put_configuration).
    pub configuration: Option<ConfigurationDigest>,
    /// Who runs it.
    pub actor: String,
    /// Anything to keep with it: the reason of a `--break-glass`.
    pub note: Option<String>,
    /// When it begins.
    pub started: Timestamp,
}

/// How a run ended.
#[derive(Clone, Debug)]
pub struct RunEnd {
    /// The result.
    pub outcome: RunOutcome,
    /// How many steps it had.
    pub counts: Counts,
    /// When it ended.
    pub ended: Timestamp,
}

/// A run as recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunRow {
    /// Its number.
    pub id: RunId,
    /// The environment.
    pub environment: Str,
    /// The fencing token of its lease; none if it only observed.
    pub token: Option<u64>,
    /// What it does.
    pub kind: RunKind,
    /// The id of the plan it applies.
    pub plan: Option<String>,
    /// The revision it applies or is about: `r42`.
    pub revision: Option<String>,
    /// The variables it uses; [`Store::configuration`](crate::Store::configuration) gives them readable.
    pub configuration: Option<ConfigurationDigest>,
    /// Who runs it.
    pub actor: String,
    /// Anything kept with it.
    pub note: Option<String>,
    /// When it began.
    pub started: Timestamp,
    /// The serial it found.
    pub serial_before: Serial,
    /// The serial it wrote; none if it changed nothing.
    pub serial_after: Option<Serial>,
    /// How it ended; none while it runs or if its process died and nobody has noted that yet.
    pub end: Option<RunEndRow>,
}

/// The end of a run as recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunEndRow {
    /// The result.
    pub outcome: RunOutcome,
    /// How many steps it had.
    pub counts: Counts,
    /// When it ended.
    pub ended: Timestamp,
    /// Its place among the environment's ended runs, from 1.
    pub position: u64,
    /// Digest of its intents, results, events and checks.
    pub journal: [u8; 32],
    /// Hash of the run before it in the chain and of itself.
    pub hash: [u8; 32],
}

pub(crate) const COLUMNS: &str = "run.id, environment.name, token, kind, plan, revision, actor, note, started, \
                       serial_before, serial_after, ended, outcome, counts, position, journal, hash, \
                       configuration";

/// The columns of [`COLUMNS`] come from here.
pub(crate) const FROM: &str = "run JOIN environment ON environment.id = run.environment";

impl RunRow {
    pub(crate) fn read(row: &Row<'_>) -> Result<Self, rusqlite::Error> {
        let end = match row.get::<_, Option<i64>>(11)? {
            None => None,
            Some(ended) => Some(RunEndRow {
                outcome: word(row, 12)?,
                counts: serde_json::from_str(row.get_ref(13)?.as_str()?)
                    .map_err(|error| mangled(13, error))?,
                ended: Timestamp(ended),
                position: row.get(14)?,
                journal: row.get(15)?,
                hash: row.get(16)?,
            }),
        };
        Ok(Self {
            id: RunId(row.get(0)?),
            environment: row.get_ref(1)?.as_str()?.into(),
            token: row.get(2)?,
            kind: word(row, 3)?,
            plan: row.get(4)?,
            revision: row.get(5)?,
            configuration: row.get::<_, Option<_>>(17)?.map(ConfigurationDigest),
            actor: row.get(6)?,
            note: row.get(7)?,
            started: Timestamp(row.get(8)?),
            serial_before: Serial(row.get(9)?),
            serial_after: row.get::<_, Option<u64>>(10)?.map(Serial),
            end,
        })
    }
}

/// Reads one run.
pub(crate) fn read_run(conn: &Connection, run: RunId) -> Result<RunRow, Failure> {
    let sql = format!("SELECT {COLUMNS} FROM {FROM} WHERE run.id = ?1");
    let found = conn
        .prepare_cached(&sql)?
        .query_row([run.0], RunRow::read)
        .optional()?;
    Ok(found.ok_or(RecordError::NoRun { run })?)
}

impl Desk {
    /// Begins a run that may change what `lease` is for.
    pub(crate) fn begin_run(&mut self, lease: &Lease, new: &NewRun) -> Result<Scope, Failure> {
        self.check_token(lease.environment, &lease.name, lease.token)?;
        self.insert_run(lease.name.clone(), Some(lease.token), new)
    }

    /// Begins a run that only observes.
    pub(crate) fn begin_observation(
        &mut self,
        environment: &Str,
        new: &NewRun,
    ) -> Result<Scope, Failure> {
        self.insert_run(environment.clone(), None, new)
    }

    fn insert_run(
        &mut self,
        name: Str,
        token: Option<u64>,
        new: &NewRun,
    ) -> Result<Scope, Failure> {
        let NewRun {
            kind,
            plan,
            revision,
            configuration,
            actor,
            note,
            started,
        } = new;
        let environment = self.environment(&name)?;
        if let Some(digest) = configuration {
            self.need_configuration(environment, &name, *digest)?;
        }
        let sql = "INSERT INTO run (environment, token, kind, plan, revision, actor, note, started, \
                   configuration, serial_before) SELECT id, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, serial \
                   FROM environment WHERE id = ?1";
        let mut insert = self.conn.prepare_cached(sql)?;
        let id = insert.insert(rusqlite::params![
            environment,
            token,
            kind.as_str(),
            plan,
            revision,
            actor,
            note,
            started.0,
            configuration.map(|digest| digest.0),
        ])?;
        let run = RunId(u64::try_from(id).map_err(|_| RecordError::bug("a run below zero"))?);
        Ok(Scope {
            run,
            environment,
            name,
            token,
        })
    }

    /// Ends a run and adds it to the chain.
    pub(crate) fn finish(&mut self, scope: &Scope, end: &RunEnd) -> Result<RunRow, Failure> {
        self.guard(scope, Writes::Observations)?;
        self.end_run(scope, scope.run, end)
    }

    /// Ends a run of the same environment whose process is gone.
    pub(crate) fn finish_other(
        &mut self,
        scope: &Scope,
        run: RunId,
        end: &RunEnd,
    ) -> Result<RunRow, Failure> {
        self.guard(scope, Writes::Objects)?;
        let other = read_run(&self.conn, run)?;
        if other.environment != scope.name {
            return Err(RecordError::NoRun { run }.into());
        }
        if other.end.is_some() {
            return Err(RecordError::RunEnded { run }.into());
        }
        self.end_run(scope, run, end)
    }

    fn end_run(&mut self, scope: &Scope, run: RunId, end: &RunEnd) -> Result<RunRow, Failure> {
        let RunEnd {
            outcome,
            counts,
            ended,
        } = end;
        let counts_text = serde_json::to_string(counts)
            .map_err(|error| RecordError::bug(format!("counts have no JSON: {error}")))?;
        let sql = "UPDATE run SET ended = ?2, outcome = ?3, counts = ?4 WHERE id = ?1";
        let mut update = self.conn.prepare_cached(sql)?;
        update.execute((run.0, ended.0, outcome.as_str(), counts_text))?;
        drop(update);
        self.link(scope.environment, run)?;
        self.runs.insert(
            run,
            RunState {
                ended: true,
                serial: None,
            },
        );
        read_run(&self.conn, run)
    }
}
