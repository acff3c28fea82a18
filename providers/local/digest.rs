//! Checksums of content, in the spellings that attributes carry.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use md5::Md5;
use model::Value;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            // Writing to a string does not fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// The SHA-1 checksum in hexadecimal digits, which identifies a file's content.
pub(crate) fn sha1(content: &[u8]) -> String {
    hex(&Sha1::digest(content))
}

/// Every checksum attribute of a file, and `id`.
pub(crate) fn checksums(content: &[u8]) -> [(&'static str, Value); 7] {
    let sha1 = sha1(content);
    let (sha256, sha512) = (Sha256::digest(content), Sha512::digest(content));
    [
        ("content_md5", Value::string(hex(&Md5::digest(content)))),
        ("content_sha1", Value::from(&*sha1)),
        ("content_sha256", Value::string(hex(&sha256))),
        (
            "content_base64sha256",
            Value::string(BASE64_STANDARD.encode(sha256)),
        ),
        ("content_sha512", Value::string(hex(&sha512))),
        (
            "content_base64sha512",
            Value::string(BASE64_STANDARD.encode(sha512)),
        ),
        ("id", Value::from(&*sha1)),
    ]
}
