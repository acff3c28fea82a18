//! Evaluates the nodes of a definition: variables, locals, outputs, expansions, and configurations of instances.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "of many kinds only a few matter in each place here"
)]

use std::collections::BTreeMap;
use std::sync::Arc;

use model::address::{BlockAddr, InstanceKey, ModuleAddr};
use model::condition::{Judgement, Verdict};
use model::schema::Block;
use model::{Diagnostic, Diagnostics, Marks, Severity, Span, Str, Type, Value};

use super::conditions::{Checking, check};
use super::decode::Decoder;
use super::expand::expand;
use super::values::{Instances, ModuleValues};
use super::{Desired, Lookup, name_of};
use crate::eval::evaluate;
use crate::graph::{NodeId, NodeKind};
use crate::load::{Module, ModuleCall, Output, Resource, Variable, located};
use crate::suggest::closest;
use crate::syntax::ast::Body;
use crate::syntax::json::{BodyShape, fit};

/// What evaluating a node found out for one instance of its module.
enum Finding {
    Variable(Str, Value),
    Local(Str, Value),
    /// Its value, and what became of its preconditions, where it has some.
    Output(Str, Value, Option<Judgement>),
    Block(Instances),
    Call(Str, super::Repetition),
    Validation(Judgement),
    Nothing,
}

impl Desired {
    /// Evaluates a node in every instance of its module: a variable's, local's or output's value; which instances a
    /// block or module call has. Nodes must be evaluated in the graph's order. Provider configurations and checks
    /// have nothing to evaluate here: see [`Desired::provider_configuration`], [`Desired::assertions`].
    pub fn evaluate(&mut self, node: NodeId) -> Diagnostics {
        let Some(module) = self.graph.node(node).map(|node| node.module) else {
            return Diagnostics::new();
        };
        let instances = self.module_instances(module).to_vec();
        self.evaluate_in(node, &instances)
    }

    /// Evaluates a node in some instances of its module.
    pub fn evaluate_in(&mut self, node: NodeId, instances: &[ModuleAddr]) -> Diagnostics {
        let mut out = Diagnostics::new();
        for addr in instances {
            let finding = self.find(node, addr, &mut out);
            self.keep(node, addr, finding);
        }
        out
    }

    fn keep(&mut self, node: NodeId, addr: &ModuleAddr, finding: Finding) {
        if let Finding::Validation(judgement) = finding {
            match judgement.verdict {
                Verdict::Holds => self.open_validations.remove(&(node, addr.clone())),
                Verdict::NotKnown | Verdict::Fails | Verdict::Broken => {
                    self.open_validations.insert((node, addr.clone()))
                }
            };
            self.judged.keep(node, addr, judgement);
            return;
        }
        let child = match &finding {
            Finding::Call(name, repetition) => Some((name.clone(), repetition.keys())),
            _ => None,
        };
        if let Finding::Variable(_, value)
        | Finding::Local(_, value)
        | Finding::Output(_, value, _) = &finding
        {
            self.secrets.gather(value);
        }
        if let Finding::Call(_, repetition) | Finding::Block(Instances { repetition, .. }) =
            &finding
        {
            self.note_each(node, addr, repetition);
        }
        let Some(module) = self.modules.get_mut(addr) else {
            return;
        };
        match finding {
            Finding::Variable(name, value) => drop(module.variables.insert(name, value)),
            Finding::Local(name, value) => drop(module.locals.insert(name, value)),
            Finding::Output(name, value, judgement) => {
                module.outputs.insert(name, value);
                if let Some(judgement) = judgement {
                    self.judged.keep(node, addr, judgement);
                }
            }
            Finding::Block(instances) => {
                drop(module.blocks.insert(name_of(&instances.addr), instances))
            }
            Finding::Call(name, repetition) => drop(module.calls.insert(name, repetition)),
            Finding::Validation(_) | Finding::Nothing => {}
        }
        let Some((name, keys)) = child else { return };
        let path = addr.path().child(name.clone());
        let Some(id) = self.graph.module_id(&path) else {
            return;
        };
        for key in keys {
            let child = addr.child(name.clone(), key);
            if !self.modules.contains_key(&child) {
                let declared = self.definition.module(&path).cloned().unwrap_or_default();
                self.add_module(ModuleValues::new(child, id, declared));
            }
        }
    }

