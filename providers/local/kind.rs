//! What one resource type or data source of a built-in provider does. A provider is a table of these.

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;
use contract::{ApplyError, ApplyRequest, Found, Object, PlanRequest, PlanResponse, ProviderError};
use model::schema::Schema;
use model::{Str, Value};

use contract::rules::Rules;

/// A resource type.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// One whose objects exist only in the record.
    Record(Arc<dyn RecordType>),
    /// One whose objects exist in the world.
    World(Arc<dyn WorldType>),
}

impl Kind {
    /// The schema, and the rules of planning.
    pub(crate) fn rules(&self) -> &Rules {
        match self {
            Self::Record(kind) => kind.rules(),
            Self::World(kind) => kind.rules(),
        }
    }

    /// What is wrong with a configuration whose types are right.
    pub(crate) fn validate(&self, config: &Value) -> Vec<ProviderError> {
        match self {
            Self::Record(kind) => kind.validate(config),
            Self::World(kind) => kind.validate(config),
        }
    }

    /// Says what an object would become.
    pub(crate) fn plan(&self, request: PlanRequest) -> Result<PlanResponse, ProviderError> {
        match self {
            Self::Record(kind) => kind.plan(request),
            Self::World(kind) => kind.plan(request),
        }
    }
}

/// A resource type whose objects exist only in the record.
pub(crate) trait RecordType: Send + Sync + Debug {
    /// The schema, and the rules of planning.
    fn rules(&self) -> &Rules;

    /// What is wrong with a configuration whose types are right.
    fn validate(&self, _config: &Value) -> Vec<ProviderError> {
        Vec::new()
    }

    /// Says what an object would become.
    fn plan(&self, request: PlanRequest) -> Result<PlanResponse, ProviderError> {
        Ok(self.rules().plan(request))
    }

    /// Makes an object of what was planned.
    fn create(&self, planned: Value) -> Result<Value, ProviderError>;

    /// Changes an object to what was planned.
    fn update(&self, planned: Value) -> Result<Value, ProviderError> {
        Ok(planned)
    }

    /// Whether a recorded object still counts as there.
    fn is_there(&self, _object: &Value) -> bool {
        true
    }

    /// Why one that does not count as there any more does not, in a phrase; none where it is only gone.
    fn instead(&self, _object: &Value) -> Option<Str> {
        None
    }

    /// Whether making one takes so much computing that it should not hold up others.
    fn is_slow(&self) -> bool {
        false
    }

    /// Brings attributes of an older schema version to the present one.
    fn upgrade(&self, stored: &Value) -> Result<Value, ProviderError> {
        Ok(self.rules().upgrade(stored))
    }

    /// Makes an object of an id that people know it by.
    fn import(&self, _id: &str) -> Result<Value, ProviderError> {
        Err(not_importable())
    }
}

/// A resource type whose objects exist in the world.
#[async_trait]
pub(crate) trait WorldType: Send + Sync + Debug {
    /// The schema, and the rules of planning.
    fn rules(&self) -> &Rules;

    /// What is wrong with a configuration whose types are right.
    fn validate(&self, _config: &Value) -> Vec<ProviderError> {
        Vec::new()
    }

    /// Says what an object would become.
    fn plan(&self, request: PlanRequest) -> Result<PlanResponse, ProviderError> {
        Ok(self.rules().plan(request))
    }

    /// What an object has in the world for itself; nothing of what is not known yet.
    fn claims(&self, _object: &Value) -> Vec<Str> {
        Vec::new()
    }

    /// What making one looks at in the world, as far as that is known.
    fn looks_at(&self, _config: &Value) -> Vec<Str> {
        Vec::new()
    }

    /// Observes an object; none when it is gone.
    async fn read(&self, object: Object) -> Result<Option<Object>, ProviderError>;

    /// What is in the place of an object that [`WorldType::read`] did not find, in a phrase; none when nothing is.
    async fn instead(&self, object: Object) -> Option<Str> {
        let _ = object;
        None
    }

    /// Makes one change.
    async fn apply(&self, request: ApplyRequest) -> Result<Option<Object>, ApplyError>;

    /// Says what became of an apply whose result was never recorded.
    async fn find(&self, request: ApplyRequest) -> Result<Found, ProviderError>;

    /// Finds an object that exists already.
    async fn import(&self, _id: &str) -> Result<Object, ProviderError> {
        Err(not_importable())
    }
}

/// A data source.
#[async_trait]
pub(crate) trait DataSource: Send + Sync + Debug {
    /// The schema.
    fn schema(&self) -> &Arc<Schema>;

    /// What is wrong with a configuration whose types are right.
    fn validate(&self, _config: &Value) -> Vec<ProviderError> {
        Vec::new()
    }

    /// What it looks at in the world to answer, as far as that is known.
    fn looks_at(&self, _config: &Value) -> Vec<Str> {
        Vec::new()
    }

    /// Answers.
    async fn read(&self, config: Value) -> Result<Value, ProviderError>;
}

fn not_importable() -> ProviderError {
    ProviderError::permanent("objects of this resource type cannot be imported")
}

/// The one of three things an apply asks for.
pub(crate) enum Change {
    /// Make one.
    Create,
    /// Change it.
    Update,
    /// Remove it.
    Destroy,
}

impl Change {
    /// What `request` asks for.
    pub(crate) fn of(request: &ApplyRequest) -> Self {
        match (request.prior.is_null(), request.planned.is_null()) {
            (true, _) => Self::Create,
            (false, true) => Self::Destroy,
            (false, false) => Self::Update,
        }
    }
}
