//! Messages of the stream that tell how a run goes: Terraform's for steps that do something, our own types for retries,
//! skipped steps, checks and the run itself.

use std::time::Duration;

use model::address::InstanceAddr;
use model::clock::Timestamp;
use model::event::{Event, EventKind, Refusal};
use model::plan::StepKind;
use serde_json::{Map, Value as Json, json};

use super::diagnostic::Translator;
use super::instance::message_names;
use super::ui::{Message, diagnostic, refresh_complete, refresh_start};
use crate::cli::output::duration::short;
use crate::cli::output::run_view::RunView;

/// A running step, told from time to time.
pub fn apply_progress(
    addr: &InstanceAddr,
    kind: StepKind,
    id: Option<&str>,
    elapsed: Duration,
) -> Option<Message> {
    let words = words(kind)?;
    let mut hook = hook(addr, Some(words.action), None);
    put(&mut hook, "elapsed_seconds", json!(elapsed.as_secs()));
    let id = id.map_or_else(String::new, |id| format!("id={id}, "));
    let text = format!(
        "{addr}: Still {}... [{id}{} elapsed]",
        words.going.to_lowercase(),
        short(elapsed)
    );
    Some(Message::info("apply_progress", text, vec![("hook", hook)]))
}

/// A running step speaks so often.
const HEARTBEAT_SECS: u64 = 10;

/// Messages about steps that go on, each every ten seconds as Terraform's. To be called about once a second.
pub fn still_running(view: &mut RunView, now: Timestamp) -> Vec<Message> {
    let mut messages = Vec::new();
    for step in view.running.values_mut() {
        let took = now.since(step.since);
        if took.as_secs() >= HEARTBEAT_SECS * (u64::from(step.told) + 1) {
            step.told += 1;
            messages.extend(apply_progress(
                &step.addr,
                step.kind,
                step.id.as_deref(),
                took,
            ));
        }
    }
    messages
}

/// The messages that an event of a run is; none for events that only a screen needs.
pub fn event(event: &Event, translator: &mut Translator) -> Vec<Message> {
    match &event.kind {
        EventKind::StepStarted { kind, addr, id, .. } => step_started(*kind, addr, id.as_deref()),
        EventKind::StepDone {
            kind,
            addr,
            id,
            took,
            ..
        } => step_done(*kind, addr, id.as_deref(), *took),
        EventKind::StepFailed {
            kind,
            addr,
            took,
            diagnostic: found,
            refusal,
            ..
        } => {
            let mut messages = step_failed(*kind, addr, *took, refusal.as_ref());
            messages.push(diagnostic(found, translator));
            messages
        }
        EventKind::AskRetried { .. } => ask_retried(&event.kind).into_iter().collect(),
        EventKind::StepRetried { .. } | EventKind::StepSkipped { .. } => {
            step_put_off(&event.kind).into_iter().collect()
        }
        EventKind::RunStarted { .. }
        | EventKind::RunFinished { .. }
        | EventKind::Stopping { .. }
        | EventKind::CheckFinished { .. } => run(&event.kind).into_iter().collect(),
        EventKind::Sighted { addr, class, .. } => vec![super::ui::sighted(addr, class)],
        EventKind::ObjectAsked { addr, id } => vec![refresh_start(addr, id.as_deref())],
        EventKind::ObjectSeen { addr, id } => vec![refresh_complete(addr, id.as_deref())],
        EventKind::ObserveStarted { .. }
        | EventKind::Observed { .. }
        | EventKind::CheckStarted { .. } => Vec::new(),
    }
}

fn ask_retried(event: &EventKind) -> Option<Message> {
    let EventKind::AskRetried {
        provider,
        objects,
        attempt,
        attempts,
        wait,
        why,
    } = event
    else {
        return None;
    };
    let text = format!(
        "{provider}: Retry {attempt} of {attempts} in {}: {why}",
        short(*wait)
    );
    let wait = wait.as_secs_f64();
    let retry = json!({"attempt": attempt, "attempts": attempts, "wait_seconds": wait, "why": why});
    let payload = vec![
        ("provider", json!(provider)),
        ("objects", json!(objects)),
        ("retry", retry),
    ];
    Some(Message::info("ask_retried", text, payload))
}

fn step_put_off(event: &EventKind) -> Option<Message> {
    if let EventKind::StepRetried {
        addr,
        attempt,
        attempts,
        wait,
        why,
        ..
    } = event
    {
        let text = format!(
            "{addr}: Retry {attempt} of {attempts} in {}: {why}",
            short(*wait)
        );
        let wait = wait.as_secs_f64();
        let retry =
            json!({"attempt": attempt, "attempts": attempts, "wait_seconds": wait, "why": why});
        let payload = vec![("hook", hook(addr, None, None)), ("retry", retry)];
        return Some(Message::info("step_retried", text, payload));
    }
    let EventKind::StepSkipped { addr, needs, .. } = event else {
        return None;
    };
    let needs = needs.as_ref().map(ToString::to_string);
    let why = needs
        .as_ref()
        .map_or("the run was stopped".into(), |needs| {
            format!("needs {needs}")
        });
    let payload = vec![("hook", hook(addr, None, None)), ("needs", json!(needs))];
    Some(Message::info(
        "step_skipped",
        format!("{addr}: Skipped, {why}"),
        payload,
    ))
}

