//! Claims: what objects have for themselves in the world, of which no two environments of the project may have the same.
//! A claim is written with the intent that is about to take what it names, in one transaction, goes over to the object
//! that comes of it, and is gone with that. What things are is the caller's affair. Entry points: [`Claim`],
//! [`Store::claimants`].

use std::collections::BTreeSet;

use model::Str;
use model::address::InstanceAddr;
use model::serial::{RunId, Serial};
use rusqlite::{Connection, OptionalExtension};

use crate::desk::{Desk, Scope, find_environment};
use crate::error::{Failure, RecordError};
use crate::id::IntentId;
use crate::journal::{How, Settlement};
use crate::object::{Deposed, ObjectChange, deposed_text, object_name};
use crate::pending::Pending;
use crate::seal::Protection;
use crate::store::Store;
use crate::term::{EnvironmentId, KeyColumn, TermReader, key_column};

/// Which rules the caller makes claims by. Raised when objects claim what they did not claim before: then what is recorded
/// is gone through once more (see [`Store::unclaimed`]).
const RULES: i64 = 1;

/// What a sealed thing begins with in the table.
const SEALED: &str = "sealed:";
/// What its fingerprint is for.
const PURPOSE: &str = "claim";

/// Something that an object has for itself in the world.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Claim {
    /// What, in a text that is the same wherever the thing is the same.
    pub thing: Str,
    /// Whether the text may be read in the record.
    pub protection: Protection,
}

/// Who has what another would take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimant {
    /// The environment.
    pub environment: Str,
    /// The object, with its deposed key if any.
    pub address: String,
}

/// What an object that was recorded before there were claims has for itself.
#[derive(Clone, Debug)]
pub struct Learned {
    /// Its instance.
    pub addr: InstanceAddr,
    /// Which of the instance's objects.
    pub deposed: Deposed,
    /// The serial it was written at.
    pub since: Serial,
    /// The run that wrote it.
    pub run: RunId,
    /// What it has.
    pub claims: Vec<Claim>,
}

/// Reading.
impl Store {
    /// Says of each of `claims` which other environment than `environment` has the thing; none where nobody has, and where
    /// `environment` has it too. What is kept sealed is not found here, but when an intent claims it.
    ///
    /// # Errors
    /// Those of reading.
    pub fn claimants(
        &self,
        environment: &Str,
        claims: &[Claim],
    ) -> Result<Vec<Option<Claimant>>, RecordError> {
        self.reading(|conn| {
            let own = find_environment(conn, environment)?.unwrap_or(-1);
            let of = |claim: &Claim| claimant(conn, own, &claim.thing);
            claims.iter().map(of).collect()
        })
    }

    /// Says of each of `things` which instances of `environment` have it by what is recorded of their current objects; not
    /// more than a few of each, and none of what is kept sealed.
    ///
    /// # Errors
    /// Those of reading.
    pub fn holders(
        &self,
        environment: &Str,
        things: &[Str],
    ) -> Result<Vec<Vec<InstanceAddr>>, RecordError> {
        self.reading(|conn| {
            let Some(own) = find_environment(conn, environment)? else {
                return Ok(vec![Vec::new(); things.len()]);
            };
            let of = |thing: &Str| holders(conn, own, thing);
            things.iter().map(of).collect()
        })
    }

    /// Lists the things claimed in any environment that begin with `prefix`, in order, each once; none that are sealed.
    ///
    /// # Errors
    /// Those of reading.
    pub fn claimed(&self, prefix: &str) -> Result<BTreeSet<Str>, RecordError> {
        self.reading(|conn| {
            let sql = "SELECT DISTINCT thing FROM claim WHERE thing >= ?1 ORDER BY thing";
            let mut select = conn.prepare_cached(sql)?;
            let mut rows = select.query([prefix])?;
            let mut things = BTreeSet::new();
            while let Some(row) = rows.next()? {
                let thing = row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?;
                if !thing.starts_with(prefix) {
                    break;
                }
                if !thing.starts_with(SEALED) {
                    things.insert(thing.into());
                }
            }
            Ok(things)
        })
    }

