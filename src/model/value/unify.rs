//! Unification: the one type that values of several types can all be converted to.
//! Entry points: [`unify`], [`unify_safe`].

use std::cmp::Ordering;
use std::collections::{HashSet, VecDeque};

use super::Value;
use super::convert::{Conversions, ConvertError, convert, exists, of_one_type};
use crate::path::Path;
use crate::text::Str;
use crate::ty::Type;

/// The type that several types have in common.
#[derive(Clone, Debug, PartialEq)]
pub struct Unified {
    /// The type.
    pub ty: Type,
    /// Whether one of the types is not known yet in a place where it may still change the outcome. Then `ty` is
    /// dynamic and every value becomes an unknown.
    pub undecided: bool,
    /// Whether tuples and objects become collections with their parts as they are, not unified with one another. So
    /// it is where Terraform unified their parts for a collection and then found one of unknown elements beside it.
    parts_as_they_are: bool,
}

impl Unified {
    /// Converts a value of one of the unified types.
    ///
    /// # Errors
    /// When a value does not have what its new type needs, as text that is not a number.
    pub fn convert(&self, value: &Value) -> Result<Value, ConvertError> {
        if self.undecided {
            return Ok(Value::dynamic().mark(value.marks()));
        }
        if self.parts_as_they_are {
            return convert_parts(value, &self.ty);
        }
        convert(value, &self.ty)
    }

    /// A type that was found in another way; values are converted to it as usual.
    pub fn decided(ty: Type) -> Self {
        Self {
            ty,
            undecided: false,
            parts_as_they_are: false,
        }
    }

    fn undecided() -> Self {
        Self {
            ty: Type::Dynamic,
            undecided: true,
            parts_as_they_are: false,
        }
    }
}

/// Finds the type that all of `types` can be converted to, by conversions that may fail for some values too: what
/// conditionals, function calls and conversions to `list(any)` use. `None` when there is none or no type is given.
pub fn unify(types: &[Type]) -> Option<Unified> {
    unify_by(types, Conversions::All)
}

/// Finds the type that all of `types` can be converted to by conversions that never fail.
pub fn unify_safe(types: &[Type]) -> Option<Unified> {
    unify_by(types, Conversions::Safe)
}

pub(super) fn unify_by(types: &[Type], by: Conversions) -> Option<Unified> {
    let first = types.first()?;
    if types.iter().all(|ty| ty == first) {
        return Some(Unified::decided(first.clone()));
    }
    let mut seen = HashSet::with_capacity(types.len());
    let types: Vec<Type> = types
        .iter()
        .filter(|ty| seen.insert(*ty))
        .cloned()
        .collect();
    let kinds = Kinds::of(&types);
    if let Some(outcome) = kinds.by_kind(&types, by) {
        return outcome;
    }
    if kinds.primitives > 0 && kinds.primitives + kinds.dynamics < types.len() {
        // Nothing converts between primitives and the others.
        return (kinds.dynamics > 0).then(|| Unified::decided(Type::Dynamic));
    }
    by_preference(&types)
        .into_iter()
        .filter_map(|at| types.get(at))
        .find(|wish| types.iter().all(|ty| exists(ty, wish, by)))
        .map(|ty| Unified::decided(ty.clone()))
}

/// How many types there are of each kind.
#[derive(Default)]
struct Kinds {
    primitives: usize,
    lists: usize,
    sets: usize,
    maps: usize,
    tuples: usize,
    objects: usize,
    dynamics: usize,
}

impl Kinds {
    fn of(types: &[Type]) -> Self {
        let mut kinds = Self::default();
        for ty in types {
            *match ty {
                Type::Bool | Type::Number | Type::String => &mut kinds.primitives,
                Type::List(_) => &mut kinds.lists,
                Type::Set(_) => &mut kinds.sets,
                Type::Map(_) => &mut kinds.maps,
                Type::Tuple(_) => &mut kinds.tuples,
                Type::Object(_) => &mut kinds.objects,
                Type::Dynamic => &mut kinds.dynamics,
            } += 1;
        }
        kinds
    }

