//! The journal: what is about to be done to the world, durable before it is done, and what came of it.
//! Entry points: [`Intent`], [`Settlement`], [`OpenIntent`].

use std::borrow::Cow;

use model::Str;
use model::address::{InstanceAddr, InstanceKey};
use model::clock::Timestamp;
use model::serial::RunId;
use rusqlite::{Connection, OptionalExtension, Row};
use sha2::{Digest, Sha256};

use crate::claim::{Claim, Settled};
use crate::desk::{Desk, Numbered, Scope, Writes, id_range};
use crate::error::{Failure, RecordError};
use crate::id::IntentId;
use crate::object::{ObjectChange, deposed_text};
use crate::schema::RUN_BITS;
use crate::seal::{Kept, Opener, Payload, Place, Protection};
use crate::term::{EnvironmentId, KeyColumn, TermReader, key_column};
use crate::word::{word, words};

/// An effect that is about to be asked for.
#[derive(Clone, Debug)]
pub struct Intent {
    /// The number of the plan's step.
    pub step: u64,
    /// The instance.
    pub addr: InstanceAddr,
    /// The deposed key if the effect is on a deposed object.
    pub deposed: Option<Str>,
    /// What is done, in the plan's word.
    pub action: Str,
    /// What the provider is told so that the effect can be found again; unique.
    pub marker: String,
    /// The object before, encoded by the caller.
    pub prior: Option<Payload>,
    /// The object it should become, encoded by the caller.
    pub planned: Option<Payload>,
    /// What the object has for itself while this goes on and afterwards; none where its resource type claims nothing, and
    /// where nothing is made.
    pub claims: Option<Vec<Claim>>,
    /// When.
    pub at: Timestamp,
}

words! {
    /// What became of an intent.
    How {
        /// The provider did it.
        Done = "done",
        /// The provider failed; what exists is recorded.
        Failed = "failed",
        /// It had happened when the process died; it was found and recorded.
        Adopted = "adopted",
        /// It had not happened when the process died.
        DidNotHappen = "did-not-happen",
        /// It could not be known, and a person settled it.
        SettledByHand = "settled-by-hand",
    }
}

/// What became of an intent, with what that changes in the record.
#[derive(Clone, Debug)]
pub struct Settlement {
    /// What became of it.
    pub how: How,
    /// More of it in words: the provider's error. Never a sensitive value.
    pub detail: Option<String>,
    /// When.
    pub at: Timestamp,
    /// The changes of the record's objects, written in the same transaction, in this order.
    pub changes: Vec<ObjectChange>,
}

/// An intent of which it is not recorded what became of it.
#[derive(Clone, Debug)]
pub struct OpenIntent {
    /// Its number.
    pub id: IntentId,
    /// The run.
    pub run: RunId,
    /// The fencing token of the run's lease.
    pub token: u64,
    /// The number of the plan's step.
    pub step: u64,
    /// The instance.
    pub addr: InstanceAddr,
    /// The deposed key if the effect was on a deposed object.
    pub deposed: Option<Str>,
    /// What was to be done, in the plan's word.
    pub action: Str,
    /// What the provider was told.
    pub marker: String,
    /// When.
    pub at: Timestamp,
    /// The object before; [`Opener::prior`] gives it readable.
    pub prior: Option<Kept>,
    /// The object it should become; [`Opener::planned`] gives it readable.
    pub planned: Option<Kept>,
}

/// The open intents of an environment, in the order they were written.
#[derive(Clone, Debug)]
pub struct OpenIntents {
    /// The intents.
    pub intents: Vec<OpenIntent>,
    /// Opens what they hold sealed.
    pub opener: Opener,
}

/// What an [`Intent`] says it does that destroys an object to make another in its place.
pub const REPLACED: &str = "replace";

/// What such a step does, read again: it destroys.
const DESTROY: &str = "destroy";

/// A step of a run as the journal has it, settled or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalRow {
    /// Its number.
    pub id: IntentId,
    /// The number of the plan's step.
    pub step: u64,
    /// The instance.
    pub addr: InstanceAddr,
    /// The deposed key if the effect was on a deposed object.
    pub deposed: Option<Str>,
    /// What was to be done, in the plan's word.
    pub action: Str,
    /// Whether the object was to go to make another in its place.
    pub replaced: bool,
    /// When it began.
    pub at: Timestamp,
    /// What became of it; none if that is not recorded.
    pub result: Option<JournalResult>,
}

/// What became of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalResult {
    /// The run that recorded it: the step's own, or the one that recovered.
    pub run: RunId,
    /// What became of it.
    pub how: How,
    /// More of it in words.
    pub detail: Option<String>,
    /// When.
    pub at: Timestamp,
}

