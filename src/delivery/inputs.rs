//! Shared inputs: values that are the same in every environment of a revision. Each is what was given for this revision,
//! else what the revision before had, else its default. Entry point: [`settle`].

use std::collections::BTreeMap;

use lang::desired::{Given, Missing, Origin, parse_text};
use lang::load::{Module, Variable};
use lang::project::Input;
use model::value::{from_json_implied, to_json};
use model::{Diagnostic, Diagnostics, Sources, Str, Value};
use serde_json::Value as Json;

use crate::project::{PROJECT_FILE, Project};

/// What inputs can have their values from.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// `--input NAME=TEXT`, by name and text, the last of a name wins.
    pub given: &'a [(String, String)],
    /// The values of the revision before.
    pub before: Option<&'a BTreeMap<String, Json>>,
    /// What an input without any value is.
    pub missing: Missing,
}

/// Finds the value of each input of the project. Names that are no inputs, inputs without a value and inputs that would
/// be secrets are diagnostics.
pub fn settle(
    project: &Project,
    root: &Module,
    asked: Asked<'_>,
    sources: &mut Sources,
) -> (BTreeMap<Str, Given>, Diagnostics) {
    let inputs = &project.file.inputs;
    let mut out = Diagnostics::new();
    let unknown = asked
        .given
        .iter()
        .filter(|(name, _)| !inputs.contains_key(name.as_str()));
    for (name, _) in unknown {
        out.push(no_input(project, name));
    }
    let mut values = BTreeMap::new();
    for (name, input) in inputs {
        let variable = root.variables.get(name);
        out.extend(
            variable
                .into_iter()
                .flat_map(|variable| secret(input, variable))
                .collect(),
        );
        let text = asked
            .given
            .iter()
            .rev()
            .find(|(given, _)| *name == given.as_str());
        if let Some((_, text)) = text {
            let (value, span, found) =
                parse_text(variable, text, &format!("--input {name}"), sources);
            out.extend(found);
            let origin = Origin::CommandLine;
            values.insert(
                name.clone(),
                Given {
                    value,
                    span,
                    origin,
                },
            );
            continue;
        }
        let before = asked.before.and_then(|before| before.get(name.as_str()));
        let value = before
            .map(from_json_implied)
            .or_else(|| input.default.clone());
        match value {
            Some(value) => {
                let given = Given {
                    value,
                    span: input.span,
                    origin: Origin::Environment,
                };
                values.insert(name.clone(), given);
            }
            None if asked.missing == Missing::Reported => out.push(no_value(input)),
            None => {}
        }
    }
    (values, out)
}

/// The values of inputs as a revision keeps them, out of the root module's variables.
pub fn as_json(project: &Project, variables: &BTreeMap<Str, Value>) -> BTreeMap<String, Json> {
    let names = project.file.inputs.keys();
    // What has no JSON, as what is unknown or sensitive, was reported by `settle` and the evaluation.
    names
        .filter_map(|name| Some((name.to_string(), to_json(variables.get(name)?).ok()?)))
        .collect()
}

fn no_input(project: &Project, name: &str) -> Diagnostic {
    let known: Vec<&str> = project.file.inputs.keys().map(Str::as_str).collect();
    let diagnostic = Diagnostic::error("unknown-input", format!("there is no input `{name}`"));
    match lang::closest(name, known.iter().copied()) {
        Some(close) => diagnostic.help(format!("did you mean `{close}`?")),
        None if known.is_empty() => diagnostic.help(format!(
            "declare it in {PROJECT_FILE}: `input \"{name}\" {{}}`, or set a variable with -var"
        )),
        None => diagnostic.note(format!("the inputs are {}", known.join(", "))),
    }
}

fn no_value(input: &Input) -> Diagnostic {
    let name = &input.name;
    Diagnostic::error("missing-input", format!("input `{name}` has no value"))
        .at(input.span, "declared here without a default")
        .help(format!(
            "give it once: --input {name}=VALUE; revisions that follow keep it"
        ))
}

/// A revision can be read by everyone who can read the record.
fn secret(input: &Input, variable: &Variable) -> Option<Diagnostic> {
    let (id, what) = match (variable.sensitive, variable.ephemeral) {
        (true, _) => ("sensitive-value", "sensitive"),
        (_, true) => ("ephemeral-misuse", "ephemeral"),
        (false, false) => return None,
    };
    let message = format!("input `{}` is a variable that is {what}", input.name);
    Some(
        Diagnostic::error(id, message)
            .at(input.span, "kept readable in every revision")
            .and_at(variable.span, format!("{what} here"))
            .help("give it to each environment as a variable"),
    )
}
