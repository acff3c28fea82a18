//! Plans the instances of a block: evaluates their configurations, asks the provider for all of their plans in one
//! batch, and decides for each.

use std::collections::HashMap;
use std::sync::Arc;

use contract::{
    Object, PlanRequest, PlanResponse, ProviderError, ValidateRequest, ValidateSubject,
    plan_is_valid, proposed_new,
};
use lang::desired::ExpandedBlock;
use lang::load::IgnoreChanges;
use model::address::InstanceAddr;
use model::change::{Action, Change, Reason, ReplaceOrder};
use model::value::MarkedPath;
use model::{Diagnostic, Diagnostics, Severity, Str, Value};

use super::block::Block;
use super::decide::{Decision, Situation, decide};
use super::walk::Walk;
use super::{because, ignore, marks};
use crate::plugins;
use crate::recorded::RecordedObject;

/// One instance on its way to a decision.
struct Item {
    addr: InstanceAddr,
    /// As recorded.
    recorded: Option<RecordedObject>,
    /// As observed; none when there is none (any more).
    observed: Option<Object>,
    config: Value,
    config_marks: Vec<MarkedPath>,
    /// The configuration that the provider plans with: with ignored changes taken back.
    effective: Value,
    forced: Option<Reason>,
    trigger: Option<Str>,
}

impl Item {
    /// What the provider is told of it, with marks.
    fn told(&self) -> Vec<Value> {
        let config = self.config.clone().mark_paths(&self.config_marks);
        let recorded = self.recorded.iter().map(|object| object.value.clone());
        recorded.chain([config]).collect()
    }
}

