//! Conversion of values to wished types, by Terraform's rules. Entry point: [`convert`].

mod mismatch;
mod types;

use super::unify::unify_by;
use super::{Fields, List, Map, Refinement, Unknown, Value};
use crate::number::Number;
use crate::path::{Path, PathStep};
use crate::text::Str;
use crate::ty::{ObjectType, Type};

pub(super) use types::exists;
use types::fill_dynamic;
pub use types::{conversion_exists, converted_type};

/// Why a value cannot be converted.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct ConvertError {
    /// Where in the value.
    pub path: Path,
    /// What is wrong, as Terraform says it: `a number is required`.
    pub message: String,
}

/// Which conversions are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Conversions {
    /// Those that never fail and lose nothing.
    Safe,
    /// Also those that fail for some values: text to number, map to object.
    All,
}

/// Boxed on the way, to keep what nests small.
type Converted<T = Value> = Result<T, Box<ConvertError>>;

/// Converts a value to a wished type, in which dynamic stands for "whatever it is" and optional attributes may be
/// absent.
///
/// Marks stay where they are; null and unknown stay what they are, of the wished type; what is known of an unknown
/// is kept as far as it still holds.
///
/// # Errors
/// When there is no conversion between the types, or not for this value.
pub fn convert(value: &Value, wish: &Type) -> Result<Value, ConvertError> {
    let from = value.ty();
    if !exists(&from, wish, Conversions::All) {
        return Err(ConvertError {
            path: Path::root(),
            message: mismatch::message(&from, wish),
        });
    }
    Converter {
        by: Conversions::All,
        path: Vec::new(),
    }
    .value(value, &from, wish)
    .map_err(|error| *error)
}

/// Says why no value of type `from` can be converted to `wish`: `list of string required`.
pub fn mismatch_message(from: &Type, wish: &Type) -> String {
    mismatch::message(from, wish)
}

/// Converts with the path to where it is.
struct Converter {
    by: Conversions,
    path: Vec<PathStep>,
}

impl Converter {
    fn error(&self, message: impl Into<String>) -> Box<ConvertError> {
        Box::new(ConvertError {
            path: Path(self.path.clone()),
            message: message.into(),
        })
    }

