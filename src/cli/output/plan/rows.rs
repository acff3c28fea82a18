//! The attributes a change is about, one row each: what a new object is given, what differs in an old one.

use model::change::{Action, Change, Reason};
use model::path::{Path, PathStep};
use model::{Str, Value};

use crate::cli::output::difference::{DifferenceKind, differences, name_of};
use crate::cli::output::value::is_secret;

/// One attribute, or a place in one.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    /// Its name, as a path.
    pub(super) name: String,
    /// What is said of it.
    pub(super) fact: Fact,
    /// Whether it is why the object is replaced.
    pub(super) forces: Forces,
}

/// What is said of an attribute.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Fact {
    /// It has this value in a new object.
    Set(Value),
    /// It keeps this value.
    Kept(Value),
    /// It differs.
    Differs(DifferenceKind),
}

/// Whether a row is why an object is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Forces {
    /// No.
    No,
    /// Yes.
    Replacement,
    /// It may turn out not to differ, but that is known only when the object is gone.
    Unknown,
}

/// The rows of a change, and what they leave out.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Rows {
    /// In the order of names.
    pub(super) rows: Vec<Row>,
    /// Attributes that the author did not set and the apply will tell.
    pub(super) later: Vec<Str>,
}

/// How much the rows tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// What the author set, what differs.
    Said,
    /// All attributes (`-v`).
    Everything,
}

/// The rows of a change.
pub(super) fn rows_of(change: &Change, extent: Extent) -> Rows {
    match change.action {
        Action::Create | Action::Read => given(change, extent),
        Action::Update | Action::Replace(_) => differing(change, extent),
        Action::Destroy | Action::Forget | Action::NoOp if extent == Extent::Everything => {
            kept(&change.before)
        }
        Action::Destroy | Action::Forget | Action::NoOp => Rows::default(),
    }
}

/// Whether all that forces the replacement is not known yet, so that it may turn out needless.
pub(super) fn is_conditional(change: &Change) -> bool {
    matches!(change.action, Action::Replace(_))
        && matches!(
            change.reason,
            None | Some(Reason::ReplaceBecauseCannotUpdate)
        )
        && !change.replace_paths.is_empty()
        && change.replace_paths.iter().all(|path| {
            change
                .after
                .at(path)
                .is_some_and(|value| !value.is_wholly_known())
        })
}

fn given(change: &Change, extent: Extent) -> Rows {
    let mut rows = Rows::default();
    let Some(fields) = change.after.as_fields() else {
        return rows;
    };
    for (name, value) in fields.iter() {
        let config = change.config.get(name);
        let set = change.config.is_null() || config.is_some_and(|config| !is_unset(config));
        let path = Path(vec![PathStep::Attribute(name.clone())]);
        match (set, value.is_known()) {
            (false, false) if extent == Extent::Said => rows.later.push(name.clone()),
            (false, true) if extent == Extent::Said => {}
            (true, _) if value.is_null() => {}
            (true, _) if extent == Extent::Said => flatten(&mut rows.rows, &path.0, value, config),
            _ => flatten(&mut rows.rows, &path.0, value, None),
        }
    }
    rows
}

/// Whether the author said nothing of it: null, or no block at all.
fn is_unset(config: &Value) -> bool {
    config.is_null()
        || config.as_items().is_some_and(<[Value]>::is_empty)
            && !matches!(config.bare(), Value::Tuple(_))
}

/// Deeper values are one row.
const DEEPEST: usize = 64;

