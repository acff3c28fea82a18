//! `hashicorp/time`: moments that stay once recorded, and waiting. A file for each resource type.

mod fixed;
mod moment;
mod offset;
mod rotating;
mod sleep;

use std::sync::Arc;

use contract::ProviderError;
use model::schema::Attribute;
use model::{Path, Type, Value};

use crate::builtin::Builtin;
use crate::kind::Kind;
use crate::world::World;
use contract::attributes;
use moment::Moment;

/// The provider.
pub(crate) fn provider(world: World) -> Builtin {
    Builtin::new(
        [
            (
                "time_offset",
                Kind::Record(Arc::new(offset::TimeOffset::new(world.clone()))),
            ),
            (
                "time_rotating",
                Kind::Record(Arc::new(rotating::TimeRotating::new(world.clone()))),
            ),
            (
                "time_sleep",
                Kind::World(Arc::new(sleep::TimeSleep::new(world.clone()))),
            ),
            (
                "time_static",
                Kind::Record(Arc::new(fixed::TimeStatic::new(world))),
            ),
        ],
        [],
    )
}

/// The attributes that spell out a moment.
const PARTS: [&str; 7] = ["year", "month", "day", "hour", "minute", "second", "unix"];

fn part_attributes() -> impl Iterator<Item = (&'static str, Attribute)> {
    PARTS
        .into_iter()
        .map(|name| (name, Attribute::computed(Type::Number)))
}

fn triggers() -> (&'static str, Attribute) {
    let attribute = Attribute::optional(Type::map(Type::String));
    (
        "triggers",
        attribute.describe("A change of this begins anew."),
    )
}

/// The values of [`PARTS`].
fn parts(moment: Moment) -> impl Iterator<Item = (&'static str, Value)> {
    PARTS
        .into_iter()
        .zip(moment.parts())
        .map(|(name, number)| (name, Value::int(number)))
}

/// A moment in an attribute; `None` when null or unknown.
fn moment(object: &Value, name: &str) -> Result<Option<Moment>, ProviderError> {
    let Some(text) = attributes::text(object, name).filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    Moment::parse(text)
        .map(Some)
        .map_err(|error| error.at(Path::root().attribute(name)))
}

/// An error unless one of the attributes is given.
fn one_of(config: &Value, names: &[&str]) -> Option<ProviderError> {
    let given = names.iter().any(|name| !attributes::is_null(config, name));
    (!given).then(|| {
        let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        ProviderError::permanent(format!("one of {} is needed", names.join(", ")))
    })
}

/// An empty map of triggers, as an imported object has it.
fn no_triggers() -> Value {
    Value::map(Type::String, [])
}
