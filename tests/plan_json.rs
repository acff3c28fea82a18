//! The JSON of a plan against what Terraform wrote for the same definition: each directory of `tests/plan_json` has a
//! definition and, in `terraform.json`, Terraform's answer. Where there is a `before.tfvars`, it was applied first; the
//! files in `later` then take the places of those that were applied, and `options` has more options of the plan. In
//! `conditions`, `terraform_state.json` has the checks of the states after two applies and a destroy.
//!
//! `RECORD_PLAN_JSON=1 cargo test --test plan_json` asks the `terraform` on the path (1.11.4) anew.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Map, Value, json};
use tempfile::TempDir;

/// What is another with us, and why: a directory, a place in the JSON (`*` is any text), the reason.
const OTHER: &[(&str, &str, &str)] = &[
    (
        "expressions",
        "/planned_values/root_module/resources/6/sensitive_values/triggers_replace/*",
        "an unknown output that a module says is sensitive stays sensitive; Terraform forgets it",
    ),
    (
        "expressions",
        "/resource_changes/6/change/after_sensitive/triggers_replace/*",
        "the same",
    ),
    (
        "json_syntax",
        "/configuration/root_module/*/constant_value",
        "in JSON syntax Terraform takes the text of a template for a constant value besides its references",
    ),
    (
        "moved",
        "/prior_state/values/outputs/power/value",
        "what is known already is worked out anew for the prior state, with fewer digits; ours have them all everywhere",
    ),
];

/// What differs from run to run, is ours alone, or says who wrote it.
const ASIDE: &[&str] = &["timestamp", "terraform_version", "terrace"];

