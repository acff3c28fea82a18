//! Durations and ages as people read them: `6s`, `2m08s`, `1h02m`, `3d`.

use std::time::Duration;

/// How long something took: `0.3s` below ten seconds only in `precise`; see [`short`] for whole seconds.
pub fn precise(took: Duration) -> String {
    let millis = took.as_millis();
    if millis < 1_000 {
        return format!("{millis}ms");
    }
    if millis < 10_000 {
        return format!("{}.{}s", millis / 1_000, millis % 1_000 / 100);
    }
    short(took)
}

/// How long something took, in whole seconds: `6s`, `48s`, `2m08s`, `1h02m`, `3d04h`.
pub fn short(took: Duration) -> String {
    let seconds = took.as_secs();
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3_600 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        3_600..86_400 => format!("{}h{:02}m", seconds / 3_600, seconds % 3_600 / 60),
        _ => format!("{}d{:02}h", seconds / 86_400, seconds % 86_400 / 3_600),
    }
}

/// How long ago something was, in one unit: `now` within a minute, `14m`, `2h`, `3d`.
pub fn age(since: Duration) -> String {
    let seconds = since.as_secs();
    match seconds {
        0..60 => "now".into(),
        60..3_600 => format!("{}m", seconds / 60),
        3_600..86_400 => format!("{}h", seconds / 3_600),
        _ => format!("{}d", seconds / 86_400),
    }
}

/// The same as a phrase: `just now`, `14m ago`.
pub fn ago(since: Duration) -> String {
    match since.as_secs() {
        0..60 => "just now".into(),
        _ => format!("{} ago", age(since)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_size_has_its_unit() {
        let short = |seconds| short(Duration::from_secs(seconds));
        assert_eq!(
            [short(6), short(128), short(3_725), short(90_000)],
            ["6s", "2m08s", "1h02m", "1d01h"]
        );
        assert_eq!(precise(Duration::from_millis(3_149)), "3.1s");
        assert_eq!(precise(Duration::from_millis(41)), "41ms");
        assert_eq!(age(Duration::from_secs(840)), "14m");
        assert_eq!(ago(Duration::from_secs(840)), "14m ago");
        assert_eq!(ago(Duration::from_millis(840)), "just now");
    }
}
