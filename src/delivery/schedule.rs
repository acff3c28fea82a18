//! When something is done again and again: at an interval, or by a cron expression. Pure: the time and chance are
//! arguments. Entry point: [`Schedule`].

use std::time::Duration;

use croner::Cron;
use croner::parser::{CronParser, Seconds};
use jiff::tz::TimeZone;
use model::clock::Timestamp;

/// When something is done again.
#[derive(Clone, Debug)]
pub enum Schedule {
    /// So long after it was begun last.
    Every(Duration),
    /// When a clock on the wall of a place shows what the expression says.
    Cron(Box<Cron>, TimeZone),
}

impl Schedule {
    /// Reads an interval: `5m`, `1h30m`.
    ///
    /// # Errors
    /// Why it is none, in a phrase.
    pub fn every(text: &str) -> Result<Self, String> {
        let every = duration(text)?;
        if every < Duration::from_secs(1) {
            return Err("it is at least 1s".into());
        }
        Ok(Self::Every(every))
    }

    /// Reads a cron expression of five fields, with a time zone after it or in UTC: `*/10 * * * *`,
    /// `0 6 * * MON-FRI Europe/Rome`.
    ///
    /// # Errors
    /// Why it is none, in a phrase.
    pub fn cron(text: &str) -> Result<Self, String> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let (fields, zone) = match words.as_slice() {
            [fields @ .., zone] if fields.len() == 5 => (fields.join(" "), *zone),
            [nickname, zone] if nickname.starts_with('@') => ((*nickname).to_owned(), *zone),
            fields => (fields.join(" "), "UTC"),
        };
        let zone = TimeZone::get(zone)
            .ok()
            .filter(|zone| !zone.is_unknown())
            .ok_or_else(|| format!("there is no time zone `{zone}`"))?;
        let parser = CronParser::builder().seconds(Seconds::Disallowed).build();
        let cron = parser.parse(&fields).map_err(|error| error.to_string())?;
        let schedule = Self::Cron(Box::new(cron), zone);
        // 30 February never comes.
        match schedule.next(Timestamp(0)) {
            Some(_) => Ok(schedule),
            None => Err("it never comes".into()),
        }
    }

    /// When it is done next, where it was begun at `last`; none if never.
    pub fn next(&self, last: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Every(every) => Some(last.after(*every)),
            Self::Cron(cron, zone) => {
                let moment = jiff::Timestamp::from_millisecond(last.0).ok()?;
                let next = cron.find_next_occurrence(&moment.to_zoned(zone.clone()), false);
                let next = next.ok()?.timestamp();
                Some(Timestamp(next.as_millisecond()))
            }
        }
    }

    /// For how long to wait at `now`, where it was begun at `last`; none if for ever. A clock that was set back since then
    /// makes nobody wait for longer than from now on.
    pub fn wait(&self, last: Timestamp, now: Timestamp) -> Option<Duration> {
        let next = self.next(last.min(now))?;
        Some(next.since(now))
    }
}

/// A part of `most` by chance.
pub fn jitter(most: Duration, chance: u64) -> Duration {
    let most = u64::try_from(most.as_millis()).unwrap_or(u64::MAX);
    let part = u128::from(chance) * u128::from(most) / u128::from(u64::MAX);
    Duration::from_millis(u64::try_from(part).unwrap_or(most))
}

/// Reads a duration: `30s`.
///
/// # Errors
/// Why it is none, in a phrase.
pub fn duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        let moment: jiff::Timestamp = text.parse().unwrap();
        Timestamp(moment.as_millisecond())
    }

    #[test]
    fn an_interval_counts_from_the_last_beginning_and_a_late_one_is_due_at_once() {
        let schedule = Schedule::every("5m").unwrap();
        let minute = |minute: i64| Timestamp(minute * 60_000);
        assert_eq!(
            schedule.wait(minute(0), minute(1)),
            Some(Duration::from_secs(240))
        );
        assert_eq!(schedule.wait(minute(0), minute(9)), Some(Duration::ZERO));
        // The clock was set back by an hour.
        assert_eq!(
            schedule.wait(minute(60), minute(1)),
            Some(Duration::from_secs(300))
        );
    }

    #[test]
    fn a_cron_expression_means_the_clock_of_its_place() {
        let next = |text: &str, last: &str| Schedule::cron(text).unwrap().next(at(last));
        let ten = "2026-11-22T10:01:30Z";
        assert_eq!(next("*/10 * * * *", ten), Some(at("2026-11-22T10:10:00Z")));
        assert_eq!(
            next("*/10 * * * *", "2026-11-22T10:10:00Z"),
            Some(at("2026-11-22T10:20:00Z"))
        );
        assert_eq!(
            next("0 6 * * MON Europe/Rome", ten),
            Some(at("2026-11-23T05:00:00Z"))
        );
        assert_eq!(next("@daily", ten), Some(at("2026-11-23T00:00:00Z")));
        // The night in which 2:30 is not shown in Rome.
        let spring = next("30 2 * * * Europe/Rome", "2026-03-28T12:00:00Z").unwrap();
        assert!(spring >= at("2026-03-29T01:00:00Z") && spring <= at("2026-03-30T00:30:00Z"));
        for wrong in [
            "",
            "* * * *",
            "61 * * * *",
            "* * * * * Nowhere/Land",
            "* * * * * * *",
            "0 0 30 2 *",
        ] {
            assert!(Schedule::cron(wrong).is_err(), "{wrong}");
        }
        assert!(Schedule::every("0s").is_err() && Schedule::every("soon").is_err());
    }

    #[test]
    fn jitter_is_at_most_what_it_may_be() {
        let most = Duration::from_secs(30);
        assert_eq!(jitter(most, 0), Duration::ZERO);
        assert_eq!(jitter(most, u64::MAX), most);
        assert!(jitter(most, u64::MAX / 2) <= Duration::from_secs(15));
        assert_eq!(jitter(Duration::ZERO, 7), Duration::ZERO);
    }
}
