//! A cloud in memory, scripted: latency, failures by class, throttling, eventual consistency, crash points.
//!
//! For tests of the engine: make a [`Cloud`] with a [`Script`], hand [`SimProvider::on`] it to as many engines, one
//! after the other, as the test needs, and look at [`Cloud::objects`] and [`Cloud::calls`] in between. For people who
//! rehearse: the script stands in the `provider "sim"` block, and the cloud in a file; see `providers/README.md`.

mod chance;
mod cloud;
mod configuration;
mod kinds;
mod provider;
mod script;
mod world;

use std::path::PathBuf;
use std::sync::Arc;

use contract::Provider;
use model::address::ProviderSource;

pub use cloud::Cloud;
pub use provider::SimProvider;
pub use script::{Crash, Effect, Failure, Fault, Hook, Operation, Point, Script, Throttle, When};
pub use world::SimObject;

/// Opens the provider `terrace/sim`, whose cloud its configuration describes; `None` for any other source address.
///
/// A relative `state_file` is relative to `directory`.
pub fn open(source: &ProviderSource, directory: PathBuf) -> Option<Arc<dyn Provider>> {
    match (&*source.namespace, &*source.name) {
        ("terrace", "sim") => Some(Arc::new(SimProvider::configurable(directory))),
        _ => None,
    }
}
