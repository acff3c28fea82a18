//! The provider configurations a plan talks to: those the definition has, and those that recorded objects were made
//! with, which it may not have any more. Without its configuration an object is neither read nor destroyed: it would be
//! looked for in the wrong place, and taken for gone.

use std::collections::BTreeMap;
use std::sync::Arc;

use contract::Provider;
use lang::graph::{NodeId, NodeKind};
use model::address::{InstanceAddr, ProviderAddr};
use model::{Diagnostic, Span, Value};

use super::walk::Walk;

impl Walk<'_> {
    /// Configures a provider as its block says.
    pub(super) async fn provider(&mut self, node: NodeId) {
        let graph = self.desired.graph().clone();
        let users = graph
            .providers
            .iter()
            .filter(|(user, _)| graph.dependencies(**user).contains(&node));
        let Some(addr) = users
            .map(|(_, addr)| addr.clone())
            .next()
            .or_else(|| self.recorded_user(node))
        else {
            return;
        };
        let Some(provider) = self.plugins.opened(&addr.source).cloned() else {
            return;
        };
        let schema = &provider.schema().provider.block;
        self.diagnostics
            .extend(self.desired.check_provider(node, schema));
        let (config, diagnostics) = self.desired.provider_configuration(node, schema);
        let failed = diagnostics.has_errors();
        self.diagnostics.extend(diagnostics);
        let span = self.declared_span(node);
        if failed {
            self.bad_providers.insert((*addr).clone());
            return;
        }
        if !config.is_wholly_known() {
            self.vague_providers.insert((*addr).clone());
        }
        self.configure(&addr, config, span).await;
    }

    /// The configuration a provider node stands for, when only recorded objects use it.
    fn recorded_user(&self, node: NodeId) -> Option<Arc<ProviderAddr>> {
        let objects = self
            .recorded
            .blocks
            .values()
            .flat_map(BTreeMap::values)
            .flat_map(|instance| instance.current.iter().chain(instance.deposed.values()));
        let graph = self.desired.graph();
        let module = graph.module(graph.node(node)?.module)?;
        objects
            .map(|object| &object.provider)
            .find(|addr| addr.module == *module && self.declared_provider(addr) == Some(node))
            .cloned()
    }

    /// The `provider` block of a configuration, if the definition has it.
    fn declared_provider(&self, addr: &ProviderAddr) -> Option<NodeId> {
        let (graph, definition) = (self.desired.graph(), self.desired.definition());
        let module = graph.module_id(&addr.module)?;
        let blocks = &definition.module(&addr.module)?.providers;
        let same = (0..)
            .zip(blocks)
            .filter(|(_, block)| block.alias == addr.alias)
            .filter_map(|(at, _)| graph.find(module, NodeKind::Provider(at)));
        let mut same = same.filter(|node| {
            graph.configured_source(definition, *node).as_ref() == Some(&addr.source)
        });
        same.next()
    }

    async fn configure(&mut self, addr: &ProviderAddr, config: Value, span: Option<Span>) {
        if let Err(error) = self.plugins.configure(addr, config).await {
            let what = format!("cannot configure {addr}");
            let diagnostic = self.provider_error("provider-failed", &error, &what, []);
            self.diagnostics.push(match span {
                Some(span) => diagnostic.at(span, ""),
                None => diagnostic,
            });
            self.bad_providers.insert(addr.clone());
        }
    }

    /// The configured provider; configures it with nothing when the definition has no block for it. None when it
    /// could not be configured, which was reported.
    pub(super) async fn ready(&mut self, addr: &ProviderAddr) -> Option<Arc<dyn Provider>> {
        if self.bad_providers.contains(addr) {
            return None;
        }
        if !self.plugins.is_configured(addr) {
            let provider = self.plugins.opened(&addr.source)?.clone();
            let config = provider.schema().provider.block.empty();
            self.configure(addr, config, None).await;
        }
        self.plugins.get(addr).cloned()
    }

    /// Whether recorded objects of a provider configuration can be read and destroyed: the definition has its block, or
    /// it needs none. It is configured now where it was not yet.
    pub(super) async fn has_configuration(&mut self, addr: &ProviderAddr) -> bool {
        if self.plugins.is_configured(addr) || self.bad_providers.contains(addr) {
            return true;
        }
        if let Some(node) = self.declared_provider(addr) {
            self.provider(node).await;
            return true;
        }
        // A default configuration that nobody wrote is as good as an empty block, in the root module.
        if addr.module.is_root() && addr.alias.is_none() {
            return true;
        }
        let provider = self.plugins.opened(&addr.source);
        provider.is_some_and(|provider| {
            let block = &provider.schema().provider.block;
            block.attributes.is_empty() && block.blocks.is_empty()
        })
    }
}

/// Recorded objects that cannot be reached, because the provider configuration they were made with is not in the
/// definition any more.
pub(super) fn gone(provider: &ProviderAddr, mut addrs: Vec<InstanceAddr>) -> Option<Diagnostic> {
    const SHOWN: usize = 8;
    addrs.sort();
    addrs.dedup();
    let first = addrs.first()?.clone();
    let what = match addrs.len() {
        1 => format!("`{first}`"),
        more => format!("{more} recorded objects"),
    };
    let message =
        format!("the provider configuration that made {what} is not in the definition any more");
    let mut error = Diagnostic::error("provider-configuration-gone", message)
        .note(format!("it is recorded as {provider}"));
    if addrs.len() > 1 {
        let shown = addrs.iter().take(SHOWN).map(ToString::to_string);
        error.notes.extend(shown);
        if addrs.len() > SHOWN {
            error
                .notes
                .push(format!("and {} more", addrs.len() - SHOWN));
        }
    }
    let leave = format!(
        "or leave what exists to itself: removed {{ from = {} .. }}, with `destroy = false` in its `lifecycle`",
        first.resource()
    );
    Some(error.help(put_back(provider)).help(leave).about(first))
}

/// What to do so that objects can be destroyed.
fn put_back(provider: &ProviderAddr) -> String {
    let name = &provider.source.name;
    let block = match &provider.alias {
        Some(alias) => format!("provider \"{name}\" {{ alias = \"{alias}\" .. }}"),
        None => format!("provider \"{name}\" {{ .. }}"),
    };
    let place = if provider.module.is_root() {
        String::new()
    } else {
        format!(" in {}", provider.module)
    };
    format!("put it back{place} until they are destroyed: {block}")
}