    /// The outcome where the kinds alone say how to unify; `None` where they do not.
    fn by_kind(&self, types: &[Type], by: Conversions) -> Option<Option<Unified>> {
        let only = |count: usize| count > 0 && count + self.dynamics == types.len();
        let open = self.dynamics > 0;
        if only(self.maps) {
            return Some(same_collection(types, by, open, Type::map));
        }
        if only(self.lists) {
            return Some(same_collection(types, by, open, Type::list));
        }
        if only(self.sets) {
            return Some(same_collection(types, by, open, Type::set));
        }
        if self.maps > 0 && only(self.maps + self.objects) {
            return reshaped(types, by, Shape::Map).map(Some);
        }
        if self.lists > 0 && only(self.lists + self.tuples) {
            return reshaped(types, by, Shape::List).map(Some);
        }
        if only(self.objects) {
            return Some(if open {
                Some(Unified::undecided())
            } else {
                objects(types, by)
            });
        }
        if only(self.tuples) {
            return Some(if open {
                Some(Unified::undecided())
            } else {
                tuples(types, by)
            });
        }
        (self.objects > 0 && self.tuples > 0).then_some(None)
    }
}

fn same_collection(
    types: &[Type],
    by: Conversions,
    open: bool,
    collection: fn(Type) -> Type,
) -> Option<Unified> {
    if open {
        return Some(Unified::undecided());
    }
    let elements: Vec<Type> = types.iter().filter_map(Type::element).cloned().collect();
    all_to(types, collection(unify_by(&elements, by)?.ty), by)
}

fn all_to(types: &[Type], ty: Type, by: Conversions) -> Option<Unified> {
    types
        .iter()
        .all(|from| exists(from, &ty, by))
        .then(|| Unified::decided(ty))
}

/// A collection that structural types can become.
#[derive(Clone, Copy, PartialEq)]
enum Shape {
    Map,
    List,
}

impl Shape {
    /// The types of the parts of a structural type that can become this; `None` for any other type.
    fn parts(self, ty: &Type) -> Option<Vec<Type>> {
        match (self, ty) {
            (Self::Map, Type::Object(object)) => {
                Some(object.attributes.values().cloned().collect())
            }
            (Self::List, Type::Tuple(elements)) => Some(elements.to_vec()),
            _ => None,
        }
    }

    fn of(self, element: Type) -> Type {
        match self {
            Self::Map => Type::map(element),
            Self::List => Type::list(element),
        }
    }

    fn has(self, ty: &Type) -> bool {
        matches!(
            (self, ty),
            (Self::Map, Type::Map(_)) | (Self::List, Type::List(_))
        )
    }
}

/// Unifies with the structural types taken for the collection that all their parts would make.
fn reshaped(types: &[Type], by: Conversions, shape: Shape) -> Option<Unified> {
    let structural: Vec<Type> = types
        .iter()
        .filter(|ty| shape.parts(ty).is_some())
        .cloned()
        .collect();
    let collection = to_collection(&structural, by, shape)?.ty;
    let types: Vec<Type> = types
        .iter()
        .map(|ty| {
            if shape.parts(ty).is_some() {
                collection.clone()
            } else {
                ty.clone()
            }
        })
        .collect();
    let mut unified = unify_by(&types, by).filter(|unified| shape.has(&unified.ty))?;
    unified.parts_as_they_are = unified.ty != collection && unified.ty.has_dynamic();
    Some(unified)
}

/// Converts each part of a tuple or object to the element type of a list or map.
fn convert_parts(value: &Value, ty: &Type) -> Result<Value, ConvertError> {
    let (parts, wish) = match (value.bare(), ty) {
        (Value::Tuple(items), Type::List(wish)) => (items.to_vec(), wish),
        (Value::Object(fields), Type::Map(wish)) => (fields.values().cloned().collect(), wish),
        _ => return convert(value, ty),
    };
    let parts: Vec<Value> = parts
        .iter()
        .map(|part| convert(part, wish))
        .collect::<Result<_, _>>()?;
    let Some((element, parts)) = of_one_type(parts) else {
        let message = if matches!(ty, Type::Map(_)) {
            "attribute types must all match for conversion to map"
        } else {
            "element types must all match for conversion to list"
        };
        return Err(ConvertError {
            path: Path::root(),
            message: message.into(),
        });
    };
    let collection = match value.as_fields() {
        Some(fields) => Value::map(element, fields.keys().cloned().zip(parts)),
        None => Value::list(element, parts),
    };
    Ok(collection.mark(value.marks()))
}

fn to_collection(types: &[Type], by: Conversions, shape: Shape) -> Option<Unified> {
    let parts: Vec<Type> = types
        .iter()
        .filter_map(|ty| shape.parts(ty))
        .flatten()
        .collect();
    all_to(types, shape.of(unify_by(&parts, by)?.ty), by)
}

