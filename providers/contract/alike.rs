//! Sameness of values for the checks of this crate: structural, and blind to what is known of an unknown.

use std::sync::Arc;

use model::Value;
use model::value::Fields;

/// Whether both are the same value; two unknowns are when their types are, whatever else is known of them.
pub(crate) fn alike(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Unknown(a), Value::Unknown(b)) => Arc::ptr_eq(a, b) || a.ty == b.ty,
        (Value::List(a), Value::List(b)) | (Value::Set(a), Value::Set(b)) => {
            Arc::ptr_eq(a, b) || a.element == b.element && all_alike(&a.items, &b.items)
        }
        (Value::Tuple(a), Value::Tuple(b)) => Arc::ptr_eq(a, b) || all_alike(a, b),
        (Value::Map(a), Value::Map(b)) => {
            Arc::ptr_eq(a, b) || a.element == b.element && fields_alike(&a.entries, &b.entries)
        }
        (Value::Object(a), Value::Object(b)) => Arc::ptr_eq(a, b) || fields_alike(a, b),
        _ => a == b,
    }
}

fn all_alike(a: &[Value], b: &[Value]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| alike(a, b))
}

fn fields_alike(a: &Fields, b: &Fields) -> bool {
    a.len() == b.len()
        && a.iter()
            .zip(b.iter())
            .all(|((a_name, a), (b_name, b))| a_name == b_name && alike(a, b))
}
