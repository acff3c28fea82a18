//! A provider of a simulated cloud.

use std::ops::Deref;
use std::sync::Arc;

use contract::Provider;
use contract::conformance::{self, Calls};
use model::Value;
use sim::{Cloud, Script, SimProvider};

#[derive(Debug)]
pub(crate) struct Bench {
    pub(crate) cloud: Arc<Cloud>,
    calls: Calls,
}

impl Deref for Bench {
    type Target = Calls;

    fn deref(&self) -> &Calls {
        &self.calls
    }
}

impl Bench {
    pub(crate) fn new(script: Script) -> Self {
        Self::on(Arc::new(Cloud::new(script)))
    }

    pub(crate) fn on(cloud: Arc<Cloud>) -> Self {
        Self::with(Arc::new(SimProvider::on(Arc::clone(&cloud))), cloud)
    }

    /// `cloud` is where this provider's objects are.
    pub(crate) fn with(provider: Arc<dyn Provider>, cloud: Arc<Cloud>) -> Self {
        Self {
            cloud,
            calls: Calls { provider },
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

    /// The names of what exists.
    pub(crate) fn names(&self) -> Vec<String> {
        let objects = self.cloud.objects().unwrap();
        objects
            .iter()
            .map(|object| text(&object.value, "name").to_owned())
            .collect()
    }
}

pub(crate) fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap()
}
