//! Checks a plan against the configuration it was made from. Pure. Entry point: [`plan_is_valid`]. What it finds is a
//! bug of the provider; the texts name types and places, never values, because a value may be sensitive.

use std::collections::BTreeMap;

use model::schema::{Attribute, AttributeType, Block, NestedBlock, Nesting};
use model::{Str, Value};

use crate::alike::alike;
use crate::violation::{At, Violation};

/// Returns where `planned` is not what a provider may plan for `config` and `prior`: a configured value must be kept,
/// or be the prior value; only what the provider computes is free.
///
/// All three have the type of `block` or are null, without marks.
pub fn plan_is_valid(
    block: &Block,
    prior: &Value,
    config: &Value,
    planned: &Value,
) -> Vec<Violation> {
    let mut found = Vec::new();
    Plan { found: &mut found }.block(
        block,
        Three {
            prior,
            config,
            planned,
        },
        &At::Root,
    );
    found
}

#[derive(Clone, Copy)]
struct Three<'a> {
    prior: &'a Value,
    config: &'a Value,
    planned: &'a Value,
}

impl<'a> Three<'a> {
    /// The three values of an attribute or block; null where there is none.
    fn get(self, name: &str) -> Self {
        let of = |value: &'a Value| value.get(name).unwrap_or(&Value::NULL);
        Self {
            prior: of(self.prior),
            config: of(self.config),
            planned: of(self.planned),
        }
    }

    fn index(self, index: usize) -> Self {
        let of = |value: &'a Value| {
            value
                .as_items()
                .and_then(|items| items.get(index))
                .unwrap_or(&Value::NULL)
        };
        Self {
            prior: of(self.prior),
            config: of(self.config),
            planned: of(self.planned),
        }
    }
}

/// Why a plan may not be without, or with, what the configuration has, or has not.
fn presence(config: &Value, planned: &Value) -> Option<&'static str> {
    match (config.is_null(), planned.is_null()) {
        (false, true) => Some("planned to be absent, but the configuration has it"),
        (true, false) => Some("planned to exist, but the configuration does not have it"),
        (true, true) | (false, false) => None,
    }
}

struct Plan<'f> {
    found: &'f mut Vec<Violation>,
}

