//! Places in source text: which file, which bytes. Holds the text of every file read, so that a diagnostic can
//! show its line; reads no file itself.

use std::sync::Arc;

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
        let clamp = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Self {
            file,
            start: clamp(start),
            end: clamp(end),
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
        let before = file.text.get(..span.start as usize)?;
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Some(Position {
            line: count(before.bytes().filter(|byte| *byte == b'\n').count() + 1),
            column: count(before.get(line_start..).unwrap_or_default().chars().count() + 1),
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
    }
}
