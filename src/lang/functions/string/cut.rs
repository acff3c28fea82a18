//! Functions that take strings apart and put them together. A character is a grapheme cluster, except in `split`.

use model::{Number, Type, Value};
use unicode_segmentation::UnicodeSegmentation;

use super::super::protocol::{
    Arguments, Function, FunctionError, Param, Purity, Returns, not_null,
};
use super::super::text_function::text_function;

/// More spaces than this before each line are taken for a mistake.
const MAX_INDENT: i64 = 1_000_000;

pub(super) const SUBSTR: Function = text_function(
    "substr",
    &[
        Param::string("str"),
        Param::number("offset"),
        Param::number("length"),
    ],
    |_, args, _| {
        let text = args.string(0)?;
        Ok(Value::string(substr(
            text,
            whole(args, 1)?,
            whole(args, 2)?,
        )))
    },
    "so many characters from the offset on; a negative offset counts from the end, a negative length is all",
);

pub(super) const STRREV: Function = text_function(
    "strrev",
    &[Param::string("str")],
    |_, args, _| {
        Ok(Value::string(
            args.string(0)?.graphemes(true).rev().collect::<String>(),
        ))
    },
    "the characters in reverse order",
);

pub(super) const INDENT: Function = text_function(
    "indent",
    &[Param::number("spaces"), Param::string("str")],
    |_, args, _| {
        let spaces = whole(args, 0)?;
        let count = usize::try_from(spaces)
            .ok()
            .filter(|_| spaces <= MAX_INDENT);
        let count = count.ok_or_else(|| {
            let message = format!("{spaces} spaces are not between 0 and {MAX_INDENT}");
            FunctionError::argument(0, message)
        })?;
        let line_start = format!("\n{}", " ".repeat(count));
        Ok(Value::string(args.string(1)?.replace('\n', &line_start)))
    },
    "the string with so many spaces before each line but the first",
);

pub(super) const SPLIT: Function = Function {
    name: "split",
    params: &[Param::string("separator"), Param::string("str")],
    variadic: None,
    returns: Returns::Always(|| Type::list(Type::String)),
    call: |_, args, _| {
        let (separator, text) = (args.string(0)?, args.string(1)?);
        let parts = if separator.is_empty() {
            text.chars().map(|c| Value::string(c.to_string())).collect()
        } else {
            text.split(separator.as_str()).map(Value::from).collect()
        };
        Ok(Value::list(Type::String, parts))
    },
    refine: Some(not_null),
    purity: Purity::Pure,
    description: "the parts of the string between the separators",
};

pub(super) const JOIN: Function = Function {
    name: "join",
    params: &[Param::string("separator")],
    variadic: Some(Param::new("lists", || Type::list(Type::String))),
    returns: Returns::Always(|| Type::String),
    call: |_, args, _| join(args),
    refine: Some(not_null),
    purity: Purity::Pure,
    description: "the strings of the lists with the separator between them",
};

fn join(args: Arguments<'_>) -> Result<Value, FunctionError> {
    let separator = args.string(0)?;
    let lists = args.rest(1);
    if lists.is_empty() {
        return Err(FunctionError::new("there is no list to join").without_values());
    }
    if !lists.iter().all(Value::is_wholly_known) {
        return Ok(Value::unknown(Type::String));
    }
    let mut texts = Vec::new();
    for (nth, list) in lists.iter().enumerate() {
        for (index, item) in list.as_items().unwrap_or_default().iter().enumerate() {
            if item.is_null() {
                let which = if lists.len() > 1 {
                    format!(" of list {}", nth + 1)
                } else {
                    String::new()
                };
                let message = format!("element {index}{which} is null, which cannot be joined");
                return Err(FunctionError::argument(nth + 1, message).without_values());
            }
            texts.extend(item.as_str().map(|text| text.as_str()));
        }
    }
    Ok(Value::string(texts.join(separator)))
}

fn substr(text: &str, offset: i64, length: i64) -> String {
    let start = if offset < 0 {
        let total = i64::try_from(text.graphemes(true).count()).unwrap_or(i64::MAX);
        total.saturating_add(offset).max(0)
    } else {
        offset
    };
    let rest = text
        .graphemes(true)
        .skip(usize::try_from(start).unwrap_or(usize::MAX));
    match usize::try_from(length) {
        // Terraform takes a length of 0 for all, too, when it has counted from the end.
        Ok(0) if offset < 0 => rest.collect(),
        Ok(length) => rest.take(length).collect(),
        Err(_) => rest.collect(),
    }
}

/// The argument at `index` as a whole number.
fn whole(args: Arguments<'_>, index: usize) -> Result<i64, FunctionError> {
    let number: &Number = args.number(index)?;
    number.to_i64().ok_or_else(|| {
        let message = format!(
            "{number} is not a whole number between {} and {}",
            i64::MIN,
            i64::MAX
        );
        FunctionError::argument(index, message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn substr_counts_clusters_and_forgives_offsets_outside() {
        for (text, offset, length, part) in [
            ("hello", 1, 100, "ello"),
            ("hello", -3, 2, "ll"),
            ("hello", -10, 2, "he"),
            ("hello", -5, -1, "hello"),
            ("hello", 6, 1, ""),
            ("hello", 0, 0, ""),
            ("hello", -3, 0, "llo"),
            ("🤷🏽‍♀️abc", 0, 1, "🤷🏽‍♀️"),
            ("a\r\nb", 1, 1, "\r\n"),
            ("", 0, 1, ""),
        ] {
            assert_eq!(
                substr(text, offset, length),
                part,
                "{text} {offset} {length}"
            );
        }
    }
}
