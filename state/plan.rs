//! Saved plans: opaque bytes under an id, with the serial they were made from.
//! Entry point: [`SavedPlan`].

use std::borrow::Cow;

use model::Str;
use model::clock::Timestamp;
use model::serial::Serial;
use rusqlite::{Connection, OptionalExtension, Row};

use crate::desk::Desk;
use crate::error::{Failure, RecordError};

use crate::pending::Pending;
use crate::seal::{Kept, Opener, Payload, Place, Protection};
use crate::store::Store;
use crate::term::EnvironmentId;

/// A plan to save.
#[derive(Clone, Debug)]
pub struct NewPlan {
    /// The environment it is for.
    pub environment: Str,
    /// Its id, as `p7f3a91`; the first characters name it as long as no other begins so.
    pub id: String,
    /// The serial it was made from.
    pub serial: Serial,
    /// When it was made.
    pub created: Timestamp,
    /// The plan, encoded by the caller.
    pub bytes: Payload,
}

/// What a saved plan is, without its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanRow {
    /// The environment it is for.
    pub environment: Str,
    /// Its whole id.
    pub id: String,
    /// The serial it was made from.
    pub serial: Serial,
    /// When it was made.
    pub created: Timestamp,
}

/// A saved plan; [`SavedPlan::bytes`] gives it readable.
#[derive(Clone, Debug)]
pub struct SavedPlan {
    /// What it is.
    pub row: PlanRow,
    pub(crate) kept: Kept,
    pub(crate) opener: Opener,
}

impl SavedPlan {
    /// Returns the plan's bytes readable.
    ///
    /// # Errors
    /// As [`Opener::attributes`].
    pub fn bytes(&self) -> Result<Cow<'_, [u8]>, RecordError> {
        self.opener.open(&self.kept, PLAN, &self.row.id, "")
    }
}

impl Store {
    /// Saves a plan; needs no lease. Saving the same again changes nothing. Plans of the environment that were made from an
    /// earlier serial than it has now are forgotten then, and all but the newest sixteen.
    ///
    /// # Errors
    /// [`RecordError::PlanExists`] if the id has another plan; those of writing.
    pub fn save_plan(&self, plan: NewPlan) -> Pending<()> {
        self.write(move |desk| desk.save_plan(&plan))
    }

    /// Reads the one saved plan whose id is or begins with `prefix`.
    ///
    /// # Errors
    /// [`RecordError::NoPlan`], [`RecordError::AmbiguousPlan`], those of reading.
    pub fn load_plan(&self, prefix: &str) -> Result<SavedPlan, RecordError> {
        self.reading(|conn| {
            let (row, kept) = read_plan(conn, prefix)?;
            let opener = self.opener(conn, &row.environment)?;
            Ok(SavedPlan { row, kept, opener })
        })
    }

    /// Lists what plans are saved for an environment, the newest first.
    ///
    /// # Errors
    /// Those of reading.
    pub fn plans(&self, environment: &Str) -> Result<Vec<PlanRow>, RecordError> {
        self.reading(|conn| Ok(read_plans(conn, environment)?))
    }

    /// Forgets the saved plan with this whole id.
    ///
    /// # Errors
    /// [`RecordError::NoPlan`], those of writing.
    pub fn delete_plan(&self, id: &str) -> Pending<()> {
        let id = id.to_string();
        self.write(move |desk| desk.delete_plan(&id))
    }
}

const PLAN: &str = "plan";

/// So many plans of an environment are kept: those made last.
const MOST: u32 = 16;

impl PlanRow {
    fn read(row: &Row<'_>) -> Result<Self, rusqlite::Error> {
        Ok(Self {
            environment: row.get_ref(0)?.as_str()?.into(),
            id: row.get(1)?,
            serial: Serial(row.get(2)?),
            created: Timestamp(row.get(3)?),
        })
    }
}

