//! `import` blocks.

use super::Reader;
use crate::load::body::Parts;
use crate::load::module::Import;
use crate::syntax::ast::Block;

impl Reader<'_> {
    pub(super) fn import(&mut self, block: Block) {
        let mut parts = Parts::new(block.body, "an `import` block");
        let (to, id) = (parts.attribute("to"), parts.attribute("id"));
        let for_each = parts.attribute("for_each").map(|attribute| attribute.expr);
        let provider = parts
            .attribute("provider")
            .and_then(|attribute| self.provider_ref(&attribute.expr));
        self.diagnostics.extend(parts.finish());
        match (to, id) {
            (Some(to), Some(id)) => self.module.imports.push(Import {
                to: to.expr,
                id: id.expr,
                for_each,
                provider,
                span: block.header,
            }),
            (None, _) => self.missing("to", "an `import` block", block.header),
            (_, None) => self.missing("id", "an `import` block", block.header),
        }
    }
}