fn run(event: &EventKind) -> Option<Message> {
    if let EventKind::RunStarted {
        run,
        plan,
        environment,
        steps,
    } = event
    {
        let (plan_id, environment) = (plan.as_str(), environment.as_str());
        let started =
            json!({"run": run.0, "plan": plan_id, "environment": environment, "steps": steps});
        return Some(Message::info(
            "run_started",
            format!("Run {run} of plan {plan}"),
            vec![("run", started)],
        ));
    }
    if let EventKind::RunFinished {
        run,
        done,
        failed,
        skipped,
        took,
    } = event
    {
        let text = format!("Run {run}: {done} done, {failed} failed, {skipped} skipped");
        let seconds = took.as_secs_f64();
        let ended = json!({"run": run.0, "done": done, "failed": failed, "skipped": skipped, "seconds": seconds});
        return Some(Message::info("run_finished", text, vec![("run", ended)]));
    }
    if let EventKind::Stopping { running } = event {
        let text = format!("Stopping: {running} steps finish first");
        return Some(Message::info(
            "stopping",
            text,
            vec![("running", json!(running))],
        ));
    }
    let EventKind::CheckFinished {
        check,
        passed,
        attempts,
        took,
        detail,
        seen,
    } = event
    else {
        return None;
    };
    let text = format!(
        "Check {check} {}: {detail}",
        if *passed { "passed" } else { "failed" }
    );
    let result = json!({
        "check": check.as_str(),
        "passed": passed,
        "attempts": attempts,
        "seconds": took.as_secs_f64(),
        "detail": detail,
        "seen": seen,
    });
    Some(Message::info(
        "check_finished",
        text,
        vec![("check", result)],
    ))
}

/// Terraform's words for a step.
struct Words {
    action: &'static str,
    going: &'static str,
    noun: &'static str,
}

/// `None` for steps that only the record notices.
fn words(kind: StepKind) -> Option<Words> {
    let (action, going, noun) = match kind {
        StepKind::Create => ("create", "Creating", "Creation"),
        StepKind::Update => ("update", "Modifying", "Modifications"),
        StepKind::Destroy => ("delete", "Destroying", "Destruction"),
        StepKind::Read => ("read", "Reading", "Read"),
        StepKind::Move | StepKind::Import | StepKind::Forget | StepKind::Refresh => return None,
    };
    Some(Words {
        action,
        going,
        noun,
    })
}

fn step_started(kind: StepKind, addr: &InstanceAddr, id: Option<&str>) -> Vec<Message> {
    let Some(words) = words(kind) else {
        return Vec::new();
    };
    let text = format!("{addr}: {}...{}", words.going, in_brackets(id));
    vec![Message::info(
        "apply_start",
        text,
        vec![("hook", hook(addr, Some(words.action), id))],
    )]
}

fn step_done(
    kind: StepKind,
    addr: &InstanceAddr,
    id: Option<&str>,
    took: Duration,
) -> Vec<Message> {
    let Some(words) = words(kind) else {
        return Vec::new();
    };
    // What was destroyed has no id any more.
    let id = id.filter(|_| kind != StepKind::Destroy);
    let text = format!(
        "{addr}: {} complete after {}{}",
        words.noun,
        short(took),
        in_brackets(id)
    );
    let mut hook = hook(addr, Some(words.action), id);
    put(&mut hook, "elapsed_seconds", json!(took.as_secs()));
    vec![Message::info("apply_complete", text, vec![("hook", hook)])]
}

fn step_failed(
    kind: StepKind,
    addr: &InstanceAddr,
    took: Duration,
    refusal: Option<&Refusal>,
) -> Vec<Message> {
    let Some(words) = words(kind) else {
        return Vec::new();
    };
    let mut hook = hook(addr, Some(words.action), None);
    put(&mut hook, "elapsed_seconds", json!(took.as_secs()));
    if let Some(refusal) = refusal {
        put(&mut hook, "class", json!(refusal.class));
        put(&mut hook, "attempts", json!(refusal.attempts));
    }
    let text = format!("{addr}: {} errored after {}", words.noun, short(took));
    vec![Message::info("apply_errored", text, vec![("hook", hook)])]
}

fn put(hook: &mut Json, name: &str, value: Json) {
    if let Some(hook) = hook.as_object_mut() {
        hook.insert(name.into(), value);
    }
}

pub(super) fn hook(addr: &InstanceAddr, action: Option<&str>, id: Option<&str>) -> Json {
    let mut hook = Map::from_iter([("resource".to_owned(), message_names(addr))]);
    if let Some(action) = action {
        hook.insert("action".into(), json!(action));
    }
    if let Some(id) = id {
        hook.insert("id_key".into(), json!("id"));
        hook.insert("id_value".into(), json!(id));
    }
    Json::Object(hook)
}

pub(super) fn in_brackets(id: Option<&str>) -> String {
    id.map_or_else(String::new, |id| format!(" [id={id}]"))
}

#[cfg(test)]
mod tests {
    use model::plan::StepId;

    use super::*;

    #[test]
    fn a_running_step_speaks_every_ten_seconds() {
        let mut view = RunView::default();
        let started = EventKind::StepStarted {
            step: StepId(0),
            kind: StepKind::Update,
            addr: "a.b".parse().unwrap(),
            id: Some("i-1".into()),
        };
        view.take(&Event {
            at: Timestamp(0),
            kind: started,
        });
        let texts: Vec<String> = (1..=35)
            .flat_map(|second| still_running(&mut view, Timestamp(second * 1_000)))
            .map(|message| message.text)
            .collect();
        insta::assert_snapshot!(texts.join("\n") + "\n[EOF]", @r"
        a.b: Still modifying... [id=i-1, 10s elapsed]
        a.b: Still modifying... [id=i-1, 20s elapsed]
        a.b: Still modifying... [id=i-1, 30s elapsed]
        [EOF]
        ");
    }
}
