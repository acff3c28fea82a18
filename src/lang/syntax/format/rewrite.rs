//! The changes of layout that are more than spaces: quotes around labels, `"${x}"` as `x`, old type names.

use std::borrow::Cow;
use std::ops::Range;

use model::Span;

use super::tokens::{Kind, Piece};
use crate::syntax::ast::{Attribute, Block, Body};
use crate::syntax::parse::token::TokenKind;
use crate::syntax::stack::with_room;

/// Replaces tokens by others.
struct Edit<'t> {
    tokens: Range<usize>,
    by: Vec<Piece<'t>>,
}

/// Rewrites labels and arguments; `body` is what the text of `pieces` says.
pub(super) fn rewrite<'t>(pieces: Vec<Piece<'t>>, body: &Body) -> Vec<Piece<'t>> {
    let mut rewriter = Rewriter {
        pieces: &pieces,
        edits: Vec::new(),
    };
    rewriter.body(body, &[]);
    let mut edits = rewriter.edits;
    if edits.is_empty() {
        return pieces;
    }
    edits.sort_by_key(|edit| edit.tokens.start);
    let mut rewritten = Vec::with_capacity(pieces.len());
    let mut rest = pieces.into_iter().enumerate().peekable();
    for edit in edits {
        while rest
            .peek()
            .is_some_and(|(index, _)| *index < edit.tokens.start)
        {
            rewritten.extend(rest.next().map(|(_, piece)| piece));
        }
        while rest
            .peek()
            .is_some_and(|(index, _)| *index < edit.tokens.end)
        {
            rest.next();
        }
        rewritten.extend(edit.by);
    }
    rewritten.extend(rest.map(|(_, piece)| piece));
    rewritten
}

struct Rewriter<'p, 't> {
    pieces: &'p [Piece<'t>],
    edits: Vec<Edit<'t>>,
}

impl<'t> Rewriter<'_, 't> {
    /// `outside` are the words of the blocks that the body is in, outermost first.
    fn body(&mut self, body: &Body, outside: &[&str]) {
        for attribute in &body.attributes {
            self.attribute(attribute, outside);
        }
        for block in &body.blocks {
            self.labels(block);
            let inside: Vec<&str> = outside
                .iter()
                .copied()
                .chain([block.kind.text.as_str()])
                .take(2)
                .collect();
            with_room(|| self.body(&block.body, &inside));
        }
    }

    /// The tokens of a span.
    fn tokens(&self, span: Span) -> Range<usize> {
        let before = |byte: u32| {
            self.pieces
                .partition_point(|piece| piece.start < byte as usize)
        };
        before(span.start)..before(span.end)
    }

    fn attribute(&mut self, attribute: &Attribute, outside: &[&str]) {
        let tokens = self.tokens(attribute.expr.span);
        let written = self.pieces.get(tokens.clone()).unwrap_or_default();
        let by = if outside == ["variable"] && attribute.name.text == "type" {
            type_name(written)
        } else {
            without_quotes(written)
        };
        self.edits.extend(by.map(|by| Edit { tokens, by }));
    }

    fn labels(&mut self, block: &Block) {
        let header = self.tokens(block.header);
        let labels = header.start + 1..header.end;
        let written = self.pieces.get(labels.clone()).unwrap_or_default();
        // Each label is a quote, its text and a quote; only an empty one has no text.
        let quoted = |pieces: &[Piece<'_>]| {
            pieces.iter().all(|piece| {
                matches!(
                    piece.kind,
                    Kind::OpenQuote | Kind::QuotedText | Kind::CloseQuote
                )
            })
        };
        let plain = |letter: char| {
            letter.is_ascii() && !letter.is_ascii_control() && !"\\$%".contains(letter)
        };
        let escaped = written.iter().any(|piece| !piece.text.chars().all(plain));
        if quoted(written) && !escaped {
            return;
        }
        let mut by = Vec::new();
        for label in &block.labels {
            let start = label.span.start as usize;
            by.push(piece(Kind::OpenQuote, "\"", start));
            if !label.text.is_empty() {
                let text = Cow::Owned(escape(&label.text));
                by.push(Piece {
                    kind: Kind::QuotedText,
                    text,
                    start,
                    spaces: 0,
                });
            }
            by.push(piece(Kind::CloseQuote, "\"", start));
        }
        // A comment between the labels is dropped, as `terraform fmt` does; one that ends a line cannot be there.
        self.edits.push(Edit { tokens: labels, by });
    }
}

