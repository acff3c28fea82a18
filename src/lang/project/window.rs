//! Windows of time that come back every week: `Mon-Fri 07:00-19:00 Europe/Rome`. Pure: the time is an argument.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::civil::{DateTime, Weekday, time};
use model::Str;
use model::clock::Timestamp;

use super::calendar::CalendarError;
use super::zone::Zone;

/// Days of the week, and a span of time on each of them, as a clock on the wall of a place shows it.
///
/// Where the span ends before it begins, it goes on over midnight and belongs to the day on which it begins. When the
/// clock is set back, what it shows twice is inside twice; when it is set forward, what it never shows never comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    text: Str,
    days: Days,
    /// Minutes of the day, 0 to 1439.
    start: u16,
    /// Minutes of the day, 1 to 1440; not `start`.
    end: u16,
    zone: Zone,
}

/// A set of days; bit 0 is Monday.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Days(u8);

/// How many days are looked at for the next time that a window opens: a week, and two more for a clock that is set
/// forward over it.
const LOOK_AHEAD: usize = 22;

impl Window {
    /// Whether a moment is inside.
    pub fn contains(&self, at: Timestamp) -> bool {
        self.zone.local(at).is_some_and(|local| self.shows(local))
    }

    /// The first moment inside that is not before `after`; `after` itself when it is inside. None beyond the year 9999.
    pub fn next_open(&self, after: Timestamp) -> Option<Timestamp> {
        if self.contains(after) {
            return Some(after);
        }
        let today = self.zone.local(after)?.date();
        let start = time(hour(self.start), minute(self.start), 0, 0);
        let starts = today
            .yesterday()
            .into_iter()
            .chain(today.series(jiff::Span::new().days(1)))
            .take(LOOK_AHEAD)
            .filter(|date| self.days.has(date.weekday()))
            .flat_map(|date| self.zone.moments(date.to_datetime(start)));
        let far = after.after(Duration::from_secs(24 * 60 * 60) * 22);
        starts
            .chain(self.zone.changes(after, far))
            .filter(|opens| *opens >= after && self.contains(*opens))
            .min()
    }

    /// The time zone of its days and times.
    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    fn shows(&self, local: DateTime) -> bool {
        let now = local.hour().unsigned_abs() as u16 * 60 + local.minute().unsigned_abs() as u16;
        let today = self.days.has(local.weekday());
        if self.start < self.end {
            return today && (self.start..self.end).contains(&now);
        }
        let yesterday = self.days.has(local.weekday().previous());
        (today && now >= self.start) || (yesterday && now < self.end)
    }
}

fn hour(minutes: u16) -> i8 {
    i8::try_from(minutes / 60).unwrap_or_default()
}

fn minute(minutes: u16) -> i8 {
    i8::try_from(minutes % 60).unwrap_or_default()
}

impl Days {
    const ALL: Self = Self(0x7f);

    fn has(self, day: Weekday) -> bool {
        self.0 & Self::of(day).0 != 0
    }

    fn of(day: Weekday) -> Self {
        Self(1 << day.to_monday_zero_offset())
    }

    /// The days from one to another, over the end of the week if need be.
    fn range(first: Weekday, last: Weekday) -> Self {
        let days = first
            .cycle_forward()
            .take_while(|day| *day != last)
            .chain([last]);
        Self(days.fold(0, |all, day| all | Self::of(day).0))
    }
}

impl FromStr for Days {
    type Err = CalendarError;
    fn from_str(text: &str) -> Result<Self, CalendarError> {
        text.split(',').try_fold(Self(0), |all, part| {
            let range = match part.split_once('-') {
                Some((first, last)) => Self::range(weekday(first)?, weekday(last)?),
                None => Self::of(weekday(part)?),
            };
            Ok(Self(all.0 | range.0))
        })
    }
}

fn weekday(text: &str) -> Result<Weekday, CalendarError> {
    match text.to_ascii_lowercase().as_str() {
        "mon" | "monday" => Ok(Weekday::Monday),
        "tue" | "tuesday" => Ok(Weekday::Tuesday),
        "wed" | "wednesday" => Ok(Weekday::Wednesday),
        "thu" | "thursday" => Ok(Weekday::Thursday),
        "fri" | "friday" => Ok(Weekday::Friday),
        "sat" | "saturday" => Ok(Weekday::Saturday),
        "sun" | "sunday" => Ok(Weekday::Sunday),
        _ => Err(CalendarError::Day(text.to_owned())),
    }
}

/// Reads `07:00-19:00`.
fn times(text: &str) -> Result<(u16, u16), CalendarError> {
    let Some((start, end)) = text.split_once('-') else {
        return Err(CalendarError::Span(text.to_owned()));
    };
    let (from, to) = (minutes(start)?, minutes(end)?);
    if from == 24 * 60 {
        return Err(CalendarError::Time(start.to_owned()));
    }
    // Until 00:00 is until the end of the day.
    let to = if to == 0 { 24 * 60 } else { to };
    if from == to {
        return Err(CalendarError::Empty(text.to_owned()));
    }
    Ok((from, to))
}

/// Reads `07:00`, up to `24:00`.
fn minutes(text: &str) -> Result<u16, CalendarError> {
    let number = |digits: &str| {
        let good = (1..=2).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        digits.parse::<u16>().ok().filter(|_| good)
    };
    text.split_once(':')
        .filter(|(_, minutes)| minutes.len() == 2)
        .and_then(|(hours, minutes)| Some((number(hours)?, number(minutes)?)))
        .filter(|(hours, minutes)| *minutes < 60 && hours * 60 + minutes <= 24 * 60)
        .map(|(hours, minutes)| hours * 60 + minutes)
        .ok_or_else(|| CalendarError::Time(text.to_owned()))
}

/// Reads `DAYS TIMES ZONE`, each of which may be left out, but not both days and times.
impl FromStr for Window {
    type Err = CalendarError;
    fn from_str(text: &str) -> Result<Self, CalendarError> {
        let mut words = text.split_whitespace().peekable();
        let is_time = |word: &str| word.starts_with(|c: char| c.is_ascii_digit());
        let days: Option<Days> = match words.next_if(|word| !is_time(word)) {
            Some(word) => Some(word.parse()?),
            None => None,
        };
        let times = match words.next_if(|word| is_time(word)) {
            Some(word) => Some(times(word)?),
            None => None,
        };
        let zone = match words.next() {
            Some(name) => Zone::named(name)?,
            None => Zone::utc(),
        };
        if let Some(word) = words.next() {
            return Err(CalendarError::More(word.to_owned()));
        }
        if days.is_none() && times.is_none() {
            return Err(CalendarError::Nothing);
        }
        let (start, end) = times.unwrap_or((0, 24 * 60));
        Ok(Self {
            text: text.into(),
            days: days.unwrap_or(Days::ALL),
            start,
            end,
            zone,
        })
    }
}

/// As it is written.
impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