impl Opener {
    /// Returns the object before `intent`, readable.
    ///
    /// # Errors
    /// As [`Opener::attributes`].
    pub fn prior<'a>(&self, intent: &'a OpenIntent) -> Result<Option<Cow<'a, [u8]>>, RecordError> {
        self.side(intent, intent.prior.as_ref(), PRIOR)
    }

    /// Returns the object `intent` should make, readable.
    ///
    /// # Errors
    /// As [`Opener::attributes`].
    pub fn planned<'a>(
        &self,
        intent: &'a OpenIntent,
    ) -> Result<Option<Cow<'a, [u8]>>, RecordError> {
        self.side(intent, intent.planned.as_ref(), PLANNED)
    }

    fn side<'a>(
        &self,
        intent: &OpenIntent,
        kept: Option<&'a Kept>,
        what: &'static str,
    ) -> Result<Option<Cow<'a, [u8]>>, RecordError> {
        kept.map(|kept| self.open(kept, what, &intent.addr, &intent.marker))
            .transpose()
    }
}

const PRIOR: &str = "prior object";
const PLANNED: &str = "planned object";
const PRIOR_SEALED: i64 = 1;
const PLANNED_SEALED: i64 = 2;

impl Desk {
    /// Writes an intent, and what it claims.
    pub(crate) fn intend(&mut self, scope: &Scope, intent: &Intent) -> Result<IntentId, Failure> {
        self.guard(scope, Writes::Objects)?;
        let block = self
            .terms
            .block(&self.conn, scope.environment, &intent.addr.block)?;
        let id = self.next_in_run(Numbered::Intent, scope.run)?;
        let (prior, prior_sealed) = self.intent_side(scope, intent, Side::Prior)?;
        let (planned, planned_sealed) = self.intent_side(scope, intent, Side::Planned)?;
        let sql = "INSERT INTO intent (id, environment, token, step, block, key, deposed, action, \
                   marker, intended, payload, claims) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
        self.conn.prepare_cached(sql)?.execute(rusqlite::params![
            id,
            scope.environment,
            scope.token,
            intent.step,
            block,
            KeyColumn(&intent.addr.key),
            deposed_text(intent.deposed.as_ref()),
            intent.action.as_str(),
            intent.marker,
            intent.at.0,
            payload_digest(prior.as_deref(), planned.as_deref()),
            intent.claims.is_some(),
        ])?;
        if prior.is_some() || planned.is_some() {
            let sql =
                "INSERT INTO intent_payload (id, sealed, prior, planned) VALUES (?1, ?2, ?3, ?4)";
            let mut insert = self.conn.prepare_cached(sql)?;
            insert.execute((
                id,
                prior_sealed | planned_sealed,
                prior.as_deref(),
                planned.as_deref(),
            ))?;
        }
        if let Some(claims) = &intent.claims {
            self.claim(scope, id, claims)?;
        }
        Ok(IntentId(
            u64::try_from(id).map_err(|_| RecordError::bug("an intent below zero"))?,
        ))
    }

    fn intent_side<'i>(
        &mut self,
        scope: &Scope,
        intent: &'i Intent,
        side: Side,
    ) -> Result<KeptSide<'i>, Failure> {
        let (payload, what, flag) = match side {
            Side::Prior => (&intent.prior, PRIOR, PRIOR_SEALED),
            Side::Planned => (&intent.planned, PLANNED, PLANNED_SEALED),
        };
        let Some(payload) = payload else {
            return Ok((None, 0));
        };
        if payload.protection == Protection::Plain {
            return Ok((Some(Cow::Borrowed(&payload.bytes)), 0));
        }
        let address = intent.addr.to_string();
        let place = Place {
            environment: &scope.name,
            what,
            address: &address,
            detail: &intent.marker,
        };
        Ok((Some(self.kept(payload, place)?), flag))
    }

    /// Writes what became of an intent of the run's environment, whichever run it is of.
    ///
    /// What the intent held of the object is dropped: the object's own rows have it now.
    pub(crate) fn settle(
        &mut self,
        scope: &Scope,
        intent: IntentId,
        settlement: &Settlement,
    ) -> Result<(), Failure> {
        let Settlement {
            how,
            detail,
            at,
            changes,
        } = settlement;
        self.guard(scope, Writes::Objects)?;
        let sql = "UPDATE intent SET settled_by = ?3, settled = ?4, how = ?5, detail = ?6 \
                   WHERE id = ?1 AND environment = ?2 AND settled_by IS NULL \
                   RETURNING block, key, deposed, claims";
        let mut update = self.conn.prepare_cached(sql)?;
        let values = (
            intent.0,
            scope.environment,
            scope.run.0,
            at.0,
            how.as_str(),
            detail.as_deref(),
        );
        let settled = update.query_row(values, |row| {
            let is_of = Settled {
                block: row.get(0)?,
                key: key_column(row, 1)?,
                deposed: row.get(2)?,
            };
            Ok((is_of, row.get::<_, bool>(3)?))
        });
        let settled = settled.optional()?;
        drop(update);
        let Some((settled, claims)) = settled else {
            return Err(RecordError::NotOpen {
                environment: scope.name.clone(),
                intent,
            }
            .into());
        };
        let mut delete = self
            .conn
            .prepare_cached("DELETE FROM intent_payload WHERE id = ?1")?;
        delete.execute([intent.0])?;
        drop(delete);
        if !changes.is_empty() {
            // What was done raises the serial also where it brought back what is recorded: a plan that was made before
            // it would do it again.
            self.serial(scope)?;
        }
        self.change_objects(scope, changes)?;
        if claims {
            self.hand_on_claims(scope, intent, &settled, settlement)?;
        }
        Ok(())
    }
}

