//! `moved` and `removed` blocks.

use model::address::Target;
use model::{Diagnostic, Span, Value};

use super::{Reader, traversal_text};
use crate::load::body::Parts;
use crate::load::module::{Moved, Provisioner, Removed};
use crate::reference::as_traversal;
use crate::syntax::ast::{Block, ExprKind};

impl Reader<'_> {
    fn target(
        &mut self,
        parts: &mut Parts,
        name: &'static str,
        header: Span,
    ) -> Option<(Target, Span)> {
        let Some(attribute) = parts.attribute(name) else {
            self.missing(name, "the block", header);
            return None;
        };
        let span = attribute.expr.span;
        let text = match (as_traversal(&attribute.expr), &attribute.expr.kind) {
            (Some((root, steps)), _) => traversal_text(root, steps),
            (None, ExprKind::Literal(Value::String(text))) => text.to_string(),
            _ => String::new(),
        };
        match text.parse() {
            Ok(target) => Some((target, span)),
            Err(_) => {
                self.diagnostics.push(
                    Diagnostic::error("unknown-reference", "an address is wanted here")
                        .at(span, "")
                        .help("write `TYPE.NAME`, `TYPE.NAME[0]` or `module.NAME`"),
                );
                None
            }
        }
    }

    pub(super) fn moved(&mut self, block: Block) {
        let mut parts = Parts::new(block.body, "a `moved` block");
        let from = self.target(&mut parts, "from", block.header);
        let to = self.target(&mut parts, "to", block.header);
        self.diagnostics.extend(parts.finish());
        if let (Some(from), Some(to)) = (from, to) {
            self.module.moved.push(Moved {
                from,
                to,
                span: block.header,
            });
        }
    }

    pub(super) fn removed(&mut self, block: Block) {
        let mut parts = Parts::new(block.body, "a `removed` block");
        let from = self.target(&mut parts, "from", block.header);
        let mut destroy = true;
        if let Some(lifecycle) = parts.block("lifecycle") {
            let mut inner =
                Parts::new(lifecycle.body, "the `lifecycle` block of a `removed` block");
            destroy = inner.bool("destroy").is_none_or(|(value, _)| value);
            self.diagnostics.extend(inner.finish());
        }
        let provisioners: Vec<Provisioner> = parts
            .blocks("provisioner")
            .into_iter()
            .filter_map(|block| self.provisioner(block))
            .collect();
        self.diagnostics.extend(parts.finish());
        if let Some(from) = from {
            self.module.removed.push(Removed {
                from,
                destroy,
                span: block.header,
                provisioners,
            });
        }
    }
}
