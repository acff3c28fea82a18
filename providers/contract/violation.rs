//! Places where a value breaks the rules, and whether a value is of the type its schema says. Pure.
//! Entry point: [`conforms`].

use std::fmt;

use model::schema::Block;
use model::{Path, PathStep, Str, Type, Value};
use serde::{Deserialize, Serialize};

use crate::error::ProviderError;

/// A place where a provider's answer breaks the rules.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Violation {
    /// Where in the object.
    pub path: Path,
    /// What is wrong there, as a phrase.
    pub message: String,
}

/// Writes `tags["a"]: planned value differs from the configuration`.
impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_root() {
            return f.write_str(&self.message);
        }
        write!(f, "{}: {}", self.path, self.message)
    }
}

/// A configuration that breaks the rules is refused at that place, and stays so.
impl From<Violation> for ProviderError {
    fn from(violation: Violation) -> Self {
        Self::permanent(violation.message).at(violation.path)
    }
}

/// Returns where `value` is not of the type that `block` says: attributes missing or unknown to it, values of other
/// types. Null and unknown are of every type.
pub fn conforms(block: &Block, value: &Value) -> Vec<Violation> {
    let mut found = Vec::new();
    if value.is_null() || !value.is_known() {
        return found;
    }
    let Some(fields) = value.as_fields() else {
        At::Root.say(
            &mut found,
            format!("an object is needed, found {}", value.ty().friendly()),
        );
        return found;
    };
    let attributes = block
        .attributes
        .iter()
        .map(|(name, attribute)| (name, attribute.value_type()));
    let blocks = block
        .blocks
        .iter()
        .map(|(name, nested)| (name, nested.value_type()));
    for (name, ty) in attributes.chain(blocks) {
        let at = At::Attribute(&At::Root, name);
        match fields.get(name) {
            None => at.say(&mut found, "missing"),
            Some(value) if is_of_type(value, &ty) => {}
            Some(value) => {
                let message = format!(
                    "{} is needed, found {}",
                    ty.friendly(),
                    value.ty().friendly()
                );
                at.say(&mut found, message);
            }
        }
    }
    for name in fields.keys() {
        if !block.attributes.contains_key(name) && !block.blocks.contains_key(name) {
            At::Attribute(&At::Root, name).say(&mut found, "not expected here");
        }
    }
    found
}

/// A place, built only when something is found there.
pub(crate) enum At<'a> {
    Root,
    Attribute(&'a At<'a>, &'a Str),
    Index(&'a At<'a>, usize),
    Key(&'a At<'a>, &'a Str),
}

impl At<'_> {
    fn path(&self) -> Path {
        match self {
            Self::Root => Path::root(),
            Self::Attribute(parent, name) => parent.path().attribute((*name).clone()),
            Self::Index(parent, index) => parent.path().with(PathStep::Index(*index as u64)),
            Self::Key(parent, key) => parent.path().with(PathStep::Key((*key).clone())),
        }
    }

    /// Notes what is wrong here.
    pub(crate) fn say(&self, found: &mut Vec<Violation>, message: impl Into<String>) {
        found.push(Violation {
            path: self.path(),
            message: message.into(),
        });
    }
}

/// Whether a value may stand where `ty` is expected; dynamic expects nothing.
pub(crate) fn is_of_type(value: &Value, ty: &Type) -> bool {
    match (ty, value.bare()) {
        (Type::Dynamic, _) => true,
        (_, Value::Null(Type::Dynamic)) => true,
        (_, Value::Unknown(unknown)) if unknown.ty == Type::Dynamic => true,
        (Type::List(element), Value::List(list)) | (Type::Set(element), Value::Set(list)) => {
            fits(&list.element, element) && list.items.iter().all(|item| is_of_type(item, element))
        }
        (Type::Map(element), Value::Map(map)) => {
            fits(&map.element, element)
                && map.entries.values().all(|item| is_of_type(item, element))
        }
        (Type::Tuple(types), Value::Tuple(items)) => {
            types.len() == items.len()
                && items
                    .iter()
                    .zip(types.iter())
                    .all(|(item, ty)| is_of_type(item, ty))
        }
        (Type::Object(object), Value::Object(fields)) => {
            object.attributes.len() == fields.len()
                && object
                    .attributes
                    .iter()
                    .zip(fields.iter())
                    .all(|((wanted, ty), (name, value))| wanted == name && is_of_type(value, ty))
        }
        _ => fits(&value.ty(), ty),
    }
}

/// Whether values of type `ty` may stand where `wanted` is expected.
fn fits(ty: &Type, wanted: &Type) -> bool {
    match (wanted, ty) {
        (Type::Dynamic, _) => true,
        (Type::List(wanted), Type::List(ty))
        | (Type::Set(wanted), Type::Set(ty))
        | (Type::Map(wanted), Type::Map(ty)) => fits(ty, wanted),
        (Type::Tuple(wanted), Type::Tuple(ty)) => {
            wanted.len() == ty.len()
                && ty
                    .iter()
                    .zip(wanted.iter())
                    .all(|(ty, wanted)| fits(ty, wanted))
        }
        (Type::Object(wanted), Type::Object(ty)) => {
            wanted.attributes.len() == ty.attributes.len()
                && wanted.attributes.iter().zip(&ty.attributes).all(
                    |((wanted_name, wanted), (name, ty))| wanted_name == name && fits(ty, wanted),
                )
        }
        _ => ty == wanted,
    }
}