    /// Lists the environments of whose objects it is not known what they claim: those recorded by an older Terrace.
    ///
    /// # Errors
    /// Those of reading.
    pub fn unclaimed(&self) -> Result<Vec<Str>, RecordError> {
        self.reading(|conn| {
            let sql = "SELECT name FROM environment WHERE claimed < ?1 ORDER BY name";
            let mut select = conn.prepare_cached(sql)?;
            let names =
                select.query_map([RULES], |row| Ok(Str::from(row.get_ref(0)?.as_str()?)))?;
            Ok(names.collect::<Result<_, _>>()?)
        })
    }

    /// Writes what the objects of an environment claim that were recorded before that was known, all or nothing. Objects
    /// that were written since they were read are left as they are: whoever wrote them wrote their claims.
    pub fn learn_claims(&self, environment: &Str, learned: Vec<Learned>) -> Pending<()> {
        let environment = environment.clone();
        self.write(move |desk| desk.learn_claims(&environment, &learned))
    }
}

/// The environment a settled intent's object is in, and which it is.
pub(crate) struct Settled {
    pub(crate) block: i64,
    pub(crate) key: model::address::InstanceKey,
    pub(crate) deposed: String,
}

/// Writing.
impl Desk {
    /// Claims for an intent what it is about to take.
    ///
    /// # Errors
    /// [`RecordError::ClaimedElsewhere`].
    pub(crate) fn claim(
        &mut self,
        scope: &Scope,
        intent: i64,
        claims: &[Claim],
    ) -> Result<(), Failure> {
        for claim in claims {
            let kept = self.thing(&scope.name, claim)?;
            let mut names = vec![claim.thing.to_string(), kept.clone()];
            if claim.protection == Protection::Plain && self.has_sealed_claims()? {
                names.push(self.fingerprint_of(&scope.name, claim)?);
            }
            names.dedup();
            for name in &names {
                if let Some(found) = claimant(&self.conn, scope.environment, name)? {
                    let is_plain = claim.protection == Protection::Plain;
                    return Err(RecordError::ClaimedElsewhere {
                        thing: is_plain.then(|| claim.thing.clone()),
                        environment: found.environment,
                        address: found.address,
                    }
                    .into());
                }
            }
            self.put_claim(-intent, &kept, scope.environment)?;
        }
        Ok(())
    }

    /// A thing as the table has it.
    fn thing(&mut self, environment: &Str, claim: &Claim) -> Result<String, Failure> {
        match claim.protection {
            Protection::Plain => Ok(claim.thing.to_string()),
            Protection::Sealed => self.fingerprint_of(environment, claim),
        }
    }

    fn fingerprint_of(&mut self, environment: &Str, claim: &Claim) -> Result<String, Failure> {
        let (print, _) = self.fingerprint(environment, PURPOSE, claim.thing.as_bytes())?;
        Ok(format!("{SEALED}{print}"))
    }

    fn has_sealed_claims(&self) -> Result<bool, Failure> {
        let sql = "SELECT thing FROM claim WHERE thing >= ?1 ORDER BY thing LIMIT 1";
        let mut select = self.conn.prepare_cached(sql)?;
        let first: Option<String> = select.query_row([SEALED], |row| row.get(0)).optional()?;
        Ok(first.is_some_and(|first| first.starts_with(SEALED)))
    }

    fn put_claim(
        &mut self,
        holder: i64,
        thing: &str,
        environment: EnvironmentId,
    ) -> Result<(), Failure> {
        let sql = "INSERT OR IGNORE INTO claim (holder, thing, environment) VALUES (?1, ?2, ?3)";
        let mut insert = self.conn.prepare_cached(sql)?;
        insert.execute((holder, thing, environment))?;
        drop(insert);
        self.claims = Some(true);
        Ok(())
    }

