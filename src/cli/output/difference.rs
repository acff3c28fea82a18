//! What differs between two values, place by place: objects by name, lists by position, sets by content.
//! Finds facts; how they look is for others.

use std::cmp::Ordering;

use model::path::{Path, PathStep};
use model::value::{Fields, element_cmp};
use model::{Marks, Value};
use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::value::{is_identifier, is_secret};

/// One place at which two values differ.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The place as a path.
    pub path: Path,
    /// The place as people write it: `tags.Release`, `ingress[2].cidr`.
    pub name: String,
    /// How they differ there.
    pub kind: DifferenceKind,
}

/// How two values differ at a place.
#[derive(Clone, Debug, PartialEq)]
pub enum DifferenceKind {
    /// Another value.
    Changed {
        /// The value that goes; `None` when there was no such place.
        old: Option<Value>,
        /// The value that comes; `None` when there will be no such place.
        new: Option<Value>,
    },
    /// An element of a set or list goes.
    Removed(Value),
    /// An element of a set or list comes.
    Added(Value),
    /// The same value, but it must not be shown any more.
    Hidden,
    /// The same value, and it may be shown now.
    Shown,
    /// Values that must not be shown, and they differ.
    Secret,
}

/// Differences of two values, in the order of names and positions.
pub fn differences(old: &Value, new: &Value) -> Vec<Difference> {
    let mut walk = Walk {
        steps: Vec::new(),
        found: Vec::new(),
    };
    walk.value(old, new);
    walk.found
}

/// How a path is written for people.
pub fn name_of(steps: &[PathStep]) -> String {
    let mut name = String::new();
    for step in steps {
        match step {
            PathStep::Attribute(key) | PathStep::Key(key) if is_identifier(key) => {
                if !name.is_empty() {
                    name.push('.');
                }
                name.push_str(key);
            }
            PathStep::Attribute(key) | PathStep::Key(key) => {
                name.push_str(&format!("[{:?}]", key.as_str()))
            }
            PathStep::Index(index) => name.push_str(&format!("[{index}]")),
            PathStep::Element(_) => name.push_str("[*]"),
        }
    }
    name
}

/// Deeper values are compared whole.
const DEEPEST: usize = 64;
/// Lists of more elements whose length changed are compared whole.
const MOST_ELEMENTS: usize = 5_000;

struct Walk {
    steps: Vec<PathStep>,
    found: Vec<Difference>,
}

impl Walk {
    fn found(&mut self, kind: DifferenceKind) {
        let name = name_of(&self.steps);
        self.found.push(Difference {
            path: Path(self.steps.clone()),
            name,
            kind,
        });
    }

    fn below(&mut self, step: PathStep, go: impl FnOnce(&mut Self)) {
        self.steps.push(step);
        go(self);
        self.steps.pop();
    }

    fn value(&mut self, old: &Value, new: &Value) {
        let (secret_before, secret_after) = (is_secret(old.marks()), is_secret(new.marks()));
        if secret_before || secret_after {
            let same = old.clone().unmark_deep().0 == new.clone().unmark_deep().0;
            match (same, secret_before, secret_after) {
                (true, false, true) => self.found(DifferenceKind::Hidden),
                (true, true, false) => self.found(DifferenceKind::Shown),
                (true, _, _) => {}
                (false, _, _) => self.found(DifferenceKind::Secret),
            }
            return;
        }
        match (old.bare(), new.bare()) {
            _ if self.steps.len() >= DEEPEST => self.whole(old, new),
            (Value::Object(a), Value::Object(b)) => self.fields(a, b, PathStep::Attribute),
            (Value::Map(a), Value::Map(b)) => self.fields(&a.entries, &b.entries, PathStep::Key),
            (Value::Object(a), Value::Map(b)) => self.fields(a, &b.entries, PathStep::Key),
            (Value::Map(a), Value::Object(b)) => self.fields(&a.entries, b, PathStep::Key),
            (Value::Set(a), Value::Set(b)) => self.set(&a.items, &b.items),
            (Value::List(_) | Value::Tuple(_), Value::List(_) | Value::Tuple(_)) => {
                self.list(old, new)
            }
            _ => self.whole(old, new),
        }
    }

