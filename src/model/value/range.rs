//! Refinements: what is known of a value that is not known yet.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Unknown, Value};
use crate::number::Number;
use crate::text::Str;
use crate::ty::Type;

/// Lists of a known length up to this become known lists of unknown elements; longer ones stay unknown.
const MAX_LISTED: usize = 1 << 16;

/// One end of a range of numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bound {
    /// The number at the end.
    pub value: Number,
    /// Whether that number itself is inside.
    pub inclusive: bool,
}

/// What is known of an unknown besides its type. Only what fits the type is set: `prefix` for strings, `min` and
/// `max` for numbers, `len_min` and `len_max` for collections.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Refinement {
    /// Certainly not null.
    pub not_null: bool,
    /// A string starts with this. Shorten it with [`super::safe_prefix`] unless whatever follows cannot combine
    /// with its end.
    pub prefix: Option<Str>,
    /// A number is above this.
    pub min: Option<Bound>,
    /// A number is below this.
    pub max: Option<Bound>,
    /// A collection has at least so many elements.
    pub len_min: u64,
    /// A collection has at most so many elements.
    pub len_max: Option<u64>,
}

impl Refinement {
    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What both say together; `None` when they contradict each other.
    pub fn intersect(&self, other: &Self) -> Option<Self> {
        let prefix = match (&self.prefix, &other.prefix) {
            (Some(a), Some(b)) => {
                let (long, short) = if a.len() >= b.len() { (a, b) } else { (b, a) };
                if !long.starts_with(short.as_str()) {
                    return None;
                }
                Some(long.clone())
            }
            (one, other) => one.as_ref().or(other.as_ref()).cloned(),
        };
        let both = Self {
            not_null: self.not_null || other.not_null,
            prefix,
            min: narrower(self.min.as_ref(), other.min.as_ref(), |a, b| a > b),
            max: narrower(self.max.as_ref(), other.max.as_ref(), |a, b| a < b),
            len_min: self.len_min.max(other.len_min),
            len_max: match (self.len_max, other.len_max) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (one, other) => one.or(other),
            },
        };
        both.is_consistent().then_some(both)
    }

    /// Whether a value may be one that this speaks of: a known one if it is inside, an unknown one if it may turn out
    /// inside. The type is taken to be right; marks are ignored.
    pub fn fits(&self, value: &Value) -> bool {
        if value.is_null() {
            return !self.not_null;
        }
        if let (Some(prefix), Value::String(text)) = (&self.prefix, value.bare()) {
            return text.starts_with(prefix.as_str());
        }
        self.intersect(&value.range()).is_some()
    }

    /// Whether any value but null is left.
    fn is_consistent(&self) -> bool {
        let numbers = match (&self.min, &self.max) {
            (Some(min), Some(max)) if min.inclusive && max.inclusive => min.value <= max.value,
            (Some(min), Some(max)) => min.value < max.value,
            (None, _) | (_, None) => true,
        };
        numbers && self.len_max.is_none_or(|max| self.len_min <= max)
    }

    /// This without what says nothing of a value of type `ty`.
    fn for_type(mut self, ty: &Type) -> Self {
        if *ty != Type::String || self.prefix.as_ref().is_some_and(|prefix| prefix.is_empty()) {
            self.prefix = None;
        }
        if *ty != Type::Number || self.min.as_ref().is_some_and(|min| is_bottom(&min.value)) {
            self.min = None;
        }
        if *ty != Type::Number || self.max.as_ref().is_some_and(|max| is_bottom(&-&max.value)) {
            self.max = None;
        }
        if !ty.is_collection() {
            self.len_min = 0;
            self.len_max = None;
        }
        self.not_null &= *ty != Type::Dynamic;
        self
    }
}

fn is_bottom(value: &Number) -> bool {
    value.is_infinite() && value.is_negative()
}

