//! Lines as rows of cells: what is assigned to, what is assigned, a comment. Aligns the cells of neighbouring lines.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use super::tokens::{Kind, Piece};
use crate::syntax::parse::token::TokenKind;

/// The tokens of a line, by their positions; a heredoc is part of the line that it starts on.
#[derive(Debug)]
pub(super) struct Line {
    /// All but the rest.
    pub(super) lead: Range<usize>,
    /// From `=` on, when all brackets that open there close there; empty otherwise.
    pub(super) assign: Range<usize>,
    /// The comment that ends the line after other tokens; empty when there is none.
    comment: Range<usize>,
}

impl Line {
    /// The tokens without the comment.
    pub(super) fn tokens(&self) -> Range<usize> {
        self.lead.start..self.assign.end.max(self.lead.end)
    }
}

/// The lines that tokens make.
pub(super) fn lines(pieces: &[Piece<'_>]) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut start = 0;
    for (index, piece) in pieces.iter().enumerate() {
        if piece.ends_line() {
            lines.push(line(pieces, start, index + 1));
            start = index + 1;
        }
    }
    // Blank before the end of the text belongs to no line and stays, as it does in Terraform.
    let end = pieces
        .iter()
        .rposition(|piece| !piece.kind.is(TokenKind::End))
        .map_or(0, |last| last + 1);
    if start < end {
        lines.push(line(pieces, start, end));
    }
    lines
}

fn line(pieces: &[Piece<'_>], start: usize, end: usize) -> Line {
    let tokens = pieces.get(start..end).unwrap_or_default();
    let has_comment =
        tokens.len() > 1 && tokens.last().is_some_and(|last| last.kind == Kind::Comment);
    let code = if has_comment { end - 1 } else { end };
    let tokens = pieces.get(start..code).unwrap_or_default();
    let equal = tokens
        .iter()
        .skip(1)
        .position(|piece| piece.kind.is(TokenKind::Equal))
        .map(|position| position + 1);
    let assigned = equal.filter(|equal| {
        let after = tokens.get(*equal..).unwrap_or_default();
        after
            .iter()
            .map(|piece| piece.kind.bracket())
            .sum::<isize>()
            == 0
    });
    let split = assigned.map_or(code, |equal| start + equal);
    Line {
        lead: start..split,
        assign: split..code,
        comment: code..end,
    }
}

/// Aligns `=` in each run of lines that have one, then the comments in each run of lines that have one.
pub(super) fn align(pieces: &mut [Piece<'_>], lines: &mut [Line]) {
    for run in lines.chunk_by(|a, b| a.assign.is_empty() == b.assign.is_empty()) {
        let widths = run
            .iter()
            .map(|line| (line.assign.clone(), width(pieces, &line.lead)));
        align_run(pieces, &widths.collect::<Vec<_>>());
    }
    for run in lines.chunk_by(|a, b| a.comment.is_empty() == b.comment.is_empty()) {
        let widths = run.iter().map(|line| {
            (
                line.comment.clone(),
                width(pieces, &line.lead) + width(pieces, &line.assign),
            )
        });
        align_run(pieces, &widths.collect::<Vec<_>>());
    }
}

/// Puts each cell one space behind the widest of what is before the cells.
fn align_run(pieces: &mut [Piece<'_>], cells: &[(Range<usize>, usize)]) {
    let widest = cells
        .iter()
        .map(|(_, width)| *width)
        .max()
        .unwrap_or_default();
    for (cell, width) in cells {
        if let Some(first) = pieces
            .get_mut(cell.clone())
            .and_then(|tokens| tokens.first_mut())
        {
            first.spaces = widest - width + 1;
        }
    }
}

/// The columns that tokens take, spaces included.
fn width(pieces: &[Piece<'_>], tokens: &Range<usize>) -> usize {
    let tokens = pieces.get(tokens.clone()).unwrap_or_default();
    let columns = |text: &str| {
        if text.is_ascii() && !text.contains('\r') {
            text.len()
        } else {
            text.graphemes(true).count()
        }
    };
    tokens
        .iter()
        .map(|piece| piece.spaces + columns(&piece.text))
        .sum()
}