impl Plan<'_> {
    fn block(&mut self, block: &Block, values: Three<'_>, at: &At<'_>) {
        if let Some(message) = presence(values.config, values.planned) {
            return at.say(self.found, message);
        }
        // An unknown block is one of a `dynamic` whose `for_each` is unknown: there is nothing to hold it against.
        if values.planned.is_null() || !values.config.is_known() {
            return;
        }
        if !values.planned.is_known() {
            return at.say(
                self.found,
                "planned as unknown as a whole; only its attributes may be",
            );
        }
        self.attributes(&block.attributes, values, at);
        for (name, nested) in &block.blocks {
            self.nested_block(nested, values.get(name), &At::Attribute(at, name));
        }
    }

    fn attributes(
        &mut self,
        attributes: &BTreeMap<Str, Attribute>,
        values: Three<'_>,
        at: &At<'_>,
    ) {
        for (name, attribute) in attributes {
            self.attribute(attribute, values.get(name), &At::Attribute(at, name));
        }
    }

    fn attribute(&mut self, attribute: &Attribute, values: Three<'_>, at: &At<'_>) {
        let Three {
            prior,
            config,
            planned,
        } = values;
        if attribute.write_only {
            if !planned.is_null() {
                at.say(self.found, "write-only, but planned with a value");
            }
            return;
        }
        let keeps_config = alike(planned, config);
        let keeps_prior = !config.is_null() && !prior.is_null() && alike(planned, prior);
        let is_free = attribute.computed && (!attribute.optional || config.is_null());
        if keeps_config || keeps_prior || is_free {
            return;
        }
        match &attribute.ty {
            AttributeType::Nested {
                nesting,
                attributes,
            } => self.object(*nesting, attributes, values, at),
            AttributeType::Plain(_) if prior.is_null() => {
                at.say(self.found, "planned value differs from the configuration");
            }
            AttributeType::Plain(_) => {
                at.say(
                    self.found,
                    "planned value differs from the configuration and from the prior value",
                );
            }
        }
    }

    fn object(
        &mut self,
        nesting: Nesting,
        attributes: &BTreeMap<Str, Attribute>,
        values: Three<'_>,
        at: &At<'_>,
    ) {
        if let Some(message) = presence(values.config, values.planned) {
            return at.say(self.found, message);
        }
        match (values.config.is_known(), values.planned.is_known()) {
            (true, true) => {}
            (true, false) => {
                return at.say(
                    self.found,
                    "planned as unknown, but the configuration is known",
                );
            }
            (false, _) => {
                return at.say(
                    self.found,
                    "planned as known, but the configuration is unknown",
                );
            }
        }
        match nesting {
            Nesting::Single | Nesting::Group => self.attributes(attributes, values, at),
            Nesting::List => {
                for (index, values) in self.listed(values, at) {
                    self.attributes(attributes, values, &At::Index(at, index));
                }
            }
            Nesting::Map => {
                for (key, values) in self.keyed(values, at) {
                    self.attributes(attributes, values, &At::Key(at, key));
                }
            }
            // Elements of a set have no names to hold them against the configuration by.
            Nesting::Set => self.counts(values, at),
        }
    }

    fn nested_block(&mut self, nested: &NestedBlock, values: Three<'_>, at: &At<'_>) {
        if !values.config.is_known() || alike(values.planned, values.config) {
            return;
        }
        if !values.planned.is_known() {
            return at.say(
                self.found,
                "block planned as unknown as a whole; only its attributes may be",
            );
        }
        match nested.nesting {
            Nesting::Single | Nesting::Group => self.block(&nested.block, values, at),
            Nesting::List => {
                for (index, values) in self.listed(values, at) {
                    self.block(&nested.block, values, &At::Index(at, index));
                }
            }
            Nesting::Map => {
                for (key, values) in self.keyed(values, at) {
                    self.block(&nested.block, values, &At::Key(at, key));
                }
            }
            Nesting::Set => self.counts(values, at),
        }
    }

    fn counts(&mut self, values: Three<'_>, at: &At<'_>) {
        let count = |value: &Value| value.as_items().map_or(0, <[Value]>::len);
        let (wanted, got) = (count(values.config), count(values.planned));
        if wanted != got {
            at.say(
                self.found,
                format!("planned with {got} elements, but the configuration has {wanted}"),
            );
        }
    }

    /// The elements of lists that have to have the same length.
    fn listed<'v>(&mut self, values: Three<'v>, at: &At<'_>) -> Vec<(usize, Three<'v>)> {
        let before = self.found.len();
        self.counts(values, at);
        if self.found.len() > before {
            return Vec::new();
        }
        let count = values.planned.as_items().map_or(0, <[Value]>::len);
        (0..count)
            .map(|index| (index, values.index(index)))
            .collect()
    }

    /// The elements of maps that have to have the same keys.
    fn keyed<'v>(&mut self, values: Three<'v>, at: &At<'_>) -> Vec<(&'v Str, Three<'v>)> {
        let (Some(config), Some(planned)) = (values.config.as_fields(), values.planned.as_fields())
        else {
            return Vec::new();
        };
        for key in planned.keys().filter(|key| !config.contains(key)) {
            At::Key(at, key).say(self.found, "planned, but not in the configuration");
        }
        for key in config.keys().filter(|key| !planned.contains(key)) {
            At::Key(at, key).say(self.found, "in the configuration, but not planned");
        }
        planned
            .keys()
            .filter(|key| config.contains(key))
            .map(|key| (key, values.get(key)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use model::Type;

    use super::*;
    use crate::samples::{block, null, object, texts, unknown, with_block};

    #[test]
    fn what_the_provider_computes_is_free() {
        let config = object(null(), "a", null());
        let planned = object(unknown(), "a", "eu".into());
        assert_eq!(plan_is_valid(&block(), &Value::NULL, &config, &planned), []);
    }

    #[test]
    fn a_configured_value_must_be_kept() {
        let config = object(null(), "a", "us".into());
        let planned = object(unknown(), "b", "eu".into());
        assert_eq!(
            texts(plan_is_valid(&block(), &Value::NULL, &config, &planned)),
            [
                "name: planned value differs from the configuration",
                "zone: planned value differs from the configuration",
            ],
        );
    }

    #[test]
    fn the_prior_value_may_stand_for_an_equivalent_one() {
        let prior = object("1".into(), "A", "eu".into());
        let config = object(null(), "a", null());
        let planned = object("1".into(), "A", "eu".into());
        assert_eq!(plan_is_valid(&block(), &prior, &config, &planned), []);
    }

    #[test]
    fn a_plan_agrees_with_the_configuration_on_existence() {
        let some = object(null(), "a", null());
        assert_eq!(
            texts(plan_is_valid(&block(), &some, &Value::NULL, &some)),
            ["planned to exist, but the configuration does not have it"],
        );
        assert_eq!(
            texts(plan_is_valid(&block(), &some, &some, &Value::NULL)),
            ["planned to be absent, but the configuration has it"],
        );
    }

    #[test]
    fn a_write_only_value_is_never_planned() {
        let secret = Attribute {
            write_only: true,
            ..Attribute::optional(Type::String)
        };
        let block = Block {
            attributes: BTreeMap::from([("secret".into(), secret)]),
            ..Block::default()
        };
        let of = |value: Value| Value::object([("secret", value)]);
        assert_eq!(
            plan_is_valid(&block, &Value::NULL, &of("x".into()), &of(null())),
            []
        );
        assert_eq!(
            texts(plan_is_valid(
                &block,
                &Value::NULL,
                &of("x".into()),
                &of("x".into())
            )),
            ["secret: write-only, but planned with a value"],
        );
    }

    #[test]
    fn a_plan_has_as_many_blocks_as_the_configuration() {
        let block_type = with_block(Nesting::List);
        let of =
            |items: Vec<Value>| Value::object([("disk", Value::list(block().value_type(), items))]);
        let one = of(vec![object(null(), "a", null())]);
        assert_eq!(
            texts(plan_is_valid(&block_type, &Value::NULL, &one, &of(vec![]))),
            ["disk: planned with 0 elements, but the configuration has 1"],
        );
        let changed = of(vec![object(unknown(), "b", unknown())]);
        assert_eq!(
            texts(plan_is_valid(&block_type, &Value::NULL, &one, &changed)),
            ["disk[0].name: planned value differs from the configuration"],
        );
        let whole = Value::object([("disk", Value::unknown(Type::list(block().value_type())))]);
        assert_eq!(
            texts(plan_is_valid(&block_type, &Value::NULL, &one, &whole)),
            ["disk: block planned as unknown as a whole; only its attributes may be"],
        );
        assert_eq!(plan_is_valid(&block_type, &Value::NULL, &whole, &one), []);
    }
}
