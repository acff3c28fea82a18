//! `terrace show run N`: what a run did, in the record's words; or, with `--replay`, its events as they were seen.

use std::collections::BTreeMap;

use delivery::verdict::{Covered, covered_by};
use model::Sources;
use model::change::Action;
use model::event::{Event, EventKind, Refusal};
use model::serial::RunId;
use serde_json::json;
use state::{How, JournalRow, RecordError, RunKind, RunRow, Store};

use crate::cli::args::ShowArgs;
use crate::cli::invocation::Invocation;
use crate::cli::invocation::exit::ExitCode;
use crate::cli::output::duration::short;
use crate::cli::output::frame::{Medium, ended as end_of};
use crate::cli::output::json::diagnostic::Translator;
use crate::cli::output::json::{ui, ui_run};
use crate::cli::output::line::{Line, Page};
use crate::cli::output::moment::readable;
use crate::cli::output::run::{RunEnd, Telling, closing};
use crate::cli::output::run_view::RunView;
use crate::cli::output::runs::run_json;
use crate::cli::output::style::Label;
use crate::cli::output::write;
use crate::cli::record;
use crate::cli::show::{ended, missing};

/// Shows a run. Where an environment is named, the run must be one of it.
pub fn show(
    invocation: &Invocation,
    store: &Store,
    id: RunId,
    environment: Option<&str>,
    args: &ShowArgs,
) -> ExitCode {
    let run = match store.run(id) {
        Ok(run) => run,
        Err(error) => return record::report(invocation, &error),
    };
    if environment.is_some_and(|name| run.environment != *name) {
        let message = format!("run {id} is of environment `{}`", run.environment);
        return missing(invocation, "unknown-run", &message);
    }
    let text = match (args.replay, args.showing.json) {
        (false, false) => run_text(invocation, store, &run),
        (false, true) => facts(store, &run),
        (true, false) => replay(invocation, store, &run),
        (true, true) => replay_json(store, &run),
    };
    match text {
        Ok(text) => ended(write::answer(&text)),
        Err(error) => record::report(invocation, &error),
    }
}

fn run_text(invocation: &Invocation, store: &Store, run: &RunRow) -> Result<String, RecordError> {
    let id = run.id;
    let mut page = Page::new(invocation.stdout);
    page.line(&heading(run));
    if let Some(note) = &run.note {
        page.wrapped(&Line::plain(format!("  {note}")), 2);
    }
    page.gap();
    for change in covered(store, run)? {
        let word = word(change.action);
        page.line(&Line::plain(format!("  {word:>8} {}", change.address)));
    }
    let said = said_of_failures(store, id)?;
    for step in store.journal(id)? {
        let (label, word) = match step.result.as_ref().map(|result| result.how) {
            Some(How::Done) => (Label::Done, "done"),
            Some(How::Failed) => (Label::Failed, "failed"),
            Some(How::Adopted) => (Label::Done, "had happened"),
            Some(How::DidNotHappen) => (Label::Skipped, "did not happen"),
            Some(How::SettledByHand) => (Label::Done, "settled by hand"),
            None => (Label::Failed, "unknown"),
        };
        let result = step.result.as_ref();
        // Of a step that went well, the detail is the object's id.
        let (id, detail) = match result.map(|result| (result.how, &result.detail)) {
            Some((How::Done, detail)) => (detail.as_deref(), None),
            Some((_, detail)) => (None, detail.as_deref()),
            None => (None, None),
        };
        let mut line = Line::plain("  ").with(label, format!("{:>8} {}", step.action, step.addr));
        if let Some(id) = id {
            line.put(Label::Plain, format!("  {id}"));
        }
        line.put(Label::Plain, format!("  {word}"));
        if let Some(result) = result {
            let took = short(result.at.since(step.at));
            line.put(Label::Duration, format!("  {took}"));
        }
        if let Some(detail) = detail {
            line.put(Label::Plain, format!("  {detail}"));
        }
        page.line(&line);
        let notes = said
            .get(&step.step)
            .into_iter()
            .flat_map(|said| &said.notes);
        for line in notes.flat_map(|note| note.lines()) {
            page.line(&Line::plain(format!("           {line}")));
        }
    }
    for check in store.checks(id)? {
        let (label, word) = if check.result.passed {
            (Label::Done, "passed")
        } else {
            (Label::Failed, "failed")
        };
        let line = Line::plain("     check ").with(label, check.result.name.clone());
        page.line(&line.then(format!("  {word}: {}", check.result.detail)));
        for line in check.result.seen.lines() {
            page.line(&Line::plain(format!("           {line}")));
        }
    }
    Ok(page.finish())
}

/// What an approval covers; nothing where the run is none.
fn covered(store: &Store, run: &RunRow) -> Result<Vec<Covered>, RecordError> {
    if run.kind != RunKind::Approve {
        return Ok(Vec::new());
    }
    Ok(covered_by(&store.events(run.id)?))
}

/// The verb of a change that was approved.
fn word(action: Action) -> &'static str {
    match action {
        Action::Create => "create",
        Action::Update => "update",
        Action::Replace(_) => "replace",
        Action::Destroy => "destroy",
        Action::Forget => "forget",
        Action::NoOp | Action::Read => "",
    }
}

