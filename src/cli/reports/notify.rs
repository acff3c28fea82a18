//! Tells those whom `notify` in `terrace.hcl` names how things are: drift, what was healed, what failed, what waits. What is
//! told, and when, is in `delivery::notice`. That somebody could not be told is a warning, and whoever looks next tries again.

use std::collections::BTreeSet;
use std::time::Duration;

use delivery::Project;
use delivery::applied::is_whole;
use delivery::gather::DRIFTED;
use delivery::notice::{Fact, Notice, is_due, told_at};
use delivery::post::{Sending, post};
use lang::project::{Notify, NotifyOn};
use model::serial::RevisionId;
use model::{Diagnostic, Sources, Str};
use state::{
    How, JournalRow, RecordError, RunEndRow, RunFilter, RunKind, RunOutcome, RunRow, Store,
};

use crate::cli::drift::Told;
use crate::cli::drift::heal::Healed;
use crate::cli::invocation::Invocation;
use crate::cli::output::drift::{DriftRow, DriftView, explained};
use crate::cli::output::duration::ago;
use crate::cli::output::moment::in_seconds;
use crate::cli::{prepare, record};

/// Tells what a look at an environment found.
pub async fn of_drift(invocation: &Invocation, project: &Project, store: &Store, told: &Told) {
    if project.file.notify.is_empty() {
        return;
    }
    let facts = match &told.view {
        Some(view) => drifted(view, told.healed.as_ref()),
        None => vec![Fact {
            about: told.environment.to_string(),
            what: "could not be looked at".into(),
            detail: told.refused.clone().unwrap_or_default(),
            mark: String::new(),
        }],
    };
    let environment = &told.environment;
    let summary = match (facts.as_slice(), &told.view) {
        ([], _) => format!("{environment} is as it was applied again"),
        (_, None) => format!("{environment} could not be looked at"),
        ([_], Some(_)) => format!("{environment} has drifted in one place"),
        (several, Some(_)) => format!("{environment} has drifted in {} places", several.len()),
    };
    let revision = told.view.as_ref().and_then(|view| view.revision);
    let notice = Notice {
        summary,
        facts,
        ..blank(invocation, project, NotifyOn::Drift, environment, revision)
    };
    tell(invocation, project, store, &notice).await;
}

fn drifted(view: &DriftView, healed: Option<&Healed>) -> Vec<Fact> {
    let fact = |row: &DriftRow| {
        let seen = row.since.map(|since| ago(view.at.since(since)));
        let mut detail = format!("first seen {}", seen.unwrap_or_default());
        if healed.is_some_and(Healed::is_all) && row.decision.acts() {
            detail.push_str("; healed");
        }
        if healed.is_some() && row.decision.is_protected() {
            detail.push_str(&format!("; {}", explained(&row.decision, view.at)));
        }
        Fact {
            about: row.addr.to_string(),
            what: row.decision.on.word().to_owned(),
            detail,
            mark: row.seen.iter().map(|byte| format!("{byte:02x}")).collect(),
        }
    };
    let unreadable = view.unreadable.iter().map(|found| Fact {
        about: found
            .address
            .as_ref()
            .map_or_else(|| view.environment.to_string(), ToString::to_string),
        what: "unreadable".into(),
        detail: String::new(),
        mark: String::new(),
    });
    let failing = view.failing.iter().map(|(check, seen)| Fact {
        about: format!("check {check}"),
        what: "does not pass".into(),
        detail: seen.clone(),
        mark: String::new(),
    });
    view.drifted()
        .map(fact)
        .chain(unreadable)
        .chain(failing)
        .collect()
}

/// What changes an environment.
const CHANGING: [RunKind; 5] = [
    RunKind::Apply,
    RunKind::Destroy,
    RunKind::Promote,
    RunKind::Rollback,
    RunKind::Heal,
];

/// What was healed longer ago is no news to anybody.
const NEWS: Duration = Duration::from_secs(24 * 60 * 60);

/// Tells what became of the last run that changed an environment.
pub async fn of_runs(invocation: &Invocation, project: &Project, store: &Store, environment: &Str) {
    if project.file.notify.is_empty() {
        return;
    }
    let notices = match newest(invocation, project, store, environment) {
        Ok(notices) => notices,
        Err(error) => {
            let why = record::diagnostic(&error).message;
            return warn(invocation, "nobody was told how the run ended", why);
        }
    };
    for notice in notices {
        tell(invocation, project, store, &notice).await;
    }
}

