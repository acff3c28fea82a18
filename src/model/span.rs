//! Places in source text: which file, which bytes. Holds the text of every file read, so that a diagnostic can
//! show its line; reads no file itself.

use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};

/// A file of a [`Sources`], by its position there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FileId(pub u32);

/// A run of bytes in one file: `start..end`, counted from 0 in the text without its byte-order mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// Makes a span of `start..end` in `file`.
    pub fn new(file: FileId, start: usize, end: usize) -> Self {
        Self {
            file,
            start: count(start),
            end: count(end),
        }
    }

    /// The smallest span that holds both; `self` when they are in different files.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        if self.file != other.file {
            return self;
        }
        Self {
            file: self.file,
            start: self.start.min(other.start),
            end: self.end.max(other.end),
        }
    }
}

/// One source file: the name people know it by, and its text without a byte-order mark.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// The path as the user would type it, with `/` between parts.
    pub name: String,
    /// The text.
    pub text: Arc<str>,
    /// Where its lines begin, found when first asked for: a plan asks for a place a changed instance.
    line_starts: OnceLock<Arc<[u32]>>,
}

impl SourceFile {
    /// Where each line begins, ascending; the first is 0.
    fn line_starts(&self) -> &[u32] {
        self.line_starts.get_or_init(|| {
            let newlines = self
                .text
                .bytes()
                .enumerate()
                .filter(|(_, byte)| *byte == b'\n');
            let starts = newlines.map(|(at, _)| count(at + 1));
            std::iter::once(0).chain(starts).collect()
        })
    }
}

/// A line and column, both from 1; the column counts characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

/// The text of every file that was read, so that spans can be shown.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<SourceFile>,
}

impl Sources {
    /// Adds a file and returns its id. A leading byte-order mark is dropped.
    pub fn add(&mut self, name: impl Into<String>, text: &str) -> FileId {
        let id = FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        self.files.push(SourceFile {
            name: name.into(),
            text: text.into(),
            line_starts: OnceLock::new(),
        });
        id
    }

    /// The file of that id, if it was added here.
    pub fn file(&self, id: FileId) -> Option<&SourceFile> {
        self.files.get(id.0 as usize)
    }

    /// All files, in the order they were added.
    pub fn files(&self) -> &[SourceFile] {
        &self.files
    }

    /// The text of a span; empty when the span is not of these sources.
    pub fn text(&self, span: Span) -> &str {
        self.file(span.file)
            .and_then(|file| file.text.get(span.start as usize..span.end as usize))
            .unwrap_or_default()
    }

    /// Line and column of the span's first byte.
    pub fn position(&self, span: Span) -> Option<Position> {
        let file = self.file(span.file)?;
        let starts = file.line_starts();
        let line = starts.partition_point(|start| *start <= span.start);
        let start = *starts.get(line.checked_sub(1)?)?;
        let before = file.text.get(start as usize..span.start as usize)?;
        Some(Position {
            line: count(line),
            column: count(before.chars().count() + 1),
        })
    }

    /// `file:line`, as shown after a "because"; `None` when the span is not of these sources.
    pub fn place(&self, span: Span) -> Option<String> {
        Some(format!(
            "{}:{}",
            self.file(span.file)?.name,
            self.position(span)?.line
        ))
    }
}

/// No text is longer than this can say.
fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_counts_lines_and_characters_from_one() {
        let mut sources = Sources::default();
        let file = sources.add("main.tf", "\u{feff}a\n\u{e9}b\n");
        let span = Span::new(file, 4, 5);
        assert_eq!(sources.text(span), "b");
        assert_eq!(
            sources.position(span),
            Some(Position { line: 2, column: 2 })
        );
        assert_eq!(sources.place(span).as_deref(), Some("main.tf:2"));
        let at = |start| {
            let position = sources.position(Span::new(file, start, start))?;
            Some((position.line, position.column))
        };
        assert_eq!(at(1), Some((1, 2)), "a line's end is its own");
        assert_eq!(at(2), Some((2, 1)));
        assert_eq!(at(3), None, "within a character");
        assert_eq!(at(6), Some((3, 1)), "after the last line");
        assert_eq!(at(7), None, "after the text");
    }
}
