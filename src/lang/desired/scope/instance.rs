//! Which instance of a repeated block an index means.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "of many kinds only a few matter in each place here"
)]

use model::address::InstanceKey;
use model::{Diagnostic, Span, Type, Value};

use super::super::Repetition;
use crate::suggest::closest;

/// The key that an index means: the outer option is none when the block is not repeated, the inner one when no
/// instance can have such a key.
pub(super) fn instance_key(repetition: &Repetition, index: &Value) -> Option<Option<InstanceKey>> {
    match repetition {
        Repetition::Once | Repetition::Failed => None,
        Repetition::Any(_) => Some(Some(InstanceKey::None)),
        Repetition::Count(_) => {
            let number = match index {
                Value::String(text) => model::Number::parse(text),
                other => other.as_number().cloned(),
            };
            Some(
                number
                    .and_then(|number| number.to_u64())
                    .map(InstanceKey::Index),
            )
        }
        Repetition::ForEach(_) => {
            let text = model::value::convert(index, &Type::String).ok();
            Some(
                text.and_then(|text| text.as_str().cloned())
                    .map(InstanceKey::Key),
            )
        }
    }
}

/// There is no such instance; says which there are.
pub(super) fn no_such_instance(
    block: &str,
    repetition: &Repetition,
    key: &Value,
    span: Span,
) -> Diagnostic {
    let shown = match key {
        Value::String(text) => format!("[{text:?}]"),
        other => format!(
            "[{}]",
            other
                .as_number()
                .map(ToString::to_string)
                .unwrap_or_default()
        ),
    };
    let diagnostic = Diagnostic::error(
        "index-out-of-range",
        format!("`{block}` has no instance `{shown}`"),
    );
    let diagnostic = diagnostic.at(span, "");
    match repetition {
        Repetition::Count(0) => diagnostic.note("its count is 0"),
        Repetition::Count(count) => {
            diagnostic.note(format!("its count is {count}: 0 to {}", count - 1))
        }
        Repetition::ForEach(entries) => {
            let keys: Vec<&str> = entries.iter().map(|(key, _)| key.as_str()).collect();
            let close = key
                .as_str()
                .and_then(|key| closest(key, keys.iter().copied()));
            let listed = keys
                .iter()
                .take(8)
                .map(|key| format!("{key:?}"))
                .collect::<Vec<_>>()
                .join(", ");
            let more = if keys.len() > 8 {
                format!(" and {} more", keys.len() - 8)
            } else {
                String::new()
            };
            let diagnostic = diagnostic.note(format!("its keys are {listed}{more}"));
            match close {
                Some(close) => diagnostic.help(format!("did you mean {close:?}?")),
                None => diagnostic,
            }
        }
        Repetition::Once | Repetition::Any(_) | Repetition::Failed => diagnostic,
    }
}
