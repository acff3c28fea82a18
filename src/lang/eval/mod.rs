//! Expressions to values.
