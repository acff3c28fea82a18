//! `local_process`: a process that goes on running when Terrace ends. What it is made of can change: then it is
//! stopped and started anew as the same object.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use contract::{
    ApplyError, ApplyRequest, Found, Object, PlanRequest, PlanResponse, ProviderError, Secrets,
};
use model::schema::{Attribute, Block, NestedBlock, Nesting};
use model::{Path, Str, Type, Value};
use process_wrap::tokio::ChildWrapper;
use tokio::time::Instant;

use super::identity::{Identity, Presence};
use super::launch::{Launch, Prepared};
use super::ready::Ready;
use super::stop::Stop;
use crate::fault::blocking;
use crate::kernel;
use crate::kind::{Change, WorldType};
use crate::world::{self, World};
use contract::attributes::{self, named_texts, text, texts};
use contract::rules::Rules;

/// What the process is made of: a change of one of these starts it anew.
const INPUTS: [&str; 7] = [
    "command",
    "environment",
    "sensitive_environment",
    "working_directory",
    "stdout",
    "stderr",
    "triggers",
];
const FIRST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_millis(200);
/// So long it must run on after somebody else answered in its place: one that found its port taken ends before.
const PROOF: Duration = Duration::from_secs(1);

/// A process that goes on running when Terrace ends.
#[derive(Debug)]
pub(crate) struct LocalProcess {
    rules: Arc<Rules>,
    world: World,
}

impl LocalProcess {
    pub(crate) fn new(world: World) -> Self {
        let map = || Attribute::optional(Type::map(Type::String));
        let optional = || Attribute::optional(Type::String);
        let command = Attribute::required(Type::list(Type::String));
        let rules = Rules::new([
            (
                "command",
                command
                    .describe("The program, which must stay in the foreground, and its arguments."),
            ),
            ("environment", map().describe("Environment variables.")),
            (
                "sensitive_environment",
                map().sensitive().describe("More of them, not to be shown."),
            ),
            ("working_directory", optional().describe("Where it runs.")),
            (
                "stdout",
                optional().describe("The file it writes to, at its end; nowhere when left out."),
            ),
            (
                "stderr",
                optional().describe("The file it writes about itself to; nowhere when left out."),
            ),
            (
                "triggers",
                map().describe("A change of this starts it anew."),
            ),
            (
                "pid",
                Attribute::computed(Type::Number).describe("The process's number."),
            ),
            (
                "id",
                Attribute::computed(Type::String)
                    .describe("Unique to this object; stays when it is started anew."),
            ),
        ])
        .block("ready", ready_block())
        .block("stop", stop_block())
        .in_the_world()
        .claiming()
        .describe("A process that goes on running when Terrace ends.");
        Self {
            rules: Arc::new(rules),
            world,
        }
    }

