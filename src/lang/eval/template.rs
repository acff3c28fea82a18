//! Templates: text with values in it.

use model::value::{Refinement, safe_prefix};
use model::{Diagnostic, Diagnostics, Marks, Span, Type, Value};

use super::expression::eval as eval_expr;
use super::operand::{convert_quietly, kind_of};

use super::scope::Env;
use super::{comprehension, conditional, explain};
use crate::syntax::ast::{Ident, TemplatePart};

/// A prefix that is known is kept up to this many bytes.
const PREFIX_LIMIT: usize = 128;

/// Evaluates a template to a string.
pub(super) fn eval(parts: &[TemplatePart], env: Env<'_>, out: &mut Diagnostics) -> Value {
    let mut text = String::new();
    let mut known = true;
    let mut failed = false;
    let mut marks = Marks::NONE;
    for part in parts {
        let mut found = Diagnostics::new();
        let (value, span) = part_value(part, env, &mut found);
        failed |= found.has_errors();
        out.extend(found);
        let (value, part_marks) = value.unmark();
        if value.is_null() {
            failed = true;
            env.fail(out, span, || {
                let error = Diagnostic::error("null-value", "a template has no text for null");
                with_values(error.at(span, "this is null"), part, env)
            });
            continue;
        }
        marks = marks.union(part_marks);
        if !value.is_known() {
            known = false;
            continue;
        }
        let converted = convert_quietly(&value, &Type::String);
        let Some(string) = converted.as_ref().ok().and_then(Value::as_str) else {
            failed = true;
            env.fail(out, span, || {
                let message = format!("a template has no text for {}", kind_of(&value));
                let error = Diagnostic::error("value-type", message);
                with_values(error.at(span, "cannot be made a string"), part, env)
                    .help("`jsonencode` or `join` make a string of it")
            });
            continue;
        };
        if known && !failed {
            text.push_str(string);
        }
    }
    let result = match (known, failed) {
        (true, false) => Value::string(text),
        (_, true) => Value::unknown_not_null(Type::String),
        (false, false) => starting_with(&text),
    };
    result.mark(marks)
}

/// An unknown string that starts with `text`.
fn starting_with(text: &str) -> Value {
    let cut = text.floor_char_boundary(PREFIX_LIMIT);
    let prefix = safe_prefix(text.get(..cut).unwrap_or_default());
    let prefix = (!prefix.is_empty()).then_some(prefix);
    Value::refined(
        Type::String,
        Refinement {
            not_null: true,
            prefix,
            ..Refinement::default()
        },
    )
}

fn part_value(part: &TemplatePart, env: Env<'_>, out: &mut Diagnostics) -> (Value, Span) {
    match part {
        TemplatePart::Text(text, span) => (Value::String(text.clone()), *span),
        TemplatePart::Value(expr) => (eval_expr(expr, env, out), expr.span),
        TemplatePart::If {
            condition,
            yes,
            no,
            span,
        } => {
            let value =
                conditional::choose(condition, [*span, *span], env, out, |which, env, found| {
                    eval(if which { yes } else { no }, env, found)
                });
            (value, *span)
        }
        TemplatePart::For {
            key,
            value,
            collection,
            body,
            span,
        } => {
            let names = Names {
                key: key.as_ref(),
                value,
            };
            let items = comprehension::each(names, collection, env, out, |env, found| {
                eval(body, env, found)
            });
            (join(items, *span, env, out), *span)
        }
    }
}

/// The names that a loop binds.
#[derive(Clone, Copy)]
pub(super) struct Names<'a> {
    pub(super) key: Option<&'a Ident>,
    pub(super) value: &'a Ident,
}

/// The texts of a loop, one after the other.
fn join(items: Value, span: Span, env: Env<'_>, out: &mut Diagnostics) -> Value {
    let (items, mut marks) = items.unmark();
    let Some(items) = items.as_items() else {
        return Value::unknown(Type::String);
    };
    let mut text = String::new();
    let own = marks;
    for item in items {
        match item.as_str() {
            Some(part) => text.push_str(part),
            None if !item.is_known() => return Value::unknown(Type::String).mark(own),
            None => {
                env.fail(out, span, || {
                    Diagnostic::error("null-value", "a template has no text for null")
                });
            }
        }
        marks = marks.union(item.marks());
    }
    Value::string(text).mark(marks)
}

fn with_values(error: Diagnostic, part: &TemplatePart, env: Env<'_>) -> Diagnostic {
    match part {
        TemplatePart::Value(expr) => explain::with_values(error, [expr], env),
        TemplatePart::Text(..) | TemplatePart::If { .. } | TemplatePart::For { .. } => error,
    }
}
