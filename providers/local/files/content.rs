//! What a `local_file` is to contain, from whichever argument says it.

use std::fs;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use contract::ProviderError;
use model::{Path, Value};

use crate::fault;
use crate::world::World;
use contract::attributes;

/// The arguments of which exactly one says what a file contains.
pub(super) const SOURCES: [&str; 4] = ["content", "sensitive_content", "content_base64", "source"];

/// The bytes an object's file contains.
pub(super) fn of(world: &World, object: &Value) -> Result<Vec<u8>, ProviderError> {
    for name in ["sensitive_content", "content"] {
        if let Some(text) = attributes::text(object, name) {
            return Ok(text.as_bytes().to_vec());
        }
    }
    if let Some(text) = attributes::text(object, "content_base64") {
        return decode(text);
    }
    if let Some(source) = attributes::text(object, "source") {
        let path = world.input(source);
        return fs::read(&path).map_err(|error| {
            fault::about("read", &path, &error).at(Path::root().attribute("source"))
        });
    }
    Ok(Vec::new())
}

fn decode(text: &str) -> Result<Vec<u8>, ProviderError> {
    BASE64_STANDARD.decode(text).map_err(|_| {
        ProviderError::permanent("`content_base64` is not in base64")
            .at(Path::root().attribute("content_base64"))
    })
}

/// What is wrong with the arguments that say what a file contains.
pub(super) fn validate(config: &Value) -> Vec<ProviderError> {
    let names: Vec<&str> = SOURCES
        .into_iter()
        .filter(|name| config.get(name).is_some())
        .collect();
    // An unknown one may turn out null.
    let (known, unknown): (Vec<&str>, Vec<&str>) = names
        .iter()
        .partition(|name| attributes::is_known(config, name));
    let given: Vec<&str> = known
        .into_iter()
        .filter(|name| !attributes::is_null(config, name))
        .collect();
    let quoted = |names: &[&str]| {
        names
            .iter()
            .map(|name| format!("`{name}`"))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let mut found = Vec::new();
    match given.as_slice() {
        [] if unknown.is_empty() => {
            found.push(ProviderError::permanent(format!(
                "one of {} is needed",
                quoted(&names)
            )));
        }
        [] | [_] => {}
        [_, second, ..] => {
            let error =
                ProviderError::permanent(format!("only one of {} can be given", quoted(&given)));
            found.push(error.at(Path::root().attribute(*second)));
        }
    }
    if let Some(text) = attributes::text(config, "content_base64") {
        found.extend(decode(text).err());
    }
    found
}
