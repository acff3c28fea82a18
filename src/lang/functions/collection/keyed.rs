//! Functions on maps and objects.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a function names the types it takes and treats every other alike"
)]

use std::collections::BTreeMap;

use model::value::convert;
use model::{Str, Type, Value};

use super::{certain_items, cloned, collect, collect_fields, element, top_marks};
use crate::functions::protocol::{
    Arguments, CallContext, Function, FunctionError, Param, Purity, Returns, not_null,
};

pub(super) const KEYS: Function = Function {
    name: "keys",
    params: &[Param::any("inputMap").unknown().marked()],
    variadic: None,
    returns: Returns::ByArguments(|_, args| match args.value(0)?.ty() {
        Type::Map(_) => Ok(Type::list(Type::String)),
        Type::Object(object) => Ok(Type::tuple(object.attributes.keys().map(|_| Type::String))),
        other => Err(not_keyed(0, &other)),
    }),
    call: |_, args, ty| {
        let value = args.value(0)?;
        let keys = match value.ty() {
            // Also of an unknown object.
            Type::Object(object) => {
                Some(object.attributes.keys().cloned().map(Value::from).collect())
            }
            _ => value
                .as_fields()
                .map(|fields| fields.keys().cloned().map(Value::from).collect()),
        };
        let result = keys.map_or_else(|| Value::unknown(ty.clone()), |keys| collect(ty, keys));
        Ok(result.mark(value.marks()))
    },
    refine: Some(not_null),
    purity: Purity::Pure,
    description: "the keys of a map, in order",
};

pub(super) const VALUES: Function = Function {
    name: "values",
    params: &[Param::any("mapping").marked()],
    variadic: None,
    returns: Returns::ByArguments(|_, args| match args.value(0)?.ty() {
        Type::Map(element) => Ok(Type::List(element)),
        Type::Object(object) => Ok(Type::tuple(object.attributes.values().cloned())),
        other => Err(not_keyed(0, &other)),
    }),
    call: |_, args, ty| {
        let value = args.value(0)?;
        let values = value
            .as_fields()
            .map(|fields| fields.values().cloned().collect());
        Ok(collect(ty, values.unwrap_or_default()).mark(value.marks()))
    },
    refine: Some(not_null),
    purity: Purity::Pure,
    description: "the values of a map, in the order of their keys",
};

fn not_keyed(index: usize, ty: &Type) -> FunctionError {
    let message = format!("it is {}, must be a map or object", ty.friendly());
    FunctionError::argument(index, message).without_values()
}

pub(super) const LOOKUP: Function = Function {
    name: "lookup",
    params: &[
        Param::any("inputMap").marked(),
        Param::string("key").marked(),
    ],
    variadic: Some(Param::any("default").null().unknown().dynamic().marked()),
    returns: Returns::ByArguments(lookup_type),
    call: |_, args, ty| {
        let (map, key) = (args.value(0)?, args.value(1)?);
        let marks = top_marks([map, key]);
        let name = args.string(1)?;
        if let Some(found) = map.get(name) {
            return Ok(found.clone().mark(marks));
        }
        let default = args.get(2).ok_or_else(|| no_key(map, name))?;
        let default =
            convert(default, ty).map_err(|error| FunctionError::argument(2, error.to_string()))?;
        Ok(default.mark(marks))
    },
    refine: None,
    purity: Purity::Pure,
    description: "the value of a key of a map, or a default",
};

fn lookup_type(_: &CallContext<'_>, args: Arguments<'_>) -> Result<Type, FunctionError> {
    if args.count() > 3 {
        let message = format!("`lookup` got {} arguments, takes 2 or 3", args.count());
        return Err(FunctionError {
            id: "argument-count",
            ..FunctionError::new(message).without_values()
        });
    }
    let (map, default) = (args.value(0)?, args.get(2));
    match map.ty() {
        Type::Object(object) => {
            let Some(name) = args.value(1)?.as_str() else {
                return Ok(Type::Dynamic);
            };
            match (object.attributes.get(name), default) {
                (Some(ty), _) => Ok(ty.clone()),
                (None, Some(default)) => Ok(default.ty()),
                (None, None) => Err(no_key(map, name)),
            }
        }
        Type::Map(element) => {
            if let Some(default) = default {
                convert(default, &element).map_err(|_| {
                    let message = format!(
                        "it is {}, must be {} like the elements of the map",
                        default.ty().friendly(),
                        element.friendly()
                    );
                    FunctionError::argument(2, message).without_values()
                })?;
            }
            Ok((*element).clone())
        }
        other => Err(not_keyed(0, &other)),
    }
}

