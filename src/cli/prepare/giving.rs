//! Gives the root module's variables their values: from files, the process and the command line, from what was applied
//! last, from inputs, and from answers of the one who runs it.

use std::collections::BTreeMap;
use std::path::Path;

use delivery::Project;
use delivery::inputs::{Asked, settle};
use delivery::variables::{Argument, Places, collect, share};
use lang::desired::{Missing, Origin, assign, parse_text};
use lang::load::Module;
use model::{Diagnostics, Sources, Span, Str, Value};

use crate::cli::args::Given;
use crate::cli::invocation::Invocation;
use crate::cli::output::hidden::Hidden;
use crate::cli::output::prompt;
use crate::cli::prepare::applied;
use crate::cli::prepare::revised::{self, Content};
use crate::cli::prepare::{Refused, Wanted, Wants};

/// What gives an environment's variables their values.
pub(in crate::cli) struct Giving<'g> {
    pub(in crate::cli) invocation: &'g Invocation,
    pub(in crate::cli) project: &'g Project,
    pub(in crate::cli) environment: &'g Str,
    pub(in crate::cli) wanted: Wanted<'g>,
    pub(in crate::cli) content: Option<&'g Content>,
    /// The variables of what was applied last.
    pub(in crate::cli) applied: Option<&'g BTreeMap<Str, Value>>,
}

/// The root module's variables.
#[derive(Default)]
pub(in crate::cli) struct Variables {
    /// Their values.
    pub(in crate::cli) values: BTreeMap<Str, Value>,
    /// Where files say them.
    pub(in crate::cli) given_at: BTreeMap<Str, Span>,
}

impl Giving<'_> {
    /// The root module's variables. What is wrong with them is added to `warnings`, with what is wrong so far.
    pub(in crate::cli) fn variables(
        &self,
        root: &Module,
        sources: &mut Sources,
        warnings: &mut Diagnostics,
    ) -> Result<Variables, Refused> {
        let arguments: Vec<Argument> = self
            .wanted
            .given
            .iter()
            .map(|given| argument(given, &self.invocation.base))
            .collect();
        let places = Places {
            project: self.project,
            environment: self.environment,
            process: self.invocation.process.tf_vars(),
            arguments: &arguments,
        };
        if let (Some(variables), Some(content)) = (self.applied, self.content) {
            let given = applied::given(root, variables, &content.manifest.inputs, || {
                collect(&places, root, sources).0
            });
            let (assigned, found) = assign(root, &given, Missing::Reported);
            warnings.extend(found);
            return Ok(Variables {
                values: assigned,
                given_at: BTreeMap::new(),
            });
        }
        let (mut given, mut found) = collect(&places, root, sources);
        if self.wanted.wants == Wants::Definition {
            self.say_overridden(&places, &given, sources);
        }
        let before = match self.content {
            Some(content) => Some(content.manifest.inputs.clone()),
            None => revised::inputs_before(self.project)?,
        };
        let asked = Asked {
            given: self.wanted.inputs,
            before: before.as_ref(),
            missing: Missing::Reported,
        };
        found.extend(share_inputs(self.project, root, asked, &mut given, sources));
        // What could not be read may have given what is missing. What an environment gave that is not declared any more
        // is gone.
        let need_not_be = self.wanted.wants == Wants::Checks
            || self.project.undeclared(self.environment).is_some();
        let missing = if found.has_errors() || need_not_be {
            Missing::NotKnown
        } else {
            Missing::Reported
        };
        warnings.extend(found);
        let ask_for = self.wanted.ask && missing == Missing::Reported;
        if ask_for && self.invocation.is_interactive() && !warnings.has_errors() {
            ask(self.invocation, root, &mut given, sources);
        }
        let (assigned, found) = assign(root, &given, missing);
        warnings.extend(found);
        let in_files = given
            .into_iter()
            .filter(|(_, given)| given.origin.is_file());
        Ok(Variables {
            values: assigned,
            given_at: in_files.map(|(name, given)| (name, given.span)).collect(),
        })
    }

    /// Says which `TF_VAR_name` have no effect, because `terrace.hcl` or a file it names sets the variable.
    fn say_overridden(
        &self,
        places: &Places<'_>,
        given: &BTreeMap<Str, lang::desired::Given>,
        sources: &Sources,
    ) {
        for name in places.process.keys() {
            let Some(other) = given.get(name.as_str()) else {
                continue;
            };
            if other.origin != Origin::Environment {
                continue;
            }
            let place = sources.place(other.span);
            let place = place.map_or_else(String::new, |place| format!(" in {place}"));
            let environment = self.environment;
            self.invocation.say(&format!(
                "hint: TF_VAR_{name} has no effect: {environment} sets `{name}`{place}\n"
            ));
        }
    }
}

/// Gives the variables the values of inputs.
fn share_inputs(
    project: &Project,
    root: &Module,
    asked: Asked<'_>,
    given: &mut BTreeMap<Str, lang::desired::Given>,
    sources: &mut Sources,
) -> Diagnostics {
    let (inputs, mut found) = settle(project, root, asked, sources);
    found.extend(share(given, inputs));
    found
}

/// `base` is the path to the directory that paths are relative to.
fn argument(given: &Given, base: &Path) -> Argument {
    match given {
        Given::Variable { name, value } => Argument::Variable {
            name: name.clone(),
            text: value.clone(),
        },
        Given::File(path) => Argument::File(base.join(path)),
    }
}

/// Asks for required variables that were not given.
fn ask(
    invocation: &Invocation,
    root: &Module,
    given: &mut BTreeMap<Str, lang::desired::Given>,
    sources: &mut Sources,
) {
    for variable in root
        .variables
        .values()
        .filter(|variable| variable.default.is_none())
    {
        if given.contains_key(&variable.name) {
            continue;
        }
        let description = variable.description.clone().unwrap_or_default();
        let _hidden = variable.sensitive.then(Hidden::begin);
        let (mut input, mut output) = (std::io::stdin().lock(), std::io::stderr());
        let answer = prompt::variable(
            &variable.name,
            &description,
            invocation.stderr,
            &mut input,
            &mut output,
        );
        let Ok(Some(text)) = answer else { return };
        let shown = format!("answer for {}", variable.name);
        let (value, span, _) = parse_text(Some(variable), &text, &shown, sources);
        let origin = Origin::CommandLine;
        given.insert(
            variable.name.clone(),
            lang::desired::Given {
                value,
                span,
                origin,
            },
        );
    }
}
