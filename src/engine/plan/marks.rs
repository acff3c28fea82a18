//! Marks of planned and observed values: those of the configuration they come from, and what the schema says is
//! sensitive.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::schema::{Attribute, AttributeType, Block, Nesting};
use model::value::{Fields, MarkedPath};
use model::{Marks, Str, Value};

/// Puts the configuration's marks on a value of the same schema, and marks what the schema says is sensitive.
pub(crate) fn mark(
    value: Value,
    paths: &[MarkedPath],
    schema: &Block,
    has_sensitive: bool,
) -> Value {
    let value = if paths.is_empty() {
        value
    } else {
        value.mark_paths(paths)
    };
    if has_sensitive {
        block(value, schema)
    } else {
        value
    }
}

fn block(value: Value, schema: &Block) -> Value {
    let (inner, top) = value.unmark();
    let Value::Object(fields) = &inner else {
        return inner.mark(top);
    };
    let mut changed = (**fields).clone();
    attributes(&mut changed, &schema.attributes);
    for (name, nested) in &schema.blocks {
        if !nested.block.has_sensitive() {
            continue;
        }
        if let Some(value) = changed.remove(name) {
            let marked = each(value, nested.nesting, &|value| block(value, &nested.block));
            changed.insert(name.clone(), marked);
        }
    }
    Value::Object(Arc::new(changed)).mark(top)
}

fn attributes(fields: &mut Fields, schema: &BTreeMap<Str, Attribute>) {
    for (name, attribute) in schema {
        let nested = match &attribute.ty {
            AttributeType::Plain(_) => None,
            AttributeType::Nested {
                nesting,
                attributes,
            } => Some((*nesting, attributes)),
        };
        if !attribute.sensitive && nested.is_none() {
            continue;
        }
        let Some(value) = fields.remove(name) else {
            continue;
        };
        let value = match nested {
            Some((nesting, inner)) => each(value, nesting, &|value| object(value, inner)),
            None => value,
        };
        let marks = if attribute.sensitive {
            Marks::SENSITIVE
        } else {
            Marks::NONE
        };
        fields.insert(name.clone(), value.mark(marks));
    }
}

fn object(value: Value, schema: &BTreeMap<Str, Attribute>) -> Value {
    let (inner, top) = value.unmark();
    let Value::Object(fields) = &inner else {
        return inner.mark(top);
    };
    let mut changed = (**fields).clone();
    attributes(&mut changed, schema);
    Value::Object(Arc::new(changed)).mark(top)
}

fn each(value: Value, nesting: Nesting, change: &dyn Fn(Value) -> Value) -> Value {
    let (inner, top) = value.unmark();
    let changed = match (nesting, &inner) {
        (Nesting::Single | Nesting::Group, _) => change(inner.clone()),
        (_, Value::List(list)) => Value::list(
            list.element.clone(),
            list.items.iter().cloned().map(change).collect(),
        ),
        (_, Value::Set(set)) => Value::set(
            set.element.clone(),
            set.items.iter().cloned().map(change).collect(),
        ),
        (_, Value::Tuple(items)) => Value::tuple(items.iter().cloned().map(change).collect()),
        (_, Value::Map(map)) => Value::map(
            map.element.clone(),
            map.entries
                .iter()
                .map(|(key, value)| (key.clone(), change(value.clone()))),
        ),
        (_, Value::Object(fields)) => Value::object(
            fields
                .iter()
                .map(|(key, value)| (key.clone(), change(value.clone()))),
        ),
        _ => inner.clone(),
    };
    changed.mark(top)
}
