//! Attributes and elements of values: `.name`, `["key"]`, `[0]`.

use std::fmt::Write as _;

use model::{Diagnostic, Diagnostics, Span, Str, Type, Value};

use super::operand::{convert_quietly, kind_of};
use super::scope::Env;
use crate::suggest::closest;
use crate::syntax::ast::{Expr, ExprKind, Ident, TraversalKind, TraversalStep};

/// Makes the diagnostic for a step that leads nowhere; only called when it will be shown.
pub(super) type Reason<'a> = Box<dyn FnOnce() -> Diagnostic + 'a>;

/// How many names an error lists.
const LISTED: usize = 10;

/// Takes steps from a value; what leads nowhere is reported and gives a dynamic unknown.
pub fn walk(value: Value, steps: &[TraversalStep]) -> (Value, Diagnostics) {
    let mut out = Diagnostics::new();
    let mut value = value;
    for step in steps {
        let next = match one(&value, step, &Named::NONE) {
            Ok(next) => next,
            Err(reason) => {
                out.push(reason().at_least(step.span));
                return (Value::dynamic(), out);
            }
        };
        value = next;
    }
    (value, out)
}

/// Takes the steps of a name from `taken` on from the value of what is before them, and reports the one that leads
/// nowhere.
pub(crate) fn name_steps(
    value: Value,
    root: &Ident,
    steps: &[TraversalStep],
    taken: usize,
) -> Diagnostics {
    let mut value = value;
    for (at, step) in steps.iter().enumerate().skip(taken) {
        let here = Named {
            root: Some(root),
            steps,
            taken: at,
        };
        let next = match one(&value, step, &here) {
            Ok(next) => next,
            Err(reason) => return reason().at_least(root.span.to(step.span)).into(),
        };
        value = next;
    }
    Diagnostics::new()
}

/// The part of an expression that a value comes from, as far as it can be named in a message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Named<'a> {
    /// The name it starts with; none when it is not just a name with steps.
    pub(super) root: Option<&'a Ident>,
    /// All steps.
    pub(super) steps: &'a [TraversalStep],
    /// How many of the steps lead to the value.
    pub(super) taken: usize,
}

impl<'a> Named<'a> {
    /// A value without a name.
    pub(super) const NONE: Self = Self {
        root: None,
        steps: &[],
        taken: 0,
    };

    /// The value of an expression.
    pub(super) fn of(expr: &'a Expr) -> Self {
        if let ExprKind::Traversal { root, steps } = &expr.kind {
            Self {
                root: Some(root),
                steps,
                taken: steps.len(),
            }
        } else {
            Self::NONE
        }
    }

    /// The name in backticks, or a phrase.
    fn text(&self) -> String {
        let Some(root) = self.root else {
            return "the value".into();
        };
        let mut text = format!("`{}", root.text);
        for step in self.steps.iter().take(self.taken) {
            let _ = match &step.kind {
                TraversalKind::Attribute(name) => write!(text, ".{name}"),
                TraversalKind::Index(Value::String(key)) => write!(text, "[{:?}]", &**key),
                TraversalKind::Index(Value::Number(index)) => write!(text, "[{index}]"),
                TraversalKind::Index(_) => write!(text, "[..]"),
            };
        }
        text.push('`');
        text
    }
}

/// Takes those steps that are not taken yet; what leads nowhere is reported and gives a dynamic unknown.
pub(super) fn steps(value: Value, named: &Named<'_>, env: Env<'_>, out: &mut Diagnostics) -> Value {
    let mut value = value;
    for (at, step) in named.steps.iter().enumerate().skip(named.taken) {
        let here = Named {
            taken: at,
            ..*named
        };
        let next = match one(&value, step, &here) {
            Ok(next) => next,
            Err(reason) => {
                let span = match named.root {
                    Some(root) => root.span.to(step.span),
                    None => step.span,
                };
                return env.fail(out, span, reason);
            }
        };
        value = next;
    }
    value
}

