//! Percent-encoding, as in the query of a URL.

use std::fmt::Write;

use model::Value;

use crate::functions::protocol::{Function, FunctionError, Param};
use crate::functions::text_function::text_function;

pub(super) const URLENCODE: Function = text_function(
    "urlencode",
    &[Param::string("str")],
    |_, args, _| Ok(Value::string(encode(args.string(0)?))),
    "the string percent-encoded for the query of a URL",
);

pub(super) const URLDECODE: Function = text_function(
    "urldecode",
    &[Param::string("str")],
    |_, args, _| {
        decode(args.string(0)?)
            .map(Value::string)
            .map_err(FunctionError::new)
    },
    "the string that was percent-encoded for the query of a URL",
);

fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                out.push(char::from(byte))
            }
            b' ' => out.push('+'),
            // Writing to a string does not fail.
            _ => _ = write!(out, "%{byte:02X}"),
        }
    }
    out
}

fn decode(text: &str) -> Result<String, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes().enumerate();
    while let Some((at, byte)) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let code = text
                    .get(at + 1..at + 3)
                    .filter(|code| code.bytes().all(|c| c.is_ascii_hexdigit()));
                let code = code.and_then(|code| u8::from_str_radix(code, 16).ok());
                rest.nth(1);
                code.ok_or_else(|| {
                    let part: String = text.get(at..).unwrap_or_default().chars().take(3).collect();
                    format!("`{part}` is not an encoded byte")
                })?
            }
            _ => byte,
        });
    }
    String::from_utf8(bytes).map_err(|_| "the decoded bytes are not UTF-8 text".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_unreserved_characters_stay() {
        assert_eq!(
            encode("a b+c/é~!*'()-_."),
            "a+b%2Bc%2F%C3%A9~%21%2A%27%28%29-_."
        );
    }

    #[test]
    fn decoding_undoes_encoding() {
        let text = "a b+c/é~!*'()-_.%";
        assert_eq!(decode(&encode(text)).as_deref(), Ok(text));
        for text in ["%", "%1", "%zz", "%+1", "%ff", "%é"] {
            assert!(decode(text).is_err(), "{text}");
        }
    }
}
