//! The `provider "sim"` block: a script for people who rehearse.

use std::path::Path;

use contract::{ErrorClass, ProviderError, attributes, duration};
use model::schema::{Attribute, Block, NestedBlock, Nesting, Schema};
use model::{Type, Value};

use crate::cloud::Cloud;
use crate::script::{Effect, Failure, Fault, Operation, Script, Throttle, When};

const OPERATIONS: [(&str, Operation); 7] = [
    ("create", Operation::Create),
    ("read", Operation::Read),
    ("update", Operation::Update),
    ("destroy", Operation::Destroy),
    ("find", Operation::Find),
    ("import", Operation::Import),
    ("data", Operation::Data),
];
const CLASSES: [(&str, ErrorClass); 8] = [
    ("throttled", ErrorClass::Throttled),
    ("transient", ErrorClass::Transient),
    ("conflict", ErrorClass::Conflict),
    ("quota", ErrorClass::Quota),
    ("not-found", ErrorClass::NotFound),
    ("denied", ErrorClass::Denied),
    ("permanent", ErrorClass::Permanent),
    ("bug", ErrorClass::Bug),
];
const EFFECTS: [(&str, Effect); 3] = [
    ("nothing", Effect::Nothing),
    ("half", Effect::Half),
    ("done", Effect::Done),
];

const FAULTS: [(&str, Fault); 2] = [("error", Fault::Error), ("panic", Fault::Panic)];

const BLOCK: [(&str, Type, &str); 6] = [
    (
        "state_file",
        Type::String,
        "The file that the cloud is in; without one it is forgotten at the end.",
    ),
    (
        "latency",
        Type::String,
        "How long a call takes, such as `200ms`.",
    ),
    (
        "lag",
        Type::String,
        "For how long after a change reads answer as before it.",
    ),
    (
        "markers",
        Type::Bool,
        "Whether objects can be found by what made them; true when left out.",
    ),
    (
        "read_batch",
        Type::Number,
        "How many objects one call reads; 100 when left out.",
    ),
    ("seed", Type::Number, "What chance follows from."),
];
const THROTTLE: [(&str, Type, &str); 2] = [
    ("rate", Type::Number, "Calls a second."),
    (
        "burst",
        Type::Number,
        "Calls at once; as many as a second's when left out.",
    ),
];
const FAILURE: [(&str, Type, &str); 8] = [
    (
        "operation",
        Type::String,
        "With which operation, such as `create`; any when left out.",
    ),
    (
        "resource",
        Type::String,
        "With which resource type; any when left out.",
    ),
    (
        "name",
        Type::String,
        "With the object of this `name`; any when left out.",
    ),
    (
        "class",
        Type::String,
        "The class of the error, such as `transient`; `permanent` when left out.",
    ),
    (
        "chance",
        Type::Number,
        "With which probability, from 0 to 1.",
    ),
    (
        "after",
        Type::String,
        "What is done all the same: `nothing` (when left out), `half` or `done`.",
    ),
    (
        "fault",
        Type::String,
        "How it shows: the provider answers with an `error` (when left out), or it is to `panic`.",
    ),
    ("message", Type::String, "What the error says."),
];

/// What the block holds.
pub(crate) fn schema() -> Schema {
    let mut top = block(&BLOCK);
    top.description = "A cloud in memory that does as it is told.".into();
    let mut failure = block(&FAILURE);
    let calls = Attribute::optional(Type::list(Type::Number));
    failure.attributes.insert(
        "calls".into(),
        calls.describe("At which calls, counted from 1; all when left out."),
    );
    let throttle = NestedBlock {
        nesting: Nesting::Single,
        block: block(&THROTTLE),
        min_items: 0,
        max_items: 1,
    };
    let failure = NestedBlock {
        nesting: Nesting::List,
        block: failure,
        min_items: 0,
        max_items: 0,
    };
    top.blocks.insert("throttle".into(), throttle);
    top.blocks.insert("failure".into(), failure);
    Schema {
        version: 0,
        block: top,
    }
}

fn block(attributes: &[(&str, Type, &str)]) -> Block {
    let optional = |(name, ty, description): &(&str, Type, &str)| {
        (
            (*name).into(),
            Attribute::optional(ty.clone()).describe(description),
        )
    };
    Block {
        attributes: attributes.iter().map(optional).collect(),
        ..Block::default()
    }
}

