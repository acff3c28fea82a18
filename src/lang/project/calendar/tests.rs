use model::FileId;

use super::*;

/// A moment as `2026-11-22T13:40:00Z`.
fn at(text: &str) -> Timestamp {
    let moment: jiff::Timestamp = text.parse().unwrap();
    Timestamp(moment.as_millisecond())
}

fn shown(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.0).unwrap().to_string()
}

fn window(text: &str) -> Window {
    text.parse().unwrap()
}

fn freeze(text: &str) -> Freeze {
    text.parse().unwrap()
}

fn place() -> Span {
    Span::new(FileId(0), 0, 0)
}

#[test]
fn a_moment_is_inside_a_window_or_not() {
    // 2026-11-22 is a Sunday; Rome is one hour ahead of UTC in winter.
    for (text, moment, inside) in [
        (
            "Mon-Fri 07:00-19:00 Europe/Rome",
            "2026-11-23T05:59:59Z",
            false,
        ),
        (
            "Mon-Fri 07:00-19:00 Europe/Rome",
            "2026-11-23T06:00:00Z",
            true,
        ),
        (
            "Mon-Fri 07:00-19:00 Europe/Rome",
            "2026-11-23T17:59:59.999Z",
            true,
        ),
        (
            "Mon-Fri 07:00-19:00 Europe/Rome",
            "2026-11-23T18:00:00Z",
            false,
        ),
        (
            "Mon-Fri 07:00-19:00 Europe/Rome",
            "2026-11-22T12:00:00Z",
            false,
        ),
        ("Mon-Fri 07:00-19:00", "2026-11-23T07:00:00Z", true),
        ("mon,wed-thursday 7:00-19:00", "2026-11-24T07:00:00Z", false),
        ("mon,wed-thursday 7:00-19:00", "2026-11-26T07:00:00Z", true),
        ("Sat-Mon", "2026-11-22T00:00:00Z", true),
        ("Sat-Mon", "2026-11-24T00:00:00Z", false),
        ("Sun 00:00-24:00", "2026-11-22T23:59:59Z", true),
        ("Sun 18:00-00:00", "2026-11-22T23:59:59Z", true),
        ("Sun 18:00-00:00", "2026-11-23T00:00:00Z", false),
        ("12:00-13:00 America/New_York", "2026-11-22T17:30:00Z", true),
        // Over midnight, it belongs to the day on which it begins.
        ("Fri 22:00-02:00", "2026-11-20T22:00:00Z", true),
        ("Fri 22:00-02:00", "2026-11-21T01:59:59Z", true),
        ("Fri 22:00-02:00", "2026-11-21T02:00:00Z", false),
        ("Fri 22:00-02:00", "2026-11-20T01:00:00Z", false),
        ("Fri 22:00-02:00", "2026-11-21T22:30:00Z", false),
        ("Sun 22:00-02:00", "2026-11-23T01:00:00Z", true),
        // On 2026-03-29 the clock in Rome goes from 02:00 to 03:00, at 01:00 UTC.
        ("02:00-03:30 Europe/Rome", "2026-03-29T00:59:59Z", false),
        ("02:00-03:30 Europe/Rome", "2026-03-29T01:00:00Z", true),
        ("02:00-03:30 Europe/Rome", "2026-03-29T01:30:00Z", false),
        // On 2026-10-25 it goes from 03:00 back to 02:00, at 01:00 UTC.
        ("02:15-02:45 Europe/Rome", "2026-10-25T00:15:00Z", true),
        ("02:15-02:45 Europe/Rome", "2026-10-25T00:45:00Z", false),
        ("02:15-02:45 Europe/Rome", "2026-10-25T01:15:00Z", true),
        ("02:15-02:45 Europe/Rome", "2026-10-25T01:45:00Z", false),
        ("Sat 23:00-03:00 Europe/Rome", "2026-10-25T01:59:00Z", true),
        ("Sat 23:00-03:00 Europe/Rome", "2026-10-25T02:00:00Z", false),
    ] {
        assert_eq!(window(text).contains(at(moment)), inside, "{text} {moment}");
    }
}

