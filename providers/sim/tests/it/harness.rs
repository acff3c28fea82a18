//! A provider of a simulated cloud, and calls to it in as few words as tests need.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use contract::{
    ApplyError, ApplyRequest, FindRequest, Found, Object, PlanRequest, Provider, ReadRequest,
    conformance, proposed_new,
};
use model::Value;
use sim::{Cloud, Script, SimProvider};

#[derive(Debug)]
pub(crate) struct Bench {
    pub(crate) cloud: Arc<Cloud>,
    pub(crate) provider: Arc<dyn Provider>,
    pub(crate) markers: AtomicU32,
}

impl Bench {
    pub(crate) fn new(script: Script) -> Self {
        Self::on(Arc::new(Cloud::new(script)))
    }

    pub(crate) fn on(cloud: Arc<Cloud>) -> Self {
        let provider = Arc::new(SimProvider::on(Arc::clone(&cloud)));
        Self {
            cloud,
            provider,
            markers: AtomicU32::new(0),
        }
    }

    pub(crate) fn config<'n>(
        &self,
        rtype: &str,
        attributes: impl IntoIterator<Item = (&'n str, Value)>,
    ) -> Value {
        conformance::config(&*self.provider, rtype, attributes).unwrap()
    }

    pub(crate) fn network(&self, name: &str) -> Value {
        self.config("sim_network", [("name", Value::from(name))])
    }

    pub(crate) async fn request(
        &self,
        rtype: &str,
        prior: &Object,
        config: &Value,
    ) -> ApplyRequest {
        let block = &self
            .provider
            .schema()
            .resources
            .get(rtype)
            .unwrap()
            .schema
            .block;
        let proposed = if config.is_null() {
            Value::NULL
        } else {
            proposed_new(block, &prior.value, config)
        };
        let request = PlanRequest {
            rtype: rtype.into(),
            prior: prior.value.clone(),
            proposed,
            config: config.clone(),
            private: prior.private.clone(),
        };
        let plan = self
            .provider
            .plan(vec![request])
            .await
            .pop()
            .unwrap()
            .unwrap();
        ApplyRequest {
            rtype: rtype.into(),
            prior: prior.value.clone(),
            planned: plan.planned,
            config: config.clone(),
            private: plan.private,
            marker: format!("m{}", self.markers.fetch_add(1, Ordering::SeqCst)).into(),
        }
    }

    pub(crate) async fn create(&self, rtype: &str, config: &Value) -> Result<Object, ApplyError> {
        let request = self.request(rtype, &nothing(), config).await;
        self.provider.apply(request).await.map(Option::unwrap)
    }

    pub(crate) async fn destroy(
        &self,
        rtype: &str,
        object: &Object,
    ) -> Result<Option<Object>, ApplyError> {
        let request = self.request(rtype, object, &Value::NULL).await;
        self.provider.apply(request).await
    }

    pub(crate) async fn read(&self, rtype: &str, object: &Object) -> Option<Object> {
        let request = ReadRequest {
            rtype: rtype.into(),
            object: object.clone(),
        };
        self.provider
            .read(vec![request])
            .await
            .pop()
            .unwrap()
            .unwrap()
            .object
    }

    pub(crate) async fn find(&self, request: ApplyRequest) -> Found {
        self.provider
            .find(FindRequest { apply: request })
            .await
            .unwrap()
    }

    /// The names of what exists.
    pub(crate) fn names(&self) -> Vec<String> {
        let objects = self.cloud.objects().unwrap();
        objects
            .iter()
            .map(|object| text(&object.value, "name").to_owned())
            .collect()
    }
}

pub(crate) fn nothing() -> Object {
    Object {
        value: Value::NULL,
        private: Vec::new(),
    }
}

pub(crate) fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap()
}
