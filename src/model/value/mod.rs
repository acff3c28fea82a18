//! Values of the language: a type, a payload, marks, and unknowns with refinements. Everything else about values
//! builds on this: conversion, unification, equality, JSON.
//!
//! Semantics are Terraform's (cty): see `src/lang/README.md` for what was measured.

mod convert;
mod equal;
mod fields;
mod json;
mod marks;
mod prefix;
mod range;
mod secret_texts;
mod set;
mod unify;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use convert::{
    ConvertError, conversion_exists, convert, converted_type, mismatch_message, of_one_type,
};
pub use equal::{equal, raw_equal};
pub use fields::Fields;
pub use json::{
    JsonError, JsonTypeError, from_json, from_json_implied, to_json, to_json_as, type_from_json,
    type_to_json,
};
pub use marks::{MarkedPath, Marks};
pub use prefix::safe_prefix;
pub use range::{Bound, Refinement};
pub use secret_texts::SecretTexts;
pub use set::{element_cmp, exact_key};
pub use unify::{Unified, unify, unify_safe};

use crate::number::Number;
use crate::path::{Path, PathStep};
use crate::text::Str;
use crate::ty::Type;

/// A value of the language. Cheap to clone: everything larger than a number is shared.
///
/// [`Value::Marked`] never holds another `Marked`; sets never hold marked elements (marks move to the set).
/// Build sets with [`Value::set`], never by hand: their elements are sorted and distinct.
/// `PartialEq` is [`raw_equal`]: same type, same payload, same marks, unknown equal to the same unknown.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Value {
    /// Null of a type; a bare `null` has type dynamic.
    Null(Type),
    /// Known only later; what is known of it already is its refinement.
    Unknown(Arc<Unknown>),
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A string, in normalisation form C.
    String(Str),
    /// `list(T)`.
    List(Arc<List>),
    /// `set(T)`: sorted, distinct.
    Set(Arc<List>),
    /// `map(T)`.
    Map(Arc<Map>),
    /// `tuple([..])`.
    Tuple(Arc<[Value]>),
    /// `object({..})`.
    Object(Arc<Fields>),
    /// A value with marks.
    Marked(Arc<Marked>),
}

/// What is known of a value that is not known: its type (maybe dynamic) and bounds on it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Unknown {
    /// Its type; dynamic when even that is not known.
    pub ty: Type,
    /// What else is known.
    pub refinement: Refinement,
}

/// Elements of one type.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct List {
    /// The element type.
    pub element: Type,
    /// The elements; each is of `element`'s type, or of any where that is dynamic.
    pub items: Vec<Value>,
}

/// Named elements of one type.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Map {
    /// The element type.
    pub element: Type,
    /// The elements by key.
    pub entries: Fields,
}

/// A value under marks.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Marked {
    /// The marks, never empty.
    pub marks: Marks,
    /// The value, not itself marked at its top.
    pub value: Value,
}

impl Value {
    /// A bare `null`.
    pub const NULL: Self = Self::Null(Type::Dynamic);

    /// An unknown of a type nothing else is known about.
    pub fn unknown(ty: Type) -> Self {
        Self::Unknown(Arc::new(Unknown {
            ty,
            refinement: Refinement::default(),
        }))
    }

    /// An unknown of unknown type: what evaluation goes on with after an error.
    pub fn dynamic() -> Self {
        Self::unknown(Type::Dynamic)
    }

    /// An unknown of a type that is certainly not null.
    pub fn unknown_not_null(ty: Type) -> Self {
        Self::refined(
            ty,
            Refinement {
                not_null: true,
                ..Refinement::default()
            },
        )
    }

    /// A string value.
    pub fn string(text: impl Into<Str>) -> Self {
        Self::String(text.into())
    }

    /// A whole number, at the 64 bits of precision that Terraform's own functions give.
    pub fn int(value: i64) -> Self {
        Self::Number(Number::from(value))
    }

    /// A list; every item must be of type `element` already.
    pub fn list(element: Type, items: Vec<Self>) -> Self {
        Self::List(Arc::new(List { element, items }))
    }

    /// A set of `items`, which must be of type `element` already: sorts them, drops repetitions, and moves their
    /// marks to the set.
    pub fn set(element: Type, items: Vec<Self>) -> Self {
        set::make(element, items)
    }