fn newest(
    invocation: &Invocation,
    project: &Project,
    store: &Store,
    environment: &Str,
) -> Result<Vec<Notice>, RecordError> {
    let ended = |kinds: &[RunKind]| -> Result<Option<RunRow>, RecordError> {
        let filter = RunFilter {
            kinds: kinds.to_vec(),
            ..RunFilter::of(environment, 8)
        };
        let runs = store.runs(&filter)?.into_iter();
        Ok(runs.into_iter().find(|run| run.end.is_some()))
    };
    let revision = delivery::gather::revision_of;
    let mut notices = Vec::new();
    if let Some(run) = ended(&CHANGING)? {
        let (facts, ended) = match run.end.as_ref().map(|end| end.outcome) {
            Some(RunOutcome::Interrupted) => cut_short(store, &run)?,
            Some(RunOutcome::Failed) => {
                let (what, ended) = how_failed(store, &run)?;
                (vec![failed(store, &run, &what)?], ended.to_owned())
            }
            Some(RunOutcome::Succeeded | RunOutcome::Cancelled) | None => {
                (Vec::new(), "went well".to_owned())
            }
        };
        let on = NotifyOn::Failed;
        notices.push(Notice {
            summary: format!("{environment}: {} {ended}", named(&run)),
            facts,
            ..blank(invocation, project, on, environment, revision(&run))
        });
    }
    let now = invocation.process.clock.now();
    let is_news =
        |end: &RunEndRow| end.outcome != RunOutcome::Cancelled && now.since(end.ended) < NEWS;
    if let Some(run) = ended(&[RunKind::Heal])?
        && run.end.as_ref().is_some_and(is_news)
        && let addresses = healed_by(store, &run)?
        && !addresses.is_empty()
    {
        let outcome = run.end.as_ref().map(|end| end.outcome);
        let healed = match outcome == Some(RunOutcome::Interrupted) {
            true => "was interrupted, and healed what had drifted all the same",
            false => "healed what had drifted",
        };
        let fact = |about: String| Fact {
            about,
            what: "healed".into(),
            detail: String::new(),
            mark: run.id.to_string(),
        };
        let on = NotifyOn::Healed;
        notices.push(Notice {
            summary: format!("{environment}: {} {healed}", named(&run)),
            facts: addresses.into_iter().map(fact).collect(),
            ..blank(invocation, project, on, environment, revision(&run))
        });
    }
    Ok(notices)
}

/// What a run put right: all that was done, also what turned out to be done only after it was cut short.
fn healed_by(store: &Store, run: &RunRow) -> Result<BTreeSet<String>, RecordError> {
    let is_done = |step: &JournalRow| {
        let how = step.result.as_ref().map(|result| result.how);
        matches!(how, Some(How::Done | How::Adopted))
    };
    let (mut done, mut left) = (BTreeSet::new(), BTreeSet::new());
    for step in store.journal(run.id)? {
        let which = if is_done(&step) { &mut done } else { &mut left };
        which.insert(step.addr.to_string());
    }
    // Half of a replacement heals nothing.
    Ok(done.difference(&left).cloned().collect())
}

/// How a run failed, in a word, and in a sentence that names the run.
fn how_failed(store: &Store, run: &RunRow) -> Result<(String, &'static str), RecordError> {
    let is_done = is_whole(Some(RunOutcome::Failed), !store.checks(run.id)?.is_empty());
    Ok(match (run.kind, is_done) {
        // A check that does not pass afterwards does not undo what was healed.
        (RunKind::Heal, true) => (
            "checks do not pass after heal".to_owned(),
            "healed what had drifted, and checks do not pass",
        ),
        (kind, _) => (format!("{kind} failed"), "failed"),
    })
}

/// A run whose process died, and what became of it since: what it left was found out by a later one. One that was to heal is
/// over where a later look found nothing that differs.
fn cut_short(store: &Store, run: &RunRow) -> Result<(Vec<Fact>, String), RecordError> {
    let later = |kind: RunKind| -> Result<Vec<RunRow>, RecordError> {
        let filter = RunFilter {
            kinds: vec![kind],
            ..RunFilter::of(&run.environment, 8)
        };
        let runs = store.runs(&filter)?.into_iter();
        Ok(runs.filter(|later| later.id > run.id).collect())
    };
    let mut ended = "was interrupted".to_owned();
    let mut recovered = Vec::new();
    if let Some(recovery) = later(RunKind::Recover)?.pop() {
        ended.push_str(&format!(", and recovered by run {}", recovery.id));
        let counts = recovery.end.iter().flat_map(|end| &end.counts);
        for (what, count) in counts.filter(|(_, count)| **count > 0) {
            let what = match what.as_str() {
                "adopted" => "had happened",
                "half" => "had happened in part",
                "undone" => "had not happened",
                _ => "nobody knows of",
            };
            recovered.push(format!("{count} {what}"));
        }
    }
    if run.kind == RunKind::Heal {
        let is_clean = |look: &RunRow| {
            let end = look.end.as_ref();
            end.is_some_and(|end| !end.counts.contains_key(DRIFTED))
        };
        if let Some(look) = later(RunKind::Drift)?.first().filter(|look| is_clean(look)) {
            let healed = format!("; run {} found nothing that differs any more", look.id);
            return Ok((Vec::new(), format!("{ended}{healed}")));
        }
    }
    let mut fact = failed(store, run, &format!("{} was interrupted", run.kind))?;
    if !recovered.is_empty() {
        let steps = recovered.join(", ");
        fact.detail.push_str(&format!("; found out since: {steps}"));
    }
    Ok((vec![fact], ended))
}

