//! The one place where the world is changed: intent, effect, result. Everything that calls `Provider::apply` is
//! here, and nothing else is.

use std::sync::Arc;
use std::time::Duration;

use contract::{
    ApplyError, ApplyRequest, ErrorClass, Exists, FindRequest, Found, Object, PlanRequest,
    Provider, ProviderError, ResourceSchema, Secrets, proposed_new, result_is_compatible,
};
use lang::Definition;
use lang::load::{Resource, ResourceName};
use model::change::DeposedKey;
use model::clock::Timestamp;
use model::event::EventKind;
use model::plan::{StepId, StepKind};
use model::value::SecretTexts;
use model::{Diagnostic, Str, Value};
use state::{How, Intent, ObjectChange, RecordError, RunWriter, Settlement};
use tokio::task::JoinSet;

use super::write::{self, Row};
use crate::asking::Asking;
use crate::codec::CodecError;
use crate::events::Events;
use crate::history;
use crate::open;
use crate::plan::marks;
use crate::plugins;
use crate::record;
use crate::retry;
use crate::secrets;
use crate::undertaken::Undertaken;

/// One effect, with everything it needs.
#[derive(Debug)]
pub(super) struct Effect {
    pub(super) step: StepId,
    pub(super) kind: StepKind,
    pub(super) row: Row,
    pub(super) provider: Arc<dyn Provider>,
    /// What tells the provider's configuration from others.
    pub(super) fingerprint: Option<[u8; 16]>,
    pub(super) schema: Arc<ResourceSchema>,
    /// The object before, without marks; null for a create.
    pub(super) prior: Value,
    pub(super) prior_private: Vec<u8>,
    /// The object as recorded when the plan was made, with marks, where that is of the same schema version; null for a
    /// create.
    pub(super) recorded: Value,
    /// What was promised, without marks; null for a destroy.
    pub(super) planned: Value,
    /// The configuration now, without marks and wholly known; null for a destroy.
    pub(super) config: Value,
    pub(super) config_marks: Vec<model::value::MarkedPath>,
    /// Whether unknowns of the plan have to be filled in by asking the provider again.
    pub(super) plan_again: bool,
    /// For the create of a create-first replacement, the key under which the old object is put aside when the new one
    /// is recorded.
    pub(super) depose: Option<DeposedKey>,
    pub(super) private: Vec<u8>,
    pub(super) marker: String,
    pub(super) attempts: u32,
    pub(super) asking: Asking,
    /// The definition, which has the places of errors.
    pub(super) definition: Arc<Definition>,
    /// Texts of the plan that a provider's error must not show.
    pub(super) secrets: Arc<Secrets>,
    /// Texts of the definition that are secret also inside of others.
    pub(super) secret_texts: SecretTexts,
}

impl Effect {
    /// The plan's secrets, and those of the configuration that were known only in the apply.
    fn all_secrets(&self) -> Secrets {
        let config = self.config.clone().mark_paths(&self.config_marks);
        self.secrets.and(&secrets::marked_in([&config]))
    }

    /// The block of the instance, where the definition has it.
    fn resource(&self) -> Option<&Resource> {
        let block = &self.row.change.addr.block;
        let name = ResourceName {
            mode: block.mode,
            rtype: block.rtype.clone(),
            name: block.name.clone(),
        };
        let module = self.definition.module(&block.module.path())?;
        module.resources.get(&name)
    }
}

/// What came of an effect.
#[derive(Debug)]
pub(super) enum Effected {
    /// It was done; the value (with marks) is null after a destroy.
    Done(Value),
    /// It failed; what exists is recorded.
    Failed(Box<Diagnostic>),
    /// The record could not be written.
    Lost(RecordError),
}

/// Where effects are written and told.
#[derive(Clone, Debug)]
pub(super) struct Desk {
    pub(super) run: Arc<RunWriter>,
    pub(super) events: Events,
}

/// Makes one change of the world: writes the intent, asks the provider, writes the result.
pub(super) async fn effect(mut effect: Effect, desk: Desk) -> (Effect, Effected, bool) {
    let mut throttled = false;
    if let Err(diagnostic) = plan_again(&mut effect).await {
        return (effect, Effected::Failed(diagnostic), throttled);
    }
    let result = journaled(&mut effect, &desk, &mut throttled).await;
    let effected = match result {
        Ok(effected) => effected,
        Err(error) => Effected::Lost(error),
    };
    (effect, effected, throttled)
}

