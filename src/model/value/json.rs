//! Values and types as JSON, in the forms that Terraform's state, plans and `jsonencode` have.
//! Entry points: [`to_json`], [`to_json_as`], [`from_json`], [`from_json_implied`].

mod types;

use serde_json::{Map as JsonObject, Number as JsonNumber, Value as Json};

use super::convert::{convert, of_one_type};
use super::{Fields, Value};
use crate::number::Number;
use crate::path::{Path, PathStep};
use crate::text::Str;
use crate::ty::Type;

pub use types::{JsonTypeError, type_from_json, type_to_json};

/// Why a value and JSON cannot be made of each other.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum JsonError {
    /// JSON has no unknowns.
    #[error("value is not known")]
    Unknown {
        /// Where in the value.
        path: Path,
    },
    /// JSON has no marks; take them off first.
    #[error("value has marks, so it cannot be serialized as JSON")]
    Marked {
        /// Where in the value.
        path: Path,
    },
    /// JSON has no infinities.
    #[error("cannot serialize infinity as JSON")]
    Infinite {
        /// Where in the value.
        path: Path,
    },
    /// The value or the JSON is not of the wished type.
    #[error("{message}")]
    Mismatch {
        /// Where in the value.
        path: Path,
        /// What is wrong.
        message: String,
    },
}

/// Makes plain JSON of a value; its type is lost.
///
/// Numbers have all their digits, objects and maps are sorted by key.
///
/// # Errors
/// When something in it is unknown, marked or infinite.
pub fn to_json(value: &Value) -> Result<Json, JsonError> {
    Writer::default().plain(value)
}

/// Makes JSON of a value that is of type `ty`; where that is dynamic the JSON is `{"value":..,"type":..}`, so that
/// [`from_json`] with the same type gives the same value again.
///
/// # Errors
/// As [`to_json`], and when the value is not of that type.
pub fn to_json_as(value: &Value, ty: &Type) -> Result<Json, JsonError> {
    Writer::default().typed(value, ty)
}

/// Makes a value of type `ty` of JSON that [`to_json_as`] made with it, or that a person wrote: numbers may be in
/// quotes, attributes may be missing (they become null).
///
/// # Errors
/// [`JsonError::Mismatch`] when the JSON has another shape.
pub fn from_json(json: &Json, ty: &Type) -> Result<Value, JsonError> {
    Reader::default().value(json, ty)
}

/// Makes a value of any JSON: objects and tuples, a bare null of unknown type.
pub fn from_json_implied(json: &Json) -> Value {
    match json {
        Json::Null => Value::NULL,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => Value::Number(read_number(number)),
        Json::String(text) => Value::string(text),
        Json::Array(items) => {
            let mut values = Vec::with_capacity(items.len());
            for item in items {
                values.push(from_json_implied(item));
            }
            Value::tuple(values)
        }
        Json::Object(entries) => {
            let mut fields = Vec::with_capacity(entries.len());
            for (name, value) in entries {
                fields.push((Str::new(name), from_json_implied(value)));
            }
            Value::object(fields)
        }
    }
}

/// JSON numbers always read as numbers; one beyond every range is infinite or zero already.
fn read_number(number: &JsonNumber) -> Number {
    let text = number.to_string();
    Number::parse(&text).unwrap_or_else(|| {
        let tiny = text.contains("e-") || text.contains("E-");
        match (tiny, text.starts_with('-')) {
            (true, _) => Number::ZERO,
            (false, false) => Number::INFINITY,
            (false, true) => Number::NEGATIVE_INFINITY,
        }
    })
}

#[derive(Default)]
struct Writer {
    path: Vec<PathStep>,
}

impl Writer {
    fn path(&self) -> Path {
        Path(self.path.clone())
    }

    /// Writes a value as its own type says.
    fn plain(&mut self, value: &Value) -> Result<Json, JsonError> {
        Ok(match value {
            Value::Null(_) => Json::Null,
            Value::Unknown(_) => return Err(JsonError::Unknown { path: self.path() }),
            Value::Marked(_) => return Err(JsonError::Marked { path: self.path() }),
            Value::Bool(value) => Json::Bool(*value),
            Value::Number(number) => self.number(number)?,
            Value::String(text) => Json::String(text.as_str().to_owned()),
            Value::List(list) | Value::Set(list) => self.items(&list.items, None)?,
            Value::Tuple(items) => self.items(items, None)?,
            Value::Map(map) => self.entries(&map.entries, PathStep::Key, |_| None)?,
            Value::Object(fields) => self.entries(fields, PathStep::Attribute, |_| None)?,
        })
    }

