//! Base64 in the standard alphabet with padding.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use model::Value;

use crate::functions::protocol::{Function, FunctionError, Param};
use crate::functions::text_function::text_function;

/// Bits after the last byte may be anything, as in Go.
const ENGINE: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical),
);

pub(super) const BASE64ENCODE: Function = text_function(
    "base64encode",
    &[Param::string("str")],
    |_, args, _| Ok(Value::string(encode(args.string(0)?.as_bytes()))),
    "the bytes of the string in Base64",
);

pub(super) const BASE64DECODE: Function = text_function(
    "base64decode",
    &[Param::string("str")],
    |_, args, _| {
        let text = args.string(0)?;
        let bytes = decode(text)
            .map_err(|reason| FunctionError::new(format!("`{text}` is not Base64: {reason}")))?;
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Value::string(text)),
            Err(_) => Err(FunctionError::new("the bytes are not UTF-8 text").without_values()),
        }
    },
    "the text that the Base64 stands for",
);

/// Writes bytes in Base64.
pub(in crate::functions) fn encode(bytes: &[u8]) -> String {
    ENGINE.encode(bytes)
}

/// Reads Base64; line ends are passed over wherever they are.
///
/// # Errors
/// What is wrong, as a phrase.
pub(in crate::functions) fn decode(text: &str) -> Result<Vec<u8>, String> {
    let text: Vec<u8> = text
        .bytes()
        .filter(|byte| !matches!(byte, b'\r' | b'\n'))
        .collect();
    ENGINE
        .decode(text)
        .map_err(|error| error.to_string().to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_is_required_and_line_ends_are_passed_over() {
        assert_eq!(decode("Y\nQ\r\n==").unwrap(), b"a");
        assert_eq!(decode("YR==").unwrap(), b"a");
        for text in ["YQ", "YQ= =", "YWI_", "YQ==YQ==", "!"] {
            assert!(decode(text).is_err(), "{text}");
        }
    }
}
