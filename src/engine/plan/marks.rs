//! Marks of planned and observed values: those of the configuration they come from, what the schema says is sensitive,
//! and what the provider made from either.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::schema::{Attribute, AttributeType, Block, Nesting};
use model::value::{Fields, MarkedPath, SecretTexts};
use model::{Marks, Str, Value};

/// Puts the configuration's marks on a value of the same schema, marks what the schema says is sensitive, and conceals
/// what the provider made from that: attributes that mirror it, and computed ones in which it stands, or another of the
/// definition's `secrets` (what of the configuration is secret may be a longer text around one).
pub(crate) fn mark(
    value: Value,
    paths: &[MarkedPath],
    schema: &Block,
    has_sensitive: bool,
    secrets: &SecretTexts,
) -> Value {
    if paths.is_empty() && !has_sensitive {
        return value;
    }
    let value = value.mark_paths(paths);
    let value = if has_sensitive {
        block(value, schema)
    } else {
        value
    };
    concealed(value, schema, secrets)
}

/// Conceals what repeats something secret, in an object that has something secret.
fn concealed(value: Value, schema: &Block, secrets: &SecretTexts) -> Value {
    let has_texts = secrets.gather(&value);
    let (inner, top) = value.unmark();
    let Value::Object(fields) = &inner else {
        return inner.mark(top);
    };
    let mut changed = (**fields).clone();
    for (name, attribute) in &schema.attributes {
        let Some(found) = fields.get(name) else {
            continue;
        };
        if let Some(source) = &attribute.mirrors {
            let (_, paths) = fields
                .get(source)
                .cloned()
                .unwrap_or(Value::NULL)
                .unmark_paths();
            let paths = paths.into_iter().filter(|(_, marks)| marks.is_secret());
            let paths: Vec<MarkedPath> = paths.map(|(path, _)| (path, Marks::CONCEALED)).collect();
            changed.insert(name.clone(), found.clone().mark_paths(&paths));
        } else if has_texts && attribute.computed && !attribute.optional && repeats(found, secrets)
        {
            changed.insert(name.clone(), found.clone().mark(Marks::CONCEALED));
        }
    }
    Value::Object(Arc::new(changed)).mark(top)
}

