//! Conversion as far as types alone tell: whether there is one, and what type comes out.

use super::{Conversions, unify_by};
use crate::text::Str;
use crate::ty::{ObjectType, Type};

/// Whether values of type `from` can be converted to `wish`; some of them may still fail.
pub fn conversion_exists(from: &Type, wish: &Type) -> bool {
    exists(from, wish, Conversions::All)
}

/// The type that an unknown of type `from` has once it is converted to `wish`; `None` when there is no conversion.
pub fn converted_type(from: &Type, wish: &Type) -> Option<Type> {
    conversion_exists(from, wish).then(|| fill_dynamic(from, &wish.without_optional()))
}

pub(in super::super) fn exists(from: &Type, wish: &Type, by: Conversions) -> bool {
    let all = by == Conversions::All;
    match (from, wish) {
        (_, Type::Dynamic) => true,
        _ if from == wish => true,
        (Type::Dynamic, _) => all,
        (Type::Number | Type::Bool, Type::String) => true,
        (Type::String, Type::Number | Type::Bool) => all,
        (Type::Object(from), Type::Object(wish)) => objects(from, wish, by),
        (Type::Tuple(from), Type::Tuple(wish)) => {
            from.len() == wish.len()
                && from
                    .iter()
                    .zip(wish.iter())
                    .all(|(from, wish)| exists(from, wish, by))
        }
        // The order of a list and its repetitions are lost in a set.
        (Type::List(from), Type::Set(wish)) => all && exists(from, wish, by),
        (Type::List(from) | Type::Set(from), Type::List(wish))
        | (Type::Set(from), Type::Set(wish))
        | (Type::Map(from), Type::Map(wish)) => exists(from, wish, by),
        (Type::Tuple(from), Type::List(wish) | Type::Set(wish)) => ordered_parts(from, wish, by),
        (Type::Object(from), Type::Map(wish)) => named_parts(from, wish, by),
        (Type::Map(from), Type::Object(wish)) => {
            all && wish
                .attributes
                .iter()
                .all(|(name, wish_ty)| wish.optional.contains(name) || exists(from, wish_ty, by))
        }
        _ => false,
    }
}

fn objects(from: &ObjectType, wish: &ObjectType, by: Conversions) -> bool {
    wish.attributes
        .iter()
        .all(|(name, ty)| match from.attributes.get(name) {
            Some(from) => exists(from, ty, by),
            None => wish.optional.contains(name),
        })
}

fn ordered_parts(from: &[Type], wish: &Type, by: Conversions) -> bool {
    if from.is_empty() || *wish != Type::Dynamic {
        return all_exist(from.iter(), wish, by);
    }
    match unify_by(from, by) {
        None => false,
        // With one type unknown they may still turn out different, and there is no list of different types.
        Some(unified) if unified.ty == Type::Dynamic => from.iter().all(|ty| *ty == Type::Dynamic),
        Some(unified) => all_exist(from.iter(), &unified.ty, by),
    }
}

fn named_parts(from: &ObjectType, wish: &Type, by: Conversions) -> bool {
    if from.attributes.is_empty() || *wish != Type::Dynamic {
        return all_exist(from.attributes.values(), wish, by);
    }
    let types: Vec<Type> = from.attributes.values().cloned().collect();
    unify_by(&types, by).is_some_and(|unified| all_exist(types.iter(), &unified.ty, by))
}

/// Many parts often have few types, so equal neighbours are asked for once.
fn all_exist<'a>(types: impl Iterator<Item = &'a Type>, wish: &Type, by: Conversions) -> bool {
    let mut last: Option<&Type> = None;
    for ty in types {
        if last != Some(ty) && !exists(ty, wish, by) {
            return false;
        }
        last = Some(ty);
    }
    true
}

/// The wish with every dynamic in it replaced by what `from` has in its place.
pub(super) fn fill_dynamic(from: &Type, wish: &Type) -> Type {
    if *from == Type::Dynamic || !wish.has_dynamic() {
        return wish.clone();
    }
    let element = |wish: &Type| {
        collection_part(from).map_or_else(|| wish.clone(), |from| fill_dynamic(&from, wish))
    };
    match wish {
        Type::Dynamic => from.clone(),
        Type::Bool | Type::Number | Type::String => wish.clone(),
        Type::List(wish) => Type::list(element(wish)),
        Type::Set(wish) => Type::set(element(wish)),
        Type::Map(wish) => Type::map(element(wish)),
        Type::Tuple(wishes) => {
            let Type::Tuple(from) = from else {
                return wish.clone();
            };
            Type::tuple(
                from.iter()
                    .zip(wishes.iter())
                    .map(|(from, wish)| fill_dynamic(from, wish)),
            )
        }
        Type::Object(object) => Type::object(object.attributes.iter().map(|(name, wish)| {
            let from = attribute(from, name);
            (
                name.clone(),
                from.map_or_else(|| wish.clone(), |from| fill_dynamic(from, wish)),
            )
        })),
    }
}

/// The type that a value of this type gives to an attribute.
fn attribute<'a>(from: &'a Type, name: &Str) -> Option<&'a Type> {
    match from {
        Type::Object(object) => object.attributes.get(name),
        Type::Map(element) => Some(element),
        Type::Dynamic | Type::Bool | Type::Number | Type::String => None,
        Type::List(_) | Type::Set(_) | Type::Tuple(_) => None,
    }
}

/// The element type that a value of this type has as a collection; dynamic when its parts have none in common.
fn collection_part(from: &Type) -> Option<Type> {
    let parts: Vec<Type> = match from {
        Type::List(element) | Type::Set(element) | Type::Map(element) => {
            return Some((**element).clone());
        }
        Type::Tuple(elements) => elements.to_vec(),
        Type::Object(object) => object.attributes.values().cloned().collect(),
        Type::Dynamic | Type::Bool | Type::Number | Type::String => return None,
    };
    Some(unify_by(&parts, Conversions::All).map_or(Type::Dynamic, |unified| unified.ty))
}
