//! `count` and `for_each`: which instances a block or module call has.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "of many kinds only a few matter in each place here"
)]

use std::sync::Arc;

use model::value::convert;
use model::{Diagnostic, Diagnostics, Marks, Str, Type, Value};

use super::{Each, Phase, Repetition};
use crate::eval::{Scope, evaluate, kind_of};
use crate::load::Repeat;
use crate::syntax::ast::Expr;

/// Evaluates how often something repeats; what is wrong is reported and gives [`Repetition::Failed`]. In a phase that
/// only checks, one instance stands for those that are not known, so that what is in it is checked all the same.
pub(super) fn expand(
    repeat: &Repeat,
    scope: &dyn Scope,
    phase: Phase,
    out: &mut Diagnostics,
) -> Repetition {
    let (expr, any) = match repeat {
        Repeat::Once => return Repetition::Once,
        Repeat::Count(expr) => (expr, Each::Index),
        Repeat::ForEach(expr) => (expr, Each::Value(Value::dynamic())),
    };
    if phase.is_check()
        && let Some(each) = not_known_yet(expr, scope, &any)
    {
        return Repetition::Any(each);
    }
    let found = match any {
        Each::Index => count(expr, scope, out),
        Each::Value(_) => for_each(expr, scope, out),
    };
    match found {
        Repetition::Failed if phase.is_check() => Repetition::Any(any),
        // What no instance says is checked once, for the environments in which there are some.
        none if phase == Phase::Definition && none.is_empty() => Repetition::Any(any),
        found => found,
    }
}

/// What stands for all instances, when how many there are depends on what is not known, and nothing is wrong with it.
fn not_known_yet(expr: &Expr, scope: &dyn Scope, any: &Each) -> Option<Each> {
    let (value, diagnostics) = evaluate(expr, scope);
    if diagnostics.has_errors() || value.marks().contains(Marks::EPHEMERAL) {
        return None;
    }
    let (value, marks) = value.unmark();
    match any {
        Each::Index if value.is_known() || convert(&value, &Type::Number).is_err() => None,
        Each::Index => Some(Each::Index),
        Each::Value(_) if marks.contains(Marks::SENSITIVE) => None,
        Each::Value(_) => {
            let element = match &value {
                Value::Unknown(unknown) => match &unknown.ty {
                    Type::Dynamic | Type::Object(_) => Type::Dynamic,
                    Type::Map(element) => (**element).clone(),
                    // Its elements are strings, also where a set of anything is converted to one.
                    Type::Set(_) => Type::String,
                    Type::Bool | Type::Number | Type::String | Type::List(_) | Type::Tuple(_) => {
                        return None;
                    }
                },
                Value::Set(set) if set.items.iter().any(|item| !item.is_known()) => Type::String,
                _ => return None,
            };
            Some(Each::Value(Value::unknown(element)))
        }
    }
}

fn known(expr: &Expr, scope: &dyn Scope, what: &str, out: &mut Diagnostics) -> Option<Value> {
    let (value, diagnostics) = evaluate(expr, scope);
    let failed = diagnostics.has_errors();
    out.extend(diagnostics);
    if failed {
        return None;
    }
    if value.marks().contains(Marks::EPHEMERAL) {
        out.push(
            Diagnostic::error("ephemeral-misuse", format!("`{what}` is ephemeral"))
                .at(expr.span, "not known again at the next plan"),
        );
        return None;
    }
    if value.is_null() {
        out.push(
            Diagnostic::error(id(what), format!("`{what}` is null"))
                .at(expr.span, "")
                .help(if what == "count" {
                    "use 0 for no instances"
                } else {
                    "use {} for no instances"
                }),
        );
        return None;
    }
    Some(value)
}

fn id(what: &str) -> &'static str {
    if what == "count" {
        "invalid-count"
    } else {
        "invalid-for-each"
    }
}

fn not_known(expr: &Expr, what: &str, label: &str) -> Diagnostic {
    Diagnostic::error(
        "not-known",
        format!("`{what}` depends on values that are known only after an apply"),
    )
    .at(expr.span, label.to_owned())
    .help("use values that are known before, or apply what it depends on first with `-target`")
}

fn count(expr: &Expr, scope: &dyn Scope, out: &mut Diagnostics) -> Repetition {
    let Some(value) = known(expr, scope, "count", out) else {
        return Repetition::Failed;
    };
    let (value, _) = value.unmark();
    if !value.is_known() {
        out.push(not_known(expr, "count", "not known yet"));
        return Repetition::Failed;
    }
    let mut fail = |found: String| {
        out.push(
            Diagnostic::error(
                "invalid-count",
                "`count` is not a whole number of 0 or more",
            )
            .at(expr.span, format!("this is {found}")),
        );
        Repetition::Failed
    };
    let number = match convert(&value, &Type::Number) {
        Ok(Value::Number(number)) => number,
        _ => return fail(kind_of(&value)),
    };
    match number.to_u64() {
        Some(count) if count <= u64::from(u32::MAX) => Repetition::Count(count),
        _ => fail(number.to_string()),
    }
}

fn for_each(expr: &Expr, scope: &dyn Scope, out: &mut Diagnostics) -> Repetition {
    let Some(value) = known(expr, scope, "for_each", out) else {
        return Repetition::Failed;
    };
    let (value, marks) = value.unmark();
    if marks.is_secret() {
        out.push(
            Diagnostic::error("invalid-for-each", "`for_each` is sensitive")
                .at(expr.span, "its keys would be shown as parts of addresses")
                .help("make the keys from values that are not sensitive; values of a map may be"),
        );
        return Repetition::Failed;
    }
    let mut wrong = |found: &Value| {
        out.push(
            Diagnostic::error("invalid-for-each", "`for_each` is neither a map nor a set of strings")
                .at(expr.span, format!("this is {}", kind_of(found)))
                .help("turn a list of strings into a set with `toset(..)`, or build a map with `{ for .. }`"),
        );
        Repetition::Failed
    };
    match &value {
        Value::Unknown(unknown) => match &unknown.ty {
            Type::Map(_) | Type::Object(_) | Type::Set(_) | Type::Dynamic => {
                out.push(not_known(expr, "for_each", "its keys are not known yet"));
                Repetition::Failed
            }
            Type::Bool | Type::Number | Type::String | Type::List(_) | Type::Tuple(_) => {
                wrong(&value)
            }
        },
        Value::Map(_) | Value::Object(_) => {
            let fields = value.as_fields().cloned().unwrap_or_default();
            Repetition::ForEach(Arc::new(fields.into_iter().collect()))
        }
        Value::Set(set) => {
            if set.items.iter().any(|item| !item.is_known()) {
                out.push(not_known(expr, "for_each", "an element is not known yet"));
                return Repetition::Failed;
            }
            let mut keys: Vec<(Str, Value)> = Vec::with_capacity(set.items.len());
            for item in &set.items {
                match item {
                    Value::String(key) => keys.push((key.clone(), item.clone())),
                    Value::Null(_) => {
                        out.push(
                            Diagnostic::error(
                                "invalid-for-each",
                                "an element of `for_each` is null",
                            )
                            .at(expr.span, "")
                            .help("take it out, for example with `compact(..)`"),
                        );
                        return Repetition::Failed;
                    }
                    _ => return wrong(&value),
                }
            }
            keys.sort_by(|a, b| a.0.cmp(&b.0));
            Repetition::ForEach(Arc::new(keys))
        }
        Value::Null(_)
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::List(_)
        | Value::Tuple(_)
        | Value::Marked(_) => wrong(&value),
    }
}
