//! The stream of messages of Terraform's machine-readable UI (`plan|apply|destroy -json`, UI 1.2): one JSON object a
//! line. No message holds a sensitive value.

use std::collections::BTreeMap;

use delivery::rollback::{Loss, Lost};
use model::Str;
use model::address::InstanceAddr;
use model::change::{Action, Change, OutputChange, Reason};
use model::clock::Timestamp;
use model::diagnostic::Diagnostic;
use model::plan::{Drift, Plan};
use model::value::type_to_json;
use serde_json::{Map, Value as Json, json};

use super::TERRAFORM_VERSION;
use super::diagnostic::{Translator, summary};
use super::instance::message_names;
use super::shape::known;
use super::ui_run::{hook, in_brackets};
use crate::cli::output::moment::with_micros;
use crate::cli::output::recorded::OutputView;
use crate::cli::output::rollback::fate;

/// A message of the stream.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// `info`, `warn` or `error`.
    pub level: &'static str,
    /// What a person reads.
    pub text: String,
    /// The type.
    pub kind: &'static str,
    /// What else it holds, by name.
    pub payload: Vec<(&'static str, Json)>,
}

/// What a summary counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// What a plan would do.
    Plan,
    /// What an apply did.
    Apply,
    /// What a destroy did.
    Destroy,
}

/// Terraform's counts: a replacement is an addition and a removal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// New objects.
    pub add: u64,
    /// Objects changed in place.
    pub change: u64,
    /// Objects taken over.
    pub import: u64,
    /// Objects destroyed.
    pub remove: u64,
}

impl Message {
    pub(super) fn info(
        kind: &'static str,
        text: String,
        payload: Vec<(&'static str, Json)>,
    ) -> Self {
        Self {
            level: "info",
            text,
            kind,
            payload,
        }
    }

    /// The message with the environment it is about.
    pub fn about(mut self, environment: &Str) -> Self {
        self.payload
            .push(("environment", json!(environment.as_str())));
        self
    }

    /// The message as a line of the stream, without its end.
    pub fn line(&self, at: Timestamp) -> String {
        let mut json = Map::new();
        json.insert("@level".into(), json!(self.level));
        json.insert("@message".into(), json!(self.text));
        json.insert("@module".into(), json!("terrace.ui"));
        json.insert("@timestamp".into(), json!(with_micros(at)));
        for (name, value) in &self.payload {
            json.insert((*name).to_owned(), value.clone());
        }
        json.insert("type".into(), json!(self.kind));
        Json::Object(json).to_string()
    }
}

/// The first message: who speaks, and which version of the stream.
pub fn version(terrace: &str) -> Message {
    Message::info(
        "version",
        format!("Terrace {terrace}"),
        vec![
            ("terrace", json!(terrace)),
            ("terraform", json!(TERRAFORM_VERSION)),
            ("ui", json!("1.2")),
        ],
    )
}

/// Observation of an object begins.
pub fn refresh_start(addr: &InstanceAddr, id: Option<&str>) -> Message {
    let hook = hook(addr, None, id);
    Message::info(
        "refresh_start",
        format!("{addr}: Refreshing state...{}", in_brackets(id)),
        vec![("hook", hook)],
    )
}

/// An object was observed.
pub fn refresh_complete(addr: &InstanceAddr, id: Option<&str>) -> Message {
    let hook = hook(addr, None, id);
    Message::info(
        "refresh_complete",
        format!("{addr}: Refresh complete{}", in_brackets(id)),
        vec![("hook", hook)],
    )
}

/// All that a plan says: drift, changes, counts, outputs. `recorded` holds the root outputs as they are; those that do
/// not change are told too, as Terraform does.
pub fn plan<'a>(
    plan: &'a Plan,
    recorded: &[OutputView],
) -> impl Iterator<Item = Message> + use<'a> {
    let drift = plan.drift.iter().map(resource_drift);
    let changes = plan.changes.iter().filter_map(planned_change);
    let summary = change_summary(planned_summary(plan), Operation::Plan);
    drift.chain(changes).chain([summary]).chain(planned_outputs(
        &plan.outputs,
        if plan.stays.is_some() { &[] } else { recorded },
    ))
}

