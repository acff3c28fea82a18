//! Leases: one run at a time may change an environment, and a run that lost its lease can write nothing more.
//! Entry points: [`Holder`], [`Lease`].

use std::fmt;
use std::time::Duration;

use model::Str;
use model::clock::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row};
use serde::{Deserialize, Serialize};

use crate::desk::{Desk, find_environment};
use crate::error::{Failure, RecordError};
use crate::pending::Pending;
use crate::revision::PROJECT;
use crate::store::Store;
use crate::term::EnvironmentId;

/// Who holds a lease, so that others can name it and find out whether it still lives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Who runs it: a user, a CI job.
    pub actor: String,
    /// What it does: `apply`.
    pub what: String,
    /// The process.
    pub process: Process,
}

/// A process, told apart from all others also after its number was given to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// The host's name.
    pub host: String,
    /// The host's boot and process namespace; processes can be looked up only where these are the same.
    pub boot: String,
    /// The process's number there.
    pub pid: u32,
    /// When it began, in the system's own count; 0 if that is not known.
    pub started: u64,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            actor,
            what,
            process,
        } = self;
        write!(
            f,
            "`{what}` of {actor} (process {} on {})",
            process.pid, process.host
        )
    }
}

/// What is known of the life of a lease's holder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HolderState {
    /// It certainly runs.
    Alive,
    /// It certainly does not run.
    Dead,
    /// It runs where this process cannot look; its lease ends by time.
    Unknown,
}

/// The right to change an environment until it is released, or expires and is taken over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    pub(crate) environment: EnvironmentId,
    pub(crate) name: Str,
    pub(crate) token: u64,
}

impl Lease {
    /// Returns the environment it is for.
    pub fn environment(&self) -> &Str {
        &self.name
    }

    /// Returns the fencing token; each lease on an environment has a higher one than those before.
    pub fn token(&self) -> u64 {
        self.token
    }
}

/// A request for a lease.
#[derive(Clone, Debug)]
pub struct LeaseRequest {
    /// The environment.
    pub environment: Str,
    /// Who asks.
    pub holder: Holder,
    /// The caller's time.
    pub now: Timestamp,
    /// How long the lease lasts without a heartbeat.
    pub ttl: Duration,
}

/// A lease as it stands in the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaseRow {
    /// The fencing token.
    pub token: u64,
    /// Whether it is held, perhaps past its end; else it was released.
    pub held: bool,
    /// Who holds or held it.
    pub holder: Holder,
    /// Since when.
    pub since: Timestamp,
    /// When it ends if the holder is not heard of again.
    pub expires: Timestamp,
}

impl LeaseRow {
    fn read(row: &Row<'_>) -> Result<Self, rusqlite::Error> {
        let holder = serde_json::from_str(row.get_ref(2)?.as_str()?).map_err(|error| {
            let kind = rusqlite::types::Type::Text;
            rusqlite::Error::FromSqlConversionFailure(2, kind, error.into())
        })?;
        Ok(Self {
            token: row.get(0)?,
            held: row.get(1)?,
            holder,
            since: Timestamp(row.get(3)?),
            expires: Timestamp(row.get(4)?),
        })
    }

    /// Whether nobody may use it any more at `now`.
    fn is_over(&self, now: Timestamp) -> bool {
        !self.held || now >= self.expires
    }
}

impl Store {
    /// Takes the lease of an environment, so that no other run can change it.
    ///
    /// A lease that is released, or past its end at `request.now`, or whose holder `state` calls [`HolderState::Dead`],
    /// is taken over; its runs can write nothing from then on. `state` is asked only of a lease that is held and not past
    /// its end; [`crate::Process::state`] is the usual answer.
    ///
    /// # Errors
    /// [`RecordError::Locked`] if it is held; those of writing: [`RecordError::Full`], [`RecordError::ReadOnly`],
    /// [`RecordError::Busy`], [`RecordError::Storage`], [`RecordError::Closed`]; so in all writes.
    pub fn acquire(
        &self,
        request: LeaseRequest,
        state: impl FnOnce(&Holder) -> HolderState,
    ) -> Pending<Lease> {
        if request.environment == PROJECT {
            let what = format!("a lease was asked for `{PROJECT}`, which is no environment");
            return Pending::ready(Err(RecordError::bug(what)));
        }
        // Looking at a process takes time, so it is done before the lock is taken. The token names the lease looked at.
        let found = self.lease(&request.environment);
        let dead = match found {
            Ok(Some(row))
                if !row.is_over(request.now) && state(&row.holder) == HolderState::Dead =>
            {
                Some(row.token)
            }
            Ok(_) => None,
            Err(error) => return Pending::ready(Err(error)),
        };
        self.write(move |desk| desk.acquire(&request, dead))
    }

