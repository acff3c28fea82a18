//! `provider` blocks.

use super::Reader;
use crate::load::body::Parts;
use crate::load::module::ProviderBlock;
use crate::syntax::ast::Block;

impl Reader<'_> {
    pub(super) fn provider(&mut self, block: Block) {
        let Some(label) = block.labels.into_iter().next() else {
            return;
        };
        let mut parts = Parts::new(block.body, format!("provider `{}`", label.text));
        let alias = parts.string("alias").map(|(text, _)| text);
        let version = parts.string("version").map(|(text, _)| text);
        self.diagnostics
            .extend(std::mem::take(&mut parts.diagnostics));
        let first = self
            .module
            .providers
            .iter()
            .find(|p| p.name == label.text && p.alias == alias)
            .map(|p| p.span);
        if let Some(first) = first {
            let what = match &alias {
                Some(alias) => format!("provider `{}.{alias}`", label.text),
                None => format!("provider `{}`", label.text),
            };
            self.duplicate(&what, block.header, first);
            return;
        }
        let span = block.header;
        self.module.providers.push(ProviderBlock {
            name: label.text,
            alias,
            span,
            version,
            body: parts.body,
        });
    }
}
