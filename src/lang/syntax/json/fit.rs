//! Tells arguments from blocks in a body that was read from JSON, once its schema is known.

use std::sync::Arc;

use model::{Diagnostic, Diagnostics, Span, Value};

use super::body::{dynamic_shape, unknown_content};
use super::shape::{BlockForm, BodyShape, Form, Nested};
use crate::syntax::ast::{Attribute, Block, Body, Expr, ExprKind, Ident, ObjectItem};
use crate::syntax::stack::with_room;
use crate::syntax::{Places, parse_expression_at};

/// Makes blocks of those arguments that `shape` says are blocks, at every depth.
///
/// For bodies that [`json_body`](super::json_body) made with less known: an argument whose value is an object, or an
/// array of objects, becomes blocks; one whose value is neither is reported and left out. All else stays as it is.
pub fn fit(body: Body, shape: &BodyShape) -> (Body, Diagnostics) {
    let mut fitting = Fitting {
        diagnostics: Diagnostics::new(),
    };
    let body = fitting.body(body, shape);
    (body, fitting.diagnostics)
}

struct Fitting {
    diagnostics: Diagnostics,
}

impl Fitting {
    fn body(&mut self, body: Body, shape: &BodyShape) -> Body {
        let mut fitted = Body {
            attributes: Vec::new(),
            blocks: Vec::new(),
            span: body.span,
        };
        for mut block in body.blocks {
            if let Some(inner) = self.inner_shape(&block, shape) {
                block.body = with_room(|| self.body(block.body, &inner));
            }
            fitted.blocks.push(block);
        }
        for attribute in body.attributes {
            let name = &attribute.name.text;
            if let Some(form) = shape.blocks.get(name) {
                self.blocks(attribute, form, &mut fitted.blocks);
            } else {
                let form = shape.attributes.get(name).copied().unwrap_or_default();
                fitted.attributes.push(self.attribute(attribute, form));
            }
        }
        fitted
    }

    /// An argument that was read with its string as a template, though it is code.
    fn attribute(&mut self, mut attribute: Attribute, form: Form) -> Attribute {
        let span = attribute.expr.span;
        if let (Form::Code | Form::Reference, ExprKind::Literal(Value::String(text))) =
            (form, &attribute.expr.kind)
        {
            let places = Places::offset(span.file, span.start as usize + 1);
            let (mut expr, found) = parse_expression_at(places, text);
            self.diagnostics.extend(found);
            attribute.expr = Expr {
                kind: expr.take_kind(),
                span,
            };
        }
        attribute
    }

    /// The shape of a block's content, as far as it is known.
    fn inner_shape(&self, block: &Block, shape: &BodyShape) -> Option<Arc<BodyShape>> {
        if let Some(form) = shape.blocks.get(&block.kind.text) {
            return Some(form.body.get());
        }
        let made = block
            .labels
            .first()
            .filter(|_| shape.dynamic && block.kind.text == "dynamic")?;
        let content = shape
            .blocks
            .get(&made.text)
            .map_or(Nested::Later(unknown_content), |form| form.body.clone());
        Some(Arc::new(dynamic_shape(content)))
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "only what JSON arrays and objects become can be blocks"
    )]
    fn blocks(&mut self, attribute: Attribute, form: &BlockForm, blocks: &mut Vec<Block>) {
        let Attribute { name, expr } = attribute;
        let shape = form.body.get();
        let mut waiting = vec![(expr, Vec::new())];
        while let Some((mut expr, labels)) = waiting.pop() {
            let span = expr.span;
            match expr.take_kind() {
                ExprKind::Literal(Value::Null(_)) => {}
                // In reverse, so that they are taken in order.
                ExprKind::Tuple(items) => {
                    waiting.extend(items.into_iter().rev().map(|item| (item, labels.clone())))
                }
                ExprKind::Object(items) if labels.len() < form.labels => {
                    let labelled = items.into_iter().rev().filter_map(|item| {
                        let label = self.key(&item.key)?;
                        Some((item.value, labels.iter().cloned().chain([label]).collect()))
                    });
                    waiting.extend(labelled);
                }
                ExprKind::Object(items) => {
                    let body = self.as_body(items, span);
                    let last = labels.last().map_or(name.span, |label: &Ident| label.span);
                    blocks.push(Block {
                        kind: name.clone(),
                        labels,
                        body: with_room(|| self.dynamic_body(body, &shape)),
                        header: name.span.to(last),
                        span: name.span.to(span),
                    });
                }
                _ => self.diagnostics.push(
                    Diagnostic::error(
                        "invalid-json",
                        format!("found another value where blocks `{}` should be", name.text),
                    )
                    .at(span, "an object or an array of objects should be here"),
                ),
            }
        }
    }

    /// The items of an object as arguments.
    fn as_body(&mut self, items: Vec<ObjectItem>, span: Span) -> Body {
        let attributes = items.into_iter().filter_map(|item| {
            let name = self.key(&item.key).filter(|name| name.text != "//")?;
            let is_null = matches!(item.value.kind, ExprKind::Literal(Value::Null(_)));
            (!is_null).then_some(Attribute {
                name,
                expr: item.value,
            })
        });
        Body {
            attributes: attributes.collect(),
            blocks: Vec::new(),
            span,
        }
    }

    /// As [`Self::body`], for a body whose `dynamic` blocks are still an argument.
    fn dynamic_body(&mut self, mut body: Body, shape: &BodyShape) -> Body {
        let position = body.attributes.iter().position(|attribute| {
            shape.dynamic
                && attribute.name.text == "dynamic"
                && !shape.attributes.contains_key("dynamic")
        });
        if let Some(position) = position {
            let attribute = body.attributes.remove(position);
            let unknown = dynamic_shape(Nested::Later(unknown_content));
            let form = BlockForm {
                labels: 1,
                body: Nested::new(unknown),
            };
            self.blocks(attribute, &form, &mut body.blocks);
        }
        self.body(body, shape)
    }

    /// A name in the place of a key.
    fn key(&mut self, key: &Expr) -> Option<Ident> {
        if let ExprKind::Literal(Value::String(text)) = &key.kind {
            return Some(Ident {
                text: text.clone(),
                span: key.span,
            });
        }
        self.diagnostics.push(
            Diagnostic::error("invalid-json", "found a template where a name should be").at(
                key.span,
                "names of arguments, blocks and labels are fixed text",
            ),
        );
        None
    }
}