#[test]
fn a_window_opens_next() {
    for (text, after, opens) in [
        (
            "Mon-Fri 07:00-19:00",
            "2026-11-23T08:00:01Z",
            "2026-11-23T08:00:01Z",
        ),
        (
            "Mon-Fri 07:00-19:00",
            "2026-11-20T19:00:00Z",
            "2026-11-23T07:00:00Z",
        ),
        (
            "Mon-Fri 07:00-19:00 Europe/Rome",
            "2026-11-23T05:00:00Z",
            "2026-11-23T06:00:00Z",
        ),
        ("Sun", "2026-11-23T00:00:00Z", "2026-11-29T00:00:00Z"),
        (
            "Sun 10:00-11:00",
            "2026-11-22T11:00:00Z",
            "2026-11-29T10:00:00Z",
        ),
        (
            "22:00-02:00",
            "2026-11-22T02:00:00Z",
            "2026-11-22T22:00:00Z",
        ),
        (
            "22:00-02:00",
            "2026-11-22T01:00:00Z",
            "2026-11-22T01:00:00Z",
        ),
        // Its time zone is far ahead: there it is the next day.
        (
            "Mon 00:00-06:00 Pacific/Auckland",
            "2026-11-22T10:00:00Z",
            "2026-11-22T11:00:00Z",
        ),
        // Another offset before and after the change.
        (
            "Sun 07:00-19:00 Europe/Rome",
            "2026-03-28T12:00:00Z",
            "2026-03-29T05:00:00Z",
        ),
        (
            "Sat 07:00-19:00 Europe/Rome",
            "2026-03-27T20:00:00Z",
            "2026-03-28T06:00:00Z",
        ),
        // It would begin while the clock is set forward: it begins right after.
        (
            "Sun 02:30-04:00 Europe/Rome",
            "2026-03-29T00:00:00Z",
            "2026-03-29T01:00:00Z",
        ),
        // The clock never shows it on this day.
        (
            "Sun 02:15-02:45 Europe/Rome",
            "2026-03-28T00:00:00Z",
            "2026-04-05T00:15:00Z",
        ),
        // The clock shows it twice.
        (
            "Sun 02:15-02:45 Europe/Rome",
            "2026-10-25T00:50:00Z",
            "2026-10-25T01:15:00Z",
        ),
        (
            "Sun 01:00-02:30 Europe/Rome",
            "2026-10-25T00:30:00Z",
            "2026-10-25T01:00:00Z",
        ),
        // Samoa had no 2011-12-30, which was a Friday.
        (
            "Fri 10:00-11:00 Pacific/Apia",
            "2011-12-29T12:00:00Z",
            "2012-01-05T20:00:00Z",
        ),
    ] {
        let found = window(text).next_open(at(after)).map(shown);
        assert_eq!(found.as_deref(), Some(opens), "{text} {after}");
    }
    assert_eq!(window("Mon").next_open(Timestamp(i64::MAX)), None);
    assert!(!window("Mon-Sun").contains(Timestamp(i64::MAX)));
}

#[test]
fn nothing_before_the_next_opening_is_inside() {
    let windows = [
        "Mon-Fri 07:00-19:00 Europe/Rome",
        "22:00-02:00 America/New_York",
        "Sun 01:30-02:30 Europe/Rome",
        "Sat 23:00-03:00 America/Santiago",
        "00:00-00:30 Africa/Cairo",
    ];
    let (first, last) = (at("2026-01-01T00:00:00Z"), at("2027-01-01T00:00:00Z"));
    for text in windows {
        let window = window(text);
        let mut before = first;
        while before < last {
            let opens = window.next_open(before).unwrap();
            assert!(window.contains(opens), "{text} {}", shown(opens));
            let mut moment = before;
            while moment < opens {
                assert!(!window.contains(moment), "{text} {}", shown(moment));
                moment = Timestamp(moment.0 + 15 * 60_000);
            }
            before = Timestamp(opens.0 + 45 * 60_000);
        }
    }
}

#[test]
fn a_moment_is_inside_a_freeze_or_not() {
    let there = "2026-12-20/2027-01-06 America/New_York";
    for (text, moment, inside) in [
        ("2026-12-20/2027-01-06", "2026-12-19T23:59:59Z", false),
        ("2026-12-20/2027-01-06", "2026-12-20T00:00:00Z", true),
        ("2026-12-20/2027-01-06", "2027-01-06T23:59:59Z", true),
        ("2026-12-20/2027-01-06", "2027-01-07T00:00:00Z", false),
        (there, "2026-12-20T04:59:59Z", false),
        (there, "2027-01-07T04:59:59Z", true),
        ("2026-12-24", "2026-12-24T12:00:00Z", true),
        ("2026-12-24", "2026-12-25T00:00:00Z", false),
    ] {
        assert_eq!(freeze(text).contains(at(moment)), inside, "{text} {moment}");
    }
    assert_eq!(
        freeze(there).end().map(shown).unwrap(),
        "2027-01-07T05:00:00Z"
    );
    // In Santiago the clock goes from 00:00 to 01:00 on 2026-09-06.
    let changed = freeze("2026-09-05 America/Santiago");
    assert_eq!(changed.end().map(shown).unwrap(), "2026-09-06T04:00:00Z");
}