fn narrower(
    a: Option<&Bound>,
    b: Option<&Bound>,
    beyond: fn(&Number, &Number) -> bool,
) -> Option<Bound> {
    match (a, b) {
        (Some(a), Some(b)) if a.value == b.value => Some(Bound {
            value: a.value.clone(),
            inclusive: a.inclusive && b.inclusive,
        }),
        (Some(a), Some(b)) => Some(if beyond(&a.value, &b.value) { a } else { b }.clone()),
        (one, other) => one.or(other).cloned(),
    }
}

impl Value {
    /// An unknown of type `ty` with what is known of it; a known value where only one is left: a number whose bounds
    /// meet, a collection that can only be empty, a list of known length and a set of one (of unknown elements).
    /// Nothing can be known of an unknown of unknown type.
    pub fn refined(ty: Type, refinement: Refinement) -> Self {
        let refinement = refinement.for_type(&ty);
        if let Some(value) = only_value(&ty, &refinement) {
            return value;
        }
        Self::Unknown(Arc::new(Unknown { ty, refinement }))
    }

    /// The value with this known of it too, marks kept. A known value stays, and so does an unknown of which the
    /// opposite is known already.
    #[must_use]
    pub fn refine(self, refinement: &Refinement) -> Self {
        let Self::Unknown(unknown) = self.bare() else {
            return self;
        };
        let refined = unknown
            .refinement
            .intersect(&refinement.clone().for_type(&unknown.ty))
            .map(|both| Self::refined(unknown.ty.clone(), both));
        match refined {
            Some(value) => value.mark(self.marks()),
            None => self,
        }
    }

    /// What is known of the value's range: its refinement when unknown, exact bounds when known. Marks are ignored.
    pub fn range(&self) -> Refinement {
        let exact = |len: usize| Refinement {
            not_null: true,
            len_min: len as u64,
            len_max: Some(len as u64),
            ..Refinement::default()
        };
        match self.bare() {
            Self::Unknown(unknown) => unknown.refinement.clone(),
            Self::Null(_) => Refinement::default(),
            Self::Number(number) => {
                let bound = Some(Bound {
                    value: number.clone(),
                    inclusive: true,
                });
                Refinement {
                    not_null: true,
                    min: bound.clone(),
                    max: bound,
                    ..Refinement::default()
                }
            }
            Self::String(text) => Refinement {
                not_null: true,
                prefix: Some(text.clone()),
                ..Refinement::default()
            },
            // Unknown elements of a set may turn out equal, so only one of them is certain.
            Self::Set(set) if !set.items.iter().all(Self::is_wholly_known) => Refinement {
                not_null: true,
                len_min: 1,
                len_max: Some(set.items.len() as u64),
                ..Refinement::default()
            },
            Self::List(list) | Self::Set(list) => exact(list.items.len()),
            Self::Map(map) => exact(map.entries.len()),
            Self::Bool(_) | Self::Tuple(_) | Self::Object(_) | Self::Marked(_) => Refinement {
                not_null: true,
                ..Refinement::default()
            },
        }
    }
}

