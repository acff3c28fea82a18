//! Operators with two operands, three-valued where an operand is unknown.

use model::value::{Refinement, equal};
use model::{Diagnostic, Diagnostics, Number, Span, Type, Value};

use super::explain;
use super::expression::eval as eval_expr;
use super::operand::{convert_quietly, misfit, null};
use super::scope::Env;
use crate::syntax::ast::{BinaryOp, Expr, ExprKind};

/// An evaluated operand: its value, what was reported on the way, and its expression.
struct Side<'a> {
    value: Value,
    found: Diagnostics,
    expr: &'a Expr,
    span: Span,
}

/// Evaluates a chain of binary operators; the left spine is walked without recursion, so that a chain of any length
/// is safe.
pub(super) fn eval(expr: &Expr, env: Env<'_>, out: &mut Diagnostics) -> Value {
    let mut spine = Vec::new();
    let mut leftmost = expr;
    while let ExprKind::Binary {
        op, left, right, ..
    } = &leftmost.kind
    {
        spine.push((leftmost, *op, &**right));
        leftmost = left;
    }
    let mut left = side(leftmost, env);
    for (whole, op, right) in spine.into_iter().rev() {
        let operation = Operation { op, whole, env };
        left = operation.apply(left, side(right, env));
    }
    out.extend(left.found);
    left.value
}

fn side<'a>(expr: &'a Expr, env: Env<'_>) -> Side<'a> {
    let mut found = Diagnostics::new();
    let value = eval_expr(expr, env, &mut found);
    Side {
        value,
        found,
        expr,
        span: expr.span,
    }
}

struct Operation<'a> {
    op: BinaryOp,
    whole: &'a Expr,
    env: Env<'a>,
}

impl<'a> Operation<'a> {
    fn apply(&self, left: Side<'a>, right: Side<'a>) -> Side<'a> {
        let (value, found) = self.value(left, right);
        Side {
            value,
            found,
            expr: self.whole,
            span: self.whole.span,
        }
    }

    fn value(&self, left: Side<'_>, right: Side<'_>) -> (Value, Diagnostics) {
        if matches!(self.op, BinaryOp::Equal | BinaryOp::NotEqual) {
            return self.equality(left, right);
        }
        let mut misfits = Diagnostics::new();
        let l = self.operand(&left, &mut misfits);
        let r = self.operand(&right, &mut misfits);
        let (Some(l), Some(r)) = (l, r) else {
            misfits.extend(left.found);
            misfits.extend(right.found);
            return (Value::unknown(self.result_type()), misfits);
        };
        let (l, left_marks) = l.unmark();
        let (r, right_marks) = r.unmark();
        let marks = left_marks.union(right_marks);
        if let Some((value, decided_by)) = self.short_circuit(&l, &r, left.found.has_errors()) {
            let found = match decided_by {
                Decided::Left => left.found,
                Decided::Right => right.found,
            };
            return (value.mark(marks), found);
        }
        let (left_expr, right_expr) = (left.expr, right.expr);
        let mut found = left.found;
        found.extend(right.found);
        if found.has_errors() {
            return (Value::unknown(self.result_type()).mark(marks), found);
        }
        for (value, span) in [(&l, left.span), (&r, right.span)] {
            if value.is_null() {
                self.fail(&mut found, [left_expr, right_expr], || {
                    null(symbol(self.op), span)
                });
                return (Value::unknown(self.result_type()).mark(marks), found);
            }
        }
        match self.compute(&l, &r) {
            Ok(value) => (value.mark(marks), found),
            Err(reason) => {
                let error = || Diagnostic::error("division", reason).at(self.whole.span, "");
                self.fail(&mut found, [left_expr, right_expr], error);
                (Value::unknown(self.result_type()).mark(marks), found)
            }
        }
    }

    fn equality(&self, left: Side<'_>, right: Side<'_>) -> (Value, Diagnostics) {
        let mut found = left.found;
        found.extend(right.found);
        if found.has_errors() {
            return (Value::unknown(Type::Bool), found);
        }
        let result = equal(&left.value, &right.value);
        if self.op == BinaryOp::Equal {
            return (result, found);
        }
        let (bare, marks) = result.unmark();
        let negated = if let Value::Bool(value) = bare {
            Value::Bool(!value)
        } else {
            bare
        };
        (negated.mark(marks), found)
    }

    fn fail<const N: usize>(
        &self,
        found: &mut Diagnostics,
        operands: [&Expr; N],
        error: impl FnOnce() -> Diagnostic,
    ) {
        self.env.fail(found, self.whole.span, || {
            explain::with_values(error(), operands, self.env)
        });
    }

    fn operand(&self, side: &Side<'_>, misfits: &mut Diagnostics) -> Option<Value> {
        let wanted = operand_type(self.op);
        let converted = convert_quietly(&side.value, &wanted).ok();
        if converted.is_none() {
            let error = || misfit(symbol(self.op), &side.value, &wanted, side.span);
            self.fail(misfits, [side.expr], error);
        }
        converted
    }

    fn result_type(&self) -> Type {
        match self.op {
            BinaryOp::Add
            | BinaryOp::Subtract
            | BinaryOp::Multiply
            | BinaryOp::Divide
            | BinaryOp::Modulo => Type::Number,
            BinaryOp::Equal
            | BinaryOp::NotEqual
            | BinaryOp::Less
            | BinaryOp::LessOrEqual
            | BinaryOp::Greater
            | BinaryOp::GreaterOrEqual
            | BinaryOp::And
            | BinaryOp::Or => Type::Bool,
        }
    }

    /// The result of `&&` and `||` where one operand decides it; what was reported for the other is then dropped.
    fn short_circuit(&self, l: &Value, r: &Value, left_failed: bool) -> Option<(Value, Decided)> {
        let deciding = match self.op {
            BinaryOp::And => false,
            BinaryOp::Or => true,
            BinaryOp::Add
            | BinaryOp::Subtract
            | BinaryOp::Multiply
            | BinaryOp::Divide
            | BinaryOp::Modulo
            | BinaryOp::Equal
            | BinaryOp::NotEqual
            | BinaryOp::Less
            | BinaryOp::LessOrEqual
            | BinaryOp::Greater
            | BinaryOp::GreaterOrEqual => return None,
        };
        let unknown = || Value::unknown_not_null(Type::Bool);
        match (l, r) {
            (Value::Unknown(_), Value::Unknown(_)) if !left_failed => {
                Some((unknown(), Decided::Left))
            }
            (Value::Bool(l), _) if *l == deciding => Some((Value::Bool(deciding), Decided::Left)),
            (Value::Bool(_) | Value::Unknown(_), Value::Bool(r)) if *r == deciding => {
                Some((Value::Bool(deciding), Decided::Right))
            }
            (Value::Unknown(_), Value::Bool(_)) => Some((unknown(), Decided::Left)),
            (Value::Bool(_), Value::Unknown(_)) => Some((unknown(), Decided::Right)),
            _ => None,
        }
    }

    /// The result for operands of the right type that are not null.
    fn compute(&self, l: &Value, r: &Value) -> Result<Value, &'static str> {
        let numbers = |l: &Number, r: &Number| match self.op {
            BinaryOp::Add => l
                .checked_add(r)
                .ok_or("the sum of opposing infinities is not a number"),
            BinaryOp::Subtract => l
                .checked_sub(r)
                .ok_or("infinity less infinity is not a number"),
            BinaryOp::Multiply => l
                .checked_mul(r)
                .ok_or("zero times infinity is not a number"),
            BinaryOp::Divide => l
                .checked_div(r)
                .ok_or("zero by zero, or infinity by infinity, is not a number"),
            BinaryOp::Modulo => l
                .checked_rem(r)
                .ok_or("the remainder of zero and infinity is not a number"),
            BinaryOp::Equal
            | BinaryOp::NotEqual
            | BinaryOp::Less
            | BinaryOp::LessOrEqual
            | BinaryOp::Greater
            | BinaryOp::GreaterOrEqual
            | BinaryOp::And
            | BinaryOp::Or => Err("these operands are not numbers. This is a bug in Terrace."),
        };
        match self.op {
            BinaryOp::Add
            | BinaryOp::Subtract
            | BinaryOp::Multiply
            | BinaryOp::Divide
            | BinaryOp::Modulo => match (l, r) {
                (Value::Number(l), Value::Number(r)) => numbers(l, r).map(Value::Number),
                _ => Ok(Value::unknown_not_null(Type::Number)),
            },
            BinaryOp::Less => Ok(less(l, r)),
            BinaryOp::Greater => Ok(less(r, l)),
            BinaryOp::LessOrEqual => Ok(either(less(l, r), || equal(l, r))),
            BinaryOp::GreaterOrEqual => Ok(either(less(r, l), || equal(l, r))),
            BinaryOp::And | BinaryOp::Or => match (l, r) {
                (Value::Bool(_), Value::Bool(r)) => Ok(Value::Bool(*r)),
                _ => Ok(Value::unknown_not_null(Type::Bool)),
            },
            BinaryOp::Equal | BinaryOp::NotEqual => Ok(equal(l, r)),
        }
    }
}