    fn whole(&mut self, old: &Value, new: &Value) {
        if old != new {
            self.found(DifferenceKind::Changed {
                old: Some(old.clone()),
                new: Some(new.clone()),
            });
        }
    }

    fn fields(&mut self, old: &Fields, new: &Fields, step: fn(model::Str) -> PathStep) {
        let (mut a, mut b) = (old.iter().peekable(), new.iter().peekable());
        loop {
            let order = match (a.peek(), b.peek()) {
                (Some((a, _)), Some((b, _))) => a.cmp(b),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => return,
            };
            match order {
                Ordering::Less => {
                    let Some((name, value)) = a.next() else {
                        return;
                    };
                    self.below(step(name.clone()), |walk| walk.only_old(value));
                }
                Ordering::Greater => {
                    let Some((name, value)) = b.next() else {
                        return;
                    };
                    self.below(step(name.clone()), |walk| walk.only_new(value));
                }
                Ordering::Equal => {
                    let (Some((name, old)), Some((_, new))) = (a.next(), b.next()) else {
                        return;
                    };
                    self.below(step(name.clone()), |walk| walk.value(old, new));
                }
            }
        }
    }

    fn only_old(&mut self, value: &Value) {
        self.found(DifferenceKind::Changed {
            old: Some(value.clone()),
            new: None,
        });
    }

    fn only_new(&mut self, value: &Value) {
        self.found(DifferenceKind::Changed {
            old: None,
            new: Some(value.clone()),
        });
    }

    fn list(&mut self, old: &Value, new: &Value) {
        let (a, b) = (
            old.as_items().unwrap_or_default(),
            new.as_items().unwrap_or_default(),
        );
        if a.len() == b.len() {
            for (index, (a, b)) in a.iter().zip(b).enumerate() {
                self.below(PathStep::Index(index as u64), |walk| walk.value(a, b));
            }
            return;
        }
        if a.is_empty()
            || b.is_empty()
            || is_short(a) && is_short(b)
            || a.len().max(b.len()) > MOST_ELEMENTS
        {
            return self.whole(old, new);
        }
        // A number an element gets by position says nothing when the length changes; its text tells elements apart.
        let texts = |items: &[Value]| {
            items
                .iter()
                .map(|item| format!("{item:?}"))
                .collect::<Vec<_>>()
        };
        for op in capture_diff_slices(Algorithm::Myers, &texts(a), &texts(b)) {
            if let DiffOp::Equal { .. } = op {
                continue;
            }
            let (gone, come) = (op.old_range(), op.new_range());
            if gone == come {
                self.places(gone, a, b);
                continue;
            }
            for (index, item) in op
                .old_range()
                .filter_map(|index| Some((index, a.get(index)?)))
            {
                self.below(PathStep::Index(index as u64), |walk| {
                    walk.found(DifferenceKind::Removed(item.clone()))
                });
            }
            for (index, item) in op
                .new_range()
                .filter_map(|index| Some((index, b.get(index)?)))
            {
                self.below(PathStep::Index(index as u64), |walk| {
                    walk.found(DifferenceKind::Added(item.clone()))
                });
            }
        }
    }

    /// Other elements at the same places.
    fn places(&mut self, places: std::ops::Range<usize>, a: &[Value], b: &[Value]) {
        for index in places {
            if let (Some(old), Some(new)) = (a.get(index), b.get(index)) {
                self.below(PathStep::Index(index as u64), |walk| walk.value(old, new));
            }
        }
    }

    fn set(&mut self, old: &[Value], new: &[Value]) {
        let (mut a, mut b) = (old.iter().peekable(), new.iter().peekable());
        loop {
            let order = match (a.peek(), b.peek()) {
                (Some(a), Some(b)) if a == b => Ordering::Equal,
                (Some(a), Some(b)) => element_cmp(a, b),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => return,
            };
            let (gone, came) = match order {
                Ordering::Less => (a.next(), None),
                Ordering::Greater => (None, b.next()),
                Ordering::Equal => (a.next(), b.next()),
            };
            if gone == came {
                continue;
            }
            if let Some(gone) = gone {
                self.found(DifferenceKind::Removed(gone.clone()));
            }
            if let Some(came) = came {
                self.found(DifferenceKind::Added(came.clone()));
            }
        }
    }
}

