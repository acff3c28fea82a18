//! Walks the definition's graph once, in dependency order, and collects what is planned for each block.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use contract::{ProviderError, Providers};
use lang::Desired;
use lang::graph::{NodeId, NodeKind};
use model::address::{BlockAddr, InstanceAddr, Mode, ProviderAddr};
use model::change::{Action, Change, OutputChange};
use model::plan::{Drift, Plan, PlanMode};
use model::serial::PlanId;
use model::{Diagnostic, Diagnostics, Span, Str, Value};
use sha2::{Digest, Sha256};

use super::contradictions::moved;
use super::moves::Moves;
use super::orphan::removed_and_declared;
use super::targets::Scope;
use super::unsupported::unsupported;
use super::{Checks, PlanOptions, Planned, handover, moves, order, orphan, targets, triggers};
use crate::asking::Asking;
use crate::check::written;
use crate::events::Events;
use crate::plugins::{self, Plugins};
use crate::recorded::Recorded;
use crate::secrets;

/// A plan in the making.
pub(super) struct Walk<'e> {
    pub(super) desired: Desired,
    pub(super) recorded: Recorded,
    pub(super) plugins: Plugins,
    pub(super) options: PlanOptions,
    pub(super) events: &'e Events,
    pub(super) diagnostics: Diagnostics,
    pub(super) changes: Vec<Change>,
    /// Positions in `changes` of the changes that are about current objects.
    pub(super) changed: HashMap<InstanceAddr, usize>,
    /// Blocks with an instance that is updated or replaced.
    pub(super) stirred: HashSet<Arc<BlockAddr>>,
    /// Resource nodes with a change, or with a data source that is read only in the apply.
    pub(super) pending: HashSet<NodeId>,
    pub(super) unchanged: u64,
    pub(super) drift: Vec<Drift>,
    /// Nodes with an observed object that differs from the recorded one.
    pub(super) drifted: HashSet<NodeId>,
    pub(super) moves: Moves,
    pub(super) scope: Scope,
    /// Managed nodes whose replacements create first, by their own word or forced by a dependent.
    pub(super) create_first: HashSet<NodeId>,
    /// What is in the place of an object that is not there as recorded, where its provider says so.
    pub(super) instead: HashMap<InstanceAddr, Str>,
    /// Data that was read for the plan, to be used by the apply as well.
    pub(super) reads: BTreeMap<InstanceAddr, Value>,
    pub(super) bad_providers: HashSet<ProviderAddr>,
    /// Configurations with something in them that is not known yet.
    pub(super) vague_providers: HashSet<ProviderAddr>,
    /// How many recorded objects were observed so far, and how many of them were told of.
    pub(super) observed: u64,
    pub(super) told: u64,
    checks: Checks,
}

impl<'e> Walk<'e> {
    pub(super) fn new(
        desired: Desired,
        recorded: Recorded,
        providers: Arc<dyn Providers>,
        options: PlanOptions,
        events: &'e Events,
    ) -> Self {
        Self {
            create_first: create_first(&desired, &Scope::everything()),
            scope: Scope::everything(),
            desired,
            recorded,
            plugins: Plugins::new(providers),
            options,
            events,
            diagnostics: Diagnostics::new(),
            changes: Vec::new(),
            changed: HashMap::new(),
            stirred: HashSet::new(),
            pending: HashSet::new(),
            unchanged: 0,
            drift: Vec::new(),
            drifted: HashSet::new(),
            moves: Moves::new(),
            instead: HashMap::new(),
            reads: BTreeMap::new(),
            bad_providers: HashSet::new(),
            vague_providers: HashSet::new(),
            observed: 0,
            told: 0,
            checks: Checks::default(),
        }
    }