    fn launch<'m>(&self, object: &Value, marker: &'m str) -> Launch<'m> {
        let path = |name: &str| text(object, name).map(|path| self.world.path(path));
        let mut environment = named_texts(object, "environment");
        environment.extend(named_texts(object, "sensitive_environment"));
        Launch {
            words: self
                .world
                .words(texts(object, "command"), text(object, "working_directory")),
            environment,
            directory: path("working_directory")
                .unwrap_or_else(|| PathBuf::from(&self.world.directory)),
            stdout: path("stdout"),
            stderr: path("stderr"),
            search_path: self.world.search_path.clone(),
            marker,
        }
    }

    /// Starts it and waits until it is ready; one that does not get ready is stopped.
    async fn start(&self, planned: &Value, marker: &str) -> Result<Object, ApplyError> {
        let ready = Ready::of(planned).map_err(ApplyError::nothing)?;
        if let Some(ready) = &ready
            && ready.is_taken().await
        {
            return Err(ApplyError::nothing(taken(ready)));
        }
        let prepared = self.launch(planned, marker).prepare();
        let prepared = prepared.map_err(ApplyError::nothing)?;
        self.started(planned, ready, prepared, marker).await
    }

    /// Makes sure, as far as that shows while the old process runs, that the new one can take its place.
    ///
    /// # Errors
    /// What stands in its way.
    async fn can_follow<'m>(
        &self,
        (prior, private): (&Value, &[u8]),
        planned: &Value,
        marker: &'m str,
    ) -> Result<(Option<Ready>, Prepared<'m>), ProviderError> {
        let ready = Ready::of(planned)?;
        let before = Ready::of(prior).ok().flatten();
        let before = before.and_then(|ready| ready.port());
        if let Some(ready) = &ready
            && let Some(port) = ready.port().filter(|port| Some(*port) != before)
            && ready.is_taken().await
        {
            let old = identity(private);
            let is_own = blocking(move || match old {
                Some(old) => kernel::listens(&old.members()?, port),
                None => Ok(false),
            });
            if !is_own.await? {
                return Err(taken(ready));
            }
        }
        Ok((ready, self.launch(planned, marker).prepare()?))
    }

    async fn started(
        &self,
        planned: &Value,
        ready: Option<Ready>,
        prepared: Prepared<'_>,
        marker: &str,
    ) -> Result<Object, ApplyError> {
        let id = match text(planned, "id") {
            Some(id) => id.to_owned(),
            None => world::uuid(&*self.world.entropy).map_err(ApplyError::nothing)?,
        };
        let stop = Stop::of(planned).map_err(ApplyError::nothing)?;
        let mut child = prepared.start().map_err(ApplyError::nothing)?;
        // From here on it runs, and is found by its marker whatever fails.
        let pid = child.id().and_then(|id| i32::try_from(id).ok());
        let pid = pid
            .ok_or_else(|| ProviderError::bug("a process that was started has no number"))
            .map_err(ApplyError::unknown)?;
        // It is there, if only as what is left of it, until someone asks how it ended.
        let identity = Identity::of(pid, marker)
            .and_then(|identity| {
                identity.ok_or_else(|| {
                    ProviderError::bug("a process that was started is not in the list of processes")
                })
            })
            .map_err(ApplyError::unknown)?;
        if let Some(ready) = ready
            && let Err(error) = until_ready(&mut *child, &identity, &ready, planned).await
        {
            return Err(match stop.stop(&identity).await {
                Ok(()) => ApplyError::nothing(error),
                Err(left) => {
                    let detail = format!("{}\nIt could not be stopped: {left}", error.detail);
                    ApplyError::unknown(error.detail(detail.trim_start()))
                }
            });
        }
        object(
            &attributes::with(planned, [("id", Value::string(id))]),
            &identity,
            Presence::Running,
        )
        .map_err(ApplyError::unknown)
    }

    async fn update(&self, request: ApplyRequest) -> Result<Option<Object>, ApplyError> {
        let ApplyRequest {
            prior,
            planned,
            private,
            marker,
            ..
        } = request;
        let before = || Object {
            value: prior.clone(),
            private: private.clone(),
        };
        if !is_restart(&prior, &planned) {
            return Ok(Some(Object {
                value: planned,
                private,
            }));
        }
        // What would keep the new process from running is better known while the old one runs.
        let can_follow = self.can_follow((&prior, &private), &planned, &marker).await;
        let (ready, prepared) = can_follow.map_err(|error| ApplyError::exists(error, before()))?;
        self.stop(&prior, &private)
            .await
            .map_err(|error| ApplyError::exists(error, before()))?;
        if let Some(ready) = &ready
            && ready.is_taken().await
        {
            return Err(ApplyError::nothing(taken(ready)));
        }
        self.started(&planned, ready, prepared, &marker)
            .await
            .map(Some)
    }

    async fn stop(&self, object: &Value, private: &[u8]) -> Result<(), ProviderError> {
        match identity(private) {
            Some(identity) => Stop::of(object)?.stop(&identity).await,
            None => Ok(()),
        }
    }

    /// The object if a process with this marker runs; not finished if that does not get ready.
    async fn find_created(
        &self,
        planned: &Value,
        marker: &str,
    ) -> Result<Option<Found>, ProviderError> {
        let marked = kernel::marked(marker).await?;
        let Some(identity) = Identity::among(&marked, marker)? else {
            return Ok(None);
        };
        let mut is_ready = true;
        if let Some(ready) = Ready::of(planned)? {
            // What depends on it waits here as it would have; a process that does not get ready is there all the same.
            let deadline = Instant::now() + ready.within;
            is_ready = ready.attempt().await.is_ok();
            while !is_ready && identity.look()? == Presence::Running && Instant::now() < deadline {
                tokio::time::sleep(LONGEST_PAUSE).await;
                is_ready = ready.attempt().await.is_ok();
            }
        }
        let presence = identity.look()?;
        let id = match text(planned, "id") {
            Some(id) => id.to_owned(),
            None => world::uuid(&*self.world.entropy)?,
        };
        let value = attributes::with(planned, [("id", Value::string(id))]);
        if presence == Presence::Gone {
            return Ok(None);
        }
        let found = object(&value, &identity, presence)?;
        Ok(Some(if is_ready {
            Found::Object(found)
        } else {
            Found::Unfinished(found)
        }))
    }
}

