//! Functions that make lists of lists.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a function names the types it takes and treats every other alike"
)]

use std::collections::HashSet;

use model::value::{Refinement, convert, exact_key, unify};
use model::{Number, Type, Value};

use super::{certain_items, collect, element, has_no_type, top_marks};
use crate::functions::protocol::{
    Arguments, CallContext, Function, FunctionError, Param, Purity, Returns, not_null,
};

/// The most elements that `range` makes.
const MOST_IN_RANGE: usize = 1024;

const ANY_LIST: fn() -> Type = || Type::list(Type::Dynamic);
const STRINGS: fn() -> Type = || Type::list(Type::String);

pub(super) const CHUNKLIST: Function = Function {
    name: "chunklist",
    params: &[
        Param::new("list", ANY_LIST).marked(),
        Param::number("size").marked(),
    ],
    variadic: None,
    returns: Returns::ByArguments(|_, args| Ok(Type::list(args.value(0)?.ty()))),
    call: |_, args, ty| {
        let items = args.items(0)?;
        let size = whole(args, 1)?;
        let size = usize::try_from(size)
            .map_err(|_| FunctionError::argument(1, format!("{size} is less than 0")))?;
        let inner = element(ty);
        // No size at all means one chunk.
        let chunks = items.chunks(if size == 0 { items.len().max(1) } else { size });
        let chunks = chunks
            .map(|chunk| collect(&inner, chunk.to_vec()))
            .collect();
        Ok(collect(ty, chunks).mark(top_marks(args.all())))
    },
    refine: Some(not_null),
    purity: Purity::Pure,
    description: "a list cut into lists of a size",
};

pub(super) const COMPACT: Function = Function {
    name: "compact",
    params: &[Param::new("list", STRINGS)],
    variadic: None,
    returns: Returns::Always(STRINGS),
    call: |_, args, ty| {
        if !args.value(0)?.is_wholly_known() {
            return Ok(Value::unknown(ty.clone()));
        }
        let full = |item: &&Value| item.as_str().is_some_and(|text| !text.is_empty());
        Ok(collect(
            ty,
            args.items(0)?.iter().filter(full).cloned().collect(),
        ))
    },
    refine: Some(not_null),
    purity: Purity::Pure,
    description: "the strings that are neither null nor empty",
};

pub(super) const CONCAT: Function = Function {
    name: "concat",
    params: &[],
    variadic: Some(Param::any("seqs").marked()),
    returns: Returns::ByArguments(concat_type),
    call: |_, args, ty| {
        let mut items = Vec::new();
        for (index, list) in args.all().iter().enumerate() {
            let list = match ty {
                Type::List(_) => convert(list, ty)
                    .map_err(|error| FunctionError::argument(index, error.to_string()))?,
                _ => list.clone(),
            };
            items.extend_from_slice(list.as_items().unwrap_or_default());
        }
        Ok(collect(ty, items).mark(top_marks(args.all())))
    },
    refine: Some(not_null),
    purity: Purity::Pure,
    description: "the elements of several lists in one",
};

fn concat_type(_: &CallContext<'_>, args: Arguments<'_>) -> Result<Type, FunctionError> {
    if args.count() == 0 {
        return Err(
            FunctionError::new("no list is given, at least one is needed").without_values(),
        );
    }
    let types: Vec<Type> = args.all().iter().map(Value::ty).collect();
    if types.iter().all(|ty| matches!(ty, Type::List(_))) {
        let typed = args.all().iter().filter(|list| !has_no_type(list));
        let typed: Vec<Type> = typed.map(Value::ty).collect();
        let common = if typed.is_empty() {
            types.first().cloned()
        } else {
            unify(&typed).map(|common| common.ty)
        };
        if let Some(common) = common {
            return Ok(common);
        }
    }
    let mut elements = Vec::new();
    for (index, (list, ty)) in args.all().iter().zip(&types).enumerate() {
        match (ty, list.as_items()) {
            (Type::Tuple(tuple), _) => elements.extend(tuple.iter().cloned()),
            (Type::List(element), Some(items)) => {
                elements.extend(items.iter().map(|_| (**element).clone()))
            }
            (Type::List(_), None) => return Ok(Type::Dynamic),
            (other, _) => return Err(not_a(other, index, "a list or tuple")),
        }
    }
    Ok(Type::tuple(elements))
}

