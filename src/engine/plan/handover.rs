//! What one instance gives up and another takes, in one plan: a file whose block has another name now. It must be gone
//! before it is made again, or the destroy of the one takes what the other made. Entry point: [`handovers`].

use std::collections::HashMap;

use model::address::Mode;
use model::change::{Action, Change};
use model::{Str, Value};

use crate::claims;
use crate::plugins::Plugins;

/// Pairs of changes, by position: the first destroys what the second then makes.
pub(super) fn handovers(changes: &[Change], plugins: &Plugins) -> Vec<(u32, u32)> {
    let gives = |change: &Change| matches!(change.action, Action::Destroy | Action::Replace(_));
    let takes = |change: &Change| {
        matches!(
            change.action,
            Action::Create | Action::Update | Action::Replace(_)
        )
    };
    if !changes.iter().any(gives) || !changes.iter().any(takes) {
        return Vec::new();
    }
    let mut given: HashMap<Str, Vec<u32>> = HashMap::new();
    for (at, change) in (0..).zip(changes).filter(|(_, change)| gives(change)) {
        for claim in claimed(change, &change.before, plugins) {
            given.entry(claim).or_default().push(at);
        }
    }
    let mut found = Vec::new();
    if given.is_empty() {
        return found;
    }
    for (at, change) in (0..).zip(changes).filter(|(_, change)| takes(change)) {
        for claim in claimed(change, &change.after, plugins) {
            let givers = given.get(&claim).into_iter().flatten();
            found.extend(
                givers
                    .filter(|giver| **giver != at)
                    .map(|giver| (*giver, at)),
            );
        }
    }
    found
}

fn claimed(change: &Change, value: &Value, plugins: &Plugins) -> Vec<Str> {
    let (source, rtype) = (&change.provider.source, &change.addr.block.rtype);
    let schema = plugins.resource_schema(source, rtype);
    let provider = plugins.opened(source);
    match (schema, provider) {
        (Some(schema), Some(provider))
            if schema.claims && change.addr.block.mode == Mode::Managed =>
        {
            let claims = claims::of(&**provider, rtype, value).into_iter();
            claims.map(|claim| claim.thing).collect()
        }
        _ => Vec::new(),
    }
}
