//! Writes changes of objects, keeping what was there before for earlier serials. A change costs the change.

use std::borrow::Cow;

use model::Str;
use model::address::InstanceAddr;
use rusqlite::{OptionalExtension, Row};

use crate::desk::{Desk, Scope, Writes};
use crate::error::{Failure, RecordError};
use crate::object::{
    ATTRIBUTES, Object, ObjectChange, PRIVATE, ReplaceOrder, Status, deposed_text, object_name,
};
use crate::seal::{Payload, Place, Protection};
use crate::term::KeyColumn;

/// Attributes are sealed.
pub(crate) const ATTRIBUTES_SEALED: i64 = 1;
/// Private data is sealed.
pub(crate) const PRIVATE_SEALED: i64 = 2;

/// Which object, and whose.
#[derive(Clone, Copy)]
struct Subject<'a> {
    scope: &'a Scope,
    block: i64,
    addr: &'a InstanceAddr,
    deposed: &'a str,
}

impl Subject<'_> {
    fn missing(&self) -> Failure {
        let address = object_name(self.addr, self.deposed);
        RecordError::NoObject {
            environment: self.scope.name.clone(),
            address,
        }
        .into()
    }
}

/// The row of an object that is recorded.
struct Recorded {
    id: i64,
    since: i64,
    run: i64,
    provider: i64,
    schema_version: u64,
    tainted: bool,
    create_before_destroy: bool,
    dependencies: Vec<u8>,
    sealed: i64,
    private: Option<Vec<u8>>,
    attributes: Vec<u8>,
}

impl Recorded {
    fn read(row: &Row<'_>) -> Result<Self, rusqlite::Error> {
        Ok(Self {
            id: row.get(0)?,
            since: row.get(1)?,
            provider: row.get(2)?,
            schema_version: row.get(3)?,
            tainted: row.get(4)?,
            create_before_destroy: row.get(5)?,
            dependencies: row.get(6)?,
            sealed: row.get(7)?,
            private: row.get(8)?,
            attributes: row.get(9)?,
            run: row.get(10)?,
        })
    }
}

/// What a `Put` writes apart from its payloads.
struct Plain {
    provider: i64,
    tainted: bool,
    create_before_destroy: bool,
    dependencies: Vec<u8>,
}

const INSERT: &str = "INSERT INTO object (id, block, key, deposed, since, run, provider, \
                      schema_version, tainted, create_before_destroy, dependencies, sealed, private, \
                      attributes) \
                      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)";
const UPDATE: &str = "UPDATE object SET since = ?5, run = ?6, provider = ?7, schema_version = ?8, \
                      tainted = ?9, create_before_destroy = ?10, dependencies = ?11, sealed = ?12, \
                      private = ?13, attributes = ?14 \
                      WHERE id = ?1 AND block = ?2 AND key = ?3 AND deposed = ?4";

impl Desk {
    /// Makes `changes` in order; if one is refused the caller undoes those before it.
    pub(crate) fn change_objects(
        &mut self,
        scope: &Scope,
        changes: &[ObjectChange],
    ) -> Result<(), Failure> {
        self.guard(scope, Writes::Objects)?;
        changes
            .iter()
            .try_for_each(|change| self.change_object(scope, change))
    }

    fn change_object(&mut self, scope: &Scope, change: &ObjectChange) -> Result<(), Failure> {
        match change {
            ObjectChange::Put(object) => self.put(scope, object),
            ObjectChange::Delete { addr, deposed } => {
                let subject = self.subject(scope, addr, deposed_text(deposed.as_ref()))?;
                let row = self.recorded(subject)?.ok_or_else(|| subject.missing())?;
                self.archive(subject, &row)?;
                let mut delete = self
                    .conn
                    .prepare_cached("DELETE FROM object WHERE id = ?1")?;
                delete.execute([row.id])?;
                drop(delete);
                self.release_claims(row.id)
            }
            ObjectChange::SetStatus {
                addr,
                deposed,
                status,
            } => {
                let subject = self.subject(scope, addr, deposed_text(deposed.as_ref()))?;
                let row = self.recorded(subject)?.ok_or_else(|| subject.missing())?;
                let tainted = *status == Status::Tainted;
                if row.tainted == tainted {
                    return Ok(());
                }
                let serial = self.archive(subject, &row)?;
                let sql = "UPDATE object SET tainted = ?2, since = ?3, run = ?4 WHERE id = ?1";
                let mut update = self.conn.prepare_cached(sql)?;
                update.execute((row.id, tainted, serial, scope.run.0))?;
                Ok(())
            }
            ObjectChange::Depose { addr, key } if key.is_empty() => {
                Err(RecordError::bug(format!("{addr} is deposed without a key")).into())
            }
            ObjectChange::Depose { addr, key } => self.relocate(scope, (addr, ""), (addr, key)),
            ObjectChange::Restore { addr, key } => self.relocate(scope, (addr, key), (addr, "")),
            ObjectChange::Move { from, to, deposed } => {
                let deposed = deposed_text(deposed.as_ref());
                self.relocate(scope, (from, deposed), (to, deposed))
            }
        }
    }