    fn find(&self, node: NodeId, addr: &ModuleAddr, out: &mut Diagnostics) -> Finding {
        let Some((module, declared, kind)) = self.place(node, addr) else {
            return Finding::Nothing;
        };
        let lookup = self.lookup_in(module);
        match kind {
            NodeKind::Variable(name) => match declared.variables.get(name) {
                Some(variable) => self.variable(variable, addr, module, out),
                None => Finding::Nothing,
            },
            NodeKind::Validation(name) => {
                let Some(variable) = declared.variables.get(name) else {
                    return Finding::Nothing;
                };
                let what = format!("variable `{name}`");
                let validations = &variable.validations;
                let checking = Checking {
                    what: &what,
                    summary: "Invalid value for variable",
                    severity: Severity::Error,
                    given_at: Some(self.given_at(variable, addr)),
                };
                Finding::Validation(check(validations, &lookup, &checking, out))
            }
            NodeKind::Local(name) => match declared.locals.get(name) {
                Some(local) => {
                    let (value, diagnostics) = evaluate(&local.expr, &lookup);
                    out.extend(diagnostics);
                    Finding::Local(name.clone(), value)
                }
                None => Finding::Nothing,
            },
            NodeKind::Output(name) => match declared.outputs.get(name) {
                Some(output) => {
                    let what = format!("output `{name}`");
                    let conditions = &output.preconditions;
                    let checking = Checking {
                        what: &what,
                        summary: "Module output value precondition failed",
                        severity: Severity::Error,
                        given_at: None,
                    };
                    let judgement = (!conditions.is_empty())
                        .then(|| check(conditions, &lookup, &checking, out));
                    let bad = judgement
                        .as_ref()
                        .is_some_and(|judgement| judgement.verdict.is_bad());
                    let value = match bad {
                        true => Value::dynamic(),
                        false => self.output_value(output, name, addr, &lookup, out),
                    };
                    Finding::Output(name.clone(), value, judgement)
                }
                None => Finding::Nothing,
            },
            NodeKind::Resource(name) => match declared.resources.get(name) {
                Some(_) => {
                    let Some(repetition) = self.repetition(node, addr, out) else {
                        return Finding::Nothing;
                    };
                    let block = BlockAddr {
                        module: addr.clone(),
                        mode: name.mode,
                        rtype: name.rtype.clone(),
                        name: name.name.clone(),
                    };
                    Finding::Block(Instances::new(Arc::new(block), repetition))
                }
                None => Finding::Nothing,
            },
            NodeKind::Call(name) => match self.repetition(node, addr, out) {
                Some(repetition) => Finding::Call(name.clone(), repetition),
                None => Finding::Nothing,
            },
            NodeKind::Provider(_) | NodeKind::Check(_) | NodeKind::Whole(_) => Finding::Nothing,
        }
    }

    /// Which instances a block or module call has.
    pub(super) fn repetition(
        &self,
        node: NodeId,
        addr: &ModuleAddr,
        out: &mut Diagnostics,
    ) -> Option<super::Repetition> {
        let (module, declared, kind) = self.place(node, addr)?;
        let repeat = match kind {
            NodeKind::Resource(name) => &declared.resources.get(name)?.repeat,
            NodeKind::Call(name) => &declared.calls.get(name)?.repeat,
            _ => return None,
        };
        let lookup = self.lookup_in(module);
        Some(expand(repeat, &lookup, self.settings.phase, out))
    }

    pub(super) fn place(
        &self,
        node: NodeId,
        addr: &ModuleAddr,
    ) -> Option<(&ModuleValues, &Module, &NodeKind)> {
        let node = self.graph.node(node)?;
        let module = self.modules.get(addr)?;
        Some((module, &module.declared, &node.kind))
    }

    /// The value of a child module's variable: the call's argument in the calling module's scope, or the default.
    /// Where a variable gets its value: what a file or the call of the module says, or else its own block.
    fn given_at(&self, variable: &Variable, addr: &ModuleAddr) -> Span {
        let given = match (addr.parent(), addr.steps().last()) {
            (Some(parent), Some(step)) => {
                let caller = self.definition.module(&parent.path());
                let call = caller.and_then(|module| module.calls.get(&step.name));
                let argument = call.and_then(|call| call.arguments.get(&variable.name));
                argument.map(|argument| argument.expr.span)
            }
            _ => self.settings.given_at.get(&variable.name).copied(),
        };
        given.unwrap_or(variable.span)
    }

