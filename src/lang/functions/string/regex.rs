//! `regex` and `regexall`: what a pattern finds in a string.

use std::collections::BTreeMap;

use model::{Type, Value};

use super::super::protocol::{
    Arguments, Function, FunctionError, Param, Purity, Returns, not_null,
};
use super::pattern::{Match, Pattern};

const PARAMS: &[Param] = &[Param::string("pattern"), Param::string("string")];

pub(super) const REGEX: Function = Function {
    name: "regex",
    params: PARAMS,
    variadic: None,
    returns: Returns::ByArguments(|_, args| match_type(args)),
    call: |_, args, _| {
        let pattern = compile(args)?;
        match pattern.find(args.string(1)?) {
            Some(found) => Ok(match_value(&pattern, &found)),
            None => Err(
                FunctionError::new("the pattern matches no part of the string").without_values(),
            ),
        }
    },
    refine: Some(not_null),
    purity: Purity::Pure,
    description: "what the pattern matches first in the string",
};

pub(super) const REGEXALL: Function = Function {
    name: "regexall",
    params: PARAMS,
    variadic: None,
    returns: Returns::ByArguments(|_, args| Ok(Type::list(match_type(args)?))),
    call: |_, args, ty| {
        let pattern = compile(args)?;
        let found = pattern.find_all(args.string(1)?);
        let element = ty.element().cloned().unwrap_or(Type::Dynamic);
        Ok(Value::list(
            element,
            found
                .iter()
                .map(|found| match_value(&pattern, found))
                .collect(),
        ))
    },
    refine: Some(not_null),
    purity: Purity::Pure,
    description: "all that the pattern matches in the string",
};

fn compile(args: Arguments<'_>) -> Result<std::rc::Rc<Pattern>, FunctionError> {
    Pattern::compile(args.string(0)?).map_err(|error| {
        FunctionError::argument(0, format!("{} in `{}`", error.problem, error.part))
    })
}

/// The type of a match: a string without groups, an object with names, a tuple otherwise.
fn match_type(args: Arguments<'_>) -> Result<Type, FunctionError> {
    if !args.value(0)?.is_known() {
        return Ok(Type::Dynamic);
    }
    let pattern = compile(args)?;
    let groups = pattern.groups();
    if groups.is_empty() {
        return Ok(Type::String);
    }
    let names: Vec<&String> = groups.iter().flatten().collect();
    if names.is_empty() {
        return Ok(Type::tuple(groups.iter().map(|_| Type::String)));
    }
    if names.len() < groups.len() {
        let message = "the pattern has groups with and groups without a name";
        return Err(FunctionError::argument(0, message).without_values());
    }
    Ok(Type::object(
        names.into_iter().map(|name| (name, Type::String)),
    ))
}

fn match_value(pattern: &Pattern, found: &Match<'_>) -> Value {
    let mut texts = found
        .iter()
        .map(|text| text.map_or(Value::Null(Type::String), Value::from));
    let whole = texts.next().unwrap_or(Value::Null(Type::String));
    let groups = pattern.groups();
    if groups.is_empty() {
        whole
    } else if groups.iter().all(Option::is_none) {
        Value::tuple(texts.collect())
    } else {
        // Of groups with the same name the last one counts.
        let named: BTreeMap<&String, Value> = groups.iter().flatten().zip(texts).collect();
        Value::object(named)
    }
}
