//! Takes a person's word for what became of an effect of which it could not be told. Entry point: [`settle`].

use std::sync::Arc;

use contract::{Found, ImportRequest, Object, Provider, ProviderError, Providers, ReadRequest};
use lang::Desired;
use model::Str;
use model::address::InstanceAddr;
use state::{How, ObjectChange, RecordError, Settlement};

use crate::apply::Session;
use crate::events::Events;
use crate::plan::inquire::Inquiry;
use crate::record::StoreError;
use crate::recorded::Recorded;
use crate::recover::{Left, Settled};

/// What a person says became of an object in doubt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// There is none (any more).
    Gone,
    /// It is as it was before the step; after a create, there is none of the step's making.
    Unchanged,
    /// It exists, under the id that people know it by.
    Exists(Str),
}

/// Why a verdict cannot be taken.
#[derive(Debug, thiserror::Error)]
pub enum SettleError {
    /// The record cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Nothing of the instance is in doubt.
    #[error("no step of `{addr}` is open")]
    NotOpen {
        /// The instance.
        addr: InstanceAddr,
    },
    /// Its provider cannot be asked for the object.
    #[error("`{addr}` cannot be looked at: {why}")]
    Provider {
        /// The instance.
        addr: InstanceAddr,
        /// A phrase.
        why: String,
    },
}

impl From<RecordError> for SettleError {
    fn from(error: RecordError) -> Self {
        Self::Store(error.into())
    }
}

/// Settles every open step of an instance by a person's word, under a session that holds the environment's lease.
///
/// # Errors
/// When nothing is open or the object cannot be looked at; then nothing is settled. When the record cannot be used.
pub async fn settle(
    session: &Session,
    recorded: &Recorded,
    desired: Desired,
    providers: &Arc<dyn Providers>,
    (addr, verdict): (&InstanceAddr, &Verdict),
) -> Result<(), SettleError> {
    let open = session.store().open_intents(&recorded.environment)?;
    let clock = session.clock();
    let events = Events::ignored(clock.clone());
    let providers = providers.clone();
    let mut inquiry = Inquiry::new(desired, recorded.clone(), providers, clock, &events).await;
    let of_it: Vec<_> = open
        .intents
        .iter()
        .filter(|open| open.addr == *addr)
        .collect();
    if of_it.is_empty() {
        return Err(SettleError::NotOpen { addr: addr.clone() });
    }
    // Each is looked at before the first is settled.
    let mut settlements = Vec::with_capacity(of_it.len());
    for intent in of_it {
        let left = Left::of(intent, &open, recorded)?;
        let settlement = Settlement {
            how: How::SettledByHand,
            detail: None,
            at: session.now(),
            changes: changes(&left, &mut inquiry, addr, verdict).await?,
        };
        settlements.push((intent.id, settlement));
    }
    for (intent, settlement) in settlements {
        session.writer().settle(intent, settlement).await?;
    }
    Ok(())
}

/// What a verdict changes in the record.
async fn changes(
    left: &Left<'_>,
    inquiry: &mut Inquiry<'_>,
    addr: &InstanceAddr,
    verdict: &Verdict,
) -> Result<Vec<ObjectChange>, SettleError> {
    let cannot = |why: String| SettleError::Provider {
        addr: addr.clone(),
        why,
    };
    let id = match verdict {
        Verdict::Unchanged => return Ok(Vec::new()),
        Verdict::Gone => return Ok(left.gone()),
        Verdict::Exists(id) => id,
    };
    let configured = left.provider(inquiry);
    let provider = inquiry
        .provider(&configured)
        .await
        .map_err(cannot)?
        .provider;
    let Some(schema) = inquiry.schema(&configured, &addr.block.rtype) else {
        return Err(cannot("its provider does not know the type".into()));
    };
    let object = look(&*provider, &addr.block.rtype, id).await;
    let hidden = inquiry.told(left.told());
    let object = object.map_err(|error| cannot(error.hiding(&hidden).to_string()))?;
    let found = Found::Object(object);
    let settled = left.settle(found, &schema, configured, inquiry.secrets());
    match settled.map_err(|source| StoreError::Object {
        address: addr.to_string(),
        source,
    })? {
        Settled::Known { how: _, changes } => Ok(changes),
        Settled::Unknown(why) => Err(cannot(why)),
    }
}

/// Finds an object by its id and reads it.
async fn look(provider: &dyn Provider, rtype: &Str, id: &Str) -> Result<Object, ProviderError> {
    let request = ImportRequest {
        rtype: rtype.clone(),
        id: id.clone(),
    };
    let object = provider.import(request).await?;
    let request = ReadRequest {
        rtype: rtype.clone(),
        object,
    };
    let answer = provider.read(vec![request]).await.pop();
    let none = || ProviderError::permanent(format!("there is nothing of the id `{id}`"));
    answer.ok_or_else(none)??.object.ok_or_else(none)
}
