//! When something may happen: inside one of several windows and outside all freezes. Pure: the time is an argument.

use model::Span;
use model::clock::Timestamp;

use super::freeze::Freeze;
use super::window::Window;

/// Windows and freezes, each with its place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calendar {
    /// Inside any of them; without one, always.
    pub window: Vec<(Window, Span)>,
    /// Inside none of them.
    pub freeze: Vec<(Freeze, Span)>,
}

impl Calendar {
    /// Whether it may happen at a moment.
    pub fn is_open(&self, at: Timestamp) -> bool {
        self.in_window(at) && self.frozen(at).is_none()
    }

    /// Whether a moment is inside one of the windows, or there are none.
    pub fn in_window(&self, at: Timestamp) -> bool {
        self.window.is_empty() || self.window.iter().any(|(window, _)| window.contains(at))
    }

    /// The freeze that a moment is inside.
    pub fn frozen(&self, at: Timestamp) -> Option<&Freeze> {
        self.freeze
            .iter()
            .map(|(freeze, _)| freeze)
            .find(|freeze| freeze.contains(at))
    }

    /// The first moment, not before `after`, at which it may happen. None beyond the year 9999.
    pub fn next_open(&self, after: Timestamp) -> Option<Timestamp> {
        let mut at = after;
        // Each freeze is left at most once, because its end is behind it.
        for _ in 0..=self.freeze.len() {
            at = self.next_window(at)?;
            match self.frozen(at) {
                None => return Some(at),
                Some(freeze) => at = freeze.end()?,
            }
        }
        None
    }

    fn next_window(&self, after: Timestamp) -> Option<Timestamp> {
        if self.window.is_empty() {
            return Some(after);
        }
        self.window
            .iter()
            .filter_map(|(window, _)| window.next_open(after))
            .min()
    }
}

/// Text that is no window or no freeze.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// There is neither a day nor a time.
    #[error("there are neither days nor times in it")]
    Nothing,
    /// A word that is no day of the week.
    #[error("`{0}` is not a day of the week")]
    Day(String),
    /// A word that is no span of time.
    #[error("`{0}` is not a span of time")]
    Span(String),
    /// A word that is no time of day.
    #[error("`{0}` is not a time of day")]
    Time(String),
    /// A span of no time.
    #[error("`{0}` ends when it begins")]
    Empty(String),
    /// A word that is no date.
    #[error("`{0}` is not a date")]
    Date(String),
    /// The last day comes before the first.
    #[error("`{0}` ends before it begins")]
    Order(String),
    /// No time zone has this name.
    #[error("there is no time zone `{name}`")]
    Zone {
        /// The name.
        name: String,
        /// The one that may have been meant.
        close: Option<String>,
    },
    /// Something follows the time zone.
    #[error("`{0}` follows the time zone")]
    More(String),
}

impl CalendarError {
    /// What to do.
    pub fn help(&self) -> String {
        match self {
            Self::Day(_) => "days are Mon, Tue, Wed, Thu, Fri, Sat, Sun; write `Mon-Fri` or \
                             `Mon,Wed`"
                .into(),
            Self::Span(_) => "write two times of day, `07:00-19:00`".into(),
            Self::Time(_) => "write hours and minutes, `07:00` to `24:00`".into(),
            Self::Empty(_) => "leave the times out to have the whole day".into(),
            Self::Date(_) => "write year, month and day, `2026-12-20`".into(),
            Self::Order(_) => "write the first day first".into(),
            Self::Zone {
                close: Some(close), ..
            } => format!("did you mean `{close}`?"),
            Self::Zone { close: None, .. } => {
                "write a name of the IANA database, such as `Europe/Rome` or `UTC`".into()
            }
            Self::More(_) | Self::Nothing => {
                "a window is `Mon-Fri 07:00-19:00 Europe/Rome`, a freeze \
                 `2026-12-20/2027-01-06 Europe/Rome`"
                    .into()
            }
        }
    }
}

#[cfg(test)]
mod tests;
