//! Recorded instances that the definition does not have (any more), and deposed objects: planned to be destroyed, or
//! to be forgotten.

use std::collections::BTreeMap;
use std::sync::Arc;

use contract::Object;
use lang::Definition;
use lang::desired::Repetition;
use lang::graph::{NodeId, NodeKind};
use lang::load::ResourceName;
use model::address::{
    BlockAddr, InstanceAddr, InstanceKey, ModuleAddr, ModulePath, ProviderAddr, Target,
};
use model::change::{Action, Because, Cause, Change, DeposedKey, Reason, ReplaceOrder};
use model::plan::PlanMode;
use model::{Diagnostic, Diagnostics, Span, Value};

use super::block::Block;
use super::configurations;
use super::walk::Walk;
use crate::recorded::RecordedObject;

/// A recorded object nobody wants.
pub(super) struct Orphan {
    pub(super) addr: InstanceAddr,
    pub(super) deposed: Option<DeposedKey>,
    pub(super) recorded: RecordedObject,
    /// Why; none where it was replaced, or everything is destroyed.
    pub(super) reason: Option<Reason>,
}

/// Warns of what will not be managed any more, but goes on to exist.
pub(super) fn left(changes: &[Change]) -> Diagnostics {
    const SHOWN: usize = 8;
    let left = changes
        .iter()
        .filter(|change| change.action == Action::Forget);
    let addrs: Vec<&InstanceAddr> = left.map(|change| &change.addr).collect();
    let message = match addrs.as_slice() {
        [] => return Diagnostics::new(),
        [one] => format!("`{one}` will not be managed any more, but goes on to exist"),
        more => format!(
            "{} objects will not be managed any more, but go on to exist",
            more.len()
        ),
    };
    let mut warning = Diagnostic::warning("no-longer-managed", message);
    if addrs.len() > 1 {
        let shown = addrs.iter().take(SHOWN).map(ToString::to_string);
        warning.notes.extend(shown);
        if addrs.len() > SHOWN {
            warning
                .notes
                .push(format!("and {} more", addrs.len() - SHOWN));
        }
    }
    warning.into()
}

