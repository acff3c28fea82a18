//! Projects of one or more steps against what Terraform answered: `tests/conformance/scenarios.jsonl`. Compared are
//! exit codes, each instance's planned change, changes of outputs, and what the record holds after an apply.
//! `TERRACE_SCENARIOS=FILE cargo test --test cases scenarios/` takes another file of that form.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use libtest_mimic::Trial;
use regex::{Captures, Regex};
use serde_json::{Map, Value, json};

use crate::harness::{Answer, Sandbox};

/// Scenarios that Terrace answers in another way, and why. One that no longer differs has to leave the list.
const DIFFERS: &[(&str, &str)] = &[
    (
        "import/block",
        "import blocks do nothing yet, and a definition that has one is refused",
    ),
    (
        "import/for-each",
        "import blocks do nothing yet, and a definition that has one is refused",
    ),
    (
        "import/already-in-state",
        "import blocks do nothing yet, and a definition that has one is refused",
    ),
    (
        "provisioner/fail-taints",
        "provisioners are not run yet, and a definition that has one is refused",
    ),
    (
        "provisioner/fail-continue",
        "provisioners are not run yet, and a definition that has one is refused",
    ),
    (
        "provisioner/destroy",
        "provisioners are not run yet, and a definition that has one is refused",
    ),
    (
        "provisioner/destroy-fail",
        "provisioners are not run yet, and a definition that has one is refused",
    ),
    (
        "provisioner/sensitive-output",
        "provisioners are not run yet, and a definition that has one is refused",
    ),
    (
        "state/partial-apply-failure",
        "provisioners are not run yet, and a definition that has one is refused",
    ),
    (
        "data/deferred-by-unknown",
        "the data source terraform_remote_state is not built in",
    ),
    (
        "data/deferred-by-depends-on",
        "the data source terraform_remote_state is not built in",
    ),
    ("test-cmd/expect-failures", "there is no command `test`"),
];

/// The scenarios as tests, and how many of them were answered exactly.
pub(crate) struct Scenarios {
    /// One for each scenario.
    pub(crate) trials: Vec<Trial>,
    count: usize,
    exact: Arc<AtomicUsize>,
}

impl Scenarios {
    /// `scenarios: 79 of 93 exact`, once the tests have run.
    pub(crate) fn score(&self) -> String {
        let exact = self.exact.load(Ordering::Relaxed);
        format!("scenarios: {exact} of {} exact", self.count)
    }
}

/// Reads the scenarios.
pub(crate) fn scenarios() -> Scenarios {
    let (text, own) = match std::env::var_os("TERRACE_SCENARIOS") {
        Some(path) => (
            std::fs::read_to_string(path).expect("the file of scenarios"),
            false,
        ),
        None => (
            include_str!("../conformance/scenarios.jsonl").to_owned(),
            true,
        ),
    };
    let scenarios: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("a scenario is JSON"))
        .collect();
    for (id, reason) in DIFFERS.iter().filter(|_| own) {
        let known = scenarios.iter().any(|scenario| scenario["id"] == **id);
        assert!(known, "no scenario is named {id} ({reason})");
    }
    let (count, exact) = (scenarios.len(), Arc::new(AtomicUsize::new(0)));
    let trial = |scenario: Value| {
        let exact = Arc::clone(&exact);
        let id = scenario["id"]
            .as_str()
            .expect("a scenario has an id")
            .to_owned();
        let reason = DIFFERS
            .iter()
            .find(|(known, _)| *known == id)
            .map(|(_, reason)| *reason);
        Trial::test(format!("scenarios/{id}"), move || {
            let found = check(&scenario);
            exact.fetch_add(usize::from(found.is_ok()), Ordering::Relaxed);
            match (found, reason) {
                (Ok(()), None) | (Err(_), Some(_)) => Ok(()),
                (Ok(()), Some(reason)) => {
                    Err(format!("{id} no longer differs; it was listed because {reason}").into())
                }
                (Err(difference), None) => Err(difference.into()),
            }
        })
    };
    let trials = scenarios.into_iter().map(trial).collect();
    Scenarios {
        trials,
        count,
        exact,
    }
}

