//! Environments at a glance: a table of all of them, or one in more words. From the record alone; the same facts are the text
//! and the JSON.

mod json;

pub use json::as_json;

use std::time::Duration;

use delivery::bound::PastRules;
use delivery::facts::Decision;
use model::Str;
use model::clock::Timestamp;
use model::serial::{RevisionId, RunId};
use state::{CheckRow, RunRow};

use super::ahead::{self, Ahead};
use super::duration::{age, ago};
use super::line::{Line, Page};
use super::moment::readable;
use super::runs::{is_bad, outcome_word};
use super::style::{Label, Look};
use super::table::{Align, Table};

/// What is known of an environment.
#[derive(Clone, Debug)]
pub struct Glance {
    /// Its name.
    pub environment: Str,
    /// Whether the project file declares it; else it is only recorded.
    pub declared: bool,
    /// The version of its record; 0 when nothing is recorded.
    pub serial: u64,
    /// How many objects are recorded.
    pub objects: u64,
    /// The revision that is there, where that is told.
    pub there: Option<There>,
    /// What was applied past the rules, where nothing was promoted since.
    pub past_rules: Option<PastRules>,
    /// Its last run.
    pub last: Option<RunRow>,
    /// The run that goes on.
    pub running: Option<RunRow>,
    /// The newest result of each of its checks.
    pub checks: Vec<CheckRow>,
    /// Of its checks, those whose newest result is of an earlier revision than what is there, and of which.
    pub earlier: Vec<(CheckRow, Option<RevisionId>)>,
    /// Checks that are declared and said nothing yet of what is there.
    pub unasked: Vec<String>,
    /// Those of them that passed too long ago.
    pub stale: Vec<String>,
    /// What the last look for drift found; none where nobody looked.
    pub drift: Option<DriftGlance>,
    /// That nothing may come here for now.
    pub hold: Option<Decision>,
    /// That a rollback brought back other variables of the same revision, and what came after has not changed that.
    pub other_variables: Option<Decision>,
    /// Revisions that a rollback left.
    pub left: Vec<(RevisionId, Decision)>,
    /// How many steps did not end, so that it is not known yet what became of them.
    pub open: usize,
}

/// A revision that is in an environment.
#[derive(Clone, Debug)]
pub struct There {
    /// The revision.
    pub revision: RevisionId,
    /// The commit it was made from.
    pub commit: Option<Str>,
    /// Whether it came only in part.
    pub in_part: bool,
    /// When it came.
    pub since: Timestamp,
    /// Who brought it.
    pub by: Str,
    /// The run that did.
    pub run: RunId,
    /// That it was rejected.
    pub rejected: Option<Decision>,
}

impl There {
    /// `r42 1f2e3d4`.
    fn short(&self) -> String {
        let part = if self.in_part { " in part" } else { "" };
        let commit = self.commit.as_ref().map(digits);
        let commit = commit.map_or_else(String::new, |digits| format!(" {digits}"));
        format!("{}{commit}{part}", self.revision)
    }
}

fn digits(commit: &Str) -> String {
    commit.chars().take(7).collect()
}

/// What the last look for drift found.
#[derive(Clone, Debug)]
pub struct DriftGlance {
    /// When it was.
    pub looked: Timestamp,
    /// How many instances differ.
    pub count: usize,
    /// Since when the longest does.
    pub since: Option<Timestamp>,
    /// How many of them are left to a person.
    pub given_up: usize,
}

impl DriftGlance {
    /// `none, 20m`: when it was looked; `2 for 3h`: since when.
    fn short(&self, now: Timestamp) -> (Label, String) {
        match self.since {
            None => (
                Label::Plain,
                format!("none, {}", age(now.since(self.looked))),
            ),
            Some(since) => {
                let lasts = age(now.since(since));
                (
                    Label::Failed,
                    format!("{} for {lasts}", self.count).replace("for now", "now"),
                )
            }
        }
    }
}

/// What is said of an environment that is recorded, and not in the project file.
const NOT_DECLARED: &str = "not declared";

