//! The form of the recorded answers: value specs, and sameness of values as the answers mean it.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a file of another form fails the test"
)]

use std::collections::BTreeMap;

use model::value::{Bound, Refinement};
use model::{Marks, Number, Str, Type, Value};
use serde_json::Value as Json;

/// One expression and what Terraform answers.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) id: String,
    pub(super) expr: String,
    pub(super) vars: BTreeMap<String, Value>,
    pub(super) expect: Expected,
    pub(super) dir: Option<String>,
    /// Newer releases answer otherwise, Terraform panics, or it depends on the machine.
    pub(super) is_free: bool,
    pub(super) compares_marks: bool,
}

#[derive(Debug)]
pub(super) enum Expected {
    Value(Value),
    Error(String),
    /// A value that is recorded only as text for people.
    Uncomparable,
}

impl Case {
    /// Reads one line.
    pub(super) fn parse(line: &str) -> Self {
        let json: Json = serde_json::from_str(line).unwrap();
        let text = |name: &str| json.get(name).and_then(Json::as_str).map(str::to_owned);
        let vars = json
            .get("vars")
            .and_then(Json::as_object)
            .into_iter()
            .flatten();
        let expr = text("expr").unwrap();
        Self {
            id: text("id").unwrap(),
            vars: vars
                .map(|(name, spec)| (name.clone(), value(spec).unwrap()))
                .collect(),
            expect: expected(json.get("expect").unwrap()),
            dir: text("dir"),
            is_free: ["superseded", "tf_bug", "env_dependent"]
                .iter()
                .any(|key| json.get(key).is_some()),
            compares_marks: expr.contains("sensitive"),
            expr,
        }
    }
}

fn expected(json: &Json) -> Expected {
    match json.get("error").and_then(Json::as_str) {
        Some(error) => Expected::Error(error.to_owned()),
        None => value(json).map_or(Expected::Uncomparable, Expected::Value),
    }
}

/// The value of a spec; none when it holds only text.
fn value(spec: &Json) -> Option<Value> {
    let plain = spec.get("value")?;
    let ty = type_of(spec.get("type")?);
    let notes = Notes {
        unknown: entries(spec, "unknown")
            .map(|entry| (path(entry), entry))
            .collect(),
        marks: entries(spec, "marks")
            .map(|entry| (path(entry), marks(entry)))
            .collect(),
    };
    Some(notes.build(&ty, plain, &mut Vec::new()))
}

fn entries<'a>(spec: &'a Json, name: &str) -> impl Iterator<Item = &'a Json> {
    spec.get(name)
        .and_then(Json::as_array)
        .into_iter()
        .flatten()
}

fn path(entry: &Json) -> Vec<String> {
    entries(entry, "path")
        .map(|step| {
            step.as_str()
                .map_or_else(|| step.to_string(), str::to_owned)
        })
        .collect()
}

fn marks(entry: &Json) -> Marks {
    entries(entry, "marks").fold(Marks::NONE, |marks, mark| {
        marks.union(match mark.as_str().unwrap() {
            "sensitive" => Marks::SENSITIVE,
            "ephemeral" => Marks::EPHEMERAL,
            other => panic!("unknown mark {other}"),
        })
    })
}

fn type_of(json: &Json) -> Type {
    if let Some(name) = json.as_str() {
        return match name {
            "dynamic" => Type::Dynamic,
            "bool" => Type::Bool,
            "number" => Type::Number,
            "string" => Type::String,
            other => panic!("unknown type {other}"),
        };
    }
    let (kind, inner) = (json[0].as_str().unwrap(), &json[1]);
    match kind {
        "list" => Type::list(type_of(inner)),
        "set" => Type::set(type_of(inner)),
        "map" => Type::map(type_of(inner)),
        "tuple" => Type::tuple(inner.as_array().unwrap().iter().map(type_of)),
        "object" => Type::object(
            inner
                .as_object()
                .unwrap()
                .iter()
                .map(|(name, ty)| (name.as_str(), type_of(ty))),
        ),
        other => panic!("unknown type {other}"),
    }
}

struct Notes<'a> {
    unknown: Vec<(Vec<String>, &'a Json)>,
    marks: Vec<(Vec<String>, Marks)>,
}

