//! Functions that give a number for a collection.

use model::value::{Bound, Refinement, convert};
use model::{Number, Type, Value};
use unicode_segmentation::UnicodeSegmentation;

use crate::functions::protocol::{Function, FunctionError, Param, Purity, Returns, not_null};

pub(super) const LENGTH: Function = Function {
    name: "length",
    params: &[Param::any("value").unknown().dynamic().marked()],
    variadic: None,
    returns: Returns::ByArguments(|_, args| {
        let ty = args.value(0)?.ty();
        if matches!(ty, Type::Bool | Type::Number) {
            let message = format!(
                "it is {}, must be a string, collection, tuple or object",
                ty.friendly()
            );
            return Err(FunctionError::argument(0, message).without_values());
        }
        Ok(Type::Number)
    }),
    call: |_, args, _| {
        let value = args.value(0)?;
        let length = match value.ty() {
            Type::String => text_length(value),
            Type::List(_) | Type::Set(_) | Type::Map(_) => collection_length(value),
            Type::Tuple(elements) => count(elements.len()),
            Type::Object(object) => count(object.attributes.len()),
            Type::Dynamic | Type::Bool | Type::Number => Value::unknown(Type::Number),
        };
        Ok(length.mark(value.marks()))
    },
    refine: Some(not_null),
    purity: Purity::Pure,
    description: "the number of elements of a collection, or of characters of a string",
};

fn count(length: usize) -> Value {
    Value::Number(Number::from(length))
}

fn text_length(text: &Value) -> Value {
    let measure = |text: &str| text.graphemes(true).count();
    if let Some(text) = text.as_str() {
        return count(measure(text));
    }
    let least = text.range().prefix.map_or(0, |prefix| measure(&prefix));
    between(Number::from(least), None)
}

fn collection_length(collection: &Value) -> Value {
    let range = collection.range();
    let most = range
        .len_max
        .map_or_else(|| Number::from(i64::MAX), Number::from);
    between(Number::from(range.len_min), Some(most))
}

fn between(least: Number, most: Option<Number>) -> Value {
    let bound = |value| Bound {
        value,
        inclusive: true,
    };
    let refinement = Refinement {
        not_null: true,
        min: Some(bound(least)),
        max: most.map(bound),
        ..Refinement::default()
    };
    Value::refined(Type::Number, refinement)
}

pub(super) const SUM: Function = Function {
    name: "sum",
    params: &[Param::any("list")],
    variadic: None,
    returns: Returns::Always(|| Type::Number),
    call: |_, args, _| {
        let list = args.value(0)?;
        let wrong = |message: String| FunctionError::argument(0, message).without_values();
        let items = list.as_items().ok_or_else(|| {
            wrong(format!(
                "it is {}, must be a list, set or tuple of numbers",
                list.ty().friendly()
            ))
        })?;
        if items.is_empty() {
            return Err(wrong(
                "it is empty, must have at least one number".to_owned(),
            ));
        }
        if !list.is_wholly_known() {
            return Ok(Value::unknown(Type::Number));
        }
        let mut sum: Option<Number> = None;
        for (index, item) in items.iter().enumerate() {
            let number = convert(item, &Type::Number)
                .ok()
                .and_then(|item| item.as_number().cloned());
            let number = number.ok_or_else(|| wrong(format!("element {index} is not a number")))?;
            sum = Some(match sum {
                None => number,
                Some(sum) => sum
                    .checked_add(&number)
                    .ok_or_else(|| wrong("infinities of opposite signs have no sum".to_owned()))?,
            });
        }
        Ok(sum.map_or(Value::unknown(Type::Number), Value::from))
    },
    refine: Some(not_null),
    purity: Purity::Pure,
    description: "the sum of the numbers",
};

#[cfg(test)]
mod tests {
    use model::value::{Bound, Refinement};
    use model::{Marks, Number, Type, Value};

    use crate::functions::testing::{fails, gives, json, run};

    fn length(value: Value) -> Value {
        run("length", vec![value]).unwrap()
    }

    fn range(min: i64, max: Option<i64>) -> Value {
        let bound = |number| Bound {
            value: Number::from(number),
            inclusive: true,
        };
        let refinement = Refinement {
            not_null: true,
            min: Some(bound(min)),
            max: max.map(bound),
            ..Refinement::default()
        };
        Value::refined(Type::Number, refinement)
    }

    #[test]
    fn elements_and_characters_are_counted() {
        gives("length", r#"["e\u0301🤷🏽‍♀️\r\n"]"#, Value::int(3));
        gives("length", "[[1, 2]]", Value::int(2));
        gives("length", "[{}]", Value::int(0));
        fails("length", "[null]", "`value` is null, but must not be");
        fails(
            "length",
            "[5]",
            "it is number, must be a string, collection, tuple or object",
        );
    }

    #[test]
    fn only_marks_of_the_whole_matter_to_its_length() {
        let secret = || Value::string("x").mark(Marks::SENSITIVE);
        assert_eq!(length(Value::tuple(vec![secret()])), Value::int(1));
        assert_eq!(length(secret()), Value::int(1).mark(Marks::SENSITIVE));
    }

    #[test]
    fn bounds_of_an_unknown_length_are_told() {
        assert_eq!(
            length(Value::unknown(Type::tuple([Type::String]))),
            Value::int(1)
        );
        assert_eq!(
            length(Value::unknown(Type::list(Type::String))),
            range(0, Some(i64::MAX))
        );
        assert_eq!(length(Value::unknown(Type::String)), range(0, None));
        assert_eq!(
            length(Value::dynamic()),
            Value::unknown_not_null(Type::Number)
        );
        let prefix = Refinement {
            not_null: true,
            prefix: Some("abc-".into()),
            ..Refinement::default()
        };
        assert_eq!(length(Value::refined(Type::String, prefix)), range(4, None));
        let open = Value::set(Type::String, vec!["a".into(), Value::unknown(Type::String)]);
        assert_eq!(length(open), range(1, Some(2)));
        let single = Value::set(Type::String, vec![Value::unknown(Type::String)]);
        assert_eq!(length(single), Value::int(1));
    }

    #[test]
    fn numbers_are_added() {
        gives("sum", r#"[[1, "2", 0.5]]"#, json("3.5"));
        gives("sum", "[[0.1, 0.2]]", json("0.3"));
        fails("sum", "[[]]", "it is empty, must have at least one number");
        fails("sum", "[[1, null]]", "element 1 is not a number");
        fails("sum", r#"[["a"]]"#, "element 0 is not a number");
        fails(
            "sum",
            "[{}]",
            "it is object, must be a list, set or tuple of numbers",
        );
        fails(
            "sum",
            r#"[["inf", "-inf"]]"#,
            "infinities of opposite signs have no sum",
        );
        let open = Value::tuple(vec![Value::unknown(Type::Number), "a".into()]);
        assert_eq!(
            run("sum", vec![open]),
            Ok(Value::unknown_not_null(Type::Number))
        );
    }
}
