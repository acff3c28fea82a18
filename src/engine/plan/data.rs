//! Data sources: read during the plan when everything they need is known and nothing they wait for changes,
//! otherwise left to the apply.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "of many kinds only a few matter in each place here"
)]

use contract::{DataRequest, ErrorClass, ProviderError, planned_data};
use lang::graph::NodeId;
use model::address::{InstanceAddr, Mode};
use model::change::{Action, Change, Reason};
use model::plan::PlanMode;
use model::schema::Schema;
use model::{Diagnostics, Severity, Span, Value};
use std::sync::Arc;

use super::block::unknown_type;
use super::marks;
use super::walk::Walk;
use crate::plugins;

impl Walk<'_> {
    /// Reads (or plans to read) all instances of a data block.
    pub(super) async fn data(&mut self, node: NodeId) {
        let diagnostics = self.desired.evaluate(node);
        self.evaluated(diagnostics);
        let graph = self.desired.graph().clone();
        let (Some(addr), Some(resource), Some(span)) = (
            graph.providers.get(&node).cloned(),
            graph.resource(node),
            self.declared_span(node),
        ) else {
            return;
        };
        let Some(schema) = self
            .plugins
            .data_schema(&addr.source, &resource.rtype)
            .cloned()
        else {
            let known = self.plugins.type_names(&addr.source, Mode::Data);
            self.diagnostics
                .push(unknown_type(&addr, "data source", &resource.rtype, &known).at(span, ""));
            return;
        };
        let Some(provider) = self.ready(&addr).await else {
            return;
        };
        let what = format!("`data.{}.{}`", resource.rtype, resource.name);
        let mut checked = false;
        let waits = self.waits(node);
        for expanded in self.desired.blocks(node) {
            if !checked && let Some(declared) = self.desired.resource(&expanded.addr) {
                let found = self.desired.check_block(declared, &schema.block, &what);
                checked = true;
                if found.has_errors() {
                    self.evaluated(found);
                    return;
                }
                self.evaluated(found);
            }
            let in_check = self
                .desired
                .resource(&expanded.addr)
                .is_some_and(|resource| resource.check.is_some());
            for key in expanded.keys() {
                let addr_of = expanded.addr.instance(key);
                if !self.scope.has_instance(node, &addr_of) {
                    continue;
                }
                let one = One {
                    node,
                    addr: addr_of,
                    schema: &schema,
                    span,
                    waits,
                    in_check,
                };
                let value = self.one(&one, &addr, &*provider).await;
                self.desired.set_value(&one.addr, value);
            }
        }
    }

    async fn one(
        &mut self,
        one: &One<'_>,
        provider_addr: &Arc<model::address::ProviderAddr>,
        provider: &dyn contract::Provider,
    ) -> Value {
        let schema = &one.schema.block;
        let unknown = || Value::unknown(schema.value_type());
        let (verdict, mut found) = self.desired.preconditions(&one.addr, Severity::Error);
        let (config, diagnostics) =
            self.desired
                .configuration(&one.addr.block, &one.addr.key, schema);
        let failed = diagnostics.has_errors() || verdict.is_bad();
        found.extend(diagnostics);
        self.evaluated(found);
        if failed {
            return unknown();
        }
        let (config, config_marks) = config.unmark_paths();
        let has_sensitive = schema.has_sensitive();
        let reason = if !config.is_wholly_known() {
            Some(Reason::ReadBecauseConfigUnknown)
        } else if one.waits {
            Some(Reason::ReadBecauseDependencyPending)
        } else {
            None
        };
        let Some(reason) = reason else {
            let told = config.clone().mark_paths(&config_marks);
            let request = DataRequest {
                rtype: one.addr.block.rtype.clone(),
                config,
            };
            let ask = || provider.read_data(request.clone());
            return match self.asking(provider_addr).one(ask).await {
                Ok(answer) => {
                    let secrets = self.desired.secrets();
                    let value =
                        marks::mark(answer.value, &config_marks, schema, has_sensitive, secrets);
                    let (_, diagnostics) =
                        self.desired
                            .postconditions(&one.addr, &value, Severity::Error);
                    self.evaluated(diagnostics);
                    self.reads.insert(one.addr.clone(), value.clone());
                    value
                }
                // What it is about may be made by this apply, which reads it again.
                Err(_) if one.in_check && self.needs_pending(one.node) => {
                    self.deferred(one, provider_addr, &told, Reason::ReadBecauseCheckNested)
                }
                Err(error) => {
                    self.data_failed(one, &error, &told);
                    unknown()
                }
            };
        };
        let config = config.mark_paths(&config_marks);
        self.deferred(one, provider_addr, &config, reason)
    }

    /// Leaves a data source to the apply, and returns what is known of it. `config` has its marks.
    fn deferred(
        &mut self,
        one: &One<'_>,
        provider_addr: &Arc<model::address::ProviderAddr>,
        config: &Value,
        reason: Reason,
    ) -> Value {
        let schema = &one.schema.block;
        if self.options.mode != PlanMode::Normal {
            return Value::unknown(schema.value_type());
        }
        let (bare, config_marks) = config.clone().unmark_paths();
        let planned = marks::mark(
            planned_data(schema, &bare),
            &config_marks,
            schema,
            schema.has_sensitive(),
            self.desired.secrets(),
        );
        let change = Change {
            addr: one.addr.clone(),
            deposed: None,
            previous: None,
            importing: None,
            provider: provider_addr.clone(),
            action: Action::Read,
            reason: Some(reason),
            because: Vec::new(),
            before: Value::NULL,
            after: planned.clone(),
            replace_paths: Vec::new(),
            config: config.clone(),
            private: Vec::new(),
            prior_private: Vec::new(),
            schema_version: one.schema.version,
            dependencies: Arc::from([]),
            create_before_destroy: false,
            legacy: false,
        };
        self.add(Some(one.node), change);
        planned
    }

    fn data_failed(&mut self, one: &One<'_>, error: &ProviderError, told: &Value) {
        let what = match error.class {
            ErrorClass::NotFound => format!("`{}` is not there", one.addr),
            _ => format!("cannot read `{}`", one.addr),
        };
        let mut diagnostic = self
            .provider_error("provider-failed", error, &what, [told])
            .at(one.span, "")
            .about(one.addr.clone());
        diagnostic = plugins::placed(diagnostic, self.desired.resource(&one.addr.block), error);
        if one.in_check {
            diagnostic.severity = Severity::Warning;
        }
        self.evaluated(Diagnostics::from(diagnostic));
    }

    /// Whether something changes that the block refers to, directly or through other things.
    fn needs_pending(&self, node: NodeId) -> bool {
        self.leads_to_pending(self.desired.graph().dependencies(node).to_vec())
    }

    /// Whether something changes that the block's `depends_on` (or that of a module call around it) leads to.
    fn waits(&self, node: NodeId) -> bool {
        self.leads_to_pending(self.explicit_dependencies(node))
    }

    fn leads_to_pending(&self, mut queue: Vec<NodeId>) -> bool {
        let graph = self.desired.graph();
        let mut seen: std::collections::HashSet<NodeId> = queue.iter().copied().collect();
        while let Some(at) = queue.pop() {
            if self.pending.contains(&at) {
                return true;
            }
            queue.extend(
                graph
                    .dependencies(at)
                    .iter()
                    .copied()
                    .filter(|need| seen.insert(*need)),
            );
        }
        false
    }
}

/// One data instance.
struct One<'s> {
    node: NodeId,
    addr: InstanceAddr,
    schema: &'s Schema,
    span: Span,
    waits: bool,
    in_check: bool,
}
