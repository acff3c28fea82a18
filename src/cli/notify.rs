//! Tells those whom `notify` in `terrace.hcl` names how things are: drift, what was healed, what failed, what waits. What is
//! told, and when, is in `delivery::notice`. That somebody could not be told is a warning, and whoever looks next tries again.

use std::collections::BTreeSet;
use std::time::Duration;

use delivery::Project;
use delivery::notice::{Fact, Notice, is_due, told_at};
use delivery::post::{Sending, post};
use lang::project::{Notify, NotifyOn};
use model::serial::RevisionId;
use model::{Diagnostic, Sources, Str};
use state::{How, RecordError, RunFilter, RunKind, RunOutcome, RunRow, Store};

use super::drift::Told;
use super::heal::Healed;
use super::invocation::Invocation;
use super::output::drift::{DriftRow, DriftView};
use super::output::duration::ago;
use super::output::moment::in_seconds;
use super::{prepare, record};

/// Tells what a look at an environment found.
pub async fn of_drift(invocation: &Invocation, project: &Project, store: &Store, told: &Told) {
    if project.file.notify.is_empty() {
        return;
    }
    let facts = match &told.view {
        Some(view) => drifted(view, told.healed),
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

fn drifted(view: &DriftView, healed: Option<Healed>) -> Vec<Fact> {
    let fact = |row: &DriftRow| {
        let seen = row.since.map(|since| ago(view.at.since(since)));
        let mut detail = format!("first seen {}", seen.unwrap_or_default());
        if healed == Some(Healed::All) && row.decision.acts() {
            detail.push_str("; healed");
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
        let is_failed = |outcome| matches!(outcome, RunOutcome::Failed | RunOutcome::Interrupted);
        let outcome = run.end.as_ref().map(|end| end.outcome);
        let (facts, ended) = if outcome.is_some_and(is_failed) {
            (vec![failed(store, &run)?], "failed")
        } else {
            (Vec::new(), "went well")
        };
        let on = NotifyOn::Failed;
        notices.push(Notice {
            summary: format!("{environment}: {} {ended}", named(&run)),
            facts,
            ..blank(invocation, project, on, environment, revision(&run))
        });
    }
    let now = invocation.process.clock.now();
    if let Some(run) = ended(&[RunKind::Heal])?
        && let Some(end) = &run.end
        && end.outcome == RunOutcome::Succeeded
        && now.since(end.ended) < NEWS
    {
        let journal = store.journal(run.id)?;
        let addresses: BTreeSet<String> =
            journal.iter().map(|step| step.addr.to_string()).collect();
        let fact = |about: String| Fact {
            about,
            what: "healed".into(),
            detail: String::new(),
            mark: run.id.to_string(),
        };
        let on = NotifyOn::Healed;
        notices.push(Notice {
            summary: format!("{environment}: {} healed what had drifted", named(&run)),
            facts: addresses.into_iter().map(fact).collect(),
            ..blank(invocation, project, on, environment, revision(&run))
        });
    }
    Ok(notices)
}

/// `run 52 (promote r42)`.
fn named(run: &RunRow) -> String {
    match &run.revision {
        Some(revision) => format!("run {} ({} {revision})", run.id, run.kind),
        None => format!("run {} ({})", run.id, run.kind),
    }
}

/// How a run failed, without what any program said.
fn failed(store: &Store, run: &RunRow) -> Result<Fact, RecordError> {
    let mut parts = vec![format!("by {}", run.actor)];
    let counts = run.end.iter().flat_map(|end| &end.counts);
    parts.extend(counts.map(|(what, count)| format!("{count} {what}")));
    for step in store.journal(run.id)? {
        if step.result.is_none_or(|result| result.how != How::Done) {
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
        what: format!("{} failed", run.kind),
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
