//! Runs: how their ends are called, a list of them, and each for programs.

use delivery::gather::is_past_rules;
use serde_json::json;
use state::{PROJECT, RunKind, RunOutcome, RunRow};

use super::line::{Line, Page};
use super::moment::readable;
use super::style::{Label, Look};
use super::table::{Align, Table};

/// Among the counts of a run: how many of its checks failed. Then it did what it was to do all the same.
pub const FAILED_CHECKS: &str = "failed check";

/// How a run's end is called.
pub fn outcome_word(run: &RunRow) -> &'static str {
    match run.end.as_ref().map(|end| end.outcome) {
        None => "not ended",
        Some(RunOutcome::Failed) if has_failed_checks(run) && run.kind == RunKind::Rollback => {
            "rolled back, check failed"
        }
        Some(RunOutcome::Failed) if has_failed_checks(run) => "applied, check failed",
        Some(RunOutcome::Failed) => "failed",
        Some(RunOutcome::Cancelled) => "stopped",
        Some(RunOutcome::Interrupted) => "interrupted",
        Some(RunOutcome::Succeeded) => match run.kind {
            RunKind::Apply if is_past_rules(run) => "by break-glass",
            RunKind::Apply => "applied",
            RunKind::Destroy => "destroyed",
            RunKind::Refresh => "refreshed",
            RunKind::Promote => "promoted",
            RunKind::Rollback => "rolled back",
            RunKind::Heal => "healed",
            RunKind::Import => "imported",
            RunKind::Recover => "recovered",
            RunKind::Edit => "edited",
            RunKind::Verify => "verified",
            RunKind::Drift => "looked",
            RunKind::Approve => "approved",
            RunKind::Reject => "rejected",
            RunKind::Hold => "held",
            RunKind::Release => "released",
            RunKind::Revision => "made",
        },
    }
}

fn has_failed_checks(run: &RunRow) -> bool {
    let counts = run.end.as_ref().map(|end| &end.counts);
    counts.is_some_and(|counts| counts.contains_key(FAILED_CHECKS))
}

/// Whether a word of [`outcome_word`] is bad news.
pub(super) fn is_bad(word: &str) -> bool {
    matches!(
        word,
        "failed"
            | "interrupted"
            | "not ended"
            | "applied, check failed"
            | "rolled back, check failed"
    )
}

/// A run for programs; times in milliseconds since 1970.
pub fn run_json(run: &RunRow) -> serde_json::Value {
    json!({
        "run": run.id.0,
        "environment": run.environment.as_str(),
        "kind": run.kind.as_str(),
        "outcome": run.end.as_ref().map(|end| end.outcome.as_str()),
        "plan": run.plan,
        "revision": run.revision,
        "actor": run.actor,
        "note": run.note,
        "started": run.started.0,
        "ended": run.end.as_ref().map(|end| end.ended.0),
        "serial_before": run.serial_before.0,
        "serial_after": run.serial_after.map(|serial| serial.0),
        "counts": run.end.as_ref().map(|end| &end.counts),
    })
}

/// That no run is as was asked for.
pub fn none(look: Look) -> String {
    let mut page = Page::new(look);
    page.line(&Line::plain("No run is like that."));
    page.finish()
}

/// Runs, a line each, in the order given; with `one`, they are of one environment, which is not said each time.
pub fn runs(runs: &[RunRow], one: bool, look: Look) -> String {
    let revisions = runs.iter().any(|run| run.revision.is_some());
    let mut page = Page::new(look);
    if runs.is_empty() {
        page.line(&Line::plain("Nothing was run yet."));
        return page.finish();
    }
    let columns = [
        ("run", Align::Right),
        ("environment", Align::Left),
        ("when", Align::Left),
        ("what", Align::Left),
    ];
    let revision = revisions.then_some(("revision", Align::Left));
    let rest = [
        ("by", Align::Left),
        ("serial", Align::Left),
        ("steps", Align::Left),
    ];
    let notes = runs.iter().any(|run| run.note.is_some());
    let note = notes.then_some(("note", Align::Left));
    let columns = columns.into_iter().chain(revision).chain(rest).chain(note);
    let is_shown = |at: &usize| !one || *at != 1;
    let columns = columns.enumerate();
    let columns = columns.filter_map(|(at, column)| is_shown(&at).then_some(column));
    let mut table = Table::new(columns);
    for run in runs {
        let word = outcome_word(run);
        let label = if is_bad(word) {
            Label::Failed
        } else {
            Label::Plain
        };
        let what = match word {
            "failed" | "interrupted" | "stopped" | "not ended" => {
                format!("{} {word}", run.kind.as_str())
            }
            word => word.to_owned(),
        };
        let serial = match run.serial_after {
            Some(after) => format!("{} -> {after}", run.serial_before),
            None => run.serial_before.to_string(),
        };
        let counts = run.end.as_ref().map(|end| &end.counts);
        let steps: Vec<String> = counts
            .into_iter()
            .flatten()
            .map(|(word, count)| format!("{count} {word}"))
            .collect();
        let mut row = vec![
            Line::plain(run.id.to_string()),
            match &*run.environment {
                PROJECT => Line::new(),
                environment => Line::of(Label::Environment, environment.to_owned()),
            },
            Line::plain(readable(run.started)),
            Line::of(label, what),
        ];
        if revisions {
            row.push(Line::plain(run.revision.clone().unwrap_or_default()));
        }
        row.extend([
            Line::plain(run.actor.clone()),
            Line::plain(serial),
            Line::plain(steps.join(", ")),
            Line::plain(run.note.clone().unwrap_or_default()),
        ]);
        let cells = row.into_iter().enumerate();
        table.row(cells.filter_map(|(at, cell)| is_shown(&at).then_some(cell)));
    }
    table.render(&mut page);
    page.finish()
}
