//! In what two environments differ: revision, variables, instances, outputs. The same facts are the text and the JSON.

use model::address::InstanceAddr;
use model::value::to_json;
use model::{Str, Value};
use serde_json::{Map, Value as Json, json};
use state::RevisionRow;

use super::difference::{Difference, DifferenceKind};
use super::line::{Line, Page};
use super::plan::{heading, write_differences};
use super::revision::{name, short};
use super::style::{Label, Look};
use super::value::Amount;
use super::value::is_secret;

/// In what two environments differ.
#[derive(Clone, Debug)]
pub struct Contrast {
    /// Both, in the order they were named.
    pub sides: [Side; 2],
    /// Variables and inputs that differ.
    pub variables: Vec<Unlike<Str>>,
    /// Instances that differ, or are in one only.
    pub instances: Vec<Unlike<InstanceAddr>>,
    /// Outputs that differ.
    pub outputs: Vec<Unlike<Str>>,
    /// How many instances do not.
    pub alike: u64,
}

/// Something that differs: what, in which environment it is when it is in one only, else where its values differ.
pub type Unlike<K> = (K, Option<Which>, Vec<Difference>);

/// One of two environments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// The first.
    Left,
    /// The second.
    Right,
}

/// What an environment has.
#[derive(Clone, Debug)]
pub struct Side {
    /// Its name.
    pub environment: Str,
    /// The revision.
    pub revision: Option<RevisionRow>,
    /// Whether its variables were kept.
    pub has_variables: bool,
}

impl Contrast {
    /// Whether nothing differs.
    pub fn is_alike(&self) -> bool {
        self.is_same_revision()
            && self.variables.is_empty()
            && self.instances.is_empty()
            && self.outputs.is_empty()
    }

    fn is_same_revision(&self) -> bool {
        let [left, right] = self.sides.each_ref().map(|side| {
            let row = side.revision.as_ref();
            row.map(|row| row.number)
        });
        left == right
    }

    fn side(&self, which: Which) -> &Side {
        let [left, right] = &self.sides;
        match which {
            Which::Left => left,
            Which::Right => right,
        }
    }
}

/// What differs; values of the first environment stand left.
pub fn screen(view: &Contrast, amount: Amount, look: Look) -> String {
    let mut page = Page::new(look);
    let [left, right] = &view.sides;
    let line = Line::plain("Environments ").with(Label::Environment, left.environment.to_string());
    let line = line.then(" -> ");
    page.line(&line.with(Label::Environment, right.environment.to_string()));
    page.gap();
    let of = |side: &Side| {
        let row = side.revision.as_ref();
        row.map_or_else(|| "none".to_owned(), short)
    };
    match view.is_same_revision() {
        true => page.line(&Line::plain(format!("revision   {} in both", of(left)))),
        false => {
            let line = Line::plain("revision   ").with(Label::Old, of(left));
            page.line(&line.then(" -> ").with(Label::New, of(right)));
            if let (Some(left), Some(right)) = (&left.revision, &right.revision) {
                let command = format!("terrace revision diff {} {}", name(left), name(right));
                page.line(&Line::plain("           ").with(Label::Command, command));
            }
        }
    }
    for side in [left, right].into_iter().filter(|side| !side.has_variables) {
        page.line(&Line::plain(format!(
            "variables of {} were not kept",
            side.environment
        )));
    }
    flat(&mut page, view, "variables", &view.variables, amount);
    if !view.instances.is_empty() {
        page.gap();
        page.line(&Line::of(Label::Heading, "instances"));
    }
    for (addr, only, differences) in &view.instances {
        let (symbol, side) = match only {
            None => (("  ~", Label::Update), String::new()),
            Some(which) => (mark(*which), in_one(view, *which)),
        };
        let side = Line::of(Label::Unchanged, side);
        heading(&mut page, symbol, &addr.to_string(), side);
        write_differences(&mut page, differences.clone(), amount);
    }
    flat(&mut page, view, "outputs", &view.outputs, amount);
    page.gap();
    let unlike = view.instances.iter().filter(|(_, only, _)| only.is_none());
    let only = |which: Which| {
        let found = view.instances.iter();
        let count = found.filter(|(_, only, _)| *only == Some(which)).count();
        format!("{count} only in {}", view.side(which).environment)
    };
    page.line(&match view.is_alike() {
        true => Line::of(
            Label::Done,
            format!("{} and {} are alike", left.environment, right.environment),
        )
        .then(format!(" ({} instances)", view.alike)),
        false => Line::plain(format!(
            "Instances: {} differ, {}, {}, {} alike",
            unlike.count(),
            only(Which::Left),
            only(Which::Right),
            view.alike
        )),
    });
    page.finish()
}

