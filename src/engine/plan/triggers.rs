//! `replace_triggered_by`: whether something that an instance names there is about to change.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "of many kinds only a few matter in each place here"
)]

use std::collections::HashMap;
use std::sync::Arc;

use lang::Desired;
use lang::desired::Lookup;
use lang::reference::{Subject, subject};
use lang::syntax::ast::{Expr, ExprKind, Ident, TraversalKind, TraversalStep};
use model::address::{BlockAddr, InstanceAddr, InstanceKey};
use model::change::{Action, Change};
use model::{Path, PathStep, Str, Value};

/// The first reference in the instance's `replace_triggered_by` that is about to change, as written.
pub(super) fn triggered(
    desired: &Desired,
    changes: &[Change],
    changed: &HashMap<InstanceAddr, usize>,
    addr: &InstanceAddr,
) -> Option<Str> {
    let resource = desired.resource(&addr.block)?;
    let lookup = desired.instance_lookup(&addr.block, &addr.key)?;
    resource
        .lifecycle
        .replace_triggered_by
        .iter()
        .find_map(|expr| {
            let (root, steps) = flatten(expr, &lookup)?;
            let (Subject::Resource(name), consumed) = subject(&root, &steps).ok()? else {
                return None;
            };
            let block = Arc::new(BlockAddr {
                module: addr.module().clone(),
                mode: name.mode,
                rtype: name.rtype,
                name: name.name,
            });
            let rest = steps.get(consumed..).unwrap_or_default();
            let key = rest.first().and_then(instance_key);
            let path = path(rest.get(usize::from(key.is_some())..).unwrap_or_default());
            let hit = match key {
                Some(key) => is_changed(changes, changed.get(&block.instance(key)), &path),
                None => {
                    let instances = changed.iter().filter(|(addr, _)| addr.block == block);
                    instances
                        .into_iter()
                        .any(|(_, at)| is_changed(changes, Some(at), &path))
                }
            };
            hit.then(|| desired.definition().sources.text(expr.span).into())
        })
}

fn is_changed(changes: &[Change], at: Option<&usize>, path: &Path) -> bool {
    let Some(change) = at.and_then(|at| changes.get(*at)) else {
        return false;
    };
    match change.action {
        Action::Create | Action::Update | Action::Replace(_) => {
            path.is_root() || change.before.at(path) != change.after.at(path)
        }
        Action::NoOp | Action::Read | Action::Destroy | Action::Forget => false,
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