/// Only the planned changes, which an apply of a saved plan repeats.
pub fn planned_changes(plan: &Plan) -> impl Iterator<Item = Message> {
    plan.changes.iter().filter_map(planned_change)
}

/// A change that is planned; `None` for one that is none.
pub fn planned_change(change: &Change) -> Option<Message> {
    let action = match change.action {
        Action::NoOp if change.previous.is_some() => "move",
        Action::NoOp if change.importing.is_some() => "import",
        Action::NoOp => return None,
        Action::Read => "read",
        Action::Create => "create",
        Action::Update => "update",
        Action::Replace(_) => "replace",
        Action::Destroy => "delete",
        Action::Forget => "remove",
    };
    let mut json = Map::new();
    json.insert("resource".into(), message_names(&change.addr));
    if let Some(previous) = &change.previous {
        json.insert("previous_resource".into(), message_names(previous));
    }
    json.insert("action".into(), json!(action));
    if let Some(reason) = change.reason {
        json.insert("reason".into(), reason_word(reason));
    }
    if let Some(id) = &change.importing {
        json.insert("importing".into(), json!({"id": id.as_str()}));
    }
    let text = format!("{}: Plan to {action}", change.addr);
    Some(Message::info(
        "planned_change",
        text,
        vec![("change", Json::Object(json))],
    ))
}

/// The stream's words for reasons are shorter than those of plan JSON.
fn reason_word(reason: Reason) -> Json {
    match reason {
        Reason::ReplaceBecauseCannotUpdate => json!("cannot_update"),
        Reason::ReplaceBecauseTainted => json!("tainted"),
        Reason::ReplaceByRequest => json!("requested"),
        Reason::ReplaceByTriggers => json!("replace_triggered_by"),
        Reason::DeleteBecauseNoResourceConfig
        | Reason::DeleteBecauseNoModule
        | Reason::DeleteBecauseWrongRepetition
        | Reason::DeleteBecauseCountIndex
        | Reason::DeleteBecauseEachKey
        | Reason::DeleteBecauseNoMoveTarget
        | Reason::ReadBecauseConfigUnknown
        | Reason::ReadBecauseDependencyPending
        | Reason::ReadBecauseCheckNested => json!(reason),
    }
}

/// An instance that a look found to be not as it was applied.
pub fn sighted(addr: &InstanceAddr, class: &str) -> Message {
    let change = json!({"resource": message_names(addr), "class": class});
    let text = format!("{addr}: Drift detected ({class})");
    Message::info("resource_drift", text, vec![("change", change)])
}

/// Something that a rollback does not bring back as it was.
pub fn loss(loss: &Loss) -> Message {
    let (how, run) = match loss.how {
        Lost::Destroyed(run) => ("destroyed", Some(run.0)),
        Lost::Replaced(run) => ("replaced", Some(run.0)),
        Lost::Forgotten => ("forgotten", None),
        Lost::Destroys => ("destroys", None),
        Lost::Replaces => ("replaces", None),
        Lost::Forgets => ("forgets", None),
    };
    let lost = json!({"resource": message_names(&loss.addr), "how": how, "run": run});
    let text = format!("{}: Cannot be undone: {}", loss.addr, fate(loss.how));
    Message::info("cannot_be_undone", text, vec![("loss", lost)])
}

/// An object that differs from the record.
pub fn resource_drift(drift: &Drift) -> Message {
    let action = if drift.observed.is_null() {
        "delete"
    } else {
        "update"
    };
    let change = json!({"resource": message_names(&drift.addr), "action": action});
    let text = format!("{}: Drift detected ({action})", drift.addr);
    Message::info("resource_drift", text, vec![("change", change)])
}

