//! Reads moments: as RFC 3339 writes them, and in the looser forms of YAML.

use super::moment::{Moment, Parts, Strictness, days_of_month};

impl Moment {
    /// Reads a moment as RFC 3339 writes it.
    ///
    /// # Errors
    /// What is wrong, as a phrase.
    pub(in crate::functions) fn parse(text: &str, strictness: Strictness) -> Result<Self, String> {
        let strict = strictness == Strictness::Strict;
        let mut reader = Reader { rest: text };
        let (year, month, day) = reader.date(Width::Full)?;
        reader.mark('T', "`T` and the time")?;
        let hour_width = if strict { Width::Full } else { Width::Any };
        let (hour, minute, second) = reader.time(hour_width, Width::Full)?;
        let nanoseconds = reader.fraction(if strict { &['.'] } else { &['.', ','] });
        let (hours, minutes) = if strict { (23, 59) } else { (24, 60) };
        let ahead = reader.zone(hours, minutes)?;
        if !reader.rest.is_empty() {
            return Err(format!("`{}` follows it", reader.rest));
        }
        if !(1..=days_of_month(year, month)).contains(&day) {
            return Err(format!("the month {year:04}-{month:02} has no day {day}"));
        }
        Ok(Self::from_parts(&Parts {
            year,
            month,
            day,
            hour,
            minute,
            second,
            nanoseconds,
            ahead,
        }))
    }

    /// Reads a moment as YAML writes it: a date, or a date and a time with or without a zone.
    pub(in crate::functions) fn parse_yaml(text: &str) -> Option<Self> {
        let mut reader = Reader { rest: text };
        let (year, month, day) = reader.date(Width::Any).ok()?;
        let mut parts = Parts {
            year,
            month,
            day,
            hour: 0,
            minute: 0,
            second: 0,
            nanoseconds: 0,
            ahead: 0,
        };
        if !reader.rest.is_empty() {
            let zoned = !reader.rest.starts_with(' ');
            let separators: &[char] = if zoned { &['T', 't'] } else { &[' '] };
            reader.rest = reader.rest.strip_prefix(separators)?;
            if !zoned {
                reader.rest = reader.rest.trim_start_matches(' ');
            }
            (parts.hour, parts.minute, parts.second) = reader.time(Width::Any, Width::Any).ok()?;
            parts.nanoseconds = reader.fraction(&['.', ',']);
            if zoned {
                parts.ahead = reader.zone(24, 60).ok()?;
            }
        }
        let complete = reader.rest.is_empty() && (1..=days_of_month(year, month)).contains(&day);
        complete.then(|| Self::from_parts(&parts))
    }
}

