//! JSON objects in the place of bodies.

use std::collections::HashMap;
use std::sync::Arc;

use model::{Diagnostic, Diagnostics, Span, Str};

use super::expression::expression;
use super::node::{Member, Node, NodeKind};
use super::shape::{BlockForm, BodyShape, Form, Nested, Rest};
use crate::syntax::ast::{Attribute, Block, Body, Ident};
use crate::syntax::stack::with_room;

/// The native body that a JSON value is: an object, or an array of objects that are read as one.
///
/// Properties named `//` are comments; null is a property that is not there. An argument that is there twice is
/// reported and kept once.
pub fn json_body(node: &Node, shape: &BodyShape) -> (Body, Diagnostics) {
    let mut reader = Reader {
        diagnostics: Diagnostics::new(),
    };
    let body = reader.body(node, shape);
    (body, reader.diagnostics)
}

/// The shape of `dynamic` blocks that make blocks with the content `content`.
pub(super) fn dynamic_shape(content: Nested) -> BodyShape {
    BodyShape {
        rest: Rest::Guess,
        ..BodyShape::default()
    }
    .with_attributes(Form::Expression, &["for_each", "labels"])
    .with_attributes(Form::Code, &["iterator"])
    .with_block("content", 0, content)
}

/// Content of which nothing is known.
pub(super) fn unknown_content() -> BodyShape {
    BodyShape {
        dynamic: true,
        ..BodyShape::default()
    }
}

/// Whether a value can only be the content of blocks.
fn is_blocks(node: &Node) -> bool {
    match &node.kind {
        NodeKind::Object(_) => true,
        NodeKind::Array(items) => {
            !items.is_empty()
                && items
                    .iter()
                    .all(|item| matches!(item.kind, NodeKind::Object(_)))
        }
        NodeKind::Null | NodeKind::Bool(_) | NodeKind::Number(_) | NodeKind::String(_) => false,
    }
}

struct Reader {
    diagnostics: Diagnostics,
}

impl Reader {
    fn body(&mut self, node: &Node, shape: &BodyShape) -> Body {
        let mut body = Body {
            attributes: Vec::new(),
            blocks: Vec::new(),
            span: node.span,
        };
        let mut seen = HashMap::new();
        match &node.kind {
            NodeKind::Object(members) => self.members(members, shape, &mut body, &mut seen),
            NodeKind::Array(items) => {
                for item in items {
                    if let NodeKind::Object(members) = &item.kind {
                        self.members(members, shape, &mut body, &mut seen);
                    } else {
                        self.report_not_an_object(item.span, "an object");
                    }
                }
            }
            NodeKind::Null => {}
            NodeKind::Bool(_) | NodeKind::Number(_) | NodeKind::String(_) => {
                self.report_not_an_object(node.span, "an object");
            }
        }
        body
    }

    fn members<'n>(
        &mut self,
        members: &'n [Member],
        shape: &BodyShape,
        body: &mut Body,
        seen: &mut HashMap<&'n str, Span>,
    ) {
        for member in members {
            let name = &*member.name.text;
            if name == "//" {
                continue;
            }
            if let Some(form) = self.block_form(member, shape) {
                self.blocks(member, &form, shape, body);
            } else if !matches!(member.value.kind, NodeKind::Null) {
                let form = match (shape.attributes.get(name), shape.rest) {
                    (Some(form), _) => *form,
                    (None, Rest::Argument(form)) => form,
                    (None, Rest::Guess) => Form::Expression,
                };
                if let Some(earlier) = seen.insert(name, member.name_span) {
                    self.report_twice(member, earlier);
                    continue;
                }
                let expr = with_room(|| expression(&member.value, form, &mut self.diagnostics));
                body.attributes.push(Attribute {
                    name: ident(member),
                    expr,
                });
            }
        }
    }

    /// How the member's blocks look; none when it is an argument.
    fn block_form(&self, member: &Member, shape: &BodyShape) -> Option<BlockForm> {
        let name = &*member.name.text;
        if let Some(form) = shape.blocks.get(name) {
            return Some(form.clone());
        }
        if shape.attributes.contains_key(name) {
            return None;
        }
        if shape.dynamic && name == "dynamic" {
            return Some(BlockForm {
                labels: 1,
                body: Nested::Later(|| dynamic_shape(Nested::Later(unknown_content))),
            });
        }
        let guess = shape.rest == Rest::Guess && is_blocks(&member.value);
        guess.then_some(BlockForm {
            labels: 0,
            body: Nested::Later(unknown_content),
        })
    }

    fn blocks(&mut self, member: &Member, form: &BlockForm, shape: &BodyShape, body: &mut Body) {
        let mut labels = Vec::new();
        let makes = (shape.dynamic && &*member.name.text == "dynamic").then_some(shape);
        self.labelled(
            &member.value,
            form,
            &mut labels,
            &mut |reader, node, labels| {
                let content = match (makes, labels.first()) {
                    (Some(shape), Some(made)) => match shape.blocks.get(&made.text) {
                        Some(made) => Arc::new(dynamic_shape(made.body.clone())),
                        None => form.body.get(),
                    },
                    _ => form.body.get(),
                };
                let inner = with_room(|| reader.body(node, &content));
                let last = labels.last().map_or(member.name_span, |label| label.span);
                body.blocks.push(Block {
                    kind: ident(member),
                    labels: labels.to_vec(),
                    body: inner,
                    header: member.name_span.to(last),
                    span: member.name_span.to(node.span),
                });
            },
        );
    }

    /// Calls `found` with the content and labels of each block in `node`.
    fn labelled(
        &mut self,
        node: &Node,
        form: &BlockForm,
        labels: &mut Vec<Ident>,
        found: &mut dyn FnMut(&mut Self, &Node, &[Ident]),
    ) {
        match &node.kind {
            NodeKind::Null => {}
            NodeKind::Array(items) => {
                for item in items {
                    if let NodeKind::Object(_) = item.kind {
                        self.labelled(item, form, labels, found);
                    } else {
                        self.report_not_an_object(item.span, "an object");
                    }
                }
            }
            NodeKind::Object(_) if labels.len() == form.labels => found(self, node, labels),
            NodeKind::Object(members) => {
                for member in members {
                    labels.push(ident(member));
                    self.labelled(&member.value, form, labels, found);
                    labels.pop();
                }
            }
            NodeKind::Bool(_) | NodeKind::Number(_) | NodeKind::String(_) => {
                let wanted = if labels.len() < form.labels {
                    "an object whose names are the labels of blocks"
                } else {
                    "an object or an array of objects, the content of blocks,"
                };
                self.report_not_an_object(node.span, wanted);
            }
        }
    }

    fn report_not_an_object(&mut self, span: Span, wanted: &str) {
        self.diagnostics.push(
            Diagnostic::error(
                "invalid-json",
                format!("found another value where {wanted} should be"),
            )
            .at(span, ""),
        );
    }

    fn report_twice(&mut self, member: &Member, earlier: Span) {
        self.diagnostics.push(
            Diagnostic::error(
                "duplicate-argument",
                format!("`{}` is set a second time", member.name.text),
            )
            .at(member.name_span, "set again here")
            .and_at(earlier, "set first here")
            .help("leave one of the two out"),
        );
    }
}

fn ident(member: &Member) -> Ident {
    Ident {
        text: Str::new(&member.name.text),
        span: member.name_span,
    }
}
