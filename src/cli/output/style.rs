//! Labels for what text means, the one table of their styles, and how a stream shows them: colour, characters, width.
//! Decides nothing about what is said.

use anstyle::{AnsiColor, Style};
use unicode_width::UnicodeWidthStr;

/// What a piece of text is; its look follows from it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Label {
    /// Nothing special.
    #[default]
    Plain,
    /// A new object.
    Create,
    /// A change in place.
    Update,
    /// A replacement.
    Replace,
    /// A destruction.
    Destroy,
    /// A data source is read.
    Read,
    /// An address changes.
    Moved,
    /// The value that goes.
    Old,
    /// The value that comes.
    New,
    /// The changed words of a line that goes.
    OldWord,
    /// The changed words of a line that comes.
    NewWord,
    /// Not known yet.
    Unknown,
    /// Not to be shown.
    Sensitive,
    /// The subject of a screen or table.
    Heading,
    /// An environment's name.
    Environment,
    /// A cause.
    Because,
    /// `file:line`.
    Place,
    /// How long something took, or ago it was.
    Duration,
    /// What stays as it is.
    Unchanged,
    /// An address.
    Address,
    /// A file's path.
    Path,
    /// A command to type.
    Command,
    /// Ended well.
    Done,
    /// Goes on.
    Running,
    /// Ended badly.
    Failed,
    /// Was not tried.
    Skipped,
    /// An error's heading.
    Error,
    /// A warning's heading.
    Warning,
    /// Advice.
    Hint,
    /// Lines and numbers around source text.
    Gutter,
}

impl Label {
    /// Every label, in the order of the table.
    pub const ALL: [Self; 30] = [
        Self::Plain,
        Self::Create,
        Self::Update,
        Self::Replace,
        Self::Destroy,
        Self::Read,
        Self::Moved,
        Self::Old,
        Self::New,
        Self::OldWord,
        Self::NewWord,
        Self::Unknown,
        Self::Sensitive,
        Self::Heading,
        Self::Environment,
        Self::Because,
        Self::Place,
        Self::Duration,
        Self::Unchanged,
        Self::Address,
        Self::Path,
        Self::Command,
        Self::Done,
        Self::Running,
        Self::Failed,
        Self::Skipped,
        Self::Error,
        Self::Warning,
        Self::Hint,
        Self::Gutter,
    ];

    /// Its name and style: the one table of how Terrace looks.
    fn entry(self) -> (&'static str, Style) {
        let plain = Style::new();
        let color = |color: AnsiColor| color.on_default();
        match self {
            Self::Plain => ("plain", plain),
            Self::Create => ("change.create", color(AnsiColor::Green)),
            Self::Update => ("change.update", color(AnsiColor::Yellow)),
            Self::Replace => ("change.replace", color(AnsiColor::Magenta)),
            Self::Destroy => ("change.destroy", color(AnsiColor::Red)),
            Self::Read => ("change.read", color(AnsiColor::Cyan)),
            Self::Moved => ("change.moved", color(AnsiColor::Cyan)),
            Self::Old => ("value.old", color(AnsiColor::Red)),
            Self::New => ("value.new", color(AnsiColor::Green)),
            Self::OldWord => ("value.old.word", color(AnsiColor::Red).bold()),
            Self::NewWord => ("value.new.word", color(AnsiColor::Green).bold()),
            Self::Unknown => ("value.unknown", plain.dimmed().italic()),
            Self::Sensitive => ("value.sensitive", plain.dimmed().italic()),
            Self::Heading => ("heading", plain.bold()),
            Self::Environment => ("environment", plain.bold()),
            Self::Because => ("because", plain.dimmed()),
            Self::Place => ("place", plain.dimmed()),
            Self::Duration => ("duration", plain.dimmed()),
            Self::Unchanged => ("unchanged", plain.dimmed()),
            Self::Address => ("address", plain),
            Self::Path => ("path", color(AnsiColor::Cyan)),
            Self::Command => ("command", color(AnsiColor::Green)),
            Self::Done => ("status.done", color(AnsiColor::Green).bold()),
            Self::Running => ("status.running", color(AnsiColor::Cyan).bold()),
            Self::Failed => ("status.failed", color(AnsiColor::Red).bold()),
            Self::Skipped => ("status.skipped", plain.dimmed()),
            Self::Error => ("error", color(AnsiColor::Red).bold()),
            Self::Warning => ("warning", color(AnsiColor::Yellow).bold()),
            Self::Hint => ("hint", color(AnsiColor::Cyan).bold()),
            Self::Gutter => ("gutter", color(AnsiColor::Blue).bold()),
        }
    }

