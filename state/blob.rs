//! Content kept once under the digest of its bytes: the files of revisions.
//! Entry point: [`BlobDigest`].

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension};
use sha2::{Digest, Sha256};

use crate::desk::Desk;
use crate::error::{Failure, RecordError};
use crate::hex;
use crate::pending::Pending;
use crate::store::Store;
use crate::word::UnknownWord;

/// The SHA-256 digest of some content, which is its name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobDigest(pub [u8; 32]);

impl BlobDigest {
    /// Returns the digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }
}

impl fmt::Display for BlobDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex::write(f, &self.0)
    }
}

impl fmt::Debug for BlobDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BlobDigest({self})")
    }
}

/// Reads 64 hexadecimal digits.
impl FromStr for BlobDigest {
    type Err = UnknownWord;
    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        hex::parse(text).map(Self)
    }
}

impl Store {
    /// Keeps content, once, and returns the digest that names it.
    ///
    /// # Errors
    /// Those of writing.
    pub fn put_blob(&self, bytes: impl Into<Arc<[u8]>>) -> Pending<BlobDigest> {
        let bytes = bytes.into();
        let digest = BlobDigest::of(&bytes);
        self.write(move |desk| desk.put_blob(digest, &bytes).map(|()| digest))
    }

    /// Reads content by its digest.
    ///
    /// # Errors
    /// [`RecordError::NoBlob`], [`RecordError::Unreadable`] if it is not what its digest says, those of reading.
    pub fn blob(&self, digest: BlobDigest) -> Result<Vec<u8>, RecordError> {
        self.reading(|conn| read_blob(conn, digest))
    }
}

impl Desk {
    /// Keeps content, once.
    pub(crate) fn put_blob(&mut self, digest: BlobDigest, bytes: &[u8]) -> Result<(), Failure> {
        let sql = "INSERT INTO blob (digest, bytes) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
        self.conn.prepare_cached(sql)?.execute((digest.0, bytes))?;
        Ok(())
    }

    /// Refuses if no content has that digest.
    pub(crate) fn need_blob(&mut self, digest: BlobDigest) -> Result<(), Failure> {
        let sql = "SELECT 1 FROM blob WHERE digest = ?1";
        match self.conn.prepare_cached(sql)?.exists([digest.0])? {
            true => Ok(()),
            false => Err(missing(digest).into()),
        }
    }
}

fn missing(digest: BlobDigest) -> RecordError {
    RecordError::NoBlob {
        digest: digest.to_string(),
    }
}

/// Reads content, and checks that it is what its name says.
pub(crate) fn read_blob(conn: &Connection, digest: BlobDigest) -> Result<Vec<u8>, Failure> {
    let mut select = conn.prepare_cached("SELECT bytes FROM blob WHERE digest = ?1")?;
    let found: Option<Vec<u8>> = select.query_row([digest.0], |row| row.get(0)).optional()?;
    let bytes = found.ok_or_else(|| missing(digest))?;
    if BlobDigest::of(&bytes) != digest {
        let path = conn.path().unwrap_or_default().into();
        let reason = format!("content {digest} was changed outside Terrace");
        return Err(RecordError::Unreadable { path, reason }.into());
    }
    Ok(bytes)
}
