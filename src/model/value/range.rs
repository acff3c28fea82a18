//! Refinements: what is known of a value that is not known yet.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Unknown, Value};
use crate::number::Number;
use crate::text::Str;
use crate::ty::Type;

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
    /// A string starts with this. Shorten with care: a later combining character can change the last cluster.
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
}

impl Value {
    /// An unknown of type `ty` with what is known of it; a known value where only one is left (cty's rules: a
    /// number whose bounds meet, a collection whose length can only be 0; a type of dynamic keeps only `not_null`).
    pub fn refined(ty: Type, refinement: Refinement) -> Self {
        if let Some(value) = only_value(&ty, &refinement) {
            return value;
        }
        let refinement = match &ty {
            Type::Dynamic => Refinement { not_null: false, ..Refinement::default() },
            _ => refinement,
        };
        Self::Unknown(Arc::new(Unknown { ty, refinement }))
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
                let bound = Some(Bound { value: number.clone(), inclusive: true });
                Refinement { not_null: true, min: bound.clone(), max: bound, ..Refinement::default() }
            }
            Self::String(text) => {
                Refinement { not_null: true, prefix: Some(text.clone()), ..Refinement::default() }
            }
            // Unknown elements of a set may turn out equal, so only one of them is certain.
            Self::Set(set) if !set.items.iter().all(Self::is_wholly_known) => Refinement {
                not_null: true,
                len_min: 1,
                len_max: Some(set.items.len() as u64),
                ..Refinement::default()
            },
            Self::List(list) | Self::Set(list) => exact(list.items.len()),
            Self::Map(map) => exact(map.entries.len()),
            Self::Bool(_) | Self::Tuple(_) | Self::Object(_) | Self::Marked(_) => {
                Refinement { not_null: true, ..Refinement::default() }
            }
        }
    }
}

fn only_value(ty: &Type, refinement: &Refinement) -> Option<Value> {
    if !refinement.not_null {
        return None;
    }
    match ty {
        Type::Number => match (&refinement.min, &refinement.max) {
            (Some(min), Some(max)) if min.inclusive && max.inclusive && min.value == max.value => {
                Some(Value::Number(min.value.clone()))
            }
            _ => None,
        },
        Type::List(element) if refinement.len_max == Some(0) => Some(Value::list((**element).clone(), Vec::new())),
        Type::Set(element) if refinement.len_max == Some(0) => Some(Value::set((**element).clone(), Vec::new())),
        Type::Map(element) if refinement.len_max == Some(0) => Some(Value::map((**element).clone(), [])),
        // cty: a list whose exact length is known becomes a known list of unknown elements.
        Type::List(element) if refinement.len_max == Some(refinement.len_min) => {
            let count = usize::try_from(refinement.len_min).ok().filter(|count| *count <= 1024)?;
            Some(Value::list((**element).clone(), vec![Value::unknown((**element).clone()); count]))
        }
        _ => None,
    }
}
