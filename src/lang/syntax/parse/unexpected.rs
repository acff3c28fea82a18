//! What to say of a token that cannot stand where it stands.

use model::Diagnostic;

use super::cursor::{Bracket, Cursor, Open, Parsed};
use super::token::TokenKind;

impl Cursor<'_> {
    /// Reports that `wanted` ("a value", "`,` or `]`") should be where the next token is.
    pub(super) fn fail_wanting<T>(&mut self, wanted: &str) -> Parsed<T> {
        let diagnostic = self.wanting(wanted);
        self.fail(self.token.start, diagnostic)
    }

    /// The diagnostic of [`Self::fail_wanting`], to be added to.
    pub(super) fn wanting(&self, wanted: &str) -> Diagnostic {
        if let Some(diagnostic) = self.lexical() {
            return diagnostic;
        }
        Diagnostic::error(
            "syntax",
            format!("found {} where {wanted} should be", self.describe()),
        )
        .at(
            self.token_span(self.token),
            format!("{wanted} should be here"),
        )
    }

    /// [`Self::wanting`] with what to do about it, unless the token itself is what is wrong.
    pub(super) fn wanting_with(&self, wanted: &str, help: impl Into<String>) -> Diagnostic {
        let diagnostic = self.wanting(wanted);
        if self.lexical().is_some() {
            diagnostic
        } else {
            diagnostic.help(help)
        }
    }

    /// Reports that a list of things in brackets goes on wrongly: the bracket is not closed, or `wanted` is missing.
    pub(super) fn fail_inside<T>(&mut self, wanted: &str) -> Parsed<T> {
        match self.innermost() {
            Some(open) if self.lexical().is_none() && self.looks_unclosed(open) => {
                self.fail_unclosed(open)
            }
            _ => self.fail_wanting(wanted),
        }
    }

    /// Whether the next token is one that only an unclosed bracket explains.
    fn looks_unclosed(&self, open: Open) -> bool {
        let outer_closes = |brackets: &[Bracket]| {
            self.open
                .iter()
                .any(|outer| brackets.contains(&outer.bracket))
        };
        match self.kind() {
            TokenKind::End => true,
            TokenKind::RightBrace | TokenKind::TrimBrace => outer_closes(&[
                Bracket::Body,
                Bracket::Object,
                Bracket::ForBrace,
                Bracket::Sequence,
            ]),
            TokenKind::RightBracket => outer_closes(&[Bracket::Square]),
            TokenKind::RightParen => outer_closes(&[Bracket::Paren]),
            TokenKind::Identifier => {
                self.line_begin() == self.token.start && self.line_is_item(open)
            }
            // `name =` in a list or call: the name was read as its next item.
            TokenKind::Equal => open.bracket != Bracket::Object && self.line_is_item(open),
            TokenKind::Quote => {
                // `resource "a" {` after an object that was not closed: the word was read as a key.
                open.bracket == Bracket::Object && self.line_is_item(open)
            }
            _ => false,
        }
    }

    /// Whether the line of the next token, which is a later one than that of `open`, reads like an item of a body.
    fn line_is_item(&self, open: Open) -> bool {
        let begin = self.line_begin();
        begin > open.start && self.looks_like_item(begin, open.bracket == Bracket::Object)
    }

    fn line_start(&self) -> usize {
        self.slice(0, self.token.start)
            .rfind('\n')
            .map_or(0, |newline| newline + 1)
    }

    /// The first byte of the line of the next token that is not blank.
    fn line_begin(&self) -> usize {
        let start = self.line_start();
        let line = self.slice(start, self.token.start);
        start + (line.len() - line.trim_start().len())
    }

    /// Reports that a bracket is never closed, pointing at it.
    pub(super) fn fail_unclosed<T>(&mut self, open: Open) -> Parsed<T> {
        let opening = self.slice(open.start, open.end).trim_end();
        let closing = match open.bracket {
            Bracket::File => "the end",
            Bracket::Paren => "`)`",
            Bracket::Square => "`]`",
            Bracket::Quote => "`\"`",
            Bracket::Body | Bracket::Object | Bracket::ForBrace | Bracket::Sequence => "`}`",
            Bracket::Heredoc { .. } => "the end marker",
        };
        let found = self.describe();
        let mut diagnostic =
            Diagnostic::error("unterminated", format!("`{opening}` is never closed"))
                .at(self.span(open.start, open.end), "opened here")
                .help(format!("add {closing} where it should end"));
        if self.at(TokenKind::End) {
            diagnostic = diagnostic.note("the text ends before it is closed");
        } else {
            diagnostic = diagnostic.and_at(
                self.token_span(self.token),
                format!("{found} cannot stand in it"),
            );
        }
        let found_at = self.token.start;
        if self.line_is_item(open) {
            // Reading goes on with this line as an item of its own.
            self.taken = self.line_start() - 1;
        }
        self.fail(found_at, diagnostic)
    }

    /// The next token in words.
    pub(super) fn describe(&self) -> String {
        match self.kind() {
            TokenKind::End => "the end of the text".to_owned(),
            TokenKind::Newline => "the end of the line".to_owned(),
            TokenKind::Quote => "a quoted string".to_owned(),
            TokenKind::Heredoc => "a heredoc".to_owned(),
            _ => format!("`{}`", self.word(self.token)),
        }
    }

    /// What is wrong with the next token wherever it stands.
    fn lexical(&self) -> Option<Diagnostic> {
        let span = self.token_span(self.token);
        match self.kind() {
            TokenKind::OpenComment => Some(
                Diagnostic::error("unterminated", "`/*` is never closed")
                    .at(
                        self.span(self.token.start, self.token.start + 2),
                        "opened here",
                    )
                    .help("add `*/` where the comment should end, or start it with `#`"),
            ),
            TokenKind::Unknown => Some(self.unknown_character().at(span, "")),
            _ => None,
        }
    }

    fn unknown_character(&self) -> Diagnostic {
        let word = self.word(self.token);
        let error = |message: &str| Diagnostic::error("invalid-character", message);
        match word {
            "'" => error("found `'`, but strings stand in double quotes")
                .help("write `\"` on both sides"),
            "`" => error("found a backtick, but strings stand in double quotes")
                .help("write `\"` on both sides, or a heredoc for text of several lines"),
            "\u{201c}" | "\u{201d}" | "\u{2018}" | "\u{2019}" => {
                error("found a typographic quote, but strings stand in `\"`")
                    .help("write `\"` on both sides")
            }
            ";" => error("found `;`, but nothing is separated by semicolons").help(
                "put each argument on a line of its own; separate the items of a list by commas",
            ),
            "&" => error("found `&`, but there are no operators on bits")
                .help("write `&&` for a logical and"),
            "|" => error("found `|`, but there are no operators on bits")
                .help("write `||` for a logical or"),
            "^" | "~" => error(&format!(
                "found `{word}`, but there are no operators on bits"
            )),
            "**" => error("found `**`, but there is no such operator").help("write `pow(x, y)`"),
            "\r" => error("found a carriage return without a line feed")
                .help("end lines with a line feed, or with both as on Windows"),
            _ => match word.chars().next() {
                Some(letter) if letter.is_alphanumeric() || letter.is_ascii_graphic() => {
                    error(&format!("found `{letter}`, which has no meaning here"))
                }
                Some(letter) => error(&format!(
                    "found the character U+{:04X}, which has no meaning here",
                    u32::from(letter)
                )),
                None => error("found a character that has no meaning here"),
            },
        }
    }
}
