//! Diagnostics as Terraform's JSON has them, with our id, notes and advice as added fields.

use model::diagnostic::Diagnostic;
use model::{Diagnostics, Severity, Sources, Span};
use serde_json::{Map, Value as Json, json};

use crate::cli::output::source_lines::{Place, SourceLines};

/// Lines of more bytes are left out of snippets.
const LONGEST_SNIPPET: usize = 4_000;

/// Diagnostics of one set of sources as JSON.
#[derive(Debug)]
pub struct Translator<'a> {
    lines: SourceLines<'a>,
}

impl<'a> Translator<'a> {
    /// Makes one for these sources.
    pub fn new(sources: &'a Sources) -> Self {
        Self {
            lines: SourceLines::new(sources),
        }
    }

    /// The object that stands under `diagnostic` in messages and in a list in `validate -json`.
    pub fn json(&mut self, diagnostic: &Diagnostic) -> Json {
        let mut json = Map::new();
        json.insert("severity".into(), json!(severity(diagnostic.severity)));
        json.insert("summary".into(), json!(summary(diagnostic)));
        json.insert("detail".into(), json!(self.detail(diagnostic)));
        if let Some(address) = &diagnostic.address {
            json.insert("address".into(), json!(address.to_string()));
        }
        let expected = diagnostic.parts.as_ref().and_then(|parts| parts.place);
        let shown = diagnostic.primary.as_ref().map(|label| label.span);
        if let Some(span) = expected.or(shown) {
            json.extend(self.range(span).map(|range| ("range".to_owned(), range)));
            if !diagnostic.concealed {
                json.extend(
                    self.snippet(span)
                        .map(|snippet| ("snippet".to_owned(), snippet)),
                );
            }
        }
        json.insert("id".into(), json!(diagnostic.id));
        if !diagnostic.notes.is_empty() {
            json.insert("notes".into(), json!(diagnostic.notes));
        }
        if !diagnostic.help.is_empty() {
            json.insert("help".into(), json!(diagnostic.help));
        }
        if let Some(suggestion) = &diagnostic.suggestion
            && let Some(range) = self.range(suggestion.span)
        {
            json.insert(
                "suggestion".into(),
                json!({"range": range, "replacement": suggestion.replacement}),
            );
        }
        Json::Object(json)
    }

    /// What is said of it, with the place of the rule that checked it, as programs expect it.
    fn detail(&mut self, diagnostic: &Diagnostic) -> String {
        let detail = detail(diagnostic);
        let rule = diagnostic.parts.as_ref().and_then(|parts| parts.rule);
        let Some((rule, file)) = rule.and_then(|rule| Some((rule, self.lines.file(rule.file)?)))
        else {
            return detail;
        };
        let range = file.range(rule);
        let (start, end) = (file.place(range.start), file.place(range.end));
        let to = match start.line == end.line {
            true => end.column.to_string(),
            false => format!("{},{}", end.line, end.column),
        };
        format!(
            "{detail}\n\nThis was checked by the validation rule at {}:{},{}-{to}.",
            file.name, start.line, start.column
        )
    }

    fn range(&mut self, span: Span) -> Option<Json> {
        let file = self.lines.file(span.file)?;
        let range = file.range(span);
        let place =
            |Place { line, column, byte }| json!({"line": line, "column": column, "byte": byte});
        let (start, end) = (place(file.place(range.start)), place(file.place(range.end)));
        Some(json!({"filename": file.name, "start": start, "end": end}))
    }

    /// The lines of the span, and where in them it stands; `None` where they are very long.
    fn snippet(&mut self, span: Span) -> Option<Json> {
        let file = self.lines.file(span.file)?;
        let range = file.range(span);
        let (first, last) = (file.line_of(range.start), file.line_of(range.end));
        let (start, end) = (file.line(first).start, file.line(last).end.max(range.end));
        if end - start > LONGEST_SNIPPET {
            return None;
        }
        let code = file.text.get(start..end)?;
        Some(json!({
            "context": null,
            "code": code,
            "start_line": first + 1,
            "highlight_start_offset": range.start - start,
            "highlight_end_offset": range.end - start,
            "values": [],
        }))
    }
}

/// `validate -json`, format 1.0: whether all is well, how many errors and warnings there are, and all of them.
pub fn validation(diagnostics: &Diagnostics, sources: &Sources) -> Json {
    let mut sorted = diagnostics.clone();
    sorted.sort();
    let mut translator = Translator::new(sources);
    let errors = sorted
        .iter()
        .filter(|diagnostic| diagnostic.is_error())
        .count();
    let all: Vec<Json> = sorted
        .iter()
        .map(|diagnostic| translator.json(diagnostic))
        .collect();
    json!({
        "format_version": "1.0",
        "valid": errors == 0,
        "error_count": errors,
        "warning_count": sorted.len() - errors,
        "diagnostics": all,
    })
}

pub(super) fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

/// Diagnostics whose message begins with the name of a person, an environment or a revision, which stays as it is.
const BEGIN_WITH_NAMES: [&str; 7] = [
    "belongs-to-another-environment",
    "held",
    "not-held",
    "nothing-deployed",
    "promotion-blocked",
    "undeclared-environment",
    "unknown-revision",
];

/// The message with a capital letter, as programs show it in lists.
fn sentence(message: &str) -> String {
    let mut chars = message.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(chars).collect()
    })
}

/// What happened, in one line.
pub(super) fn summary(diagnostic: &Diagnostic) -> String {
    match &diagnostic.parts {
        Some(parts) => parts.summary.clone(),
        None if BEGIN_WITH_NAMES.contains(&diagnostic.id.as_ref()) => diagnostic.message.clone(),
        None => sentence(&diagnostic.message),
    }
}

fn detail(diagnostic: &Diagnostic) -> String {
    if let Some(parts) = &diagnostic.parts {
        return parts.detail.clone();
    }
    let label = diagnostic
        .primary
        .as_ref()
        .map(|label| label.text.as_str())
        .filter(|text| !text.is_empty());
    let parts: Vec<&str> = label
        .into_iter()
        .chain(diagnostic.notes.iter().map(String::as_str))
        .chain(diagnostic.help.iter().map(String::as_str))
        .collect();
    parts.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diagnostic_has_its_range_and_snippet() {
        let mut sources = Sources::default();
        let file = sources.add("main.tf", "# \u{e9}\n  x = yy\n");
        let diagnostic = Diagnostic::error("unknown-name", "`yy` is not known")
            .at(Span::new(file, 11, 13), "here")
            .note("a fact")
            .suggest(Span::new(file, 11, 13), "y");
        let validation = validation(&diagnostic.into(), &sources);
        insta::assert_snapshot!(serde_json::to_string_pretty(&validation).unwrap() + "\n[EOF]");
    }
}
