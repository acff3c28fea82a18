//! Merges an object's prior value and its configuration into what the provider is asked to plan ("proposed new
//! state"), by Terraform's rules. Pure. Entry point: [`proposed_new`].

use std::borrow::Cow;
use std::collections::BTreeMap;

use model::schema::{Attribute, AttributeType, Block, NestedBlock, Nesting};
use model::value::Fields;
use model::{Str, Type, Value};

use crate::alike::alike;

/// Returns what the provider is asked to plan: the configuration, with attributes that the provider sets and the
/// author leaves out taken from `prior`.
///
/// `prior` is null to create. `config` has the type of `block`, without marks; it may hold unknowns. Elements of
/// sets are paired with prior elements that agree with them in everything the author set.
pub fn proposed_new(block: &Block, prior: &Value, config: &Value) -> Value {
    if config.is_null() && prior.is_null() {
        return prior.clone();
    }
    block_new(block, prior, config)
}

/// Returns what a data source's answer is known to be before it is asked: the configuration, and unknowns for what
/// only the answer tells.
pub fn planned_data(block: &Block, config: &Value) -> Value {
    block_new(block, &Value::unknown(block.value_type()), config)
}

/// What an object or block consists of.
#[derive(Clone, Copy)]
enum Shape<'a> {
    Block(&'a Block),
    Object(&'a BTreeMap<Str, Attribute>),
}

impl Shape<'_> {
    fn merge(self, prior: &Value, config: &Value) -> Value {
        match self {
            Self::Block(block) => block_new(block, prior, config),
            Self::Object(attributes) => object_new(attributes, prior, config),
        }
    }

    /// Whether anything in it can be taken from a prior value at all.
    fn has_computed(self) -> bool {
        match self {
            Self::Block(block) => {
                Self::Object(&block.attributes).has_computed()
                    || block
                        .blocks
                        .values()
                        .any(|nested| Self::Block(&nested.block).has_computed())
            }
            Self::Object(attributes) => attributes.values().any(|attribute| {
                attribute.computed
                    || match &attribute.ty {
                        AttributeType::Plain(_) => false,
                        AttributeType::Nested { attributes, .. } => {
                            Self::Object(attributes).has_computed()
                        }
                    }
            }),
        }
    }

    /// Whether `prior` can be what became of `config`: they differ only in what the provider sets.
    fn may_have_become(self, config: &Value, prior: &Value) -> bool {
        if alike(config, prior) {
            return true;
        }
        let (Some(config), Some(prior)) = (config.as_fields(), prior.as_fields()) else {
            return false;
        };
        prior.iter().all(|(name, was)| {
            let Some(wanted) = config.get(name) else {
                return false;
            };
            if alike(wanted, was) {
                return true;
            }
            match self {
                Self::Block(block) => match (block.attributes.get(name), block.blocks.get(name)) {
                    (Some(attribute), _) => attribute_may_have_become(attribute, wanted, was),
                    (None, Some(nested)) => nested_may_have_become(
                        nested.nesting,
                        Shape::Block(&nested.block),
                        wanted,
                        was,
                    ),
                    (None, None) => false,
                },
                Self::Object(attributes) => attributes
                    .get(name)
                    .is_some_and(|attribute| attribute_may_have_become(attribute, wanted, was)),
            }
        })
    }
}

fn attribute_may_have_become(attribute: &Attribute, config: &Value, prior: &Value) -> bool {
    if attribute.computed && config.is_null() {
        return true;
    }
    match &attribute.ty {
        AttributeType::Plain(_) => false,
        AttributeType::Nested {
            nesting,
            attributes,
        } => nested_may_have_become(*nesting, Shape::Object(attributes), config, prior),
    }
}

