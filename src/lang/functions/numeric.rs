//! Functions on numbers.

mod float;

use std::cmp::Ordering;

use model::{Number, Type, Value};
use num_bigint::BigInt;

use super::protocol::{
    Arguments, CallFn, Function, FunctionError, Param, Purity, Returns, not_null,
};

pub(super) const FUNCTIONS: &[Function] = &[ABS, CEIL, FLOOR, LOG, MAX, MIN, PARSEINT, POW, SIGNUM];

/// Describes a function that gives a number and never null.
const fn number_function(
    name: &'static str,
    params: &'static [Param],
    call: CallFn,
    description: &'static str,
) -> Function {
    Function {
        name,
        params,
        variadic: None,
        returns: Returns::Always(|| Type::Number),
        call,
        refine: Some(not_null),
        purity: Purity::Pure,
        description,
    }
}

const ABS: Function = number_function(
    "abs",
    &[Param::number("num")],
    |_, args, _| Ok(args.number(0)?.abs().into()),
    "the number without its sign",
);

const CEIL: Function = number_function(
    "ceil",
    &[Param::number("num")],
    |_, args, _| Ok(args.number(0)?.ceil().into()),
    "the nearest whole number that is not smaller",
);

const FLOOR: Function = number_function(
    "floor",
    &[Param::number("num")],
    |_, args, _| Ok(args.number(0)?.floor().into()),
    "the nearest whole number that is not larger",
);

const LOG: Function = number_function(
    "log",
    &[Param::number("num"), Param::number("base")],
    |_, args, _| {
        let (number, base) = (float(args, 0)?, float(args, 1)?);
        from_float(
            float::ln(number) / float::ln(base),
            args,
            "logarithm to the base of",
        )
    },
    "the logarithm of a number to a base",
);

const POW: Function = number_function(
    "pow",
    &[Param::number("num"), Param::number("power")],
    |_, args, _| {
        let (number, power) = (float(args, 0)?, float(args, 1)?);
        from_float(float::pow(number, power), args, "power of")
    },
    "a number to a power",
);

const MAX: Function = Function {
    variadic: Some(Param::number("numbers")),
    ..number_function(
        "max",
        &[],
        |_, args, _| extreme(args, Ordering::Greater),
        "the largest of the numbers",
    )
};

const MIN: Function = Function {
    variadic: Some(Param::number("numbers")),
    ..number_function(
        "min",
        &[],
        |_, args, _| extreme(args, Ordering::Less),
        "the smallest of the numbers",
    )
};

const SIGNUM: Function = number_function(
    "signum",
    &[Param::number("num")],
    |_, args, _| Ok(Value::int(machine_integer(args, 0)?.signum())),
    "-1, 0 or 1: the sign of a whole number",
);

const PARSEINT: Function = Function {
    returns: Returns::ByArguments(|_, args| {
        let ty = args.value(0)?.ty();
        if ty == Type::String {
            return Ok(Type::Number);
        }
        let message = format!("it is {}, must be a string", ty.friendly());
        Err(FunctionError::argument(0, message).without_values())
    }),
    ..number_function(
        "parseint",
        &[Param::any("number"), Param::number("base")],
        |_, args, _| {
            let base = machine_integer(args, 1)?;
            let base = u32::try_from(base)
                .ok()
                .filter(|base| (2..=62).contains(base))
                .ok_or_else(|| {
                    FunctionError::argument(1, format!("{base} is not a base, must be 2 to 62"))
                })?;
            let text = args.string(0)?;
            let number = parse_integer(text, base).ok_or_else(|| {
                FunctionError::argument(0, format!("`{text}` is not a whole number in base {base}"))
            })?;
            Ok(Number::from_bigint(&number).into())
        },
        "the whole number that a text means in a base",
    )
};

/// Reads a whole number; above base 36 small letters come before capital ones, below they mean the same.
fn parse_integer(text: &str, base: u32) -> Option<BigInt> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if digits.is_empty() {
        return None;
    }
    let digits: Vec<u8> = digits
        .bytes()
        .map(|byte| {
            let digit = match byte {
                b'0'..=b'9' => byte - b'0',
                b'a'..=b'z' => byte - b'a' + 10,
                b'A'..=b'Z' if base <= 36 => byte - b'A' + 10,
                b'A'..=b'Z' => byte - b'A' + 36,
                _ => return None,
            };
            (u32::from(digit) < base).then_some(digit)
        })
        .collect::<Option<_>>()?;
    let sign = if negative {
        num_bigint::Sign::Minus
    } else {
        num_bigint::Sign::Plus
    };
    BigInt::from_radix_be(sign, &digits, base)
}

fn extreme(args: Arguments<'_>, wanted: Ordering) -> Result<Value, FunctionError> {
    let mut numbers = args.all().iter().filter_map(Value::as_number);
    let first = numbers.next().ok_or_else(|| {
        FunctionError::new("no number is given, at least one is needed").without_values()
    })?;
    let found = numbers.fold(first, |found, number| {
        if number.cmp(found) == wanted {
            number
        } else {
            found
        }
    });
    Ok(found.clone().into())
}

