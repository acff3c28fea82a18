//! `environment` blocks.

use model::{Diagnostic, Diagnostics, Span, Str, Value};

use super::{check_names, not_yet, strings};
use crate::eval;
use crate::load::Parts;
use crate::syntax::ast::{Block, Expr, ExprKind, Ident};

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

/// Reads an `environment` block.
pub(super) fn read(label: Ident, block: Block) -> (Environment, Diagnostics) {
    let mut out = Diagnostics::new();
    let mut parts = Parts::new(block.body, format!("environment `{}`", label.text));
    let mut environment = Environment {
        name: label.text,
        span: block.header,
        variables: Vec::new(),
        variable_files: Vec::new(),
        after: Vec::new(),
        verify: Vec::new(),
    };
    if let Some(attribute) = parts.attribute("variables") {
        environment.variables = variables(&attribute.expr, &mut out);
    }
    if let Some(attribute) = parts.attribute("variable_files") {
        environment.variable_files = strings(&attribute.expr, "variable_files", &mut out);
    }
    if let Some(attribute) = parts.attribute("after") {
        environment.after = strings(&attribute.expr, "after", &mut out);
    }
    if let Some(attribute) = parts.attribute("verify") {
        environment.verify = check_names(&attribute.expr, &mut out);
    }
    for name in ["promote", "protect"] {
        if let Some(attribute) = parts.attribute(name) {
            out.push(not_yet(&format!("`{name}` arguments"), attribute.name.span));
        }
    }
    for block in parts.blocks("require") {
        out.push(not_yet("`require` blocks", block.header));
    }
    out.extend(parts.finish());
    (environment, out)
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
