//! Reads an environment's record in one pass, as it is now or was at an earlier serial. Takes no lock and waits for none.
//! Entry points: [`Recorded`], [`Header`].

use std::ops::ControlFlow;

use model::Str;
use model::serial::{RunId, Serial};
use rusqlite::{Connection, OptionalExtension, Row};

use crate::change::{ATTRIBUTES_SEALED, PRIVATE_SEALED};
use crate::desk::id_range;
use crate::error::{Failure, RecordError};

use crate::journal::deposed_column;
use crate::object::{ObjectRow, ReplaceOrder, Status};
use crate::output::OutputRow;
use crate::revision::PROJECT;
use crate::schema::OBJECT_BITS;
use crate::seal::{Kept, Opener};
use crate::term::{EnvironmentId, TermReader, key_column};

/// What identifies a state of an environment's record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The environment.
    pub environment: Str,
    /// The serial; 0 if nothing was ever recorded.
    pub serial: Serial,
    /// The random name of this environment's record; empty if nothing was ever recorded.
    pub lineage: Str,
}

/// What the record has of an environment at one serial.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// Which state this is.
    pub header: Header,
    /// The objects, in address order; those of one instance current first, then by deposed key.
    pub objects: Vec<ObjectRow>,
    /// The outputs, by name.
    pub outputs: Vec<OutputRow>,
    /// Opens what they hold sealed.
    pub opener: Opener,
}

/// An environment of the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvironmentRow {
    /// Which it is, and its serial.
    pub header: Header,
    /// How many objects it has, deposed ones too.
    pub objects: u64,
}

/// Reads which state the record of `environment` is in.
pub(crate) fn read_header(
    conn: &Connection,
    environment: &str,
) -> Result<(Option<EnvironmentId>, Header), rusqlite::Error> {
    let sql = "SELECT id, serial, lineage FROM environment WHERE name = ?1";
    let found = conn
        .prepare_cached(sql)?
        .query_row([environment], |row| {
            let (id, serial) = (row.get(0)?, Serial(row.get(1)?));
            Ok((id, serial, Str::from(row.get_ref(2)?.as_str()?)))
        })
        .optional()?;
    let environment = environment.into();
    Ok(match found {
        Some((id, serial, lineage)) => (
            Some(id),
            Header {
                environment,
                serial,
                lineage,
            },
        ),
        None => (
            None,
            Header {
                environment,
                serial: Serial(0),
                lineage: Str::default(),
            },
        ),
    })
}

/// Reads the names of all real environments, in order.
pub(crate) fn read_names(conn: &Connection) -> Result<Vec<Str>, Failure> {
    let mut select =
        conn.prepare_cached("SELECT name FROM environment WHERE name <> ?1 ORDER BY name")?;
    let names = select.query_map([PROJECT], |row| Ok(Str::from(row.get_ref(0)?.as_str()?)))?;
    Ok(names.collect::<Result<_, _>>()?)
}

/// Counts the objects of an environment, deposed ones too. Costs time with their number.
pub(crate) fn count_objects(conn: &Connection, environment: &str) -> Result<u64, Failure> {
    let sql = "SELECT id FROM environment WHERE name = ?1";
    let id: Option<u64> = conn
        .prepare_cached(sql)?
        .query_row([environment], |row| row.get(0))
        .optional()?;
    let Some(id) = id else {
        return Ok(0);
    };
    let sql = "SELECT count(*) FROM object WHERE id >= ?1 AND id < ?2";
    let range = id_range(id, OBJECT_BITS)?;
    Ok(conn
        .prepare_cached(sql)?
        .query_row(range, |row| row.get(0))?)
}

/// Reads all real environments by name, with the number of their objects.
pub(crate) fn read_environments(conn: &Connection) -> Result<Vec<EnvironmentRow>, Failure> {
    let found = read_names(conn)?;
    let mut out = Vec::with_capacity(found.len());
    for name in found {
        let (_, header) = read_header(conn, &name)?;
        let objects = count_objects(conn, &name)?;
        out.push(EnvironmentRow { header, objects });
    }
    Ok(out)
}

const COLUMNS: &str = "block, key, deposed, since, run, provider, schema_version, tainted, \
                       create_before_destroy, dependencies, sealed, private, attributes";

/// Gives `each` every object of an environment, in the order they were first recorded, until it breaks off.
pub(crate) fn each_object(
    conn: &Connection,
    environment: EnvironmentId,
    each: &mut dyn FnMut(ObjectRow) -> ControlFlow<()>,
) -> Result<(), Failure> {
    let number =
        u64::try_from(environment).map_err(|_| RecordError::bug("a negative environment"))?;
    let sql = format!("SELECT {COLUMNS} FROM object WHERE id >= ?1 AND id < ?2 ORDER BY id");
    let (from, to) = id_range(number, OBJECT_BITS)?;
    let terms = TermReader::whole(conn, environment)?;
    let _ = pass(conn, terms, &sql, &[from, to], each)?;
    Ok(())
}

