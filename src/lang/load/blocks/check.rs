//! `check` blocks.

use model::address::Mode;

use super::Reader;
use crate::load::body::Parts;
use crate::load::module::{Check, resource_name};
use crate::syntax::ast::Block;

impl Reader<'_> {
    pub(super) fn check(&mut self, block: Block) {
        let Some(label) = block.labels.into_iter().next() else {
            return;
        };
        let mut parts = Parts::new(block.body, "a `check` block");
        let asserts = self.conditions(parts.blocks("assert"), "an `assert` block");
        let mut data = None;
        if let Some(nested) = parts.block("data") {
            data = resource_name(Mode::Data, &nested);
            if self.labels_are_good(&nested, &["type", "name"]) {
                self.resource(nested, Mode::Data, Some(label.text.clone()));
            }
        }
        self.diagnostics.extend(parts.finish());
        if asserts.is_empty() {
            self.missing("assert", &format!("check `{}`", label.text), block.header);
        }
        if let Some(first) = self.module.checks.get(&label.text) {
            let first = first.span;
            self.duplicate(&format!("check `{}`", label.text), block.header, first);
            return;
        }
        let check = Check {
            name: label.text.clone(),
            span: block.header,
            asserts,
            data,
        };
        self.module.checks.insert(label.text, check);
    }
}