    /// Converts a value of type `from` for which there is a conversion.
    fn value(&mut self, value: &Value, from: &Type, wish: &Type) -> Converted {
        match value {
            Value::Marked(marked) => Ok(self.value(&marked.value, from, wish)?.mark(marked.marks)),
            _ if *wish == Type::Dynamic || from == wish => Ok(value.clone()),
            Value::Unknown(unknown) => Ok(convert_unknown(unknown, wish)),
            Value::Null(ty) => Ok(convert_null(ty, wish)),
            Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                self.primitive(value, from, wish)
            }
            Value::List(_) | Value::Set(_) | Value::Map(_) | Value::Tuple(_) | Value::Object(_) => {
                self.compound(value, from, wish)
            }
        }
    }

    fn compound(&mut self, value: &Value, from: &Type, wish: &Type) -> Converted {
        match (value, from, wish) {
            (_, Type::Dynamic, _) => self.just_now_known(value, wish),
            (Value::Object(fields), Type::Object(from), Type::Object(wish)) => {
                self.object(fields, from, wish)
            }
            (Value::Map(map), _, Type::Object(wish)) => self.map_to_object(map, wish),
            (Value::Tuple(items), Type::Tuple(from), Type::Tuple(wish)) => {
                self.tuple(items, from, wish)
            }
            (Value::Tuple(items), Type::Tuple(from), Type::List(wish)) => {
                self.tuple_to_list(items, from, wish)
            }
            (Value::Tuple(items), Type::Tuple(from), Type::Set(wish)) => {
                self.tuple_to_set(items, from, wish)
            }
            (Value::List(list), _, Type::List(wish)) => self.list(list, wish),
            (Value::Set(set), _, Type::List(wish)) if may_shrink(set) => {
                Ok(unknown_list(&set.element, wish))
            }
            (Value::Set(set), _, Type::List(wish)) => self.list(set, wish),
            (Value::List(list) | Value::Set(list), _, Type::Set(wish)) => self.set(list, wish),
            (Value::Map(map), _, Type::Map(wish)) => self.map_to_map(map, wish),
            (Value::Object(fields), Type::Object(from), Type::Map(wish)) => {
                self.object_to_map(fields, from, wish)
            }
            _ => Err(self.error(mismatch::message(from, wish))),
        }
    }

    /// Converts an element of a collection of anything; only now its type is known.
    fn just_now_known(&mut self, value: &Value, wish: &Type) -> Converted {
        let from = value.ty();
        if !exists(&from, wish, self.by) {
            return Err(self.error(mismatch::message(&from, wish)));
        }
        self.value(value, &from, wish)
    }

    fn primitive(&self, value: &Value, from: &Type, wish: &Type) -> Converted {
        match (value, wish) {
            (Value::Number(number), Type::String) => Ok(Value::string(number.to_string())),
            (Value::Bool(value), Type::String) => {
                Ok(Value::string(if *value { "true" } else { "false" }))
            }
            (Value::String(text), Type::Number) => match Number::parse(text) {
                Some(number) => Ok(Value::Number(number)),
                None => Err(self.error("a number is required")),
            },
            (Value::String(text), Type::Bool) => match text.as_str() {
                "true" | "1" => Ok(Value::Bool(true)),
                "false" | "0" => Ok(Value::Bool(false)),
                other => Err(self.error(match other.to_lowercase().as_str() {
                    word @ ("true" | "false") => {
                        format!(
                            "a bool is required; to convert from string, use lowercase \"{word}\""
                        )
                    }
                    _ => "a bool is required".into(),
                })),
            },
            _ => Err(self.error(mismatch::message(from, wish))),
        }
    }

    fn object(&mut self, fields: &Fields, from: &ObjectType, wish: &ObjectType) -> Converted {
        let mut converted = Vec::with_capacity(wish.attributes.len());
        for (name, wish) in &wish.attributes {
            let value = match (fields.get(name), from.attributes.get(name)) {
                (Some(value), Some(from)) => {
                    self.part(PathStep::Attribute(name.clone()), value, from, wish)?
                }
                (None, _) | (_, None) => Value::Null(wish.without_optional()),
            };
            converted.push((name.clone(), value));
        }
        Ok(Value::object(converted))
    }

    fn map_to_object(&mut self, map: &Map, wish: &ObjectType) -> Converted {
        let from = &map.element;
        let mut converted = Vec::with_capacity(wish.attributes.len());
        for (name, ty) in &wish.attributes {
            let value = match map.entries.get(name) {
                None if wish.optional.contains(name) => Value::Null(ty.without_optional()),
                None => {
                    let message = format!(
                        "map has no element for required attribute {:?}",
                        name.as_str()
                    );
                    return Err(self.error(message));
                }
                // Only optional attributes get this far without a conversion.
                Some(_) if !exists(from, ty, self.by) => {
                    return Err(self.error(format!(
                        "map element type is incompatible with attribute {:?}: {}",
                        name.as_str(),
                        mismatch::message(from, ty)
                    )));
                }
                Some(value) => self.part(PathStep::Key(name.clone()), value, from, ty)?,
            };
            converted.push((name.clone(), value));
        }
        Ok(Value::object(converted))
    }

    fn list(&mut self, from: &List, wish: &Type) -> Converted {
        let items = self.items(from.items.iter().map(|item| (item, (&from.element, wish))))?;
        let (element, items) = self.uniform(items, &from.element, wish, "list")?;
        Ok(Value::list(element, items))
    }

    fn set(&mut self, from: &List, wish: &Type) -> Converted {
        let items = self.items(from.items.iter().map(|item| (item, (&from.element, wish))))?;
        let (element, items) = self.uniform(items, &from.element, wish, "set")?;
        Ok(Value::set(element, items))
    }

    fn map_to_map(&mut self, from: &Map, wish: &Type) -> Converted {
        let entries = from
            .entries
            .iter()
            .map(|(key, value)| (key, value, &from.element));
        self.map(entries, &from.element, wish)
    }

    fn tuple(&mut self, items: &[Value], from: &[Type], wish: &[Type]) -> Converted {
        let types = from.iter().zip(wish);
        Ok(Value::tuple(self.items(items.iter().zip(types))?))
    }

    fn tuple_to_list(&mut self, items: &[Value], from: &[Type], wish: &Type) -> Converted {
        let Some(wish) = self.element_wish(from, wish) else {
            return Ok(Value::list(wish.without_optional(), Vec::new()));
        };
        let mut items = self.items(items.iter().zip(from.iter().map(|from| (from, &wish))))?;
        if wish.has_dynamic() {
            let types: Vec<Type> = items.iter().map(Value::ty).collect();
            let unified = self.common(&types)?;
            items = self.items(items.iter().zip(types.iter().map(|from| (from, &unified))))?;
        }
        let (element, items) = self.uniform(items, &wish, &wish, "list")?;
        Ok(Value::list(element, items))
    }

    fn tuple_to_set(&mut self, items: &[Value], from: &[Type], wish: &Type) -> Converted {
        let Some(wish) = self.element_wish(from, wish) else {
            return Ok(Value::set(wish.without_optional(), Vec::new()));
        };
        let items = self.items(items.iter().zip(from.iter().map(|from| (from, &wish))))?;
        let (element, items) = self.uniform(items, &wish, &wish, "set")?;
        Ok(Value::set(element, items))
    }

    fn object_to_map(&mut self, fields: &Fields, from: &ObjectType, wish: &Type) -> Converted {
        let types: Vec<Type> = from.attributes.values().cloned().collect();
        let Some(wish) = self.element_wish(&types, wish) else {
            return Ok(Value::map(wish.without_optional(), []));
        };
        let entries = fields
            .iter()
            .zip(&types)
            .map(|((name, value), from)| (name, value, from));
        self.map(entries, &wish, &wish)
    }

    /// The type that the parts of a structural value shall have in a collection of `wish`; `None` without parts.
    fn element_wish(&self, parts: &[Type], wish: &Type) -> Option<Type> {
        if parts.is_empty() || *wish != Type::Dynamic {
            return (!parts.is_empty()).then(|| wish.clone());
        }
        Some(unify_by(parts, self.by).map_or(Type::Dynamic, |unified| unified.ty))
    }

    fn map<'a>(
        &mut self,
        entries: impl Iterator<Item = (&'a Str, &'a Value, &'a Type)>,
        from: &Type,
        wish: &Type,
    ) -> Converted {
        let (mut keys, mut items) = (Vec::new(), Vec::new());
        for (key, value, from) in entries {
            items.push(self.part(PathStep::Key(key.clone()), value, from, wish)?);
            keys.push(key.clone());
        }
        if !items.is_empty()
            && wish.has_dynamic()
            && matches!(
                wish,
                Type::Object(_) | Type::List(_) | Type::Set(_) | Type::Map(_)
            )
        {
            let types: Vec<Type> = items.iter().map(Value::ty).collect();
            let unified = self.common(&types)?;
            for ((item, key), from) in items.iter_mut().zip(&keys).zip(&types) {
                *item = self.part(PathStep::Key(key.clone()), item, from, &unified)?;
            }
        }
        let (element, items) = self.uniform(items, from, wish, "map")?;
        Ok(Value::map(element, keys.into_iter().zip(items)))
    }

    fn common(&self, types: &[Type]) -> Converted<Type> {
        match unify_by(types, self.by) {
            Some(unified) => Ok(unified.ty),
            None => Err(self.error("cannot find a common base type for all elements")),
        }
    }

    /// Converts one after the other, each given with its type and its wish.
    fn items<'a, 'b>(
        &mut self,
        items: impl Iterator<Item = (&'a Value, (&'b Type, &'b Type))>,
    ) -> Converted<Vec<Value>> {
        let mut converted = Vec::with_capacity(items.size_hint().0);
        for (item, (from, wish)) in items {
            let step = PathStep::Index(converted.len() as u64);
            converted.push(self.part(step, item, from, wish)?);
        }
        Ok(converted)
    }

    /// Converts what is one step further in.
    fn part(&mut self, step: PathStep, value: &Value, from: &Type, wish: &Type) -> Converted {
        /// Far more than one level of conversion takes.
        const RED_ZONE: usize = 1024 * 1024;
        const STACK: usize = 8 * 1024 * 1024;
        self.path.push(step);
        let converted = stacker::maybe_grow(RED_ZONE, STACK, || self.value(value, from, wish));
        self.path.pop();
        converted
    }

    /// The one type of a new collection's elements, and those elements as of that type.
    fn uniform(
        &self,
        items: Vec<Value>,
        from: &Type,
        wish: &Type,
        collection: &str,
    ) -> Converted<(Type, Vec<Value>)> {
        if !wish.has_dynamic() {
            return Ok((wish.without_optional(), items));
        }
        if items.is_empty() {
            let wish = if *wish == Type::Dynamic { from } else { wish };
            return Ok((wish.without_optional(), items));
        }
        of_one_type(items).ok_or_else(|| {
            let parts = if collection == "map" {
                "attribute"
            } else {
                "element"
            };
            self.error(format!(
                "{parts} types must all match for conversion to {collection}"
            ))
        })
    }
}

