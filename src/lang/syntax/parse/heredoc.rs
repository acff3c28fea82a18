//! Reads heredocs, and files that are templates as a whole: text by lines.

use model::{Diagnostic, Value};
use unicode_segmentation::UnicodeSegmentation;

use super::cursor::{Bracket, Cursor};
use super::template::{Piece, Pieces, Text};
use super::text::{Stop, line_stop, unescape_bare};
use super::token::{Newlines, heredoc_name, line_end};
use crate::syntax::ast::{Expr, ExprKind};

impl Cursor<'_> {
    /// A heredoc, which the next token opens.
    pub(super) fn heredoc(&mut self) -> Expr {
        let token = self.token;
        let name = heredoc_name(self.text, token);
        let indented = self.word(token).starts_with("<<-");
        self.open_at(
            Bracket::Heredoc { name },
            token.start,
            name.1,
            Newlines::Skip,
        );
        let mut pieces = Pieces::default();
        let (end, after) = self.heredoc_lines(&mut pieces, token.end);
        self.forget_open();
        self.go_to(after);
        if indented {
            remove_indentation(&mut pieces.list);
        }
        // The expression ends with its marker, not with the blank after it.
        let mut expr = self.template(pieces, token.start);
        expr.span = self.span(token.start, end);
        expr
    }

    /// The lines from byte `at` to the end marker. Returns the end of the marker and of its line.
    fn heredoc_lines(&mut self, pieces: &mut Pieces, mut at: usize) -> (usize, usize) {
        let Some(Bracket::Heredoc {
            name: (name_start, name_end),
        }) = self.innermost().map(|open| open.bracket)
        else {
            return (at, at);
        };
        let name = self.slice(name_start, name_end);
        let mut almost = None;
        while at < self.text.len() {
            let end = line_end(self.text.as_bytes(), at);
            let line = self.slice(at, end);
            if line.trim() == name {
                let marker = at + line.trim_end().len();
                if end == self.text.len() && self.in_file() {
                    self.report_marker_at_end(marker - name.len(), marker);
                }
                return (marker, end);
            }
            if almost.is_none() && line.trim_start().starts_with(name) {
                let start = end - line.trim_start().len();
                almost = Some((start, start + name.len()));
            }
            at = self.template_line(pieces, at);
        }
        if !pieces.broken {
            self.report_open_heredoc(name, almost);
        }
        (at, at)
    }

    /// A line that starts at byte `at`, with its sequences, which may go over more lines. Returns the byte after it.
    fn template_line(&mut self, pieces: &mut Pieces, mut at: usize) -> usize {
        loop {
            let (stop, end, escapes) = line_stop(self.text, at);
            let raw = self.slice(at, end);
            if self
                .innermost()
                .is_some_and(|open| matches!(open.bracket, Bracket::Heredoc { .. }))
            {
                self.report_carriage_return(raw, at);
            }
            let value = if escapes {
                unescape_bare(raw)
            } else {
                raw.to_owned()
            };
            pieces.push_text(Text {
                value,
                start: at,
                end,
            });
            match stop {
                Stop::Sequence => at = self.sequence(pieces, end),
                Stop::Quote | Stop::LineEnd => return end,
            }
        }
    }

    /// Reports the first carriage return without a line feed in a line of a heredoc, which starts at byte `at`.
    fn report_carriage_return(&mut self, line: &str, at: usize) {
        let line = line.strip_suffix("\r\n").unwrap_or(line);
        if let Some(found) = line.find('\r') {
            let diagnostic = Diagnostic::error(
                "invalid-character",
                "found a carriage return without a line feed",
            )
            .at(self.span(at + found, at + found + 1), "")
            .help("write `${\"\\r\"}` if it is meant");
            self.report(diagnostic);
        }
    }

    fn report_open_heredoc(&mut self, name: &str, almost: Option<(usize, usize)>) {
        let Some(open) = self.innermost() else { return };
        let mut diagnostic = Diagnostic::error(
            "unterminated",
            format!("the heredoc `{name}` is never closed"),
        )
        .at(self.span(open.start, open.end), "opened here")
        .help(format!("put `{name}` alone on the line after the text"));
        if let Some((start, end)) = almost {
            diagnostic = diagnostic.and_at(self.span(start, end), "not alone on its line");
        }
        self.report(diagnostic);
        // Whatever is missing at the end of the text is missing because of this.
        self.last_error = Some(self.text.len());
    }

    fn report_marker_at_end(&mut self, start: usize, end: usize) {
        let diagnostic = Diagnostic::error(
            "unterminated",
            "found the end of the text where a new line should be",
        )
        .at(self.span(start, end), "the end of a heredoc")
        .help("end the line of the end marker as well");
        self.report(diagnostic);
    }

    /// The whole text as a template.
    pub(super) fn bare_template(&mut self) -> Expr {
        if !self.text.contains(['$', '%']) {
            let text = self.name(0, self.text.len());
            return Expr {
                kind: ExprKind::Literal(Value::String(text)),
                span: self.span(0, self.text.len()),
            };
        }
        let mut pieces = Pieces::default();
        let mut at = 0;
        while at < self.text.len() {
            at = self.template_line(&mut pieces, at);
        }
        self.taken = at;
        self.template(pieces, 0)
    }
}

/// Takes from every line that starts with text what all of these lines have of blank in common.
///
/// A blank line is neither counted nor changed; a line that starts with a sequence has no blank. Text whose newline
/// was trimmed away does not end a line.
fn remove_indentation(pieces: &mut [Piece]) {
    let mut least = usize::MAX;
    let mut starting = Vec::new();
    let mut line_starts = true;
    for (index, piece) in pieces.iter().enumerate() {
        let Piece::Text(text) = piece else {
            if line_starts {
                least = 0;
            }
            line_starts = false;
            continue;
        };
        let ends_line = text.value.ends_with('\n');
        let content = text.value.trim_start();
        if line_starts && !(content.is_empty() && ends_line) {
            let blank = text
                .value
                .get(..text.value.len() - content.len())
                .unwrap_or_default();
            least = least.min(blank.graphemes(true).count());
            starting.push(index);
        }
        line_starts = ends_line;
    }
    for index in starting {
        if let Some(Piece::Text(text)) = pieces.get_mut(index) {
            let removed: usize = text.value.graphemes(true).take(least).map(str::len).sum();
            text.value.drain(..removed);
        }
    }
}
