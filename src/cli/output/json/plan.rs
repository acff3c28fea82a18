//! A plan as Terraform's plan JSON (`show -json PLAN`, format 1.2). Changes are written one by one, so that those of a
//! large plan never stand in memory as JSON all at once.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{self, Write};

use model::address::InstanceAddr;
use model::change::{Action, Change, OutputChange, ReplaceOrder};
use model::plan::{Drift, Plan};
use model::value::type_to_json;
use model::{Str, Value};
use serde_json::{Map, Value as Json, json};

use super::TERRAFORM_VERSION;
use super::conditions::checks;
use super::configuration::{DefinitionView, configuration};
use super::instance::names;
use super::relevant::relevant;
use super::shape::{known, path, sensitive, unknown};
use super::state::{modules, state, values};
use crate::cli::output::moment::in_seconds;
use crate::cli::output::recorded::{OutputView, RecordedView};

/// A plan and what was recorded when it was made.
#[derive(Clone, Copy, Debug)]
pub struct PlanView<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// Everything recorded, in any order.
    pub recorded: &'a [RecordedView<'a>],
    /// Recorded root outputs.
    pub outputs: &'a [OutputView<'a>],
    /// The definition it was made from, where there is one.
    pub definition: Option<DefinitionView<'a>>,
}

/// Writes the plan as one JSON object and a newline.
///
/// # Errors
/// When `out` cannot be written.
pub fn write(out: &mut dyn Write, view: PlanView) -> io::Result<()> {
    let plan = view.plan;
    let present = at_present(view);
    let view = PlanView {
        recorded: &present,
        ..view
    };
    let entries = entries(view);
    let mut object = Object { out, first: true };
    object.out.write_all(b"{")?;
    object.member("format_version", &json!("1.2"))?;
    object.member("terraform_version", &json!(TERRAFORM_VERSION))?;
    if !plan.variables.is_empty() {
        let variables = plan.variables.iter().map(|(name, value)| {
            (
                name.to_string(),
                known(value).map_or_else(|| json!({}), |value| json!({"value": value})),
            )
        });
        object.member("variables", &Json::Object(variables.collect()))?;
    }
    object.member("planned_values", &planned_values(view, &entries))?;
    let providers: HashMap<&InstanceAddr, String> = if plan.drift.is_empty() {
        HashMap::new()
    } else {
        view.recorded
            .iter()
            .map(|object| (&object.addr, object.provider.source.to_string()))
            .collect()
    };
    if !plan.drift.is_empty() {
        object.list(
            "resource_drift",
            plan.drift.iter().map(|drift| drifted(drift, &providers)),
        )?;
    }
    if !entries.is_empty() {
        object.list("resource_changes", entries.iter().map(Entry::json))?;
    }
    let outputs = output_changes(view);
    if !outputs.is_empty() {
        object.member("output_changes", &Json::Object(outputs))?;
    }
    let prior = prior_outputs(view);
    if !view.recorded.is_empty() || !prior.is_empty() {
        object.member("prior_state", &state(view.recorded, &prior))?;
    }
    if let Some(definition) = view.definition {
        object.member("configuration", &configuration(definition))?;
        let recorded = view.recorded.iter().map(|object| &object.addr);
        let relevant = relevant(definition.definition, plan, recorded);
        if !relevant.is_empty() {
            object.list("relevant_attributes", relevant.into_iter())?;
        }
    }
    if !plan.conditions.is_empty() {
        object.list("checks", checks(&plan.conditions).into_iter())?;
    }
    object.member("timestamp", &json!(in_seconds(plan.created)))?;
    object.member("applyable", &json!(!plan.is_empty()))?;
    object.member(
        "complete",
        &json!(plan.targets.is_empty() && plan.excludes.is_empty()),
    )?;
    object.member("errored", &json!(false))?;
    object.member("terrace", &ours(plan))?;
    object.out.write_all(b"}\n")
}

