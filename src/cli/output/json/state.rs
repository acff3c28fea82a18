//! What is recorded as Terraform's state JSON (`show -json`, format 1.0).

use std::collections::BTreeMap;
use std::io::{self, Write};

use model::Value;
use model::address::ModuleAddr;
use model::change::DeposedKey;
use model::condition::Conditions;
use model::value::type_to_json;
use serde_json::{Map, Value as Json, json};

use super::TERRAFORM_VERSION;
use super::conditions::checks;
use super::instance::names;
use super::shape::{known, sensitive};
use crate::cli::output::recorded::{OutputView, RecordedView};

/// Writes what is recorded as one JSON object and a newline, and what became of the definition's conditions when it was
/// applied. Objects may come in any order.
///
/// # Errors
/// When `out` cannot be written.
pub fn write(
    out: &mut dyn Write,
    objects: &[RecordedView],
    outputs: &[OutputView],
    conditions: &[Conditions],
) -> io::Result<()> {
    let mut state = state(objects, outputs);
    if let Some(state) = state.as_object_mut()
        && !conditions.is_empty()
    {
        state.insert("checks".into(), Json::Array(checks(conditions)));
    }
    serde_json::to_writer(&mut *out, &state)?;
    out.write_all(b"\n")
}

/// The state as one object.
pub(super) fn state(objects: &[RecordedView], outputs: &[OutputView]) -> Json {
    let mut state = json!({"format_version": "1.0", "terraform_version": TERRAFORM_VERSION});
    if objects.is_empty() && outputs.is_empty() {
        return state;
    }
    let mut sorted: Vec<&RecordedView> = objects.iter().collect();
    sorted.sort_by(|a, b| (&a.addr, a.deposed).cmp(&(&b.addr, b.deposed)));
    let resources = sorted
        .into_iter()
        .map(|object| (object.addr.module().clone(), resource(object)));
    let mut values = Map::new();
    if !outputs.is_empty() {
        let outputs = outputs.iter().map(|output| {
            let ty = type_to_json(&output.value.ty());
            (
                output.name.to_string(),
                json!({"sensitive": output.sensitive, "value": known(output.value), "type": ty}),
            )
        });
        values.insert("outputs".into(), Json::Object(outputs.collect()));
    }
    values.insert("root_module".into(), modules(resources));
    if let Some(state) = state.as_object_mut() {
        state.insert("values".into(), Json::Object(values));
    }
    state
}

fn resource(object: &RecordedView) -> Json {
    let RecordedView {
        addr,
        deposed,
        provider,
        schema_version,
        value,
        depends_on,
        tainted,
    } = object;
    let mut resource = values(addr, &provider.source.to_string(), *schema_version, value);
    if !depends_on.is_empty() {
        let depends_on: Vec<String> = depends_on.iter().map(ToString::to_string).collect();
        resource.insert("depends_on".into(), json!(depends_on));
    }
    if *tainted {
        resource.insert("tainted".into(), json!(true));
    }
    if let Some(DeposedKey(key)) = deposed {
        resource.insert("deposed_key".into(), json!(key.as_str()));
    }
    Json::Object(resource)
}

/// Names, values and which of them are sensitive.
pub(super) fn values(
    addr: &model::address::InstanceAddr,
    provider: &str,
    schema_version: u64,
    value: &Value,
) -> Map<String, Json> {
    let mut resource = names(addr, provider);
    resource.insert("schema_version".into(), json!(schema_version));
    resource.insert("values".into(), known(value).unwrap_or(Json::Null));
    resource.insert(
        "sensitive_values".into(),
        // Nothing sensitive in an object is an empty object.
        Some(sensitive(value))
            .filter(Json::is_object)
            .unwrap_or_else(|| json!({})),
    );
    resource
}

/// A tree of modules from resources in address order.
pub(super) fn modules(resources: impl Iterator<Item = (ModuleAddr, Json)>) -> Json {
    let mut by_module: BTreeMap<ModuleAddr, Vec<Json>> =
        BTreeMap::from([(ModuleAddr::root(), Vec::new())]);
    for (module, resource) in resources {
        by_module.entry(module).or_default().push(resource);
    }
    // Modules that only hold other modules are there too.
    let inner: Vec<ModuleAddr> = by_module.keys().cloned().collect();
    for module in inner {
        let mut parent = module.parent();
        while let Some(module) = parent {
            parent = module.parent();
            by_module.entry(module).or_default();
        }
    }
    // The deepest last; each is put into its parent when all of its own are in it.
    let mut finished: BTreeMap<ModuleAddr, Vec<Json>> = BTreeMap::new();
    let mut root = json!({});
    for (addr, resources) in by_module.into_iter().rev() {
        let mut module = Map::new();
        if !resources.is_empty() {
            module.insert("resources".into(), Json::Array(resources));
        }
        if !addr.is_root() {
            module.insert("address".into(), json!(addr.to_string()));
        }
        if let Some(mut children) = finished.remove(&addr) {
            children.reverse();
            module.insert("child_modules".into(), Json::Array(children));
        }
        match addr.parent() {
            Some(parent) => finished
                .entry(parent)
                .or_default()
                .push(Json::Object(module)),
            None => root = Json::Object(module),
        }
    }
    root
}

#[cfg(test)]
mod tests {
    use model::address::{ModulePath, ProviderAddr, ProviderSource};
    use model::{Marks, Str};

    use super::*;

    #[test]
    fn a_state_has_modules_and_what_is_special_about_objects() {
        let provider = ProviderAddr {
            module: ModulePath::root(),
            source: ProviderSource::builtin(),
            alias: None,
        };
        let value = Value::object([("input", Value::from("p").mark(Marks::SENSITIVE))]);
        let depends_on = ["a.c"
            .parse::<model::address::InstanceAddr>()
            .unwrap()
            .resource()
            .into()];
        let key = DeposedKey("0a1b2c3d".into());
        let object = |addr: &str, deposed, tainted| RecordedView {
            addr: addr.parse().unwrap(),
            deposed,
            provider: &provider,
            schema_version: 1,
            value: &value,
            depends_on: if tainted { &depends_on } else { &[] },
            tainted,
        };
        let objects = [
            object("module.m[\"k\"].a.b", None, true),
            object("a.b", Some(&key), false),
        ];
        let name: Str = "url".into();
        let output = OutputView {
            name: &name,
            value: &Value::int(3),
            sensitive: false,
        };
        let mut text = Vec::new();
        write(&mut text, &objects, &[output], &[]).unwrap();
        let json: Json = serde_json::from_slice(&text).unwrap();
        insta::assert_snapshot!(serde_json::to_string_pretty(&json).unwrap() + "\n[EOF]");
        let empty = json!({"format_version": "1.0", "terraform_version": TERRAFORM_VERSION});
        assert_eq!(state(&[], &[]), empty);
    }
}
