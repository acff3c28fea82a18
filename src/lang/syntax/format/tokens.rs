//! Splits text into every token there is, comments and the parts of templates included.

use std::borrow::Cow;

use crate::syntax::parse::text::{Stop, line_stop, quoted_stop};
use crate::syntax::parse::token::{Newlines, Token, TokenKind, heredoc_name, lex, line_end};

/// A token with the spaces before it.
#[derive(Clone, Debug)]
pub(super) struct Piece<'t> {
    pub(super) kind: Kind,
    pub(super) text: Cow<'t, str>,
    /// Where it is in the text, in bytes.
    pub(super) start: usize,
    /// The spaces before it.
    pub(super) spaces: usize,
}

/// What a token is, as far as layout minds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A token outside of templates that is none of the below.
    Plain(TokenKind),
    /// With its newline when it is a comment of one line.
    Comment,
    /// `"` that opens or closes.
    OpenQuote,
    CloseQuote,
    /// `<<NAME` with its newline.
    OpenHeredoc,
    /// The line of the end marker, without its newline.
    CloseHeredoc,
    /// Text in quotes, or a line of a heredoc.
    QuotedText,
    HeredocText,
    /// `${` or `${~`.
    OpenValue,
    /// `%{` or `%{~`.
    OpenDirective,
    /// `}` or `~}` of a sequence.
    CloseSequence,
}

impl Kind {
    /// 1 for an opening bracket, -1 for a closing one, 0 otherwise.
    pub(super) fn bracket(self) -> isize {
        match self {
            Self::Plain(TokenKind::LeftParen | TokenKind::LeftBracket | TokenKind::LeftBrace)
            | Self::OpenValue
            | Self::OpenDirective => 1,
            Self::Plain(
                TokenKind::RightParen | TokenKind::RightBracket | TokenKind::RightBrace,
            )
            | Self::CloseSequence => -1,
            Self::Plain(_)
            | Self::Comment
            | Self::OpenQuote
            | Self::CloseQuote
            | Self::OpenHeredoc
            | Self::CloseHeredoc
            | Self::QuotedText
            | Self::HeredocText => 0,
        }
    }

    pub(super) fn is(self, kind: TokenKind) -> bool {
        self == Self::Plain(kind)
    }
}

impl Piece<'_> {
    /// Whether a line ends with it.
    pub(super) fn ends_line(&self) -> bool {
        self.kind.is(TokenKind::Newline)
            || (self.kind == Kind::Comment && self.text.ends_with('\n'))
    }
}

/// What the text at some byte is inside of.
enum Mode {
    /// A sequence, with the braces that are open in it.
    Code {
        braces: usize,
    },
    Quote,
    Heredoc {
        name: (usize, usize),
    },
}

/// Splits text that has no syntax errors into all of its tokens.
pub(super) fn split(text: &str) -> Vec<Piece<'_>> {
    let mut splitter = Splitter {
        text,
        at: 0,
        pieces: Vec::with_capacity(text.len() / 5),
        modes: Vec::new(),
    };
    while splitter.at < text.len() {
        match splitter.modes.last() {
            Some(Mode::Quote) => splitter.quoted(),
            Some(Mode::Heredoc { name }) => splitter.heredoc(*name),
            Some(Mode::Code { .. }) | None => splitter.code(),
        }
    }
    splitter.pieces
}

struct Splitter<'t> {
    text: &'t str,
    at: usize,
    pieces: Vec<Piece<'t>>,
    modes: Vec<Mode>,
}

impl<'t> Splitter<'t> {
    /// Adds the text from here to byte `end`.
    fn push(&mut self, kind: Kind, end: usize) {
        self.push_after(kind, self.at, end, 0);
    }

    fn push_after(&mut self, kind: Kind, start: usize, end: usize, spaces: usize) {
        let text = self.text.get(start..end).unwrap_or_default();
        if !text.is_empty() || kind.is(TokenKind::End) {
            self.pieces.push(Piece {
                kind,
                text: Cow::Borrowed(text),
                start,
                spaces,
            });
        }
        self.at = end;
    }

    fn code(&mut self) {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let blank = rest
            .bytes()
            .take_while(|byte| matches!(byte, b' ' | b'\t'))
            .count();
        let start = self.at + blank;
        if let Some(end) = self.comment(start) {
            self.push_after(Kind::Comment, start, end, blank);
            return;
        }
        let token = lex(self.text, start, Newlines::Count);
        let kind = self.open_or_close(token);
        self.push_after(kind, token.start, token.end, blank);
    }

    /// The kind of a token; changes the mode where it opens or closes one.
    fn open_or_close(&mut self, token: Token) -> Kind {
        match token.kind {
            TokenKind::Quote => {
                self.modes.push(Mode::Quote);
                return Kind::OpenQuote;
            }
            TokenKind::Heredoc => {
                self.modes.push(Mode::Heredoc {
                    name: heredoc_name(self.text, token),
                });
                return Kind::OpenHeredoc;
            }
            _ => {}
        }
        if let Some(Mode::Code { braces }) = self.modes.last_mut() {
            match token.kind {
                TokenKind::LeftBrace => *braces += 1,
                TokenKind::RightBrace if *braces > 0 => *braces -= 1,
                TokenKind::RightBrace | TokenKind::TrimBrace => {
                    self.modes.pop();
                    return Kind::CloseSequence;
                }
                _ => {}
            }
        }
        Kind::Plain(token.kind)
    }

    /// The end of the comment that starts at byte `start`, with its newline if it is one of a line.
    fn comment(&self, start: usize) -> Option<usize> {
        let rest = self.text.get(start..)?;
        if rest.starts_with("/*") {
            return rest.get(2..)?.find("*/").map(|length| start + length + 4);
        }
        if rest.starts_with('#') || rest.starts_with("//") {
            return Some(
                rest.find('\n')
                    .map_or(self.text.len(), |newline| start + newline + 1),
            );
        }
        None
    }

    fn quoted(&mut self) {
        let (stop, end, _) = quoted_stop(self.text, self.at);
        self.push(Kind::QuotedText, end);
        match stop {
            Stop::Sequence => self.open_sequence(),
            Stop::Quote | Stop::LineEnd => {
                self.modes.pop();
                self.push(Kind::CloseQuote, end + 1);
            }
        }
    }

    fn open_sequence(&mut self) {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let length = if rest.get(2..3) == Some("~") { 3 } else { 2 };
        let kind = if rest.starts_with('$') {
            Kind::OpenValue
        } else {
            Kind::OpenDirective
        };
        self.push(kind, self.at + length);
        self.modes.push(Mode::Code { braces: 0 });
    }

    fn heredoc(&mut self, name: (usize, usize)) {
        let marker = self.text.get(name.0..name.1).unwrap_or_default();
        let line_starts = self
            .text
            .get(..self.at)
            .is_some_and(|before| before.ends_with('\n'));
        let (stop, end, _) = line_stop(self.text, self.at);
        let line = self.text.get(self.at..end).unwrap_or_default();
        match stop {
            Stop::Sequence => {
                self.push(Kind::HeredocText, end);
                self.open_sequence();
            }
            Stop::Quote | Stop::LineEnd if line_starts && line.trim() == marker => {
                self.modes.pop();
                self.push(Kind::CloseHeredoc, line_end(self.text.as_bytes(), self.at));
            }
            Stop::Quote | Stop::LineEnd => self.push(Kind::HeredocText, end),
        }
    }
}
