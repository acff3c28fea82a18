//! Functions that combine sets.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a function names the types it takes and treats every other alike"
)]

use std::collections::HashSet;

use model::value::{convert, exact_key, unify};
use model::{Type, Value};

use super::{certain_items, collect, element, has_no_type, top_marks};
use crate::functions::protocol::{
    Arguments, CallContext, CallFn, Function, FunctionError, Param, Purity, Returns, not_null,
};

/// The most values that `setproduct` makes; more would fill the memory.
const MOST_VALUES: usize = 1 << 25;

const ANY_SET: fn() -> Type = || Type::set(Type::Dynamic);

const FIRST_SET: &[Param] = &[Param::new("first_set", ANY_SET)];

const fn set_function(name: &'static str, call: CallFn, description: &'static str) -> Function {
    Function {
        name,
        params: FIRST_SET,
        variadic: Some(Param::new("other_sets", ANY_SET)),
        returns: Returns::ByArguments(|_, args| common_type(args)),
        call,
        refine: Some(not_null),
        purity: Purity::Pure,
        description,
    }
}

pub(super) const SETUNION: Function = set_function(
    "setunion",
    |_, args, ty| {
        let items = converted(args, ty)?
            .iter()
            .flat_map(|set| set.as_items().unwrap_or_default().to_vec())
            .collect();
        Ok(collect(ty, items))
    },
    "the elements that are in any of the sets",
);

pub(super) const SETINTERSECTION: Function = set_function(
    "setintersection",
    |_, args, ty| filtered(args, ty, |found| found),
    "the elements that are in all of the sets",
);

pub(super) const SETSUBTRACT: Function = Function {
    params: &[Param::new("a", ANY_SET), Param::new("b", ANY_SET)],
    variadic: None,
    ..set_function(
        "setsubtract",
        |_, args, ty| filtered(args, ty, |found| !found),
        "the elements of a set that are not in another",
    )
};

/// The elements of the first set that are kept for being found, or not, in each of the others.
fn filtered(
    args: Arguments<'_>,
    ty: &Type,
    keep: fn(bool) -> bool,
) -> Result<Value, FunctionError> {
    let sets = converted(args, ty)?;
    if !sets.iter().all(Value::is_wholly_known) {
        return Ok(Value::unknown(ty.clone()));
    }
    let mut sets = sets.iter().map(|set| set.as_items().unwrap_or_default());
    let mut items = sets.next().unwrap_or_default().to_vec();
    for other in sets {
        let other: HashSet<Vec<u8>> = other.iter().map(exact_key).collect();
        items.retain(|item| keep(other.contains(&exact_key(item))));
    }
    Ok(collect(ty, items))
}

/// The type of set that all can be converted to.
fn common_type(args: Arguments<'_>) -> Result<Type, FunctionError> {
    let typed = args.all().iter().filter(|set| !has_no_type(set));
    let elements: Vec<Type> = typed.map(|set| element(&set.ty())).collect();
    if elements.is_empty() {
        return Ok(Type::set(Type::Dynamic));
    }
    unify(&elements)
        .map(|common| Type::set(common.ty))
        .ok_or_else(|| {
            FunctionError::new("the elements of the sets have no type in common").without_values()
        })
}

fn converted(args: Arguments<'_>, ty: &Type) -> Result<Vec<Value>, FunctionError> {
    let convert = |(index, set): (usize, &Value)| {
        convert(set, ty).map_err(|error| FunctionError::argument(index, error.to_string()))
    };
    args.all().iter().enumerate().map(convert).collect()
}