/// Which operand decided.
enum Decided {
    Left,
    Right,
}

/// Whether `l < r`; told from their ranges where one is unknown. Bounds count as exclusive.
fn less(l: &Value, r: &Value) -> Value {
    if let (Value::Number(l), Value::Number(r)) = (l, r) {
        return Value::Bool(l < r);
    }
    let (l, r) = (l.range(), r.range());
    let below = |low: &Refinement, high: &Refinement| match (&low.max, &high.min) {
        (Some(max), Some(min)) => max.value < min.value,
        _ => false,
    };
    if below(&l, &r) {
        return Value::Bool(true);
    }
    if below(&r, &l) {
        return Value::Bool(false);
    }
    Value::unknown_not_null(Type::Bool)
}

/// Whether one of two is true.
fn either(a: Value, b: impl FnOnce() -> Value) -> Value {
    match a.as_bool() {
        Some(true) => a,
        Some(false) => b(),
        None if b().as_bool() == Some(true) => Value::Bool(true),
        None => a,
    }
}

fn operand_type(op: BinaryOp) -> Type {
    if matches!(op, BinaryOp::And | BinaryOp::Or) {
        Type::Bool
    } else {
        Type::Number
    }
}

fn symbol(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Add => "+",
        BinaryOp::Subtract => "-",
        BinaryOp::Multiply => "*",
        BinaryOp::Divide => "/",
        BinaryOp::Modulo => "%",
        BinaryOp::Equal => "==",
        BinaryOp::NotEqual => "!=",
        BinaryOp::Less => "<",
        BinaryOp::LessOrEqual => "<=",
        BinaryOp::Greater => ">",
        BinaryOp::GreaterOrEqual => ">=",
        BinaryOp::And => "&&",
        BinaryOp::Or => "||",
    }
}
