//! The JSON against what Terraform itself wrote for the same plans. Each line of the file is one plan: its JSON is
//! read back into a plan of ours, which is written again and must come out the same. `TERRACE_SCENARIOS=FILE` takes
//! another file of that form.

use std::collections::BTreeMap;
use std::time::Duration;

use model::address::{InstanceAddr, ModulePath, ProviderAddr};
use model::change::{Action, Change, DeposedKey, OutputChange, ReplaceOrder};
use model::clock::Timestamp;
use model::event::{Event, EventKind};
use model::path::{Path, PathStep};
use model::plan::{Order, Plan, PlanMode, Refresh, StepId, StepKind};
use model::serial::{PlanId, Serial};
use model::value::{from_json, from_json_implied, type_from_json};
use model::{Diagnostics, Marks, Sources, Str, Type, Value};
use serde_json::{Value as Json, json};

use super::diagnostic::Translator;
use super::plan::PlanView;
use super::{plan, ui, ui_run};
use crate::cli::output::recorded::{OutputView, RecordedView};

#[expect(
    clippy::disallowed_methods,
    reason = "a test may be pointed to another file"
)]
fn cases() -> Vec<Json> {
    let committed = include_str!("testdata/scenarios.jsonl").to_owned();
    let text = std::env::var("TERRACE_SCENARIOS")
        .map_or(committed, |path| std::fs::read_to_string(path).unwrap());
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Lays the known part, the unknown places and the sensitive places over each other.
fn value(known: &Json, unknown: &Json, sensitive: &Json) -> Value {
    let value = match (known, unknown) {
        (_, Json::Bool(true)) => Value::unknown(match sensitive {
            Json::Array(_) => Type::tuple([]),
            Json::Object(_) => Type::object::<Str>([]),
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => Type::Dynamic,
        }),
        (Json::Array(items), _) => Value::tuple(
            items
                .iter()
                .enumerate()
                .map(|(at, item)| value(item, &unknown[at], &sensitive[at]))
                .collect(),
        ),
        (Json::Object(fields), _) => {
            let later = unknown
                .as_object()
                .into_iter()
                .flatten()
                .filter(|(name, _)| !fields.contains_key(*name));
            let all = fields
                .iter()
                .chain(later.map(|(name, _)| (name, &Json::Null)));
            Value::object(all.map(|(name, field)| {
                (
                    name.as_str(),
                    value(field, &unknown[name], &sensitive[name]),
                )
            }))
        }
        _ => from_json_implied(known),
    };
    if *sensitive == json!(true) {
        value.mark(Marks::SENSITIVE)
    } else {
        value
    }
}

fn addr(json: &Json) -> InstanceAddr {
    json.as_str().unwrap().parse().unwrap()
}

fn provider(json: &Json) -> ProviderAddr {
    ProviderAddr {
        module: ModulePath::root(),
        source: json.as_str().unwrap().parse().unwrap(),
        alias: None,
    }
}

fn action(actions: &Json) -> Action {
    let words: Vec<&str> = actions
        .as_array()
        .unwrap()
        .iter()
        .map(|word| word.as_str().unwrap())
        .collect();
    match words.as_slice() {
        ["no-op"] => Action::NoOp,
        ["read"] => Action::Read,
        ["create"] => Action::Create,
        ["update"] => Action::Update,
        ["delete", "create"] => Action::Replace(ReplaceOrder::DestroyFirst),
        ["create", "delete"] => Action::Replace(ReplaceOrder::CreateFirst),
        ["delete"] => Action::Destroy,
        ["forget"] => Action::Forget,
        other => panic!("{other:?}"),
    }
}

fn change(json: &Json) -> Change {
    let what = &json["change"];
    let step = |step: &Json| match step.as_u64() {
        Some(index) => PathStep::Index(index),
        None => PathStep::Attribute(step.as_str().unwrap().into()),
    };
    let path = |path: &Json| Path(path.as_array().unwrap().iter().map(step).collect());
    Change {
        addr: addr(&json["address"]),
        deposed: json["deposed"].as_str().map(|key| DeposedKey(key.into())),
        previous: json.get("previous_address").map(addr),
        importing: what["importing"]["id"].as_str().map(Into::into),
        provider: provider(&json["provider_name"]).into(),
        action: action(&what["actions"]),
        reason: json
            .get("action_reason")
            .map(|reason| serde_json::from_value(reason.clone()).unwrap()),
        because: Vec::new(),
        before: value(&what["before"], &Json::Null, &what["before_sensitive"]),
        after: value(
            &what["after"],
            &what["after_unknown"],
            &what["after_sensitive"],
        ),
        replace_paths: what["replace_paths"]
            .as_array()
            .into_iter()
            .flatten()
            .map(path)
            .collect(),
        config: Value::NULL,
        private: Vec::new(),
        prior_private: Vec::new(),
        schema_version: 0,
        dependencies: Vec::new().into(),
        create_before_destroy: false,
        legacy: false,
    }
}

fn output(name: &str, json: &Json, planned: &Json) -> OutputChange {
    let after = match planned.get("type") {
        Some(ty) => from_json(&json["after"], &type_from_json(ty).unwrap()).unwrap(),
        None => value(&json["after"], &json["after_unknown"], &json!(false)),
    };
    OutputChange {
        name: name.into(),
        before: from_json_implied(&json["before"]),
        after,
        sensitive: json["after_sensitive"] == json!(true),
        action: action(&json["actions"]),
    }
}

struct Scenario {
    plan: Plan,
    stays: Vec<Change>,
}

fn scenario(case: &Json) -> Scenario {
    let all = case["resource_changes"]
        .as_array()
        .into_iter()
        .flatten()
        .map(change);
    let (stays, changes): (Vec<_>, Vec<_>) = all.partition(|change| {
        change.action == Action::NoOp && change.previous.is_none() && change.importing.is_none()
    });
    let outputs = case["output_changes"].as_object().into_iter().flatten();
    let plan = Plan {
        id: PlanId::from_digest([0; 4]),
        environment: "default".into(),
        revision: None,
        content: None,
        serial: Serial(1),
        lineage: "l".into(),
        created: Timestamp(0),
        mode: PlanMode::Normal,
        refresh: Refresh::Observe,
        targets: Vec::new(),
        excludes: Vec::new(),
        variables: BTreeMap::new(),
        files: Vec::new(),
        changes,
        unchanged: stays.len() as u64,
        stays: None,
        steps: Vec::new(),
        order: Order::default(),
        outputs: outputs
            .map(|(name, json)| output(name, json, &case["planned_values"]["outputs"][name]))
            .collect(),
        drift: Vec::new(),
        relinked: Vec::new(),
        reads: BTreeMap::new(),
        conditions: Vec::new(),
        warnings: Diagnostics::new(),
    };
    Scenario { plan, stays }
}

fn recorded(stays: &[Change]) -> Vec<RecordedView<'_>> {
    let view = |change: &'_ Change| -> InstanceAddr { change.addr.clone() };
    stays
        .iter()
        .map(|change| RecordedView {
            addr: view(change),
            deposed: None,
            provider: &change.provider,
            schema_version: 0,
            value: &change.before,
            depends_on: &[],
            tainted: false,
        })
        .collect()
}

