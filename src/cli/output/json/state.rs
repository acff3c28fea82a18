//! What is recorded as Terraform's state JSON (`show -json`, format 1.0).

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::io::{self, Write};
use std::rc::Rc;

use model::Value;
use model::address::{ModuleAddr, ResourceAddr};
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
    let mut needs = Needs::of(objects);
    let resources = sorted.into_iter().map(|object| {
        let depends_on = needs.all(&object.addr.resource());
        (object.addr.module().clone(), resource(object, &depends_on))
    });
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

/// Which blocks each recorded block needs, also through others, as Terraform records it.
struct Needs<'a> {
    direct: HashMap<ResourceAddr, BTreeSet<&'a ResourceAddr>>,
    all: HashMap<ResourceAddr, Rc<[String]>>,
}

impl<'a> Needs<'a> {
    fn of(objects: &'a [RecordedView<'a>]) -> Self {
        let mut direct: HashMap<ResourceAddr, BTreeSet<&'a ResourceAddr>> = HashMap::new();
        for object in objects
            .iter()
            .filter(|object| !object.depends_on.is_empty())
        {
            let known = direct.entry(object.addr.resource()).or_default();
            known.extend(object.depends_on.iter().map(|need| &**need));
        }
        Self {
            direct,
            all: HashMap::new(),
        }
    }

    /// What a block needs, in the order of the addresses' texts; its own instances are not told.
    fn all(&mut self, block: &ResourceAddr) -> Rc<[String]> {
        if let Some(known) = self.all.get(block) {
            return known.clone();
        }
        let mut seen: HashSet<&ResourceAddr> = HashSet::new();
        let mut queue: Vec<&ResourceAddr> = Vec::new();
        queue.extend(self.direct.get(block).into_iter().flatten());
        while let Some(next) = queue.pop() {
            if next != block && seen.insert(next) {
                queue.extend(self.direct.get(next).into_iter().flatten());
            }
        }
        let mut names: Vec<String> = seen.into_iter().map(ToString::to_string).collect();
        names.sort();
        let names: Rc<[String]> = names.into();
        self.all.insert(block.clone(), names.clone());
        names
    }
}

fn resource(object: &RecordedView, needs: &[String]) -> Json {
    let RecordedView {
        addr,
        deposed,
        provider,
        schema_version,
        value,
        depends_on: _,
        tainted,
    } = object;
    let mut resource = values(addr, &provider.source.to_string(), *schema_version, value);
    if !needs.is_empty() {
        resource.insert("depends_on".into(), json!(needs));
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
    fn a_block_depends_on_what_it_needs_through_others_as_well() {
        let provider = ProviderAddr {
            module: ModulePath::root(),
            source: ProviderSource::builtin(),
            alias: None,
        };
        let value = Value::object::<Str>([]);
        let block = |addr: &str| {
            let addr: model::address::InstanceAddr = addr.parse().unwrap();
            std::sync::Arc::new(addr.resource())
        };
        let needs = [
            ("t.top", vec![block("t.middle"), block("t.aside")]),
            ("t.middle", vec![block("module.m.t.low"), block("t.top")]),
            ("module.m.t.low[0]", Vec::new()),
            ("module.m.t.low[1]", vec![block("t.base")]),
            ("t.base", Vec::new()),
        ];
        let objects: Vec<_> = needs
            .iter()
            .map(|(addr, depends_on)| RecordedView {
                addr: addr.parse().unwrap(),
                deposed: None,
                provider: &provider,
                schema_version: 0,
                value: &value,
                depends_on,
                tainted: false,
            })
            .collect();
        let mut all = Needs::of(&objects);
        let mut of = |addr: &str| all.all(&block(addr)).to_vec();
        assert_eq!(
            of("t.top"),
            ["module.m.t.low", "t.aside", "t.base", "t.middle"]
        );
        assert_eq!(of("module.m.t.low[0]"), ["t.base"]);
        assert_eq!(of("t.base"), [""; 0]);
    }

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
