//! The writing thread's connection, with what it may remember: inside one transaction, and beyond.
//! Everything that is written is written by methods of [`Desk`], next to the noun they write.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use model::Str;
use model::serial::RunId;
use rusqlite::{Connection, OptionalExtension};

use crate::error::{Failure, RecordError};
use crate::schema::{OBJECT_BITS, RUN_BITS, meta};
use crate::seal::{Fingerprint, Keyring, Payload, Place, Protection, Seal, WhenMissing};
use crate::term::{EnvironmentId, TermWriter};

/// A run as the writer needs it: whose it is and what it may do.
#[derive(Clone, Debug)]
pub(crate) struct Scope {
    pub(crate) run: RunId,
    pub(crate) environment: EnvironmentId,
    pub(crate) name: Str,
    /// Of the lease; a run without one only observes.
    pub(crate) token: Option<u64>,
}

/// What a call is about to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Writes {
    /// Objects, outputs or the journal: the lease is needed.
    Objects,
    /// What was seen: events, results of checks.
    Observations,
}

/// Tables whose rows are numbered within a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Numbered {
    Intent,
    Event,
    CheckResult,
}

/// The writing connection.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) conn: Connection,
    path: PathBuf,
    keyring: Arc<Keyring>,
    pub(crate) terms: TermWriter,
    environments: HashMap<Str, EnvironmentId>,
    // What follows is true only inside the transaction that looked it up.
    tokens: HashMap<EnvironmentId, (u64, bool)>,
    pub(crate) runs: HashMap<RunId, RunState>,
    next_in_run: HashMap<(Numbered, RunId), i64>,
    next_object: HashMap<EnvironmentId, i64>,
    key_id: Option<Option<Vec<u8>>>,
    /// Whether anything is claimed.
    pub(crate) claims: Option<bool>,
}

/// What a transaction knows of a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RunState {
    pub(crate) ended: bool,
    /// The serial it writes, once it has changed something.
    pub(crate) serial: Option<i64>,
}

