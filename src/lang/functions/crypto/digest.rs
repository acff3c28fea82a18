//! Digests of strings and files, in hexadecimal digits or Base64.

use std::fmt::Write;

use model::Value;
use sha2::Digest;

use crate::functions::encoding::encode_base64;
use crate::functions::filesystem;
use crate::functions::protocol::{CallFn, Function, Param};
use crate::functions::text_function::text_function;

const STRING: &[Param] = &[Param::string("str")];
const PATH: &[Param] = &[Param::string("path")];

pub(super) const MD5: Function = of_string(
    "md5",
    |_, args, _| hex(&md5::Md5::digest(args.string(0)?.as_bytes())),
    "the MD5 digest of the string",
);
pub(super) const SHA1: Function = of_string(
    "sha1",
    |_, args, _| hex(&sha1::Sha1::digest(args.string(0)?.as_bytes())),
    "the SHA-1 digest of the string",
);
pub(super) const SHA256: Function = of_string(
    "sha256",
    |_, args, _| hex(&sha2::Sha256::digest(args.string(0)?.as_bytes())),
    "the SHA-256 digest of the string",
);
pub(super) const SHA512: Function = of_string(
    "sha512",
    |_, args, _| hex(&sha2::Sha512::digest(args.string(0)?.as_bytes())),
    "the SHA-512 digest of the string",
);
pub(super) const BASE64SHA256: Function = of_string(
    "base64sha256",
    |_, args, _| base64(&sha2::Sha256::digest(args.string(0)?.as_bytes())),
    "the SHA-256 digest of the string, in Base64",
);
pub(super) const BASE64SHA512: Function = of_string(
    "base64sha512",
    |_, args, _| base64(&sha2::Sha512::digest(args.string(0)?.as_bytes())),
    "the SHA-512 digest of the string, in Base64",
);

pub(super) const FILEMD5: Function = of_file(
    "filemd5",
    |ctx, args, _| hex(&md5::Md5::digest(filesystem::read(ctx, args, 0)?)),
    "the MD5 digest of the file",
);
pub(super) const FILESHA1: Function = of_file(
    "filesha1",
    |ctx, args, _| hex(&sha1::Sha1::digest(filesystem::read(ctx, args, 0)?)),
    "the SHA-1 digest of the file",
);
pub(super) const FILESHA256: Function = of_file(
    "filesha256",
    |ctx, args, _| hex(&sha2::Sha256::digest(filesystem::read(ctx, args, 0)?)),
    "the SHA-256 digest of the file",
);
pub(super) const FILESHA512: Function = of_file(
    "filesha512",
    |ctx, args, _| hex(&sha2::Sha512::digest(filesystem::read(ctx, args, 0)?)),
    "the SHA-512 digest of the file",
);
pub(super) const FILEBASE64SHA256: Function = of_file(
    "filebase64sha256",
    |ctx, args, _| base64(&sha2::Sha256::digest(filesystem::read(ctx, args, 0)?)),
    "the SHA-256 digest of the file, in Base64",
);
pub(super) const FILEBASE64SHA512: Function = of_file(
    "filebase64sha512",
    |ctx, args, _| base64(&sha2::Sha512::digest(filesystem::read(ctx, args, 0)?)),
    "the SHA-512 digest of the file, in Base64",
);

const fn of_string(name: &'static str, call: CallFn, description: &'static str) -> Function {
    text_function(name, STRING, call, description)
}

const fn of_file(name: &'static str, call: CallFn, description: &'static str) -> Function {
    text_function(name, PATH, call, description)
}

fn hex<E>(digest: &[u8]) -> Result<Value, E> {
    let mut out = String::with_capacity(digest.len() * 2);
    for byte in digest {
        // Writing to a string does not fail.
        _ = write!(out, "{byte:02x}");
    }
    Ok(Value::string(out))
}

fn base64<E>(digest: &[u8]) -> Result<Value, E> {
    Ok(Value::string(encode_base64(digest)))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::functions::testing::{gives, run_in};

    #[test]
    fn digests_are_of_the_bytes() {
        gives("md5", r#"["é"]"#, "66ddcd97cfdeabb2f6fb8a999b4bc76f".into());
        gives(
            "sha1",
            r#"["a"]"#,
            "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8".into(),
        );
        gives(
            "base64sha256",
            r#"["é"]"#,
            "SplVfkAzw1Od4utlRyAXytX5VX96BiWgnxw/biumnEw=".into(),
        );
    }

    #[test]
    fn files_give_what_their_content_gives() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("f"), "abc").unwrap();
        let of = |name: &str, arg: &str| run_in(directory.path(), name, vec![arg.into()]).unwrap();
        for name in [
            "md5",
            "sha1",
            "sha256",
            "sha512",
            "base64sha256",
            "base64sha512",
        ] {
            assert_eq!(of(&format!("file{name}"), "f"), of(name, "abc"), "{name}");
        }
        assert!(run_in(Path::new("/nowhere"), "filemd5", vec!["f".into()]).is_err());
    }
}