/// Asks the provider again for its plan, now that everything is known, and checks it against what was promised.
async fn plan_again(effect: &mut Effect) -> Result<(), Box<Diagnostic>> {
    if !effect.plan_again {
        return Ok(());
    }
    let addr = &effect.row.change.addr;
    let schema = &effect.schema.schema.block;
    let request = PlanRequest {
        rtype: addr.block.rtype.clone(),
        prior: effect.prior.clone(),
        proposed: proposed_new(schema, &effect.prior, &effect.config),
        config: effect.config.clone(),
        private: effect.prior_private.clone(),
    };
    let ask = |batch| effect.provider.plan(batch);
    let answer = effect.asking.all(1, |_| Some(request.clone()), ask).await;
    let answer = match answer.into_iter().next() {
        Some(Ok(answer)) => answer,
        Some(Err(error)) => {
            let what = format!("the provider cannot plan `{addr}` any more");
            let secrets = effect.all_secrets();
            return Err(Box::new(
                plugins::diagnostic("provider-refused", &error, &what, &secrets)
                    .about(addr.clone()),
            ));
        }
        None => {
            let error = ProviderError::bug("a provider gave no answer to a plan");
            return Err(Box::new(
                plugins::diagnostic("bug", &error, "no plan", &effect.secrets).about(addr.clone()),
            ));
        }
    };
    let wrong = result_is_compatible(schema, &effect.planned, &answer.planned);
    if !wrong.is_empty() && !answer.legacy {
        let message = format!("what would happen to `{addr}` is not what was planned");
        let mut diagnostic = Diagnostic::error("inconsistent-result", message).about(addr.clone());
        diagnostic
            .notes
            .extend(wrong.iter().take(8).map(ToString::to_string));
        return Err(Box::new(diagnostic.help("plan again: terrace plan")));
    }
    effect.planned = answer.planned;
    effect.private = answer.private;
    Ok(())
}

fn bug(error: &CodecError) -> RecordError {
    RecordError::Bug {
        what: format!("a value could not be encoded: {error}"),
    }
}

async fn journaled(
    effect: &mut Effect,
    desk: &Desk,
    throttled: &mut bool,
) -> Result<Effected, RecordError> {
    let addr = effect.row.change.addr.clone();
    let started = desk.events.now();
    let prior_id = match effect.kind {
        StepKind::Create => None,
        StepKind::Update
        | StepKind::Destroy
        | StepKind::Read
        | StepKind::Move
        | StepKind::Import
        | StepKind::Forget
        | StepKind::Refresh => id_of(&effect.row.change.before),
    };
    desk.events
        .emit(EventKind::StepStarted {
            step: effect.step,
            kind: effect.kind,
            addr: addr.clone(),
            id: prior_id.clone(),
        })
        .await;
    let intent = intent(effect, started).map_err(|error| bug(&error))?;
    let intent = desk.run.intent(intent).await?;
    let answer = call(effect, desk, throttled).await?;
    let answer = fitting(effect, answer);
    // What cannot be told stays open in the journal: the next command asks again.
    let is_open = matches!(&answer, Err(error) if error.exists == Exists::Unknown);
    let (effected, how, detail, changes) = judge(effect, answer).map_err(|error| bug(&error))?;
    let ended = desk.events.now();
    let done_id = match &effected {
        Effected::Done(value) if value.is_null() => prior_id,
        Effected::Done(value) => id_of(value),
        Effected::Failed(_) | Effected::Lost(_) => None,
    };
    if is_open {
        let why = detail.unwrap_or_default();
        let event = open::event(ended, effect.step.0, &addr, &why);
        desk.run.event(event).await?;
    } else {
        let settlement = Settlement {
            how,
            // Of an effect that went well, the object's id is all there is to say.
            detail: detail.or_else(|| done_id.as_ref().map(ToString::to_string)),
            at: ended,
            changes,
        };
        desk.run.settle(intent, settlement).await?;
    }
    let took = ended.since(started);
    let (step, kind) = (effect.step, effect.kind);
    let told = match &effected {
        Effected::Done(_) => Some(EventKind::StepDone {
            step,
            kind,
            addr,
            id: done_id,
            took,
        }),
        Effected::Failed(diagnostic) => Some(EventKind::StepFailed {
            step,
            kind,
            addr,
            took,
            diagnostic: diagnostic.clone(),
        }),
        Effected::Lost(_) => None,
    };
    if let Some(told) = told {
        desk.events.emit(told).await;
    }
    Ok(effected)
}