fn no_key(map: &Value, name: &str) -> FunctionError {
    let what = if matches!(map.ty(), Type::Map(_)) {
        "map"
    } else {
        "object"
    };
    FunctionError::new(format!(
        "the {what} has no key `{name}`, and no default is given"
    ))
}

pub(super) const MERGE: Function = Function {
    name: "merge",
    params: &[],
    variadic: Some(Param::any("maps").null().dynamic().marked()),
    returns: Returns::ByArguments(merge_type),
    call: |_, args, ty| {
        let mut merged = BTreeMap::new();
        for (index, value) in args
            .all()
            .iter()
            .enumerate()
            .filter(|(_, value)| !value.is_null())
        {
            let fields = value
                .as_fields()
                .ok_or_else(|| not_keyed(index, &value.ty()))?;
            merged.extend(cloned(fields));
        }
        let given = args.all().iter().filter(|value| !value.is_null());
        Ok(collect_fields(ty, merged).mark(top_marks(given)))
    },
    refine: Some(not_null),
    purity: Purity::Pure,
    description: "the entries of several maps in one; a later one wins",
};

fn merge_type(_: &CallContext<'_>, args: Arguments<'_>) -> Result<Type, FunctionError> {
    let mut attributes: BTreeMap<Str, Type> = BTreeMap::new();
    let mut names_known = true;
    let mut same_as_first = true;
    let first = args.get(0).map(Value::ty);
    for (index, value) in args.all().iter().enumerate() {
        let ty = value.ty();
        same_as_first &= first.as_ref() == Some(&ty);
        match (&ty, value.as_fields()) {
            (Type::Dynamic, _) => return Ok(Type::Dynamic),
            (Type::Map(_) | Type::Object(_), _) if value.is_null() => {}
            (Type::Object(object), _) => attributes.extend(object.attributes.clone()),
            (Type::Map(element), Some(fields)) => {
                attributes.extend(
                    fields
                        .keys()
                        .map(|name| (name.clone(), (**element).clone())),
                );
            }
            (Type::Map(_), None) => names_known = false,
            (other, _) => return Err(not_keyed(index, other)),
        }
    }
    match first {
        Some(map @ Type::Map(_)) if same_as_first => Ok(map),
        _ if names_known => Ok(Type::object(attributes)),
        _ => Ok(Type::Dynamic),
    }
}

pub(super) const TRANSPOSE: Function = Function {
    name: "transpose",
    params: &[Param::new("values", || Type::map(Type::list(Type::String)))],
    variadic: None,
    returns: Returns::Always(|| Type::map(Type::list(Type::String))),
    call: |_, args, ty| {
        let value = args.value(0)?;
        if !value.is_wholly_known() {
            return Ok(Value::unknown(ty.clone()));
        }
        let null = |key: &str| {
            FunctionError::argument(
                0,
                format!("under `{key}` there is null, must be lists of strings"),
            )
        };
        let mut turned: BTreeMap<Str, Vec<Value>> = BTreeMap::new();
        for (key, names) in value
            .as_fields()
            .into_iter()
            .flat_map(|fields| fields.iter())
        {
            for name in names.as_items().ok_or_else(|| null(key))? {
                let name = name.as_str().ok_or_else(|| null(key))?;
                turned
                    .entry(name.clone())
                    .or_default()
                    .push(key.clone().into());
            }
        }
        let lists = turned
            .into_iter()
            .map(|(name, keys)| (name, Value::list(Type::String, keys)));
        Ok(collect_fields(ty, lists))
    },
    refine: Some(not_null),
    purity: Purity::Pure,
    description: "a map from each listed string to the keys it was listed under",
};

