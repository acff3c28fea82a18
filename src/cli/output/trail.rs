//! Where a revision is and was, and the way it took: the value stream of one revision. The same facts are the text and
//! the JSON.

use std::time::Duration;

use delivery::facts::Decision;
use delivery::trail::{Passage, Visit};
use model::Str;
use model::clock::Timestamp;
use model::serial::{RevisionId, RunId};
use serde_json::{Value as Json, json};
use state::{CheckRow, PROJECT, RevisionRow, RunKind, RunRow};

use super::duration::{ago, short as lasting};
use super::line::{Line, Page};
use super::moment::readable;
use super::revision::{name, short};
use super::runs::{is_bad, outcome_word, run_json};
use super::style::{Label, Look};
use super::table::{Align, Table};
use crate::cli::prepare::revised::source;

/// Where a revision is and was.
#[derive(Clone, Debug)]
pub struct Whereabouts {
    /// The revision.
    pub row: RevisionRow,
    /// Every environment, in the pipeline's order.
    pub places: Vec<Place>,
}

/// A revision in an environment.
#[derive(Clone, Debug)]
pub struct Place {
    /// The environment.
    pub environment: Str,
    /// When it was there, oldest first.
    pub visits: Vec<Visit>,
    /// The run that tried last to bring it, and failed.
    pub failed: Option<RunId>,
    /// That a rollback left it.
    pub rolled_back: Option<Decision>,
}

fn heading(page: &mut Page, row: &RevisionRow) {
    let line = Line::of(Label::Heading, short(row));
    page.line(&line.then(format!(" by {}, made {}", row.actor, readable(row.created))));
}

/// Where a revision is and was, an environment a line and a line for each time before.
pub fn where_screen(view: &Whereabouts, now: Timestamp, look: Look) -> String {
    let mut page = Page::new(look);
    heading(&mut page, &view.row);
    page.gap();
    let mut table = Table::new([
        ("environment", Align::Left),
        ("there", Align::Left),
        ("since", Align::Left),
        ("until", Align::Left),
        ("for", Align::Left),
        ("checks", Align::Left),
        ("by", Align::Left),
    ]);
    for place in &view.places {
        let environment = Line::of(Label::Environment, place.environment.to_string());
        if place.visits.is_empty() {
            let there = match place.failed {
                Some(run) => Line::of(Label::Failed, format!("run {run} failed")),
                None => Line::plain("never"),
            };
            table.row([environment.clone(), there]);
        }
        for visit in place.visits.iter().rev() {
            let there = match visit.stay.until {
                None => Line::of(Label::Done, "is"),
                Some(_) => Line::plain("was"),
            };
            let until = visit.stay.until;
            let (label, checks) = match visit.passed {
                None => (Label::Plain, "none"),
                Some(true) => (Label::Done, "passed"),
                Some(false) => (Label::Failed, "failed"),
            };
            table.row([
                environment.clone(),
                there,
                Line::plain(readable(visit.stay.from)),
                Line::plain(until.map(readable).unwrap_or_default()),
                Line::plain(lasting(until.unwrap_or(now).since(visit.stay.from))),
                Line::of(label, checks),
                Line::plain(visit.by.to_string()),
            ]);
        }
    }
    table.render(&mut page);
    for place in &view.places {
        if let Some(decision) = &place.rolled_back {
            page.gap();
            let text = left(&view.row, &place.environment, decision, now);
            page.wrapped(&Line::of(Label::Failed, text), 2);
        }
    }
    page.finish()
}

fn left(row: &RevisionRow, environment: &Str, decision: &Decision, now: Timestamp) -> String {
    let reason = decision.reason.as_ref();
    let reason = reason.map_or_else(String::new, |reason| format!(": {reason}"));
    format!(
        "{} was rolled back in {environment} {} by {}{reason}",
        name(row),
        ago(now.since(decision.at)),
        decision.by
    )
}

