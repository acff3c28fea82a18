//! `format` and `formatlist`: text made from a format string and values.

use model::value::Refinement;
use model::{Type, Value};

use super::super::protocol::{
    Arguments, Function, FunctionError, Param, Purity, Returns, not_null,
};
use super::format_verb::Verb;
use model::value::safe_prefix;

/// Null may come even when it has no type; an unknown without a type makes a result without a type.
const ARGS: Option<Param> = Some(Param::any("args").null().unknown().dynamic());

pub(super) const FORMAT: Function = Function {
    name: "format",
    params: &[Param::string("format")],
    variadic: ARGS,
    returns: Returns::ByArguments(|_, args| Ok(typed(args, Type::String))),
    call: |_, args, ty| format(args, ty),
    refine: Some(not_null),
    purity: Purity::Pure,
    description: "the format string with its verbs replaced by the values",
};

pub(super) const FORMATLIST: Function = Function {
    name: "formatlist",
    params: &[Param::string("format")],
    variadic: ARGS,
    returns: Returns::ByArguments(|_, args| Ok(typed(args, Type::list(Type::String)))),
    call: |_, args, ty| formatlist(args, ty),
    refine: Some(not_null),
    purity: Purity::Pure,
    description: "what `format` gives for the elements of the lists, one after the other",
};

fn typed(args: Arguments<'_>, ty: Type) -> Type {
    let untyped = |arg: &Value| !arg.is_known() && arg.ty() == Type::Dynamic;
    if args.rest(1).iter().any(untyped) {
        Type::Dynamic
    } else {
        ty
    }
}

fn format(args: Arguments<'_>, ty: &Type) -> Result<Value, FunctionError> {
    let text = args.string(0)?;
    let values = args.rest(1);
    if *ty == Type::Dynamic {
        return Ok(Value::dynamic());
    }
    if !values.iter().all(Value::is_wholly_known) {
        let prefix = text
            .split('%')
            .next()
            .filter(|prefix| prefix.len() < text.len());
        let prefix = prefix.map(safe_prefix).filter(|prefix| !prefix.is_empty());
        return Ok(Value::refined(
            Type::String,
            Refinement {
                prefix,
                ..Refinement::default()
            },
        ));
    }
    fill(text, values).map(Value::string)
}

fn formatlist(args: Arguments<'_>, ty: &Type) -> Result<Value, FunctionError> {
    let text = args.string(0)?;
    let values = args.rest(1);
    if *ty == Type::Dynamic {
        return Ok(Value::dynamic());
    }
    let Some(count) = iterations(values)? else {
        return Ok(Value::unknown(ty.clone()));
    };
    let results = (0..count).map(|index| {
        let row: Vec<Value> = values
            .iter()
            .map(|value| match value.as_items() {
                Some(items) => items.get(index).cloned().unwrap_or(Value::NULL),
                None => value.clone(),
            })
            .collect();
        if !row.iter().all(Value::is_wholly_known) {
            return Ok(Value::unknown_not_null(Type::String));
        }
        fill(text, &row)
            .map(Value::string)
            .map_err(|error| FunctionError {
                argument: None,
                message: format!("for element {index}: {}", error.message),
                ..error
            })
    });
    Ok(Value::list(
        Type::String,
        results.collect::<Result<_, _>>()?,
    ))
}

/// How many results there will be; `None` when a list's length is not known.
fn iterations(values: &[Value]) -> Result<Option<usize>, FunctionError> {
    let mut chosen: Option<(usize, usize)> = None;
    let mut known = true;
    for (index, value) in values.iter().enumerate() {
        let length = match (value, value.ty()) {
            (Value::Null(_), _) => continue,
            (Value::Unknown(_), Type::List(_) | Type::Set(_)) => None,
            (Value::Unknown(_), Type::Tuple(types)) => Some(types.len()),
            // Unknown elements of a set may turn out equal.
            (Value::Set(_), _) if !value.is_wholly_known() => None,
            _ => match value.as_items() {
                Some(items) => Some(items.len()),
                None => continue,
            },
        };
        known &= length.is_some() && value.is_known();
        let Some(length) = length else { continue };
        match chosen {
            Some((first, wanted)) if wanted != length => {
                let message = format!(
                    "argument {} has length {length}, but argument {} has length {wanted}",
                    index + 1,
                    first + 1
                );
                return Err(FunctionError::argument(index + 1, message).without_values());
            }
            Some(_) => {}
            None => chosen = Some((index, length)),
        }
    }
    Ok(known.then(|| chosen.map_or(1, |(_, length)| length)))
}