    /// The name that `--color debug` shows.
    pub fn name(self) -> &'static str {
        self.entry().0
    }

    /// The style that a terminal shows.
    pub fn style(self) -> Style {
        self.entry().1
    }
}

/// `--color`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ColorChoice {
    /// Colour on a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Colour always.
    Always,
    /// No colour.
    Never,
    /// Labels as text, for looking at what is labelled how.
    #[value(hide = true)]
    Debug,
}

/// How labels are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paint {
    /// Not at all.
    Plain,
    /// As escape sequences.
    Ansi,
    /// As `<<label::text>>`.
    Debug,
}

/// Which characters may be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charset {
    /// All.
    Unicode,
    /// Only ASCII; others are replaced or escaped.
    Ascii,
}

/// How one stream shows things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// How labels are shown.
    pub paint: Paint,
    /// Which characters may be written.
    pub charset: Charset,
    /// Columns, 40 to 120.
    pub width: usize,
}

/// What the process environment says about output, read once at the start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// `NO_COLOR` is set and not empty.
    pub no_color: bool,
    /// `CI` is set and not empty.
    pub ci: bool,
    /// `TERRACE_NO_PROGRESS` is set and not empty.
    pub no_progress: bool,
    /// `TERM` is `dumb`.
    pub dumb: bool,
    /// The locale is known and its characters are not UTF-8.
    pub ascii: bool,
}

impl Surroundings {
    /// Reads what matters through `var`, which gives an environment variable's value.
    pub fn read(var: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str| var(name).is_some_and(|value| !value.is_empty());
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
            .into_iter()
            .filter_map(&var)
            .find(|value| !value.is_empty());
        // An unset locale is that of containers and CI machines, whose logs are UTF-8.
        let ascii = locale.is_some_and(|locale| {
            let locale = locale.to_ascii_lowercase();
            !locale.contains("utf-8") && !locale.contains("utf8")
        });
        Self {
            no_color: set("NO_COLOR"),
            ci: set("CI"),
            no_progress: set("TERRACE_NO_PROGRESS"),
            dumb: var("TERM").as_deref() == Some("dumb"),
            ascii,
        }
    }
}

impl Look {
    /// Columns when the stream is no terminal, so that logs agree.
    pub const PLAIN_WIDTH: usize = 100;

    /// The look of text for a log: no colour, 100 columns.
    pub const fn plain() -> Self {
        Self {
            paint: Paint::Plain,
            charset: Charset::Unicode,
            width: Self::PLAIN_WIDTH,
        }
    }

    /// Decides how a stream looks; `terminal` is its width in columns when it is a terminal.
    pub fn decide(choice: ColorChoice, around: &Surroundings, terminal: Option<u16>) -> Self {
        let paint = match choice {
            ColorChoice::Always => Paint::Ansi,
            ColorChoice::Debug => Paint::Debug,
            ColorChoice::Never => Paint::Plain,
            ColorChoice::Auto if terminal.is_some() && !around.no_color && !around.dumb => {
                Paint::Ansi
            }
            ColorChoice::Auto => Paint::Plain,
        };
        let charset = if around.ascii {
            Charset::Ascii
        } else {
            Charset::Unicode
        };
        let width = terminal.map_or(Self::PLAIN_WIDTH, |columns| {
            usize::from(columns).clamp(40, 120)
        });
        Self {
            paint,
            charset,
            width,
        }
    }

    /// The look of standard output.
    pub fn stdout(choice: ColorChoice, around: &Surroundings) -> Self {
        Self::decide(choice, around, columns_of(&std::io::stdout()))
    }

    /// The look of standard error.
    pub fn stderr(choice: ColorChoice, around: &Surroundings) -> Self {
        Self::decide(choice, around, columns_of(&std::io::stderr()))
    }

    /// The same with another width.
    #[must_use]
    pub const fn wide(self, width: usize) -> Self {
        Self { width, ..self }
    }

    /// Whether there is room for what can be left out: ids, durations, places on the same line.
    pub const fn is_roomy(self) -> bool {
        self.width > 60
    }

    /// Appends `text` under `label` to `out`. Control characters become visible escapes, so that nothing a
    /// definition or a provider says can move the cursor.
    pub fn put(self, out: &mut String, label: Label, text: &str) {
        if text.is_empty() {
            return;
        }
        match self.paint {
            Paint::Plain => self.put_plain(out, text),
            Paint::Debug if label == Label::Plain => self.put_plain(out, text),
            Paint::Debug => {
                out.push_str("<<");
                out.push_str(label.name());
                out.push_str("::");
                self.put_plain(out, text);
                out.push_str(">>");
            }
            Paint::Ansi => {
                let style = label.style();
                out.push_str(&style.render().to_string());
                self.put_plain(out, text);
                out.push_str(&style.render_reset().to_string());
            }
        }
    }

