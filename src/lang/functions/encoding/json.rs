//! `jsonencode` and `jsondecode`. The text is exactly Terraform's: sorted keys, no spaces, `<`, `>` and `&` escaped.

use std::fmt::Write;

use model::value::{Fields, Refinement};
use model::{Type, Value};

use super::json_read;
use crate::functions::protocol::{Arguments, Function, FunctionError, Param, Purity, Returns};
use crate::functions::text_function::text_function;

pub(super) const JSONENCODE: Function = text_function(
    "jsonencode",
    &[Param::any("val").null().unknown().dynamic()],
    |_, args, _| {
        let value = args.value(0)?;
        if !value.is_wholly_known() {
            return Ok(beginning(value));
        }
        encode(value).map(Value::string).map_err(FunctionError::new)
    },
    "the value as JSON",
);

pub(super) const JSONDECODE: Function = Function {
    name: "jsondecode",
    params: &[Param::string("str")],
    variadic: None,
    returns: Returns::ByArguments(|_, args| decoded_type(args)),
    call: |_, args, _| read(args),
    refine: None,
    purity: Purity::Pure,
    description: "the value that the JSON stands for",
};

fn read(args: Arguments<'_>) -> Result<Value, FunctionError> {
    json_read::read(args.string(0)?).map_err(FunctionError::new)
}

/// The first characters may say more about an unknown than nothing.
fn decoded_type(args: Arguments<'_>) -> Result<Type, FunctionError> {
    let text = args.value(0)?;
    if text.is_known() {
        // What it is will show; it need not be read twice.
        return Ok(Type::Dynamic);
    }
    let prefix = text.range().prefix.unwrap_or_default();
    Ok(match prefix.trim_start().chars().next() {
        None | Some('{' | '[' | 'n') => Type::Dynamic,
        Some('"') => Type::String,
        Some('t' | 'f') => Type::Bool,
        Some('-' | '0'..='9') => Type::Number,
        Some(other) => {
            let message = format!("JSON cannot begin with `{other}`");
            return Err(FunctionError::argument(0, message));
        }
    })
}

/// What is known of the text of a value that is not wholly known: how it begins.
pub(in crate::functions) fn beginning(value: &Value) -> Value {
    let refinement = value.range();
    let prefix = match value.ty() {
        _ if !refinement.not_null => None,
        Type::String => Some("\""),
        Type::Object(_) | Type::Map(_) => Some("{"),
        Type::Tuple(_) | Type::List(_) | Type::Set(_) => Some("["),
        Type::Dynamic | Type::Bool | Type::Number => None,
    };
    Value::refined(
        Type::String,
        Refinement {
            prefix: prefix.map(Into::into),
            ..Refinement::default()
        },
    )
}

/// Writes a wholly known value as JSON.
///
/// # Errors
/// When there is an infinity in it; the message is a phrase.
pub(in crate::functions) fn encode(value: &Value) -> Result<String, String> {
    let mut out = String::new();
    write_value(value, &mut out)?;
    Ok(out)
}

/// Writes text as a JSON string, quotes included.
pub(in crate::functions) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    write_string(text, &mut out);
    out
}

fn write_value(value: &Value, out: &mut String) -> Result<(), String> {
    match value {
        Value::Null(_) => out.push_str("null"),
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Number(number) if number.is_infinite() => {
            return Err("JSON has no infinity".to_owned());
        }
        Value::Number(number) => out.push_str(&number.to_string()),
        Value::String(text) => write_string(text, out),
        Value::List(list) | Value::Set(list) => write_items(&list.items, out)?,
        Value::Tuple(items) => write_items(items, out)?,
        Value::Map(map) => write_fields(&map.entries, out)?,
        Value::Object(fields) => write_fields(fields, out)?,
        Value::Marked(marked) => write_value(&marked.value, out)?,
        Value::Unknown(_) => return Err("it holds a value that is not known yet".to_owned()),
    }
    Ok(())
}

fn write_items(items: &[Value], out: &mut String) -> Result<(), String> {
    out.push('[');
    for (index, item) in items.iter().enumerate() {
        out.push_str(if index == 0 { "" } else { "," });
        write_value(item, out)?;
    }
    out.push(']');
    Ok(())
}

fn write_fields(fields: &Fields, out: &mut String) -> Result<(), String> {
    out.push('{');
    for (index, (name, value)) in fields.iter().enumerate() {
        out.push_str(if index == 0 { "" } else { "," });
        write_string(name, out);
        out.push(':');
        write_value(value, out)?;
    }
    out.push('}');
    Ok(())
}

fn write_string(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\x08' => out.push_str("\\b"),
            '\x0c' => out.push_str("\\f"),
            // What could end a script or an attribute in HTML, or a line in JavaScript. Writing to a string does not
            // fail.
            '\0'..='\x1f' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            _ => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_escaped_for_html() {
        let text = "\0\x08\x0c\x1b\x7f\u{2028}\u{2029}<>&é\"\\/\n\r\t";
        let wanted =
            "\"\\u0000\\b\\f\\u001b\x7f\\u2028\\u2029\\u003c\\u003e\\u0026é\\\"\\\\/\\n\\r\\t\"";
        assert_eq!(quoted(text), wanted);
    }

    #[test]
    fn values_are_written_compact_and_sorted() {
        let value = Value::object([
            (
                "b",
                Value::tuple(vec![Value::int(1), Value::NULL, true.into()]),
            ),
            ("a", Value::object::<&str>([])),
        ]);
        assert_eq!(
            encode(&value).as_deref(),
            Ok(r#"{"a":{},"b":[1,null,true]}"#)
        );
        assert!(encode(&Value::Number(model::Number::INFINITY)).is_err());
    }

    #[test]
    fn the_beginning_is_known_before_the_value() {
        let prefix = |value: &Value| {
            beginning(value)
                .range()
                .prefix
                .map(|prefix| prefix.to_string())
        };
        let unknown = Value::unknown(Type::String);
        assert_eq!(
            prefix(&Value::tuple(vec![unknown.clone()])).as_deref(),
            Some("[")
        );
        assert_eq!(
            prefix(&Value::object([("a", unknown.clone())])).as_deref(),
            Some("{")
        );
        assert_eq!(prefix(&unknown), None);
        assert_eq!(
            prefix(&Value::unknown_not_null(Type::String)).as_deref(),
            Some("\"")
        );
        assert_eq!(prefix(&Value::dynamic()), None);
    }
}