#[test]
fn a_plan_is_as_terraform_writes_it() {
    let mut wrong = Vec::new();
    let mut met = vec![false; OTHER.len()];
    for directory in directories() {
        let name = directory
            .file_name()
            .and_then(|name| name.to_str())
            .expect("a name");
        let answer = directory.join("terraform.json");
        if std::env::var_os("RECORD_PLAN_JSON").is_some() {
            let theirs = plan_of("terraform", &directory);
            let text = format!("{:#}\n", comparable(theirs));
            fs::write(&answer, text).expect("the answer is written");
        }
        let theirs = fs::read(&answer).expect("Terraform's answer");
        let theirs: Value = serde_json::from_slice(&theirs).expect("JSON");
        let ours = comparable(plan_of(env!("CARGO_BIN_EXE_terrace"), &directory));
        let mut places = BTreeMap::new();
        differences(String::new(), &ours, &theirs, &mut places);
        for (place, difference) in places {
            let mut known = false;
            for ((directory, listed, _), met) in OTHER.iter().zip(&mut met) {
                if *directory == name && is_of(&place, listed) {
                    (known, *met) = (true, true);
                }
            }
            if !known {
                wrong.push(format!("{name}{place}: {difference}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let same = OTHER.iter().zip(met).filter(|(_, met)| !met);
    let same: Vec<&str> = same.map(|((_, place, _), _)| *place).collect();
    assert!(same.is_empty(), "the same by now: {same:?}");
}

#[test]
fn checks_of_a_state_are_as_terraform_writes_them() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/plan_json/conditions");
    let answer = directory.join("terraform_state.json");
    let checks = |program: &str| -> Value {
        let copy = Copy::of(&directory, program);
        copy.run(&["apply", "-auto-approve"]);
        let mut state = copy.json(&["show", "-json"]);
        let checks = state["checks"].take();
        // What was planned before holds no longer.
        copy.run(&["apply", "-auto-approve", "-var=size=4"]);
        let again = copy.json(&["show", "-json"])["checks"].take();
        copy.run(&["destroy", "-auto-approve"]);
        let gone = copy.json(&["show", "-json"])["checks"].take();
        json!([checks, again, gone])
    };
    if std::env::var_os("RECORD_PLAN_JSON").is_some() {
        fs::write(&answer, format!("{:#}\n", checks("terraform"))).expect("the answer is written");
    }
    let theirs = fs::read(&answer).expect("Terraform's answer");
    let theirs: Value = serde_json::from_slice(&theirs).expect("JSON");
    let mut places = BTreeMap::new();
    let ours = checks(env!("CARGO_BIN_EXE_terrace"));
    differences(String::new(), &ours, &theirs, &mut places);
    assert!(places.is_empty(), "{places:#?}");
}

/// Whether a place is one of those that are meant.
fn is_of(place: &str, listed: &str) -> bool {
    let mut parts = listed.split('*');
    let Some(mut rest) = parts.next().and_then(|first| place.strip_prefix(first)) else {
        return false;
    };
    let ends_open = listed.ends_with('*');
    for part in parts {
        let Some(at) = rest.find(part) else {
            return false;
        };
        rest = rest.get(at + part.len()..).unwrap_or_default();
    }
    ends_open || rest.is_empty()
}

fn directories() -> Vec<PathBuf> {
    let all = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/plan_json");
    let mut found: Vec<PathBuf> = fs::read_dir(all)
        .expect("the directory of the definitions")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    found.sort();
    assert!(!found.is_empty());
    found
}

/// A copy of a directory, in which a program works.
struct Copy<'p> {
    program: &'p str,
    directory: TempDir,
}

impl<'p> Copy<'p> {
    fn of(directory: &Path, program: &'p str) -> Self {
        let copy = Self {
            program,
            directory: TempDir::new().expect("a temporary directory"),
        };
        copy_into(directory, copy.directory.path());
        if program == "terraform" {
            copy.run(&["init"]);
        }
        copy
    }

    fn run(&self, arguments: &[&str]) -> Vec<u8> {
        let answer = Command::new(self.program)
            .args(arguments)
            .current_dir(self.directory.path())
            .env_remove("TF_CLI_CONFIG_FILE")
            .output()
            .expect("the program starts");
        let said = String::from_utf8_lossy(&answer.stderr).into_owned();
        let program = self.program;
        assert!(answer.status.success(), "{program} {arguments:?}: {said}");
        answer.stdout
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let answer = String::from_utf8(self.run(arguments)).expect("text");
        let place = self.directory.path().canonicalize().expect("a directory");
        let place = place.to_str().expect("text");
        serde_json::from_str(&answer.replace(place, "<directory>")).expect("JSON")
    }
}

/// Plans with `program` in a copy of the directory, and returns the plan's JSON.
fn plan_of(program: &str, directory: &Path) -> Value {
    let copy = Copy::of(directory, program);
    if copy.directory.path().join("before.tfvars").exists() {
        copy.run(&["apply", "-auto-approve", "-var-file=before.tfvars"]);
    }
    let later = directory.join("later");
    if later.exists() {
        copy_into(&later, copy.directory.path());
    }
    let options = fs::read_to_string(directory.join("options")).unwrap_or_default();
    let mut arguments = vec!["plan", "-out=made"];
    arguments.extend(options.split_whitespace());
    copy.run(&arguments);
    copy.json(&["show", "-json", "made"])
}

fn is_answer(file: &str) -> bool {
    matches!(file, "terraform.json" | "terraform_state.json")
}

fn copy_into(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).expect("a directory") {
        let entry = entry.expect("an entry");
        let (path, copy) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            fs::create_dir(&copy).expect("a directory");
            copy_into(&path, &copy);
        } else if !is_answer(&entry.file_name().to_string_lossy()) {
            fs::copy(&path, &copy).expect("a copy");
        }
    }
}

/// Without what differs from run to run, and with what has no order in one.
fn comparable(mut plan: Value) -> Value {
    if let Some(parts) = plan.as_object_mut() {
        for part in ASIDE {
            parts.remove(*part);
        }
        if let Some(relevant) = parts
            .get_mut("relevant_attributes")
            .and_then(Value::as_array_mut)
        {
            relevant.sort_by_key(Value::to_string);
        }
        if let Some(state) = parts.get_mut("prior_state").and_then(Value::as_object_mut) {
            state.remove("terraform_version");
        }
    }
    canonical(plan)
}

/// With members in the order of their names, modules in that of their addresses, and ids all alike.
fn canonical(json: Value) -> Value {
    match json {
        Value::Object(fields) => {
            let sorted: BTreeMap<String, Value> = fields
                .into_iter()
                .map(|(name, value)| (name, canonical(value)))
                .collect();
            let mut fields: Map<String, Value> = sorted.into_iter().collect();
            if let Some(modules) = fields
                .get_mut("child_modules")
                .and_then(Value::as_array_mut)
            {
                modules.sort_by_key(|module| module["address"].to_string());
            }
            Value::Object(fields)
        }
        Value::Array(items) => Value::Array(items.into_iter().map(canonical).collect()),
        Value::String(text) if is_uuid(&text) => json!("<uuid>"),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => json,
    }
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.char_indices().all(|(at, digit)| match at {
            8 | 13 | 18 | 23 => digit == '-',
            _ => digit.is_ascii_hexdigit(),
        })
}

/// Adds the places where the two differ, each as a JSON pointer with what stands there.
fn differences(place: String, ours: &Value, theirs: &Value, out: &mut BTreeMap<String, String>) {
    match (ours, theirs) {
        (Value::Object(ours), Value::Object(theirs)) => {
            let mut names: Vec<&String> = ours.keys().chain(theirs.keys()).collect();
            names.sort();
            names.dedup();
            for name in names {
                let place = format!("{place}/{}", name.replace('~', "~0").replace('/', "~1"));
                match (ours.get(name), theirs.get(name)) {
                    (Some(ours), Some(theirs)) => differences(place, ours, theirs, out),
                    (Some(ours), None) => {
                        out.insert(place, format!("ours alone: {ours}"));
                    }
                    (None, theirs) => {
                        let theirs = theirs.unwrap_or(&Value::Null);
                        out.insert(place, format!("theirs alone: {theirs}"));
                    }
                }
            }
        }
        (Value::Array(ours), Value::Array(theirs)) if ours.len() == theirs.len() => {
            for (at, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
                differences(format!("{place}/{at}"), ours, theirs, out);
            }
        }
        _ if ours == theirs => {}
        _ => {
            out.insert(place, format!("ours {ours}, theirs {theirs}"));
        }
    }
}
