//! The chain of ended runs: each run's hash covers what it did and the hash of the one before, so that an edited or removed
//! run is found. Entry point: [`ChainReport`].

use model::Str;
use model::serial::RunId;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension};
use sha2::{Digest, Sha256};

use crate::desk::{Desk, id_range};
use crate::error::{Failure, RecordError};
use crate::run::{RunRow, read_run};
use crate::schema::{RUN_BITS, meta};
use crate::seal::{Fingerprint, Keyring, Seal, WhenMissing};
use crate::term::EnvironmentId;

/// Whether the history of an environment is as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainReport {
    /// Ended runs that are as they were written, from the first.
    pub sound: u64,
    /// The hash of the last of those, which covers all of them; none where there is none. Who keeps it elsewhere notices a
    /// whole record that was put back from an older copy.
    pub head: Option<[u8; 32]>,
    /// The first place where something is wrong.
    pub broken: Option<Break>,
}

/// A place where the history is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Break {
    /// The place among the environment's ended runs, from 1.
    pub position: u64,
    /// The run there; none if none is.
    pub run: Option<RunId>,
    /// What is wrong.
    pub wrong: Wrong,
}

/// A place in a history whose hash is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Linked {
    /// The environment.
    pub environment: Str,
    /// The place among its ended runs, from 1.
    pub position: u64,
    /// The run there.
    pub run: RunId,
}

/// What is wrong with a place in the history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// The run's own row was edited.
    RunEdited,
    /// Something in the run's journal, events or checks was edited, added or removed.
    JournalEdited,
    /// The run was removed.
    Removed,
    /// There are runs after the last one that was written.
    Added,
}

impl Desk {
    /// Adds a run that just ended to its environment's chain.
    pub(crate) fn link(&mut self, environment: EnvironmentId, run: RunId) -> Result<(), Failure> {
        let journal = journal_digest(&self.conn, run)?;
        let sql = "SELECT chain_length + 1, chain_head FROM environment WHERE id = ?1";
        let (position, previous): (u64, Vec<u8>) = self
            .conn
            .prepare_cached(sql)?
            .query_row([environment], |row| Ok((row.get(0)?, row.get(1)?)))?;
        // The row is read back with placeholders, so that what is hashed is what is stored.
        let sql = "UPDATE run SET position = ?2, journal = ?3, hash = ?4 WHERE id = ?1";
        self.conn
            .prepare_cached(sql)?
            .execute((run.0, position, journal, [0_u8; 32]))?;
        let hash = run_hash(&previous, &read_run(&self.conn, run)?);
        self.conn
            .prepare_cached(sql)?
            .execute((run.0, position, journal, hash))?;
        let sql = "SELECT name FROM environment WHERE id = ?1";
        let name: String = self
            .conn
            .prepare_cached(sql)?
            .query_row([environment], |row| row.get(0))?;
        let head = Head {
            environment: &name,
            length: position,
            hash: &hash,
        };
        let seal = head.sealed(&*self.seal(&name)?);
        let sql = "UPDATE environment SET chain_length = ?2, chain_head = ?3, chain_seal = ?4 WHERE id = ?1";
        self.conn
            .prepare_cached(sql)?
            .execute((environment, position, hash, seal))?;
        Ok(())
    }
}

/// The end of a chain.
struct Head<'h> {
    environment: &'h str,
    length: u64,
    hash: &'h [u8],
}

impl Head<'_> {
    /// What only who has the key can tell of it: hashes alone could be put back to those of an earlier run.
    fn sealed(&self, seal: &Seal) -> [u8; 32] {
        let mut fields = Fields::new("terrace head 1");
        fields.text(Some(self.environment));
        fields.count(self.length);
        fields.bytes(self.hash);
        let Fingerprint(sealed) = seal.fingerprint("terrace head", &fields.done());
        sealed
    }
}