    /// Finished text, escape sequences and all, in characters that may be written.
    pub fn fit(self, text: String) -> String {
        if self.charset == Charset::Unicode || text.is_ascii() {
            return text;
        }
        let mut out = String::with_capacity(text.len());
        for part in text.split_inclusive(|c: char| !c.is_ascii()) {
            let end = part
                .char_indices()
                .next_back()
                .filter(|(_, c)| !c.is_ascii())
                .map_or(part.len(), |(at, _)| at);
            let (ascii, other) = part.split_at(end);
            out.push_str(ascii);
            self.put_plain(&mut out, other);
        }
        out
    }

    fn put_plain(self, out: &mut String, text: &str) {
        let harmless = |byte: u8| (0x20..0x7f).contains(&byte);
        if text.bytes().all(harmless) {
            out.push_str(text);
            return;
        }
        for c in text.chars() {
            match c {
                c if c.is_control() => out.push_str(&format!("\\u{:04x}", u32::from(c))),
                c if is_bidi(c) => out.push_str(&format!("\\u{:04x}", u32::from(c))),
                c if c.is_ascii() || self.charset == Charset::Unicode => out.push(c),
                '\u{2500}' => out.push('-'),
                '\u{2026}' => out.push_str("..."),
                '\u{2192}' => out.push_str("->"),
                '\u{2018}' | '\u{2019}' => out.push('\''),
                '\u{201c}' | '\u{201d}' => out.push('"'),
                c if u32::from(c) > 0xffff => out.push_str(&format!("\\U{:08x}", u32::from(c))),
                c => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            }
        }
    }
}

/// Whether the character reorders text around it, so that a reader sees something else than what is there.
fn is_bidi(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn columns_of<S: std::io::IsTerminal + std::os::fd::AsFd>(stream: &S) -> Option<u16> {
    if !stream.is_terminal() {
        return None;
    }
    // A terminal that does not tell its size is as wide as a log.
    Some(terminal_size::terminal_size_of(stream).map_or(100, |(width, _)| width.0))
}

/// Columns that `text` takes on a terminal.
pub fn width_of(text: &str) -> usize {
    if text.is_ascii() {
        text.len()
    } else {
        text.width()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_follows_the_flag_then_no_color_then_the_terminal() {
        let quiet = Surroundings {
            no_color: true,
            ..Surroundings::default()
        };
        let paint =
            |choice, around: &Surroundings, terminal| Look::decide(choice, around, terminal).paint;
        assert_eq!(
            paint(ColorChoice::Auto, &Surroundings::default(), Some(80)),
            Paint::Ansi
        );
        assert_eq!(
            paint(ColorChoice::Auto, &Surroundings::default(), None),
            Paint::Plain
        );
        assert_eq!(paint(ColorChoice::Auto, &quiet, Some(80)), Paint::Plain);
        assert_eq!(paint(ColorChoice::Always, &quiet, None), Paint::Ansi);
    }

    #[test]
    fn width_is_clamped_and_fixed_without_a_terminal() {
        let width =
            |terminal| Look::decide(ColorChoice::Auto, &Surroundings::default(), terminal).width;
        assert_eq!(
            [
                width(Some(10)),
                width(Some(80)),
                width(Some(500)),
                width(None)
            ],
            [40, 80, 120, 100]
        );
    }

    #[test]
    fn control_characters_and_text_reordering_are_made_visible() {
        let mut out = String::new();
        Look::plain().put(&mut out, Label::Plain, "a\u{1b}[2Jb\u{202e}c\u{e9}");
        assert_eq!(out, "a\\u001b[2Jb\\u202ec\u{e9}");
    }

    #[test]
    fn a_locale_that_is_not_utf8_gets_ascii() {
        let around = Surroundings::read(|name| (name == "LANG").then(|| "C".into()));
        assert!(around.ascii);
        let mut out = String::new();
        let look = Look {
            charset: Charset::Ascii,
            ..Look::plain()
        };
        look.put(&mut out, Label::Plain, "\u{2500}\u{e9}");
        assert_eq!(out, "-\\u00e9");
        assert!(!Surroundings::read(|_| None).ascii);
    }

    #[test]
    fn every_label_has_a_name_of_its_own() {
        let names: std::collections::BTreeSet<_> =
            Label::ALL.map(Label::name).into_iter().collect();
        assert_eq!(names.len(), Label::ALL.len());
    }
}
