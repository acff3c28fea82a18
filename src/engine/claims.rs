//! What objects have for themselves in the world, so that environments stay apart: what an environment has recorded, no
//! other takes or reads. Providers say what that is; the record keeps it (`state/claim.rs`). Entry points: [`of`],
//! [`learn`].

use std::ops::ControlFlow;
use std::sync::Arc;

use contract::{Provider, Providers};
use model::address::{InstanceAddr, Mode, ProviderAddr};
use model::{Diagnostic, Str, Value};
use state::{Claim, Claimant, Learned, ObjectRow, Opener, Protection, Store};

use crate::codec;
use crate::plugins::Plugins;
use crate::record::StoreError;

/// What an object has for itself, as far as it is known. `object` has its marks: what only sensitive attributes say is
/// sealed.
pub fn of(provider: &dyn Provider, rtype: &Str, object: &Value) -> Vec<Claim> {
    things(object, |bare| provider.claims(rtype, bare))
}

/// What a data source, or the making of an object, looks at. `config` has its marks.
pub fn looked_at(provider: &dyn Provider, mode: Mode, rtype: &Str, config: &Value) -> Vec<Claim> {
    things(config, |bare| provider.looks_at(mode, rtype, bare))
}

fn things(value: &Value, say: impl Fn(&Value) -> Vec<Str>) -> Vec<Claim> {
    let (bare, _) = value.clone().unmark_deep();
    let all = say(&bare);
    let open = match all.is_empty() || !value.has_marks() {
        true => None,
        false => Some(say(&without_marked(value))),
    };
    let protection = |thing: &Str| match &open {
        Some(open) if !open.contains(thing) => Protection::Sealed,
        Some(_) | None => Protection::Plain,
    };
    let claim = |thing: Str| Claim {
        protection: protection(&thing),
        thing,
    };
    all.into_iter().map(claim).collect()
}

/// The object without the attributes in which something is marked.
fn without_marked(object: &Value) -> Value {
    let fields = object
        .as_fields()
        .into_iter()
        .flat_map(|fields| fields.iter());
    let open = fields.filter(|(_, value)| !value.has_marks());
    Value::object(open.map(|(name, value)| (name.clone(), value.clone())))
}

/// What to do where something would be read that another environment has.
pub const READ_HELP: &str =
    "give each environment what it needs itself, as with a variable or an input";

/// The error that `addr` would take what another environment has.
pub fn taken(addr: &InstanceAddr, thing: Option<&Str>, by: &Claimant) -> Diagnostic {
    let message = format!("`{addr}` would take what {} has", by.environment);
    told(message, addr, thing, by)
        .help("give each environment its own, as with `${terraform.workspace}` in the path")
}

/// The error that `addr`, which is in `environment`, would read what another environment has.
pub fn read(
    addr: &InstanceAddr,
    environment: &Str,
    thing: Option<&Str>,
    by: &Claimant,
) -> Diagnostic {
    let message = format!(
        "`{addr}` in {environment} would read what {} has",
        by.environment
    );
    told(message, addr, thing, by).help(READ_HELP)
}

fn told(message: String, addr: &InstanceAddr, thing: Option<&Str>, by: &Claimant) -> Diagnostic {
    let Claimant {
        environment,
        address,
    } = by;
    let thing = thing.map_or_else(|| "it".to_owned(), |thing| format!("`{thing}`"));
    Diagnostic::error("belongs-to-another-environment", message)
        .about(addr.clone())
        .note(format!(
            "{thing} is recorded in {environment}, as `{address}`"
        ))
}

/// A thing as an error may name it.
pub fn shown(claim: &Claim) -> Option<&Str> {
    match claim.protection {
        Protection::Plain => Some(&claim.thing),
        Protection::Sealed => None,
    }
}

/// The error that something is looked at which another environment has; none where nothing is.
pub fn foreign(
    addr: &InstanceAddr,
    environment: &Str,
    looked_at: &[Claim],
    found: &[Option<Claimant>],
) -> Option<Diagnostic> {
    let mut pairs = looked_at.iter().zip(found);
    pairs.find_map(|(claim, by)| Some(read(addr, environment, shown(claim), by.as_ref()?)))
}

/// Records what objects claim that an older Terrace recorded, in every environment of which it is not known yet. Costs one
/// look where it is known of all.
///
/// # Errors
/// When the record cannot be read or written, or holds what this program cannot decode.
pub async fn learn(store: &Store, providers: &Arc<dyn Providers>) -> Result<(), StoreError> {
    let unclaimed = store.unclaimed()?;
    if unclaimed.is_empty() {
        return Ok(());
    }
    let mut plugins = Plugins::new(providers.clone());
    for environment in unclaimed {
        let mut sources = Vec::new();
        store.read_each(&environment, |_, row| {
            if sources.last() != Some(&row.provider) && !sources.contains(&row.provider) {
                sources.push(row.provider);
            }
            ControlFlow::Continue(())
        })?;
        for source in &sources {
            if let Ok(addr) = source.parse::<ProviderAddr>() {
                // Objects of a provider that is not there stay as they are: it has to be there before they change.
                let _ = plugins.of_source(&addr.source).await;
            }
        }
        let mut learned = Vec::new();
        let mut failed = None;
        store.read_each(&environment, |opener, row| {
            match claims_of(&plugins, opener, &row) {
                Ok(None) => {}
                Ok(Some(claims)) => learned.push(Learned {
                    addr: row.addr,
                    deposed: row.deposed,
                    since: row.since,
                    run: row.run,
                    claims,
                }),
                Err(error) => {
                    failed = Some(error);
                    return ControlFlow::Break(());
                }
            }
            ControlFlow::Continue(())
        })?;
        match failed {
            Some(error) => return Err(error),
            None => store.learn_claims(&environment, learned).await?,
        }
    }
    Ok(())
}

/// What an object of the record claims; none where its type claims nothing.
fn claims_of(
    plugins: &Plugins,
    opener: &Opener,
    row: &ObjectRow,
) -> Result<Option<Vec<Claim>>, StoreError> {
    let rtype = &row.addr.block.rtype;
    let Ok(addr) = row.provider.parse::<ProviderAddr>() else {
        return Ok(None);
    };
    let (Some(provider), Some(schema)) = (
        plugins.opened(&addr.source),
        plugins.resource_schema(&addr.source, rtype),
    ) else {
        return Ok(None);
    };
    if !schema.claims {
        return Ok(None);
    }
    let bytes = opener.attributes(row)?;
    let object = codec::decode_value(&bytes).map_err(|source| StoreError::Object {
        address: row.addr.to_string(),
        source,
    })?;
    Ok(Some(of(&**provider, rtype, &object)).filter(|claims| !claims.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_a_sensitive_attribute_says_is_sealed() {
        let secret = Value::string("/secret").mark(model::value::Marks::SENSITIVE);
        let object = Value::object([("path", Value::string("/open")), ("log", secret)]);
        let say = |value: &Value| -> Vec<Str> {
            let fields = ["path", "log"].into_iter();
            fields
                .filter_map(|name| value.get(name)?.as_str().cloned())
                .collect()
        };
        let found = things(&object, say);
        let found: Vec<_> = found
            .iter()
            .map(|claim| (claim.thing.as_str(), claim.protection))
            .collect();
        let expected = [
            ("/open", Protection::Plain),
            ("/secret", Protection::Sealed),
        ];
        assert_eq!(found, expected);
    }
}
