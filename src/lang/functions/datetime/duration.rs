//! Durations as Go writes them: `1h30m`, `-1.5h`, `300ms`.

/// The most nanoseconds of a duration below zero.
const MAX: u64 = 1 << 63;

/// Reads a duration, in nanoseconds.
///
/// # Errors
/// What is wrong, as a phrase.
pub(super) fn parse(text: &str) -> Result<i64, String> {
    let negative = text.starts_with('-');
    let mut rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    if rest == "0" {
        return Ok(0);
    }
    let unreadable = || format!("`{text}` is not a duration such as `1h30m`");
    let too_long = || format!("`{text}` is longer than a duration can be, 292 years");
    let mut total: u64 = 0;
    if rest.is_empty() {
        return Err(unreadable());
    }
    while !rest.is_empty() {
        let (whole, after) = split_digits(rest);
        let (fraction, after) = match after.strip_prefix('.') {
            Some(after) => split_digits(after),
            None => ("", after),
        };
        if whole.is_empty() && fraction.is_empty() {
            return Err(unreadable());
        }
        let end = after
            .find(|c: char| c == '.' || c.is_ascii_digit())
            .unwrap_or(after.len());
        let (name, after) = after.split_at_checked(end).ok_or_else(unreadable)?;
        let unit = nanoseconds(name).ok_or_else(|| match name {
            "" => format!("`{text}` has a number without a unit"),
            _ => format!("`{name}` in `{text}` is not a unit; those are h, m, s, ms, us and ns"),
        })?;
        let whole: u64 = if whole.is_empty() {
            0
        } else {
            whole.parse().map_err(|_| too_long())?
        };
        let part = whole
            .checked_mul(unit)
            .and_then(|part| part.checked_add(of_fraction(fraction, unit)));
        total = part
            .and_then(|part| total.checked_add(part))
            .filter(|total| *total <= MAX)
            .ok_or_else(too_long)?;
        rest = after;
    }
    if negative {
        return Ok(0i64.checked_sub_unsigned(total).unwrap_or(i64::MIN));
    }
    i64::try_from(total).map_err(|_| too_long())
}

fn split_digits(text: &str) -> (&str, &str) {
    let count = text.bytes().take_while(u8::is_ascii_digit).count();
    text.split_at_checked(count).unwrap_or((text, ""))
}

fn nanoseconds(unit: &str) -> Option<u64> {
    Some(match unit {
        "ns" => 1,
        // Both letters that look like a micro sign; the second is what normalisation leaves alone.
        "us" | "µs" | "μs" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return None,
    })
}

/// That fraction of a unit, in nanoseconds. It is computed in machine floats, as in Go, and digits that do not fit are
/// dropped.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the result is less than an hour, and rounding as Go does is what is wanted"
)]
fn of_fraction(digits: &str, unit: u64) -> u64 {
    let mut value: u64 = 0;
    let mut scale = 1.0;
    for digit in digits.bytes() {
        let next = value
            .checked_mul(10)
            .and_then(|value| value.checked_add(u64::from(digit - b'0')));
        match next.filter(|next| *next <= MAX) {
            Some(next) => value = next,
            None => break,
        }
        scale *= 10.0;
    }
    (value as f64 * (unit as f64 / scale)) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_in_go() {
        const HOUR: i64 = 3_600_000_000_000;
        for (text, wanted) in [
            ("0", 0),
            ("-1h30m", -HOUR * 3 / 2),
            ("+1.5h", HOUR * 3 / 2),
            (".5h", HOUR / 2),
            ("1.h", HOUR),
            ("1us2µs3μs4ns", 6_004),
            ("1s1s", 2_000_000_000),
            ("0.100000000000000000000h", HOUR / 10),
            ("-9223372036854775808ns", i64::MIN),
            ("2562047h47m16.854775807s", i64::MAX),
        ] {
            assert_eq!(parse(text), Ok(wanted), "{text}");
        }
        for text in [
            "",
            "-",
            "h",
            ".h",
            "1",
            "1d",
            "1H",
            "1 h",
            "1h-1m",
            "1.2.3s",
            "2562048h",
            "9223372036854775808ns",
            "1h ",
            "1é",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
