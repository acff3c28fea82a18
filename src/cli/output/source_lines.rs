//! Lines and columns of source files, found fast and kept for the next question. Reads no file.

use std::cell::Cell;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use model::{FileId, Sources, Span};

/// A place in a file as people and editors count it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Line, from 1.
    pub(super) line: usize,
    /// Column in characters, from 1.
    pub(super) column: usize,
    /// Byte, from 0.
    pub(super) byte: usize,
}

/// One file with the beginnings of its lines.
#[derive(Debug)]
pub(super) struct FileLines {
    /// The name people know it by.
    pub(super) name: String,
    /// Its text.
    pub(super) text: Arc<str>,
    starts: Vec<usize>,
    /// The byte that was last asked for, with its line's first byte and its column, from 0: places come sorted, and
    /// counting the characters of a line of 50 MB from its beginning for each of them would take minutes.
    last: Cell<(usize, usize, usize)>,
}

/// Files by id, indexed when first asked for.
#[derive(Debug)]
pub(super) struct SourceLines<'a> {
    sources: &'a Sources,
    files: HashMap<FileId, Option<FileLines>>,
}

impl<'a> SourceLines<'a> {
    /// Makes an index of nothing yet.
    pub(super) fn new(sources: &'a Sources) -> Self {
        Self {
            sources,
            files: HashMap::new(),
        }
    }

    /// The file; `None` when it is not one of the sources.
    pub(super) fn file(&mut self, id: FileId) -> Option<&FileLines> {
        let sources = self.sources;
        self.files
            .entry(id)
            .or_insert_with(|| {
                let file = sources.file(id)?;
                Some(FileLines::new(file.name.clone(), file.text.clone()))
            })
            .as_ref()
    }

    /// `file:line:column` of a span's beginning, for a line of text.
    pub(super) fn place(&mut self, span: Span) -> Option<String> {
        let file = self.file(span.file)?;
        Some(format!(
            "{}:{}",
            file.name,
            file.line_of(file.range(span).start) + 1
        ))
    }
}

impl FileLines {
    fn new(name: String, text: Arc<str>) -> Self {
        let breaks = text
            .bytes()
            .enumerate()
            .filter(|(_, byte)| *byte == b'\n')
            .map(|(at, _)| at + 1);
        let starts = std::iter::once(0).chain(breaks).collect();
        Self {
            name,
            text,
            starts,
            last: Cell::new((0, 0, 0)),
        }
    }

    /// The span's bytes, moved to where characters begin and end, inside of the text.
    pub(super) fn range(&self, span: Span) -> Range<usize> {
        let start = self
            .text
            .floor_char_boundary((span.start as usize).min(self.text.len()));
        let end = self
            .text
            .ceil_char_boundary((span.end as usize).clamp(start, self.text.len()));
        start..end
    }

    /// Which line, from 0, the byte stands in.
    pub(super) fn line_of(&self, byte: usize) -> usize {
        self.starts
            .partition_point(|start| *start <= byte)
            .saturating_sub(1)
    }

    /// The bytes of a line, from 0, without what ends it.
    pub(super) fn line(&self, line: usize) -> Range<usize> {
        let start = self.starts.get(line).copied().unwrap_or(self.text.len());
        let end = self
            .starts
            .get(line + 1)
            .map_or(self.text.len(), |next| next - 1);
        let text = self.text.get(start..end).unwrap_or_default();
        start..start + text.strip_suffix('\r').unwrap_or(text).len()
    }

    /// Line, column and byte of a byte.
    pub(super) fn place(&self, byte: usize) -> Place {
        let line = self.line_of(byte);
        let start = self.starts.get(line).copied().unwrap_or(0);
        let (last, last_start, last_column) = self.last.get();
        let (from, before) = if last_start == start && last <= byte && last >= start {
            (last, last_column)
        } else {
            (start, 0)
        };
        let column = before
            + self
                .text
                .get(from..byte)
                .unwrap_or_default()
                .chars()
                .count();
        self.last.set((byte, start, column));
        Place {
            line: line + 1,
            column: column + 1,
            byte,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_right_in_any_order() {
        let file = FileLines::new("a".into(), "a\u{e9}b\r\nc\n".into());
        let place = |byte| {
            let place = file.place(byte);
            (place.line, place.column)
        };
        assert_eq!(
            [place(3), place(4), place(1), place(6), place(8)],
            [(1, 3), (1, 4), (1, 2), (2, 1), (3, 1)]
        );
        assert_eq!(file.text.get(file.line(0)), Some("a\u{e9}b"));
        assert_eq!(file.line(2), 8..8);
    }

    #[test]
    fn a_span_beyond_the_text_or_inside_a_character_is_mended() {
        let file = FileLines::new("a".into(), "a\u{e9}".into());
        assert_eq!(file.range(Span::new(FileId(0), 2, 900)), 1..3);
        assert_eq!(file.range(Span::new(FileId(0), 70, 90)), 3..3);
    }
}
