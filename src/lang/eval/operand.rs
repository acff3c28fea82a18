//! Operands of operators: their conversion, what is said when they do not fit, and the operators with one of them.

use model::value::{ConvertError, convert};
use model::{Diagnostic, Diagnostics, Span, Type, Value};

use super::explain;
use super::expression::eval;
use super::scope::Env;
use crate::syntax::ast::{Expr, UnaryOp};

/// Converts, without work when the value has a primitive type already.
pub(super) fn convert_quietly(value: &Value, ty: &Type) -> Result<Value, ConvertError> {
    match (value.bare(), ty) {
        (Value::Bool(_), Type::Bool)
        | (Value::Number(_), Type::Number)
        | (Value::String(_), Type::String) => Ok(value.clone()),
        _ => convert(value, ty),
    }
}

/// What a value is, in a sentence: `a string`, `null`, `an object`.
pub(crate) fn kind_of(value: &Value) -> String {
    if value.is_null() {
        return "null".into();
    }
    let ty = value.ty();
    let name = ty.friendly();
    let article = if name.starts_with(['a', 'e', 'i', 'o', 'u']) {
        "an"
    } else {
        "a"
    };
    format!("{article} {name}")
}

/// Says that an operand does not fit.
pub(super) fn misfit(symbol: &str, value: &Value, wanted: &Type, span: Span) -> Diagnostic {
    let message = format!(
        "`{symbol}` takes {}s, this is {}",
        wanted.friendly(),
        kind_of(value)
    );
    Diagnostic::error("operand-type", message).at(span, explain::show(value))
}

/// Says that an operand is null.
pub(super) fn null(symbol: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        "null-value",
        format!("`{symbol}` has an operand that is null"),
    )
    .at(span, "this is null")
}

/// `-x`, `!x`.
pub(super) fn unary(op: UnaryOp, operand: &Expr, env: Env<'_>, out: &mut Diagnostics) -> Value {
    let (symbol, ty) = match op {
        UnaryOp::Negate => ("-", Type::Number),
        UnaryOp::Not => ("!", Type::Bool),
    };
    let given = eval(operand, env, out);
    let Ok(converted) = convert_quietly(&given, &ty) else {
        env.fail(out, operand.span, || {
            explain::with_values(misfit(symbol, &given, &ty, operand.span), [operand], env)
        });
        return Value::unknown_not_null(ty);
    };
    let (bare, marks) = converted.unmark();
    let result = match (bare.as_number(), bare.as_bool()) {
        (Some(number), _) => Value::Number(-number),
        (_, Some(value)) => Value::Bool(!value),
        (None, None) => {
            if bare.is_null() {
                env.fail(out, operand.span, || {
                    explain::with_values(null(symbol, operand.span), [operand], env)
                });
            }
            Value::unknown_not_null(ty)
        }
    };
    result.mark(marks)
}