    fn typed(&mut self, value: &Value, ty: &Type) -> Result<Json, JsonError> {
        match (value, ty) {
            (Value::Null(Type::Dynamic), _) => Ok(Json::Null),
            (Value::Unknown(_) | Value::Marked(_), _) => self.plain(value),
            (_, Type::Dynamic) => {
                let plain = self.plain(value)?;
                let mut wrapped = JsonObject::new();
                wrapped.insert("value".into(), plain);
                wrapped.insert("type".into(), type_to_json(&value.ty()));
                Ok(Json::Object(wrapped))
            }
            _ if !ty.has_dynamic() => self.plain(value),
            (Value::Null(_), _) => Ok(Json::Null),
            (Value::List(list), Type::List(element)) | (Value::Set(list), Type::Set(element)) => {
                self.items(&list.items, Some(Types::Same(element)))
            }
            (Value::Tuple(items), Type::Tuple(types)) if items.len() == types.len() => {
                self.items(items, Some(Types::Each(types)))
            }
            (Value::Map(map), Type::Map(element)) => {
                self.entries(&map.entries, PathStep::Key, |_| Some(element))
            }
            (Value::Object(fields), Type::Object(object)) => {
                self.entries(fields, PathStep::Attribute, |name| {
                    object.attributes.get(name)
                })
            }
            _ => Err(JsonError::Mismatch {
                path: self.path(),
                message: format!(
                    "{} required, but have {}",
                    ty.friendly(),
                    value.ty().friendly()
                ),
            }),
        }
    }

    fn number(&self, number: &Number) -> Result<Json, JsonError> {
        if let Some(value) = number.to_i64().filter(|_| number.precision() >= 64) {
            return Ok(Json::Number(value.into()));
        }
        match number.to_string().parse() {
            Ok(number) => Ok(Json::Number(number)),
            Err(_) => Err(JsonError::Infinite { path: self.path() }),
        }
    }

    fn items(&mut self, items: &[Value], types: Option<Types<'_>>) -> Result<Json, JsonError> {
        let mut out = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            self.path.push(PathStep::Index(index as u64));
            out.push(match types.and_then(|types| types.at(index)) {
                Some(ty) => self.typed(item, ty)?,
                None => self.plain(item)?,
            });
            self.path.pop();
        }
        Ok(Json::Array(out))
    }

    fn entries<'a>(
        &mut self,
        fields: &Fields,
        step: fn(Str) -> PathStep,
        ty: impl Fn(&Str) -> Option<&'a Type>,
    ) -> Result<Json, JsonError> {
        let mut out = JsonObject::with_capacity(fields.len());
        for (name, value) in fields.iter() {
            self.path.push(step(name.clone()));
            let value = match ty(name) {
                Some(ty) => self.typed(value, ty)?,
                None => self.plain(value)?,
            };
            out.insert(name.as_str().to_owned(), value);
            self.path.pop();
        }
        Ok(Json::Object(out))
    }
}

/// The types of elements by their index.
#[derive(Clone, Copy)]
enum Types<'a> {
    Same(&'a Type),
    Each(&'a [Type]),
}

impl<'a> Types<'a> {
    fn at(self, index: usize) -> Option<&'a Type> {
        match self {
            Self::Same(ty) => Some(ty),
            Self::Each(types) => types.get(index),
        }
    }
}

#[derive(Default)]
struct Reader {
    path: Vec<PathStep>,
}

impl Reader {
    fn mismatch<T>(&self, message: impl Into<String>) -> Result<T, JsonError> {
        Err(JsonError::Mismatch {
            path: Path(self.path.clone()),
            message: message.into(),
        })
    }