/// What the journal is to hold before the effect: what is needed to find out what became of it, and to record that.
fn intent(effect: &Effect, at: Timestamp) -> Result<Intent, CodecError> {
    let row = &effect.row;
    let prior = (!effect.prior.is_null())
        .then(|| record::payload(&marked(effect, row.change.before.clone())))
        .transpose()?;
    let undertaken = Undertaken {
        value: match effect.kind {
            StepKind::Destroy => Value::NULL,
            StepKind::Create
            | StepKind::Update
            | StepKind::Read
            | StepKind::Move
            | StepKind::Import
            | StepKind::Forget
            | StepKind::Refresh => marked(effect, effect.planned.clone()),
        },
        private: effect.private.clone(),
        provider: row.provider.clone(),
        fingerprint: effect.fingerprint,
        schema_version: row.change.schema_version,
        dependencies: row.dependencies.clone(),
        create_before_destroy: row.create_before_destroy,
        depose: effect.depose.clone(),
    };
    let planned = Some(undertaken.payload()?);
    Ok(Intent {
        step: u64::from(effect.step.0),
        addr: row.change.addr.clone(),
        deposed: row.deposed.as_ref().map(|key| key.0.clone()),
        action: effect.kind.word().into(),
        marker: effect.marker.clone(),
        prior,
        planned,
        at,
    })
}

/// An answer that does not fit what was asked says nothing of what exists, unless it names an object.
fn fitting(
    effect: &Effect,
    answer: Result<Option<Object>, ApplyError>,
) -> Result<Option<Object>, ApplyError> {
    let exists = match (&answer, effect.kind) {
        (Ok(Some(object)), StepKind::Destroy) => Exists::Object(object.clone()),
        (Ok(None), StepKind::Create | StepKind::Update) => Exists::Unknown,
        _ => return answer,
    };
    let error = ProviderError::bug("the provider's answer does not fit what was asked of it");
    Err(ApplyError { error, exists })
}

/// The object's id, where it has one that may be shown.
pub(crate) fn id_of(value: &Value) -> Option<Str> {
    if let Value::String(id) = value.get("id")? {
        Some(id.clone())
    } else {
        None
    }
}

fn marked(effect: &Effect, value: Value) -> Value {
    let has_sensitive = effect.schema.schema.block.has_sensitive();
    if value.is_null() {
        return value;
    }
    marks::mark(
        value,
        &effect.config_marks,
        &effect.schema.schema.block,
        has_sensitive,
        &effect.secret_texts,
    )
}

/// Asks the provider, again where the error may pass.
///
/// # Errors
/// When the run may not write any more: then it may not ask again either.
async fn call(
    effect: &Effect,
    desk: &Desk,
    throttled: &mut bool,
) -> Result<Result<Option<Object>, ApplyError>, RecordError> {
    let mut attempt = 1;
    loop {
        let request = ApplyRequest {
            rtype: effect.row.change.addr.block.rtype.clone(),
            prior: effect.prior.clone(),
            planned: effect.planned.clone(),
            config: effect.config.clone(),
            private: effect.private.clone(),
            marker: effect.marker.as_str().into(),
        };
        let error = match guarded(effect, request.clone()).await {
            Ok(object) => return Ok(Ok(object)),
            Err(error) => error,
        };
        *throttled |= error.error.class == ErrorClass::Throttled;
        let error = match settled(effect, request, error).await {
            Ok(object) => return Ok(Ok(Some(object))),
            Err(error) => error,
        };
        // What exists half must not be made a second time.
        let again = match (&error.exists, effect.kind) {
            (Exists::Unknown, _) | (Exists::Object(_), StepKind::Create) => false,
            (Exists::Nothing, StepKind::Destroy) => return Ok(Ok(None)),
            (Exists::Nothing | Exists::Object(_), _) => true,
        };
        attempt += 1;
        let chance = retry::chance(&effect.marker, attempt);
        let wait = retry::wait(&error.error, attempt, effect.attempts, chance).filter(|_| again);
        let Some(wait) = wait else {
            return Ok(Err(error));
        };
        let retried = retried(effect, attempt, wait, &error);
        desk.events.emit(retried.clone()).await;
        tokio::time::sleep(wait).await;
        note_retry(desk, &retried).await?;
    }
}

/// Writes into the run's history that the provider is asked again. A run that lost its lease cannot, and so does not
/// ask: whoever has the lease now may have found that nothing had happened, and done it again.
async fn note_retry(desk: &Desk, retried: &EventKind) -> Result<(), RecordError> {
    let row = history::row(desk.events.now(), retried).ok_or_else(|| RecordError::Bug {
        what: "a retry has no text".to_owned(),
    })?;
    desk.run.event(row).await
}

fn retried(effect: &Effect, attempt: u32, wait: Duration, error: &ApplyError) -> EventKind {
    EventKind::StepRetried {
        step: effect.step,
        addr: effect.row.change.addr.clone(),
        attempt,
        attempts: effect.attempts,
        wait,
        why: error.error.message.clone(),
    }
}

