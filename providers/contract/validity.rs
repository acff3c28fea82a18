//! Checks what a provider answers: a plan against the configuration, a result against the plan. Pure. Entry points:
//! [`plan_is_valid`], [`result_is_compatible`]. What they find is a bug of the provider; the texts name types and
//! places, never values, because a value may be sensitive.

use std::collections::BTreeMap;
use std::fmt;

use model::schema::{Attribute, AttributeType, Block, NestedBlock, Nesting};
use model::value::Refinement;
use model::{Path, PathStep, Str, Type, Value};
use serde::{Deserialize, Serialize};

use crate::alike::alike;

/// A place where a provider's answer breaks the rules.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Violation {
    /// Where in the object.
    pub path: Path,
    /// What is wrong there, as a phrase.
    pub message: String,
}

/// Writes `tags["a"]: planned value differs from the configuration`.
impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_root() {
            return f.write_str(&self.message);
        }
        write!(f, "{}: {}", self.path, self.message)
    }
}

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

/// Returns where `result` breaks what `planned` promised: what was known must be equal, what was unknown may be
/// anything of its type and refinement.
///
/// Both have the type of `block` or are null, without marks. `result` may hold unknowns where `planned` does (a
/// second plan); whether a final result is wholly known is for the caller to ask.
pub fn result_is_compatible(block: &Block, planned: &Value, result: &Value) -> Vec<Violation> {
    let mut found = Vec::new();
    if !alike(planned, result) {
        Outcome { found: &mut found }.block(block, planned, result, &At::Root);
    }
    found
}

/// Returns where `value` is not of the type that `block` says: attributes missing or unknown to it, values of other
/// types. Null and unknown are of every type.
pub fn conforms(block: &Block, value: &Value) -> Vec<Violation> {
    let mut found = Vec::new();
    if value.is_null() || !value.is_known() {
        return found;
    }
    let Some(fields) = value.as_fields() else {
        At::Root.say(
            &mut found,
            format!("an object is needed, found {}", value.ty().friendly()),
        );
        return found;
    };
    let attributes = block
        .attributes
        .iter()
        .map(|(name, attribute)| (name, attribute.value_type()));
    let blocks = block
        .blocks
        .iter()
        .map(|(name, nested)| (name, nested.value_type()));
    for (name, ty) in attributes.chain(blocks) {
        let at = At::Attribute(&At::Root, name);
        match fields.get(name) {
            None => at.say(&mut found, "missing"),
            Some(value) if is_of_type(value, &ty) => {}
            Some(value) => {
                let message = format!(
                    "{} is needed, found {}",
                    ty.friendly(),
                    value.ty().friendly()
                );
                at.say(&mut found, message);
            }
        }
    }
    for name in fields.keys() {
        if !block.attributes.contains_key(name) && !block.blocks.contains_key(name) {
            At::Attribute(&At::Root, name).say(&mut found, "not expected here");
        }
    }
    found
}

/// A place, built only when something is found there.
enum At<'a> {
    Root,
    Attribute(&'a At<'a>, &'a Str),
    Index(&'a At<'a>, usize),
    Key(&'a At<'a>, &'a Str),
}

impl At<'_> {
    fn path(&self) -> Path {
        match self {
            Self::Root => Path::root(),
            Self::Attribute(parent, name) => parent.path().attribute((*name).clone()),
            Self::Index(parent, index) => parent.path().with(PathStep::Index(*index as u64)),
            Self::Key(parent, key) => parent.path().with(PathStep::Key((*key).clone())),
        }
    }

    fn say(&self, found: &mut Vec<Violation>, message: impl Into<String>) {
        found.push(Violation {
            path: self.path(),
            message: message.into(),
        });
    }
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

struct Outcome<'f> {
    found: &'f mut Vec<Violation>,
}

