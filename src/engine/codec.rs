//! Values as bytes, for the record and the journal: a version byte and then postcard.

use model::Value;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The version of the encoding; raised when bytes written before can no longer be read by the present code alone.
const VERSION: u8 = 1;

/// Bytes that are no value of the wished kind.
#[derive(Debug, thiserror::Error)]
pub enum CodecError {
    /// A newer Terrace wrote them.
    #[error("encoded by a newer Terrace (version {found}, this one knows {VERSION})")]
    Newer {
        /// The version they say.
        found: u8,
    },
    /// They are damaged.
    #[error("the bytes are damaged")]
    Damaged(#[source] Option<postcard::Error>),
}

/// Encodes.
///
/// # Errors
/// When it cannot be encoded, which no value of ours makes happen.
pub fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>, CodecError> {
    postcard::to_extend(value, vec![VERSION]).map_err(|error| CodecError::Damaged(Some(error)))
}

/// Decodes what [`encode`] made.
///
/// # Errors
/// When the bytes are damaged or from a newer Terrace.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, CodecError> {
    match bytes.split_first() {
        Some((&VERSION, rest)) => {
            postcard::from_bytes(rest).map_err(|error| CodecError::Damaged(Some(error)))
        }
        Some((&found, _)) if found > VERSION => Err(CodecError::Newer { found }),
        _ => Err(CodecError::Damaged(None)),
    }
}

/// Decodes a value.
///
/// # Errors
/// As [`decode`].
pub fn decode_value(bytes: &[u8]) -> Result<Value, CodecError> {
    decode(bytes)
}
