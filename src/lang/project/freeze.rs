//! Days on which nothing is to change: `2026-12-20/2027-01-06`. Pure: the time is an argument.

use std::fmt;
use std::str::FromStr;

use jiff::civil::{Date, Time};
use model::Str;
use model::clock::Timestamp;

use super::calendar::CalendarError;
use super::zone::Zone;

/// Days from one to another, both of them inside, as the calendar on the wall of a place shows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Freeze {
    text: Str,
    first: Date,
    last: Date,
    zone: Zone,
}

impl Freeze {
    /// Whether a moment is inside.
    pub fn contains(&self, at: Timestamp) -> bool {
        self.zone
            .local(at)
            .is_some_and(|local| (self.first..=self.last).contains(&local.date()))
    }

    /// The first moment after it; none beyond the year 9999.
    pub fn end(&self) -> Option<Timestamp> {
        let after = self.last.tomorrow().ok()?;
        self.zone.first(after.to_datetime(Time::midnight()))
    }

    /// The time zone of its days.
    pub fn zone(&self) -> &Zone {
        &self.zone
    }
}

/// Reads `FIRST/LAST ZONE` or `DAY ZONE`; without a zone it is UTC.
impl FromStr for Freeze {
    type Err = CalendarError;
    fn from_str(text: &str) -> Result<Self, CalendarError> {
        let mut words = text.split_whitespace();
        let days = words.next().ok_or(CalendarError::Nothing)?;
        let (first, last) = days.split_once('/').unwrap_or((days, days));
        let (first, last) = (date(first)?, date(last)?);
        if last < first {
            return Err(CalendarError::Order(days.to_owned()));
        }
        let zone = match words.next() {
            Some(name) => Zone::named(name)?,
            None => Zone::utc(),
        };
        if let Some(word) = words.next() {
            return Err(CalendarError::More(word.to_owned()));
        }
        Ok(Self {
            text: text.into(),
            first,
            last,
            zone,
        })
    }
}

/// Reads `2026-12-20`.
fn date(text: &str) -> Result<Date, CalendarError> {
    let wrong = || CalendarError::Date(text.to_owned());
    if text.len() != "2026-12-20".len() {
        return Err(wrong());
    }
    text.parse().map_err(|_| wrong())
}

/// As it is written.
impl fmt::Display for Freeze {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
