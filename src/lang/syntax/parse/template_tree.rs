//! Matches the directives of a template with their ends, and makes an expression of it.

use model::{Diagnostic, Str, Value};

use super::cursor::Cursor;
use super::template::{Directive, Piece, Pieces, Text};
use crate::syntax::ast::{Expr, ExprKind, TemplatePart};

/// A directive whose end was not found yet.
struct Frame {
    directive: Directive,
    start: usize,
    end: usize,
    /// The parts before `else`.
    yes: Option<Vec<TemplatePart>>,
    parts: Vec<TemplatePart>,
    /// Text at the end of `parts` that more text may follow.
    text: Option<Text>,
}

impl Frame {
    fn new(directive: Directive, start: usize, end: usize) -> Self {
        Self {
            directive,
            start,
            end,
            yes: None,
            parts: Vec::new(),
            text: None,
        }
    }

    fn push_text(&mut self, text: Text) {
        match &mut self.text {
            Some(before) => {
                before.value.push_str(&text.value);
                before.end = text.end;
            }
            None => self.text = Some(text),
        }
    }

    fn flush(&mut self, cursor: &mut Cursor<'_>) {
        if let Some(text) = self.text.take()
            && !text.value.is_empty()
        {
            self.parts.push(TemplatePart::Text(
                Str::new(&text.value),
                cursor.span(text.start, text.end),
            ));
        }
    }

    /// The directive with its parts, which ends at byte `end`.
    fn into_part(mut self, cursor: &mut Cursor<'_>, end: usize) -> TemplatePart {
        self.flush(cursor);
        let span = cursor.span(self.start, end);
        match self.directive {
            Directive::For {
                key,
                value,
                collection,
            } => TemplatePart::For {
                key,
                value,
                collection,
                body: self.parts,
                span,
            },
            Directive::If(condition) => {
                let (yes, no) = match self.yes {
                    Some(yes) => (yes, self.parts),
                    None => (self.parts, Vec::new()),
                };
                TemplatePart::If {
                    condition,
                    yes,
                    no,
                    span,
                }
            }
            // Only the two above open a frame.
            Directive::Else | Directive::EndIf | Directive::EndFor => {
                TemplatePart::Text(Str::default(), span)
            }
        }
    }
}

impl Cursor<'_> {
    /// The expression that the pieces of a template make; it starts at byte `start` and ends where reading is.
    pub(super) fn template(&mut self, pieces: Pieces, start: usize) -> Expr {
        let mut list = pieces.list;
        if let [Piece::Value(_)] = list.as_slice()
            && let Some(Piece::Value(inner)) = list.pop()
        {
            return self.expr_from(start, ExprKind::Wrap(Box::new(inner)));
        }
        let kind = if list.iter().all(|piece| matches!(piece, Piece::Text(_))) {
            let texts = list.iter().map(|piece| match piece {
                Piece::Text(text) => text.value.as_str(),
                Piece::Value(_) | Piece::Directive { .. } => "",
            });
            let whole: String = texts.collect();
            ExprKind::Literal(Value::String(self.names.get(&whole)))
        } else {
            self.parts(list).map_or(ExprKind::Error, ExprKind::Template)
        };
        self.expr_from(start, kind)
    }

    /// The parts that the pieces make; none when they are nested too deep.
    fn parts(&mut self, pieces: Vec<Piece>) -> Option<Vec<TemplatePart>> {
        // The bottom frame is the template itself; its directive is never looked at.
        let mut frame = Frame::new(Directive::Else, 0, 0);
        let mut outer: Vec<Frame> = Vec::new();
        for piece in pieces {
            match piece {
                Piece::Text(text) => frame.push_text(text),
                Piece::Value(expr) => {
                    frame.flush(self);
                    frame.parts.push(TemplatePart::Value(expr));
                }
                Piece::Directive {
                    directive: directive @ (Directive::If(_) | Directive::For { .. }),
                    start,
                    end,
                } => {
                    if !self.has_depth(outer.len() + 1) {
                        let _: Result<(), _> = self.fail_too_deep();
                        return None;
                    }
                    frame.flush(self);
                    outer.push(std::mem::replace(
                        &mut frame,
                        Frame::new(directive, start, end),
                    ));
                }
                Piece::Directive {
                    directive: Directive::Else,
                    start,
                    end,
                } => {
                    self.else_directive(&mut frame, !outer.is_empty(), (start, end));
                }
                Piece::Directive {
                    directive,
                    start,
                    end,
                } => {
                    let matches = matches!(
                        (&frame.directive, &directive),
                        (Directive::If(_), Directive::EndIf)
                            | (Directive::For { .. }, Directive::EndFor)
                    );
                    match outer.pop() {
                        Some(parent) if matches => {
                            let inner = std::mem::replace(&mut frame, parent);
                            frame.parts.push(inner.into_part(self, end));
                        }
                        parent => {
                            outer.extend(parent);
                            self.report_stray(&frame, !outer.is_empty(), (start, end));
                        }
                    }
                }
            }
        }
        while let Some(parent) = outer.pop() {
            self.report_open_directive(&frame);
            let inner = std::mem::replace(&mut frame, parent);
            frame.flush(self);
            let end = self.taken;
            frame.parts.push(inner.into_part(self, end));
        }
        frame.flush(self);
        frame.parts.shrink_to_fit();
        Some(frame.parts)
    }

    fn else_directive(&mut self, frame: &mut Frame, inside: bool, at: (usize, usize)) {
        let is_if = inside && matches!(frame.directive, Directive::If(_));
        if is_if && frame.yes.is_none() {
            frame.flush(self);
            frame.yes = Some(std::mem::take(&mut frame.parts));
        } else {
            self.report_stray(frame, inside, at);
        }
    }

    fn report_stray(&mut self, frame: &Frame, inside: bool, (start, end): (usize, usize)) {
        let found = self.slice(start, end);
        let mut diagnostic = Diagnostic::error(
            "invalid-template",
            format!("`{found}` has no directive to belong to"),
        )
        .at(self.span(start, end), "")
        .help("`else` and `endif` belong to an `if`, `endfor` to a `for`; inner ones end first");
        if inside {
            diagnostic = diagnostic.and_at(
                self.span(frame.start, frame.end),
                "the innermost that is open",
            );
        }
        self.report(diagnostic);
    }

    fn report_open_directive(&mut self, frame: &Frame) {
        let (found, end) = match frame.directive {
            Directive::For { .. } => ("for", "endfor"),
            _ => ("if", "endif"),
        };
        let diagnostic = Diagnostic::error(
            "invalid-template",
            format!("`%{{ {found} }}` is never ended"),
        )
        .at(self.span(frame.start, frame.end), "starts here")
        .help(format!("add `%{{ {end} }}` where it should end"));
        self.report(diagnostic);
    }
}