fn objects(types: &[Type], by: Conversions) -> Option<Unified> {
    let all: Vec<_> = types
        .iter()
        .filter_map(|ty| {
            if let Type::Object(object) = ty {
                Some(object)
            } else {
                None
            }
        })
        .collect();
    let first = all.first()?;
    if !all
        .iter()
        .all(|object| object.attributes.keys().eq(first.attributes.keys()))
    {
        return to_collection(types, by, Shape::Map);
    }
    let mut attributes: Vec<(Str, Type)> = Vec::with_capacity(first.attributes.len());
    for name in first.attributes.keys() {
        let across: Vec<Type> = all
            .iter()
            .filter_map(|object| object.attributes.get(name))
            .cloned()
            .collect();
        // An attribute that has no common type would be in the way of a map too.
        attributes.push((name.clone(), unify_by(&across, by)?.ty));
    }
    all_to(types, Type::object(attributes), by).or_else(|| to_collection(types, by, Shape::Map))
}

fn tuples(types: &[Type], by: Conversions) -> Option<Unified> {
    let all: Vec<_> = types
        .iter()
        .filter_map(|ty| {
            if let Type::Tuple(elements) = ty {
                Some(elements)
            } else {
                None
            }
        })
        .collect();
    let first = all.first()?;
    if !all.iter().all(|elements| elements.len() == first.len()) {
        return to_collection(types, by, Shape::List);
    }
    let mut elements = Vec::with_capacity(first.len());
    for at in 0..first.len() {
        let across: Vec<Type> = all
            .iter()
            .filter_map(|elements| elements.get(at))
            .cloned()
            .collect();
        elements.push(unify_by(&across, by)?.ty);
    }
    all_to(types, Type::tuple(elements), by).or_else(|| to_collection(types, by, Shape::List))
}

/// Indexes of `types`, the most general type first as far as that can be told; types in a circle are left out.
fn by_preference(types: &[Type]) -> Vec<usize> {
    let mut below: Vec<Vec<usize>> = vec![Vec::new(); types.len()];
    let mut above: Vec<usize> = vec![0; types.len()];
    let mut edge = |general: usize, special: usize| {
        if let (Some(list), Some(count)) = (below.get_mut(general), above.get_mut(special)) {
            list.push(special);
            *count += 1;
        }
    };
    for (i, a) in types.iter().enumerate() {
        for (j, b) in types.iter().enumerate().skip(i + 1) {
            match generality(a, b) {
                Ordering::Less => edge(i, j),
                Ordering::Greater => edge(j, i),
                Ordering::Equal => {}
            }
        }
    }
    let mut queue: VecDeque<usize> = above
        .iter()
        .enumerate()
        .filter(|(_, count)| **count == 0)
        .map(|(at, _)| at)
        .collect();
    let mut order = Vec::with_capacity(types.len());
    while let Some(at) = queue.pop_front() {
        order.push(at);
        for next in below.get(at).into_iter().flatten() {
            let Some(count) = above.get_mut(*next) else {
                continue;
            };
            *count -= 1;
            if *count == 0 {
                queue.push_back(*next);
            }
        }
    }
    order
}

/// `Less` when `a` is the more general type, `Equal` when that cannot be told.
fn generality(a: &Type, b: &Type) -> Ordering {
    match (a, b) {
        (Type::Dynamic, Type::Dynamic) | (Type::String, Type::String) => Ordering::Equal,
        (_, Type::Dynamic) | (Type::String, Type::Bool | Type::Number) => Ordering::Less,
        (Type::Dynamic, _) | (Type::Bool | Type::Number, Type::String) => Ordering::Greater,
        (Type::List(a), Type::List(b))
        | (Type::Set(a), Type::Set(b))
        | (Type::Map(a), Type::Map(b)) => generality(a, b),
        (Type::List(_), Type::Tuple(_) | Type::Set(_))
        | (Type::Tuple(_), Type::Set(_))
        | (Type::Map(_), Type::Object(_)) => Ordering::Less,
        (Type::Tuple(_) | Type::Set(_), Type::List(_))
        | (Type::Set(_), Type::Tuple(_))
        | (Type::Object(_), Type::Map(_)) => Ordering::Greater,
        (Type::Object(a), Type::Object(b)) if a.attributes.keys().eq(b.attributes.keys()) => {
            agreed(a.attributes.values().zip(b.attributes.values()))
        }
        (Type::Tuple(a), Type::Tuple(b)) if a.len() == b.len() => agreed(a.iter().zip(b.iter())),
        _ => Ordering::Equal,
    }
}

