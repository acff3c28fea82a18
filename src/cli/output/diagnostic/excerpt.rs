//! The parts of files that a diagnostic shows: a few lines around each place, cut where they are very long, so that
//! the cost is that of what is shown.

use std::ops::Range;

use annotate_snippets::{Annotation, AnnotationKind, Patch, Snippet};
use model::FileId;
use model::diagnostic::{Diagnostic, Label, Suggestion};

use crate::cli::output::source_lines::{FileLines, SourceLines};

/// Longer lines are cut around what is underlined.
const LONGEST_LINE: usize = 400;
/// Bytes kept on either side of it.
const AROUND: usize = 120;
/// A span of more lines is underlined in its first only.
const TALLEST_SPAN: usize = 30;
/// A place further away from the one above it gets an excerpt of its own.
const FAR: usize = 40;

/// A part of a file that is shown, with what is underlined in it.
pub(super) struct Excerpt {
    path: String,
    text: String,
    first_line: usize,
    marks: Vec<(AnnotationKind, Range<usize>, String)>,
    /// `line:column` as counted in `text`, and in the file, where they differ.
    column: Option<(String, String)>,
}

impl Excerpt {
    /// Puts the column of the file where the renderer counted in a cut line.
    pub(super) fn mend_column(&self, text: String) -> String {
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
    labels: Vec<(AnnotationKind, &'a Label)>,
}

/// The excerpts of a diagnostic: the primary place first, then those far from it; none of what is
/// concealed.
pub(super) fn excerpts(diagnostic: &Diagnostic, lines: &mut SourceLines) -> Vec<Excerpt> {
    if diagnostic.concealed {
        return Vec::new();
    }
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
fn excerpt(file: &FileLines, rows: Range<usize>, labels: &[(AnnotationKind, &Label)]) -> Excerpt {
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

pub(super) fn snippet(excerpt: &Excerpt) -> Snippet<'_, Annotation<'_>> {
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
pub(super) struct Edit {
    text: String,
    first_line: usize,
    range: Range<usize>,
    replacement: String,
}

pub(super) fn patch(suggestion: &Suggestion, lines: &mut SourceLines) -> Option<Edit> {
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

pub(super) fn edit(edit: &Edit) -> Snippet<'_, Patch<'_>> {
    Snippet::source(edit.text.as_str())
        .line_start(edit.first_line)
        .patch(Patch::new(edit.range.clone(), edit.replacement.as_str()))
}
