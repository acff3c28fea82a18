//! What a scalar of a YAML document stands for: YAML 1.1's words for true and false, numbers of either version,
//! timestamps. The rules are those of Go's YAML as Terraform uses it.

use model::{Number, Value};

use crate::functions::datetime::moment::Moment;
use crate::functions::encoding::base64;

const PREFIX: &str = "tag:yaml.org,2002:";

/// How a scalar was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// Without quotes.
    Plain,
    /// In single or double quotes.
    Quoted,
    /// As a literal or folded block.
    Block,
}

/// The value of a scalar.
///
/// # Errors
/// Why it has none, as a phrase.
pub(super) fn resolve(text: &str, tag: Option<&str>, style: Style) -> Result<Value, String> {
    let tag = match tag {
        None => None,
        Some(tag) => match tag.strip_prefix(PREFIX) {
            Some(kind @ ("bool" | "int" | "float" | "null" | "timestamp" | "str" | "binary")) => {
                Some(kind)
            }
            _ => {
                return Err(format!(
                    "the tag `{}` is not known",
                    tag.replace(PREFIX, "!!")
                ));
            }
        },
    };
    if style == Style::Quoted {
        return Ok(Value::string(text));
    }
    let value = match tag {
        Some("str") => Value::string(text),
        Some("binary") => {
            let bytes = base64::decode(text);
            bytes.map_err(|reason| format!("a `!!binary` is not Base64: {reason}"))?;
            Value::string(text)
        }
        Some("null") => plain(text)?.unwrap_or(Value::NULL),
        Some(kind @ ("bool" | "int" | "float")) => match plain(text)? {
            Some(value) if value.as_str().is_none() => value,
            _ => return Err(format!("`{text}` is not a `!!{kind}`")),
        },
        Some(kind) => plain(text)?.ok_or_else(|| format!("`{text}` is not a `!!{kind}`"))?,
        None => plain(text)?.unwrap_or_else(|| Value::string(text)),
    };
    Ok(if style == Style::Block && tag.is_none() {
        block(value)
    } else {
        value
    })
}

/// A block without a tag is always text, even when it looks like something else.
fn block(value: Value) -> Value {
    model::value::convert(&value, &model::Type::String).unwrap_or(value)
}

/// What a plain scalar is when it is not text.
fn plain(text: &str) -> Result<Option<Value>, String> {
    Ok(Some(match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::NULL,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            Value::Bool(true)
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            Value::Bool(false)
        }
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Value::Number(Number::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Value::Number(Number::NEGATIVE_INFINITY),
        ".nan" | ".NaN" | ".NAN" => {
            return Err(format!("`{text}` is not a number that a value can hold"));
        }
        _ => {
            if let Some(number) = number(text)? {
                return Ok(Some(Value::Number(number)));
            }
            return Ok(moment(text));
        }
    }))
}

fn number(text: &str) -> Result<Option<Number>, String> {
    for (prefix, radix) in [("0x", 16), ("0o", 8)] {
        let digits = text
            .strip_prefix(prefix)
            .filter(|digits| !digits.is_empty());
        if let Some(digits) = digits.filter(|digits| digits.chars().all(|c| c.is_digit(radix))) {
            let number = u64::from_str_radix(digits, radix)
                .map_err(|_| format!("`{text}` does not fit 64 bits"))?;
            return Ok(Some(Number::from(number)));
        }
    }
    if !is_decimal(text) {
        return Ok(None);
    }
    Number::parse(text)
        .map(Some)
        .ok_or_else(|| format!("`{text}` is too large or too small a number"))
}

/// `[-+]? ( \. digits | digits ( \. digits? )? ) ( [eE] [-+]? digits )?`
fn is_decimal(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let some_digits = |text: &str| !text.is_empty() && digits(text);
    let whole = match mantissa.split_once('.') {
        Some(("", fraction)) => some_digits(fraction),
        Some((whole, fraction)) => some_digits(whole) && digits(fraction),
        None => some_digits(mantissa),
    };
    whole
        && exponent.is_none_or(|exponent| {
            some_digits(exponent.strip_prefix(['-', '+']).unwrap_or(exponent))
        })
}

fn moment(text: &str) -> Option<Value> {
    Moment::parse_yaml(text).map(|moment| Value::string(moment.to_rfc3339()))
}
