//! A value with everything that is known of it, as JSON: `{"type", "value", "unknown", "marks"}`. Type in JSON
//! (`["list","string"]`), value with null at unknown places, paths as lists of names, keys and indexes.

use model::value::{Bound, Refinement, to_json, type_to_json};
use model::{Marks, Path, PathStep, Value};
use serde_json::{Map, Value as Json, json};

/// The value as a specification.
pub fn value_spec(value: &Value) -> Json {
    let (bare, marked) = value.clone().unmark_paths();
    let mut unknown = Vec::new();
    let plain = plain(&bare, &Path::root(), &mut unknown);
    let mut spec = Map::new();
    spec.insert("type".into(), type_to_json(&bare.ty()));
    spec.insert("value".into(), plain);
    if !unknown.is_empty() {
        spec.insert("unknown".into(), Json::Array(unknown));
    }
    if !marked.is_empty() {
        let marks = marked
            .iter()
            .map(|(at, marks)| json!({"path": steps(at), "marks": words(*marks)}));
        spec.insert("marks".into(), Json::Array(marks.collect()));
    }
    Json::Object(spec)
}

fn plain(value: &Value, path: &Path, unknown: &mut Vec<Json>) -> Json {
    let items = |items: &[Value], unknown: &mut Vec<Json>| {
        let each = (0..)
            .zip(items)
            .map(|(at, item)| plain(item, &path.with(PathStep::Index(at)), unknown));
        Json::Array(each.collect())
    };
    match value {
        Value::Unknown(found) => {
            let mut entry = Map::from_iter([("path".to_owned(), steps(path))]);
            let refine = refinement(&found.refinement);
            if !refine.is_empty() {
                entry.insert("refine".into(), Json::Object(refine));
            }
            unknown.push(Json::Object(entry));
            Json::Null
        }
        Value::List(list) | Value::Set(list) => items(&list.items, unknown),
        Value::Tuple(list) => items(list, unknown),
        Value::Map(_) | Value::Object(_) => {
            let fields = value
                .as_fields()
                .into_iter()
                .flat_map(|fields| fields.iter());
            let each = fields.map(|(name, value)| {
                (
                    name.to_string(),
                    plain(value, &path.with(PathStep::Key(name.clone())), unknown),
                )
            });
            Json::Object(each.collect())
        }
        Value::Number(number) if number.is_infinite() => {
            json!(if number.is_negative() {
                "-Infinity"
            } else {
                "Infinity"
            })
        }
        Value::Null(_)
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Marked(_) => to_json(value).unwrap_or(Json::Null),
    }
}

fn refinement(refinement: &Refinement) -> Map<String, Json> {
    let Refinement {
        not_null,
        prefix,
        min,
        max,
        len_min,
        len_max,
    } = refinement;
    let bound = |bound: &Bound| {
        let number = to_json(&Value::Number(bound.value.clone())).unwrap_or(Json::Null);
        json!([number, bound.inclusive])
    };
    let mut found = Map::new();
    if *not_null {
        found.insert("notnull".into(), json!(true));
    }
    if let Some(prefix) = prefix {
        found.insert("prefix".into(), json!(prefix.as_str()));
    }
    for (name, end) in [("min", min), ("max", max)] {
        if let Some(end) = end {
            found.insert(name.into(), bound(end));
        }
    }
    if *len_min > 0 {
        found.insert("len_min".into(), json!(len_min));
    }
    if let Some(len_max) = len_max {
        found.insert("len_max".into(), json!(len_max));
    }
    found
}

fn steps(path: &Path) -> Json {
    let step = |step: &PathStep| match step {
        PathStep::Attribute(name) | PathStep::Key(name) => json!(name.as_str()),
        PathStep::Index(index) => json!(index),
        PathStep::Element(_) => json!("*"),
    };
    Json::Array(path.0.iter().map(step).collect())
}

fn words(marks: Marks) -> Vec<&'static str> {
    let known = [
        (Marks::SENSITIVE, "sensitive"),
        (Marks::EPHEMERAL, "ephemeral"),
        (Marks::SECRET_REFERENCE, "secret-reference"),
        (Marks::CONCEALED, "concealed"),
    ];
    known
        .into_iter()
        .filter(|(mark, _)| marks.contains(*mark))
        .map(|(_, word)| word)
        .collect()
}
