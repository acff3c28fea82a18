//! Configurations: the variables an environment was given, kept so that a rollback can give them again.
//! Entry point: [`ConfigurationDigest`].

use std::fmt;
use std::str::FromStr;

use model::Str;
use rusqlite::OptionalExtension;

use crate::desk::{Desk, find_environment};
use crate::error::{Failure, RecordError};
use crate::hex;
use crate::pending::Pending;
use crate::seal::{Fingerprint, Kept, Payload, Place, Protection, WhenMissing};
use crate::store::Store;
use crate::term::EnvironmentId;
use crate::word::UnknownWord;

/// What names a configuration: a keyed fingerprint of its plain bytes, which says nothing of the secrets in them. The same
/// content has the same one in all environments of a record.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConfigurationDigest(pub [u8; 32]);

impl fmt::Display for ConfigurationDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex::write(f, &self.0)
    }
}

impl fmt::Debug for ConfigurationDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ConfigurationDigest({self})")
    }
}

/// Reads 64 hexadecimal digits.
impl FromStr for ConfigurationDigest {
    type Err = UnknownWord;
    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        hex::parse(text).map(Self)
    }
}

/// Also the purpose of its fingerprint.
const CONFIGURATION: &str = "configuration";

impl Store {
    /// Keeps a configuration of an environment, once, and returns the digest that names it. One that is kept plain is
    /// sealed if the same content is to be sealed now. The first use makes the key's file.
    ///
    /// # Errors
    /// [`RecordError::KeyMissing`], [`RecordError::WrongKey`], [`RecordError::KeyUnusable`]; those of writing.
    pub fn put_configuration(
        &self,
        environment: &Str,
        payload: Payload,
    ) -> Pending<ConfigurationDigest> {
        let environment = environment.clone();
        self.write(move |desk| desk.put_configuration(&environment, &payload))
    }

    /// Reads a configuration of an environment, readable.
    ///
    /// # Errors
    /// [`RecordError::NoConfiguration`]; [`RecordError::Tampered`] if it is not what its digest says (of one that is not
    /// sealed, only the key it was put with can tell); where it is sealed, those of the key; those of reading.
    pub fn configuration(
        &self,
        environment: &Str,
        digest: ConfigurationDigest,
    ) -> Result<Vec<u8>, RecordError> {
        self.reading(|conn| {
            let sql = "SELECT bytes, sealed, configuration.key FROM configuration \
                       WHERE environment = ?1 AND digest = ?2";
            let id = find_environment(conn, environment)?;
            let found = match id {
                None => None,
                Some(id) => conn
                    .prepare_cached(sql)?
                    .query_row((id, digest.0), |row| {
                        let kept = Kept::new(row.get(0)?, row.get(1)?);
                        Ok((kept, row.get::<_, Vec<u8>>(2)?))
                    })
                    .optional()?,
            };
            let (kept, key) = found.ok_or_else(|| missing(environment, digest))?;
            let opener = self.opener(conn, environment)?;
            let bytes = opener.open(&kept, CONFIGURATION, &digest, "")?.into_owned();
            let seal = opener
                .keyring
                .seal(environment, Some(&key), WhenMissing::Fail);
            // Sealed bytes were vouched for when they were opened.
            if kept.protection() == Protection::Plain
                && let Ok(seal) = seal
                && seal.fingerprint(CONFIGURATION, &bytes) != Fingerprint(digest.0)
            {
                return Err(RecordError::Tampered {
                    environment: environment.clone(),
                    address: digest.to_string(),
                    what: CONFIGURATION,
                }
                .into());
            }
            Ok(bytes)
        })
    }
}

fn missing(environment: &Str, digest: ConfigurationDigest) -> RecordError {
    RecordError::NoConfiguration {
        environment: environment.clone(),
        digest: digest.to_string(),
    }
}

impl Desk {
    /// Keeps a configuration, once.
    pub(crate) fn put_configuration(
        &mut self,
        name: &Str,
        payload: &Payload,
    ) -> Result<ConfigurationDigest, Failure> {
        let environment = self.environment(name)?;
        let (fingerprint, key) = self.fingerprint(name, CONFIGURATION, &payload.bytes)?;
        let digest = ConfigurationDigest(fingerprint.0);
        let sql = "SELECT sealed FROM configuration WHERE environment = ?1 AND digest = ?2";
        let found: Option<bool> = self
            .conn
            .prepare_cached(sql)?
            .query_row((environment, digest.0), |row| row.get(0))
            .optional()?;
        let sealed = payload.protection == Protection::Sealed;
        if found.is_some_and(|found| found || !sealed) {
            return Ok(digest);
        }
        let address = digest.to_string();
        let place = Place {
            environment: name,
            what: CONFIGURATION,
            address: &address,
            detail: "",
        };
        let bytes = self.kept(payload, place)?;
        let sql = "INSERT INTO configuration (environment, digest, key, sealed, bytes) \
                   VALUES (?1, ?2, ?3, ?4, ?5) \
                   ON CONFLICT DO UPDATE SET sealed = excluded.sealed, bytes = excluded.bytes";
        self.conn
            .prepare_cached(sql)?
            .execute((environment, digest.0, key, sealed, &*bytes))?;
        Ok(digest)
    }

    /// Refuses if the environment has no configuration of that digest.
    pub(crate) fn need_configuration(
        &mut self,
        environment: EnvironmentId,
        name: &Str,
        digest: ConfigurationDigest,
    ) -> Result<(), Failure> {
        let sql = "SELECT 1 FROM configuration WHERE environment = ?1 AND digest = ?2";
        let mut select = self.conn.prepare_cached(sql)?;
        match select.exists((environment, digest.0))? {
            true => Ok(()),
            false => Err(missing(name, digest).into()),
        }
    }
}