pub(super) const SETPRODUCT: Function = Function {
    name: "setproduct",
    params: &[],
    variadic: Some(Param::any("sets").marked()),
    returns: Returns::ByArguments(product_type),
    call: |_, args, ty| {
        let marks = top_marks(args.all());
        let sets: Option<Vec<&[Value]>> = args.all().iter().map(certain_items).collect();
        let Some(sets) = sets else {
            return Ok(Value::unknown(ty.clone()).mark(marks));
        };
        let Type::Tuple(wanted) = element(ty) else {
            return Ok(Value::unknown(ty.clone()).mark(marks));
        };
        let total = sets
            .iter()
            .try_fold(1_usize, |total, set| total.checked_mul(set.len()));
        let total = total
            .filter(|total| total.saturating_mul(sets.len()) <= MOST_VALUES)
            .ok_or_else(|| {
                FunctionError::new("there would be too many combinations to hold in memory")
                    .without_values()
            })?;
        let mut columns = Vec::with_capacity(sets.len());
        for ((index, set), ty) in sets.iter().enumerate().zip(wanted.iter()) {
            let column = set
                .iter()
                .map(|item| convert(item, ty))
                .collect::<Result<Vec<_>, _>>();
            columns
                .push(column.map_err(|error| FunctionError::argument(index, error.to_string()))?);
        }
        let products = (0..total)
            .map(|number| combination(&columns, number))
            .collect();
        Ok(collect(ty, products).mark(marks))
    },
    refine: Some(not_null),
    purity: Purity::Pure,
    description: "every combination of an element of each set",
};

/// The combination with that number, when the last column changes fastest.
fn combination(columns: &[Vec<Value>], number: usize) -> Value {
    let mut rest = number;
    let mut items: Vec<Value> = columns
        .iter()
        .rev()
        .filter_map(|column| {
            let at = rest.checked_rem(column.len())?;
            rest /= column.len();
            column.get(at).cloned()
        })
        .collect();
    items.reverse();
    Value::tuple(items)
}

fn product_type(_: &CallContext<'_>, args: Arguments<'_>) -> Result<Type, FunctionError> {
    if args.count() < 2 {
        let message = format!("`setproduct` got {}, takes at least 2 sets", args.count());
        return Err(FunctionError {
            id: "argument-count",
            ..FunctionError::new(message).without_values()
        });
    }
    let mut elements = Vec::with_capacity(args.count());
    let mut ordered = true;
    for (index, set) in args.all().iter().enumerate() {
        let wrong = |message: String| FunctionError::argument(index, message).without_values();
        elements.push(match set.ty() {
            Type::List(element) => (*element).clone(),
            Type::Set(element) => {
                ordered = false;
                (*element).clone()
            }
            Type::Tuple(types) if types.is_empty() => Type::Dynamic,
            Type::Tuple(types) => unify(&types)
                .map(|common| common.ty)
                .ok_or_else(|| wrong("its elements have no type in common".to_owned()))?,
            other => {
                return Err(wrong(format!(
                    "it is {}, must be a set, list or tuple",
                    other.friendly()
                )));
            }
        });
    }
    let combination = Type::tuple(elements);
    Ok(if ordered {
        Type::list(combination)
    } else {
        Type::set(combination)
    })
}

#[cfg(test)]
mod tests {
    use model::{Marks, Type, Value};

    use crate::functions::testing::{fails, gives, json, run};

    fn set<const N: usize>(items: [&str; N]) -> Value {
        Value::set(Type::String, items.map(Value::from).to_vec())
    }

    fn unknown() -> Value {
        Value::unknown(Type::String)
    }