/// What is wrong with the block.
pub(crate) fn errors(config: &Value) -> Vec<ProviderError> {
    script(config).err().into_iter().collect()
}

/// The cloud that the block describes.
pub(crate) fn cloud(config: &Value, directory: &Path) -> Result<Cloud, ProviderError> {
    let script = script(config)?;
    Ok(match attributes::text(config, "state_file") {
        Some(file) => Cloud::in_file(script, directory.join(file)),
        None => Cloud::new(script),
    })
}

fn script(config: &Value) -> Result<Script, ProviderError> {
    let lasting = |name: &str| match attributes::text(config, name) {
        Some(text) => duration::parse(text),
        None => Ok(std::time::Duration::ZERO),
    };
    let default = Script::default();
    let failures = config
        .get("failure")
        .and_then(Value::as_items)
        .unwrap_or_default();
    Ok(Script {
        latency: lasting("latency")?,
        lag: lasting("lag")?,
        failures: failures.iter().map(failure).collect::<Result<_, _>>()?,
        throttle: throttle(config.get("throttle").unwrap_or(&Value::NULL))?,
        markers: attributes::flag(config, "markers").unwrap_or(true),
        read_batch: attributes::whole(config, "read_batch")
            .and_then(|size| usize::try_from(size).ok())
            .unwrap_or(default.read_batch),
        seed: attributes::whole(config, "seed").map_or(0, i64::unsigned_abs),
        hook: None,
    })
}

fn number(object: &Value, name: &str) -> Option<f64> {
    object.get(name)?.as_number().map(|number| number.to_f64())
}

fn throttle(block: &Value) -> Result<Option<Throttle>, ProviderError> {
    let Some(rate) = number(block, "rate") else {
        return Ok(None);
    };
    let burst = number(block, "burst").unwrap_or_else(|| rate.max(1.0));
    if !(rate > 0.0 && burst >= 1.0) {
        return Err(ProviderError::permanent(
            "`rate` must be more than 0 and `burst` at least 1",
        ));
    }
    Ok(Some(Throttle { rate, burst }))
}

fn failure(block: &Value) -> Result<Failure, ProviderError> {
    let class = named(block, "class", &CLASSES)?.unwrap_or(ErrorClass::Permanent);
    let calls = block.get("calls").and_then(Value::as_items);
    let when = match (calls, number(block, "chance")) {
        (Some(_), Some(_)) => {
            return Err(ProviderError::permanent(
                "a failure has `calls` or a `chance`, not both",
            ));
        }
        (Some(calls), None) => When::Calls(
            calls
                .iter()
                .filter_map(|call| call.as_number().and_then(|call| call.to_u64()))
                .collect(),
        ),
        (None, Some(chance)) => When::Chance(chance),
        (None, None) => When::Always,
    };
    let own = Failure::new(class);
    Ok(Failure {
        operation: named(block, "operation", &OPERATIONS)?,
        rtype: attributes::text(block, "resource").map(Into::into),
        name: attributes::text(block, "name").map(Into::into),
        when,
        effect: named(block, "after", &EFFECTS)?.unwrap_or(Effect::Nothing),
        fault: named(block, "fault", &FAULTS)?.unwrap_or(Fault::Error),
        message: attributes::text(block, "message")
            .map_or_else(|| own.message.clone(), str::to_owned),
        ..own
    })
}

/// The thing that an attribute names.
fn named<T: Copy>(
    block: &Value,
    attribute: &str,
    names: &[(&str, T)],
) -> Result<Option<T>, ProviderError> {
    let Some(text) = attributes::text(block, attribute) else {
        return Ok(None);
    };
    let found = names
        .iter()
        .find(|(name, _)| *name == text)
        .map(|(_, thing)| *thing);
    found.map(Some).ok_or_else(|| {
        let known: Vec<String> = names.iter().map(|(name, _)| format!("`{name}`")).collect();
        ProviderError::permanent(format!(
            "`{attribute}` is `{text}`, must be one of {}",
            known.join(", ")
        ))
    })
}
