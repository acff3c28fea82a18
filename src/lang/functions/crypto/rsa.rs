//! `rsadecrypt`: RSA with PKCS #1 v1.5 padding, as clouds encrypt first passwords.

use model::Value;
use rsa::pkcs1::DecodeRsaPrivateKey;
use rsa::pkcs8::DecodePrivateKey;
use rsa::{BigUint, Pkcs1v15Encrypt, RsaPrivateKey};
use ssh_key::PrivateKey;
use ssh_key::private::RsaKeypair;

use crate::functions::encoding::decode_base64;
use crate::functions::protocol::{Arguments, Function, FunctionError, Param};
use crate::functions::text_function::text_function;

pub(super) const RSADECRYPT: Function = text_function(
    "rsadecrypt",
    &[Param::string("ciphertext"), Param::string("privatekey")],
    |_, args, _| decrypt(args),
    "what was encrypted for the private key",
);

fn decrypt(args: Arguments<'_>) -> Result<Value, FunctionError> {
    let encrypted = decode_base64(args.string(0)?).map_err(|reason| {
        FunctionError::argument(0, format!("it is not Base64: {reason}")).without_values()
    })?;
    let key = read_key(args.string(1)?)
        .map_err(|reason| FunctionError::argument(1, reason).without_values())?;
    let bytes = key
        .decrypt(Pkcs1v15Encrypt, &encrypted)
        .map_err(|_| FunctionError::new("it was not encrypted for this key").without_values())?;
    let text = String::from_utf8(bytes)
        .map_err(|_| FunctionError::new("what was encrypted is not UTF-8 text").without_values())?;
    Ok(Value::string(text))
}

fn read_key(text: &str) -> Result<RsaPrivateKey, String> {
    let start = text
        .find("-----BEGIN ")
        .ok_or("there is no private key in it, such as a PEM file holds")?;
    let text = text.get(start..).unwrap_or_default();
    let (kind, _) = text
        .strip_prefix("-----BEGIN ")
        .and_then(|rest| rest.split_once("-----"))
        .ok_or("its first line is not complete")?;
    let unreadable =
        |reason: String| format!("the private key cannot be read: {}", reason.to_lowercase());
    match kind {
        "RSA PRIVATE KEY" => {
            RsaPrivateKey::from_pkcs1_pem(text).map_err(|error| unreadable(error.to_string()))
        }
        "PRIVATE KEY" => {
            RsaPrivateKey::from_pkcs8_pem(text).map_err(|error| unreadable(error.to_string()))
        }
        "OPENSSH PRIVATE KEY" => {
            let key =
                PrivateKey::from_openssh(text).map_err(|error| unreadable(error.to_string()))?;
            if key.is_encrypted() {
                return Err("the private key is protected by a passphrase".to_owned());
            }
            key.key_data()
                .rsa()
                .ok_or("the private key is not one of RSA".to_owned())
                .and_then(of_openssh)
        }
        "ENCRYPTED PRIVATE KEY" => Err("the private key is protected by a passphrase".to_owned()),
        other => Err(format!("a `{other}` is not a private key of RSA")),
    }
}

fn of_openssh(pair: &RsaKeypair) -> Result<RsaPrivateKey, String> {
    let number = |number: &ssh_key::Mpint| {
        number
            .as_positive_bytes()
            .map(BigUint::from_bytes_be)
            .ok_or("the private key has a negative number".to_owned())
    };
    let primes = vec![number(&pair.private.p)?, number(&pair.private.q)?];
    RsaPrivateKey::from_components(
        number(&pair.public.n)?,
        number(&pair.public.e)?,
        number(&pair.private.d)?,
        primes,
    )
    .map_err(|error| format!("the private key cannot be used: {error}").to_lowercase())
}
