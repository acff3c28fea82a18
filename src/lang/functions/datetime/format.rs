//! The formats of `formatdate`: runs of one letter stand for a part of the moment, text in single quotes and anything
//! that is not a letter for itself.

use super::moment::{Moment, Parts};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];

/// Writes `moment` as `format` says.
///
/// # Errors
/// What is wrong with the format, as a phrase.
pub(super) fn format(format: &str, moment: &Moment) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = format;
    while let Some(first) = rest.chars().next() {
        if first == '\'' {
            rest = quoted(rest.get(1..).unwrap_or_default(), &mut out)?;
            continue;
        }
        let same = |c: &char| {
            if first.is_ascii_alphabetic() {
                *c == first
            } else {
                !c.is_ascii_alphabetic() && *c != '\''
            }
        };
        let length = rest.chars().take_while(same).map(char::len_utf8).sum();
        let (run, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
        if first.is_ascii_alphabetic() {
            out.push_str(&part(run, moment)?);
        } else {
            out.push_str(run);
        }
        rest = after;
    }
    Ok(out)
}

/// Writes the text up to its closing quote; gives what follows that. Two quotes stand for one.
fn quoted<'a>(text: &'a str, out: &mut String) -> Result<&'a str, String> {
    if let Some(after) = text.strip_prefix('\'') {
        out.push('\'');
        return Ok(after);
    }
    let mut rest = text;
    loop {
        let (inside, after) = rest
            .split_once('\'')
            .ok_or_else(|| "the quote before its last text is not closed".to_owned())?;
        out.push_str(inside);
        match after.strip_prefix('\'') {
            Some(after) => {
                out.push('\'');
                rest = after;
            }
            None => return Ok(after),
        }
    }
}

fn part(run: &str, moment: &Moment) -> Result<String, String> {
    let Parts {
        year,
        month,
        day,
        hour,
        minute,
        second,
        ..
    } = moment.parts();
    let name = |names: &[&'static str], index: i64| {
        usize::try_from(index)
            .ok()
            .and_then(|index| names.get(index).copied())
            .unwrap_or_default()
    };
    let half_day = if hour < 12 { "AM" } else { "PM" };
    let short_hour = (hour + 11) % 12 + 1;
    let wanted = match run {
        "YYYY" => return Ok(format!("{year:04}")),
        "YY" => return Ok(format!("{:02}", year % 100)),
        "M" => return Ok(month.to_string()),
        "MM" => return Ok(format!("{month:02}")),
        "MMM" => return Ok(name(&MONTHS, month - 1).chars().take(3).collect()),
        "MMMM" => return Ok(name(&MONTHS, month - 1).to_owned()),
        "D" => return Ok(day.to_string()),
        "DD" => return Ok(format!("{day:02}")),
        "EEE" => return Ok(name(&DAYS, moment.weekday()).chars().take(3).collect()),
        "EEEE" => return Ok(name(&DAYS, moment.weekday()).to_owned()),
        "h" => return Ok(hour.to_string()),
        "hh" => return Ok(format!("{hour:02}")),
        "H" => return Ok(short_hour.to_string()),
        "HH" => return Ok(format!("{short_hour:02}")),
        "AA" => return Ok(half_day.to_owned()),
        "aa" => return Ok(half_day.to_lowercase()),
        "m" => return Ok(minute.to_string()),
        "mm" => return Ok(format!("{minute:02}")),
        "s" => return Ok(second.to_string()),
        "ss" => return Ok(format!("{second:02}")),
        "Z" if moment.is_utc() => return Ok("Z".to_owned()),
        "ZZZ" if moment.is_utc() => return Ok("UTC".to_owned()),
        "ZZZ" | "ZZZZ" => return Ok(moment.zone("")),
        "Z" | "ZZZZZ" => return Ok(moment.zone(":")),
        _ => match run.chars().next() {
            Some('Y') => "`YY` or `YYYY`",
            Some('M') => "`M`, `MM`, `MMM` or `MMMM`",
            Some('D') => "`D` or `DD`",
            Some('E') => "`EEE` or `EEEE`",
            Some('h') => "`h` or `hh`",
            Some('H') => "`H` or `HH`",
            Some('A') => "`AA`",
            Some('a') => "`aa`",
            Some('m') => "`m` or `mm`",
            Some('s') => "`s` or `ss`",
            Some('Z') => "`Z`, `ZZZ`, `ZZZZ` or `ZZZZZ`",
            _ => {
                return Err(format!(
                    "`{run}` stands for nothing; text goes in single quotes"
                ));
            }
        },
    };
    Err(format!("`{run}` stands for nothing; {wanted} would"))
}

#[cfg(test)]
mod tests {
    use super::super::moment::Strictness;
    use super::*;

    #[track_caller]
    fn writes(text: &str, moment: &str, wanted: &str) {
        let moment = Moment::parse(moment, Strictness::Strict).unwrap();
        assert_eq!(format(text, &moment).as_deref(), Ok(wanted), "{text}");
    }

    #[test]
    fn runs_of_letters_stand_for_parts() {
        let night = "2020-02-09T00:04:03Z";
        writes(
            "EEEE EEE D DD M MM MMM MMMM YY YYYY",
            night,
            "Sunday Sun 9 09 2 02 Feb February 20 2020",
        );
        writes(
            "h hh H HH m mm s ss AA aa",
            night,
            "0 00 12 12 4 04 3 03 AM am",
        );
        writes("h hh H HH AA", "2020-02-09T15:04:03Z", "15 15 3 03 PM");
        writes("H", "2020-02-09T12:04:03Z", "12");
        writes("Z ZZZ ZZZZ ZZZZZ", night, "Z UTC +0000 +00:00");
        writes(
            "Z ZZZ ZZZZ ZZZZZ",
            "2020-02-09T00:04:03-00:30",
            "-00:30 -0030 -0030 -00:30",
        );
        writes("YYYYMMDD", "0001-02-09T12:34:56Z", "00010209");
    }

    #[test]
    fn other_text_stands_for_itself() {
        let moment = "2020-02-09T12:34:56Z";
        writes("-/:. é日1_", moment, "-/:. é日1_");
        writes("'at' hh 'o''clock'", moment, "at 12 o'clock");
        writes("''", moment, "'");
        writes("''''", moment, "''");
        writes("'a'''", moment, "a'");
    }

    #[test]
    fn other_runs_are_refused() {
        let moment = Moment::parse("2020-02-09T12:34:56Z", Strictness::Strict).unwrap();
        for text in [
            "Y", "YYY", "YYYYY", "MMMMM", "DDD", "E", "EE", "hhh", "A", "AaA", "ZZ", "T", "x",
            "'x", "'", "'''",
        ] {
            assert!(format(text, &moment).is_err(), "{text}");
        }
    }
}