/// `run 52 (promote r42)`.
fn named(run: &RunRow) -> String {
    match &run.revision {
        Some(revision) => format!("run {} ({} {revision})", run.id, run.kind),
        None => format!("run {} ({})", run.id, run.kind),
    }
}

/// How a run failed, without what any program said.
fn failed(store: &Store, run: &RunRow, what: &str) -> Result<Fact, RecordError> {
    let mut parts = vec![format!("by {}", run.actor)];
    let counts = run.end.iter().flat_map(|end| &end.counts);
    parts.extend(counts.map(|(what, count)| format!("{count} {what}")));
    for step in store.journal(run.id)? {
        let how = step.result.as_ref().map(|result| result.how);
        if !matches!(how, Some(How::Done | How::Adopted)) {
            parts.push(format!("{} {} did not", step.action, step.addr));
        }
    }
    for row in store.checks(run.id)? {
        if !row.result.passed {
            parts.push(format!("check {} did not pass", row.result.name));
        }
    }
    Ok(Fact {
        about: format!("run {}", run.id),
        what: what.to_owned(),
        detail: parts.join(", "),
        mark: String::new(),
    })
}

/// Tells that a revision waits for a person before it comes to an environment. `sentences` say for what.
pub async fn of_waiting(
    invocation: &Invocation,
    environment: &Str,
    revision: RevisionId,
    sentences: Vec<String>,
) {
    let Ok((project, _)) = prepare::open(invocation) else {
        return;
    };
    if project.file.notify.is_empty() {
        return;
    }
    let Ok(store) = record::open(&project.record()) else {
        return;
    };
    let fact = |sentence: String| Fact {
        about: revision.to_string(),
        what: sentence,
        detail: String::new(),
        mark: String::new(),
    };
    let on = NotifyOn::Waiting;
    let notice = Notice {
        summary: format!("{revision} waits to come to {environment}"),
        facts: sentences.into_iter().map(fact).collect(),
        ..blank(invocation, &project, on, environment, Some(revision))
    };
    tell(invocation, &project, &store, &notice).await;
}

fn blank(
    invocation: &Invocation,
    project: &Project,
    on: NotifyOn,
    environment: &Str,
    revision: Option<RevisionId>,
) -> Notice {
    Notice {
        on,
        environment: environment.clone(),
        project: project.name(),
        revision: revision.map(|revision| revision.to_string()),
        at: in_seconds(invocation.process.clock.now()),
        summary: String::new(),
        facts: Vec::new(),
    }
}

/// Tells everybody who wants to know and does not yet.
async fn tell(invocation: &Invocation, project: &Project, store: &Store, notice: &Notice) {
    let whoever = project.file.notify.values();
    for notify in whoever.filter(|notify| notify.on.contains(&notice.on)) {
        if let Err(why) = tell_one(invocation, project, store, notice, notify).await {
            let message = format!("`{}` was not told: {}", notify.name, notice.summary);
            warn(invocation, &message, why);
        }
    }
}

async fn tell_one(
    invocation: &Invocation,
    project: &Project,
    store: &Store,
    notice: &Notice,
    notify: &Notify,
) -> Result<(), String> {
    let words = |error: RecordError| record::diagnostic(&error).message;
    let (slot, content) = (notice.slot(&notify.name), notice.content(&notify.name));
    let last = store.notified(slot).map_err(words)?;
    if !is_due(notice, last, store.notified(content).map_err(words)?) {
        return Ok(());
    }
    let secret = match &notify.secret_env {
        None => None,
        Some((name, _)) => {
            let variables = &invocation.process.environment;
            let secret = variables.get(name.as_str()).filter(|text| !text.is_empty());
            Some(secret.ok_or_else(|| format!("{name} is not set, and nothing is sent unsigned"))?)
        }
    };
    let now = invocation.process.clock.now();
    let sending = Sending {
        directory: &project.directory,
        secret: secret.map(String::as_str),
        now: now.0.div_euclid(1000),
    };
    post(&notify.channel, notice, sending).await?;
    // Noted when it is told, so that it is told again where this process dies in between.
    let at = told_at(now, last);
    store.note_notified(content, at).await.map_err(words)?;
    store.note_notified(slot, at).await.map_err(words)?;
    Ok(())
}

fn warn(invocation: &Invocation, message: &str, why: String) {
    let warning = Diagnostic::warning("not-notified", message)
        .note(why)
        .help("the next look, apply or promotion tries again");
    invocation.report(&warning.into(), &Sources::default(), "", false);
}
