//! The trait every provider implements, and what a provider says of itself.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;
use model::address::{Mode, ProviderSource};
use model::schema::Schema;
use model::{Str, Value};

use crate::error::{ApplyError, ProviderError};
use crate::request::{
    ApplyRequest, DataRequest, DataResponse, FindRequest, Found, ImportRequest, Object,
    PlanRequest, PlanResponse, ReadRequest, ReadResponse, UpgradeRequest, ValidateRequest,
};

/// What a provider offers.
#[derive(Clone, Debug, Default)]
pub struct ProviderSchema {
    /// Its own configuration.
    pub provider: Schema,
    /// Resource types.
    pub resources: BTreeMap<Str, Arc<ResourceSchema>>,
    /// Data sources.
    pub data: BTreeMap<Str, Arc<Schema>>,
}

/// A resource type: its schema and how its effects behave.
#[derive(Clone, Debug, Default)]
pub struct ResourceSchema {
    /// What its objects look like.
    pub schema: Schema,
    /// Where its objects exist.
    pub effects: Effects,
    /// Whether an object has something in the world for itself that another could be made to have too; what it is
    /// [`Provider::claims`] says. Not so where a new object is always another one.
    pub claims: bool,
}

/// Where the objects of a resource type exist.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Effects {
    /// Only in the record (`terraform_data`, `random_id`): reading one is a look at the record, an apply that was not
    /// recorded did not happen, and any number may run at once.
    RecordOnly,
    /// In the world.
    #[default]
    World,
}

/// A provider, configured once for each `provider` block that uses it.
///
/// Every method may be called concurrently. Only the engine's one effect function calls [`Provider::apply`].
#[async_trait]
pub trait Provider: Send + Sync + Debug {
    /// What it offers; constant for the life of the value.
    fn schema(&self) -> &ProviderSchema;

    /// Takes its configuration, of the type of `schema().provider`, which may hold unknowns during a plan. Called
    /// once, before anything but [`Provider::schema`] and [`Provider::validate`].
    ///
    /// # Errors
    /// When it cannot work with this configuration.
    async fn configure(&self, config: Value) -> Result<(), ProviderError>;

    /// Everything that is wrong with a configuration; empty when nothing is.
    async fn validate(&self, request: ValidateRequest) -> Vec<ProviderError>;

    /// What an object has for itself in the world: a file, a port. Each is a text to be read by people that is the same
    /// wherever the thing is the same, so that no two environments take one. Of what is not known yet nothing is said.
    /// May be asked before it is configured, of resource types whose schema says that they claim, about attributes of
    /// the present schema version.
    fn claims(&self, rtype: &Str, object: &Value) -> Vec<Str> {
        let _ = (rtype, object);
        Vec::new()
    }

    /// What a data source looks at in the world to answer a configuration, or making an object of a resource type does, in
    /// the texts of [`Provider::claims`] and as far as that is known.
    fn looks_at(&self, mode: Mode, rtype: &Str, config: &Value) -> Vec<Str> {
        let _ = (mode, rtype, config);
        Vec::new()
    }

    /// Brings attributes stored under an older schema version to the present one.
    ///
    /// # Errors
    /// When it does not know that version.
    async fn upgrade(&self, request: UpgradeRequest) -> Result<Value, ProviderError>;

    /// Observes many objects in as few calls as the world allows. The answers are in the order of the requests, one
    /// each.
    async fn read(&self, batch: Vec<ReadRequest>) -> Vec<Result<ReadResponse, ProviderError>>;

    /// Says what many objects would become; pure. The answers are in the order of the requests, one each.
    async fn plan(&self, batch: Vec<PlanRequest>) -> Vec<Result<PlanResponse, ProviderError>>;

    /// Makes one change. Returns the object that exists now (`None` after a destroy).
    ///
    /// # Errors
    /// [`ApplyError`] says what exists all the same.
    async fn apply(&self, request: ApplyRequest) -> Result<Option<Object>, ApplyError>;

    /// Says what became of an apply whose result was never recorded, because the process was killed.
    ///
    /// # Errors
    /// When the world could not be asked; the engine leaves the question open and asks again next time.
    async fn find(&self, request: FindRequest) -> Result<Found, ProviderError>;

    /// Finds objects that exist already. The engine reads each before it records it.
    ///
    /// # Errors
    /// When there is none of that id, or the resource type cannot be imported.
    async fn import(&self, request: ImportRequest) -> Result<Object, ProviderError>;

    /// Asks a data source.
    ///
    /// # Errors
    /// When it has no answer.
    async fn read_data(&self, request: DataRequest) -> Result<DataResponse, ProviderError>;
}

/// Where providers come from.
#[async_trait]
pub trait Providers: Send + Sync + Debug {
    /// A new, not yet configured, provider of that source.
    ///
    /// # Errors
    /// When there is none; the message says what could be done.
    async fn open(&self, source: &ProviderSource) -> Result<Arc<dyn Provider>, ProviderError>;
}
