//! Values as bytes, for the record and the journal: a version byte and then postcard.

use model::Value;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The version of values' encoding. It, or that of another form, is raised when bytes written before can no longer be read
/// by the present code alone.
const VERSION: u8 = 1;

/// The version of plans' encoding.
pub const PLAN: u8 = 3;

/// The version of the encoding of what the journal has of a step; version 1 was the bare value.
pub(crate) const UNDERTAKEN: u8 = 2;

/// Bytes that are no value of the wished kind.
#[derive(Debug, thiserror::Error)]
pub enum CodecError {
    /// A newer Terrace wrote them.
    #[error("encoded by a newer Terrace (version {found}, this one knows {known})")]
    Newer {
        /// The version they say.
        found: u8,
        /// The one this program knows.
        known: u8,
    },
    /// An older Terrace wrote them, in a form that this one does not read.
    #[error("encoded by an older Terrace (version {found}, this one knows {known})")]
    Older {
        /// The version they say.
        found: u8,
        /// The one this program knows.
        known: u8,
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
    encode_as(VERSION, value)
}

/// Encodes in a version of the value's own.
///
/// # Errors
/// As [`encode`].
pub fn encode_as<T: Serialize>(version: u8, value: &T) -> Result<Vec<u8>, CodecError> {
    postcard::to_extend(value, vec![version]).map_err(|error| CodecError::Damaged(Some(error)))
}

/// Decodes what [`encode`] made.
///
/// # Errors
/// When the bytes are damaged or from a newer Terrace.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, CodecError> {
    decode_as(VERSION, bytes)
}

/// Decodes what [`encode_as`] made of that version.
///
/// # Errors
/// When the bytes are damaged, or of another version.
pub fn decode_as<T: DeserializeOwned>(known: u8, bytes: &[u8]) -> Result<T, CodecError> {
    match bytes.split_first() {
        Some((&found, rest)) if found == known => {
            postcard::from_bytes(rest).map_err(|error| CodecError::Damaged(Some(error)))
        }
        Some((&found, _)) if found > known => Err(CodecError::Newer { found, known }),
        Some((&found, _)) if found > 0 => Err(CodecError::Older { found, known }),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_of_another_version_say_so() {
        let old = encode(&Value::int(3)).unwrap();
        let read = |bytes: &[u8]| decode_as::<Value>(2, bytes);
        let older = read(&old).unwrap_err().to_string();
        assert_eq!(
            older,
            "encoded by an older Terrace (version 1, this one knows 2)"
        );
        let newer = read(&encode_as(3, &Value::int(3)).unwrap());
        assert!(matches!(
            newer,
            Err(CodecError::Newer { found: 3, known: 2 })
        ));
        assert_eq!(
            read(&encode_as(2, &Value::int(3)).unwrap()).unwrap(),
            Value::int(3)
        );
        assert!(matches!(read(&[]), Err(CodecError::Damaged(None))));
    }
}
