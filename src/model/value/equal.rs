//! Equality: of the language (three-valued) and raw (structural). Entry points: [`equal`], [`raw_equal`].

use super::{Unknown, Value, set};
use crate::ty::Type;

/// `==` of the language: true, false or unknown; marks of both go to the result.
///
/// Values of different types are not equal, except that nulls are. The answer is known as soon as it is certain,
/// also where it follows from what is known of an unknown.
pub fn equal(a: &Value, b: &Value) -> Value {
    if a.has_marks() || b.has_marks() {
        let (a, marks_a) = a.clone().unmark_deep();
        let (b, marks_b) = b.clone().unmark_deep();
        return equal(&a, &b).mark(marks_a.union(marks_b));
    }
    match compare(a, b) {
        Some(same) => Value::Bool(same),
        None => Value::unknown_not_null(Type::Bool),
    }
}

/// Whether both are the same: type, payload, marks; an unknown is the same as an unknown of its type and refinement.
pub fn raw_equal(a: &Value, b: &Value) -> bool {
    let all = |a: &[Value], b: &[Value]| {
        a.len() == b.len() && a.iter().zip(b).all(|(a, b)| raw_equal(a, b))
    };
    match (a, b) {
        (Value::Null(a), Value::Null(b)) => a == b,
        (Value::Unknown(a), Value::Unknown(b)) => a == b,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Number(a), Value::Number(b)) => a == b,
        (Value::String(a), Value::String(b)) => a == b,
        (Value::List(a), Value::List(b)) | (Value::Set(a), Value::Set(b)) => {
            a.element == b.element && all(&a.items, &b.items)
        }
        (Value::Tuple(a), Value::Tuple(b)) => all(a, b),
        (Value::Map(a), Value::Map(b)) => {
            a.element == b.element
                && a.entries.len() == b.entries.len()
                && a.entries
                    .iter()
                    .zip(b.entries.iter())
                    .all(|(a, b)| a.0 == b.0 && raw_equal(a.1, b.1))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .zip(b.iter())
                    .all(|(a, b)| a.0 == b.0 && raw_equal(a.1, b.1))
        }
        (Value::Marked(a), Value::Marked(b)) => a.marks == b.marks && raw_equal(&a.value, &b.value),
        _ => false,
    }
}

/// Whether two values without marks are equal; `None` when that is not known yet.
fn compare(a: &Value, b: &Value) -> Option<bool> {
    if let Some(answer) = by_null_or_unknown(a, b) {
        return answer;
    }
    let (type_a, type_b) = (a.ty(), b.ty());
    if has_open_type(a) || has_open_type(b) {
        return if conforms(&type_a, &type_b) || conforms(&type_b, &type_a) {
            None
        } else {
            Some(false)
        };
    }
    if type_a != type_b {
        return Some(false);
    }
    compare_known(a, b)
}

/// The answer where either is null or unknown; `None` where neither is.
fn by_null_or_unknown(a: &Value, b: &Value) -> Option<Option<bool>> {
    match (a, b) {
        (Value::Null(_), Value::Null(_)) => Some(Some(true)),
        (Value::Unknown(_), Value::Unknown(_)) => Some(None),
        (Value::Unknown(unknown), known) | (known, Value::Unknown(unknown)) => {
            Some(if could_be(unknown, known) {
                None
            } else {
                Some(false)
            })
        }
        (Value::Null(_), _) | (_, Value::Null(_)) => Some(Some(false)),
        _ => None,
    }
}

/// Whether an unknown may turn out to be this known value.
fn could_be(unknown: &Unknown, known: &Value) -> bool {
    if known.is_null() {
        return !unknown.refinement.not_null;
    }
    let ty = known.ty();
    let same_type = ty == unknown.ty || unknown.ty.has_dynamic() && conforms(&ty, &unknown.ty);
    same_type && unknown.refinement.fits(known)
}

