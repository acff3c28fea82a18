//! Finds out what became of effects whose result was never recorded, because the process was killed. What can be
//! known is recorded; what cannot is told, and asked again next time. Entry point: [`recover`].

use std::sync::Arc;

use contract::{ApplyRequest, FindRequest, Found, Providers};
use lang::Desired;
use model::address::{InstanceAddr, ProviderAddr, ProviderSource};
use model::{Diagnostic, Diagnostics, Str, Value};
use state::{How, ObjectChange, OpenIntent, OpenIntents, Settlement, Store};

use crate::apply::{Session, millis};
use crate::codec;
use crate::plan::marks;
use crate::plugins::Plugins;
use crate::record::{self, StoreError};
use crate::recorded::{Recorded, RecordedObject};

/// What recovery found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovery {
    /// Effects that had happened; their objects are recorded now.
    pub adopted: Vec<InstanceAddr>,
    /// Effects that had not happened.
    pub undone: Vec<InstanceAddr>,
    /// Effects of which it cannot be told.
    pub unknown: Vec<InstanceAddr>,
    /// What to tell about the last.
    pub diagnostics: Diagnostics,
}

/// Whether anything is left to find out.
///
/// # Errors
/// When the record cannot be read.
pub fn is_needed(store: &Store, environment: &Str) -> Result<bool, StoreError> {
    Ok(!store.open_intents(environment)?.intents.is_empty())
}

/// Settles what can be settled of an environment's open intents, under a session that holds its lease. `desired`
/// helps to find the providers' configurations; without it, or where it does not help, they are configured with
/// nothing.
///
/// # Errors
/// When the record cannot be read or written.
pub async fn recover(
    session: &Session,
    recorded: &Recorded,
    desired: &Desired,
    providers: &Arc<dyn Providers>,
) -> Result<Recovery, StoreError> {
    let mut recovery = Recovery::default();
    let open = session.store().open_intents(&recorded.environment)?;
    let mut plugins = Plugins::new(providers.clone());
    for intent in &open.intents {
        let settled = one(intent, &open, recorded, desired, &mut plugins).await?;
        let addr = intent.addr.clone();
        match settled {
            Settled::Known { how, changes } => {
                match how {
                    How::DidNotHappen => recovery.undone.push(addr),
                    How::Adopted | How::Done | How::Failed | How::SettledByHand => recovery.adopted.push(addr),
                }
                let at = millis(session.now());
                let settlement = Settlement { how, detail: None, at, changes };
                session.writer().settle(intent.id, settlement).await?;
            }
            Settled::Unknown(hint) => {
                let verb = &intent.action;
                recovery.diagnostics.push(
                    Diagnostic::warning("journal-open", format!("it cannot be told what became of `{addr}`"))
                        .note(format!("run {} was interrupted while it was to {verb} it", intent.run))
                        .note(hint)
                        .about(addr.clone()),
                );
                recovery.unknown.push(addr);
            }
        }
    }
    Ok(recovery)
}

enum Settled {
    Known { how: How, changes: Vec<ObjectChange> },
    Unknown(String),
}