fn ready_block() -> NestedBlock {
    let attributes = [
        (
            "tcp",
            Attribute::optional(Type::String)
                .describe("An address, such as `127.0.0.1:8080`, that accepts connections."),
        ),
        (
            "http",
            Attribute::optional(Type::String).describe("A URL that answers with success."),
        ),
        (
            "status",
            Attribute::optional(Type::Number)
                .describe("The HTTP status wanted; 200 to 399 when left out."),
        ),
        (
            "within",
            Attribute::optional(Type::String).describe("In this time; `30s` when left out."),
        ),
    ];
    single(attributes, "When it is ready for those that depend on it.")
}

fn stop_block() -> NestedBlock {
    let attributes = [
        (
            "signal",
            Attribute::optional(Type::String).describe("Asks it to end; `TERM` when left out."),
        ),
        (
            "grace",
            Attribute::optional(Type::String)
                .describe("After this time it is killed; `10s` when left out."),
        ),
    ];
    single(attributes, "How it is stopped.")
}

fn single<const N: usize>(attributes: [(&str, Attribute); N], description: &str) -> NestedBlock {
    let block = Block {
        attributes: attributes
            .map(|(name, attribute)| (name.into(), attribute))
            .into(),
        description: description.into(),
        ..Block::default()
    };
    NestedBlock {
        nesting: Nesting::Single,
        block,
        min_items: 0,
        max_items: 1,
    }
}

fn taken(ready: &Ready) -> ProviderError {
    let message = format!("something else listens on {} already", ready.address());
    ProviderError::permanent(message).at(Path::root().attribute("ready"))
}

fn is_restart(prior: &Value, planned: &Value) -> bool {
    INPUTS
        .into_iter()
        .any(|name| prior.get(name) != planned.get(name))
        || attributes::is_null(prior, "pid")
}

fn identity(private: &[u8]) -> Option<Identity> {
    serde_json::from_slice(private).ok()
}

/// The object of a process; without a number when only what it started is left.
fn object(value: &Value, identity: &Identity, presence: Presence) -> Result<Object, ProviderError> {
    let pid = match presence {
        Presence::Running => Value::int(i64::from(identity.pid)),
        Presence::Remains | Presence::Gone => Value::Null(Type::Number),
    };
    let private = serde_json::to_vec(identity).map_err(ProviderError::bug)?;
    Ok(Object {
        value: attributes::with(value, [("pid", pid)]),
        private,
    })
}

/// Who it is that answers where a process is to be ready.
enum Answering {
    /// The process, or one that it started.
    Own,
    /// A process that was started here like it.
    Another,
    /// Somebody: where the process has a daemon do its work, that is how it should be.
    Unknown,
}

async fn who_answers(identity: &Identity, ready: &Ready) -> Result<Answering, ProviderError> {
    let Some(port) = ready.port() else {
        return Ok(Answering::Unknown);
    };
    let identity = identity.clone();
    blocking(move || {
        if kernel::listens(&identity.members()?, port)? {
            return Ok(Answering::Own);
        }
        let others = kernel::marked_otherwise(identity.marker())?;
        Ok(match kernel::listens(&others, port)? {
            true => Answering::Another,
            false => Answering::Unknown,
        })
    })
    .await
}

