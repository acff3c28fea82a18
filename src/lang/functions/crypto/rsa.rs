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
    let block = text.find("-----BEGIN ").and_then(|start| text.get(start..));
    let block = block.ok_or("there is no private key in it, such as a PEM file holds")?;
    let kind = block
        .strip_prefix("-----BEGIN ")
        .and_then(|rest| rest.split_once("-----"));
    let (kind, _) = kind.ok_or("its first line is not complete")?;
    let last_line = format!("-----END {kind}-----");
    let end = block.find(&last_line).ok_or("its last line is missing")? + last_line.len();
    let text = block.get(..end).unwrap_or_default();
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

#[cfg(test)]
mod tests {
    use crate::functions::testing::run;

    /// The same key in three forms, made for this test alone.
    const KEYS: [&str; 3] = [
        "\
-----BEGIN RSA PRIVATE KEY-----
MIICXQIBAAKBgQDkGBSKulUtzdVSF4fvBn1MuBTcKSHuEmF8h+wzpP5WCgLc7Ecl
W0EyDMP+J+LMKpOGqeHlRAIr2LhViHAaQdsV3EWx9iNIStbLPwys4Bc4eAsvGh5u
PWpsVDa+/nYR0iJ7qUl8RHLb4BH9QdUmxBAwzHjhJPpofdPpa1lESOJf6QIDAQAB
AoGBAJqFrbTl0rq7DN8WTeKiNNR6iLc1rmTIUv64Xk4GYr8K/TGJaBFoptwvRb+y
abUCyvqZsA1Pa2Ek6owXaEqBftci3U+mP9uzPGuRwAYQO5OR3FVfFFVA1Jn+Mn0S
TGM1eRnF0uoPaPlnaYu2WtqtbAW1XQSidLMOa9vHBTmbHHIBAkEA+LDwlJ4+X0Sg
CWT6HPNHqXHchux4F03ezXX9XnE4WUBLteJbCwXuLEtlD6LpSi6Jo5d6otKatQh4
NK8TeWSN4QJBAOrMLOt6/p+/PjC7tR0DAZnXIJNM97jYn9K5LCdT3rVj80Z8wMen
5hPMNEKIra5t0YskETV4n46z1cGkr68nwwkCQGEWKoXKlUz57IReYGpG63YSFmay
EFwAsXeClYx2JOpq+GOkX6iZAxdVw7lr/ylPq7oq29yO3YjJKqxeoPqmL+ECQQCo
nWfE09b3MYefx60Q4I/NwsgKAEQF4ssjsQccVwagjN6vx/dJajG4FfWRskXH9eV9
XrFdDPrIqCzhmzrvNkbBAkBIkLOhwBvYWHTtsRrWUxnsQflOubsFat4sMPlMhn/r
fGr30qZoSBWwNxct8UcGpMORUkqqJQJOwy+nCa4KAg8l
-----END RSA PRIVATE KEY-----
",
        "\
-----BEGIN PRIVATE KEY-----
MIICdwIBADANBgkqhkiG9w0BAQEFAASCAmEwggJdAgEAAoGBAOQYFIq6VS3N1VIX
h+8GfUy4FNwpIe4SYXyH7DOk/lYKAtzsRyVbQTIMw/4n4swqk4ap4eVEAivYuFWI
cBpB2xXcRbH2I0hK1ss/DKzgFzh4Cy8aHm49amxUNr7+dhHSInupSXxEctvgEf1B
1SbEEDDMeOEk+mh90+lrWURI4l/pAgMBAAECgYEAmoWttOXSursM3xZN4qI01HqI
tzWuZMhS/rheTgZivwr9MYloEWim3C9Fv7JptQLK+pmwDU9rYSTqjBdoSoF+1yLd
T6Y/27M8a5HABhA7k5HcVV8UVUDUmf4yfRJMYzV5GcXS6g9o+Wdpi7Za2q1sBbVd
BKJ0sw5r28cFOZsccgECQQD4sPCUnj5fRKAJZPoc80epcdyG7HgXTd7Ndf1ecThZ
QEu14lsLBe4sS2UPoulKLomjl3qi0pq1CHg0rxN5ZI3hAkEA6sws63r+n78+MLu1
HQMBmdcgk0z3uNif0rksJ1PetWPzRnzAx6fmE8w0Qoitrm3RiyQRNXifjrPVwaSv
ryfDCQJAYRYqhcqVTPnshF5gakbrdhIWZrIQXACxd4KVjHYk6mr4Y6RfqJkDF1XD
uWv/KU+ruirb3I7diMkqrF6g+qYv4QJBAKidZ8TT1vcxh5/HrRDgj83CyAoARAXi
yyOxBxxXBqCM3q/H90lqMbgV9ZGyRcf15X1esV0M+sioLOGbOu82RsECQEiQs6HA
G9hYdO2xGtZTGexB+U65uwVq3iww+UyGf+t8avfSpmhIFbA3Fy3xRwakw5FSSqol
Ak7DL6cJrgoCDyU=
-----END PRIVATE KEY-----
",
        "\
-----BEGIN OPENSSH PRIVATE KEY-----
b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAlwAAAAdzc2gtcn
NhAAAAAwEAAQAAAIEA5BgUirpVLc3VUheH7wZ9TLgU3Ckh7hJhfIfsM6T+VgoC3OxHJVtB
MgzD/ifizCqThqnh5UQCK9i4VYhwGkHbFdxFsfYjSErWyz8MrOAXOHgLLxoebj1qbFQ2vv
52EdIie6lJfERy2+AR/UHVJsQQMMx44ST6aH3T6WtZREjiX+kAAAH4KKvR4Cir0eAAAAAH
c3NoLXJzYQAAAIEA5BgUirpVLc3VUheH7wZ9TLgU3Ckh7hJhfIfsM6T+VgoC3OxHJVtBMg
zD/ifizCqThqnh5UQCK9i4VYhwGkHbFdxFsfYjSErWyz8MrOAXOHgLLxoebj1qbFQ2vv52
EdIie6lJfERy2+AR/UHVJsQQMMx44ST6aH3T6WtZREjiX+kAAAADAQABAAAAgQCaha205d
K6uwzfFk3iojTUeoi3Na5kyFL+uF5OBmK/Cv0xiWgRaKbcL0W/smm1Asr6mbANT2thJOqM
F2hKgX7XIt1Ppj/bszxrkcAGEDuTkdxVXxRVQNSZ/jJ9EkxjNXkZxdLqD2j5Z2mLtlrarW
wFtV0EonSzDmvbxwU5mxxyAQAAAEBIkLOhwBvYWHTtsRrWUxnsQflOubsFat4sMPlMhn/r
fGr30qZoSBWwNxct8UcGpMORUkqqJQJOwy+nCa4KAg8lAAAAQQD4sPCUnj5fRKAJZPoc80
epcdyG7HgXTd7Ndf1ecThZQEu14lsLBe4sS2UPoulKLomjl3qi0pq1CHg0rxN5ZI3hAAAA
QQDqzCzrev6fvz4wu7UdAwGZ1yCTTPe42J/SuSwnU961Y/NGfMDHp+YTzDRCiK2ubdGLJB
E1eJ+Os9XBpK+vJ8MJAAAAAAEC
-----END OPENSSH PRIVATE KEY-----
",
    ];

