//! Texts that many rows share, kept once per environment and named by number. Knows addresses, not objects.
//! Entry points: [`TermWriter`] gives numbers, [`TermReader`] what they name.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use model::Str;
use model::address::{BlockAddr, InstanceAddr, InstanceKey, ModuleAddr, ResourceAddr};
use model::change::Dependencies;
use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use rusqlite::{Connection, OptionalExtension, ToSql};

use crate::error::{Failure, RecordError};

/// A number of a row in `environment`.
pub(crate) type EnvironmentId = i64;

/// Gives terms their numbers. What it remembers is true only as long as no transaction is undone.
#[derive(Debug, Default)]
pub(crate) struct TermWriter {
    texts: HashMap<(EnvironmentId, Str), i64>,
    blocks: HashMap<(EnvironmentId, Arc<BlockAddr>), i64>,
    resources: HashMap<(EnvironmentId, Arc<ResourceAddr>), i64>,
    /// Consecutive rows mostly have the very same block.
    last: Option<(EnvironmentId, Arc<BlockAddr>, i64)>,
}

impl TermWriter {
    /// Forgets everything, because rows it remembers may have been undone.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Returns the number of `text`, a new one if need be.
    pub(crate) fn text(
        &mut self,
        conn: &Connection,
        environment: EnvironmentId,
        text: &Str,
    ) -> Result<i64, Failure> {
        let entry = (environment, text.clone());
        if let Some(id) = self.texts.get(&entry) {
            return Ok(*id);
        }
        let id = number(conn, environment, text)?;
        self.texts.insert(entry, id);
        Ok(id)
    }

    /// Returns the number of a block's address, a new one if need be.
    pub(crate) fn block(
        &mut self,
        conn: &Connection,
        environment: EnvironmentId,
        block: &Arc<BlockAddr>,
    ) -> Result<i64, Failure> {
        if let Some((of, last, id)) = &self.last
            && *of == environment
            && Arc::ptr_eq(last, block)
        {
            return Ok(*id);
        }
        let entry = (environment, block.clone());
        let id = match self.blocks.get(&entry) {
            Some(id) => *id,
            None => {
                let id = number(conn, environment, &block.to_string())?;
                self.blocks.insert(entry, id);
                id
            }
        };
        self.last = Some((environment, block.clone(), id));
        Ok(id)
    }

    /// Returns a list of dependencies as the tables have it: in address order, each once.
    pub(crate) fn dependencies(
        &mut self,
        conn: &Connection,
        environment: EnvironmentId,
        dependencies: &Dependencies,
    ) -> Result<Vec<u8>, Failure> {
        let mut sorted: Vec<&Arc<ResourceAddr>> = dependencies.iter().collect();
        sorted.sort_unstable();
        sorted.dedup();
        let mut out = Vec::with_capacity(sorted.len() * 4);
        for resource in sorted {
            let entry = (environment, resource.clone());
            let id = match self.resources.get(&entry) {
                Some(id) => *id,
                None => {
                    let id = number(conn, environment, &resource.to_string())?;
                    self.resources.insert(entry, id);
                    id
                }
            };
            let id = u32::try_from(id)
                .map_err(|_| RecordError::bug("the record has run out of terms"))?;
            out.extend(id.to_le_bytes());
        }
        Ok(out)
    }
}

fn number(conn: &Connection, environment: EnvironmentId, text: &str) -> Result<i64, Failure> {
    if let Some(id) = find(conn, environment, text)? {
        return Ok(id);
    }
    let mut insert = conn.prepare_cached("INSERT INTO term (environment, text) VALUES (?1, ?2)")?;
    Ok(insert.insert((environment, text))?)
}

/// Returns the number of `text` if it has one.
fn find(
    conn: &Connection,
    environment: EnvironmentId,
    text: &str,
) -> Result<Option<i64>, rusqlite::Error> {
    let sql = "SELECT id FROM term WHERE environment = ?1 AND text = ?2";
    conn.prepare_cached(sql)?
        .query_row((environment, text), |row| row.get(0))
        .optional()
}

/// Gives what numbers name; equal things are one thing in memory.
#[derive(Debug)]
pub(crate) struct TermReader<'c> {
    conn: &'c Connection,
    texts: HashMap<i64, Str>,
    blocks: HashMap<i64, Arc<BlockAddr>>,
    resources: HashMap<i64, Arc<ResourceAddr>>,
    lists: HashMap<Box<[u8]>, Dependencies>,
    none: Dependencies,
    types: HashSet<Str>,
    modules: HashSet<ModuleAddr>,
    last: Option<(i64, Arc<BlockAddr>)>,
}

/// The most different lists of dependencies that are remembered; where every object has its own, sharing gains nothing.
const LISTS: usize = 4096;

impl<'c> TermReader<'c> {
    pub(crate) fn new(conn: &'c Connection) -> Self {
        Self {
            conn,
            texts: HashMap::new(),
            blocks: HashMap::new(),
            resources: HashMap::new(),
            lists: HashMap::new(),
            none: Arc::from([]),
            types: HashSet::new(),
            modules: HashSet::new(),
            last: None,
        }
    }

