//! What a reference means to the graph: the node it is an edge to, or an error with the name that is meant.

use model::address::{Mode, ModulePath};
use model::{Diagnostic, Span, Str};

use super::super::around::meaningless;
use super::super::uses::Use;
use super::super::{ModuleId, NodeKind};
use super::Builder;
use crate::eval::FreeTraversal;
use crate::load::{Module, ResourceName};
use crate::reference::Subject;
use crate::suggest::closest;

impl Builder<'_> {
    /// Notes what is named of a resource or data block, and reports what means nothing here.
    pub(super) fn used(
        &mut self,
        id: ModuleId,
        subject: &Subject,
        free: &FreeTraversal<'_>,
        named: usize,
    ) {
        if !self.around.has(subject) {
            let name = free.steps.iter().take(named);
            let span = name.fold(free.root.span, |span, step| span.to(step.span));
            self.diagnostics.push(meaningless(subject, span));
        }
        let is_instance = *subject == Subject::This;
        let of = match subject {
            Subject::Resource(name) => self.graph.find(id, NodeKind::Resource(name.clone())),
            Subject::This => self.around.this,
            Subject::Variable(_)
            | Subject::Local(_)
            | Subject::Module(_)
            | Subject::Output(..)
            | Subject::Path(_)
            | Subject::Terraform(_)
            | Subject::CountIndex
            | Subject::EachKey
            | Subject::EachValue => None,
        };
        if let Some(of) = of
            && free.steps.len() > named
        {
            self.graph.uses.push(Use {
                of,
                root: free.root.clone(),
                steps: free.steps.to_vec(),
                named,
                is_instance,
            });
        }
    }

    pub(super) fn has_output(&self, id: ModuleId, call: &Str, output: &Str) -> bool {
        self.child(id, call)
            .and_then(|(_, at)| self.graph.find(at, NodeKind::Output(output.clone())))
            .is_some()
    }

    pub(super) fn reference(
        &mut self,
        id: ModuleId,
        module: &Module,
        subject: &Subject,
        span: Span,
    ) {
        match subject {
            Subject::Variable(name) => {
                self.named(
                    id,
                    module,
                    NodeKind::Variable(name.clone()),
                    "variable",
                    name,
                    span,
                    || module.variables.keys().map(Str::as_str).collect(),
                );
            }
            Subject::Local(name) => {
                self.named(
                    id,
                    module,
                    NodeKind::Local(name.clone()),
                    "local",
                    name,
                    span,
                    || module.locals.keys().map(Str::as_str).collect(),
                );
            }
            Subject::Resource(name) => self.resource_reference(id, module, name, span),
            Subject::Module(call) => self.module_reference(id, module, call, span),
            Subject::Output(call, output) => {
                if !self.call_reference(id, module, call, span) {
                    return;
                }
                let Some((child, at)) = self.child(id, call) else {
                    return;
                };
                let known = || -> Vec<&str> {
                    let module = self.definition.module(&child);
                    module
                        .into_iter()
                        .flat_map(|found| found.outputs.keys())
                        .map(Str::as_str)
                        .collect()
                };
                let is_broken = self.definition.module(&child).is_some_and(|m| m.broken);
                match self.graph.find(at, NodeKind::Output(output.clone())) {
                    Some(node) => self.edge(Some(node)),
                    None if is_broken => {}
                    None => {
                        let message = format!("`module.{call}` has no output `{output}`");
                        let diagnostic =
                            missing("unknown-attribute", message, span, output, &known());
                        self.diagnostics.push(diagnostic);
                    }
                }
            }
            Subject::Path(_)
            | Subject::Terraform(_)
            | Subject::CountIndex
            | Subject::EachKey
            | Subject::EachValue
            | Subject::This => {}
        }
    }

    /// Edges to a module as a whole: to all that it makes, and to its outputs.
    pub(super) fn module_reference(
        &mut self,
        id: ModuleId,
        module: &Module,
        call: &Str,
        span: Span,
    ) {
        self.call_reference(id, module, call, span);
        let whole = self.graph.find(id, NodeKind::Whole(call.clone()));
        self.edge(whole);
        let outputs = self.child(id, call).map(|(child, _)| {
            let nodes = self
                .definition
                .module(&child)
                .into_iter()
                .flat_map(|found| found.outputs.keys());
            nodes
                .cloned()
                .map(|name| (child.clone(), name))
                .collect::<Vec<_>>()
        });
        for (child, name) in outputs.into_iter().flatten() {
            let found = self
                .graph
                .module_id(&child)
                .and_then(|at| self.graph.find(at, NodeKind::Output(name)));
            self.edge(found);
        }
    }

    pub(super) fn child(&self, id: ModuleId, call: &Str) -> Option<(ModulePath, ModuleId)> {
        let child = self.graph.module(id)?.child(call.clone());
        let at = self.graph.module_id(&child)?;
        Some((child, at))
    }

    fn call_reference(&mut self, id: ModuleId, module: &Module, call: &Str, span: Span) -> bool {
        self.named(
            id,
            module,
            NodeKind::Call(call.clone()),
            "module call",
            call,
            span,
            || module.calls.keys().map(Str::as_str).collect(),
        )
    }

    #[expect(clippy::too_many_arguments, reason = "each is a thing of its own")]
    fn named<'k>(
        &mut self,
        id: ModuleId,
        module: &Module,
        kind: NodeKind,
        what: &str,
        name: &str,
        span: Span,
        known: impl FnOnce() -> Vec<&'k str>,
    ) -> bool {
        let found = self.graph.find(id, kind);
        if found.is_none() && !module.broken {
            let message = format!("there is no {what} `{name}`");
            self.diagnostics
                .push(missing("unknown-reference", message, span, name, &known()));
        }
        self.edge(found);
        found.is_some()
    }

    fn resource_reference(
        &mut self,
        id: ModuleId,
        module: &Module,
        name: &ResourceName,
        span: Span,
    ) {
        let found = self.graph.find(id, NodeKind::Resource(name.clone()));
        self.edge(found);
        if found.is_some() || module.broken {
            return;
        }
        let prefix = match name.mode {
            Mode::Managed => "",
            Mode::Data => "data.",
            Mode::Ephemeral => "ephemeral.",
        };
        let shown = format!("{}.{}", name.rtype, name.name);
        let known: Vec<String> = module
            .resources
            .keys()
            .filter(|known| known.mode == name.mode)
            .map(|known| format!("{}.{}", known.rtype, known.name))
            .collect();
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let message = format!(
            "there is no {} `{prefix}{shown}`",
            match name.mode {
                Mode::Managed => "resource",
                Mode::Data => "data source",
                Mode::Ephemeral => "ephemeral resource",
            }
        );
        let diagnostic = missing("unknown-reference", message, span, &shown, &known);
        let other = module
            .resources
            .keys()
            .find(|known| known.rtype == name.rtype && known.name == name.name);
        self.diagnostics.push(match other {
            Some(other) if other.mode == Mode::Data => {
                diagnostic.help(format!("did you mean `data.{shown}`?"))
            }
            _ => diagnostic,
        });
    }
}

fn missing(
    id: &'static str,
    message: String,
    span: Span,
    name: &str,
    known: &[&str],
) -> Diagnostic {
    let diagnostic = Diagnostic::error(id, message).at(span, "not declared in this module");
    match closest(name, known.iter().copied()) {
        Some(close) => diagnostic.help(format!("did you mean `{close}`?")),
        None => diagnostic,
    }
}
