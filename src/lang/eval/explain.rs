//! Shows the values in play to who reads a diagnostic.

use std::fmt::Write as _;

use model::{Diagnostic, Diagnostics, Str, Value};

use super::expression;
use super::references::{FreeTraversal, references};
use super::scope::{Env, Reporting, Scope};
use crate::syntax::ast::{Expr, TraversalKind};

/// How many values a diagnostic shows.
const SHOWN: usize = 4;
/// How many characters of a value are shown.
const WIDTH: usize = 60;

/// Adds a note for each name in the expressions with the value it has, except for unknown ones.
pub(super) fn with_values<'e>(
    error: Diagnostic,
    exprs: impl IntoIterator<Item = &'e Expr>,
    env: Env<'_>,
) -> Diagnostic {
    let mut found: Vec<FreeTraversal<'_>> = Vec::new();
    for expr in exprs {
        references(expr, &mut found);
    }
    let mut notes: Vec<String> = Vec::new();
    for free in &found {
        if notes.len() == SHOWN {
            break;
        }
        let mut ignored = Diagnostics::new();
        let value = expression::name(free.root, free.steps, env.counted(), &mut ignored);
        let note = format!("{} = {}", text(free), show(&value));
        if !ignored.has_errors() && value.is_known() && !notes.contains(&note) {
            notes.push(note);
        }
    }
    notes.into_iter().fold(error, Diagnostic::note)
}

/// The same for an expression of which nothing is being evaluated.
pub(crate) fn with_values_of(error: Diagnostic, expr: &Expr, scope: &dyn Scope) -> Diagnostic {
    let env = Env {
        scope,
        locals: None,
        reporting: Reporting::Counted,
    };
    with_values(error, [expr], env)
}

fn text(free: &FreeTraversal<'_>) -> String {
    let mut text = free.root.text.to_string();
    for step in free.steps {
        let _ = match &step.kind {
            TraversalKind::Attribute(name) => write!(text, ".{name}"),
            TraversalKind::Index(key) => write!(text, "[{}]", show(key)),
        };
    }
    text
}

/// The value as one would write it, on one line and cut when it is long. What is sensitive is not shown.
pub fn show(value: &Value) -> String {
    let mut out = String::new();
    write_value(value, &mut out);
    if out.chars().count() > WIDTH {
        out = out.chars().take(WIDTH - 3).collect();
        out.push_str("...");
    }
    out
}

/// Writes until there is more than will be shown.
fn write_value(value: &Value, out: &mut String) {
    if out.len() > WIDTH * 4 {
        return;
    }
    let _ = match value {
        Value::Marked(marked) if marked.marks.is_secret() => out.write_str("(sensitive value)"),
        Value::Marked(marked) => return write_value(&marked.value, out),
        Value::Null(_) => out.write_str("null"),
        Value::Unknown(_) => out.write_str("(known after apply)"),
        Value::Bool(value) => write!(out, "{value}"),
        Value::Number(number) => write!(out, "{number}"),
        Value::String(text) => {
            let start: String = text.chars().take(WIDTH).collect();
            write!(out, "{start:?}")
        }
        Value::List(list) | Value::Set(list) => return write_items(&list.items, out),
        Value::Tuple(items) => return write_items(items, out),
        Value::Map(map) => return write_entries(map.entries.iter(), out),
        Value::Object(fields) => return write_entries(fields.iter(), out),
    };
}

fn write_items(items: &[Value], out: &mut String) {
    out.push('[');
    for (at, item) in items.iter().take(WIDTH).enumerate() {
        if at > 0 {
            out.push_str(", ");
        }
        write_value(item, out);
    }
    out.push(']');
}

fn write_entries<'a>(entries: impl Iterator<Item = (&'a Str, &'a Value)>, out: &mut String) {
    out.push('{');
    for (at, (name, value)) in entries.take(WIDTH).enumerate() {
        out.push_str(if at > 0 { ", " } else { " " });
        let _ = write!(out, "{name} = ");
        write_value(value, out);
    }
    out.push_str(" }");
}
