//! What is wrong, where, and what to do about it. Data only: rendering is `cli/output`'s.
//! Every id that a diagnostic can carry is in [`IDS`].

use serde::{Deserialize, Serialize};

use crate::address::InstanceAddr;
use crate::span::Span;

/// How bad it is: an error stops the command before anything changes, a warning does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The command cannot go on.
    Error,
    /// The command goes on; the user should know.
    Warning,
}

/// A place with a word about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What is there, in a few words; may be empty.
    pub text: String,
}

/// An edit that would mend it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suggestion {
    /// What to replace.
    pub span: Span,
    /// With what.
    pub replacement: String,
}

/// One thing the user should know about what they wrote or what happened.
///
/// `message` is a phrase: lower case, no full stop, names in backticks, the found value before the wanted one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnostic {
    /// Error or warning.
    pub severity: Severity,
    /// A kebab-case id, one of [`IDS`].
    pub id: String,
    /// What happened, in the reader's words.
    pub message: String,
    /// The exact place, with a few words under it.
    pub primary: Option<Label>,
    /// Other places that matter, such as the first of two definitions.
    pub secondary: Vec<Label>,
    /// Facts: values in play, the cause.
    pub notes: Vec<String>,
    /// What to do.
    pub help: Vec<String>,
    /// What to do, as an edit.
    pub suggestion: Option<Suggestion>,
    /// The instance it is about.
    pub address: Option<InstanceAddr>,
    /// The message as programs expect it that know Terraform's, where that has two parts.
    #[serde(default)]
    pub parts: Option<Box<Parts>>,
    /// What stands at its places is a secret: they are told, and their text is not shown.
    #[serde(default)]
    pub concealed: bool,
}

/// A message in two parts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parts {
    /// What kind of thing happened, always in the same words.
    pub summary: String,
    /// What is said of this one.
    pub detail: String,
    /// The place that programs expect, where it is another than the one that people are shown.
    #[serde(default)]
    pub place: Option<Span>,
    /// The header of the validation that checked it.
    #[serde(default)]
    pub rule: Option<Span>,
}

