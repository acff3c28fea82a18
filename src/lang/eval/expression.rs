//! Evaluates an expression: the choice of what to do for each kind, and the kinds that need only a few lines.

use model::{Diagnostic, Diagnostics, Marks, Span, Str, Type, Value};

use super::scope::{Env, Indexed, Reporting, Scope};
use super::traversal::{self, Named};
use super::{binary, call, comprehension, conditional, operand, splat, template};
use crate::suggest::closest;
use crate::syntax::ast::{Expr, ExprKind, Ident, ObjectItem, TraversalStep};
use crate::syntax::stack::with_room;

/// Evaluates an expression in a scope.
///
/// Never stops at an error: what could not be evaluated goes on as an unknown, so that everything else that is wrong
/// is found as well. After an error the value is only good for that.
pub fn evaluate(expr: &Expr, scope: &dyn Scope) -> (Value, Diagnostics) {
    let mut out = Diagnostics::new();
    let env = Env {
        scope,
        locals: None,
        reporting: Reporting::Full,
    };
    let value = eval(expr, env, &mut out);
    (value, out)
}

/// Evaluates an expression; nesting of any depth is safe.
pub(super) fn eval(expr: &Expr, env: Env<'_>, out: &mut Diagnostics) -> Value {
    if let ExprKind::Literal(value) = &expr.kind {
        return value.clone();
    }
    with_room(|| dispatch(expr, env, out))
}

fn dispatch(expr: &Expr, env: Env<'_>, out: &mut Diagnostics) -> Value {
    match &expr.kind {
        ExprKind::Literal(value) => value.clone(),
        ExprKind::Template(parts) => template::eval(parts, env, out),
        ExprKind::Wrap(inner) | ExprKind::Paren(inner) => eval(inner, env, out),
        ExprKind::Traversal { root, steps } => name(root, steps, env, out),
        ExprKind::Relative { source, steps } => relative(source, steps, env, out),
        ExprKind::Index { source, key } => indexed(source, key, &[], expr.span, env, out),
        ExprKind::Splat { source, each, .. } => splat::eval(source, each, env, out),
        ExprKind::Call { .. } => call::eval(expr, env, out),
        ExprKind::Unary { op, operand } => operand::unary(*op, operand, env, out),
        ExprKind::Binary { .. } => binary::eval(expr, env, out),
        ExprKind::Conditional { condition, yes, no } => {
            conditional::eval(condition, yes, no, env, out)
        }
        ExprKind::Tuple(items) => {
            Value::tuple(items.iter().map(|item| eval(item, env, out)).collect())
        }
        ExprKind::Object(items) => object(items, env, out),
        ExprKind::For(expr) => comprehension::eval(expr, env, out),
        ExprKind::Error => Value::dynamic(),
    }
}

/// The value of a name and the static steps after it.
pub(super) fn name(
    root: &Ident,
    steps: &[TraversalStep],
    env: Env<'_>,
    out: &mut Diagnostics,
) -> Value {
    let (value, taken) = match env.local(&root.text) {
        Some(value) => (value.clone(), 0),
        None => match env.scope.resolve(root, steps, out) {
            Some(resolution) => (resolution.value, resolution.taken),
            None => return unknown_name(root, env, out),
        },
    };
    let named = Named {
        root: Some(root),
        steps,
        taken,
    };
    traversal::steps(value, &named, env, out)
}

fn unknown_name(root: &Ident, env: Env<'_>, out: &mut Diagnostics) -> Value {
    env.fail(out, root.span, || {
        let names = env.names();
        let error = Diagnostic::error(
            "unknown-name",
            format!("`{}` is not defined here", root.text),
        );
        match closest(&root.text, names.iter().map(Str::as_str)) {
            Some(near) => error
                .help(format!("did you mean `{near}`?"))
                .suggest(root.span, near),
            None => error,
        }
    })
}

fn relative(source: &Expr, steps: &[TraversalStep], env: Env<'_>, out: &mut Diagnostics) -> Value {
    if let ExprKind::Index { source: inner, key } = &source.kind {
        return indexed(inner, key, steps, source.span, env, out);
    }
    let value = eval(source, env, out);
    traversal::steps(
        value,
        &Named {
            root: None,
            steps,
            taken: 0,
        },
        env,
        out,
    )
}

/// `source[key]` and the static steps after it.
#[expect(
    clippy::too_many_arguments,
    reason = "the parts of one expression, its scope and where to report"
)]
fn indexed(
    source: &Expr,
    key: &Expr,
    rest: &[TraversalStep],
    span: Span,
    env: Env<'_>,
    out: &mut Diagnostics,
) -> Value {
    let key_value = eval(key, env, out);
    if let ExprKind::Traversal { root, steps } = &source.kind
        && env.local(&root.text).is_none()
        && key_value.is_known()
        && !key_value.is_null()
    {
        let parts = Indexed {
            root,
            steps,
            key: key_value.bare(),
            rest,
        };
        if let Some(found) = env.scope.resolve_indexed(&parts, out) {
            let named = Named {
                root: None,
                steps: rest,
                taken: found.taken,
            };
            return traversal::steps(found.value.mark(key_value.marks()), &named, env, out);
        }
    }
    let value = eval(source, env, out);
    let value = match traversal::index_described(&value, &key_value, &Named::of(source)) {
        Ok(value) => value,
        Err(error) => {
            return env.fail(out, key.span.to(span), || {
                super::explain::with_values(error().at_least(key.span), [key], env)
            });
        }
    };
    traversal::steps(
        value,
        &Named {
            root: None,
            steps: rest,
            taken: 0,
        },
        env,
        out,
    )
}

fn object(items: &[ObjectItem], env: Env<'_>, out: &mut Diagnostics) -> Value {
    let mut entries = Vec::with_capacity(items.len());
    let mut marks = Marks::NONE;
    let mut complete = true;
    for item in items {
        let key = object_key(&item.key, env, out);
        let value = eval(&item.value, env, out);
        match key {
            Some((key, found)) => {
                marks = marks.union(found);
                match key {
                    Some(key) => entries.push((key, value)),
                    None => complete = false,
                }
            }
            None => complete = false,
        }
    }
    if complete {
        Value::object(entries).mark(marks)
    } else {
        Value::dynamic().mark(marks)
    }
}

/// The text of a key with its marks; no text when it is unknown, nothing at all when it was reported.
fn object_key(key: &Expr, env: Env<'_>, out: &mut Diagnostics) -> Option<(Option<Str>, Marks)> {
    if let ExprKind::Traversal { root, steps } = &key.kind
        && !steps.is_empty()
    {
        env.fail(out, key.span, || {
            Diagnostic::error(
                "ambiguous-attribute",
                format!(
                    "a key that starts with `{}.` could be a name or a reference",
                    root.text
                ),
            )
            .help("put a reference in parentheses, or a name with dots in quotes")
        });
        return None;
    }
    let before = out.len();
    let value = eval(key, env, out);
    if out.len() > before && out.iter().skip(before).any(Diagnostic::is_error) {
        return None;
    }
    let (value, marks) = value.unmark();
    if value.is_null() {
        env.fail(out, key.span, || {
            Diagnostic::error("null-value", "the key is null, not a string")
        });
        return None;
    }
    match operand::convert_quietly(&value, &Type::String) {
        Ok(value) => Some((value.as_str().cloned(), marks)),
        Err(error) => {
            env.fail(out, key.span, || {
                Diagnostic::error(
                    "value-type",
                    format!("the key is {}: {error}", operand::kind_of(&value)),
                )
            });
            None
        }
    }
}
