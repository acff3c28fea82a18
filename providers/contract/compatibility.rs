//! Checks a result, or a second plan, against what the first plan promised. Pure. Entry point:
//! [`result_is_compatible`]. What it finds is a bug of the provider; the texts name types and places, never values.

use model::schema::{Block, NestedBlock, Nesting};
use model::value::Refinement;
use model::{Str, Value};

use crate::alike::alike;
use crate::violation::{At, Violation, is_of_type};

/// Returns where `result` breaks what `planned` promised: what was known must be equal, what was unknown may be
/// anything of its type and refinement.
///
/// Both have the type of `block` or are null, without marks. `result` may hold unknowns where `planned` does (a
/// second plan); whether a final result is wholly known is for the caller to ask.
pub fn result_is_compatible(block: &Block, planned: &Value, result: &Value) -> Vec<Violation> {
    let mut found = Vec::new();
    if !alike(planned, result) {
        Outcome { found: &mut found }.block(block, planned, result, &At::Root);
    }
    found
}

struct Outcome<'f> {
    found: &'f mut Vec<Violation>,
}

impl Outcome<'_> {
    fn block(&mut self, block: &Block, planned: &Value, result: &Value, at: &At<'_>) {
        match (planned.is_null(), result.is_null()) {
            (true, true) => return,
            (true, false) => return at.say(self.found, "was planned to be absent, but now exists"),
            (false, true) => return at.say(self.found, "was planned to exist, but is now absent"),
            (false, false) => {}
        }
        if !planned.is_known() {
            return;
        }
        if !result.is_known() {
            return at.say(self.found, "was known, but is now unknown");
        }
        for name in block.attributes.keys() {
            let (planned, result) = both(planned, result, name);
            self.value(planned, result, &At::Attribute(at, name));
        }
        for (name, nested) in &block.blocks {
            let (planned, result) = both(planned, result, name);
            self.nested_block(nested, planned, result, &At::Attribute(at, name));
        }
    }

    fn nested_block(&mut self, nested: &NestedBlock, planned: &Value, result: &Value, at: &At<'_>) {
        // Blocks of a `dynamic` with an unknown `for_each` may become any number.
        if !planned.is_known() || alike(planned, result) {
            return;
        }
        match nested.nesting {
            Nesting::Single | Nesting::Group => self.block(&nested.block, planned, result, at),
            Nesting::List => match (planned.as_items(), result.as_items()) {
                (Some(planned), Some(result)) if planned.len() == result.len() => {
                    for (index, (planned, result)) in planned.iter().zip(result).enumerate() {
                        self.block(&nested.block, planned, result, &At::Index(at, index));
                    }
                }
                (planned, result) => {
                    let count = |items: Option<&[Value]>| items.map_or(0, <[Value]>::len);
                    let message = format!(
                        "{} blocks were planned, {} exist",
                        count(planned),
                        count(result)
                    );
                    at.say(self.found, message);
                }
            },
            Nesting::Map => {
                for (key, planned, result) in self.keyed(planned, result, at) {
                    self.block(&nested.block, planned, result, &At::Key(at, key));
                }
            }
            Nesting::Set => {
                let fits = |planned: &Value, result: &Value| {
                    result_is_compatible(&nested.block, planned, result).is_empty()
                };
                self.sets(planned, result, at, &fits);
            }
        }
    }

    fn value(&mut self, planned: &Value, result: &Value, at: &At<'_>) {
        if alike(planned, result) {
            return;
        }
        if let Value::Unknown(unknown) = planned.bare() {
            if !is_of_type(result, &unknown.ty) {
                let message = format!(
                    "{} was planned, {} is there",
                    unknown.ty.friendly(),
                    result.ty().friendly()
                );
                at.say(self.found, message);
            } else if !is_in_range(result, &unknown.refinement) {
                at.say(
                    self.found,
                    "is not what was known of it when it was planned",
                );
            }
            return;
        }
        match (planned.is_null(), result.is_null()) {
            (true, true) => return,
            (true, false) => return at.say(self.found, "was planned as null, but now has a value"),
            (false, true) => {
                return at.say(self.found, "was planned with a value, but is now null");
            }
            (false, false) => {}
        }
        if !result.is_known() {
            return at.say(self.found, "was known, but is now unknown");
        }
        match (planned.bare(), result.bare()) {
            (Value::List(planned), Value::List(result)) => {
                self.items(&planned.items, &result.items, at)
            }
            (Value::Tuple(planned), Value::Tuple(result)) => self.items(planned, result, at),
            (Value::Map(_), Value::Map(_)) => {
                for (key, planned, result) in self.keyed(planned, result, at) {
                    self.value(planned, result, &At::Key(at, key));
                }
            }
            (Value::Object(_), Value::Object(_)) => {
                for (name, planned, result) in self.keyed(planned, result, at) {
                    self.value(planned, result, &At::Attribute(at, name));
                }
            }
            (Value::Set(_), Value::Set(_)) => {
                let fits = |planned: &Value, result: &Value| {
                    let mut found = Vec::new();
                    Outcome { found: &mut found }.value(planned, result, &At::Root);
                    found.is_empty()
                };
                self.sets(planned, result, at, &fits);
            }
            _ => at.say(self.found, "differs from what was planned"),
        }
    }

    fn items(&mut self, planned: &[Value], result: &[Value], at: &At<'_>) {
        for (index, (planned, result)) in planned.iter().zip(result).enumerate() {
            self.value(planned, result, &At::Index(at, index));
        }
        if planned.len() != result.len() {
            let message = format!(
                "{} elements were planned, {} exist",
                planned.len(),
                result.len()
            );
            at.say(self.found, message);
        }
    }

    fn keyed<'v>(
        &mut self,
        planned: &'v Value,
        result: &'v Value,
        at: &At<'_>,
    ) -> Vec<(&'v Str, &'v Value, &'v Value)> {
        let (Some(planned), Some(result)) = (planned.as_fields(), result.as_fields()) else {
            return Vec::new();
        };
        for key in planned.keys().filter(|key| !result.contains(key)) {
            At::Key(at, key).say(self.found, "was planned, but is absent");
        }
        for key in result.keys().filter(|key| !planned.contains(key)) {
            At::Key(at, key).say(self.found, "is there, but was not planned");
        }
        planned
            .iter()
            .filter_map(|(key, planned)| Some((key, planned, result.get(key)?)))
            .collect()
    }

    /// Elements that were unknown may become equal to others, so a set may shrink; it never grows. `fits` compares a
    /// planned element that holds unknowns with a result.
    fn sets(
        &mut self,
        planned: &Value,
        result: &Value,
        at: &At<'_>,
        fits: &dyn Fn(&Value, &Value) -> bool,
    ) {
        let (Some(planned), Some(result)) = (planned.as_items(), result.as_items()) else {
            return at.say(self.found, "differs from what was planned");
        };
        if planned.len() < result.len() {
            let message = format!(
                "{} elements were planned, {} exist",
                planned.len(),
                result.len()
            );
            return at.say(self.found, message);
        }
        // Elements are sorted: known ones are found by bisection, only those with unknowns are tried one by one.
        let holds = |items: &[Value], item: &Value| {
            items
                .binary_search_by(|probe| model::value::element_cmp(probe, item))
                .is_ok()
                || items.contains(item)
        };
        let (known, open): (Vec<&Value>, Vec<&Value>) =
            planned.iter().partition(|item| item.is_wholly_known());
        let missing = known.iter().filter(|item| !holds(result, item)).count()
            + open
                .iter()
                .filter(|item| !result.iter().any(|result| fits(item, result)))
                .count();
        if missing > 0 {
            at.say(
                self.found,
                format!("{missing} of the planned elements are not there"),
            );
        }
        let unplanned = result
            .iter()
            .filter(|item| !holds(planned, item) && !open.iter().any(|open| fits(open, item)))
            .count();
        if unplanned > 0 {
            at.say(
                self.found,
                format!("{unplanned} of the elements were not planned"),
            );
        }
    }
}

