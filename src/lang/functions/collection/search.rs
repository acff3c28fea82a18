//! Functions that search in lists.

use std::collections::HashSet;

use model::value::{convert, equal, exact_key, unify};
use model::{Type, Value};

use super::{collect, element};
use crate::functions::protocol::{
    Arguments, Function, FunctionError, Param, Purity, Returns, not_null,
};

pub(super) const CONTAINS: Function = Function {
    name: "contains",
    params: &[Param::any("list"), Param::any("value").null().dynamic()],
    variadic: None,
    returns: Returns::ByArguments(|_, args| {
        let wanted = args.value(1)?;
        let undecided = !wanted.is_known() && wanted.ty() == Type::Dynamic;
        Ok(if undecided { Type::Dynamic } else { Type::Bool })
    }),
    call: |_, args, _| {
        let list = args.value(0)?;
        let items = list
            .as_items()
            .ok_or_else(|| not_listed(&list.ty(), "a list, set or tuple"))?;
        let wanted = args.value(1)?;
        let mut open = false;
        for item in items {
            match equal(wanted, item).as_bool() {
                Some(true) => return Ok(true.into()),
                Some(false) => {}
                None => open = true,
            }
        }
        Ok(if open {
            Value::unknown(Type::Bool)
        } else {
            false.into()
        })
    },
    refine: Some(not_null),
    purity: Purity::Pure,
    description: "whether a value is in a list or set",
};

pub(super) const INDEX: Function = Function {
    name: "index",
    params: &[Param::any("list"), Param::any("value")],
    variadic: None,
    returns: Returns::Always(|| Type::Number),
    call: |_, args, _| {
        let list = args.value(0)?;
        if matches!(list.bare(), Value::Set(_)) || list.as_items().is_none() {
            return Err(not_listed(&list.ty(), "a list or tuple"));
        }
        for (index, item) in (0..).zip(args.items(0)?) {
            match equal(item, args.value(1)?).as_bool() {
                Some(true) => return Ok(Value::int(index)),
                Some(false) => {}
                None => return Ok(Value::unknown(Type::Number)),
            }
        }
        Err(FunctionError::new("the value is not in the list").without_values())
    },
    refine: Some(not_null),
    purity: Purity::Pure,
    description: "where in a list a value is, counted from 0",
};

fn not_listed(ty: &Type, wanted: &str) -> FunctionError {
    FunctionError::argument(0, format!("it is {}, must be {wanted}", ty.friendly()))
        .without_values()
}

const ANY_LIST: fn() -> Type = || Type::list(Type::Dynamic);

pub(super) const MATCHKEYS: Function = Function {
    name: "matchkeys",
    params: &[
        Param::new("values", ANY_LIST),
        Param::new("keys", ANY_LIST),
        Param::new("searchset", ANY_LIST),
    ],
    variadic: None,
    returns: Returns::ByArguments(|_, args| {
        key_type(args)?;
        Ok(args.value(0)?.ty())
    }),
    call: |_, args, ty| {
        let (values, keys) = (args.items(0)?, args.items(1)?);
        if values.len() != keys.len() {
            let message = format!("there are {} keys for {} values", keys.len(), values.len());
            return Err(FunctionError::new(message).without_values());
        }
        let common = key_type(args)?;
        let converted = |index: usize| {
            convert(args.value(index)?, &common)
                .map_err(|error| FunctionError::argument(index, error.to_string()))
        };
        let (keys, wanted) = (converted(1)?, converted(2)?);
        if wanted.as_items().is_some_and(<[Value]>::is_empty) {
            return Ok(Value::list(element(ty), Vec::new()));
        }
        // Terraform answers with an empty list when a searched key is unknown, which can turn out wrong.
        if [args.value(0)?, &keys, &wanted]
            .into_iter()
            .any(|value| !value.is_wholly_known())
        {
            return Ok(Value::unknown(ty.clone()));
        }
        let wanted: HashSet<Vec<u8>> = wanted
            .as_items()
            .unwrap_or_default()
            .iter()
            .map(exact_key)
            .collect();
        let found = keys.as_items().unwrap_or_default().iter().zip(values);
        let found = found.filter(|(key, _)| wanted.contains(&exact_key(key)));
        Ok(collect(ty, found.map(|(_, value)| value.clone()).collect()))
    },
    refine: Some(not_null),
    purity: Purity::Pure,
    description: "the values whose keys, in a second list, are in a third",
};

