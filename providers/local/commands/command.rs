//! `local_command`: an object of any kind, managed by commands that create, read, update and delete it. The contract
//! between Terrace and the commands stands in `providers/README.md`.

use std::time::Duration;

use async_trait::async_trait;
use contract::{
    ApplyError, ApplyRequest, ErrorClass, Exists, Found, Object, PlanRequest, PlanResponse,
    ProviderError, Secrets,
};
use model::schema::Attribute;
use model::{Path, Str, Type, Value};
use tokio::time::Instant;

use super::command_line;
use super::output::Format;
use super::run::{Finished, Invocation, RunError, run};
use crate::kernel;
use crate::kind::{Change, WorldType};
use crate::world::{self, World};
use contract::attributes::{self, named_texts, text};
use contract::duration;
use contract::rules::{Rules, When};

/// A `read` command exits with this when the object does not exist, as in 404.
const GONE: i32 = 44;
/// Outputs are passed on in the environment, which holds no more in one variable.
const MOST_OUTPUT: usize = 100 << 10;
/// After a crash, a command that still runs is waited for no longer.
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(50);
const COMMANDS: [&str; 4] = ["create", "read", "update", "delete"];
/// What the object is made of: it is made again when one of these changes.
const INPUTS: [&str; 6] = [
    "create",
    "environment",
    "sensitive_environment",
    "stdin",
    "working_directory",
    "output_format",
];

/// An object managed by commands.
#[derive(Debug)]
pub(crate) struct LocalCommand {
    rules: Rules,
    world: World,
}

/// Why `create` or `update` made nothing that can be recorded as wanted.
enum MakeError {
    /// Nothing ran.
    NotStarted(ProviderError),
    /// It ran and did not end well, so that it did not do what it was to do.
    Failed {
        /// How it ended.
        error: ProviderError,
        /// The object as far as the command came.
        part: Box<Object>,
    },
    /// It ended well, but what it wrote cannot be taken.
    Unusable {
        /// What is wrong with it.
        error: ProviderError,
        /// The object, without an output.
        made: Box<Object>,
    },
    /// There is no telling how it ended.
    Lost(ProviderError),
}

/// What a `read` command said.
enum Seen {
    Object(Object),
    Gone,
    NoReadCommand,
}

impl LocalCommand {
    pub(crate) fn new(world: World) -> Self {
        let command = |when: &str| {
            let sentence = format!(
                "Runs {when}: a line for the shell, or a list of a program and its arguments."
            );
            Attribute::optional(Type::Dynamic).describe(&sentence)
        };
        let map = || Attribute::optional(Type::map(Type::String));
        let with_default = || Attribute::optional_computed(Type::String);
        let create = Attribute {
            required: true,
            optional: false,
            ..command("to make the object")
        };
        let rules = Rules::new([
            ("create", create),
            (
                "read",
                command("to look at the object; exits with 44 when there is none"),
            ),
            (
                "update",
                command("when what it is made of changes; without it, the object is replaced"),
            ),
            (
                "delete",
                command("to remove the object, also one that `create` left half made"),
            ),
            (
                "environment",
                map().describe("Environment variables of every command."),
            ),
            (
                "sensitive_environment",
                map().sensitive().describe("More of them, not to be shown."),
            ),
            (
                "stdin",
                Attribute::optional(Type::String).describe("What every command reads."),
            ),
            (
                "working_directory",
                Attribute::optional(Type::String).describe("Where every command runs."),
            ),
            (
                "timeout",
                with_default().describe("How long a command may take; `10m` when left out."),
            ),
            (
                "output_format",
                with_default()
                    .describe("What the commands write: `text` (when left out) or `json`."),
            ),
            (
                "triggers",
                map().describe("A change of this replaces the object."),
            ),
            (
                "output",
                Attribute::computed(Type::Dynamic)
                    .describe("What `create`, `update` or `read` last wrote."),
            ),
            (
                "id",
                Attribute::computed(Type::String).describe("Unique to this object."),
            ),
        ])
        .in_the_world()
        .describe("An object that commands create, read, update and delete.")
        .default("timeout", "10m")
        .default("output_format", "text")
        .replace(When::Changed, ["triggers"]);
        Self { rules, world }
    }

    fn invocation(
        &self,
        object: &Value,
        words: Vec<String>,
        own: &[(&str, &str)],
    ) -> Result<Invocation, ProviderError> {
        let mut environment = named_texts(object, "environment");
        environment.extend(named_texts(object, "sensitive_environment"));
        let directory = self.world.directory.to_string_lossy().into_owned();
        environment.insert("TERRACE_DIRECTORY".to_owned(), directory);
        environment.extend(
            own.iter()
                .map(|(name, text)| ((*name).to_owned(), (*text).to_owned())),
        );
        Ok(Invocation {
            words,
            environment,
            directory: self
                .world
                .input(text(object, "working_directory").unwrap_or_default()),
            stdin: text(object, "stdin").unwrap_or_default().into(),
            timeout: timeout(object)?,
        })
    }

