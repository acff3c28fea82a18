//! Named values, sorted by name: the entries of objects and maps.

use serde::{Deserialize, Serialize};

use super::Value;
use crate::text::Str;

/// Values by name, in code-point order of the names, each name once. Compact: one allocation.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Fields(Vec<(Str, Value)>);

impl Fields {
    /// The value of that name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.position(name)
            .ok()
            .and_then(|at| self.0.get(at))
            .map(|(_, value)| value)
    }

    /// Whether there is one of that name.
    pub fn contains(&self, name: &str) -> bool {
        self.position(name).is_ok()
    }

    /// Sets the value of a name, returning the one it replaces.
    pub fn insert(&mut self, name: Str, value: Value) -> Option<Value> {
        match self.position(&name) {
            Ok(at) => self
                .0
                .get_mut(at)
                .map(|entry| std::mem::replace(&mut entry.1, value)),
            Err(at) => {
                self.0.insert(at, (name, value));
                None
            }
        }
    }

    /// Removes and returns the value of a name.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        self.position(name).ok().map(|at| self.0.remove(at).1)
    }

    /// Names and values, sorted by name.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&Str, &Value)> + ExactSizeIterator {
        self.0.iter().map(|(name, value)| (name, value))
    }

    /// Names, sorted.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &Str> + ExactSizeIterator {
        self.0.iter().map(|(name, _)| name)
    }

    /// Values, in the order of their names.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &Value> + ExactSizeIterator {
        self.0.iter().map(|(_, value)| value)
    }

    /// Values, to change in place.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut Value> {
        self.0.iter_mut().map(|(_, value)| value)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn position(&self, name: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(key, _)| key.as_str().cmp(name))
    }
}

/// A later entry wins over an earlier one of its name.
impl FromIterator<(Str, Value)> for Fields {
    fn from_iter<I: IntoIterator<Item = (Str, Value)>>(entries: I) -> Self {
        let mut entries: Vec<(Str, Value)> = entries.into_iter().collect();
        if !entries.is_sorted_by(|a, b| a.0 < b.0) {
            // A stable sort keeps the order of equal names, so the last of each run is the one that wins.
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            entries.reverse();
            entries.dedup_by(|a, b| a.0 == b.0);
            entries.reverse();
        }
        entries.shrink_to_fit();
        Self(entries)
    }
}

impl IntoIterator for Fields {
    type Item = (Str, Value);
    type IntoIter = std::vec::IntoIter<(Str, Value)>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_of_a_repeated_name_wins() {
        let fields: Fields = [("b", 1), ("a", 2), ("b", 3)]
            .map(|(name, value)| (Str::new(name), Value::int(value)))
            .into_iter()
            .collect();
        assert_eq!(fields.len(), 2);
        assert_eq!(fields.get("b"), Some(&Value::int(3)));
    }
}
