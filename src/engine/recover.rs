//! Finds out what became of effects whose result was never recorded, because the process was killed. What can be
//! known is recorded; what cannot is told, and asked again next time. Entry point: [`recover`].

use std::sync::Arc;

use contract::{
    ApplyRequest, FindRequest, Found, Object, Providers, ResourceSchema, result_is_compatible,
};
use lang::Desired;
use model::address::{InstanceAddr, ProviderAddr, ProviderSource};
use model::change::DeposedKey;
use model::clock::Clock;
use model::value::SecretTexts;
use model::{Diagnostics, Value};
use state::{How, IntentId, ObjectChange, OpenIntent, OpenIntents, RunOutcome, Settlement, Store};

use crate::apply::{self, SessionRequest, Tenure};
use crate::codec::{self, CodecError};
use crate::events::Events;
use crate::open::Runs;
use crate::plan::inquire::Inquiry;
use crate::plan::marks;
use crate::plugins::Configured;
use crate::record::{self, StoreError};
use crate::recorded::{Recorded, RecordedObject};
use crate::undertaken::Undertaken;

/// How often a provider is asked, at most, when its errors may pass.
const ATTEMPTS: u32 = 5;

/// What recovery found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovery {
    /// Effects that had happened; their objects are recorded now.
    pub adopted: Vec<InstanceAddr>,
    /// Effects that came half way, as far as can be seen; what is there is recorded now.
    pub half: Vec<InstanceAddr>,
    /// Effects that had not happened.
    pub undone: Vec<InstanceAddr>,
    /// Effects of which it cannot be told.
    pub unknown: Vec<InstanceAddr>,
    /// What to tell about the last.
    pub diagnostics: Diagnostics,
}

/// Settles what can be settled of an environment's open intents, and ends runs whose processes are gone. Does nothing
/// where there is nothing of either; records a run only where it has something to write. Providers are configured as
/// `desired`, a fresh evaluation of the definition, says now.
///
/// # Errors
/// [`state::RecordError::Locked`] when the environment is being changed; when the record cannot be read or written.
pub async fn recover(
    store: &Store,
    clock: &Arc<dyn Clock>,
    request: SessionRequest,
    desired: Desired,
    providers: &Arc<dyn Providers>,
) -> Result<Recovery, StoreError> {
    let environment = request.environment.clone();
    if store.open_intents(&environment)?.intents.is_empty()
        && store.unended_runs(&environment)?.is_empty()
    {
        return Ok(Recovery::default());
    }
    let tenure = Tenure::take(store, clock, &request).await?;
    // Read under the lease: nobody writes any more.
    let recorded = record::read(store, &environment)?;
    let open = store.open_intents(&environment)?;
    let (recovery, known) = ask(&tenure, &open, &recorded, desired, providers).await?;
    if known.is_empty() && store.unended_runs(&environment)?.is_empty() {
        tenure.end().await?;
        return Ok(recovery);
    }
    let session = tenure.begin(request).await?;
    for (intent, settlement) in known {
        session.writer().settle(intent, settlement).await?;
    }
    session.end_interrupted().await?;
    let counts = [
        ("adopted", &recovery.adopted),
        ("half", &recovery.half),
        ("undone", &recovery.undone),
        ("unknown", &recovery.unknown),
    ];
    let counts = counts.map(|(name, list)| (name.to_owned(), list.len() as u64));
    session.finish(RunOutcome::Succeeded, counts.into()).await?;
    Ok(recovery)
}