    /// Runs `create` or `update` and makes the object of what it writes.
    async fn make(
        &self,
        which: &str,
        planned: &Value,
        before: &[u8],
        marker: &str,
    ) -> Result<Object, MakeError> {
        let words = command_line::of(planned, which).map_err(MakeError::NotStarted)?;
        let words = words
            .ok_or_else(|| MakeError::NotStarted(ProviderError::bug("there is no such command")))?;
        let id = match text(planned, "id") {
            Some(id) => id.to_owned(),
            None => world::uuid(&*self.world.entropy).map_err(MakeError::NotStarted)?,
        };
        let before = String::from_utf8_lossy(before);
        let own = [
            ("TERRACE_OPERATION", which),
            ("TERRACE_MARKER", marker),
            ("TERRACE_ID", &*id),
            ("TERRACE_OUTPUT", &*before),
        ];
        let invocation = self
            .invocation(planned, words, &own)
            .map_err(MakeError::NotStarted)?;
        let planned = attributes::with(planned, [("id", Value::string(id))]);
        let part = |stdout: &[u8]| {
            let stdout = stdout.get(..MOST_OUTPUT).unwrap_or(stdout);
            Box::new(Object {
                value: attributes::with(&planned, [("output", Value::NULL)]),
                private: stdout.to_vec(),
            })
        };
        let finished = match run(invocation).await.map_err(|error| error.at(which)) {
            Ok(finished) => finished,
            Err(RunError::NotStarted(error)) => return Err(MakeError::NotStarted(error)),
            Err(RunError::CutShort(error)) => {
                let part = part(&[]);
                return Err(MakeError::Failed { error, part });
            }
            Err(RunError::Lost(error)) => return Err(MakeError::Lost(error)),
        };
        let secrets = secrets(&planned);
        if !finished.status.success() {
            let error = finished.failure(&secrets).at(Path::root().attribute(which));
            let part = part(&finished.stdout);
            return Err(MakeError::Failed { error, part });
        }
        object(&planned, &finished, &secrets).map_err(|error| MakeError::Unusable {
            error: error.at(Path::root().attribute(which)),
            made: part(&finished.stdout),
        })
    }

    /// Runs `read`, if there is one. `id` and `output` of `value` need not be known.
    async fn look(
        &self,
        value: &Value,
        private: &[u8],
        marker: &str,
    ) -> Result<Seen, ProviderError> {
        let Some(words) = command_line::of(value, "read")? else {
            return Ok(Seen::NoReadCommand);
        };
        let before = String::from_utf8_lossy(private);
        let own = [
            ("TERRACE_OPERATION", "read"),
            ("TERRACE_MARKER", marker),
            ("TERRACE_ID", text(value, "id").unwrap_or_default()),
            ("TERRACE_OUTPUT", &*before),
        ];
        let invocation = self.invocation(value, words, &own)?;
        let finished = run(invocation)
            .await
            .map_err(|error| error.at("read").into_error())?;
        let secrets = secrets(value);
        if finished.status.code() == Some(GONE) {
            return Ok(Seen::Gone);
        }
        if !finished.status.success() {
            return Err(finished
                .failure(&secrets)
                .at(Path::root().attribute("read")));
        }
        let id = match value.get("id").filter(|id| id.is_known()) {
            Some(id) => id.clone(),
            None => Value::string(world::uuid(&*self.world.entropy)?),
        };
        object(&attributes::with(value, [("id", id)]), &finished, &secrets).map(Seen::Object)
    }

    /// What `read` says exists after a command that failed; unknown when it does not say.
    async fn exists(&self, value: &Value, private: &[u8], marker: &str) -> Exists {
        match self.look(value, private, marker).await {
            Ok(Seen::Object(object)) => Exists::Object(object),
            Ok(Seen::Gone) => Exists::Nothing,
            Ok(Seen::NoReadCommand) | Err(_) => Exists::Unknown,
        }
    }

