//! Makes the nodes and edges of a definition's graph.

mod references;

use std::collections::HashSet;
use std::sync::Arc;

use model::address::{ModulePath, ProviderAddr};
use model::{Diagnostic, Diagnostics, Str};

use super::around::Around;
use super::{Graph, ModuleId, Node, NodeId, NodeKind, cycle, providers};
use crate::eval;
use crate::load::{Condition, Definition, Module, Provisioner, Resource};
use crate::reference::{Subject, subject};
use crate::syntax::ast::{Body, Expr};

pub(super) fn build(definition: &Definition) -> (Graph, Diagnostics) {
    let mut graph = Graph::default();
    for (path, module) in &definition.modules {
        let id = ModuleId(u32::try_from(graph.modules.len()).unwrap_or(u32::MAX));
        graph.modules.push(path.clone());
        graph.module_index.insert(path.clone(), id);
        add_nodes(&mut graph, id, module);
    }
    graph.dependencies = vec![Vec::new(); graph.nodes.len()];
    let mut builder = Builder {
        definition,
        graph,
        diagnostics: Diagnostics::new(),
        edges: Vec::new(),
        seen: HashSet::new(),
        providers: HashSet::new(),
        around: Around::default(),
    };
    let mut next = 0;
    for (path, module) in &definition.modules {
        next = builder.module(path, module, next);
    }
    let Builder {
        mut graph,
        mut diagnostics,
        ..
    } = builder;
    let sorted = cycle::sort(&graph.dependencies);
    for cycle in &sorted.cycles {
        diagnostics.push(describe_cycle(definition, &graph, cycle));
    }
    graph.order = sorted.order;
    diagnostics.sort();
    (graph, diagnostics)
}

/// Adds the nodes of a module, in the order in which [`Builder::module`] visits them.
fn add_nodes(graph: &mut Graph, id: ModuleId, module: &Module) {
    let mut add = |kind: NodeKind| {
        let node = Node { module: id, kind };
        let at = NodeId(u32::try_from(graph.nodes.len()).unwrap_or(u32::MAX));
        graph.index.insert(node.clone(), at);
        graph.nodes.push(node);
    };
    module
        .variables
        .keys()
        .cloned()
        .for_each(|name| add(NodeKind::Variable(name)));
    module
        .variables
        .values()
        .filter(|variable| !variable.validations.is_empty())
        .for_each(|variable| add(NodeKind::Validation(variable.name.clone())));
    module
        .locals
        .keys()
        .cloned()
        .for_each(|name| add(NodeKind::Local(name)));
    module
        .calls
        .keys()
        .cloned()
        .flat_map(|name| [NodeKind::Call(name.clone()), NodeKind::Whole(name)])
        .for_each(&mut add);
    (0..module.providers.len()).for_each(|at| add(NodeKind::Provider(at)));
    module
        .resources
        .keys()
        .cloned()
        .for_each(|name| add(NodeKind::Resource(name)));
    module
        .outputs
        .keys()
        .cloned()
        .for_each(|name| add(NodeKind::Output(name)));
    module
        .checks
        .keys()
        .cloned()
        .for_each(|name| add(NodeKind::Check(name)));
}

struct Builder<'d> {
    definition: &'d Definition,
    graph: Graph,
    diagnostics: Diagnostics,
    /// Edges of the node being visited.
    edges: Vec<NodeId>,
    seen: HashSet<NodeId>,
    /// Provider configurations that blocks have.
    providers: HashSet<Arc<ProviderAddr>>,
    /// The block around what is being visited.
    around: Around,
}