fn machine_integer(args: Arguments<'_>, index: usize) -> Result<i64, FunctionError> {
    let number = args.number(index)?;
    number.to_i64().ok_or_else(|| {
        FunctionError::argument(index, format!("{number} is not a whole number of 64 bits"))
    })
}

fn float(args: Arguments<'_>, index: usize) -> Result<f64, FunctionError> {
    let number = args.number(index)?;
    let float = number.to_f64();
    if float.is_infinite() && !number.is_infinite() {
        return Err(FunctionError::argument(
            index,
            "it is too large for a 64-bit float",
        ));
    }
    Ok(float)
}

fn from_float(result: f64, args: Arguments<'_>, what: &str) -> Result<Value, FunctionError> {
    match Number::from_f64(result) {
        Some(number) => Ok(number.into()),
        None => {
            let message = format!("{} has no {what} {}", args.number(0)?, args.number(1)?);
            Err(FunctionError::new(message))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{fails, gives, json, run_json};

    #[track_caller]
    fn is(name: &str, args: &str, text: &str) {
        let result = run_json(name, args).unwrap();
        assert_eq!(
            result.as_number().unwrap().to_string(),
            text,
            "{name}({args})"
        );
    }

    #[test]
    fn numbers_are_rounded_up_and_down() {
        is("ceil", "[-0.5]", "0");
        is("ceil", "[1.1]", "2");
        is(
            "ceil",
            r#"["123456789012345678901234567890.5"]"#,
            "123456789012345678901234567891",
        );
        is("floor", "[-1.1]", "-2");
        is("floor", "[9007199254740993.5]", "9007199254740993");
        is("abs", "[-5]", "5");
        is("abs", r#"["-inf"]"#, "+Inf");
    }

    #[test]
    fn powers_and_logarithms_are_those_of_floats() {
        for (number, power, text) in [
            ("2", "10", "1024"),
            ("2", "0.5", "1.4142135623730951"),
            ("2", "100", "1267650600228229400000000000000"),
            ("27", "0.3333333333333333333333333", "2.9999999999999996"),
            ("3", "0.3", "1.3903891703159093"),
            ("1.1", "2", "1.2100000000000002"),
            (
                "1.0000001",
                "1e9",
                "26881038432119620000000000000000000000000000",
            ),
            ("7", "22", "3909821048582988300"),
            ("-2", "3", "-8"),
            ("10", "-1", "0.1"),
            ("0", "0", "1"),
            ("2", "-1080", "0"),
        ] {
            is("pow", &format!("[{number}, {power}]"), text);
        }
        for (number, base, text) in [
            ("1000", "10", "2.9999999999999996"),
            ("8", "2", "3"),
            ("2", "10", "0.30102999566398114"),
            ("7", "3", "1.7712437491614224"),
            ("10", "0", "-0"),
        ] {
            is("log", &format!("[{number}, {base}]"), text);
        }
        is("log", "[0, 10]", "-Inf");
        is("pow", "[2, 1024]", "+Inf");
        fails("log", "[-1, 10]", "-1 has no logarithm to the base of 10");
        fails("log", "[1, 1]", "1 has no logarithm to the base of 1");
        fails("pow", "[-2, 0.5]", "-2 has no power of 0.5");
        fails("pow", "[2, 1e400]", "it is too large for a 64-bit float");
    }

    #[test]
    fn the_largest_and_smallest_are_found() {
        is("max", r#"[1, "2", 1.5]"#, "2");
        is("min", r#"[1, "0.5"]"#, "0.5");
        is("max", r#"["-inf"]"#, "-Inf");
        fails("max", "[]", "no number is given, at least one is needed");
    }

    #[test]
    fn only_whole_numbers_have_a_sign() {
        is("signum", "[-5]", "-1");
        is("signum", "[0]", "0");
        is("signum", "[9223372036854775807]", "1");
        fails("signum", "[5.5]", "5.5 is not a whole number of 64 bits");
        fails(
            "signum",
            "[9223372036854775808]",
            "9223372036854775808 is not a whole number of 64 bits",
        );
    }

    #[test]
    fn whole_numbers_are_read_in_any_base() {
        for (text, base, number) in [
            ("-ff", 16, "-255"),
            ("FF", 16, "255"),
            ("+10", 10, "10"),
            ("00012", 10, "12"),
            ("aA", 62, "656"),
            ("Aa", 36, "370"),
            ("z", 37, "35"),
            ("Z", 62, "61"),
            (
                "99999999999999999999999999",
                10,
                "99999999999999999999999999",
            ),
        ] {
            is("parseint", &format!(r#"["{text}", {base}]"#), number);
        }
        for (text, base) in [
            ("", 10),
            ("-", 10),
            ("0xff", 16),
            ("1.5", 10),
            ("1_000", 10),
            (" 1", 10),
            ("--1", 10),
            ("Z", 37),
            ("12", 2),
            ("１", 10),
        ] {
            let message = format!("`{text}` is not a whole number in base {base}");
            fails("parseint", &format!(r#"["{text}", {base}]"#), &message);
        }
        fails("parseint", "[12, 10]", "it is number, must be a string");
        fails(
            "parseint",
            r#"["10", 63]"#,
            "63 is not a base, must be 2 to 62",
        );
        gives("parseint", r#"["12", "10"]"#, json("12"));
    }
}
