//! The lines of a running command: the block at the bottom of a terminal, and the lines that stay. Pure.

use std::time::Duration;

use model::address::InstanceAddr;
use model::clock::Timestamp;
use model::event::EventKind;
use model::plan::StepKind;

use super::duration::{precise, short};
use super::elide::elide;
use super::line::Line;
use super::run_view::{RunView, RunningStep};
use super::style::{Label, width_of};

/// Columns of the word at the left.
const PREFIX: usize = 12;
/// Rows of running steps.
const MOST_ROWS: usize = 8;
/// Quicker commands show nothing.
const QUIET: Duration = Duration::from_millis(250);
/// Columns of the bar.
const BAR: usize = 26;
/// Durations are dropped in narrower terminals.
const NARROW: usize = 60;

/// Where lines go: a terminal has its width, a log none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Medium {
    /// A terminal of so many columns.
    Terminal(usize),
    /// A file or a pipe.
    Log,
}

/// The block of a run at a moment: running steps by their start, at most eight, then all together. Empty for the first
/// quarter of a second and after the end.
pub fn frame(view: &RunView, now: Timestamp, width: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    if let Some(observing) = view.observing
        && now.since(observing.since) >= QUIET
    {
        let text = format!("{}/{} objects", observing.seen, observing.objects);
        lines.push(row(
            Label::Running,
            "Observing",
            Line::plain(text),
            Some(now.since(observing.since)),
            width,
        ));
    }
    if let Some(waiting) = view.waiting.as_ref().filter(|waiting| now < waiting.until) {
        let text = Line::plain(format!("for {}  {}", waiting.provider, waiting.detail));
        lines.push(row(Label::Running, "Waiting", text, None, width));
    }
    let began = view
        .started
        .filter(|started| view.ended.is_none() && now.since(*started) >= QUIET);
    if let Some(started) = began {
        let mut running: Vec<&RunningStep> = view.running.values().collect();
        running.sort_by_key(|step| step.since);
        for step in running.iter().take(MOST_ROWS) {
            let text = Line::of(Label::Address, step.addr.to_string());
            let text = if step.detail.is_empty() {
                text
            } else {
                text.then(format!("  {}", step.detail))
            };
            lines.push(row(
                Label::Running,
                going(step.kind),
                text,
                Some(now.since(step.since)),
                width,
            ));
        }
        if running.len() > MOST_ROWS {
            let more = format!("... and {} more running", running.len() - MOST_ROWS);
            lines.push(row(
                Label::Running,
                "",
                Line::of(Label::Unchanged, more),
                None,
                width,
            ));
        }
        lines.push(total(view, now.since(started), width));
    }
    if let Some((check, since)) = &view.check
        && now.since(*since) >= QUIET
    {
        lines.push(row(
            Label::Running,
            "Checking",
            Line::plain(check.to_string()),
            Some(now.since(*since)),
            width,
        ));
    }
    lines
}

fn total(view: &RunView, took: Duration, width: usize) -> Line {
    let word = if view.stopping {
        "Stopping"
    } else {
        "Applying"
    };
    let filled = view
        .counts
        .ended()
        .saturating_mul(BAR as u64)
        .checked_div(view.steps.max(1))
        .unwrap_or(0);
    let filled = usize::try_from(filled).unwrap_or(BAR).min(BAR);
    let head = if filled < BAR { ">" } else { "" };
    let bar = format!(
        "[{}{head}{}]",
        "=".repeat(filled),
        " ".repeat(BAR - filled - head.len())
    );
    let counts = format!(
        " {}/{}  {} running",
        view.counts.ended(),
        view.steps,
        view.running.len()
    );
    let text = if width < NARROW {
        Line::plain(counts.trim_start().to_owned())
    } else {
        Line::plain(bar + &counts)
    };
    row(Label::Running, word, text, Some(took), width)
}

/// The line that stays when something ended; `None` for events that leave no line.
pub fn ended(event: &EventKind, medium: Medium) -> Option<Line> {
    let End {
        label,
        word,
        text,
        took,
    } = end(event, gap(medium))?;
    Some(match medium {
        Medium::Terminal(width) => row(label, word, text, took, width),
        Medium::Log => {
            let line = prefix(label, word).joined(text);
            took.map_or(line.clone(), |took| {
                line.with(Label::Duration, format!(" {}", short(took)))
            })
        }
    })
}

