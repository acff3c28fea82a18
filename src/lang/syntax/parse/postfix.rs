//! Reads what follows a term: attributes, indexes and splats.

use model::{Diagnostic, Value};

use super::cursor::{Bracket, Cursor, Parsed};
use super::token::{Newlines, TokenKind};
use crate::syntax::ast::{Expr, ExprKind, SplatForm, SplatStep, TraversalKind, TraversalStep};

/// A step that was read.
enum Step {
    Static(TraversalStep),
    /// An index with a key that is not a literal, and where the step starts.
    Index(Expr),
    Splat {
        form: SplatForm,
        marker: (usize, usize),
        each: Vec<SplatStep>,
    },
}

impl Cursor<'_> {
    /// Puts the steps that follow on `expr`, which starts at byte `start`.
    pub(super) fn with_steps(&mut self, mut expr: Expr, start: usize) -> Parsed<Expr> {
        while let Some(step) = self.step()? {
            let span = self.span(start, self.taken);
            expr = match step {
                Step::Static(step) => with_static(expr, step),
                Step::Index(key) => {
                    let kind = ExprKind::Index {
                        source: Box::new(expr),
                        key: Box::new(key),
                    };
                    Expr { kind, span }
                }
                Step::Splat { form, marker, each } => {
                    let marker = self.span(marker.0, marker.1);
                    Expr {
                        kind: ExprKind::Splat {
                            source: Box::new(expr),
                            form,
                            each,
                            marker,
                        },
                        span,
                    }
                }
            };
            expr.span = span;
        }
        if let ExprKind::Traversal { steps, .. } | ExprKind::Relative { steps, .. } = &mut expr.kind
        {
            steps.shrink_to_fit();
        }
        Ok(expr)
    }

    /// The next step, if one follows.
    fn step(&mut self) -> Parsed<Option<Step>> {
        match self.kind() {
            TokenKind::Dot => self.dot_step().map(Some),
            TokenKind::LeftBracket => self.bracket_step().map(Some),
            _ => Ok(None),
        }
    }

    fn dot_step(&mut self) -> Parsed<Step> {
        let start = self.take().start;
        if self.take_if(TokenKind::Star).is_none() {
            return self.after_dot(start).map(Step::Static);
        }
        let marker = (start, self.taken);
        let mut each = Vec::new();
        while let Some(dot) = self.take_if(TokenKind::Dot) {
            if self.at(TokenKind::Star) {
                let diagnostic =
                    Diagnostic::error("syntax", "found a second `.*` inside what `.*` gives")
                        .at(self.span(dot.start, self.token.end), "cannot stand here")
                        .and_at(self.span(marker.0, marker.1), "the first one")
                        .help("write `[*]` instead of `.*` for both");
                return self.fail(self.token.start, diagnostic);
            }
            each.push(SplatStep::Static(self.after_dot(dot.start)?));
        }
        Ok(Step::Splat {
            form: SplatForm::Attribute,
            marker,
            each,
        })
    }

    /// A name or legacy index after a dot that was taken.
    fn after_dot(&mut self, start: usize) -> Parsed<TraversalStep> {
        let kind = match self.kind() {
            TokenKind::Identifier => {
                let token = self.take();
                TraversalKind::Attribute(self.name(token.start, token.end))
            }
            TokenKind::Number => TraversalKind::Index(self.legacy_index(start)?),
            _ => {
                let mut diagnostic = self.wanting("the name of an attribute");
                if self.at(TokenKind::Quote) || self.at(TokenKind::LeftBracket) {
                    diagnostic = diagnostic
                        .help("a key in quotes stands in brackets without a dot: `x[\"key\"]`");
                }
                return self.fail(self.token.start, diagnostic);
            }
        };
        Ok(TraversalStep {
            kind,
            span: self.span(start, self.taken),
        })
    }

    /// The number of `.0`.
    fn legacy_index(&mut self, start: usize) -> Parsed<Value> {
        let token = self.take();
        let word = self.word(token);
        if let Some((first, second)) = word.split_once('.') {
            let span = self.span(start, token.end);
            let brackets = format!("[{first}][{second}]");
            let diagnostic = Diagnostic::error(
                "syntax",
                format!("found `.{word}` where one index should be"),
            )
            .at(span, "two indexes written with dots")
            .help(format!("write `{brackets}`"))
            .suggest(span, brackets);
            return self.fail(token.start, diagnostic);
        }
        Ok(self.number_value(token).unwrap_or_else(Value::dynamic))
    }

    fn bracket_step(&mut self) -> Parsed<Step> {
        // As in Terraform, the star of a splat stands on the bracket's line where lines count.
        let start = self.open(Bracket::Square, self.newlines).start;
        if self.at(TokenKind::Star) {
            self.take();
            if !self.at(TokenKind::RightBracket) {
                return self.fail_inside("`]`");
            }
            self.close();
            let marker = (start, self.taken);
            let each = self.deeper(Self::splat_steps)?;
            return Ok(Step::Splat {
                form: SplatForm::Full,
                marker,
                each,
            });
        }
        self.newlines = Newlines::Skip;
        self.go_to(self.taken);
        let mut key = self.expression()?;
        if !self.at(TokenKind::RightBracket) {
            return self.fail_inside("`]`");
        }
        self.close();
        Ok(match key.take_kind() {
            ExprKind::Literal(value @ (Value::String(_) | Value::Number(_))) => {
                Step::Static(TraversalStep {
                    kind: TraversalKind::Index(value),
                    span: self.span(start, self.taken),
                })
            }
            kind => Step::Index(Expr {
                kind,
                span: key.span,
            }),
        })
    }

    /// All steps that follow a `[*]`.
    fn splat_steps(&mut self) -> Parsed<Vec<SplatStep>> {
        let mut steps = Vec::new();
        while let Some(step) = self.step()? {
            steps.push(match step {
                Step::Static(step) => SplatStep::Static(step),
                Step::Index(key) => SplatStep::Index(key),
                Step::Splat { form, marker, each } => SplatStep::Splat {
                    form,
                    marker: self.span(marker.0, marker.1),
                    each,
                },
            });
        }
        Ok(steps)
    }
}

/// Puts a static step on an expression, on its traversal where it is one.
fn with_static(mut expr: Expr, step: TraversalStep) -> Expr {
    if let ExprKind::Traversal { steps, .. } | ExprKind::Relative { steps, .. } = &mut expr.kind {
        steps.push(step);
        return expr;
    }
    let span = expr.span;
    Expr {
        kind: ExprKind::Relative {
            source: Box::new(expr),
            steps: vec![step],
        },
        span,
    }
}