    const ENCRYPTED: &str = "midWcb/uGEZmQLbtnWGq78ei5UnPqKK+31PLqOO1aA2NSEfc+3/BDPArBL3KiFaJVlcwQqV0sl5m23wia2QwDioMG2aghKKYzOXurk/RqVrkE7/ERWZ8rRSbfE/ZX36Y9UhsTsce98qI+CD0ZKSf9cu8DVeQ2i/lCdRdDoZGVwc=";

    fn decrypt(encrypted: &str, key: &str) -> Result<model::Value, String> {
        run("rsadecrypt", vec![encrypted.into(), key.into()])
    }

    #[test]
    fn keys_come_in_three_forms() {
        for key in KEYS {
            assert_eq!(decrypt(ENCRYPTED, key), Ok("secret é".into()));
            let surrounded = format!("a key:\n{}and more", key.replace('\n', "\r\n"));
            assert_eq!(decrypt(ENCRYPTED, &surrounded), Ok("secret é".into()));
        }
    }

    #[test]
    fn what_cannot_be_decrypted_is_said() {
        let [key, ..] = KEYS;
        let other = ENCRYPTED.replace("mid", "dim");
        let public = "-----BEGIN PUBLIC KEY-----\nYQ==\n-----END PUBLIC KEY-----\n";
        for (encrypted, key) in [
            ("!", key),
            ("YQ==", key),
            (&other, key),
            (ENCRYPTED, "y"),
            (ENCRYPTED, public),
            (ENCRYPTED, "-----BEGIN "),
        ] {
            assert!(decrypt(encrypted, key).is_err());
        }
    }
}
