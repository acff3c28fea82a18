//! Diagnostics as people read them: the message, the source with what is wrong underlined, facts, and what to do.
//! Sorts and folds; changes no wording.

mod excerpt;

use std::collections::HashMap;

use annotate_snippets::{Group, Level, Renderer};
use anstyle::Style;
use model::diagnostic::Diagnostic;
use model::{Diagnostics, Severity, Sources};

use excerpt::{edit, excerpts, patch, snippet};

use super::line::{Line, Page};
use super::source_lines::SourceLines;
use super::style::{Label, Look, Paint, width_of};

/// How much of the warnings is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Warnings {
    /// The first of each id whole, the others counted.
    #[default]
    Folded,
    /// One line each (`-compact-warnings`).
    Compact,
    /// None (`-qq`).
    Hidden,
}

/// Renders all diagnostics: sorted by file and place, warnings of one id folded into the first.
///
/// Ends with a newline unless there is nothing to show. The cost is that of what is shown, whatever the size of the
/// files.
pub fn render(
    diagnostics: &Diagnostics,
    sources: &Sources,
    warnings: Warnings,
    look: Look,
) -> String {
    let mut sorted = diagnostics.clone();
    sorted.sort();
    let mut page = Page::new(look);
    let mut lines = SourceLines::new(sources);
    let folded = fold(&sorted);
    for (diagnostic, alike) in &folded {
        match (diagnostic.severity, warnings) {
            (Severity::Warning, Warnings::Hidden) => {}
            (Severity::Warning, Warnings::Compact) => {
                page.line(&compact(diagnostic, alike.len(), &mut lines))
            }
            (Severity::Error, _) | (Severity::Warning, Warnings::Folded) => {
                page.gap();
                page.text(&one(diagnostic, alike, &mut lines, look));
            }
        }
    }
    page.finish()
}

/// The last line after several errors: `error: 3 errors, nothing was changed`; `None` for fewer than two.
pub fn closing(diagnostics: &Diagnostics, consequence: &str) -> Option<Line> {
    let errors = diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.is_error())
        .count();
    let comma = if consequence.is_empty() { "" } else { ", " };
    (errors > 1).then(|| {
        Line::of(Label::Error, "error").then(format!(": {errors} errors{comma}{consequence}"))
    })
}

/// Each error alone, and the first warning of each id with the others of that id; where the message is all there is to
/// know, only with those of the same message.
fn fold(diagnostics: &Diagnostics) -> Vec<(&Diagnostic, Vec<&Diagnostic>)> {
    let mut folded: Vec<(&Diagnostic, Vec<&Diagnostic>)> = Vec::new();
    let mut first_of: HashMap<(&str, &str), usize> = HashMap::new();
    for diagnostic in diagnostics {
        if !diagnostic.is_error() {
            let id = diagnostic.id.as_str();
            let message = match id {
                "condition-failed" | "condition-not-known" | "target-unknown" => {
                    diagnostic.message.as_str()
                }
                _ => "",
            };
            if let Some((_, alike)) = first_of
                .get(&(id, message))
                .and_then(|at| folded.get_mut(*at))
            {
                alike.push(diagnostic);
                continue;
            }
            first_of.insert((id, message), folded.len());
        }
        folded.push((diagnostic, Vec::new()));
    }
    folded
}

fn compact(diagnostic: &Diagnostic, alike: usize, lines: &mut SourceLines) -> Line {
    let mut line = Line::of(Label::Warning, format!("warning[{}]", diagnostic.id));
    line.put(Label::Plain, format!(": {}", diagnostic.message));
    if let Some(place) = diagnostic
        .primary
        .as_ref()
        .and_then(|label| lines.place(label.span))
    {
        line.put(Label::Place, format!(" at {place}"));
    }
    if alike > 0 {
        line.put(Label::Plain, format!(" and {alike} more like this"));
    }
    line
}

fn one(
    diagnostic: &Diagnostic,
    alike: &[&Diagnostic],
    lines: &mut SourceLines,
    look: Look,
) -> String {
    let notes = notes(diagnostic, alike, lines);
    let excerpts = excerpts(diagnostic, lines);
    if excerpts.is_empty() {
        return without_place(diagnostic, &notes, look);
    }
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let room = look.width.min(100);
    let title = fill(
        &diagnostic.message,
        room.saturating_sub(diagnostic.id.len() + 11),
    );
    let mut group = level
        .primary_title(title)
        .id(diagnostic.id.as_str())
        .elements(excerpts.iter().map(snippet));
    for note in &notes {
        group = group.element(Level::NOTE.message(fill(note, room.saturating_sub(14))));
    }
    let mut groups = vec![group];
    let mut helps = diagnostic.help.iter().peekable();
    let patch = diagnostic
        .suggestion
        .as_ref()
        .and_then(|suggestion| patch(suggestion, lines));
    while let Some(help) = helps.next() {
        let title = Level::HELP.secondary_title(fill(help, room.saturating_sub(6)));
        let group = Group::with_title(title);
        groups.push(match (&patch, helps.peek()) {
            (Some(patch), None) => group.element(edit(patch)),
            _ => group,
        });
    }
    if let (Some(patch), true) = (&patch, diagnostic.help.is_empty()) {
        groups.push(
            Group::with_title(Level::HELP.secondary_title("change it to")).element(edit(patch)),
        );
    }
    let mut text = renderer(look).render(&groups);
    for excerpt in &excerpts {
        text = excerpt.mend_column(text);
    }
    look.fit(without_trailing_spaces(&unsentinel(&text, look)))
}