fn health(glance: &Glance) -> (Label, String) {
    if !glance.declared {
        return (Label::Failed, NOT_DECLARED.into());
    }
    let failed: Vec<&str> = glance
        .checks
        .iter()
        .filter(|check| !check.result.passed)
        .map(|check| check.result.name.as_str())
        .collect();
    match (glance.checks.len(), failed.as_slice()) {
        (_, []) if !glance.unasked.is_empty() => {
            let names = glance.unasked.join(", ");
            (Label::Failed, format!("{names} {}", untried(glance)))
        }
        (0, _) => (Label::Plain, "no checks".into()),
        (_, []) if !glance.stale.is_empty() => (
            Label::Failed,
            format!("{} expired", glance.stale.join(", ")),
        ),
        (count, []) => match outdated(glance) {
            None => (Label::Done, format!("{count} passed")),
            Some(run) => (Label::Plain, format!("{count} passed in run {run}")),
        },
        (_, failed) => (Label::Failed, format!("{} failed", failed.join(", "))),
    }
}

/// What is said of a check that was not tried on what is there.
fn untried(glance: &Glance) -> String {
    match &glance.there {
        Some(there) if !glance.earlier.is_empty() => format!("not tried with {}", there.revision),
        Some(_) | None => "not run".into(),
    }
}

/// The run of the newest results of checks, where another run changed the environment since, or tried to.
fn outdated(glance: &Glance) -> Option<RunId> {
    let newest = glance.checks.iter().map(|check| check.run).max()?;
    let last = glance.last.as_ref()?;
    (last.id > newest && last.token.is_some()).then_some(newest)
}

/// All environments, a line each; with `one`, the only one in more words. Then what waits in front of them.
pub fn screen(
    glances: &[Glance],
    waiting: &[Ahead],
    (now, one): (Timestamp, bool),
    look: Look,
) -> String {
    let mut page = Page::new(look);
    if let ([glance], true) = (glances, one) {
        details(&mut page, glance, waiting, now);
        return page.finish();
    }
    table(glances, now).render(&mut page);
    let any = |page: &mut Page, lines: Vec<Line>| {
        if !lines.is_empty() {
            page.gap();
        }
        for line in lines {
            page.wrapped(&line, 2);
        }
    };
    let notices = glances.iter().flat_map(|glance| notices(glance, now));
    any(&mut page, notices.collect());
    if !waiting.is_empty() {
        page.gap();
        ahead::write(&mut page, waiting);
    }
    for glance in glances.iter().filter(|glance| glance.open > 0) {
        page.gap();
        page.line(&open_line(glance));
    }
    for glance in glances.iter().filter(|glance| !glance.declared) {
        page.gap();
        page.wrapped(&undeclared_line(glance), 2);
    }
    page.finish()
}

/// What matters least stands right, where it is left out when there is no room.
fn table(glances: &[Glance], now: Timestamp) -> Table {
    let revisions = glances.iter().any(|glance| glance.there.is_some());
    let looked = glances.iter().any(|glance| glance.drift.is_some());
    let mut columns = vec![("environment", Align::Left)];
    let size = [("serial", Align::Right), ("instances", Align::Right)];
    match revisions {
        true => columns.extend([
            ("revision", Align::Left),
            ("since", Align::Left),
            ("by", Align::Left),
            ("checks", Align::Left),
        ]),
        false => columns.extend(size),
    }
    columns.extend(looked.then_some(("drift", Align::Left)));
    columns.push(("last run", Align::Left));
    match revisions {
        true => columns.extend(size.into_iter().rev()),
        false => columns.push(("checks", Align::Left)),
    }
    let mut table = Table::new(columns.iter().copied());
    for glance in glances {
        let there = glance.there.as_ref();
        let cell = |(title, _): &(&'static str, Align)| match *title {
            "environment" => Line::of(Label::Environment, glance.environment.to_string()),
            "serial" => Line::plain(glance.serial.to_string()),
            "instances" => Line::plain(glance.objects.to_string()),
            "revision" => match there {
                Some(there) if there.in_part => Line::of(Label::Failed, there.short()),
                Some(there) => Line::plain(there.short()),
                None => Line::new(),
            },
            "since" => Line::plain(there.map_or_else(String::new, |it| age(now.since(it.since)))),
            "by" => Line::plain(there.map_or_else(String::new, |there| there.by.to_string())),
            "drift" => glance.drift.as_ref().map_or_else(Line::new, |drift| {
                let (label, text) = drift.short(now);
                Line::of(label, text)
            }),
            "last run" => last_run(glance, now, age),
            _ => {
                let (label, checks) = health(glance);
                Line::of(label, checks)
            }
        };
        table.row(columns.iter().map(cell));
    }
    table
}