/// Whether one of the secrets stands in a part of the value that may be shown.
fn repeats(value: &Value, secrets: &SecretTexts) -> bool {
    let inside = |item: &Value| repeats(item, secrets);
    match value {
        Value::String(text) => secrets.stand_in(text),
        Value::List(list) | Value::Set(list) => list.items.iter().any(inside),
        Value::Tuple(items) => items.iter().any(inside),
        Value::Map(map) => map
            .entries
            .iter()
            .any(|(key, item)| secrets.stand_in(key) || inside(item)),
        Value::Object(fields) => fields.values().any(inside),
        Value::Marked(marked) => !marked.marks.is_secret() && inside(&marked.value),
        Value::Null(_) | Value::Unknown(_) | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn block(value: Value, schema: &Block) -> Value {
    let (inner, top) = value.unmark();
    let Value::Object(fields) = &inner else {
        return inner.mark(top);
    };
    let mut changed = (**fields).clone();
    attributes(&mut changed, &schema.attributes);
    for (name, nested) in &schema.blocks {
        if !nested.block.has_sensitive() {
            continue;
        }
        if let Some(value) = changed.remove(name) {
            let marked = each(value, nested.nesting, &|value| block(value, &nested.block));
            changed.insert(name.clone(), marked);
        }
    }
    Value::Object(Arc::new(changed)).mark(top)
}

fn attributes(fields: &mut Fields, schema: &BTreeMap<Str, Attribute>) {
    for (name, attribute) in schema {
        let nested = match &attribute.ty {
            AttributeType::Plain(_) => None,
            AttributeType::Nested {
                nesting,
                attributes,
            } => Some((*nesting, attributes)),
        };
        if !attribute.sensitive && nested.is_none() {
            continue;
        }
        let Some(value) = fields.remove(name) else {
            continue;
        };
        let value = match nested {
            Some((nesting, inner)) => each(value, nesting, &|value| object(value, inner)),
            None => value,
        };
        let marks = if attribute.sensitive {
            Marks::SENSITIVE
        } else {
            Marks::NONE
        };
        fields.insert(name.clone(), value.mark(marks));
    }
}

fn object(value: Value, schema: &BTreeMap<Str, Attribute>) -> Value {
    let (inner, top) = value.unmark();
    let Value::Object(fields) = &inner else {
        return inner.mark(top);
    };
    let mut changed = (**fields).clone();
    attributes(&mut changed, schema);
    Value::Object(Arc::new(changed)).mark(top)
}

fn each(value: Value, nesting: Nesting, change: &dyn Fn(Value) -> Value) -> Value {
    let (inner, top) = value.unmark();
    let changed = match (nesting, &inner) {
        (Nesting::Single | Nesting::Group, _) => change(inner.clone()),
        (_, Value::List(list)) => Value::list(
            list.element.clone(),
            list.items.iter().cloned().map(change).collect(),
        ),
        (_, Value::Set(set)) => Value::set(
            set.element.clone(),
            set.items.iter().cloned().map(change).collect(),
        ),
        (_, Value::Tuple(items)) => Value::tuple(items.iter().cloned().map(change).collect()),
        (_, Value::Map(map)) => Value::map(
            map.element.clone(),
            map.entries
                .iter()
                .map(|(key, value)| (key.clone(), change(value.clone()))),
        ),
        (_, Value::Object(fields)) => Value::object(
            fields
                .iter()
                .map(|(key, value)| (key.clone(), change(value.clone()))),
        ),
        _ => inner.clone(),
    };
    changed.mark(top)
}

#[cfg(test)]
mod tests {
    use model::{Path, Type};

    use super::*;

    fn schema() -> Block {
        let attributes = [
            ("id", Attribute::computed(Type::String)),
            ("input", Attribute::optional(Type::Dynamic)),
            ("name", Attribute::optional_computed(Type::String)),
            (
                "output",
                Attribute::computed(Type::Dynamic).mirroring("input"),
            ),
            ("said", Attribute::computed(Type::list(Type::String))),
        ];
        Block {
            attributes: attributes
                .into_iter()
                .map(|(name, attribute)| (name.into(), attribute))
                .collect(),
            ..Block::default()
        }
    }

    fn marked(input: Value, output: Value, said: &str, at: Path) -> Value {
        let value = Value::object([
            ("id", Value::from("b1946ac9-2492-4d23-93af-abc123000000")),
            ("input", input),
            ("name", Value::from("it is correct-horse too")),
            ("output", output),
            ("said", Value::list(Type::String, vec![said.into()])),
        ]);
        let paths = [(at, Marks::SENSITIVE)];
        mark(value, &paths, &schema(), false, &SecretTexts::default())
    }

    fn concealed_in(value: &Value) -> Vec<String> {
        let (_, paths) = value.clone().unmark_paths();
        paths
            .into_iter()
            .filter(|(_, marks)| *marks == Marks::CONCEALED)
            .map(|(path, _)| path.to_string())
            .collect()
    }

    #[test]
    fn what_mirrors_a_sensitive_part_is_concealed_in_that_part() {
        let both = || Value::object([("pin", Value::int(7)), ("user", "me".into())]);
        let at = Path::root().attribute("input").attribute("pin");
        let value = marked(both(), both(), "7", at.clone());
        assert_eq!(concealed_in(&value), ["output.pin"]);
        let value = marked(both(), Value::dynamic(), "7", at);
        assert_eq!(concealed_in(&value), ["output"]);
    }

    #[test]
    fn what_repeats_a_secret_is_concealed_where_only_the_provider_can_have_said_it() {
        let at = || Path::root().attribute("input");
        let text = "correct-horse";
        let value = marked(text.into(), Value::NULL, "it is correct-horse!", at());
        assert_eq!(concealed_in(&value), ["output", "said"]);
        let value = marked(text.into(), Value::NULL, "nothing", at());
        assert_eq!(concealed_in(&value), ["output"]);
    }

    #[test]
    fn a_short_secret_counts_only_as_a_word_of_its_own() {
        let at = || Path::root().attribute("input");
        let value = marked("abc123".into(), Value::NULL, "it is abc1234", at());
        assert_eq!(concealed_in(&value), ["output"]);
        let value = marked("abc123".into(), Value::NULL, "it is abc123", at());
        assert_eq!(concealed_in(&value), ["output", "said"]);
    }
}
