//! Function calls.

use model::{Diagnostic, Diagnostics, Span, Str, Type, Value};

use super::expression::eval as eval_expr;
use super::operand::kind_of;
use super::scope::Env;
use super::{explain, special};
use crate::functions::protocol::check_count;
use crate::functions::{self, Function, FunctionError};
use crate::suggest::closest;
use crate::syntax::ast::{Expr, ExprKind};

/// A call as it is written.
#[derive(Clone, Copy)]
pub(super) struct Call<'a> {
    /// The function's name without `core::`.
    pub(super) name: &'a str,
    pub(super) name_span: Span,
    pub(super) args: &'a [Expr],
    pub(super) expand: bool,
    /// All of it.
    pub(super) span: Span,
}

/// Evaluates a call.
pub(super) fn eval(expr: &Expr, env: Env<'_>, out: &mut Diagnostics) -> Value {
    let ExprKind::Call {
        name,
        name_span,
        args,
        expand,
    } = &expr.kind
    else {
        return Value::dynamic();
    };
    let call = |name| Call {
        name,
        name_span: *name_span,
        args,
        expand: *expand,
        span: expr.span,
    };
    if !env.scope.has_functions() {
        return env.fail(out, *name_span, || {
            Diagnostic::error("not-a-literal", "no function can be called here")
                .help("write the value itself")
        });
    }
    match name.as_slice() {
        [name] => builtin(&call(name), env, out),
        [namespace, name] if *namespace == "core" => builtin(&call(name), env, out),
        path => provider_function(path, &call(path.last().map_or("", Str::as_str)), env, out),
    }
}

fn builtin(call: &Call<'_>, env: Env<'_>, out: &mut Diagnostics) -> Value {
    if let Some(value) = special::eval(call, env, out) {
        return value;
    }
    let Some(function) = functions::lookup(call.name) else {
        return env.fail(out, call.name_span, || unknown_function(call));
    };
    let Some(args) = arguments(call, Some(function), env, out) else {
        return Value::dynamic();
    };
    finish(
        call,
        functions::call(function, env.scope.calls(), args),
        env,
        out,
    )
}

fn provider_function(path: &[Str], call: &Call<'_>, env: Env<'_>, out: &mut Diagnostics) -> Value {
    let Some(args) = arguments(call, None, env, out) else {
        return Value::dynamic();
    };
    match env.scope.call_provider_function(path, &args) {
        Some(result) => finish(call, result, env, out),
        None => env.fail(out, call.name_span, || {
            let name: Vec<&str> = path.iter().map(Str::as_str).collect();
            Diagnostic::error(
                "unknown-function",
                format!("there is no function `{}`", name.join("::")),
            )
        }),
    }
}

fn unknown_function(call: &Call<'_>) -> Diagnostic {
    let message = format!("there is no function `{}`", call.name);
    let error = Diagnostic::error("unknown-function", message);
    let names = functions::all()
        .map(|function| function.name)
        .chain(["try", "can", "convert"]);
    match closest(call.name, names) {
        Some(near) => error
            .help(format!("did you mean `{near}`?"))
            .suggest(call.name_span, near),
        None => error,
    }
}

/// Gives the result, or reports why there is none.
fn finish(
    call: &Call<'_>,
    result: Result<Value, FunctionError>,
    env: Env<'_>,
    out: &mut Diagnostics,
) -> Value {
    match result {
        Ok(value) => value,
        Err(error) => env.fail(out, call.span, || call.failed(&error, env)),
    }
}

impl Call<'_> {
    /// Says why a call has no result.
    pub(super) fn failed(&self, error: &FunctionError, env: Env<'_>) -> Diagnostic {
        // Arguments from `...` all stand at the place of the last one written.
        let argument = error
            .argument
            .and_then(|at| self.args.get(at).or(self.args.last()));
        let message = if error.message.starts_with('`') {
            error.message.clone()
        } else {
            format!("`{}`: {}", self.name, error.message)
        };
        let diagnostic = Diagnostic::error(error.id, message);
        let diagnostic = match argument {
            Some(argument) => diagnostic.at(argument.span, "").and_at(self.name_span, ""),
            None => diagnostic.at(self.span, ""),
        };
        match argument {
            Some(argument) => explain::with_values(diagnostic, [argument], env),
            None => explain::with_values(diagnostic, self.args, env),
        }
    }
}

/// The values of the arguments; none when the result is a dynamic unknown, or something was reported.
fn arguments(
    call: &Call<'_>,
    function: Option<&Function>,
    env: Env<'_>,
    out: &mut Diagnostics,
) -> Option<Vec<Value>> {
    let (plain, expanded) = match call.args.split_last() {
        Some((last, plain)) if call.expand => (plain, expansion(last, env, out)?),
        _ => (call.args, Vec::new()),
    };
    if let Some(function) = function
        && let Err(error) = check_count(function, plain.len() + expanded.len())
    {
        env.fail(out, call.span, || {
            call.failed(&error, env).help(format!(
                "it is `{}`",
                functions::protocol::signature(function)
            ))
        });
        return None;
    }
    let mut found = Diagnostics::new();
    let mut values: Vec<Value> = plain
        .iter()
        .map(|arg| eval_expr(arg, env, &mut found))
        .collect();
    let failed = found.has_errors();
    out.extend(found);
    if failed {
        return None;
    }
    values.extend(expanded);
    Some(values)
}

/// The elements of the argument before `...`; none when it is unknown, or something was reported.
pub(super) fn expansion(arg: &Expr, env: Env<'_>, out: &mut Diagnostics) -> Option<Vec<Value>> {
    let mut found = Diagnostics::new();
    let value = eval_expr(arg, env, &mut found);
    let failed = found.has_errors();
    out.extend(found);
    if failed {
        return None;
    }
    let sequence = match value.ty() {
        Type::List(_) | Type::Set(_) | Type::Tuple(_) => true,
        Type::Dynamic => !value.is_null(),
        Type::Bool | Type::Number | Type::String | Type::Map(_) | Type::Object(_) => false,
    };
    if !sequence || value.is_null() {
        env.fail(out, arg.span, || {
            let id = if value.is_null() {
                "null-value"
            } else {
                "value-type"
            };
            let message = format!(
                "`...` takes apart a list, set or tuple, this is {}",
                kind_of(&value)
            );
            explain::with_values(Diagnostic::error(id, message).at(arg.span, ""), [arg], env)
        });
        return None;
    }
    let marks = value.marks();
    Some(
        value
            .as_items()?
            .iter()
            .map(|item| item.clone().mark(marks))
            .collect(),
    )
}