/// One row for each place of a value: objects and maps by name, lists of objects by position, the rest whole.
/// Places that `config` leaves null are passed over.
fn flatten(rows: &mut Vec<Row>, steps: &[PathStep], value: &Value, config: Option<&Value>) {
    if config.is_some_and(Value::is_null) && steps.len() > 1 {
        return;
    }
    let below = |step: PathStep| {
        let mut steps = steps.to_vec();
        steps.push(step);
        steps
    };
    let whole = is_secret(value.marks()) || steps.len() >= DEEPEST;
    match value.bare() {
        Value::Object(fields) if !whole && !fields.is_empty() => {
            for (name, value) in fields.iter() {
                let config = config.and_then(|config| config.get(name));
                flatten(
                    rows,
                    &below(PathStep::Attribute(name.clone())),
                    value,
                    config,
                );
            }
        }
        Value::Map(map) if !whole && !map.entries.is_empty() => {
            for (name, value) in map.entries.iter() {
                flatten(rows, &below(PathStep::Key(name.clone())), value, None);
            }
        }
        Value::List(_) | Value::Tuple(_) if !whole && holds_objects(value) => {
            for (index, item) in value.as_items().unwrap_or_default().iter().enumerate() {
                let config = config
                    .and_then(Value::as_items)
                    .and_then(|items| items.get(index));
                flatten(rows, &below(PathStep::Index(index as u64)), item, config);
            }
        }
        Value::Null(_) if steps.len() > 1 => {}
        Value::Null(_)
        | Value::Unknown(_)
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::List(_)
        | Value::Set(_)
        | Value::Map(_)
        | Value::Tuple(_)
        | Value::Object(_)
        | Value::Marked(_) => {
            rows.push(Row {
                name: name_of(steps),
                fact: Fact::Set(value.clone()),
                forces: Forces::No,
            });
        }
    }
}

fn holds_objects(value: &Value) -> bool {
    let items = value.as_items().unwrap_or_default();
    !items.is_empty()
        && items
            .iter()
            .any(|item| matches!(item.bare(), Value::Object(_) | Value::Map(_)))
}

fn differing(change: &Change, extent: Extent) -> Rows {
    let mut rows = Rows::default();
    for difference in differences(&change.before, &change.after) {
        let forces = forces(change, &difference.path);
        if let (Some(name), Extent::Said, Forces::No) =
            (told_later(change, &difference.path), extent, forces)
        {
            rows.later.push(name);
            continue;
        }
        rows.rows.push(Row {
            name: difference.name,
            fact: Fact::Differs(difference.kind),
            forces,
        });
    }
    if extent == Extent::Everything {
        for (name, value) in change
            .after
            .as_fields()
            .into_iter()
            .flat_map(|fields| fields.iter())
        {
            if change.before.get(name) == Some(value) && !value.is_null() {
                rows.rows.push(Row {
                    name: name.to_string(),
                    fact: Fact::Kept(value.clone()),
                    forces: Forces::No,
                });
            }
        }
        rows.rows.sort_by(|a, b| a.name.cmp(&b.name));
    }
    rows
}

/// The name of an attribute the author did not set and whose new value only the apply tells.
fn told_later(change: &Change, path: &Path) -> Option<Str> {
    let [PathStep::Attribute(name)] = path.0.as_slice() else {
        return None;
    };
    let unset = change.config.get(name).is_none_or(Value::is_null) && !change.config.is_null();
    let unknown = change
        .after
        .get(name)
        .is_some_and(|value| !value.is_known());
    (unset && unknown).then(|| name.clone())
}

fn forces(change: &Change, path: &Path) -> Forces {
    let named = change
        .replace_paths
        .iter()
        .any(|forced| forced.is_prefix_of(path) || path.is_prefix_of(forced));
    if !matches!(change.action, Action::Replace(_)) || !named {
        return Forces::No;
    }
    match change.after.at(path) {
        Some(value) if !value.is_wholly_known() => Forces::Unknown,
        _ => Forces::Replacement,
    }
}

fn kept(value: &Value) -> Rows {
    let mut rows = Vec::new();
    for (name, value) in value
        .as_fields()
        .into_iter()
        .flat_map(|fields| fields.iter())
    {
        if !value.is_null() {
            rows.push(Row {
                name: name.to_string(),
                fact: Fact::Kept(value.clone()),
                forces: Forces::No,
            });
        }
    }
    Rows {
        rows,
        later: Vec::new(),
    }
}
