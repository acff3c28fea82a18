//! Time zones by their names in the IANA database, of which a copy is built in: a rule about time says the same on
//! every machine.

use std::fmt;

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use model::clock::Timestamp;

use super::calendar::CalendarError;
use crate::suggest::closest;

/// A time zone: what a clock on the wall there shows at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone(TimeZone);

impl Zone {
    /// Coordinated universal time.
    pub fn utc() -> Self {
        Self(TimeZone::UTC)
    }

    /// The zone of that name, such as `Europe/Rome`.
    pub(super) fn named(name: &str) -> Result<Self, CalendarError> {
        match TimeZone::get(name) {
            Ok(zone) if !zone.is_unknown() => Ok(Self(zone)),
            Ok(_) | Err(_) => Err(CalendarError::Zone {
                name: name.to_owned(),
                close: close(name),
            }),
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// What the clock shows; none beyond the years -9999 to 9999.
    pub(super) fn local(&self, at: Timestamp) -> Option<DateTime> {
        Some(self.0.to_datetime(moment(at)?))
    }

    /// The moments at which the clock shows this: one, or two where it is set back over it, or none where it is set
    /// forward over it.
    pub(super) fn moments(&self, local: DateTime) -> Vec<Timestamp> {
        let offsets = match self.0.to_ambiguous_timestamp(local).offset() {
            AmbiguousOffset::Unambiguous { offset } => vec![offset],
            AmbiguousOffset::Fold { before, after } => vec![before, after],
            AmbiguousOffset::Gap { .. } => Vec::new(),
        };
        offsets
            .into_iter()
            .filter_map(|offset| offset.to_timestamp(local).ok())
            .map(|moment| Timestamp(moment.as_millisecond()))
            .collect()
    }

    /// The first moment at which the clock shows this or, where it is set forward over it, something later.
    pub(super) fn first(&self, local: DateTime) -> Option<Timestamp> {
        let moment = self.0.to_ambiguous_timestamp(local).compatible().ok()?;
        Some(Timestamp(moment.as_millisecond()))
    }

    /// The moments after `from`, not later than `to`, at which the clock is set forward or back.
    pub(super) fn changes(&self, from: Timestamp, to: Timestamp) -> Vec<Timestamp> {
        let Some(from) = moment(from) else {
            return Vec::new();
        };
        self.0
            .following(from)
            .map(|change| Timestamp(change.timestamp().as_millisecond()))
            .take_while(|change| *change <= to)
            .collect()
    }
}

fn moment(at: Timestamp) -> Option<jiff::Timestamp> {
    jiff::Timestamp::from_millisecond(at.0).ok()
}

/// The name that was meant.
fn close(name: &str) -> Option<String> {
    let known: Vec<String> = jiff::tz::db()
        .available()
        .map(|zone| zone.to_string())
        .collect();
    let city = |zone: &str| {
        zone.rsplit_once('/')
            .is_some_and(|(_, city)| city.eq_ignore_ascii_case(name))
    };
    known
        .iter()
        .find(|zone| city(zone))
        .cloned()
        .or_else(|| closest(name, known.iter().map(String::as_str)).map(str::to_owned))
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