/// What all parts agree on.
fn agreed<'a>(pairs: impl Iterator<Item = (&'a Type, &'a Type)>) -> Ordering {
    let mut outcome = Ordering::Equal;
    for (a, b) in pairs {
        match (outcome, generality(a, b)) {
            (_, Ordering::Equal) => {}
            (Ordering::Equal, order) => outcome = order,
            (seen, order) if seen != order => return Ordering::Equal,
            _ => {}
        }
    }
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;

    fn common(types: &[Type]) -> String {
        unify(types).map_or_else(|| "none".into(), |unified| unified.ty.to_string())
    }

    fn object(name: &str, ty: Type) -> Type {
        Type::object([(name, ty)])
    }

    #[test]
    fn string_wins_over_number_and_bool() {
        assert_eq!(common(&[Type::Number, Type::String, Type::Bool]), "string");
        assert_eq!(common(&[Type::Number, Type::Bool]), "none");
        assert_eq!(common(&[]), "none");
    }

    #[test]
    fn objects_unify_by_attribute_or_as_a_map() {
        assert_eq!(
            common(&[object("a", Type::Number), object("a", Type::String)]),
            "object({a = string})"
        );
        assert_eq!(
            common(&[object("a", Type::Number), object("b", Type::String)]),
            "map(string)"
        );
        assert_eq!(
            common(&[object("a", Type::Number), object("b", Type::Bool)]),
            "none"
        );
        assert_eq!(
            common(&[object("a", Type::Number), Type::map(Type::String)]),
            "map(string)"
        );
        assert_eq!(
            common(&[object("a", Type::Number), Type::tuple([Type::Number])]),
            "none"
        );
    }

    #[test]
    fn tuples_unify_by_position_or_as_a_list() {
        let (one, two) = (
            Type::tuple([Type::Number]),
            Type::tuple([Type::Number, Type::String]),
        );
        assert_eq!(
            common(&[one.clone(), Type::tuple([Type::String])]),
            "tuple([string])"
        );
        assert_eq!(common(&[one.clone(), two]), "list(string)");
        assert_eq!(
            common(&[one.clone(), Type::list(Type::String)]),
            "list(string)"
        );
        assert_eq!(common(&[one, Type::set(Type::String)]), "set(string)");
    }

    #[test]
    fn lists_are_preferred_to_sets_only_where_they_must_not_be_ordered() {
        assert_eq!(
            common(&[Type::list(Type::Number), Type::set(Type::Number)]),
            "list(number)"
        );
        assert_eq!(
            common(&[Type::list(Type::Number), Type::list(Type::String)]),
            "list(string)"
        );
    }

    #[test]
    fn a_type_not_known_yet_leaves_collections_undecided() {
        let with_list = unify(&[Type::list(Type::String), Type::Dynamic]).unwrap();
        assert!(with_list.undecided);
        assert_eq!(
            with_list.convert(&Value::list(Type::String, vec![])),
            Ok(Value::dynamic())
        );
        assert_eq!(
            unify(&[Type::String, Type::Dynamic]),
            Some(Unified::decided(Type::String))
        );
        assert_eq!(
            unify_safe(&[Type::String, Type::Dynamic]),
            Some(Unified::decided(Type::Dynamic))
        );
        assert_eq!(
            unify(&[Type::String, Type::tuple([]), Type::Dynamic]),
            Some(Unified::decided(Type::Dynamic))
        );
    }

    #[test]
    fn ten_thousand_types_of_one_shape_are_quick() {
        let types: Vec<Type> = (0..10_000)
            .map(|at| object(&format!("a{at}"), Type::Number))
            .collect();
        assert_eq!(common(&types), "map(number)");
    }

    #[test]
    fn parts_are_not_unified_beside_a_collection_of_unknown_elements() {
        let tuple = |item: Value| Value::tuple(vec![item]);
        let alike = Value::tuple(vec![tuple(Value::int(1)), tuple(Value::int(2))]);
        let unlike = Value::tuple(vec![tuple(Value::int(1)), tuple(Value::from("a"))]);
        let beside = |value: &Value| {
            unify(&[value.ty(), Type::list(Type::Dynamic)])
                .unwrap()
                .convert(value)
        };
        assert_eq!(
            beside(&alike).unwrap().ty(),
            Type::list(Type::tuple([Type::Number]))
        );
        assert_eq!(
            beside(&unlike).unwrap_err().message,
            "element types must all match for conversion to list"
        );
        let numbers = Value::tuple(vec![Value::int(1), Value::from("a")]);
        assert_eq!(beside(&numbers).unwrap().ty(), Type::list(Type::String));
    }
}