    pub(super) async fn run(mut self) -> (Option<Planned>, Diagnostics) {
        let (moves, diagnostics) = moves::apply(&self.desired, &mut self.recorded);
        self.moves = moves;
        self.diagnostics.extend(diagnostics);
        let definition = self.desired.definition();
        self.diagnostics.extend(removed_and_declared(definition));
        self.diagnostics.extend(moved(definition));
        self.diagnostics
            .extend(unsupported(definition, self.options.mode));
        self.open_sources().await;
        let written = written(&self.desired, &self.plugins);
        self.evaluated(written);
        let unknown = targets::unknown(&self.desired, &self.recorded, &self.options);
        self.diagnostics.extend(unknown);
        self.scope = Scope::of(&self.desired, &self.recorded, &self.options);
        self.create_first = create_first(&self.desired, &self.scope);
        if self.diagnostics.has_errors() {
            return self.refused();
        }
        let objects = self.recorded.count() as u64;
        if objects > 0 && self.options.refresh == model::plan::Refresh::Observe {
            self.events
                .emit(model::event::EventKind::ObserveStarted { objects })
                .await;
        }
        let graph = self.desired.graph().clone();
        for &node in &graph.order {
            self.node(node).await;
        }
        self.orphans().await;
        let unmatched = targets::unmatched(&self.desired, &self.recorded, &self.options);
        self.diagnostics.extend(unmatched);
        self.diagnostics.extend(orphan::left(&self.changes));
        if self.options.mode == PlanMode::Normal {
            self.checks = self.assertions();
        }
        if self.diagnostics.has_errors() {
            return self.refused();
        }
        self.finish()
    }

