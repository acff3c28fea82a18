//! What most resource types plan by: defaults, attributes whose change needs a new object, and computed attributes
//! that stay as they are until then. Entry point: [`Rules::plan`].

use std::collections::BTreeMap;
use std::sync::Arc;

use model::schema::{Attribute, Block, NestedBlock, Schema};
use model::{Path, Str, Value};

use crate::attributes;
use crate::provider::{Effects, ResourceSchema};
use crate::request::{PlanRequest, PlanResponse};

/// The schema of a resource type and the rules it plans by.
#[derive(Debug)]
pub struct Rules {
    schema: Arc<ResourceSchema>,
    defaults: BTreeMap<Str, Value>,
    unknowns: BTreeMap<Str, Value>,
    replace: Vec<(Str, When)>,
    null: Value,
}

/// When the change of an attribute needs a new object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Always.
    Changed,
    /// Unless only entries that are null come in: older versions did not store those.
    ChangedBeyondNulls,
    /// Unless an empty string becomes null.
    ChangedBeyondEmpty,
}

impl Rules {
    /// Rules for objects of these attributes, which exist only in the record.
    pub fn new<'n>(attributes: impl IntoIterator<Item = (&'n str, Attribute)>) -> Self {
        let attributes = attributes
            .into_iter()
            .map(|(name, attribute)| (name.into(), attribute));
        let block = Block {
            attributes: attributes.collect(),
            ..Block::default()
        };
        let mut rules = Self {
            schema: Arc::new(ResourceSchema {
                schema: Schema { version: 0, block },
                effects: Effects::RecordOnly,
                claims: false,
            }),
            defaults: BTreeMap::new(),
            unknowns: BTreeMap::new(),
            replace: Vec::new(),
            null: Value::NULL,
        };
        rules.settle();
        rules
    }

    /// The same with a block type.
    #[must_use]
    pub fn block(mut self, name: &str, nested: NestedBlock) -> Self {
        self.change(|schema| {
            schema.schema.block.blocks.insert(name.into(), nested);
        });
        self
    }

    /// The same for objects that exist in the world.
    #[must_use]
    pub fn in_the_world(mut self) -> Self {
        self.change(|schema| schema.effects = Effects::World);
        self
    }

    /// The same for objects that have something in the world for themselves.
    #[must_use]
    pub fn claiming(mut self) -> Self {
        self.change(|schema| schema.claims = true);
        self
    }

    /// The same under a schema version.
    #[must_use]
    pub fn version(mut self, version: u64) -> Self {
        self.change(|schema| schema.schema.version = version);
        self
    }

    /// The same with a sentence about the resource type.
    #[must_use]
    pub fn describe(mut self, description: &str) -> Self {
        self.change(|schema| schema.schema.block.description = description.into());
        self
    }

    /// The same with a value for an attribute the author leaves out.
    #[must_use]
    pub fn default(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.defaults.insert(name.into(), value.into());
        self
    }

    /// The same with attributes whose change needs a new object.
    #[must_use]
    pub fn replace<const N: usize>(mut self, when: When, names: [&str; N]) -> Self {
        self.replace.extend(names.map(|name| (name.into(), when)));
        self
    }

    fn change(&mut self, change: impl FnOnce(&mut ResourceSchema)) {
        let mut schema = (*self.schema).clone();
        change(&mut schema);
        self.schema = Arc::new(schema);
        self.settle();
    }

    fn settle(&mut self) {
        let block = &self.schema.schema.block;
        self.null = Value::Null(block.value_type());
        self.unknowns = block
            .attributes
            .iter()
            .filter(|(_, attribute)| attribute.computed)
            .map(|(name, attribute)| {
                (
                    name.clone(),
                    Value::unknown_not_null(attribute.value_type()),
                )
            })
            .collect();
    }

    /// The schema.
    pub fn schema(&self) -> &Arc<ResourceSchema> {
        &self.schema
    }

    /// No object.
    pub fn null(&self) -> Value {
        self.null.clone()
    }

    /// An object of these attributes; all others null.
    pub fn object<'n>(&self, attributes: impl IntoIterator<Item = (&'n str, Value)>) -> Value {
        attributes::with(&self.schema.schema.block.empty(), attributes)
    }

    /// Says what an object would become.
    ///
    /// To create one, computed attributes the author leaves out are unknown. Otherwise they stay as they were; the
    /// engine asks again without the prior value when a new object is needed.
    pub fn plan(&self, request: PlanRequest) -> PlanResponse {
        let PlanRequest {
            prior,
            proposed,
            config,
            private,
            ..
        } = request;
        let answer = |planned, requires_replace, private| PlanResponse {
            planned,
            requires_replace,
            private,
            legacy: false,
        };
        if proposed.is_null() {
            return answer(self.null(), Vec::new(), private);
        }
        let planned = self.with_defaults(&proposed, &config, prior.is_null());
        if prior.is_null() {
            return answer(planned, Vec::new(), Vec::new());
        }
        if planned == prior {
            return answer(prior, Vec::new(), private);
        }
        let replace = self
            .replace
            .iter()
            .filter(|(name, when)| when.holds(&prior, &planned, name));
        let paths = replace
            .map(|(name, _)| Path::root().attribute(name.clone()))
            .collect();
        answer(planned, paths, private)
    }

    fn with_defaults(&self, proposed: &Value, config: &Value, is_new: bool) -> Value {
        let Some(fields) = proposed.as_fields() else {
            return proposed.clone();
        };
        let needed = |name: &Str| {
            if config.get(name).is_some_and(|value| !value.is_null()) {
                return None;
            }
            match self.defaults.get(name) {
                Some(default) => Some(default),
                None if is_new => self.unknowns.get(name),
                None => None,
            }
        };
        Value::object(
            fields
                .iter()
                .map(|(name, value)| (name.clone(), needed(name).unwrap_or(value).clone())),
        )
    }

    /// Attributes stored under an older version: those that there are still, defaults for those that are new.
    pub fn upgrade(&self, stored: &Value) -> Value {
        let empty = self.schema.schema.block.empty();
        let Some(fields) = empty.as_fields() else {
            return stored.clone();
        };
        Value::object(fields.iter().map(|(name, empty)| {
            let value = match stored.get(name) {
                Some(value) if !value.is_null() => value,
                _ => self.defaults.get(name).unwrap_or(empty),
            };
            (name.clone(), value.clone())
        }))
    }
}