/// The facts, beginning with the instance when no other text names it.
fn notes(diagnostic: &Diagnostic, alike: &[&Diagnostic], lines: &mut SourceLines) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(address) = &diagnostic.address {
        let address = address.to_string();
        let named = std::iter::once(&diagnostic.message)
            .chain(&diagnostic.notes)
            .chain(diagnostic.primary.as_ref().map(|label| &label.text))
            .any(|text| text.contains(&address));
        if !named {
            notes.push(format!("for {address}"));
        }
    }
    let place = diagnostic.primary.as_ref();
    if diagnostic.concealed
        && let Some(label) = place
        && let Some(place) = lines.place(label.span)
    {
        let text = match label.text.as_str() {
            "" => String::new(),
            text => format!(": {text}"),
        };
        notes.push(format!(
            "at {place}, which is sensitive and not shown{text}"
        ));
    }
    notes.extend(diagnostic.notes.iter().cloned());
    if !alike.is_empty() {
        let places: Vec<String> = alike
            .iter()
            .take(3)
            .filter_map(|d| lines.place(d.primary.as_ref()?.span))
            .collect();
        let more = alike.len();
        notes.push(match places.as_slice() {
            [] => format!("and {more} more like this"),
            places if places.len() == more => {
                format!("and {more} more like this: {}", places.join(", "))
            }
            places => format!("and {more} more like this: {}, ..", places.join(", ")),
        });
    }
    notes
}

fn without_place(diagnostic: &Diagnostic, notes: &[String], look: Look) -> String {
    let (label, word) = match diagnostic.severity {
        Severity::Error => (Label::Error, "error"),
        Severity::Warning => (Label::Warning, "warning"),
    };
    let mut page = Page::new(look);
    let paragraph = |page: &mut Page, label: Label, head: String, text: &str| {
        let indent = width_of(&head) + 2;
        for (at, row) in text.lines().enumerate() {
            let line = if at == 0 {
                Line::of(label, head.clone()).then(format!(": {row}"))
            } else {
                Line::plain(" ".repeat(indent)).then(row.to_owned())
            };
            match is_command(row) {
                true => page.line(&line),
                false => page.wrapped(&line, indent),
            }
        }
    };
    page.wrapped(
        &Line::of(label, format!("{word}[{}]", diagnostic.id))
            .with(Label::Heading, format!(": {}", diagnostic.message)),
        2,
    );
    for note in notes {
        paragraph(&mut page, Label::Heading, "  note".into(), note);
    }
    for help in &diagnostic.help {
        paragraph(&mut page, Label::Hint, "help".into(), help);
    }
    page.finish()
}

/// Whether a row is a command alone, which a shell is to be given as it is.
fn is_command(row: &str) -> bool {
    row.starts_with("terrace ")
}

/// Text with lines broken at spaces so that none is wider than `width`, where words allow.
fn fill(text: &str, width: usize) -> String {
    let width = width.max(20);
    let mut out = String::with_capacity(text.len() + 8);
    for (at, row) in text.lines().enumerate() {
        if at > 0 {
            out.push('\n');
        }
        if is_command(row) {
            out.push_str(row);
            continue;
        }
        let mut used = 0;
        for word in row.split(' ') {
            let wide = width_of(word);
            if used > 0 && used + 1 + wide > width {
                out.push('\n');
                used = 0;
            } else if used > 0 {
                out.push(' ');
                used += 1;
            }
            out.push_str(word);
            used += wide;
        }
    }
    out
}

fn renderer(look: Look) -> Renderer {
    let style = |label: Label| match look.paint {
        Paint::Plain => Style::new(),
        Paint::Ansi => label.style(),
        Paint::Debug => sentinel(label),
    };
    Renderer::styled()
        .term_width(look.width)
        .error(style(Label::Error))
        .warning(style(Label::Warning))
        .info(style(Label::Hint))
        .note(style(Label::Hint))
        .help(style(Label::Hint))
        .line_num(style(Label::Gutter))
        .emphasis(style(Label::Heading))
        .none(Style::new())
        .context(style(Label::Gutter))
        .addition(style(Label::New))
        .removal(style(Label::Old))
}

/// A colour that stands for a label, so that the renderer's output can be read back as labels.
fn sentinel(label: Label) -> Style {
    let at = Label::ALL
        .iter()
        .position(|other| *other == label)
        .and_then(|at| u8::try_from(at).ok());
    anstyle::Ansi256Color(at.unwrap_or(0)).on_default()
}

/// Turns colours that stand for labels into `<<label::text>>`.
fn unsentinel(text: &str, look: Look) -> String {
    if look.paint != Paint::Debug {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut open = false;
    for (at, part) in text.split('\u{1b}').enumerate() {
        let (code, rest) = if at == 0 {
            ("", part)
        } else {
            part.split_once('m').unwrap_or(("", part))
        };
        let label = code
            .strip_prefix("[38;5;")
            .and_then(|n| Label::ALL.get(n.parse::<usize>().ok()?));
        if open {
            out.push_str(">>");
            open = false;
        }
        if let Some(label) = label.filter(|_| !rest.is_empty()) {
            out.push_str(&format!("<<{}::", label.name()));
            open = true;
        }
        out.push_str(rest);
    }
    out
}

fn without_trailing_spaces(text: &str) -> String {
    text.lines()
        .flat_map(|line| [line.trim_end(), "\n"])
        .collect()
}

#[cfg(test)]
mod tests;