/// Seals the heads of chains that were written before heads were sealed.
pub(crate) fn seal_heads(conn: &Connection, keyring: &Keyring) -> Result<(), Failure> {
    let sql = "SELECT id, name, chain_length, chain_head FROM environment WHERE chain_length > 0";
    let mut select = conn.prepare(sql)?;
    let heads = select.query_map([], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
    })?;
    let heads: Vec<(EnvironmentId, String, u64, Vec<u8>)> = heads.collect::<Result<_, _>>()?;
    for (id, environment, length, hash) in &heads {
        let known = meta(conn, "key")?;
        let seal = keyring.seal(environment, known.as_deref(), WhenMissing::Make)?;
        if known.is_none() {
            conn.execute("INSERT INTO meta VALUES ('key', ?1)", [seal.id()])?;
        }
        let (environment, length) = (environment.as_str(), *length);
        let head = Head {
            environment,
            length,
            hash,
        };
        conn.execute(
            "UPDATE environment SET chain_seal = ?2 WHERE id = ?1",
            (*id, head.sealed(&seal)),
        )?;
    }
    Ok(())
}

/// What stands at the end of a chain.
struct Stored {
    id: EnvironmentId,
    serial: i64,
    length: u64,
    hash: Vec<u8>,
    seal: Option<Vec<u8>>,
}

fn stored(conn: &Connection, environment: &str) -> Result<Option<Stored>, rusqlite::Error> {
    let sql =
        "SELECT id, serial, chain_length, chain_head, chain_seal FROM environment WHERE name = ?1";
    conn.prepare_cached(sql)?
        .query_row([environment], |row| {
            Ok(Stored {
                id: row.get(0)?,
                serial: row.get(1)?,
                length: row.get(2)?,
                hash: row.get(3)?,
                seal: row.get(4)?,
            })
        })
        .optional()
}

/// Whether the end of a chain was cut off, although its head fits: the key says that another was there, or what runs
/// wrote is left of more of them.
fn is_cut(
    conn: &Connection,
    environment: &str,
    stored: &Stored,
    keyring: &Keyring,
) -> Result<bool, Failure> {
    let sql = "SELECT max(serial_after) FROM run WHERE environment = ?1";
    let serial: Option<i64> = conn
        .prepare_cached(sql)?
        .query_row([stored.id], |row| row.get(0))?;
    if serial.is_some_and(|serial| serial < stored.serial) {
        return Ok(true);
    }
    if stored.length == 0 {
        return Ok(stored.seal.is_some());
    }
    let known = meta(conn, "key")?;
    let seal = keyring.seal(environment, known.as_deref(), WhenMissing::Fail)?;
    let head = Head {
        environment,
        length: stored.length,
        hash: &stored.hash,
    };
    Ok(stored.seal.as_deref() != Some(&head.sealed(&seal)[..]))
}

/// Checks the history of an environment from its first run.
pub(crate) fn verify(
    conn: &Connection,
    environment: &str,
    keyring: &Keyring,
) -> Result<ChainReport, Failure> {
    let Some(stored) = stored(conn, environment)? else {
        return Ok(ChainReport {
            sound: 0,
            head: None,
            broken: None,
        });
    };
    let sql = "SELECT id, position FROM run WHERE environment = ?1 AND position IS NOT NULL \
               ORDER BY position";
    let mut select = conn.prepare_cached(sql)?;
    let mut rows = select.query([stored.id])?;
    let mut previous = Vec::new();
    let mut sound = 0;
    let broken = |sound, previous: &[u8], run, wrong| {
        Ok(ChainReport {
            sound,
            head: previous.try_into().ok(),
            broken: Some(Break {
                position: sound + 1,
                run,
                wrong,
            }),
        })
    };
    while let Some(row) = rows.next()? {
        let run = RunId(row.get(0)?);
        if row.get::<_, u64>(1)? != sound + 1 {
            return broken(sound, &previous, None, Wrong::Removed);
        }
        if sound == stored.length {
            return broken(sound, &previous, Some(run), Wrong::Added);
        }
        match check_run(conn, &previous, run)? {
            Ok(hash) => previous = hash,
            Err(wrong) => return broken(sound, &previous, Some(run), wrong),
        }
        sound += 1;
    }
    if sound < stored.length {
        return broken(sound, &previous, None, Wrong::Removed);
    }
    if previous != stored.hash {
        // Every run fits the one before it, so the last was replaced whole.
        return broken(sound.saturating_sub(1), &[], None, Wrong::RunEdited);
    }
    if is_cut(conn, environment, &stored, keyring)? {
        return broken(sound, &previous, None, Wrong::Removed);
    }
    Ok(ChainReport {
        sound,
        head: previous.try_into().ok(),
        broken: None,
    })
}