/// Runs the steps and compares each with what is expected.
fn check(scenario: &Value) -> Result<(), String> {
    let sandbox = Sandbox::new();
    let (mut expected, mut found, mut said) = (Vec::new(), Vec::new(), String::new());
    for step in scenario["steps"].as_array().expect("a scenario has steps") {
        for (path, content) in step["files"].as_object().into_iter().flatten() {
            sandbox.write(path, content.as_str().expect("a file is text"));
        }
        expected.push(expectation(step));
        let answers = run(&sandbox, step, &mut said);
        found.push(answers);
    }
    let ids = Regex::new(r"<uuid:\d+>|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
        .expect("a regular expression");
    let keys = Regex::new(r"<deposed:\d+>|\b[0-9a-f]{8}\b").expect("a regular expression");
    let times = Regex::new(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ").expect("a regular expression");
    let text = |steps: Vec<Value>| {
        let text =
            serde_json::to_string_pretty(&sorted(&Value::Array(steps))).expect("JSON is written");
        let text = numbered(&ids, &text, "uuid");
        let text = numbered(&keys, &text, "deposed");
        times.replace_all(&text, "<time>").into_owned()
    };
    let (expected, found) = (text(expected), text(found));
    if expected == found {
        return Ok(());
    }
    let differences = similar::TextDiff::from_lines(expected.as_str(), found.as_str());
    let differences = differences
        .unified_diff()
        .context_radius(6)
        .header("terraform", "terrace")
        .to_string();
    let files = &scenario["steps"][0]["files"];
    let files: Vec<String> = files
        .as_object()
        .into_iter()
        .flatten()
        .map(|(path, text)| format!("-- {path}\n{}", text.as_str().unwrap_or_default()))
        .collect();
    Err(format!("{}\n{differences}\n{said}", files.join("\n")))
}

/// What a step is compared by, as Terraform answered it.
fn expectation(step: &Value) -> Value {
    let expect = &step["expect"];
    let mut answer = Map::new();
    if step["kind"] == "cmd" {
        answer.insert("exit".into(), expect["exit_code"].clone());
        return Value::Object(answer);
    }
    answer.insert("plan exit".into(), expect["plan_exit_code"].clone());
    if has_plan(expect) {
        answer.insert("plan".into(), concealing(plan(expect)));
    }
    if step["kind"] == "apply" && expect.get("apply_exit_code").is_some() {
        answer.insert("apply exit".into(), expect["apply_exit_code"].clone());
        answer.insert("state".into(), recorded_by_terraform(&expect["state"]));
    }
    Value::Object(answer)
}

/// Terraform's plan with the one thing that Terrace says otherwise in every plan: what `output` of a sensitive `input`
/// holds is as secret as the input is.
fn concealing(mut plan: Value) -> Value {
    for (_, planned) in plan["resource_changes"]
        .as_object_mut()
        .into_iter()
        .flatten()
    {
        for side in ["before_sensitive", "after_sensitive"] {
            let Some(sensitive) = planned["change"][side].as_object_mut() else {
                continue;
            };
            let input = sensitive.get("input").filter(|input| is_sensitive(input));
            if let Some(input) = input.cloned() {
                sensitive.insert("output".into(), input);
            }
        }
    }
    plan
}

fn is_sensitive(shape: &Value) -> bool {
    let items = shape.as_array().into_iter().flatten();
    let fields = shape.as_object().into_iter().flat_map(Map::values);
    *shape == true || items.chain(fields).any(is_sensitive)
}

/// Whether there is a plan to compare. Terraform keeps what it had planned when an error stopped it; Terrace keeps
/// no plan that cannot be applied, so that only the exit code can be compared.
fn has_plan(expect: &Value) -> bool {
    expect.get("plan_format_version").is_some() && expect["errored"] == false
}

/// Runs a step with Terrace and returns what it is compared by.
fn run(sandbox: &Sandbox, step: &Value, said: &mut String) -> Value {
    let texts = |value: &Value| -> Vec<String> {
        value
            .as_array()
            .into_iter()
            .flatten()
            .map(|text| text.as_str().unwrap_or_default().to_owned())
            .collect()
    };
    let variables: Vec<(String, String)> = step["env"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()))
        .collect();
    let given = texts(&step["args"]);
    let mut terrace = |words: &[&str], given: &[String]| -> Answer {
        let arguments = words
            .iter()
            .copied()
            .chain(given.iter().map(String::as_str));
        let answer = sandbox.terrace(
            arguments,
            variables
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str())),
        );
        said.push_str(&format!(
            "$ terrace {} {}\n",
            words.join(" "),
            given.join(" ")
        ));
        if words.first() != Some(&"show") {
            said.push_str(&format!("{}{}", answer.stdout, answer.stderr));
        }
        answer
    };
    let mut found = Map::new();
    if step["kind"] == "cmd" {
        found.insert("exit".into(), json!(terrace(&[], &given).code));
        return Value::Object(found);
    }
    let planned = terrace(
        &[
            "plan",
            "-input=false",
            "-detailed-exitcode",
            "-out=step.plan",
        ],
        &given,
    );
    found.insert("plan exit".into(), json!(planned.code));
    let expect = &step["expect"];
    if has_plan(expect) {
        let shown = terrace(&["show", "-json", "step.plan"], &[]);
        let shown = serde_json::from_str(&shown.stdout).unwrap_or(Value::Null);
        found.insert("plan".into(), plan(&shown));
    }
    if step["kind"] == "apply" && expect.get("apply_exit_code").is_some() {
        let applied = terrace(
            &["apply", "-input=false", "-auto-approve", "step.plan"],
            &[],
        );
        found.insert("apply exit".into(), json!(applied.code));
        let shown = terrace(&["show", "-json"], &[]);
        let shown: Value = serde_json::from_str(&shown.stdout).unwrap_or(Value::Null);
        found.insert("state".into(), recorded(&shown));
    }
    let _ = std::fs::remove_file(sandbox.project().join("step.plan"));
    Value::Object(found)
}

