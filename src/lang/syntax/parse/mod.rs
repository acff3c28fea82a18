//! Reads text into the syntax tree: every error of a file is found, each construct that cannot be read becomes
//! [`ExprKind::Error`](crate::syntax::ast::ExprKind::Error) or is left out.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "each rule of the grammar names the tokens it goes on with; all others are errors"
)]

pub(crate) mod token;

mod body;
mod collection;
mod cursor;
mod expression;
mod heredoc;
mod names;
mod place;
mod postfix;
mod quoted;
mod recover;
mod template;
mod template_tree;
pub(crate) mod text;
mod unexpected;

#[cfg(test)]
mod tests;

pub use place::Places;

use model::{Diagnostic, Diagnostics, FileId};

use crate::syntax::ast::{Body, Expr, ExprKind, Ident, TraversalStep};
use cursor::Cursor;
use token::Newlines;

/// Reads the text of a file: arguments and blocks.
///
/// A byte-order mark is dropped, and spans count without it. The body holds all that could be read.
pub fn parse_body(file: FileId, text: &str) -> (Body, Diagnostics) {
    let mut cursor = Cursor::new(without_mark(text), Places::file(file), Newlines::Count);
    let body = cursor.file_body();
    (body, cursor.finish())
}

/// Reads one expression that is all of the text; lines may end anywhere, as in parentheses.
pub fn parse_expression(file: FileId, text: &str) -> (Expr, Diagnostics) {
    parse_expression_at(Places::file(file), without_mark(text))
}

/// [`parse_expression`] for text that stands inside another text.
pub fn parse_expression_at(places: Places<'_>, text: &str) -> (Expr, Diagnostics) {
    let mut cursor = Cursor::new(text, places, Newlines::Skip);
    let expr = cursor.whole_expression();
    (expr, cursor.finish())
}

/// Reads all of the text as a template, as `templatefile` does: no quotes, and no escapes but `$${` and `%%{`.
///
/// Text without sequences is a [`ExprKind::Literal`] string, a lone `${x}` an [`ExprKind::Wrap`].
pub fn parse_template(file: FileId, text: &str) -> (Expr, Diagnostics) {
    parse_template_at(Places::file(file), without_mark(text))
}

/// [`parse_template`] for text that stands inside another text, such as a string of a JSON file.
pub fn parse_template_at(places: Places<'_>, text: &str) -> (Expr, Diagnostics) {
    let mut cursor = Cursor::new(text, places, Newlines::Skip);
    let expr = cursor.bare_template();
    (expr, cursor.finish())
}

/// Reads a reference that is all of the text: `root.a[0].b["c"]`.
pub fn parse_traversal(
    file: FileId,
    text: &str,
) -> (Option<(Ident, Vec<TraversalStep>)>, Diagnostics) {
    parse_traversal_at(Places::file(file), without_mark(text))
}

/// [`parse_traversal`] for text that stands inside another text.
pub fn parse_traversal_at(
    places: Places<'_>,
    text: &str,
) -> (Option<(Ident, Vec<TraversalStep>)>, Diagnostics) {
    let (mut expr, mut diagnostics) = parse_expression_at(places, text);
    match expr.take_kind() {
        ExprKind::Traversal { root, steps } => (Some((root, steps)), diagnostics),
        ExprKind::Error => (None, diagnostics),
        _ => {
            let diagnostic = Diagnostic::error(
                "syntax",
                format!("found `{text}` where a reference should be"),
            )
            .at(expr.span, "not a name with attributes and indexes")
            .help("a reference is a name such as `aws_vpc.main` or `module.net[0]`");
            diagnostics.push(diagnostic);
            (None, diagnostics)
        }
    }
}

fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}