fn drop_forgotten(module: &mut Json) {
    for (list, forgotten) in [
        (
            "resources",
            (|resource| resource["sensitive_values"] == json!(false)) as fn(&Json) -> bool,
        ),
        ("child_modules", |module| {
            module.as_object().unwrap().len() == 1
        }),
    ] {
        let Some(items) = module.get_mut(list).and_then(Json::as_array_mut) else {
            continue;
        };
        items.iter_mut().for_each(drop_forgotten);
        items.retain(|item| !forgotten(item));
        if items.is_empty() {
            module.as_object_mut().unwrap().shift_remove(list);
        }
    }
}

/// Terraform writes the instances of a module in any order.
fn sort_modules(module: &mut Json) {
    let Some(children) = module.get_mut("child_modules").and_then(Json::as_array_mut) else {
        return;
    };
    children.iter_mut().for_each(sort_modules);
    children.sort_by_key(|child| child["address"].to_string());
}

#[test]
fn plans_come_out_as_terraform_writes_them() {
    let mut compared = 0;
    for case in cases() {
        let Scenario { plan: made, stays } = scenario(&case);
        let mut text = Vec::new();
        plan::write(
            &mut text,
            PlanView {
                plan: &made,
                recorded: &recorded(&stays),
                outputs: &[],
                definition: None,
            },
        )
        .unwrap();
        let written: Json = serde_json::from_slice(&text).unwrap();
        for part in ["resource_changes", "output_changes", "planned_values"] {
            let mut theirs = case.get(part).cloned();
            // Terraform lists what is forgotten, without values; a reader would take it for an empty object.
            if let Some(root) = theirs
                .as_mut()
                .and_then(|planned| planned.get_mut("root_module"))
            {
                drop_forgotten(root);
                sort_modules(root);
            }
            assert_eq!(
                written.get(part),
                theirs.as_ref(),
                "{part} of {}",
                case["id"]
            );
            compared += 1;
        }
    }
    assert!(compared > 200, "{compared}");
}