/// Compares two known values of one type.
fn compare_known(a: &Value, b: &Value) -> Option<bool> {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => Some(a == b),
        (Value::Bool(a), Value::Bool(b)) => Some(a == b),
        (Value::String(a), Value::String(b)) => Some(a == b),
        (Value::List(a), Value::List(b)) => compare_in_order(&a.items, &b.items),
        (Value::Tuple(a), Value::Tuple(b)) => compare_in_order(a, b),
        (Value::Set(a_set), Value::Set(b_set)) => (a.is_wholly_known() && b.is_wholly_known())
            .then(|| set::same_elements(&a_set.items, &b_set.items)),
        (Value::Object(a), Value::Object(b)) => compare_all(a.values().zip(b.values())),
        (Value::Map(a), Value::Map(b)) => {
            if a.entries.keys().eq(b.entries.keys()) {
                compare_all(a.entries.values().zip(b.entries.values()))
            } else {
                Some(false)
            }
        }
        _ => Some(false),
    }
}

fn compare_part(a: &Value, b: &Value) -> Option<bool> {
    by_null_or_unknown(a, b).unwrap_or_else(|| compare_known(a, b))
}

/// The first pair that is not equal, or not known to be, decides.
fn compare_in_order(a: &[Value], b: &[Value]) -> Option<bool> {
    if a.len() != b.len() {
        return Some(false);
    }
    a.iter()
        .zip(b)
        .map(|(a, b)| compare_part(a, b))
        .find(|same| *same != Some(true))
        .unwrap_or(Some(true))
}

/// Any pair that is certainly not equal decides.
fn compare_all<'a>(pairs: impl Iterator<Item = (&'a Value, &'a Value)>) -> Option<bool> {
    let mut answer = Some(true);
    for (a, b) in pairs {
        match compare_part(a, b) {
            Some(true) => {}
            Some(false) => return Some(false),
            None => answer = None,
        }
    }
    answer
}

/// Whether the type of an unknown in it is still to change.
fn has_open_type(value: &Value) -> bool {
    match value {
        Value::Unknown(unknown) => unknown.ty.has_dynamic(),
        Value::Null(_) | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
        Value::List(list) | Value::Set(list) => list.items.iter().any(has_open_type),
        Value::Map(map) => map.entries.values().any(has_open_type),
        Value::Tuple(items) => items.iter().any(has_open_type),
        Value::Object(fields) => fields.values().any(has_open_type),
        Value::Marked(marked) => has_open_type(&marked.value),
    }
}

