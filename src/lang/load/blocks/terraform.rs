//! `terraform` blocks: required versions and providers.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "of many kinds only a few matter in each place here"
)]

use model::address::ProviderSource;
use model::{Diagnostic, Str, Value};

use super::Reader;
use crate::load::body::Parts;
use crate::load::module::RequiredProvider;
use crate::syntax::ast::{Attribute, Block, Expr, ExprKind};

impl Reader<'_> {
    pub(super) fn terraform(&mut self, block: Block) {
        let mut parts = Parts::new(block.body, "a `terraform` block");
        self.module
            .required_versions
            .extend(parts.string("required_version"));
        parts.attribute("experiments");
        parts.attribute("language");
        for required in parts.blocks("required_providers") {
            for attribute in required.body.attributes {
                self.required_provider(attribute);
            }
        }
        // Where the record is kept is Terrace's own business; these say where Terraform keeps its state.
        for kind in ["backend", "cloud"] {
            let first = parts.blocks(kind).into_iter().next();
            let span = first.map(|block| block.header);
            self.module.state_elsewhere = self.module.state_elsewhere.or(span);
        }
        parts.blocks("provider_meta");
        self.diagnostics.extend(parts.finish());
    }

    fn required_provider(&mut self, attribute: Attribute) {
        let (name, span) = (attribute.name.text.clone(), attribute.name.span);
        let mut entry = RequiredProvider {
            source: ProviderSource::implied(&name),
            version: None,
            aliases: Vec::new(),
            span,
        };
        match &attribute.expr.kind {
            ExprKind::Literal(Value::String(version)) => entry.version = Some(version.clone()),
            ExprKind::Object(items) => {
                for item in items {
                    self.required_provider_item(&item.key, &item.value, &mut entry);
                }
            }
            _ => self.diagnostics.push(
                Diagnostic::error(
                    "value-type",
                    format!("what is required of provider `{name}` is not an object"),
                )
                .at(attribute.expr.span, "")
                .help("write `{ source = \"hashicorp/random\", version = \"~> 3.0\" }`"),
            ),
        }
        if let Some(first) = self.module.required_providers.get(&name) {
            let first = first.span;
            self.duplicate(&format!("required provider `{name}`"), span, first);
            return;
        }
        self.module.required_providers.insert(name, entry);
    }

    fn required_provider_item(&mut self, key: &Expr, value: &Expr, entry: &mut RequiredProvider) {
        let ExprKind::Literal(Value::String(key_text)) = &key.kind else {
            return;
        };
        let text = match &value.kind {
            ExprKind::Literal(Value::String(text)) => Some(text.clone()),
            _ => None,
        };
        match (key_text.as_str(), text) {
            ("source", Some(text)) => match text.parse() {
                Ok(source) => entry.source = source,
                Err(_) => self.diagnostics.push(
                    Diagnostic::error(
                        "missing-provider",
                        format!("`{text}` is not a provider's source address"),
                    )
                    .at(value.span, "")
                    .help("write `NAMESPACE/NAME` or `HOST/NAMESPACE/NAME`"),
                ),
            },
            ("version", Some(text)) => entry.version = Some(text),
            ("configuration_aliases", _) => {
                let ExprKind::Tuple(items) = &value.kind else {
                    return;
                };
                let aliases: Vec<Str> = items
                    .iter()
                    .filter_map(|item| self.provider_ref(item).and_then(|found| found.alias))
                    .collect();
                entry.aliases.extend(aliases);
            }
            ("source" | "version", None) => self.diagnostics.push(
                Diagnostic::error(
                    "not-a-literal",
                    format!("`{key_text}` is not a plain string"),
                )
                .at(value.span, "nothing can be referred to here"),
            ),
            _ => self.diagnostics.push(crate::load::unknown(
                "unknown-name",
                &format!("a required provider has no argument `{key_text}`"),
                key.span,
                key_text,
                &["configuration_aliases", "source", "version"],
            )),
        }
    }
}
