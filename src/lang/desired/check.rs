//! What is wrong with the bodies of blocks, whatever comes of them: by their schema, or without one.

use model::Diagnostics;
use model::address::{BlockAddr, InstanceKey};
use model::schema::Block;

use super::Desired;
use super::decode::expressions;
use super::shape::{Meta, check_body};
use crate::graph::{NodeId, NodeKind};
use crate::load::{ProviderBlock, Resource};

impl Desired {
    /// Reports what is wrong with a resource block's body by its schema, whatever its instances.
    pub fn check_block(&self, resource: &Resource, schema: &Block, what: &str) -> Diagnostics {
        match self.fitted(&resource.body, schema) {
            None => check_body(
                &resource.body,
                schema,
                resource.span,
                (what, Meta::RESOURCE),
            ),
            Some((body, mut diagnostics)) => {
                diagnostics.extend(check_body(
                    &body,
                    schema,
                    resource.span,
                    (what, Meta::RESOURCE),
                ));
                diagnostics
            }
        }
    }

    /// Reports what is wrong with the body of a provider node's block by its schema.
    pub fn check_provider(&self, node: NodeId, schema: &Block) -> Diagnostics {
        let Some(provider) = self.provider_block(node) else {
            return Diagnostics::new();
        };
        let what = format!("provider `{}`", provider.name);
        match self.fitted(&provider.body, schema) {
            None => check_body(
                &provider.body,
                schema,
                provider.span,
                (&what, Meta::PROVIDER),
            ),
            Some((body, mut diagnostics)) => {
                diagnostics.extend(check_body(
                    &body,
                    schema,
                    provider.span,
                    (&what, Meta::PROVIDER),
                ));
                diagnostics
            }
        }
    }

    /// Reports what is wrong with the expressions of an instance's block when its schema is not known.
    pub fn check_expressions(&self, block: &BlockAddr, key: &InstanceKey) -> Diagnostics {
        let mut out = Diagnostics::new();
        if let (Some(resource), Some(lookup)) =
            (self.resource(block), self.instance_lookup(block, key))
        {
            expressions(&resource.body, &lookup, &mut out);
        }
        out
    }

    /// The same for a provider node's block, in the first instance of its module.
    pub fn check_provider_expressions(&self, node: NodeId) -> Diagnostics {
        let mut out = Diagnostics::new();
        let module = self.graph.node(node).and_then(|found| {
            let addr = self.module_instances(found.module).first()?;
            self.modules.get(addr)
        });
        if let (Some(provider), Some(module)) = (self.provider_block(node), module) {
            expressions(&provider.body, &self.lookup_in(module), &mut out);
        }
        out
    }

    fn provider_block(&self, node: NodeId) -> Option<&ProviderBlock> {
        let found = self.graph.node(node)?;
        let NodeKind::Provider(at) = &found.kind else {
            return None;
        };
        let module = self.definition.module(self.graph.module(found.module)?)?;
        module.providers.get(*at)
    }
}
