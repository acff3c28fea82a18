//! A moment with its offset from UTC, and the calendar arithmetic people know from Terraform: a day that a month does
//! not have runs over into the next month.

use contract::ProviderError;
use model::clock::Timestamp;
use time::format_description::well_known::Rfc3339;
use time::{Date, Duration, Month, OffsetDateTime};

/// A moment with its offset from UTC, to the second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Moment(OffsetDateTime);

impl Moment {
    /// Reads `2020-02-12T06:36:13Z`.
    pub(super) fn parse(text: &str) -> Result<Self, ProviderError> {
        OffsetDateTime::parse(text, &Rfc3339)
            .map(Self)
            .map_err(|error| {
                let message = format!("`{text}` is not a time such as `2020-02-12T06:36:13Z`");
                ProviderError::permanent(message).detail(error.to_string())
            })
    }

    /// A moment of the clock, in UTC, to the second.
    pub(super) fn of(timestamp: Timestamp) -> Result<Self, ProviderError> {
        OffsetDateTime::from_unix_timestamp(timestamp.0.div_euclid(1000))
            .map(Self)
            .map_err(|_| ProviderError::permanent("the clock is outside the years 0 to 9999"))
    }

    /// Writes it in RFC 3339, without a fraction of a second.
    pub(super) fn text(self) -> String {
        let whole = self.0.replace_nanosecond(0).unwrap_or(self.0);
        whole.format(&Rfc3339).unwrap_or_else(|_| whole.to_string())
    }

    /// Year, month, day, hour, minute, second at its offset, and seconds since 1970.
    pub(super) fn parts(self) -> [i64; 7] {
        let at = self.0;
        [
            i64::from(at.year()),
            i64::from(u8::from(at.month())),
            i64::from(at.day()),
            i64::from(at.hour()),
            i64::from(at.minute()),
            i64::from(at.second()),
            at.unix_timestamp(),
        ]
    }

    /// So many seconds later, or earlier when negative.
    pub(super) fn plus_seconds(self, seconds: i64) -> Result<Self, ProviderError> {
        self.0
            .checked_add(Duration::seconds(seconds))
            .map(Self)
            .ok_or_else(out_of_range)
    }

    /// So many days later.
    pub(super) fn plus_days(self, days: i64) -> Result<Self, ProviderError> {
        let seconds = days.checked_mul(24 * 60 * 60).ok_or_else(out_of_range)?;
        self.plus_seconds(seconds)
    }

    /// So many months later, on the same day of the month; days the month does not have run over into the next.
    pub(super) fn plus_months(self, months: i64) -> Result<Self, ProviderError> {
        let at = self.0;
        let month = i64::from(at.year()) * 12 + i64::from(u8::from(at.month())) - 1;
        let month = month.checked_add(months).ok_or_else(out_of_range)?;
        let year = i32::try_from(month.div_euclid(12)).map_err(|_| out_of_range())?;
        let number = u8::try_from(month.rem_euclid(12) + 1).map_err(|_| out_of_range())?;
        let first = Month::try_from(number)
            .and_then(|month| Date::from_calendar_date(year, month, 1))
            .map_err(|_| out_of_range())?;
        let date = first
            .checked_add(Duration::days(i64::from(at.day()) - 1))
            .ok_or_else(out_of_range)?;
        Ok(Self(at.replace_date(date)))
    }

    /// So many years later; 29 February becomes 1 March where there is none.
    pub(super) fn plus_years(self, years: i64) -> Result<Self, ProviderError> {
        self.plus_months(years.checked_mul(12).ok_or_else(out_of_range)?)
    }

    /// Whether it lies before `now`.
    pub(super) fn has_passed(self, now: Timestamp) -> bool {
        i128::from(now.0) * 1_000_000 > self.0.unix_timestamp_nanos()
    }
}

fn out_of_range() -> ProviderError {
    ProviderError::permanent("the time lies outside the years 0 to 9999")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Moment {
        Moment::parse(text).unwrap()
    }

    #[test]
    fn days_a_month_does_not_have_run_over() {
        assert_eq!(
            at("2023-01-31T10:00:00Z").plus_months(1).unwrap().text(),
            "2023-03-03T10:00:00Z"
        );
        assert_eq!(
            at("2024-02-29T10:00:00Z").plus_years(1).unwrap().text(),
            "2025-03-01T10:00:00Z"
        );
        assert_eq!(
            at("2024-03-31T10:00:00Z").plus_months(-13).unwrap().text(),
            "2023-03-03T10:00:00Z"
        );
    }

    #[test]
    fn the_offset_stays() {
        let moment = at("2020-02-12T06:36:13+02:00").plus_days(1).unwrap();
        assert_eq!(moment.text(), "2020-02-13T06:36:13+02:00");
        assert_eq!(moment.parts(), [2020, 2, 13, 6, 36, 13, 1_581_568_573]);
    }

    #[test]
    fn what_lies_outside_the_calendar_is_an_error() {
        assert!(at("2020-02-12T06:36:13Z").plus_years(9000).is_err());
        assert!(at("2020-02-12T06:36:13Z").plus_days(i64::MAX).is_err());
    }
}
