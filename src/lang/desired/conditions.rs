//! Preconditions, postconditions, validations and assertions.

use model::value::convert;
use model::{Diagnostic, Diagnostics, Marks, Severity, Type, Value};

use super::{Desired, Phase};
use crate::eval::{Scope, evaluate, kind_of, references, with_values_of};
use crate::graph::{NodeId, NodeKind};
use crate::load::{Check, Condition};
use crate::syntax::ast::Expr;

/// What became of conditions that were evaluated together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// All hold.
    #[default]
    Holds,
    /// One depends on values that are not known yet.
    NotKnown,
    /// One does not hold, or could not be evaluated; it was reported.
    Fails,
}

impl Desired {
    /// Evaluates the assertions of a `check` node in every instance of its module. What fails is a warning, as is, in a
    /// plan, what can be told only after its apply.
    pub fn assertions(&self, node: NodeId) -> (Verdict, Diagnostics) {
        let mut out = Diagnostics::new();
        let mut verdict = Verdict::Holds;
        let Some(module) = self.graph.node(node).map(|node| node.module) else {
            return (verdict, out);
        };
        for addr in self.module_instances(module) {
            let Some((values, declared, NodeKind::Check(name))) = self.place(node, addr) else {
                continue;
            };
            let Some(Check { asserts, .. }) = declared.checks.get(name) else {
                continue;
            };
            let what = match addr.is_root() {
                true => format!("check `{name}`"),
                false => format!("check `{name}` in {addr}"),
            };
            let lookup = self.lookup_in(values);
            for assert in asserts {
                let found = check_one(assert, &lookup, &what, Severity::Warning, &mut out);
                verdict = verdict.max(found);
                if found == Verdict::NotKnown && self.settings.phase == Phase::Plan {
                    let message = format!("{what} can be told only after the apply");
                    let span = assert.condition.span;
                    out.push(
                        Diagnostic::warning("condition-not-known", message)
                            .at(span, "this is not known yet"),
                    );
                }
            }
        }
        (verdict, out)
    }
}

/// Evaluates conditions; `what` is how messages call the thing they belong to, `severity` what a failure is.
pub(super) fn check(
    conditions: &[Condition],
    scope: &dyn Scope,
    what: &str,
    severity: Severity,
    out: &mut Diagnostics,
) -> Verdict {
    conditions
        .iter()
        .map(|condition| check_one(condition, scope, what, severity, out))
        .max()
        .unwrap_or_default()
}

fn check_one(
    condition: &Condition,
    scope: &dyn Scope,
    what: &str,
    severity: Severity,
    out: &mut Diagnostics,
) -> Verdict {
    let expr = &condition.condition;
    let mut push = |mut diagnostic: Diagnostic| {
        diagnostic.severity = severity;
        out.push(diagnostic);
        Verdict::Fails
    };
    let mut used = Vec::new();
    references(expr, &mut used);
    if used.is_empty() {
        return push(
            Diagnostic::error("constant-condition", "the condition refers to nothing")
                .at(expr.span, "always the same")
                .help("refer to at least one object of the definition"),
        );
    }
    let (value, diagnostics) = evaluate(expr, scope);
    if diagnostics.has_errors() {
        // Not to be evaluated is an error also where not to hold is a warning.
        out.extend(diagnostics);
        return Verdict::Fails;
    }
    let (value, _) = value.unmark();
    if !value.is_known() {
        return Verdict::NotKnown;
    }
    match convert(&value, &Type::Bool) {
        Ok(Value::Bool(true)) => Verdict::Holds,
        Ok(Value::Bool(false)) => {
            let message = error_message(&condition.error_message, scope);
            let failed = Diagnostic::error(
                "condition-failed",
                format!("{what}: {}", message.trim_end()),
            );
            push(with_values_of(
                failed.at(expr.span, "this is false"),
                expr,
                scope,
            ))
        }
        _ => push(
            Diagnostic::error("value-type", "the condition is neither true nor false")
                .at(expr.span, format!("this is {}", kind_of(&value))),
        ),
    }
}

fn error_message(expr: &Expr, scope: &dyn Scope) -> String {
    let (value, diagnostics) = evaluate(expr, scope);
    let hidden = |reason: &str| format!("it does not hold (its error message {reason})");
    if diagnostics.has_errors() {
        return hidden("could not be evaluated");
    }
    let (value, marks) = value.unmark_deep();
    if marks.is_secret() {
        return hidden("is sensitive");
    }
    if marks.contains(Marks::EPHEMERAL) {
        return hidden("is ephemeral");
    }
    match convert(&value, &Type::String) {
        Ok(Value::String(text)) => text.to_string(),
        _ => hidden("is not known yet"),
    }
}