    fn variable(
        &self,
        variable: &Variable,
        addr: &ModuleAddr,
        module: &ModuleValues,
        out: &mut Diagnostics,
    ) -> Finding {
        let (Some(parent), Some(step)) = (addr.parent(), addr.steps().last()) else {
            // The root module's variables were assigned before.
            let value = module.variables.get(&variable.name).cloned();
            return value.map_or(Finding::Nothing, |value| {
                Finding::Variable(variable.name.clone(), value)
            });
        };
        let caller = self.modules.get(&parent);
        let path = parent.path();
        let call = self
            .definition
            .module(&path)
            .and_then(|module| module.calls.get(&step.name));
        let (Some(caller), Some(call)) = (caller, call) else {
            return Finding::Nothing;
        };
        let given = call.arguments.get(&variable.name).map(|argument| {
            let repetition = caller
                .calls
                .get(&step.name)
                .cloned()
                .unwrap_or(super::Repetition::Failed);
            let lookup = self.lookup_in(caller).for_instance(&repetition, &step.key);
            let (value, diagnostics) = evaluate(&argument.expr, &lookup);
            out.extend(diagnostics);
            (value, argument.expr.span)
        });
        if given.is_none()
            && variable.default.is_none()
            && is_meant(call, &variable.name, &module.declared)
        {
            return Finding::Variable(variable.name.clone(), unknown_of(variable));
        }
        let (value, diagnostics) = settle(variable, given, call.span);
        out.extend(diagnostics);
        Finding::Variable(variable.name.clone(), value)
    }

    #[expect(clippy::too_many_arguments, reason = "each is a thing of its own")]
    fn output_value(
        &self,
        output: &Output,
        name: &Str,
        addr: &ModuleAddr,
        lookup: &Lookup<'_>,
        out: &mut Diagnostics,
    ) -> Value {
        let (value, diagnostics) = evaluate(&output.value, lookup);
        out.extend(diagnostics);
        if output.sensitive {
            // Terraform 1.11 takes what a module calls sensitive for anything else, also where what is sensitive may not
            // stand, and shows it. It may stand there, and is not shown.
            let mark = match addr.is_root() {
                true => Marks::SENSITIVE,
                false => Marks::CONCEALED,
            };
            return value.mark(mark);
        }
        if addr.is_root() {
            let (_, marks) = value.clone().unmark_deep();
            if marks.contains(Marks::SENSITIVE) {
                out.push(
                    Diagnostic::error("sensitive-value", format!("output `{name}` has a sensitive value"))
                        .at(output.value.span, "this is sensitive")
                        .help("add `sensitive = true` to the output, or `nonsensitive(..)` around what may be shown"),
                );
            }
            if marks.contains(Marks::EPHEMERAL) {
                out.push(
                    Diagnostic::error(
                        "ephemeral-misuse",
                        format!("output `{name}` has an ephemeral value"),
                    )
                    .at(output.value.span, "this is not kept")
                    .help("outputs of the root module are recorded; use `ephemeralasnull(..)`"),
                );
            }
        }
        value
    }

    /// The resource block that an instance (or block) belongs to.
    pub fn resource(&self, block: &BlockAddr) -> Option<&Resource> {
        let name = name_of(block);
        match self.modules.get(&block.module) {
            Some(module) => module.declared.resources.get(&name),
            None => self
                .definition
                .module(&block.module.path())?
                .resources
                .get(&name),
        }
    }

