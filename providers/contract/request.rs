//! Requests to a provider and their answers. Values in them carry no marks; unknowns only where said.

use model::{Path, Str, Value};
use serde::{Deserialize, Serialize};

/// An object as the provider knows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Object {
    /// Its attributes, of the schema's type, wholly known.
    pub value: Value,
    /// What the provider wants back with the next request; opaque to everyone else.
    pub private: Vec<u8>,
}

impl Object {
    /// Returns what stands for an object where there is none: the prior object of a create.
    pub fn nothing() -> Self {
        Self {
            value: Value::NULL,
            private: Vec::new(),
        }
    }
}

/// What a configuration is checked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ValidateSubject {
    /// The provider's own configuration; `rtype` is empty.
    Provider,
    /// A resource type's.
    Resource,
    /// A data source's.
    Data,
}

/// Asks whether a configuration is acceptable. It may hold unknowns, which are never an error.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ValidateRequest {
    /// What it configures.
    pub subject: ValidateSubject,
    /// The resource type or data source.
    pub rtype: Str,
    /// The configuration: computed attributes null.
    pub config: Value,
}

/// Asks to bring attributes stored under an older schema version to the present one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UpgradeRequest {
    /// The resource type.
    pub rtype: Str,
    /// The version they were stored under.
    pub version: u64,
    /// The attributes as they were stored.
    pub value: Value,
}

/// Asks how an object is now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReadRequest {
    /// The resource type.
    pub rtype: Str,
    /// The object as recorded.
    pub object: Object,
}

/// How an object is now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReadResponse {
    /// The object; none when it is gone.
    pub object: Option<Object>,
    /// What is in the place of an object that is not there as it was, in a phrase: `the file has other content`.
    /// None when nothing is, or nobody knows.
    pub instead: Option<Str>,
}

/// Asks what an object would become.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanRequest {
    /// The resource type.
    pub rtype: Str,
    /// The object now; null to create one.
    pub prior: Value,
    /// Prior and configuration merged by Terraform's rules ("proposed new state"); null to destroy. May hold unknowns.
    pub proposed: Value,
    /// The configuration; null to destroy. May hold unknowns.
    pub config: Value,
    /// The object's private bytes.
    pub private: Vec<u8>,
}

/// What an object would become.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanResponse {
    /// The object after the change, with unknowns for what only the change tells.
    pub planned: Value,
    /// Attributes whose change needs a new object.
    pub requires_replace: Vec<Path>,
    /// Private bytes to send with the apply.
    pub private: Vec<u8>,
    /// The answer follows the old SDK's loose rules (Terraform's `legacy_type_system`).
    pub legacy: bool,
}

/// Asks to make it so. Create: prior null. Destroy: planned null. Update: neither.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ApplyRequest {
    /// The resource type.
    pub rtype: Str,
    /// The object now; null to create one.
    pub prior: Value,
    /// What [`PlanResponse::planned`] promised; null to destroy. May hold unknowns for computed attributes.
    pub planned: Value,
    /// The configuration, wholly known; null to destroy.
    pub config: Value,
    /// Private bytes of the plan, or of the object for a destroy.
    pub private: Vec<u8>,
    /// Unique to this effect and durable in the journal: put it where [`FindRequest`] can find it again
    /// (an idempotency token, a tag, a process's environment).
    pub marker: Str,
}

/// Asks, after a crash, what became of an apply whose result was never recorded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FindRequest {
    /// The request as it was sent (or was about to be).
    pub apply: ApplyRequest,
}

/// What became of an apply whose result was never recorded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Found {
    /// The object exists (created, or updated or not: as it is now).
    Object(Object),
    /// A create made this object, but did not finish it: it is to be replaced.
    Unfinished(Object),
    /// It does not exist: a create did not happen, or a destroy did.
    Nothing,
    /// It cannot be told; `hint` says what may exist and where to look.
    CannotTell {
        /// What may exist and where to look, as a sentence.
        hint: String,
    },
}

/// Asks for an object that exists already, by the id people know it by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImportRequest {
    /// The resource type.
    pub rtype: Str,
    /// The id, in the form the resource type documents.
    pub id: Str,
}

/// Asks a data source. The configuration is wholly known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DataRequest {
    /// The data source.
    pub rtype: Str,
    /// The configuration: computed attributes null.
    pub config: Value,
}

/// A data source's answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DataResponse {
    /// All attributes, of the schema's type, wholly known.
    pub value: Value,
}
