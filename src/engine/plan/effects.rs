//! What a plan does, change by change, as digests: equal for plans that do the same to the same objects, whenever they
//! were made. Entry point: [`effects`].

use std::collections::BTreeSet;

use model::change::Action;
use model::plan::Plan;

use crate::codec::{self, CodecError};

/// A digest for each thing that the plan does to an object: to which one, what, and what it is to become. `digest` must
/// be keyed: what an object is to become may be a secret that could be guessed.
///
/// # Errors
/// When a value cannot be encoded, or `digest` fails.
pub fn effects<E: From<CodecError>>(
    plan: &Plan,
    mut digest: impl FnMut(&[u8]) -> Result<[u8; 32], E>,
) -> Result<BTreeSet<[u8; 32]>, E> {
    let mut found = BTreeSet::new();
    for change in &plan.changes {
        if matches!(change.action, Action::NoOp | Action::Read) {
            continue;
        }
        let deposed = change.deposed.as_ref().map_or("", |key| key.0.as_str());
        let address = change.addr.to_string();
        let effect = (address, deposed, change.action_code(), &change.after);
        found.insert(digest(&codec::encode(&effect)?)?);
    }
    Ok(found)
}
