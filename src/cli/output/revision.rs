//! Revisions on a screen: one in a line, a table of them, one in more words, and what differs between two. The same
//! facts are the text and the JSON.

use std::collections::BTreeMap;

use delivery::revision::{Change, Difference, Manifest, Source, Stage};
use model::serial::RevisionId;
use serde_json::{Value as Json, json};
use state::{BlobDigest, RevisionRow, RunRow};

use super::elide::elide;
use super::line::{Line, Page};
use super::moment::readable;
use super::plan::write_text;
use super::style::{Label, Look};
use super::table::{Align, Table};
use super::text_diff::LineDifference;
use super::value::Amount;
use crate::cli::modules::what;
use crate::cli::prepare::revised::source;

/// A revision and what was said of it.
#[derive(Clone, Debug)]
pub struct RevisionView {
    /// The revision.
    pub row: RevisionRow,
    /// Who rejected it, where that was done.
    pub rejected: Option<RunRow>,
}

/// So many digits of a digest or commit are shown.
const DIGITS: usize = 7;

/// So many columns of its inputs are shown in a table.
const INPUTS: usize = 40;

fn digits(text: &str) -> String {
    text.chars().take(DIGITS).collect()
}

/// The revision's name.
pub fn name(row: &RevisionRow) -> String {
    RevisionId(row.number).to_string()
}

/// A revision in a few words: `r42 of commit 1234567`.
pub fn short(row: &RevisionRow) -> String {
    match source(row) {
        Some(source) => format!("{} of commit {}", name(row), digits(&source.commit)),
        None => name(row),
    }
}

/// Where it comes from: `commit 1234567 (main)`.
fn origin(source: &Source) -> String {
    let mut text = format!("commit {}", digits(&source.commit));
    if let Some(branch) = &source.branch {
        text.push_str(&format!(" ({branch})"));
    }
    if source.dirty {
        text.push_str(", edited since,");
    }
    text
}

/// That a revision was made: `Made r42 of commit 1234567 (main) by anna`.
pub fn made(row: &RevisionRow, look: Look) -> String {
    sentence(row, "Made", look)
}

/// That a revision is there: `Made` or another word, with what it comes from.
pub fn sentence(row: &RevisionRow, word: &str, look: Look) -> String {
    let mut text = format!(" {}", name(row));
    if let Some(source) = source(row) {
        text.push_str(&format!(" of {}", origin(&source)));
    }
    text.push_str(&format!(" by {}", row.actor));
    let mut page = Page::new(look);
    let indent = " ".repeat(12_usize.saturating_sub(word.len()));
    let line = Line::plain(indent).with(Label::Done, word.to_owned());
    page.line(&line.then(text));
    page.finish()
}

/// Revisions with their inputs, a line each, in the order given.
pub fn list(views: &[(RevisionView, BTreeMap<String, Json>)], look: Look) -> String {
    let mut page = Page::new(look);
    if views.is_empty() {
        page.line(&Line::plain("No revision was made yet."));
        return page.finish();
    }
    let mut table = Table::new([
        ("revision", Align::Left),
        ("when", Align::Left),
        ("by", Align::Left),
        ("commit", Align::Left),
        ("branch", Align::Left),
        ("inputs", Align::Left),
        ("note", Align::Left),
    ]);
    for (view, inputs) in views {
        let inputs: Vec<String> = inputs.iter().map(input).collect();
        let source = source(&view.row);
        let commit = source.as_ref().map(|source| {
            let edited = if source.dirty { " edited" } else { "" };
            format!("{}{edited}", digits(&source.commit))
        });
        let note = match &view.rejected {
            Some(run) => Line::of(Label::Failed, format!("rejected by {}", run.actor)),
            None => Line::plain(view.row.note.clone().unwrap_or_default()),
        };
        table.row([
            Line::of(Label::Heading, name(&view.row)),
            Line::plain(readable(view.row.created)),
            Line::plain(view.row.actor.clone()),
            Line::plain(commit.unwrap_or_default()),
            Line::plain(source.and_then(|source| source.branch).unwrap_or_default()),
            Line::plain(elide(&inputs.join(" "), INPUTS)),
            note,
        ]);
    }
    table.render(&mut page);
    page.finish()
}

/// An input as it is given: `size=3`.
fn input((name, value): (&String, &Json)) -> String {
    match value.as_str() {
        Some(text) => format!("{name}={text}"),
        None => format!("{name}={value}"),
    }
}

