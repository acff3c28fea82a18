//! Environments at a glance: a table of all of them, or one in more words; the list of an environment's runs.
//! From the record alone. The same structs are the JSON.

use model::clock::Timestamp;
use serde::Serialize;

use super::duration::{age, precise};
use super::line::{Line, Page};
use super::moment::{in_seconds, readable};
use super::style::{Label, Look};
use super::table::{Align, Table};
use super::value::SENSITIVE;

/// How a run stands or ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunState {
    /// It goes on.
    Running,
    /// All of it was done.
    Succeeded,
    /// Something failed.
    Failed,
    /// A person stopped it.
    Stopped,
    /// Its process died.
    Interrupted,
}

/// A run in a line.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RunLine {
    /// Its number.
    pub run: u64,
    /// What it did: `apply`, `destroy`.
    pub kind: String,
    /// How it stands.
    pub state: RunState,
    /// When it began.
    #[serde(serialize_with = "moment")]
    pub started: Timestamp,
    /// When it ended.
    #[serde(serialize_with = "maybe_moment")]
    pub ended: Option<Timestamp>,
    /// Who ran it.
    pub by: String,
    /// The plan it applied.
    pub plan: Option<String>,
    /// Steps that ended well.
    pub done: u64,
    /// Steps that failed.
    pub failed: u64,
    /// Steps that were not tried.
    pub skipped: u64,
    /// What failed, a line each, without secrets.
    pub failures: Vec<String>,
}

/// What the checks of an environment said last.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CheckLine {
    /// The check.
    pub check: String,
    /// Whether it passed.
    pub passed: bool,
    /// What it saw.
    pub detail: String,
    /// When.
    #[serde(serialize_with = "moment")]
    pub at: Timestamp,
}

/// One environment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EnvironmentStatus {
    /// Its name.
    pub environment: String,
    /// The version of its record; 0 when nothing is recorded.
    pub serial: u64,
    /// Recorded instances.
    pub instances: u64,
    /// Environments it comes after in the pipeline.
    pub after: Vec<String>,
    /// The run that goes on.
    pub running: Option<RunLine>,
    /// The last run that ended.
    pub last: Option<RunLine>,
    /// Its checks.
    pub checks: Vec<CheckLine>,
    /// Root outputs as text; `None` for a sensitive one.
    pub outputs: Vec<(String, Option<String>)>,
    /// The record could not be read: why.
    pub unreadable: Option<String>,
}

fn moment<S: serde::Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&in_seconds(*at))
}

fn maybe_moment<S: serde::Serializer>(
    at: &Option<Timestamp>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => moment(at, serializer),
        None => serializer.serialize_none(),
    }
}

impl RunState {
    fn word(self) -> (&'static str, Label) {
        match self {
            Self::Running => ("running", Label::Running),
            Self::Succeeded => ("done", Label::Done),
            Self::Failed => ("failed", Label::Failed),
            Self::Stopped => ("stopped", Label::Warning),
            Self::Interrupted => ("interrupted", Label::Failed),
        }
    }
}

/// All environments, a line each, in the order of the pipeline.
pub fn table(environments: &[EnvironmentStatus], now: Timestamp, look: Look) -> String {
    let mut page = Page::new(look);
    let mut table = Table::new([
        ("environment", Align::Left),
        ("serial", Align::Right),
        ("instances", Align::Right),
        ("last run", Align::Left),
        ("ago", Align::Right),
        ("checks", Align::Left),
    ]);
    for environment in environments {
        let name = Line::of(Label::Environment, environment.environment.clone());
        if environment.unreadable.is_some() {
            let words = Line::of(Label::Failed, "record unreadable");
            table.row([name, Line::new(), Line::new(), words]);
            continue;
        }
        let run = environment.running.as_ref().or(environment.last.as_ref());
        let (words, ago) = run.map_or_else(
            || (Line::of(Label::Unchanged, "never"), Line::new()),
            |run| {
                let (word, label) = run.state.word();
                let words = Line::plain(format!("{} {} ", run.run, run.kind)).with(label, word);
                (
                    words,
                    Line::of(
                        Label::Duration,
                        age(now.since(run.ended.unwrap_or(run.started))),
                    ),
                )
            },
        );
        let serial = Line::plain(environment.serial.to_string());
        let instances = Line::plain(environment.instances.to_string());
        table.row([
            name,
            serial,
            instances,
            words,
            ago,
            checks(&environment.checks),
        ]);
    }
    table.render(&mut page);
    page.finish()
}