    /// A provider's error as a diagnostic, without the secrets of what it may quote: its own configuration, the
    /// variables, and what it was `told` of the object, which has its marks.
    pub(super) fn provider_error<'v>(
        &'v self,
        id: &'static str,
        error: &ProviderError,
        what: &str,
        told: impl IntoIterator<Item = &'v Value>,
    ) -> Diagnostic {
        let values = told
            .into_iter()
            .chain(self.options.variables.values())
            .chain(self.plugins.told());
        plugins::diagnostic(id, error, what, &secrets::marked_in(values))
    }

    /// How a provider is asked again.
    pub(super) fn asking(&self, provider: &ProviderAddr) -> Asking {
        Asking {
            provider: provider.source.name.clone(),
            environment: self.recorded.environment.clone(),
            attempts: self.options.attempts,
            events: self.events.clone(),
        }
    }

    fn refused(mut self) -> (Option<Planned>, Diagnostics) {
        self.diagnostics.sort();
        (None, self.diagnostics)
    }

    /// Opens every provider that the definition or the record names, so that schemas are there.
    pub(super) async fn open_sources(&mut self) {
        let graph = self.desired.graph().clone();
        let mut wanted: BTreeMap<_, (String, Option<Span>)> = BTreeMap::new();
        for &node in &graph.order {
            let Some(addr) = graph.providers.get(&node) else {
                continue;
            };
            let span = self.declared_span(node);
            wanted
                .entry(addr.source.clone())
                .or_insert_with(|| (plugins::needing(&graph, node), span));
        }
        for (addr, instance) in self.recorded.instances() {
            for object in instance.current.iter().chain(instance.deposed.values()) {
                if !wanted.contains_key(&object.provider.source) {
                    wanted.insert(
                        object.provider.source.clone(),
                        (format!("the recorded `{addr}`"), None),
                    );
                }
            }
        }
        for (source, (who, span)) in wanted {
            if let Err(error) = self.plugins.of_source(&source).await {
                let what = format!("no provider `{source}`, which {who} needs");
                let diagnostic = self.provider_error("missing-provider", &error, &what, []);
                self.diagnostics.push(match span {
                    Some(span) => diagnostic.at(span, ""),
                    None => diagnostic,
                });
            }
        }
    }

    pub(super) fn declared_span(&self, node: NodeId) -> Option<Span> {
        self.desired.graph().span(self.desired.definition(), node)
    }

    pub(super) async fn node(&mut self, node: NodeId) {
        let graph = self.desired.graph().clone();
        let Some(found) = graph.node(node) else {
            return;
        };
        if !self.scope.has_node(node) {
            self.outside(node);
            return;
        }
        match &found.kind {
            NodeKind::Resource(name) => match name.mode {
                Mode::Managed => self.managed(node).await,
                Mode::Data => self.data(node).await,
                Mode::Ephemeral => {
                    let diagnostic = Diagnostic::error(
                        "unsupported",
                        "ephemeral resources are not supported yet",
                    );
                    let span = self.declared_span(node);
                    self.diagnostics.push(match span {
                        Some(span) => diagnostic.at(span, ""),
                        None => diagnostic,
                    });
                }
            },
            NodeKind::Provider(_) => self.provider(node).await,
            NodeKind::Check(_) | NodeKind::Whole(_) => {}
            NodeKind::Variable(_)
            | NodeKind::Validation(_)
            | NodeKind::Local(_)
            | NodeKind::Output(_)
            | NodeKind::Call(_) => {
                let diagnostics = self.desired.evaluate(node);
                self.evaluated(diagnostics);
            }
        }
    }

    /// Takes diagnostics of an evaluation: in a destroy nothing is made from values, so that only providers'
    /// configurations must be right.
    pub(super) fn evaluated(&mut self, diagnostics: Diagnostics) {
        if self.options.mode != PlanMode::Destroy {
            self.diagnostics.extend(diagnostics);
        }
    }

    /// A node that is not targeted: its values are those recorded, so that others can refer to them.
    fn outside(&mut self, node: NodeId) {
        // What is wrong outside of the targets is not of interest now.
        let _ = self.desired.evaluate(node);
        self.values_from_record(node);
    }

    pub(super) fn values_from_record(&mut self, node: NodeId) {
        for block in self.desired.blocks(node) {
            let keys = self.recorded.blocks.get(&block.addr);
            let wanted = block.keys();
            let values = wanted.iter().map(|key| {
                let current = keys
                    .and_then(|keys| keys.get(key))
                    .and_then(|instance| instance.current.as_ref());
                current.map_or_else(Value::dynamic, |object| object.value.clone())
            });
            let values = values.collect();
            self.desired.set_values(&block.addr, values);
        }
    }

    /// The `check` blocks that an apply of a plan taken up again is to look at: nothing was said of them yet.
    pub(super) fn untold_checks(&self) -> Checks {
        let mut checks = Checks::default();
        if self.options.mode == PlanMode::Normal {
            let scope = Scope::of(&self.desired, &self.recorded, &self.options);
            checks.nodes = self.checks(&scope);
        }
        checks
    }

    /// The `check` blocks in a scope.
    fn checks(&self, scope: &Scope) -> Vec<NodeId> {
        let graph = self.desired.graph();
        let is_check = |node: &NodeId| {
            let kind = graph.node(*node).map(|node| &node.kind);
            matches!(kind, Some(NodeKind::Check(_))) && scope.has_node(*node)
        };
        graph.order.iter().copied().filter(is_check).collect()
    }

    fn assertions(&mut self) -> Checks {
        let nodes = self.checks(&self.scope);
        let told = |node: &NodeId| self.desired.assertions(*node).1;
        let told: Diagnostics = nodes.iter().flat_map(told).collect();
        self.diagnostics.extend(told.clone());
        Checks { nodes, told }
    }

    /// Adds a change; one that is about a current object can be found by its address from now on.
    pub(super) fn add(&mut self, node: Option<NodeId>, change: Change) {
        if change.deposed.is_none() {
            self.changed.insert(change.addr.clone(), self.changes.len());
            if triggers::is_stirred(change.action) {
                self.stirred.insert(change.addr.block.clone());
            }
        }
        if let Some(node) = node
            && change.action != Action::NoOp
        {
            self.pending.insert(node);
        }
        self.changes.push(change);
    }

    /// Of a plan that is about a part only, the recorded instances of that part that nothing happens to.
    fn left_as_they_are(&self) -> Option<Vec<InstanceAddr>> {
        if self.options.targets.is_empty() && self.options.excludes.is_empty() {
            return None;
        }
        let graph = self.desired.graph();
        let is_meant = |addr: &InstanceAddr| match graph.resource_node(&addr.resource()) {
            Some(node) => self.scope.has_node(node) && self.scope.has_instance(node, addr),
            None => self.scope.has_recorded(addr),
        };
        let recorded = self.recorded.instances();
        let current = recorded.filter(|(_, instance)| instance.current.is_some());
        let stays = current.filter(|(addr, _)| !self.changed.contains_key(addr) && is_meant(addr));
        Some(stays.map(|(addr, _)| addr).collect())
    }

    fn finish(mut self) -> (Option<Planned>, Diagnostics) {
        let outputs: Vec<OutputChange> = self.output_changes();
        let relinked = self.dependencies();
        let stays = self.left_as_they_are();
        let looked = self.options.mode != PlanMode::Destroy;
        let conditions = self
            .desired
            .conditions(|node| looked && self.scope.has_node(node));
        self.changes.shrink_to_fit();
        self.changes
            .sort_by(|a, b| a.addr.cmp(&b.addr).then_with(|| a.deposed.cmp(&b.deposed)));
        self.drift.sort_by(|a, b| a.addr.cmp(&b.addr));
        let handovers = handover::handovers(&self.changes, &self.plugins);
        let (steps, order) = order::order(&self.changes, &self.desired, &self.recorded, &handovers);
        let mut warnings = self.diagnostics;
        warnings.sort();
        let options = self.options;
        let mut plan = Plan {
            id: PlanId::from_digest([0; 4]),
            environment: self.recorded.environment.clone(),
            revision: options.revision,
            content: options.content,
            serial: self.recorded.serial,
            lineage: self.recorded.lineage.clone(),
            created: options.now,
            mode: options.mode,
            refresh: options.refresh,
            targets: options.targets,
            excludes: options.excludes,
            variables: options.variables,
            files: options.files,
            changes: self.changes,
            unchanged: self.unchanged,
            stays,
            steps,
            order,
            outputs,
            drift: self.drift,
            relinked,
            reads: self.reads,
            conditions,
            warnings: warnings.clone(),
        };
        plan.id = id(&plan);
        let planned = Planned {
            plan,
            desired: self.desired,
            plugins: self.plugins,
            recorded: self.recorded,
            checks: self.checks,
        };
        (Some(planned), warnings)
    }
}