/// A revision in more words.
pub fn details(view: &RevisionView, manifest: &Manifest, look: Look) -> String {
    let mut page = Page::new(look);
    let row = &view.row;
    let heading = Line::of(Label::Heading, name(row));
    page.line(&heading.then(format!(
        "   made {} by {}",
        readable(row.created),
        row.actor
    )));
    let mut fact = |word: &str, text: String| {
        page.line(&Line::plain(format!("  {word:<9} {text}")));
    };
    fact("digest", BlobDigest(row.digest).to_string());
    if let Some(source) = source(row) {
        let Source {
            commit,
            author,
            email,
            committed,
            subject,
            branch,
            dirty,
        } = source;
        fact("commit", format!("{commit}  {subject}"));
        let at = readable(model::clock::Timestamp(committed.saturating_mul(1000)));
        fact("author", format!("{author} <{email}>, {at}"));
        if let Some(branch) = branch {
            fact("branch", branch);
        }
        if dirty {
            fact("edited", "its files are not as they were committed".into());
        }
    }
    if let Some(note) = &row.note {
        fact("note", note.clone());
    }
    if let Some(run) = &view.rejected {
        let why = run.note.as_deref().unwrap_or("no reason given");
        let at = readable(run.started);
        page.line(
            &Line::plain("  rejected  ")
                .with(Label::Failed, format!("by {}, {at}: {why}", run.actor)),
        );
    }
    contents(&mut page, manifest);
    page.finish()
}

fn contents(page: &mut Page, manifest: &Manifest) {
    let mut part = |title: &str, lines: Vec<String>| {
        if lines.is_empty() {
            return;
        }
        page.gap();
        page.line(&Line::of(Label::Heading, title.to_owned()));
        for line in lines {
            page.line(&Line::plain(format!("  {line}")));
        }
    };
    let inputs = manifest.inputs.iter();
    part(
        "inputs",
        inputs
            .map(|(name, value)| format!("{name} = {value}"))
            .collect(),
    );
    let environments = manifest.shape.environments.iter();
    part(
        "environments",
        environments
            .map(|(name, stage)| format!("{name}{}", stage_text(stage)))
            .collect(),
    );
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for key in manifest
        .files
        .keys()
        .filter_map(|path| manifest.module_of(path))
    {
        *counts.entry(key).or_default() += 1;
    }
    let modules = manifest.modules.iter();
    part(
        "modules",
        modules
            .map(|(key, kept)| {
                let count = counts.get(key.as_str()).copied().unwrap_or_default();
                let plural = if count == 1 { "" } else { "s" };
                format!("{key}  {}  {count} file{plural}", what(kept))
            })
            .collect(),
    );
    let files = manifest.files.iter();
    let files = files.filter(|(path, _)| manifest.module_of(path).is_none());
    part(
        &format!("files of {}", manifest.definition),
        files
            .map(|(path, digest)| format!("{}  {path}", digits(&digest.to_string())))
            .collect(),
    );
}

fn stage_text(stage: &Stage) -> String {
    let mut text = String::new();
    for (word, names) in [("after", &stage.after), ("verified by", &stage.verify)] {
        if !names.is_empty() {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            text.push_str(&format!("  {word} {}", names.join(", ")));
        }
    }
    text
}

/// The text of a file in both revisions; none where it is not text.
pub type Texts<'t> = &'t dyn Fn(&str) -> Option<(String, String)>;

/// The module that is not a local path whose package a file is in, in either revision.
pub type InModule<'m> = &'m dyn Fn(&str) -> Option<String>;