impl Outcome<'_> {
    fn block(&mut self, block: &Block, planned: &Value, result: &Value, at: &At<'_>) {
        match (planned.is_null(), result.is_null()) {
            (true, true) => return,
            (true, false) => return at.say(self.found, "was planned to be absent, but now exists"),
            (false, true) => return at.say(self.found, "was planned to exist, but is now absent"),
            (false, false) => {}
        }
        if !planned.is_known() {
            return;
        }
        if !result.is_known() {
            return at.say(self.found, "was known, but is now unknown");
        }
        for name in block.attributes.keys() {
            let (planned, result) = both(planned, result, name);
            self.value(planned, result, &At::Attribute(at, name));
        }
        for (name, nested) in &block.blocks {
            let (planned, result) = both(planned, result, name);
            self.nested_block(nested, planned, result, &At::Attribute(at, name));
        }
    }

    fn nested_block(&mut self, nested: &NestedBlock, planned: &Value, result: &Value, at: &At<'_>) {
        // Blocks of a `dynamic` with an unknown `for_each` may become any number.
        if !planned.is_known() || alike(planned, result) {
            return;
        }
        match nested.nesting {
            Nesting::Single | Nesting::Group => self.block(&nested.block, planned, result, at),
            Nesting::List => match (planned.as_items(), result.as_items()) {
                (Some(planned), Some(result)) if planned.len() == result.len() => {
                    for (index, (planned, result)) in planned.iter().zip(result).enumerate() {
                        self.block(&nested.block, planned, result, &At::Index(at, index));
                    }
                }
                (planned, result) => {
                    let count = |items: Option<&[Value]>| items.map_or(0, <[Value]>::len);
                    let message = format!(
                        "{} blocks were planned, {} exist",
                        count(planned),
                        count(result)
                    );
                    at.say(self.found, message);
                }
            },
            Nesting::Map => {
                for (key, planned, result) in self.keyed(planned, result, at) {
                    self.block(&nested.block, planned, result, &At::Key(at, key));
                }
            }
            Nesting::Set => {
                let fits = |planned: &Value, result: &Value| {
                    result_is_compatible(&nested.block, planned, result).is_empty()
                };
                self.sets(planned, result, at, &fits);
            }
        }
    }

    fn value(&mut self, planned: &Value, result: &Value, at: &At<'_>) {
        if alike(planned, result) {
            return;
        }
        if let Value::Unknown(unknown) = planned.bare() {
            if !is_of_type(result, &unknown.ty) {
                let message = format!(
                    "{} was planned, {} is there",
                    unknown.ty.friendly(),
                    result.ty().friendly()
                );
                at.say(self.found, message);
            } else if !is_in_range(result, &unknown.refinement) {
                at.say(
                    self.found,
                    "is not what was known of it when it was planned",
                );
            }
            return;
        }
        match (planned.is_null(), result.is_null()) {
            (true, true) => return,
            (true, false) => return at.say(self.found, "was planned as null, but now has a value"),
            (false, true) => {
                return at.say(self.found, "was planned with a value, but is now null");
            }
            (false, false) => {}
        }
        if !result.is_known() {
            return at.say(self.found, "was known, but is now unknown");
        }
        match (planned.bare(), result.bare()) {
            (Value::List(planned), Value::List(result)) => {
                self.items(&planned.items, &result.items, at)
            }
            (Value::Tuple(planned), Value::Tuple(result)) => self.items(planned, result, at),
            (Value::Map(_), Value::Map(_)) => {
                for (key, planned, result) in self.keyed(planned, result, at) {
                    self.value(planned, result, &At::Key(at, key));
                }
            }
            (Value::Object(_), Value::Object(_)) => {
                for (name, planned, result) in self.keyed(planned, result, at) {
                    self.value(planned, result, &At::Attribute(at, name));
                }
            }
            (Value::Set(_), Value::Set(_)) => {
                let fits = |planned: &Value, result: &Value| {
                    let mut found = Vec::new();
                    Outcome { found: &mut found }.value(planned, result, &At::Root);
                    found.is_empty()
                };
                self.sets(planned, result, at, &fits);
            }
            _ => at.say(self.found, "differs from what was planned"),
        }
    }

    fn items(&mut self, planned: &[Value], result: &[Value], at: &At<'_>) {
        for (index, (planned, result)) in planned.iter().zip(result).enumerate() {
            self.value(planned, result, &At::Index(at, index));
        }
        if planned.len() != result.len() {
            let message = format!(
                "{} elements were planned, {} exist",
                planned.len(),
                result.len()
            );
            at.say(self.found, message);
        }
    }

    fn keyed<'v>(
        &mut self,
        planned: &'v Value,
        result: &'v Value,
        at: &At<'_>,
    ) -> Vec<(&'v Str, &'v Value, &'v Value)> {
        let (Some(planned), Some(result)) = (planned.as_fields(), result.as_fields()) else {
            return Vec::new();
        };
        for key in planned.keys().filter(|key| !result.contains(key)) {
            At::Key(at, key).say(self.found, "was planned, but is absent");
        }
        for key in result.keys().filter(|key| !planned.contains(key)) {
            At::Key(at, key).say(self.found, "is there, but was not planned");
        }
        planned
            .iter()
            .filter_map(|(key, planned)| Some((key, planned, result.get(key)?)))
            .collect()
    }

    /// Elements that were unknown may become equal to others, so a set may shrink; it never grows. `fits` compares a
    /// planned element that holds unknowns with a result.
    fn sets(
        &mut self,
        planned: &Value,
        result: &Value,
        at: &At<'_>,
        fits: &dyn Fn(&Value, &Value) -> bool,
    ) {
        let (Some(planned), Some(result)) = (planned.as_items(), result.as_items()) else {
            return at.say(self.found, "differs from what was planned");
        };
        if planned.len() < result.len() {
            let message = format!(
                "{} elements were planned, {} exist",
                planned.len(),
                result.len()
            );
            return at.say(self.found, message);
        }
        // Elements are sorted: known ones are found by bisection, only those with unknowns are tried one by one.
        let holds = |items: &[Value], item: &Value| {
            items
                .binary_search_by(|probe| model::value::element_cmp(probe, item))
                .is_ok()
                || items.contains(item)
        };
        let (known, open): (Vec<&Value>, Vec<&Value>) =
            planned.iter().partition(|item| item.is_wholly_known());
        let missing = known.iter().filter(|item| !holds(result, item)).count()
            + open
                .iter()
                .filter(|item| !result.iter().any(|result| fits(item, result)))
                .count();
        if missing > 0 {
            at.say(
                self.found,
                format!("{missing} of the planned elements are not there"),
            );
        }
        let unplanned = result
            .iter()
            .filter(|item| !holds(planned, item) && !open.iter().any(|open| fits(open, item)))
            .count();
        if unplanned > 0 {
            at.say(
                self.found,
                format!("{unplanned} of the elements were not planned"),
            );
        }
    }
}