/// What the plan would add, change and remove.
pub fn planned_summary(plan: &Plan) -> Summary {
    let mut summary = Summary::default();
    for change in &plan.changes {
        summary.import += u64::from(change.importing.is_some());
        match change.action {
            Action::NoOp | Action::Read | Action::Forget => {}
            Action::Create => summary.add += 1,
            Action::Update => summary.change += 1,
            Action::Replace(_) => {
                summary.add += 1;
                summary.remove += 1;
            }
            Action::Destroy => summary.remove += 1,
        }
    }
    summary
}

/// The counts.
pub fn change_summary(summary: Summary, operation: Operation) -> Message {
    let Summary {
        add,
        change,
        import,
        remove,
    } = summary;
    let (word, text) = match operation {
        Operation::Plan => {
            let import = if import > 0 {
                format!("{import} to import, ")
            } else {
                String::new()
            };
            (
                "plan",
                format!("Plan: {import}{add} to add, {change} to change, {remove} to destroy."),
            )
        }
        Operation::Apply => {
            let import = if import > 0 {
                format!("{import} imported, ")
            } else {
                String::new()
            };
            let counts = format!("{import}{add} added, {change} changed, {remove} destroyed.");
            ("apply", format!("Apply complete! Resources: {counts}"))
        }
        Operation::Destroy => (
            "destroy",
            format!("Destroy complete! Resources: {remove} destroyed."),
        ),
    };
    let changes = json!({"add": add, "change": change, "import": import, "remove": remove, "operation": word});
    Message::info("change_summary", text, vec![("changes", changes)])
}

/// What is planned for outputs; `None` when there are none.
fn planned_outputs(outputs: &[OutputChange], recorded: &[OutputView]) -> Option<Message> {
    let mut words: BTreeMap<&Str, Json> = recorded
        .iter()
        .map(|output| {
            (
                output.name,
                json!({"sensitive": output.sensitive, "action": "noop"}),
            )
        })
        .collect();
    for output in outputs {
        let action = match output.action {
            Action::NoOp | Action::Read => "noop",
            Action::Create => "create",
            Action::Update | Action::Replace(_) => "update",
            Action::Destroy | Action::Forget => "delete",
        };
        words.insert(
            &output.name,
            json!({"sensitive": output.sensitive, "action": action}),
        );
    }
    if words.is_empty() {
        return None;
    }
    let text = format!("Outputs: {}", words.len());
    let words = words
        .into_iter()
        .map(|(name, word)| (name.to_string(), word))
        .collect();
    Some(Message::info(
        "outputs",
        text,
        vec![("outputs", Json::Object(words))],
    ))
}

/// The outputs as they are now; sensitive ones without their value.
pub fn outputs(outputs: &[OutputView]) -> Message {
    let values = outputs.iter().map(|output| {
        let mut json = Map::new();
        json.insert("sensitive".into(), json!(output.sensitive));
        json.insert("type".into(), type_to_json(&output.value.ty()));
        if !output.sensitive && !output.value.has_marks() {
            json.insert("value".into(), known(output.value).unwrap_or(Json::Null));
        }
        (output.name.to_string(), Json::Object(json))
    });
    let values: Map<String, Json> = values.collect();
    Message::info(
        "outputs",
        format!("Outputs: {}", values.len()),
        vec![("outputs", Json::Object(values))],
    )
}

/// A diagnostic, with its place and source text.
pub fn diagnostic(diagnostic: &Diagnostic, translator: &mut Translator) -> Message {
    let (level, word) = if diagnostic.is_error() {
        ("error", "Error")
    } else {
        ("warn", "Warning")
    };
    Message {
        level,
        text: format!("{word}: {}", summary(diagnostic)),
        kind: "diagnostic",
        payload: vec![("diagnostic", translator.json(diagnostic))],
    }
}
