//! Between the record's rows, whose attributes are bytes, and what plans compare with.

use std::collections::HashMap;
use std::sync::Arc;

use model::address::{BlockAddr, InstanceAddr, InstanceKey, ProviderAddr};
use model::change::DeposedKey;
use model::serial::Serial;
use model::{Str, Value};
use state::{ObjectRow, Payload, Protection, RecordError, ReplaceOrder, Status, Store};

use crate::codec::{self, CodecError};
use crate::recorded::{Recorded, RecordedInstance, RecordedObject, RecordedOutput};

/// Why the record cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The record itself says no.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// What it holds of an object cannot be decoded.
    #[error("what is recorded of `{address}` cannot be read")]
    Object {
        /// The object.
        address: String,
        /// Why.
        #[source]
        source: CodecError,
    },
    /// An address in it cannot be read.
    #[error("the recorded provider `{text}` of `{address}` is not an address")]
    Provider {
        /// The object.
        address: String,
        /// What stands there.
        text: String,
    },
}

/// Reads what is recorded of an environment now.
///
/// # Errors
/// When the record cannot be read, or holds what this program cannot decode.
pub fn read(store: &Store, environment: &Str) -> Result<Recorded, StoreError> {
    decode(store.read(environment)?)
}

/// Reads what was recorded of an environment at an earlier serial.
///
/// # Errors
/// As [`read`]; also when there was no such serial.
pub fn read_at(store: &Store, environment: &Str, serial: Serial) -> Result<Recorded, StoreError> {
    decode(store.read_at(environment, serial)?)
}

fn decode(rows: state::Recorded) -> Result<Recorded, StoreError> {
    let mut recorded = Recorded {
        environment: rows.header.environment.clone(),
        serial: rows.header.serial,
        lineage: rows.header.lineage.clone(),
        ..Recorded::default()
    };
    let mut shared = Shared::default();
    // Rows come in the order of their addresses, so that the maps are made without looking anything up.
    type Keys = Vec<(InstanceKey, Box<RecordedInstance>)>;
    let mut blocks: Vec<(Arc<BlockAddr>, Keys)> = Vec::new();
    for row in rows.objects {
        let object = shared.object(&row, &rows.opener)?;
        let InstanceAddr { block, key } = row.addr;
        let keys = match blocks.last_mut() {
            Some((last, keys)) if Arc::ptr_eq(last, &block) || *last == block => keys,
            Some(_) | None => &mut blocks.push_mut((block, Vec::new())).1,
        };
        let instance = match keys.last_mut() {
            Some((last, instance)) if *last == key => instance,
            Some(_) | None => &mut keys.push_mut((key, Box::default())).1,
        };
        match row.deposed {
            None => instance.current = Some(object),
            Some(key) => drop(instance.deposed.insert(DeposedKey(key), object)),
        }
    }
    recorded.blocks = blocks
        .into_iter()
        .map(|(block, keys)| (block, keys.into_iter().collect()))
        .collect();
    for row in rows.outputs {
        let bytes = rows.opener.output(&row)?;
        let value = codec::decode_value(&bytes).map_err(|source| StoreError::Object {
            address: format!("output {}", row.name),
            source,
        })?;
        recorded.outputs.insert(
            row.name,
            RecordedOutput {
                value,
                sensitive: row.sensitive,
            },
        );
    }
    Ok(recorded)
}

/// What many rows have in common, made once.
#[derive(Default)]
struct Shared {
    providers: HashMap<Str, Arc<ProviderAddr>>,
}

impl Shared {
    fn object(
        &mut self,
        row: &ObjectRow,
        opener: &state::Opener,
    ) -> Result<RecordedObject, StoreError> {
        let address = || row.addr.to_string();
        let value =
            codec::decode_value(&opener.attributes(row)?).map_err(|source| StoreError::Object {
                address: address(),
                source,
            })?;
        let private = opener
            .private(row)?
            .map(|bytes| bytes.into_owned())
            .unwrap_or_default();
        let provider = match self.providers.get(&row.provider) {
            Some(found) => found.clone(),
            None => {
                let parsed: ProviderAddr =
                    row.provider.parse().map_err(|_| StoreError::Provider {
                        address: address(),
                        text: row.provider.to_string(),
                    })?;
                let parsed = Arc::new(parsed);
                self.providers.insert(row.provider.clone(), parsed.clone());
                parsed
            }
        };
        Ok(RecordedObject {
            value,
            private,
            schema_version: row.schema_version,
            provider,
            dependencies: row.dependencies.clone(),
            tainted: row.status == Status::Tainted,
            create_before_destroy: row.replace == ReplaceOrder::CreateFirst,
        })
    }
}

/// A value as the record keeps it: sealed when anything in it is marked.
pub(crate) fn payload(value: &Value) -> Result<Payload, CodecError> {
    let protection = if value.has_marks() {
        Protection::Sealed
    } else {
        Protection::Plain
    };
    Ok(Payload::new(codec::encode(value)?, protection))
}

/// An object's row.
pub(crate) fn object(
    addr: &InstanceAddr,
    deposed: Option<&DeposedKey>,
    recorded: &RecordedObject,
) -> Result<state::Object, CodecError> {
    let attributes = payload(&recorded.value)?;
    let private = (!recorded.private.is_empty())
        .then(|| Payload::new(recorded.private.as_slice(), attributes.protection));
    Ok(state::Object {
        addr: addr.clone(),
        deposed: deposed.map(|key| key.0.clone()),
        provider: recorded.provider.to_string().into(),
        schema_version: recorded.schema_version,
        status: if recorded.tainted {
            Status::Tainted
        } else {
            Status::Created
        },
        replace: if recorded.create_before_destroy {
            ReplaceOrder::CreateFirst
        } else {
            ReplaceOrder::DestroyFirst
        },
        dependencies: recorded.dependencies.clone(),
        attributes,
        private,
    })
}