/// Gives `each` every object an environment had at `serial`, in no particular order.
pub(crate) fn each_object_at(
    conn: &Connection,
    environment: EnvironmentId,
    serial: Serial,
    each: &mut dyn FnMut(ObjectRow) -> ControlFlow<()>,
) -> Result<(), Failure> {
    let number =
        u64::try_from(environment).map_err(|_| RecordError::bug("a negative environment"))?;
    let at = i64::try_from(serial.0).unwrap_or(i64::MAX);
    let sql = format!("SELECT {COLUMNS} FROM object WHERE id >= ?1 AND id < ?2 AND since <= ?3");
    let (from, to) = id_range(number, OBJECT_BITS)?;
    let terms = TermReader::whole(conn, environment)?;
    if pass(conn, terms, &sql, &[from, to, at], each)?.is_break() {
        return Ok(());
    }
    let sql = format!(
        "SELECT {COLUMNS} FROM object_past WHERE environment = ?1 AND until > ?2 AND since <= ?2"
    );
    let terms = TermReader::whole(conn, environment)?;
    let _ = pass(conn, terms, &sql, &[environment, at], each)?;
    Ok(())
}

fn pass(
    conn: &Connection,
    mut terms: TermReader<'_>,
    sql: &str,
    parameters: &[i64],
    each: &mut dyn FnMut(ObjectRow) -> ControlFlow<()>,
) -> Result<ControlFlow<()>, Failure> {
    let mut select = conn.prepare_cached(sql)?;
    let mut rows = select.query(rusqlite::params_from_iter(parameters))?;
    while let Some(row) = rows.next()? {
        if each(object(row, &mut terms)?).is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// Makes an object of the columns of [`COLUMNS`].
fn object(row: &Row<'_>, terms: &mut TermReader<'_>) -> Result<ObjectRow, Failure> {
    let sealed: i64 = row.get(10)?;
    let private: Option<Vec<u8>> = row.get(11)?;
    let key = key_column(row, 1)?;
    let tainted: bool = row.get(7)?;
    let create_first: bool = row.get(8)?;
    Ok(ObjectRow {
        addr: terms.block(row.get(0)?)?.instance(key),
        deposed: deposed_column(row, 2)?,
        provider: terms.text(row.get(5)?)?,
        schema_version: row.get(6)?,
        status: if tainted {
            Status::Tainted
        } else {
            Status::Created
        },
        replace: if create_first {
            ReplaceOrder::CreateFirst
        } else {
            ReplaceOrder::DestroyFirst
        },
        dependencies: terms
            .dependencies(row.get_ref(9)?.as_blob().map_err(rusqlite::Error::from)?)?,
        attributes: Kept::new(row.get(12)?, sealed & ATTRIBUTES_SEALED != 0),
        private: private.map(|bytes| Kept::new(bytes, sealed & PRIVATE_SEALED != 0)),
        since: Serial(row.get(3)?),
        run: RunId(row.get(4)?),
    })
}

/// Collects objects in address order.
pub(crate) fn collect(
    each: impl FnOnce(&mut dyn FnMut(ObjectRow) -> ControlFlow<()>) -> Result<(), Failure>,
) -> Result<Vec<ObjectRow>, Failure> {
    let mut objects = Vec::new();
    each(&mut |object| {
        objects.push(object);
        ControlFlow::Continue(())
    })?;
    // Mostly they are in order already, and the sort finds that out in one pass.
    objects.sort_unstable_by(|a: &ObjectRow, b: &ObjectRow| {
        let block = match std::sync::Arc::ptr_eq(&a.addr.block, &b.addr.block) {
            true => std::cmp::Ordering::Equal,
            false => a.addr.block.cmp(&b.addr.block),
        };
        block
            .then_with(|| a.addr.key.cmp(&b.addr.key))
            .then_with(|| a.deposed.cmp(&b.deposed))
    });
    Ok(objects)
}

/// Reads the outputs of an environment by name, as they are or as they were at a serial.
pub(crate) fn read_outputs(
    conn: &Connection,
    environment: EnvironmentId,
    at: Option<Serial>,
) -> Result<Vec<OutputRow>, Failure> {
    let sql = match at {
        None => {
            "SELECT name, since, sensitive, sealed, value FROM output \
             WHERE environment = ?1 AND ?2 IS NULL ORDER BY name"
        }
        Some(_) => {
            "SELECT name, since, sensitive, sealed, value FROM output \
             WHERE environment = ?1 AND since <= ?2 \
             UNION ALL SELECT name, since, sensitive, sealed, value FROM output_past \
             WHERE environment = ?1 AND until > ?2 AND since <= ?2 ORDER BY name"
        }
    };
    let mut select = conn.prepare_cached(sql)?;
    let rows = select.query_map((environment, at.map(|serial| serial.0)), OutputRow::read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}