async fn one(
    intent: &OpenIntent,
    open: &OpenIntents,
    recorded: &Recorded,
    desired: &Desired,
    plugins: &mut Plugins,
) -> Result<Settled, StoreError> {
    let addr = &intent.addr;
    let failed = |source| StoreError::Object { address: addr.to_string(), source };
    let side = |bytes: Option<std::borrow::Cow<'_, [u8]>>| match bytes {
        Some(bytes) => codec::decode_value(&bytes).map_err(failed),
        None => Ok(Value::NULL),
    };
    let prior = side(open.opener.prior(intent)?)?;
    let planned = side(open.opener.planned(intent)?)?;
    let object = recorded.instance(addr).and_then(|instance| match &intent.deposed {
        None => instance.current.clone(),
        Some(key) => instance.deposed.get(&model::change::DeposedKey(key.clone())).cloned(),
    });
    let provider_addr = provider_of(addr, object.as_ref(), desired);
    let provider = match plugins.of_source(&provider_addr.source).await {
        Ok(provider) => provider,
        Err(error) => return Ok(Settled::Unknown(format!("its provider is not there: {error}"))),
    };
    if !plugins.is_configured(&provider_addr) {
        let config = contract::empty_block(&provider.schema().provider.block);
        if let Err(error) = plugins.configure(&provider_addr, config).await {
            return Ok(Settled::Unknown(format!("its provider cannot be configured: {error}")));
        }
    }
    let Some(schema) = plugins.resource_schema(&provider_addr.source, &addr.block.rtype).cloned() else {
        return Ok(Settled::Unknown("its provider does not know the resource type any more".into()));
    };
    let (bare_prior, _) = prior.clone().unmark_deep();
    let (bare_planned, paths) = planned.clone().unmark_paths();
    let request = FindRequest {
        apply: ApplyRequest {
            rtype: addr.block.rtype.clone(),
            prior: bare_prior.clone(),
            planned: bare_planned.clone(),
            config: bare_planned.clone(),
            private: object.as_ref().map(|object| object.private.clone()).unwrap_or_default(),
            marker: intent.marker.as_str().into(),
        },
    };
    let found = match provider.find(request).await {
        Ok(found) => found,
        Err(error) => return Ok(Settled::Unknown(format!("asking failed: {error}"))),
    };
    let here = |deposed: Option<Str>| ObjectChange::Delete { addr: addr.clone(), deposed };
    let deposed_key = intent.deposed.clone();
    Ok(match found {
        Found::CannotTell { hint } => Settled::Unknown(hint),
        Found::Nothing if prior.is_null() => {
            // A create that did not happen; an object that was put aside for it is the current one again.
            let aside = recorded.instance(addr).filter(|instance| instance.current.is_none());
            let restore = aside.and_then(|instance| {
                let key = instance.deposed.keys().next().filter(|_| instance.deposed.len() == 1)?;
                Some(ObjectChange::Restore { addr: addr.clone(), key: key.0.clone() })
            });
            Settled::Known { how: How::DidNotHappen, changes: restore.into_iter().collect() }
        }
        // A destroy that did happen, or an object that is gone altogether.
        Found::Nothing => {
            let changes = if object.is_some() { vec![here(deposed_key)] } else { Vec::new() };
            Settled::Known { how: How::Adopted, changes }
        }
        Found::Object(found) => {
            let value = marks::mark(found.value.clone(), &paths, &schema.schema.block, schema.schema.block.has_sensitive());
            let unchanged = !prior.is_null() && found.value == bare_prior;
            let how = if unchanged { How::DidNotHappen } else { How::Adopted };
            if unchanged {
                return Ok(Settled::Known { how, changes: Vec::new() });
            }
            let kept = object.clone();
            let adopted = RecordedObject {
                value,
                private: found.private,
                schema_version: schema.schema.version,
                provider: Arc::new(provider_addr),
                dependencies: kept.as_ref().map_or_else(|| dependencies(addr, desired), |object| object.dependencies.clone()),
                tainted: kept.as_ref().is_some_and(|object| object.tainted),
                create_before_destroy: kept.as_ref().is_some_and(|object| object.create_before_destroy),
            };
            let list = adopted.dependencies.iter().cloned().map(Arc::new).collect();
            let key = deposed_key.map(model::change::DeposedKey);
            let object = record::object(addr, key.as_ref(), &adopted, list).map_err(failed)?;
            Settled::Known { how, changes: vec![ObjectChange::Put(Box::new(object))] }
        }
    })
}

/// The provider configuration of an instance: as recorded, as defined, or as its type's name says.
fn provider_of(addr: &InstanceAddr, object: Option<&RecordedObject>, desired: &Desired) -> ProviderAddr {
    if let Some(object) = object {
        return (*object.provider).clone();
    }
    let graph = desired.graph();
    let defined = graph.resource_node(&addr.resource()).and_then(|node| graph.providers.get(&node).cloned());
    defined.unwrap_or_else(|| {
        let rtype = addr.block.rtype.as_str();
        let source = ProviderSource::implied(rtype.split('_').next().unwrap_or(rtype));
        ProviderAddr { module: model::address::ModulePath::root(), source, alias: None }
    })
}

fn dependencies(addr: &InstanceAddr, desired: &Desired) -> Arc<[model::address::ResourceAddr]> {
    let graph = desired.graph();
    let found = graph.managed_dependencies(&|_| false);
    graph.resource_node(&addr.resource()).and_then(|node| found.get(&node).cloned()).unwrap_or_else(|| Arc::from([]))
}