pub(super) const ZIPMAP: Function = Function {
    name: "zipmap",
    params: &[
        Param::new("keys", || Type::list(Type::String)).marked(),
        Param::any("values").marked(),
    ],
    variadic: None,
    returns: Returns::ByArguments(zipmap_type),
    call: |_, args, ty| {
        let (keys, values) = (args.value(0)?, args.value(1)?);
        let marks = top_marks([keys, values]);
        if !keys.is_wholly_known() {
            return Ok(Value::unknown(ty.clone()).mark(marks));
        }
        let (names, items) = (args.items(0)?, args.items(1)?);
        check_lengths(names.len(), items.len())?;
        let names = names
            .iter()
            .enumerate()
            .map(|(index, name)| key_name(index, name))
            .collect::<Result<Vec<_>, _>>()?;
        let zipped = collect_fields(ty, names.into_iter().zip(items.iter().cloned()));
        // Names cannot carry marks, so the whole does.
        Ok(zipped.mark(marks.union(top_marks(args.items(0)?))))
    },
    refine: Some(not_null),
    purity: Purity::Pure,
    description: "a map made of a list of keys and a list of values",
};

fn zipmap_type(_: &CallContext<'_>, args: Arguments<'_>) -> Result<Type, FunctionError> {
    let (keys, values) = (args.value(0)?, args.value(1)?);
    match values.ty() {
        list @ Type::List(_) => Ok(Type::map(element(&list))),
        Type::Tuple(elements) => {
            let names = certain_items(keys).filter(|_| keys.is_wholly_known());
            let Some(names) = names else {
                return Ok(Type::Dynamic);
            };
            check_lengths(names.len(), elements.len())?;
            // A map, because in an object type the later of two equal names must win.
            let mut attributes = BTreeMap::new();
            for ((index, name), ty) in names.iter().enumerate().zip(elements.iter()) {
                attributes.insert(key_name(index, name)?, ty.clone());
            }
            Ok(Type::object(attributes))
        }
        other => {
            let message = format!("it is {}, must be a list or tuple", other.friendly());
            Err(FunctionError::argument(1, message).without_values())
        }
    }
}

fn key_name(index: usize, name: &Value) -> Result<Str, FunctionError> {
    name.as_str().cloned().ok_or_else(|| {
        FunctionError::argument(0, format!("element {index} is null, must be a string"))
            .without_values()
    })
}

fn check_lengths(keys: usize, values: usize) -> Result<(), FunctionError> {
    if keys == values {
        return Ok(());
    }
    Err(FunctionError::new(format!("there are {keys} keys for {values} values")).without_values())
}

#[cfg(test)]
mod tests {
    use model::{Marks, Type, Value};

    use crate::functions::testing::{fails, gives, json, run, strings};

    fn secret(value: impl Into<Value>) -> Value {
        value.into().mark(Marks::SENSITIVE)
    }

    fn map(entries: &[(&str, i64)]) -> Value {
        Value::map(
            Type::Number,
            entries
                .iter()
                .map(|(key, value)| ((*key).into(), Value::int(*value))),
        )
    }

    fn unknown_map() -> Value {
        Value::unknown(Type::map(Type::Number))
    }

    fn object_type() -> Type {
        Type::object([("a", Type::Number)])
    }

