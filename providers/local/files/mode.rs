//! Permissions as a definition writes them: three or four octal digits.

use contract::ProviderError;
use model::{Path, Value};

use contract::attributes;

/// Reads `0644`.
pub(super) fn parse(text: &str) -> Result<u32, ProviderError> {
    let wrong = || {
        ProviderError::permanent(format!(
            "`{text}` is not a permission such as `0644`: three or four octal digits"
        ))
    };
    if !(3..=4).contains(&text.len()) || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(wrong());
    }
    u32::from_str_radix(text, 8)
        .ok()
        .filter(|mode| *mode <= 0o777)
        .ok_or_else(wrong)
}

/// Writes `0644`.
pub(super) fn text(mode: u32) -> String {
    format!("{:04o}", mode & 0o7777)
}

/// The permission in an attribute.
pub(super) fn of(object: &Value, name: &str, default: u32) -> Result<u32, ProviderError> {
    match attributes::text(object, name) {
        Some(text) => parse(text).map_err(|error| error.at(Path::root().attribute(name))),
        None => Ok(default),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permission_is_three_or_four_octal_digits() {
        assert_eq!(parse("0644").unwrap(), 0o644);
        assert_eq!(parse("755").unwrap(), 0o755);
        for text in ["", "64", "00644", "0688", "1777", "+644", "-644", "rw-"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
