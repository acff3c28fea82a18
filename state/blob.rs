//! Content kept once under the digest of its bytes: the files of revisions.
//! Entry point: [`BlobDigest`].

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension};
use sha2::{Digest, Sha256};

use crate::desk::Desk;
use crate::error::{Failure, RecordError};
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
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
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
        let unknown = || UnknownWord(text.into());
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        let mut bytes = [0; 32];
        if pairs.len() != bytes.len() || !rest.is_empty() {
            return Err(unknown());
        }
        for (byte, pair) in bytes.iter_mut().zip(pairs) {
            let digits = std::str::from_utf8(pair).map_err(|_| unknown())?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| unknown())?;
        }
        Ok(Self(bytes))
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
}

/// Reads content, and checks that it is what its name says.
pub(crate) fn read_blob(conn: &Connection, digest: BlobDigest) -> Result<Vec<u8>, Failure> {
    let mut select = conn.prepare_cached("SELECT bytes FROM blob WHERE digest = ?1")?;
    let found: Option<Vec<u8>> = select.query_row([digest.0], |row| row.get(0)).optional()?;
    let bytes = found.ok_or_else(|| RecordError::NoBlob {
        digest: digest.to_string(),
    })?;
    if BlobDigest::of(&bytes) != digest {
        let path = conn.path().unwrap_or_default().into();
        let reason = format!("content {digest} was changed outside Terrace");
        return Err(RecordError::Unreadable { path, reason }.into());
    }
    Ok(bytes)
}
