//! `ignore_changes`: takes the configuration back to what is there already, at the ignored places.

use std::sync::Arc;

use lang::load::IgnoreChanges;
use model::schema::Block;
use model::value::{Fields, Map};
use model::{Path, PathStep, Value};

/// The configuration with the ignored parts taken from `prior`.
pub(super) fn ignore(
    config: &Value,
    prior: &Value,
    schema: &Block,
    changes: &IgnoreChanges,
) -> Value {
    match changes {
        IgnoreChanges::None => config.clone(),
        IgnoreChanges::All => all(config, prior, schema),
        IgnoreChanges::Paths(paths) => paths
            .iter()
            .fold(config.clone(), |config, path| one(&config, prior, path)),
    }
}

/// Everything the author could set is as it is; what only the provider sets stays out of a configuration.
fn all(config: &Value, prior: &Value, schema: &Block) -> Value {
    let Some(fields) = config.as_fields() else {
        return config.clone();
    };
    let mut changed = fields.clone();
    for (name, attribute) in &schema.attributes {
        if (attribute.optional || attribute.required)
            && let Some(value) = prior.get(name)
        {
            changed.insert(name.clone(), value.clone());
        }
    }
    for name in schema.blocks.keys() {
        if let Some(value) = prior.get(name) {
            changed.insert(name.clone(), value.clone());
        }
    }
    Value::Object(Arc::new(changed))
}

/// As with Terraform, only a map has keys to ignore: one of an object (`input["a"]`) at the end of a path stands for the
/// whole object, and before that for nothing.
fn one(config: &Value, prior: &Value, path: &Path) -> Value {
    let Some((last, before)) = path.0.split_last() else {
        return config.clone();
    };
    let is_object = |steps: &[PathStep]| {
        let at = config.at(&Path(steps.to_vec()));
        matches!(at, Some(Value::Object(_)))
    };
    let is_key = |at: usize| matches!(path.0.get(at), Some(PathStep::Key(_)));
    let through = |at: usize| is_key(at) && path.0.get(..at).is_some_and(is_object);
    if (0..before.len()).any(through) {
        return config.clone();
    }
    if through(before.len()) {
        return match prior.at(&Path(before.to_vec())) {
            Some(value) => put(config, before, value),
            None => config.clone(),
        };
    }
    match prior.at(path) {
        Some(value) => put(config, &path.0, value),
        // An ignored key of a map that is not there stays away.
        None if matches!(last, PathStep::Key(_)) => take(config, &path.0),
        None => config.clone(),
    }
}

/// The value with `new` at the path; a map gains the key, anything else must have the place.
fn put(value: &Value, path: &[PathStep], new: &Value) -> Value {
    let Some((step, rest)) = path.split_first() else {
        return new.clone();
    };
    match (value, step) {
        (Value::Object(fields), PathStep::Attribute(name) | PathStep::Key(name)) => {
            match fields.get(name) {
                Some(inner) => Value::Object(Arc::new(with(fields, name, put(inner, rest, new)))),
                None => value.clone(),
            }
        }
        (Value::Map(map), PathStep::Attribute(name) | PathStep::Key(name)) => {
            let inner = map
                .entries
                .get(name)
                .cloned()
                .unwrap_or(Value::Null(map.element.clone()));
            let entries = with(&map.entries, name, put(&inner, rest, new));
            Value::Map(Arc::new(Map {
                element: map.element.clone(),
                entries,
            }))
        }
        // A map that was not written at all, of which one key is ignored.
        (Value::Null(model::Type::Map(element)), PathStep::Key(name)) if rest.is_empty() => {
            Value::map((**element).clone(), [(name.clone(), new.clone())])
        }
        (Value::List(list), PathStep::Index(index)) => {
            Value::list(list.element.clone(), at(&list.items, *index, rest, new))
        }
        (Value::Tuple(items), PathStep::Index(index)) => Value::tuple(at(items, *index, rest, new)),
        _ => value.clone(),
    }
}

fn take(value: &Value, path: &[PathStep]) -> Value {
    match (value, path) {
        (Value::Map(map), [PathStep::Key(name)]) => {
            let mut entries = map.entries.clone();
            entries.remove(name);
            Value::Map(Arc::new(Map {
                element: map.element.clone(),
                entries,
            }))
        }
        (Value::Object(fields), [PathStep::Attribute(name) | PathStep::Key(name), rest @ ..])
            if !rest.is_empty() =>
        {
            match fields.get(name) {
                Some(inner) => Value::Object(Arc::new(with(fields, name, take(inner, rest)))),
                None => value.clone(),
            }
        }
        _ => value.clone(),
    }
}

fn with(fields: &Fields, name: &model::Str, value: Value) -> Fields {
    let mut fields = fields.clone();
    fields.insert(name.clone(), value);
    fields
}

fn at(items: &[Value], index: u64, rest: &[PathStep], new: &Value) -> Vec<Value> {
    let mut items = items.to_vec();
    if let Some(item) = usize::try_from(index)
        .ok()
        .and_then(|index| items.get_mut(index))
    {
        *item = put(item, rest, new);
    }
    items
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ignored_key_keeps_what_is_there_and_others_change() {
        let tags = |entries: &[(&str, &str)]| {
            let entries = entries
                .iter()
                .map(|(key, value)| ((*key).into(), Value::from(*value)));
            Value::object([("tags", Value::map(model::Type::String, entries))])
        };
        let path = Path(vec![
            PathStep::Attribute("tags".into()),
            PathStep::Key("a".into()),
        ]);
        let config = tags(&[("a", "new"), ("b", "new")]);
        let changes = IgnoreChanges::Paths(vec![path]);
        let schema = Block::default();
        assert_eq!(
            ignore(&config, &tags(&[("a", "old")]), &schema, &changes),
            tags(&[("a", "old"), ("b", "new")])
        );
        assert_eq!(
            ignore(&config, &tags(&[]), &schema, &changes),
            tags(&[("b", "new")])
        );
    }
}
