//! The data source `local_command`: what a command writes.

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use contract::{ProviderError, Secrets};
use model::schema::{Attribute, Block, Schema};
use model::{Path, Str, Type, Value};

use super::run::{Invocation, RunError, run};
use crate::kind::DataSource;
use crate::world::World;
use contract::attributes::{self, text, text_or_null};

/// As long as a command is let run.
const PATIENCE: Duration = Duration::from_secs(60 * 60);

/// What a command writes.
#[derive(Debug)]
pub(crate) struct CommandData {
    schema: Arc<Schema>,
    world: World,
}

impl CommandData {
    pub(crate) fn new(world: World) -> Self {
        let optional = |ty| Attribute::optional(ty);
        let computed = |ty| Attribute::computed(ty);
        let attributes = [
            (
                "command",
                Attribute::required(Type::String)
                    .describe("The program: a name on the PATH, or a path."),
            ),
            (
                "arguments",
                optional(Type::list(Type::String))
                    .describe("Its arguments; those that are null are left out."),
            ),
            ("stdin", optional(Type::String).describe("What it reads.")),
            (
                "working_directory",
                optional(Type::String).describe("Where it runs."),
            ),
            (
                "allow_non_zero_exit_code",
                optional(Type::Bool).describe("Failing is an answer, not an error."),
            ),
            (
                "exit_code",
                computed(Type::Number).describe("The status it exited with."),
            ),
            (
                "stdout",
                computed(Type::String).describe("What it wrote; null when nothing."),
            ),
            (
                "stderr",
                computed(Type::String).describe("What it wrote about itself; null when nothing."),
            ),
        ];
        let block = Block {
            attributes: attributes
                .map(|(name, attribute)| (name.into(), attribute))
                .into(),
            description: "Runs a command and returns what it writes.".into(),
            ..Block::default()
        };
        Self {
            schema: Arc::new(Schema { version: 0, block }),
            world,
        }
    }
}

fn at_command(error: ProviderError) -> ProviderError {
    error.at(Path::root().attribute("command"))
}

#[async_trait]
impl DataSource for CommandData {
    fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    fn validate(&self, config: &Value) -> Vec<ProviderError> {
        let error = || at_command(ProviderError::permanent("`command` names no program"));
        text(config, "command")
            .is_some_and(str::is_empty)
            .then(error)
            .into_iter()
            .collect()
    }

    /// What its words name.
    fn looks_at(&self, config: &Value) -> Vec<Str> {
        let program = text(config, "command").map(str::to_owned);
        let words: Vec<String> = program
            .into_iter()
            .chain(attributes::texts(config, "arguments"))
            .collect();
        let inside = text(config, "working_directory");
        self.world.word_places(&words, inside)
    }

    async fn read(&self, config: Value) -> Result<Value, ProviderError> {
        let program = text(&config, "command").unwrap_or_default().to_owned();
        let invocation = Invocation {
            words: std::iter::once(program)
                .chain(attributes::texts(&config, "arguments"))
                .collect(),
            environment: BTreeMap::new(),
            directory: self
                .world
                .input(text(&config, "working_directory").unwrap_or_default()),
            stdin: text(&config, "stdin").unwrap_or_default().into(),
            timeout: PATIENCE,
        };
        let finished = run(invocation)
            .await
            .map_err(RunError::into_error)
            .map_err(at_command)?;
        let allowed = attributes::flag(&config, "allow_non_zero_exit_code").unwrap_or(false);
        if !finished.status.success() && !allowed {
            return Err(at_command(finished.failure(&Secrets::default())));
        }
        let written = |bytes: &[u8]| {
            let written = String::from_utf8_lossy(bytes);
            text_or_null(Some(&*written).filter(|text| !text.is_empty()))
        };
        // As the shell says it: a signal is 128 and its number.
        let code = finished
            .status
            .code()
            .or(finished.status.signal().map(|signal| 128 + signal));
        let answers = [
            ("exit_code", Value::int(i64::from(code.unwrap_or(-1)))),
            ("stdout", written(&finished.stdout)),
            ("stderr", written(&finished.stderr)),
        ];
        Ok(attributes::with(&config, answers))
    }
}