/// What differs between two revisions.
///
/// `in_module` tells the module whose package a file is in: of those only the number is told.
pub fn difference(
    (old, new): (&RevisionRow, &RevisionRow),
    found: &Difference,
    (texts, in_module): (Texts<'_>, InModule<'_>),
    look: Look,
) -> String {
    let mut page = Page::new(look);
    if found.is_empty() {
        let text = format!("{} and {} are the same", name(old), name(new));
        page.line(&Line::plain(text));
        return page.finish();
    }
    page.line(&Line::of(
        Label::Heading,
        format!("{} -> {}", short(old), short(new)),
    ));
    if let Some((from, to)) = &found.definition {
        page.line(&Line::plain(format!("  definition {from} -> {to}")));
    }
    let plain = |value: &Json| value.to_string();
    part(&mut page, "inputs", &found.inputs, plain);
    part(&mut page, "modules", &found.modules, what);
    module_files(&mut page, found, in_module);
    part(
        &mut page,
        "environments",
        &found.environments,
        |stage| match stage_text(stage).trim() {
            "" => "after no other".to_owned(),
            text => text.to_owned(),
        },
    );
    for (check, change) in &found.checks {
        let (old, new) = sides(change);
        let text = |side: Option<&String>| side.cloned().unwrap_or_default();
        page.gap();
        marked(&mut page, change, &format!("check {check}"), "");
        page_text(&mut page, &text(old), &text(new));
    }
    let own = |path: &&String| in_module(path).is_none();
    for (path, change) in found.files.iter().filter(|(path, _)| own(path)) {
        page.gap();
        match texts(path) {
            Some((old, new)) => {
                let difference = LineDifference::between(&old, &new);
                let summary = match change {
                    Change::Changed { .. } => format!("  {}", difference.summary()),
                    Change::Added(_) | Change::Removed(_) => String::new(),
                };
                marked(&mut page, change, path, &summary);
                write_text(&mut page, &difference, Amount::All);
            }
            None => marked(&mut page, change, path, "  not text"),
        }
    }
    for (path, runs) in found.executables.iter().filter(|(path, _)| own(path)) {
        let text = if *runs {
            "can be run now"
        } else {
            "cannot be run any more"
        };
        page.line(&Line::of(Label::Update, "  ~ ").then(format!("{path}  {text}")));
    }
    page.finish()
}

/// Says of how many files of each module something differs, under the heading of modules.
fn module_files(page: &mut Page, found: &Difference, in_module: InModule<'_>) {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for key in found
        .files
        .keys()
        .chain(found.executables.keys())
        .filter_map(|path| in_module(path))
    {
        *counts.entry(key).or_default() += 1;
    }
    let is_whole = |key: &String| {
        matches!(
            found.modules.get(key),
            Some(Change::Added(_) | Change::Removed(_))
        )
    };
    counts.retain(|key, _| !is_whole(key));
    if found.modules.is_empty() && !counts.is_empty() {
        page.gap();
        page.line(&Line::of(Label::Heading, "modules"));
    }
    for (key, count) in counts {
        let plural = if count == 1 { "" } else { "s" };
        let text = format!(
            "{key}  {count} file{plural} differ{}",
            if count == 1 { "s" } else { "" }
        );
        page.line(&Line::of(Label::Update, "  ~ ").then(text));
    }
}

fn page_text(page: &mut Page, old: &str, new: &str) {
    write_text(page, &LineDifference::between(old, new), Amount::All);
}

fn sides<T>(change: &Change<T>) -> (Option<&T>, Option<&T>) {
    match change {
        Change::Added(new) => (None, Some(new)),
        Change::Removed(old) => (Some(old), None),
        Change::Changed { old, new } => (Some(old), Some(new)),
    }
}

/// The line of a thing that came, went or changed.
fn marked<T>(page: &mut Page, change: &Change<T>, name: &str, rest: &str) {
    let (label, mark) = match change {
        Change::Added(_) => (Label::Create, "  + "),
        Change::Removed(_) => (Label::Destroy, "  - "),
        Change::Changed { .. } => (Label::Update, "  ~ "),
    };
    page.line(&Line::of(label, mark).then(format!("{name}{rest}")));
}

fn part<T>(
    page: &mut Page,
    title: &'static str,
    changes: &BTreeMap<String, Change<T>>,
    text: impl Fn(&T) -> String,
) {
    if changes.is_empty() {
        return;
    }
    page.gap();
    page.line(&Line::of(Label::Heading, title));
    for (name, change) in changes {
        let rest = match sides(change) {
            (Some(old), Some(new)) => format!("  {} -> {}", text(old), text(new)),
            (one, other) => one
                .or(other)
                .map(|one| format!("  {}", text(one)))
                .unwrap_or_default(),
        };
        marked(page, change, name, &rest);
    }
}

/// A revision for programs; times in milliseconds since 1970.
pub fn as_json(view: &RevisionView, manifest: Option<&Manifest>) -> Json {
    let row = &view.row;
    let rejected = view
        .rejected
        .as_ref()
        .map(|run| json!({"by": run.actor, "at": run.started.0, "reason": run.note}));
    let mut facts = json!({
        "revision": name(row),
        "digest": BlobDigest(row.digest).to_string(),
        "created": row.created.0,
        "actor": row.actor,
        "source": source(row),
        "note": row.note,
        "rejected": rejected,
    });
    if let (Some(facts), Some(manifest)) = (facts.as_object_mut(), manifest) {
        facts.insert("manifest".to_owned(), json!(manifest));
    }
    facts
}
