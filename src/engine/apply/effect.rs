//! One effect in the world: intent, call, result. Whom to ask and what the answer means is in [`super::call`] and
//! [`super::judge`].

use std::sync::Arc;

use contract::{
    Exists, PlanRequest, Provider, ProviderError, ResourceSchema, Secrets, proposed_new,
    result_is_compatible,
};
use lang::Definition;
use lang::load::{Resource, ResourceName};
use model::address::Mode;
use model::change::{Action, DeposedKey, ReplaceOrder};
use model::clock::Timestamp;
use model::event::EventKind;
use model::plan::{StepId, StepKind};
use model::value::SecretTexts;
use model::{Diagnostic, Str, Value};
use state::{Claimant, Intent, IntentId, REPLACED, RecordError, RunWriter, Settlement};

use super::call::call;
use super::judge::judge;
use super::write::Row;
use crate::asking::Asking;
use crate::claims;
use crate::codec::CodecError;
use crate::events::Events;
use crate::open;
use crate::plan::marks;
use crate::plugins;
use crate::record;
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
    pub(super) fn all_secrets(&self) -> Secrets {
        let config = self.config.clone().mark_paths(&self.config_marks);
        self.secrets.and(&secrets::marked_in([&config]))
    }

    /// Returns the value with the marks that the configuration, the schema and secrets within its texts give it.
    pub(super) fn marked(&self, value: Value) -> Value {
        if value.is_null() {
            return value;
        }
        let block = &self.schema.schema.block;
        marks::mark(
            value,
            &self.config_marks,
            block,
            block.has_sensitive(),
            &self.secret_texts,
        )
    }

    /// The block of the instance, where the definition has it.
    pub(super) fn resource(&self) -> Option<&Resource> {
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
    let intent = match begun(effect, desk, intent).await? {
        Ok(intent) => intent,
        Err(diagnostic) => return Ok(not_begun(effect, desk, started, diagnostic).await),
    };
    let answered = call(effect, desk, throttled).await?;
    let refusal = answered.refusal();
    // What cannot be told stays open in the journal: the next command asks again.
    let is_open = matches!(&answered.answer, Err(error) if error.exists == Exists::Unknown);
    let (effected, how, detail, changes) = judge(effect, answered).map_err(|error| bug(&error))?;
    let ended = desk.events.now();
    let done_id = match &effected {
        Effected::Done(value) if value.is_null() => prior_id,
        Effected::Done(value) => id_of(value),
        Effected::Failed(_) | Effected::Lost(_) => None,
    };
    let written = if is_open {
        let why = detail.unwrap_or_default();
        let event = open::event(ended, effect.step.0, &addr, &why);
        desk.run.event(event).await
    } else {
        let settlement = Settlement {
            how,
            // Of an effect that went well, the object's id is all there is to say.
            detail: detail.or_else(|| done_id.as_ref().map(ToString::to_string)),
            at: ended,
            changes,
        };
        desk.run.settle(intent, settlement).await
    };
    // Where the record is gone, what is told of the effect is all that is left of it.
    if let Err(error) = &written
        && !matches!(error, RecordError::Gone { .. })
    {
        return Err(error.clone());
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
            refusal,
        }),
        Effected::Lost(_) => None,
    };
    if let Some(told) = told {
        desk.events.emit(told).await;
    }
    written.map(|()| effected)
}

/// Tells that a step failed before there was an intent.
async fn not_begun(
    effect: &Effect,
    desk: &Desk,
    started: Timestamp,
    diagnostic: Box<Diagnostic>,
) -> Effected {
    let failed = EventKind::StepFailed {
        step: effect.step,
        kind: effect.kind,
        addr: effect.row.change.addr.clone(),
        took: desk.events.now().since(started),
        diagnostic: diagnostic.clone(),
        refusal: None,
    };
    desk.events.emit(failed).await;
    Effected::Failed(diagnostic)
}

/// Writes an intent, unless what it is about to take, or to look at, belongs to another environment.
async fn begun(
    effect: &Effect,
    desk: &Desk,
    intent: Intent,
) -> Result<Result<IntentId, Box<Diagnostic>>, RecordError> {
    let addr = &effect.row.change.addr;
    if !effect.config.is_null() {
        let config = effect.config.clone().mark_paths(&effect.config_marks);
        let rtype = &addr.block.rtype;
        let looked_at = claims::looked_at(&*effect.provider, Mode::Managed, rtype, &config);
        if !looked_at.is_empty() {
            let found = desk.run.claimants(&looked_at)?;
            let environment = desk.run.environment();
            if let Some(found) = claims::foreign(addr, environment, &looked_at, &found) {
                return Ok(Err(Box::new(found)));
            }
        }
    }
    match desk.run.intent(intent).await {
        Ok(id) => Ok(Ok(id)),
        Err(RecordError::ClaimedElsewhere {
            thing,
            environment,
            address,
        }) => {
            let by = Claimant {
                environment,
                address,
            };
            Ok(Err(Box::new(claims::taken(addr, thing.as_ref(), &by))))
        }
        Err(error) => Err(error),
    }
}

/// What the journal is to hold before the effect: what is needed to find out what became of it, and to record that.
fn intent(effect: &Effect, at: Timestamp) -> Result<Intent, CodecError> {
    let row = &effect.row;
    let prior = (!effect.prior.is_null())
        .then(|| record::payload(&effect.marked(row.change.before.clone())))
        .transpose()?;
    let value = match effect.kind {
        StepKind::Destroy => Value::NULL,
        StepKind::Create
        | StepKind::Update
        | StepKind::Read
        | StepKind::Move
        | StepKind::Import
        | StepKind::Forget
        | StepKind::Refresh => effect.marked(effect.planned.clone()),
    };
    let takes = effect.schema.claims && !value.is_null();
    let claimed =
        takes.then(|| claims::of(&*effect.provider, &row.change.addr.block.rtype, &value));
    let undertaken = Undertaken {
        value,
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
        action: word(effect).into(),
        marker: effect.marker.clone(),
        prior,
        planned,
        claims: claimed,
        at,
    })
}

/// What a step does, as the journal calls it: that another object is to take the place of one that goes has to be known
/// also where that never came.
fn word(effect: &Effect) -> &'static str {
    let row = &effect.row;
    let replaces = matches!(
        row.change.action,
        Action::Replace(ReplaceOrder::DestroyFirst)
    );
    if effect.kind == StepKind::Destroy && replaces && row.deposed.is_none() {
        REPLACED
    } else {
        effect.kind.word()
    }
}

/// The object's id, where it has one that may be shown.
pub(crate) fn id_of(value: &Value) -> Option<Str> {
    if let Value::String(id) = value.get("id")? {
        Some(id.clone())
    } else {
        None
    }
}
