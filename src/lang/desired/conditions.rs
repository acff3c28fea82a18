//! Preconditions, postconditions, validations and assertions.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::address::{BlockAddr, InstanceAddr, InstanceKey, ModuleAddr};
use model::condition::{Conditioned, Conditions, JudgedInstance, Judgement, Verdict};
use model::value::convert;
use model::{Diagnostic, Diagnostics, Marks, Severity, Span, Str, Type, Value};
use rustc_hash::FxHashMap;

use super::{Desired, Phase};
use crate::eval::{Scope, evaluate, kind_of, references, with_values_of};
use crate::graph::{Node, NodeId, NodeKind};
use crate::load::{Check, Condition, Lifecycle};
use crate::syntax::ast::Expr;

/// What became of all conditions so far. Empty where the definition has none.
#[derive(Debug, Default)]
pub(super) struct Judged {
    /// Pre- and postconditions of resource instances.
    instances: FxHashMap<Arc<BlockAddr>, BTreeMap<InstanceKey, Both>>,
    /// Those of variables (by the node of their validations), outputs and checks.
    others: BTreeMap<(NodeId, ModuleAddr), Judgement>,
}

/// What became of an instance's conditions.
#[derive(Debug)]
struct Both {
    before: Judgement,
    after: Judgement,
}

impl Judged {
    pub(super) fn keep(&mut self, node: NodeId, module: &ModuleAddr, judgement: Judgement) {
        self.others.insert((node, module.clone()), judgement);
    }

    pub(super) fn is_open(&self, node: NodeId, module: &ModuleAddr) -> bool {
        let of = |judgement: &Judgement| judgement.verdict == Verdict::NotKnown;
        !self.others.is_empty() && self.others.get(&(node, module.clone())).is_some_and(of)
    }
}

impl Desired {
    /// Evaluates the assertions of a `check` node in every instance of its module. What fails is a warning, as is, in a
    /// plan, what can be told only after its apply.
    pub fn assertions(&mut self, node: NodeId) -> (Verdict, Diagnostics) {
        let mut out = Diagnostics::new();
        let mut verdict = Verdict::Holds;
        let Some(module) = self.graph.node(node).map(|node| node.module) else {
            return (verdict, out);
        };
        for addr in self.module_instances(module).to_vec() {
            if let Some(judgement) = self.asserted(node, &addr, &mut out) {
                verdict = verdict.max(judgement.verdict);
                self.judged.keep(node, &addr, judgement);
            }
        }
        (verdict, out)
    }

    fn asserted(
        &self,
        node: NodeId,
        addr: &ModuleAddr,
        out: &mut Diagnostics,
    ) -> Option<Judgement> {
        let (values, declared, NodeKind::Check(name)) = self.place(node, addr)? else {
            return None;
        };
        let Check { asserts, .. } = declared.checks.get(name)?;
        let what = match addr.is_root() {
            true => format!("check `{name}`"),
            false => format!("check `{name}` in {addr}"),
        };
        let lookup = self.lookup_in(values);
        let asserting = Checking {
            what: &what,
            summary: "Check block assertion failed",
            severity: Severity::Warning,
            given_at: None,
        };
        let mut judgement = Judgement::default();
        for assert in asserts {
            let found = check_one(assert, &lookup, &asserting, out);
            if found.verdict == Verdict::NotKnown && self.settings.phase == Phase::Plan {
                let message = format!("{what} can be told only after the apply");
                let span = assert.condition.span;
                out.push(
                    Diagnostic::warning("condition-not-known", message)
                        .at(span, "this is not known yet"),
                );
            }
            judgement = judgement.and(&found);
        }
        Some(judgement)
    }

    /// Evaluates an instance's preconditions.
    pub fn preconditions(
        &mut self,
        addr: &InstanceAddr,
        severity: Severity,
    ) -> (Verdict, Diagnostics) {
        self.instance_conditions(addr, None, severity)
    }

    /// Evaluates an instance's postconditions; `this` is what `self` stands for.
    pub fn postconditions(
        &mut self,
        addr: &InstanceAddr,
        this: &Value,
        severity: Severity,
    ) -> (Verdict, Diagnostics) {
        self.instance_conditions(addr, Some(this), severity)
    }

