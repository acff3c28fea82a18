//! A command as a definition writes it: a list of a program and its arguments, or a line for the shell.

use contract::ProviderError;
use model::{Path, Value};

/// The program and its arguments; `None` when the attribute is null or not wholly known.
///
/// # Errors
/// When it is neither a string nor a list of strings, or names no program.
pub(super) fn of(object: &Value, name: &str) -> Result<Option<Vec<String>>, ProviderError> {
    let value = match object.get(name) {
        Some(value) if !value.is_null() && value.is_wholly_known() => value,
        Some(_) | None => return Ok(None),
    };
    let wrong =
        |message: String| Err(ProviderError::permanent(message).at(Path::root().attribute(name)));
    if let Some(line) = value.as_str() {
        if line.trim().is_empty() {
            return wrong(format!("`{name}` is empty"));
        }
        return Ok(Some(vec!["/bin/sh".into(), "-c".into(), line.to_string()]));
    }
    let words: Option<Vec<String>> = match value.as_items() {
        Some(items) => items
            .iter()
            .map(|item| item.as_str().map(ToString::to_string))
            .collect(),
        None => None,
    };
    match words {
        None => wrong(format!(
            "`{name}` must be a string for the shell, or a list of a program and its arguments"
        )),
        Some(words) if words.first().is_none_or(String::is_empty) => {
            wrong(format!("`{name}` names no program"))
        }
        Some(words) => Ok(Some(words)),
    }
}