fn one<'a>(
    value: &'a Value,
    step: &'a TraversalStep,
    named: &Named<'a>,
) -> Result<Value, Reason<'a>> {
    match &step.kind {
        TraversalKind::Attribute(name) => {
            let name: &'a Str = name;
            let named = *named;
            attribute_described(value, name, &named).map_err(|reason| -> Reason<'a> {
                Box::new(move || suggest_name(reason(), value, name, step.span))
            })
        }
        TraversalKind::Index(key) => index_described(value, key, named),
    }
}

/// Suggests a name that the value has, at the step that names one it has not.
fn suggest_name(error: Diagnostic, value: &Value, name: &str, span: Span) -> Diagnostic {
    let names = names_of(value);
    match closest(name, names.iter().map(Str::as_str)) {
        Some(near) => error
            .help(format!("did you mean `{near}`?"))
            .suggest(span, format!(".{near}")),
        None => error,
    }
}

/// The value of an attribute; the reason is only worked out when it is wanted.
pub(super) fn attribute_described<'a>(
    value: &'a Value,
    name: &'a str,
    named: &Named<'a>,
) -> Result<Value, Reason<'a>> {
    let marks = value.marks();
    let found = match value.bare() {
        Value::Object(fields) => fields.get(name).cloned(),
        Value::Map(map) => map.entries.get(name).cloned(),
        Value::Unknown(unknown) => match &unknown.ty {
            Type::Dynamic => Some(Value::dynamic()),
            Type::Object(object) => object.attributes.get(name).cloned().map(Value::unknown),
            Type::Map(element) => Some(Value::unknown((**element).clone())),
            Type::Bool
            | Type::Number
            | Type::String
            | Type::List(_)
            | Type::Set(_)
            | Type::Tuple(_) => None,
        },
        Value::Null(_)
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::List(_)
        | Value::Set(_)
        | Value::Tuple(_)
        | Value::Marked(_) => None,
    };
    let named = *named;
    match found {
        Some(found) => Ok(found.mark(marks)),
        None => Err(Box::new(move || no_attribute(value, name, &named))),
    }
}

fn no_attribute(value: &Value, name: &str, named: &Named<'_>) -> Diagnostic {
    let subject = named.text();
    if value.is_null() {
        return Diagnostic::error(
            "null-value",
            format!("{subject} is null and has no attribute `{name}`"),
        );
    }
    let ty = value.ty();
    let error = |message: String| Diagnostic::error("unknown-attribute", message);
    match &ty {
        Type::Object(_) => listing(
            error(format!("{subject} has no attribute `{name}`")),
            value,
            "attributes",
        ),
        Type::Map(_) => listing(
            error(format!("{subject} has no element {name:?}")),
            value,
            "elements",
        ),
        Type::List(element) if matches!(**element, Type::Object(_)) => error(format!(
            "{subject} is a list, `{name}` would be an attribute of its elements"
        ))
        .help(format!(
            "take one element with `[0].{name}`, or that of all with `[*].{name}`"
        )),
        Type::Set(element) if matches!(**element, Type::Object(_)) => error(format!(
            "{subject} is a set, `{name}` would be an attribute of its elements"
        ))
        .help(format!("take that of all elements with `[*].{name}`")),
        Type::Tuple(_) => error(format!(
            "{subject} is a tuple and has no attribute `{name}`"
        ))
        .help(format!(
            "take one element with `[0].{name}`, or that of all with `[*].{name}`"
        )),
        Type::Dynamic | Type::Bool | Type::Number | Type::String | Type::List(_) | Type::Set(_) => {
            error(format!(
                "{subject} is {} and has no attributes",
                kind_of(value)
            ))
        }
    }
}