impl Builder<'_> {
    fn module(&mut self, path: &ModulePath, module: &Module, first: u32) -> u32 {
        let mut next = first;
        let Some(id) = self.graph.module_id(path) else {
            return next;
        };
        let parent = path
            .parent()
            .and_then(|parent| self.graph.module_id(&parent));
        let call = parent.zip(path.0.last().cloned());
        let call_node =
            call.and_then(|(parent, name)| self.graph.find(parent, NodeKind::Call(name)));
        let mut finish = |builder: &mut Self| {
            builder.edge(call_node);
            builder.close(NodeId(next));
            next += 1;
        };
        for name in module.variables.keys() {
            self.argument(path, name);
            finish(self);
        }
        for variable in module
            .variables
            .values()
            .filter(|variable| !variable.validations.is_empty())
        {
            self.edge(
                self.graph
                    .find(id, NodeKind::Variable(variable.name.clone())),
            );
            self.conditions(id, module, &variable.validations);
            finish(self);
        }
        for local in module.locals.values() {
            self.expr(id, module, &local.expr);
            finish(self);
        }
        for call in module.calls.values() {
            call.repeat
                .expr()
                .into_iter()
                .for_each(|expr| self.expr(id, module, expr));
            for reference in &call.depends_on {
                self.reference(id, module, &reference.subject, reference.span);
            }
            finish(self);
            self.whole(id, &call.name);
            finish(self);
        }
        for provider in &module.providers {
            self.body(id, module, &provider.body, &mut Vec::new());
            finish(self);
        }
        for resource in module.resources.values() {
            self.resource(id, path, module, resource);
            finish(self);
        }
        for output in module.outputs.values() {
            self.expr(id, module, &output.value);
            for reference in &output.depends_on {
                self.reference(id, module, &reference.subject, reference.span);
            }
            self.conditions(id, module, &output.preconditions);
            finish(self);
        }
        for check in module.checks.values() {
            let data = check
                .data
                .clone()
                .and_then(|data| self.graph.find(id, NodeKind::Resource(data)));
            self.edge(data);
            self.conditions(id, module, &check.asserts);
            finish(self);
        }
        next
    }

    fn edge(&mut self, to: Option<NodeId>) {
        if let Some(to) = to
            && self.seen.insert(to)
        {
            self.edges.push(to);
        }
    }

    fn close(&mut self, node: NodeId) {
        self.seen.clear();
        self.edges.sort();
        if let Some(slot) = self.graph.dependencies.get_mut(node.index()) {
            *slot = std::mem::take(&mut self.edges);
        }
    }

    /// Edges to all that a call makes: what stands in the module, and all that its own calls make.
    fn whole(&mut self, id: ModuleId, call: &Str) {
        let Some((child, at)) = self.child(id, call) else {
            return;
        };
        let Some(module) = self.definition.module(&child) else {
            return;
        };
        let resources = module.resources.keys().cloned().map(NodeKind::Resource);
        let calls = module.calls.keys().cloned().map(NodeKind::Whole);
        for kind in resources.chain(calls) {
            let found = self.graph.find(at, kind);
            self.edge(found);
        }
    }

    /// Edges of a child module's variable: to what the call's argument refers to.
    fn argument(&mut self, path: &ModulePath, name: &Str) {
        let Some((parent, call)) = path.parent().zip(path.0.last()) else {
            return;
        };
        let Some(module) = self.definition.module(&parent).cloned() else {
            return;
        };
        let Some(id) = self.graph.module_id(&parent) else {
            return;
        };
        let Some(call) = module.calls.get(call) else {
            return;
        };
        if let Some(argument) = call.arguments.get(name) {
            self.around = Around::of(&call.repeat);
            self.expr(id, &module, &argument.expr);
            self.around = Around::default();
        }
    }

    fn resource(&mut self, id: ModuleId, path: &ModulePath, module: &Module, resource: &Resource) {
        resource
            .repeat
            .expr()
            .into_iter()
            .for_each(|expr| self.expr(id, module, expr));
        for reference in &resource.depends_on {
            self.reference(id, module, &reference.subject, reference.span);
        }
        let lifecycle = &resource.lifecycle;
        let around = Around::of(&resource.repeat);
        let this = self.graph.find(id, NodeKind::Resource(resource.id.clone()));
        self.around = around;
        self.conditions(id, module, &lifecycle.preconditions);
        // What triggers a replacement may name a whole block where others must name an instance.
        let uses = self.graph.uses.len();
        for expr in &lifecycle.replace_triggered_by {
            self.expr(id, module, expr);
        }
        self.graph.uses.truncate(uses);
        self.body(id, module, &resource.body, &mut Vec::new());
        self.around = around.with_self(this);
        // `self` aside, a postcondition may refer to the instance it belongs to only through `self`.
        self.conditions(id, module, &lifecycle.postconditions);
        for Provisioner {
            body, connection, ..
        } in &resource.provisioners
        {
            self.body(id, module, body, &mut Vec::new());
            connection
                .iter()
                .for_each(|body| self.body(id, module, body, &mut Vec::new()));
        }
        resource
            .connection
            .iter()
            .for_each(|body| self.body(id, module, body, &mut Vec::new()));
        self.around = Around::default();
        match providers::of_resource(self.definition, path, resource) {
            Ok(provider) => {
                let configured = self.graph.module_id(&provider.module).and_then(|at| {
                    let module = self.definition.module(&provider.module)?;
                    let position = module.providers.iter().position(|block| {
                        block.alias == provider.alias
                            && providers::source(self.definition, &provider.module, &block.name)
                                == provider.source
                    })?;
                    self.graph.find(at, NodeKind::Provider(position))
                });
                self.edge(configured);
                if let Some(node) = self.graph.find(id, NodeKind::Resource(resource.id.clone())) {
                    let provider = self.shared(provider);
                    self.graph.providers.insert(node, provider);
                }
            }
            Err(diagnostic) => self.diagnostics.push(diagnostic),
        }
    }

    /// The address once for all blocks that have the same.
    fn shared(&mut self, provider: ProviderAddr) -> Arc<ProviderAddr> {
        match self.providers.get(&provider) {
            Some(shared) => shared.clone(),
            None => {
                let shared = Arc::new(provider);
                self.providers.insert(shared.clone());
                shared
            }
        }
    }

    fn conditions(&mut self, id: ModuleId, module: &Module, conditions: &[Condition]) {
        for condition in conditions {
            self.expr(id, module, &condition.condition);
            self.expr(id, module, &condition.error_message);
        }
    }

    /// Edges of everything in a body; `bound` are the iterators of the `dynamic` blocks around it.
    fn body(&mut self, id: ModuleId, module: &Module, body: &Body, bound: &mut Vec<Str>) {
        for attribute in &body.attributes {
            self.bound_expr(id, module, &attribute.expr, bound);
        }
        for block in &body.blocks {
            let iterator = match block.labels.first() {
                Some(label) if block.kind.text == "dynamic" => {
                    Some(iterator_name(&block.body, &label.text))
                }
                _ => None,
            };
            let Some(iterator) = iterator else {
                self.body(id, module, &block.body, bound);
                continue;
            };
            for attribute in block
                .body
                .attributes
                .iter()
                .filter(|attribute| attribute.name.text == "for_each")
            {
                self.bound_expr(id, module, &attribute.expr, bound);
            }
            bound.push(iterator);
            for attribute in block
                .body
                .attributes
                .iter()
                .filter(|attribute| attribute.name.text == "labels")
            {
                self.bound_expr(id, module, &attribute.expr, bound);
            }
            for content in &block.body.blocks {
                self.body(id, module, &content.body, bound);
            }
            bound.pop();
        }
    }

    fn expr(&mut self, id: ModuleId, module: &Module, expr: &Expr) {
        self.bound_expr(id, module, expr, &[]);
    }

    fn bound_expr(&mut self, id: ModuleId, module: &Module, expr: &Expr, bound: &[Str]) {
        let mut found = Vec::new();
        eval::references(expr, &mut found);
        for free in found {
            if bound.contains(&free.root.text) {
                continue;
            }
            match subject(free.root, free.steps) {
                Ok((subject, named)) => {
                    self.used(id, &subject, &free, named);
                    // Only its evaluation tells whether there must be such an output.
                    if let Subject::Output(call, output) = &subject
                        && free.may_fail
                        && !self.has_output(id, call, output)
                    {
                        self.module_reference(id, module, call, free.span);
                    } else {
                        self.reference(id, module, &subject, free.span);
                    }
                }
                Err(diagnostic) => self.diagnostics.push(diagnostic),
            }
        }
    }
}