/// What is recorded, as the plan has it: also what was before goes by the addresses of now, and depends on what the
/// definition says now.
fn at_present<'a>(view: PlanView<'a>) -> Vec<RecordedView<'a>> {
    let moved: HashMap<_, _> = view
        .plan
        .changes
        .iter()
        .filter_map(|change| {
            let previous = change.previous.as_ref()?;
            Some(((previous, change.deposed.as_ref()), &change.addr))
        })
        .collect();
    let defined = view.plan.changes.iter().filter(|change| {
        change.deposed.is_none() && !matches!(change.action, Action::Destroy | Action::Forget)
    });
    let relinked = view.plan.relinked.iter();
    let depends_on: HashMap<_, _> = defined
        .map(|change| (&change.addr, &*change.dependencies))
        .chain(relinked.map(|one| (&one.addr, &*one.dependencies)))
        .collect();
    let present = view.recorded.iter().map(|object| {
        let addr = moved.get(&(&object.addr, object.deposed));
        let addr = addr.map_or_else(|| object.addr.clone(), |addr| (*addr).clone());
        let now = match object.deposed {
            None => depends_on.get(&addr).copied(),
            Some(_) => None,
        };
        RecordedView {
            addr,
            depends_on: now.unwrap_or(object.depends_on),
            ..object.clone()
        }
    });
    present.collect()
}

/// Facts that Terraform's format has no place for.
fn ours(plan: &Plan) -> Json {
    json!({
        "id": plan.id.as_str(),
        "environment": plan.environment.as_str(),
        "revision": plan.revision.map(|revision| revision.to_string()),
        "serial": plan.serial.0,
        "mode": plan.mode,
        "refresh": plan.refresh,
        "unchanged": plan.unchanged,
    })
}

/// A JSON object in the making.
struct Object<'a> {
    out: &'a mut dyn Write,
    first: bool,
}

impl Object<'_> {
    fn name(&mut self, name: &str) -> io::Result<()> {
        if !std::mem::take(&mut self.first) {
            self.out.write_all(b",")?;
        }
        serde_json::to_writer(&mut *self.out, name)?;
        self.out.write_all(b":")
    }

    fn member(&mut self, name: &str, value: &Json) -> io::Result<()> {
        self.name(name)?;
        Ok(serde_json::to_writer(&mut *self.out, value)?)
    }

    fn list(&mut self, name: &str, items: impl Iterator<Item = Json>) -> io::Result<()> {
        self.name(name)?;
        for (at, item) in items.enumerate() {
            self.out.write_all(if at == 0 { b"[" } else { b"," })?;
            serde_json::to_writer(&mut *self.out, &item)?;
        }
        self.out.write_all(b"]")
    }
}

/// What happens to one object: a change of the plan, or nothing.
enum Entry<'a> {
    Changes(&'a Change),
    Stays(&'a RecordedView<'a>, &'a Value),
}

impl Entry<'_> {
    fn addr(&self) -> &InstanceAddr {
        match self {
            Self::Changes(change) => &change.addr,
            Self::Stays(object, _) => &object.addr,
        }
    }

    fn json(&self) -> Json {
        match self {
            Self::Changes(change) => changed(change),
            Self::Stays(object, value) => stays(object, value),
        }
    }
}

/// What is in fewer modules comes first, as Terraform has it.
fn in_order(a: &InstanceAddr, b: &InstanceAddr) -> Ordering {
    let depth = |addr: &InstanceAddr| addr.module().steps().len();
    depth(a).cmp(&depth(b)).then_with(|| a.cmp(b))
}

/// Everything planned and everything that stays, in order.
fn entries<'a>(view: PlanView<'a>) -> Vec<Entry<'a>> {
    let plan = view.plan;
    let touched: HashSet<_> = plan
        .changes
        .iter()
        .map(|change| (&change.addr, change.deposed.as_ref()))
        .collect();
    let part: Option<HashSet<&InstanceAddr>> =
        plan.stays.as_ref().map(|stays| stays.iter().collect());
    let observed: HashMap<_, _> = plan
        .drift
        .iter()
        .map(|drift| (&drift.addr, &drift.observed))
        .collect();
    let stays = view.recorded.iter().filter_map(|object| {
        if object.deposed.is_some() || touched.contains(&(&object.addr, None)) {
            return None;
        }
        if part
            .as_ref()
            .is_some_and(|part| !part.contains(&object.addr))
        {
            return None;
        }
        let value = observed.get(&object.addr).copied().unwrap_or(object.value);
        (!value.is_null()).then_some(Entry::Stays(object, value))
    });
    let mut entries: Vec<Entry> = plan
        .changes
        .iter()
        .map(Entry::Changes)
        .chain(stays)
        .collect();
    // Stable, so that a current object stays before its deposed ones.
    entries.sort_by(|a, b| in_order(a.addr(), b.addr()));
    entries
}

