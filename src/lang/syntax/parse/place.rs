//! From bytes of the text that is being read to places in the file it came from.

use model::{FileId, Span};

/// Where the text that is being read stands in its file.
#[derive(Clone, Copy, Debug)]
pub struct Places<'a> {
    file: FileId,
    offset: usize,
    /// Pairs (byte of the text, byte of the file), ascending; between two, both advance alike.
    marks: &'a [(u32, u32)],
}

impl<'a> Places<'a> {
    /// The text is the file.
    pub fn file(file: FileId) -> Self {
        Self::offset(file, 0)
    }

    /// The text stands in the file from this byte on.
    pub fn offset(file: FileId, offset: usize) -> Self {
        Self {
            file,
            offset,
            marks: &[],
        }
    }

    /// The text was made from a part of the file that is longer or shorter in places, as by escapes.
    ///
    /// `marks` are pairs (byte of the text, byte of the file), ascending in both; from one pair to the next both
    /// advance alike. The first pair is for byte 0 of the text.
    pub fn mapped(file: FileId, marks: &'a [(u32, u32)]) -> Self {
        Self {
            file,
            offset: 0,
            marks,
        }
    }

    /// The place of `start..end` of the text.
    pub fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.file, self.byte(start), self.byte(end))
    }

    fn byte(&self, at: usize) -> usize {
        if self.marks.is_empty() {
            return self.offset + at;
        }
        let key = u32::try_from(at).unwrap_or(u32::MAX);
        let after = self.marks.partition_point(|(text, _)| *text <= key);
        let (text, file) = after
            .checked_sub(1)
            .and_then(|index| self.marks.get(index))
            .copied()
            .unwrap_or((0, 0));
        file as usize + (at - text as usize)
    }
}
