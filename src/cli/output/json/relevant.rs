//! The `relevant_attributes` of Terraform's plan JSON: attributes of resources that something of the plan was made
//! from, directly or through locals, variables, outputs and other resources. Follows what is written, not values.

use std::collections::{BTreeSet, HashSet};

use lang::Definition;
use lang::load::{Module, Resource};
use lang::reference::Subject;
use lang::syntax::ast::{Body, Expr};
use lang::syntax::stack::with_room;
use model::Str;
use model::address::{InstanceAddr, ModuleAddr, ModulePath};
use model::change::Action;
use model::plan::Plan;
use serde_json::{Value as Json, json};

use super::references::{Named, Step, named_in};

/// What contributes to `plan`, in the order of addresses. `recorded` are the instances that stay.
pub(super) fn relevant<'a>(
    definition: &Definition,
    plan: &'a Plan,
    recorded: impl Iterator<Item = &'a InstanceAddr>,
) -> Vec<Json> {
    let mut trace = Trace {
        definition,
        seen: HashSet::new(),
        open: Vec::new(),
        found: BTreeSet::new(),
        called: BTreeSet::new(),
    };
    let mut blocks = HashSet::new();
    for change in plan
        .changes
        .iter()
        .filter(|change| change.action != Action::NoOp)
    {
        if blocks.insert(&change.addr.block) {
            trace.block(&change.addr);
        }
    }
    let root = ModuleAddr::root();
    for output in plan
        .outputs
        .iter()
        .filter(|output| output.action != Action::NoOp)
    {
        trace.output(&root, &output.name);
    }
    trace.go();
    // Outputs of modules are not recorded, so that every plan makes them anew: with targets, those it needs.
    let changed = plan.changes.iter().map(|change| &change.addr);
    let mut modules = module_instances(definition, changed.chain(recorded));
    loop {
        let (now, later): (Vec<_>, Vec<_>) = modules
            .into_iter()
            .partition(|module| plan.targets.is_empty() || trace.called.contains(&module.path()));
        if now.is_empty() {
            break;
        }
        modules = later;
        now.iter().for_each(|module| trace.outputs(module));
        trace.go();
    }
    trace
        .found
        .iter()
        .map(|(resource, steps)| {
            let attribute: Vec<Json> = steps.iter().map(Step::json).collect();
            json!({"resource": resource, "attribute": attribute})
        })
        .collect()
}

/// Every instance of a called module, as far as that shows: by what is in it, or because there is always one.
fn module_instances<'a>(
    definition: &Definition,
    instances: impl Iterator<Item = &'a InstanceAddr>,
) -> Vec<ModuleAddr> {
    let mut known: BTreeSet<ModuleAddr> = BTreeSet::from([ModuleAddr::root()]);
    for addr in instances {
        let mut module = Some(addr.module().clone());
        while let Some(inside) = module.filter(|module| !known.contains(module)) {
            module = inside.parent();
            known.insert(inside);
        }
    }
    let mut open: Vec<ModuleAddr> = known.iter().cloned().collect();
    while let Some(module) = open.pop() {
        let Some(declared) = definition.module(&module.path()) else {
            continue;
        };
        for call in declared.calls.values() {
            let child = module.child(call.name.clone(), model::address::InstanceKey::None);
            if call.repeat.expr().is_none() && known.insert(child.clone()) {
                open.push(child);
            }
        }
    }
    known.remove(&ModuleAddr::root());
    known.into_iter().collect()
}

/// A walk back along references.
struct Trace<'d> {
    definition: &'d Definition,
    seen: HashSet<(ModuleAddr, Named)>,
    open: Vec<(ModuleAddr, Named)>,
    found: BTreeSet<(String, Vec<Step>)>,
    /// Modules that something refers to.
    called: BTreeSet<ModulePath>,
}

impl<'d> Trace<'d> {
    fn module(&self, module: &ModuleAddr) -> Option<&'d Module> {
        self.definition.module(&module.path()).map(|found| &**found)
    }

    fn expr(&mut self, module: &ModuleAddr, expr: &Expr) {
        let named = named_in(expr);
        self.open
            .extend(named.into_iter().map(|named| (module.clone(), named)));
    }

    fn body(&mut self, module: &ModuleAddr, body: &Body) {
        for attribute in &body.attributes {
            self.expr(module, &attribute.expr);
        }
        for block in &body.blocks {
            with_room(|| self.body(module, &block.body));
        }
    }

    /// A block that something happens to, and how many of it there are.
    fn block(&mut self, addr: &InstanceAddr) {
        let module = addr.module();
        let id = lang::load::ResourceName {
            mode: addr.block.mode,
            rtype: addr.block.rtype.clone(),
            name: addr.block.name.clone(),
        };
        let declared = self.module(module);
        let Some(resource) = declared.and_then(|declared| declared.resources.get(&id)) else {
            return;
        };
        if let Some(expr) = resource.repeat.expr() {
            self.expr(module, expr);
        }
        self.body(module, &resource.body);
    }

    fn output(&mut self, module: &ModuleAddr, name: &Str) {
        let declared = self.module(module);
        if let Some(output) = declared.and_then(|declared| declared.outputs.get(name)) {
            self.expr(module, &output.value);
        }
    }

    fn outputs(&mut self, module: &ModuleAddr) {
        for output in self
            .module(module)
            .into_iter()
            .flat_map(|found| found.outputs.values())
        {
            self.expr(module, &output.value);
        }
    }

    fn go(&mut self) {
        while let Some((module, named)) = self.open.pop() {
            if self.seen.insert((module.clone(), named.clone())) {
                self.follow(&module, &named);
            }
        }
    }

    fn follow(&mut self, module: &ModuleAddr, named: &Named) {
        let Some(declared) = self.module(module) else {
            return;
        };
        match &named.subject {
            Subject::Resource(name) => {
                let inside = if module.is_root() {
                    String::new()
                } else {
                    format!("{module}.")
                };
                let resource = format!("{inside}{}{}", named.block(), named.key);
                self.found.insert((resource, named.steps.clone()));
                if let Some(resource) = declared.resources.get(name) {
                    self.configured(module, resource, named.steps.first());
                }
            }
            Subject::Variable(name) => {
                let (Some(parent), Some(step)) = (module.parent(), module.steps().last()) else {
                    return;
                };
                let call = self
                    .module(&parent)
                    .and_then(|caller| caller.calls.get(&step.name));
                if let Some(argument) = call.and_then(|call| call.arguments.get(name)) {
                    self.expr(&parent, &argument.expr);
                }
            }
            Subject::Local(name) => {
                if let Some(local) = declared.locals.get(name) {
                    self.expr(module, &local.expr);
                }
            }
            Subject::Module(call) | Subject::Output(call, _) => {
                let child = module.child(call.clone(), named.key.clone());
                self.called.insert(child.path());
                match named.steps.first() {
                    Some(Step::Attribute(output)) => self.output(&child, output),
                    Some(Step::Key(_) | Step::Index(_)) | None => self.outputs(&child),
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

    /// What an attribute of a resource was configured with; without one, all of it.
    fn configured(&mut self, module: &ModuleAddr, resource: &Resource, attribute: Option<&Step>) {
        let Some(Step::Attribute(name)) = attribute else {
            self.body(module, &resource.body);
            return;
        };
        for attribute in &resource.body.attributes {
            if attribute.name.text == *name {
                self.expr(module, &attribute.expr);
            }
        }
        for block in &resource.body.blocks {
            if block.kind.text == *name {
                self.body(module, &block.body);
            }
        }
    }
}
