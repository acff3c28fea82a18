//! A moment with its distance from UTC, in the calendar that RFC 3339 uses.

const SECONDS_OF_DAY: i64 = 86_400;
const NANOSECONDS_OF_SECOND: i64 = 1_000_000_000;

/// A moment, as some place on earth reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::functions) struct Moment {
    /// Seconds since 1970-01-01T00:00:00Z.
    seconds: i64,
    /// Of the second, 0 to 999,999,999.
    nanoseconds: i64,
    /// Seconds that clocks of the place are ahead of UTC.
    ahead: i64,
}

/// A moment in the words of its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Parts {
    pub year: i64,
    /// 1 to 12.
    pub month: i64,
    /// 1 to 31.
    pub day: i64,
    pub hour: i64,
    pub minute: i64,
    pub second: i64,
    pub nanoseconds: i64,
    /// Seconds ahead of UTC.
    pub ahead: i64,
}

/// How closely text must follow RFC 3339.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::functions) enum Strictness {
    /// To the letter.
    Strict,
    /// As Go's `time.Parse`: an hour of one digit, a decimal comma, 24 hours ahead.
    Lenient,
}

impl Moment {
    /// The moment so many milliseconds after 1970-01-01T00:00:00Z, in UTC.
    pub(super) fn from_milliseconds(milliseconds: i64) -> Self {
        Self {
            seconds: milliseconds.div_euclid(1000),
            nanoseconds: milliseconds.rem_euclid(1000) * 1_000_000,
            ahead: 0,
        }
    }

    /// Makes a moment of its parts, which must be in their ranges.
    pub(super) fn from_parts(parts: &Parts) -> Self {
        let Parts {
            year,
            month,
            day,
            hour,
            minute,
            second,
            nanoseconds,
            ahead,
        } = *parts;
        let of_day = hour * 3600 + minute * 60 + second;
        let seconds = days_since_1970(year, month, day) * SECONDS_OF_DAY + of_day - ahead;
        Self {
            seconds,
            nanoseconds,
            ahead,
        }
    }

    /// What clocks and calendars of the place say.
    pub(super) fn parts(&self) -> Parts {
        let local = self.seconds + self.ahead;
        let (year, month, day) = date(local.div_euclid(SECONDS_OF_DAY));
        let of_day = local.rem_euclid(SECONDS_OF_DAY);
        Parts {
            year,
            month,
            day,
            hour: of_day / 3600,
            minute: of_day / 60 % 60,
            second: of_day % 60,
            nanoseconds: self.nanoseconds,
            ahead: self.ahead,
        }
    }

    /// The day of the week, 0 is Sunday.
    pub(super) fn weekday(&self) -> i64 {
        // 1970-01-01 was a Thursday.
        ((self.seconds + self.ahead).div_euclid(SECONDS_OF_DAY) + 4).rem_euclid(7)
    }

    /// What two moments are compared by.
    pub(super) fn instant(&self) -> (i64, i64) {
        (self.seconds, self.nanoseconds)
    }

    /// The moment so much later at the same place.
    pub(super) fn plus(&self, nanoseconds: i64) -> Self {
        let total = self.nanoseconds + nanoseconds.rem_euclid(NANOSECONDS_OF_SECOND);
        Self {
            seconds: self.seconds
                + nanoseconds.div_euclid(NANOSECONDS_OF_SECOND)
                + total.div_euclid(NANOSECONDS_OF_SECOND),
            nanoseconds: total.rem_euclid(NANOSECONDS_OF_SECOND),
            ahead: self.ahead,
        }
    }

    /// Writes it as RFC 3339 does, without a fraction of the second.
    pub(in crate::functions) fn to_rfc3339(self) -> String {
        let Parts {
            year,
            month,
            day,
            hour,
            minute,
            second,
            ..
        } = self.parts();
        let sign = if year < 0 { "-" } else { "" };
        let zone = if self.ahead == 0 {
            "Z".to_owned()
        } else {
            self.zone(":")
        };
        let year = year.unsigned_abs();
        format!("{sign}{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{zone}")
    }

    /// The distance from UTC, `+02:00`.
    pub(super) fn zone(&self, separator: &str) -> String {
        let sign = if self.ahead < 0 { '-' } else { '+' };
        let minutes = self.ahead.abs() / 60;
        format!("{sign}{:02}{separator}{:02}", minutes / 60, minutes % 60)
    }

    /// Whether clocks of the place show UTC.
    pub(super) fn is_utc(&self) -> bool {
        self.ahead == 0
    }
}

/// How many days a month has.
pub(super) fn days_of_month(year: i64, month: i64) -> i64 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01. Years start in March here, so that the leap day is the last of its year.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The inverse of [`days_since_1970`].
fn date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 {
        from_march + 3
    } else {
        from_march - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_is_found_again() {
        for days in (-800_000..3_000_000).step_by(13) {
            let (year, month, day) = date(days);
            assert_eq!(days_since_1970(year, month, day), days);
            assert!(day <= days_of_month(year, month));
        }
        assert_eq!(date(0), (1970, 1, 1));
        assert_eq!(days_since_1970(2000, 3, 1), 11_017);
    }

    #[test]
    fn years_beyond_four_digits_are_written() {
        let moment = Moment::parse("9999-12-31T23:59:59Z", Strictness::Strict).unwrap();
        assert_eq!(
            moment.plus(1_000_000_000).to_rfc3339(),
            "10000-01-01T00:00:00Z"
        );
        let moment = Moment::parse("0000-01-01T00:00:00Z", Strictness::Strict).unwrap();
        assert_eq!(
            moment.plus(-1_000_000_000).to_rfc3339(),
            "-0001-12-31T23:59:59Z"
        );
    }

    #[test]
    fn fractions_are_added_but_not_written() {
        let moment = Moment::parse("2020-01-31T00:00:00.9+02:00", Strictness::Strict).unwrap();
        assert_eq!(
            moment.plus(100_000_000).to_rfc3339(),
            "2020-01-31T00:00:01+02:00"
        );
        assert_eq!(
            moment.plus(-900_000_001).to_rfc3339(),
            "2020-01-30T23:59:59+02:00"
        );
    }
}