impl Walk<'_> {
    /// Plans for everything recorded that the walk did not meet.
    pub(super) async fn orphans(&mut self) {
        // By block and provider, so that they are observed in batches.
        let mut groups: BTreeMap<(Arc<BlockAddr>, Arc<ProviderAddr>), Vec<Orphan>> =
            BTreeMap::new();
        for (addr, instance) in self.recorded.instances() {
            let wanted = self.desired.has_instance(&addr);
            let lookup = (!wanted).then(|| self.orphan_reason(&addr));
            let current = lookup.zip(instance.current.as_ref());
            let current = current.map(|(reason, object)| (None, object, Some(reason)));
            let deposed = instance.deposed.iter();
            let deposed = deposed.map(|(key, object)| (Some(key.clone()), object, None));
            for (deposed, object, reason) in current.into_iter().chain(deposed) {
                if self.scope.has_recorded(&addr) {
                    let group = (addr.block.clone(), object.provider.clone());
                    groups.entry(group).or_default().push(Orphan {
                        addr: addr.clone(),
                        deposed,
                        recorded: object.clone(),
                        reason,
                    });
                }
            }
        }
        let mut gone: BTreeMap<Arc<ProviderAddr>, Vec<InstanceAddr>> = BTreeMap::new();
        for ((block, provider), orphans) in groups {
            if self.has_configuration(&provider).await {
                self.orphan_group(&block, &provider, orphans).await;
                continue;
            }
            let left = self.out_of_reach(&provider, orphans);
            gone.entry(provider).or_default().extend(left);
        }
        for (provider, addrs) in gone {
            if let Some(diagnostic) = configurations::gone(&provider, addrs) {
                self.diagnostics.push(diagnostic);
            }
        }
    }

    /// Forgets what is only to be forgotten, for which no provider has to be asked; returns the others.
    fn out_of_reach(
        &mut self,
        provider: &Arc<ProviderAddr>,
        orphans: Vec<Orphan>,
    ) -> Vec<InstanceAddr> {
        let mut left = Vec::new();
        for orphan in orphans {
            if self.options.mode == PlanMode::RefreshOnly || !self.is_forgotten(&orphan) {
                left.push(orphan.addr);
                continue;
            }
            let object = orphan.recorded.bare();
            self.unwanted(None, provider, orphan, object, Action::Forget);
        }
        left
    }

    async fn orphan_group(
        &mut self,
        block: &Arc<BlockAddr>,
        provider_addr: &Arc<ProviderAddr>,
        orphans: Vec<Orphan>,
    ) {
        let Some(schema) = self
            .plugins
            .resource_schema(&provider_addr.source, &block.rtype)
            .cloned()
        else {
            let known = self.plugins.type_names(&provider_addr.source, block.mode);
            let diagnostic =
                super::block::unknown_type(provider_addr, "resource type", &block.rtype, &known);
            self.diagnostics.push(diagnostic.note(format!(
                "`{block}` is recorded and not in the definition any more"
            )));
            return;
        };
        let Some(provider) = self.ready(provider_addr).await else {
            return;
        };
        let has_sensitive = schema.schema.block.has_sensitive();
        let node = self.desired.graph().resource_node(&block.resource());
        let group = Block {
            node: node.unwrap_or(NodeId(u32::MAX)),
            provider_addr: provider_addr.clone(),
            provider,
            schema,
            has_sensitive,
            order: ReplaceOrder::DestroyFirst,
        };
        let objects: Vec<(InstanceAddr, RecordedObject)> = orphans
            .iter()
            .map(|orphan| (orphan.addr.clone(), orphan.recorded.clone()))
            .collect();
        let observed = self.observe(&group, &block.rtype, &objects).await;
        for (orphan, observed) in orphans.into_iter().zip(observed) {
            if orphan.deposed.is_none() {
                self.note_drift(&group, &orphan.addr, &orphan.recorded, observed.as_ref());
            }
            if self.options.mode == PlanMode::RefreshOnly {
                continue;
            }
            match observed {
                Some(object) if self.is_forgotten(&orphan) => {
                    self.unwanted(node, provider_addr, orphan, object, Action::Forget);
                }
                Some(object) => self.destroy(node, provider_addr, orphan, object),
                // A deposed object that is gone: only the record has to learn it.
                None if orphan.deposed.is_some() => {
                    let object = orphan.recorded.bare();
                    self.unwanted(node, provider_addr, orphan, object, Action::Forget);
                }
                None => {}
            }
        }
    }

    /// Plans to destroy a recorded object.
    pub(super) fn destroy(
        &mut self,
        node: Option<NodeId>,
        provider: &Arc<ProviderAddr>,
        orphan: Orphan,
        observed: Object,
    ) {
        self.protect(&orphan.addr, "destroyed");
        self.unwanted(node, provider, orphan, observed, Action::Destroy);
    }

    #[expect(clippy::too_many_arguments, reason = "each is a thing of its own")]
    fn unwanted(
        &mut self,
        node: Option<NodeId>,
        provider: &Arc<ProviderAddr>,
        orphan: Orphan,
        observed: Object,
        action: Action,
    ) {
        let Orphan {
            addr,
            deposed,
            recorded,
            reason,
        } = orphan;
        let (_, paths) = recorded.value.unmark_paths();
        let because = reason
            .into_iter()
            .map(|reason| Because {
                cause: Cause::Reason(reason),
                place: None,
            })
            .collect();
        let previous = if deposed.is_none() {
            self.moves.get(&addr).cloned()
        } else {
            None
        };
        let change = Change {
            addr,
            deposed,
            previous,
            importing: None,
            provider: provider.clone(),
            action,
            reason,
            because,
            before: observed.value.mark_paths(&paths),
            after: Value::NULL,
            replace_paths: Vec::new(),
            config: Value::NULL,
            private: observed.private.clone(),
            prior_private: observed.private,
            schema_version: recorded.schema_version,
            dependencies: recorded.dependencies,
            create_before_destroy: recorded.create_before_destroy,
            legacy: false,
        };
        self.add(node, change);
    }

    /// Whether a `removed` block says that the object is not to be destroyed.
    fn is_forgotten(&self, orphan: &Orphan) -> bool {
        let definition = self.desired.definition();
        orphan.deposed.is_none()
            && definition.modules.iter().any(|(path, module)| {
                module
                    .removed
                    .iter()
                    .any(|removed| !removed.destroy && names(path, &removed.from.0, &orphan.addr))
            })
    }

    /// Why a recorded instance is not wanted any more.
    fn orphan_reason(&self, addr: &InstanceAddr) -> Reason {
        let block = &addr.block;
        let path = block.module.path();
        let name = ResourceName {
            mode: block.mode,
            rtype: block.rtype.clone(),
            name: block.name.clone(),
        };
        // "No module" is for an instance of a module that is still called, as in Terraform.
        let Some(module) = self.desired.definition().module(&path) else {
            return Reason::DeleteBecauseNoResourceConfig;
        };
        if !module.resources.contains_key(&name) {
            let moved_here = self.moves.contains_key(addr);
            return if moved_here {
                Reason::DeleteBecauseNoMoveTarget
            } else {
                Reason::DeleteBecauseNoResourceConfig
            };
        }
        let graph = self.desired.graph();
        let node = graph
            .module_id(&path)
            .and_then(|id| graph.find(id, NodeKind::Resource(name)));
        let expanded = node.and_then(|node| {
            self.desired
                .blocks(node)
                .into_iter()
                .find(|expanded| expanded.addr == *block)
        });
        match (expanded.map(|expanded| expanded.repetition), &addr.key) {
            (None, _) => Reason::DeleteBecauseNoModule,
            (Some(Repetition::Count(_)), InstanceKey::Index(_)) => Reason::DeleteBecauseCountIndex,
            (Some(Repetition::ForEach(_)), InstanceKey::Key(_)) => Reason::DeleteBecauseEachKey,
            (Some(_), _) => Reason::DeleteBecauseWrongRepetition,
        }
    }

    /// The nodes that a block's `depends_on`, or that of a module call around it, names.
    pub(super) fn explicit_dependencies(&self, node: NodeId) -> Vec<NodeId> {
        let graph = self.desired.graph();
        let definition = self.desired.definition();
        let Some(found) = graph.node(node) else {
            return Vec::new();
        };
        let Some(path) = graph.module(found.module) else {
            return Vec::new();
        };
        let NodeKind::Resource(name) = &found.kind else {
            return Vec::new();
        };
        let mut nodes = Vec::new();
        let own = definition
            .module(path)
            .and_then(|module| module.resources.get(name));
        for reference in own.into_iter().flat_map(|resource| &resource.depends_on) {
            nodes.extend(graph.targets(found.module, &reference.subject));
        }
        let mut at = path.clone();
        while let (Some(parent), Some(call)) = (at.parent(), at.0.last()) {
            let module = definition.module(&parent);
            let call = module.and_then(|module| module.calls.get(call));
            for reference in call.into_iter().flat_map(|call| &call.depends_on) {
                if let Some(id) = graph.module_id(&parent) {
                    nodes.extend(graph.targets(id, &reference.subject));
                }
            }
            at = parent;
        }
        nodes
    }
}