/// What is not as it should be for long: holds, rollbacks, what went past the rules.
fn notices(glance: &Glance, now: Timestamp) -> Vec<Line> {
    let name = &glance.environment;
    let by = |decision: &Decision| {
        let reason = decision.reason.as_ref();
        let reason = reason.map_or_else(String::new, |reason| format!(": {reason}"));
        format!("{} by {}{reason}", ago(now.since(decision.at)), decision.by)
    };
    let warned = |text: String| Line::of(Label::Failed, text);
    let mut found = Vec::new();
    if let Some(past) = &glance.past_rules {
        found.push(past_rules_line(glance, past));
    }
    let rejected = |there: &There| Some((there.revision, there.rejected.clone()?));
    if let Some((revision, decision)) = glance.there.as_ref().and_then(rejected) {
        let text = format!("{revision} in {name} was rejected");
        found.push(warned(text).then(format!(" {}", by(&decision))));
    }
    if let Some(hold) = &glance.hold {
        found.push(warned(format!("{name} is held")).then(format!(" {}", by(hold))));
    }
    if let Some(back) = &glance.other_variables {
        let text = format!("{name} has earlier variables again: rolled back");
        found.push(warned(text).then(format!(" {}", by(back))));
    }
    for (revision, decision) in &glance.left {
        let text = format!("{revision} was rolled back in {name}");
        found.push(warned(text).then(format!(" {}", by(decision))));
    }
    found
}

fn past_rules_line(glance: &Glance, past: &PastRules) -> Line {
    let name = &glance.environment;
    Line::of(Label::Failed, name.to_string()).then(format!(": {}", past_rules(past)))
}

/// That something was applied past the rules: who did, when and why.
pub fn past_rules(past: &PastRules) -> String {
    let when = readable(past.at);
    let what = past
        .revision
        .map_or_else(String::new, |id| format!(" {id}"));
    let PastRules {
        run, by, reason, ..
    } = past;
    format!("{when} {by} applied{what} by break-glass in run {run}: {reason}")
}

fn undeclared_line(glance: &Glance) -> Line {
    let name = &glance.environment;
    Line::of(Label::Failed, format!("{name} is {NOT_DECLARED}"))
        .then(": put its block back into terrace.hcl, or destroy what it has: ")
        .with(Label::Command, format!("terrace destroy {name}"))
}

fn last_run(glance: &Glance, now: Timestamp, since_when: fn(Duration) -> String) -> Line {
    let Some(run) = &glance.last else {
        return Line::plain("none");
    };
    let goes_on = glance.running.as_ref().is_some_and(|now| now.id == run.id);
    let word = if goes_on {
        "under way"
    } else {
        outcome_word(run)
    };
    let label = match word {
        "under way" => Label::Running,
        word if is_bad(word) => Label::Failed,
        _ => Label::Plain,
    };
    let since: Duration = now.since(run.end.as_ref().map_or(run.started, |end| end.ended));
    Line::plain(format!("{} ", run.id))
        .with(label, word)
        .with(Label::Duration, format!("  {}", since_when(since)))
}

fn open_line(glance: &Glance) -> Line {
    let plural = if glance.open == 1 { "" } else { "s" };
    Line::of(
        Label::Failed,
        format!(
            "{} step{plural} of {} did not end",
            glance.open, glance.environment
        ),
    )
    .then(format!(
        ": the next plan or apply finds out what became of {}, or says how to settle {}",
        if glance.open == 1 { "it" } else { "them" },
        if glance.open == 1 { "it" } else { "them" },
    ))
}

