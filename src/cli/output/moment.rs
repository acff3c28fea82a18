//! Moments as text, in UTC: `2026-11-22T10:47:59.569Z`.

use model::clock::Timestamp;

/// Days from year 0 of the calendar to 1970, in which March is a year's first month.
const EPOCH_DAYS: i64 = 719_468;
/// Days of 400 years.
const ERA_DAYS: i64 = 146_097;

/// Date and time of a moment.
struct Parts {
    year: i64,
    month: i64,
    day: i64,
    /// Seconds since midnight.
    second: i64,
    millisecond: i64,
}

fn parts(at: Timestamp) -> Parts {
    let (seconds, millisecond) = (at.0.div_euclid(1_000), at.0.rem_euclid(1_000));
    let (days, second) = (
        seconds.div_euclid(86_400) + EPOCH_DAYS,
        seconds.rem_euclid(86_400),
    );
    let (era, day_of_era) = (days.div_euclid(ERA_DAYS), days.rem_euclid(ERA_DAYS));
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    Parts {
        year,
        month,
        day: day_of_year - (153 * shifted + 2) / 5 + 1,
        second,
        millisecond,
    }
}

/// As RFC 3339 has it, with microseconds as Terraform's stream: `2026-11-22T10:47:59.569000Z`.
pub fn with_micros(at: Timestamp) -> String {
    let Parts {
        year,
        month,
        day,
        second,
        millisecond,
    } = parts(at);
    let (hour, minute, second) = (second / 3_600, second % 3_600 / 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millisecond:03}000Z")
}

/// As RFC 3339 has it, in whole seconds: `2026-11-22T10:47:59Z`.
pub fn in_seconds(at: Timestamp) -> String {
    let text = with_micros(at);
    text.split_once('.')
        .map_or(text.clone(), |(whole, _)| format!("{whole}Z"))
}

/// For people: `2026-11-22 10:47:59Z`.
pub fn readable(at: Timestamp) -> String {
    in_seconds(at).replacen('T', " ", 1)
}

/// The moment that a text means: how long ago (`90s`, `14m`, `2h`, `3d`, `2w`), or when in UTC (`2026-11-22`,
/// `2026-11-22T10:47:59Z`, with a space for the `T`, without seconds or the `Z`). None for any other text.
pub fn since(text: &str, now: Timestamp) -> Option<Timestamp> {
    ago(text, now).or_else(|| at(text))
}

fn ago(text: &str, now: Timestamp) -> Option<Timestamp> {
    let (count, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let seconds: i64 = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        "w" => 604_800,
        _ => return None,
    };
    let count: u32 = count.parse().ok()?;
    let back = i64::from(count).checked_mul(seconds)?.checked_mul(1_000)?;
    now.0.checked_sub(back).map(Timestamp)
}

fn at(text: &str) -> Option<Timestamp> {
    let text = text.strip_suffix('Z').unwrap_or(text);
    let (date, time) = match text.split_once(['T', ' ']) {
        Some((date, time)) => (date, time),
        None => (text, "00:00"),
    };
    let (year, month, day) = numbers(date, '-')?;
    let time = match time.matches(':').count() {
        1 => format!("{time}:00"),
        _ => time.to_owned(),
    };
    let (hour, minute, second) = numbers(&time, ':')?;
    let is_right = (1..=9_999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60;
    if !is_right {
        return None;
    }
    let shifted = if month > 2 { month - 3 } else { month + 9 };
    let year = if month > 2 { year } else { year - 1 };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * shifted + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    let days = era * ERA_DAYS + day_of_era - EPOCH_DAYS;
    let moment = Timestamp((days * 86_400 + hour * 3_600 + minute * 60 + second) * 1_000);
    // The 31st of a shorter month is none.
    (parts(moment).day == day).then_some(moment)
}

fn numbers(text: &str, between: char) -> Option<(i64, i64, i64)> {
    let mut parts = text.split(between).map(|part| {
        let is_number = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        part.parse::<i64>().ok().filter(|_| is_number)
    });
    let found = (parts.next()??, parts.next()??, parts.next()??);
    parts.next().is_none().then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_right_around_leap_days_and_before_1970() {
        let text = |millis| with_micros(Timestamp(millis));
        assert_eq!(text(0), "1970-01-01T00:00:00.000000Z");
        assert_eq!(text(951_782_400_123), "2000-02-29T00:00:00.123000Z");
        assert_eq!(text(1_709_251_199_999), "2024-02-29T23:59:59.999000Z");
        assert_eq!(text(-1), "1969-12-31T23:59:59.999000Z");
        assert_eq!(
            in_seconds(Timestamp(4_102_444_800_000)),
            "2100-01-01T00:00:00Z"
        );
        assert_eq!(readable(Timestamp(0)), "1970-01-01 00:00:00Z");
    }

    #[test]
    fn moments_are_understood_as_they_are_written() {
        let now = Timestamp(1_709_251_199_999);
        assert_eq!(since("90s", now), Some(Timestamp(now.0 - 90_000)));
        assert_eq!(since("2w", now), Some(Timestamp(now.0 - 1_209_600_000)));
        for at in [0, 951_782_400_000, 1_709_251_199_000, 4_102_444_800_000] {
            let at = Timestamp(at);
            assert_eq!(since(&in_seconds(at), now), Some(at));
            assert_eq!(since(&readable(at), now), Some(at));
        }
        assert_eq!(since("1970-01-02", now), Some(Timestamp(86_400_000)));
        assert_eq!(since("1970-01-01 00:01", now), Some(Timestamp(60_000)));
        for wrong in [
            "",
            "h",
            "-3d",
            "3y",
            "2026-02-30",
            "2026-13-01",
            "2026-1",
            "26:00",
            "2026-01-01T24:00",
            "\u{fc}",
        ] {
            assert_eq!(since(wrong, now), None, "{wrong}");
        }
    }
}
