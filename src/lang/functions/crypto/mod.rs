//! Functions that hash, decrypt and make identifiers.

mod bcrypt;
mod digest;
mod rsa;
mod uuid;

use super::protocol::Function;

pub(super) const FUNCTIONS: &[Function] = &[
    bcrypt::BCRYPT,
    digest::BASE64SHA256,
    digest::BASE64SHA512,
    digest::FILEBASE64SHA256,
    digest::FILEBASE64SHA512,
    digest::FILEMD5,
    digest::FILESHA1,
    digest::FILESHA256,
    digest::FILESHA512,
    digest::MD5,
    digest::SHA1,
    digest::SHA256,
    digest::SHA512,
    rsa::RSADECRYPT,
    uuid::UUID,
    uuid::UUIDV5,
];
