//! `replace_triggered_by`: whether something that an instance names there is about to change.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "of many kinds only a few matter in each place here"
)]

use std::sync::Arc;

use lang::desired::Lookup;
use lang::reference::{Subject, subject};
use lang::syntax::ast::{Expr, ExprKind, Ident, TraversalKind, TraversalStep};
use model::address::{BlockAddr, InstanceAddr, InstanceKey, ModuleAddr};
use model::change::Action;
use model::{Path, PathStep, Str, Value};

use super::walk::Walk;

impl Walk<'_> {
    /// The first reference in the instance's `replace_triggered_by` that is about to change, as written.
    pub(super) fn triggered(&self, addr: &InstanceAddr) -> Option<Str> {
        let resource = self.desired.resource(&addr.block)?;
        let lookup = self.desired.instance_lookup(&addr.block, &addr.key)?;
        let triggers = &resource.lifecycle.replace_triggered_by;
        let hit = triggers
            .iter()
            .find(|expr| self.triggers(expr, &lookup, addr.module()).unwrap_or(false))?;
        Some(self.desired.definition().sources.text(hit.span).into())
    }

    /// Whether what is named in a `module` is about to change; none where nothing is named.
    fn triggers(&self, expr: &Expr, lookup: &Lookup<'_>, module: &ModuleAddr) -> Option<bool> {
        let (root, steps) = flatten(expr, lookup)?;
        let (Subject::Resource(name), consumed) = subject(&root, &steps).ok()? else {
            return None;
        };
        let block = Arc::new(BlockAddr {
            module: module.clone(),
            mode: name.mode,
            rtype: name.rtype,
            name: name.name,
        });
        let rest = steps.get(consumed..).unwrap_or_default();
        let key = rest.first().and_then(instance_key);
        let path = path(rest.get(usize::from(key.is_some())..).unwrap_or_default());
        if key.is_none() && path.is_root() {
            return Some(self.stirred.contains(&block));
        }
        let instance = block.instance(key.unwrap_or(InstanceKey::None));
        let at = self.changed.get(&instance)?;
        let change = self.changes.get(*at)?;
        let differs = path.is_root() || change.before.at(&path) != change.after.at(&path);
        Some(is_stirred(change.action) && differs)
    }
}

/// Whether what happens to an instance replaces what is triggered by it: something of it is another afterwards. What is
/// new or goes triggers nothing, so that a block can be scaled.
pub(super) fn is_stirred(action: Action) -> bool {
    match action {
        Action::Update | Action::Replace(_) => true,
        Action::Create | Action::NoOp | Action::Read | Action::Destroy | Action::Forget => false,
    }
}

/// A reference with every index evaluated.
fn flatten(expr: &Expr, lookup: &Lookup<'_>) -> Option<(Ident, Vec<TraversalStep>)> {
    match &expr.kind {
        ExprKind::Traversal { root, steps } => Some((root.clone(), steps.clone())),
        ExprKind::Wrap(inner) | ExprKind::Paren(inner) => flatten(inner, lookup),
        ExprKind::Relative { source, steps } => {
            let (root, mut all) = flatten(source, lookup)?;
            all.extend(steps.iter().cloned());
            Some((root, all))
        }
        ExprKind::Index { source, key } => {
            let (root, mut all) = flatten(source, lookup)?;
            let (value, _) = lang::eval::evaluate(key, lookup);
            let (value, _) = value.unmark();
            all.push(TraversalStep {
                kind: TraversalKind::Index(value),
                span: key.span,
            });
            Some((root, all))
        }
        _ => None,
    }
}

fn instance_key(step: &TraversalStep) -> Option<InstanceKey> {
    match &step.kind {
        TraversalKind::Index(Value::String(key)) => Some(InstanceKey::Key(key.clone())),
        TraversalKind::Index(value) => value.as_number()?.to_u64().map(InstanceKey::Index),
        TraversalKind::Attribute(_) => None,
    }
}

fn path(steps: &[TraversalStep]) -> Path {
    Path(
        steps
            .iter()
            .filter_map(|step| match &step.kind {
                TraversalKind::Attribute(name) => Some(PathStep::Attribute(name.clone())),
                TraversalKind::Index(Value::String(key)) => Some(PathStep::Key(key.clone())),
                TraversalKind::Index(value) => value.as_number()?.to_u64().map(PathStep::Index),
            })
            .collect(),
    )
}