    /// A create that failed is no question: what `read` sees exists; where it sees nothing of it either way, there is
    /// what `delete` can clear away, or nothing.
    async fn create(&self, request: ApplyRequest) -> Result<Option<Object>, ApplyError> {
        let ApplyRequest {
            planned, marker, ..
        } = request;
        let (error, otherwise) = match self.make("create", &planned, &[], &marker).await {
            Ok(object) => return Ok(Some(object)),
            Err(MakeError::NotStarted(error)) => return Err(ApplyError::nothing(error)),
            Err(MakeError::Failed { error, part }) => {
                let has_delete = !attributes::is_null(&planned, "delete");
                let cleared = has_delete.then_some(Exists::Object(*part));
                (error, cleared.unwrap_or(Exists::Nothing))
            }
            Err(MakeError::Unusable { error, made }) => (error, Exists::Object(*made)),
            Err(MakeError::Lost(error)) => (error, Exists::Unknown),
        };
        // `read` is asked about the object that `create` was told to make.
        let (asked, private) = match &otherwise {
            Exists::Object(object) => (&object.value, &*object.private),
            Exists::Nothing | Exists::Unknown => (&planned, &[][..]),
        };
        let exists = match self.exists(asked, private, &marker).await {
            Exists::Unknown => otherwise,
            known @ (Exists::Nothing | Exists::Object(_)) => known,
        };
        Err(ApplyError { error, exists })
    }

    async fn update(&self, request: ApplyRequest) -> Result<Option<Object>, ApplyError> {
        let ApplyRequest {
            prior,
            planned,
            private,
            marker,
            ..
        } = request;
        if !is_remade(&prior, &planned) {
            return Ok(Some(Object {
                value: planned,
                private,
            }));
        }
        match self.make("update", &planned, &private, &marker).await {
            Ok(object) => Ok(Some(object)),
            Err(MakeError::NotStarted(error)) => Err(ApplyError::exists(
                error,
                Object {
                    value: prior,
                    private,
                },
            )),
            Err(
                MakeError::Failed { error, .. }
                | MakeError::Unusable { error, .. }
                | MakeError::Lost(error),
            ) => {
                // What it is now is not what was recorded; until `update` succeeds, the old inputs stand.
                let exists = match self.exists(&prior, &private, &marker).await {
                    Exists::Unknown => Exists::Object(Object {
                        value: prior,
                        private,
                    }),
                    known @ (Exists::Nothing | Exists::Object(_)) => known,
                };
                Err(ApplyError { error, exists })
            }
        }
    }

    async fn destroy(&self, request: ApplyRequest) -> Result<Option<Object>, ApplyError> {
        let ApplyRequest {
            prior,
            private,
            marker,
            ..
        } = request;
        let unchanged = || Object {
            value: prior.clone(),
            private: private.clone(),
        };
        let failed = |error| ApplyError::exists(error, unchanged());
        let Some(words) = command_line::of(&prior, "delete").map_err(failed)? else {
            return Ok(None);
        };
        let before = String::from_utf8_lossy(&private);
        let own = [
            ("TERRACE_OPERATION", "delete"),
            ("TERRACE_MARKER", &*marker),
            ("TERRACE_ID", text(&prior, "id").unwrap_or_default()),
            ("TERRACE_OUTPUT", &*before),
        ];
        let invocation = self.invocation(&prior, words, &own).map_err(failed)?;
        let error = match run(invocation).await.map_err(|error| error.at("delete")) {
            Ok(finished) if finished.status.success() => return Ok(None),
            Ok(finished) => finished
                .failure(&secrets(&prior))
                .at(Path::root().attribute("delete")),
            Err(RunError::NotStarted(error)) => return Err(failed(error)),
            Err(RunError::CutShort(error) | RunError::Lost(error)) => error,
        };
        let exists = match self.exists(&prior, &private, &marker).await {
            Exists::Unknown => Exists::Object(unchanged()),
            known @ (Exists::Nothing | Exists::Object(_)) => known,
        };
        Err(ApplyError { error, exists })
    }
}

fn secrets(object: &Value) -> Secrets {
    Secrets::new(named_texts(object, "sensitive_environment").values())
}

/// The object that a command made or saw; what it wrote goes into the private bytes as it is.
fn object(value: &Value, finished: &Finished, secrets: &Secrets) -> Result<Object, ProviderError> {
    if finished.stdout.len() > MOST_OUTPUT {
        let message = format!(
            "the command wrote {} bytes, more than {MOST_OUTPUT}",
            finished.stdout.len()
        );
        return Err(ProviderError::permanent(message)
            .detail("Write to a file instead, and its name as output."));
    }
    let format = Format::parse(text(value, "output_format").unwrap_or("text"))?;
    let output = format.value(&finished.stdout, secrets)?;
    Ok(Object {
        value: attributes::with(value, [("output", output)]),
        private: finished.stdout.clone(),
    })
}

fn is_remade(prior: &Value, planned: &Value) -> bool {
    INPUTS
        .into_iter()
        .any(|name| prior.get(name) != planned.get(name))
}

#[async_trait]
impl WorldType for LocalCommand {
    fn rules(&self) -> &Rules {
        &self.rules
    }

