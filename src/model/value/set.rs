//! Sets: the order and sameness of their elements, as cty has them (the order shows in state and JSON).

use std::cmp::Ordering;
use std::collections::HashSet;

use super::{Marks, Value};
use crate::text::Str;
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
        bare.dedup_by(|a, b| a == b && a.is_known());
    } else {
        bare = sorted_compounds(bare);
    }
    bare.shrink_to_fit();
    Value::Set(std::sync::Arc::new(super::List {
        element,
        items: bare,
    }))
    .mark(marks)
}

/// Sorts compound values by what cty hashes, values of the same hash in the order they came in, and drops repetitions.
fn sorted_compounds(items: Vec<Value>) -> Vec<Value> {
    let mut keyed: Vec<(u8, Vec<u8>, Value)> = items
        .into_iter()
        .map(|item| (rank(&item), key(&item, Digits::Hashed), item))
        .collect();
    keyed.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| a.1.cmp(&b.1)));
    // The hash rounds numbers, so it alone does not tell that two values are the same.
    let mut seen = HashSet::new();
    keyed.retain(|(_, _, item)| !item.is_wholly_known() || seen.insert(key(item, Digits::All)));
    keyed.into_iter().map(|(_, _, item)| item).collect()
}

/// Whether two sets of wholly known elements without marks have the same elements.
pub(super) fn same_elements(a: &[Value], b: &[Value]) -> bool {
    let keys = |items: &[Value]| -> HashSet<Vec<u8>> {
        items.iter().map(|item| key(item, Digits::All)).collect()
    };
    a.len() == b.len() && keys(a) == keys(b)
}

/// The order of two elements of one set: numbers ascending, strings by code point, false before true, compound
/// values by the text cty hashes, unknown after those, null last.
pub fn element_cmp(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::String(a), Value::String(b)) => a.cmp(b),
        (Value::Number(a), Value::Number(b)) => a.cmp(b),
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        _ => rank(a).cmp(&rank(b)).then_with(|| match rank(a) {
            0 => key(a, Digits::Hashed).cmp(&key(b, Digits::Hashed)),
            _ => Ordering::Equal,
        }),
    }
}

/// A key of a wholly known value without marks: two values of one type have the same key exactly if they are equal.
pub fn exact_key(value: &Value) -> Vec<u8> {
    key(value, Digits::All)
}

fn rank(value: &Value) -> u8 {
    if value.is_null() {
        2
    } else {
        u8::from(!value.is_known())
    }
}

/// How exactly numbers stand in a key.
#[derive(Clone, Copy)]
enum Digits {
    /// With ten digits, as cty hashes them.
    Hashed,
    /// So that only equal numbers have the same key.
    All,
}

fn key(value: &Value, digits: Digits) -> Vec<u8> {
    let mut key = Vec::new();
    append_key(value, digits, &mut key);
    key
}

fn append_key(value: &Value, digits: Digits, out: &mut Vec<u8>) {
    let mut group =
        |open: u8, items: &mut dyn Iterator<Item = (Option<&Str>, &Value)>, close: u8| {
            out.push(open);
            for (name, item) in items {
                if let Some(name) = name {
                    out.extend(go_quote(name).bytes());
                    out.push(b':');
                }
                append_key(item, digits, out);
                out.push(b';');
            }
            out.push(close);
        };
    match (value, digits) {
        (Value::Unknown(_), _) => out.push(b'?'),
        (Value::Null(_), _) => out.push(b'~'),
        (Value::Bool(true), _) => out.push(b'T'),
        (Value::Bool(false), _) => out.push(b'F'),
        (Value::Number(number), Digits::Hashed) => {
            out.extend(number.text_general(Some(10)).bytes())
        }
        (Value::Number(number), Digits::All) => out.extend(number.exact_text().bytes()),
        (Value::String(text), _) => out.extend(go_quote(text).bytes()),
        (Value::List(list) | Value::Set(list), _) => {
            group(b'[', &mut list.items.iter().map(|item| (None, item)), b']');
        }
        (Value::Tuple(items), _) => group(b'<', &mut items.iter().map(|item| (None, item)), b'>'),
        (Value::Object(fields), _) => {
            group(b'<', &mut fields.values().map(|item| (None, item)), b'>')
        }
        (Value::Map(map), _) => {
            group(
                b'{',
                &mut map.entries.iter().map(|(name, item)| (Some(name), item)),
                b'}',
            );
        }
        (Value::Marked(marked), _) => append_key(&marked.value, digits, out),
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
            c if c.is_ascii_control() => out.push_str(&format!("\\x{:02x}", u32::from(c))),
            c if is_printable(c) => out.push(c),
            c if u32::from(c) > 0xffff => out.push_str(&format!("\\U{:08x}", u32::from(c))),
            c => out.push_str(&format!("\\u{:04x}", u32::from(c))),
        }
    }
    out.push('"');
    out
}

/// Letters, marks, numbers, punctuation, symbols and the ASCII space.
fn is_printable(c: char) -> bool {
    // After another character only what cannot be printed is escaped, marks are not.
    c.is_ascii() || ['a', c].iter().collect::<String>().escape_debug().count() == 2
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

    #[test]
    fn numbers_that_only_differ_beyond_the_hash_are_kept_apart() {
        let item = |id: i64| Value::object([("id", Value::int(id))]);
        let ids = [12_345_678_901, 12_345_678_902, 12_345_678_901];
        let set = Value::set(item(0).ty(), ids.map(item).to_vec());
        assert_eq!(
            set.as_items().unwrap(),
            [12_345_678_901, 12_345_678_902].map(item)
        );
    }

    #[test]
    fn unknown_elements_are_all_kept_after_the_known_and_before_null() {
        let unknown = Value::unknown(Type::String);
        let set = Value::set(
            Type::String,
            vec![
                unknown.clone(),
                Value::from("a"),
                unknown.clone(),
                Value::Null(Type::String),
            ],
        );
        assert_eq!(
            set.as_items().unwrap(),
            [
                Value::from("a"),
                unknown.clone(),
                unknown,
                Value::Null(Type::String)
            ]
        );
    }

    #[test]
    fn compounds_are_in_the_order_of_their_hashed_text() {
        let item = |name: &str, size: i64| {
            Value::object([("name", Value::from(name)), ("size", Value::int(size))])
        };
        let items = vec![
            item("b", 1),
            item("a", 10),
            item("a", 9),
            item("\u{e9}", 1),
            item("B", 1),
        ];
        let set = Value::set(item("", 0).ty(), items);
        let names: Vec<String> = set
            .as_items()
            .unwrap()
            .iter()
            .map(|item| {
                format!(
                    "{}{}",
                    item.get("name").unwrap().as_str().unwrap(),
                    item.get("size").unwrap().as_number().unwrap()
                )
            })
            .collect();
        assert_eq!(names, ["B1", "a10", "a9", "b1", "\u{e9}1"]);
    }

    #[test]
    fn strings_are_quoted_as_go_does() {
        assert_eq!(
            go_quote("a\"\\\n\u{1}\u{7f}\u{a0}\u{e9}e\u{301}\u{e0001}"),
            "\"a\\\"\\\\\\n\\x01\\x7f\\u00a0\u{e9}e\u{301}\\U000e0001\""
        );
    }
}