/// The name by which a `dynamic` block's content refers to the element: its `iterator`, or the block's own label.
pub(crate) fn iterator_name(body: &Body, label: &Str) -> Str {
    body.attributes
        .iter()
        .find(|attribute| attribute.name.text == "iterator")
        .and_then(|attribute| crate::reference::as_traversal(&attribute.expr))
        .map_or_else(|| label.clone(), |(root, _)| root.text.clone())
}

fn describe_cycle(definition: &Definition, graph: &Graph, cycle: &[NodeId]) -> Diagnostic {
    let names: Vec<String> = cycle
        .iter()
        .map(|id| format!("`{}`", graph.describe(*id)))
        .collect();
    let diagnostic = if let [only] = names.as_slice() {
        Diagnostic::error("self-reference", format!("{only} refers to itself"))
    } else {
        let way = names
            .iter()
            .chain(names.first())
            .cloned()
            .collect::<Vec<_>>()
            .join(" needs ");
        Diagnostic::error("cycle", format!("{way}, which is a cycle"))
    };
    let mut places = cycle.iter().filter_map(|id| graph.span(definition, *id));
    let mut diagnostic = match places.next() {
        Some(first) => diagnostic.at(first, ""),
        None => diagnostic,
    };
    for (position, place) in places.enumerate().take(8) {
        diagnostic = diagnostic.and_at(
            place,
            if position == 0 {
                "and needs, in turn"
            } else {
                ""
            },
        );
    }
    diagnostic.help("break the cycle: let one of them use something that does not need the others")
}
