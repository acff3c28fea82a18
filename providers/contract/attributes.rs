//! Reads single attributes out of an object, and makes objects with some attributes changed.

use std::collections::BTreeMap;

use model::{Type, Value};

/// A string; `None` when null, unknown or absent.
pub fn text<'a>(object: &'a Value, name: &str) -> Option<&'a str> {
    object.get(name)?.as_str().map(model::Str::as_str)
}

/// A whole number; `None` when null, unknown or absent.
pub fn whole(object: &Value, name: &str) -> Option<i64> {
    object.get(name)?.as_number()?.to_i64()
}

/// A bool; `None` when null, unknown or absent.
pub fn flag(object: &Value, name: &str) -> Option<bool> {
    object.get(name)?.as_bool()
}

/// The strings of a list or set; null elements are left out.
pub fn texts(object: &Value, name: &str) -> Vec<String> {
    let items = object
        .get(name)
        .and_then(Value::as_items)
        .unwrap_or_default();
    items
        .iter()
        .filter_map(|item| item.as_str().map(ToString::to_string))
        .collect()
}

/// The strings of a map by key; null elements are left out.
pub fn named_texts(object: &Value, name: &str) -> BTreeMap<String, String> {
    let Some(entries) = object.get(name).and_then(Value::as_fields) else {
        return BTreeMap::new();
    };
    entries
        .iter()
        .filter_map(|(key, value)| Some((key.to_string(), value.as_str()?.to_string())))
        .collect()
}

/// Whether an attribute is null or absent; an unknown one is not.
pub fn is_null(object: &Value, name: &str) -> bool {
    object.get(name).is_none_or(Value::is_null)
}

/// Whether an attribute is known, null or not.
pub fn is_known(object: &Value, name: &str) -> bool {
    object.get(name).is_none_or(Value::is_wholly_known)
}

/// The object with some of its attributes set.
pub fn with<'n>(object: &Value, changes: impl IntoIterator<Item = (&'n str, Value)>) -> Value {
    let mut fields = object.as_fields().cloned().unwrap_or_default();
    for (name, value) in changes {
        fields.insert(name.into(), value);
    }
    Value::object(fields)
}

/// A string, or null of type string.
pub fn text_or_null(text: Option<&str>) -> Value {
    text.map_or(Value::Null(Type::String), Value::from)
}

/// A whole number, or null of type number.
pub fn whole_or_null(number: Option<i64>) -> Value {
    number.map_or(Value::Null(Type::Number), Value::int)
}
