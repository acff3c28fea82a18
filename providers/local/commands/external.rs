//! `hashicorp/external`'s data source `external`: a program that answers a query in JSON.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use contract::{ProviderError, Secrets};
use model::schema::{Attribute, Block, Schema};
use model::{Path, Str, Type, Value};

use super::run::{Invocation, RunError, run};
use crate::kind::DataSource;
use crate::world::World;
use contract::attributes;

/// As long as a program is let run.
const PATIENCE: Duration = Duration::from_secs(60 * 60);

/// A program that answers a query.
#[derive(Debug)]
pub(crate) struct ExternalData {
    schema: Arc<Schema>,
    world: World,
}

impl ExternalData {
    pub(crate) fn new(world: World) -> Self {
        let attributes = [
            (
                "program",
                Attribute::required(Type::list(Type::String))
                    .describe("The program and its arguments."),
            ),
            (
                "working_dir",
                Attribute::optional(Type::String).describe("Where it runs."),
            ),
            (
                "query",
                Attribute::optional(Type::map(Type::String))
                    .describe("What it reads, as a JSON object."),
            ),
            (
                "result",
                Attribute::computed(Type::map(Type::String))
                    .describe("What it writes, a JSON object of strings."),
            ),
            (
                "id",
                Attribute::computed(Type::String).describe("Always `-`."),
            ),
        ];
        let block = Block {
            attributes: attributes
                .map(|(name, attribute)| (name.into(), attribute))
                .into(),
            description: "Asks a program.".into(),
            ..Block::default()
        };
        Self {
            schema: Arc::new(Schema { version: 0, block }),
            world,
        }
    }
}

fn at_program(error: ProviderError) -> ProviderError {
    error.at(Path::root().attribute("program"))
}

#[async_trait]
impl DataSource for ExternalData {
    fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    fn validate(&self, config: &Value) -> Vec<ProviderError> {
        let is_empty = config
            .get("program")
            .and_then(Value::as_items)
            .is_some_and(<[Value]>::is_empty);
        let error = || at_program(ProviderError::permanent("`program` names no program"));
        is_empty.then(error).into_iter().collect()
    }

    /// What its words name.
    fn looks_at(&self, config: &Value) -> Vec<Str> {
        let words = attributes::texts(config, "program");
        let inside = attributes::text(config, "working_dir");
        self.world.word_places(&words, inside)
    }

    async fn read(&self, config: Value) -> Result<Value, ProviderError> {
        let mut words = attributes::texts(&config, "program");
        words.retain(|word| !word.is_empty());
        if words.is_empty() {
            return Err(at_program(ProviderError::permanent(
                "`program` names no program",
            )));
        }
        let query = attributes::named_texts(&config, "query");
        let stdin = serde_json::to_vec(&query).map_err(ProviderError::bug)?;
        let invocation = Invocation {
            words,
            environment: BTreeMap::new(),
            directory: self
                .world
                .input(attributes::text(&config, "working_dir").unwrap_or_default()),
            stdin,
            timeout: PATIENCE,
        };
        let finished = run(invocation)
            .await
            .map_err(RunError::into_error)
            .map_err(at_program)?;
        if !finished.status.success() {
            return Err(at_program(finished.failure(&Secrets::default())));
        }
        let result: BTreeMap<String, String> =
            serde_json::from_slice(&finished.stdout).map_err(|error| {
                let message = "the program did not write a JSON object whose values are strings";
                at_program(ProviderError::permanent(message).detail(error.to_string()))
            })?;
        let result = result
            .into_iter()
            .map(|(name, text)| (name.into(), Value::string(text)));
        let answers = [
            ("result", Value::map(Type::String, result)),
            ("id", Value::from("-")),
        ];
        Ok(attributes::with(&config, answers))
    }
}