    /// Takes what an object or intent claims off it.
    fn end_claims(&mut self, holder: i64) -> Result<Vec<String>, Failure> {
        let sql = "SELECT thing FROM claim WHERE holder = ?1";
        let mut select = self.conn.prepare_cached(sql)?;
        let things = select.query_map([holder], |row| row.get(0))?;
        let things: Vec<String> = things.collect::<Result<_, _>>()?;
        // One row a statement, as in `change.rs`.
        let sql = "DELETE FROM claim WHERE holder = ?1 AND thing = ?2";
        let mut delete = self.conn.prepare_cached(sql)?;
        for thing in &things {
            delete.execute((holder, thing))?;
        }
        Ok(things)
    }

    /// Forgets what an object claims that is recorded no more. Costs nothing where nobody claims anything.
    pub(crate) fn release_claims(&mut self, object: i64) -> Result<(), Failure> {
        let any = match self.claims {
            Some(any) => any,
            None => {
                let sql = "SELECT EXISTS (SELECT 1 FROM claim)";
                let any = self
                    .conn
                    .prepare_cached(sql)?
                    .query_row([], |row| row.get(0))?;
                *self.claims.insert(any)
            }
        };
        if any {
            self.end_claims(object)?;
        }
        Ok(())
    }

    /// Ends an intent that claims, and what it claims with it; what it made has that from now on.
    pub(crate) fn hand_on_claims(
        &mut self,
        scope: &Scope,
        intent: IntentId,
        settled: &Settled,
        settlement: &Settlement,
    ) -> Result<(), Failure> {
        let intent = i64::try_from(intent.0).map_err(|_| RecordError::bug("a vast intent"))?;
        let things = self.end_claims(-intent)?;
        if !self.records(scope, settled, &settlement.changes)? {
            return Ok(());
        }
        let sql = "SELECT id FROM object WHERE block = ?1 AND key = ?2 AND deposed = ?3";
        let at = (settled.block, KeyColumn(&settled.key), &settled.deposed);
        let object: Option<i64> = self
            .conn
            .prepare_cached(sql)?
            .query_row(at, |row| row.get(0))
            .optional()?;
        let Some(object) = object else {
            return Ok(());
        };
        match settlement.how {
            How::Done | How::Adopted => drop(self.end_claims(object)?),
            // It may have some of what it had, and some of what it was to have.
            How::Failed | How::DidNotHappen | How::SettledByHand => {}
        }
        let mut things = things.iter();
        things.try_for_each(|thing| self.put_claim(object, thing, scope.environment))
    }