    fn value(&mut self, json: &Json, ty: &Type) -> Result<Value, JsonError> {
        match (ty, json) {
            (_, Json::Null) => Ok(Value::Null(ty.without_optional())),
            (Type::Dynamic, Json::Object(wrapped)) => self.dynamic(wrapped),
            (Type::Dynamic, _) => self.mismatch("an object with `value` and `type` is required"),
            (Type::Bool | Type::Number | Type::String, _) => self.primitive(json, ty),
            (Type::List(element), Json::Array(items)) => {
                let items = self.items(items, Types::Same(element))?;
                let (element, items) = self.elements(element, items)?;
                Ok(Value::list(element, items))
            }
            (Type::Set(element), Json::Array(items)) => {
                let items = self.items(items, Types::Same(element))?;
                let (element, items) = self.elements(element, items)?;
                Ok(Value::set(element, items))
            }
            (Type::Tuple(types), Json::Array(items)) if types.len() == items.len() => {
                Ok(Value::tuple(self.items(items, Types::Each(types))?))
            }
            (Type::Tuple(types), Json::Array(_)) => {
                self.mismatch(format!("a tuple of {} elements is required", types.len()))
            }
            (Type::Map(element), Json::Object(entries)) => self.map(element, entries),
            (Type::Object(object), Json::Object(entries)) => {
                if let Some(name) = entries
                    .keys()
                    .find(|name| !object.attributes.contains_key(name.as_str()))
                {
                    return self.mismatch(format!("unsupported attribute {name:?}"));
                }
                let mut fields = Vec::with_capacity(object.attributes.len());
                for (name, ty) in &object.attributes {
                    self.path.push(PathStep::Attribute(name.clone()));
                    let json = entries.get(name.as_str()).unwrap_or(&Json::Null);
                    fields.push((name.clone(), self.value(json, ty)?));
                    self.path.pop();
                }
                Ok(Value::object(fields))
            }
            (Type::List(_) | Type::Set(_) | Type::Tuple(_), _) => {
                self.mismatch("an array is required")
            }
            (Type::Map(_) | Type::Object(_), _) => self.mismatch("an object is required"),
        }
    }

    fn primitive(&self, json: &Json, ty: &Type) -> Result<Value, JsonError> {
        let value = match (json, ty) {
            // The text as it stands there, not as the number would print.
            (Json::Number(number), Type::String) => Value::string(number.to_string()),
            (Json::Number(_), Type::Bool) | (Json::Array(_) | Json::Object(_), _) => {
                return self.mismatch(format!("{} is required", ty.friendly()));
            }
            _ => from_json_implied(json),
        };
        convert(&value, ty).or_else(|error| self.mismatch(error.message))
    }

    fn dynamic(&mut self, wrapped: &JsonObject<String, Json>) -> Result<Value, JsonError> {
        let (Some(value), Some(ty), 2) = (wrapped.get("value"), wrapped.get("type"), wrapped.len())
        else {
            return self.mismatch("an object with just `value` and `type` is required");
        };
        match type_from_json(ty) {
            Ok(ty) => self.value(value, &ty),
            Err(error) => self.mismatch(error.to_string()),
        }
    }