/// Calls the provider in a task of its own, so that one that panics takes nothing else with it.
async fn guarded(effect: &Effect, request: ApplyRequest) -> Result<Option<Object>, ApplyError> {
    let provider = effect.provider.clone();
    // A set of one: when the run is left, the provider is not to go on behind its back.
    let mut task = JoinSet::new();
    task.spawn(async move { provider.apply(request).await });
    match task.join_next().await {
        Some(Ok(answer)) => answer.map_err(|error| ApplyError {
            error: error.error.hiding(&effect.all_secrets()),
            exists: error.exists,
        }),
        None => Err(ApplyError {
            error: ProviderError::bug("the provider was not asked"),
            exists: Exists::Unknown,
        }),
        Some(Err(error)) => {
            let panicked = if error.is_panic() {
                "the provider panicked"
            } else {
                "the provider was stopped"
            };
            Err(ApplyError {
                error: ProviderError::bug(panicked),
                exists: Exists::Unknown,
            })
        }
    }
}

/// Where it is not known what a failed call left behind, asks. An object that is found whole where one was to be created
/// is that object, unless the provider broke on the way.
async fn settled(
    effect: &Effect,
    request: ApplyRequest,
    error: ApplyError,
) -> Result<Object, ApplyError> {
    if error.exists != Exists::Unknown {
        return Err(error);
    }
    let found = find(
        &effect.provider,
        FindRequest { apply: request },
        effect.attempts,
    );
    let exists = match found.await {
        Ok(Found::Object(object))
            if effect.kind == StepKind::Create && error.error.class != ErrorClass::Bug =>
        {
            return Ok(object);
        }
        Ok(Found::Object(object) | Found::Unfinished(object)) => Exists::Object(object),
        Ok(Found::Nothing) => Exists::Nothing,
        Ok(Found::CannotTell { .. }) | Err(_) => Exists::Unknown,
    };
    Err(ApplyError {
        error: error.error,
        exists,
    })
}

/// Asks what became of an apply, again where the error may pass. A provider that panics has no answer.
///
/// # Errors
/// When the world could not be asked.
pub(crate) async fn find(
    provider: &Arc<dyn Provider>,
    request: FindRequest,
    attempts: u32,
) -> Result<Found, ProviderError> {
    let mut attempt = 1;
    loop {
        let (asked, request) = (provider.clone(), request.clone());
        let marker = request.apply.marker.clone();
        let mut task = JoinSet::new();
        task.spawn(async move { asked.find(request).await });
        let error = match task.join_next().await {
            Some(Ok(Ok(found))) => return Ok(found),
            Some(Ok(Err(error))) => error,
            Some(Err(_)) | None => return Err(ProviderError::bug("the provider panicked")),
        };
        attempt += 1;
        let chance = retry::chance(&marker, attempt);
        let Some(wait) = retry::wait(&error, attempt, attempts, chance) else {
            return Err(error);
        };
        tokio::time::sleep(wait).await;
    }
}

type Judged = (Effected, How, Option<String>, Vec<ObjectChange>);

/// Turns a provider's answer into what is recorded and told. A result that breaks the plan's promise is recorded as it
/// is, and is an error.
fn judge(
    effect: &Effect,
    answer: Result<Option<Object>, ApplyError>,
) -> Result<Judged, CodecError> {
    match answer {
        Ok(None) => {
            let gone = gone(effect);
            Ok((Effected::Done(Value::NULL), How::Done, None, vec![gone]))
        }
        Ok(Some(object)) => {
            let (wrong, tainted) = check_result(effect, &object);
            let value = marked(effect, object.value);
            let made = made(effect, value.clone(), object.private, tainted)?;
            Ok(match wrong {
                None => (Effected::Done(value), How::Done, None, made),
                Some(diagnostic) => {
                    let detail = Some(diagnostic.message.clone());
                    let failed = Effected::Failed(Box::new(diagnostic));
                    (failed, How::Failed, detail, made)
                }
            })
        }
        Err(error) => failed(effect, &error),
    }
}

/// The object is not there any more.
fn gone(effect: &Effect) -> ObjectChange {
    ObjectChange::Delete {
        addr: effect.row.change.addr.clone(),
        deposed: effect.row.deposed.as_ref().map(|key| key.0.clone()),
    }
}

