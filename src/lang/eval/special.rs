//! Functions that see their arguments as expressions, not as values: `try`, `can`, `convert`, `type`, and the first
//! argument of `templatestring`.

use model::{Diagnostic, Diagnostics, Type, Value};

use super::call::{Call, expansion};
use super::explain;
use super::expression::eval as eval_expr;
use super::scope::Env;
use crate::functions::FunctionError;
use crate::load::type_constraint;
use crate::syntax::ast::{Expr, ExprKind};

/// Evaluates the call if it is one of these and needs more than a usual call; none otherwise.
pub(super) fn eval(call: &Call<'_>, env: Env<'_>, out: &mut Diagnostics) -> Option<Value> {
    match call.name {
        "try" => Some(attempt(call, env, out)),
        "can" => Some(can(call, env, out)),
        "convert" => Some(convert(call, env, out)),
        "type" if env.scope.is_console() => Some(type_of(call, env, out)),
        "templatestring" => literal_template(call, env, out),
        _ => None,
    }
}

/// An argument that is tried: an expression, or an element of the last one before `...`.
enum Tried<'a> {
    Expr(&'a Expr),
    Value(Value),
}

impl Tried<'_> {
    fn eval(&self, env: Env<'_>, out: &mut Diagnostics) -> Value {
        match self {
            Self::Expr(expr) => eval_expr(expr, env, out),
            Self::Value(value) => value.clone(),
        }
    }
}

/// The arguments to try; none when what `...` takes apart is unknown, or was reported.
fn tried<'a>(call: &Call<'a>, env: Env<'_>, out: &mut Diagnostics) -> Option<Vec<Tried<'a>>> {
    let (plain, expanded) = match call.args.split_last() {
        Some((last, plain)) if call.expand => (plain, expansion(last, env, out)?),
        _ => (call.args, Vec::new()),
    };
    let plain = plain.iter().map(Tried::Expr);
    Some(
        plain
            .chain(expanded.into_iter().map(Tried::Value))
            .collect(),
    )
}

fn attempt(call: &Call<'_>, env: Env<'_>, out: &mut Diagnostics) -> Value {
    let Some(args) = tried(call, env, out) else {
        return Value::dynamic();
    };
    if args.is_empty() {
        return env.fail(out, call.span, || {
            Diagnostic::error("argument-count", "`try` got 0, takes at least 1 argument")
        });
    }
    for arg in &args {
        let mut found = Diagnostics::new();
        let value = arg.eval(env.counted(), &mut found);
        if found.has_errors() {
            continue;
        }
        // What is not known yet may fail once it is, and then another argument is taken, of another type.
        return if value.is_wholly_known() {
            value
        } else {
            Value::dynamic()
        };
    }
    env.fail(out, call.span, || none_succeeded(call, env))
}

fn none_succeeded(call: &Call<'_>, env: Env<'_>) -> Diagnostic {
    let mut error =
        Diagnostic::error("function-failed", "`try`: every argument fails").at(call.name_span, "");
    for arg in call.args {
        let mut found = Diagnostics::new();
        eval_expr(arg, env, &mut found);
        for reason in found.iter().filter(|reason| reason.is_error()) {
            let span = reason.primary.as_ref().map_or(arg.span, |label| label.span);
            error = error.and_at(span, reason.message.clone());
        }
    }
    error
}

fn can(call: &Call<'_>, env: Env<'_>, out: &mut Diagnostics) -> Value {
    let Some(args) = tried(call, env, out) else {
        return Value::dynamic();
    };
    let [arg] = args.as_slice() else {
        return wrong_count(call, args.len(), 1, env, out);
    };
    let mut found = Diagnostics::new();
    let value = arg.eval(env.counted(), &mut found);
    if found.has_errors() {
        return Value::Bool(false);
    }
    if value.is_wholly_known() {
        Value::Bool(true)
    } else {
        Value::unknown(Type::Bool)
    }
}

/// `convert(value, type)`, whose second argument is a type as a `variable` block has it.
fn convert(call: &Call<'_>, env: Env<'_>, out: &mut Diagnostics) -> Value {
    let [value, wish] = call.args else {
        return wrong_count(call, call.args.len(), 2, env, out);
    };
    let given = eval_expr(value, env, out);
    let (constraint, found) = type_constraint(wish);
    let failed = found.has_errors();
    out.extend(found);
    if failed {
        return Value::dynamic();
    }
    match constraint.apply(&given) {
        Ok(converted) => converted,
        Err(error) => env.fail(out, value.span, || {
            let error = Diagnostic::error("argument-type", format!("`convert`: {error}"));
            explain::with_values(
                error.at(value.span, "").and_at(wish.span, "the type"),
                [value],
                env,
            )
        }),
    }
}

/// The type of a value as text; the marks stay behind, as a type tells no value.
fn type_of(call: &Call<'_>, env: Env<'_>, out: &mut Diagnostics) -> Value {
    let [arg] = call.args else {
        return wrong_count(call, call.args.len(), 1, env, out);
    };
    Value::string(eval_expr(arg, env, out).ty().to_string())
}

fn wrong_count(
    call: &Call<'_>,
    given: usize,
    wanted: usize,
    env: Env<'_>,
    out: &mut Diagnostics,
) -> Value {
    env.fail(out, call.span, || {
        let plural = if wanted == 1 { "" } else { "s" };
        let message = format!(
            "`{}` got {given}, takes {wanted} argument{plural}",
            call.name
        );
        Diagnostic::error("argument-count", message)
    })
}

/// Reports a template that is not taken from elsewhere; none when the call can go on as usual.
fn literal_template(call: &Call<'_>, env: Env<'_>, out: &mut Diagnostics) -> Option<Value> {
    let template = call.args.first()?;
    if is_reference(template) {
        return None;
    }
    let reason = if matches!(template.kind, ExprKind::Literal(_) | ExprKind::Template(_)) {
        "the template is written here: put its text into the expression itself, as a template string"
    } else if matches!(template.kind, ExprKind::Wrap(_)) {
        "the template is in `\"${..}\"`: name it without quotes"
    } else {
        "the template is an expression: it must be a reference to a string from elsewhere"
    };
    let error = FunctionError::argument(0, reason).without_values();
    Some(env.fail(out, template.span, || call.failed(&error, env)))
}

/// Whether it is a name with attributes and indexes.
fn is_reference(expr: &Expr) -> bool {
    let mut expr = expr;
    while let ExprKind::Relative { source, .. } | ExprKind::Index { source, .. } = &expr.kind {
        expr = source;
    }
    matches!(expr.kind, ExprKind::Traversal { .. })
}
