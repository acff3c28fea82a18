//! Types as JSON: `"string"`, `["list","string"]`, `["object",{"a":"bool"},["a"]]`.

use serde_json::{Map as JsonObject, Value as Json, json};

use crate::text::Str;
use crate::ty::Type;

/// Nothing nests deeper in a type that someone meant.
const MAX_DEPTH: usize = 1000;

/// JSON that stands for no type.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{json} is not a type")]
pub struct JsonTypeError {
    /// The part of the JSON that is wrong.
    pub json: String,
}

/// Writes a type as JSON.
pub fn type_to_json(ty: &Type) -> Json {
    match ty {
        Type::Dynamic => json!("dynamic"),
        Type::Bool => json!("bool"),
        Type::Number => json!("number"),
        Type::String => json!("string"),
        Type::List(element) => json!(["list", type_to_json(element)]),
        Type::Set(element) => json!(["set", type_to_json(element)]),
        Type::Map(element) => json!(["map", type_to_json(element)]),
        Type::Tuple(elements) => {
            json!([
                "tuple",
                elements.iter().map(type_to_json).collect::<Vec<_>>()
            ])
        }
        Type::Object(object) => {
            let attributes: JsonObject<String, Json> = object
                .attributes
                .iter()
                .map(|(name, ty)| (name.as_str().to_owned(), type_to_json(ty)))
                .collect();
            if object.optional.is_empty() {
                json!(["object", attributes])
            } else {
                let optional: Vec<&str> = object.optional.iter().map(Str::as_str).collect();
                json!(["object", attributes, optional])
            }
        }
    }
}

/// Reads a type from JSON.
///
/// # Errors
/// When the JSON, or a part of it, stands for no type.
pub fn type_from_json(json: &Json) -> Result<Type, JsonTypeError> {
    read(json, 0)
}

fn read(json: &Json, depth: usize) -> Result<Type, JsonTypeError> {
    let error = || JsonTypeError {
        json: json.to_string(),
    };
    if depth > MAX_DEPTH {
        return Err(JsonTypeError {
            json: "a type of more than a thousand levels".into(),
        });
    }
    let parts = match json {
        Json::String(name) => return primitive(name).ok_or_else(error),
        Json::Array(parts) => parts.as_slice(),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::Object(_) => return Err(error()),
    };
    let Some((Json::String(kind), parts)) = parts.split_first() else {
        return Err(error());
    };
    match (kind.as_str(), parts) {
        ("list", [element]) => Ok(Type::list(read(element, depth + 1)?)),
        ("set", [element]) => Ok(Type::set(read(element, depth + 1)?)),
        ("map", [element]) => Ok(Type::map(read(element, depth + 1)?)),
        ("tuple", [Json::Array(elements)]) => {
            let mut types = Vec::with_capacity(elements.len());
            for element in elements {
                types.push(read(element, depth + 1)?);
            }
            Ok(Type::tuple(types))
        }
        ("object", [Json::Object(attributes)]) => object(attributes, &[], depth),
        ("object", [Json::Object(attributes), Json::Array(optional)]) => {
            object(attributes, optional, depth)
        }
        _ => Err(error()),
    }
}

fn primitive(name: &str) -> Option<Type> {
    match name {
        "string" => Some(Type::String),
        "number" => Some(Type::Number),
        "bool" => Some(Type::Bool),
        "dynamic" => Some(Type::Dynamic),
        _ => None,
    }
}

fn object(
    attributes: &JsonObject<String, Json>,
    optional: &[Json],
    depth: usize,
) -> Result<Type, JsonTypeError> {
    let mut types = Vec::with_capacity(attributes.len());
    for (name, ty) in attributes {
        types.push((Str::new(name), read(ty, depth + 1)?));
    }
    let mut names = Vec::with_capacity(optional.len());
    for name in optional {
        match name.as_str().filter(|name| attributes.contains_key(*name)) {
            Some(name) => names.push(Str::new(name)),
            None => {
                return Err(JsonTypeError {
                    json: name.to_string(),
                });
            }
        }
    }
    Ok(Type::object_with_optional(types, names))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_read_back_as_written() {
        for text in [
            r#""string""#,
            r#""dynamic""#,
            r#"["list","number"]"#,
            r#"["set",["map","bool"]]"#,
            r#"["tuple",[]]"#,
            r#"["tuple",["string",["list","dynamic"]]]"#,
            r#"["object",{"a":"string","b":["object",{}]}]"#,
            r#"["object",{"a":"string","b":"bool"},["b"]]"#,
        ] {
            let json: Json = serde_json::from_str(text).unwrap();
            assert_eq!(
                type_to_json(&type_from_json(&json).unwrap()).to_string(),
                text
            );
        }
    }

    #[test]
    fn other_json_is_no_type() {
        for (text, wrong) in [
            (r#""text""#, r#""text""#),
            ("1", "1"),
            ("[]", "[]"),
            (r#"["list"]"#, r#"["list"]"#),
            (r#"["list","a"]"#, r#""a""#),
            (r#"["object",{},["x"]]"#, r#""x""#),
        ] {
            let json: Json = serde_json::from_str(text).unwrap();
            assert_eq!(
                type_from_json(&json),
                Err(JsonTypeError { json: wrong.into() })
            );
        }
    }
}