fn checks(checks: &[CheckLine]) -> Line {
    let failed: Vec<&str> = checks
        .iter()
        .filter(|check| !check.passed)
        .map(|check| check.check.as_str())
        .collect();
    match (checks.len(), failed.as_slice()) {
        (0, _) => Line::of(Label::Unchanged, "none"),
        (count, []) => Line::of(Label::Done, format!("{count} passed")),
        (_, failed) => Line::of(Label::Failed, format!("{} failed", failed.join(", "))),
    }
}

/// One environment in more words.
pub fn one(environment: &EnvironmentStatus, now: Timestamp, look: Look) -> String {
    let mut page = Page::new(look);
    let mut head = Line::of(Label::Environment, environment.environment.clone());
    if let Some(why) = &environment.unreadable {
        page.line(&head.with(Label::Failed, "   record unreadable"));
        page.wrapped(&Line::plain(format!("  {why}")), 2);
        return page.finish();
    }
    let plural = if environment.instances == 1 { "" } else { "s" };
    head.put(
        Label::Plain,
        match environment.serial {
            0 => "   nothing recorded yet".to_owned(),
            serial => format!(
                "   serial {serial}   {} instance{plural}",
                environment.instances
            ),
        },
    );
    if !environment.after.is_empty() {
        head.put(
            Label::Unchanged,
            format!("   after {}", environment.after.join(", ")),
        );
    }
    page.line(&head);
    let field = |name: &str| Line::of(Label::Heading, format!("  {name:<8}  "));
    let running = environment.running.as_ref();
    page.wrapped(
        &field("running").joined(running.map_or(Line::plain("nothing"), |run| run_words(run, now))),
        12,
    );
    if let Some(run) = &environment.last {
        page.wrapped(&field("last run").joined(run_words(run, now)), 12);
        for failure in &run.failures {
            page.wrapped(&Line::plain(" ".repeat(12)).then(failure.clone()), 12);
        }
    }
    for (at, check) in environment.checks.iter().enumerate() {
        let (label, word) = if check.passed {
            (Label::Done, "passed")
        } else {
            (Label::Failed, "failed")
        };
        let line = field(if at == 0 { "checks" } else { "" })
            .then(format!("{} ", check.check))
            .with(label, word)
            .with(
                Label::Duration,
                format!(" {} ago", age(now.since(check.at))),
            );
        let detail = if check.detail.is_empty() {
            String::new()
        } else {
            format!(": {}", check.detail)
        };
        page.wrapped(&line.then(detail), 12);
    }
    for (at, (name, value)) in environment.outputs.iter().enumerate() {
        let line = field(if at == 0 { "outputs" } else { "" }).then(format!("{name} = "));
        page.wrapped(
            &match value {
                Some(value) => line.then(super::elide::elide(
                    value,
                    look.width.saturating_sub(15 + name.len()),
                )),
                None => line.with(Label::Sensitive, SENSITIVE),
            },
            12,
        );
    }
    page.finish()
}

fn run_words(run: &RunLine, now: Timestamp) -> Line {
    let (word, label) = run.state.word();
    let line = Line::plain(format!("{} {} ", run.run, run.kind)).with(label, word);
    let ago = format!(" {} ago", age(now.since(run.ended.unwrap_or(run.started))));
    line.with(Label::Duration, ago)
        .then(format!(" by {}: {}", run.by, steps(run)))
}

fn steps(run: &RunLine) -> String {
    let counts = [
        (run.done, "done"),
        (run.failed, "failed"),
        (run.skipped, "skipped"),
    ];
    let words: Vec<String> = counts
        .iter()
        .filter(|(count, word)| *count > 0 || *word == "done")
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    words.join(", ")
}

/// Runs of an environment, the last one first.
pub fn runs(runs: &[RunLine], look: Look) -> String {
    let mut page = Page::new(look);
    let mut table = Table::new([
        ("run", Align::Right),
        ("what", Align::Left),
        ("result", Align::Left),
        ("began", Align::Left),
        ("took", Align::Right),
        ("steps", Align::Left),
        ("plan", Align::Left),
        ("by", Align::Left),
    ]);
    for run in runs {
        let (word, label) = run.state.word();
        let took = run
            .ended
            .map(|ended| precise(ended.since(run.started)))
            .unwrap_or_default();
        table.row([
            Line::plain(run.run.to_string()),
            Line::plain(run.kind.clone()),
            Line::of(label, word),
            Line::of(Label::Duration, readable(run.started)),
            Line::of(Label::Duration, took),
            Line::plain(steps(run)),
            Line::plain(run.plan.clone().unwrap_or_default()),
            Line::plain(run.by.clone()),
        ]);
    }
    table.render(&mut page);
    page.finish()
}

#[cfg(test)]
mod tests;