fn both<'v>(planned: &'v Value, result: &'v Value, name: &str) -> (&'v Value, &'v Value) {
    (
        planned.get(name).unwrap_or(&Value::NULL),
        result.get(name).unwrap_or(&Value::NULL),
    )
}

/// Whether a value may stand where `ty` is expected; dynamic expects nothing.
fn is_of_type(value: &Value, ty: &Type) -> bool {
    match (ty, value.bare()) {
        (Type::Dynamic, _) => true,
        (_, Value::Null(Type::Dynamic)) => true,
        (_, Value::Unknown(unknown)) if unknown.ty == Type::Dynamic => true,
        (Type::List(element), Value::List(list)) | (Type::Set(element), Value::Set(list)) => {
            fits(&list.element, element) && list.items.iter().all(|item| is_of_type(item, element))
        }
        (Type::Map(element), Value::Map(map)) => {
            fits(&map.element, element)
                && map.entries.values().all(|item| is_of_type(item, element))
        }
        (Type::Tuple(types), Value::Tuple(items)) => {
            types.len() == items.len()
                && items
                    .iter()
                    .zip(types.iter())
                    .all(|(item, ty)| is_of_type(item, ty))
        }
        (Type::Object(object), Value::Object(fields)) => {
            object.attributes.len() == fields.len()
                && object
                    .attributes
                    .iter()
                    .zip(fields.iter())
                    .all(|((wanted, ty), (name, value))| wanted == name && is_of_type(value, ty))
        }
        _ => fits(&value.ty(), ty),
    }
}

/// Whether values of type `ty` may stand where `wanted` is expected.
fn fits(ty: &Type, wanted: &Type) -> bool {
    match (wanted, ty) {
        (Type::Dynamic, _) => true,
        (Type::List(wanted), Type::List(ty))
        | (Type::Set(wanted), Type::Set(ty))
        | (Type::Map(wanted), Type::Map(ty)) => fits(ty, wanted),
        (Type::Tuple(wanted), Type::Tuple(ty)) => {
            wanted.len() == ty.len()
                && ty
                    .iter()
                    .zip(wanted.iter())
                    .all(|(ty, wanted)| fits(ty, wanted))
        }
        (Type::Object(wanted), Type::Object(ty)) => {
            wanted.attributes.len() == ty.attributes.len()
                && wanted.attributes.iter().zip(&ty.attributes).all(
                    |((wanted_name, wanted), (name, ty))| wanted_name == name && fits(ty, wanted),
                )
        }
        _ => ty == wanted,
    }
}