/// What is said when something ended.
struct End {
    label: Label,
    word: &'static str,
    text: Line,
    took: Option<Duration>,
}

/// What a look found.
fn sighted(addr: &InstanceAddr, class: &str, attributes: &[String], gap: &str) -> End {
    let (label, word) = match class {
        "missing" => (Label::Destroy, "Gone"),
        "changed" => (Label::Update, "Changed"),
        "unhealthy" => (Label::Failed, "Unhealthy"),
        "expected" => (Label::Skipped, "Expected"),
        _ => (Label::Failed, "Unreadable"),
    };
    let mut text = Line::plain(addr.to_string());
    if !attributes.is_empty() {
        text.put(Label::Plain, format!("{gap}{}", attributes.join(", ")));
    }
    End {
        label,
        word,
        text,
        took: None,
    }
}

fn end(event: &EventKind, gap: &str) -> Option<End> {
    match event {
        EventKind::StepDone { .. }
        | EventKind::StepFailed { .. }
        | EventKind::StepSkipped { .. } => step_end(event, gap),
        EventKind::CheckFinished {
            check,
            passed,
            attempts,
            took,
            detail,
            seen: _,
        } => {
            let (label, word) = if *passed {
                (Label::Done, "Passed")
            } else {
                (Label::Failed, "Failed")
            };
            let tries = if *attempts > 1 {
                format!(", {attempts} tries")
            } else {
                String::new()
            };
            let detail = if detail.is_empty() {
                String::new()
            } else {
                format!("{gap}{detail}")
            };
            let text = Line::plain(format!("check {check}{detail}{tries}"));
            Some(End {
                label,
                word,
                text,
                took: Some(*took),
            })
        }
        EventKind::Sighted {
            addr,
            class,
            attributes,
            since: _,
        } => Some(sighted(addr, class, attributes, gap)),
        EventKind::Stopping { running } => {
            let steps = if *running == 1 {
                "1 step finishes"
            } else {
                &format!("{running} steps finish")
            };
            let text = Line::plain(format!("{steps} first, Ctrl-C again to leave them"));
            Some(End {
                label: Label::Warning,
                word: "Stopping",
                text,
                took: None,
            })
        }
        EventKind::ObserveStarted { .. }
        | EventKind::ObjectAsked { .. }
        | EventKind::ObjectSeen { .. }
        | EventKind::Observed { .. }
        | EventKind::AskRetried { .. }
        | EventKind::RunStarted { .. }
        | EventKind::StepStarted { .. }
        | EventKind::StepRetried { .. }
        | EventKind::RunFinished { .. }
        | EventKind::CheckStarted { .. } => None,
    }
}

fn step_end(event: &EventKind, gap: &str) -> Option<End> {
    let address = |addr: &InstanceAddr| Line::of(Label::Address, addr.to_string());
    if let EventKind::StepDone {
        kind,
        addr,
        id,
        took,
        ..
    } = event
    {
        let id = id.as_deref().filter(|id| width_of(id) <= 40);
        let id = Line::of(
            Label::Unchanged,
            id.map(|id| format!("{gap}{id}")).unwrap_or_default(),
        );
        let text = address(addr).joined(id);
        return Some(End {
            label: Label::Done,
            word: done(*kind),
            text,
            took: Some(*took),
        });
    }
    if let EventKind::StepFailed { addr, took, .. } = event {
        return Some(End {
            label: Label::Failed,
            word: "Failed",
            text: address(addr),
            took: Some(*took),
        });
    }
    let EventKind::StepSkipped { addr, needs, .. } = event else {
        return None;
    };
    let why = needs
        .as_ref()
        .map_or("the run was stopped".to_owned(), |needs| {
            format!("needs {needs}")
        });
    let text = address(addr).then(format!("{gap}{why}"));
    Some(End {
        label: Label::Skipped,
        word: "Skipped",
        text,
        took: None,
    })
}

const fn gap(medium: Medium) -> &'static str {
    match medium {
        Medium::Terminal(_) => "  ",
        Medium::Log => " ",
    }
}

/// After so many seconds a running step says in a log that it goes on; then each time as long again.
const FIRST_NOTICE_SECS: u64 = 30;

