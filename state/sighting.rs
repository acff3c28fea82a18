//! What is known of an environment's drift: a memory that each look reads and writes anew. What earlier looks saw is in the
//! events of their runs. Entry points: [`Sighting`], [`Sightings`].

use model::Str;
use model::address::InstanceAddr;
use model::clock::Timestamp;
use model::serial::RunId;
use rusqlite::{Connection, OptionalExtension};

use crate::desk::{Desk, Scope, Writes, find_environment};
use crate::error::{Failure, RecordError};
use crate::store::Store;
use crate::term::{EnvironmentId, KeyColumn, TermReader, key_column};

/// Drift of one class at one address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// The instance.
    pub addr: InstanceAddr,
    /// The class, in the caller's word: `missing`. An instance may have one sighting of each.
    pub class: Str,
    /// The first look that saw it.
    pub first_seen: Timestamp,
    /// The last look that saw it.
    pub last_seen: Timestamp,
    /// How many looks in a row saw it.
    pub looks: u64,
    /// How often it was tried to heal it.
    pub attempts: u64,
    /// When that was tried last.
    pub last_healed: Option<Timestamp>,
    /// Whether it is left alone until a person says otherwise.
    pub quarantined: bool,
    /// Digest of what was seen, which says whether it is still the same.
    pub seen: [u8; 32],
}

/// All that is known of an environment's drift.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sightings {
    /// The run that wrote it last; none if none did. It may be written anew only by who has read what that run wrote, so
    /// that of two looks at once none forgets what the other saw or tried.
    pub by: Option<RunId>,
    /// The sightings; when read, in address order, those of one instance by class.
    pub rows: Vec<Sighting>,
}

impl Store {
    /// Reads what is known of an environment's drift.
    ///
    /// # Errors
    /// Those of reading.
    pub fn sightings(&self, environment: &Str) -> Result<Sightings, RecordError> {
        self.reading(|conn| match find_environment(conn, environment)? {
            Some(id) => read_sightings(conn, id),
            None => Ok(Sightings::default()),
        })
    }
}

fn read_by(
    conn: &Connection,
    environment: EnvironmentId,
) -> Result<Option<RunId>, rusqlite::Error> {
    let mut select = conn.prepare_cached("SELECT sighted_by FROM environment WHERE id = ?1")?;
    let by: Option<Option<u64>> = select
        .query_row([environment], |row| row.get(0))
        .optional()?;
    Ok(by.flatten().map(RunId))
}

fn read_sightings(conn: &Connection, environment: EnvironmentId) -> Result<Sightings, Failure> {
    let sql = "SELECT block, key, class, first_seen, last_seen, looks, attempts, last_healed, \
               quarantined, seen FROM sighting WHERE environment = ?1";
    let mut select = conn.prepare_cached(sql)?;
    let mut rows = select.query([environment])?;
    let mut terms = TermReader::new(conn);
    let mut sightings = Vec::new();
    while let Some(row) = rows.next()? {
        let class = row.get_ref(2)?.as_str().map_err(rusqlite::Error::from)?;
        sightings.push(Sighting {
            addr: terms.block(row.get(0)?)?.instance(key_column(row, 1)?),
            class: class.into(),
            first_seen: Timestamp(row.get(3)?),
            last_seen: Timestamp(row.get(4)?),
            looks: row.get(5)?,
            attempts: row.get(6)?,
            last_healed: row.get::<_, Option<i64>>(7)?.map(Timestamp),
            quarantined: row.get(8)?,
            seen: row.get(9)?,
        });
    }
    sightings.sort_unstable_by(|a, b| (&a.addr, &a.class).cmp(&(&b.addr, &b.class)));
    Ok(Sightings {
        by: read_by(conn, environment)?,
        rows: sightings,
    })
}

impl Desk {
    /// Makes `sightings` all that is known of the drift of the run's environment.
    pub(crate) fn set_sightings(
        &mut self,
        scope: &Scope,
        sightings: &Sightings,
    ) -> Result<(), Failure> {
        self.guard(scope, Writes::Observations)?;
        let by = read_by(&self.conn, scope.environment)?;
        if by != sightings.by {
            let environment = scope.name.clone();
            return Err(RecordError::SightingsMoved { environment, by }.into());
        }
        self.conn
            .prepare_cached("DELETE FROM sighting WHERE environment = ?1")?
            .execute([scope.environment])?;
        for sighting in &sightings.rows {
            self.put_sighting(scope.environment, sighting)?;
        }
        self.conn
            .prepare_cached("UPDATE environment SET sighted_by = ?2 WHERE id = ?1")?
            .execute((scope.environment, scope.run.0))?;
        Ok(())
    }

    fn put_sighting(
        &mut self,
        environment: EnvironmentId,
        sighting: &Sighting,
    ) -> Result<(), Failure> {
        let Sighting {
            addr,
            class,
            first_seen,
            last_seen,
            looks,
            attempts,
            last_healed,
            quarantined,
            seen,
        } = sighting;
        let block = self.terms.block(&self.conn, environment, &addr.block)?;
        // Of two with one address and class the later one counts.
        let sql = "INSERT OR REPLACE INTO sighting (environment, block, key, class, first_seen, \
                   last_seen, looks, attempts, last_healed, quarantined, seen) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
        self.conn.prepare_cached(sql)?.execute(rusqlite::params![
            environment,
            block,
            KeyColumn(&addr.key),
            class.as_str(),
            first_seen.0,
            last_seen.0,
            looks,
            attempts,
            last_healed.map(|at| at.0),
            quarantined,
            seen,
        ])?;
        Ok(())
    }
}
