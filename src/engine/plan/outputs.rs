//! What becomes of the root module's outputs.

use std::collections::BTreeSet;

use lang::graph::NodeKind;
use model::address::ModulePath;
use model::change::{Action, OutputChange};
use model::plan::PlanMode;
use model::{Str, Value};

use super::walk::Walk;

impl Walk<'_> {
    /// Outputs whose value or type differs from the recorded one. A null output counts as none; as it is not recorded,
    /// it is listed here, as one that does not change. Of a plan that is about a part only, all of that part are.
    pub(super) fn output_changes(&self) -> Vec<OutputChange> {
        let wanted = match self.options.mode {
            // What stays may still be what an output is about.
            PlanMode::Destroy
                if !self.options.targets.is_empty() || !self.options.excludes.is_empty() =>
            {
                return Vec::new();
            }
            PlanMode::Destroy => std::collections::BTreeMap::new(),
            PlanMode::Normal | PlanMode::RefreshOnly => self.desired.outputs(),
        };
        let root = self.desired.definition().modules.get(&ModulePath::root());
        let names: BTreeSet<Str> = wanted
            .keys()
            .chain(self.recorded.outputs.keys())
            .cloned()
            .collect();
        let graph = self.desired.graph();
        let module = graph.module_id(&ModulePath::root());
        let node_of = |name: &Str| graph.find(module?, NodeKind::Output(name.clone()));
        let partial = !self.options.targets.is_empty() || !self.options.excludes.is_empty();
        let mut changes = Vec::new();
        for name in names {
            let recorded = self.recorded.outputs.get(&name);
            let declared = root.and_then(|root| root.outputs.get(&name));
            let outside = || {
                node_of(&name).is_some_and(|node| !self.scope.has_output(node))
                    || !wanted.contains_key(&name)
            };
            // What is not targeted, or needs what is not, stays as it is; and so does what the definition has no more,
            // of which nobody knows what it needed.
            let is_outside = match declared {
                Some(_) => self.options.mode != PlanMode::Destroy && outside(),
                None => !self.options.targets.is_empty(),
            };
            if is_outside {
                continue;
            }
            let before = recorded.map_or(Value::NULL, |recorded| recorded.value.clone());
            let after = wanted
                .get(&name)
                .map_or(Value::NULL, Value::in_whole_digits);
            let sensitive = declared.is_some_and(|declared| declared.sensitive)
                || recorded.is_some_and(|recorded| recorded.sensitive)
                || after.marks().is_secret();
            let (bare_after, _) = after.clone().unmark_deep();
            let (bare_before, _) = before.clone().unmark_deep();
            let action = match (bare_before.is_null(), bare_after.is_null()) {
                (true, true) if wanted.contains_key(&name) && recorded.is_none() => Action::NoOp,
                (true, true) => continue,
                (true, false) => Action::Create,
                (false, true) => Action::Destroy,
                (false, false) => {
                    let same_kind = recorded.is_none_or(|recorded| {
                        recorded.sensitive == declared.is_some_and(|declared| declared.sensitive)
                    });
                    match bare_before == bare_after && same_kind {
                        true if partial => Action::NoOp,
                        true => continue,
                        false => Action::Update,
                    }
                }
            };
            changes.push(OutputChange {
                name,
                before,
                after,
                sensitive,
                action,
            });
        }
        changes
    }
}