/// Asks what became of each open intent. Returns what was found, and how to write down what is known.
async fn ask(
    tenure: &Tenure,
    open: &OpenIntents,
    recorded: &Recorded,
    desired: Desired,
    providers: &Arc<dyn Providers>,
) -> Result<(Recovery, Vec<(IntentId, Settlement)>), StoreError> {
    let (mut recovery, mut known) = (Recovery::default(), Vec::new());
    if open.intents.is_empty() {
        return Ok((recovery, known));
    }
    let clock = tenure.clock();
    let events = Events::ignored(clock.clone());
    let providers = providers.clone();
    let mut inquiry = Inquiry::new(desired, recorded.clone(), providers, clock, &events).await;
    let mut runs = Runs::default();
    for intent in &open.intents {
        let left = Left::of(intent, open, recorded)?;
        let addr = intent.addr.clone();
        match left.ask(&mut inquiry).await? {
            Settled::Known { how, changes } => {
                match how {
                    How::DidNotHappen => recovery.undone.push(addr),
                    How::Failed => recovery.half.push(addr),
                    How::Adopted | How::Done | How::SettledByHand => recovery.adopted.push(addr),
                }
                let half = "it was cut short; what is there is recorded";
                let settlement = Settlement {
                    how,
                    detail: (how == How::Failed).then(|| half.to_owned()),
                    at: clock.now(),
                    changes,
                };
                known.push((intent.id, settlement));
            }
            Settled::Unknown(hint) => {
                let step = runs.step(tenure.store(), &recorded.environment, intent)?;
                recovery.diagnostics.push(step.warning(hint));
                recovery.unknown.push(addr);
            }
        }
    }
    Ok((recovery, known))
}

pub(crate) enum Settled {
    Known {
        how: How,
        changes: Vec<ObjectChange>,
    },
    Unknown(String),
}

/// What a process that was killed left behind of one effect.
pub(crate) struct Left<'i> {
    intent: &'i OpenIntent,
    /// The object before, with marks; null for a create.
    prior: Value,
    /// What was to be made, null for a destroy; none where the journal of an older Terrace does not say it of one.
    undertaken: Option<Undertaken>,
    /// Why the journal cannot be understood, where it cannot.
    unread: Option<CodecError>,
    /// The object that the effect is on, as recorded; of a create, the one that it replaces.
    recorded: Option<RecordedObject>,
}

impl<'i> Left<'i> {
    pub(crate) fn of(
        intent: &'i OpenIntent,
        open: &OpenIntents,
        recorded: &Recorded,
    ) -> Result<Self, StoreError> {
        let damaged = |source: CodecError| StoreError::Object {
            address: intent.addr.to_string(),
            source,
        };
        let prior = match open.opener.prior(intent)? {
            Some(bytes) => codec::decode_value(&bytes).map_err(damaged)?,
            None => Value::NULL,
        };
        let (undertaken, unread) = match open.opener.planned(intent)? {
            Some(bytes) => match Undertaken::decode(&bytes) {
                Ok(undertaken) => (Some(undertaken), None),
                // It is in doubt, and nothing else is for it.
                Err(error) => (None, Some(error)),
            },
            None => (None, None),
        };
        let instance = recorded.instance(&intent.addr);
        let recorded = instance.and_then(|instance| match &intent.deposed {
            None => instance.current.clone(),
            Some(key) => instance.deposed.get(&DeposedKey(key.clone())).cloned(),
        });
        Ok(Self {
            intent,
            prior,
            undertaken,
            unread,
            recorded,
        })
    }

    async fn ask(&self, inquiry: &mut Inquiry<'_>) -> Result<Settled, StoreError> {
        if let Some(why) = &self.unread {
            return Ok(Settled::Unknown(format!(
                "what it was to do is not understood: {why}"
            )));
        }
        let addr = self.provider(inquiry);
        let configured = match inquiry.provider(&addr).await {
            Ok(configured) => configured,
            Err(why) => return Ok(Settled::Unknown(why)),
        };
        let Some(schema) = inquiry.schema(&addr, &self.intent.addr.block.rtype) else {
            let why = "its provider does not know the resource type any more";
            return Ok(Settled::Unknown(why.into()));
        };
        let apply = self.request();
        let request = FindRequest { apply };
        let hidden = inquiry.told(self.told());
        let found = match apply::find(&configured.provider, request, ATTEMPTS).await {
            Ok(Found::Nothing) if self.is_elsewhere(&configured) => {
                let why = "its provider is configured otherwise now than it was then: nothing is where is looked now";
                return Ok(Settled::Unknown(why.into()));
            }
            Ok(Found::CannotTell { hint }) => {
                return Ok(Settled::Unknown(hidden.hidden_in(&hint)));
            }
            Ok(found) => found,
            Err(error) => {
                let error = error.hiding(&hidden);
                return Ok(Settled::Unknown(format!("asking failed: {error}")));
            }
        };
        self.settle(found, &schema, addr, inquiry.secrets())
            .map_err(|source| StoreError::Object {
                address: self.intent.addr.to_string(),
                source,
            })
    }

