//! Sets: the order and sameness of their elements, as cty has them (the order shows in state and JSON).

use std::cmp::Ordering;

use super::{Marks, Value};
use crate::ty::Type;

/// Makes a set of `items`: sorted, distinct, their marks moved to the set.
pub(super) fn make(element: Type, items: Vec<Value>) -> Value {
    let mut marks = Marks::NONE;
    let mut bare: Vec<Value> = items
        .into_iter()
        .map(|item| {
            let (item, found) = item.unmark_deep();
            marks = marks.union(found);
            item
        })
        .collect();
    if element.is_primitive() || element == Type::Dynamic {
        bare.sort_by(element_cmp);
        // Two unknowns may turn out different, so they are both kept.
        bare.dedup_by(|a, b| a == b && a.is_wholly_known());
    } else {
        let mut keyed: Vec<(Vec<u8>, Value)> = bare
            .into_iter()
            .map(|item| (sort_key(&item), item))
            .collect();
        keyed.sort_by(|a, b| rank(&a.1).cmp(&rank(&b.1)).then_with(|| a.0.cmp(&b.0)));
        keyed.dedup_by(|a, b| a.0 == b.0 && a.1 == b.1 && a.1.is_wholly_known());
        bare = keyed.into_iter().map(|(_, item)| item).collect();
    }
    bare.shrink_to_fit();
    Value::Set(std::sync::Arc::new(super::List {
        element,
        items: bare,
    }))
    .mark(marks)
}

/// The order of two elements of one set: numbers ascending, strings by code point, false before true, compound
/// values by the text cty hashes, null after those, unknown last.
pub fn element_cmp(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::String(a), Value::String(b)) => a.cmp(b),
        (Value::Number(a), Value::Number(b)) => a.cmp(b),
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        _ => rank(a).cmp(&rank(b)).then_with(|| match rank(a) {
            0 => sort_key(a).cmp(&sort_key(b)),
            _ => Ordering::Equal,
        }),
    }
}

fn rank(value: &Value) -> u8 {
    match value.bare() {
        Value::Null(_) => 1,
        Value::Unknown(_) => 2,
        _ => 0,
    }
}

fn sort_key(value: &Value) -> Vec<u8> {
    let mut key = Vec::new();
    append_key(value, &mut key);
    key
}

fn append_key(value: &Value, out: &mut Vec<u8>) {
    let mut group =
        |open: u8, items: &mut dyn Iterator<Item = (Option<&Value>, &Value)>, close: u8| {
            out.push(open);
            for (key, item) in items {
                if let Some(key) = key {
                    append_key(key, out);
                    out.push(b':');
                }
                append_key(item, out);
                out.push(b';');
            }
            out.push(close);
        };
    match value {
        Value::Unknown(_) => out.push(b'?'),
        Value::Null(_) => out.push(b'~'),
        Value::Bool(true) => out.push(b'T'),
        Value::Bool(false) => out.push(b'F'),
        Value::Number(number) => out.extend(number.text_general(Some(10)).bytes()),
        Value::String(text) => out.extend(go_quote(text).bytes()),
        Value::List(list) | Value::Set(list) => {
            group(b'[', &mut list.items.iter().map(|item| (None, item)), b']');
        }
        Value::Tuple(items) => group(b'<', &mut items.iter().map(|item| (None, item)), b'>'),
        Value::Object(fields) => group(b'<', &mut fields.values().map(|item| (None, item)), b'>'),
        Value::Map(map) => {
            let keys: Vec<Value> = map.entries.keys().cloned().map(Value::String).collect();
            group(
                b'{',
                &mut keys.iter().map(Some).zip(map.entries.values()),
                b'}',
            );
        }
        Value::Marked(marked) => append_key(&marked.value, out),
    }
}

/// Go's `%q`, which cty's hash uses.
fn go_quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\u{b}' => out.push_str("\\v"),
            c if (c as u32) < 0x20 || c as u32 == 0x7f => {
                out.push_str(&format!("\\x{:02x}", c as u32))
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_sorted_and_distinct() {
        let set = Value::set(Type::String, ["b", "a", "b"].map(Value::from).to_vec());
        assert_eq!(set.as_items().unwrap(), ["a", "b"].map(Value::from));
    }

    #[test]
    fn marks_of_elements_move_to_the_set() {
        let set = Value::set(Type::String, vec![Value::from("a").mark(Marks::SENSITIVE)]);
        assert_eq!(set.marks(), Marks::SENSITIVE);
        assert!(!set.bare().has_marks());
    }
}
