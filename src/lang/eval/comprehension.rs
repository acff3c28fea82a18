//! `for`: in brackets, in braces, and as `%{ for }` in templates.

use std::collections::HashMap;

use model::{Diagnostic, Diagnostics, Marks, Span, Str, Type, Value};

use super::explain;
use super::expression::eval as eval_expr;
use super::operand::{convert_quietly, kind_of};
use super::scope::{Env, Local};
use super::template::Names;
use crate::syntax::ast::{Expr, ForExpr};

/// Evaluates a `for` expression to a tuple or an object.
pub(super) fn eval(expr: &ForExpr, env: Env<'_>, out: &mut Diagnostics) -> Value {
    let names = Names {
        key: expr.key_name.as_ref(),
        value: &expr.value_name,
    };
    let Some(source) = source(&expr.collection, env, out) else {
        return Value::dynamic();
    };
    let mut marks = source.marks();
    if let Some(condition) = &expr.condition {
        match precheck(condition, names, env, out) {
            Some(found) if !source.is_known() => marks = marks.union(found),
            Some(_) => {}
            None => return Value::dynamic(),
        }
    }
    if !source.is_known() {
        return Value::dynamic().mark(marks);
    }
    let mut run = Run {
        expr,
        marks,
        complete: true,
        failures: Failures::default(),
        env,
    };
    let value = match &expr.key {
        Some(key) => run.object(key, names, &source),
        None => run.tuple(names, &source),
    };
    run.failures.report(out);
    if run.complete {
        value.mark(run.marks)
    } else {
        Value::dynamic().mark(run.marks)
    }
}

/// The values of `body` for each element, as a tuple; a dynamic unknown when that cannot be told.
pub(super) fn each(
    names: Names<'_>,
    collection: &Expr,
    env: Env<'_>,
    out: &mut Diagnostics,
    body: impl Fn(Env<'_>, &mut Diagnostics) -> Value,
) -> Value {
    let Some(source) = source(collection, env, out) else {
        return Value::dynamic();
    };
    let marks = source.marks();
    if !source.is_known() {
        return Value::dynamic().mark(marks);
    }
    let mut failures = Failures::default();
    let items = elements(&source)
        .map(|(key, item)| {
            let mut found = Diagnostics::new();
            let value = bind(names, &key, item, env, |env| body(env, &mut found));
            failures.add(found);
            value
        })
        .collect();
    failures.report(out);
    Value::tuple(items).mark(marks)
}

/// The value to iterate; none when there is none to iterate (reported) or even its type is unknown.
fn source(collection: &Expr, env: Env<'_>, out: &mut Diagnostics) -> Option<Value> {
    let value = eval_expr(collection, env, out);
    if value.is_null() {
        env.fail(out, collection.span, || {
            let error = Diagnostic::error(
                "null-value",
                "`for` has nothing to iterate: the value is null",
            );
            explain::with_values(error.at(collection.span, "this is null"), [collection], env)
        });
        return None;
    }
    match value.bare() {
        Value::List(_) | Value::Set(_) | Value::Map(_) | Value::Tuple(_) | Value::Object(_) => {
            return Some(value);
        }
        Value::Unknown(unknown) => match unknown.ty {
            Type::Dynamic => return None,
            Type::List(_) | Type::Set(_) | Type::Map(_) | Type::Tuple(_) | Type::Object(_) => {
                return Some(value);
            }
            Type::Bool | Type::Number | Type::String => {}
        },
        Value::Null(_)
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Marked(_) => {}
    }
    env.fail(out, collection.span, || {
        let found = format!("`for` cannot iterate {}", kind_of(&value));
        let error = Diagnostic::error("value-type", found)
            .at(collection.span, "not a list, set, map, tuple or object");
        explain::with_values(error, [collection], env)
    });
    None
}

/// Checks the condition once with elements that could be anything, so that a condition that can never be right is
/// reported once, and also for no elements. Gives its marks, or none when it was reported.
fn precheck(
    condition: &Expr,
    names: Names<'_>,
    env: Env<'_>,
    out: &mut Diagnostics,
) -> Option<Marks> {
    let mut found = Diagnostics::new();
    let anything = Value::dynamic();
    let value = bind(names, &Key::Item(&anything), &anything, env, |env| {
        eval_expr(condition, env, &mut found)
    });
    let failed = found.has_errors();
    out.extend(found);
    let fits = check_condition(&value, condition, env, out).is_some();
    (fits && !failed).then(|| value.marks())
}

/// The condition as a bool, maybe unknown; none when it was reported.
fn check_condition(
    value: &Value,
    condition: &Expr,
    env: Env<'_>,
    out: &mut Diagnostics,
) -> Option<Value> {
    let converted = convert_quietly(value, &Type::Bool)
        .ok()
        .filter(|value| !value.is_null());
    if converted.is_none() {
        env.fail(out, condition.span, || {
            let id = if value.is_null() {
                "null-value"
            } else {
                "value-type"
            };
            let found = format!(
                "the `if` of a `for` is {}, not true or false",
                kind_of(value)
            );
            explain::with_values(Diagnostic::error(id, found), [condition], env)
        });
    }
    converted
}

/// One evaluation of a `for` expression.
struct Run<'a> {
    expr: &'a ForExpr,
    marks: Marks,
    /// Whether which elements there are is known.
    complete: bool,
    failures: Failures,
    env: Env<'a>,
}