    fn validate(&self, config: &Value) -> Vec<ProviderError> {
        let at =
            |name: &'static str| move |error: ProviderError| error.at(Path::root().attribute(name));
        let commands = COMMANDS
            .into_iter()
            .filter_map(|name| command_line::of(config, name).err());
        let timeout = text(config, "timeout")
            .and_then(|text| duration::parse(text).err())
            .map(at("timeout"));
        let format = text(config, "output_format").and_then(|name| Format::parse(name).err());
        commands
            .chain(timeout)
            .chain(format.map(at("output_format")))
            .collect()
    }

    /// What the words of its commands name.
    fn looks_at(&self, config: &Value) -> Vec<Str> {
        let inside = text(config, "working_directory");
        let commands = COMMANDS
            .into_iter()
            .filter_map(|name| command_line::of(config, name).ok().flatten());
        commands
            .flat_map(|words| self.world.word_places(&words, inside))
            .collect()
    }

    fn plan(&self, request: PlanRequest) -> Result<PlanResponse, ProviderError> {
        let prior = request.prior.clone();
        let mut answer = self.rules.plan(request);
        if answer.planned.is_null() {
            return Ok(answer);
        }
        // Any value may come of a command, null as well.
        let output = Value::unknown(Type::Dynamic);
        if prior.is_null() {
            answer.planned = attributes::with(&answer.planned, [("output", output)]);
            return Ok(answer);
        }
        if is_remade(&prior, &answer.planned) {
            if attributes::is_null(&answer.planned, "update") {
                let changed = INPUTS
                    .into_iter()
                    .filter(|name| prior.get(name) != answer.planned.get(name));
                answer
                    .requires_replace
                    .extend(changed.map(|name| Path::root().attribute(name)));
            }
            answer.planned = attributes::with(&answer.planned, [("output", output)]);
        }
        Ok(answer)
    }

    async fn read(&self, object: Object) -> Result<Option<Object>, ProviderError> {
        match self.look(&object.value, &object.private, "").await? {
            Seen::Object(seen) => Ok(Some(seen)),
            Seen::Gone => Ok(None),
            Seen::NoReadCommand => Ok(Some(object)),
        }
    }

    async fn apply(&self, request: ApplyRequest) -> Result<Option<Object>, ApplyError> {
        match Change::of(&request) {
            Change::Create => self.create(request).await,
            Change::Update => self.update(request).await,
            Change::Destroy => self.destroy(request).await,
        }
    }

    async fn find(&self, request: ApplyRequest) -> Result<Found, ProviderError> {
        let ApplyRequest {
            prior,
            planned,
            private,
            marker,
            ..
        } = request;
        let (which, value) = match (prior.is_null(), planned.is_null()) {
            (true, _) => ("create", &planned),
            (false, true) => ("delete", &prior),
            (false, false) => ("update", &prior),
        };
        if which == "delete" && attributes::is_null(&prior, "delete") {
            return Ok(Found::Nothing);
        }
        if which == "update" && !is_remade(&prior, &planned) {
            return Ok(Found::Object(Object {
                value: prior,
                private,
            }));
        }
        // A command goes on when Terrace is killed; what it comes to shows when it has ended.
        let running = until_ended(&marker, timeout(value)?.min(PATIENCE)).await?;
        let seen = self.look(value, &private, &marker).await?;
        match (seen, running) {
            (Seen::Object(object), _) => Ok(Found::Object(object)),
            (Seen::Gone | Seen::NoReadCommand, Some(pid)) => {
                let message = format!(
                    "the `{which}` command, or something it started, still runs as process {pid}"
                );
                Err(ProviderError::new(ErrorClass::Conflict, message))
            }
            (Seen::Gone, None) => Ok(Found::Nothing),
            (Seen::NoReadCommand, None) => Ok(Found::CannotTell { hint: hint(which) }),
        }
    }
}

fn timeout(object: &Value) -> Result<Duration, ProviderError> {
    duration::parse(text(object, "timeout").unwrap_or("10m"))
}

/// Waits until no process has this marker any more. One that still has it after that time.
async fn until_ended(marker: &str, within: Duration) -> Result<Option<i32>, ProviderError> {
    let deadline = Instant::now() + within;
    loop {
        let Some(pid) = kernel::marked(marker).await?.first().copied() else {
            return Ok(None);
        };
        if Instant::now() >= deadline {
            return Ok(Some(pid));
        }
        tokio::time::sleep(PAUSE).await;
    }
}

fn hint(which: &str) -> String {
    format!(
        "The `{which}` command may have run in whole, in part, or not at all. Look at what it works on. With a `read` \
         command Terrace can see for itself."
    )
}