fn nested_may_have_become(
    nesting: Nesting,
    shape: Shape<'_>,
    config: &Value,
    prior: &Value,
) -> bool {
    match nesting {
        Nesting::Single | Nesting::Group => shape.may_have_become(config, prior),
        Nesting::List => match (config.as_items(), prior.as_items()) {
            (Some(config), Some(prior)) => {
                config.len() == prior.len()
                    && config
                        .iter()
                        .zip(prior)
                        .all(|(config, prior)| shape.may_have_become(config, prior))
            }
            _ => false,
        },
        Nesting::Map => match (config.as_fields(), prior.as_fields()) {
            (Some(config), Some(prior)) => {
                config.len() == prior.len()
                    && prior.iter().all(|(key, prior)| {
                        config
                            .get(key)
                            .is_some_and(|config| shape.may_have_become(config, prior))
                    })
            }
            _ => false,
        },
        // Elements of a set within an element have no names to compare them by.
        Nesting::Set => false,
    }
}

fn block_new(block: &Block, prior: &Value, config: &Value) -> Value {
    let Some(fields) = config.as_fields() else {
        return prior_or_empty(block, prior);
    };
    let merged = fields.iter().map(|(name, value)| {
        let new = match (block.attributes.get(name), block.blocks.get(name)) {
            (Some(attribute), _) => attribute_new(attribute, name, prior, value),
            (None, Some(nested)) => nested_block_new(
                nested,
                &prior_of(prior, name, || nested.value_type()),
                value,
            ),
            (None, None) => value.clone(),
        };
        (name.clone(), new)
    });
    Value::object(merged)
}

fn prior_or_empty(block: &Block, prior: &Value) -> Value {
    if prior.is_null() {
        block.empty()
    } else {
        prior.clone()
    }
}

fn object_new(attributes: &BTreeMap<Str, Attribute>, prior: &Value, config: &Value) -> Value {
    let Some(fields) = config.as_fields() else {
        return config.clone();
    };
    Value::object(fields.iter().map(|(name, value)| {
        let new = match attributes.get(name) {
            Some(attribute) => attribute_new(attribute, name, prior, value),
            None => value.clone(),
        };
        (name.clone(), new)
    }))
}

fn attribute_new(attribute: &Attribute, name: &str, prior: &Value, config: &Value) -> Value {
    if attribute.computed && config.is_null() {
        let prior = prior_of(prior, name, || attribute.value_type());
        return if holds_what_the_author_set(attribute, &prior) {
            config.clone()
        } else {
            prior.into_owned()
        };
    }
    match &attribute.ty {
        AttributeType::Plain(_) => config.clone(),
        AttributeType::Nested {
            nesting,
            attributes,
        } => {
            let prior = prior_of(prior, name, || attribute.value_type());
            nested_new(*nesting, Shape::Object(attributes), &prior, config)
        }
    }
}

/// Whether the prior value of an attribute that is optional and computed holds something only the author can have
/// set, so that leaving it out now means to remove it.
fn holds_what_the_author_set(attribute: &Attribute, prior: &Value) -> bool {
    match &attribute.ty {
        AttributeType::Plain(_) => false,
        AttributeType::Nested {
            nesting,
            attributes,
        } => attribute.optional && any_set_by_author(*nesting, attributes, prior),
    }
}

fn any_set_by_author(
    nesting: Nesting,
    attributes: &BTreeMap<Str, Attribute>,
    prior: &Value,
) -> bool {
    let in_object = |object: &Value| {
        let Some(fields) = object.as_fields() else {
            return false;
        };
        fields
            .iter()
            .any(|(name, value)| match attributes.get(name) {
                Some(_) if value.is_null() => false,
                Some(attribute) if !attribute.computed => true,
                Some(Attribute {
                    ty:
                        AttributeType::Nested {
                            nesting,
                            attributes,
                        },
                    ..
                }) => any_set_by_author(*nesting, attributes, value),
                _ => false,
            })
    };
    match nesting {
        Nesting::Single | Nesting::Group => in_object(prior),
        Nesting::List | Nesting::Set => prior
            .as_items()
            .is_some_and(|items| items.iter().any(in_object)),
        Nesting::Map => prior
            .as_fields()
            .is_some_and(|entries| entries.values().any(in_object)),
    }
}

fn nested_block_new(nested: &NestedBlock, prior: &Value, config: &Value) -> Value {
    nested_new(nested.nesting, Shape::Block(&nested.block), prior, config)
}