impl Run<'_> {
    fn tuple(&mut self, names: Names<'_>, source: &Value) -> Value {
        let mut items = Vec::new();
        for (key, item) in elements(source) {
            bind(names, &key, item, self.env, |env| {
                if self.included(env) {
                    items.push(self.evaluate(&self.expr.value, env));
                }
            });
        }
        Value::tuple(items)
    }

    fn object(&mut self, key_expr: &Expr, names: Names<'_>, source: &Value) -> Value {
        let mut positions: HashMap<Str, usize> = HashMap::new();
        let mut entries: Vec<(Str, Vec<Value>)> = Vec::new();
        for (key, item) in elements(source) {
            bind(names, &key, item, self.env, |env| {
                if !self.included(env) {
                    return;
                }
                let Some(key) = self.key(key_expr, env) else {
                    return;
                };
                let value = self.evaluate(&self.expr.value, env);
                let position = positions.get(&key).copied();
                match position.and_then(|at| entries.get_mut(at)) {
                    None => {
                        positions.insert(key.clone(), entries.len());
                        entries.push((key, vec![value]));
                    }
                    Some((_, values)) if self.expr.group => values.push(value),
                    Some(_) => self.repeated(&key, key_expr, env),
                }
            });
        }
        let group = self.expr.group;
        Value::object(entries.into_iter().filter_map(|(key, mut values)| {
            let value = if group {
                Value::tuple(values)
            } else {
                values.pop()?
            };
            Some((key, value))
        }))
    }

    fn evaluate(&mut self, expr: &Expr, env: Env<'_>) -> Value {
        let mut found = Diagnostics::new();
        let value = eval_expr(expr, env, &mut found);
        self.failures.add(found);
        value
    }

    /// Whether the condition lets the element in.
    fn included(&mut self, env: Env<'_>) -> bool {
        let Some(condition) = &self.expr.condition else {
            return true;
        };
        let value = self.evaluate(condition, env);
        let mut found = Diagnostics::new();
        let checked = check_condition(&value, condition, env, &mut found);
        self.failures.add(found);
        if !value.is_null() {
            self.marks = self.marks.union(value.marks());
        }
        match checked.as_ref().and_then(Value::as_bool) {
            Some(included) => included,
            None => {
                self.complete = false;
                false
            }
        }
    }

    /// The key's text; none when it is unknown or was reported.
    fn key(&mut self, expr: &Expr, env: Env<'_>) -> Option<Str> {
        let value = self.evaluate(expr, env);
        if !value.is_null() {
            self.marks = self.marks.union(value.marks());
        }
        let converted = convert_quietly(&value, &Type::String)
            .ok()
            .filter(|value| !value.is_null());
        let text = converted.as_ref().and_then(Value::as_str).cloned();
        if text.is_none() {
            self.complete = false;
        }
        if converted.is_none() {
            let mut found = Diagnostics::new();
            env.fail(&mut found, expr.span, || {
                let id = if value.is_null() {
                    "null-value"
                } else {
                    "value-type"
                };
                let message = format!("the key is {}, not a string", kind_of(&value));
                explain::with_values(Diagnostic::error(id, message), [expr], env)
            });
            self.failures.add(found);
        }
        text
    }

    fn repeated(&mut self, key: &Str, expr: &Expr, env: Env<'_>) {
        let mut found = Diagnostics::new();
        let secret = self.marks.is_secret();
        env.fail(&mut found, expr.span, || {
            let name = if secret {
                "a sensitive key".into()
            } else {
                format!("the key {key:?}")
            };
            let error = Diagnostic::error("duplicate-key", format!("{name} comes twice"))
                .help("`...` after the value groups the values of one key");
            explain::with_values(error, [expr], env)
        });
        self.failures.add(found);
    }
}