    /// Reads the lease of an environment, if one was ever given out.
    ///
    /// # Errors
    /// Those of reading.
    pub fn lease(&self, environment: &Str) -> Result<Option<LeaseRow>, RecordError> {
        self.reading(|conn| match find_environment(conn, environment)? {
            Some(id) => Ok(read_lease(conn, id)?),
            None => Ok(None),
        })
    }

    /// Makes a lease last until `expires`.
    ///
    /// # Errors
    /// [`RecordError::Fenced`] if it was released or taken over; those of writing.
    pub fn heartbeat(&self, lease: &Lease, expires: Timestamp) -> Pending<()> {
        let lease = lease.clone();
        self.write(move |desk| desk.heartbeat(&lease, expires))
    }

    /// Gives a lease back.
    ///
    /// # Errors
    /// [`RecordError::Fenced`] if it was released or taken over; those of writing.
    pub fn release(&self, lease: Lease) -> Pending<()> {
        self.write(move |desk| desk.release(&lease))
    }
}

/// Reads an environment's lease, if one was ever given out.
pub(crate) fn read_lease(
    conn: &Connection,
    environment: EnvironmentId,
) -> Result<Option<LeaseRow>, rusqlite::Error> {
    let sql = "SELECT token, held, holder, since, expires FROM lease WHERE environment = ?1";
    conn.prepare_cached(sql)?
        .query_row([environment], LeaseRow::read)
        .optional()
}

impl Desk {
    /// Gives out a lease. `dead` is the token of a lease whose holder is known to be dead.
    pub(crate) fn acquire(
        &mut self,
        request: &LeaseRequest,
        dead: Option<u64>,
    ) -> Result<Lease, Failure> {
        let environment = self.environment(&request.environment)?;
        let found = read_lease(&self.conn, environment)?;
        let last = found.as_ref().map_or(0, |lease| lease.token);
        if let Some(lease) = found
            && !lease.is_over(request.now)
            && dead != Some(lease.token)
        {
            return Err(RecordError::Locked {
                environment: request.environment.clone(),
                holder: Box::new(lease.holder),
                since: lease.since,
                expires: lease.expires,
            }
            .into());
        }
        let holder = serde_json::to_string(&request.holder)
            .map_err(|error| RecordError::bug(format!("a holder has no JSON: {error}")))?;
        let sql = "INSERT OR REPLACE INTO lease (environment, token, held, holder, since, expires) \
                   VALUES (?1, ?2, 1, ?3, ?4, ?5)";
        self.conn.prepare_cached(sql)?.execute((
            environment,
            last + 1,
            holder,
            request.now.0,
            request.now.after(request.ttl).0,
        ))?;
        self.forget_lease(environment);
        Ok(Lease {
            environment,
            name: request.environment.clone(),
            token: last + 1,
        })
    }

    /// Makes a lease last until `expires`.
    pub(crate) fn heartbeat(&mut self, lease: &Lease, expires: Timestamp) -> Result<(), Failure> {
        self.check_token(lease.environment, &lease.name, lease.token)?;
        let sql = "UPDATE lease SET expires = ?2 WHERE environment = ?1";
        self.conn
            .prepare_cached(sql)?
            .execute((lease.environment, expires.0))?;
        Ok(())
    }

    /// Gives a lease back.
    pub(crate) fn release(&mut self, lease: &Lease) -> Result<(), Failure> {
        self.check_token(lease.environment, &lease.name, lease.token)?;
        let sql = "UPDATE lease SET held = 0 WHERE environment = ?1";
        self.conn
            .prepare_cached(sql)?
            .execute([lease.environment])?;
        self.forget_lease(lease.environment);
        Ok(())
    }
}
