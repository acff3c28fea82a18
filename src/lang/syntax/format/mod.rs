//! Lays out definition text as `terraform fmt` does: indentation, alignment, spaces, quotes around labels, and
//! templates that are nothing but one value. Comments, blank lines and the text of templates stay as they are.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "layout minds a few kinds of token and no others"
)]

mod cells;
mod indent;
mod rewrite;
mod spaces;
mod tokens;

#[cfg(test)]
mod tests;

use model::{Diagnostics, FileId};

use crate::syntax::parse_body;
use tokens::Piece;

/// Returns the text of a definition in its canonical layout.
///
/// # Errors
/// The errors of [`parse_body`] when the text cannot be read; there is no layout for it then.
pub fn format(text: &str) -> Result<String, Diagnostics> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (body, diagnostics) = parse_body(FileId(0), text);
    if diagnostics.has_errors() {
        return Err(diagnostics);
    }
    let pieces = tokens::split(text);
    let mut pieces = rewrite::rewrite(pieces, &body);
    let mut lines = cells::lines(&pieces);
    indent::indent(&mut pieces, &lines);
    spaces::space(&mut pieces, &lines);
    cells::align(&mut pieces, &mut lines);
    Ok(write(&pieces, text.len()))
}

fn write(pieces: &[Piece<'_>], length: usize) -> String {
    let mut written = String::with_capacity(length + length / 8);
    for piece in pieces {
        written.extend(std::iter::repeat_n(' ', piece.spaces));
        written.push_str(&piece.text);
    }
    written
}