fn both<'v>(planned: &'v Value, result: &'v Value, name: &str) -> (&'v Value, &'v Value) {
    (
        planned.get(name).unwrap_or(&Value::NULL),
        result.get(name).unwrap_or(&Value::NULL),
    )
}

/// Whether a value, or what is known of it, lies within what was promised.
fn is_in_range(value: &Value, promised: &Refinement) -> bool {
    if promised.is_empty() {
        return true;
    }
    let range = value.range();
    if value.is_null() {
        return !promised.not_null;
    }
    if !value.is_known() {
        return !promised.not_null || range.not_null;
    }
    let starts = match (&promised.prefix, value.as_str()) {
        (Some(prefix), Some(text)) => text.starts_with(prefix.as_str()),
        _ => true,
    };
    let number = value.as_number();
    let above = match (&promised.min, number) {
        (Some(min), Some(number)) => *number > min.value || min.inclusive && *number == min.value,
        _ => true,
    };
    let below = match (&promised.max, number) {
        (Some(max), Some(number)) => *number < max.value || max.inclusive && *number == max.value,
        _ => true,
    };
    let long_enough = range.len_max.is_none_or(|len| len >= promised.len_min);
    let short_enough = promised.len_max.is_none_or(|most| range.len_min <= most);
    starts && above && below && long_enough && short_enough
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use model::Type;
    use model::schema::Attribute;

    use super::*;
    use crate::samples::{block, null, object, texts, unknown, with_block};

    fn set(items: &[Value]) -> Value {
        Value::set(Type::String, items.to_vec())
    }

    #[test]
    fn a_result_keeps_what_was_known_and_fills_in_the_rest() {
        let planned = object(unknown(), "a", unknown());
        assert_eq!(
            result_is_compatible(&block(), &planned, &object("1".into(), "a", null())),
            []
        );
        assert_eq!(
            texts(result_is_compatible(
                &block(),
                &planned,
                &object("1".into(), "b", Value::Bool(true))
            )),
            [
                "name: differs from what was planned",
                "zone: string was planned, bool is there"
            ],
        );
        assert_eq!(
            texts(result_is_compatible(&block(), &planned, &Value::NULL)),
            ["was planned to exist, but is now absent"],
        );
    }

    #[test]
    fn a_result_lies_within_what_was_known_of_it() {
        let refined = Refinement {
            not_null: true,
            prefix: Some("i-".into()),
            ..Refinement::default()
        };
        let planned = object(Value::refined(Type::String, refined), "a", null());
        assert_eq!(
            result_is_compatible(&block(), &planned, &object("i-1".into(), "a", null())),
            []
        );
        for id in [Value::from("j-1"), null()] {
            assert_eq!(
                texts(result_is_compatible(
                    &block(),
                    &planned,
                    &object(id, "a", null())
                )),
                ["id: is not what was known of it when it was planned"],
            );
        }
    }

    #[test]
    fn a_set_may_shrink_when_unknowns_become_equal_and_never_grows() {
        let of = |items: &[Value]| Value::object([("tags", set(items))]);
        let check = |planned: &[Value], result: &[Value]| {
            let block = Block {
                attributes: BTreeMap::from([(
                    "tags".into(),
                    Attribute::optional(Type::set(Type::String)),
                )]),
                ..Block::default()
            };
            texts(result_is_compatible(&block, &of(planned), &of(result)))
        };
        let none: [String; 0] = [];
        assert_eq!(check(&["a".into(), unknown()], &["a".into()]), none);
        assert_eq!(
            check(&["a".into(), unknown()], &["a".into(), "b".into()]),
            none
        );
        assert_eq!(
            check(&["a".into()], &["a".into(), "b".into()]),
            ["tags: 1 elements were planned, 2 exist"]
        );
        assert_eq!(
            check(&["a".into()], &["b".into()]),
            [
                "tags: 1 of the planned elements are not there",
                "tags: 1 of the elements were not planned"
            ],
        );
    }

    #[test]
    fn block_counts_are_kept_unless_they_were_unknown() {
        let block_type = with_block(Nesting::List);
        let of =
            |items: Vec<Value>| Value::object([("disk", Value::list(block().value_type(), items))]);
        let one = of(vec![object(unknown(), "a", null())]);
        assert_eq!(
            texts(result_is_compatible(&block_type, &one, &of(vec![]))),
            ["disk: 1 blocks were planned, 0 exist"],
        );
        let whole = Value::object([("disk", Value::unknown(Type::list(block().value_type())))]);
        assert_eq!(result_is_compatible(&block_type, &whole, &of(vec![])), []);
    }
}