fn nested_new(nesting: Nesting, shape: Shape<'_>, prior: &Value, config: &Value) -> Value {
    if config.is_null() && !matches!(nesting, Nesting::Group)
        || !config.is_known()
        || !shape.has_computed()
    {
        return config.clone();
    }
    match nesting {
        Nesting::Single | Nesting::Group => shape.merge(prior, config),
        Nesting::List => list_new(shape, prior, config),
        Nesting::Map => map_new(shape, prior, config),
        Nesting::Set => set_new(shape, prior, config),
    }
}

fn list_new(shape: Shape<'_>, prior: &Value, config: &Value) -> Value {
    let Some(items) = config.as_items() else {
        return config.clone();
    };
    let merged = items.iter().enumerate().map(|(index, item)| {
        let was = match prior.as_items() {
            Some(items) => items.get(index).cloned().unwrap_or(Value::NULL),
            None => element_of_unknown(prior),
        };
        shape.merge(&was, item)
    });
    rebuilt_items(config, merged.collect())
}

fn map_new(shape: Shape<'_>, prior: &Value, config: &Value) -> Value {
    let Some(entries) = config.as_fields() else {
        return config.clone();
    };
    let merged: Fields = entries
        .iter()
        .map(|(key, item)| {
            let was = match prior.as_fields() {
                Some(entries) => entries.get(key).cloned().unwrap_or(Value::NULL),
                None => element_of_unknown(prior),
            };
            (key.clone(), shape.merge(&was, item))
        })
        .collect();
    if let Value::Map(map) = config.bare() {
        Value::map(map.element.clone(), merged)
    } else {
        Value::object(merged)
    }
}

fn set_new(shape: Shape<'_>, prior: &Value, config: &Value) -> Value {
    let Some(items) = config.as_items() else {
        return config.clone();
    };
    if items.is_empty() || alike(prior, config) {
        return config.clone();
    }
    let mut unused: Vec<&Value> = prior
        .as_items()
        .map(|items| items.iter().collect())
        .unwrap_or_default();
    let merged = items.iter().map(|item| {
        let paired = unused
            .iter()
            .position(|prior| shape.may_have_become(item, prior));
        let was = match paired {
            // The order of what is left decides between several that fit.
            Some(at) => unused.remove(at).clone(),
            None => element_of_unknown(prior),
        };
        shape.merge(&was, item)
    });
    rebuilt_items(config, merged.collect())
}

/// A collection of the kind and type of `like`.
fn rebuilt_items(like: &Value, items: Vec<Value>) -> Value {
    if let Value::List(list) = like.bare() {
        Value::list(list.element.clone(), items)
    } else if let Value::Set(set) = like.bare() {
        Value::set(set.element.clone(), items)
    } else {
        Value::tuple(items)
    }
}

/// The value of `name` in `prior`: null where there is no prior, unknown where it is unknown.
fn prior_of<'a>(prior: &'a Value, name: &str, ty: impl Fn() -> Type) -> Cow<'a, Value> {
    match prior.get(name) {
        Some(value) => Cow::Borrowed(value),
        None if prior.is_known() => Cow::Owned(Value::Null(ty())),
        None => Cow::Owned(Value::unknown(ty())),
    }
}