/// Returns the one type that all items have, and the items; nulls and unknowns of unknown type take that type. `None`
/// when their types differ.
pub fn of_one_type(mut items: Vec<Value>) -> Option<(Type, Vec<Value>)> {
    let mut element = Type::Dynamic;
    for item in &items {
        let ty = item.ty();
        if element == Type::Dynamic {
            element = ty;
        } else if ty != Type::Dynamic && ty != element {
            return None;
        }
    }
    if element != Type::Dynamic {
        for item in &mut items {
            *item = of_type(item, &element);
        }
    }
    Some((element, items))
}

fn of_type(item: &Value, element: &Type) -> Value {
    if item.ty() != Type::Dynamic {
        return item.clone();
    }
    let item_of_type = if item.is_null() {
        Value::Null(element.clone())
    } else {
        Value::unknown(element.clone())
    };
    item_of_type.mark(item.marks())
}

/// Whether elements of a set may turn out equal.
fn may_shrink(set: &List) -> bool {
    set.items.len() > 1 && !set.items.iter().all(Value::is_wholly_known)
}

/// A list made of a set that may still shrink; nobody can say at which index an element will be.
fn unknown_list(from: &Type, wish: &Type) -> Value {
    Value::unknown(Type::list(fill_dynamic(from, &wish.without_optional())))
}