    fn items(&mut self, items: &[Json], types: Types<'_>) -> Result<Vec<Value>, JsonError> {
        let mut values = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            self.path.push(PathStep::Index(index as u64));
            values.push(self.value(item, types.at(index).unwrap_or(&Type::Dynamic))?);
            self.path.pop();
        }
        Ok(values)
    }

    fn map(
        &mut self,
        element: &Type,
        entries: &JsonObject<String, Json>,
    ) -> Result<Value, JsonError> {
        let (mut keys, mut values) = (
            Vec::with_capacity(entries.len()),
            Vec::with_capacity(entries.len()),
        );
        for (key, json) in entries {
            let key = Str::new(key);
            self.path.push(PathStep::Key(key.clone()));
            values.push(self.value(json, element)?);
            self.path.pop();
            keys.push(key);
        }
        let (element, values) = self.elements(element, values)?;
        Ok(Value::map(element, keys.into_iter().zip(values)))
    }

    /// The elements of a collection of a wished type with the one type they all have.
    fn elements(&self, wish: &Type, items: Vec<Value>) -> Result<(Type, Vec<Value>), JsonError> {
        if items.is_empty() || !wish.has_dynamic() {
            return Ok((wish.without_optional(), items));
        }
        match of_one_type(items) {
            Some(elements) => Ok(elements),
            None => self.mismatch("all elements must have the same type"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Marks;

    fn json(text: &str) -> Json {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn numbers_keep_all_their_digits() {
        for text in [
            "1",
            "-5",
            "123456789012345678901234567890",
            "0.1",
            "0.00000000000000000000000001",
            "18446744073709551616",
        ] {
            let value = from_json_implied(&json(text));
            assert_eq!(to_json(&value).unwrap().to_string(), text);
        }
        let third = Number::ONE.checked_div(&Number::from(3i64)).unwrap();
        assert_eq!(
            to_json(&Value::Number(third.clone())).unwrap().to_string(),
            third.to_string()
        );
        assert_eq!(
            to_json(&from_json_implied(&json("1e3")))
                .unwrap()
                .to_string(),
            "1000"
        );
        let float = Number::from_f64(2f64.powi(60)).unwrap();
        assert_eq!(
            to_json(&Value::Number(float)).unwrap().to_string(),
            "1152921504606847000"
        );
    }

    #[test]
    fn implied_types_are_objects_and_tuples() {
        let value = from_json_implied(&json(r#"{"b":[1,"x",null],"a":true}"#));
        assert_eq!(
            value.ty().to_string(),
            "object({a = bool, b = tuple([number, string, any])})"
        );
        assert_eq!(
            to_json(&value).unwrap().to_string(),
            r#"{"a":true,"b":[1,"x",null]}"#
        );
    }

    #[test]
    fn what_json_does_not_have_is_an_error() {
        let at = |value: Value| Value::object([("a", Value::tuple(vec![value]))]);
        let path = Path::root().attribute("a").with(PathStep::Index(0));
        let unknown = to_json(&at(Value::unknown(Type::String)));
        assert_eq!(unknown, Err(JsonError::Unknown { path: path.clone() }));
        let marked = to_json(&at(Value::int(1).mark(Marks::SENSITIVE)));
        assert_eq!(marked, Err(JsonError::Marked { path: path.clone() }));
        let infinite = to_json(&at(Value::Number(Number::INFINITY)));
        assert_eq!(infinite, Err(JsonError::Infinite { path }));
    }

    #[test]
    fn dynamic_places_carry_their_type() {
        let ty = Type::object([
            ("any", Type::Dynamic),
            ("list", Type::list(Type::Dynamic)),
            ("n", Type::Dynamic),
        ]);
        let value = Value::object([
            ("any", Value::set(Type::Number, vec![Value::int(1)])),
            (
                "list",
                Value::list(
                    Type::String,
                    vec![Value::string("a"), Value::Null(Type::String)],
                ),
            ),
            ("n", Value::NULL),
        ]);
        let text = concat!(
            r#"{"any":{"value":[1],"type":["set","number"]},"#,
            r#""list":[{"value":"a","type":"string"},{"value":null,"type":"string"}],"n":null}"#
        );
        let written = to_json_as(&value, &ty).unwrap();
        assert_eq!(written.to_string(), text);
        assert_eq!(from_json(&written, &ty), Ok(value));
    }

    #[test]
    fn json_is_read_as_the_wished_type() {
        let ty = Type::object([
            ("m", Type::map(Type::Number)),
            ("s", Type::set(Type::String)),
            ("t", Type::tuple([Type::Bool, Type::String])),
            ("missing", Type::list(Type::String)),
        ]);
        let value = from_json(
            &json(r#"{"m":{"a":"1.5"},"s":["b","a","b"],"t":["true",1.50]}"#),
            &ty,
        )
        .unwrap();
        let expected = Value::object([
            (
                "m",
                Value::map(
                    Type::Number,
                    [("a".into(), Value::Number(Number::parse("1.5").unwrap()))],
                ),
            ),
            (
                "s",
                Value::set(Type::String, vec![Value::from("a"), Value::from("b")]),
            ),
            (
                "t",
                Value::tuple(vec![Value::Bool(true), Value::from("1.50")]),
            ),
            ("missing", Value::Null(Type::list(Type::String))),
        ]);
        assert_eq!(value, expected);
    }

    #[test]
    fn json_of_another_shape_is_refused_where_it_is() {
        let refused = |text: &str, ty: Type| from_json(&json(text), &ty).unwrap_err();
        let object = Type::object([("a", Type::list(Type::Number))]);
        let error = |path: Path, message: &str| JsonError::Mismatch {
            path,
            message: message.into(),
        };
        assert_eq!(
            refused(r#"{"b":1}"#, object.clone()),
            error(Path::root(), "unsupported attribute \"b\"")
        );
        let path = Path::root().attribute("a").with(PathStep::Index(1));
        assert_eq!(
            refused(r#"{"a":[1,"x"]}"#, object.clone()),
            error(path, "a number is required")
        );
        assert_eq!(
            refused(r#"{"a":{}}"#, object),
            error(Path::root().attribute("a"), "an array is required")
        );
        assert_eq!(
            refused("1", Type::Bool),
            error(Path::root(), "bool is required")
        );
        assert_eq!(
            refused("1", Type::Dynamic),
            error(
                Path::root(),
                "an object with `value` and `type` is required"
            )
        );
        assert_eq!(
            refused(
                r#"[{"value":1,"type":"number"},{"value":"","type":"string"}]"#,
                Type::list(Type::Dynamic)
            ),
            error(Path::root(), "all elements must have the same type")
        );
    }

    #[test]
    fn numbers_beyond_every_range_still_read() {
        assert_eq!(
            from_json_implied(&json("1e99999999999999999999")),
            Value::Number(Number::INFINITY)
        );
        assert_eq!(
            from_json_implied(&json("-1e99999999999999999999")),
            Value::Number(Number::NEGATIVE_INFINITY)
        );
        assert_eq!(
            from_json_implied(&json("1e-99999999999999999999")),
            Value::int(0)
        );
    }
}