    /// Reads all texts of an environment in one pass: for those who read the whole of it.
    pub(crate) fn whole(conn: &'c Connection, environment: EnvironmentId) -> Result<Self, Failure> {
        let mut terms = Self::new(conn);
        let mut select = conn.prepare_cached("SELECT id, text FROM term WHERE environment = ?1")?;
        let mut rows = select.query([environment])?;
        while let Some(row) = rows.next()? {
            let text = Str::from(row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?);
            terms.texts.insert(row.get(0)?, text);
        }
        Ok(terms)
    }

    fn lookup(&self, id: i64) -> Result<Str, Failure> {
        if let Some(text) = self.texts.get(&id) {
            return Ok(text.clone());
        }
        let mut select = self
            .conn
            .prepare_cached("SELECT text FROM term WHERE id = ?1")?;
        let text = select.query_row([id], |row| {
            row.get_ref(0)?
                .as_str()
                .map(Str::from)
                .map_err(rusqlite::Error::from)
        });
        match text.optional()? {
            Some(text) => Ok(text),
            None => Err(self.damaged(format!("its term {id} is gone"))),
        }
    }

    fn damaged(&self, reason: String) -> Failure {
        let path = self.conn.path().unwrap_or_default().into();
        Failure::Refused(RecordError::Unreadable { path, reason })
    }

    pub(crate) fn text(&mut self, id: i64) -> Result<Str, Failure> {
        let text = self.lookup(id)?;
        Ok(self.texts.entry(id).or_insert(text).clone())
    }

    pub(crate) fn block(&mut self, id: i64) -> Result<Arc<BlockAddr>, Failure> {
        if let Some((last, block)) = &self.last
            && *last == id
        {
            return Ok(block.clone());
        }
        let block = match self.blocks.get(&id) {
            Some(block) => block.clone(),
            None => {
                let block = Arc::new(self.parse(id)?);
                self.blocks.insert(id, block.clone());
                block
            }
        };
        self.last = Some((id, block.clone()));
        Ok(block)
    }

    fn parse(&mut self, id: i64) -> Result<BlockAddr, Failure> {
        let text = self.lookup(id)?;
        let addr = text
            .parse::<InstanceAddr>()
            .map_err(|error| self.damaged(error.to_string()))?;
        let mut block = Arc::unwrap_or_clone(addr.block);
        share(&mut self.types, &mut block.rtype);
        share(&mut self.modules, &mut block.module);
        Ok(block)
    }

    fn resource(&mut self, id: i64) -> Result<Arc<ResourceAddr>, Failure> {
        if let Some(resource) = self.resources.get(&id) {
            return Ok(resource.clone());
        }
        // Mostly it is recorded itself, and without keys in its module's address.
        let resource = match self.blocks.get(&id) {
            Some(block) => block.resource(),
            None => self.parse(id)?.resource(),
        };
        let resource = Arc::new(resource);
        self.resources.insert(id, resource.clone());
        Ok(resource)
    }

    pub(crate) fn dependencies(&mut self, ids: &[u8]) -> Result<Dependencies, Failure> {
        if ids.is_empty() {
            return Ok(self.none.clone());
        }
        if let Some(list) = self.lists.get(ids) {
            return Ok(list.clone());
        }
        let (numbers, rest) = ids.as_chunks::<4>();
        if !rest.is_empty() {
            return Err(self.damaged("a list of dependencies is cut short".into()));
        }
        let list = numbers
            .iter()
            .map(|id| self.resource(i64::from(u32::from_le_bytes(*id))));
        let list: Dependencies = list.collect::<Result<Vec<_>, _>>()?.into();
        if self.lists.len() < LISTS {
            self.lists.insert(ids.into(), list.clone());
        }
        Ok(list)
    }
}

/// Replaces `item` by the equal one that is known already.
fn share<T: Clone + Eq + std::hash::Hash>(known: &mut HashSet<T>, item: &mut T) {
    match known.get(item) {
        Some(same) => *item = same.clone(),
        None => {
            known.insert(item.clone());
        }
    }
}

/// An instance key as the tables have it: -1, a number or a text, which sort as the keys do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeyColumn<'a>(pub(crate) &'a InstanceKey);

impl ToSql for KeyColumn<'_> {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>, rusqlite::Error> {
        Ok(match self.0 {
            InstanceKey::None => ToSqlOutput::Owned(Value::Integer(-1)),
            InstanceKey::Index(index) => {
                let index = i64::try_from(*index)
                    .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
                ToSqlOutput::Owned(Value::Integer(index))
            }
            InstanceKey::Key(key) => ToSqlOutput::Borrowed(ValueRef::Text(key.as_bytes())),
        })
    }
}

/// Reads an instance key from column `index`.
pub(crate) fn key_column(
    row: &rusqlite::Row<'_>,
    index: usize,
) -> Result<InstanceKey, rusqlite::Error> {
    match row.get_ref(index)? {
        ValueRef::Integer(-1) => Ok(InstanceKey::None),
        ValueRef::Integer(number) => u64::try_from(number)
            .map(InstanceKey::Index)
            .map_err(|_| rusqlite::Error::IntegralValueOutOfRange(index, number)),
        ValueRef::Text(_) => Ok(InstanceKey::Key(row.get_ref(index)?.as_str()?.into())),
        other @ (ValueRef::Null | ValueRef::Real(_) | ValueRef::Blob(_)) => Err(
            rusqlite::Error::InvalidColumnType(index, "key".into(), other.data_type()),
        ),
    }
}