async fn until_ready(
    child: &mut dyn ChildWrapper,
    identity: &Identity,
    ready: &Ready,
    planned: &Value,
) -> Result<(), ProviderError> {
    let secrets = Secrets::new(named_texts(planned, "sensitive_environment").values());
    let program = secrets.hidden_in(
        &texts(planned, "command")
            .first()
            .cloned()
            .unwrap_or_default(),
    );
    let see = match text(planned, "stderr").or(text(planned, "stdout")) {
        Some(file) => format!("What it wrote is in `{file}`."),
        None => "Set `stderr` to a file to see what it writes.".into(),
    };
    let deadline = Instant::now() + ready.within;
    let mut pause = FIRST_PAUSE;
    let mut answered = None;
    loop {
        if let Ok(Some(status)) = child.try_wait() {
            let message = format!("`{program}` ended before it was ready ({status})");
            return Err(ProviderError::permanent(message).detail(see));
        }
        let reason = match ready.attempt().await {
            Ok(()) => {
                let since = *answered.get_or_insert_with(Instant::now);
                match who_answers(identity, ready).await? {
                    Answering::Own => return Ok(()),
                    Answering::Unknown if since.elapsed() >= PROOF.min(ready.within / 2) => {
                        return Ok(());
                    }
                    Answering::Unknown => "it is not the process itself that listens".to_owned(),
                    Answering::Another => "another process listens there".to_owned(),
                }
            }
            Err(reason) => {
                answered = None;
                reason
            }
        };
        if Instant::now() >= deadline {
            let message = format!("`{program}` was not ready within {:?}", ready.within);
            let detail = format!("{}: {reason}. {see} It was stopped.", ready.address());
            return Err(ProviderError::permanent(message).detail(detail));
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

#[async_trait]
impl WorldType for LocalProcess {
    fn rules(&self) -> &Rules {
        &self.rules
    }

    fn validate(&self, config: &Value) -> Vec<ProviderError> {
        let command = config.get("command").and_then(Value::as_items);
        let is_empty = command.is_some_and(|words| {
            words
                .first()
                .is_none_or(|word| word.as_str().is_some_and(|w| w.is_empty()))
        });
        let names_nothing = is_empty.then(|| {
            ProviderError::permanent("`command` names no program")
                .at(Path::root().attribute("command"))
        });
        names_nothing
            .into_iter()
            .chain(Ready::of(config).err())
            .chain(Stop::of(config).err())
            .collect()
    }

    /// The files it writes to, and the port it is ready at: a process of the same would write into the one, and find the
    /// other taken.
    fn claims(&self, object: &Value) -> Vec<Str> {
        let files = ["stdout", "stderr"].into_iter();
        let files = files.filter_map(|name| self.world.place(text(object, name)?));
        let devices = |place: &Str| place.starts_with("/dev/");
        let port = Ready::of(object).ok().flatten();
        let port = port.and_then(|ready| ready.own_port());
        files
            .filter(|place| !devices(place))
            .chain(port.map(Str::from))
            .collect()
    }

    /// What its words name.
    fn looks_at(&self, config: &Value) -> Vec<Str> {
        let inside = text(config, "working_directory");
        self.world.word_places(&texts(config, "command"), inside)
    }

    fn plan(&self, request: PlanRequest) -> Result<PlanResponse, ProviderError> {
        let prior = request.prior.clone();
        let mut answer = self.rules.plan(request);
        if !prior.is_null() && !answer.planned.is_null() && is_restart(&prior, &answer.planned) {
            let pid = [("pid", Value::unknown_not_null(Type::Number))];
            answer.planned = attributes::with(&answer.planned, pid);
        }
        Ok(answer)
    }

    async fn read(&self, recorded: Object) -> Result<Option<Object>, ProviderError> {
        let Some(identity) = identity(&recorded.private) else {
            return Ok(None);
        };
        blocking(move || match identity.look()? {
            Presence::Gone => Ok(None),
            presence @ (Presence::Running | Presence::Remains) => {
                object(&recorded.value, &identity, presence).map(Some)
            }
        })
        .await
    }

    async fn apply(&self, request: ApplyRequest) -> Result<Option<Object>, ApplyError> {
        match Change::of(&request) {
            Change::Create => {
                let started = self.start(&request.planned, &request.marker).await;
                started.map(Some)
            }
            Change::Update => self.update(request).await,
            Change::Destroy => {
                let object = Object {
                    value: request.prior,
                    private: request.private,
                };
                let stopped = self.stop(&object.value, &object.private).await;
                stopped
                    .map(|()| None)
                    .map_err(|error| ApplyError::exists(error, object))
            }
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
        if !planned.is_null()
            && let Some(found) = self.find_created(&planned, &marker).await?
        {
            return Ok(found);
        }
        if prior.is_null() {
            return Ok(Found::Nothing);
        }
        let found = self
            .read(Object {
                value: prior,
                private,
            })
            .await?;
        Ok(found.map_or(Found::Nothing, Found::Object))
    }
}