/// Null, or unknown when the whole collection is.
fn element_of_unknown(collection: &Value) -> Value {
    if collection.is_known() {
        Value::NULL
    } else {
        Value::dynamic()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{self, block, with_block};

    fn object(id: Option<&str>, name: &str, zone: Option<&str>) -> Value {
        let text = |text: Option<&str>| text.map_or(Value::Null(Type::String), Value::from);
        samples::object(text(id), name, text(zone))
    }

    #[test]
    fn a_create_proposes_the_configuration() {
        let config = object(None, "a", None);
        assert_eq!(proposed_new(&block(), &Value::NULL, &config), config);
    }

    #[test]
    fn what_the_author_leaves_out_stays_as_it_was() {
        let prior = object(Some("i-1"), "a", Some("eu"));
        assert_eq!(
            proposed_new(&block(), &prior, &object(None, "b", None)),
            object(Some("i-1"), "b", Some("eu")),
        );
        assert_eq!(
            proposed_new(&block(), &prior, &object(None, "a", Some("us"))),
            object(Some("i-1"), "a", Some("us")),
        );
    }

    #[test]
    fn a_data_source_is_unknown_where_the_author_said_nothing() {
        let planned = planned_data(&block(), &object(None, "a", None));
        assert_eq!(planned.get("name"), Some(&Value::from("a")));
        assert_eq!(planned.get("id"), Some(&Value::unknown(Type::String)));
    }

    #[test]
    fn list_blocks_are_paired_by_position() {
        let block_type = with_block(Nesting::List);
        let list =
            |items: Vec<Value>| Value::object([("disk", Value::list(block().value_type(), items))]);
        let prior = list(vec![
            object(Some("1"), "a", None),
            object(Some("2"), "b", None),
        ]);
        let config = list(vec![
            object(None, "b", None),
            object(None, "b", None),
            object(None, "c", None),
        ]);
        let expected = list(vec![
            object(Some("1"), "b", None),
            object(Some("2"), "b", None),
            object(None, "c", None),
        ]);
        assert_eq!(proposed_new(&block_type, &prior, &config), expected);
    }

    #[test]
    fn set_blocks_are_paired_by_what_the_author_set() {
        let block_type = with_block(Nesting::Set);
        let set =
            |items: Vec<Value>| Value::object([("disk", Value::set(block().value_type(), items))]);
        let prior = set(vec![
            object(Some("1"), "a", None),
            object(Some("2"), "b", Some("eu")),
        ]);
        let config = set(vec![
            object(None, "b", Some("eu")),
            object(None, "c", None),
            object(None, "a", Some("us")),
        ]);
        let expected = set(vec![
            object(Some("2"), "b", Some("eu")),
            object(None, "c", None),
            object(None, "a", Some("us")),
        ]);
        assert_eq!(proposed_new(&block_type, &prior, &config), expected);
    }

    #[test]
    fn an_unknown_block_is_taken_as_it_is() {
        let block_type = with_block(Nesting::List);
        let ty = Type::list(block().value_type());
        let config = Value::object([("disk", Value::unknown(ty))]);
        let prior = Value::object([(
            "disk",
            Value::list(block().value_type(), vec![object(Some("1"), "a", None)]),
        )]);
        assert_eq!(proposed_new(&block_type, &prior, &config), config);
    }

    fn with_object(nesting: Nesting) -> Block {
        let attribute = Attribute {
            ty: AttributeType::Nested {
                nesting,
                attributes: block().attributes,
            },
            ..Attribute::optional_computed(Type::String)
        };
        Block {
            attributes: BTreeMap::from([("net".into(), attribute)]),
            ..Block::default()
        }
    }

    #[test]
    fn a_nested_object_the_author_had_set_is_removed_when_left_out() {
        let block_type = with_object(Nesting::Single);
        let null = Value::object([("net", Value::Null(block().value_type()))]);
        let prior = Value::object([("net", object(Some("1"), "a", None))]);
        assert_eq!(proposed_new(&block_type, &prior, &null), null);
    }

    #[test]
    fn a_nested_object_the_provider_had_set_stays_when_left_out() {
        let mut attributes = block().attributes;
        attributes.remove("name");
        let ty = AttributeType::Nested {
            nesting: Nesting::Single,
            attributes: attributes.clone(),
        };
        let attribute = Attribute {
            ty,
            ..Attribute::optional_computed(Type::String)
        };
        let block = Block {
            attributes: BTreeMap::from([("net".into(), attribute)]),
            ..Block::default()
        };
        let null = Value::object([("net", Value::Null(block.value_type()))]);
        let inner = Value::object([("id", "1".into()), ("zone", Value::from("eu"))]);
        let prior = Value::object([("net", inner)]);
        assert_eq!(proposed_new(&block, &prior, &null), prior);
    }
}