/// The value of an element; the reason is only worked out when it is wanted.
pub(super) fn index_described<'a>(
    value: &'a Value,
    key: &'a Value,
    named: &Named<'a>,
) -> Result<Value, Reason<'a>> {
    let named = *named;
    let wrong = move |make: fn(&Value, &Value, &Named<'_>) -> Diagnostic| -> Reason<'a> {
        Box::new(move || make(value, key, &named))
    };
    if value.is_null() {
        return Err(wrong(|_, _, named| {
            Diagnostic::error(
                "null-value",
                format!("{} is null and has no elements", named.text()),
            )
        }));
    }
    if key.is_null() {
        return Err(wrong(|_, _, _| {
            Diagnostic::error("null-value", "the index is null")
        }));
    }
    let ty = shape(value);
    if matches!(ty, Shape::Dynamic)
        || matches!(key.bare(), Value::Unknown(u) if u.ty == Type::Dynamic)
    {
        return Ok(Value::dynamic().mark(value.marks()));
    }
    match ty {
        Shape::Dynamic => Ok(Value::dynamic().mark(value.marks())),
        Shape::Sequence => {
            let Ok(position) = convert_quietly(key, &Type::Number) else {
                return Err(wrong(key_misfit));
            };
            at_position(value, &position).ok_or_else(|| wrong(no_position))
        }
        Shape::Map => {
            let Ok(name) = convert_quietly(key, &Type::String) else {
                return Err(wrong(key_misfit));
            };
            at_name(value, &name).ok_or_else(|| wrong(no_element))
        }
        Shape::Object => {
            let Ok(name) = convert_quietly(key, &Type::String) else {
                return Err(wrong(key_misfit));
            };
            // An attribute of an unknown object keeps its type when it is named, not when it is indexed.
            let Some(name) = name.as_str().filter(|_| value.is_known()) else {
                return Ok(Value::dynamic().mark(value.marks()));
            };
            match attribute_described(value, name, &named) {
                Ok(found) => Ok(found),
                Err(_) => Err(wrong(no_element)),
            }
        }
        Shape::Set => Err(wrong(|_, _, named| {
            let message = format!("{} is a set, whose elements have no index", named.text());
            Diagnostic::error("value-type", message)
                .help("`tolist` makes a list of it; `one` takes the only element")
        })),
        Shape::Other => Err(wrong(|value, _, named| {
            let message = format!("{} is {} and has no elements", named.text(), kind_of(value));
            Diagnostic::error("value-type", message)
        })),
    }
}

/// How a value is indexed.
enum Shape {
    Dynamic,
    Sequence,
    Map,
    Object,
    Set,
    Other,
}

fn shape(value: &Value) -> Shape {
    match value.bare() {
        Value::List(_) | Value::Tuple(_) => Shape::Sequence,
        Value::Map(_) => Shape::Map,
        Value::Object(_) => Shape::Object,
        Value::Set(_) => Shape::Set,
        Value::Unknown(unknown) => match &unknown.ty {
            Type::Dynamic => Shape::Dynamic,
            Type::List(_) | Type::Tuple(_) => Shape::Sequence,
            Type::Map(_) => Shape::Map,
            Type::Object(_) => Shape::Object,
            Type::Set(_) => Shape::Set,
            Type::Bool | Type::Number | Type::String => Shape::Other,
        },
        Value::Null(_)
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Marked(_) => Shape::Other,
    }
}

/// The element of a list or tuple; none when there is none.
fn at_position(value: &Value, key: &Value) -> Option<Value> {
    let marks = value.marks();
    let (position, key_marks) = (key.as_number(), key.marks());
    let element = match (value.bare(), position) {
        (Value::List(list), Some(at)) => list.items.get(at.to_usize()?)?.clone(),
        (Value::Tuple(items), Some(at)) => items.get(at.to_usize()?)?.clone(),
        (Value::List(list), None) => {
            return Some(Value::unknown(list.element.clone()).mark(marks));
        }
        (Value::Unknown(unknown), at) => match (&unknown.ty, at) {
            (Type::List(element), _) => {
                return Some(Value::unknown((**element).clone()).mark(marks));
            }
            (Type::Tuple(types), Some(at)) => Value::unknown(types.get(at.to_usize()?)?.clone()),
            _ => return Some(Value::dynamic().mark(marks)),
        },
        _ => return Some(Value::dynamic().mark(marks)),
    };
    Some(element.mark(marks).mark(key_marks))
}