/// What of a plan's JSON is compared: changes by address, changes of outputs, what became of it.
fn plan(json: &Value) -> Value {
    let mut changes = BTreeMap::new();
    for change in json["resource_changes"].as_array().into_iter().flatten() {
        let deposed = change["deposed"]
            .as_str()
            .map(|key| format!(" ({key})"))
            .unwrap_or_default();
        let address = format!(
            "{}{deposed}",
            change["address"].as_str().unwrap_or_default()
        );
        let mut kept = Map::new();
        for name in ["previous_address", "action_reason", "provider_name"] {
            kept.insert(name.into(), change[name].clone());
        }
        kept.insert("change".into(), change["change"].clone());
        changes.insert(address, Value::Object(kept));
    }
    json!({
        "resource_changes": changes,
        "output_changes": json.get("output_changes").cloned().unwrap_or_else(|| json!({})),
        "errored": json["errored"],
        "applyable": json["applyable"],
        "complete": json["complete"],
    })
}

/// What a state of Terraform's holds, by address.
fn recorded_by_terraform(state: &Value) -> Value {
    let mut instances = Map::new();
    for resource in state["resources"].as_array().into_iter().flatten() {
        let part = |name: &str| resource[name].as_str().unwrap_or_default().to_owned();
        let module = resource["module"]
            .as_str()
            .map(|module| format!("{module}."))
            .unwrap_or_default();
        let mode = if part("mode") == "data" { "data." } else { "" };
        for instance in resource["instances"].as_array().into_iter().flatten() {
            let key = instance
                .get("index_key")
                .map(|key| format!("[{key}]"))
                .unwrap_or_default();
            let deposed = instance["deposed"]
                .as_str()
                .map(|key| format!(" ({key})"))
                .unwrap_or_default();
            let address = format!(
                "{module}{mode}{}.{}{key}{deposed}",
                part("type"),
                part("name")
            );
            let attributes = instance["attributes"]
                .as_object()
                .cloned()
                .unwrap_or_default();
            let attributes: Map<String, Value> = attributes
                .into_iter()
                .map(|(name, value)| (name, bare(&part("type"), value)))
                .collect();
            let tainted = instance["status"] == "tainted";
            instances.insert(
                address,
                json!({ "attributes": attributes, "tainted": tainted }),
            );
        }
    }
    let outputs = state["outputs"].as_object().cloned().unwrap_or_default();
    let outputs: Map<String, Value> = outputs
        .into_iter()
        .map(|(name, output)| {
            (
                name,
                json!({ "value": output["value"], "sensitive": output["sensitive"] == true }),
            )
        })
        .collect();
    json!({ "instances": instances, "outputs": outputs })
}

/// A value of type `dynamic` stands with its type in a state; here only the value counts.
fn bare(kind: &str, value: Value) -> Value {
    match value.as_object() {
        Some(object)
            if kind == "terraform_data" && object.len() == 2 && object.contains_key("type") =>
        {
            object.get("value").cloned().unwrap_or(Value::Null)
        }
        _ => value,
    }
}

/// What Terrace's record holds, by address, from `terrace show -json`.
fn recorded(shown: &Value) -> Value {
    let mut instances = Map::new();
    let mut modules = vec![&shown["values"]["root_module"]];
    while let Some(module) = modules.pop() {
        modules.extend(module["child_modules"].as_array().into_iter().flatten());
        for instance in module["resources"].as_array().into_iter().flatten() {
            let deposed = instance["deposed_key"]
                .as_str()
                .map(|key| format!(" ({key})"))
                .unwrap_or_default();
            let address = format!(
                "{}{deposed}",
                instance["address"].as_str().unwrap_or_default()
            );
            let tainted = instance["tainted"] == true;
            instances.insert(
                address,
                json!({ "attributes": instance["values"], "tainted": tainted }),
            );
        }
    }
    let outputs = shown["values"]["outputs"]
        .as_object()
        .cloned()
        .unwrap_or_default();
    let outputs: Map<String, Value> = outputs
        .into_iter()
        .map(|(name, output)| {
            (
                name,
                json!({ "value": output["value"], "sensitive": output["sensitive"] == true }),
            )
        })
        .collect();
    json!({ "instances": instances, "outputs": outputs })
}

/// Returns the value with the keys of its objects in order, and without what is null in an object.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(object) => {
            let ordered: BTreeMap<&String, &Value> = object.iter().collect();
            Value::Object(
                ordered
                    .into_iter()
                    .map(|(name, value)| (name.clone(), sorted(value)))
                    .collect(),
            )
        }
        Value::Array(values) => Value::Array(values.iter().map(sorted).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

/// Numbers what `regex` finds in the order it is first found.
fn numbered(regex: &Regex, text: &str, name: &str) -> String {
    let mut seen: Vec<String> = Vec::new();
    let text = regex.replace_all(text, |captures: &Captures<'_>| {
        let id = captures[0].to_owned();
        let known = seen.iter().position(|known| *known == id);
        let number = known.unwrap_or_else(|| {
            seen.push(id);
            seen.len() - 1
        });
        format!("<{name}:{}>", number + 1)
    });
    text.into_owned()
}