fn details(page: &mut Page, glance: &Glance, waiting: &[Ahead], now: Timestamp) {
    let heading = Line::of(Label::Environment, glance.environment.to_string());
    let plural = if glance.objects == 1 { "" } else { "s" };
    let revision = glance.there.as_ref();
    let revision = revision.map(|there| format!("   revision {}", there.short()));
    page.line(&heading.then(format!(
        "   serial {}   {} instance{plural}{}",
        glance.serial,
        glance.objects,
        revision.unwrap_or_default()
    )));
    if !glance.declared {
        page.wrapped(&Line::plain("  ").joined(undeclared_line(glance)), 4);
    }
    if let Some(there) = &glance.there {
        let since = format!(
            "  since     {}  {}",
            readable(there.since),
            ago(now.since(there.since))
        );
        page.line(&Line::plain(since).then(format!(", run {} by {}", there.run, there.by)));
    }
    let running = match &glance.running {
        Some(run) => format!(
            "run {} ({}), since {} by {}",
            run.id,
            run.kind.as_str(),
            readable(run.started),
            run.actor
        ),
        None => "nothing".into(),
    };
    page.line(&Line::plain(format!("  running   {running}")));
    let mut last = Line::plain("  last run  ").joined(last_run(glance, now, ago));
    if let Some(run) = &glance.last {
        last.put(Label::Plain, format!(" by {}", run.actor));
        if let Some(end) = &run.end {
            let counts: Vec<String> = end
                .counts
                .iter()
                .map(|(word, count)| format!("{count} {word}"))
                .collect();
            if !counts.is_empty() {
                last.put(Label::Plain, format!(": {}", counts.join(", ")));
            }
        }
    }
    page.line(&last);
    check_lines(page, glance, now);
    if let Some(drift) = &glance.drift {
        page.line(&drift_line(drift, now));
    }
    for line in notices(glance, now) {
        page.wrapped(&Line::plain("  ").joined(line), 4);
    }
    ahead::write(page, waiting);
    if glance.open > 0 {
        page.line(&open_line(glance));
    }
    if let Some(run) = &glance.last {
        let command = format!("terrace show run {}", run.id);
        page.line(&Line::plain("Show the run: ").with(Label::Command, command));
    }
}

/// What its checks said of what is there, and which were not tried on it.
fn check_lines(page: &mut Page, glance: &Glance, now: Timestamp) {
    for check in &glance.checks {
        let (label, word) = match check.result.passed {
            true if glance.stale.contains(&check.result.name) => (Label::Failed, "passed, expired"),
            true => (Label::Done, "passed"),
            false => (Label::Failed, "failed"),
        };
        let since = ago(now.since(check.result.at));
        let line = Line::plain(format!("  check     {} ", check.result.name)).with(label, word);
        page.line(
            &line
                .with(Label::Duration, format!("  {since}"))
                .then(format!("  {}", check.result.detail)),
        );
    }
    for check in &glance.unasked {
        let mut line = Line::plain(format!("  check     {check} "));
        let mut earlier = glance.earlier.iter();
        match earlier.find(|(row, _)| row.result.name == *check) {
            Some((row, revision)) => {
                line.put(Label::Failed, untried(glance));
                let word = if row.result.passed {
                    "passed"
                } else {
                    "failed"
                };
                let with = revision.map_or_else(|| "before".into(), |id| format!("with {id}"));
                let since = ago(now.since(row.result.at));
                line.put(Label::Plain, format!(", {word} {with} {since}"));
            }
            None => line.put(Label::Failed, "did not run yet"),
        }
        page.line(&line);
    }
}

fn drift_line(drift: &DriftGlance, now: Timestamp) -> Line {
    let looked = format!("looked {}", ago(now.since(drift.looked)));
    let line = Line::plain("  drift     ");
    let Some(since) = drift.since else {
        return line.then(format!("none, {looked}"));
    };
    let first = format!("{} not as applied", drift.count);
    let line = line.with(Label::Failed, first);
    let line = line.then(format!(", first seen {}, {looked}", ago(now.since(since))));
    match drift.given_up {
        0 => line,
        some => line.then(format!(", {some} left to a person")),
    }
}
