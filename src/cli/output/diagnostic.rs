//! Diagnostics as people read them: the message, the source with what is wrong underlined, facts, and what to do.
//! Sorts and folds; changes no wording.

use std::collections::HashMap;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Patch, Renderer, Snippet};
use anstyle::Style;
use model::diagnostic::{Diagnostic, Label as PlaceLabel, Suggestion};
use model::{Diagnostics, FileId, Severity, Sources};

use super::line::{Line, Page};
use super::source_lines::{FileLines, SourceLines};
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

/// Longer lines are cut around what is underlined.
const LONGEST_LINE: usize = 400;
/// Bytes kept on either side of it.
const AROUND: usize = 120;
/// A span of more lines is underlined in its first only.
const TALLEST_SPAN: usize = 30;
/// A place further away from the one above it gets an excerpt of its own.
const FAR: usize = 40;

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
    (errors > 1)
        .then(|| Line::of(Label::Error, "error").then(format!(": {errors} errors, {consequence}")))
}

/// Each error alone, and the first warning of each id with the others of that id.
fn fold(diagnostics: &Diagnostics) -> Vec<(&Diagnostic, Vec<&Diagnostic>)> {
    let mut folded: Vec<(&Diagnostic, Vec<&Diagnostic>)> = Vec::new();
    let mut first_of: HashMap<&str, usize> = HashMap::new();
    for diagnostic in diagnostics {
        if !diagnostic.is_error() {
            if let Some((_, alike)) = first_of
                .get(diagnostic.id.as_str())
                .and_then(|at| folded.get_mut(*at))
            {
                alike.push(diagnostic);
                continue;
            }
            first_of.insert(&diagnostic.id, folded.len());
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
            page.wrapped(&line, indent);
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

/// A part of a file that is shown, with what is underlined in it.
struct Excerpt {
    path: String,
    text: String,
    first_line: usize,
    marks: Vec<(AnnotationKind, Range<usize>, String)>,
    /// `line:column` as counted in `text`, and in the file, where they differ.
    column: Option<(String, String)>,
}

impl Excerpt {
    /// Puts the column of the file where the renderer counted in a cut line.
    fn mend_column(&self, text: String) -> String {
        match &self.column {
            Some((shown, real)) => {
                let path = &self.path;
                text.replacen(&format!("{path}:{shown}"), &format!("{path}:{real}"), 1)
            }
            None => text,
        }
    }
}

/// Labels that are shown in one excerpt.
struct Cluster<'a> {
    file: FileId,
    /// First and last line, from 0.
    rows: Range<usize>,
    labels: Vec<(AnnotationKind, &'a PlaceLabel)>,
}

/// The excerpts of a diagnostic: the primary place first, then those far from it.
fn excerpts(diagnostic: &Diagnostic, lines: &mut SourceLines) -> Vec<Excerpt> {
    let primary = diagnostic
        .primary
        .iter()
        .map(|label| (AnnotationKind::Primary, label));
    let secondary = diagnostic
        .secondary
        .iter()
        .map(|label| (AnnotationKind::Context, label));
    let mut clusters: Vec<Cluster> = Vec::new();
    for (kind, label) in primary.chain(secondary) {
        let Some(file) = lines.file(label.span.file) else {
            continue;
        };
        let range = file.range(label.span);
        let first = file.line_of(range.start);
        let last = file
            .line_of(range.end.max(range.start + 1) - 1)
            .clamp(first, first + TALLEST_SPAN);
        let near = clusters.iter_mut().find(|cluster| {
            let rows = &cluster.rows;
            cluster.file == label.span.file && first <= rows.end + FAR && last + FAR >= rows.start
        });
        match near {
            Some(Cluster {
                rows,
                labels,
                file: _,
            }) => {
                *rows = rows.start.min(first)..rows.end.max(last);
                labels.push((kind, label));
            }
            None => {
                clusters.push(Cluster {
                    file: label.span.file,
                    rows: first..last,
                    labels: vec![(kind, label)],
                });
            }
        }
    }
    clusters
        .into_iter()
        .filter_map(|cluster| {
            Some(excerpt(
                lines.file(cluster.file)?,
                cluster.rows,
                &cluster.labels,
            ))
        })
        .collect()
}

/// Cuts the lines `rows` (both included) out of a file, and long lines to what is around the labels in them.
fn excerpt(
    file: &FileLines,
    rows: Range<usize>,
    labels: &[(AnnotationKind, &PlaceLabel)],
) -> Excerpt {
    let places: Vec<(AnnotationKind, Range<usize>, &str)> = labels
        .iter()
        .map(|(kind, label)| {
            (
                *kind,
                visible(file, file.range(label.span)),
                label.text.as_str(),
            )
        })
        .collect();
    let mut text = String::new();
    // For each line: its bytes in the file, the part that is kept, and where that stands in `text`.
    let mut kept: Vec<(Range<usize>, Range<usize>, usize)> = Vec::new();
    for row in rows.start..=rows.end {
        let line = file.line(row);
        let keep = keep(file, &line, &places);
        kept.push((line, keep.clone(), text.len()));
        text.push_str(file.text.get(keep).unwrap_or_default());
        text.push('\n');
    }
    let moved = |byte: usize| {
        let at = kept
            .partition_point(|(line, _, _)| line.start <= byte)
            .saturating_sub(1);
        kept.get(at).map_or(0, |(_, keep, at)| {
            at + byte.clamp(keep.start, keep.end) - keep.start
        })
    };
    let first_line = rows.start + 1;
    let column = places.first().and_then(|(_, range, _)| {
        let real = file.place(range.start);
        let shown = moved(range.start);
        let line_start = text.get(..shown)?.rfind('\n').map_or(0, |at| at + 1);
        let shown_column = text.get(line_start..shown)?.chars().count() + 1;
        (shown_column != real.column).then(|| {
            (
                format!("{}:{shown_column}", real.line),
                format!("{}:{}", real.line, real.column),
            )
        })
    });
    let marks = places
        .iter()
        .map(|(kind, range, label)| {
            (
                *kind,
                moved(range.start)..moved(range.end),
                (*label).to_owned(),
            )
        })
        .collect();
    Excerpt {
        path: file.name.clone(),
        text,
        first_line,
        marks,
        column,
    }
}

/// The part of a span that is underlined: all of it, or its first line when it is very tall.
fn visible(file: &FileLines, range: Range<usize>) -> Range<usize> {
    let first = file.line_of(range.start);
    if file.line_of(range.end) > first + TALLEST_SPAN {
        return range.start..file.line(first).end.max(range.start);
    }
    range
}

/// The part of a line that is shown: all of it, or what is around the places in it when it is very long.
fn keep(
    file: &FileLines,
    line: &Range<usize>,
    places: &[(AnnotationKind, Range<usize>, &str)],
) -> Range<usize> {
    if line.len() <= LONGEST_LINE {
        return line.clone();
    }
    let inside = |range: &Range<usize>| range.start <= line.end && range.end >= line.start;
    let mut touching = places
        .iter()
        .map(|(_, range, _)| range)
        .filter(|range| inside(range));
    let center = touching.next().cloned().unwrap_or(line.start..line.start);
    let start = center
        .start
        .max(line.start)
        .saturating_sub(AROUND)
        .max(line.start);
    let end = (center.end.min(center.start.max(line.start) + AROUND) + AROUND).min(line.end);
    file.text.ceil_char_boundary(start)..file.text.floor_char_boundary(end)
}

fn snippet(excerpt: &Excerpt) -> Snippet<'_, annotate_snippets::Annotation<'_>> {
    Snippet::source(excerpt.text.as_str())
        .path(excerpt.path.as_str())
        .line_start(excerpt.first_line)
        .fold(true)
        .annotations(excerpt.marks.iter().map(|(kind, range, label)| {
            let mark = kind.span(range.clone());
            if label.is_empty() {
                mark
            } else {
                mark.label(label.as_str())
            }
        }))
}

/// The lines a suggestion changes, and the edit in them; `None` when they are too many or too long to show.
struct Edit {
    text: String,
    first_line: usize,
    range: Range<usize>,
    replacement: String,
}

fn patch(suggestion: &Suggestion, lines: &mut SourceLines) -> Option<Edit> {
    let file = lines.file(suggestion.span.file)?;
    let range = file.range(suggestion.span);
    let (first, last) = (file.line_of(range.start), file.line_of(range.end));
    let (start, end) = (file.line(first).start, file.line(last).end.max(range.end));
    if end - start > LONGEST_LINE || last - first > TALLEST_SPAN {
        return None;
    }
    Some(Edit {
        text: file.text.get(start..end)?.to_owned() + "\n",
        first_line: first + 1,
        range: range.start - start..range.end - start,
        replacement: suggestion.replacement.clone(),
    })
}

fn edit(edit: &Edit) -> Snippet<'_, Patch<'_>> {
    Snippet::source(edit.text.as_str())
        .line_start(edit.first_line)
        .patch(Patch::new(edit.range.clone(), edit.replacement.as_str()))
}

/// Text with lines broken at spaces so that none is wider than `width`, where words allow.
fn fill(text: &str, width: usize) -> String {
    let width = width.max(20);
    let mut out = String::with_capacity(text.len() + 8);
    for (at, row) in text.lines().enumerate() {
        if at > 0 {
            out.push('\n');
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
