//! Sealing: sensitive bytes are encrypted where they are kept, each bound to its row. Knows nothing of SQL.
//! Entry points: [`Key`], [`Opener`].

use std::borrow::Cow;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use chacha20poly1305::aead::{Aead, Payload as Sealing};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use model::Str;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::error::RecordError;
use crate::file::{Draft, Published};
use crate::hex;

/// What a record's sensitive values are sealed with. Never shown, wiped from memory when dropped.
#[derive(Clone)]
pub struct Key(Zeroizing<[u8; 32]>);

impl Key {
    /// Takes the key from the caller instead of from a file.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = Zeroizing::new([0; 32]);
        getrandom::fill(bytes.as_mut())?;
        Ok(Self(bytes))
    }

    fn to_text(&self) -> Zeroizing<String> {
        use std::fmt::Write;
        let mut text = Zeroizing::new(String::with_capacity(65));
        for byte in self.0.iter() {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        text.push('\n');
        text
    }

    fn from_text(text: &[u8]) -> Option<Self> {
        let text = text.trim_ascii();
        let mut bytes = Zeroizing::new([0; 32]);
        if text.len() != 64 {
            return None;
        }
        for (byte, digits) in bytes.iter_mut().zip(text.chunks_exact(2)) {
            let digits = std::str::from_utf8(digits).ok()?;
            *byte = u8::from_str_radix(digits, 16).ok()?;
        }
        Some(Self(bytes))
    }

    /// A key for one purpose, from which the others cannot be told.
    fn derive(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(keyed(&self.0, &[purpose.as_bytes()]))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

/// What tells whether two secrets are the same without telling what they are. Only comparable under one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(pub [u8; 32]);

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex::write(f, &self.0)
    }
}

/// HMAC-SHA-256 over `parts`, each with its length, so that no two lists of parts are the same text.
fn keyed(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    // HMAC itself fills a key up to the block size with zeros.
    let mut block = Zeroizing::new([0; 64]);
    block.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
    let mut mac = <Hmac<Sha256> as KeyInit>::new((&*block).into());
    for part in parts {
        mac.update(&(part.len() as u64).to_le_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// Where sealed bytes belong; bytes sealed for one place do not open in another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    pub(crate) environment: &'a str,
    pub(crate) what: &'static str,
    /// The address, name or id of the row.
    pub(crate) address: &'a str,
    /// What else tells the row from others: the deposed key, the marker; may be empty.
    pub(crate) detail: &'a str,
}

impl Place<'_> {
    fn associated(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for part in [
            "terrace record 1",
            self.environment,
            self.what,
            self.address,
            self.detail,
        ] {
            out.extend((part.len() as u64).to_le_bytes());
            out.extend(part.as_bytes());
        }
        out
    }
}

/// Seals and opens with one key.
pub(crate) struct Seal {
    cipher: XChaCha20Poly1305,
    fingerprints: Zeroizing<[u8; 32]>,
    id: [u8; 16],
}

const NONCE: usize = 24;

impl Seal {
    fn new(key: &Key) -> Self {
        let id = key.derive("terrace key id");
        let mut short = [0; 16];
        short
            .iter_mut()
            .zip(id.iter())
            .for_each(|(to, from)| *to = *from);
        Self {
            cipher: XChaCha20Poly1305::new((&*key.derive("terrace seal")).into()),
            fingerprints: key.derive("terrace fingerprint"),
            id: short,
        }
    }

    /// Tells keys apart; says nothing of the key.
    pub(crate) fn id(&self) -> [u8; 16] {
        self.id
    }

    pub(crate) fn seal(&self, bytes: &[u8], place: Place<'_>) -> Result<Vec<u8>, RecordError> {
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce)
            .map_err(|error| RecordError::bug(format!("no random numbers: {error}")))?;
        let associated = place.associated();
        let sealing = Sealing {
            msg: bytes,
            aad: &associated,
        };
        let sealed = self
            .cipher
            .encrypt(&XNonce::from(nonce), sealing)
            .map_err(|_| RecordError::bug("a value could not be sealed"))?;
        let mut out = Vec::with_capacity(NONCE + sealed.len());
        out.extend(nonce);
        out.extend(sealed);
        Ok(out)
    }

    pub(crate) fn open(&self, sealed: &[u8], place: Place<'_>) -> Result<Vec<u8>, RecordError> {
        let tampered = || RecordError::Tampered {
            environment: place.environment.into(),
            address: place.address.into(),
            what: place.what,
        };
        let (nonce, text) = sealed.split_first_chunk::<NONCE>().ok_or_else(tampered)?;
        let associated = place.associated();
        let sealing = Sealing {
            msg: text,
            aad: &associated,
        };
        self.cipher
            .decrypt(&XNonce::from(*nonce), sealing)
            .map_err(|_| tampered())
    }

    pub(crate) fn fingerprint(&self, purpose: &str, bytes: &[u8]) -> Fingerprint {
        Fingerprint(keyed(&self.fingerprints, &[purpose.as_bytes(), bytes]))
    }
}

