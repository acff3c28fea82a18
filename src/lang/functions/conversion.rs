//! Functions that convert between types, and those that add and take marks.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a function names the types it takes and treats every other alike"
)]

use std::sync::Arc;

use model::value::{List, Map, conversion_exists, convert};
use model::{Marks, Type, Value};

use super::protocol::{Arguments, CallFn, Function, FunctionError, Param, Purity, Returns, TypeFn};

pub(super) const FUNCTIONS: &[Function] = &[
    EPHEMERALASNULL,
    ISSENSITIVE,
    NONSENSITIVE,
    SENSITIVE,
    TOBOOL,
    TOLIST,
    TOMAP,
    TONUMBER,
    TOSET,
    TOSTRING,
];

/// Of any type, so that the wish stands in the error, not a rule for arguments.
const CONVERTED: &[Param] = &[Param::any("v").null().dynamic().marked()];

/// Whatever there is.
const ANY_VALUE: &[Param] = &[Param::any("value").null().unknown().dynamic().marked()];

const fn conversion(name: &'static str, returns: TypeFn, description: &'static str) -> Function {
    Function {
        name,
        params: CONVERTED,
        variadic: None,
        returns: Returns::ByArguments(returns),
        call: |_, args, ty| {
            let value = args.value(0)?;
            convert(value, ty).map_err(|error| cannot(value, ty, Some(error.message)))
        },
        refine: None,
        purity: Purity::Pure,
        description,
    }
}

const TOBOOL: Function = conversion(
    "tobool",
    |_, args| wish(args, Type::Bool),
    "the value as a bool",
);
const TONUMBER: Function = conversion(
    "tonumber",
    |_, args| wish(args, Type::Number),
    "the value as a number",
);
const TOSTRING: Function = conversion(
    "tostring",
    |_, args| wish(args, Type::String),
    "the value as a string",
);
const TOLIST: Function = conversion(
    "tolist",
    |_, args| wish(args, Type::list(Type::Dynamic)),
    "the value as a list",
);
const TOSET: Function = conversion(
    "toset",
    |_, args| wish(args, Type::set(Type::Dynamic)),
    "the value as a set",
);
const TOMAP: Function = conversion(
    "tomap",
    |_, args| wish(args, Type::map(Type::Dynamic)),
    "the value as a map",
);

fn wish(args: Arguments<'_>, ty: Type) -> Result<Type, FunctionError> {
    let value = args.value(0)?;
    if conversion_exists(&value.ty(), &ty) {
        Ok(ty)
    } else {
        Err(cannot(value, &ty, None))
    }
}

fn cannot(value: &Value, ty: &Type, reason: Option<String>) -> FunctionError {
    let wanted = match ty {
        Type::List(_) => "a list of elements of one type".to_owned(),
        Type::Set(_) => "a set of elements of one type".to_owned(),
        Type::Map(_) => "a map of elements of one type".to_owned(),
        other => format!("a {}", other.friendly()),
    };
    let (found, quotes) = match value.as_str() {
        Some(text) => (format!("{text:?}"), true),
        None => (value.ty().friendly(), false),
    };
    // What is wrong with text stands in the text.
    let reason = reason
        .filter(|_| !quotes)
        .map(|reason| format!(": {reason}"))
        .unwrap_or_default();
    let error = FunctionError::argument(0, format!("{found} cannot become {wanted}{reason}"));
    if quotes {
        error
    } else {
        error.without_values()
    }
}

const fn mark_function(name: &'static str, call: CallFn, description: &'static str) -> Function {
    Function {
        name,
        params: ANY_VALUE,
        variadic: None,
        returns: Returns::ByArguments(|_, args| Ok(args.value(0)?.ty())),
        call,
        refine: None,
        purity: Purity::Pure,
        description,
    }
}

const SENSITIVE: Function = mark_function(
    "sensitive",
    |_, args, _| Ok(args.value(0)?.clone().mark(Marks::SENSITIVE)),
    "the value, not to be shown",
);

const NONSENSITIVE: Function = mark_function(
    "nonsensitive",
    |_, args, _| {
        let (value, marks) = args.value(0)?.clone().unmark();
        let shown = marks.without(Marks::SENSITIVE.union(Marks::CONCEALED));
        Ok(value.mark(shown))
    },
    "the value, free to be shown",
);

const ISSENSITIVE: Function = Function {
    returns: Returns::Always(|| Type::Bool),
    ..mark_function(
        "issensitive",
        |_, args, _| {
            let value = args.value(0)?;
            Ok(if value.marks().contains(Marks::SENSITIVE) {
                true.into()
            } else if value.is_known() {
                false.into()
            } else {
                Value::unknown(Type::Bool)
            })
        },
        "whether the value is not to be shown",
    )
};

const EPHEMERALASNULL: Function = mark_function(
    "ephemeralasnull",
    |_, args, _| Ok(without_ephemeral(args.value(0)?)),
    "the value with null in place of what must not be stored",
);

