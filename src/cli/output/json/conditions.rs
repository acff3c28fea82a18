//! What became of conditions, as `checks` of Terraform's plan and state JSON.

use model::Str;
use model::address::{InstanceKey, Mode, ModulePath};
use model::condition::{Conditioned, Conditions, JudgedInstance, Verdict};
use serde_json::{Map, Value as Json, json};

/// The entries, in the order of their addresses as text, as Terraform has them.
pub(super) fn checks(conditions: &[Conditions]) -> Vec<Json> {
    let mut checks: Vec<(String, Json)> = conditions.iter().map(entry).collect();
    checks.sort_by(|(a, _), (b, _)| a.cmp(b));
    checks.into_iter().map(|(_, entry)| entry).collect()
}

/// One of them, after its address.
fn entry(conditions: &Conditions) -> (String, Json) {
    let Conditions { of, instances } = conditions;
    let (module, own) = place(of);
    let display = in_module(&module.to_string(), &own);
    let mut address = names(of);
    address.insert("to_display".into(), json!(display));
    if !module.is_root() {
        address.insert("module".into(), json!(module.to_string()));
    }
    let mut entry = Map::new();
    entry.insert("address".into(), Json::Object(address));
    entry.insert("status".into(), json!(status(conditions.verdict())));
    let all = instances.iter().flatten();
    let mut all: Vec<(String, Json)> = all.map(|judged| instance(&own, judged)).collect();
    if !all.is_empty() {
        all.sort_by(|(a, _), (b, _)| a.cmp(b));
        let all = all.into_iter().map(|(_, instance)| instance).collect();
        entry.insert("instances".into(), Json::Array(all));
    }
    (display, Json::Object(entry))
}

/// Its module, and its address in there.
fn place(of: &Conditioned) -> (&ModulePath, String) {
    match of {
        Conditioned::Check(module, name) => (module, format!("check.{name}")),
        Conditioned::Output(module, name) => (module, format!("output.{name}")),
        Conditioned::Variable(module, name) => (module, format!("var.{name}")),
        Conditioned::Resource(addr) => {
            let in_root = model::address::ResourceAddr {
                module: ModulePath::root(),
                ..addr.clone()
            };
            (&addr.module, in_root.to_string())
        }
    }
}

fn names(of: &Conditioned) -> Map<String, Json> {
    let (kind, name) = match of {
        Conditioned::Check(_, name) => ("check", name),
        Conditioned::Output(_, name) => ("output_value", name),
        Conditioned::Variable(_, name) => ("var", name),
        Conditioned::Resource(addr) => ("resource", &addr.name),
    };
    let mut names = Map::new();
    names.insert("kind".into(), json!(kind));
    names.insert("name".into(), json!(name.as_str()));
    if let Conditioned::Resource(addr) = of {
        let mode = match addr.mode {
            Mode::Managed => "managed",
            Mode::Data => "data",
            Mode::Ephemeral => "ephemeral",
        };
        names.insert("mode".into(), json!(mode));
        names.insert("type".into(), json!(addr.rtype.as_str()));
    }
    names
}

/// An instance of what is called `own` in its module, after its address.
fn instance(own: &str, judged: &JudgedInstance) -> (String, Json) {
    let JudgedInstance {
        module,
        key,
        judgement,
    } = judged;
    let own = match key {
        InstanceKey::None => own.to_owned(),
        InstanceKey::Index(_) | InstanceKey::Key(_) => format!("{own}{key}"),
    };
    let display = in_module(&module.to_string(), &own);
    let mut address = Map::new();
    address.insert("to_display".into(), json!(display));
    match key {
        InstanceKey::None => {}
        InstanceKey::Index(index) => drop(address.insert("instance_key".into(), json!(index))),
        InstanceKey::Key(key) => drop(address.insert("instance_key".into(), json!(key.as_str()))),
    }
    if !module.is_root() {
        address.insert("module".into(), json!(module.to_string()));
    }
    let mut entry = Map::new();
    entry.insert("address".into(), Json::Object(address));
    entry.insert("status".into(), json!(status(judgement.verdict)));
    if !judgement.said.is_empty() {
        let mut said: Vec<&str> = judgement.said.iter().map(Str::as_str).collect();
        // Terraform has them in this order, whatever order the conditions have.
        said.sort_unstable();
        let problems = said.into_iter().map(|message| json!({"message": message}));
        entry.insert("problems".into(), problems.collect());
    }
    (display, Json::Object(entry))
}

fn in_module(module: &str, own: &str) -> String {
    match module {
        "" => own.to_owned(),
        module => format!("{module}.{own}"),
    }
}

fn status(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Holds => "pass",
        Verdict::NotKnown => "unknown",
        Verdict::Fails => "fail",
        Verdict::Broken => "error",
    }
}