fn only_value(ty: &Type, refinement: &Refinement) -> Option<Value> {
    if !refinement.not_null {
        return None;
    }
    let empty = refinement.len_max == Some(0);
    let length = refinement.len_max.filter(|max| *max == refinement.len_min);
    match ty {
        Type::Number => match (&refinement.min, &refinement.max) {
            (Some(min), Some(max)) if min.inclusive && max.inclusive && min.value == max.value => {
                Some(Value::Number(min.value.clone()))
            }
            _ => None,
        },
        Type::List(element) if empty => Some(Value::list((**element).clone(), Vec::new())),
        Type::Set(element) if empty => Some(Value::set((**element).clone(), Vec::new())),
        Type::Map(element) if empty => Some(Value::map((**element).clone(), [])),
        Type::List(element) => {
            let count = usize::try_from(length?)
                .ok()
                .filter(|count| *count <= MAX_LISTED)?;
            Some(Value::list(
                (**element).clone(),
                vec![Value::unknown((**element).clone()); count],
            ))
        }
        Type::Set(element) if length == Some(1) => Some(Value::set(
            (**element).clone(),
            vec![Value::unknown((**element).clone())],
        )),
        Type::Set(_)
        | Type::Map(_)
        | Type::Dynamic
        | Type::Bool
        | Type::String
        | Type::Tuple(_)
        | Type::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lengths(len_min: u64, len_max: u64) -> Refinement {
        Refinement {
            not_null: true,
            len_min,
            len_max: Some(len_max),
            ..Refinement::default()
        }
    }

    fn between(min: i64, max: i64) -> Refinement {
        let bound = |value: i64| {
            Some(Bound {
                value: Number::from(value),
                inclusive: true,
            })
        };
        Refinement {
            not_null: true,
            min: bound(min),
            max: bound(max),
            ..Refinement::default()
        }
    }

    fn prefix(text: &str) -> Refinement {
        Refinement {
            not_null: true,
            prefix: Some(text.into()),
            ..Refinement::default()
        }
    }

    #[test]
    fn where_one_value_is_left_it_is_known() {
        assert_eq!(Value::refined(Type::Number, between(1, 1)), Value::int(1));
        assert!(!Value::refined(Type::Number, between(1, 2)).is_known());
        assert!(
            !Value::refined(
                Type::Number,
                Refinement {
                    not_null: false,
                    ..between(1, 1)
                }
            )
            .is_known()
        );
        let unknown = || Value::unknown(Type::String);
        let (list, set) = (Type::list(Type::String), Type::set(Type::String));
        assert_eq!(
            Value::refined(list.clone(), lengths(2, 2)),
            Value::list(Type::String, vec![unknown(), unknown()])
        );
        assert_eq!(
            Value::refined(set.clone(), lengths(1, 1)),
            Value::set(Type::String, vec![unknown()])
        );
        assert!(!Value::refined(set, lengths(2, 2)).is_known());
        assert!(!Value::refined(list, lengths(u64::MAX, u64::MAX)).is_known());
        assert_eq!(
            Value::refined(Type::map(Type::String), lengths(0, 0)),
            Value::map(Type::String, [])
        );
    }

    #[test]
    fn only_what_fits_the_type_is_kept() {
        assert_eq!(
            Value::refined(Type::Dynamic, between(1, 5)),
            Value::dynamic()
        );
        assert_eq!(
            Value::refined(Type::Bool, between(1, 5)),
            Value::unknown_not_null(Type::Bool)
        );
        assert_eq!(
            Value::refined(Type::String, prefix("")),
            Value::unknown_not_null(Type::String)
        );
    }

    #[test]
    fn refining_again_narrows() {
        let value = Value::refined(Type::Number, between(1, 9)).refine(&between(5, 20));
        assert_eq!(value.range(), between(5, 9));
        assert_eq!(value.clone().refine(&between(9, 9)), Value::int(9));
        assert_eq!(value.clone().refine(&between(100, 200)), value);
        let not_null = Refinement {
            not_null: true,
            ..Refinement::default()
        };
        assert_eq!(Value::NULL.refine(&not_null), Value::NULL);
    }

    #[test]
    fn contradictions_are_found() {
        assert_eq!(prefix("ab").intersect(&prefix("abc")), Some(prefix("abc")));
        assert_eq!(prefix("ab").intersect(&prefix("ac")), None);
        assert_eq!(lengths(0, 1).intersect(&lengths(2, 3)), None);
        assert_eq!(between(0, 1).intersect(&between(2, 3)), None);
    }

    #[test]
    fn values_fit_or_do_not() {
        assert!(prefix("ab").fits(&Value::string("abc")));
        assert!(!prefix("abc").fits(&Value::string("ab")));
        assert!(!prefix("ab").fits(&Value::Null(Type::String)));
        assert!(between(1, 3).fits(&Value::int(3)));
        assert!(!between(1, 3).fits(&Value::int(4)));
        assert!(!lengths(0, 0).fits(&Value::list(Type::String, vec![Value::string("a")])));
        assert!(between(1, 3).fits(&Value::unknown(Type::Number)));
        assert!(!between(1, 3).fits(&Value::refined(Type::Number, between(4, 5))));
    }
}