/// The element of a map; none when there is none.
fn at_name(value: &Value, key: &Value) -> Option<Value> {
    let marks = value.marks();
    match (value.bare(), key.as_str()) {
        (Value::Map(map), Some(name)) => {
            Some(map.entries.get(name)?.clone().mark(marks).mark(key.marks()))
        }
        (Value::Map(map), None) => Some(Value::unknown(map.element.clone()).mark(marks)),
        (Value::Unknown(unknown), _) => {
            let element = unknown.ty.element().cloned().unwrap_or(Type::Dynamic);
            Some(Value::unknown(element).mark(marks))
        }
        _ => Some(Value::dynamic().mark(marks)),
    }
}

fn key_misfit(_: &Value, key: &Value, named: &Named<'_>) -> Diagnostic {
    let message = format!("{} cannot be indexed by {}", named.text(), kind_of(key));
    Diagnostic::error("value-type", message)
}

fn no_position(value: &Value, key: &Value, named: &Named<'_>) -> Diagnostic {
    let subject = named.text();
    let error = |message: String| Diagnostic::error("index-out-of-range", message);
    let secret = key.has_marks() || value.marks().is_secret();
    let Ok(position) = convert_quietly(key, &Type::Number) else {
        return key_misfit(value, key, named);
    };
    let Some(at) = position.as_number().filter(|_| !secret) else {
        return error(format!("{subject} has no element of that index"));
    };
    if !at.is_integer() {
        return error(format!(
            "{subject} has no element {at}: an index is a whole number"
        ))
        .help("`floor` rounds down");
    }
    if at.is_negative() {
        return error(format!("{subject} has no element {at}: indexes start at 0"))
            .help("`element` counts negative indexes from the end");
    }
    match length(value) {
        Some(0) => error(format!("{subject} has no element {at}: it is empty")),
        Some(1) => error(format!(
            "{subject} has no element {at}: its only element is 0"
        )),
        Some(length) => error(format!(
            "{subject} has no element {at}: its last is {}",
            length - 1
        )),
        None => error(format!("{subject} has no element {at}")),
    }
}

fn length(value: &Value) -> Option<usize> {
    if let Value::Unknown(unknown) = value.bare() {
        return if let Type::Tuple(types) = &unknown.ty {
            Some(types.len())
        } else {
            None
        };
    }
    value.as_items().map(<[Value]>::len)
}

fn no_element(value: &Value, key: &Value, named: &Named<'_>) -> Diagnostic {
    let subject = named.text();
    let secret = key.has_marks() || value.marks().is_secret();
    let name = convert_quietly(key, &Type::String)
        .ok()
        .and_then(|name| name.as_str().cloned());
    let Some(name) = name.filter(|_| !secret) else {
        return Diagnostic::error(
            "unknown-attribute",
            format!("{subject} has no element of that key"),
        );
    };
    let error = Diagnostic::error(
        "unknown-attribute",
        format!("{subject} has no element {:?}", &*name),
    );
    let names = names_of(value);
    let error = match closest(&name, names.iter().map(Str::as_str)) {
        Some(near) => error.help(format!("did you mean {near:?}?")),
        None => error,
    };
    listing(error, value, "elements")
}

/// Adds the names that there are.
fn listing(error: Diagnostic, value: &Value, what: &str) -> Diagnostic {
    if value.marks().is_secret() {
        return error;
    }
    let names = names_of(value);
    let shown: Vec<String> = names
        .iter()
        .take(LISTED)
        .map(|name| format!("`{name}`"))
        .collect();
    match names.len().saturating_sub(LISTED) {
        _ if names.is_empty() => error.note(format!("it has no {what}")),
        0 => error.note(format!("its {what}: {}", shown.join(", "))),
        more => error.note(format!("its {what}: {} and {more} more", shown.join(", "))),
    }
}

fn names_of(value: &Value) -> Vec<Str> {
    if value.marks().is_secret() {
        return Vec::new();
    }
    if let Value::Unknown(unknown) = value.bare()
        && let Type::Object(object) = &unknown.ty
    {
        return object.attributes.keys().cloned().collect();
    }
    value
        .as_fields()
        .map(|fields| fields.keys().cloned().collect())
        .unwrap_or_default()
}
