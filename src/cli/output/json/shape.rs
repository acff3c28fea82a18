//! Values as Terraform's JSON has them: what is known, where it is unknown, where it is sensitive.
//! The three have the same structure, so that a reader can lay them over each other.

use model::path::{Path, PathStep};
use model::value::Fields;
use model::{Type, Value};
use serde_json::{Map, Value as Json, json};

use crate::cli::output::value::is_secret;

/// Deeper values are cut; nothing that a provider makes is so deep.
const DEEPEST: usize = 2_000;

/// The known part: unknown attributes are left out, unknown elements are null. `None` when nothing is known at all.
pub(super) fn known(value: &Value) -> Option<Json> {
    known_at(value, 0)
}

fn known_at(value: &Value, depth: usize) -> Option<Json> {
    if depth > DEEPEST {
        return None;
    }
    let items = |items: &[Value]| {
        Json::Array(
            items
                .iter()
                .map(|item| known_at(item, depth + 1).unwrap_or(Json::Null))
                .collect(),
        )
    };
    Some(match value {
        Value::Unknown(_) => return None,
        Value::Null(_) => Json::Null,
        Value::Bool(value) => Json::Bool(*value),
        Value::Number(number) => {
            // As in what Terraform reads back from plans and providers, whole numbers have all their digits.
            if let Some(whole) = number.to_i64() {
                return Some(json!(whole));
            }
            let text = number.to_string();
            text.parse().map_or(Json::String(text), Json::Number)
        }
        Value::String(text) => Json::String(text.to_string()),
        Value::List(list) | Value::Set(list) => items(&list.items),
        Value::Tuple(tuple) => items(tuple),
        Value::Map(map) => known_fields(&map.entries, depth),
        Value::Object(fields) => known_fields(fields, depth),
        Value::Marked(marked) => return known_at(&marked.value, depth + 1),
    })
}

fn known_fields(fields: &Fields, depth: usize) -> Json {
    let entries = fields
        .iter()
        .filter_map(|(name, value)| Some((name.to_string(), known_at(value, depth + 1)?)));
    Json::Object(entries.collect())
}

/// `true` where something is unknown: objects keep only such members, lists have `false` in the other places.
pub(super) fn unknown(value: &Value) -> Json {
    let leaf = |value: &Value| Json::Bool(!value.is_known());
    shape(value, &leaf, 0)
}

/// `true` where something is sensitive, in the same form; an unknown collection is an empty one.
pub(super) fn sensitive(value: &Value) -> Json {
    let leaf = |value: &Value| match value {
        Value::Marked(marked) if is_secret(marked.marks) => Json::Bool(true),
        Value::Unknown(unknown) => match &unknown.ty {
            Type::List(_) | Type::Set(_) | Type::Tuple(_) => json!([]),
            Type::Map(_) | Type::Object(_) => json!({}),
            Type::Dynamic | Type::Bool | Type::Number | Type::String => Json::Bool(false),
        },
        Value::Null(_)
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::List(_)
        | Value::Set(_)
        | Value::Map(_)
        | Value::Tuple(_)
        | Value::Object(_)
        | Value::Marked(_) => Json::Bool(false),
    };
    shape(value, &leaf, 0)
}

/// The structure of a value with `leaf` at its ends; a mark for which `leaf` says `true` ends it there.
fn shape(value: &Value, leaf: &dyn Fn(&Value) -> Json, depth: usize) -> Json {
    if depth > DEEPEST {
        return Json::Bool(false);
    }
    let fields = |fields: &Fields| {
        let shapes = fields
            .iter()
            .map(|(name, value)| (name.to_string(), shape(value, leaf, depth + 1)));
        Json::Object(
            shapes
                .filter(|(_, shape)| *shape != Json::Bool(false))
                .collect::<Map<_, _>>(),
        )
    };
    let items = |items: &[Value]| {
        Json::Array(
            items
                .iter()
                .map(|item| shape(item, leaf, depth + 1))
                .collect(),
        )
    };
    match value {
        Value::Marked(_) if leaf(value) == Json::Bool(true) => Json::Bool(true),
        Value::Marked(marked) => shape(&marked.value, leaf, depth + 1),
        Value::List(list) | Value::Set(list) => items(&list.items),
        Value::Tuple(tuple) => items(tuple),
        Value::Map(map) => fields(&map.entries),
        Value::Object(object) => fields(object),
        Value::Null(_)
        | Value::Unknown(_)
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_) => leaf(value),
    }
}

/// A path as a list of names and positions.
pub(super) fn path(path: &Path) -> Json {
    path.0
        .iter()
        .map(|step| match step {
            PathStep::Attribute(name) | PathStep::Key(name) => json!(name.as_str()),
            PathStep::Index(index) => json!(index),
            PathStep::Element(element) => known(element).unwrap_or(Json::Null),
        })
        .collect()
}