/// Makes fingerprints of an environment's secrets.
#[derive(Clone, Debug)]
pub struct Fingerprints(pub(crate) Arc<Seal>);

impl Fingerprints {
    /// Returns what tells whether two secrets are equal without telling what they are; `purpose` keeps fingerprints of
    /// different things from being compared.
    pub fn of(&self, purpose: &str, bytes: &[u8]) -> Fingerprint {
        self.0.fingerprint(purpose, bytes)
    }
}

impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seal(..)")
    }
}

/// Whether a key may be made when there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WhenMissing {
    Make,
    Fail,
}

/// The key of a record, looked up when first needed.
#[derive(Debug)]
pub(crate) struct Keyring {
    path: PathBuf,
    given: Option<Key>,
    loaded: RwLock<Option<Arc<Seal>>>,
}

impl Keyring {
    pub(crate) fn new(path: PathBuf, given: Option<Key>) -> Self {
        Self {
            path,
            given,
            loaded: RwLock::new(None),
        }
    }

    /// Returns the seal, checked against the id of the key the record of `environment` was sealed with (`known`; none
    /// if nothing was sealed yet).
    pub(crate) fn seal(
        &self,
        environment: &str,
        known: Option<&[u8]>,
        missing: WhenMissing,
    ) -> Result<Arc<Seal>, RecordError> {
        let loaded = self
            .loaded
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let seal = match loaded {
            Some(seal) => seal,
            None => self.load(environment, known, missing)?,
        };
        if known.is_some_and(|known| known != seal.id) {
            // The right one may be put in place while this process runs.
            *self.loaded.write().unwrap_or_else(PoisonError::into_inner) = None;
            return Err(RecordError::WrongKey {
                environment: environment.into(),
            });
        }
        Ok(seal)
    }

    fn load(
        &self,
        environment: &str,
        known: Option<&[u8]>,
        missing: WhenMissing,
    ) -> Result<Arc<Seal>, RecordError> {
        // A second key beside values sealed with a lost one would make the loss permanent.
        let missing = if known.is_some() {
            WhenMissing::Fail
        } else {
            missing
        };
        let seal = Arc::new(Seal::new(&self.key(environment, missing)?));
        *self.loaded.write().unwrap_or_else(PoisonError::into_inner) = Some(seal.clone());
        Ok(seal)
    }

    fn key(&self, environment: &str, missing: WhenMissing) -> Result<Key, RecordError> {
        if let Some(key) = &self.given {
            return Ok(key.clone());
        }
        match read_key(&self.path)? {
            Some(key) => Ok(key),
            None if missing == WhenMissing::Make => make_key(&self.path),
            None => Err(RecordError::KeyMissing {
                environment: environment.into(),
                path: self.path.clone(),
            }),
        }
    }
}

fn unusable(path: &Path, reason: impl fmt::Display) -> RecordError {
    RecordError::KeyUnusable {
        path: path.to_path_buf(),
        reason: reason.to_string(),
    }
}