/// The object is there. Where it takes the place of one that is there still, that one is put aside in the same breath:
/// no crash finds an instance without a current object in between.
fn made(
    effect: &Effect,
    value: Value,
    private: Vec<u8>,
    tainted: bool,
) -> Result<Vec<ObjectChange>, CodecError> {
    let aside = effect.depose.as_ref().map(|key| ObjectChange::Depose {
        addr: effect.row.change.addr.clone(),
        key: key.0.clone(),
    });
    let put = effect.row.put(value, private, tainted)?;
    Ok(aside.into_iter().chain([put]).collect())
}

/// What is wrong with a result, and whether the object has to be replaced for it.
fn check_result(effect: &Effect, object: &Object) -> (Option<Diagnostic>, bool) {
    let addr = &effect.row.change.addr;
    if effect.row.change.legacy {
        return (None, false);
    }
    let mut wrong: Vec<String> =
        result_is_compatible(&effect.schema.schema.block, &effect.planned, &object.value)
            .iter()
            .take(8)
            .map(ToString::to_string)
            .collect();
    if !object.value.is_wholly_known() {
        wrong.push("something is still unknown after the apply".to_owned());
    }
    if wrong.is_empty() {
        return (None, false);
    }
    let message = format!("what became of `{addr}` is not what was planned");
    let mut diagnostic = Diagnostic::error("inconsistent-result", message).about(addr.clone());
    if let Some(resource) = effect.resource() {
        diagnostic = diagnostic.at(resource.span, "");
    }
    diagnostic.notes = wrong;
    let diagnostic = diagnostic.help("this is a bug of the provider; what exists is recorded");
    (Some(diagnostic), effect.kind == StepKind::Create)
}

fn failed(effect: &Effect, error: &ApplyError) -> Result<Judged, CodecError> {
    let addr = &effect.row.change.addr;
    let verb = match effect.kind {
        StepKind::Create => "create",
        StepKind::Update => "update",
        StepKind::Destroy => "destroy",
        StepKind::Read
        | StepKind::Move
        | StepKind::Import
        | StepKind::Forget
        | StepKind::Refresh => "apply",
    };
    let what = format!("could not {verb} `{addr}`");
    let mut diagnostic =
        plugins::diagnostic("provider-refused", &error.error, &what, &effect.secrets)
            .about(addr.clone());
    diagnostic = plugins::placed(diagnostic, effect.resource(), &error.error);
    let mut changes = Vec::new();
    match (&error.exists, effect.kind) {
        // It is as it was, and what is recorded is what was applied last.
        (Exists::Object(object), StepKind::Update | StepKind::Destroy)
            if object.value == effect.prior && object.private == effect.prior_private => {}
        (Exists::Object(object), kind) => {
            let tainted = kind == StepKind::Create;
            let value = left(effect, object.value.clone());
            let null = Value::Null(effect.schema.schema.block.value_type());
            // An object that is only half made may have unknowns left: they become null.
            let value = if value.is_wholly_known() {
                value
            } else {
                without_unknowns(&value, &null)
            };
            changes = made(effect, value, object.private.clone(), tainted)?;
            if tainted {
                diagnostic = diagnostic
                    .note("it exists and is recorded as tainted: the next apply replaces it");
            }
        }
        (Exists::Nothing, StepKind::Destroy) => changes.push(gone(effect)),
        (Exists::Nothing, StepKind::Create) => {}
        (Exists::Nothing, _) => {
            changes.push(gone(effect));
            diagnostic = diagnostic.note("it does not exist any more");
        }
        (Exists::Unknown, _) => {
            diagnostic = diagnostic.note("it cannot be told what exists of it now");
        }
    }
    let detail = Some(error.error.message.clone());
    Ok((
        Effected::Failed(Box::new(diagnostic)),
        How::Failed,
        detail,
        changes,
    ))
}

/// What is to be recorded of an object that a failed step left, with its marks.
fn left(effect: &Effect, found: Value) -> Value {
    if effect.kind == StepKind::Create {
        return marked(effect, found);
    }
    let (recorded, recorded_marks) = effect.recorded.clone().unmark_paths();
    let value = write::unfinished(&recorded, &effect.prior, &effect.planned, &found);
    // What it still has of before is as secret as it was.
    marked(effect, value)
        .mark_paths(&recorded_marks)
        .mark_paths(&effect.row.change.before.clone().unmark_paths().1)
}

fn without_unknowns(value: &Value, null: &Value) -> Value {
    let Some(fields) = value.as_fields() else {
        return null.clone();
    };
    Value::object(fields.iter().map(|(name, value)| {
        let kept = if value.is_wholly_known() {
            value.clone()
        } else {
            Value::Null(value.ty())
        };
        (name.clone(), kept)
    }))
    .mark(value.marks())
}
