//! `environment` blocks.

use model::serial::PlanId;
use model::{Diagnostic, Diagnostics, Pattern, Span, Str, Value};

use super::argument::{choice, instances, strings};
use super::require::Require;
use super::{no_labels, require};
use crate::eval;
use crate::load::Parts;
use crate::reference::as_traversal;
use crate::syntax::ast::{Block, Expr, ExprKind, Ident, TraversalKind};

/// An environment as declared.
#[derive(Debug)]
pub struct Environment {
    /// Its name.
    pub name: Str,
    /// The block's header.
    pub span: Span,
    /// Values given for variables in the block.
    pub variables: Vec<GivenVariable>,
    /// Variable files, from the project's directory, in the order they are read.
    pub variable_files: Vec<(Str, Span)>,
    /// Environments that come before it in the pipeline.
    pub after: Vec<(Str, Span)>,
    /// Checks that run after an apply.
    pub verify: Vec<(Str, Span)>,
    /// Whether a revision comes by itself when it may.
    pub promote: Promote,
    /// What must not be destroyed or replaced.
    pub protect: Vec<(Pattern, Span)>,
    /// What must be true before a revision comes.
    pub require: Require,
}

/// How a revision comes to an environment when all that is required is met.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Promote {
    /// By itself.
    #[default]
    Auto,
    /// When a person says so.
    Manual,
}

/// A value given for a variable.
#[derive(Debug)]
pub struct GivenVariable {
    /// The variable's name.
    pub name: Str,
    /// The value.
    pub value: Value,
    /// Where its name and value stand.
    pub span: Span,
}

const PROMOTE: &[(&str, Promote)] = &[("auto", Promote::Auto), ("manual", Promote::Manual)];

/// Reads an `environment` block.
pub(super) fn read(label: Ident, block: Block) -> (Option<Environment>, Diagnostics) {
    let mut out = Diagnostics::new();
    if let Some(reserved) = reserved(&label) {
        out.push(reserved);
    }
    let mut parts = Parts::new(block.body, format!("environment `{}`", label.text));
    let mut environment = Environment {
        name: label.text,
        span: block.header,
        variables: Vec::new(),
        variable_files: strings(&mut parts, "variable_files").unwrap_or_default(),
        after: strings(&mut parts, "after").unwrap_or_default(),
        verify: Vec::new(),
        promote: choice(&mut parts, "promote", PROMOTE).unwrap_or_default(),
        protect: instances(&mut parts, "protect", "instances are protected"),
        require: Require::default(),
    };
    if let Some(attribute) = parts.attribute("variables") {
        environment.variables = variables(&attribute.expr, &mut out);
    }
    if let Some(attribute) = parts.attribute("verify") {
        environment.verify = check_names(&attribute.expr, &mut out);
    }
    if let Some(block) = parts.block("require") {
        no_labels("require", &block.labels, block.header, &mut out);
        let (require, diagnostics) = require::read(&environment.name, block);
        environment.require = require;
        out.extend(diagnostics);
    }
    out.extend(parts.finish());
    (Some(environment), out)
}

/// Refuses a name that commands take for something else.
fn reserved(label: &Ident) -> Option<Diagnostic> {
    let other = means_something_else(&label.text)?;
    Some(
        Diagnostic::error(
            "invalid-identifier",
            format!("an environment cannot be called `{}`", label.text),
        )
        .at(label.span, format!("to commands this is {other}"))
        .help("give it another name, such as `test`"),
    )
}

/// What commands take a word for that could be an environment's name otherwise: a revision, a plan, or the word `run`;
/// none for all others.
pub fn means_something_else(name: &str) -> Option<&'static str> {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit());
    if is_number(name) || name.strip_prefix('r').is_some_and(is_number) {
        return Some("a revision");
    }
    if name.parse::<PlanId>().is_ok() {
        return Some("a plan");
    }
    (name == "run").then_some("the word in `terrace show run 1`")
}

/// The entries of an object of literals, each with the place of its value.
fn variables(expr: &Expr, out: &mut Diagnostics) -> Vec<GivenVariable> {
    let ExprKind::Object(items) = &expr.kind else {
        out.push(
            Diagnostic::error("value-type", "`variables` is an object")
                .at(expr.span, "")
                .help("write `variables = { name = value }`"),
        );
        return Vec::new();
    };
    let mut found: Vec<GivenVariable> = Vec::new();
    for item in items {
        let ExprKind::Literal(Value::String(name)) = &item.key.kind else {
            out.push(
                Diagnostic::error("value-type", "a variable's name is wanted here")
                    .at(item.key.span, ""),
            );
            continue;
        };
        let (value, diagnostics) = eval::literal(&item.value);
        out.extend(diagnostics);
        if found.iter().any(|known| known.name == *name) {
            out.push(
                Diagnostic::error(
                    "duplicate-argument",
                    format!("variable `{name}` is given twice"),
                )
                .at(item.key.span, ""),
            );
            continue;
        }
        found.push(GivenVariable {
            name: name.clone(),
            value,
            span: item.key.span.to(item.value.span),
        });
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
                TraversalKind::Attribute(name) => Some(name.clone()),
                TraversalKind::Index(value) => value.as_str().cloned(),
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