    /// A map; every value must be of type `element` already. A later entry wins over an earlier one of its key.
    pub fn map(element: Type, entries: impl IntoIterator<Item = (Str, Self)>) -> Self {
        Self::Map(Arc::new(Map {
            element,
            entries: entries.into_iter().collect(),
        }))
    }

    /// A tuple.
    pub fn tuple(items: Vec<Self>) -> Self {
        Self::Tuple(items.into())
    }

    /// An object. A later entry wins over an earlier one of its name.
    pub fn object<N: Into<Str>>(entries: impl IntoIterator<Item = (N, Self)>) -> Self {
        Self::Object(Arc::new(
            entries
                .into_iter()
                .map(|(name, value)| (name.into(), value))
                .collect(),
        ))
    }

    /// The value's type; dynamic for a bare null and for an unknown of unknown type.
    pub fn ty(&self) -> Type {
        match self {
            Self::Null(ty) => ty.clone(),
            Self::Unknown(unknown) => unknown.ty.clone(),
            Self::Bool(_) => Type::Bool,
            Self::Number(_) => Type::Number,
            Self::String(_) => Type::String,
            Self::List(list) => Type::list(list.element.clone()),
            Self::Set(set) => Type::set(set.element.clone()),
            Self::Map(map) => Type::map(map.element.clone()),
            Self::Tuple(items) => Type::tuple(items.iter().map(Self::ty)),
            Self::Object(fields) => Type::object(
                fields
                    .iter()
                    .map(|(name, value)| (name.clone(), value.ty())),
            ),
            Self::Marked(marked) => marked.value.ty(),
        }
    }

    /// Whether it is null, marked or not.
    pub fn is_null(&self) -> bool {
        matches!(self.bare(), Self::Null(_))
    }

    /// Whether its top is known, marked or not; its elements may not be.
    pub fn is_known(&self) -> bool {
        !matches!(self.bare(), Self::Unknown(_))
    }

    /// Whether nothing in it is unknown.
    pub fn is_wholly_known(&self) -> bool {
        match self {
            Self::Unknown(_) => false,
            Self::Null(_) | Self::Bool(_) | Self::Number(_) | Self::String(_) => true,
            Self::List(list) | Self::Set(list) => list.items.iter().all(Self::is_wholly_known),
            Self::Map(map) => map.entries.values().all(Self::is_wholly_known),
            Self::Tuple(items) => items.iter().all(Self::is_wholly_known),
            Self::Object(fields) => fields.values().all(Self::is_wholly_known),
            Self::Marked(marked) => marked.value.is_wholly_known(),
        }
    }

    /// The value with nulls in place of what is not known.
    #[must_use]
    pub fn known_or_null(&self) -> Self {
        if self.is_wholly_known() {
            return self.clone();
        }
        let each = |items: &[Self]| items.iter().map(Self::known_or_null).collect();
        match self {
            Self::Unknown(_) => Self::Null(self.ty()),
            Self::Null(_) | Self::Bool(_) | Self::Number(_) | Self::String(_) => self.clone(),
            Self::List(list) => Self::list(list.element.clone(), each(&list.items)),
            Self::Set(set) => Self::set(set.element.clone(), each(&set.items)),
            Self::Tuple(items) => Self::tuple(each(items)),
            Self::Map(map) => {
                let entries = map.entries.iter();
                let entries = entries.map(|(key, item)| (key.clone(), item.known_or_null()));
                Self::map(map.element.clone(), entries)
            }
            Self::Object(fields) => {
                let fields = fields.iter();
                Self::object(fields.map(|(name, value)| (name.clone(), value.known_or_null())))
            }
            Self::Marked(marked) => marked.value.known_or_null().mark(marked.marks),
        }
    }

