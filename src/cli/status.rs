//! `terrace status`: every environment at a glance, from the record alone.

use std::time::Duration;

use model::clock::Timestamp;
use model::{Diagnostics, Str};
use serde_json::json;
use state::{CheckRow, RecordError, RunFilter, RunKind, RunOutcome, RunRow, Store};

use super::args::StatusArgs;
use super::exit::ExitCode;
use super::invocation::Invocation;
use super::output::duration::{age, ago};
use super::output::line::{Line, Page};
use super::output::style::Label;
use super::output::table::{Align, Table};
use super::output::write;
use super::prepare::open;
use super::record;

/// What is known of an environment.
struct Glance {
    environment: Str,
    serial: u64,
    objects: u64,
    last: Option<RunRow>,
    running: bool,
    checks: Vec<CheckRow>,
    open: usize,
}

/// Runs the command.
pub fn run(invocation: &Invocation, args: &StatusArgs) -> ExitCode {
    let (project, _) = match open(invocation) {
        Ok(opened) => opened,
        Err(refused) => return refused.report(invocation),
    };
    let environments = match &args.environment {
        None => project.environments(),
        Some(name) => match project.environment(Some(name)) {
            Ok(environment) => vec![environment],
            Err(error) => {
                invocation.report(
                    &Diagnostics::from(error.diagnostic()),
                    &project.sources,
                    "",
                    false,
                );
                return ExitCode::Failed;
            }
        },
    };
    let glances = record::open_existing(&project.record()).and_then(|store| {
        environments
            .iter()
            .map(|environment| glance(store.as_ref(), environment))
            .collect()
    });
    let glances: Vec<Glance> = match glances {
        Ok(glances) => glances,
        Err(error) => return record::report(invocation, &error),
    };
    let now = invocation.process.clock.now();
    let text = if args.json {
        let all: Vec<serde_json::Value> = glances.iter().map(as_json).collect();
        format!("{:#}\n", serde_json::Value::Array(all))
    } else {
        screen(invocation, &glances, now, args.environment.is_some())
    };
    match write::answer(&text) {
        Ok(()) => ExitCode::Done,
        Err(_) => ExitCode::Failed,
    }
}

fn glance(store: Option<&Store>, environment: &Str) -> Result<Glance, RecordError> {
    let mut glance = Glance {
        environment: environment.clone(),
        serial: 0,
        objects: 0,
        last: None,
        running: false,
        checks: Vec::new(),
        open: 0,
    };
    let Some(store) = store else {
        return Ok(glance);
    };
    glance.serial = store.header(environment)?.serial.0;
    let rows = store.environments()?;
    glance.objects = rows
        .iter()
        .find(|row| row.header.environment == *environment)
        .map_or(0, |row| row.objects);
    let filter = RunFilter {
        environment: Some(environment.clone()),
        before: None,
        limit: 1,
    };
    glance.last = store.runs(&filter)?.into_iter().next();
    glance.running = glance.last.as_ref().is_some_and(|run| run.end.is_none());
    if glance.objects > 0 {
        // Of what is destroyed, it says nothing that it was well once.
        glance.checks = store.newest_checks(environment)?;
    }
    glance.open = store.open_intents(environment)?.intents.len();
    Ok(glance)
}

/// How a run's end is called.
pub fn outcome_word(run: &RunRow) -> &'static str {
    match run.end.as_ref().map(|end| end.outcome) {
        None => "not ended",
        Some(RunOutcome::Failed) => "failed",
        Some(RunOutcome::Cancelled) => "stopped",
        Some(RunOutcome::Interrupted) => "interrupted",
        Some(RunOutcome::Succeeded) => match run.kind {
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
        },
    }
}

fn health(glance: &Glance) -> (Label, String) {
    let failed: Vec<&str> = glance
        .checks
        .iter()
        .filter(|check| !check.result.passed)
        .map(|check| check.result.name.as_str())
        .collect();
    match (glance.checks.len(), failed.as_slice()) {
        (0, _) => (Label::Plain, "no checks".into()),
        (count, []) => (Label::Done, format!("{count} passed")),
        (_, failed) => (Label::Failed, format!("{} failed", failed.join(", "))),
    }
}

fn screen(invocation: &Invocation, glances: &[Glance], now: Timestamp, one: bool) -> String {
    let mut page = Page::new(invocation.stdout);
    if let ([glance], true) = (glances, one) {
        details(&mut page, glance, now);
        return page.finish();
    }
    let mut table = Table::new([
        ("environment", Align::Left),
        ("serial", Align::Right),
        ("instances", Align::Right),
        ("last run", Align::Left),
        ("checks", Align::Left),
    ]);
    for glance in glances {
        let (label, checks) = health(glance);
        table.row([
            Line::of(Label::Environment, glance.environment.to_string()),
            Line::plain(glance.serial.to_string()),
            Line::plain(glance.objects.to_string()),
            last_run(glance, now, age),
            Line::of(label, checks),
        ]);
    }
    table.render(&mut page);
    for glance in glances.iter().filter(|glance| glance.open > 0) {
        page.gap();
        page.line(&open_line(glance));
    }
    page.finish()
}

fn last_run(glance: &Glance, now: Timestamp, since_when: fn(Duration) -> String) -> Line {
    let Some(run) = &glance.last else {
        return Line::plain("none");
    };
    let word = outcome_word(run);
    let label = match word {
        "failed" | "interrupted" => Label::Failed,
        "not ended" => Label::Running,
        _ => Label::Plain,
    };
    let since: Duration = now.since(Timestamp(
        run.end.as_ref().map_or(run.started.0, |end| end.ended.0),
    ));
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
    .then(": the next plan or apply finds out what became of them")
}

fn details(page: &mut Page, glance: &Glance, now: Timestamp) {
    let heading = Line::of(Label::Environment, glance.environment.to_string());
    let plural = if glance.objects == 1 { "" } else { "s" };
    page.line(&heading.then(format!(
        "   serial {}   {} instance{plural}",
        glance.serial, glance.objects
    )));
    let running = match &glance.last {
        Some(run) if glance.running => format!("run {} ({})", run.id, run.kind.as_str()),
        _ => "nothing".into(),
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
    for check in &glance.checks {
        let (label, word) = if check.result.passed {
            (Label::Done, "passed")
        } else {
            (Label::Failed, "failed")
        };
        let since = ago(now.since(Timestamp(check.result.at.0)));
        let line = Line::plain(format!("  check     {} ", check.result.name)).with(label, word);
        page.line(
            &line
                .with(Label::Duration, format!("  {since}"))
                .then(format!("  {}", check.result.detail)),
        );
    }
    if glance.open > 0 {
        page.line(&open_line(glance));
    }
    if let Some(run) = &glance.last {
        let command = format!("terrace show run {}", run.id);
        page.line(&Line::plain("Show the run: ").with(Label::Command, command));
    }
}

fn as_json(glance: &Glance) -> serde_json::Value {
    let last = glance.last.as_ref().map(run_json);
    let checks: Vec<serde_json::Value> = glance
        .checks
        .iter()
        .map(|check| {
            json!({
                "name": check.result.name,
                "passed": check.result.passed,
                "at": check.result.at.0,
                "detail": check.result.detail,
                "run": check.run.0,
            })
        })
        .collect();
    json!({
        "environment": glance.environment.as_str(),
        "serial": glance.serial,
        "instances": glance.objects,
        "running": glance.running,
        "last_run": last,
        "checks": checks,
        "open_steps": glance.open,
    })
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
