//! Functions on the two ends of a string: what it starts and ends with, and taking that away.

use model::{Type, Value};

use super::super::protocol::{Function, Param, Purity, Returns, not_null};
use super::super::text_function::text_function;

pub(super) const CHOMP: Function = text_function(
    "chomp",
    &[Param::string("str")],
    |_, args, _| {
        Ok(Value::string(
            args.string(0)?.trim_end_matches(['\r', '\n']),
        ))
    },
    "the string without the line ends it ends with",
);

pub(super) const TRIM: Function = text_function(
    "trim",
    &[Param::string("str"), Param::string("cutset")],
    |_, args, _| {
        let unwanted = args.string(1)?;
        Ok(Value::string(
            args.string(0)?.trim_matches(|c| unwanted.contains(c)),
        ))
    },
    "the string without those of its first and last characters that are in the set",
);

pub(super) const TRIMPREFIX: Function = text_function(
    "trimprefix",
    &[Param::string("str"), Param::string("prefix")],
    |_, args, _| {
        let text = args.string(0)?;
        Ok(Value::string(
            text.strip_prefix(args.string(1)?.as_str()).unwrap_or(text),
        ))
    },
    "the string without the prefix, if it starts with it",
);

pub(super) const TRIMSUFFIX: Function = text_function(
    "trimsuffix",
    &[Param::string("str"), Param::string("suffix")],
    |_, args, _| {
        let text = args.string(0)?;
        Ok(Value::string(
            text.strip_suffix(args.string(1)?.as_str()).unwrap_or(text),
        ))
    },
    "the string without the suffix, if it ends with it",
);

pub(super) const TRIMSPACE: Function = text_function(
    "trimspace",
    &[Param::string("str")],
    |_, args, _| Ok(Value::string(args.string(0)?.trim())),
    "the string without the white space at its ends",
);

pub(super) const STARTSWITH: Function = Function {
    name: "startswith",
    params: &[Param::string("str").unknown(), Param::string("prefix")],
    variadic: None,
    returns: Returns::Always(|| Type::Bool),
    call: |_, args, _| {
        let prefix = args.string(1)?;
        let text = args.value(0)?;
        if let Some(text) = text.as_str() {
            return Ok(Value::Bool(text.starts_with(prefix.as_str())));
        }
        // What is known of the beginning may be enough.
        let known = text.range().prefix.unwrap_or_default();
        Ok(if known.starts_with(prefix.as_str()) {
            Value::Bool(true)
        } else if known.len() >= prefix.len() {
            Value::Bool(false)
        } else {
            Value::unknown(Type::Bool)
        })
    },
    refine: Some(not_null),
    purity: Purity::Pure,
    description: "whether the string starts with the prefix",
};

pub(super) const ENDSWITH: Function = Function {
    name: "endswith",
    params: &[Param::string("str"), Param::string("suffix")],
    variadic: None,
    returns: Returns::Always(|| Type::Bool),
    call: |_, args, _| {
        Ok(Value::Bool(
            args.string(0)?.ends_with(args.string(1)?.as_str()),
        ))
    },
    refine: Some(not_null),
    purity: Purity::Pure,
    description: "whether the string ends with the suffix",
};

pub(super) const STRCONTAINS: Function = Function {
    name: "strcontains",
    params: &[Param::string("str"), Param::string("substr")],
    variadic: None,
    returns: Returns::Always(|| Type::Bool),
    call: |_, args, _| {
        Ok(Value::Bool(
            args.string(0)?.contains(args.string(1)?.as_str()),
        ))
    },
    // Terraform, too, does not say of this one that it is never null.
    refine: None,
    purity: Purity::Pure,
    description: "whether the second string is anywhere in the first",
};