    /// Whether `changes` record the object that a step was about.
    fn records(
        &mut self,
        scope: &Scope,
        settled: &Settled,
        changes: &[ObjectChange],
    ) -> Result<bool, Failure> {
        for change in changes {
            let ObjectChange::Put(object) = change else {
                continue;
            };
            let is_same = object.addr.key == settled.key
                && deposed_text(object.deposed.as_ref()) == settled.deposed
                && self
                    .terms
                    .block(&self.conn, scope.environment, &object.addr.block)?
                    == settled.block;
            if is_same {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn learn_claims(&mut self, name: &Str, learned: &[Learned]) -> Result<(), Failure> {
        let environment = self.environment(name)?;
        for object in learned {
            let block = self
                .terms
                .block(&self.conn, environment, &object.addr.block)?;
            let sql = "SELECT id FROM object WHERE block = ?1 AND key = ?2 AND deposed = ?3 \
                       AND since = ?4 AND run = ?5";
            let found: Option<i64> = self
                .conn
                .prepare_cached(sql)?
                .query_row(
                    (
                        block,
                        KeyColumn(&object.addr.key),
                        deposed_text(object.deposed.as_ref()),
                        object.since.0,
                        object.run.0,
                    ),
                    |row| row.get(0),
                )
                .optional()?;
            let Some(id) = found else { continue };
            for claim in &object.claims {
                let thing = self.thing(name, claim)?;
                self.put_claim(id, &thing, environment)?;
            }
        }
        let sql = "UPDATE environment SET claimed = ?2 WHERE id = ?1";
        self.conn
            .prepare_cached(sql)?
            .execute((environment, RULES))?;
        Ok(())
    }

    /// A new environment has nothing of which it is not known what it claims.
    pub(crate) const CLAIMED: i64 = RULES;
}

/// Who else than `own` claims the thing, which `own` does not claim itself.
fn claimant(
    conn: &Connection,
    own: EnvironmentId,
    thing: &str,
) -> Result<Option<Claimant>, Failure> {
    // Two ranges of the index: what `own` claims of one thing may be many rows.
    let sql = "SELECT holder, environment FROM claim WHERE thing = ?1 AND environment < ?2 \
               UNION ALL \
               SELECT holder, environment FROM claim WHERE thing = ?1 AND environment > ?2 LIMIT 1";
    let found: Option<(i64, EnvironmentId)> = conn
        .prepare_cached(sql)?
        .query_row((thing, own), |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((holder, environment)) = found else {
        return Ok(None);
    };
    let sql = "SELECT EXISTS (SELECT 1 FROM claim WHERE thing = ?1 AND environment = ?2)";
    let is_own: bool = conn
        .prepare_cached(sql)?
        .query_row((thing, own), |row| row.get(0))?;
    if is_own {
        return Ok(None);
    }
    let sql = "SELECT name FROM environment WHERE id = ?1";
    let name: String = conn
        .prepare_cached(sql)?
        .query_row([environment], |row| row.get(0))?;
    Ok(Some(Claimant {
        environment: name.into(),
        address: address(conn, holder)?,
    }))
}

/// The instances of an environment whose current objects have the thing.
fn holders(
    conn: &Connection,
    own: EnvironmentId,
    thing: &str,
) -> Result<Vec<InstanceAddr>, Failure> {
    let sql = "SELECT object.block, object.key FROM claim JOIN object ON object.id = claim.holder \
               WHERE claim.thing = ?1 AND claim.environment = ?2 AND claim.holder >= 0 \
               AND object.deposed = '' ORDER BY object.id LIMIT 8";
    let mut select = conn.prepare_cached(sql)?;
    let rows = select.query_map((thing, own), |row| Ok((row.get(0)?, key_column(row, 1)?)))?;
    let found: Vec<(i64, model::address::InstanceKey)> = rows.collect::<Result<_, _>>()?;
    let mut terms = TermReader::new(conn);
    let mut addr = |(block, key)| {
        Ok(InstanceAddr {
            block: terms.block(block)?,
            key,
        })
    };
    found.into_iter().map(&mut addr).collect()
}

/// The address of an object, or of that of an intent.
fn address(conn: &Connection, holder: i64) -> Result<String, Failure> {
    let sql = if holder < 0 {
        "SELECT block, key, deposed FROM intent WHERE id = -?1"
    } else {
        "SELECT block, key, deposed FROM object WHERE id = ?1"
    };
    let found = conn
        .prepare_cached(sql)?
        .query_row([holder], |row| {
            Ok((row.get(0)?, key_column(row, 1)?, row.get::<_, String>(2)?))
        })
        .optional()?;
    let (block, key, deposed) =
        found.ok_or_else(|| RecordError::bug(format!("claims of {holder}, which is gone")))?;
    let block = TermReader::new(conn).block(block)?;
    Ok(object_name(&InstanceAddr { block, key }, &deposed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::create;

    #[test]
    fn no_look_for_a_claim_reads_all_of_them() {
        let conn = Connection::open_in_memory().unwrap();
        create(&conn).unwrap();
        let way = |sql: &str| {
            let mut explain = conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
            let count = explain.parameter_count();
            let rows = explain.query_map(rusqlite::params_from_iter(vec![1; count]), |row| {
                row.get::<_, String>(3)
            });
            rows.unwrap()
                .collect::<Result<Vec<_>, _>>()
                .unwrap()
                .join("\n")
        };
        for sql in [
            "SELECT holder FROM claim WHERE thing = ?1 AND environment < ?2",
            "SELECT thing FROM claim WHERE holder = ?1",
            "SELECT DISTINCT thing FROM claim WHERE thing >= ?1 ORDER BY thing",
            "DELETE FROM claim WHERE holder = ?1 AND thing = ?2",
        ] {
            let way = way(sql);
            assert!(way.contains("SEARCH claim"), "{sql}\n{way}");
            assert!(!way.contains("TEMP B-TREE"), "{sql}\n{way}");
        }
    }
}
