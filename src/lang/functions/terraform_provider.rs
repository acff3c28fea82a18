//! The functions of Terraform's built-in provider, `provider::terraform::encode_expr` and the like: values written and
//! read in the language itself. An evaluator finds them with [`terraform_provider`] where a definition asks for
//! `terraform.io/builtin/terraform`.

use std::fmt::Write;
use std::sync::LazyLock;

use model::value::Fields;
use model::{FileId, Str, Type, Value};
use regex_syntax::hir::{Class, ClassUnicode, HirKind};

use super::encoding::json;
use super::protocol::{Arguments, Function, FunctionError, Param, Purity, Returns};
use super::text_function::text_function;
use crate::eval::literal;
use crate::syntax::{format, identifier, parse_body};

/// The function of that name in the provider `terraform`.
pub fn terraform_provider(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name == name)
}

static FUNCTIONS: &[Function] = &[DECODE_TFVARS, ENCODE_EXPR, ENCODE_TFVARS];

const ENCODE_EXPR: Function = text_function(
    "encode_expr",
    &[Param::any("value").unknown().dynamic()],
    |_, args, _| {
        let value = args.value(0)?;
        if !value.is_wholly_known() {
            return Ok(json::beginning(value));
        }
        let mut text = "x = ".to_owned();
        write_value(value, &mut text)?;
        let text = laid_out(&text)?;
        Ok(Value::string(text.trim_end().trim_start_matches("x = ")))
    },
    "the value as an expression of the language",
);

const ENCODE_TFVARS: Function = text_function(
    "encode_tfvars",
    &[Param::any("value")],
    |_, args, _| encode_tfvars(args),
    "the attributes of the object as the lines of a variable file",
);

const DECODE_TFVARS: Function = Function {
    name: "decode_tfvars",
    params: &[Param::string("src")],
    variadic: None,
    returns: Returns::Always(|| Type::Dynamic),
    call: |_, args, _| decode_tfvars(args),
    refine: None,
    purity: Purity::Pure,
    description: "the values in a variable file, as an object",
};

fn encode_tfvars(args: Arguments<'_>) -> Result<Value, FunctionError> {
    let value = args.value(0)?;
    if !value.is_wholly_known() {
        return Ok(Value::unknown(Type::String));
    }
    let fields = value.as_fields().ok_or_else(|| {
        FunctionError::argument(
            0,
            "it is not an object, whose attributes would become variables",
        )
        .without_values()
    })?;
    let mut text = String::new();
    for (name, value) in fields.iter() {
        if !is_identifier(name) {
            let message = format!("`{name}` cannot be the name of a variable");
            return Err(FunctionError::argument(0, message));
        }
        text.push_str(name);
        text.push_str(" = ");
        write_value(value, &mut text)?;
        text.push('\n');
    }
    laid_out(&text).map(Value::string)
}

fn decode_tfvars(args: Arguments<'_>) -> Result<Value, FunctionError> {
    let (body, mut found) = parse_body(FileId(0), args.string(0)?);
    if let Some(block) = body.blocks.first() {
        let message = format!(
            "there is a block `{}`, but only values may be here",
            block.kind.text
        );
        return Err(FunctionError::argument(0, message));
    }
    let mut fields = Vec::new();
    for attribute in &body.attributes {
        let (value, diagnostics) = literal(&attribute.expr);
        found.extend(diagnostics);
        fields.push((attribute.name.text.clone(), value));
    }
    match found.iter().find(|diagnostic| diagnostic.is_error()) {
        Some(error) => Err(FunctionError::argument(0, error.message.clone())),
        None => Ok(Value::object::<Str>(fields)),
    }
}

fn laid_out(text: &str) -> Result<String, FunctionError> {
    format(text).map_err(|_| FunctionError::new("the value cannot be written").without_values())
}

fn is_identifier(name: &str) -> bool {
    let mut letters = name.chars();
    letters.next().is_some_and(identifier::starts) && letters.all(identifier::continues)
}

fn write_value(value: &Value, out: &mut String) -> Result<(), FunctionError> {
    let wrong = |message: &str| Err(FunctionError::argument(0, message).without_values());
    match value {
        Value::Null(_) => out.push_str("null"),
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Number(number) if number.is_infinite() => {
            return wrong("an infinity cannot be written");
        }
        Value::Number(number) => out.push_str(&number.to_string()),
        Value::String(text) => write_string(text, out),
        Value::List(list) | Value::Set(list) => write_items(&list.items, out)?,
        Value::Tuple(items) => write_items(items, out)?,
        Value::Map(map) => write_fields(&map.entries, out)?,
        Value::Object(fields) => write_fields(fields, out)?,
        Value::Marked(marked) => write_value(&marked.value, out)?,
        Value::Unknown(_) => return wrong("a value that is not known yet cannot be written"),
    }
    Ok(())
}

fn write_items(items: &[Value], out: &mut String) -> Result<(), FunctionError> {
    out.push('[');
    for (index, item) in items.iter().enumerate() {
        out.push_str(if index == 0 { "" } else { ", " });
        write_value(item, out)?;
    }
    out.push(']');
    Ok(())
}

