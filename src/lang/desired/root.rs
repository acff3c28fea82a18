//! Values for the root module's variables: from an environment, files, the command line.

use std::collections::{BTreeMap, BTreeSet};

use model::{Diagnostic, Diagnostics, Sources, Span, Str, Type, Value};

use super::evaluate::{settle, unknown_of};
use crate::eval;
use crate::load::{Module, Variable};
use crate::suggest::closest;
use crate::syntax;

/// A value that was given for a variable.
#[derive(Clone, Debug)]
pub struct Given {
    /// The value.
    pub value: Value,
    /// Where it was given.
    pub span: Span,
    /// By which way it came.
    pub origin: Origin,
}

/// By which way a variable's value came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The environment's `variables` or `variable_files` in `terrace.hcl`.
    Environment,
    /// A `terraform.tfvars` or `*.auto.tfvars` file.
    AutoFile,
    /// `-var`.
    CommandLine,
    /// `-var-file`.
    CommandFile,
    /// A process environment variable `TF_VAR_name`: names that are not declared are passed over.
    Process,
}

impl Origin {
    /// Whether a file says the value.
    pub fn is_file(self) -> bool {
        match self {
            Self::Environment | Self::AutoFile | Self::CommandFile => true,
            Self::CommandLine | Self::Process => false,
        }
    }
}

/// What a variable without a value is, when it has no default either.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// Wrong.
    Reported,
    /// A value that is not known: it will be given another time, or what would have given it could not be read.
    NotKnown,
}

/// Makes the values of the root module's variables from what was given, later ways having been merged over earlier
/// ones already. Names that are not declared and values of the wrong type are diagnostics, and so are missing ones
/// where `missing` says so.
pub fn assign(
    root: &Module,
    given: &BTreeMap<Str, Given>,
    missing: Missing,
) -> (BTreeMap<Str, Value>, Diagnostics) {
    let mut out = Diagnostics::new();
    // Variables that are probably meant by a name that is not declared: not to have a value is no fault of theirs.
    let mut meant: BTreeSet<&str> = BTreeSet::new();
    for (name, given) in given {
        if !root.variables.contains_key(name) && !root.broken {
            out.extend(undeclared(root, name, given));
            meant.extend(closest(name, root.variables.keys().map(Str::as_str)));
        }
    }
    let mut values = BTreeMap::new();
    for (name, variable) in &root.variables {
        let given = given
            .get(name)
            .map(|given| (given.value.clone(), given.span));
        let is_left_open = missing == Missing::NotKnown || meant.contains(name.as_str());
        if given.is_none() && variable.default.is_none() && is_left_open {
            values.insert(name.clone(), unknown_of(variable));
            continue;
        }
        let place = given.as_ref().map(|(_, span)| *span);
        let (value, diagnostics) = settle(variable, given, variable.span);
        for found in diagnostics {
            let is_secret = variable.sensitive && place.is_some_and(|place| found.is_at(place));
            out.push(if is_secret { found.conceal() } else { found });
        }
        values.insert(name.clone(), value);
    }
    (values, out)
}

/// The root module's variables when nothing is known of what they are given: all that must hold whatever it is.
pub fn unknown_variables(root: &Module) -> BTreeMap<Str, Value> {
    root.variables
        .iter()
        .map(|(name, variable)| (name.clone(), unknown_of(variable)))
        .collect()
}

fn undeclared(root: &Module, name: &Str, given: &Given) -> Diagnostics {
    let message = format!("the definition has no variable `{name}`");
    let diagnostic = match given.origin {
        Origin::Process => return Diagnostics::new(),
        Origin::AutoFile => Diagnostic::warning("undeclared-variable", message),
        Origin::Environment | Origin::CommandLine | Origin::CommandFile => {
            Diagnostic::error("undeclared-variable", message)
        }
    };
    let diagnostic = diagnostic.at(given.span, "not declared");
    let known: BTreeSet<&str> = root.variables.keys().map(Str::as_str).collect();
    match closest(name, known) {
        Some(close) => diagnostic.help(format!("did you mean `{close}`?")).into(),
        None => diagnostic
            .help(format!(
                "declare it with `variable \"{name}\" {{}}`, or take this away"
            ))
            .into(),
    }
}

/// Reads text from the command line (or a process environment variable) as a variable's value: literally for a
/// string, number, bool, or a variable without a type; otherwise as an expression without references. The text
/// becomes a source of its own, called `shown`.
pub fn parse_text(
    variable: Option<&Variable>,
    text: &str,
    shown: &str,
    sources: &mut Sources,
) -> (Value, Span, Diagnostics) {
    let file = sources.add(shown, text);
    let span = Span::new(file, 0, text.len());
    let literal = variable.is_none_or(|variable| {
        !variable.typed
            || matches!(
                variable.constraint.ty,
                Type::String | Type::Number | Type::Bool
            )
    });
    if literal {
        return (Value::string(text), span, Diagnostics::new());
    }
    let (expr, mut diagnostics) = syntax::parse_expression(file, text);
    let mut value = Value::dynamic();
    if !diagnostics.has_errors() {
        let (found, wrong) = eval::literal(&expr);
        value = found;
        diagnostics.extend(wrong);
    }
    // What is said of text that cannot be read quotes it.
    if let Some(variable) = variable.filter(|variable| variable.sensitive)
        && diagnostics.has_errors()
    {
        let message = format!("the value of variable `{}` cannot be read", variable.name);
        diagnostics = Diagnostic::error("value-type", message)
            .at(span, format!("wants {}", variable.constraint.ty))
            .help("write it as in a definition, with quotes around strings, or as JSON")
            .conceal()
            .into();
    }
    (value, span, diagnostics)
}
