//! What the journal keeps of what a step is to do: enough to record what came of it as the step's run would have, also
//! when the definition is another one by then, and to tell whether it is looked for in the same place.

use std::sync::Arc;

use model::Value;
use model::address::ProviderAddr;
use model::change::Dependencies;
use model::change::DeposedKey;
use serde::{Deserialize, Serialize};
use state::{Payload, Protection};

use crate::codec::{self, CodecError};

/// The object that a step is to make, and how it is to be recorded.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Undertaken {
    /// Its attributes as planned, with unknowns and marks; null for a destroy.
    pub(crate) value: Value,
    /// The provider's private bytes of the plan; of a destroy, those of the object.
    pub(crate) private: Vec<u8>,
    /// The provider configuration that does it.
    pub(crate) provider: Arc<ProviderAddr>,
    /// What told that configuration from others; none where nothing was configured.
    pub(crate) fingerprint: Option<[u8; 16]>,
    /// The schema version of the attributes.
    pub(crate) schema_version: u64,
    /// Blocks it depends on.
    pub(crate) dependencies: Dependencies,
    /// Its replacement is created first.
    pub(crate) create_before_destroy: bool,
    /// The key that the current object gets when this one takes its place.
    pub(crate) depose: Option<DeposedKey>,
}

impl Undertaken {
    /// As the journal keeps it: sealed when anything in the attributes is marked, or when it could tell of a
    /// provider's credentials.
    pub(crate) fn payload(&self) -> Result<Payload, CodecError> {
        let protection = if self.value.has_marks() || self.fingerprint.is_some() {
            Protection::Sealed
        } else {
            Protection::Plain
        };
        Ok(Payload::new(
            codec::encode_as(codec::UNDERTAKEN, self)?,
            protection,
        ))
    }

    /// Reads what [`Undertaken::payload`] made.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, CodecError> {
        codec::decode_as(codec::UNDERTAKEN, bytes)
    }
}
