//! Root outputs of an environment as the record has them. Values are opaque here.
//! Entry point: [`OutputRow`].

use std::borrow::Cow;
use std::collections::BTreeMap;

use model::Str;
use model::serial::Serial;
use rusqlite::{OptionalExtension, Row};

use crate::desk::{Desk, Scope, Writes};
use crate::error::{Failure, RecordError};
use crate::seal::{Kept, Opener, Payload, Place, Protection};

/// An output to record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// The value, encoded by the caller.
    pub value: Payload,
    /// Whether the definition calls it sensitive.
    pub sensitive: bool,
}

/// An output as recorded.
#[derive(Clone, Debug)]
pub struct OutputRow {
    /// Its name.
    pub name: Str,
    /// The value; [`Opener::output`] gives it readable.
    pub value: Kept,
    /// Whether the definition calls it sensitive.
    pub sensitive: bool,
    /// The serial it was written at.
    pub since: Serial,
}

impl Opener {
    /// Returns the value of `row` readable.
    ///
    /// # Errors
    /// As [`Opener::attributes`].
    pub fn output<'a>(&self, row: &'a OutputRow) -> Result<Cow<'a, [u8]>, RecordError> {
        self.open(&row.value, OUTPUT, &row.name, "")
    }
}

const OUTPUT: &str = "output";

impl OutputRow {
    /// Reads name, since, sensitive, sealed, value.
    pub(crate) fn read(row: &Row<'_>) -> Result<Self, rusqlite::Error> {
        Ok(Self {
            name: row.get_ref(0)?.as_str()?.into(),
            since: Serial(row.get(1)?),
            sensitive: row.get(2)?,
            value: Kept::new(row.get(4)?, row.get(3)?),
        })
    }
}

impl Desk {
    /// Makes `outputs` all that the environment has; those that are the same stay as they are.
    pub(crate) fn set_outputs(
        &mut self,
        scope: &Scope,
        outputs: &BTreeMap<Str, Output>,
    ) -> Result<(), Failure> {
        self.guard(scope, Writes::Objects)?;
        let names: Vec<Str> = {
            let mut select = self
                .conn
                .prepare_cached("SELECT name FROM output WHERE environment = ?1")?;
            let rows = select.query_map([scope.environment], |row| {
                row.get_ref(0)?
                    .as_str()
                    .map(Str::from)
                    .map_err(rusqlite::Error::from)
            })?;
            rows.collect::<Result<_, _>>()?
        };
        for name in names.iter().filter(|name| !outputs.contains_key(*name)) {
            self.archive_output(scope, name)?;
            let sql = "DELETE FROM output WHERE environment = ?1 AND name = ?2";
            self.conn
                .prepare_cached(sql)?
                .execute((scope.environment, name.as_str()))?;
        }
        outputs
            .iter()
            .try_for_each(|(name, output)| self.set_output(scope, name, output))
    }

    fn set_output(&mut self, scope: &Scope, name: &Str, output: &Output) -> Result<(), Failure> {
        let sql = "SELECT name, since, sensitive, sealed, value FROM output \
                   WHERE environment = ?1 AND name = ?2";
        let at = (scope.environment, name.as_str());
        let recorded = self
            .conn
            .prepare_cached(sql)?
            .query_row(at, OutputRow::read)
            .optional()?;
        let place = Place {
            environment: &scope.name,
            what: OUTPUT,
            address: name,
            detail: "",
        };
        if let Some(row) = recorded
            && row.sensitive == output.sensitive
            && row.value.protection() == output.value.protection
        {
            let same = match row.value.plain() {
                Some(bytes) => *bytes == *output.value.bytes,
                None => self.opened(&row.value.bytes, place)? == *output.value.bytes,
            };
            if same {
                return Ok(());
            }
        }
        let serial = self.archive_output(scope, name)?;
        let value = self.kept(&output.value, place)?;
        let sealed = output.value.protection == Protection::Sealed;
        let sql = "INSERT OR REPLACE INTO output (environment, name, since, sensitive, sealed, value) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        self.conn.prepare_cached(sql)?.execute((
            scope.environment,
            name.as_str(),
            serial,
            output.sensitive,
            sealed,
            &*value,
        ))?;
        Ok(())
    }

    /// Keeps an output as it is, if there is one, for the serials up to now; returns the serial being written.
    fn archive_output(&mut self, scope: &Scope, name: &str) -> Result<i64, Failure> {
        let serial = self.serial(scope)?;
        let sql = "INSERT INTO output_past (environment, until, name, since, sensitive, sealed, value) \
                   SELECT environment, ?3, name, since, sensitive, sealed, value \
                   FROM output WHERE environment = ?1 AND name = ?2 AND since < ?3";
        self.conn
            .prepare_cached(sql)?
            .execute((scope.environment, name, serial))?;
        Ok(serial)
    }
}