fn with_module(addr: &InstanceAddr, mut names: Map<String, Json>) -> Map<String, Json> {
    if !addr.module().is_root() {
        let at = names
            .iter()
            .position(|(name, _)| name == "mode")
            .unwrap_or(0);
        names.shift_insert(
            at,
            "module_address".into(),
            json!(addr.module().to_string()),
        );
    }
    names
}

fn changed(change: &Change) -> Json {
    let mut json = names(&change.addr, &change.provider.source.to_string());
    if let Some(previous) = &change.previous {
        json.shift_insert(1, "previous_address".into(), json!(previous.to_string()));
    }
    let mut json = with_module(&change.addr, json);
    if let Some(key) = &change.deposed {
        json.insert("deposed".into(), json!(key.0.as_str()));
    }
    let mut what = difference(actions(change.action), &change.before, &change.after);
    if !change.replace_paths.is_empty() {
        what.insert(
            "replace_paths".into(),
            change.replace_paths.iter().map(path).collect(),
        );
    }
    if let Some(id) = &change.importing {
        what.insert("importing".into(), json!({"id": id.as_str()}));
    }
    json.insert("change".into(), Json::Object(what));
    if let Some(reason) = change.reason {
        json.insert("action_reason".into(), json!(reason));
    }
    Json::Object(json)
}

fn stays(object: &RecordedView, value: &Value) -> Json {
    let mut json = with_module(
        &object.addr,
        names(&object.addr, &object.provider.source.to_string()),
    );
    json.insert(
        "change".into(),
        Json::Object(difference(&["no-op"], value, value)),
    );
    Json::Object(json)
}

fn drifted(drift: &Drift, providers: &HashMap<&InstanceAddr, String>) -> Json {
    let Drift {
        addr,
        recorded,
        observed,
        instead: _,
        private: _,
    } = drift;
    let provider = providers.get(addr).map_or("", String::as_str);
    let mut json = with_module(addr, names(addr, provider));
    let actions = if observed.is_null() {
        ["delete"]
    } else {
        ["update"]
    };
    json.insert(
        "change".into(),
        Json::Object(difference(&actions, recorded, observed)),
    );
    Json::Object(json)
}

fn actions(action: Action) -> &'static [&'static str] {
    match action {
        Action::NoOp => &["no-op"],
        Action::Read => &["read"],
        Action::Create => &["create"],
        Action::Update => &["update"],
        Action::Replace(ReplaceOrder::DestroyFirst) => &["delete", "create"],
        Action::Replace(ReplaceOrder::CreateFirst) => &["create", "delete"],
        Action::Destroy => &["delete"],
        Action::Forget => &["forget"],
    }
}

fn difference(actions: &[&str], before: &Value, after: &Value) -> Map<String, Json> {
    let mut json = Map::new();
    json.insert("actions".into(), json!(actions));
    json.insert("before".into(), known(before).unwrap_or(Json::Null));
    if let Some(after) = known(after) {
        json.insert("after".into(), after);
    }
    let unknowns = if after.is_wholly_known() {
        json!({})
    } else {
        unknown(after)
    };
    json.insert("after_unknown".into(), unknowns);
    json.insert("before_sensitive".into(), sensitive(before));
    json.insert("after_sensitive".into(), sensitive(after));
    json
}

