//! The conformance suite: tries a resource type of a provider out, for real, and reports where it breaks what the
//! engine relies on. Entry point: [`check`]. The objects it makes it also removes.

mod calls;
mod life;
mod trial;

use std::fmt;
use std::sync::Arc;

use model::{Str, Value};

use crate::provider::Provider;
use trial::Trial;

pub use calls::Calls;

/// A resource type to try out, and the configurations to do it with. Each is of the schema's type, wholly known.
#[derive(Clone, Debug)]
pub struct Case {
    /// The resource type.
    pub rtype: Str,
    /// What is created first.
    pub config: Value,
    /// What can exist beside the first.
    pub beside: Option<Value>,
    /// A change of the first that needs no new object.
    pub update: Option<Value>,
    /// A change of the first that needs a new object.
    pub replace: Option<Value>,
    /// What must be refused.
    pub wrong: Vec<Value>,
    /// The attribute whose value is the id to import the first by.
    pub import_by: Option<Str>,
    /// Whether `find` may leave it open what became of an apply.
    pub may_not_tell: bool,
}

impl Case {
    /// A case of one configuration; set what else there is to try.
    pub fn new(rtype: &str, config: Value) -> Self {
        Self {
            rtype: rtype.into(),
            config,
            beside: None,
            update: None,
            replace: None,
            wrong: Vec::new(),
            import_by: None,
            may_not_tell: false,
        }
    }
}

/// A configuration of a resource type: these attributes, and null or empty for all others.
///
/// `None` when the provider has no such resource type.
pub fn config<'n>(
    provider: &dyn Provider,
    rtype: &str,
    attributes: impl IntoIterator<Item = (&'n str, Value)>,
) -> Option<Value> {
    let schema = provider.schema().resources.get(rtype)?;
    let mut fields = schema.schema.block.empty().as_fields().cloned()?;
    for (name, value) in attributes {
        fields.insert(name.into(), value);
    }
    Some(Value::object(fields))
}

/// Something a provider does that the engine cannot rely on.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// What was tried, as a phrase.
    pub tried: String,
    /// What came of it.
    pub came: String,
}

/// Writes `reading it after the create: it is gone`.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.tried, self.came)
    }
}

/// Tries a resource type out and returns where it breaks the contract; nothing when it keeps it.
///
/// `provider` must be configured already.
pub async fn check(provider: Arc<dyn Provider>, case: &Case) -> Vec<Finding> {
    let Some(schema) = provider.schema().resources.get(&case.rtype).cloned() else {
        let tried = format!("looking for the resource type `{}`", case.rtype);
        return vec![Finding {
            tried,
            came: "the schema does not have it".into(),
        }];
    };
    let mut trial = Trial {
        provider,
        rtype: case.rtype.clone(),
        schema,
        found: Vec::new(),
    };
    trial.schema_is_sound();
    trial.validates(case).await;
    trial.knows_what_it_does_not_have().await;
    trial.lives(case).await;
    trial.found
}