pub(super) const DISTINCT: Function = Function {
    name: "distinct",
    params: &[Param::new("list", ANY_LIST)],
    variadic: None,
    returns: Returns::ByArguments(|_, args| Ok(args.value(0)?.ty())),
    call: |_, args, ty| {
        if !args.value(0)?.is_wholly_known() {
            return Ok(Value::unknown(ty.clone()));
        }
        let mut seen = HashSet::new();
        let items = args
            .items(0)?
            .iter()
            .filter(|item| seen.insert(exact_key(item)));
        Ok(collect(ty, items.cloned().collect()))
    },
    refine: Some(not_null),
    purity: Purity::Pure,
    description: "the elements without repetitions",
};

pub(super) const ELEMENT: Function = Function {
    name: "element",
    params: &[Param::any("list").marked(), Param::number("index")],
    variadic: None,
    returns: Returns::ByArguments(|_, args| match args.value(0)?.ty() {
        Type::List(element) => Ok((*element).clone()),
        Type::Tuple(_) if !args.value(1)?.is_known() => Ok(Type::Dynamic),
        Type::Tuple(elements) => {
            let index = wrapped(whole(args, 1)?, elements.len())?;
            Ok(elements.get(index).cloned().unwrap_or(Type::Dynamic))
        }
        other => Err(not_a(&other, 0, "a list or tuple")),
    }),
    call: |_, args, ty| {
        let items = args.items(0)?;
        let index = wrapped(whole(args, 1)?, items.len())?;
        let item = items
            .get(index)
            .cloned()
            .unwrap_or_else(|| Value::unknown(ty.clone()));
        Ok(item.mark(args.value(0)?.marks()))
    },
    refine: None,
    purity: Purity::Pure,
    description: "the element at an index, which starts again at the end of the list",
};

/// The index in a list of that length; from -1 on it counts from the end.
fn wrapped(index: i64, length: usize) -> Result<usize, FunctionError> {
    i64::try_from(length)
        .ok()
        .and_then(|length| index.checked_rem_euclid(length))
        .and_then(|index| usize::try_from(index).ok())
        .ok_or_else(|| {
            FunctionError::argument(0, "it is empty, so it has no elements").without_values()
        })
}

pub(super) const FLATTEN: Function = Function {
    name: "flatten",
    params: &[Param::any("list").marked()],
    variadic: None,
    returns: Returns::ByArguments(|_, args| {
        let list = args.value(0)?;
        let ty = list.ty();
        if !list.is_known() {
            return Ok(Type::Dynamic);
        }
        if !matches!(ty, Type::List(_) | Type::Set(_) | Type::Tuple(_)) {
            return Err(not_a(&ty, 0, "a list, set or tuple"));
        }
        let flat = Flat::of(list);
        Ok(if flat.certain {
            Type::tuple(flat.items.iter().map(|item| item.ty()))
        } else {
            Type::Dynamic
        })
    }),
    call: |_, args, ty| {
        let flat = Flat::of(args.value(0)?);
        let result = if flat.certain {
            Value::tuple(flat.items.into_iter().cloned().collect())
        } else {
            Value::unknown(ty.clone())
        };
        Ok(result.mark(flat.marks))
    },
    refine: Some(not_null),
    purity: Purity::Pure,
    description: "the elements of lists within lists, at any depth, in one list",
};

/// What lists within lists hold.
struct Flat<'a> {
    items: Vec<&'a Value>,
    /// The marks of the lists.
    marks: model::Marks,
    /// Whether these are all items there will be.
    certain: bool,
}

impl<'a> Flat<'a> {
    fn of(list: &'a Value) -> Self {
        let mut flat = Self {
            items: Vec::new(),
            marks: model::Marks::NONE,
            certain: true,
        };
        // By hand, because lists can be nested deeply.
        let mut open = vec![std::slice::from_ref(list).iter()];
        while let Some(items) = open.last_mut() {
            let Some(item) = items.next() else {
                open.pop();
                continue;
            };
            match item.bare() {
                Value::List(_) | Value::Set(_) | Value::Tuple(_) => {
                    flat.marks = flat.marks.union(item.marks());
                    match certain_items(item) {
                        Some(items) => open.push(items.iter()),
                        None => flat.certain = false,
                    }
                }
                Value::Unknown(unknown) if may_be_list(&unknown.ty) => {
                    flat.marks = flat.marks.union(item.marks());
                    flat.certain = false;
                }
                _ => flat.items.push(item),
            }
        }
        flat
    }
}

/// Whether an unknown of that type may turn out to be a list, set or tuple.
fn may_be_list(ty: &Type) -> bool {
    matches!(
        ty,
        Type::List(_) | Type::Set(_) | Type::Tuple(_) | Type::Dynamic
    )
}

