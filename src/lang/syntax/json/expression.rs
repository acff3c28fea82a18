//! JSON values in the place of expressions.

use std::collections::HashMap;

use model::{Diagnostic, Diagnostics, Span, Value};

use super::node::{Member, Node, NodeKind, Text};
use super::shape::Form;
use crate::syntax::ast::{Expr, ExprKind, ObjectItem};
use crate::syntax::stack::with_room;
use crate::syntax::{Places, parse_expression_at, parse_template_at, parse_traversal_at};

/// The expression that a value is, with what its strings are.
pub(super) fn expression(node: &Node, form: Form, diagnostics: &mut Diagnostics) -> Expr {
    let kind = match &node.kind {
        NodeKind::Null => ExprKind::Literal(Value::NULL),
        NodeKind::Bool(value) => ExprKind::Literal(Value::Bool(*value)),
        NodeKind::Number(number) => ExprKind::Literal(Value::Number(number.clone())),
        NodeKind::String(text) => string(text, node.span, form, diagnostics),
        NodeKind::Array(items) => {
            let items = items
                .iter()
                .map(|item| with_room(|| expression(item, form, diagnostics)));
            ExprKind::Tuple(items.collect())
        }
        NodeKind::Object(members) => ExprKind::Object(object(members, form, diagnostics)),
    };
    Expr {
        kind,
        span: node.span,
    }
}

/// Where the text of a string stands in its file.
fn places(text: &Text, span: Span) -> Places<'_> {
    if text.marks.is_empty() {
        Places::offset(span.file, span.start as usize + 1)
    } else {
        Places::mapped(span.file, &text.marks)
    }
}

fn string(text: &Text, span: Span, form: Form, diagnostics: &mut Diagnostics) -> ExprKind {
    let places = places(text, span);
    if form == Form::Literal {
        return ExprKind::Literal(Value::string(&*text.text));
    }
    let is_sequence = text.text.starts_with("${") && text.text.ends_with('}');
    if form == Form::Expression || is_sequence {
        let (mut template, found) = parse_template_at(places, &text.text);
        diagnostics.extend(found);
        if let ExprKind::Wrap(inner) = &mut template.kind
            && form != Form::Expression
        {
            return inner.take_kind();
        }
        return template.take_kind();
    }
    if form == Form::Code {
        let (mut code, found) = parse_expression_at(places, &text.text);
        diagnostics.extend(found);
        return code.take_kind();
    }
    let (reference, found) = parse_traversal_at(places, &text.text);
    diagnostics.extend(found);
    match reference {
        Some((root, steps)) => ExprKind::Traversal { root, steps },
        None => ExprKind::Error,
    }
}

fn object(members: &[Member], form: Form, diagnostics: &mut Diagnostics) -> Vec<ObjectItem> {
    let mut items: Vec<ObjectItem> = Vec::with_capacity(members.len());
    let mut names: HashMap<&str, Span> = HashMap::with_capacity(members.len());
    for member in members {
        if let Some(earlier) = names.insert(&member.name.text, member.name_span) {
            let message = format!("the key {:?} is there a second time", member.name.text);
            diagnostics.push(
                Diagnostic::error("duplicate-key", message)
                    .at(member.name_span, "again here")
                    .and_at(earlier, "first here")
                    .help("leave one of the two out"),
            );
        }
        let key = Expr {
            kind: key(member, form, diagnostics),
            span: member.name_span,
        };
        let value = with_room(|| expression(&member.value, form, diagnostics));
        items.push(ObjectItem { key, value });
    }
    items
}

/// A key: a template in an expression; a name or reference where references are.
fn key(member: &Member, form: Form, diagnostics: &mut Diagnostics) -> ExprKind {
    let kind = match form {
        Form::Expression | Form::Reference => {
            string(&member.name, member.name_span, form, diagnostics)
        }
        Form::Literal | Form::Code => {
            string(&member.name, member.name_span, Form::Literal, diagnostics)
        }
    };
    if let ExprKind::Traversal { root, steps } = &kind
        && steps.is_empty()
    {
        return ExprKind::Literal(Value::String(root.text.clone()));
    }
    kind
}