impl When {
    fn holds(self, prior: &Value, planned: &Value, name: &str) -> bool {
        let (Some(was), Some(now)) = (prior.get(name), planned.get(name)) else {
            return false;
        };
        if was == now {
            return false;
        }
        match self {
            Self::Changed => true,
            Self::ChangedBeyondNulls => beyond_nulls(was, now),
            Self::ChangedBeyondEmpty => {
                now.is_known()
                    && !(now.is_null() && was.as_str().is_some_and(|text| text.is_empty()))
            }
        }
    }
}

fn beyond_nulls(was: &Value, now: &Value) -> bool {
    let Some(after) = now.as_fields() else {
        return !now.is_null() || !was.is_null();
    };
    match was.as_fields() {
        None => after.values().any(|value| !value.is_null()),
        Some(before) => {
            after.iter().any(|(key, value)| match before.get(key) {
                None => !value.is_null(),
                Some(before) => before != value,
            }) || before.keys().any(|key| !after.contains(key))
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::proposed_new;
    use model::Type;

    use super::*;

    fn rules() -> Rules {
        Rules::new([
            ("id", Attribute::computed(Type::String)),
            ("keepers", Attribute::optional(Type::map(Type::String))),
            ("size", Attribute::optional_computed(Type::Number)),
            ("note", Attribute::optional(Type::String)),
        ])
        .default("size", Value::int(2))
        .replace(When::Changed, ["size"])
        .replace(When::ChangedBeyondNulls, ["keepers"])
    }

    fn plan(prior: &Value, config: Value) -> PlanResponse {
        let rules = rules();
        let proposed = proposed_new(&rules.schema.schema.block, prior, &config);
        rules.plan(PlanRequest {
            rtype: "x".into(),
            prior: prior.clone(),
            proposed,
            config,
            private: Vec::new(),
        })
    }

    fn map(entries: &[(&str, Option<&str>)]) -> Value {
        let entries = entries
            .iter()
            .map(|(key, text)| ((*key).into(), attributes::text_or_null(*text)));
        Value::map(Type::String, entries)
    }

    #[test]
    fn a_new_object_gets_defaults_and_unknowns() {
        let planned = plan(&Value::NULL, rules().object([])).planned;
        assert_eq!(planned.get("size"), Some(&Value::int(2)));
        assert_eq!(
            planned.get("id"),
            Some(&Value::unknown_not_null(Type::String))
        );
    }

    #[test]
    fn an_unchanged_object_stays() {
        let prior = rules().object([("id", "a".into()), ("size", Value::int(2))]);
        let answer = plan(&prior, rules().object([]));
        assert_eq!(answer.planned, prior);
        assert_eq!(answer.requires_replace, []);
    }

    #[test]
    fn a_value_taken_away_falls_back_to_its_default() {
        let prior = rules().object([("id", "a".into()), ("size", Value::int(3))]);
        let answer = plan(&prior, rules().object([]));
        assert_eq!(answer.planned.get("size"), Some(&Value::int(2)));
        assert_eq!(answer.requires_replace, [Path::root().attribute("size")]);
    }

    #[test]
    fn a_change_that_needs_no_new_object_keeps_what_is_computed() {
        let prior = rules().object([("id", "a".into()), ("size", Value::int(2))]);
        let answer = plan(&prior, rules().object([("note", "x".into())]));
        assert_eq!(answer.planned.get("id"), Some(&Value::from("a")));
        assert_eq!(answer.requires_replace, []);
    }

    #[test]
    fn keepers_that_are_null_do_not_count() {
        let object =
            |keepers: Value| rules().object([("size", Value::int(2)), ("keepers", keepers)]);
        let replaces =
            |was: Value, now: Value| !plan(&object(was), object(now)).requires_replace.is_empty();
        let none = || Value::Null(Type::map(Type::String));
        assert!(!replaces(none(), map(&[("a", None)])));
        assert!(replaces(none(), map(&[("a", Some("1"))])));
        assert!(!replaces(
            map(&[("a", Some("1"))]),
            map(&[("a", Some("1")), ("b", None)])
        ));
        assert!(replaces(map(&[("a", Some("1"))]), map(&[("a", Some("2"))])));
        assert!(replaces(map(&[("a", Some("1"))]), map(&[])));
        assert!(replaces(map(&[("a", Some("1"))]), none()));
    }
}