/// What the keys and those searched for have in common.
fn key_type(args: Arguments<'_>) -> Result<Type, FunctionError> {
    unify(&[args.value(1)?.ty(), args.value(2)?.ty()])
        .map(|common| common.ty)
        .ok_or_else(|| {
            FunctionError::new("the keys and those searched for have no type in common")
                .without_values()
        })
}

#[cfg(test)]
mod tests {
    use model::{Type, Value};

    use crate::functions::testing::{fails, gives, run, strings};

    fn unknown() -> Value {
        Value::unknown(Type::String)
    }

    #[test]
    fn nothing_is_converted_to_find_it() {
        gives("contains", r#"[["a", 1], 1]"#, true.into());
        gives("contains", r#"[["a", 1], "1"]"#, false.into());
        gives("contains", "[[[1]], [1]]", true.into());
        gives("contains", "[[null], null]", true.into());
        gives("contains", r#"[["a"], null]"#, false.into());
        gives("index", r#"[[1, "a", [1]], [1]]"#, Value::int(2));
        fails("index", r#"[[1, 2], "1"]"#, "the value is not in the list");
        fails(
            "index",
            r#"["abc", "a"]"#,
            "it is string, must be a list or tuple",
        );
        fails(
            "contains",
            "[{}, 1]",
            "it is object, must be a list, set or tuple",
        );
        let set = Value::set(Type::String, vec!["a".into()]);
        assert_eq!(
            run("contains", vec![set.clone(), "a".into()]),
            Ok(true.into())
        );
        assert_eq!(
            run("index", vec![set, "a".into()]),
            Err("it is set of string, must be a list or tuple".into())
        );
    }

    #[test]
    fn unknown_elements_may_be_what_is_searched() {
        let search = |name, items: Vec<Value>, wanted: Value| {
            run(name, vec![Value::tuple(items), wanted]).unwrap()
        };
        let open = |ty| Value::unknown_not_null(ty);
        assert_eq!(
            search("contains", vec![unknown(), "a".into()], "a".into()),
            true.into()
        );
        assert_eq!(
            search("contains", vec![unknown(), "a".into()], "b".into()),
            open(Type::Bool)
        );
        assert_eq!(
            search("contains", vec![Value::unknown(Type::Number)], "b".into()),
            false.into()
        );
        assert_eq!(
            search("contains", vec!["a".into()], Value::dynamic()),
            Value::dynamic()
        );
        assert_eq!(
            search("index", vec!["a".into(), unknown()], "a".into()),
            Value::int(0)
        );
        assert_eq!(
            search("index", vec![unknown(), "a".into()], "a".into()),
            open(Type::Number)
        );
    }

    #[test]
    fn values_are_found_by_their_keys() {
        gives(
            "matchkeys",
            r#"[["a", "b", "c"], ["1", "2", "1"], ["1"]]"#,
            strings(["a", "c"]),
        );
        gives("matchkeys", r#"[["a"], [1], ["1"]]"#, strings(["a"]));
        gives(
            "matchkeys",
            r#"[["a", "b"], [{"x": 1}, {"y": 1}], [{"x": 1}]]"#,
            strings(["a"]),
        );
        gives(
            "matchkeys",
            r#"[["a", "b"], [null, "1"], [null]]"#,
            strings(["a"]),
        );
        gives("matchkeys", r#"[["a"], ["1"], []]"#, strings([]));
        fails(
            "matchkeys",
            r#"[["a"], [true], [1]]"#,
            "the keys and those searched for have no type in common",
        );
        fails(
            "matchkeys",
            r#"[["a", "b"], ["1"], ["1"]]"#,
            "there are 1 keys for 2 values",
        );
        let open = Value::tuple(vec![unknown()]);
        let found = run("matchkeys", vec![strings(["a"]), strings(["1"]), open]);
        assert_eq!(found, Ok(Value::unknown_not_null(Type::list(Type::String))));
    }
}
