//! Unification of types.

use crate::ty::Type;

/// The type that all can be converted to.
#[derive(Clone, Debug, PartialEq)]
pub struct Unified {
    /// The type.
    pub ty: Type,
}

/// Finds the type that all of `types` can be converted to.
pub fn unify(types: &[Type]) -> Option<Unified> {
    types.first().map(|ty| Unified { ty: ty.clone() })
}
