//! One provider in a directory of its own, under a clock that tests set.

use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use contract::Object;
use contract::conformance::{self, Calls, Case, Finding};
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
    calls: Calls,
    pub(crate) directory: TempDir,
    clock: Arc<SetClock>,
}

impl Deref for Bench {
    type Target = Calls;

    fn deref(&self) -> &Calls {
        &self.calls
    }
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
            calls: Calls { provider },
            directory,
            clock,
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

    /// What is said against a configuration.
    pub(crate) async fn refusals(&self, rtype: &str, config: Value) -> Vec<String> {
        let errors = self.validate(rtype, config).await;
        errors.into_iter().map(|error| error.message).collect()
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