/// Evaluates with the loop's names bound to an element.
fn bind<T>(
    names: Names<'_>,
    key: &Key<'_>,
    item: &Value,
    env: Env<'_>,
    body: impl FnOnce(Env<'_>) -> T,
) -> T {
    match names.key {
        Some(name) => {
            let key = Local {
                name: &name.text,
                value: key.value(),
                outer: env.locals,
            };
            let local = Local {
                name: &names.value.text,
                value: item.clone(),
                outer: Some(&key),
            };
            body(Env {
                locals: Some(&local),
                ..env
            })
        }
        None => {
            let local = Local {
                name: &names.value.text,
                value: item.clone(),
                outer: env.locals,
            };
            body(Env {
                locals: Some(&local),
                ..env
            })
        }
    }
}

/// What an element is found by.
enum Key<'a> {
    Index(usize),
    Name(&'a Str),
    /// An element of a set is its own key.
    Item(&'a Value),
}

impl Key<'_> {
    fn value(&self) -> Value {
        match self {
            Self::Index(index) => Value::Number((*index).into()),
            Self::Name(name) => Value::String((*name).clone()),
            Self::Item(item) => (*item).clone(),
        }
    }
}

/// The elements of a known collection, tuple or object.
fn elements(source: &Value) -> Box<dyn Iterator<Item = (Key<'_>, &Value)> + '_> {
    let bare = source.bare();
    if let Value::Set(set) = bare {
        return Box::new(set.items.iter().map(|item| (Key::Item(item), item)));
    }
    match (bare.as_items(), bare.as_fields()) {
        (Some(items), _) => Box::new(
            items
                .iter()
                .enumerate()
                .map(|(at, item)| (Key::Index(at), item)),
        ),
        (_, Some(fields)) => Box::new(fields.iter().map(|(name, value)| (Key::Name(name), value))),
        (None, None) => Box::new(std::iter::empty()),
    }
}

/// What was reported for the elements: each thing once, however many elements have it.
#[derive(Default)]
struct Failures {
    kept: Vec<(Diagnostic, usize)>,
}

impl Failures {
    fn add(&mut self, found: Diagnostics) {
        let place = |diagnostic: &Diagnostic| -> Option<Span> {
            diagnostic.primary.as_ref().map(|label| label.span)
        };
        for diagnostic in found {
            let same = self
                .kept
                .iter_mut()
                .find(|(kept, _)| kept.id == diagnostic.id && place(kept) == place(&diagnostic));
            match same {
                Some((_, more)) => *more += 1,
                None => self.kept.push((diagnostic, 0)),
            }
        }
    }

    fn report(&mut self, out: &mut Diagnostics) {
        for (diagnostic, more) in self.kept.drain(..) {
            out.push(match more {
                0 => diagnostic,
                1 => diagnostic.note("1 more element fails in this place"),
                more => diagnostic.note(format!("{more} more elements fail in this place")),
            });
        }
    }
}
