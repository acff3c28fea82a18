//! `resource`, `data` and `ephemeral` blocks, with their provisioners.

use model::address::Mode;
use model::{Diagnostic, Str, Value};

use super::Reader;
use crate::load::body::Parts;
use crate::load::module::{Provisioner, Resource, ResourceName, resource_name};
use crate::reference::as_traversal;
use crate::syntax::ast::{Attribute, Block, ExprKind};

impl Reader<'_> {
    pub(super) fn resource(&mut self, block: Block, mode: Mode, check: Option<Str>) {
        let Some(id) = resource_name(mode, &block) else {
            return;
        };
        let address = display(&id);
        let mut parts = Parts::new(block.body, format!("`{address}`"));
        let repeat = self.repeat(&mut parts);
        let depends_on = self.depends_on(parts.attribute("depends_on"));
        let provider = parts
            .attribute("provider")
            .and_then(|attribute| self.provider_ref(&attribute.expr));
        let lifecycle = parts
            .block("lifecycle")
            .map(|block| self.lifecycle(block, mode))
            .unwrap_or_default();
        let (mut provisioners, mut connection) = (Vec::new(), None);
        if mode == Mode::Managed {
            connection = parts.block("connection").map(|block| block.body);
            provisioners = parts
                .blocks("provisioner")
                .into_iter()
                .filter_map(|block| self.provisioner(block))
                .collect();
        }
        self.diagnostics
            .extend(std::mem::take(&mut parts.diagnostics));
        if let Some(first) = self.module.resources.get(&id) {
            let first = first.span;
            self.duplicate(&format!("`{address}`"), block.header, first);
            return;
        }
        let span = block.header;
        let body = parts.body;
        let resource = Resource {
            id: id.clone(),
            span,
            repeat,
            depends_on,
            provider,
            lifecycle,
            provisioners,
            connection,
            body,
            check,
        };
        self.module.resources.insert(id, resource);
    }

    pub(super) fn provisioner(&mut self, block: Block) -> Option<Provisioner> {
        let [kind] = block.labels.as_slice() else {
            let message = "a `provisioner` block has one label, its type";
            self.diagnostics.push(
                Diagnostic::error("syntax", message)
                    .at(block.header, "")
                    .help("write `provisioner \"local-exec\" { .. }`"),
            );
            return None;
        };
        let kind = kind.text.clone();
        let mut parts = Parts::new(block.body, "a `provisioner` block");
        let on_destroy =
            self.keyword(parts.attribute("when"), &["create", "destroy"]) == Some("destroy");
        let continue_on_failure =
            self.keyword(parts.attribute("on_failure"), &["continue", "fail"]) == Some("continue");
        let connection = parts.block("connection").map(|block| block.body);
        self.diagnostics
            .extend(std::mem::take(&mut parts.diagnostics));
        let span = block.header;
        Some(Provisioner {
            kind,
            span,
            on_destroy,
            continue_on_failure,
            connection,
            body: parts.body,
        })
    }

    fn keyword(
        &mut self,
        attribute: Option<Attribute>,
        known: &[&'static str],
    ) -> Option<&'static str> {
        let attribute = attribute?;
        let word = match (as_traversal(&attribute.expr), &attribute.expr.kind) {
            (Some((root, [])), _) => Some(root.text.clone()),
            (_, ExprKind::Literal(Value::String(text))) => Some(text.clone()),
            _ => None,
        };
        let found = word.and_then(|word| known.iter().copied().find(|known| word == *known));
        if found.is_none() {
            self.diagnostics.push(
                Diagnostic::error(
                    "value-type",
                    format!("`{}` is one of {}", attribute.name.text, known.join(", ")),
                )
                .at(attribute.expr.span, ""),
            );
        }
        found
    }
}

fn display(id: &ResourceName) -> String {
    match id.mode {
        Mode::Managed => format!("{}.{}", id.rtype, id.name),
        Mode::Data => format!("data.{}.{}", id.rtype, id.name),
        Mode::Ephemeral => format!("ephemeral.{}.{}", id.rtype, id.name),
    }
}