    /// The names that an instance's configuration sees.
    pub fn instance_lookup(&self, block: &BlockAddr, key: &InstanceKey) -> Option<Lookup<'_>> {
        let module = self.modules.get(&block.module)?;
        let instances = module.blocks.get(&name_of(block))?;
        Some(
            self.lookup_in(module)
                .for_instance(&instances.repetition, key),
        )
    }

    /// The configuration of an instance by its schema, as far as it is known: an object with every attribute and
    /// block of the schema, with unknowns and marks.
    pub fn configuration(
        &self,
        block: &BlockAddr,
        key: &InstanceKey,
        schema: &Block,
    ) -> (Value, Diagnostics) {
        let mut out = Diagnostics::new();
        let (Some(resource), Some(lookup)) =
            (self.resource(block), self.instance_lookup(block, key))
        else {
            return (Value::unknown(schema.value_type()), out);
        };
        let value = match self.fitted(&resource.body, schema) {
            None => Decoder::new(&mut out).block(&resource.body, schema, &lookup, resource.span),
            Some((body, _)) => Decoder::new(&mut out).block(&body, schema, &lookup, resource.span),
        };
        (value, out)
    }

    /// A body in JSON syntax with its arguments and blocks told apart by the schema; none for native syntax.
    pub(super) fn fitted(&self, body: &Body, schema: &Block) -> Option<(Body, Diagnostics)> {
        let file = self.definition.sources.file(body.span.file)?;
        file.name
            .ends_with(".json")
            .then(|| fit(body.clone(), &BodyShape::from(schema)))
    }

    /// The configuration of a provider node, in the first instance of its module.
    pub fn provider_configuration(&self, node: NodeId, schema: &Block) -> (Value, Diagnostics) {
        let mut out = Diagnostics::new();
        let found = self.graph.node(node).and_then(|found| {
            let addr = self.module_instances(found.module).first()?;
            let (module, declared, kind) = self.place(node, addr)?;
            let NodeKind::Provider(at) = kind else {
                return None;
            };
            Some((module, declared.providers.get(*at)?))
        });
        let Some((module, provider)) = found else {
            return (Value::unknown(schema.value_type()), out);
        };
        let lookup = self.lookup_in(module);
        let value = match self.fitted(&provider.body, schema) {
            None => Decoder::new(&mut out).block(&provider.body, schema, &lookup, provider.span),
            Some((body, _)) => Decoder::new(&mut out).block(&body, schema, &lookup, provider.span),
        };
        (value, out)
    }

    /// The values of all root outputs that have been evaluated, with their marks.
    pub fn outputs(&self) -> BTreeMap<Str, Value> {
        let root = self.modules.get(&ModuleAddr::root());
        root.into_iter()
            .flat_map(|root| &root.outputs)
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    }
}

/// Whether a call has an argument that the module does not know, by which the variable is probably meant.
fn is_meant(call: &ModuleCall, variable: &Str, declared: &Module) -> bool {
    let mut unknown = call
        .arguments
        .keys()
        .filter(|name| !declared.variables.contains_key(*name));
    unknown.any(|name| {
        closest(name, declared.variables.keys().map(Str::as_str)) == Some(variable.as_str())
    })
}

fn marks_of(variable: &Variable) -> Marks {
    let mut marks = Marks::NONE;
    if variable.sensitive {
        marks = marks.union(Marks::SENSITIVE);
    }
    if variable.ephemeral {
        marks = marks.union(Marks::EPHEMERAL);
    }
    marks
}

/// The value of a variable of which nothing is known.
pub(super) fn unknown_of(variable: &Variable) -> Value {
    let ty = variable.constraint.ty.without_optional();
    let unknown = if variable.nullable {
        Value::unknown(ty)
    } else {
        Value::unknown_not_null(ty)
    };
    unknown.mark(marks_of(variable))
}

/// Makes a variable's value from what was given: default, conversion, null rule, marks.
pub(super) fn settle(
    variable: &Variable,
    given: Option<(Value, Span)>,
    place: Span,
) -> (Value, Diagnostics) {
    let marks = marks_of(variable);
    let name = &variable.name;
    let unknown = || unknown_of(variable);
    let default = |span: Span, label: &str| match &variable.default {
        Some(default) => (default.clone().mark(marks), Diagnostics::new()),
        None => {
            let diagnostic = Diagnostic::error(
                "missing-variable",
                format!("variable `{name}` has no value"),
            )
            .at(span, label.to_owned());
            // The root module's variables are given nowhere else than they are declared.
            let diagnostic = if span == variable.span {
                diagnostic.help(format!(
                    "give it a value in terrace.hcl or a variable file, with `-var {name}=..`, or a default"
                ))
            } else {
                diagnostic.and_at(variable.span, "declared here, without a default")
            };
            (unknown(), diagnostic.into())
        }
    };
    let Some((value, span)) = given else {
        return default(place, &format!("`{name}` must be set"));
    };
    if value.is_null() && !variable.nullable {
        return default(span, "null, but `nullable` is false");
    }
    match variable.constraint.apply(&value) {
        Ok(value) => (value.mark(marks), Diagnostics::new()),
        Err(error) => {
            let diagnostic = Diagnostic::error(
                "value-type",
                format!("the value of variable `{name}` does not fit its type"),
            )
            .at(span, located(&error.path, &error.message))
            .and_at(
                variable.span,
                format!("wants `{}`", shown_type(&variable.constraint.ty)),
            );
            (unknown(), diagnostic.into())
        }
    }
}

fn shown_type(ty: &Type) -> String {
    let text = ty.to_string();
    if text.chars().count() > 60 {
        format!("{}..", text.chars().take(57).collect::<String>())
    } else {
        text
    }
}