impl Walk<'_> {
    /// Plans the instances of a block in one instance of its module.
    pub(super) async fn expanded(&mut self, block: &Block, expanded: &ExpandedBlock) {
        let keys = expanded.keys();
        let mut values: HashMap<InstanceAddr, Value> = HashMap::with_capacity(keys.len());
        let mut items = self.items(block, expanded, &mut values);
        let objects: Vec<(InstanceAddr, RecordedObject)> = items
            .iter()
            .filter_map(|item| Some((item.addr.clone(), item.recorded.clone()?)))
            .collect();
        let mut observed = self
            .observe(block, &expanded.addr.rtype, &objects)
            .await
            .into_iter();
        for item in items.iter_mut().filter(|item| item.recorded.is_some()) {
            item.observed = observed.next().flatten();
        }
        let mut before = Vec::with_capacity(items.len());
        for item in &items {
            before.push(match &item.recorded {
                Some(recorded) => {
                    self.note_drift(block, &item.addr, recorded, item.observed.as_ref())
                }
                None => Value::NULL,
            });
        }
        self.validate(block, &mut items).await;
        self.force(&mut items);
        let answers = self.ask(block, &mut items).await;
        let mut again: Vec<(usize, Decision, PlanResponse)> = Vec::new();
        for (at, answer) in answers.into_iter().enumerate() {
            let (Some(item), Some(before)) = (items.get(at), before.get(at)) else {
                continue;
            };
            let Some(answer) = self.accept(block, item, answer) else {
                continue;
            };
            let decision = self.decision(block, item, &answer);
            if matches!(decision.action, Action::Replace(_)) {
                again.push((at, decision, answer));
                continue;
            }
            let value = self.settle(block, item, before, decision, answer);
            values.insert(item.addr.clone(), value);
        }
        self.replacements(block, &items, &before, again, &mut values)
            .await;
        let values = keys.into_iter().map(|key| {
            let addr = expanded.addr.instance(key);
            values.remove(&addr).unwrap_or_else(Value::dynamic)
        });
        let values = values.collect();
        self.desired.set_values(&expanded.addr, values);
    }

    /// Evaluates the configurations of a block's instances. An instance that is not targeted keeps its recorded value;
    /// one whose configuration is wrong was reported and is left out.
    fn items(
        &mut self,
        block: &Block,
        expanded: &ExpandedBlock,
        values: &mut HashMap<InstanceAddr, Value>,
    ) -> Vec<Item> {
        let recorded = self.recorded.blocks.get(&expanded.addr);
        let mut items = Vec::new();
        let mut found = Diagnostics::new();
        for key in expanded.keys() {
            let current = recorded
                .and_then(|keys| keys.get(&key))
                .and_then(|instance| instance.current.clone());
            let addr = expanded.addr.instance(key);
            if !self.scope.has_instance(block.node, &addr) {
                values.insert(
                    addr,
                    current.map_or_else(Value::dynamic, |object| object.value),
                );
                continue;
            }
            let (verdict, diagnostics) = self.desired.preconditions(&addr, Severity::Error);
            found.extend(diagnostics);
            let (config, diagnostics) =
                self.desired
                    .configuration(&addr.block, &addr.key, &block.schema.schema.block);
            let failed = diagnostics.has_errors() || verdict.is_bad();
            if !diagnostics.is_empty() {
                found.extend(
                    diagnostics
                        .into_iter()
                        .map(|diagnostic| diagnostic.about(addr.clone()))
                        .collect(),
                );
            }
            if failed {
                continue;
            }
            let (config, config_marks) = config.unmark_paths();
            items.push(Item {
                addr,
                recorded: current,
                observed: None,
                effective: config.clone(),
                config,
                config_marks,
                forced: None,
                trigger: None,
            });
        }
        self.diagnostics.extend(found);
        items
    }

    /// Lets the provider check the configurations.
    async fn validate(&mut self, block: &Block, items: &mut Vec<Item>) {
        let mut good = Vec::with_capacity(items.len());
        for item in items.iter() {
            let request = ValidateRequest {
                subject: ValidateSubject::Resource,
                rtype: item.addr.block.rtype.clone(),
                config: item.config.clone(),
            };
            let errors = block.provider.validate(request).await;
            good.push(errors.is_empty());
            for error in errors {
                let what = format!("`{}` is not right", item.addr);
                let diagnostic = self
                    .provider_error("provider-refused", &error, &what, &item.told())
                    .about(item.addr.clone());
                let resource = self.desired.resource(&item.addr.block);
                self.diagnostics
                    .push(plugins::placed(diagnostic, resource, &error));
            }
        }
        let mut good = good.into_iter();
        items.retain(|_| good.next().unwrap_or(false));
    }

    /// Finds out which instances are replaced whatever is planned for them.
    fn force(&self, items: &mut [Item]) {
        let declared = items
            .first()
            .and_then(|item| self.desired.resource(&item.addr.block));
        let has_triggers =
            declared.is_some_and(|resource| !resource.lifecycle.replace_triggered_by.is_empty());
        for item in items {
            let recorded = item.recorded.as_ref();
            if recorded.is_some_and(|recorded| recorded.tainted) {
                item.forced = Some(Reason::ReplaceBecauseTainted);
            } else if self.options.replace.contains(&item.addr) {
                item.forced = Some(Reason::ReplaceByRequest);
            } else if has_triggers && let Some(trigger) = self.triggered(&item.addr) {
                item.forced = Some(Reason::ReplaceByTriggers);
                item.trigger = Some(trigger);
            }
        }
    }

    /// Asks the provider what the instances would become.
    async fn ask(
        &mut self,
        block: &Block,
        items: &mut [Item],
    ) -> Vec<Result<PlanResponse, ProviderError>> {
        let schema = &block.schema.schema.block;
        for item in items.iter_mut() {
            if let Some(object) = &item.observed
                && let Some(resource) = self.desired.resource(&item.addr.block)
                && !matches!(resource.lifecycle.ignore_changes, IgnoreChanges::None)
            {
                item.effective = ignore::ignore(
                    &item.config,
                    &object.value,
                    schema,
                    &resource.lifecycle.ignore_changes,
                );
            }
        }
        if items.is_empty() {
            return Vec::new();
        }
        let question = |at: usize| {
            let item = items.get(at)?;
            let observed = item.observed.as_ref();
            let prior = observed.map_or(Value::NULL, |object| object.value.clone());
            Some(PlanRequest {
                rtype: item.addr.block.rtype.clone(),
                proposed: proposed_new(schema, &prior, &item.effective),
                prior,
                config: item.effective.clone(),
                private: observed
                    .map(|object| object.private.clone())
                    .unwrap_or_default(),
            })
        };
        let asking = self.asking(&block.provider_addr);
        let ask = |batch| block.provider.plan(batch);
        asking.all(items.len(), question, ask).await
    }

    /// Checks a provider's plan; a refusal or a broken contract is reported.
    fn accept(
        &mut self,
        block: &Block,
        item: &Item,
        answer: Result<PlanResponse, ProviderError>,
    ) -> Option<PlanResponse> {
        let span = self.declared_span(block.node);
        let placed = |diagnostic: Diagnostic| {
            let diagnostic = diagnostic.about(item.addr.clone());
            match span {
                Some(span) => diagnostic.at(span, ""),
                None => diagnostic,
            }
        };
        match answer {
            Err(error) => {
                let what = format!(
                    "{} cannot plan `{}`",
                    block.provider_addr.source.name, item.addr
                );
                let diagnostic =
                    self.provider_error("provider-refused", &error, &what, &item.told());
                let resource = self.desired.resource(&item.addr.block);
                self.diagnostics
                    .push(plugins::placed(placed(diagnostic), resource, &error));
                None
            }
            Ok(answer) => {
                let prior = item
                    .observed
                    .as_ref()
                    .map_or(&Value::NULL, |object| &object.value);
                if answer.legacy || answer.planned == *prior {
                    return Some(answer);
                }
                let wrong = plan_is_valid(
                    &block.schema.schema.block,
                    prior,
                    &item.effective,
                    &answer.planned,
                );
                if wrong.is_empty() {
                    return Some(answer);
                }
                let message = format!(
                    "the provider's plan for `{}` breaks its contract",
                    item.addr
                );
                let mut diagnostic = Diagnostic::error("invalid-plan", message);
                diagnostic
                    .notes
                    .extend(wrong.iter().take(8).map(ToString::to_string));
                let diagnostic = diagnostic.help("this is a bug of the provider: report it there");
                self.diagnostics.push(placed(diagnostic));
                None
            }
        }
    }

    fn decision(&self, block: &Block, item: &Item, answer: &PlanResponse) -> Decision {
        let prior = item
            .observed
            .as_ref()
            .map_or(&Value::NULL, |object| &object.value);
        decide(&Situation {
            prior,
            planned: &answer.planned,
            requires_replace: &answer.requires_replace,
            forced: item.forced,
            order: block.order,
            marks_differ: self.marks_differ(block, item, answer),
        })
    }

    /// Whether the recorded value is marked at other places than the planned one will be.
    fn marks_differ(&self, block: &Block, item: &Item, answer: &PlanResponse) -> bool {
        let Some(recorded) = &item.recorded else {
            return false;
        };
        let recorded_has = recorded.value.has_marks();
        if !recorded_has && item.config_marks.is_empty() && !block.has_sensitive {
            return false;
        }
        let planned = self.marked(block, item, answer.planned.clone());
        planned.unmark_paths().1 != recorded.value.clone().unmark_paths().1
    }

    fn marked(&self, block: &Block, item: &Item, value: Value) -> Value {
        marks::mark(
            value,
            &item.config_marks,
            &block.schema.schema.block,
            block.has_sensitive,
            self.desired.secrets(),
        )
    }

    /// Plans replacements a second time, as creations.
    #[expect(clippy::too_many_arguments, reason = "each is a thing of its own")]
    async fn replacements(
        &mut self,
        block: &Block,
        items: &[Item],
        before: &[Value],
        again: Vec<(usize, Decision, PlanResponse)>,
        values: &mut HashMap<InstanceAddr, Value>,
    ) {
        if again.is_empty() {
            return;
        }
        let schema = &block.schema.schema.block;
        let question = |at: usize| {
            let item = items.get(again.get(at)?.0)?;
            Some(PlanRequest {
                rtype: item.addr.block.rtype.clone(),
                prior: Value::Null(schema.value_type()),
                proposed: proposed_new(schema, &Value::NULL, &item.config),
                config: item.config.clone(),
                private: Vec::new(),
            })
        };
        let asking = self.asking(&block.provider_addr);
        let ask = |batch| block.provider.plan(batch);
        let answers = asking.all(again.len(), question, ask).await;
        for ((at, decision, _), answer) in again.into_iter().zip(answers) {
            let (Some(item), Some(before)) = (items.get(at), before.get(at)) else {
                continue;
            };
            let created = Item {
                addr: item.addr.clone(),
                recorded: None,
                observed: None,
                config: item.config.clone(),
                config_marks: item.config_marks.clone(),
                effective: item.config.clone(),
                forced: item.forced,
                trigger: item.trigger.clone(),
            };
            let Some(answer) = self.accept(block, &created, answer) else {
                continue;
            };
            let value = self.settle(block, item, before, decision, answer);
            values.insert(item.addr.clone(), value);
        }
    }

    /// Records the decision for one instance and returns its value as others see it from now on.
    #[expect(clippy::too_many_arguments, reason = "each is a thing of its own")]
    fn settle(
        &mut self,
        block: &Block,
        item: &Item,
        before: &Value,
        decision: Decision,
        answer: PlanResponse,
    ) -> Value {
        let planned = self.marked(block, item, answer.planned.clone());
        let (_, diagnostics) = self
            .desired
            .postconditions(&item.addr, &planned, Severity::Error);
        self.diagnostics.extend(diagnostics);
        let previous = self.moves.get(&item.addr).cloned();
        if decision.action == Action::NoOp && previous.is_none() {
            self.unchanged += 1;
            return planned;
        }
        if matches!(decision.action, Action::Replace(_)) {
            self.protect(&item.addr, "replaced");
        }
        let mut change = Change {
            addr: item.addr.clone(),
            deposed: None,
            previous,
            importing: None,
            provider: block.provider_addr.clone(),
            action: decision.action,
            reason: decision.reason,
            because: Vec::new(),
            before: before.clone(),
            after: planned.clone(),
            replace_paths: decision.replace_paths,
            config: item.config.clone().mark_paths(&item.config_marks),
            private: answer.private,
            prior_private: item
                .observed
                .as_ref()
                .map(|object| object.private.clone())
                .unwrap_or_default(),
            schema_version: block.schema.schema.version,
            dependencies: Arc::from([]),
            create_before_destroy: block.order == ReplaceOrder::CreateFirst,
            legacy: answer.legacy,
        };
        change.because =
            because::because(self, &change, item.recorded.as_ref(), item.trigger.as_ref());
        self.add(Some(block.node), change);
        planned
    }
}