/// Fills the verbs of `text` with `values`, all of them known.
fn fill(text: &str, values: &[Value]) -> Result<String, FunctionError> {
    let mut out = String::with_capacity(text.len());
    let (mut at, mut next, mut highest) = (0, 1, 0);
    while let Some(rest) = text.get(at..) {
        let Some(percent) = rest.find('%') else {
            out.push_str(rest);
            break;
        };
        out.push_str(rest.get(..percent).unwrap_or_default());
        let offset = at + percent;
        if text.as_bytes().get(offset + 1) == Some(&b'%') {
            out.push('%');
            at = offset + 2;
            continue;
        }
        let verb = Verb::read(text, offset).map_err(FunctionError::new)?;
        let number = verb.argument.unwrap_or(next);
        let value = values.get(number.saturating_sub(1)).ok_or_else(|| {
            let Verb { raw, offset, .. } = verb;
            let total = values.len();
            FunctionError::new(format!(
                "`{raw}` at offset {offset} needs value {number}, but there are {total}"
            ))
        })?;
        verb.write(value, &mut out).map_err(FunctionError::new)?;
        at = offset + verb.raw.len();
        next = number + 1;
        highest = highest.max(number);
    }
    if highest >= values.len() {
        return Ok(out);
    }
    let message = match highest {
        0 => "there are values, but no verbs in the format string".to_owned(),
        used => format!(
            "there are {} values, but the format string uses {used}",
            values.len()
        ),
    };
    Err(FunctionError::argument(highest + 1, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Value {
        Value::Number(model::Number::parse(text).unwrap())
    }

    #[track_caller]
    fn gives(text: &str, values: &[Value], wanted: &str) {
        assert_eq!(fill(text, values).unwrap(), wanted, "{text}");
    }

    #[test]
    fn integers_are_written_as_in_go() {
        let (n, big) = (number("5"), number("255"));
        gives(
            "%5d|%-5d|%05d",
            &[n.clone(), n.clone(), n.clone()],
            "    5|5    |00005",
        );
        gives("%-05d|%0-5d", &[n.clone(), n.clone()], "5    |5    ");
        gives("%-+# 05d|", &[number("42")], "+42  |");
        gives(
            "%.3d|%8.3d|%-8.3d|%08.3d|",
            &[n.clone(), n.clone(), n.clone(), n],
            "005|     005|005     |     005|",
        );
        gives("%.0d|", &[number("0")], "|");
        gives(
            "%#x|%#X|%#o|%#b",
            &[big.clone(), big.clone(), number("8"), number("5")],
            "0xff|0XFF|010|0b101",
        );
        gives(
            "%x|%+x|% x|%08x",
            &[number("-255"), big.clone(), big, number("-255")],
            "-ff|+ff| ff|-00000ff",
        );
    }

    #[test]
    fn fractions_are_written_as_in_go() {
        let pi = number("3.14159");
        gives(
            "%6.2f|%-8.2f|%+.2f",
            &[pi.clone(), pi.clone(), pi.clone()],
            "  3.14|3.14    |+3.14",
        );
        gives(
            "%08.2f|%-05.1f",
            &[number("-3.14159"), number("1")],
            "-0003.14|001.0",
        );
        gives(
            "%e|%.0e|%E",
            &[number("1.5"), number("15"), number("0")],
            "1.500000e+00|2e+01|0.000000E+00",
        );
        gives(
            "%g|%.3g|%G|%#g",
            &[
                number("1.5"),
                number("1234567"),
                number("1e-10"),
                number("1"),
            ],
            "1.5|1.23e+06|1E-10|1",
        );
        let (up, down) = (number("inf"), number("-inf"));
        gives(
            "%5.1f|%+f|% f|%05f",
            &[down, up.clone(), up.clone(), up],
            " -Inf|+Inf| Inf| +Inf",
        );
    }

    #[test]
    fn strings_are_measured_in_clusters() {
        gives(
            "%.3s|%.0s|%3s|",
            &["héllo".into(), "ab".into(), "🤷🏽‍♀️".into()],
            "hél|ab|  🤷🏽‍♀️|",
        );
        gives(
            "%05s|%-05s|%q",
            &["a".into(), "b".into(), "<é>".into()],
            r#"0000a|b0000|"\u003cé\u003e""#,
        );
    }

    #[test]
    fn values_are_written_by_their_type() {
        gives(
            "%v %v %v %v",
            &["a".into(), number("1e21"), true.into(), Value::NULL],
            "a 1e+21 true null",
        );
        gives(
            "%#v|%5v|%05v",
            &["a".into(), number("1"), number("2")],
            "\"a\"|    1|00002",
        );
        gives(
            "%v",
            &[Value::tuple(vec![number("1"), "a".into(), Value::NULL])],
            r#"[1,"a",null]"#,
        );
    }

    #[test]
    fn values_may_be_named_by_number() {
        gives("%[2]s %[1]s %s %%", &["a".into(), "b".into()], "b a b %");
        gives("%5[1]d", &[number("1")], "    1");
    }

    #[test]
    fn verbs_that_are_none_are_refused() {
        for text in [
            "%",
            "a%",
            "%5",
            "%.",
            "%[1",
            "%[1]",
            "%é",
            "%!",
            "%*d",
            "%.*f",
            "%[0]s",
            "%[1]5d",
            "%3$s",
            "%z",
            "%9999999d",
        ] {
            assert!(fill(text, &[number("1")]).is_err(), "{text}");
        }
        assert_eq!(
            fill("%s", &["a".into(), "b".into()]).unwrap_err().argument,
            Some(2)
        );
    }
}