impl Desk {
    /// Saves a plan; saving the same again changes nothing.
    pub(crate) fn save_plan(&mut self, plan: &NewPlan) -> Result<(), Failure> {
        let environment = self.environment(&plan.environment)?;
        let place = Place {
            environment: &plan.environment,
            what: PLAN,
            address: &plan.id,
            detail: "",
        };
        let sql = "SELECT environment, serial, sealed, bytes FROM plan WHERE id = ?1";
        let found = self.conn.prepare_cached(sql)?.query_row([&plan.id], |row| {
            Ok((
                row.get::<_, i64>(0)?,
                row.get::<_, u64>(1)?,
                Kept::new(row.get(3)?, row.get(2)?),
            ))
        });
        if let Some((of, serial, kept)) = found.optional()? {
            let same = of == environment
                && serial == plan.serial.0
                && match kept.plain() {
                    Some(bytes) => *bytes == *plan.bytes.bytes,
                    None => self.opened(&kept.bytes, place)? == *plan.bytes.bytes,
                };
            return match same {
                true => Ok(()),
                false => Err(RecordError::PlanExists {
                    id: plan.id.clone(),
                }
                .into()),
            };
        }
        let bytes = self.kept(&plan.bytes, place)?;
        let sealed = plan.bytes.protection == Protection::Sealed;
        let sql = "INSERT INTO plan (id, environment, serial, created, sealed, bytes) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        self.conn.prepare_cached(sql)?.execute((
            &plan.id,
            environment,
            plan.serial.0,
            plan.created.0,
            sealed,
            &*bytes,
        ))?;
        self.forget_plans(environment, &plan.id)
    }

    /// Forgets plans of an environment that cannot be applied any more, because something was since they were made, and
    /// the oldest of very many; not the one that was saved just now.
    fn forget_plans(&mut self, environment: EnvironmentId, saved: &str) -> Result<(), Failure> {
        let sql = "DELETE FROM plan WHERE environment = ?1 AND id <> ?2 \
                   AND serial < (SELECT serial FROM environment WHERE environment.id = ?1)";
        let mut past = self.conn.prepare_cached(sql)?;
        past.execute((environment, saved))?;
        let sql = "DELETE FROM plan WHERE environment = ?1 AND id <> ?2 AND id NOT IN \
                   (SELECT id FROM plan WHERE environment = ?1 ORDER BY created DESC LIMIT ?3)";
        let mut many = self.conn.prepare_cached(sql)?;
        many.execute((environment, saved, MOST))?;
        Ok(())
    }

    /// Forgets a plan by its whole id.
    pub(crate) fn delete_plan(&mut self, id: &str) -> Result<(), Failure> {
        let deleted = self
            .conn
            .prepare_cached("DELETE FROM plan WHERE id = ?1")?
            .execute([id])?;
        if deleted == 0 {
            return Err(RecordError::NoPlan { id: id.into() }.into());
        }
        Ok(())
    }
}

/// How many ids an ambiguous prefix is answered with.
const CANDIDATES: usize = 5;

/// Reads the one plan whose id is or begins with `prefix`.
pub(crate) fn read_plan(conn: &Connection, prefix: &str) -> Result<(PlanRow, Kept), Failure> {
    let sql = "SELECT id FROM plan WHERE id >= ?1 AND substr(id, 1, length(?1)) = ?1 \
               ORDER BY id LIMIT ?2";
    let mut select = conn.prepare_cached(sql)?;
    let ids = select.query_map((prefix, CANDIDATES), |row| row.get(0))?;
    let ids: Vec<String> = ids.collect::<Result<_, _>>()?;
    let id = match ids.as_slice() {
        [] => return Err(RecordError::NoPlan { id: prefix.into() }.into()),
        [id] => id,
        // An id that is the beginning of another can still be named.
        [id, ..] if id == prefix => id,
        _ => {
            return Err(RecordError::AmbiguousPlan {
                prefix: prefix.into(),
                ids,
            }
            .into());
        }
    };
    let sql = "SELECT name, plan.id, plan.serial, created, sealed, bytes FROM plan \
               JOIN environment ON environment.id = plan.environment WHERE plan.id = ?1";
    let plan = conn.prepare_cached(sql)?.query_row([id], |row| {
        Ok((PlanRow::read(row)?, Kept::new(row.get(5)?, row.get(4)?)))
    })?;
    Ok(plan)
}

/// Reads what plans are saved for an environment, the newest first.
pub(crate) fn read_plans(
    conn: &Connection,
    environment: &str,
) -> Result<Vec<PlanRow>, rusqlite::Error> {
    let sql = "SELECT name, plan.id, plan.serial, created FROM plan \
               JOIN environment ON environment.id = plan.environment \
               WHERE plan.environment = (SELECT id FROM environment WHERE name = ?1) \
               ORDER BY created DESC, plan.id";
    let mut select = conn.prepare_cached(sql)?;
    let rows = select.query_map([environment], PlanRow::read)?;
    rows.collect()
}