impl Desk {
    pub(crate) fn new(conn: Connection, path: PathBuf, keyring: Arc<Keyring>) -> Self {
        conn.set_prepared_statement_cache_capacity(128);
        Self {
            conn,
            path,
            keyring,
            terms: TermWriter::default(),
            environments: HashMap::new(),
            tokens: HashMap::new(),
            runs: HashMap::new(),
            next_in_run: HashMap::new(),
            next_object: HashMap::new(),
            key_id: None,
            claims: None,
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    fn statement(&self, sql: &str) -> Result<(), rusqlite::Error> {
        self.conn.prepare_cached(sql)?.execute([]).map(|_| ())
    }

    /// Begins the transaction of a batch.
    pub(crate) fn begin(&mut self) -> Result<(), rusqlite::Error> {
        self.forget_transaction();
        self.statement("BEGIN IMMEDIATE")
    }

    /// Makes the batch durable.
    pub(crate) fn commit(&mut self) -> Result<(), rusqlite::Error> {
        self.statement("COMMIT")
    }

    /// Undoes the whole batch.
    pub(crate) fn abandon(&mut self) {
        self.forget_all();
        if !self.conn.is_autocommit() {
            // If even that fails the next BEGIN does too, and says why.
            let _ = self.statement("ROLLBACK");
        }
    }

    /// Begins one operation of the batch.
    pub(crate) fn mark(&mut self) -> Result<(), rusqlite::Error> {
        self.statement("SAVEPOINT operation")
    }

    /// Keeps the operation.
    pub(crate) fn keep(&mut self) -> Result<(), rusqlite::Error> {
        self.statement("RELEASE operation")
    }

    /// Undoes the operation and nothing else.
    pub(crate) fn back(&mut self) -> Result<(), rusqlite::Error> {
        self.forget_all();
        self.statement("ROLLBACK TO operation")?;
        self.statement("RELEASE operation")
    }

    fn forget_transaction(&mut self) {
        self.tokens.clear();
        self.runs.clear();
        self.next_in_run.clear();
        self.next_object.clear();
        self.key_id = None;
        self.claims = None;
    }

    fn forget_all(&mut self) {
        self.forget_transaction();
        self.terms.clear();
        self.environments.clear();
    }

    /// Returns the environment called `name`, made if need be.
    pub(crate) fn environment(&mut self, name: &Str) -> Result<EnvironmentId, Failure> {
        if let Some(id) = self.environments.get(name) {
            return Ok(*id);
        }
        let id = match find_environment(&self.conn, name)? {
            Some(id) => id,
            None => {
                let sql = "INSERT INTO environment (name, lineage, claimed) VALUES (?1, ?2, ?3)";
                let mut insert = self.conn.prepare_cached(sql)?;
                insert.insert((name.as_str(), lineage()?, Self::CLAIMED))?
            }
        };
        self.environments.insert(name.clone(), id);
        Ok(id)
    }

    /// Returns the newest token of an environment's lease (0: none yet) and whether the lease is held.
    pub(crate) fn lease_token(
        &mut self,
        environment: EnvironmentId,
    ) -> Result<(u64, bool), Failure> {
        if let Some(found) = self.tokens.get(&environment) {
            return Ok(*found);
        }
        let sql = "SELECT token, held FROM lease WHERE environment = ?1";
        let found = self
            .conn
            .prepare_cached(sql)?
            .query_row([environment], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?
            .unwrap_or((0, false));
        self.tokens.insert(environment, found);
        Ok(found)
    }

    /// To be called when a lease was written.
    pub(crate) fn forget_lease(&mut self, environment: EnvironmentId) {
        self.tokens.remove(&environment);
    }

    /// Refuses if `token` is not of the lease that is held now.
    pub(crate) fn check_token(
        &mut self,
        environment: EnvironmentId,
        name: &Str,
        token: u64,
    ) -> Result<(), Failure> {
        let (current, held) = self.lease_token(environment)?;
        if held && current == token {
            return Ok(());
        }
        let environment = name.clone();
        Err(RecordError::Fenced {
            environment,
            held: token,
            current,
        }
        .into())
    }

    /// Refuses if the run of `scope` may not write that, now.
    pub(crate) fn guard(&mut self, scope: &Scope, writes: Writes) -> Result<(), Failure> {
        match scope.token {
            Some(token) => self.check_token(scope.environment, &scope.name, token)?,
            None if writes == Writes::Observations => {}
            None => {
                let environment = scope.name.clone();
                return Err(RecordError::OnlyObserves {
                    run: scope.run,
                    environment,
                }
                .into());
            }
        }
        if self.run_state(scope.run)?.ended {
            return Err(RecordError::RunEnded { run: scope.run }.into());
        }
        Ok(())
    }

    fn run_state(&mut self, run: RunId) -> Result<RunState, Failure> {
        if let Some(state) = self.runs.get(&run) {
            return Ok(*state);
        }
        let sql = "SELECT ended IS NOT NULL, serial_after FROM run WHERE id = ?1";
        let state = self
            .conn
            .prepare_cached(sql)?
            .query_row([run.0], |row| {
                Ok(RunState {
                    ended: row.get(0)?,
                    serial: row.get(1)?,
                })
            })
            .optional()?
            .ok_or(RecordError::NoRun { run })?;
        self.runs.insert(run, state);
        Ok(state)
    }

    /// Returns the serial the run writes. Its first change raises the environment's serial.
    pub(crate) fn serial(&mut self, scope: &Scope) -> Result<i64, Failure> {
        let state = self.run_state(scope.run)?;
        if let Some(serial) = state.serial {
            return Ok(serial);
        }
        let raise = "UPDATE environment SET serial = serial + 1 WHERE id = ?1 RETURNING serial";
        let serial: i64 = self
            .conn
            .prepare_cached(raise)?
            .query_row([scope.environment], |row| row.get(0))?;
        let note = "UPDATE run SET serial_after = ?2 WHERE id = ?1";
        self.conn
            .prepare_cached(note)?
            .execute((scope.run.0, serial))?;
        self.runs.insert(
            scope.run,
            RunState {
                serial: Some(serial),
                ..state
            },
        );
        Ok(serial)
    }

    /// Returns the id of a new row of `table` in `run`.
    pub(crate) fn next_in_run(&mut self, table: Numbered, run: RunId) -> Result<i64, Failure> {
        let next = match self.next_in_run.get(&(table, run)) {
            Some(last) => last + 1,
            None => {
                let sql = match table {
                    Numbered::Intent => "SELECT max(id) FROM intent WHERE id >= ?1 AND id < ?2",
                    Numbered::Event => "SELECT max(id) FROM event WHERE id >= ?1 AND id < ?2",
                    Numbered::CheckResult => {
                        "SELECT max(id) FROM check_result WHERE id >= ?1 AND id < ?2"
                    }
                };
                let (from, to) = id_range(run.0, RUN_BITS)?;
                let last: Option<i64> = self
                    .conn
                    .prepare_cached(sql)?
                    .query_row((from, to), |row| row.get(0))?;
                last.unwrap_or(from) + 1
            }
        };
        self.next_in_run.insert((table, run), next);
        Ok(next)
    }

    /// Returns the id of a new row of `object`.
    pub(crate) fn next_object(&mut self, environment: EnvironmentId) -> Result<i64, Failure> {
        let next = match self.next_object.get(&environment) {
            Some(last) => last + 1,
            None => {
                let number = u64::try_from(environment)
                    .map_err(|_| RecordError::bug("a negative environment"))?;
                let (from, to) = id_range(number, OBJECT_BITS)?;
                let sql = "SELECT max(id) FROM object WHERE id >= ?1 AND id < ?2";
                let last: Option<i64> = self
                    .conn
                    .prepare_cached(sql)?
                    .query_row((from, to), |row| row.get(0))?;
                last.unwrap_or(from) + 1
            }
        };
        self.next_object.insert(environment, next);
        Ok(next)
    }

    /// Returns `payload` as it is to be kept at `place`.
    pub(crate) fn kept<'p>(
        &mut self,
        payload: &'p Payload,
        place: Place<'_>,
    ) -> Result<Cow<'p, [u8]>, Failure> {
        match payload.protection {
            Protection::Plain => Ok(Cow::Borrowed(&payload.bytes)),
            Protection::Sealed => self.sealed(&payload.bytes, place).map(Cow::Owned),
        }
    }

    /// Seals `bytes` for `place`; the first time ever, that makes the key.
    pub(crate) fn sealed(&mut self, bytes: &[u8], place: Place<'_>) -> Result<Vec<u8>, Failure> {
        Ok(self.seal(place.environment)?.seal(bytes, place)?)
    }

    /// What seals; the first time ever, that makes the key.
    pub(crate) fn seal(&mut self, environment: &str) -> Result<Arc<Seal>, Failure> {
        let known = self.known_key()?;
        let seal = self
            .keyring
            .seal(environment, known.as_deref(), WhenMissing::Make)?;
        if known.is_none() {
            let id = seal.id().to_vec();
            self.conn
                .execute("INSERT INTO meta VALUES ('key', ?1)", [&id])?;
            self.key_id = Some(Some(id));
        }
        Ok(seal)
    }

    /// Opens bytes that are kept sealed at `place`.
    pub(crate) fn opened(&mut self, sealed: &[u8], place: Place<'_>) -> Result<Vec<u8>, Failure> {
        let known = self.known_key()?;
        let seal = self
            .keyring
            .seal(place.environment, known.as_deref(), WhenMissing::Fail)?;
        Ok(seal.open(sealed, place)?)
    }

    /// Returns what tells whether bytes are the same as others, and the id of the key it is made with. The first time
    /// ever, that makes the key.
    pub(crate) fn fingerprint(
        &mut self,
        environment: &Str,
        purpose: &str,
        bytes: &[u8],
    ) -> Result<(Fingerprint, [u8; 16]), Failure> {
        let known = self.known_key()?;
        let seal = self
            .keyring
            .seal(environment, known.as_deref(), WhenMissing::Make)?;
        Ok((seal.fingerprint(purpose, bytes), seal.id()))
    }

    fn known_key(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        if let Some(known) = &self.key_id {
            return Ok(known.clone());
        }
        let known = meta(&self.conn, "key")?;
        self.key_id = Some(known.clone());
        Ok(known)
    }
}

/// Returns the number of the environment called `name` if there is one.
pub(crate) fn find_environment(
    conn: &Connection,
    name: &str,
) -> Result<Option<EnvironmentId>, rusqlite::Error> {
    let mut select = conn.prepare_cached("SELECT id FROM environment WHERE name = ?1")?;
    select.query_row([name], |row| row.get(0)).optional()
}

/// Returns the ids that begin with `prefix`, from the first (never used itself) to the one after the last.
pub(crate) fn id_range(prefix: u64, bits: u32) -> Result<(i64, i64), RecordError> {
    let at = |prefix: u64| {
        prefix
            .checked_mul(1 << bits)
            .and_then(|id| i64::try_from(id).ok())
            .ok_or_else(|| RecordError::bug("the record has run out of numbers"))
    };
    Ok((at(prefix)?, at(prefix + 1)?))
}

/// A random name for one environment's record, in the form of a UUID of version 4, as Terraform's lineage is.
fn lineage() -> Result<String, RecordError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)
        .map_err(|error| RecordError::bug(format!("no random numbers: {error}")))?;
    let bits = u128::from_be_bytes(bytes);
    let bits = bits & !(0xf << 76) | (4 << 76);
    let bits = bits & !(0x3 << 62) | (2 << 62);
    let text = format!("{bits:032x}");
    let mut out = String::with_capacity(36);
    for (index, digit) in text.chars().enumerate() {
        if matches!(index, 8 | 12 | 16 | 20) {
            out.push('-');
        }
        out.push(digit);
    }
    Ok(out)
}