/// The same for programs; times in milliseconds since 1970.
pub fn where_json(view: &Whereabouts) -> Json {
    let places = view.places.iter().map(|place| {
        json!({
            "environment": place.environment.as_str(),
            "is_there": place.visits.last().is_some_and(|visit| visit.stay.until.is_none()),
            "visits": place.visits.iter().map(visit_json).collect::<Vec<_>>(),
            "failed_run": place.failed.map(|run| run.0),
            "rolled_back": place.rolled_back.as_ref().map(decision_json),
        })
    });
    json!({
        "revision": name(&view.row),
        "commit": source(&view.row).map(|source| source.commit),
        "environments": places.collect::<Vec<_>>(),
    })
}

fn visit_json(visit: &Visit) -> Json {
    json!({
        "since": visit.stay.from.0,
        "until": visit.stay.until.map(|until| until.0),
        "run": visit.stay.run.0,
        "ended_by_run": visit.stay.ended_by.map(|run| run.0),
        "by": visit.by.as_str(),
        "passed": visit.passed,
    })
}

/// A decision for programs.
pub fn decision_json(decision: &Decision) -> Json {
    json!({
        "run": decision.run.0,
        "by": decision.by.as_str(),
        "at": decision.at.0,
        "reason": decision.reason.as_ref().map(Str::as_str),
    })
}

/// The way of a revision.
#[derive(Clone, Debug)]
pub struct Trace {
    /// The revision.
    pub row: RevisionRow,
    /// What happened to it, oldest first.
    pub steps: Vec<Step>,
    /// How it came through each environment.
    pub passages: Vec<Passage>,
}

/// Something that happened to a revision.
#[derive(Clone, Debug)]
pub struct Step {
    /// The run.
    pub run: RunRow,
    /// What its checks said.
    pub checks: Vec<CheckRow>,
}

impl Trace {
    /// How long the revision took from its commit, where that is known, or else from when it was made, until it was good
    /// in the last environment that it came to; and which that is.
    fn lead(&self) -> Option<(&Passage, Duration)> {
        let passages = self.passages.iter().rev();
        let last = passages.clone().find(|one| one.verified.is_some())?;
        let verified = last.verified?;
        let source = source(&self.row).filter(|source| !source.dirty);
        let begun = source.map_or(self.row.created, |source| {
            Timestamp(source.committed.saturating_mul(1_000))
        });
        Some((last, verified.since(begun)))
    }

    fn begins_with(&self) -> &'static str {
        match source(&self.row) {
            Some(source) if !source.dirty => "commit",
            Some(_) | None => "made",
        }
    }
}

/// What a run was to the revision.
fn what(step: &Step, revision: RevisionId) -> String {
    let run = &step.run;
    let own = revision.to_string();
    let other = run.revision.as_ref().filter(|named| **named != own);
    match (run.kind, other) {
        (RunKind::Rollback, Some(to)) => format!("rolled back to {to}"),
        (RunKind::Apply | RunKind::Promote, Some(next)) => {
            format!("{next} {}", outcome_word(run))
        }
        _ => match outcome_word(run) {
            word @ ("failed" | "interrupted" | "stopped" | "not ended") => {
                format!("{} {word}", run.kind.as_str())
            }
            word => word.to_owned(),
        },
    }
}