/// Whether a type is what `wish` says, without any conversion; dynamic stands for any type.
fn conforms(ty: &Type, wish: &Type) -> bool {
    match (ty, wish) {
        (_, Type::Dynamic) => true,
        (Type::List(ty), Type::List(wish))
        | (Type::Set(ty), Type::Set(wish))
        | (Type::Map(ty), Type::Map(wish)) => conforms(ty, wish),
        (Type::Tuple(ty), Type::Tuple(wish)) => {
            ty.len() == wish.len()
                && ty
                    .iter()
                    .zip(wish.iter())
                    .all(|(ty, wish)| conforms(ty, wish))
        }
        (Type::Object(ty), Type::Object(wish)) => {
            ty.attributes.keys().eq(wish.attributes.keys())
                && ty
                    .attributes
                    .values()
                    .zip(wish.attributes.values())
                    .all(|(ty, wish)| conforms(ty, wish))
        }
        _ => ty == wish,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::Number;
    use crate::value::{Bound, Marks, Refinement};

    fn unknown_string(prefix: &str) -> Value {
        Value::refined(
            Type::String,
            Refinement {
                not_null: true,
                prefix: Some(prefix.into()),
                ..Refinement::default()
            },
        )
    }

    #[test]
    fn types_are_never_converted() {
        assert_eq!(
            equal(&Value::int(1), &Value::string("1")),
            Value::Bool(false)
        );
        let (tuple, list) = (
            Value::tuple(vec![Value::int(1)]),
            Value::list(Type::Number, vec![Value::int(1)]),
        );
        assert_eq!(equal(&tuple, &list), Value::Bool(false));
        assert_eq!(
            equal(&Value::tuple(vec![]), &Value::list(Type::Dynamic, vec![])),
            Value::Bool(false)
        );
        assert_eq!(
            equal(
                &Value::int(1),
                &Value::Number(Number::from_f64(1.0).unwrap())
            ),
            Value::Bool(true)
        );
    }

    #[test]
    fn nulls_of_any_types_are_equal() {
        assert_eq!(
            equal(&Value::Null(Type::Number), &Value::NULL),
            Value::Bool(true)
        );
        assert_eq!(
            equal(&Value::Null(Type::Number), &Value::int(1)),
            Value::Bool(false)
        );
        assert_eq!(
            equal(&Value::unknown_not_null(Type::Number), &Value::NULL),
            Value::Bool(false)
        );
        assert_eq!(
            equal(&Value::unknown(Type::Number), &Value::NULL),
            Value::unknown_not_null(Type::Bool)
        );
    }

    #[test]
    fn what_is_known_of_an_unknown_can_decide() {
        let undecided = Value::unknown_not_null(Type::Bool);
        assert_eq!(
            equal(&unknown_string("abc-"), &Value::string("xyz")),
            Value::Bool(false)
        );
        assert_eq!(
            equal(&unknown_string("abc-"), &Value::string("abc-1")),
            undecided
        );
        let above = Refinement {
            min: Some(Bound {
                value: Number::from(5i64),
                inclusive: false,
            }),
            ..Refinement::default()
        };
        assert_eq!(
            equal(&Value::refined(Type::Number, above), &Value::int(5)),
            Value::Bool(false)
        );
        assert_eq!(
            equal(&Value::unknown(Type::Number), &Value::string("5")),
            Value::Bool(false)
        );
        assert_eq!(equal(&Value::dynamic(), &Value::string("5")), undecided);
        let strings = Value::unknown(Type::list(Type::String));
        assert_eq!(
            equal(&strings, &Value::list(Type::Dynamic, vec![])),
            Value::Bool(false)
        );
    }

    #[test]
    fn parts_decide_where_they_are_known() {
        let object = |a: Value, b: i64| Value::object([("a", a), ("b", Value::int(b))]);
        let unknown = Value::unknown(Type::Number);
        assert_eq!(
            equal(&object(unknown.clone(), 1), &object(unknown.clone(), 2)),
            Value::Bool(false)
        );
        assert_eq!(
            equal(&object(unknown.clone(), 1), &object(unknown, 1)),
            Value::unknown_not_null(Type::Bool)
        );
        assert_eq!(
            equal(&object(Value::dynamic(), 1), &Value::tuple(vec![])),
            Value::Bool(false)
        );
    }

    #[test]
    fn sets_are_equal_in_any_order() {
        let set = |items: [i64; 3]| Value::set(Type::Number, items.map(Value::int).to_vec());
        assert_eq!(equal(&set([1, 2, 3]), &set([3, 2, 1])), Value::Bool(true));
        assert_eq!(equal(&set([1, 2, 3]), &set([3, 2, 2])), Value::Bool(false));
    }

    #[test]
    fn marks_of_both_go_to_the_answer() {
        let nested = Value::tuple(vec![Value::int(1).mark(Marks::SENSITIVE)]);
        let answer = equal(
            &nested,
            &Value::tuple(vec![Value::int(1)]).mark(Marks::EPHEMERAL),
        );
        assert_eq!(
            answer,
            Value::Bool(true).mark(Marks::SENSITIVE.union(Marks::EPHEMERAL))
        );
        assert!(!raw_equal(&nested, &Value::tuple(vec![Value::int(1)])));
    }
}
