//! `condition ? yes : no`, in expressions and as `%{ if }` in templates.

use model::value::{Bound, Refinement, Unified, unify};
use model::{Diagnostic, Diagnostics, Span, Type, Value};

use super::explain;
use super::expression::eval as eval_expr;
use super::operand::{convert_quietly, kind_of};
use super::scope::Env;
use crate::syntax::ast::Expr;

/// A branch: its value, what was reported for it, and its place.
pub(super) struct Branch {
    pub(super) value: Value,
    pub(super) found: Diagnostics,
    pub(super) span: Span,
}

/// Evaluates a conditional.
pub(super) fn eval(
    condition: &Expr,
    yes: &Expr,
    no: &Expr,
    env: Env<'_>,
    out: &mut Diagnostics,
) -> Value {
    choose(
        condition,
        [yes.span, no.span],
        env,
        out,
        |which, env, found| eval_expr(if which { yes } else { no }, env, found),
    )
}

/// Evaluates condition and both branches, as the type of the result depends on both, and picks one. What is reported
/// for the branch not taken is dropped.
pub(super) fn choose(
    condition: &Expr,
    [yes_span, no_span]: [Span; 2],
    env: Env<'_>,
    out: &mut Diagnostics,
    eval_branch: impl Fn(bool, Env<'_>, &mut Diagnostics) -> Value,
) -> Value {
    let mut condition_found = Diagnostics::new();
    let chosen = eval_expr(condition, env, &mut condition_found);
    let truth = convert_quietly(&chosen, &Type::Bool);
    let known = truth.as_ref().ok().and_then(Value::as_bool);
    let branch = |which: bool, span: Span| {
        let mut found = Diagnostics::new();
        let env = if known == Some(which) {
            env
        } else {
            env.counted()
        };
        let value = eval_branch(which, env, &mut found);
        Branch { value, found, span }
    };
    let (yes, no) = (branch(true, yes_span), branch(false, no_span));
    let Some(unified) = common_type(&yes.value, &no.value) else {
        out.extend(condition_found);
        return env.fail(out, yes_span.to(no_span), || {
            differing(&yes, &no, condition)
        });
    };
    out.extend(condition_found);
    let ty = unified.ty.clone();
    if chosen.is_null() {
        env.fail(out, condition.span, || {
            let error = Diagnostic::error("null-value", "the condition is null, not true or false");
            explain::with_values(error, [condition], env)
        });
        return Value::unknown(ty);
    }
    let marks = chosen
        .marks()
        .union(yes.value.marks())
        .union(no.value.marks());
    if !chosen.is_known() {
        return undecided(&ty, yes.value.bare(), no.value.bare()).mark(marks);
    }
    let Some(known) = known else {
        env.fail(out, condition.span, || {
            let found = format!("the condition is {}, not true or false", kind_of(&chosen));
            explain::with_values(Diagnostic::error("value-type", found), [condition], env)
        });
        return Value::unknown(ty);
    };
    let taken = if known { yes } else { no };
    out.extend(taken.found);
    let (value, _) = taken.value.unmark();
    match unified.convert(&value) {
        Ok(value) => value.mark(marks),
        Err(error) => {
            env.fail(out, taken.span, || {
                Diagnostic::error(
                    "value-type",
                    format!("this branch does not fit the other: {error}"),
                )
            });
            Value::unknown(ty).mark(marks)
        }
    }
}

/// The type that both branches have in common; none when there is none.
fn common_type(yes: &Value, no: &Value) -> Option<Unified> {
    let bare_null = |value: &Value| matches!(value, Value::Null(Type::Dynamic));
    let (yes_type, no_type) = (yes.ty(), no.ty());
    let alone = if bare_null(yes) {
        no_type
    } else if bare_null(no) || yes_type == no_type {
        yes_type
    } else if yes_type == Type::Dynamic || no_type == Type::Dynamic {
        Type::Dynamic
    } else {
        return unify(&[yes_type, no_type]);
    };
    Some(Unified::decided(alone))
}

/// What is known of the result while the condition is not.
fn undecided(ty: &Type, yes: &Value, no: &Value) -> Value {
    if yes.is_null() && no.is_null() {
        return Value::Null(ty.clone());
    }
    let (y, n) = (yes.range(), no.range());
    let mut refinement = Refinement {
        not_null: y.not_null && n.not_null,
        ..Refinement::default()
    };
    let (yes_type, no_type) = (yes.ty(), no.ty());
    if yes_type == Type::Number && no_type == Type::Number {
        refinement.min = outermost(y.min, n.min, |new, old| new.value < old.value);
        refinement.max = outermost(y.max, n.max, |new, old| new.value > old.value);
    } else if yes_type.is_collection() && yes_type == no_type {
        refinement.len_min = y.len_min.min(n.len_min);
        refinement.len_max = y.len_max.zip(n.len_max).map(|(y, n)| y.max(n));
    }
    Value::refined(ty.clone(), refinement)
}

/// The bound that holds for both, if both are bound.
fn outermost(
    a: Option<Bound>,
    b: Option<Bound>,
    further: impl Fn(&Bound, &Bound) -> bool,
) -> Option<Bound> {
    let (a, b) = (a?, b?);
    Some(if further(&a, &b) {
        a
    } else if further(&b, &a) {
        b
    } else {
        Bound {
            inclusive: a.inclusive || b.inclusive,
            value: a.value,
        }
    })
}

fn differing(yes: &Branch, no: &Branch, condition: &Expr) -> Diagnostic {
    let difference = difference(&yes.value.ty(), &no.value.ty());
    Diagnostic::error(
        "value-type",
        format!("the branches have no type in common: {difference}"),
    )
    .at(no.span, kind_of(&no.value))
    .and_at(yes.span, kind_of(&yes.value))
    .and_at(condition.span, "")
    .help("convert one of them, as with `tostring`, `tolist` or `tomap`")
}

/// The first thing that keeps two types from having one in common.
fn difference(yes: &Type, no: &Type) -> String {
    let noun = match (yes, no) {
        (Type::Object(y), Type::Object(n)) => {
            let absent = |from: &model::ty::ObjectType, other: &model::ty::ObjectType| {
                from.attributes
                    .keys()
                    .find(|name| !other.attributes.contains_key(*name))
                    .cloned()
            };
            if let Some(name) = absent(y, n) {
                return format!("only the first has the attribute `{name}`");
            }
            if let Some(name) = absent(n, y) {
                return format!("only the second has the attribute `{name}`");
            }
            let differing = y.attributes.iter().find_map(|(name, y)| {
                let n = n.attributes.get(name)?;
                (y != n).then(|| format!("in the attribute `{name}`, {}", difference(y, n)))
            });
            return differing.unwrap_or_else(|| "their attributes differ".into());
        }
        (Type::Tuple(y), Type::Tuple(n)) if y.len() != n.len() => {
            return format!("the first has {} elements, the second {}", y.len(), n.len());
        }
        (Type::Tuple(y), Type::Tuple(n)) => {
            let differing = y.iter().zip(n.iter()).position(|(y, n)| y != n);
            let types = differing.and_then(|at| Some((at, y.get(at)?, n.get(at)?)));
            return types.map_or_else(
                || "their elements differ".into(),
                |(at, y, n)| format!("in the element {at}, {}", difference(y, n)),
            );
        }
        (Type::List(y), Type::List(n)) => Some(("list", y, n)),
        (Type::Set(y), Type::Set(n)) => Some(("set", y, n)),
        (Type::Map(y), Type::Map(n)) => Some(("map", y, n)),
        _ => None,
    };
    match noun {
        Some((noun, y, n)) => format!("in the {noun}'s elements, {}", difference(y, n)),
        None => format!(
            "the first is {}, the second {}",
            yes.friendly(),
            no.friendly()
        ),
    }
}