    /// What the provider was told of the object, with marks.
    pub(crate) fn told(&self) -> impl Iterator<Item = &Value> {
        let undertaken = self.undertaken.iter().map(|object| &object.value);
        let recorded = self.recorded.iter().map(|object| &object.value);
        undertaken.chain(recorded).chain([&self.prior])
    }

    /// The provider configuration that was asked for the effect: as the journal has it, as recorded, as defined, or as
    /// the type's name says.
    pub(crate) fn provider(&self, inquiry: &Inquiry<'_>) -> Arc<ProviderAddr> {
        let known = self.undertaken.as_ref().map(|object| &object.provider);
        if let Some(known) = known.or(self.recorded.as_ref().map(|object| &object.provider)) {
            return known.clone();
        }
        let defined = inquiry.defined(&self.intent.addr.resource());
        defined.unwrap_or_else(|| {
            let rtype = self.intent.addr.block.rtype.as_str();
            let source = ProviderSource::implied(rtype.split('_').next().unwrap_or(rtype));
            Arc::new(ProviderAddr {
                module: model::address::ModulePath::root(),
                source,
                alias: None,
            })
        })
    }

    /// Whether the provider was configured otherwise then, so that the object may be where it is not looked for now.
    fn is_elsewhere(&self, now: &Configured) -> bool {
        let then = self.undertaken.as_ref();
        then.is_some_and(|then| then.fingerprint != now.fingerprint)
    }

    /// The request as it was sent, or was about to be.
    fn request(&self) -> ApplyRequest {
        let bare = |value: &Value| value.clone().unmark_deep().0;
        let planned = self.undertaken.as_ref().map(|object| bare(&object.value));
        let planned = planned.unwrap_or(Value::NULL);
        let private = match (&self.undertaken, &self.recorded) {
            (Some(undertaken), _) => undertaken.private.clone(),
            (None, Some(recorded)) => recorded.private.clone(),
            (None, None) => Vec::new(),
        };
        ApplyRequest {
            rtype: self.intent.addr.block.rtype.clone(),
            prior: bare(&self.prior),
            config: planned.clone(),
            planned,
            private,
            marker: self.intent.marker.as_str().into(),
        }
    }

    /// What follows from what was found.
    pub(crate) fn settle(
        &self,
        found: Found,
        schema: &ResourceSchema,
        provider: Arc<ProviderAddr>,
        secrets: &SecretTexts,
    ) -> Result<Settled, CodecError> {
        let known = |how, changes| Ok(Settled::Known { how, changes });
        let (object, unfinished) = match found {
            Found::CannotTell { hint } => return Ok(Settled::Unknown(hint)),
            Found::Nothing if self.prior.is_null() => {
                return known(How::DidNotHappen, Vec::new());
            }
            // A destroy that did happen, or an object that is gone altogether.
            Found::Nothing => return known(How::Adopted, self.gone()),
            Found::Object(object) => (object, false),
            Found::Unfinished(object) => (object, true),
        };
        let (bare, _) = self.prior.clone().unmark_deep();
        let unchanged = !self.prior.is_null() && object.value == bare && !unfinished;
        let undertaken = self.undertaken.as_ref();
        let is_destroy = undertaken.is_none_or(|undertaken| undertaken.value.is_null());
        let is_update = !is_destroy && !self.prior.is_null();
        let how = if unchanged || is_destroy {
            How::DidNotHappen
        } else if is_update && !self.is_as_planned(&object, schema) {
            How::Failed
        } else {
            How::Adopted
        };
        if unchanged {
            return known(how, Vec::new());
        }
        let object = self.as_left(object, schema);
        let object = self.marked(object, schema, secrets);
        let changes = self.recorded_as(object, unfinished, schema, provider)?;
        known(how, changes)
    }