fn names(path: &ModulePath, target: &Target, addr: &InstanceAddr) -> bool {
    let module = addr.module().path();
    let Some(inner) = module
        .0
        .get(path.0.len()..)
        .filter(|_| module.0.starts_with(&path.0))
    else {
        return false;
    };
    match target {
        Target::Module(named) => inner.starts_with(&named.path().0),
        Target::Resource(named) => {
            named.module().path().0 == inner
                && named.block.mode == addr.block.mode
                && named.block.rtype == addr.block.rtype
                && named.block.name == addr.block.name
        }
    }
}

/// Whether an address names instances by a key.
fn has_keys(target: &Target) -> bool {
    let (module, key) = match target {
        Target::Module(module) => (module, &InstanceKey::None),
        Target::Resource(addr) => (addr.module(), &addr.key),
    };
    let mut steps = module.steps().iter();
    *key != InstanceKey::None || steps.any(|step| step.key != InstanceKey::None)
}

/// Reports a module that is removed and still called.
fn called(
    definition: &Definition,
    path: &ModulePath,
    named: &ModuleAddr,
    removed: Span,
) -> Option<Diagnostic> {
    let (name, above) = named.steps().split_last()?;
    let inner = path.0.iter().cloned();
    let inner = inner.chain(above.iter().map(|step| step.name.clone()));
    let caller = definition.module(&ModulePath(inner.collect()))?;
    let call = caller.calls.get(&name.name)?;
    let message = format!("`{named}` is removed and still called");
    Some(
        Diagnostic::error("still-declared", message)
            .at(removed, "removed here")
            .and_at(call.span, "called here")
            .help("delete one of the two blocks"),
    )
}

/// Reports `removed` blocks whose resource or module is still declared.
pub(crate) fn removed_and_declared(definition: &Definition) -> Diagnostics {
    let mut out = Diagnostics::new();
    for (path, module) in &definition.modules {
        for removed in &module.removed {
            if has_keys(&removed.from.0) {
                let message = "instances of a block or module cannot be removed by `removed`";
                out.push(
                    Diagnostic::error("unknown-reference", message)
                        .at(removed.from.1, "this has a key")
                        .help("leave the key away: all of it is removed"),
                );
                continue;
            }
            let named = match &removed.from.0 {
                Target::Resource(named) => named,
                Target::Module(named) => {
                    if let Some(found) = called(definition, path, named, removed.from.1) {
                        out.push(found);
                    }
                    continue;
                }
            };
            let inner = path
                .0
                .iter()
                .cloned()
                .chain(named.module().path().0)
                .collect();
            let name = ResourceName {
                mode: named.block.mode,
                rtype: named.block.rtype.clone(),
                name: named.block.name.clone(),
            };
            let declared = definition
                .module(&ModulePath(inner))
                .and_then(|module| module.resources.get(&name));
            if let Some(declared) = declared {
                out.push(
                    Diagnostic::error(
                        "still-declared",
                        format!("`{}` is removed and still declared", removed.from.0),
                    )
                    .at(removed.from.1, "removed here")
                    .and_at(declared.span, "declared here")
                    .help("delete one of the two blocks"),
                );
            }
        }
    }
    out
}