fn mark(which: Which) -> (&'static str, Label) {
    match which {
        Which::Left => ("  -", Label::Destroy),
        Which::Right => ("  +", Label::Create),
    }
}

fn in_one(view: &Contrast, which: Which) -> String {
    format!("only in {}", view.side(which).environment)
}

/// Values by name.
fn flat(
    page: &mut Page,
    view: &Contrast,
    title: &'static str,
    found: &[Unlike<Str>],
    amount: Amount,
) {
    if found.is_empty() {
        return;
    }
    page.gap();
    page.line(&Line::of(Label::Heading, title));
    for (name, only, differences) in found {
        match only {
            Some(which) => {
                let (symbol, label) = mark(*which);
                let line = Line::of(label, symbol).then(format!(" {name}"));
                let side = format!("  {}", in_one(view, *which));
                page.line(&line.with(Label::Unchanged, side));
            }
            None => {
                let within = differences.iter().map(|one| Difference {
                    name: match one.name.as_str() {
                        "" => name.to_string(),
                        inner if inner.starts_with('[') => format!("{name}{inner}"),
                        inner => format!("{name}.{inner}"),
                    },
                    ..one.clone()
                });
                write_differences(page, within.collect(), amount);
            }
        }
    }
}

fn value(value: Option<&Value>) -> Json {
    match value {
        Some(value) if is_secret(value.marks()) => Json::Null,
        Some(value) => to_json(value).unwrap_or(Json::Null),
        None => Json::Null,
    }
}

fn difference(one: &Difference) -> Json {
    let (kind, left, right) = match &one.kind {
        DifferenceKind::Changed { old, new } => {
            ("changed", value(old.as_ref()), value(new.as_ref()))
        }
        DifferenceKind::Removed(old) => ("removed", value(Some(old)), Json::Null),
        DifferenceKind::Added(new) => ("added", Json::Null, value(Some(new))),
        DifferenceKind::Hidden | DifferenceKind::Shown => ("same", Json::Null, Json::Null),
        DifferenceKind::Secret => ("secret", Json::Null, Json::Null),
    };
    json!({"path": one.name, "how": kind, "left": left, "right": right})
}

fn list<K: ToString>(found: &[Unlike<K>]) -> Json {
    let rows = found.iter().map(|(name, only, differences)| {
        let only = only.map(|which| match which {
            Which::Left => "left",
            Which::Right => "right",
        });
        let mut row = Map::new();
        row.insert("name".into(), json!(name.to_string()));
        row.insert("only_in".into(), json!(only));
        row.insert(
            "differences".into(),
            differences.iter().map(difference).collect(),
        );
        Json::Object(row)
    });
    rows.collect()
}

/// The same for programs. What is sensitive has no values.
pub fn as_json(view: &Contrast) -> Json {
    let side = |side: &Side| {
        json!({
            "environment": side.environment.as_str(),
            "revision": side.revision.as_ref().map(name),
        })
    };
    let [left, right] = &view.sides;
    json!({
        "left": side(left),
        "right": side(right),
        "alike": view.is_alike(),
        "variables": list(&view.variables),
        "instances": list(&view.instances),
        "outputs": list(&view.outputs),
        "instances_alike": view.alike,
    })
}
