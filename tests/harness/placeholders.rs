//! What differs from run to run becomes a placeholder: `<uuid:1>`, `<plan:1>`, `<time>`, `<took>`, `<dir>`.
//! One numbering per case, so that the same id in two answers is the same placeholder.

use std::collections::BTreeMap;
use std::path::Path;

use regex::{Captures, Regex};

/// Replaces what differs from run to run. Remembers ids, so that one value keeps its placeholder.
#[derive(Debug)]
pub(crate) struct Placeholders {
    directory: String,
    numbered: Vec<(&'static str, Regex)>,
    plain: Vec<(Regex, &'static str)>,
    seen: BTreeMap<&'static str, Vec<String>>,
}

impl Placeholders {
    /// Placeholders for commands that run in `directory`.
    pub(crate) fn new(directory: &Path) -> Self {
        let regex = |text: &str| Regex::new(text).expect("a regular expression");
        Self {
            directory: directory.display().to_string(),
            numbered: vec![
                (
                    "uuid",
                    regex(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"),
                ),
                ("plan", regex(r"\bp[0-9a-f]{7}\b")),
                (
                    "deposed",
                    regex(r#"(?:deposed(?: object)?:? |"deposed":")([0-9a-f]{8})\b"#),
                ),
                ("head", regex(r"\bhead ([0-9a-f]{16})\b")),
                ("hash", regex(r"\b[0-9a-f]{64}\b")),
            ],
            plain: vec![
                (
                    regex(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?"),
                    "<time>",
                ),
                // How long a step took stands after its id; a summary's stands after the word.
                (
                    regex(
                        r"(?m)^( +(?:Created|Updated|Destroyed|Read|Failed|Replaced|Imported|Forgot|Moved|Passed) .*) \d[\dms.]*$",
                    ),
                    "$1 <took>",
                ),
                (regex(r"(?m)^( +Summary) \d[\dms.]*"), "$1 <took>"),
                (regex(r"\b(after|in|within) \d[\dms.]*s\b"), "$1 <took>"),
                (regex(r"(?m) (done|failed) +\d[\dms.]*$"), " $1 <took>"),
                (regex(r#""(started|ended)":\s?\d{13}"#), "\"$1\":<time>"),
                (
                    regex(r#""(seconds|elapsed_seconds)":\s?[\d.]+"#),
                    "\"$1\":<took>",
                ),
                // An id that is shortened to fit on a line.
                (
                    regex(r"\b[0-9a-f]{8}-[0-9a-f]{0,4}\.\.[0-9a-f]{4}\b"),
                    "<shortened>",
                ),
                (regex(r"\bpid \d+"), "pid <pid>"),
            ],
            seen: BTreeMap::new(),
        }
    }

    /// Returns `text` with placeholders.
    pub(crate) fn put(&mut self, text: &str) -> String {
        let mut text = text.replace(&self.directory, "<dir>");
        for (name, regex) in &self.numbered {
            let seen = self.seen.entry(name).or_default();
            text = regex
                .replace_all(&text, |captures: &Captures<'_>| {
                    let whole = captures.get(0).map_or("", |found| found.as_str());
                    let id = captures.get(1).map_or(whole, |found| found.as_str());
                    let known = seen.iter().position(|known| known == id);
                    let number = known.unwrap_or_else(|| {
                        seen.push(id.to_owned());
                        seen.len() - 1
                    });
                    whole.replace(id, &format!("<{name}:{}>", number + 1))
                })
                .into_owned();
        }
        for (regex, replacement) in &self.plain {
            text = regex.replace_all(&text, *replacement).into_owned();
        }
        text
    }
}