    /// Whether an object is all that it was to become, as far as that was known.
    fn is_as_planned(&self, found: &Object, schema: &ResourceSchema) -> bool {
        let planned = self.undertaken.as_ref();
        planned.is_none_or(|planned| {
            let (planned, _) = planned.value.clone().unmark_deep();
            result_is_compatible(&schema.schema.block, &planned, &found.value).is_empty()
        })
    }

    /// The changes that record that the object is not there; none for a create, whose object never was.
    pub(crate) fn gone(&self) -> Vec<ObjectChange> {
        let known = self.recorded.iter().filter(|_| !self.prior.is_null());
        let gone = known.map(|_| ObjectChange::Delete {
            addr: self.intent.addr.clone(),
            deposed: self.intent.deposed.clone(),
        });
        gone.collect()
    }

    /// An object that was found, but where the step did not get to what it was to change, as it was recorded.
    fn as_left(&self, found: Object, schema: &ResourceSchema) -> Object {
        let version = schema.schema.version;
        let recorded = self
            .recorded
            .as_ref()
            .filter(|recorded| !self.prior.is_null() && recorded.schema_version == version);
        let Some(recorded) = recorded else {
            return found;
        };
        let bare = |value: &Value| value.clone().unmark_deep().0;
        let planned = self.undertaken.as_ref().map(|object| bare(&object.value));
        let value = apply::unfinished(
            &bare(&recorded.value),
            &bare(&self.prior),
            &planned.unwrap_or(Value::NULL),
            &found.value,
        );
        Object { value, ..found }
    }

    /// An object that was found, with its marks.
    fn marked(&self, found: Object, schema: &ResourceSchema, secrets: &SecretTexts) -> Object {
        // What is there may still be as it was, with what was secret in it then.
        let planned = self.undertaken.as_ref().map(|object| &object.value);
        let recorded = self.recorded.as_ref().map(|object| &object.value);
        let marked = planned.into_iter().chain([&self.prior]).chain(recorded);
        let paths: Vec<_> = marked
            .flat_map(|value| value.clone().unmark_paths().1)
            .collect();
        let block = &schema.schema.block;
        Object {
            value: marks::mark(found.value, &paths, block, block.has_sensitive(), secrets),
            ..found
        }
    }

    /// The changes that record an object that was found, which has its marks.
    fn recorded_as(
        &self,
        found: Object,
        unfinished: bool,
        schema: &ResourceSchema,
        provider: Arc<ProviderAddr>,
    ) -> Result<Vec<ObjectChange>, CodecError> {
        let addr = &self.intent.addr;
        let is_create = self.prior.is_null();
        let kept = self.recorded.as_ref();
        let dependencies = match (&self.undertaken, kept) {
            (Some(undertaken), _) => undertaken.dependencies.clone(),
            (None, Some(kept)) => kept.dependencies.clone(),
            (None, None) => Arc::from([]),
        };
        let create_first = match (&self.undertaken, kept) {
            (Some(undertaken), _) => undertaken.create_before_destroy,
            (None, kept) => kept.is_some_and(|object| object.create_before_destroy),
        };
        let object = RecordedObject {
            value: found.value,
            private: found.private,
            schema_version: schema.schema.version,
            provider,
            dependencies,
            tainted: unfinished || !is_create && kept.is_some_and(|object| object.tainted),
            create_before_destroy: create_first,
        };
        let deposed = self.intent.deposed.clone().map(DeposedKey);
        let put = record::object(addr, deposed.as_ref(), &object)?;
        let put = ObjectChange::Put(Box::new(put));
        // The object that it was to replace is put aside as the run would have done.
        let depose = self
            .undertaken
            .as_ref()
            .and_then(|object| object.depose.as_ref());
        let aside = depose.filter(|_| is_create && kept.is_some());
        let aside = aside.map(|key| ObjectChange::Depose {
            addr: addr.clone(),
            key: key.0.clone(),
        });
        Ok(aside.into_iter().chain([put]).collect())
    }
}