    fn instance_conditions(
        &mut self,
        addr: &InstanceAddr,
        this: Option<&Value>,
        severity: Severity,
    ) -> (Verdict, Diagnostics) {
        let mut out = Diagnostics::new();
        let Some(lifecycle) = self
            .resource(&addr.block)
            .map(|resource| &resource.lifecycle)
            .filter(|lifecycle| has_conditions(lifecycle))
        else {
            return (Verdict::Holds, out);
        };
        let conditions = match this {
            None => &lifecycle.preconditions,
            Some(_) => &lifecycle.postconditions,
        };
        let unseen = match lifecycle.postconditions.is_empty() {
            true => Judgement::default(),
            false => Judgement::open(),
        };
        let Some(lookup) = self.instance_lookup(&addr.block, &addr.key) else {
            return (Verdict::Holds, out);
        };
        let lookup = match this {
            Some(this) => lookup.with_self(this.clone()),
            None => lookup,
        };
        let what = format!("`{addr}`");
        let checking = Checking {
            what: &what,
            summary: match this {
                None => "Resource precondition failed",
                Some(_) => "Resource postcondition failed",
            },
            severity,
            given_at: None,
        };
        let judgement = check(conditions, &lookup, &checking, &mut out);
        let verdict = judgement.verdict;
        let keys = self.judged.instances.entry(addr.block.clone()).or_default();
        let both = keys.entry(addr.key.clone()).or_insert_with(|| Both {
            before: Judgement::default(),
            after: unseen,
        });
        match this {
            None => both.before = judgement,
            Some(_) => both.after = judgement,
        }
        let about = |diagnostic: Diagnostic| diagnostic.about(addr.clone());
        (verdict, out.into_iter().map(about).collect())
    }

    /// What became of all conditions so far, of everything in the definition that has some, by address. Of a node that
    /// is not `seen`, nothing is known.
    pub fn conditions(&self, seen: impl Fn(NodeId) -> bool) -> Vec<Conditions> {
        let nodes = (0..).map(NodeId).zip(&self.graph.nodes);
        let mut found: Vec<Conditions> = nodes
            .filter_map(|(id, node)| {
                let path = self.graph.module(node.module)?;
                let declared = self.definition.module(path)?;
                let (of, has) = match &node.kind {
                    NodeKind::Check(name) => (Conditioned::Check(path.clone(), name.clone()), true),
                    NodeKind::Output(name) => {
                        let preconditions = &declared.outputs.get(name)?.preconditions;
                        let of = Conditioned::Output(path.clone(), name.clone());
                        (of, !preconditions.is_empty())
                    }
                    NodeKind::Validation(name) => {
                        let of = Conditioned::Variable(path.clone(), name.clone());
                        (of, !declared.variables.get(name)?.validations.is_empty())
                    }
                    NodeKind::Resource(name) => {
                        let lifecycle = &declared.resources.get(name)?.lifecycle;
                        let of = Conditioned::Resource(self.graph.resource(id)?);
                        (of, has_conditions(lifecycle))
                    }
                    NodeKind::Variable(_)
                    | NodeKind::Local(_)
                    | NodeKind::Call(_)
                    | NodeKind::Whole(_)
                    | NodeKind::Provider(_) => return None,
                };
                let instances = || self.judged_instances(id, node);
                has.then(|| Conditions {
                    of,
                    instances: seen(id).then(instances),
                })
            })
            .collect();
        found.sort_by(|a, b| a.of.cmp(&b.of));
        found
    }