/// Whether a list reads well on half a line.
fn is_short(items: &[Value]) -> bool {
    items.len() <= 4
        && items.iter().all(|item| {
            item.marks() == Marks::NONE
                && matches!(item, Value::Bool(_) | Value::Number(_) | Value::String(_))
                && item.as_str().is_none_or(|text| text.len() <= 12)
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::output::value::{Amount, text_of};
    use model::Type;

    fn show(old: &Value, new: &Value) -> String {
        let text = |value: &Value| text_of(value, Amount::Line);
        let side = |value: &Option<Value>| value.as_ref().map_or("(none)".into(), text);
        let mut out = String::new();
        for Difference { name, kind, .. } in differences(old, new) {
            out += &match &kind {
                DifferenceKind::Changed { old, new } => {
                    format!("{name}: {} -> {}\n", side(old), side(new))
                }
                DifferenceKind::Removed(value) => format!("{name}: - {}\n", text(value)),
                DifferenceKind::Added(value) => format!("{name}: + {}\n", text(value)),
                DifferenceKind::Hidden | DifferenceKind::Shown | DifferenceKind::Secret => {
                    format!("{name}: {kind:?}\n")
                }
            };
        }
        out + "[EOF]"
    }

    fn strings(items: &[&str]) -> Vec<Value> {
        items.iter().map(|item| Value::from(*item)).collect()
    }

    #[test]
    fn nested_places_are_named_by_path() {
        let rule =
            |cidr: &str| Value::object([("cidr", Value::from(cidr)), ("port", Value::int(22))]);
        let tags = |entries: &[(&str, &str)]| {
            Value::map(
                Type::String,
                entries.iter().map(|(k, v)| ((*k).into(), Value::from(*v))),
            )
        };
        let old = Value::object([
            ("ingress", Value::tuple(vec![rule("a"), rule("b")])),
            ("tags", tags(&[("Release", "1"), ("a b", "x")])),
        ]);
        let new = Value::object([
            ("ingress", Value::tuple(vec![rule("a"), rule("c")])),
            ("tags", tags(&[("Release", "2"), ("new", "y")])),
        ]);
        insta::assert_snapshot!(show(&old, &new), @r#"
        ingress[1].cidr: "b" -> "c"
        tags.Release: "1" -> "2"
        tags["a b"]: "x" -> (none)
        tags.new: (none) -> "y"
        [EOF]
        "#);
    }

    #[test]
    fn sets_are_matched_by_content() {
        let set = |items: &[&str]| Value::object([("s", Value::set(Type::String, strings(items)))]);
        insta::assert_snapshot!(show(&set(&["a", "b", "d"]), &set(&["b", "c", "d"])), @r#"
        s: - "a"
        s: + "c"
        [EOF]
        "#);
    }

    #[test]
    fn a_list_that_grew_in_the_middle_shows_the_new_element() {
        let list = |items: &[&str]| Value::list(Type::String, strings(items));
        let old = list(&["alpha", "beta", "gamma", "delta", "epsilon"]);
        let new = list(&["alpha", "beta", "new", "gamma", "delta", "epsilon"]);
        insta::assert_snapshot!(show(&old, &new), @r#"
        [2]: + "new"
        [EOF]
        "#);
        let other = list(&["first", "beta", "gamma", "delta", "epsilon", "zeta"]);
        insta::assert_snapshot!(show(&old, &other), @r#"
        [0]: "alpha" -> "first"
        [5]: + "zeta"
        [EOF]
        "#);
        insta::assert_snapshot!(show(&list(&["a"]), &list(&["a", "b"])), @r#"
        : ["a"] -> ["a", "b"]
        [EOF]
        "#);
    }

    #[test]
    fn secrets_only_say_that_they_differ() {
        let object = |value: Value| Value::object([("p", value)]);
        let secret = |text: &str| object(Value::from(text).mark(Marks::SENSITIVE));
        insta::assert_snapshot!(show(&secret("a"), &secret("b")), @r"
        p: Secret
        [EOF]
        ");
        assert_eq!(differences(&secret("a"), &secret("a")), []);
        insta::assert_snapshot!(show(&object(Value::from("a")), &secret("a")), @r"
        p: Hidden
        [EOF]
        ");
    }
}