    #[test]
    fn sets_are_combined_in_their_common_type() {
        gives(
            "setunion",
            r#"[["b"], ["a", "b"], [1]]"#,
            set(["1", "a", "b"]),
        );
        gives(
            "setintersection",
            r#"[["a", "b"], ["b"], ["b", "c"]]"#,
            set(["b"]),
        );
        gives("setintersection", r#"[[1, 2], ["2"]]"#, set(["2"]));
        gives("setsubtract", r#"[[1, 2, null], ["2", null]]"#, set(["1"]));
        gives("setunion", r#"[[], ["a"]]"#, set(["a"]));
        gives("setunion", "[[], []]", Value::set(Type::Dynamic, vec![]));
        gives("setintersection", r#"[["a"]]"#, set(["a"]));
        let objects = Value::set(
            Type::object([("a", Type::String)]),
            vec![json(r#"{"a": "1"}"#)],
        );
        gives(
            "setintersection",
            r#"[[{"a": 1}], [{"a": "1"}, {"a": "b"}]]"#,
            objects,
        );
        let objects = Value::set(
            Type::object([("a", Type::Number)]),
            vec![json(r#"{"a": 1}"#)],
        );
        gives("setsubtract", r#"[[{"a": 1}], [null]]"#, objects);
        fails(
            "setunion",
            "[[true], [1]]",
            "the elements of the sets have no type in common",
        );
    }

    #[test]
    fn only_a_union_can_be_told_with_unknown_elements() {
        let with = |name| run(name, vec![set(["a"]), Value::tuple(vec![unknown()])]).unwrap();
        assert_eq!(
            with("setunion"),
            Value::set(Type::String, vec!["a".into(), unknown()])
        );
        let open = Value::unknown_not_null(Type::set(Type::String));
        assert_eq!(with("setintersection"), open);
        assert_eq!(with("setsubtract"), open);
    }

    #[test]
    fn combinations_of_lists_are_a_list_and_those_of_sets_a_set() {
        let pair = Type::tuple([Type::String, Type::Number]);
        let pairs = || {
            vec![
                json(r#"["a", 1]"#),
                json(r#"["a", 2]"#),
                json(r#"["b", 1]"#),
                json(r#"["b", 2]"#),
            ]
        };
        gives(
            "setproduct",
            r#"[["a", "b"], [1, 2]]"#,
            Value::list(pair.clone(), pairs()),
        );
        let product = run("setproduct", vec![set(["b", "a"]), json("[2, 1]")]);
        assert_eq!(product, Ok(Value::set(pair, pairs())));
        let with_nothing = Type::tuple([Type::String, Type::Dynamic]);
        gives(
            "setproduct",
            r#"[["a"], []]"#,
            Value::list(with_nothing, vec![]),
        );
        let unified = Type::tuple([Type::String, Type::Bool]);
        let wanted = vec![json(r#"["1", true]"#), json(r#"["a", true]"#)];
        gives(
            "setproduct",
            r#"[[1, "a"], [true]]"#,
            Value::list(unified, wanted),
        );
    }

    #[test]
    fn what_has_no_combinations_is_refused() {
        fails(
            "setproduct",
            "[[1]]",
            "`setproduct` got 1, takes at least 2 sets",
        );
        fails(
            "setproduct",
            r#"[[1], "a"]"#,
            "it is string, must be a set, list or tuple",
        );
        fails(
            "setproduct",
            "[[1, true], [1]]",
            "its elements have no type in common",
        );
        let many = Value::tuple((0..1000).map(Value::int).collect());
        let product = run("setproduct", vec![many.clone(), many.clone(), many]);
        assert_eq!(
            product,
            Err("there would be too many combinations to hold in memory".into())
        );
    }

    #[test]
    fn marks_of_elements_stay_on_them_in_a_list_of_combinations() {
        let list = Value::tuple(vec![Value::string("a").mark(Marks::SENSITIVE), "c".into()]);
        let product = run("setproduct", vec![list.clone(), json("[1]")]).unwrap();
        assert_eq!(product.marks(), Marks::NONE);
        let first = product.as_items().unwrap()[0].as_items().unwrap()[0].clone();
        assert_eq!(first.marks(), Marks::SENSITIVE);
        let product = run("setproduct", vec![list, set(["x"])]).unwrap();
        assert_eq!(product.marks(), Marks::SENSITIVE);
    }

    #[test]
    fn a_set_of_unknown_size_leaves_the_combinations_open() {
        let open = Value::set(Type::String, vec!["a".into(), unknown()]);
        let product = run("setproduct", vec![json("[1]"), open]).unwrap();
        let pair = Type::tuple([Type::Number, Type::String]);
        assert_eq!(product, Value::unknown_not_null(Type::set(pair)));
    }
}
