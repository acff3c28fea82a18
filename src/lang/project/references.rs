//! What the blocks of `terrace.hcl` say of each other: names that lead nowhere, circles, rules that cannot be met.

use model::{Diagnostic, Diagnostics, Span, Str};

use super::{Environment, Project, require};
use crate::suggest::closest;

/// Reports what does not fit together.
pub(super) fn check(project: &Project) -> Diagnostics {
    let mut out = names(project);
    for environment in &project.environments {
        let is_first = environment.after.is_empty();
        out.extend(require::impossible(
            &environment.require,
            is_first,
            &project.groups,
        ));
        out.extend(set_inputs(project, environment));
    }
    out
}

/// Reports variables of an environment that are inputs.
fn set_inputs(project: &Project, environment: &Environment) -> Diagnostics {
    let set = environment.variables.iter().filter_map(|variable| {
        let input = project.inputs.get(&variable.name)?;
        Some((variable, input))
    });
    set.map(|(variable, input)| {
        Diagnostic::error(
            "shared-input",
            format!(
                "environment `{}` sets `{}`, which is an input",
                environment.name, variable.name
            ),
        )
        .at(variable.span, "set here")
        .and_at(input.span, "the same in every environment")
        .help("take one of them away")
    })
    .collect()
}

/// Reports names that lead nowhere, and environments that come after each other in a circle.
fn names(project: &Project) -> Diagnostics {
    let mut out = Diagnostics::new();
    for environment in &project.environments {
        for (name, span) in &environment.after {
            if project.environment(name).is_none() {
                // What comes after this one cannot come before it.
                let known = project.environments.iter().filter(|known| {
                    known.name != environment.name
                        && !comes_after(project, known, &environment.name)
                });
                let known = known.map(|known| known.name.as_str());
                out.push(missing(
                    "unknown-environment",
                    "environment",
                    name,
                    *span,
                    known,
                ));
            }
        }
        for (name, span) in &environment.verify {
            if !project.checks.contains_key(name) {
                let known = project.checks.keys().map(Str::as_str);
                out.push(missing("unknown-reference", "check", name, *span, known));
            }
        }
    }
    if let Some(environment) = project
        .environments
        .iter()
        .find(|one| comes_after(project, one, &one.name))
    {
        let span = environment
            .after
            .first()
            .map_or(environment.span, |(_, span)| *span);
        out.push(
            Diagnostic::error(
                "cycle",
                format!("environment `{}` comes after itself", environment.name),
            )
            .at(span, "")
            .help("take one of the `after` of the circle away"),
        );
    }
    out
}

/// Whether an environment comes after the one of that name, directly or by way of others.
fn comes_after(project: &Project, environment: &Environment, before: &Str) -> bool {
    let mut queue: Vec<&Str> = environment.after.iter().map(|(name, _)| name).collect();
    let mut seen: Vec<&Str> = Vec::new();
    while let Some(name) = queue.pop() {
        if name == before {
            return true;
        }
        if !seen.contains(&name) {
            seen.push(name);
            queue.extend(
                project
                    .environment(name)
                    .into_iter()
                    .flat_map(|found| &found.after)
                    .map(|(name, _)| name),
            );
        }
    }
    false
}

fn missing<'k>(
    id: &'static str,
    what: &str,
    name: &str,
    span: Span,
    known: impl Iterator<Item = &'k str>,
) -> Diagnostic {
    let known: Vec<&str> = known.collect();
    let diagnostic =
        Diagnostic::error(id, format!("there is no {what} `{name}`")).at(span, "not declared");
    match closest(name, known.iter().copied()) {
        Some(close) => diagnostic.help(format!("did you mean `{close}`?")),
        None if known.is_empty() => {
            diagnostic.help(format!("declare `{what} \"{name}\" {{ .. }}`"))
        }
        None if known.len() == 1 => diagnostic.help(format!("there is {}", known.concat())),
        None => diagnostic.help(format!("there are {}", known.join(", "))),
    }
}
