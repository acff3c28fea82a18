//! The words of the language outside of templates. Entry point: [`lex`].
//!
//! Knows nothing of nesting: what stands inside quotes and heredocs is read by [`super::template`].

use crate::syntax::identifier;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    Identifier,
    Number,
    /// The opening `"` of a string; what follows is template text.
    Quote,
    /// `<<NAME` or `<<-NAME` up to and with the end of its line.
    Heredoc,
    Newline,
    LeftParen,
    RightParen,
    LeftBracket,
    RightBracket,
    LeftBrace,
    RightBrace,
    /// `~}`, which ends a template sequence.
    TrimBrace,
    Dot,
    Comma,
    Colon,
    DoubleColon,
    Equal,
    Arrow,
    Ellipsis,
    Question,
    Bang,
    Plus,
    Minus,
    Star,
    Slash,
    Percent,
    EqualEqual,
    BangEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    AndAnd,
    OrOr,
    /// `/*` without `*/`; goes to the end of the text.
    OpenComment,
    /// A character that begins no token.
    Unknown,
    /// The end of the text.
    End,
}

/// A token: what it is, and its bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// Whether the end of a line is a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Newlines {
    /// In bodies and between the items of an object.
    Count,
    /// In `()`, `[]`, `${}` and calls.
    Skip,
}

/// Reads the token at or after byte `from`, skipping spaces and comments.
pub(crate) fn lex(text: &str, from: usize, newlines: Newlines) -> Token {
    let (start, open_comment) = skip_blank(text, from, newlines);
    if open_comment {
        return Token {
            kind: TokenKind::OpenComment,
            start,
            end: text.len(),
        };
    }
    let bytes = text.as_bytes();
    let at = |offset: usize| bytes.get(start + offset).copied();
    let Some(first) = at(0) else {
        return Token {
            kind: TokenKind::End,
            start,
            end: start,
        };
    };
    let (kind, length) = match first {
        b'a'..=b'z' | b'A'..=b'Z' | b'_' => (TokenKind::Identifier, identifier_length(text, start)),
        b'0'..=b'9' => (TokenKind::Number, number_length(bytes, start)),
        b'"' => (TokenKind::Quote, 1),
        b'\n' => (TokenKind::Newline, 1),
        b'\r' if at(1) == Some(b'\n') => (TokenKind::Newline, 2),
        b'<' => match heredoc_length(text, start) {
            Some(length) => (TokenKind::Heredoc, length),
            None => punctuation(first, at(1), at(2)),
        },
        0..128 => punctuation(first, at(1), at(2)),
        128.. => {
            let rest = text.get(start..).unwrap_or_default();
            match rest.chars().next() {
                Some(letter) if identifier::starts(letter) => {
                    (TokenKind::Identifier, identifier_length(text, start))
                }
                Some(other) => (TokenKind::Unknown, other.len_utf8()),
                None => (TokenKind::Unknown, 1),
            }
        }
    };
    Token {
        kind,
        start,
        end: start + length,
    }
}

fn punctuation(first: u8, second: Option<u8>, third: Option<u8>) -> (TokenKind, usize) {
    match (first, second) {
        (b'(', _) => (TokenKind::LeftParen, 1),
        (b')', _) => (TokenKind::RightParen, 1),
        (b'[', _) => (TokenKind::LeftBracket, 1),
        (b']', _) => (TokenKind::RightBracket, 1),
        (b'{', _) => (TokenKind::LeftBrace, 1),
        (b'}', _) => (TokenKind::RightBrace, 1),
        (b'~', Some(b'}')) => (TokenKind::TrimBrace, 2),
        (b'.', Some(b'.')) if third == Some(b'.') => (TokenKind::Ellipsis, 3),
        (b'.', _) => (TokenKind::Dot, 1),
        (b',', _) => (TokenKind::Comma, 1),
        (b':', Some(b':')) => (TokenKind::DoubleColon, 2),
        (b':', _) => (TokenKind::Colon, 1),
        (b'=', Some(b'=')) => (TokenKind::EqualEqual, 2),
        (b'=', Some(b'>')) => (TokenKind::Arrow, 2),
        (b'=', _) => (TokenKind::Equal, 1),
        (b'?', _) => (TokenKind::Question, 1),
        (b'!', Some(b'=')) => (TokenKind::BangEqual, 2),
        (b'!', _) => (TokenKind::Bang, 1),
        (b'+', _) => (TokenKind::Plus, 1),
        (b'-', _) => (TokenKind::Minus, 1),
        (b'*', Some(b'*')) => (TokenKind::Unknown, 2),
        (b'*', _) => (TokenKind::Star, 1),
        (b'/', _) => (TokenKind::Slash, 1),
        (b'%', _) => (TokenKind::Percent, 1),
        (b'<', Some(b'=')) => (TokenKind::LessEqual, 2),
        (b'<', _) => (TokenKind::Less, 1),
        (b'>', Some(b'=')) => (TokenKind::GreaterEqual, 2),
        (b'>', _) => (TokenKind::Greater, 1),
        (b'&', Some(b'&')) => (TokenKind::AndAnd, 2),
        (b'|', Some(b'|')) => (TokenKind::OrOr, 2),
        _ => (TokenKind::Unknown, 1),
    }
}

