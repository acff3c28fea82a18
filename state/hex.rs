//! Digests as text: two hexadecimal digits a byte. Knows nothing of what they are digests of.

use std::fmt;

use crate::word::UnknownWord;

/// Writes `bytes` in hexadecimal digits.
pub(crate) fn write(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

/// Reads 64 hexadecimal digits.
pub(crate) fn parse(text: &str) -> Result<[u8; 32], UnknownWord> {
    let unknown = || UnknownWord(text.into());
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let mut bytes = [0; 32];
    let digits = text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !digits || pairs.len() != bytes.len() || !rest.is_empty() {
        return Err(unknown());
    }
    for (byte, pair) in bytes.iter_mut().zip(pairs) {
        let digits = std::str::from_utf8(pair).map_err(|_| unknown())?;
        *byte = u8::from_str_radix(digits, 16).map_err(|_| unknown())?;
    }
    Ok(bytes)
}
