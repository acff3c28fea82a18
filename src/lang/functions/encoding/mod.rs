//! Functions between values or bytes and their written forms.

mod base64;
mod charset;
mod charset_names;
mod charset_tables;
mod csv;
mod deflate;
mod deflate_block;
mod gzip;
mod huffman;
pub(super) mod json;
mod json_read;
mod url;
mod yaml;

use super::protocol::Function;

pub(super) const FUNCTIONS: &[Function] = &[
    base64::BASE64DECODE,
    base64::BASE64ENCODE,
    charset::TEXTDECODEBASE64,
    charset::TEXTENCODEBASE64,
    csv::CSVDECODE,
    gzip::BASE64GUNZIP,
    gzip::BASE64GZIP,
    json::JSONDECODE,
    json::JSONENCODE,
    url::URLDECODE,
    url::URLENCODE,
    yaml::YAMLDECODE,
    yaml::YAMLENCODE,
];

pub(super) use base64::{decode as decode_base64, encode as encode_base64};
