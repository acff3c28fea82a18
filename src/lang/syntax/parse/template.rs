//! Reads what templates are made of: text and the sequences `${..}` and `%{..}` in it.

use model::Diagnostic;

use super::cursor::{Bracket, Cursor, Parsed};
use super::recover::Resume;
use super::token::{Newlines, TokenKind};
use crate::syntax::ast::{Expr, Ident};

/// A part of a template as it is written, before directives are matched with their ends.
#[derive(Debug)]
pub(super) enum Piece {
    /// Text, escapes resolved: what stands between two sequences, in heredocs and bare templates at most one line.
    Text(Text),
    /// `${..}`.
    Value(Expr),
    /// `%{..}`.
    Directive {
        directive: Directive,
        start: usize,
        end: usize,
    },
}

/// Text and the bytes it is written in.
#[derive(Debug)]
pub(super) struct Text {
    pub(super) value: String,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// What a `%{..}` says.
#[derive(Debug)]
pub(super) enum Directive {
    If(Expr),
    Else,
    EndIf,
    For {
        key: Option<Ident>,
        value: Ident,
        collection: Expr,
    },
    EndFor,
}

/// The parts of one template, as far as they are read.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    pub(super) list: Vec<Piece>,
    /// The last sequence ended in `~}`.
    trim_next: bool,
    /// A sequence could not be read to its end: where the template ends is a guess.
    pub(super) broken: bool,
}

impl Pieces {
    /// Adds text, unless it has no bytes.
    pub(super) fn push_text(&mut self, mut text: Text) {
        if text.start == text.end {
            return;
        }
        if std::mem::take(&mut self.trim_next) {
            let blank = text.value.len() - text.value.trim_start().len();
            text.value.drain(..blank);
        }
        self.list.push(Piece::Text(text));
    }

    fn trim_last(&mut self) {
        if let Some(Piece::Text(text)) = self.list.last_mut() {
            text.value.truncate(text.value.trim_end().len());
        }
    }
}

impl Cursor<'_> {
    /// Reads the sequence at byte `at` and returns the byte after it.
    pub(super) fn sequence(&mut self, pieces: &mut Pieces, at: usize) -> usize {
        let trims = self.slice(at + 2, at + 3) == "~";
        let end = at + if trims { 3 } else { 2 };
        if trims {
            pieces.trim_last();
        }
        pieces.trim_next = false;
        let is_value = self.slice(at, at + 1) == "$";
        self.open_at(Bracket::Sequence, at, end, Newlines::Skip);
        let level = self.open.len();
        self.go_to(end);
        let read = if is_value {
            self.value_sequence()
        } else {
            self.directive(at)
        };
        if read.is_err() && self.recover(level) != Resume::Close {
            pieces.broken = true;
        }
        if self.at(TokenKind::RightBrace) || self.at(TokenKind::TrimBrace) {
            pieces.trim_next = self.at(TokenKind::TrimBrace);
            self.taken = self.token.end;
        }
        self.forget_open();
        match read {
            Ok(Piece::Directive {
                directive, start, ..
            }) => {
                pieces.list.push(Piece::Directive {
                    directive,
                    start,
                    end: self.taken,
                });
            }
            Ok(piece) => pieces.list.push(piece),
            Err(_) => pieces.list.push(Piece::Value(self.error_from(at))),
        }
        self.taken
    }

    /// The expression of `${..}`; the next token is then its closing brace.
    fn value_sequence(&mut self) -> Parsed<Piece> {
        let expr = self.expression()?;
        self.expect_sequence_end()?;
        Ok(Piece::Value(expr))
    }

    fn expect_sequence_end(&mut self) -> Parsed<()> {
        match self.kind() {
            TokenKind::RightBrace | TokenKind::TrimBrace => Ok(()),
            TokenKind::End => self.fail_inside("`}`"),
            _ => {
                let diagnostic = self.wanting_with(
                    "`}`",
                    "text that is not for this language is written `$${` and `%%{`",
                );
                self.fail(self.token.start, diagnostic)
            }
        }
    }

    /// The inside of `%{..}`; the next token is then its closing brace.
    fn directive(&mut self, start: usize) -> Parsed<Piece> {
        let known = "a directive is `if`, `else`, `endif`, `for` or `endfor`; a literal `%{` is written `%%{`";
        if !self.at(TokenKind::Identifier) {
            let diagnostic = self.template_error("a directive's name", known);
            return self.fail(self.token.start, diagnostic);
        }
        let word = self.word(self.token);
        let directive = match word {
            "if" => {
                self.take();
                Directive::If(self.expression()?)
            }
            "for" => {
                self.take();
                let (key, value) = self.for_names()?;
                Directive::For {
                    key,
                    value,
                    collection: self.expression()?,
                }
            }
            "else" | "endif" | "endfor" => {
                let directive = match word {
                    "else" => Directive::Else,
                    "endif" => Directive::EndIf,
                    _ => Directive::EndFor,
                };
                self.take();
                directive
            }
            _ => {
                let diagnostic = self.template_error("a directive's name", known);
                return self.fail(self.token.start, diagnostic);
            }
        };
        self.expect_sequence_end()?;
        Ok(Piece::Directive {
            directive,
            start,
            end: start,
        })
    }

    fn template_error(&self, wanted: &str, help: &str) -> Diagnostic {
        let mut diagnostic = self.wanting_with(wanted, help);
        if diagnostic.id == "syntax" {
            diagnostic.id = "invalid-template".to_owned();
        }
        diagnostic
    }
}
