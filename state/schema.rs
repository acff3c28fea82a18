//! The tables of the record and how an older format becomes the newest. Knows nothing of what the rows mean to the engine.

use std::cmp::Ordering;

use rusqlite::{Connection, OptionalExtension};

use crate::chain;
use crate::error::{Failure, RecordError};
use crate::seal::Keyring;

/// The newest format this program knows.
pub(crate) const FORMAT: i64 = 4;

/// Tells a record from other SQLite databases: `TERR`.
const APPLICATION: i64 = 0x5445_5252;

/// What brings a record from format n to n + 1, from n = 0 (empty).
const STEPS: [&str; 4] = [FIRST, SECOND, THIRD, FOURTH];

/// From this format on heads of chains are sealed.
const SEALED_HEADS: usize = 4;

/// Makes an empty database the record, in one transaction.
pub(crate) fn create(conn: &Connection) -> Result<(), rusqlite::Error> {
    conn.execute_batch("BEGIN IMMEDIATE")?;
    conn.pragma_update(None, "application_id", APPLICATION)?;
    for step in STEPS {
        conn.execute_batch(step)?;
    }
    conn.execute("INSERT INTO meta VALUES ('format', ?1)", [FORMAT])?;
    conn.execute_batch("COMMIT")
}

/// What an opened database is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// A record of the newest format.
    Current,
    /// A record of an older format.
    Older(i64),
    /// A record of a format from the future.
    Newer(i64),
    /// A database that is no record, or nothing at all.
    Foreign,
}

/// Looks at what an opened database is.
pub(crate) fn inspect(conn: &Connection) -> Result<Found, rusqlite::Error> {
    let application: i64 = conn.pragma_query_value(None, "application_id", |row| row.get(0))?;
    if application != APPLICATION {
        return Ok(Found::Foreign);
    }
    let format = format(conn)?;
    Ok(match format.cmp(&FORMAT) {
        _ if format < 1 => Found::Foreign,
        Ordering::Less => Found::Older(format),
        Ordering::Equal => Found::Current,
        Ordering::Greater => Found::Newer(format),
    })
}

fn format(conn: &Connection) -> Result<i64, rusqlite::Error> {
    conn.query_row("SELECT value FROM meta WHERE name = 'format'", [], |row| {
        row.get(0)
    })
}

/// Brings an older record to the newest format, in one transaction, and looks what it is then. Heads of chains are sealed
/// with its key.
pub(crate) fn upgrade(conn: &Connection, keyring: &Keyring) -> Result<Found, Failure> {
    conn.execute_batch("BEGIN IMMEDIATE")?;
    // Another process may have done it meanwhile, also one that knows a newer format.
    let from = format(conn)?;
    if from < FORMAT {
        let from = usize::try_from(from).map_err(|_| RecordError::bug("a negative format"))?;
        for step in STEPS.iter().skip(from) {
            conn.execute_batch(step)?;
        }
        conn.execute("UPDATE meta SET value = ?1 WHERE name = 'format'", [FORMAT])?;
        if from < SEALED_HEADS {
            chain::seal_heads(conn, keyring)?;
        }
    }
    conn.execute_batch("COMMIT")?;
    Ok(inspect(conn)?)
}

/// Reads a value of the meta table.
pub(crate) fn meta(conn: &Connection, name: &str) -> Result<Option<Vec<u8>>, rusqlite::Error> {
    let mut statement = conn.prepare_cached("SELECT value FROM meta WHERE name = ?1")?;
    statement.query_row([name], |row| row.get(0)).optional()
}

/// Row ids of `object` begin with the environment, so that an environment's rows lie together.
pub(crate) const OBJECT_BITS: u32 = 40;

/// Row ids of `intent` and `event` begin with the run, so that a run's rows lie together.
pub(crate) const RUN_BITS: u32 = 32;