/// Where the next token starts, and whether it is a comment that never ends.
fn skip_blank(text: &str, from: usize, newlines: Newlines) -> (usize, bool) {
    let bytes = text.as_bytes();
    let mut at = from;
    loop {
        match (bytes.get(at), bytes.get(at + 1)) {
            (Some(b' ' | b'\t'), _) => at += 1,
            (Some(b'\n'), _) if newlines == Newlines::Skip => at += 1,
            (Some(b'\r'), Some(b'\n')) if newlines == Newlines::Skip => at += 2,
            (Some(b'#'), _) | (Some(b'/'), Some(b'/')) => at = line_end(bytes, at),
            (Some(b'/'), Some(b'*')) => {
                let inside = text.get(at + 2..).unwrap_or_default();
                match inside.find("*/") {
                    Some(length) => at += length + 4,
                    None => return (at, true),
                }
            }
            _ => return (at, false),
        }
    }
}

/// The first byte of the newline that ends the line, or the end of the text.
pub(crate) fn line_end(bytes: &[u8], from: usize) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    match rest.iter().position(|byte| *byte == b'\n') {
        Some(length) if length > 0 && rest.get(length - 1) == Some(&b'\r') => from + length - 1,
        Some(length) => from + length,
        None => bytes.len(),
    }
}

/// The length in bytes of the identifier whose first character is at `start`.
pub(crate) fn identifier_length(text: &str, start: usize) -> usize {
    let bytes = text.as_bytes();
    let mut at = start;
    loop {
        match bytes.get(at) {
            Some(b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'-') => at += 1,
            Some(128..) => {
                let next = text.get(at..).and_then(|rest| rest.chars().next());
                match next.filter(|letter| identifier::continues(*letter)) {
                    Some(letter) => at += letter.len_utf8(),
                    None => break,
                }
            }
            _ => break,
        }
    }
    at - start
}

/// The length in bytes of what reads as one number: digits, dots and exponents, in any order but not ending in a dot.
fn number_length(bytes: &[u8], start: usize) -> usize {
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    // The end of a digit or an exponent's mark with its first digit.
    let solid = |at: usize| match bytes.get(at) {
        Some(b'0'..=b'9') => Some(at + 1),
        Some(b'e' | b'E') if digit(at + 1) => Some(at + 2),
        Some(b'e' | b'E') if matches!(bytes.get(at + 1), Some(b'+' | b'-')) && digit(at + 2) => {
            Some(at + 3)
        }
        _ => None,
    };
    let mut end = start;
    let mut at = start;
    loop {
        if let Some(next) = solid(at) {
            at = next;
            end = next;
        } else if bytes.get(at) == Some(&b'.') {
            at += 1;
        } else {
            return end - start;
        }
    }
}

/// The length of `<<NAME` or `<<-NAME` with the end of the line, which must follow at once.
fn heredoc_length(text: &str, start: usize) -> Option<usize> {
    let rest = text.get(start..)?.strip_prefix("<<")?;
    let name = rest.strip_prefix('-').unwrap_or(rest);
    let first = name
        .chars()
        .next()
        .filter(|letter| identifier::starts(*letter))?;
    let length = identifier_length(name, first.len_utf8()) + first.len_utf8();
    let after = name.get(length..)?;
    let newline = if after.starts_with('\n') {
        1
    } else if after.starts_with("\r\n") {
        2
    } else {
        return None;
    };
    Some(2 + (rest.len() - name.len()) + length + newline)
}

/// The bytes of the marker's name in a heredoc token.
pub(crate) fn heredoc_name(text: &str, token: Token) -> (usize, usize) {
    let word = text.get(token.start..token.end).unwrap_or_default();
    let name = word.trim_start_matches("<<").trim_start_matches('-');
    let start = token.end - name.len();
    (start, start + name.trim_end().len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<(TokenKind, &str)> {
        let mut from = 0;
        let mut found = Vec::new();
        loop {
            let token = lex(text, from, Newlines::Count);
            if token.kind == TokenKind::End {
                return found;
            }
            found.push((token.kind, &text[token.start..token.end]));
            from = token.end;
        }
    }

    #[test]
    fn a_number_does_not_end_in_a_dot() {
        use TokenKind::{Dot, Ellipsis, Identifier, Number};
        assert_eq!(
            kinds("1.5.a"),
            [(Number, "1.5"), (Dot, "."), (Identifier, "a")]
        );
        assert_eq!(kinds("1..."), [(Number, "1"), (Ellipsis, "...")]);
        assert_eq!(kinds("1.e5"), [(Number, "1.e5")]);
        assert_eq!(kinds("1e"), [(Number, "1"), (Identifier, "e")]);
        assert_eq!(kinds("1.2.3e-4"), [(Number, "1.2.3e-4")]);
    }

    #[test]
    fn a_dash_continues_an_identifier() {
        use TokenKind::{Identifier, Minus};
        assert_eq!(kinds("a-b"), [(Identifier, "a-b")]);
        assert_eq!(
            kinds("é_1 -b"),
            [(Identifier, "é_1"), (Minus, "-"), (Identifier, "b")]
        );
    }

    #[test]
    fn a_heredoc_needs_its_newline_at_once() {
        use TokenKind::{Heredoc, Identifier, Less, Newline};
        assert_eq!(kinds("<<-A-B\r\n"), [(Heredoc, "<<-A-B\r\n")]);
        assert_eq!(
            kinds("<<A \n"),
            [(Less, "<"), (Less, "<"), (Identifier, "A"), (Newline, "\n")]
        );
    }
}
