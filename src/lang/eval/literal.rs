//! Expressions that may refer to nothing: defaults, `source`, lines of a variable file.

use std::path::Path;

use model::clock::{Clock, Timestamp};
use model::{Diagnostic, Diagnostics, Value};

use super::{Resolution, Scope, evaluate, references};
use crate::functions::{CallContext, Impure, Random};
use crate::syntax::ast::{Expr, Ident, TraversalStep};

/// The value of an expression in which no name has a meaning and no function may be called.
pub fn literal(expr: &Expr) -> (Value, Diagnostics) {
    let mut used = Vec::new();
    references(expr, &mut used);
    let out: Diagnostics = used
        .into_iter()
        .map(|free| {
            Diagnostic::error("not-a-literal", "nothing can be referred to here")
                .at(free.span, "a reference")
                .help("write the value itself")
        })
        .collect();
    if out.has_errors() {
        return (Value::dynamic(), out);
    }
    let scope = Nothing {
        calls: CallContext {
            directory: Path::new("/"),
            working_directory: Path::new("/"),
            home: None,
            reads: None,
            impure: Impure::Unknown,
            plan_time: None,
            clock: &NoTime,
            random: &NoTime,
            template_depth: 0,
        },
    };
    evaluate(expr, &scope)
}

struct Nothing<'a> {
    calls: CallContext<'a>,
}

#[derive(Debug)]
struct NoTime;

impl Clock for NoTime {
    fn now(&self) -> Timestamp {
        Timestamp::default()
    }
}

impl Random for NoTime {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
}

impl Scope for Nothing<'_> {
    fn resolve(
        &self,
        root: &Ident,
        _: &[TraversalStep],
        out: &mut Diagnostics,
    ) -> Option<Resolution> {
        out.push(
            Diagnostic::error("not-a-literal", "nothing can be referred to here").at(root.span, ""),
        );
        Some(Resolution::of(Value::dynamic()))
    }

    fn calls(&self) -> &CallContext<'_> {
        &self.calls
    }

    fn has_functions(&self) -> bool {
        false
    }
}
