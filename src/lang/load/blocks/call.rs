//! `module` blocks.

use model::Diagnostic;

use super::Reader;
use crate::load::body::Parts;
use crate::load::module::{ModuleCall, ProviderRef};
use crate::syntax::ast::{Attribute, Block, ExprKind};

impl Reader<'_> {
    pub(super) fn call(&mut self, block: Block) {
        let Some(label) = block.labels.into_iter().next() else {
            return;
        };
        let what = format!("`module.{}`", label.text);
        let mut parts = Parts::new(block.body, what.clone());
        let source = parts.string("source");
        let version = parts.string("version");
        let repeat = self.repeat(&mut parts);
        let depends_on = self.depends_on(parts.attribute("depends_on"));
        let providers = self.module_providers(parts.attribute("providers"));
        let has_errors = parts.diagnostics.has_errors();
        self.diagnostics
            .extend(std::mem::take(&mut parts.diagnostics));
        for nested in &parts.body.blocks {
            self.diagnostics.push(
                Diagnostic::error(
                    "unknown-block",
                    format!("{what} has no block `{}`", nested.kind.text),
                )
                .at(nested.header, "a module's variables are set by arguments"),
            );
        }
        let Some((source, source_span)) = source else {
            if !has_errors {
                self.missing("source", &what, block.header);
            }
            return;
        };
        if let Some(first) = self.module.calls.get(&label.text) {
            let first = first.span;
            self.duplicate(&what, block.header, first);
            return;
        }
        let arguments = parts
            .body
            .attributes
            .into_iter()
            .map(|attribute| (attribute.name.text.clone(), attribute))
            .collect();
        let call = ModuleCall {
            name: label.text.clone(),
            span: block.header,
            source,
            source_span,
            version_span: version.as_ref().map_or(source_span, |(_, span)| *span),
            version: version.map(|(text, _)| text),
            repeat,
            depends_on,
            providers,
            arguments,
        };
        self.module.calls.insert(label.text, call);
    }

    fn module_providers(
        &mut self,
        attribute: Option<Attribute>,
    ) -> Vec<(ProviderRef, ProviderRef)> {
        let Some(attribute) = attribute else {
            return Vec::new();
        };
        let ExprKind::Object(items) = &attribute.expr.kind else {
            self.diagnostics.push(
                Diagnostic::error(
                    "value-type",
                    "`providers` maps the module's providers to yours",
                )
                .at(attribute.expr.span, "")
                .help("write `providers = { aws = aws.west }`"),
            );
            return Vec::new();
        };
        let pairs = items
            .iter()
            .map(|item| (self.provider_ref(&item.key), self.provider_ref(&item.value)));
        pairs
            .collect::<Vec<_>>()
            .into_iter()
            .filter_map(|(child, parent)| Some((child?, parent?)))
            .collect()
    }
}