fn without_ephemeral(value: &Value) -> Value {
    let items = |items: &[Value]| items.iter().map(without_ephemeral).collect::<Vec<_>>();
    match value {
        Value::Marked(marked) if marked.marks.contains(Marks::EPHEMERAL) => {
            let ty = marked.value.ty();
            // What an unknown turns out to be may be of another type than is known now.
            let gone = if marked.value.is_known() {
                Value::Null(ty)
            } else {
                Value::unknown(ty)
            };
            gone.mark(marked.marks.without(Marks::EPHEMERAL))
        }
        Value::Marked(marked) => without_ephemeral(&marked.value).mark(marked.marks),
        _ if !value.has_marks() => value.clone(),
        Value::List(list) => Value::List(Arc::new(List {
            element: list.element.clone(),
            items: items(&list.items),
        })),
        Value::Tuple(tuple) => Value::tuple(items(tuple)),
        Value::Map(map) => Value::Map(Arc::new(Map {
            element: map.element.clone(),
            entries: map
                .entries
                .iter()
                .map(|(name, value)| (name.clone(), without_ephemeral(value)))
                .collect(),
        })),
        Value::Object(fields) => Value::object(
            fields
                .iter()
                .map(|(name, value)| (name.clone(), without_ephemeral(value))),
        ),
        // Elements of sets have no marks of their own.
        Value::Set(_)
        | Value::Null(_)
        | Value::Unknown(_)
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_) => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{fails, gives, json, run, strings};
    use super::*;

    fn secret(value: Value) -> Value {
        value.mark(Marks::SENSITIVE)
    }

    #[test]
    fn values_are_converted() {
        gives("tobool", r#"["1"]"#, true.into());
        gives("tonumber", r#"["1e3"]"#, json("1000"));
        gives("tostring", "[1.50]", "1.5".into());
        gives("tostring", "[null]", Value::Null(Type::String));
        gives("tolist", r#"[[1, "a", true]]"#, strings(["1", "a", "true"]));
        gives("tolist", "[[]]", Value::list(Type::Dynamic, vec![]));
        gives(
            "toset",
            r#"[["b", "a", "b"]]"#,
            Value::set(Type::String, vec!["a".into(), "b".into()]),
        );
        let map = [("a", "1"), ("b", "x")].map(|(key, value)| (key.into(), Value::from(value)));
        gives(
            "tomap",
            r#"[{"a": 1, "b": "x"}]"#,
            Value::map(Type::String, map),
        );
    }

    #[test]
    fn what_cannot_be_converted_is_named_unless_it_is_secret() {
        fails("tobool", r#"["TRUE"]"#, "\"TRUE\" cannot become a bool");
        fails("tobool", "[1]", "number cannot become a bool");
        fails("tonumber", r#"["0x10"]"#, "\"0x10\" cannot become a number");
        fails(
            "tolist",
            "[[1, true]]",
            "tuple cannot become a list of elements of one type",
        );
        fails(
            "tomap",
            "[[]]",
            "tuple cannot become a map of elements of one type",
        );
        let hidden = run("tobool", vec![secret("x".into())]).unwrap_err();
        assert!(!hidden.contains("\"x\""), "{hidden}");
    }

    #[test]
    fn marks_stay_where_they_are_but_not_inside_a_set() {
        let items = || Value::tuple(vec![secret("a".into()), "b".into()]);
        let list = Value::list(Type::String, vec![secret("a".into()), "b".into()]);
        assert_eq!(run("tolist", vec![items()]), Ok(list));
        let set = Value::set(Type::String, vec!["a".into(), "b".into()]);
        assert_eq!(run("toset", vec![items()]), Ok(secret(set)));
    }

    #[test]
    fn an_unknown_becomes_one_of_the_wished_type() {
        let unknown = || Value::unknown(Type::String);
        assert_eq!(
            run("tonumber", vec![unknown()]),
            Ok(Value::unknown(Type::Number))
        );
        assert_eq!(
            run("tonumber", vec![Value::dynamic()]),
            Ok(Value::unknown(Type::Number))
        );
        let list = Value::unknown(Type::list(Type::Dynamic));
        assert_eq!(
            run("tolist", vec![Value::unknown(Type::set(Type::String))]),
            Ok(list)
        );
        let wrong = run("tobool", vec![Value::unknown(Type::Number)]);
        assert_eq!(wrong, Err("number cannot become a bool".into()));
    }

    #[test]
    fn secrecy_is_added_and_taken_from_the_top() {
        let inner = || Value::tuple(vec![secret("a".into())]);
        gives("sensitive", "[null]", secret(Value::NULL));
        assert_eq!(run("nonsensitive", vec![secret(inner())]), Ok(inner()));
        assert_eq!(
            run("nonsensitive", vec![Value::from(1 > 0)]),
            Ok(true.into())
        );
        assert_eq!(run("issensitive", vec![inner()]), Ok(false.into()));
        assert_eq!(
            run("issensitive", vec![secret(Value::dynamic())]),
            Ok(true.into())
        );
        assert_eq!(
            run("issensitive", vec![Value::dynamic()]),
            Ok(Value::unknown(Type::Bool))
        );
    }

    #[test]
    fn what_must_not_be_stored_becomes_null() {
        let ephemeral = |value: Value| value.mark(Marks::EPHEMERAL);
        let value = Value::object([
            ("a", ephemeral(secret("x".into()))),
            (
                "b",
                Value::tuple(vec![
                    secret("y".into()),
                    ephemeral(Value::unknown(Type::Number)),
                ]),
            ),
        ]);
        let wanted = Value::object([
            ("a", secret(Value::Null(Type::String))),
            (
                "b",
                Value::tuple(vec![secret("y".into()), Value::unknown(Type::Number)]),
            ),
        ]);
        assert_eq!(run("ephemeralasnull", vec![value]), Ok(wanted));
        gives("ephemeralasnull", "[{\"a\": 1}]", json("{\"a\": 1}"));
    }
}
