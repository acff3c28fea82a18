//! References: what the words at the start of a traversal name (`var.x`, `data.t.n`, `module.c.out`).
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "of many kinds only a few matter in each place here"
)]

use model::address::Mode;
use model::{Diagnostic, Span, Str, Value};

use crate::load::ResourceName;
use crate::syntax::ast::{Expr, ExprKind, Ident, TraversalKind, TraversalStep};

/// What a traversal refers to, and where it is written.
#[derive(Clone, Debug)]
pub struct Reference {
    /// What it names.
    pub subject: Subject,
    /// The traversal.
    pub span: Span,
}

/// What the start of a traversal names, in the module it is written in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// `var.NAME`.
    Variable(Str),
    /// `local.NAME`.
    Local(Str),
    /// `TYPE.NAME`, `data.TYPE.NAME`, `ephemeral.TYPE.NAME`.
    Resource(ResourceName),
    /// `module.NAME`, all of it.
    Module(Str),
    /// `module.NAME[..].OUTPUT`.
    Output(Str, Str),
    /// `path.module`, `path.root`, `path.cwd`.
    Path(Str),
    /// `terraform.workspace`, `terraform.applying`.
    Terraform(Str),
    /// `count.index`.
    CountIndex,
    /// `each.key`.
    EachKey,
    /// `each.value`.
    EachValue,
    /// `self`.
    This,
}

/// Finds what a traversal names, and how many of its steps belong to the name.
///
/// # Errors
/// A diagnostic when the words cannot name anything.
#[expect(
    clippy::too_many_lines,
    reason = "one thing after the other; in pieces it would read worse"
)]
pub fn subject(root: &Ident, steps: &[TraversalStep]) -> Result<(Subject, usize), Diagnostic> {
    let name = |at: usize| match steps.get(at).map(|step| &step.kind) {
        Some(TraversalKind::Attribute(name)) => Some(name.clone()),
        _ => None,
    };
    let place = steps
        .iter()
        .fold(root.span, |span, step| span.to(step.span));
    let incomplete = |what: &str, example: &str| {
        Diagnostic::error(
            "unknown-reference",
            format!("`{}` alone names nothing", root.text),
        )
        .at(place, format!("{what} is missing"))
        .help(format!("write for example `{example}`"))
    };
    let resource = |mode: Mode, at: usize, rtype: Str| {
        match name(at) {
        Some(name) => Ok((Subject::Resource(ResourceName { mode, rtype, name }), at + 1)),
        None => Err(Diagnostic::error("unknown-reference", format!("`{}` alone names nothing", root.text))
            .at(place, "a resource is named by its type and its name")
            .help("references have the form `var.NAME`, `local.NAME`, `module.NAME.OUTPUT` or `TYPE.NAME`")),
    }
    };
    match root.text.as_str() {
        "var" => name(0)
            .map(|n| (Subject::Variable(n), 1))
            .ok_or_else(|| incomplete("a variable's name", "var.size")),
        "local" => name(0)
            .map(|n| (Subject::Local(n), 1))
            .ok_or_else(|| incomplete("a local's name", "local.tags")),
        "path" => match name(0) {
            Some(n) if matches!(n.as_str(), "module" | "root" | "cwd") => Ok((Subject::Path(n), 1)),
            _ => Err(incomplete("one of `module`, `root`, `cwd`", "path.module")),
        },
        "terraform" | "tofu" => match name(0) {
            Some(n) if matches!(n.as_str(), "workspace" | "applying") => {
                Ok((Subject::Terraform(n), 1))
            }
            _ => Err(incomplete(
                "one of `workspace`, `applying`",
                "terraform.workspace",
            )),
        },
        "count" => match name(0) {
            Some(n) if n == "index" => Ok((Subject::CountIndex, 1)),
            _ => Err(incomplete("`index`", "count.index")),
        },
        "each" => match name(0) {
            Some(n) if n == "key" => Ok((Subject::EachKey, 1)),
            Some(n) if n == "value" => Ok((Subject::EachValue, 1)),
            _ => Err(incomplete("`key` or `value`", "each.key")),
        },
        "self" => Ok((Subject::This, 0)),
        "module" => {
            let call =
                name(0).ok_or_else(|| incomplete("a module call's name", "module.network"))?;
            let indexed = matches!(
                steps.get(1).map(|step| &step.kind),
                Some(TraversalKind::Index(_))
            );
            match name(if indexed { 2 } else { 1 }) {
                // Only the call belongs to the name: the rest is an index and an attribute of its value.
                Some(output) => Ok((Subject::Output(call, output), 1)),
                None => Ok((Subject::Module(call), 1)),
            }
        }
        "data" | "ephemeral" => {
            let mode = if root.text == "data" {
                Mode::Data
            } else {
                Mode::Ephemeral
            };
            let rtype =
                name(0).ok_or_else(|| incomplete("a type and a name", "data.local_file.motd"))?;
            resource(mode, 1, rtype)
        }
        "resource" => {
            let rtype = name(0)
                .ok_or_else(|| incomplete("a type and a name", "resource.local_file.motd"))?;
            resource(Mode::Managed, 1, rtype)
        }
        _ => resource(Mode::Managed, 0, root.text.clone()),
    }
}

/// The traversal that an expression is, looking through one pair of `"${..}"` (as JSON syntax has it).
pub fn as_traversal(expr: &Expr) -> Option<(&Ident, &[TraversalStep])> {
    match &expr.kind {
        ExprKind::Traversal { root, steps } => Some((root, steps)),
        ExprKind::Wrap(inner) | ExprKind::Paren(inner) => as_traversal(inner),
        _ => None,
    }
}

/// The literal key of an index step.
pub fn index_key(step: &TraversalStep) -> Option<&Value> {
    match &step.kind {
        TraversalKind::Index(value) => Some(value),
        TraversalKind::Attribute(_) => None,
    }
}