    #[test]
    fn keys_and_values_come_in_the_order_of_keys() {
        gives(
            "keys",
            r#"[{"z": 1, "Z": 2, "é": 3, "10": 4, "9": 5}]"#,
            json(r#"["10", "9", "Z", "z", "é"]"#),
        );
        gives("values", r#"[{"b": 1, "a": "x"}]"#, json(r#"["x", 1]"#));
        gives("keys", "[{}]", json("[]"));
        assert_eq!(
            run("keys", vec![map(&[("b", 1), ("a", 2)])]),
            Ok(strings(["a", "b"]))
        );
        assert_eq!(
            run("values", vec![map(&[("b", 1), ("a", 2)])]),
            Ok(Value::list(
                Type::Number,
                vec![Value::int(2), Value::int(1)]
            ))
        );
        fails("keys", r#"["a"]"#, "it is string, must be a map or object");
        fails("values", "[[]]", "it is tuple, must be a map or object");
    }

    #[test]
    fn keys_are_not_secret_because_values_are() {
        let object = || Value::object([("a", secret("x")), ("b", json("1"))]);
        assert_eq!(run("keys", vec![object()]), Ok(json(r#"["a", "b"]"#)));
        assert_eq!(
            run("values", vec![object()]),
            Ok(Value::tuple(vec![secret("x"), json("1")]))
        );
        assert_eq!(
            run("keys", vec![secret(object())]),
            Ok(secret(json(r#"["a", "b"]"#)))
        );
    }

    #[test]
    fn keys_of_an_unknown_object_are_known() {
        assert_eq!(
            run("keys", vec![Value::unknown(object_type())]),
            Ok(json(r#"["a"]"#))
        );
        let values = Value::unknown_not_null(Type::tuple([Type::Number]));
        assert_eq!(
            run("values", vec![Value::unknown(object_type())]),
            Ok(values)
        );
        let keys = Value::unknown_not_null(Type::list(Type::String));
        assert_eq!(run("keys", vec![unknown_map()]), Ok(keys));
    }

    #[test]
    fn a_key_is_looked_up_or_its_default_given() {
        gives("lookup", r#"[{"a": 1}, "a", "x"]"#, json("1"));
        gives("lookup", r#"[{"a": 1}, "b", "x"]"#, "x".into());
        gives("lookup", r#"[{"a": null}, "a", 1]"#, Value::NULL);
        gives("lookup", r#"[{"1": "x"}, 1]"#, "x".into());
        let look = |default: Value| run("lookup", vec![map(&[("a", 1)]), "b".into(), default]);
        assert_eq!(look("5".into()), Ok(json("5")));
        assert_eq!(look(Value::NULL), Ok(Value::Null(Type::Number)));
        assert_eq!(
            look("x".into()),
            Err("it is string, must be number like the elements of the map".into())
        );
        fails(
            "lookup",
            r#"[{"a": 1}, "b"]"#,
            "the object has no key `b`, and no default is given",
        );
        fails(
            "lookup",
            r#"[["a"], 0, "d"]"#,
            "it is tuple, must be a map or object",
        );
        fails(
            "lookup",
            r#"[{}, "a", 1, 2]"#,
            "`lookup` got 4 arguments, takes 2 or 3",
        );
        let missing = run("lookup", vec![map(&[]), "b".into()]);
        assert_eq!(
            missing,
            Err("the map has no key `b`, and no default is given".into())
        );
    }

    #[test]
    fn a_default_that_is_not_needed_may_be_unknown_or_secret() {
        let unknown = Value::unknown(Type::String);
        assert_eq!(
            run(
                "lookup",
                vec![json(r#"{"a": 1}"#), "a".into(), unknown.clone()]
            ),
            Ok(json("1"))
        );
        assert_eq!(
            run("lookup", vec![json(r#"{"a": 1}"#), "a".into(), secret("x")]),
            Ok(json("1"))
        );
        assert_eq!(
            run("lookup", vec![json(r#"{"a": 1}"#), secret("a")]),
            Ok(secret(json("1")))
        );
        assert_eq!(
            run("lookup", vec![json(r#"{"a": 1}"#), unknown, "x".into()]),
            Ok(Value::dynamic())
        );
    }

    #[test]
    fn merged_maps_of_one_type_are_a_map_and_all_others_an_object() {
        let merge = |args: Vec<Value>| run("merge", args).unwrap();
        assert_eq!(
            merge(vec![map(&[("a", 1)]), map(&[("a", 2), ("b", 3)])]),
            map(&[("a", 2), ("b", 3)])
        );
        let mixed = merge(vec![map(&[("a", 1)]), json(r#"{"b": "x"}"#)]);
        assert_eq!(mixed, json(r#"{"a": 1, "b": "x"}"#));
        gives(
            "merge",
            r#"[{"a": {"b": 1}}, {"a": {"c": 2}}]"#,
            json(r#"{"a": {"c": 2}}"#),
        );
        gives("merge", "[]", json("{}"));
        gives("merge", r#"[null, {"a": null}]"#, json(r#"{"a": null}"#));
        let null = || Value::Null(object_type());
        assert_eq!(merge(vec![null()]), json("{}"));
        assert_eq!(
            merge(vec![null(), json(r#"{"b": 1}"#)]),
            json(r#"{"b": 1}"#)
        );
        assert_eq!(merge(vec![Value::Null(Type::map(Type::Number))]), map(&[]));
        fails(
            "merge",
            r#"[{}, "x"]"#,
            "it is string, must be a map or object",
        );
        fails(
            "merge",
            r#"[null, "x"]"#,
            "it is string, must be a map or object",
        );
    }

    #[test]
    fn merging_keeps_marks_where_they_are() {
        let merged = run(
            "merge",
            vec![Value::object([("a", secret("x"))]), json(r#"{"b": 1}"#)],
        );
        assert_eq!(
            merged,
            Ok(Value::object([("a", secret("x")), ("b", json("1"))]))
        );
    }

    #[test]
    fn merging_an_unknown_map_leaves_the_keys_open() {
        let merge = |args: Vec<Value>| run("merge", args).unwrap();
        assert_eq!(merge(vec![unknown_map(), json("{}")]), Value::dynamic());
        assert_eq!(
            merge(vec![unknown_map(), unknown_map()]),
            Value::unknown_not_null(Type::map(Type::Number))
        );
        let both = Type::object([("a", Type::Number), ("b", Type::String)]);
        let merged = merge(vec![Value::unknown(object_type()), json(r#"{"b": "x"}"#)]);
        assert_eq!(merged, Value::unknown_not_null(both));
    }

    #[test]
    fn lists_under_keys_are_turned_around() {
        let wanted = [("x", strings(["a", "a", "b"])), ("y", strings(["a"]))];
        let wanted = Value::map(
            Type::list(Type::String),
            wanted.map(|(key, list)| (key.into(), list)),
        );
        gives(
            "transpose",
            r#"[{"b": ["x"], "a": ["x", "y", "x"]}]"#,
            wanted,
        );
        fails(
            "transpose",
            r#"[{"a": null}]"#,
            "under `a` there is null, must be lists of strings",
        );
        fails(
            "transpose",
            r#"[{"a": ["x", null]}]"#,
            "under `a` there is null, must be lists of strings",
        );
    }

    #[test]
    fn keys_and_values_are_zipped() {
        gives(
            "zipmap",
            r#"[["a", "b", "a"], [1, "x", 2]]"#,
            json(r#"{"a": 2, "b": "x"}"#),
        );
        let zip = |values: Value| run("zipmap", vec![json(r#"["a"]"#), values]);
        assert_eq!(
            zip(Value::list(Type::Number, vec![Value::int(1)])),
            Ok(map(&[("a", 1)]))
        );
        fails(
            "zipmap",
            r#"[["a"], [1, 2]]"#,
            "there are 1 keys for 2 values",
        );
        fails(
            "zipmap",
            "[[null], [1]]",
            "element 0 is null, must be a string",
        );
        fails(
            "zipmap",
            r#"[["a"], {}]"#,
            "it is object, must be a list or tuple",
        );
        let unknown = Value::unknown(Type::list(Type::String));
        assert_eq!(
            zip(unknown.clone()),
            Ok(Value::unknown_not_null(Type::map(Type::String)))
        );
        assert_eq!(
            run("zipmap", vec![unknown, json("[1]")]),
            Ok(Value::dynamic())
        );
    }

    #[test]
    fn secret_names_make_the_whole_map_secret_and_secret_values_do_not() {
        let zip = |name: Value, value: Value| {
            run(
                "zipmap",
                vec![Value::tuple(vec![name]), Value::tuple(vec![value])],
            )
            .unwrap()
        };
        assert_eq!(zip(secret("a"), json("1")), secret(json(r#"{"a": 1}"#)));
        assert_eq!(
            zip("a".into(), secret("x")),
            Value::object([("a", secret("x"))])
        );
    }
}
