//! Spaces between the tokens of a line.

use super::cells::Line;
use super::tokens::{Kind, Piece};
use crate::syntax::parse::token::TokenKind;

/// Sets the spaces before every token but the first of each cell.
pub(super) fn space(pieces: &mut [Piece<'_>], lines: &[Line]) {
    for line in lines {
        for cell in [&line.lead, &line.assign] {
            let Some(tokens) = pieces.get_mut(cell.clone()) else {
                continue;
            };
            let mut before = None;
            for index in 1..tokens.len() {
                let [.., left, right] = tokens.get_mut(..=index).unwrap_or_default() else {
                    continue;
                };
                right.spaces = usize::from(apart(before, left, right.kind));
                before = Some(left.kind);
            }
        }
    }
}

/// Whether a space stands between `left` and `right`, where `before` is the token before `left` in its cell.
fn apart(before: Option<Kind>, left: &Piece<'_>, right: Kind) -> bool {
    use TokenKind as T;
    let is_name = left.kind.is(T::Identifier);
    match (left.kind, right) {
        (_, Kind::Plain(T::Newline | T::Comma | T::Ellipsis | T::Dot))
        | (Kind::Plain(T::Dot), _) => {
            // After a comma there is always a space, also before a dot.
            left.kind.is(T::Comma) && right.is(T::Dot)
        }
        (_, Kind::Plain(T::LeftParen | T::DoubleColon)) if is_name => false,
        (Kind::Plain(T::DoubleColon), Kind::Plain(T::Identifier)) => false,
        (Kind::Plain(T::Comma), _) => true,
        (Kind::QuotedText | Kind::HeredocText | Kind::OpenQuote | Kind::OpenHeredoc, _)
        | (_, Kind::QuotedText | Kind::HeredocText | Kind::CloseQuote | Kind::CloseHeredoc) => {
            false
        }
        _ if is_name
            && left.text == "in"
            && before.is_some_and(|before| before.is(T::Identifier)) =>
        {
            true
        }
        (_, Kind::Plain(T::LeftBracket))
            if is_name || left.kind.is(T::Number) || left.kind.bracket() < 0 =>
        {
            false
        }
        (Kind::Plain(T::Bang), _) => false,
        (Kind::Plain(T::Minus), _) => before.is_some_and(ends_operand),
        (Kind::Plain(T::LeftBrace), Kind::Plain(T::RightBrace)) => false,
        (Kind::Plain(T::LeftBrace), _) | (_, Kind::Plain(T::RightBrace)) => true,
        (Kind::OpenValue | Kind::OpenDirective, Kind::Plain(T::LeftBrace)) => true,
        (Kind::Plain(T::RightBrace), Kind::CloseSequence) => true,
        (Kind::CloseSequence, Kind::OpenValue | Kind::OpenDirective) => false,
        _ => left.kind.bracket() <= 0 && right.bracket() >= 0,
    }
}

/// Whether a minus after this token subtracts.
fn ends_operand(before: Kind) -> bool {
    use TokenKind as T;
    !matches!(
        before,
        Kind::Plain(
            T::LeftParen
                | T::LeftBrace
                | T::LeftBracket
                | T::Equal
                | T::Colon
                | T::Comma
                | T::Question
                | T::Plus
                | T::Star
                | T::Slash
                | T::Percent
                | T::Minus
                | T::EqualEqual
                | T::BangEqual
                | T::Greater
                | T::GreaterEqual
                | T::Less
                | T::LessEqual
                | T::AndAnd
                | T::OrOr
                | T::Bang
        )
    )
}
