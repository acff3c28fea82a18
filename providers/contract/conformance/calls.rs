//! Single calls to a provider, in as few words as a test needs: the requests are made as the engine makes them.
//! Checks nothing of the answers; the suite does that with what it makes of these requests.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use model::schema::Block;
use model::{Str, Value};

use crate::provider::Provider;
use crate::request::{
    ApplyRequest, DataRequest, FindRequest, Found, ImportRequest, Object, PlanRequest,
    PlanResponse, ReadRequest, UpgradeRequest, ValidateRequest, ValidateSubject,
};
use crate::{ApplyError, Exists, ProviderError, proposed_new};

/// A provider, which must be configured already, and calls to it, one object each.
#[derive(Clone)]
pub struct Calls {
    /// Whom they go to.
    pub provider: Arc<dyn Provider>,
}

impl fmt::Debug for Calls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Calls").finish_non_exhaustive()
    }
}

impl Calls {
    /// Returns what the provider says against a configuration of a resource type.
    pub async fn validate(&self, rtype: &str, config: Value) -> Vec<ProviderError> {
        let request = ValidateRequest {
            subject: ValidateSubject::Resource,
            rtype: rtype.into(),
            config,
        };
        self.provider.validate(request).await
    }

    /// Plans from what exists to what is configured; a `config` that is null is the plan of a destroy.
    ///
    /// # Errors
    /// What the provider answers, and a bug when it answers nothing or has no such resource type.
    pub async fn plan(
        &self,
        rtype: &str,
        prior: &Object,
        config: &Value,
    ) -> Result<PlanResponse, ProviderError> {
        let request = plan_request(rtype, self.block(rtype)?, prior, config);
        one(self.provider.plan(vec![request]).await)
    }

    /// Plans, and returns the request that applies this plan, under a marker of its own.
    ///
    /// # Errors
    /// Those of the plan.
    pub async fn request(
        &self,
        rtype: &str,
        prior: &Object,
        config: &Value,
    ) -> Result<ApplyRequest, ProviderError> {
        let plan = self.plan(rtype, prior, config).await?;
        Ok(apply_request(rtype, prior, config, plan))
    }

    /// Plans and creates an object.
    ///
    /// # Errors
    /// Those of the plan and of the apply, and a bug when the provider says that nothing exists afterwards.
    pub async fn create(&self, rtype: &str, config: &Value) -> Result<Object, ApplyError> {
        self.update(rtype, &Object::nothing(), config).await
    }

    /// Plans and makes an update of an object, also of one that there is not yet.
    ///
    /// # Errors
    /// Those of the plan and of the apply, and a bug when the provider says that nothing exists afterwards.
    pub async fn update(
        &self,
        rtype: &str,
        prior: &Object,
        config: &Value,
    ) -> Result<Object, ApplyError> {
        let object = self.apply(rtype, prior, config).await?;
        object
            .ok_or_else(|| ApplyError::nothing(ProviderError::bug("an apply left nothing behind")))
    }

    /// Plans and makes a destroy, and returns what is left: nothing, as a rule.
    ///
    /// # Errors
    /// Those of the plan and of the apply.
    pub async fn destroy(
        &self,
        rtype: &str,
        object: &Object,
    ) -> Result<Option<Object>, ApplyError> {
        self.apply(rtype, object, &Value::NULL).await
    }

    async fn apply(
        &self,
        rtype: &str,
        prior: &Object,
        config: &Value,
    ) -> Result<Option<Object>, ApplyError> {
        let request = self.request(rtype, prior, config).await;
        let request = request.map_err(|error| ApplyError {
            error,
            exists: if prior.value.is_null() {
                Exists::Nothing
            } else {
                Exists::Object(prior.clone())
            },
        })?;
        self.provider.apply(request).await
    }

    /// Returns an object as it is now; none when it is gone.
    ///
    /// # Errors
    /// What the provider answers, and a bug when it answers nothing.
    pub async fn read(
        &self,
        rtype: &str,
        object: &Object,
    ) -> Result<Option<Object>, ProviderError> {
        let request = ReadRequest {
            rtype: rtype.into(),
            object: object.clone(),
        };
        Ok(one(self.provider.read(vec![request]).await)?.object)
    }

    /// Asks what became of an apply.
    ///
    /// # Errors
    /// What the provider answers.
    pub async fn find(&self, apply: ApplyRequest) -> Result<Found, ProviderError> {
        self.provider.find(FindRequest { apply }).await
    }

    /// Returns the object that an import by this id finds.
    ///
    /// # Errors
    /// What the provider answers.
    pub async fn import(&self, rtype: &str, id: &str) -> Result<Object, ProviderError> {
        let request = ImportRequest {
            rtype: rtype.into(),
            id: id.into(),
        };
        self.provider.import(request).await
    }

    /// Brings attributes stored under an older version of the schema to the present one.
    ///
    /// # Errors
    /// What the provider answers.
    pub async fn upgrade(
        &self,
        rtype: &str,
        version: u64,
        value: Value,
    ) -> Result<Value, ProviderError> {
        let request = UpgradeRequest {
            rtype: rtype.into(),
            version,
            value,
        };
        self.provider.upgrade(request).await
    }

    /// Reads a data source.
    ///
    /// # Errors
    /// What the provider answers.
    pub async fn data(&self, rtype: &str, config: Value) -> Result<Value, ProviderError> {
        let request = DataRequest {
            rtype: rtype.into(),
            config,
        };
        Ok(self.provider.read_data(request).await?.value)
    }

    fn block(&self, rtype: &str) -> Result<&Block, ProviderError> {
        let schema = self.provider.schema().resources.get(rtype);
        schema
            .map(|schema| &schema.schema.block)
            .ok_or_else(|| ProviderError::bug(format!("there is no resource type `{rtype}`")))
    }
}

/// Returns the request that plans from `prior`, whose value is null for a create, to `config`, null for a destroy.
pub(super) fn plan_request(
    rtype: &str,
    block: &Block,
    prior: &Object,
    config: &Value,
) -> PlanRequest {
    let proposed = if config.is_null() {
        Value::NULL
    } else {
        proposed_new(block, &prior.value, config)
    };
    PlanRequest {
        rtype: rtype.into(),
        prior: prior.value.clone(),
        proposed,
        config: config.clone(),
        private: prior.private.clone(),
    }
}

/// Returns the request that applies a plan, under a marker that no other request has.
pub(super) fn apply_request(
    rtype: &str,
    prior: &Object,
    config: &Value,
    plan: PlanResponse,
) -> ApplyRequest {
    ApplyRequest {
        rtype: rtype.into(),
        prior: prior.value.clone(),
        planned: plan.planned,
        config: config.clone(),
        private: plan.private,
        marker: marker(),
    }
}

/// Markers of two processes differ too: some providers look for them in the world.
fn marker() -> Str {
    static MADE: AtomicU64 = AtomicU64::new(0);
    let number = MADE.fetch_add(1, Ordering::Relaxed);
    format!("conformance-{}-{number}", std::process::id()).into()
}

fn one<T>(answers: Vec<Result<T, ProviderError>>) -> Result<T, ProviderError> {
    let answer = answers.into_iter().next();
    answer.unwrap_or_else(|| Err(ProviderError::bug("a request got no answer")))
}