/// How many digits a part of a date or time has.
#[derive(Clone, Copy)]
enum Width {
    /// Two.
    Full,
    /// One or two.
    Any,
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn digits(&mut self, least: usize, most: usize) -> Option<&'a str> {
        let count = self
            .rest
            .bytes()
            .take(most)
            .take_while(u8::is_ascii_digit)
            .count();
        let (digits, rest) = self
            .rest
            .split_at_checked(count)
            .filter(|_| count >= least)?;
        self.rest = rest;
        Some(digits)
    }

    fn number(
        &mut self,
        width: Width,
        range: std::ops::RangeInclusive<i64>,
        name: &str,
    ) -> Result<i64, String> {
        let before = self.rest;
        let digits = match width {
            Width::Full => self.digits(2, 2),
            Width::Any => self.digits(1, 2),
        };
        let number = digits
            .and_then(|digits| digits.parse().ok())
            .filter(|number| range.contains(number));
        number.ok_or_else(|| match before {
            "" => format!("it ends before the {name}"),
            _ => format!("`{before}` does not begin with a {name}"),
        })
    }

    fn mark(&mut self, mark: char, name: &str) -> Result<(), String> {
        let rest = self.rest.strip_prefix(mark);
        self.rest = rest.ok_or_else(|| match self.rest {
            "" => format!("it ends where {name} is expected"),
            rest => format!("`{rest}` stands where {name} is expected"),
        })?;
        Ok(())
    }

    fn date(&mut self, width: Width) -> Result<(i64, i64, i64), String> {
        let before = self.rest;
        let year = self.digits(4, 4).and_then(|digits| digits.parse().ok());
        let year = year.ok_or_else(|| match before {
            "" => "it is empty".to_owned(),
            _ => format!("`{before}` does not begin with a year of four digits"),
        })?;
        self.mark('-', "`-`")?;
        let month = self.number(width, 1..=12, "month")?;
        self.mark('-', "`-`")?;
        let day = self.number(width, 0..=99, "day")?;
        Ok((year, month, day))
    }

    fn time(&mut self, hour_width: Width, width: Width) -> Result<(i64, i64, i64), String> {
        let hour = self.number(hour_width, 0..=23, "hour")?;
        self.mark(':', "`:`")?;
        let minute = self.number(width, 0..=59, "minute")?;
        self.mark(':', "`:`")?;
        let second = self.number(width, 0..=59, "second")?;
        Ok((hour, minute, second))
    }

    /// Reads the fraction of a second, in nanoseconds; further digits are dropped.
    fn fraction(&mut self, points: &[char]) -> i64 {
        let before = self.rest;
        let digits = before.strip_prefix(points).and_then(|rest| {
            self.rest = rest;
            self.digits(1, usize::MAX)
        });
        let Some(digits) = digits else {
            self.rest = before;
            return 0;
        };
        let nine: String = digits.chars().chain("000000000".chars()).take(9).collect();
        nine.parse().unwrap_or(0)
    }

    /// Reads `Z` or `+02:00`, in seconds.
    fn zone(&mut self, hours: i64, minutes: i64) -> Result<i64, String> {
        let before = self.rest;
        if let Some(rest) = before.strip_prefix('Z') {
            self.rest = rest;
            return Ok(0);
        }
        let mut read = || {
            let sign = if self.rest.starts_with('-') { -1 } else { 1 };
            self.rest = self.rest.strip_prefix(['+', '-'])?;
            let hours = self.number(Width::Full, 0..=hours, "hour").ok()?;
            self.mark(':', "`:`").ok()?;
            let minutes = self.number(Width::Full, 0..=minutes, "minute").ok()?;
            Some(sign * (hours * 3600 + minutes * 60))
        };
        read().ok_or_else(|| match before {
            "" => "it ends before the distance from UTC, `Z` or `+00:00`".to_owned(),
            _ => format!("`{before}` does not begin with a distance from UTC, `Z` or `+00:00`"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn reads(text: &str, strictness: Strictness, wanted: Option<&str>) {
        let read = Moment::parse(text, strictness).ok().map(Moment::to_rfc3339);
        assert_eq!(read.as_deref(), wanted, "{text}");
    }

    #[test]
    fn moments_are_read_to_the_letter() {
        for (text, wanted) in [
            ("2020-02-09T01:34:56Z", Some("2020-02-09T01:34:56Z")),
            (
                "2020-02-29T01:34:56.1234567890123-12:34",
                Some("2020-02-29T01:34:56-12:34"),
            ),
            ("2020-02-09T01:34:56+00:00", Some("2020-02-09T01:34:56Z")),
            ("2021-02-29T01:34:56Z", None),
            ("2020-02-00T01:34:56Z", None),
            ("2020-13-09T01:34:56Z", None),
            ("2020-02-09T1:34:56Z", None),
            ("2020-02-09T24:34:56Z", None),
            ("2020-02-09T23:59:60Z", None),
            ("2020-02-09T01:34:56,5Z", None),
            ("2020-02-09T01:34:56.Z", None),
            ("2020-02-09T01:34:56+24:00", None),
            ("2020-02-09T01:34:56+23:60", None),
            ("2020-02-09T01:34:56+0100", None),
            ("2020-02-09t01:34:56Z", None),
            ("2020-02-09 01:34:56Z", None),
            ("2020-02-09T01:34:56z", None),
            ("2020-02-09T01:34:56Z ", None),
            ("2020-02-09T01:34:56", None),
            ("2020-02-09", None),
            ("", None),
        ] {
            reads(text, Strictness::Strict, wanted);
        }
    }

    #[test]
    fn comparing_reads_less_closely() {
        for (text, wanted) in [
            ("2020-02-09T1:34:56Z", Some("2020-02-09T01:34:56Z")),
            ("2020-02-09T01:34:56,5Z", Some("2020-02-09T01:34:56Z")),
            (
                "2020-02-09T01:34:56+24:60",
                Some("2020-02-09T01:34:56+25:00"),
            ),
            ("2020-02-09T01:34:56+25:00", None),
            ("2020-02-09T01:4:56Z", None),
            ("2020-2-09T01:34:56Z", None),
        ] {
            reads(text, Strictness::Lenient, wanted);
        }
    }

    #[test]
    fn yaml_has_dates_and_times_without_a_zone() {
        for (text, wanted) in [
            ("2020-01-01", Some("2020-01-01T00:00:00Z")),
            ("2020-1-1", Some("2020-01-01T00:00:00Z")),
            ("2020-01-01t1:2:3+02:00", Some("2020-01-01T01:02:03+02:00")),
            ("2020-01-01   0:0:0.5", Some("2020-01-01T00:00:00Z")),
            ("2020-01-01 00:00:00Z", None),
            ("2020-01-01T00:00:00", None),
            ("2020-01-01T00:00", None),
            ("2020-02-30", None),
            ("2020-001-01", None),
            ("2020-01-01\t00:00:00", None),
            ("2020-1-1T1:1:1.Z", None),
            ("2020", None),
        ] {
            assert_eq!(
                Moment::parse_yaml(text).map(Moment::to_rfc3339).as_deref(),
                wanted,
                "{text}"
            );
        }
    }
}
