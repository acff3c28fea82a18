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
use super::walk::Walk;
use crate::recorded::RecordedObject;

/// A recorded object nobody wants.
type Orphan = (
    InstanceAddr,
    Option<DeposedKey>,
    RecordedObject,
    Option<Reason>,
);

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
            if let (Some(reason), Some(object)) = (lookup, &instance.current)
                && self.scope.has_recorded(&addr)
            {
                let group = (addr.block.clone(), object.provider.clone());
                groups.entry(group).or_default().push((
                    addr.clone(),
                    None,
                    object.clone(),
                    Some(reason),
                ));
            }
            for (key, object) in &instance.deposed {
                if self.scope.has_recorded(&addr) {
                    let group = (addr.block.clone(), object.provider.clone());
                    let deposed = (addr.clone(), Some(key.clone()), object.clone(), None);
                    groups.entry(group).or_default().push(deposed);
                }
            }
        }
        for ((block, provider), orphans) in groups {
            self.orphan_group(&block, &provider, orphans).await;
        }
    }

    async fn orphan_group(
        &mut self,
        block: &Arc<BlockAddr>,
        provider_addr: &ProviderAddr,
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
        let addr = self.orphan_provider(provider_addr);
        let Some(provider) = self.ready(&addr).await else {
            return;
        };
        let has_sensitive = schema.schema.block.has_sensitive();
        let node = self.desired.graph().resource_node(&block.resource());
        let group = Block {
            node: node.unwrap_or(NodeId(u32::MAX)),
            provider_addr: addr,
            provider,
            schema,
            has_sensitive,
            order: ReplaceOrder::DestroyFirst,
        };
        let objects: Vec<(InstanceAddr, RecordedObject)> = orphans
            .iter()
            .map(|(addr, _, object, _)| (addr.clone(), object.clone()))
            .collect();
        let observed = self.observe(&group, &block.rtype, &objects).await;
        for ((addr, deposed, recorded, reason), observed) in orphans.into_iter().zip(observed) {
            if deposed.is_none() {
                self.note_drift(&group, &addr, &recorded, observed.as_ref());
            }
            if self.options.mode == PlanMode::RefreshOnly {
                continue;
            }
            match observed {
                Some(object) => {
                    let forget = deposed.is_none() && self.is_forgotten(&addr);
                    self.destroy_or_forget(
                        node,
                        (addr, deposed),
                        &recorded,
                        object,
                        reason,
                        forget,
                    );
                }
                // A deposed object that is gone: only the record has to learn it.
                None if deposed.is_some() => {
                    let gone = Object {
                        value: recorded.value.clone(),
                        private: recorded.private.clone(),
                    };
                    self.destroy_or_forget(node, (addr, deposed), &recorded, gone, None, true);
                }
                None => {}
            }
        }
    }

    /// The provider configuration for a recorded object: as recorded, or, when the definition has no such block any
    /// more, the nearest one of the same provider and alias further up.
    pub(super) fn orphan_provider(&self, recorded: &ProviderAddr) -> ProviderAddr {
        let mut addr = recorded.clone();
        loop {
            if self.plugins.is_configured(&addr) {
                return addr;
            }
            match addr.module.parent() {
                Some(parent) => addr.module = parent,
                None => {
                    return ProviderAddr {
                        module: ModulePath::root(),
                        ..recorded.clone()
                    };
                }
            }
        }
    }

    /// Plans to destroy a recorded object.
    #[expect(clippy::too_many_arguments, reason = "each is a thing of its own")]
    pub(super) fn destroy(
        &mut self,
        node: Option<NodeId>,
        addr: InstanceAddr,
        deposed: Option<DeposedKey>,
        recorded: &RecordedObject,
        observed: Object,
        reason: Option<Reason>,
    ) {
        self.destroy_or_forget(node, (addr, deposed), recorded, observed, reason, false);
    }

    #[expect(clippy::too_many_arguments, reason = "each is a thing of its own")]
    fn destroy_or_forget(
        &mut self,
        node: Option<NodeId>,
        (addr, deposed): (InstanceAddr, Option<DeposedKey>),
        recorded: &RecordedObject,
        observed: Object,
        reason: Option<Reason>,
        forget: bool,
    ) {
        if !forget {
            self.protect(&addr, "destroyed");
        }
        let (_, paths) = recorded.value.clone().unmark_paths();
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
            provider: self.orphan_provider(&recorded.provider),
            action: if forget {
                Action::Forget
            } else {
                Action::Destroy
            },
            reason,
            because,
            before: observed.value.mark_paths(&paths),
            after: Value::NULL,
            replace_paths: Vec::new(),
            config: Value::NULL,
            private: observed.private.clone(),
            prior_private: observed.private,
            schema_version: recorded.schema_version,
            dependencies: recorded.dependencies.clone(),
            create_before_destroy: recorded.create_before_destroy,
            legacy: false,
        };
        self.add(node, change);
    }

    /// Whether a `removed` block says that the object is not to be destroyed.
    fn is_forgotten(&self, addr: &InstanceAddr) -> bool {
        let definition = self.desired.definition();
        definition.modules.iter().any(|(path, module)| {
            module
                .removed
                .iter()
                .any(|removed| !removed.destroy && names(path, &removed.from.0, addr))
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
