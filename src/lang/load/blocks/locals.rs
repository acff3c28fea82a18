//! `locals` blocks.

use model::Diagnostic;

use super::Reader;
use crate::load::module::Local;
use crate::syntax::ast::{Attribute, Block};

impl Reader<'_> {
    pub(super) fn locals(&mut self, block: Block) {
        for Attribute { name, expr } in block.body.attributes {
            if let Some(first) = self.module.locals.get(&name.text) {
                let first = first.span;
                self.duplicate(&format!("local `{}`", name.text), name.span, first);
                continue;
            }
            self.module.locals.insert(
                name.text,
                Local {
                    expr,
                    span: name.span,
                },
            );
        }
        for nested in block.body.blocks {
            self.diagnostics.push(
                Diagnostic::error(
                    "unknown-block",
                    format!("`locals` has no block `{}`", nested.kind.text),
                )
                .at(nested.header, "")
                .help("write a local as an argument: `name = { .. }`"),
            );
        }
    }
}
