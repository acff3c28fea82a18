//! What to say when there is no conversion from one type to another.

use super::{Conversions, exists};
use crate::ty::{ObjectType, Type};

/// Says what is wrong with a value of type `from` where `wish` is wanted, as Terraform does.
pub(super) fn message(from: &Type, wish: &Type) -> String {
    match (from, wish) {
        (Type::Object(from), Type::Object(wish)) => objects(from, wish),
        (Type::Tuple(_), Type::List(element)) if **element == Type::Dynamic => {
            "all list elements must have the same type".into()
        }
        (Type::Tuple(_), Type::Set(element)) if **element == Type::Dynamic => {
            "all set elements must have the same type".into()
        }
        (Type::Object(_), Type::Map(element)) if **element == Type::Dynamic => {
            "all map elements must have the same type".into()
        }
        (Type::Tuple(from), Type::List(element) | Type::Set(element)) => from
            .iter()
            .enumerate()
            .find(|(_, from)| !exists(from, element, Conversions::All))
            .map_or_else(
                || format!("all elements must be {}", name(element)),
                |(at, from)| format!("element {at}: {}", message(from, element)),
            ),
        (Type::Object(from), Type::Map(element)) => from
            .attributes
            .iter()
            .find(|(_, from)| !exists(from, element, Conversions::All))
            .map_or_else(
                || format!("all elements must be {}", name(element)),
                |(key, from)| format!("element {:?}: {}", key.as_str(), message(from, element)),
            ),
        (Type::List(from) | Type::Set(from), Type::List(wish)) => element("list", from, wish),
        (Type::List(from) | Type::Set(from), Type::Set(wish)) => element("set", from, wish),
        (Type::Map(from), Type::Map(wish)) => element("map", from, wish),
        _ => format!("{} required", name(wish)),
    }
}

fn element(collection: &str, from: &Type, wish: &Type) -> String {
    format!(
        "incorrect {collection} element type: {}",
        message(from, wish)
    )
}

fn objects(from: &ObjectType, wish: &ObjectType) -> String {
    let missing: Vec<String> = wish
        .attributes
        .keys()
        .filter(|name| !from.attributes.contains_key(*name) && !wish.optional.contains(*name))
        .map(|name| format!("{:?}", name.as_str()))
        .collect();
    match missing.as_slice() {
        [] => {}
        [one] => return format!("attribute {one} is required"),
        [one, two] => return format!("attributes {one} and {two} are required"),
        [most @ .., last] => {
            return format!("attributes {}, and {last} are required", most.join(", "));
        }
    }
    wish.attributes
        .iter()
        .filter_map(|(name, wish)| from.attributes.get(name).map(|from| (name, from, wish)))
        .find(|(_, from, wish)| !exists(from, wish, Conversions::All))
        .map_or_else(
            || "incorrect object attributes".into(),
            |(name, from, wish)| format!("attribute {:?}: {}", name.as_str(), message(from, wish)),
        )
}

/// The name of a wish in a sentence: `list of any single type`.
fn name(wish: &Type) -> String {
    let of = |collection: &str, element: &Type| {
        if *element == Type::Dynamic {
            format!("{collection} of any single type")
        } else {
            format!("{collection} of {}", name(element))
        }
    };
    match wish {
        Type::Dynamic => "any type".into(),
        Type::List(element) => of("list", element),
        Type::Set(element) => of("set", element),
        Type::Map(element) => of("map", element),
        Type::Bool | Type::Number | Type::String | Type::Tuple(_) | Type::Object(_) => {
            wish.friendly()
        }
    }
}