impl Notes<'_> {
    fn build(&self, ty: &Type, json: &Json, at: &mut Vec<String>) -> Value {
        let marks = self.marks.iter().filter(|(path, _)| path == at);
        let marks = marks.fold(Marks::NONE, |all, (_, marks)| all.union(*marks));
        match self.unknown.iter().find(|(path, _)| path == at) {
            Some((_, entry)) => Value::refined(ty.clone(), refinement(entry)),
            None => self.known(ty, json, at),
        }
        .mark(marks)
    }

    fn known(&self, ty: &Type, json: &Json, at: &mut Vec<String>) -> Value {
        if json.is_null() {
            return Value::Null(ty.clone());
        }
        let mut inner = |ty: &Type, step: String, json: &Json| {
            at.push(step);
            let value = self.build(ty, json, at);
            at.pop();
            value
        };
        match ty {
            Type::Dynamic => panic!("a known value of dynamic type: {json}"),
            Type::Bool => Value::Bool(json.as_bool().unwrap()),
            Type::Number => Value::Number(number(json)),
            Type::String => Value::string(json.as_str().unwrap()),
            Type::List(element) | Type::Set(element) => {
                let items = json.as_array().unwrap().iter().enumerate();
                let items = items
                    .map(|(i, item)| inner(element, i.to_string(), item))
                    .collect();
                if matches!(ty, Type::Set(_)) {
                    Value::set((**element).clone(), items)
                } else {
                    Value::list((**element).clone(), items)
                }
            }
            Type::Map(element) => Value::map(
                (**element).clone(),
                json.as_object()
                    .unwrap()
                    .iter()
                    .map(|(key, item)| (Str::new(key), inner(element, key.clone(), item))),
            ),
            Type::Tuple(types) => {
                let items = types.iter().zip(json.as_array().unwrap()).enumerate();
                Value::tuple(
                    items
                        .map(|(i, (ty, item))| inner(ty, i.to_string(), item))
                        .collect(),
                )
            }
            Type::Object(object) => Value::object(object.attributes.iter().map(|(name, ty)| {
                (
                    name.clone(),
                    inner(ty, name.to_string(), &json[name.as_str()]),
                )
            })),
        }
    }
}

fn number(json: &Json) -> Number {
    let text = json
        .as_str()
        .map_or_else(|| json.to_string(), str::to_owned);
    let text = text.replace("Infinity", "inf");
    Number::parse(&text).unwrap_or_else(|| panic!("not a number: {text}"))
}

fn refinement(entry: &Json) -> Refinement {
    let Some(refine) = entry.get("refine") else {
        return Refinement::default();
    };
    let bound = |name: &str| {
        let pair = refine.get(name)?;
        Some(Bound {
            value: number(&pair[0]),
            inclusive: pair[1].as_bool().unwrap(),
        })
    };
    Refinement {
        not_null: refine.get("notnull").is_some_and(|value| value == true),
        prefix: refine.get("prefix").and_then(Json::as_str).map(Str::new),
        min: bound("min"),
        max: bound("max"),
        len_min: refine.get("len_min").and_then(Json::as_u64).unwrap_or(0),
        len_max: refine.get("len_max").and_then(Json::as_u64),
    }
}

/// Whether both have the same type, value, unknowns and marks. Numbers are the same when their texts are, whatever
/// their precision.
pub(super) fn same(got: &Value, want: &Value) -> bool {
    if got.marks() != want.marks() {
        return false;
    }
    match (got.bare(), want.bare()) {
        // The recorded answers went through a form in which zero has no sign.
        (Value::Number(got), Value::Number(want)) if got.is_zero() => want.is_zero(),
        (Value::Number(got), Value::Number(want)) => got.to_string() == want.to_string(),
        (Value::List(got), Value::List(want)) => {
            got.element == want.element && same_items(&got.items, &want.items)
        }
        (Value::Set(got), Value::Set(want)) => {
            got.element == want.element && same_members(&got.items, &want.items)
        }
        (Value::Tuple(got), Value::Tuple(want)) => same_items(got, want),
        (Value::Map(got), Value::Map(want)) => {
            got.element == want.element
                && got.entries.keys().eq(want.entries.keys())
                && got
                    .entries
                    .values()
                    .zip(want.entries.values())
                    .all(|(got, want)| same(got, want))
        }
        (Value::Object(got), Value::Object(want)) => {
            got.keys().eq(want.keys())
                && got
                    .values()
                    .zip(want.values())
                    .all(|(got, want)| same(got, want))
        }
        (got, want) => got == want,
    }
}

fn same_items(got: &[Value], want: &[Value]) -> bool {
    got.len() == want.len() && got.iter().zip(want).all(|(got, want)| same(got, want))
}

fn same_members(got: &[Value], want: &[Value]) -> bool {
    let mut left: Vec<&Value> = want.iter().collect();
    got.len() == want.len()
        && got.iter().all(|got| {
            let at = left.iter().position(|want| same(got, want));
            at.map(|at| left.swap_remove(at)).is_some()
        })
}