    fn subject<'a>(
        &mut self,
        scope: &'a Scope,
        addr: &'a InstanceAddr,
        deposed: &'a str,
    ) -> Result<Subject<'a>, Failure> {
        let block = self
            .terms
            .block(&self.conn, scope.environment, &addr.block)?;
        Ok(Subject {
            scope,
            block,
            addr,
            deposed,
        })
    }

    fn recorded(&self, subject: Subject<'_>) -> Result<Option<Recorded>, Failure> {
        let sql = "SELECT id, since, provider, schema_version, tainted, create_before_destroy, \
                   dependencies, sealed, private, attributes, run \
                   FROM object WHERE block = ?1 AND key = ?2 AND deposed = ?3";
        let mut select = self.conn.prepare_cached(sql)?;
        let at = (subject.block, KeyColumn(&subject.addr.key), subject.deposed);
        Ok(select.query_row(at, Recorded::read).optional()?)
    }

    /// Keeps `row` as it is for the serials up to now, and returns the serial that is being written.
    ///
    /// Every statement here writes one row: for those that might write more SQLite keeps copies of pages to undo them,
    /// which in a large transaction takes time out of proportion.
    fn archive(&mut self, subject: Subject<'_>, row: &Recorded) -> Result<i64, Failure> {
        let serial = self.serial(subject.scope)?;
        if row.since >= serial {
            return Ok(serial);
        }
        let sql = "INSERT INTO object_past (environment, until, block, key, deposed, since, run, \
                   provider, schema_version, tainted, create_before_destroy, dependencies, sealed, \
                   private, attributes) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)";
        self.conn.prepare_cached(sql)?.execute(rusqlite::params![
            subject.scope.environment,
            serial,
            subject.block,
            KeyColumn(&subject.addr.key),
            subject.deposed,
            row.since,
            row.run,
            row.provider,
            row.schema_version,
            row.tainted,
            row.create_before_destroy,
            row.dependencies,
            row.sealed,
            row.private,
            row.attributes,
        ])?;
        Ok(serial)
    }

    fn put(&mut self, scope: &Scope, object: &Object) -> Result<(), Failure> {
        let subject = self.subject(scope, &object.addr, deposed_text(object.deposed.as_ref()))?;
        let plain = Plain {
            provider: self
                .terms
                .text(&self.conn, scope.environment, &object.provider)?,
            tainted: object.status == Status::Tainted,
            create_before_destroy: object.replace == ReplaceOrder::CreateFirst,
            dependencies: self.terms.dependencies(
                &self.conn,
                scope.environment,
                &object.dependencies,
            )?,
        };
        let recorded = self.recorded(subject)?;
        if let Some(row) = &recorded
            && self.is_recorded(subject, object, &plain, row)?
        {
            return Ok(());
        }
        let (id, serial, sql) = match &recorded {
            Some(row) => (row.id, self.archive(subject, row)?, UPDATE),
            None => (
                self.next_object(scope.environment)?,
                self.serial(scope)?,
                INSERT,
            ),
        };
        self.write(subject, object, &plain, (id, serial, sql))
    }

    /// Whether a row holds just what `object` says.
    fn is_recorded(
        &mut self,
        subject: Subject<'_>,
        object: &Object,
        plain: &Plain,
        row: &Recorded,
    ) -> Result<bool, Failure> {
        let same = row.provider == plain.provider
            && row.schema_version == object.schema_version
            && row.tainted == plain.tainted
            && row.create_before_destroy == plain.create_before_destroy
            && row.dependencies == plain.dependencies
            && row.sealed == seals(object)
            && row.private.is_some() == object.private.is_some();
        if !same || !self.holds(subject, ATTRIBUTES, &row.attributes, &object.attributes)? {
            return Ok(false);
        }
        match (&row.private, &object.private) {
            (Some(kept), Some(private)) => self.holds(subject, PRIVATE, kept, private),
            (None, _) | (_, None) => Ok(true),
        }
    }

    /// Whether `kept`, protected as `payload` is to be, holds the same bytes.
    fn holds(
        &mut self,
        subject: Subject<'_>,
        what: &'static str,
        kept: &[u8],
        payload: &Payload,
    ) -> Result<bool, Failure> {
        match payload.protection {
            Protection::Plain => Ok(*kept == *payload.bytes),
            Protection::Sealed => {
                let address = subject.addr.to_string();
                Ok(self.opened(kept, place(subject, what, &address))? == *payload.bytes)
            }
        }
    }

    fn write(
        &mut self,
        subject: Subject<'_>,
        object: &Object,
        plain: &Plain,
        (id, serial, sql): (i64, i64, &str),
    ) -> Result<(), Failure> {
        let address = match seals(object) {
            0 => String::new(),
            _ => subject.addr.to_string(),
        };
        let attributes = self.kept(&object.attributes, place(subject, ATTRIBUTES, &address))?;
        let private = match &object.private {
            Some(private) => Some(self.kept(private, place(subject, PRIVATE, &address))?),
            None => None,
        };
        self.conn.prepare_cached(sql)?.execute(rusqlite::params![
            id,
            subject.block,
            KeyColumn(&subject.addr.key),
            subject.deposed,
            serial,
            subject.scope.run.0,
            plain.provider,
            object.schema_version,
            plain.tainted,
            plain.create_before_destroy,
            plain.dependencies,
            seals(object),
            private.as_deref(),
            &*attributes,
        ])?;
        Ok(())
    }

    /// Gives an object another address or deposed key.
    fn relocate(
        &mut self,
        scope: &Scope,
        from: (&InstanceAddr, &str),
        to: (&InstanceAddr, &str),
    ) -> Result<(), Failure> {
        if from == to {
            return Ok(());
        }
        let (from, to) = (
            self.subject(scope, from.0, from.1)?,
            self.subject(scope, to.0, to.1)?,
        );
        let row = self.recorded(from)?.ok_or_else(|| from.missing())?;
        if self.recorded(to)?.is_some() {
            let address = object_name(to.addr, to.deposed);
            return Err(RecordError::ObjectExists {
                environment: scope.name.clone(),
                address,
            }
            .into());
        }
        let serial = self.archive(from, &row)?;
        let sealed = |flag: i64| row.sealed & flag != 0;
        let attributes = match sealed(ATTRIBUTES_SEALED) {
            true => Cow::Owned(self.resealed(&row.attributes, ATTRIBUTES, from, to)?),
            false => Cow::Borrowed(&row.attributes),
        };
        let private = match &row.private {
            Some(private) if sealed(PRIVATE_SEALED) => {
                Some(Cow::Owned(self.resealed(private, PRIVATE, from, to)?))
            }
            other => other.as_ref().map(Cow::Borrowed),
        };
        let sql = "UPDATE object SET block = ?2, key = ?3, deposed = ?4, since = ?5, run = ?6, \
                   private = ?7, attributes = ?8 WHERE id = ?1";
        self.conn.prepare_cached(sql)?.execute(rusqlite::params![
            row.id,
            to.block,
            KeyColumn(&to.addr.key),
            to.deposed,
            serial,
            scope.run.0,
            private.as_deref(),
            *attributes,
        ])?;
        Ok(())
    }

    /// Seals for one place what was sealed for another.
    fn resealed(
        &mut self,
        kept: &[u8],
        what: &'static str,
        from: Subject<'_>,
        to: Subject<'_>,
    ) -> Result<Vec<u8>, Failure> {
        let (old, new) = (from.addr.to_string(), to.addr.to_string());
        let bytes = self.opened(kept, place(from, what, &old))?;
        self.sealed(&bytes, place(to, what, &new))
    }
}

/// Which payloads of `object` are to be sealed, as the tables have it.
fn seals(object: &Object) -> i64 {
    let flag = |payload: Option<&Payload>, flag| match payload {
        Some(payload) if payload.protection == Protection::Sealed => flag,
        Some(_) | None => 0,
    };
    flag(Some(&object.attributes), ATTRIBUTES_SEALED)
        | flag(object.private.as_ref(), PRIVATE_SEALED)
}

fn place<'a>(subject: Subject<'a>, what: &'static str, address: &'a str) -> Place<'a> {
    let name: &Str = &subject.scope.name;
    Place {
        environment: name,
        what,
        address,
        detail: subject.deposed,
    }
}