    /// What became of the conditions of a node, in each of its instances.
    fn judged_instances(&self, id: NodeId, node: &Node) -> Vec<JudgedInstance> {
        let mut found = Vec::new();
        for module in self.module_instances(node.module) {
            let NodeKind::Resource(name) = &node.kind else {
                let known = self.judged.others.get(&(id, module.clone()));
                found.push(JudgedInstance {
                    module: module.clone(),
                    key: InstanceKey::None,
                    judgement: known.cloned().unwrap_or_else(Judgement::open),
                });
                continue;
            };
            let values = self.modules.get(module);
            let Some(block) = values.and_then(|values| values.blocks.get(name)) else {
                continue;
            };
            let judged = self.judged.instances.get(&block.addr);
            found.extend(block.repetition.keys().into_iter().map(|key| {
                let known = judged.and_then(|judged| judged.get(&key));
                let judgement = known.map(|Both { before, after }| before.clone().and(after));
                JudgedInstance {
                    module: module.clone(),
                    key,
                    judgement: judgement.unwrap_or_else(Judgement::open),
                }
            }));
        }
        found
    }
}

fn has_conditions(lifecycle: &Lifecycle) -> bool {
    !lifecycle.preconditions.is_empty() || !lifecycle.postconditions.is_empty()
}

/// What is checked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Checking<'w> {
    /// How messages call the thing that the conditions belong to.
    pub(super) what: &'w str,
    /// What Terraform says where one does not hold.
    pub(super) summary: &'static str,
    /// What a failure is.
    pub(super) severity: Severity,
    /// Of a variable, where its value comes from.
    pub(super) given_at: Option<Span>,
}

/// Evaluates conditions.
pub(super) fn check(
    conditions: &[Condition],
    scope: &dyn Scope,
    checking: &Checking<'_>,
    out: &mut Diagnostics,
) -> Judgement {
    conditions
        .iter()
        .map(|condition| check_one(condition, scope, checking, out))
        .reduce(|all, one| all.and(&one))
        .unwrap_or_default()
}

fn check_one(
    condition: &Condition,
    scope: &dyn Scope,
    checking: &Checking<'_>,
    out: &mut Diagnostics,
) -> Judgement {
    let judged = |verdict| Judgement {
        verdict,
        said: Vec::new(),
    };
    let expr = &condition.condition;
    let mut push = |mut diagnostic: Diagnostic| {
        diagnostic.severity = checking.severity;
        out.push(diagnostic);
        judged(Verdict::Broken)
    };
    let mut used = Vec::new();
    references(expr, &mut used);
    if used.is_empty() {
        return push(
            Diagnostic::error("constant-condition", "the condition refers to nothing")
                .at(expr.span, "always the same")
                .help("refer to at least one object of the definition"),
        );
    }
    let (value, diagnostics) = evaluate(expr, scope);
    if diagnostics.has_errors() {
        // Not to be evaluated is an error also where not to hold is a warning.
        out.extend(diagnostics);
        return judged(Verdict::Broken);
    }
    let (value, _) = value.unmark();
    if !value.is_known() {
        return judged(Verdict::NotKnown);
    }
    match convert(&value, &Type::Bool) {
        Ok(Value::Bool(true)) => judged(Verdict::Holds),
        Ok(Value::Bool(false)) => {
            let message = error_message(&condition.error_message, scope);
            let message = message.trim_end();
            let whole = format!("{}: {message}", checking.what);
            let failed =
                Diagnostic::error("condition-failed", whole).in_parts(checking.summary, message);
            let failed = match checking.given_at {
                Some(place) => failed.checked(place, condition.span),
                None => failed,
            };
            push(with_values_of(
                failed.at(expr.span, "this is false"),
                expr,
                scope,
            ));
            Judgement {
                verdict: Verdict::Fails,
                said: vec![Str::from(message)],
            }
        }
        _ => push(
            Diagnostic::error("value-type", "the condition is neither true nor false")
                .at(expr.span, format!("this is {}", kind_of(&value))),
        ),
    }
}

fn error_message(expr: &Expr, scope: &dyn Scope) -> String {
    let (value, diagnostics) = evaluate(expr, scope);
    let hidden = |reason: &str| format!("it does not hold (its error message {reason})");
    if diagnostics.has_errors() {
        return hidden("could not be evaluated");
    }
    let (value, marks) = value.unmark_deep();
    if marks.is_secret() {
        return hidden("is sensitive");
    }
    if marks.contains(Marks::EPHEMERAL) {
        return hidden("is ephemeral");
    }
    match convert(&value, &Type::String) {
        Ok(Value::String(text)) => text.to_string(),
        _ => hidden("is not known yet"),
    }
}
