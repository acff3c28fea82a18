//! A managed block of the definition: its provider and schema, and in which way its instances are planned.

use std::sync::Arc;

use contract::{Provider, ResourceSchema};
use lang::graph::NodeId;
use model::address::{InstanceAddr, ProviderAddr};
use model::change::ReplaceOrder;
use model::plan::PlanMode;
use model::{Diagnostic, Str};

use super::walk::Walk;

/// What is the same for all instances of a block.
pub(super) struct Block {
    pub(super) node: NodeId,
    pub(super) provider_addr: Arc<ProviderAddr>,
    pub(super) provider: Arc<dyn Provider>,
    pub(super) schema: Arc<ResourceSchema>,
    pub(super) has_sensitive: bool,
    pub(super) order: ReplaceOrder,
}

impl Walk<'_> {
    /// Plans all instances of a managed block.
    pub(super) async fn managed(&mut self, node: NodeId) {
        let Some(block) = self.prepare(node).await else {
            let diagnostics = self.desired.evaluate(node);
            self.evaluated(diagnostics);
            return;
        };
        let diagnostics = self.desired.evaluate(node);
        self.evaluated(diagnostics);
        for expanded in self.desired.blocks(node) {
            match self.options.mode {
                PlanMode::Normal => self.expanded(&block, &expanded).await,
                PlanMode::Destroy | PlanMode::RefreshOnly => {
                    self.observed_only(&block, &expanded).await
                }
            }
        }
    }

    /// Finds provider and schema of a block and checks its body against the schema.
    async fn prepare(&mut self, node: NodeId) -> Option<Block> {
        let graph = self.desired.graph().clone();
        let provider_addr = graph.providers.get(&node)?.clone();
        let resource = graph.resource(node)?;
        let span = self.declared_span(node)?;
        let Some(schema) = self
            .plugins
            .resource_schema(&provider_addr.source, &resource.rtype)
            .cloned()
        else {
            let known = self
                .plugins
                .type_names(&provider_addr.source, resource.mode);
            self.diagnostics.push(
                unknown_type(&provider_addr, "resource type", &resource.rtype, &known).at(span, ""),
            );
            return None;
        };
        let name = lang::load::ResourceName {
            mode: resource.mode,
            rtype: resource.rtype.clone(),
            name: resource.name.clone(),
        };
        let definition = self.desired.definition().clone();
        let declared = definition.module(&resource.module)?.resources.get(&name)?;
        let what = format!("`{}.{}`", name.rtype, name.name);
        let found = self
            .desired
            .check_block(declared, &schema.schema.block, &what);
        let wrong = found.has_errors();
        self.evaluated(found);
        if wrong && self.options.mode == PlanMode::Normal {
            return None;
        }
        let provider = self.ready(&provider_addr).await?;
        let order = if self.create_first.contains(&node) {
            ReplaceOrder::CreateFirst
        } else {
            ReplaceOrder::DestroyFirst
        };
        let has_sensitive = schema.schema.block.has_sensitive();
        Some(Block {
            node,
            provider_addr,
            provider,
            schema,
            has_sensitive,
            order,
        })
    }

    /// Reports an instance that must not be destroyed.
    pub(super) fn protect(&mut self, addr: &InstanceAddr, what: &str) {
        let Some(span) = self
            .desired
            .resource(&addr.block)
            .and_then(|resource| resource.lifecycle.prevent_destroy)
        else {
            return;
        };
        self.diagnostics.push(
            Diagnostic::error("prevent-destroy", format!("`{addr}` would be {what}, but `prevent_destroy` is set"))
                .at(span, "set here")
                .about(addr.clone())
                .help("take the change back, leave it out with `-exclude`, or set `prevent_destroy` to false"),
        );
    }
}

/// A resource type or data source that its provider does not have.
pub(crate) fn unknown_type(
    provider: &ProviderAddr,
    what: &str,
    rtype: &Str,
    known: &[Str],
) -> Diagnostic {
    let diagnostic = Diagnostic::error(
        "unknown-resource-type",
        format!(
            "provider `{}` has no {what} `{rtype}`",
            provider.source.name
        ),
    );
    if rtype == "terraform_remote_state" {
        return diagnostic
            .help("Terraform's state cannot be read yet: give what is needed as a variable");
    }
    match lang::closest(rtype, known.iter().map(Str::as_str)) {
        Some(close) => diagnostic.help(format!("did you mean `{close}`?")),
        None if known.is_empty() => diagnostic.note("it has none"),
        None if known.len() <= 12 => {
            let known: Vec<&str> = known.iter().map(Str::as_str).collect();
            diagnostic.help(format!("known here: {}", known.join(", ")))
        }
        None => diagnostic,
    }
}
