//! What a command writes, as a value.

use contract::{ProviderError, Secrets};
use model::{Number, Str, Value};

/// How to read what a command writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// As it is, without the line end at its end.
    Text,
    /// As JSON.
    Json,
}

impl Format {
    /// Reads `text` or `json`.
    pub(super) fn parse(name: &str) -> Result<Self, ProviderError> {
        match name {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err(ProviderError::permanent(format!(
                "`{name}` is not a format: `text` or `json`"
            ))),
        }
    }

    /// The value of what a command wrote.
    pub(super) fn value(self, stdout: &[u8], secrets: &Secrets) -> Result<Value, ProviderError> {
        match self {
            Self::Text => {
                let text = String::from_utf8_lossy(stdout);
                let text = text.strip_suffix('\n').unwrap_or(&text);
                Ok(Value::from(text.strip_suffix('\r').unwrap_or(text)))
            }
            Self::Json => {
                let parsed: serde_json::Value =
                    serde_json::from_slice(stdout).map_err(|error| {
                        let detail = secrets.hidden_in(&error.to_string());
                        ProviderError::permanent("the command did not write JSON").detail(detail)
                    })?;
                from_json(&parsed)
                    .ok_or_else(|| ProviderError::permanent("the command wrote a number too large"))
            }
        }
    }
}

/// The parser refuses deep nesting, so this need not.
fn from_json(json: &serde_json::Value) -> Option<Value> {
    Some(match json {
        serde_json::Value::Null => Value::NULL,
        serde_json::Value::Bool(value) => Value::Bool(*value),
        serde_json::Value::Number(number) => Value::Number(Number::parse(&number.to_string())?),
        serde_json::Value::String(text) => Value::from(text.as_str()),
        serde_json::Value::Array(items) => {
            Value::tuple(items.iter().map(from_json).collect::<Option<_>>()?)
        }
        serde_json::Value::Object(entries) => {
            let entries: Option<Vec<(Str, Value)>> = entries
                .iter()
                .map(|(name, value)| Some((Str::from(name), from_json(value)?)))
                .collect();
            Value::object(entries?)
        }
    })
}
