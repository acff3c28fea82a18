//! Functions that choose one of several values.

use model::value::{convert, unify};
use model::{Type, Value};

use super::{certain_items, element};
use crate::functions::protocol::{Function, FunctionError, Param, Purity, Returns, not_null};

pub(super) const COALESCE: Function = Function {
    name: "coalesce",
    params: &[],
    variadic: Some(Param::any("vals").null().unknown().dynamic()),
    returns: Returns::ByArguments(|_, args| {
        let types: Vec<Type> = args.all().iter().map(Value::ty).collect();
        unify(&types).map(|common| common.ty).ok_or_else(|| {
            FunctionError::new("the arguments have no type in common").without_values()
        })
    }),
    call: |_, args, ty| {
        for (index, value) in args.all().iter().enumerate() {
            let value = convert(value, ty)
                .map_err(|error| FunctionError::argument(index, error.to_string()))?;
            let empty = *ty == Type::String && value.as_str().is_some_and(|text| text.is_empty());
            if !value.is_known() {
                return Ok(Value::unknown(ty.clone()));
            }
            if !value.is_null() && !empty {
                return Ok(value);
            }
        }
        Err(FunctionError::new("every argument is null or an empty string").without_values())
    },
    refine: Some(not_null),
    purity: Purity::Pure,
    description: "the first argument that is neither null nor an empty string",
};

pub(super) const COALESCELIST: Function = Function {
    name: "coalescelist",
    params: &[],
    variadic: Some(Param::any("vals").null().unknown().dynamic()),
    returns: Returns::ByArguments(|_, args| {
        let mut common: Option<Type> = None;
        let mut mixed = false;
        for (index, value) in args.all().iter().enumerate() {
            let ty = value.ty();
            if !value.is_known() {
                return Ok(Type::Dynamic);
            }
            if !matches!(ty, Type::List(_) | Type::Tuple(_)) {
                let message = format!("it is {}, must be a list or tuple", ty.friendly());
                return Err(FunctionError::argument(index, message).without_values());
            }
            mixed |= common.as_ref().is_some_and(|common| *common != ty);
            common.get_or_insert(ty);
        }
        let common = common.ok_or_else(|| {
            FunctionError::new("no list is given, at least one is needed").without_values()
        })?;
        Ok(if mixed { Type::Dynamic } else { common })
    }),
    call: |_, args, ty| {
        for value in args.all() {
            match value.as_items() {
                Some([]) => {}
                Some(_) => return Ok(value.clone()),
                None if value.is_null() => {}
                None => return Ok(Value::unknown(ty.clone())),
            }
        }
        Err(FunctionError::new("every argument is null or empty").without_values())
    },
    refine: Some(not_null),
    purity: Purity::Pure,
    description: "the first list that is not empty",
};

pub(super) const ONE: Function = Function {
    name: "one",
    params: &[Param::any("list")],
    variadic: None,
    returns: Returns::ByArguments(|_, args| {
        let ty = args.value(0)?.ty();
        match &ty {
            Type::List(_) | Type::Set(_) => Ok(element(&ty)),
            Type::Tuple(elements) => match elements.as_ref() {
                [] => Ok(Type::Dynamic),
                [only] => Ok(only.clone()),
                more => Err(too_many(more.len())),
            },
            Type::Dynamic
            | Type::Bool
            | Type::Number
            | Type::String
            | Type::Map(_)
            | Type::Object(_) => {
                let message = format!("it is {}, must be a list, set or tuple", ty.friendly());
                Err(FunctionError::argument(0, message).without_values())
            }
        }
    }),
    call: |_, args, ty| match certain_items(args.value(0)?) {
        None => Ok(Value::unknown(ty.clone())),
        Some([]) => Ok(Value::Null(ty.clone())),
        Some([only]) => Ok(only.clone()),
        Some(more) => Err(too_many(more.len())),
    },
    refine: None,
    purity: Purity::Pure,
    description: "the only element, or null of an empty list",
};

fn too_many(count: usize) -> FunctionError {
    FunctionError::argument(0, format!("it has {count} elements, must have one or none"))
        .without_values()
}

#[cfg(test)]
mod tests {
    use model::{Type, Value};

    use crate::functions::testing::{fails, gives, json, numbers, run, strings};

    #[test]
    fn the_first_value_that_is_there_is_taken_and_converted() {
        gives("coalesce", r#"["", null, "x"]"#, "x".into());
        gives("coalesce", r#"[null, 1, "x"]"#, "1".into());
        gives("coalesce", "[[1, 2], [\"a\"]]", strings(["1", "2"]));
        gives("coalesce", "[0, 1]", Value::int(0));
        gives("coalesce", r#"["", [true], null]"#, "".into());
        gives("coalesce", "[[], [1]]", numbers([]));
        fails(
            "coalesce",
            "[null, null]",
            "every argument is null or an empty string",
        );
        fails("coalesce", "[]", "the arguments have no type in common");
        fails(
            "coalesce",
            "[true, 1]",
            "the arguments have no type in common",
        );
    }

    #[test]
    fn the_first_list_that_is_not_empty_is_taken_as_it_is() {
        gives("coalescelist", r#"[[], [1], ["a"]]"#, json("[1]"));
        let null = Value::Null(Type::list(Type::String));
        assert_eq!(
            run("coalescelist", vec![null, json("[1]")]),
            Ok(json("[1]"))
        );
        fails(
            "coalescelist",
            "[[], []]",
            "every argument is null or empty",
        );
        fails(
            "coalescelist",
            "[]",
            "no list is given, at least one is needed",
        );
        fails(
            "coalescelist",
            "[null, [1]]",
            "it is dynamic, must be a list or tuple",
        );
        fails(
            "coalescelist",
            r#"[[1], "x"]"#,
            "it is string, must be a list or tuple",
        );
        let unknown = Value::unknown(Type::list(Type::String));
        assert_eq!(
            run("coalescelist", vec![unknown.clone(), "x".into()]),
            Ok(Value::dynamic())
        );
        assert_eq!(
            run("coalescelist", vec![json("[1]"), unknown]),
            Ok(json("[1]"))
        );
    }

    #[test]
    fn one_element_is_taken_out() {
        gives("one", "[[]]", Value::NULL);
        gives("one", "[[1]]", json("1"));
        gives("one", "[[null]]", Value::NULL);
        fails(
            "one",
            "[[1, 2]]",
            "it has 2 elements, must have one or none",
        );
        fails("one", "[{}]", "it is object, must be a list, set or tuple");
        let unknown = || Value::unknown(Type::String);
        assert_eq!(
            run("one", vec![Value::list(Type::String, vec![])]),
            Ok(Value::Null(Type::String))
        );
        assert_eq!(
            run("one", vec![Value::tuple(vec![unknown()])]),
            Ok(unknown())
        );
        let open = Value::set(Type::String, vec![unknown(), "a".into()]);
        assert_eq!(run("one", vec![open]), Ok(unknown()));
    }
}
