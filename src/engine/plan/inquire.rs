//! Makes providers ready to be asked about what exists, without a plan: configured as the definition says, with the
//! values that are recorded. Entry point: [`Inquiry`].

use std::collections::BTreeSet;
use std::sync::Arc;

use contract::{Providers, ResourceSchema};
use lang::Desired;
use lang::graph::NodeKind;
use model::address::ProviderAddr;
use model::clock::Clock;
use model::plan::{PlanMode, Refresh};
use model::value::SecretTexts;
use model::{Str, Value};

use super::walk::Walk;
use super::{PlanOptions, moves};
use crate::events::Events;
use crate::plugins::Configured;
use crate::recorded::Recorded;
use crate::secrets::{self, Secrets};

/// Providers that can be asked.
pub(crate) struct Inquiry<'e> {
    pub(super) walk: Walk<'e>,
}

impl<'e> Inquiry<'e> {
    /// Configures the providers of a definition with what is recorded.
    pub(crate) async fn new(
        desired: Desired,
        recorded: Recorded,
        providers: Arc<dyn Providers>,
        clock: &Arc<dyn Clock>,
        events: &'e Events,
    ) -> Self {
        let options = PlanOptions {
            mode: PlanMode::RefreshOnly,
            refresh: Refresh::Trust,
            targets: Vec::new(),
            excludes: Vec::new(),
            unobserved: BTreeSet::new(),
            replace: Vec::new(),
            now: clock.now(),
            revision: None,
            content: None,
            variables: std::collections::BTreeMap::new(),
            files: Vec::new(),
            attempts: crate::retry::ATTEMPTS,
        };
        let mut walk = Walk::new(desired, recorded, providers, options, events);
        // Only the addresses of values matter here; the record is moved by the next plan.
        let _ = moves::apply(&walk.desired, &mut walk.recorded);
        walk.open_sources().await;
        let graph = walk.desired.graph().clone();
        for &node in &graph.order {
            match graph.node(node).map(|node| &node.kind) {
                Some(NodeKind::Provider(_)) => walk.provider(node).await,
                Some(NodeKind::Check(_) | NodeKind::Whole(_)) | None => {}
                Some(NodeKind::Resource(_)) => {
                    let _ = walk.desired.evaluate(node);
                    walk.values_from_record(node);
                }
                Some(_) => drop(walk.desired.evaluate(node)),
            }
        }
        Self { walk }
    }

    /// The provider of that configuration.
    ///
    /// # Errors
    /// A phrase that says why it cannot be asked.
    pub(crate) async fn provider(&mut self, addr: &ProviderAddr) -> Result<Configured, String> {
        if let Err(error) = self.walk.plugins.of_source(&addr.source).await {
            return Err(format!("its provider is not there: {error}"));
        }
        if !self.walk.has_configuration(addr).await {
            return Err(format!("{addr} is not in the definition any more"));
        }
        if self.walk.vague_providers.contains(addr) {
            return Err(format!("the configuration of {addr} is not known"));
        }
        let why = |walk: &Walk<'_>| {
            let errors = walk.diagnostics.iter().filter(|found| found.is_error());
            errors.map(|found| found.message.clone()).next()
        };
        match self.walk.ready(addr).await {
            Some(provider) => Ok(Configured {
                provider,
                fingerprint: self.walk.plugins.fingerprint(addr),
            }),
            None => {
                let why = why(&self.walk).unwrap_or_default();
                Err(format!("its provider cannot be configured: {why}"))
            }
        }
    }

    /// The schema of a resource type.
    pub(crate) fn schema(&self, addr: &ProviderAddr, rtype: &Str) -> Option<Arc<ResourceSchema>> {
        let schema = self.walk.plugins.resource_schema(&addr.source, rtype);
        schema.cloned()
    }

    /// The secret texts of the definition.
    pub(crate) fn secrets(&self) -> &SecretTexts {
        self.walk.desired.secrets()
    }

    /// What a provider may repeat and nobody may see: of its own configuration, and of what it was `told` of an object.
    pub(crate) fn told<'v>(&'v self, told: impl IntoIterator<Item = &'v Value>) -> Secrets {
        secrets::marked_in(told.into_iter().chain(self.walk.plugins.told()))
    }

    /// The definition's provider configuration for a block.
    pub(crate) fn defined(
        &self,
        resource: &model::address::ResourceAddr,
    ) -> Option<Arc<ProviderAddr>> {
        let graph = self.walk.desired.graph();
        let node = graph.resource_node(resource)?;
        graph.providers.get(&node).cloned()
    }
}
