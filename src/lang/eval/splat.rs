//! `source.*.a` and `source[*].a[0]`: the same steps for each element.

use model::value::{Refinement, of_one_type};
use model::{Diagnostic, Diagnostics, Type, Value};

use super::explain;
use super::expression::eval as eval_expr;
use super::scope::Env;
use super::traversal::{self, Named};
use crate::syntax::ast::{Expr, SplatStep};
use crate::syntax::stack::with_room;

/// Evaluates a splat.
pub(super) fn eval(
    source: &Expr,
    each: &[SplatStep],
    env: Env<'_>,
    out: &mut Diagnostics,
) -> Value {
    let mut found = Diagnostics::new();
    let value = eval_expr(source, env, &mut found);
    let failed = found.has_errors();
    out.extend(found);
    if failed {
        return Value::dynamic();
    }
    apply(value, each, source, env, out)
}

/// Applies the steps to each element of `value`, which comes from `source`. What is not a list, set or tuple counts as
/// the only element of one, or as none when it is null.
fn apply(
    value: Value,
    each: &[SplatStep],
    source: &Expr,
    env: Env<'_>,
    out: &mut Diagnostics,
) -> Value {
    let (bare, marks) = value.unmark();
    let kind = Kind::of(&bare);
    if bare.is_null() {
        if kind == Kind::Single {
            return Value::tuple(Vec::new()).mark(marks);
        }
        return env.fail(out, source.span, || {
            let error = Diagnostic::error(
                "null-value",
                "a splat has nothing to go over: the value is null",
            );
            explain::with_values(error.at(source.span, "this is null"), [source], env)
        });
    }
    let splat = Splat { each, source, env };
    if let Value::Unknown(unknown) = &bare {
        if unknown.ty == Type::Dynamic {
            return Value::dynamic().mark(marks);
        }
        if kind != Kind::Single {
            return splat
                .unknown(&unknown.ty, &unknown.refinement, out)
                .mark(marks);
        }
    }
    let items = match (kind, bare.as_items()) {
        (Kind::List | Kind::Tuple, Some(items)) => items,
        _ => std::slice::from_ref(&bare),
    };
    let mut failed = false;
    let mut results = Vec::with_capacity(items.len());
    for item in items {
        // The item of a value that is splat as a whole has the marks of the whole.
        let item = if kind == Kind::Single {
            item.clone().mark(marks)
        } else {
            item.clone()
        };
        let mut found = Diagnostics::new();
        results.push(splat.one(item, &mut found));
        failed |= found.has_errors();
        out.extend(found);
    }
    if kind == Kind::Single && !bare.is_known() && !bare.range().not_null {
        return Value::dynamic().mark(marks);
    }
    let mut ignored = Diagnostics::new();
    if failed {
        return Value::unknown(splat.result_type(&bare.ty(), &mut ignored)).mark(marks);
    }
    if kind != Kind::List {
        return Value::tuple(results).mark(marks);
    }
    if results.is_empty() {
        let ty = splat.result_type(&bare.ty(), out);
        return Value::list(ty.element().cloned().unwrap_or(Type::Dynamic), results).mark(marks);
    }
    match of_one_type(results) {
        Some((element, items)) => Value::list(element, items).mark(marks),
        None => env.fail(out, source.span, || {
            Diagnostic::error(
                "value-type",
                "the elements' results have different types, so they make no list",
            )
            .help("a `for` expression makes a tuple of them")
        }),
    }
}

/// How a value is gone over.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A list or set: the result is a list.
    List,
    /// The result is a tuple.
    Tuple,
    /// Anything else: the result is a tuple of one or none.
    Single,
}

impl Kind {
    fn of(value: &Value) -> Self {
        match value {
            Value::List(_) | Value::Set(_) => Self::List,
            Value::Tuple(_) => Self::Tuple,
            Value::Null(ty) => Self::of_type(ty),
            Value::Unknown(unknown) => Self::of_type(&unknown.ty),
            Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Map(_)
            | Value::Object(_)
            | Value::Marked(_) => Self::Single,
        }
    }

    fn of_type(ty: &Type) -> Self {
        match ty {
            Type::List(_) | Type::Set(_) => Self::List,
            Type::Tuple(_) => Self::Tuple,
            Type::Dynamic
            | Type::Bool
            | Type::Number
            | Type::String
            | Type::Map(_)
            | Type::Object(_) => Self::Single,
        }
    }
}

#[derive(Clone, Copy)]
struct Splat<'a> {
    each: &'a [SplatStep],
    source: &'a Expr,
    env: Env<'a>,
}

impl Splat<'_> {
    /// The result for one element.
    fn one(&self, item: Value, out: &mut Diagnostics) -> Value {
        self.each.iter().fold(item, |value, step| match step {
            SplatStep::Static(step) => {
                let named = Named {
                    root: None,
                    steps: std::slice::from_ref(step),
                    taken: 0,
                };
                traversal::steps(value, &named, self.env, out)
            }
            SplatStep::Index(key) => {
                let key_value = eval_expr(key, self.env, out);
                match traversal::index_described(&value, &key_value, &Named::NONE) {
                    Ok(value) => value,
                    Err(error) => self.env.fail(out, key.span, || {
                        explain::with_values(error().at_least(key.span), [key], self.env)
                    }),
                }
            }
            SplatStep::Splat { each, .. } => {
                with_room(|| apply(value, each, self.source, self.env, out))
            }
        })
    }

    /// The type of the result for a list, set or tuple of the given type.
    fn result_type(&self, ty: &Type, out: &mut Diagnostics) -> Type {
        let mut of = |ty: &Type| self.one(Value::unknown(ty.clone()), out).ty();
        match ty {
            Type::List(element) | Type::Set(element) => Type::list(of(element)),
            Type::Tuple(elements) => Type::tuple(elements.iter().map(of)),
            Type::Dynamic
            | Type::Bool
            | Type::Number
            | Type::String
            | Type::Map(_)
            | Type::Object(_) => Type::tuple([of(ty)]),
        }
    }

    fn unknown(&self, ty: &Type, refinement: &Refinement, out: &mut Diagnostics) -> Value {
        let result = self.result_type(ty, out);
        let mut known = Refinement {
            not_null: true,
            ..Refinement::default()
        };
        if matches!(result, Type::List(_)) {
            known.len_min = refinement.len_min;
            known.len_max = refinement.len_max;
        }
        Value::refined(result, known)
    }
}