/// Whether a value, or what is known of it, lies within what was promised.
fn is_in_range(value: &Value, promised: &Refinement) -> bool {
    if promised.is_empty() {
        return true;
    }
    let range = value.range();
    if value.is_null() {
        return !promised.not_null;
    }
    if !value.is_known() {
        return !promised.not_null || range.not_null;
    }
    let starts = match (&promised.prefix, value.as_str()) {
        (Some(prefix), Some(text)) => text.starts_with(prefix.as_str()),
        _ => true,
    };
    let number = value.as_number();
    let above = match (&promised.min, number) {
        (Some(min), Some(number)) => *number > min.value || min.inclusive && *number == min.value,
        _ => true,
    };
    let below = match (&promised.max, number) {
        (Some(max), Some(number)) => *number < max.value || max.inclusive && *number == max.value,
        _ => true,
    };
    let long_enough = range.len_max.is_none_or(|len| len >= promised.len_min);
    let short_enough = promised.len_max.is_none_or(|most| range.len_min <= most);
    starts && above && below && long_enough && short_enough
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block() -> Block {
        Block {
            attributes: BTreeMap::from([
                ("id".into(), Attribute::computed(Type::String)),
                ("name".into(), Attribute::required(Type::String)),
                ("zone".into(), Attribute::optional_computed(Type::String)),
                ("tags".into(), Attribute::optional(Type::set(Type::String))),
            ]),
            ..Block::default()
        }
    }

    fn object(id: Value, name: &str, zone: Value) -> Value {
        Value::object([
            ("id", id),
            ("name", name.into()),
            ("zone", zone),
            ("tags", Value::Null(Type::set(Type::String))),
        ])
    }

    fn null() -> Value {
        Value::Null(Type::String)
    }

    fn unknown() -> Value {
        Value::unknown(Type::String)
    }

    fn texts(found: Vec<Violation>) -> Vec<String> {
        found.iter().map(ToString::to_string).collect()
    }

    fn set(items: &[Value]) -> Value {
        Value::set(Type::String, items.to_vec())
    }

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

    fn with_block(nesting: Nesting) -> Block {
        let nested = NestedBlock {
            nesting,
            block: block(),
            min_items: 0,
            max_items: 0,
        };
        Block {
            blocks: BTreeMap::from([("disk".into(), nested)]),
            ..Block::default()
        }
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

    #[test]
    fn a_result_keeps_what_was_known_and_fills_in_the_rest() {
        let planned = object(unknown(), "a", unknown());
        assert_eq!(
            result_is_compatible(&block(), &planned, &object("1".into(), "a", null())),
            []
        );
        assert_eq!(
            texts(result_is_compatible(
                &block(),
                &planned,
                &object("1".into(), "b", Value::Bool(true))
            )),
            [
                "name: differs from what was planned",
                "zone: string was planned, bool is there"
            ],
        );
        assert_eq!(
            texts(result_is_compatible(&block(), &planned, &Value::NULL)),
            ["was planned to exist, but is now absent"],
        );
    }

    #[test]
    fn a_result_lies_within_what_was_known_of_it() {
        let refined = Refinement {
            not_null: true,
            prefix: Some("i-".into()),
            ..Refinement::default()
        };
        let planned = object(Value::refined(Type::String, refined), "a", null());
        assert_eq!(
            result_is_compatible(&block(), &planned, &object("i-1".into(), "a", null())),
            []
        );
        for id in [Value::from("j-1"), null()] {
            assert_eq!(
                texts(result_is_compatible(
                    &block(),
                    &planned,
                    &object(id, "a", null())
                )),
                ["id: is not what was known of it when it was planned"],
            );
        }
    }

    #[test]
    fn a_set_may_shrink_when_unknowns_become_equal_and_never_grows() {
        let of = |items: &[Value]| Value::object([("tags", set(items))]);
        let check = |planned: &[Value], result: &[Value]| {
            let block = Block {
                attributes: BTreeMap::from([(
                    "tags".into(),
                    Attribute::optional(Type::set(Type::String)),
                )]),
                ..Block::default()
            };
            texts(result_is_compatible(&block, &of(planned), &of(result)))
        };
        let none: [String; 0] = [];
        assert_eq!(check(&["a".into(), unknown()], &["a".into()]), none);
        assert_eq!(
            check(&["a".into(), unknown()], &["a".into(), "b".into()]),
            none
        );
        assert_eq!(
            check(&["a".into()], &["a".into(), "b".into()]),
            ["tags: 1 elements were planned, 2 exist"]
        );
        assert_eq!(
            check(&["a".into()], &["b".into()]),
            [
                "tags: 1 of the planned elements are not there",
                "tags: 1 of the elements were not planned"
            ],
        );
    }

    #[test]
    fn block_counts_are_kept_unless_they_were_unknown() {
        let block_type = with_block(Nesting::List);
        let of =
            |items: Vec<Value>| Value::object([("disk", Value::list(block().value_type(), items))]);
        let one = of(vec![object(unknown(), "a", null())]);
        assert_eq!(
            texts(result_is_compatible(&block_type, &one, &of(vec![]))),
            ["disk: 1 blocks were planned, 0 exist"],
        );
        let whole = Value::object([("disk", Value::unknown(Type::list(block().value_type())))]);
        assert_eq!(result_is_compatible(&block_type, &whole, &of(vec![])), []);
    }
}
