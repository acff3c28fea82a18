//! The secret texts met while a definition is evaluated, and whether one of them stands in another text. Marks tell
//! where a secret is; once it was put into a longer text, only its own text tells what was made from it.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Bound;
use std::sync::{Arc, PoisonError, RwLock};

use super::{Fields, Value};
use crate::Str;

/// Secret texts, shared by all clones.
#[derive(Clone, Default)]
pub struct SecretTexts(Arc<RwLock<Index>>);

/// The texts, by how they are looked for. To look for all of them takes a time that their number hardly counts in.
#[derive(Default)]
struct Index {
    /// Those that count wherever they stand; none begins with another.
    telling: BTreeSet<Str>,
    /// Those that count only as words of their own.
    words: BTreeSet<Str>,
}

impl SecretTexts {
    /// Something shorter hides nothing; in bytes.
    const SHORTEST: usize = 3;

    /// Something shorter is in many texts by chance, so that it counts only where no letter or digit stands beside it;
    /// in bytes.
    const TELLING: usize = 8;

    /// Adds every text in the secret parts of a value, and says whether there is one.
    pub fn gather(&self, value: &Value) -> bool {
        let found = value.secret_texts();
        if found.is_empty() {
            return false;
        }
        let mut index = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for text in found {
            index.add(text);
        }
        true
    }

    /// Whether one of them stands in a text.
    pub fn stand_in(&self, text: &str) -> bool {
        let index = self.0.read().unwrap_or_else(PoisonError::into_inner);
        index.stands_in(text)
    }
}

impl fmt::Debug for SecretTexts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretTexts").finish_non_exhaustive()
    }
}

impl Index {
    fn add(&mut self, text: Str) {
        if text.len() < SecretTexts::TELLING {
            if text.len() >= SecretTexts::SHORTEST {
                self.words.insert(text);
            }
            return;
        }
        if self.telling_start(&text) {
            return;
        }
        let longer = self
            .telling
            .range::<str, _>((Bound::Included(text.as_str()), Bound::Unbounded));
        let longer = longer.take_while(|known| known.starts_with(text.as_str()));
        for known in longer.cloned().collect::<Vec<Str>>() {
            self.telling.remove(&known);
        }
        self.telling.insert(text);
    }

    /// Whether a text begins with a telling one. As none of them begins with another, that can only be the last one
    /// that sorts before it.
    fn telling_start(&self, text: &str) -> bool {
        let before = (Bound::Unbounded, Bound::Included(text));
        let last = self.telling.range::<str, _>(before).next_back();
        last.is_some_and(|known| text.starts_with(known.as_str()))
    }

    /// Whether a text begins with a word that ends where it ends.
    fn word_start(&self, text: &str) -> bool {
        (SecretTexts::SHORTEST..SecretTexts::TELLING)
            .filter_map(|end| text.split_at_checked(end))
            .any(|(word, rest)| {
                !rest.starts_with(char::is_alphanumeric) && self.words.contains(word)
            })
    }

    fn stands_in(&self, text: &str) -> bool {
        let mut in_word = false;
        for (at, char) in text.char_indices() {
            let Some(rest) = text.get(at..) else { break };
            let is_word = !in_word && !self.words.is_empty() && self.word_start(rest);
            if is_word || !self.telling.is_empty() && self.telling_start(rest) {
                return true;
            }
            in_word = char.is_alphanumeric();
        }
        false
    }
}

impl Value {
    /// Every text in it.
    pub fn texts(&self) -> Vec<Str> {
        let mut found = Vec::new();
        all(self, &mut found);
        found
    }

    /// The texts in its secret parts.
    pub fn secret_texts(&self) -> Vec<Str> {
        let mut found = Vec::new();
        marked(self, &mut found);
        found
    }
}

/// The texts in the secret parts of a value.
fn marked(value: &Value, found: &mut Vec<Str>) {
    match value {
        Value::Marked(marks) if marks.marks.is_secret() => all(&marks.value, found),
        Value::Marked(marks) => marked(&marks.value, found),
        Value::List(list) | Value::Set(list) => {
            list.items.iter().for_each(|item| marked(item, found))
        }
        Value::Tuple(items) => items.iter().for_each(|item| marked(item, found)),
        Value::Map(map) => map.entries.values().for_each(|item| marked(item, found)),
        Value::Object(fields) => fields.values().for_each(|item| marked(item, found)),
        Value::Null(_)
        | Value::Unknown(_)
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_) => {}
    }
}

fn all(value: &Value, found: &mut Vec<Str>) {
    match value {
        Value::Marked(marked) => all(&marked.value, found),
        Value::String(text) => found.push(text.clone()),
        Value::List(_) | Value::Set(_) | Value::Tuple(_) | Value::Map(_) | Value::Object(_) => {
            let items = value.as_items().unwrap_or_default().iter();
            let fields = value.as_fields().into_iter().flat_map(Fields::values);
            items.chain(fields).for_each(|item| all(item, found));
        }
        Value::Null(_) | Value::Unknown(_) | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Marks;

    fn texts(secrets: &[&str]) -> SecretTexts {
        let texts = SecretTexts::default();
        for secret in secrets {
            texts.gather(&Value::from(*secret).mark(Marks::SENSITIVE));
        }
        texts
    }

    #[test]
    fn a_long_secret_counts_wherever_it_stands() {
        let texts = texts(&["correct-horse", "correct-hoard", "zzzzzzzz"]);
        assert!(texts.stand_in("xcorrect-horsey"));
        assert!(texts.stand_in("ü correct-hoard"));
        assert!(!texts.stand_in("correct-hors"));
        assert!(!texts.stand_in(""));
    }

    #[test]
    fn a_short_secret_counts_only_as_a_word_of_its_own() {
        let texts = texts(&["hunter2", "p!n", "ab"]);
        assert!(texts.stand_in("password=hunter2\n"));
        assert!(texts.stand_in("hunter2"));
        assert!(texts.stand_in("my p!n."));
        assert!(!texts.stand_in("hunter22"));
        assert!(!texts.stand_in("xhunter2"));
        assert!(!texts.stand_in("ab"));
    }

    #[test]
    fn of_secrets_that_begin_alike_each_is_found() {
        for order in [
            ["secret-one", "secret-one-more"],
            ["secret-one-more", "secret-one"],
        ] {
            let texts = texts(&order);
            assert!(texts.stand_in("a secret-one-less"));
            assert!(texts.stand_in("a secret-one-more"));
            assert!(!texts.stand_in("a secret-on"));
        }
    }

    #[test]
    fn texts_are_those_of_all_parts_and_secret_ones_those_of_marked_parts() {
        let marked = Value::map(
            crate::Type::String,
            [(Str::from("key"), "in the map".into())],
        );
        let value = Value::object([
            ("a", marked.mark(Marks::SENSITIVE)),
            ("b", Value::tuple(vec!["in the open".into(), Value::int(7)])),
        ]);
        assert_eq!(value.texts(), ["in the map", "in the open"]);
        assert_eq!(value.secret_texts(), ["in the map"]);
    }

    #[test]
    fn only_the_secret_parts_of_a_value_are_gathered() {
        let texts = SecretTexts::default();
        let inner = Value::tuple(vec!["in the list".into()]).mark(Marks::CONCEALED);
        texts.gather(&Value::object([("a", inner), ("b", "in the open".into())]));
        assert!(texts.stand_in("what is in the list"));
        assert!(!texts.stand_in("what is in the open"));
    }
}
