//! An environment without a cloud: files, directories, commands, processes, random values, time.
//!
//! Several providers under the addresses people know from the registry, each opened with [`open`]. Nothing here reads
//! the process environment or the wall clock; see [`World`].

mod builtin;
mod digest;
mod fault;
mod kernel;
mod kind;
mod world;

mod commands;
mod files;
mod machine;
mod null;
mod processes;
mod random;
mod terraform;
mod timing;

use std::sync::Arc;

use contract::Provider;
use model::address::ProviderSource;

pub use world::{Entropy, SeededEntropy, SystemEntropy, World};

/// Opens the built-in provider of a source address; `None` when there is none of that address.
pub fn open(source: &ProviderSource, world: World) -> Option<Arc<dyn Provider>> {
    let provider = match (&*source.host, &*source.namespace, &*source.name) {
        ("terraform.io", "builtin", "terraform") => terraform::provider(world),
        (host, "hashicorp", name) if is_registry(host) => match name {
            "external" => machine::external(world),
            "local" => machine::local(world),
            "null" => null::provider(world),
            "random" => random::provider(world),
            "time" => timing::provider(world),
            _ => return None,
        },
        _ => return None,
    };
    Some(Arc::new(provider))
}

fn is_registry(host: &str) -> bool {
    matches!(host, "registry.terraform.io" | "registry.opentofu.org")
}