fn output_changes(view: PlanView) -> Map<String, Json> {
    let mut changes: BTreeMap<&Str, Json> = BTreeMap::new();
    for OutputView {
        name,
        value,
        sensitive,
    } in whole(view)
    {
        changes.insert(name, output_change(&["no-op"], value, value, *sensitive));
    }
    for OutputChange {
        name,
        before,
        after,
        sensitive,
        action,
    } in &view.plan.outputs
    {
        changes.insert(
            name,
            output_change(actions(*action), before, after, *sensitive),
        );
    }
    changes
        .into_iter()
        .map(|(name, change)| (name.to_string(), change))
        .collect()
}

/// The recorded outputs that a plan leaves as they are; a plan of a part lists those that it is about itself.
fn whole<'a>(view: PlanView<'a>) -> &'a [OutputView<'a>] {
    if view.plan.stays.is_some() {
        &[]
    } else {
        view.outputs
    }
}

fn output_change(actions: &[&str], before: &Value, after: &Value, sensitive: bool) -> Json {
    let mut json = Map::new();
    json.insert("actions".into(), json!(actions));
    json.insert("before".into(), known(before).unwrap_or(Json::Null));
    if let Some(after) = known(after) {
        json.insert("after".into(), after);
    }
    let unknowns = if after.is_wholly_known() {
        json!(false)
    } else {
        unknown(after)
    };
    json.insert("after_unknown".into(), unknowns);
    json.insert("before_sensitive".into(), json!(sensitive));
    json.insert("after_sensitive".into(), json!(sensitive));
    Json::Object(json)
}

/// The outputs before the plan: as Terraform has it, those that are known without applying it are as they will be.
fn prior_outputs<'a>(view: PlanView<'a>) -> Vec<OutputView<'a>> {
    let mut outputs: BTreeMap<&Str, OutputView<'a>> = view
        .outputs
        .iter()
        .map(|output| (output.name, output.clone()))
        .collect();
    for output in &view.plan.outputs {
        let stays = match output.action {
            Action::Destroy | Action::Forget => false,
            Action::NoOp | Action::Read | Action::Create | Action::Update | Action::Replace(_) => {
                true
            }
        };
        if !stays || !output.after.is_wholly_known() {
            continue;
        }
        // What is null is no output.
        if output.after.is_null() {
            outputs.remove(&output.name);
        } else {
            let known = OutputView {
                name: &output.name,
                value: &output.after,
                sensitive: output.sensitive,
            };
            outputs.insert(&output.name, known);
        }
    }
    outputs.into_values().collect()
}

fn planned_values(view: PlanView, entries: &[Entry]) -> Json {
    let mut json = Map::new();
    let mut outputs: BTreeMap<&Str, (&Value, bool)> = whole(view)
        .iter()
        .map(|output| (output.name, (output.value, output.sensitive)))
        .collect();
    for output in &view.plan.outputs {
        match output.action {
            Action::Destroy | Action::Forget => {
                outputs.remove(&output.name);
            }
            Action::NoOp | Action::Read | Action::Create | Action::Update | Action::Replace(_) => {
                outputs.insert(&output.name, (&output.after, output.sensitive));
            }
        }
    }
    if !outputs.is_empty() {
        let outputs = outputs.into_iter().map(|(name, (value, sensitive))| {
            let mut output = Map::from_iter([("sensitive".to_owned(), json!(sensitive))]);
            if value.is_wholly_known() {
                output.insert("type".into(), type_to_json(&value.ty()));
                output.insert("value".into(), known(value).unwrap_or(Json::Null));
            }
            (name.to_string(), Json::Object(output))
        });
        json.insert("outputs".into(), Json::Object(outputs.collect()));
    }
    let resources = entries.iter().filter_map(|entry| match entry {
        Entry::Changes(change) if change.after.is_null() || change.deposed.is_some() => None,
        Entry::Changes(change) => {
            let provider = change.provider.source.to_string();
            let values = values(
                &change.addr,
                &provider,
                change.schema_version,
                &change.after,
            );
            Some((change.addr.module().clone(), Json::Object(values)))
        }
        Entry::Stays(object, value) => {
            let provider = object.provider.source.to_string();
            let values = values(&object.addr, &provider, object.schema_version, value);
            Some((object.addr.module().clone(), Json::Object(values)))
        }
    });
    json.insert("root_module".into(), modules(resources));
    Json::Object(json)
}