/// Without what Terraform adds around each message, and what the file leaves out.
fn bare(message: &ui::Message) -> Json {
    let mut json = json!({"type": message.kind, "level": message.level, "message": message.text});
    for (name, value) in &message.payload {
        json[name] = value.clone();
    }
    if let Some(hook) = json.get_mut("hook").and_then(Json::as_object_mut) {
        hook.shift_remove("elapsed_seconds");
    }
    json
}

fn sorted(messages: impl Iterator<Item = Json>) -> Vec<String> {
    let mut lines: Vec<String> = messages
        .map(|message| canonical(&message).to_string())
        .collect();
    lines.sort();
    lines
}

/// The same with members in the order of their names.
fn canonical(json: &Json) -> Json {
    match json {
        Json::Object(fields) => {
            let sorted: BTreeMap<&String, Json> = fields
                .iter()
                .map(|(name, value)| (name, canonical(value)))
                .collect();
            Json::Object(
                sorted
                    .into_iter()
                    .map(|(name, value)| (name.clone(), value))
                    .collect(),
            )
        }
        Json::Array(items) => Json::Array(items.iter().map(canonical).collect()),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => json.clone(),
    }
}

#[test]
fn plans_speak_as_terraform_does() {
    let kinds = ["planned_change", "change_summary", "outputs"];
    for case in cases() {
        let Some(theirs) = case["plan_ui"].as_array() else {
            continue;
        };
        let made = scenario(&case).plan;
        let theirs = theirs
            .iter()
            .filter(|message| kinds.contains(&message["type"].as_str().unwrap()))
            .cloned();
        assert_eq!(
            sorted(ui::plan(&made, &[]).map(|m| bare(&m))),
            sorted(theirs),
            "{}",
            case["id"]
        );
    }
}

#[test]
fn runs_speak_as_terraform_does() {
    let sources = Sources::default();
    let mut translator = Translator::new(&sources);
    let mut compared = 0;
    for case in cases() {
        for message in case["apply_ui"].as_array().into_iter().flatten() {
            let hook = &message["hook"];
            let kind = match hook["action"].as_str() {
                Some("create") => StepKind::Create,
                Some("update") => StepKind::Update,
                Some("delete") => StepKind::Destroy,
                Some("read") => StepKind::Read,
                _ => continue,
            };
            let (step, addr) = (StepId(0), addr(&hook["resource"]["addr"]));
            let id: Option<Str> = hook["id_value"].as_str().map(Into::into);
            let text = message["message"].as_str().unwrap();
            let seconds = text
                .split_once(" after ")
                .map(|(_, rest)| rest.split_once('s').unwrap().0.parse().unwrap());
            let took = Duration::from_secs(seconds.unwrap_or(0));
            let kind = match message["type"].as_str().unwrap() {
                "apply_start" => EventKind::StepStarted {
                    step,
                    kind,
                    addr,
                    id,
                },
                "apply_complete" => EventKind::StepDone {
                    step,
                    kind,
                    addr,
                    id,
                    took,
                },
                "apply_errored" => {
                    let diagnostic =
                        Box::new(model::Diagnostic::error("provider-failed", "it failed"));
                    EventKind::StepFailed {
                        step,
                        kind,
                        addr,
                        took,
                        diagnostic,
                        refusal: None,
                    }
                }
                _ => continue,
            };
            let ours = ui_run::event(
                &Event {
                    at: Timestamp(0),
                    kind,
                },
                &mut translator,
            );
            assert_eq!(bare(&ours[0]), *message, "{}", case["id"]);
            compared += 1;
        }
    }
    assert!(compared > 100, "{compared}");
}

#[test]
fn outputs_after_a_run_speak_as_terraform_does() {
    for case in cases() {
        let messages = case["apply_ui"].as_array().into_iter().flatten();
        for message in messages.filter(|message| message["type"] == "outputs") {
            let values: Vec<(Str, Value, bool)> = message["outputs"]
                .as_object()
                .unwrap()
                .iter()
                .map(|(name, json)| {
                    let ty = type_from_json(&json["type"]).unwrap();
                    let sensitive = json["sensitive"] == json!(true);
                    let value = match json.get("value") {
                        Some(value) => from_json(value, &ty).unwrap(),
                        None => Value::Null(ty),
                    };
                    (name.as_str().into(), value, sensitive)
                })
                .collect();
            let views: Vec<OutputView> = values
                .iter()
                .map(|(name, value, sensitive)| OutputView {
                    name,
                    value,
                    sensitive: *sensitive,
                })
                .collect();
            assert_eq!(
                canonical(&bare(&ui::outputs(&views))),
                canonical(message),
                "{}",
                case["id"]
            );
        }
    }
}
