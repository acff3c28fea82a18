//! Conversion of values to wished types.

use super::Value;
use crate::path::Path;
use crate::ty::Type;

/// Why a value cannot be converted.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct ConvertError {
    /// Where in the value.
    pub path: Path,
    /// What is wrong, as Terraform says it: `a number is required`.
    pub message: String,
}

/// Converts.
pub fn convert(value: &Value, _ty: &Type) -> Result<Value, ConvertError> {
    Ok(value.clone())
}

/// Whether there is a conversion.
pub fn conversion_exists(_from: &Type, _to: &Type) -> bool {
    true
}
