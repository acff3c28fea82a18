//! A place in the text of a YAML document, and what kinds of characters there are.

/// A place, for messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mark {
    /// In bytes.
    pub at: usize,
    /// Counted from 0.
    pub line: usize,
    /// In characters, counted from 0.
    pub column: usize,
}

/// What is wrong and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub mark: Mark,
    pub message: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Mark { line, column, .. } = self.mark;
        write!(
            f,
            "line {}, column {}: {}",
            line + 1,
            column + 1,
            self.message
        )
    }
}

impl Mark {
    pub(super) fn problem(self, message: impl Into<String>) -> Problem {
        Problem {
            mark: self,
            message: message.into(),
        }
    }
}

#[derive(Debug)]
pub(super) struct Cursor<'t> {
    text: &'t str,
    pub mark: Mark,
}

impl<'t> Cursor<'t> {
    /// Starts at the beginning of `text`, after a byte order mark.
    ///
    /// # Errors
    /// When there is a character that YAML does not allow.
    pub(super) fn new(text: &'t str) -> Result<Self, Problem> {
        let mut cursor = Self {
            text,
            mark: Mark::default(),
        };
        if let Some((at, c)) = text.char_indices().find(|(_, c)| !is_allowed(*c)) {
            let before = text.get(..at).unwrap_or_default();
            let line = before.matches('\n').count();
            let column = before.chars().rev().take_while(|c| *c != '\n').count();
            return Err(
                Mark { at, line, column }.problem(format!("the character {c:?} is not allowed"))
            );
        }
        if text.starts_with('\u{feff}') {
            cursor.mark.at = '\u{feff}'.len_utf8();
        }
        Ok(cursor)
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.mark.at..).unwrap_or_default()
    }

    /// The next character; none at the end.
    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// The character after the next one.
    pub(super) fn second(&self) -> Option<char> {
        self.rest().chars().nth(1)
    }

    /// Passes over a character that is no line break.
    pub(super) fn skip(&mut self) {
        if let Some(c) = self.peek() {
            self.mark.at += c.len_utf8();
            self.mark.column += 1;
        }
    }

    /// Takes over a character that is no line break.
    pub(super) fn read(&mut self, into: &mut String) {
        into.extend(self.peek());
        self.skip();
    }

    /// Takes over a line break, if one is next: as a line feed, unless it is one of Unicode's own.
    pub(super) fn read_break(&mut self, into: &mut String) {
        let Some(c) = self.peek().filter(|c| is_break(*c)) else {
            return;
        };
        into.push(if matches!(c, '\u{2028}' | '\u{2029}') {
            c
        } else {
            '\n'
        });
        self.mark.at += if self.rest().starts_with("\r\n") {
            2
        } else {
            c.len_utf8()
        };
        self.mark.column = 0;
        self.mark.line += 1;
    }

    /// Passes over the characters for which `wanted` holds, none of them a line break.
    pub(super) fn skip_while(&mut self, wanted: impl Fn(char) -> bool) {
        while self.peek().is_some_and(&wanted) {
            self.skip();
        }
    }

    /// Takes the characters for which `wanted` holds, none of them a line break.
    pub(super) fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'t str {
        let start = self.mark.at;
        self.skip_while(wanted);
        self.text.get(start..self.mark.at).unwrap_or_default()
    }

    /// Whether `---` or `...` stands at the beginning of this line.
    pub(super) fn at_document_indicator(&self) -> bool {
        self.mark.column == 0 && (self.at_indicator("---") || self.at_indicator("..."))
    }

    /// Whether these characters are next, and a blank or the end after them.
    pub(super) fn at_indicator(&self, indicator: &str) -> bool {
        self.rest()
            .strip_prefix(indicator)
            .is_some_and(|rest| is_blank_or_end(rest.chars().next()))
    }
}

pub(super) fn is_break(c: char) -> bool {
    matches!(c, '\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

pub(super) fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t')
}

/// Whether it is a space, a tab, a line break or the end.
pub(super) fn is_blank_or_end(c: Option<char>) -> bool {
    c.is_none_or(|c| is_blank(c) || is_break(c))
}

/// Whether it may be part of an anchor's name or a tag's handle.
pub(super) fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-')
}

fn is_allowed(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{fffd}' | '\u{10000}'..)
}
