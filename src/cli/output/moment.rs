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
}