fn convert_null(from: &Type, wish: &Type) -> Value {
    Value::Null(fill_dynamic(from, &wish.without_optional()))
}

fn convert_unknown(unknown: &Unknown, wish: &Type) -> Value {
    let ty = fill_dynamic(&unknown.ty, &wish.without_optional());
    let known = &unknown.refinement;
    let mut refinement = Refinement {
        not_null: known.not_null,
        ..Refinement::default()
    };
    let mut length = |min: usize, max: usize| {
        refinement.len_min = min as u64;
        refinement.len_max = Some(max as u64);
    };
    match (&unknown.ty, &ty) {
        (Type::Object(object), Type::Map(_)) => {
            length(object.attributes.len(), object.attributes.len())
        }
        (Type::Tuple(elements), Type::List(_)) => length(elements.len(), elements.len()),
        // Elements may turn out equal, but never all of them vanish.
        (Type::Tuple(elements), Type::Set(_)) => length(elements.len().min(1), elements.len()),
        (from, Type::Set(_)) if from.is_collection() => {
            refinement.len_min = known.len_min.min(1);
            refinement.len_max = known.len_max;
        }
        (from, to) if from.is_collection() && to.is_collection() => {
            refinement.len_min = known.len_min;
            refinement.len_max = known.len_max;
        }
        _ => {}
    }
    Value::refined(ty, refinement)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Marks;

    fn numbers(values: &[i64]) -> Vec<Value> {
        values.iter().copied().map(Value::int).collect()
    }

    fn failure(value: &Value, wish: &Type) -> String {
        let error = convert(value, wish).unwrap_err();
        if error.path.is_root() {
            error.message
        } else {
            format!("{}: {}", error.path, error.message)
        }
    }

    #[test]
    fn primitives_convert_as_in_terraform() {
        let text = |text: &str| Value::string(text);
        assert_eq!(convert(&Value::int(5), &Type::String), Ok(text("5")));
        assert_eq!(convert(&Value::Bool(true), &Type::String), Ok(text("true")));
        assert_eq!(convert(&text("1.5e1"), &Type::Number), Ok(Value::int(15)));
        assert_eq!(convert(&text("0"), &Type::Bool), Ok(Value::Bool(false)));
        assert_eq!(failure(&text("x"), &Type::Number), "a number is required");
        assert_eq!(failure(&text("x"), &Type::Bool), "a bool is required");
        let hint = "a bool is required; to convert from string, use lowercase \"true\"";
        assert_eq!(failure(&text("True"), &Type::Bool), hint);
        assert_eq!(
            failure(&Value::Bool(true), &Type::Number),
            "number required"
        );
        assert_eq!(
            failure(&Value::tuple(vec![]), &Type::String),
            "string required"
        );
    }

    #[test]
    fn tuples_become_lists_of_what_their_elements_have_in_common() {
        let mixed = Value::tuple(vec![Value::int(1), Value::string("a"), Value::NULL]);
        let texts = vec![
            Value::string("1"),
            Value::string("a"),
            Value::Null(Type::String),
        ];
        assert_eq!(
            convert(&mixed, &Type::list(Type::Dynamic)),
            Ok(Value::list(Type::String, texts))
        );
        let objects = Value::tuple(vec![
            Value::object([("a", Value::int(1))]),
            Value::object([("b", Value::int(2))]),
        ]);
        let list = convert(&objects, &Type::list(Type::Dynamic)).unwrap();
        assert_eq!(list.ty(), Type::list(Type::map(Type::Number)));
        let empty = convert(&Value::tuple(vec![]), &Type::list(Type::Dynamic)).unwrap();
        assert_eq!(empty, Value::list(Type::Dynamic, vec![]));
        let unlike = Value::tuple(vec![Value::int(1), Value::Bool(true)]);
        assert_eq!(
            failure(&unlike, &Type::list(Type::Dynamic)),
            "all list elements must have the same type"
        );
        let undecided = Value::tuple(vec![Value::tuple(numbers(&[1])), Value::NULL]);
        assert_eq!(
            failure(&undecided, &Type::list(Type::Dynamic)),
            "all list elements must have the same type"
        );
    }

    #[test]
    fn errors_say_where() {
        let list = Value::tuple(vec![Value::string("1"), Value::string("x")]);
        assert_eq!(
            failure(&list, &Type::list(Type::Number)),
            "[1]: a number is required"
        );
        let nested = Value::tuple(vec![Value::int(1), Value::tuple(vec![])]);
        assert_eq!(
            failure(&nested, &Type::list(Type::String)),
            "element 1: string required"
        );
        let wish = Type::object([("size", Type::Number), ("name", Type::String)]);
        assert_eq!(
            failure(&Value::object([("name", Value::from("a"))]), &wish),
            "attribute \"size\" is required"
        );
        let bad = Value::object([("size", Value::from("big")), ("name", Value::from("a"))]);
        assert_eq!(failure(&bad, &wish), "size: a number is required");
        let list = Value::list(Type::tuple([]), vec![Value::tuple(vec![])]);
        assert_eq!(
            failure(&list, &Type::list(Type::String)),
            "incorrect list element type: string required"
        );
        assert_eq!(
            failure(&Value::from("a"), &Type::list(Type::Dynamic)),
            "list of any single type required"
        );
        assert_eq!(
            failure(
                &Value::object::<&str>([]),
                &Type::object([("c", Type::Bool), ("b", Type::Bool), ("a", Type::Bool)])
            ),
            "attributes \"a\", \"b\", and \"c\" are required"
        );
    }

    #[test]
    fn objects_lose_extra_attributes_and_get_optional_ones() {
        let inner = Type::object_with_optional([("x", Type::Number)], ["x".into()]);
        let wish = Type::object_with_optional(
            [
                ("a", Type::String),
                ("b", Type::list(Type::Bool)),
                ("c", inner),
            ],
            ["b".into(), "c".into()],
        );
        let value = Value::object([
            ("a", Value::int(1)),
            ("z", Value::int(2)),
            ("c", Value::object::<&str>([])),
        ]);
        let expected = Value::object([
            ("a", Value::string("1")),
            ("b", Value::Null(Type::list(Type::Bool))),
            ("c", Value::object([("x", Value::Null(Type::Number))])),
        ]);
        assert_eq!(convert(&value, &wish), Ok(expected));
    }

    #[test]
    fn maps_and_objects_convert_both_ways() {
        let object = Value::object([("a", Value::int(1)), ("b", Value::string("x"))]);
        let map = Value::map(
            Type::String,
            [
                ("a".into(), Value::string("1")),
                ("b".into(), Value::string("x")),
            ],
        );
        assert_eq!(convert(&object, &Type::map(Type::Dynamic)), Ok(map.clone()));
        let wish = Type::object([("a", Type::Number)]);
        assert_eq!(
            convert(&map, &wish),
            Ok(Value::object([("a", Value::int(1))]))
        );
        let wish = Type::object([("c", Type::Number)]);
        assert_eq!(
            failure(&map, &wish),
            "map has no element for required attribute \"c\""
        );
        assert_eq!(
            failure(&map, &Type::object([("b", Type::Number)])),
            "[\"b\"]: a number is required"
        );
        let wish = Type::object_with_optional([("a", Type::list(Type::String))], ["a".into()]);
        assert_eq!(
            failure(&map, &wish),
            "map element type is incompatible with attribute \"a\": list of string required"
        );
    }

    #[test]
    fn sets_merge_elements_that_become_equal() {
        let value = Value::tuple(vec![Value::int(1), Value::string("1"), Value::string("a")]);
        let set = Value::set(Type::String, vec![Value::from("1"), Value::from("a")]);
        assert_eq!(convert(&value, &Type::set(Type::Dynamic)), Ok(set.clone()));
        assert_eq!(
            convert(&set, &Type::list(Type::Dynamic)),
            Ok(Value::list(
                Type::String,
                vec![Value::from("1"), Value::from("a")]
            ))
        );
        let open = Value::set(
            Type::String,
            vec![Value::from("a"), Value::unknown(Type::String)],
        );
        assert_eq!(
            convert(&open, &Type::list(Type::String)),
            Ok(Value::unknown(Type::list(Type::String)))
        );
    }

    #[test]
    fn nulls_and_unknowns_take_the_wished_type() {
        let wish = Type::list(Type::object_with_optional(
            [("a", Type::Dynamic)],
            ["a".into()],
        ));
        let of = |a: Type| Type::list(Type::object([("a", a)]));
        assert_eq!(
            convert(&Value::NULL, &wish),
            Ok(Value::Null(of(Type::Dynamic)))
        );
        assert_eq!(
            convert(&Value::dynamic(), &wish),
            Ok(Value::unknown(of(Type::Dynamic)))
        );
        let tuple = Value::unknown(Type::tuple([Type::object([("a", Type::Bool)])]));
        assert_eq!(convert(&tuple, &wish).unwrap().ty(), of(Type::Bool));
        assert_eq!(convert(&Value::NULL, &Type::Dynamic), Ok(Value::NULL));
    }

    #[test]
    fn what_is_known_of_an_unknown_survives() {
        let prefix = Refinement {
            not_null: true,
            prefix: Some("a-".into()),
            ..Refinement::default()
        };
        let value = Value::refined(Type::String, prefix);
        assert_eq!(convert(&value, &Type::String), Ok(value.clone()));
        assert_eq!(
            convert(&value, &Type::Number),
            Ok(Value::unknown_not_null(Type::Number))
        );
        let tuple = Value::unknown_not_null(Type::tuple([Type::Number, Type::Number]));
        let unknown = || Value::unknown(Type::Number);
        assert_eq!(
            convert(&tuple, &Type::list(Type::Number)),
            Ok(Value::list(Type::Number, vec![unknown(), unknown()]))
        );
        let set = convert(&tuple, &Type::set(Type::Number)).unwrap().range();
        assert_eq!((set.len_min, set.len_max), (1, Some(2)));
    }

    #[test]
    fn marks_stay_where_they_are() {
        let value = Value::tuple(vec![Value::int(1).mark(Marks::SENSITIVE), Value::int(2)]);
        let list = convert(&value, &Type::list(Type::String)).unwrap();
        assert_eq!(
            list.as_items().unwrap(),
            [
                Value::string("1").mark(Marks::SENSITIVE),
                Value::string("2")
            ]
        );
        assert_eq!(
            convert(&value, &Type::set(Type::String)).unwrap().marks(),
            Marks::SENSITIVE
        );
    }

    #[test]
    fn a_thousand_levels_are_converted() {
        let (mut value, mut wish) = (Value::int(1), Type::String);
        for _ in 0..1000 {
            value = Value::tuple(vec![value]);
            wish = Type::list(wish);
        }
        assert!(convert(&value, &wish).is_ok());
    }
}