fn write_fields(fields: &Fields, out: &mut String) -> Result<(), FunctionError> {
    if fields.is_empty() {
        out.push_str("{}");
        return Ok(());
    }
    out.push_str("{\n");
    for (name, value) in fields.iter() {
        if is_identifier(name) {
            out.push_str(name);
        } else {
            write_string(name, out);
        }
        out.push_str(" = ");
        write_value(value, out)?;
        out.push('\n');
    }
    out.push('}');
    Ok(())
}

fn write_string(text: &str, out: &mut String) {
    out.push('"');
    let mut letters = text.chars().peekable();
    while let Some(c) = letters.next() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '$' | '%' if letters.peek() == Some(&'{') => out.extend([c, c]),
            _ if is_printable(c) => out.push(c),
            // Writing to a string does not fail.
            _ if u32::from(c) < 0x1_0000 => _ = write!(out, "\\u{:04x}", u32::from(c)),
            _ => _ = write!(out, "\\U{:08x}", u32::from(c)),
        }
    }
    out.push('"');
}

/// Whether it is a letter, mark, number, punctuation, symbol or the ASCII space.
fn is_printable(c: char) -> bool {
    static PRINTABLE: LazyLock<ClassUnicode> = LazyLock::new(|| {
        let class = regex_syntax::Parser::new().parse(r"[\pL\pM\pN\pP\pS ]");
        match class.map(regex_syntax::hir::Hir::into_kind) {
            Ok(HirKind::Class(Class::Unicode(class))) => class,
            _ => ClassUnicode::empty(),
        }
    });
    if c.is_ascii() {
        return matches!(c, ' '..='~');
    }
    let ranges = PRINTABLE.ranges();
    let at = ranges.partition_point(|range| range.end() < c);
    ranges.get(at).is_some_and(|range| range.start() <= c)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::functions::testing::{json, run_function};

    fn run(name: &str, args: Vec<Value>) -> Result<Value, String> {
        run_function(Path::new("/"), terraform_provider(name).unwrap(), args)
    }

    #[track_caller]
    fn encodes(value: &str, wanted: &str) {
        assert_eq!(
            run("encode_expr", vec![json(value)]),
            Ok(wanted.into()),
            "{value}"
        );
    }

    #[test]
    fn values_are_written_in_the_canonical_layout() {
        encodes("1.5", "1.5");
        encodes(
            r#"[1, "a", null, true, [], {}]"#,
            r#"[1, "a", null, true, [], {}]"#,
        );
        encodes(
            r#"{"": 8, "1x": 3, "_x": 7, "a-b": 6, "b c": 2, "if": 4, "é": 5}"#,
            "{\n  \"\"    = 8\n  \"1x\"  = 3\n  _x    = 7\n  a-b   = 6\n  \"b c\" = 2\n  if    = 4\n  é     = 5\n}",
        );
        encodes(
            r#"{"a": {"b": {"c": [1, {"d": 2}]}}}"#,
            "{\n  a = {\n    b = {\n      c = [1, {\n        d = 2\n      }]\n    }\n  }\n}",
        );
        encodes(
            r#"[{"a": 1}, {"bb": 2, "c": "x"}]"#,
            "[{\n  a = 1\n  }, {\n  bb = 2\n  c  = \"x\"\n}]",
        );
    }

    #[test]
    fn strings_are_escaped_where_they_would_mean_something_else() {
        let text = "a\"b\n${x} %{y} \\ \t é \u{1} \u{2028} \u{7f} \u{a0} $ % 😀\u{e000}";
        let wanted = r#""a\"b\n$${x} %%{y} \\ \t é \u0001 \u2028 \u007f \u00a0 $ % 😀\ue000""#;
        assert_eq!(run("encode_expr", vec![text.into()]), Ok(wanted.into()));
    }

    #[test]
    fn variable_files_are_written() {
        let value = json(r#"{"a": 1, "bb": "x", "c": [1, 2], "d": {"e": 1}, "n": null}"#);
        let wanted = "a  = 1\nbb = \"x\"\nc  = [1, 2]\nd = {\n  e = 1\n}\nn = null\n";
        assert_eq!(run("encode_tfvars", vec![value]), Ok(wanted.into()));
        assert_eq!(run("encode_tfvars", vec![json("{}")]), Ok("".into()));
        for value in [r#"{"a b": 1}"#, "[1]", r#""x""#, "null"] {
            assert!(run("encode_tfvars", vec![json(value)]).is_err(), "{value}");
        }
    }

    #[test]
    fn variable_files_are_read() {
        let text = "a = 1\nb = \"x\"\nc = [1, 2]\nd = { e = null }\nf = 1 + 1\ng = \"${1}\"\n";
        let wanted = json(r#"{"a": 1, "b": "x", "c": [1, 2], "d": {"e": null}, "f": 2, "g": 1}"#);
        assert_eq!(run("decode_tfvars", vec![text.into()]), Ok(wanted));
        assert_eq!(run("decode_tfvars", vec!["".into()]), Ok(json("{}")));
        for text in [
            "a = upper(\"x\")",
            "a = var.x",
            "a {\n}\n",
            "a = ",
            "a = 1\na = 2",
            "{\"a\": 1}",
        ] {
            assert!(run("decode_tfvars", vec![text.into()]).is_err(), "{text}");
        }
    }
}
