//! Indentation: two spaces for each line that leaves a bracket open.

use super::cells::Line;
use super::tokens::{Kind, Piece};
use crate::syntax::parse::token::TokenKind;

/// Sets the spaces before the first token of each line.
///
/// A line that opens several brackets indents what follows once, and the line that closes the last of them ends that.
pub(super) fn indent(pieces: &mut [Piece<'_>], lines: &[Line]) {
    // For each level of indentation, how many brackets make it.
    let mut levels: Vec<usize> = Vec::new();
    for line in lines {
        let Some(tokens) = pieces.get_mut(line.tokens()) else {
            continue;
        };
        let Some(first) = tokens.first_mut() else {
            continue;
        };
        if first.kind.is(TokenKind::Newline) {
            first.spaces = 0;
            continue;
        }
        // What a heredoc opens on its first line is not counted but what it closes on later ones is, as in Terraform.
        let counted = tokens
            .iter()
            .take_while(|piece| piece.kind != Kind::OpenHeredoc);
        let brackets: isize = counted.map(|piece| piece.kind.bracket()).sum();
        if brackets < 0 {
            close(&mut levels, brackets.unsigned_abs());
        }
        if let Some(first) = tokens.first_mut() {
            first.spaces = 2 * levels.len();
        }
        if brackets > 0 {
            levels.push(brackets.unsigned_abs());
        }
    }
}

/// Takes `count` brackets off the levels, and each level that has none left.
fn close(levels: &mut Vec<usize>, mut count: usize) {
    while let Some(level) = levels.last_mut().filter(|_| count > 0) {
        if *level > count {
            *level -= count;
            return;
        }
        count -= *level;
        levels.pop();
    }
}
