//! Marks: facts that travel with a value into everything made from it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Fields, List, Map, Marked, Value};
use crate::path::{Path, PathStep};

/// A set of marks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Marks(u8);

impl Marks {
    /// No marks.
    pub const NONE: Self = Self(0);
    /// Must not be shown.
    pub const SENSITIVE: Self = Self(1);
    /// Must not be stored.
    pub const EPHEMERAL: Self = Self(2);
    /// Came from a secret store, by reference.
    pub const SECRET_REFERENCE: Self = Self(4);
    /// A provider made it from what is sensitive, or a module calls it that in an output: it is shown and stored as little
    /// as what is sensitive, and may stand where that may not (in an output, say), as with Terraform.
    pub const CONCEALED: Self = Self(8);

    /// Those of both.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Those of this that are not in `other`.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether all of `other` are in it.
    pub fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether any of them says that the value must not be shown.
    pub fn is_secret(self) -> bool {
        let secret = Self::SENSITIVE
            .union(Self::SECRET_REFERENCE)
            .union(Self::CONCEALED);
        self.0 & secret.0 != 0
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// Marks at a place in a value.
pub type MarkedPath = (Path, Marks);

impl Value {
    /// The marks at the value's top.
    pub fn marks(&self) -> Marks {
        if let Self::Marked(marked) = self {
            marked.marks
        } else {
            Marks::NONE
        }
    }

    /// The value with `marks` added at its top.
    #[must_use]
    pub fn mark(self, marks: Marks) -> Self {
        if marks.is_empty() || self.marks().contains(marks) {
            return self;
        }
        let (value, present) = self.unmark();
        Self::Marked(Arc::new(Marked {
            marks: present.union(marks),
            value,
        }))
    }

    /// The value without the marks at its top, and those marks.
    #[must_use]
    pub fn unmark(self) -> (Self, Marks) {
        if let Self::Marked(marked) = &self {
            return (marked.value.clone(), marked.marks);
        }
        (self, Marks::NONE)
    }

    /// Whether there is any mark anywhere in it.
    pub fn has_marks(&self) -> bool {
        match self {
            Self::Marked(_) => true,
            Self::Null(_)
            | Self::Unknown(_)
            | Self::Bool(_)
            | Self::Number(_)
            | Self::String(_) => false,
            Self::List(list) | Self::Set(list) => list.items.iter().any(Self::has_marks),
            Self::Map(map) => map.entries.values().any(Self::has_marks),
            Self::Tuple(items) => items.iter().any(Self::has_marks),
            Self::Object(fields) => fields.values().any(Self::has_marks),
        }
    }

    /// The value without any marks, and the union of all that were in it.
    #[must_use]
    pub fn unmark_deep(self) -> (Self, Marks) {
        if !self.has_marks() {
            return (self, Marks::NONE);
        }
        let mut marks = Marks::NONE;
        let value = strip(&self, &Path::root(), &mut |_, found| {
            marks = marks.union(found)
        });
        (value, marks)
    }

    /// The value without any marks, and where each was; paths lead through the unmarked value.
    #[must_use]
    pub fn unmark_paths(self) -> (Self, Vec<MarkedPath>) {
        if !self.has_marks() {
            return (self, Vec::new());
        }
        let mut paths = Vec::new();
        let value = strip(&self, &Path::root(), &mut |path, found| {
            paths.push((path.clone(), found))
        });
        (value, paths)
    }

    /// The value with marks added at the given places; a path that leads nowhere is passed over, and one that leads
    /// into a set or an unknown marks that.
    #[must_use]
    pub fn mark_paths(self, paths: &[MarkedPath]) -> Self {
        paths.iter().fold(self, |value, (path, marks)| {
            mark_at(&value, &path.0, *marks)
        })
    }
}

fn strip(value: &Value, path: &Path, found: &mut dyn FnMut(&Path, Marks)) -> Value {
    let items = |items: &[Value], found: &mut dyn FnMut(&Path, Marks)| -> Vec<Value> {
        let step = |index: usize| PathStep::Index(index as u64);
        items
            .iter()
            .enumerate()
            .map(|(i, item)| strip(item, &path.with(step(i)), found))
            .collect()
    };
    match value {
        Value::Marked(marked) => {
            found(path, marked.marks);
            strip(&marked.value, path, found)
        }
        _ if !value.has_marks() => value.clone(),
        Value::List(list) => Value::list(list.element.clone(), items(&list.items, found)),
        Value::Tuple(tuple) => Value::tuple(items(tuple, found)),
        Value::Map(map) => {
            let entries = map.entries.iter().map(|(key, value)| {
                (
                    key.clone(),
                    strip(value, &path.with(PathStep::Key(key.clone())), found),
                )
            });
            Value::map(map.element.clone(), entries)
        }
        Value::Object(fields) => Value::object(fields.iter().map(|(name, value)| {
            (
                name.clone(),
                strip(value, &path.with(PathStep::Attribute(name.clone())), found),
            )
        })),
        // Sets never hold marked elements; the rest hold no elements.
        Value::Set(_)
        | Value::Null(_)
        | Value::Unknown(_)
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_) => value.clone(),
    }
}

fn mark_at(value: &Value, path: &[PathStep], marks: Marks) -> Value {
    let Some((step, rest)) = path.split_first() else {
        return value.clone().mark(marks);
    };
    let (inner, top) = value.clone().unmark();
    let named = |fields: &Fields, name: &str| -> Option<Fields> {
        let marked = mark_at(fields.get(name)?, rest, marks);
        let mut fields = fields.clone();
        fields.insert(name.into(), marked);
        Some(fields)
    };
    let indexed = |items: &[Value], index: u64| -> Option<Vec<Value>> {
        let index = usize::try_from(index).ok()?;
        let marked = mark_at(items.get(index)?, rest, marks);
        let mut items = items.to_vec();
        if let Some(item) = items.get_mut(index) {
            *item = marked;
        }
        Some(items)
    };
    let changed = match (&inner, step) {
        (Value::Object(fields), PathStep::Attribute(name) | PathStep::Key(name)) => {
            named(fields, name).map(|fields| Value::Object(Arc::new(fields)))
        }
        (Value::Map(map), PathStep::Attribute(name) | PathStep::Key(name)) => {
            named(&map.entries, name).map(|entries| {
                Value::Map(Arc::new(Map {
                    element: map.element.clone(),
                    entries,
                }))
            })
        }
        (Value::List(list), PathStep::Index(index)) => indexed(&list.items, *index).map(|items| {
            Value::List(Arc::new(List {
                element: list.element.clone(),
                items,
            }))
        }),
        (Value::Tuple(items), PathStep::Index(index)) => indexed(items, *index).map(Value::tuple),
        (Value::Set(_) | Value::Unknown(_), _) => Some(inner.clone().mark(marks)),
        _ => None,
    };
    changed.unwrap_or(inner).mark(top)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_come_off_and_go_back_to_their_places() {
        let value = Value::object([
            ("a", Value::string("x").mark(Marks::SENSITIVE)),
            (
                "b",
                Value::tuple(vec![Value::int(1), Value::int(2).mark(Marks::EPHEMERAL)]),
            ),
        ]);
        let (bare, paths) = value.clone().unmark_paths();
        assert!(!bare.has_marks());
        assert_eq!(paths.len(), 2);
        assert_eq!(bare.mark_paths(&paths), value);
    }
}