/// What is known of a step that failed besides its error.
#[derive(Default)]
struct Said {
    /// Such as what a program said.
    notes: Vec<String>,
    refusal: Option<Refusal>,
}

/// What is known of steps that failed, by step.
fn said_of_failures(store: &Store, id: RunId) -> Result<BTreeMap<u64, Said>, RecordError> {
    let failed = |event: Event| {
        let EventKind::StepFailed {
            step,
            diagnostic,
            refusal,
            ..
        } = event.kind
        else {
            return None;
        };
        let notes = diagnostic.notes;
        Some((u64::from(step.0), Said { notes, refusal }))
    };
    let events = engine::history::events(store, id)?;
    Ok(events.into_iter().filter_map(failed).collect())
}

fn heading(run: &RunRow) -> Line {
    let mut text = format!(
        "run {}   {} {}   by {}",
        run.id,
        run.kind.as_str(),
        run.environment,
        run.actor
    );
    text.push_str(&format!("   {}", readable(run.started)));
    match &run.end {
        Some(end) => text.push_str(&format!("   {}", end.outcome.as_str())),
        None => text.push_str("   not ended"),
    }
    if let Some(plan) = &run.plan {
        text.push_str(&format!("   plan {plan}"));
    }
    Line::of(Label::Heading, text)
}

/// The same facts for programs; times in milliseconds since 1970.
fn facts(store: &Store, run: &RunRow) -> Result<String, RecordError> {
    let said = said_of_failures(store, run.id)?;
    let step = |step: &JournalRow| {
        let said = said.get(&step.step);
        let refusal = said.and_then(|said| said.refusal.as_ref());
        let result = step.result.as_ref();
        json!({
            "step": step.step,
            "address": step.addr.to_string(),
            "deposed": step.deposed.as_ref().map(|key| key.as_str()),
            "action": step.action.as_str(),
            "started": step.at.0,
            "ended": result.map(|result| result.at.0),
            "result": result.map(|result| result.how.as_str()),
            "detail": result.and_then(|result| result.detail.as_deref()),
            "notes": said.map_or(&[] as &[String], |said| &said.notes),
            "class": refusal.map(|refusal| &refusal.class),
            "attempts": refusal.map(|refusal| refusal.attempts),
            "settled_by": result.map(|result| result.run.0),
        })
    };
    let check = |check: state::CheckRow| {
        json!({
            "name": check.result.name,
            "passed": check.result.passed,
            "at": check.result.at.0,
            "detail": check.result.detail,
            "seen": check.result.seen,
        })
    };
    let mut facts = run_json(run);
    let steps = store.journal(run.id)?.iter().map(step).collect();
    let checks = store.checks(run.id)?.into_iter().map(check).collect();
    let covers = covered(store, run)?
        .iter()
        .map(|change| json!({"address": change.address, "action": word(change.action)}))
        .collect();
    if let Some(facts) = facts.as_object_mut() {
        facts.insert("steps".to_owned(), steps);
        facts.insert("checks".to_owned(), checks);
        if run.kind == RunKind::Approve {
            facts.insert("covers".to_owned(), covers);
        }
    }
    Ok(format!("{facts:#}\n"))
}

/// The lines that its events left on the screen, and its end.
fn replay(invocation: &Invocation, store: &Store, run: &RunRow) -> Result<String, RecordError> {
    let look = invocation.stdout;
    let mut page = Page::new(look);
    page.line(&heading(run));
    page.gap();
    let mut view = RunView::default();
    for event in engine::history::events(store, run.id)? {
        view.take(&event);
        if let Some(line) = end_of(&event.kind, Medium::Log) {
            page.line(&line);
        }
        if let EventKind::CheckFinished { seen, .. } = &event.kind {
            for line in seen.lines() {
                page.line(&Line::plain(format!("             {line}")));
            }
        }
        if matches!(event.kind, EventKind::RunFinished { .. }) {
            let recorded = match run.serial_after {
                Some(serial) => format!("serial {serial}"),
                None => format!("serial {}", run.serial_before),
            };
            // What the definition's text was then is not told again.
            let sources = Sources::default();
            let end = RunEnd {
                recorded,
                go_on: None,
            };
            page.text(&closing(&view, &end, &sources, look, Telling::All));
        }
    }
    for step in view.running.values() {
        page.line(
            &Line::plain("     ")
                .with(Label::Failed, "Unknown")
                .then(format!(" {}  it did not end in this run", step.addr)),
        );
    }
    Ok(page.finish())
}

/// The messages that its events were with `-json`.
fn replay_json(store: &Store, run: &RunRow) -> Result<String, RecordError> {
    let sources = Sources::default();
    let mut translator = Translator::new(&sources);
    let started = run.started;
    let mut text = ui::version(env!("CARGO_PKG_VERSION")).line(started) + "\n";
    for event in engine::history::events(store, run.id)? {
        let at = event.at;
        for message in ui_run::event(&event, &mut translator) {
            text.push_str(&message.line(at));
            text.push('\n');
        }
    }
    Ok(text)
}