/// One of an intent's objects as it is to be kept, with its flag if that is sealed.
type KeptSide<'i> = (Option<Cow<'i, [u8]>>, i64);

#[derive(Clone, Copy)]
enum Side {
    Prior,
    Planned,
}

/// Digest of what an intent held, so that the chain still vouches for it when it is dropped.
fn payload_digest(prior: Option<&[u8]>, planned: Option<&[u8]>) -> [u8; 32] {
    let mut hash = Sha256::new();
    for side in [prior, planned] {
        let length = side.map_or(u64::MAX, |bytes| bytes.len() as u64);
        hash.update(length.to_le_bytes());
        hash.update(side.unwrap_or_default());
    }
    hash.finalize().into()
}

/// Reads the open intents of an environment, in the order they were written.
pub(crate) fn read_open(
    conn: &Connection,
    environment: EnvironmentId,
) -> Result<Vec<OpenIntent>, Failure> {
    let sql = "SELECT intent.id, block, key, deposed, action, step, marker, intended, token, \
               coalesce(sealed, 0), prior, planned \
               FROM intent LEFT JOIN intent_payload ON intent_payload.id = intent.id \
               WHERE environment = ?1 AND settled_by IS NULL ORDER BY intent.id";
    let mut select = conn.prepare_cached(sql)?;
    let mut rows = select.query([environment])?;
    let mut terms = TermReader::new(conn);
    let mut intents = Vec::new();
    while let Some(row) = rows.next()? {
        let id: u64 = row.get(0)?;
        let sealed: i64 = row.get(9)?;
        let side =
            |bytes: Option<Vec<u8>>, flag| bytes.map(|bytes| Kept::new(bytes, sealed & flag != 0));
        intents.push(OpenIntent {
            id: IntentId(id),
            run: RunId(id >> RUN_BITS),
            token: row.get(8)?,
            step: row.get(5)?,
            addr: address(row, &mut terms)?,
            deposed: deposed_column(row, 3)?,
            action: action(row)?.0,
            marker: row.get(6)?,
            at: Timestamp(row.get(7)?),
            prior: side(row.get(10)?, PRIOR_SEALED),
            planned: side(row.get(11)?, PLANNED_SEALED),
        });
    }
    Ok(intents)
}

/// Reads what the journal has of a run's steps, in the order they began.
pub(crate) fn read_journal(conn: &Connection, run: RunId) -> Result<Vec<JournalRow>, Failure> {
    let sql = "SELECT id, block, key, deposed, action, step, intended, settled_by, how, detail, \
               settled FROM intent WHERE id >= ?1 AND id < ?2 ORDER BY id";
    let mut select = conn.prepare_cached(sql)?;
    let mut rows = select.query(id_range(run.0, RUN_BITS)?)?;
    let mut terms = TermReader::new(conn);
    let mut steps = Vec::new();
    while let Some(row) = rows.next()? {
        let result = match row.get::<_, Option<u64>>(7)? {
            None => None,
            Some(by) => Some(JournalResult {
                run: RunId(by),
                how: word(row, 8)?,
                detail: row.get(9)?,
                at: Timestamp(row.get(10)?),
            }),
        };
        let (action, replaced) = action(row)?;
        steps.push(JournalRow {
            id: IntentId(row.get(0)?),
            step: row.get(5)?,
            addr: address(row, &mut terms)?,
            deposed: deposed_column(row, 3)?,
            action,
            replaced,
            at: Timestamp(row.get(6)?),
            result,
        });
    }
    Ok(steps)
}

/// Reads what was to be done from column 4, in the plan's word, and whether that was half of a replacement.
fn action(row: &Row<'_>) -> Result<(Str, bool), rusqlite::Error> {
    let word = row.get_ref(4)?.as_str()?;
    Ok(match word {
        REPLACED => (DESTROY.into(), true),
        word => (word.into(), false),
    })
}

/// Reads an address from columns 1 and 2.
fn address(row: &Row<'_>, terms: &mut TermReader<'_>) -> Result<InstanceAddr, Failure> {
    let key: InstanceKey = key_column(row, 2)?;
    Ok(InstanceAddr {
        block: terms.block(row.get(1)?)?,
        key,
    })
}

/// Reads a deposed key; the tables have an empty one for none.
pub(crate) fn deposed_column(row: &Row<'_>, index: usize) -> Result<Option<Str>, rusqlite::Error> {
    let text = row.get_ref(index)?.as_str()?;
    Ok((!text.is_empty()).then(|| text.into()))
}