/// The way of a revision: what happened, when, and how long it waited and was worked on in each environment.
pub fn trace_screen(view: &Trace, look: Look) -> String {
    let mut page = Page::new(look);
    heading(&mut page, &view.row);
    page.gap();
    let revision = RevisionId(view.row.number);
    let mut table = Table::new([
        ("when", Align::Left),
        ("environment", Align::Left),
        ("run", Align::Right),
        ("what", Align::Left),
        ("checks", Align::Left),
        ("took", Align::Right),
        ("plan", Align::Left),
        ("by", Align::Left),
    ]);
    for step in &view.steps {
        let run = &step.run;
        let label = match is_bad(outcome_word(run)) || run.kind == RunKind::Rollback {
            true => Label::Failed,
            false => Label::Plain,
        };
        let failed: Vec<&str> = failed(&step.checks);
        let checks = match (step.checks.len(), failed.as_slice()) {
            (0, _) => Line::new(),
            (count, []) => Line::of(Label::Done, format!("{count} passed")),
            (_, failed) => Line::of(Label::Failed, format!("{} failed", failed.join(", "))),
        };
        let took = run.end.as_ref().filter(|_| run.plan.is_some());
        let took = took.filter(|_| run.kind != RunKind::Approve);
        table.row([
            Line::plain(readable(run.started)),
            match &*run.environment {
                PROJECT => Line::new(),
                environment => Line::of(Label::Environment, environment.to_owned()),
            },
            Line::plain(run.id.to_string()),
            Line::of(label, what(step, revision)),
            checks,
            Line::plain(took.map_or_else(String::new, |end| lasting(end.ended.since(run.started)))),
            Line::plain(run.plan.clone().unwrap_or_default()),
            Line::plain(run.actor.clone()),
        ]);
    }
    table.render(&mut page);
    for Step { run, .. } in &view.steps {
        if let Some(note) = &run.note {
            let line = Line::plain(format!("run {}: ", run.id));
            page.wrapped(&line.with(Label::Because, note.clone()), 4);
        }
    }
    if view.passages.is_empty() {
        return page.finish();
    }
    page.gap();
    stream(&view.passages).render(&mut page);
    if let Some((last, lead)) = view.lead() {
        page.gap();
        page.line(&Line::plain(format!(
            "Lead time: {} from {} to {}",
            lasting(lead),
            view.begins_with(),
            last.environment
        )));
    }
    page.finish()
}

/// How long each environment took, and how long the revision waited in front of it.
fn stream(passages: &[Passage]) -> Table {
    let mut table = Table::new([
        ("environment", Align::Left),
        ("waited", Align::Right),
        ("took", Align::Right),
        ("verified", Align::Left),
    ]);
    for passage in passages {
        let verified = match passage.verified {
            Some(at) => Line::plain(readable(at)),
            None => Line::of(Label::Failed, "never"),
        };
        table.row([
            Line::of(Label::Environment, passage.environment.to_string()),
            Line::plain(lasting(passage.waited)),
            Line::plain(passage.took().map(lasting).unwrap_or_default()),
            verified,
        ]);
    }
    table
}

fn failed(checks: &[CheckRow]) -> Vec<&str> {
    let failed = checks.iter().filter(|check| !check.result.passed);
    failed.map(|check| check.result.name.as_str()).collect()
}

/// The same for programs; times in milliseconds since 1970, durations in milliseconds.
pub fn trace_json(view: &Trace) -> Json {
    let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    let revision = RevisionId(view.row.number);
    let steps = view.steps.iter().map(|step| {
        let checks = step.checks.iter().map(|check| {
            json!({"name": check.result.name, "passed": check.result.passed, "at": check.result.at.0})
        });
        let mut facts = run_json(&step.run);
        if let Some(facts) = facts.as_object_mut() {
            facts.insert("what".into(), json!(what(step, revision)));
            facts.insert("checks".into(), checks.collect());
        }
        facts
    });
    let passages = view.passages.iter().map(|passage| {
        json!({
            "environment": passage.environment.as_str(),
            "begun": passage.begun.0,
            "verified": passage.verified.map(|at| at.0),
            "waited_ms": millis(passage.waited),
            "took_ms": passage.took().map(millis),
            "visits": passage.visits.iter().map(visit_json).collect::<Vec<_>>(),
        })
    });
    let lead = view.lead().map(|(last, lead)| {
        json!({"from": view.begins_with(), "to": last.environment.as_str(), "ms": millis(lead)})
    });
    json!({
        "revision": name(&view.row),
        "commit": source(&view.row).map(|source| source.commit),
        "made": view.row.created.0,
        "by": view.row.actor,
        "steps": steps.collect::<Vec<_>>(),
        "environments": passages.collect::<Vec<_>>(),
        "lead_time": lead,
    })
}
