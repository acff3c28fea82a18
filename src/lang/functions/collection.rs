//! Functions on lists, sets, maps, tuples and objects.

mod choice;
mod keyed;
mod measure;
mod retired;
mod search;
mod sequence;
mod set;
mod truth;

use model::value::Fields;
use model::{Marks, Str, Type, Value};

use super::protocol::Function;

pub(super) const FUNCTIONS: &[Function] = &[
    choice::COALESCE,
    choice::COALESCELIST,
    choice::ONE,
    keyed::KEYS,
    keyed::LOOKUP,
    keyed::MERGE,
    keyed::TRANSPOSE,
    keyed::VALUES,
    keyed::ZIPMAP,
    measure::LENGTH,
    measure::SUM,
    retired::LIST,
    retired::MAP,
    search::CONTAINS,
    search::INDEX,
    search::MATCHKEYS,
    sequence::CHUNKLIST,
    sequence::COMPACT,
    sequence::CONCAT,
    sequence::DISTINCT,
    sequence::ELEMENT,
    sequence::FLATTEN,
    sequence::RANGE,
    sequence::REVERSE,
    sequence::SLICE,
    sequence::SORT,
    set::SETINTERSECTION,
    set::SETPRODUCT,
    set::SETSUBTRACT,
    set::SETUNION,
    truth::ALLTRUE,
    truth::ANYTRUE,
];

/// A list, set or tuple of those items, whichever `ty` is.
fn collect(ty: &Type, items: Vec<Value>) -> Value {
    if let Type::List(element) = ty {
        Value::list((**element).clone(), items)
    } else if let Type::Set(element) = ty {
        Value::set((**element).clone(), items)
    } else {
        Value::tuple(items)
    }
}

/// A map or object of those entries, whichever `ty` is.
fn collect_fields(ty: &Type, entries: impl IntoIterator<Item = (Str, Value)>) -> Value {
    if let Type::Map(element) = ty {
        Value::map((**element).clone(), entries)
    } else {
        Value::object(entries)
    }
}

/// The element type of a list, set or map type.
fn element(ty: &Type) -> Type {
    ty.element().cloned().unwrap_or(Type::Dynamic)
}

/// The elements of a known list, set or tuple, unless it is a set of which unknown elements may turn out to be equal.
fn certain_items(value: &Value) -> Option<&[Value]> {
    let items = value.as_items()?;
    let may_shrink = items.len() > 1
        && matches!(value.bare(), Value::Set(_))
        && !items.iter().all(Value::is_wholly_known);
    (!may_shrink).then_some(items)
}

/// Whether a list or set is of no type yet, because there is nothing but null in it. It has then no say in what type it
/// has in common with others.
fn has_no_type(collection: &Value) -> bool {
    matches!(collection.bare(), Value::List(list) | Value::Set(list)
        if list.element == Type::Dynamic && list.items.iter().all(Value::is_null))
}

/// The marks at the top of all values.
fn top_marks<'a>(values: impl IntoIterator<Item = &'a Value>) -> Marks {
    values
        .into_iter()
        .fold(Marks::NONE, |marks, value| marks.union(value.marks()))
}

/// Names with their values, cloned.
fn cloned(fields: &Fields) -> impl Iterator<Item = (Str, Value)> {
    fields
        .iter()
        .map(|(name, value)| (name.clone(), value.clone()))
}