pub(super) const RANGE: Function = Function {
    name: "range",
    params: &[],
    variadic: Some(Param::number("params")),
    returns: Returns::Always(|| Type::list(Type::Number)),
    call: |_, args, ty| {
        let numbers: Vec<&Number> = args.all().iter().filter_map(Value::as_number).collect();
        let steps = |start: &Number, end: &Number| {
            if end < start {
                -&Number::ONE
            } else {
                Number::ONE
            }
        };
        let (start, end, step) = match numbers.as_slice() {
            [end] => (Number::ZERO, (*end).clone(), steps(&Number::ZERO, end)),
            [start, end] => ((*start).clone(), (*end).clone(), steps(start, end)),
            [start, end, step] => ((*start).clone(), (*end).clone(), (*step).clone()),
            other => {
                let message = format!("`range` got {} arguments, takes 1 to 3", other.len());
                return Err(FunctionError {
                    id: "argument-count",
                    ..FunctionError::new(message).without_values()
                });
            }
        };
        Ok(collect(
            ty,
            count(start, &end, &step)?
                .into_iter()
                .map(Value::from)
                .collect(),
        ))
    },
    refine: Some(not_null),
    purity: Purity::Pure,
    description: "numbers from a start to before an end, in steps",
};

fn count(start: Number, end: &Number, step: &Number) -> Result<Vec<Number>, FunctionError> {
    let down = step.is_negative();
    if (down && *end > start) || (!down && *end < start) {
        let message = format!("{end} is not reached from {start} in steps of {step}");
        return Err(FunctionError::argument(1, message));
    }
    let mut numbers = Vec::new();
    let mut next = start;
    while if down { next > *end } else { next < *end } {
        if numbers.len() >= MOST_IN_RANGE {
            return Err(FunctionError::new(format!(
                "there would be more than {MOST_IN_RANGE} numbers"
            ))
            .without_values());
        }
        let after = next
            .checked_add(step)
            .ok_or_else(|| FunctionError::argument(2, format!("{next} and {step} have no sum")))?;
        numbers.push(std::mem::replace(&mut next, after));
    }
    Ok(numbers)
}

pub(super) const REVERSE: Function = Function {
    name: "reverse",
    params: &[Param::any("list").marked()],
    variadic: None,
    returns: Returns::ByArguments(|_, args| match args.value(0)?.ty() {
        Type::List(element) | Type::Set(element) => Ok(Type::List(element)),
        Type::Tuple(elements) => Ok(Type::tuple(elements.iter().rev().cloned())),
        other => Err(not_a(&other, 0, "a list, set or tuple")),
    }),
    call: |_, args, ty| {
        let items = args.items(0)?.iter().rev().cloned().collect();
        Ok(collect(ty, items).mark(args.value(0)?.marks()))
    },
    refine: Some(not_null),
    purity: Purity::Pure,
    description: "the elements in reverse order",
};

pub(super) const SLICE: Function = Function {
    name: "slice",
    params: &[
        Param::any("list").marked(),
        Param::number("start_index"),
        Param::number("end_index"),
    ],
    variadic: None,
    returns: Returns::ByArguments(|_, args| {
        let ty = args.value(0)?.ty();
        if !matches!(ty, Type::List(_) | Type::Tuple(_)) {
            return Err(not_a(&ty, 0, "a list or tuple"));
        }
        match (ty, slice_bounds(args)?) {
            (Type::Tuple(_), None) => Ok(Type::Dynamic),
            (Type::Tuple(elements), Some((start, end))) => Ok(Type::tuple(
                elements.get(start..end).unwrap_or_default().iter().cloned(),
            )),
            (list, _) => Ok(list),
        }
    }),
    call: |_, args, ty| {
        let list = args.value(0)?;
        let (start, end) = slice_bounds(args)?.unwrap_or((0, 0));
        let items = args.items(0)?.get(start..end).unwrap_or_default();
        Ok(collect(ty, items.to_vec()).mark(list.marks()))
    },
    refine: Some(not_null),
    purity: Purity::Pure,
    description: "the elements from an index to before another",
};

