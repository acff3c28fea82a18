//! Functions that evaluate templates: text from a file or from elsewhere in the configuration.

use model::value::convert;
use model::{Type, Value};

use super::filesystem;
use super::protocol::{Arguments, CallContext, Function, FunctionError, Param, Purity, Returns};
use crate::eval::render;
use crate::syntax::identifier;

/// The most templates inside each other.
const MAX_DEPTH: u32 = 1024;

pub(super) const FUNCTIONS: &[Function] = &[TEMPLATEFILE, TEMPLATESTRING];

const TEMPLATEFILE: Function = Function {
    name: "templatefile",
    params: &[Param::string("path"), Param::any("vars")],
    variadic: None,
    // The result's type is that of what the template gives.
    returns: Returns::Always(|| Type::Dynamic),
    call: |ctx, args, _| {
        let path = args.string(0)?;
        let bytes = filesystem::read(ctx, args, 0)?;
        let text = std::str::from_utf8(&bytes)
            .map_err(|_| FunctionError::argument(0, format!("`{path}` is not UTF-8 text")))?;
        evaluate(
            path,
            text.strip_prefix('\u{feff}').unwrap_or(text),
            ctx,
            args,
        )
    },
    refine: None,
    purity: Purity::Pure,
    description: "what the template in the file gives with the variables",
};

const TEMPLATESTRING: Function = Function {
    name: "templatestring",
    params: &[Param::string("template"), Param::any("vars")],
    variadic: None,
    returns: Returns::Always(|| Type::String),
    call: |ctx, args, _| {
        let value = evaluate("template", args.string(0)?, ctx, args)?;
        convert(&value, &Type::String)
            .map_err(|error| FunctionError::new(format!("what the template gives: {error}")))
    },
    refine: None,
    purity: Purity::Pure,
    description: "what the template gives with the variables",
};

fn is_identifier(name: &str) -> bool {
    let mut letters = name.chars();
    letters.next().is_some_and(identifier::starts) && letters.all(identifier::continues)
}

fn evaluate(
    name: &str,
    text: &str,
    ctx: &CallContext<'_>,
    args: Arguments<'_>,
) -> Result<Value, FunctionError> {
    if ctx.template_depth >= MAX_DEPTH {
        let message = format!("more than {MAX_DEPTH} templates are inside each other");
        return Err(FunctionError::new(message).without_values());
    }
    let vars = args.value(1)?;
    let names = vars
        .as_fields()
        .into_iter()
        .flat_map(|fields| fields.keys());
    if let Some(name) = names.into_iter().find(|name| !is_identifier(name)) {
        let message = format!("`{name}` cannot be the name of a variable");
        return Err(FunctionError::argument(1, message).without_values());
    }
    let value = render(name, text, vars, ctx)?;
    if value.is_null() {
        return Err(FunctionError::new("the template gives null").without_values());
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use model::{Type, Value};

    use crate::functions::testing::{json, run, run_in};

    fn string(text: &str, vars: &str) -> Result<Value, String> {
        run("templatestring", vec![text.into(), json(vars)])
    }

    #[test]
    fn templates_give_text() {
        assert_eq!(
            string("hello ${name}", r#"{"name": "x", "other": 1}"#),
            Ok("hello x".into())
        );
        assert_eq!(string("${x}", r#"{"x": 5}"#), Ok("5".into()));
        assert_eq!(
            string(
                "%{ for x in xs ~} [${x}]%{ endfor }",
                r#"{"xs": ["a", "b"]}"#
            ),
            Ok("[a][b]".into())
        );
        assert_eq!(string("${upper(x)}", r#"{"x": "a"}"#), Ok("A".into()));
        assert_eq!(string("", "{}"), Ok("".into()));
    }

    #[test]
    fn what_is_wrong_with_a_template_is_said() {
        for (text, vars) in [
            ("${x}", "{}"),
            ("${null}", "{}"),
            ("${[1]}", "{}"),
            ("${", "{}"),
            ("a${x}", r#"{"x": null}"#),
            ("a", r#"{"na me": 1}"#),
            ("a", r#"{"1a": 1}"#),
            ("a", "[1]"),
        ] {
            assert!(string(text, vars).is_err(), "{text} {vars}");
        }
        assert!(string("a", r#"{"a-b": 1, "é": 2}"#).is_ok());
    }

    #[test]
    fn files_give_values_of_any_type() {
        let directory = tempfile::tempdir().unwrap();
        let write =
            |name: &str, text: &str| std::fs::write(directory.path().join(name), text).unwrap();
        let file = |name: &str, vars: &str| {
            run_in(
                directory.path(),
                "templatefile",
                vec![name.into(), json(vars)],
            )
        };
        write("list", "\u{feff}${[x, 2]}");
        assert_eq!(file("list", r#"{"x": "a"}"#), Ok(json(r#"["a", 2]"#)));
        write("inner", "<${x}>");
        write("outer", r#"a${templatefile("inner", { x = x })}"#);
        assert_eq!(file("outer", r#"{"x": "b"}"#), Ok("a<b>".into()));
        assert!(file("none", "{}").is_err());
        std::fs::write(directory.path().join("binary"), [0xff]).unwrap();
        assert!(file("binary", "{}").is_err());
    }

    #[test]
    fn a_template_inside_itself_is_an_error() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("t"), r#"${templatefile("t", {})}"#).unwrap();
        let result = run_in(
            directory.path(),
            "templatefile",
            vec!["t".into(), json("{}")],
        );
        assert!(result.unwrap_err().contains("1024 templates"));
    }

    #[test]
    fn unknown_variables_leave_the_result_unknown() {
        let unknown = Value::unknown(Type::map(Type::String));
        let directory = Path::new("/nowhere");
        assert_eq!(
            run_in(directory, "templatefile", vec!["t".into(), unknown]),
            Ok(Value::dynamic())
        );
        let vars = Value::object([("x", Value::unknown(Type::String))]);
        let value = run("templatestring", vec!["abc-${x}".into(), vars]).unwrap();
        assert_eq!(value.range().prefix.as_deref(), Some("abc-"));
    }
}