#[test]
fn a_calendar_opens_inside_a_window_and_outside_freezes() {
    let calendar = Calendar {
        window: ["Mon-Fri 07:00-19:00", "Sat 10:00-12:00"]
            .map(|text| (window(text), place()))
            .into(),
        freeze: [
            "2026-12-24/2027-01-06",
            "2026-12-21/2026-12-25",
            "2027-01-07",
        ]
        .map(|text| (freeze(text), place()))
        .into(),
    };
    for (moment, open, next) in [
        ("2026-12-18T19:00:00Z", false, "2026-12-19T10:00:00Z"),
        ("2026-12-19T11:00:00Z", true, "2026-12-19T11:00:00Z"),
        ("2026-12-19T12:00:00Z", false, "2027-01-08T07:00:00Z"),
        ("2026-12-22T12:00:00Z", false, "2027-01-08T07:00:00Z"),
        ("2027-01-07T12:00:00Z", false, "2027-01-08T07:00:00Z"),
    ] {
        assert_eq!(calendar.is_open(at(moment)), open, "{moment}");
        assert_eq!(calendar.next_open(at(moment)).map(shown).unwrap(), next);
    }
    let always = Calendar::default();
    assert!(always.is_open(at("2026-12-18T19:00:00Z")));
    assert_eq!(always.next_open(Timestamp(5)), Some(Timestamp(5)));
}

#[test]
fn what_is_no_window_or_freeze_says_why() {
    for (text, message) in [
        ("", "there are neither days nor times in it"),
        ("Mo 07:00-19:00", "`Mo` is not a day of the week"),
        ("Mon-Fr", "`Fr` is not a day of the week"),
        ("Mon-Wed-Fri", "`Wed-Fri` is not a day of the week"),
        ("Mon,", "`` is not a day of the week"),
        ("Mon 07:00", "`07:00` is not a span of time"),
        ("Mon 7-19", "`7` is not a time of day"),
        ("07:0-19:00", "`07:0` is not a time of day"),
        ("07:60-19:00", "`07:60` is not a time of day"),
        ("07:00-24:01", "`24:01` is not a time of day"),
        ("24:00-07:00", "`24:00` is not a time of day"),
        ("07:00-07:00", "`07:00-07:00` ends when it begins"),
        (
            "Mon 07:00-19:00 Europe/Room",
            "there is no time zone `Europe/Room`",
        ),
        (
            "Mon Europe/Rome 07:00-19:00",
            "`07:00-19:00` follows the time zone",
        ),
    ] {
        let error = text.parse::<Window>().unwrap_err();
        assert_eq!(error.to_string(), message, "{text}");
    }
    for (text, message) in [
        ("", "there are neither days nor times in it"),
        ("2026-02-30", "`2026-02-30` is not a date"),
        ("20261220", "`20261220` is not a date"),
        ("2026-12-20/", "`` is not a date"),
        (
            "2026-12-20/2026-12-19",
            "`2026-12-20/2026-12-19` ends before it begins",
        ),
        ("2026-12-20 Rome", "there is no time zone `Rome`"),
        ("2026-12-20 UTC 07:00", "`07:00` follows the time zone"),
    ] {
        let error = text.parse::<Freeze>().unwrap_err();
        assert_eq!(error.to_string(), message, "{text}");
    }
    let help = |text: &str| text.parse::<Window>().unwrap_err().help();
    assert_eq!(help("Mon 07:00-19:00 Rome"), "did you mean `Europe/Rome`?");
    assert_eq!(
        help("Mon 07:00-19:00 Europe/Roma"),
        "did you mean `Europe/Rome`?"
    );
}

#[test]
fn names_of_zones_are_known_without_regard_to_case() {
    assert_eq!(window("Mon europe/rome").zone().name(), "Europe/Rome");
    assert_eq!(freeze("2026-12-24").zone().name(), "UTC");
}