fn piece(kind: Kind, text: &'static str, start: usize) -> Piece<'static> {
    Piece {
        kind,
        text: Cow::Borrowed(text),
        start,
        spaces: 0,
    }
}

/// Text as it is written in quotes.
fn escape(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(letter) = rest.next() {
        match letter {
            '\n' => written.push_str("\\n"),
            '\r' => written.push_str("\\r"),
            '\t' => written.push_str("\\t"),
            '"' => written.push_str("\\\""),
            '\\' => written.push_str("\\\\"),
            '$' | '%' => {
                written.push(letter);
                if rest.peek() == Some(&'{') {
                    written.push(letter);
                }
            }
            _ if letter.is_control() || (letter.is_whitespace() && letter != ' ') => {
                let code = u32::from(letter);
                written.push_str(&format!("\\u{code:04x}"));
            }
            _ => written.push(letter),
        }
    }
    written
}

/// The new tokens of a variable's type that is written as before Terraform 0.12; none for any other.
fn type_name<'t>(written: &[Piece<'t>]) -> Option<Vec<Piece<'t>>> {
    let (name, start) = match written {
        [word] if word.kind.is(TokenKind::Identifier) => (&word.text, word.start),
        [quote, word, _] if quote.kind == Kind::OpenQuote && word.kind == Kind::QuotedText => {
            (&word.text, quote.start)
        }
        _ => return None,
    };
    let quoted = written.len() == 3;
    let word = |text| piece(Kind::Plain(TokenKind::Identifier), text, start);
    let of = |collection, element| {
        vec![
            word(collection),
            piece(Kind::Plain(TokenKind::LeftParen), "(", start),
            word(element),
            piece(Kind::Plain(TokenKind::RightParen), ")", start),
        ]
    };
    match (name.as_ref(), quoted) {
        ("list", false) => Some(of("list", "any")),
        ("set", false) => Some(of("set", "any")),
        ("map", false) => Some(of("map", "any")),
        ("string", true) => Some(vec![word("string")]),
        ("list", true) => Some(of("list", "string")),
        ("map", true) => Some(of("map", "string")),
        _ => None,
    }
}

/// The tokens inside of `"${..}"`; none for any other value.
fn without_quotes<'t>(written: &[Piece<'t>]) -> Option<Vec<Piece<'t>>> {
    let [quote, open, inside @ .., close, end_quote] = written else {
        return None;
    };
    let kinds = [quote.kind, open.kind, close.kind, end_quote.kind];
    if inside.is_empty()
        || kinds
            != [
                Kind::OpenQuote,
                Kind::OpenValue,
                Kind::CloseSequence,
                Kind::CloseQuote,
            ]
    {
        return None;
    }
    if !is_one_value(inside) {
        return None;
    }
    let is_newline = |piece: &Piece<'_>| piece.kind.is(TokenKind::Newline);
    let start = inside.iter().position(|piece| !is_newline(piece))?;
    let end = inside.iter().rposition(|piece| !is_newline(piece))? + 1;
    let inside = inside.get(start..end)?;
    let in_parens = inside
        .first()
        .is_some_and(|first| first.kind.is(TokenKind::LeftParen))
        && inside
            .last()
            .is_some_and(|last| last.kind.is(TokenKind::RightParen));
    if in_parens || !inside.iter().any(is_newline) {
        return Some(inside.to_vec());
    }
    let open = piece(Kind::Plain(TokenKind::LeftParen), "(", quote.start);
    let close = piece(Kind::Plain(TokenKind::RightParen), ")", end_quote.start);
    Some(
        std::iter::once(open)
            .chain(inside.iter().cloned())
            .chain([close])
            .collect(),
    )
}

/// Whether tokens hold no end of a sequence and no text of the string they stand in.
fn is_one_value(inside: &[Piece<'_>]) -> bool {
    let mut quotes = 0_usize;
    for piece in inside {
        match piece.kind {
            Kind::OpenQuote => quotes += 1,
            Kind::CloseQuote if quotes == 0 => return false,
            Kind::CloseQuote => quotes -= 1,
            Kind::OpenValue | Kind::CloseSequence | Kind::QuotedText if quotes == 0 => {
                return false;
            }
            _ => {}
        }
    }
    true
}