const FIRST: &str = "
CREATE TABLE meta (name TEXT PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE environment (
    id           INTEGER PRIMARY KEY,
    name         TEXT NOT NULL UNIQUE,
    lineage      TEXT NOT NULL,
    serial       INTEGER NOT NULL DEFAULT 0,
    chain_length INTEGER NOT NULL DEFAULT 0,      -- ended runs
    chain_head   BLOB NOT NULL DEFAULT x''        -- hash of the last of them
) STRICT;

-- Texts that many rows share: addresses of blocks, providers. Never changed, never removed.
CREATE TABLE term (
    id          INTEGER PRIMARY KEY,
    environment INTEGER NOT NULL,
    text        TEXT NOT NULL,
    UNIQUE (environment, text)
) STRICT;

-- What exists now. `key` is -1 for none, a number for count, a text for for_each; `deposed` is '' for the current object.
CREATE TABLE object (
    id                    INTEGER PRIMARY KEY,    -- environment << 40 | n
    block                 INTEGER NOT NULL,
    key                   ANY NOT NULL,
    deposed               TEXT NOT NULL,
    since                 INTEGER NOT NULL,       -- serial
    run                   INTEGER NOT NULL,
    provider              INTEGER NOT NULL,
    schema_version        INTEGER NOT NULL,
    tainted               INTEGER NOT NULL,
    create_before_destroy INTEGER NOT NULL,
    dependencies          BLOB NOT NULL,          -- term ids, 4 bytes each, little-endian
    sealed                INTEGER NOT NULL,       -- 1: attributes, 2: private
    private               BLOB,
    attributes            BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX object_address ON object (block, key, deposed);

-- What existed at the serials from `since` to the one before `until`.
CREATE TABLE object_past (
    id                    INTEGER PRIMARY KEY,
    environment           INTEGER NOT NULL,
    until                 INTEGER NOT NULL,
    block                 INTEGER NOT NULL,
    key                   ANY NOT NULL,
    deposed               TEXT NOT NULL,
    since                 INTEGER NOT NULL,
    run                   INTEGER NOT NULL,
    provider              INTEGER NOT NULL,
    schema_version        INTEGER NOT NULL,
    tainted               INTEGER NOT NULL,
    create_before_destroy INTEGER NOT NULL,
    dependencies          BLOB NOT NULL,
    sealed                INTEGER NOT NULL,
    private               BLOB,
    attributes            BLOB NOT NULL
) STRICT;
CREATE INDEX object_past_until ON object_past (environment, until);

CREATE TABLE output (
    environment INTEGER NOT NULL,
    name        TEXT NOT NULL,
    since       INTEGER NOT NULL,
    sensitive   INTEGER NOT NULL,
    sealed      INTEGER NOT NULL,
    value       BLOB NOT NULL,
    PRIMARY KEY (environment, name)
) STRICT;
CREATE TABLE output_past (
    id          INTEGER PRIMARY KEY,
    environment INTEGER NOT NULL,
    until       INTEGER NOT NULL,
    name        TEXT NOT NULL,
    since       INTEGER NOT NULL,
    sensitive   INTEGER NOT NULL,
    sealed      INTEGER NOT NULL,
    value       BLOB NOT NULL
) STRICT;
CREATE INDEX output_past_until ON output_past (environment, until);

CREATE TABLE run (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    environment   INTEGER NOT NULL,
    token         INTEGER,                        -- of the lease; null: the run only observes
    kind          TEXT NOT NULL,
    plan          TEXT,
    revision      TEXT,
    actor         TEXT NOT NULL,
    note          TEXT,
    started       INTEGER NOT NULL,
    serial_before INTEGER NOT NULL,
    serial_after  INTEGER,                        -- null until something is changed
    ended         INTEGER,
    outcome       TEXT,
    counts        TEXT,
    journal       BLOB,                           -- digest of its intents, results, events and checks
    position      INTEGER,                        -- in the environment's chain, from 1
    hash          BLOB
) STRICT;
CREATE UNIQUE INDEX run_chain ON run (environment, position) WHERE position IS NOT NULL;
CREATE INDEX run_environment ON run (environment, id);

CREATE TABLE intent (
    id          INTEGER PRIMARY KEY,              -- run << 32 | n
    environment INTEGER NOT NULL,
    token       INTEGER NOT NULL,
    step        INTEGER NOT NULL,
    block       INTEGER NOT NULL,
    key         ANY NOT NULL,
    deposed     TEXT NOT NULL,
    action      TEXT NOT NULL,
    marker      TEXT NOT NULL,
    intended    INTEGER NOT NULL,
    payload     BLOB NOT NULL,                    -- digest of prior and planned
    settled_by  INTEGER,                          -- run; null: open
    settled     INTEGER,
    how         TEXT,
    detail      TEXT
) STRICT;

-- What open intents hold of their objects. Removed when they are settled, so that the space is used again.
CREATE TABLE intent_payload (
    id      INTEGER PRIMARY KEY,
    sealed  INTEGER NOT NULL,                     -- 1: prior, 2: planned
    prior   BLOB,
    planned BLOB
) STRICT;
CREATE INDEX intent_open ON intent (environment) WHERE settled_by IS NULL;
CREATE INDEX intent_settled_later ON intent (settled_by) WHERE settled_by <> (id >> 32);

CREATE TABLE event (
    id   INTEGER PRIMARY KEY,                     -- run << 32 | n
    at   INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT;

CREATE TABLE check_result (
    id     INTEGER PRIMARY KEY,                   -- run << 32 | n
    name   TEXT NOT NULL,
    passed INTEGER NOT NULL,
    at     INTEGER NOT NULL,
    detail TEXT NOT NULL
) STRICT;

CREATE TABLE lease (
    environment INTEGER PRIMARY KEY,
    token       INTEGER NOT NULL,
    held        INTEGER NOT NULL,
    holder      TEXT NOT NULL,                    -- JSON
    since       INTEGER NOT NULL,
    expires     INTEGER NOT NULL
) STRICT;

CREATE TABLE plan (
    id          TEXT PRIMARY KEY,
    environment INTEGER NOT NULL,
    serial      INTEGER NOT NULL,
    created     INTEGER NOT NULL,
    sealed      INTEGER NOT NULL,
    bytes       BLOB NOT NULL
) STRICT;
CREATE INDEX plan_environment ON plan (environment, created);

CREATE TABLE blob (
    digest BLOB PRIMARY KEY,
    bytes  BLOB NOT NULL
) STRICT;
";

/// Revisions, configurations, what drift was seen and who was told; and ways to find runs in a long history.
const SECOND: &str = "
-- What variables the run used: digest of a row of `configuration`.
ALTER TABLE run ADD COLUMN configuration BLOB;
CREATE INDEX run_kind ON run (environment, kind);
CREATE INDEX run_revision ON run (revision) WHERE revision IS NOT NULL;
CREATE INDEX run_unended ON run (environment) WHERE ended IS NULL;
CREATE INDEX run_deployed ON run (environment) WHERE outcome = 'succeeded'
    AND (kind IN ('apply', 'promote', 'rollback') OR kind = 'heal' AND revision IS NOT NULL);

-- The run's, so that the newest result of each check is found without its runs.
ALTER TABLE check_result ADD COLUMN environment INTEGER;
UPDATE check_result SET environment = (SELECT environment FROM run WHERE run.id = check_result.id >> 32);
CREATE INDEX check_result_name ON check_result (environment, name);

-- Numbered for the whole project. A row is written with a run of the environment `*`, whose journal covers it.
CREATE TABLE revision (
    number   INTEGER PRIMARY KEY,
    digest   BLOB NOT NULL UNIQUE,                -- of the manifest
    manifest BLOB NOT NULL,                       -- digest of a blob
    run      INTEGER NOT NULL UNIQUE,
    actor    TEXT NOT NULL,
    created  INTEGER NOT NULL,
    source   TEXT,                                -- JSON
    note     TEXT
) STRICT;

CREATE TABLE configuration (
    environment INTEGER NOT NULL,
    digest      BLOB NOT NULL,                    -- fingerprint of the plain bytes
    key         BLOB NOT NULL,                    -- id of the key it was made with
    sealed      INTEGER NOT NULL,
    bytes       BLOB NOT NULL,
    PRIMARY KEY (environment, digest)
) STRICT;

-- The drift that is there now, as far as the last look knows. What was seen earlier is in the events of the runs.
CREATE TABLE sighting (
    environment INTEGER NOT NULL,
    block       INTEGER NOT NULL,
    key         ANY NOT NULL,
    class       TEXT NOT NULL,
    first_seen  INTEGER NOT NULL,
    last_seen   INTEGER NOT NULL,
    looks       INTEGER NOT NULL,
    attempts    INTEGER NOT NULL,
    last_healed INTEGER,
    quarantined INTEGER NOT NULL,
    seen        BLOB NOT NULL,                    -- digest
    PRIMARY KEY (environment, block, key, class)
) STRICT;
-- The run that wrote the sightings last.
ALTER TABLE environment ADD COLUMN sighted_by INTEGER;

CREATE TABLE notification (
    key BLOB PRIMARY KEY,                         -- digest
    at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
";

/// What objects have for themselves in the world, so that no other environment takes it.
const THIRD: &str = "
CREATE TABLE claim (
    holder      INTEGER NOT NULL,                 -- id of the object; of an open intent, minus its id
    thing       TEXT NOT NULL,
    environment INTEGER NOT NULL,
    PRIMARY KEY (holder, thing)
) STRICT, WITHOUT ROWID;
CREATE INDEX claim_thing ON claim (thing, environment);
-- By which rules it is known what the environment's objects claim; 0: it is not known.
ALTER TABLE environment ADD COLUMN claimed INTEGER NOT NULL DEFAULT 0;
-- Whether what it is about may claim anything.
ALTER TABLE intent ADD COLUMN claims INTEGER NOT NULL DEFAULT 0;
-- Nothing is looked for by it.
DROP INDEX run_deployed;
";

/// What tells that the end of a chain was not cut off.
const FOURTH: &str = "
-- Fingerprint of the chain's length and head, made with the record's key.
ALTER TABLE environment ADD COLUMN chain_seal BLOB;
";
