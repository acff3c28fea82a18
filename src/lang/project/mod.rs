//! Reads `terrace.hcl`: where the definition is, which environments there are, and how they are checked. Text in,
//! [`Project`] out; evaluates nothing that refers to an environment's outputs. Entry point: [`read`].
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "of many kinds only a few matter in each place here"
)]

mod calendar;
mod check;
mod environment;
mod freeze;
mod window;
mod zone;

use std::collections::BTreeMap;

use model::{Diagnostic, Diagnostics, FileId, Span, Str};

pub use calendar::{Calendar, CalendarError};
pub use check::{Check, CheckAction};
pub use environment::{Environment, GivenVariable};
pub use freeze::Freeze;
pub use window::Window;
pub use zone::Zone;

use crate::load::Parts;
use crate::reference::as_traversal;
use crate::suggest::closest;
use crate::syntax;
use crate::syntax::ast::{Expr, ExprKind};

/// What a `terrace.hcl` says.
#[derive(Debug, Default)]
pub struct Project {
    /// The project's name, when it is given one.
    pub name: Option<Str>,
    /// The definition's directory, from the project's; `.` by default.
    pub definition: Option<(Str, Span)>,
    /// Environments in the order they are written.
    pub environments: Vec<Environment>,
    /// Checks by name.
    pub checks: BTreeMap<Str, Check>,
    /// Whether the text could not be read whole, so that something it says may be missing here.
    pub broken: bool,
}

impl Project {
    /// The environment of that name.
    pub fn environment(&self, name: &str) -> Option<&Environment> {
        self.environments
            .iter()
            .find(|environment| environment.name == name)
    }
}

/// Reads the text of a `terrace.hcl`. Everything that is wrong is collected.
pub fn read(file: FileId, text: &str) -> (Project, Diagnostics) {
    let (body, mut out) = syntax::parse_body(file, text);
    let broken = out.has_errors();
    let mut parts = Parts::new(body, "terrace.hcl");
    let mut project = Project {
        name: parts.string("name").map(|(name, _)| name),
        definition: parts.string("definition"),
        broken,
        ..Project::default()
    };
    for block in parts.blocks("environment") {
        let Some(label) = one_label(
            &block.labels,
            "environment",
            block.header,
            &mut parts.diagnostics,
        ) else {
            continue;
        };
        let (environment, diagnostics) = environment::read(label.clone(), block);
        parts.diagnostics.extend(diagnostics);
        if let Some(first) = project.environment(&environment.name) {
            let (message, first) = (
                format!("environment `{}` is declared twice", environment.name),
                first.span,
            );
            parts.diagnostics.push(
                Diagnostic::error("duplicate-definition", message)
                    .at(environment.span, "declared again here")
                    .and_at(first, "first declared here"),
            );
            continue;
        }
        project.environments.push(environment);
    }
    for block in parts.blocks("check") {
        let Some(label) = one_label(&block.labels, "check", block.header, &mut parts.diagnostics)
        else {
            continue;
        };
        let (check, diagnostics) = check::read(label.clone(), block);
        parts.diagnostics.extend(diagnostics);
        let Some(check) = check else { continue };
        if let Some(first) = project.checks.get(&check.name) {
            let (message, first) = (
                format!("check `{}` is declared twice", check.name),
                first.span,
            );
            parts.diagnostics.push(
                Diagnostic::error("duplicate-definition", message)
                    .at(check.span, "declared again here")
                    .and_at(first, "first declared here"),
            );
            continue;
        }
        project.checks.insert(check.name.clone(), check);
    }
    for kind in ["heal", "input"] {
        for block in parts.blocks(kind) {
            parts
                .diagnostics
                .push(not_yet(&format!("`{kind}` blocks"), block.header));
        }
    }
    out.extend(parts.finish());
    out.extend(references(&project));
    out.sort();
    (project, out)
}

/// What the pipeline's later steps will read.
fn not_yet(what: &str, span: Span) -> Diagnostic {
    Diagnostic::warning("unsupported", format!("{what} have no effect yet")).at(span, "")
}

fn one_label<'l>(
    labels: &'l [syntax::ast::Ident],
    kind: &str,
    header: Span,
    out: &mut Diagnostics,
) -> Option<&'l syntax::ast::Ident> {
    let [label] = labels else {
        let message = format!("`{kind}` has {} labels instead of 1", labels.len());
        out.push(
            Diagnostic::error("syntax", message)
                .at(header, "")
                .help(format!("write `{kind} \"NAME\" {{ .. }}`")),
        );
        return None;
    };
    if !is_name(&label.text) {
        out.push(
            Diagnostic::error(
                "invalid-identifier",
                format!("`{}` is not a name", label.text),
            )
            .at(label.span, "")
            .help("a name has letters, digits, `-`, `_` and `.`"),
        );
        return None;
    }
    Some(label)
}

/// Whether text can name an environment or a check: ASCII letters, digits, `-`, `_` and `.`.
pub fn is_name(text: &str) -> bool {
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    !text.is_empty() && text.chars().all(good) && !text.starts_with(['.', '-'])
}

/// Reports names that lead nowhere, and environments that come after each other in a circle.
fn references(project: &Project) -> Diagnostics {
    let mut out = Diagnostics::new();
    for environment in &project.environments {
        for (name, span) in &environment.after {
            if project.environment(name).is_none() {
                let known = project.environments.iter().map(|known| known.name.as_str());
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
        .find(|one| comes_after_itself(project, one))
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

fn comes_after_itself(project: &Project, environment: &Environment) -> bool {
    let mut queue: Vec<&Str> = environment.after.iter().map(|(name, _)| name).collect();
    let mut seen: Vec<&Str> = Vec::new();
    while let Some(name) = queue.pop() {
        if *name == environment.name {
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
        None => diagnostic.help(format!("there are {}", known.join(", "))),
    }
}

/// The items of a list of strings.
fn strings(expr: &Expr, what: &str, out: &mut Diagnostics) -> Vec<(Str, Span)> {
    let ExprKind::Tuple(items) = &expr.kind else {
        out.push(
            Diagnostic::error("value-type", format!("`{what}` is a list"))
                .at(expr.span, "")
                .help(format!("write `{what} = [\"..\"]`")),
        );
        return Vec::new();
    };
    let mut found = Vec::new();
    for item in items {
        match &item.kind {
            ExprKind::Literal(value) if value.as_str().is_some() => {
                found.extend(value.as_str().map(|text| (text.clone(), item.span)));
            }
            _ => out
                .push(Diagnostic::error("value-type", "a string is wanted here").at(item.span, "")),
        }
    }
    found
}

/// The items of a list of `check.NAME`.
fn check_names(expr: &Expr, out: &mut Diagnostics) -> Vec<(Str, Span)> {
    let ExprKind::Tuple(items) = &expr.kind else {
        out.push(
            Diagnostic::error("value-type", "`verify` is a list of checks")
                .at(expr.span, "")
                .help("write `verify = [check.health]`"),
        );
        return Vec::new();
    };
    let mut found = Vec::new();
    for item in items {
        let name = as_traversal(item).and_then(|(root, steps)| match steps {
            [step] if root.text == "check" => match &step.kind {
                syntax::ast::TraversalKind::Attribute(name) => Some(name.clone()),
                syntax::ast::TraversalKind::Index(value) => value.as_str().cloned(),
            },
            _ => None,
        });
        match name {
            Some(name) => found.push((name, item.span)),
            None => out.push(
                Diagnostic::error("unknown-reference", "a check is wanted here")
                    .at(item.span, "")
                    .help("write `check.NAME`"),
            ),
        }
    }
    found
}