impl Diagnostic {
    /// Makes an error without a place; `id` is one of [`IDS`].
    pub fn error(id: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, id, message.into())
    }

    /// Makes a warning without a place; `id` is one of [`IDS`].
    pub fn warning(id: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, id, message.into())
    }

    fn new(severity: Severity, id: &'static str, message: String) -> Self {
        debug_assert!(
            IDS.binary_search(&id).is_ok(),
            "`{id}` is not listed in IDS"
        );
        Self {
            severity,
            id: id.to_owned(),
            message,
            primary: None,
            secondary: Vec::new(),
            notes: Vec::new(),
            help: Vec::new(),
            suggestion: None,
            address: None,
            parts: None,
            concealed: false,
        }
    }

    /// Says where, with a few words that stand under the place (may be empty).
    #[must_use]
    pub fn at(mut self, span: Span, text: impl Into<String>) -> Self {
        self.primary = Some(Label {
            span,
            text: text.into(),
        });
        self
    }

    /// Says where, unless a more exact place is already known.
    #[must_use]
    pub fn at_least(self, span: Span) -> Self {
        if self.primary.is_some() {
            self
        } else {
            self.at(span, "")
        }
    }

    /// Adds another place that matters.
    #[must_use]
    pub fn and_at(mut self, span: Span, text: impl Into<String>) -> Self {
        self.secondary.push(Label {
            span,
            text: text.into(),
        });
        self
    }

    /// Adds a fact.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Adds what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    /// Adds what to do as an edit.
    #[must_use]
    pub fn suggest(mut self, span: Span, replacement: impl Into<String>) -> Self {
        self.suggestion = Some(Suggestion {
            span,
            replacement: replacement.into(),
        });
        self
    }

    /// Says it in Terraform's two parts as well.
    #[must_use]
    pub fn in_parts(mut self, summary: &str, detail: impl Into<String>) -> Self {
        self.parts = Some(Box::new(Parts {
            summary: summary.to_owned(),
            detail: detail.into(),
            place: None,
            rule: None,
        }));
        self
    }

    /// Says where programs expect it that has parts: where a value came from, which `rule` checked.
    #[must_use]
    pub fn checked(mut self, place: Span, rule: Span) -> Self {
        if let Some(parts) = &mut self.parts {
            (parts.place, parts.rule) = (Some(place), Some(rule));
        }
        self
    }

    /// Lets no text be shown of what stands at its places, which is a secret.
    #[must_use]
    pub fn conceal(mut self) -> Self {
        self.concealed = true;
        self.suggestion = None;
        self
    }

    /// Says which instance it is about.
    #[must_use]
    pub fn about(mut self, address: InstanceAddr) -> Self {
        self.address = Some(address);
        self
    }

    /// Whether its place is in `span`.
    pub fn is_at(&self, span: Span) -> bool {
        let place = self.primary.as_ref().map(|label| label.span);
        place.is_some_and(|place| {
            place.file == span.file && span.start <= place.start && place.end <= span.end
        })
    }

    /// Whether it is an error.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// All that a call had to say; collecting never stops at the first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// Makes an empty list.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    /// Adds all of another list.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Whether any is an error.
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(Diagnostic::is_error)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// All, in the order they were found.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.0.iter()
    }

    /// Sorts by file and place, those without a place last, and drops exact repetitions.
    pub fn sort(&mut self) {
        let place = |d: &Diagnostic| d.primary.as_ref().map(|label| label.span);
        self.0.sort_by(|a, b| match (place(a), place(b)) {
            (Some(a), Some(b)) => a.cmp(&b),
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (None, None) => std::cmp::Ordering::Equal,
        });
        self.0.dedup();
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl FromIterator<Diagnostic> for Diagnostics {
    fn from_iter<I: IntoIterator<Item = Diagnostic>>(diagnostics: I) -> Self {
        Self(diagnostics.into_iter().collect())
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Self {
        Self(vec![diagnostic])
    }
}

/// Every diagnostic id, sorted.
pub const IDS: &[&str] = &[
    "ambiguous-attribute",
    "ambiguous-revision",
    "argument-count",
    "argument-not-null",
    "argument-type",
    "belongs-to-another-environment",
    "bug",
    "check-failed",
    "check-not-tried",
    "condition-failed",
    "condition-not-known",
    "constant-condition",
    "cycle",
    "deep-recursion",
    "deprecated",
    "division",
    "duplicate-argument",
    "duplicate-definition",
    "duplicate-key",
    "empty-definition",
    "ephemeral-misuse",
    "file-not-readable",
    "file-not-writable",
    "function-failed",
    "heal-refused",
    "held",
    "import-failed",
    "impossible-rule",
    "in-one-place",
    "inconsistent-result",
    "index-out-of-range",
    "invalid-character",
    "invalid-count",
    "invalid-escape",
    "invalid-for-each",
    "invalid-identifier",
    "invalid-json",
    "invalid-number",
    "invalid-plan",
    "invalid-result",
    "invalid-template",
    "invalid-type",
    "invalid-utf8",
    "journal-open",
    "missing-argument",
    "missing-block",
    "missing-input",
    "missing-module",
    "missing-provider",
    "missing-value",
    "missing-variable",
    "module-not-fetched",
    "move-blocked",
    "no-longer-managed",
    "no-such-plan",
    "not-a-literal",
    "not-adopted",
    "not-held",
    "not-in-revision",
    "not-known",
    "not-notified",
    "not-promoted",
    "nothing-deployed",
    "nothing-to-adopt",
    "nothing-to-break",
    "null-value",
    "operand-type",
    "plan-stale",
    "prevent-destroy",
    "project-file",
    "promotion-blocked",
    "protected",
    "provider-configuration-gone",
    "provider-failed",
    "provider-refused",
    "read-only-directory",
    "record-gone",
    "record-locked",
    "record-moved-on",
    "record-newer",
    "record-unreadable",
    "record-write",
    "report-too-long",
    "reserved-name",
    "revision-too-large",
    "rollback-failed",
    "rollback-impossible",
    "secret-in-revision",
    "self-reference",
    "sensitive-value",
    "shared-input",
    "still-declared",
    "syntax",
    "target-unknown",
    "too-large",
    "too-many-blocks",
    "undeclared-environment",
    "undeclared-variable",
    "unknown-attribute",
    "unknown-block",
    "unknown-environment",
    "unknown-function",
    "unknown-head",
    "unknown-input",
    "unknown-name",
    "unknown-reference",
    "unknown-resource-type",
    "unknown-revision",
    "unknown-run",
    "unsupported",
    "unterminated",
    "value-type",
    "version-constraint",
    "watched-already",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_sorted_and_unique() {
        assert!(IDS.windows(2).all(|pair| pair[0] < pair[1]));
    }
}