/// A plan's id: a digest of what it does, where and when.
fn id(plan: &Plan) -> PlanId {
    let mut hash = Sha256::new();
    hash.update(plan.environment.as_bytes());
    hash.update(plan.lineage.as_bytes());
    hash.update(plan.serial.0.to_be_bytes());
    hash.update(plan.created.0.to_be_bytes());
    for change in &plan.changes {
        hash.update(change.addr.to_string().as_bytes());
        hash.update([change.action_code()]);
    }
    let digest: [u8; 32] = hash.finalize().into();
    let [a, b, c, d, ..] = digest;
    PlanId::from_digest([a, b, c, d])
}

/// Managed nodes whose replacements create first: those in the scope that say so and, transitively, what they depend on
/// (Terraform forces it on dependencies, never on dependents).
fn create_first(desired: &Desired, scope: &Scope) -> HashSet<NodeId> {
    let graph = desired.graph();
    let mut forced: HashSet<NodeId> = HashSet::new();
    for &node in graph
        .order
        .iter()
        .rev()
        .filter(|node| scope.has_node(**node))
    {
        let own = graph.node(node).and_then(|found| {
            let NodeKind::Resource(name) = &found.kind else {
                return None;
            };
            let module = desired.definition().module(graph.module(found.module)?)?;
            module.resources.get(name)?.lifecycle.create_before_destroy
        });
        if own == Some(true) || forced.contains(&node) {
            forced.insert(node);
            forced.extend(graph.dependencies(node).iter().copied());
        }
    }
    forced
}
