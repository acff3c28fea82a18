//! A directory, a clock that tests set, and calls to one provider in as few words as tests need.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};

use contract::conformance::{self, Case, Finding};
use contract::{
    ApplyError, ApplyRequest, DataRequest, FindRequest, Found, ImportRequest, Object, PlanRequest,
    PlanResponse, Provider, ProviderError, ReadRequest, UpgradeRequest, ValidateRequest,
    ValidateSubject, proposed_new,
};
use local::{SystemEntropy, World};
use model::address::ProviderSource;
use model::clock::{Clock, Timestamp};
use model::{Type, Value};
use tempfile::TempDir;

/// 2024-01-31T10:00:00Z.
pub(crate) const START: i64 = 1_706_695_200_000;

#[derive(Debug)]
pub(crate) struct SetClock(AtomicI64);

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

/// One provider in a directory of its own.
#[derive(Debug)]
pub(crate) struct Bench {
    pub(crate) provider: Arc<dyn Provider>,
    pub(crate) directory: TempDir,
    clock: Arc<SetClock>,
    markers: AtomicU32,
}

impl Bench {
    /// `terraform` or a provider of `hashicorp`.
    pub(crate) fn new(name: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let clock = Arc::new(SetClock(AtomicI64::new(START)));
        let world = World {
            clock: clock.clone(),
            entropy: Arc::new(SystemEntropy),
            directory: directory.path().to_path_buf(),
            source: directory.path().to_path_buf(),
            search_path: std::env::var_os("PATH"),
        };
        let (host, namespace) = match name {
            "terraform" => ("terraform.io", "builtin"),
            _ => ("registry.terraform.io", "hashicorp"),
        };
        let source = ProviderSource {
            host: host.into(),
            namespace: namespace.into(),
            name: name.into(),
        };
        let provider = local::open(&source, world).unwrap();
        Self {
            provider,
            directory,
            clock,
            markers: AtomicU32::new(0),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn pass_seconds(&self, seconds: i64) {
        self.clock.0.fetch_add(seconds * 1000, Ordering::SeqCst);
    }

    pub(crate) fn config<'n>(
        &self,
        rtype: &str,
        attributes: impl IntoIterator<Item = (&'n str, Value)>,
    ) -> Value {
        conformance::config(&*self.provider, rtype, attributes).unwrap()
    }

    pub(crate) async fn findings(&self, case: &Case) -> Vec<String> {
        let found = conformance::check(Arc::clone(&self.provider), case).await;
        found.iter().map(Finding::to_string).collect()
    }

    pub(crate) async fn validate(&self, rtype: &str, config: Value) -> Vec<String> {
        let request = ValidateRequest {
            subject: ValidateSubject::Resource,
            rtype: rtype.into(),
            config,
        };
        self.provider
            .validate(request)
            .await
            .iter()
            .map(|error| error.message.clone())
            .collect()
    }

    pub(crate) async fn plan(&self, rtype: &str, prior: &Object, config: &Value) -> PlanResponse {
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
        self.provider
            .plan(vec![request])
            .await
            .pop()
            .unwrap()
            .unwrap()
    }

    pub(crate) async fn request(
        &self,
        rtype: &str,
        prior: &Object,
        config: &Value,
    ) -> ApplyRequest {
        let plan = self.plan(rtype, prior, config).await;
        let number = self.markers.fetch_add(1, Ordering::SeqCst);
        ApplyRequest {
            rtype: rtype.into(),
            prior: prior.value.clone(),
            planned: plan.planned,
            config: config.clone(),
            private: plan.private,
            marker: format!("{}-{number}", self.path().display()).into(),
        }
    }

    pub(crate) async fn create(&self, rtype: &str, config: &Value) -> Result<Object, ApplyError> {
        let request = self.request(rtype, &nothing(), config).await;
        self.provider.apply(request).await.map(Option::unwrap)
    }

    pub(crate) async fn update(
        &self,
        rtype: &str,
        prior: &Object,
        config: &Value,
    ) -> Result<Object, ApplyError> {
        let request = self.request(rtype, prior, config).await;
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

    pub(crate) async fn find(&self, request: ApplyRequest) -> Result<Found, ProviderError> {
        self.provider.find(FindRequest { apply: request }).await
    }

    pub(crate) async fn import(&self, rtype: &str, id: &str) -> Result<Object, ProviderError> {
        self.provider
            .import(ImportRequest {
                rtype: rtype.into(),
                id: id.into(),
            })
            .await
    }

    pub(crate) async fn upgrade(
        &self,
        rtype: &str,
        version: u64,
        value: Value,
    ) -> Result<Value, ProviderError> {
        self.provider
            .upgrade(UpgradeRequest {
                rtype: rtype.into(),
                version,
                value,
            })
            .await
    }

    pub(crate) async fn data(&self, rtype: &str, config: Value) -> Result<Value, ProviderError> {
        let request = DataRequest {
            rtype: rtype.into(),
            config,
        };
        self.provider
            .read_data(request)
            .await
            .map(|answer| answer.value)
    }

    /// A configuration of a data source.
    pub(crate) fn data_config<'n>(
        &self,
        rtype: &str,
        attributes: impl IntoIterator<Item = (&'n str, Value)>,
    ) -> Value {
        let block = &self.provider.schema().data.get(rtype).unwrap().block;
        let mut fields = block.empty().as_fields().cloned().unwrap();
        for (name, value) in attributes {
            fields.insert(name.into(), value);
        }
        Value::object(fields)
    }
}

pub(crate) fn nothing() -> Object {
    Object {
        value: Value::NULL,
        private: Vec::new(),
    }
}

pub(crate) fn texts(items: &[&str]) -> Value {
    Value::list(
        Type::String,
        items.iter().map(|item| Value::from(*item)).collect(),
    )
}

pub(crate) fn map(entries: &[(&str, &str)]) -> Value {
    Value::map(
        Type::String,
        entries
            .iter()
            .map(|(key, text)| ((*key).into(), Value::from(*text))),
    )
}

pub(crate) fn text<'a>(object: &'a Object, name: &str) -> &'a str {
    object
        .value
        .get(name)
        .and_then(Value::as_str)
        .unwrap_or_else(|| panic!("{name} in {object:?}"))
}

pub(crate) fn number(object: &Object, name: &str) -> i64 {
    object
        .value
        .get(name)
        .and_then(Value::as_number)
        .and_then(|number| number.to_i64())
        .unwrap()
}