fn read_key(path: &Path) -> Result<Option<Key>, RecordError> {
    match std::fs::read(path).map(Zeroizing::new) {
        Ok(text) => {
            let key = Key::from_text(&text);
            key.map(Some)
                .ok_or_else(|| unusable(path, "it is not 64 hexadecimal digits"))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unusable(path, error)),
    }
}

fn make_key(path: &Path) -> Result<Key, RecordError> {
    let key = Key::random().map_err(|error| unusable(path, error))?;
    let made = Draft::with_content(path, key.to_text().as_bytes())
        .and_then(Draft::publish)
        .map_err(|error| unusable(path, error))?;
    if made == Published::Made {
        return Ok(key);
    }
    // Another process was faster; there is one key.
    read_key(path)?.ok_or_else(|| unusable(path, "it was removed"))
}

/// Whether bytes are kept as they are or sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Protection {
    /// As they are.
    Plain,
    /// Encrypted under the record's key.
    Sealed,
}

/// Bytes to keep, with how they are to be kept. The record does not look into them.
#[derive(Clone, PartialEq, Eq)]
pub struct Payload {
    /// The bytes, readable.
    pub bytes: Arc<[u8]>,
    /// How they are to be kept.
    pub protection: Protection,
}

impl Payload {
    /// Bytes to keep as they are.
    pub fn plain(bytes: impl Into<Arc<[u8]>>) -> Self {
        Self {
            bytes: bytes.into(),
            protection: Protection::Plain,
        }
    }

    /// Bytes to seal.
    pub fn sealed(bytes: impl Into<Arc<[u8]>>) -> Self {
        Self {
            bytes: bytes.into(),
            protection: Protection::Sealed,
        }
    }

    /// Bytes to seal if `protection` says so.
    pub fn new(bytes: impl Into<Arc<[u8]>>, protection: Protection) -> Self {
        Self {
            bytes: bytes.into(),
            protection,
        }
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Payload({:?}, {} bytes)",
            self.protection,
            self.bytes.len()
        )
    }
}

/// Bytes as they are kept; an [`Opener`] gives them readable.
#[derive(Clone, PartialEq, Eq)]
pub struct Kept {
    pub(crate) bytes: Box<[u8]>,
    pub(crate) protection: Protection,
}

impl Kept {
    pub(crate) fn new(bytes: Vec<u8>, sealed: bool) -> Self {
        let protection = if sealed {
            Protection::Sealed
        } else {
            Protection::Plain
        };
        Self {
            bytes: bytes.into(),
            protection,
        }
    }

    /// Returns how they are kept.
    pub fn protection(&self) -> Protection {
        self.protection
    }

    /// Returns the bytes if they are not sealed.
    pub fn plain(&self) -> Option<&[u8]> {
        (self.protection == Protection::Plain).then_some(&*self.bytes)
    }
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Kept({:?}, {} bytes)", self.protection, self.bytes.len())
    }
}

/// Opens what an environment's record holds sealed. Cheap to clone; the key is looked up when first needed.
#[derive(Clone, Debug)]
pub struct Opener {
    pub(crate) keyring: Arc<Keyring>,
    pub(crate) environment: Str,
    /// Id of the key the record was sealed with; none if nothing is sealed.
    pub(crate) known: Option<[u8; 16]>,
}

impl Opener {
    pub(crate) fn open<'a>(
        &self,
        kept: &'a Kept,
        what: &'static str,
        address: &dyn fmt::Display,
        detail: &str,
    ) -> Result<Cow<'a, [u8]>, RecordError> {
        if let Some(bytes) = kept.plain() {
            return Ok(Cow::Borrowed(bytes));
        }
        let known = self.known.as_ref().map(<[u8; 16]>::as_slice);
        let seal = self
            .keyring
            .seal(&self.environment, known, WhenMissing::Fail)?;
        let address = address.to_string();
        let place = Place {
            environment: &self.environment,
            what,
            address: &address,
            detail,
        };
        seal.open(&kept.bytes, place).map(Cow::Owned)
    }
}
