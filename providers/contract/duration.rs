//! Durations as a definition writes them: `500ms`, `1.5s`, `10m`, `2h`.

use std::time::Duration;

use crate::ProviderError;

/// Reads a number followed at once by its unit: `ms`, `s`, `m` or `h`.
///
/// # Errors
/// When it is anything else, or longer than a duration can be.
pub fn parse(text: &str) -> Result<Duration, ProviderError> {
    let wrong = || {
        ProviderError::permanent(format!(
            "`{text}` is not a duration such as `500ms`, `30s`, `10m` or `2h`"
        ))
    };
    let split = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .ok_or_else(wrong)?;
    let (number, unit) = text.split_at(split);
    let seconds_per_unit = match unit {
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return Err(wrong()),
    };
    if number.starts_with('.') || number.ends_with('.') {
        return Err(wrong());
    }
    let number: f64 = number.parse().map_err(|_| wrong())?;
    Duration::try_from_secs_f64(number * seconds_per_unit).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_a_number_and_a_unit() {
        assert_eq!(parse("500ms").unwrap(), Duration::from_millis(500));
        assert_eq!(parse("1.5s").unwrap(), Duration::from_millis(1500));
        assert_eq!(parse("2h").unwrap(), Duration::from_secs(7200));
        for text in [
            "",
            "5",
            "s",
            "-1s",
            "1 s",
            "1.s",
            ".5s",
            "1d",
            "1e3s",
            "99999999999999999999h",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
