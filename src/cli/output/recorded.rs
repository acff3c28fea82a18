//! What is recorded, as the screens and the JSON need it: borrowed facts, with marks, without secrets' keys.

use std::sync::Arc;

use model::address::{InstanceAddr, ProviderAddr, ResourceAddr};
use model::change::DeposedKey;
use model::{Str, Value};

/// One recorded object.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordedView<'a> {
    /// The instance.
    pub addr: InstanceAddr,
    /// The deposed object of it that this is; none for the current one.
    pub deposed: Option<&'a DeposedKey>,
    /// The provider configuration it was made with.
    pub provider: &'a ProviderAddr,
    /// The schema version of the value.
    pub schema_version: u64,
    /// Its attributes, with marks.
    pub value: &'a Value,
    /// Blocks it depends on.
    pub depends_on: &'a [Arc<ResourceAddr>],
    /// Its last create or provisioner failed.
    pub tainted: bool,
}

/// One recorded root output.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputView<'a> {
    /// Its name.
    pub name: &'a Str,
    /// Its value.
    pub value: &'a Value,
    /// Not to be shown unless asked for by name.
    pub sensitive: bool,
}
