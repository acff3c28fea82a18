//! What a `local_file` is to contain, from whichever argument says it.

use std::fs;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use contract::ProviderError;
use model::{Path, Value};

use crate::attributes;
use crate::fault;
use crate::world::World;

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
        let path = world.path(source);
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
    let given: Vec<&&str> = names
        .iter()
        .filter(|name| !attributes::is_null(config, name))
        .collect();
    let quoted = |names: &mut dyn Iterator<Item = &str>| {
        names
            .map(|name| format!("`{name}`"))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let mut found = Vec::new();
    match given.as_slice() {
        [] => {
            let names = quoted(&mut names.iter().copied());
            found.push(ProviderError::permanent(format!(
                "one of {names} is needed"
            )));
        }
        [_] => {}
        [_, second, ..] => {
            let names = quoted(&mut given.iter().map(|name| **name));
            let error = ProviderError::permanent(format!("only one of {names} can be given"));
            found.push(error.at(Path::root().attribute(**second)));
        }
    }
    if let Some(text) = attributes::text(config, "content_base64") {
        found.extend(decode(text).err());
    }
    found
}