/// Finds the runs whose hash begins with `digits`, in whatever environment.
pub(crate) fn linked(conn: &Connection, digits: &str) -> Result<Vec<Linked>, Failure> {
    let sql = "SELECT environment.name, run.position, run.id FROM run JOIN environment ON environment.id = run.environment \
               WHERE run.position IS NOT NULL AND lower(hex(run.hash)) LIKE ?1 || '%' ORDER BY run.id";
    let mut select = conn.prepare_cached(sql)?;
    let rows = select.query_map([digits.to_ascii_lowercase()], |row| {
        Ok(Linked {
            environment: row.get::<_, String>(0)?.into(),
            position: row.get(1)?,
            run: RunId(row.get(2)?),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Returns the hash of a run that is as it was written.
fn check_run(
    conn: &Connection,
    previous: &[u8],
    run: RunId,
) -> Result<Result<Vec<u8>, Wrong>, Failure> {
    let row = match read_run(conn, run) {
        Ok(row) => row,
        // What cannot even be read was not written by this program.
        Err(Failure::Storage(error)) if error.sqlite_error_code().is_none() => {
            return Ok(Err(Wrong::RunEdited));
        }
        Err(failure) => return Err(failure),
    };
    let Some(end) = &row.end else {
        return Ok(Err(Wrong::RunEdited));
    };
    if run_hash(previous, &row) != end.hash {
        return Ok(Err(Wrong::RunEdited));
    }
    if journal_digest(conn, run)? != end.journal {
        return Ok(Err(Wrong::JournalEdited));
    }
    Ok(Ok(end.hash.to_vec()))
}

/// Fields one after the other, each with its kind and length, so that no two lists of fields are the same bytes.
struct Fields(Sha256);

impl Fields {
    fn new(of: &str) -> Self {
        let mut fields = Self(Sha256::new());
        fields.text(Some(of));
        fields
    }

    fn field(&mut self, kind: u8, bytes: &[u8]) {
        self.0.update([kind]);
        self.0.update((bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.field(b'b', bytes);
    }

    fn number(&mut self, number: i64) {
        self.field(b'n', &number.to_le_bytes());
    }

    fn count(&mut self, number: u64) {
        self.field(b'c', &number.to_le_bytes());
    }

    fn text(&mut self, text: Option<&str>) {
        match text {
            Some(text) => self.field(b't', text.as_bytes()),
            None => self.field(b'-', &[]),
        }
    }

    fn value(&mut self, value: ValueRef<'_>) {
        match value {
            ValueRef::Null => self.text(None),
            ValueRef::Integer(number) => self.number(number),
            ValueRef::Real(number) => self.field(b'r', &number.to_bits().to_le_bytes()),
            ValueRef::Text(text) => self.field(b't', text),
            ValueRef::Blob(bytes) => self.bytes(bytes),
        }
    }

    fn done(self) -> [u8; 32] {
        self.0.finalize().into()
    }
}

/// The hash of an ended run after the one whose hash is `previous` (empty for the first). It covers everything in the row.
fn run_hash(previous: &[u8], run: &RunRow) -> [u8; 32] {
    let RunRow {
        id,
        environment,
        token,
        kind,
        plan,
        revision,
        configuration,
        actor,
        note,
        started,
        serial_before,
        serial_after,
        end,
    } = run;
    let mut fields = Fields::new("terrace run 1");
    fields.bytes(previous);
    fields.count(id.0);
    fields.text(Some(Str::as_str(environment)));
    fields.text(token.map(|token| token.to_string()).as_deref());
    fields.text(Some(kind.as_str()));
    fields.text(plan.as_deref());
    fields.text(revision.as_deref());
    fields.text(Some(actor));
    fields.text(note.as_deref());
    fields.number(started.0);
    fields.count(serial_before.0);
    fields.text(serial_after.map(|serial| serial.to_string()).as_deref());
    if let Some(end) = end {
        fields.text(Some(end.outcome.as_str()));
        for (name, count) in &end.counts {
            fields.text(Some(name));
            fields.count(*count);
        }
        fields.number(end.ended.0);
        fields.count(end.position);
        fields.bytes(&end.journal);
    }
    // Runs of format 1 have none, and their hashes stay what they were.
    if let Some(configuration) = configuration {
        fields.text(Some("configuration"));
        fields.bytes(&configuration.0);
    }
    fields.done()
}

/// What a run's rows in other tables are hashed from. Of an intent that another run settled, that run has the result.
/// Names and columns are part of what is stored: they may not change.
const PARTS: [(&str, &str); 4] = [
    (
        "intents",
        "SELECT intent.id, token, step, text, key, deposed, action, marker, intended, payload \
         FROM intent LEFT JOIN term ON term.id = block WHERE intent.id >= ?1 AND intent.id < ?2 \
         ORDER BY intent.id",
    ),
    (
        "results",
        "SELECT id, settled, how, detail FROM intent \
         WHERE id >= ?1 AND id < ?2 AND settled_by = ?1 >> 32 ORDER BY id",
    ),
    (
        "events",
        "SELECT id, at, body FROM event WHERE id >= ?1 AND id < ?2 ORDER BY id",
    ),
    (
        "checks",
        "SELECT id, name, passed, at, detail FROM check_result \
         WHERE id >= ?1 AND id < ?2 ORDER BY id",
    ),
];

/// The results a run recorded of other runs' intents.
const SETTLED_LATER: (&str, &str) = (
    "recovered",
    "SELECT id, settled, how, detail FROM intent \
     WHERE settled_by = ?1 AND settled_by <> (id >> 32) ORDER BY id",
);

/// The revision a run made.
const REVISION_MADE: (&str, &str) = (
    "revision",
    "SELECT number, digest, manifest, actor, created, source, note FROM revision WHERE run = ?1",
);

fn journal_digest(conn: &Connection, run: RunId) -> Result<[u8; 32], Failure> {
    let mut fields = Fields::new("terrace journal 1");
    let (from, to) = id_range(run.0, RUN_BITS)?;
    for part in PARTS {
        add_rows(conn, &mut fields, part, &[from, to])?;
    }
    let run = i64::try_from(run.0).map_err(|_| RecordError::bug("a run number too large"))?;
    add_rows(conn, &mut fields, SETTLED_LATER, &[run])?;
    // Runs of format 1 made none, and their digests stay what they were.
    let (_, sql) = REVISION_MADE;
    if conn.prepare_cached(sql)?.exists([run])? {
        add_rows(conn, &mut fields, REVISION_MADE, &[run])?;
    }
    Ok(fields.done())
}

fn add_rows(
    conn: &Connection,
    fields: &mut Fields,
    (name, sql): (&str, &str),
    parameters: &[i64],
) -> Result<(), rusqlite::Error> {
    let mut select = conn.prepare_cached(sql)?;
    let columns = select.column_count();
    let mut rows = select.query(rusqlite::params_from_iter(parameters))?;
    fields.text(Some(name));
    while let Some(row) = rows.next()? {
        (0..columns).try_for_each(|column| row.get_ref(column).map(|value| fields.value(value)))?;
    }
    Ok(())
}