/// The indexes of a slice; `None` while one is unknown.
fn slice_bounds(args: Arguments<'_>) -> Result<Option<(usize, usize)>, FunctionError> {
    let list = args.value(0)?;
    let length = match list.ty() {
        Type::Tuple(elements) => Some(elements.len()),
        _ => list.as_items().map(<[Value]>::len),
    };
    let bound = |index: usize| -> Result<Option<usize>, FunctionError> {
        if !args.value(index)?.is_known() {
            return Ok(None);
        }
        let wrong = |message: String| FunctionError::argument(index, message);
        let given = whole(args, index)?;
        let bound = usize::try_from(given).map_err(|_| wrong(format!("{given} is less than 0")))?;
        match length {
            Some(length) if bound > length => Err(wrong(format!(
                "{bound} is more than the {length} elements there are"
            ))),
            _ => Ok(Some(bound)),
        }
    };
    let (start, end) = (bound(1)?, bound(2)?);
    match start.zip(end) {
        Some((start, end)) if start > end => Err(FunctionError::argument(
            1,
            format!("the start {start} is after the end {end}"),
        )),
        bounds => Ok(bounds),
    }
}

pub(super) const SORT: Function = Function {
    name: "sort",
    params: &[Param::new("list", STRINGS).unknown()],
    variadic: None,
    returns: Returns::Always(STRINGS),
    call: |_, args, ty| {
        let list = args.value(0)?;
        if !list.is_wholly_known() {
            let Refinement {
                len_min, len_max, ..
            } = list.range();
            let refinement = Refinement {
                not_null: true,
                len_min,
                len_max,
                ..Refinement::default()
            };
            return Ok(Value::refined(ty.clone(), refinement));
        }
        let mut items = args.items(0)?.to_vec();
        if let Some(index) = items.iter().position(Value::is_null) {
            let message = format!("element {index} is null, which has no place in an order");
            return Err(FunctionError::argument(0, message).without_values());
        }
        items.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
        Ok(collect(ty, items))
    },
    refine: Some(not_null),
    purity: Purity::Pure,
    description: "the strings in the order of their code points",
};

fn whole(args: Arguments<'_>, index: usize) -> Result<i64, FunctionError> {
    let number = args.number(index)?;
    number.to_i64().ok_or_else(|| {
        FunctionError::argument(index, format!("{number} is not a whole number of 64 bits"))
    })
}

fn not_a(ty: &Type, index: usize, wanted: &str) -> FunctionError {
    let message = format!("it is {}, must be {wanted}", ty.friendly());
    FunctionError::argument(index, message).without_values()
}

#[cfg(test)]
mod tests {
    use model::{Marks, Type, Value};

    use crate::functions::testing::{fails, gives, json, numbers, run, strings};

    fn secret(value: Value) -> Value {
        value.mark(Marks::SENSITIVE)
    }

    fn unknown() -> Value {
        Value::unknown(Type::String)
    }

    fn unknown_list() -> Value {
        Value::unknown(Type::list(Type::String))
    }

    fn open(ty: Type) -> Value {
        Value::unknown_not_null(ty)
    }

    #[test]
    fn lists_are_cut_into_chunks() {
        let chunks = |lists: Vec<Value>| Value::list(Type::list(Type::Number), lists);
        gives(
            "chunklist",
            "[[1, 2, 3], 2]",
            chunks(vec![numbers([1, 2]), numbers([3])]),
        );
        gives(
            "chunklist",
            "[[1, 2, 3], 0]",
            chunks(vec![numbers([1, 2, 3])]),
        );
        gives(
            "chunklist",
            "[[], 0]",
            Value::list(Type::list(Type::Dynamic), vec![]),
        );
        fails("chunklist", "[[1], -1]", "-1 is less than 0");
        fails(
            "chunklist",
            "[[1], 1.5]",
            "1.5 is not a whole number of 64 bits",
        );
        let strings_of = |lists: Vec<Value>| Value::list(Type::list(Type::String), lists);
        let mixed = run(
            "chunklist",
            vec![
                Value::tuple(vec![secret("a".into()), "b".into()]),
                json("1"),
            ],
        );
        let first = Value::list(Type::String, vec![secret("a".into())]);
        assert_eq!(mixed, Ok(strings_of(vec![first, strings(["b"])])));
    }

