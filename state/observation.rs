//! What a run saw: its events, and the results of checks, which are evidence for promotion.
//! Entry points: [`Observation`], [`EventRow`], [`CheckResult`].

use model::Str;
use model::clock::Timestamp;
use model::serial::{RunId, Serial};
use rusqlite::{Connection, Row};

use crate::desk::{Desk, Numbered, Scope, Writes, id_range};
use crate::error::Failure;
use crate::read::read_header;
use crate::run::{NewRun, RunEnd, RunRow};
use crate::schema::RUN_BITS;
use crate::sighting::Sightings;

/// A run that only looked, and is over.
#[derive(Clone, Debug)]
pub struct Observation {
    /// The run.
    pub run: NewRun,
    /// The serial of what it looked at.
    pub serial: Serial,
    /// What happened in it, in order.
    pub events: Vec<EventRow>,
    /// The results of its checks, in order.
    pub checks: Vec<CheckResult>,
    /// All that is known of the environment's drift from now on, where that is what it looked for.
    pub sightings: Option<Sightings>,
    /// How it ended.
    pub end: RunEnd,
}

/// An event of a run that is no step of it. The text is the caller's; JSON by custom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRow {
    /// When.
    pub at: Timestamp,
    /// What.
    pub body: String,
}

/// The result of one check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckResult {
    /// The check's name.
    pub name: String,
    /// Whether it passed.
    pub passed: bool,
    /// When it was decided.
    pub at: Timestamp,
    /// What was seen, in a phrase: one line.
    pub detail: String,
    /// Of a check that failed, what was seen in lines; empty where there is nothing. Never a sensitive value.
    pub seen: String,
}

/// What a check said, without what it saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckSaid {
    /// The run it was asked in.
    pub run: RunId,
    /// Its name.
    pub name: Str,
    /// Whether it passed.
    pub passed: bool,
    /// When.
    pub at: Timestamp,
}

/// The result of one check with the run that made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckRow {
    /// The run.
    pub run: RunId,
    /// The result.
    pub result: CheckResult,
}

impl Desk {
    /// Adds a whole run that only looked; none where the record has moved on since.
    pub(crate) fn observed(
        &mut self,
        environment: &Str,
        seen: &Observation,
    ) -> Result<Option<RunRow>, Failure> {
        let Observation {
            run,
            serial,
            events,
            checks,
            sightings,
            end,
        } = seen;
        if read_header(&self.conn, environment)?.1.serial != *serial {
            return Ok(None);
        }
        let scope = self.begin_observation(environment, run)?;
        for event in events {
            self.event(&scope, event)?;
        }
        for check in checks {
            self.check(&scope, check)?;
        }
        if let Some(sightings) = sightings {
            self.set_sightings(&scope, sightings)?;
        }
        self.finish(&scope, end).map(Some)
    }

    /// Adds an event to a run.
    pub(crate) fn event(&mut self, scope: &Scope, event: &EventRow) -> Result<(), Failure> {
        self.guard(scope, Writes::Observations)?;
        let id = self.next_in_run(Numbered::Event, scope.run)?;
        let mut insert = self
            .conn
            .prepare_cached("INSERT INTO event (id, at, body) VALUES (?1, ?2, ?3)")?;
        insert.execute((id, event.at.0, &event.body))?;
        Ok(())
    }

    /// Adds the result of a check to a run.
    pub(crate) fn check(&mut self, scope: &Scope, check: &CheckResult) -> Result<(), Failure> {
        let CheckResult {
            name,
            passed,
            at,
            detail,
            seen,
        } = check;
        self.guard(scope, Writes::Observations)?;
        let id = self.next_in_run(Numbered::CheckResult, scope.run)?;
        let sql = "INSERT INTO check_result (id, name, passed, at, detail, environment) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let detail = kept(detail, seen);
        self.conn.prepare_cached(sql)?.execute((
            id,
            name,
            passed,
            at.0,
            detail,
            scope.environment,
        ))?;
        Ok(())
    }
}

/// Reads the events of a run in their order.
pub(crate) fn read_events(conn: &Connection, run: RunId) -> Result<Vec<EventRow>, Failure> {
    let sql = "SELECT at, body FROM event WHERE id >= ?1 AND id < ?2 ORDER BY id";
    let mut select = conn.prepare_cached(sql)?;
    let rows = select.query_map(id_range(run.0, RUN_BITS)?, |row| {
        Ok(EventRow {
            at: Timestamp(row.get(0)?),
            body: row.get(1)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Reads the results of a run's checks in their order.
pub(crate) fn read_checks(conn: &Connection, run: RunId) -> Result<Vec<CheckRow>, Failure> {
    let sql = "SELECT id, name, passed, at, detail FROM check_result \
               WHERE id >= ?1 AND id < ?2 ORDER BY id";
    let mut select = conn.prepare_cached(sql)?;
    let rows = select.query_map(id_range(run.0, RUN_BITS)?, read_check)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Reads what each check of an environment ever said, in their order.
pub(crate) fn read_said(
    conn: &Connection,
    environment: &str,
) -> Result<Vec<CheckSaid>, rusqlite::Error> {
    let sql = "SELECT id, name, passed, at FROM check_result \
               WHERE environment = (SELECT id FROM environment WHERE name = ?1) ORDER BY id";
    let mut select = conn.prepare_cached(sql)?;
    let rows = select.query_map([environment], |row| {
        Ok(CheckSaid {
            run: RunId(row.get::<_, u64>(0)? >> RUN_BITS),
            name: row.get_ref(1)?.as_str()?.into(),
            passed: row.get(2)?,
            at: Timestamp(row.get(3)?),
        })
    })?;
    rows.collect()
}

/// Reads the newest result of each check of an environment, by name.
pub(crate) fn read_newest_checks(
    conn: &Connection,
    environment: &str,
) -> Result<Vec<CheckRow>, rusqlite::Error> {
    let sql = "SELECT id, name, passed, at, detail FROM check_result WHERE id IN ( \
               SELECT max(id) FROM check_result \
               WHERE environment = (SELECT id FROM environment WHERE name = ?1) GROUP BY name) \
               ORDER BY name";
    let mut select = conn.prepare_cached(sql)?;
    let rows = select.query_map([environment], read_check)?;
    rows.collect()
}

/// A phrase and lines as the one text that is kept.
fn kept(detail: &str, seen: &str) -> String {
    let phrase: Vec<&str> = detail.lines().collect();
    let phrase = phrase.join(" ");
    if seen.is_empty() {
        phrase
    } else {
        format!("{phrase}\n{seen}")
    }
}

fn read_check(row: &Row<'_>) -> Result<CheckRow, rusqlite::Error> {
    let kept = row.get_ref(4)?.as_str()?;
    let (detail, seen) = kept.split_once('\n').unwrap_or((kept, ""));
    Ok(CheckRow {
        run: RunId(row.get::<_, u64>(0)? >> RUN_BITS),
        result: CheckResult {
            name: row.get(1)?,
            passed: row.get(2)?,
            at: Timestamp(row.get(3)?),
            detail: detail.to_owned(),
            seen: seen.to_owned(),
        },
    })
}
