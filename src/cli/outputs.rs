//! `terrace output`: the recorded root outputs of an environment.

use model::{Diagnostic, Diagnostics};

use super::args::OutputArgs;
use super::invocation::Invocation;
use super::output::state::{output, output_json, output_raw, outputs, outputs_json};
use super::output::write;
use super::prepare::open;
use super::record;
use crate::cli::invocation::exit::ExitCode;
use crate::cli::record::views;

/// Why there may be none.
const NO_OUTPUTS: &str = "nothing is applied yet, or nothing has an output";

/// Runs the command.
pub fn run(invocation: &Invocation, args: &OutputArgs) -> ExitCode {
    let (project, _) = match open(invocation) {
        Ok(opened) => opened,
        Err(refused) => return refused.report(invocation),
    };
    let named = args.subject(|name| project.has_environment(name));
    let refuse = |diagnostic: Diagnostic| {
        let diagnostics = Diagnostics::from(diagnostic);
        invocation.report(&diagnostics, &project.sources, "", false);
        ExitCode::of(&diagnostics)
    };
    // Where there are several environments, the one word that stands alone should name one.
    let several = project.environments().len() > 1;
    let alone = named.rest.as_deref().filter(|_| several);
    let environment = match project.environment(named.environment.as_deref().or(alone)) {
        Ok(environment) => environment,
        Err(error) => return refuse(error.diagnostic()),
    };
    let recorded = match record::recorded(&project, &environment) {
        Ok(recorded) => recorded,
        Err(error) => return record::report(invocation, &error),
    };
    let all = views::outputs(&recorded);
    let text = match &named.rest {
        None if args.json => format!("{:#}\n", outputs_json(&all)),
        None if args.raw => {
            return refuse(
                Diagnostic::error("missing-argument", "`--raw` needs the name of an output")
                    .help(format!("write terrace output {environment} NAME --raw")),
            );
        }
        None if all.is_empty() => {
            let message = format!("`{environment}` has no outputs");
            return refuse(Diagnostic::warning("missing-value", message).help(NO_OUTPUTS));
        }
        None => outputs(&all, invocation.stdout),
        Some(name) => {
            let Some(one) = all.iter().find(|one| *one.name == *name.as_str()) else {
                let known: Vec<&str> = all.iter().map(|one| one.name.as_str()).collect();
                return refuse(no_such(&environment, name, &known, args.json));
            };
            if args.json {
                format!("{}\n", output_json(one))
            } else if args.raw {
                match output_raw(one) {
                    Some(text) => text,
                    None => {
                        let found = one.value.ty().friendly();
                        let article = match found.starts_with(['a', 'e', 'i', 'o', 'u']) {
                            true => "an",
                            false => "a",
                        };
                        return refuse(
                            Diagnostic::error(
                                "value-type",
                                format!(
                                    "output `{name}` is {article} {found}, which has no bare text"
                                ),
                            )
                            .help("use --json"),
                        );
                    }
                }
            } else {
                output(one, invocation.stdout)
            }
        }
    };
    match write::answer(&text) {
        Ok(()) => ExitCode::Done,
        Err(_) => ExitCode::Failed,
    }
}

/// What is said where there is no output of that name. Where there are none at all it is, as with Terraform, no error
/// but with `--json`: a script that looks before anything is applied goes on.
fn no_such(environment: &str, name: &str, known: &[&str], json: bool) -> Diagnostic {
    if known.is_empty() && !json {
        let message = format!("`{environment}` has no outputs");
        return Diagnostic::warning("missing-value", message).help(NO_OUTPUTS);
    }
    let message = format!("`{environment}` has no output `{name}`");
    let diagnostic = Diagnostic::error("missing-value", message);
    match lang::closest(name, known.iter().copied()) {
        Some(close) => diagnostic.help(format!("did you mean `{close}`?")),
        None if known.is_empty() => diagnostic.help(NO_OUTPUTS),
        None => diagnostic.help(format!("it has {}", known.join(", "))),
    }
}
