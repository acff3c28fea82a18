//! Revisions: what is promoted, as the project numbers them. Knows nothing of what a manifest says.
//! Entry points: [`NewRevision`], [`RevisionRow`].

use model::clock::Timestamp;
use model::serial::RunId;
use rusqlite::{Connection, OptionalExtension, Row};

use crate::blob::BlobDigest;
use crate::desk::Desk;
use crate::error::{Failure, RecordError};
use crate::pending::Pending;
use crate::run::{Counts, NewRun, RunEnd, RunKind, RunOutcome};
use crate::store::Store;

/// The pseudo environment of runs that belong to no environment: a revision is made, is rejected everywhere. It has a
/// history and a chain as any other, but no lease and no objects, and is never listed. No real one can be called that.
pub const PROJECT: &str = "*";

/// A revision to number.
#[derive(Clone, Debug)]
pub struct NewRevision {
    /// The SHA-256 digest of its manifest, which says whether it is known already.
    pub digest: [u8; 32],
    /// The manifest, kept by [`Store::put_blob`].
    pub manifest: BlobDigest,
    /// Who makes it.
    pub actor: String,
    /// When.
    pub created: Timestamp,
    /// Where it comes from, as JSON: commit, author, branch.
    pub source: Option<String>,
    /// Anything to keep with it.
    pub note: Option<String>,
}

/// A revision as recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevisionRow {
    /// Its number, from 1: 42 for `r42`.
    pub number: u64,
    /// The SHA-256 digest of its manifest.
    pub digest: [u8; 32],
    /// The manifest; [`Store::blob`] reads it.
    pub manifest: BlobDigest,
    /// The run of [`PROJECT`] that says it was made.
    pub run: RunId,
    /// Who made it.
    pub actor: String,
    /// When.
    pub created: Timestamp,
    /// Where it comes from, as JSON.
    pub source: Option<String>,
    /// Anything kept with it.
    pub note: Option<String>,
}

impl Store {
    /// Numbers a revision, with a run of [`PROJECT`] of kind [`RunKind::Revision`] that says so, in one transaction. One
    /// whose digest is known stays as it is and is returned, so that two processes that make the same get one number.
    ///
    /// The run's chain covers the row: an edited or removed revision is found by [`Store::verify_chain`].
    ///
    /// # Errors
    /// [`RecordError::NoBlob`] if the manifest is not kept; those of writing.
    pub fn put_revision(&self, revision: NewRevision) -> Pending<RevisionRow> {
        self.write(move |desk| desk.put_revision(&revision))
    }

    /// Reads a revision by its number.
    ///
    /// # Errors
    /// [`RecordError::NoRevision`], those of reading.
    pub fn revision(&self, number: u64) -> Result<RevisionRow, RecordError> {
        self.reading(|conn| {
            let sql = format!("SELECT {COLUMNS} FROM revision WHERE number = ?1");
            // What is no number of a row is none of a revision.
            let wanted = i64::try_from(number).unwrap_or(i64::MAX);
            let mut select = conn.prepare_cached(&sql)?;
            let found = select.query_row([wanted], RevisionRow::read).optional()?;
            Ok(found.ok_or_else(|| RecordError::NoRevision {
                revision: name(number),
            })?)
        })
    }

    /// Reads the revision whose manifest has that digest, if it was made.
    ///
    /// # Errors
    /// Those of reading.
    pub fn revision_by_digest(&self, digest: [u8; 32]) -> Result<Option<RevisionRow>, RecordError> {
        self.reading(|conn| Ok(read_by_digest(conn, digest)?))
    }

    /// Lists revisions, the newest first: those before the one numbered `before`, at most `limit`.
    ///
    /// # Errors
    /// Those of reading.
    pub fn revisions(
        &self,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<RevisionRow>, RecordError> {
        self.reading(|conn| {
            let sql = format!(
                "SELECT {COLUMNS} FROM revision WHERE number < ?1 ORDER BY number DESC LIMIT ?2"
            );
            let number = |of: Option<u64>| of.and_then(|of| i64::try_from(of).ok());
            let mut select = conn.prepare_cached(&sql)?;
            let rows = select.query_map(
                (
                    number(before).unwrap_or(i64::MAX),
                    number(u64::try_from(limit).ok()).unwrap_or(i64::MAX),
                ),
                RevisionRow::read,
            )?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }
}

const COLUMNS: &str = "number, digest, manifest, run, actor, created, source, note";

impl RevisionRow {
    fn read(row: &Row<'_>) -> Result<Self, rusqlite::Error> {
        Ok(Self {
            number: row.get(0)?,
            digest: row.get(1)?,
            manifest: BlobDigest(row.get(2)?),
            run: RunId(row.get(3)?),
            actor: row.get(4)?,
            created: Timestamp(row.get(5)?),
            source: row.get(6)?,
            note: row.get(7)?,
        })
    }
}

fn name(number: u64) -> String {
    format!("r{number}")
}

fn read_by_digest(
    conn: &Connection,
    digest: [u8; 32],
) -> Result<Option<RevisionRow>, rusqlite::Error> {
    let sql = format!("SELECT {COLUMNS} FROM revision WHERE digest = ?1");
    let mut select = conn.prepare_cached(&sql)?;
    select.query_row([digest], RevisionRow::read).optional()
}

impl Desk {
    /// Numbers a revision unless it is known.
    pub(crate) fn put_revision(&mut self, new: &NewRevision) -> Result<RevisionRow, Failure> {
        if let Some(known) = read_by_digest(&self.conn, new.digest)? {
            return Ok(known);
        }
        let NewRevision {
            digest,
            manifest,
            actor,
            created,
            source,
            note,
        } = new;
        self.need_blob(*manifest)?;
        let sql = "SELECT coalesce(max(number), 0) + 1 FROM revision";
        let number: u64 = self
            .conn
            .prepare_cached(sql)?
            .query_row([], |row| row.get(0))?;
        let run = NewRun {
            kind: RunKind::Revision,
            plan: None,
            revision: Some(name(number)),
            configuration: None,
            actor: actor.clone(),
            note: note.clone(),
            started: *created,
        };
        let scope = self.begin_observation(&PROJECT.into(), &run)?;
        let sql = "INSERT INTO revision (number, digest, manifest, run, actor, created, source, note) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        self.conn.prepare_cached(sql)?.execute((
            number,
            digest,
            manifest.0,
            scope.run.0,
            actor,
            created.0,
            source,
            note,
        ))?;
        let end = RunEnd {
            outcome: RunOutcome::Succeeded,
            counts: Counts::new(),
            ended: *created,
        };
        self.finish(&scope, &end)?;
        read_by_digest(&self.conn, *digest)?
            .ok_or_else(|| RecordError::bug(format!("{} was not written", name(number))).into())
    }
}
