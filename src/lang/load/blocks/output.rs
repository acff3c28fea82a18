//! `output` blocks.

use super::Reader;
use crate::load::body::Parts;
use crate::load::module::Output;
use crate::syntax::ast::{Block, Expr, ExprKind};

impl Reader<'_> {
    pub(super) fn output(&mut self, block: Block) {
        let Some(label) = block.labels.into_iter().next() else {
            return;
        };
        let mut parts = Parts::new(block.body, "an `output` block");
        let value = parts.attribute("value");
        let sensitive = parts.bool("sensitive").is_some_and(|(value, _)| value);
        let ephemeral = parts.bool("ephemeral").is_some_and(|(value, _)| value);
        let description = parts.string("description").map(|(text, _)| text);
        parts.string("deprecated");
        parts.attribute("type");
        let depends_on = self.depends_on(parts.attribute("depends_on"));
        let preconditions = self.conditions(parts.blocks("precondition"), "a `precondition` block");
        self.diagnostics.extend(parts.finish());
        if value.is_none() {
            self.missing("value", &format!("output `{}`", label.text), block.header);
        }
        let value = value.map_or(
            Expr {
                kind: ExprKind::Error,
                span: block.header,
            },
            |value| value.expr,
        );
        if let Some(first) = self.module.outputs.get(&label.text) {
            let first = first.span;
            self.duplicate(&format!("output `{}`", label.text), block.header, first);
            return;
        }
        let output = Output {
            value,
            span: block.header,
            description,
            sensitive,
            ephemeral,
            depends_on,
            preconditions,
        };
        self.module.outputs.insert(label.text, output);
    }
}