    /// The value with each whole number that fits in 64 bits to its last digit, however it was worked out: a number of
    /// lower precision is written with fewer digits and zeros after them.
    #[must_use]
    pub fn in_whole_digits(&self) -> Self {
        let each = |items: &[Self]| items.iter().map(Self::in_whole_digits).collect();
        match self {
            Self::Number(number) => {
                Self::Number(number.to_i64().map_or_else(|| number.clone(), Number::from))
            }
            Self::Unknown(_) | Self::Null(_) | Self::Bool(_) | Self::String(_) => self.clone(),
            Self::List(list) => Self::list(list.element.clone(), each(&list.items)),
            Self::Set(set) => Self::set(set.element.clone(), each(&set.items)),
            Self::Tuple(items) => Self::tuple(each(items)),
            Self::Map(map) => {
                let entries = map.entries.iter();
                let entries = entries.map(|(key, item)| (key.clone(), item.in_whole_digits()));
                Self::map(map.element.clone(), entries)
            }
            Self::Object(fields) => {
                let fields = fields.iter();
                Self::object(fields.map(|(name, value)| (name.clone(), value.in_whole_digits())))
            }
            Self::Marked(marked) => marked.value.in_whole_digits().mark(marked.marks),
        }
    }

    /// The value without the marks at its top; those further in stay.
    pub fn bare(&self) -> &Self {
        if let Self::Marked(marked) = self {
            &marked.value
        } else {
            self
        }
    }

    /// The text of a known string, marked or not.
    pub fn as_str(&self) -> Option<&Str> {
        if let Self::String(text) = self.bare() {
            Some(text)
        } else {
            None
        }
    }

    /// A known bool, marked or not.
    pub fn as_bool(&self) -> Option<bool> {
        if let Self::Bool(value) = self.bare() {
            Some(*value)
        } else {
            None
        }
    }

    /// A known number, marked or not.
    pub fn as_number(&self) -> Option<&Number> {
        if let Self::Number(number) = self.bare() {
            Some(number)
        } else {
            None
        }
    }

    /// The elements of a known list, set or tuple, marked or not.
    pub fn as_items(&self) -> Option<&[Self]> {
        match self.bare() {
            Self::List(list) | Self::Set(list) => Some(&list.items),
            Self::Tuple(items) => Some(items),
            Self::Null(_)
            | Self::Unknown(_)
            | Self::Bool(_)
            | Self::Number(_)
            | Self::String(_)
            | Self::Map(_)
            | Self::Object(_)
            | Self::Marked(_) => None,
        }
    }

    /// The entries of a known map or object, marked or not.
    pub fn as_fields(&self) -> Option<&Fields> {
        match self.bare() {
            Self::Map(map) => Some(&map.entries),
            Self::Object(fields) => Some(fields),
            Self::Null(_)
            | Self::Unknown(_)
            | Self::Bool(_)
            | Self::Number(_)
            | Self::String(_)
            | Self::List(_)
            | Self::Set(_)
            | Self::Tuple(_)
            | Self::Marked(_) => None,
        }
    }

    /// The attribute of a known object (or entry of a known map), marked or not; top marks are not carried over.
    pub fn get(&self, name: &str) -> Option<&Self> {
        self.as_fields()?.get(name)
    }

    /// The value at a path; `None` where the path leads nowhere or into an unknown. Marks on the way are dropped.
    pub fn at(&self, path: &Path) -> Option<&Self> {
        path.0.iter().try_fold(self, |value, step| match step {
            PathStep::Attribute(name) | PathStep::Key(name) => value.get(name),
            PathStep::Index(index) => value.as_items()?.get(usize::try_from(*index).ok()?),
            PathStep::Element(element) => value.as_items()?.iter().find(|item| *item == element),
        })
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<Number> for Value {
    fn from(value: Number) -> Self {
        Self::Number(value)
    }
}

impl From<Str> for Value {
    fn from(value: Str) -> Self {
        Self::String(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::string(value)
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        raw_equal(self, other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_have_all_their_digits() {
        let rounded = Number::parse("4611686018427387904").unwrap();
        let rounded = Number::from_f64(rounded.to_f64()).unwrap();
        assert_eq!(rounded.to_string(), "4611686018427388000");
        let value = Value::tuple(vec![Value::map(
            Type::Number,
            [("a".into(), Value::Number(rounded).mark(Marks::SENSITIVE))],
        )]);
        let found = value.in_whole_digits();
        assert_eq!(found, value);
        let inner = found.as_items().and_then(|items| items.first());
        let number = inner.and_then(|map| map.get("a")).unwrap();
        assert_eq!(number.marks(), Marks::SENSITIVE);
        assert_eq!(
            number.as_number().unwrap().to_string(),
            "4611686018427387904"
        );
    }
}
