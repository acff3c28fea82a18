//! `hashicorp/null`: `null_resource` and the data source `null_data_source`.

use std::sync::Arc;

use async_trait::async_trait;
use contract::ProviderError;
use model::schema::{Attribute, Block, Schema};
use model::{Type, Value};

use crate::builtin::Builtin;
use crate::kind::{DataSource, Kind, RecordType};
use crate::world::{self, World};
use contract::attributes;
use contract::rules::{Rules, When};

/// The provider.
pub(crate) fn provider(world: World) -> Builtin {
    let data: Arc<dyn DataSource> = Arc::new(NullData::new(world.clone()));
    Builtin::new(
        [(
            "null_resource",
            Kind::Record(Arc::new(NullResource::new(world))),
        )],
        [("null_data_source", data)],
    )
}

/// A positive number of 63 bits, as text.
fn random_number(world: &World) -> Result<Value, ProviderError> {
    Ok(Value::string(
        world::below(&*world.entropy, 1 << 63)?.to_string(),
    ))
}

/// Does nothing; replaced when its triggers change.
#[derive(Debug)]
struct NullResource {
    rules: Rules,
    world: World,
}

impl NullResource {
    fn new(world: World) -> Self {
        let rules = Rules::new([
            (
                "id",
                Attribute::computed(Type::String).describe("A random number."),
            ),
            (
                "triggers",
                Attribute::optional(Type::map(Type::String))
                    .describe("A change of this replaces the object."),
            ),
        ])
        .describe("Does nothing, with the life cycle of every resource.")
        .replace(When::ChangedBeyondNulls, ["triggers"]);
        Self { rules, world }
    }
}

impl RecordType for NullResource {
    fn rules(&self) -> &Rules {
        &self.rules
    }

    fn create(&self, planned: Value) -> Result<Value, ProviderError> {
        Ok(attributes::with(
            &planned,
            [("id", random_number(&self.world)?)],
        ))
    }
}

/// Copies its inputs to its outputs.
#[derive(Debug)]
struct NullData {
    schema: Arc<Schema>,
    world: World,
}

impl NullData {
    fn new(world: World) -> Self {
        let map = || Type::map(Type::String);
        let attributes = [
            (
                "inputs",
                Attribute::optional(map()).describe("What `outputs` becomes."),
            ),
            ("outputs", Attribute::computed(map()).describe("`inputs`.")),
            (
                "random",
                Attribute::computed(Type::String).describe("A random number."),
            ),
            (
                "has_computed_default",
                Attribute::optional_computed(Type::String).describe("`default` when left out."),
            ),
            (
                "id",
                Attribute::computed(Type::String).describe("Always `static`."),
            ),
        ];
        let block = Block {
            attributes: attributes
                .map(|(name, attribute)| (name.into(), attribute))
                .into(),
            description: "Copies its inputs to its outputs.".into(),
            deprecated: Some("use a local value or `terraform_data`".into()),
            ..Block::default()
        };
        Self {
            schema: Arc::new(Schema { version: 0, block }),
            world,
        }
    }
}

#[async_trait]
impl DataSource for NullData {
    fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    async fn read(&self, config: Value) -> Result<Value, ProviderError> {
        let outputs = config.get("inputs").cloned().unwrap_or(Value::NULL);
        let default = attributes::text(&config, "has_computed_default").unwrap_or("default");
        let answers = [
            ("outputs", outputs),
            ("random", random_number(&self.world)?),
            ("has_computed_default", Value::from(default)),
            ("id", Value::from("static")),
        ];
        Ok(attributes::with(&config, answers))
    }
}
