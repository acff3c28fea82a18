//! `base64gzip` and `base64gunzip`. The compressed bytes are those that Terraform writes, so that a resource which holds
//! them does not change when Terrace takes it over.

use std::io::Read;

use flate2::Crc;
use flate2::read::MultiGzDecoder;
use model::Value;

use super::{decode_base64, deflate, encode_base64};
use crate::functions::protocol::{Function, FunctionError, Param};
use crate::functions::text_function::text_function;

/// The most bytes that are unpacked.
const MOST_BYTES: u64 = 1 << 30;

pub(super) const BASE64GZIP: Function = text_function(
    "base64gzip",
    &[Param::string("str")],
    |_, args, _| {
        Ok(Value::string(encode_base64(&gzip(
            args.string(0)?.as_bytes(),
        ))))
    },
    "the string compressed with gzip, in Base64",
);

pub(super) const BASE64GUNZIP: Function = text_function(
    "base64gunzip",
    &[Param::string("str")],
    |_, args, _| {
        gunzip(args.string(0)?)
            .map(Value::string)
            .map_err(FunctionError::new)
    },
    "the string that was compressed with gzip and written in Base64",
);

fn gzip(content: &[u8]) -> Vec<u8> {
    // Deflate, no name, no time, an unknown system.
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    out.extend(deflate::compress(content));
    let mut checksum = Crc::new();
    checksum.update(content);
    out.extend(checksum.sum().to_le_bytes());
    out.extend(checksum.amount().to_le_bytes());
    out
}

fn gunzip(text: &str) -> Result<String, String> {
    let bytes = decode_base64(text).map_err(|reason| format!("it is not Base64: {reason}"))?;
    let mut content = Vec::new();
    MultiGzDecoder::new(bytes.as_slice())
        .take(MOST_BYTES + 1)
        .read_to_end(&mut content)
        .map_err(|error| format!("it is not compressed with gzip: {error}"))?;
    if content.len() as u64 > MOST_BYTES {
        return Err("it unpacks to more than 1 GiB".to_owned());
    }
    String::from_utf8(content)
        .map_err(|_| "it unpacks to something that is not UTF-8 text".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_are_those_of_terraform() {
        for (text, wanted) in [
            ("", "H4sIAAAAAAAA/wAAAP//AQAA//8AAAAAAAAAAA=="),
            ("abc", "H4sIAAAAAAAA/0pMSgYAAAD//wEAAP//wkEkNQMAAAA="),
            (
                "the quick brown fox jumps over the lazy dog; the quick brown fox",
                "H4sIAAAAAAAA/yrJSFUoLM1MzlZIKsovz1NIy69QyCrNLShWyC9LLVIASeckVlUqpOSnWytgUQwAAAD//wEAAP//qVC3lkAAAAA=",
            ),
            (
                &"a".repeat(107),
                "H4sIAAAAAAAA/0qkHwAAAAD//wEAAP//uY8RYmsAAAA=",
            ),
        ] {
            assert_eq!(encode_base64(&gzip(text.as_bytes())), wanted, "{text}");
        }
    }

    #[test]
    fn what_was_compressed_comes_back() {
        // Repetitions near and far, and stretches without any.
        let mut state: u32 = 1;
        let mut text = String::new();
        while text.len() < 300_000 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let word = format!("{:x} ", state >> (8 + state % 20));
            text.push_str(&word.repeat(1 + (state >> 28) as usize % 3));
            if state.is_multiple_of(97) {
                let end = text.len() - text.len() / 3;
                text.extend_from_within(end..);
            }
        }
        for length in [
            0,
            1,
            2,
            3,
            4,
            5,
            258,
            259,
            262,
            32_768,
            65_536,
            65_537,
            text.len(),
        ] {
            let content = text.get(..length).unwrap();
            assert_eq!(
                gunzip(&encode_base64(&gzip(content.as_bytes()))).as_deref(),
                Ok(content),
                "{length}"
            );
        }
    }

    #[test]
    fn other_bytes_are_refused() {
        for text in ["!", "YWJj", "H4sIAAAAAAAA/0pMSgYAAAD//wEAAP//wkEkNQMA"] {
            assert!(gunzip(text).is_err(), "{text}");
        }
    }
}
