//! Reads strings in quotes.

use model::{Diagnostic, Value};

use super::cursor::{Bracket, Cursor, Parsed, Reported};
use super::template::Pieces;
use super::text::{Stop, quoted_stop};
use super::token::Newlines;
use crate::syntax::ast::{Expr, ExprKind, Ident};

/// How many lines are searched for the end of a string that was left open.
const MOST_LINES: usize = 30;

impl Cursor<'_> {
    /// A string in quotes, which the next token opens.
    pub(super) fn quoted(&mut self) -> Expr {
        let (start, inside) = (self.token.start, self.token.end);
        if let (Stop::Quote, end, false) = quoted_stop(self.text, inside) {
            let text = self.name(inside, end);
            self.go_to(end + 1);
            return self.expr_from(start, ExprKind::Literal(Value::String(text)));
        }
        self.open_at(Bracket::Quote, start, inside, Newlines::Skip);
        let mut pieces = Pieces::default();
        let mut at = inside;
        loop {
            let (stop, end, _) = quoted_stop(self.text, at);
            let text = self.unescape_quoted(at, end);
            pieces.push_text(text);
            at = end;
            match stop {
                Stop::Sequence => at = self.sequence(&mut pieces, at),
                Stop::Quote => {
                    at += 1;
                    break;
                }
                Stop::LineEnd => {
                    if !pieces.broken {
                        at = self.report_open_quote(start, at);
                    }
                    break;
                }
            }
        }
        self.forget_open();
        self.go_to(at);
        self.template(pieces, start)
    }

    /// Reports a string whose line ends at byte `end`. Returns the byte where reading goes on.
    fn report_open_quote(&mut self, start: usize, end: usize) -> usize {
        let diagnostic =
            Diagnostic::error("unterminated", "`\"` is not closed before the line ends")
                .at(self.span(start, start + 1), "opened here")
                .help("add `\"`; text of several lines is written with `\\n` or as a heredoc");
        match self.quote_on_later_line(end) {
            Some(quote) => {
                self.report(diagnostic.and_at(
                    self.span(quote, quote + 1),
                    "a string ends on the line it starts on",
                ));
                quote + 1
            }
            None => {
                self.report(diagnostic.and_at(self.span(end, end), "the line ends here"));
                end
            }
        }
    }

    /// The quote that was meant to close a string of several lines, when the lines after byte `end` look like text.
    fn quote_on_later_line(&self, end: usize) -> Option<usize> {
        let mut at = end;
        for line in self
            .slice(end, self.text.len())
            .split_inclusive('\n')
            .take(MOST_LINES)
        {
            let ends = line.trim().is_empty() || line.trim_start().starts_with(['}', ']', ')']);
            if at > end && (ends || self.looks_like_item(at, false)) {
                return None;
            }
            if let Some(quote) = line.find('"') {
                return Some(at + quote);
            }
            at += line.len();
        }
        None
    }

    /// A string in quotes that must not have sequences, as a label.
    pub(super) fn plain_string(&mut self) -> Parsed<Ident> {
        let start = self.token.start;
        let reported = self.reported();
        let mut expr = self.quoted();
        let span = expr.span;
        match expr.take_kind() {
            ExprKind::Literal(Value::String(text)) => Ok(Ident { text, span }),
            _ if self.reported() > reported => Err(Reported),
            _ => {
                let diagnostic =
                    Diagnostic::error("syntax", "found a template where a plain string should be")
                        .at(span, "known only when it is evaluated")
                        .help("a label is fixed text; a literal `${` is written `$${`");
                self.fail(start, diagnostic)
            }
        }
    }
}
