//! Text on its way to a screen: labelled pieces, lines of them, and a page that turns them into a string.
//! Knows nothing of plans or runs.

use std::borrow::Cow;

use super::style::{Label, Look, width_of};

/// A line: pieces of text, each with its label.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Line {
    pieces: Vec<(Label, Cow<'static, str>)>,
}

impl Line {
    /// An empty line.
    pub fn new() -> Self {
        Self::default()
    }

    /// A line of one piece.
    pub fn of(label: Label, text: impl Into<Cow<'static, str>>) -> Self {
        Self::new().with(label, text)
    }

    /// A line of unlabelled text.
    pub fn plain(text: impl Into<Cow<'static, str>>) -> Self {
        Self::of(Label::Plain, text)
    }

    /// This line and a piece more.
    #[must_use]
    pub fn with(mut self, label: Label, text: impl Into<Cow<'static, str>>) -> Self {
        self.put(label, text);
        self
    }

    /// This line and unlabelled text more.
    #[must_use]
    pub fn then(self, text: impl Into<Cow<'static, str>>) -> Self {
        self.with(Label::Plain, text)
    }

    /// This line and all pieces of another.
    #[must_use]
    pub fn joined(mut self, other: Self) -> Self {
        self.append(other);
        self
    }

    /// Adds a piece.
    pub fn put(&mut self, label: Label, text: impl Into<Cow<'static, str>>) {
        let text = text.into();
        if !text.is_empty() {
            self.pieces.push((label, text));
        }
    }

    /// Adds all pieces of another line.
    pub fn append(&mut self, other: Self) {
        self.pieces.extend(other.pieces);
    }

    /// Adds spaces until the line is `column` columns wide; nothing when it is that wide already.
    pub fn pad_to(&mut self, column: usize) {
        let missing = column.saturating_sub(self.width());
        if missing > 0 {
            self.pieces.push((Label::Plain, " ".repeat(missing).into()));
        }
    }

    /// Columns it takes.
    pub fn width(&self) -> usize {
        self.pieces.iter().map(|(_, text)| width_of(text)).sum()
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// Its text without labels.
    pub fn text(&self) -> String {
        self.pieces.iter().map(|(_, text)| text.as_ref()).collect()
    }

    /// The line as a stream of that look shows it.
    pub fn show(&self, look: Look) -> String {
        let mut out = String::new();
        for (label, text) in &self.pieces {
            look.put(&mut out, *label, text);
        }
        out
    }
}

/// Lines one below the other, as a stream of one look shows them.
#[derive(Debug)]
pub struct Page {
    look: Look,
    out: String,
}

impl Page {
    /// An empty page.
    pub fn new(look: Look) -> Self {
        Self {
            look,
            out: String::new(),
        }
    }

    /// How it looks.
    pub fn look(&self) -> Look {
        self.look
    }

    /// Columns it has.
    pub fn width(&self) -> usize {
        self.look.width
    }

    /// Adds a line.
    pub fn line(&mut self, line: &Line) {
        for (label, text) in &line.pieces {
            self.look.put(&mut self.out, *label, text);
        }
        self.out.push('\n');
    }

    /// Adds an empty line, unless the page is empty or its last line is.
    pub fn gap(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }

    /// Adds lines that were made ready elsewhere, ended by a newline.
    pub fn text(&mut self, text: &str) {
        self.out.push_str(text);
        if !text.is_empty() && !text.ends_with('\n') {
            self.out.push('\n');
        }
    }

    /// Adds labelled words, broken at spaces so that no line is wider than the page; lines after the first begin
    /// with `indent` spaces. A word that is too wide for a line stands on one of its own.
    pub fn wrapped(&mut self, line: &Line, indent: usize) {
        for line in wrap(line, self.look.width, indent) {
            self.line(&line);
        }
    }

    /// The whole text.
    pub fn finish(self) -> String {
        self.out
    }
}

/// Breaks a line at spaces; see [`Page::wrapped`].
fn wrap(line: &Line, width: usize, indent: usize) -> Vec<Line> {
    if line.width() <= width {
        return vec![line.clone()];
    }
    let mut lines = Vec::new();
    let mut current = Line::new();
    let (mut used, mut fresh) = (0, true);
    for word in words(line) {
        let text = word.text();
        let bare = text.trim_end_matches(' ');
        if !fresh && used + width_of(bare) > width {
            lines.push(trimmed(std::mem::take(&mut current)));
            current.put(Label::Plain, " ".repeat(indent));
            (used, fresh) = (indent, true);
        }
        fresh &= bare.is_empty();
        used += width_of(&text);
        current.append(word);
    }
    lines.push(trimmed(current));
    lines
}

/// The words of a line, each with the space after it. A word may have pieces of several labels. A command is one word: what
/// is to be copied is not broken.
fn words(line: &Line) -> Vec<Line> {
    let mut words = Vec::new();
    let mut word = Line::new();
    for (label, text) in &line.pieces {
        if *label == Label::Command {
            word.put(*label, text.clone());
            continue;
        }
        for part in text.split_inclusive(' ') {
            word.put(*label, part.to_owned());
            if part.ends_with(' ') {
                words.push(std::mem::take(&mut word));
            }
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// The line without spaces at its end; neighbours of one label become one piece.
fn trimmed(line: Line) -> Line {
    let mut out = Line::new();
    for (label, text) in line.pieces {
        match out.pieces.last_mut() {
            Some((last, before)) if *last == label => before.to_mut().push_str(&text),
            _ => out.pieces.push((label, text)),
        }
    }
    if let Some((_, text)) = out.pieces.last_mut() {
        let end = text.trim_end_matches(' ').len();
        text.to_mut().truncate(end);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::output::style::Paint;

    #[test]
    fn debug_colour_names_the_labels() {
        let mut page = Page::new(Look {
            paint: Paint::Debug,
            ..Look::plain()
        });
        page.line(&Line::plain("a ").with(Label::Create, "b"));
        page.gap();
        page.gap();
        page.line(&Line::of(Label::Error, "c"));
        insta::assert_snapshot!(page.finish() + "[EOF]", @r"
        a <<change.create::b>>

        <<error::c>>
        [EOF]
        ");
    }

    #[test]
    fn words_wrap_and_labels_stay() {
        let mut page = Page::new(Look::plain().wide(12));
        page.wrapped(
            &Line::of(Label::Hint, "hint: ").then("one two three four"),
            6,
        );
        insta::assert_snapshot!(page.finish() + "[EOF]", @r"
        hint: one
              two
              three
              four
        [EOF]
        ");
    }

    #[test]
    fn a_comma_stays_with_the_word_before_it() {
        let mut page = Page::new(Look::plain().wide(10));
        let list = Line::plain("one")
            .then(", ")
            .with(Label::Destroy, "two")
            .then(", ");
        page.wrapped(&list.then("three"), 2);
        insta::assert_snapshot!(page.finish() + "[EOF]", @r"
        one, two,
          three
        [EOF]
        ");
    }
}