    #[test]
    fn empty_strings_are_left_out() {
        gives("compact", r#"[["a", "", null, 1]]"#, strings(["a", "1"]));
        let some = Value::tuple(vec!["a".into(), unknown()]);
        assert_eq!(
            run("compact", vec![some]),
            Ok(open(Type::list(Type::String)))
        );
    }

    #[test]
    fn lists_joined_are_a_list_only_where_all_are_of_related_types() {
        gives("concat", r#"[[1], ["a"]]"#, json(r#"[1, "a"]"#));
        let concat = |args: Vec<Value>| run("concat", args).unwrap();
        assert_eq!(
            concat(vec![numbers([1]), strings(["a"])]),
            strings(["1", "a"])
        );
        assert_eq!(
            concat(vec![strings(["a"]), json("[1]")]),
            json(r#"["a", 1]"#)
        );
        let bools = Value::list(Type::Bool, vec![true.into()]);
        assert_eq!(concat(vec![numbers([1]), bools]), json("[1, true]"));
        assert_eq!(
            concat(vec![json("[]"), Value::list(Type::Dynamic, vec![])]),
            json("[]")
        );
        fails("concat", "[]", "no list is given, at least one is needed");
        fails(
            "concat",
            r#"[[1], "x"]"#,
            "it is string, must be a list or tuple",
        );
        assert_eq!(concat(vec![unknown_list(), json("[1]")]), Value::dynamic());
        assert_eq!(
            concat(vec![unknown_list(), strings(["a"])]),
            open(Type::list(Type::String))
        );
        let kept = concat(vec![Value::tuple(vec![secret("a".into())]), json("[1]")]);
        assert_eq!(kept, Value::tuple(vec![secret("a".into()), json("1")]));
    }

    #[test]
    fn repetitions_are_left_out() {
        gives("distinct", "[[1, 2, 1, 3, 2]]", numbers([1, 2, 3]));
        gives("distinct", r#"[[1, "1", 1.0]]"#, strings(["1"]));
        gives(
            "distinct",
            "[[null, null]]",
            Value::list(Type::Dynamic, vec![Value::NULL]),
        );
        let some = Value::tuple(vec!["a".into(), unknown()]);
        assert_eq!(
            run("distinct", vec![some]),
            Ok(open(Type::list(Type::String)))
        );
    }

    #[test]
    fn indexes_of_elements_start_again() {
        gives("element", r#"[["a", "b", "c"], 100]"#, "b".into());
        gives("element", r#"[["a", "b", "c"], -1]"#, "c".into());
        gives("element", r#"[["a", 1], "1"]"#, json("1"));
        assert_eq!(
            run("element", vec![strings(["a", "b", "c"]), json("-4")]),
            Ok("c".into())
        );
        fails("element", "[[], 0]", "it is empty, so it has no elements");
        fails(
            "element",
            "[{}, 0]",
            "it is object, must be a list or tuple",
        );
        fails(
            "element",
            "[[1], 1.5]",
            "1.5 is not a whole number of 64 bits",
        );
        let index = || Value::unknown(Type::Number);
        assert_eq!(run("element", vec![strings(["a"]), index()]), Ok(unknown()));
        assert_eq!(
            run("element", vec![json("[1]"), index()]),
            Ok(Value::dynamic())
        );
    }

    #[test]
    fn an_element_has_its_own_marks_and_those_of_the_list() {
        let list = || Value::tuple(vec![secret("a".into()), "b".into()]);
        assert_eq!(
            run("element", vec![list(), json("0")]),
            Ok(secret("a".into()))
        );
        assert_eq!(run("element", vec![list(), json("1")]), Ok("b".into()));
        assert_eq!(
            run("element", vec![secret(list()), json("1")]),
            Ok(secret("b".into()))
        );
    }

    #[test]
    fn lists_within_lists_are_flattened() {
        gives(
            "flatten",
            "[[[1], [[2]], [], {\"a\": [3]}, null]]",
            json("[1, 2, {\"a\": [3]}, null]"),
        );
        let set = Value::set(Type::String, vec!["d".into(), "c".into()]);
        let flat = run("flatten", vec![Value::tuple(vec![strings(["a"]), set])]);
        assert_eq!(flat, Ok(json(r#"["a", "c", "d"]"#)));
        fails(
            "flatten",
            "[{}]",
            "it is object, must be a list, set or tuple",
        );
    }

    #[test]
    fn flattening_looks_through_marks_and_stops_at_unknown_lists() {
        let flatten = |items: Vec<Value>| run("flatten", vec![Value::tuple(items)]).unwrap();
        assert_eq!(
            flatten(vec![secret(json("[1]")), json("2")]),
            secret(json("[1, 2]"))
        );
        let inner = flatten(vec![Value::tuple(vec![secret("a".into())]), json("2")]);
        assert_eq!(inner, Value::tuple(vec![secret("a".into()), json("2")]));
        assert_eq!(
            flatten(vec![unknown(), json("[2]")]),
            Value::tuple(vec![unknown(), json("2")])
        );
        assert_eq!(flatten(vec![unknown_list()]), Value::dynamic());
        assert_eq!(flatten(vec![Value::dynamic()]), Value::dynamic());
    }

    #[test]
    fn lists_nested_a_thousand_deep_are_flattened() {
        let mut list = json("1");
        for _ in 0..1_000 {
            list = Value::tuple(vec![list]);
        }
        assert_eq!(run("flatten", vec![list]), Ok(json("[1]")));
    }

    #[test]
    fn ranges_go_up_and_down() {
        gives("range", "[3]", numbers([0, 1, 2]));
        gives("range", "[-3]", numbers([0, -1, -2]));
        gives("range", "[4, 1]", numbers([4, 3, 2]));
        gives("range", "[10, 1, -3]", numbers([10, 7, 4]));
        gives("range", "[1, 1, 0]", numbers([]));
        let quarters = ["0.1", "0.2", "0.3", "0.4"].map(json).to_vec();
        gives(
            "range",
            "[0.1, 0.5, 0.1]",
            Value::list(Type::Number, quarters),
        );
        assert_eq!(
            run("range", vec![json("1024")])
                .unwrap()
                .as_items()
                .unwrap()
                .len(),
            1024
        );
        fails("range", "[1025]", "there would be more than 1024 numbers");
        fails(
            "range",
            "[1, 4, 0]",
            "there would be more than 1024 numbers",
        );
        fails(
            "range",
            "[1, 4, -1]",
            "4 is not reached from 1 in steps of -1",
        );
        fails(
            "range",
            "[4, 1, 1]",
            "1 is not reached from 4 in steps of 1",
        );
        fails("range", "[]", "`range` got 0 arguments, takes 1 to 3");
    }

    #[test]
    fn reversing_keeps_the_kind_and_makes_lists_of_sets() {
        gives("reverse", "[[1, \"a\"]]", json("[\"a\", 1]"));
        let set = Value::set(Type::String, vec!["b".into(), "a".into()]);
        assert_eq!(run("reverse", vec![set]), Ok(strings(["b", "a"])));
        fails(
            "reverse",
            "[\"abc\"]",
            "it is string, must be a list, set or tuple",
        );
    }

    #[test]
    fn slices_keep_the_kind() {
        gives("slice", r#"[[1, "a"], 1, 2]"#, json(r#"["a"]"#));
        assert_eq!(
            run("slice", vec![strings(["a", "b"]), json("1"), json("1")]),
            Ok(strings([]))
        );
        let mixed = Value::tuple(vec![secret("a".into()), "b".into()]);
        assert_eq!(
            run("slice", vec![mixed, json("1"), json("2")]),
            Ok(json(r#"["b"]"#))
        );
        for (args, message) in [
            ("[[1], -1, 1]", "-1 is less than 0"),
            ("[[1], 2, 2]", "2 is more than the 1 elements there are"),
            ("[[1], 0, 2]", "2 is more than the 1 elements there are"),
            ("[[1, 2], 2, 1]", "the start 2 is after the end 1"),
            ("[[1, 2], 0.5, 1]", "0.5 is not a whole number of 64 bits"),
            ("[{}, 0, 0]", "it is object, must be a list or tuple"),
        ] {
            fails("slice", args, message);
        }
        let end = || Value::unknown(Type::Number);
        assert_eq!(
            run("slice", vec![json("[1]"), json("0"), end()]),
            Ok(Value::dynamic())
        );
        assert_eq!(
            run("slice", vec![strings(["a"]), json("0"), end()]),
            Ok(open(Type::list(Type::String)))
        );
        let early = run("slice", vec![json("[1]"), json("2"), end()]);
        assert_eq!(early, Err("2 is more than the 1 elements there are".into()));
    }

    #[test]
    fn strings_are_sorted_by_code_point() {
        gives(
            "sort",
            r#"[["é", "z", "E", 10, 9, true]]"#,
            strings(["10", "9", "E", "true", "z", "é"]),
        );
        fails(
            "sort",
            r#"[["a", null]]"#,
            "element 1 is null, which has no place in an order",
        );
    }

    #[test]
    fn the_length_of_a_sorted_list_is_known_before_its_elements() {
        let some = Value::tuple(vec!["a".into(), unknown()]);
        assert_eq!(
            run("sort", vec![some]),
            Ok(Value::list(Type::String, vec![unknown(), unknown()]))
        );
        assert_eq!(
            run("sort", vec![unknown_list()]),
            Ok(open(Type::list(Type::String)))
        );
    }
}