/// Lines for a log about steps that go on for 30 seconds, 1, 2, 4 minutes and so on. Each is told once.
pub fn notices(view: &mut RunView, now: Timestamp) -> Vec<Line> {
    let mut lines = Vec::new();
    for step in view.running.values_mut() {
        let due =
            FIRST_NOTICE_SECS.saturating_mul(1_u64.checked_shl(step.told).unwrap_or(u64::MAX));
        let took = now.since(step.since);
        if took.as_secs() < due {
            continue;
        }
        step.told += 1;
        let text = format!("{} {}", step.addr, going(step.kind).to_lowercase());
        let detail = if step.detail.is_empty() {
            String::new()
        } else {
            format!(" {}", step.detail)
        };
        lines.push(
            prefix(Label::Running, "Still")
                .with(Label::Address, text)
                .then(detail)
                .with(Label::Duration, format!(" {}", short(took))),
        );
    }
    lines
}

/// What stands below the last step: how many steps ended how, in how much time, and which run it was.
pub fn summary(view: &RunView, recorded: &str, width: usize) -> Vec<Line> {
    let (Some(started), Some(ended)) = (view.started, view.ended) else {
        return Vec::new();
    };
    let counts = view.counts;
    let failed = counts.failed + counts.skipped > 0;
    let mut text = Line::of(Label::Duration, precise(ended.since(started)));
    let plural = if counts.ended() == 1 { "" } else { "s" };
    text.put(Label::Plain, format!("  {} step{plural}: ", counts.ended()));
    let words = [
        (counts.done, "done", Label::Done),
        (counts.failed, "failed", Label::Failed),
        (counts.skipped, "skipped", Label::Skipped),
    ];
    let mut first = true;
    for (count, word, label) in words {
        if count > 0 || word == "done" {
            text.put(
                Label::Plain,
                if std::mem::take(&mut first) { "" } else { ", " },
            );
            text.put(label, format!("{count} {word}"));
        }
    }
    let label = if failed { Label::Failed } else { Label::Done };
    let mut line = prefix(label, "Summary").joined(text);
    let run = view.run.map(|run| format!("run {run}"));
    let side: Vec<&str> = run
        .iter()
        .map(String::as_str)
        .chain((!recorded.is_empty()).then_some(recorded))
        .collect();
    let side = side.join(", ");
    if line.width() + 2 + side.len() <= width {
        line.put(Label::Unchanged, format!("     {side}"));
    }
    vec![Line::of(Label::Unchanged, "\u{2500}".repeat(PREFIX)), line]
}

fn prefix(label: Label, word: &'static str) -> Line {
    Line::plain(" ".repeat(PREFIX.saturating_sub(word.len())))
        .with(label, word)
        .then(" ")
}

/// A line of at most `width` columns: a word, a text that is elided where it has no room, a duration at the edge.
fn row(label: Label, word: &'static str, text: Line, took: Option<Duration>, width: usize) -> Line {
    let took = took
        .filter(|_| width >= NARROW)
        .map(short)
        .unwrap_or_default();
    let mut line = prefix(label, word);
    let room =
        width.saturating_sub(line.width() + if took.is_empty() { 0 } else { took.len() + 1 });
    if text.width() <= room {
        line.append(text);
    } else {
        line.put(Label::Plain, elide(&text.text(), room));
    }
    if !took.is_empty() {
        line.pad_to(width - took.len());
        line.put(Label::Duration, took);
    }
    line
}

/// A step that goes on.
fn going(kind: StepKind) -> &'static str {
    match kind {
        StepKind::Create => "Creating",
        StepKind::Update => "Updating",
        StepKind::Destroy => "Destroying",
        StepKind::Read => "Reading",
        StepKind::Move => "Moving",
        StepKind::Import => "Importing",
        StepKind::Forget => "Forgetting",
        StepKind::Refresh => "Recording",
    }
}

/// A step that ended well.
fn done(kind: StepKind) -> &'static str {
    match kind {
        StepKind::Create => "Created",
        StepKind::Update => "Updated",
        StepKind::Destroy => "Destroyed",
        StepKind::Read => "Read",
        StepKind::Move => "Moved",
        StepKind::Import => "Imported",
        StepKind::Forget => "Forgot",
        StepKind::Refresh => "Recorded",
    }
}

#[cfg(test)]
mod tests;
