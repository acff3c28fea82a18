//! Brings a step up to date before it runs: its configuration with everything that is known by now.

use std::collections::HashSet;
use std::sync::Arc;

use model::address::InstanceAddr;
use model::change::{Action, Change, ReplaceOrder};
use model::plan::{Step, StepId, StepKind};
use model::{Diagnostic, Diagnostics, Severity, Str, Value};
use state::ObjectChange;

use super::effect::Effect;
use super::read::Reading;
use super::schedule::Schedule;
use super::write::{self, Row};
use crate::recorded::RecordedObject;

/// A step that is ready.
pub(super) enum Prepared {
    /// It changes the world.
    Effect(Box<Effect>),
    /// It changes only the record.
    Forget(Vec<ObjectChange>),
    /// It only looks.
    Read(Box<Reading>),
    /// It cannot be done.
    Refused(InstanceAddr, Box<Diagnostic>),
}

impl Schedule<'_> {
    pub(super) fn prepare(&mut self, id: StepId, step: &Step) -> Prepared {
        let Some(change) = self.planned.plan.change_of(step).cloned() else {
            let bug =
                Diagnostic::error("bug", "a step without a change. This is a bug in Terrace.");
            return Prepared::Refused(nowhere(), Box::new(bug));
        };
        let addr = change.addr.clone();
        if step.kind == StepKind::Forget {
            let deposed = change.deposed.map(|key| key.0);
            return Prepared::Forget(vec![ObjectChange::Delete { addr, deposed }]);
        }
        let Some(provider) = self.planned.plugins.get(&change.provider).cloned() else {
            let message = format!("no provider is ready for `{addr}`. This is a bug in Terrace.");
            return Prepared::Refused(addr, Box::new(Diagnostic::error("bug", message)));
        };
        if step.kind == StepKind::Read {
            return self.reading(id, &change, provider);
        }
        let source = &change.provider.source;
        let Some(schema) = self
            .planned
            .plugins
            .resource_schema(source, &addr.block.rtype)
            .cloned()
        else {
            let message = format!("no schema for `{addr}`. This is a bug in Terrace.");
            return Prepared::Refused(addr, Box::new(Diagnostic::error("bug", message)));
        };
        let (config, plan_again) =
            if step.kind == StepKind::Destroy || change.config.is_wholly_known() {
                (change.config.clone(), false)
            } else {
                match self.configuration(&addr, &schema.schema.block) {
                    Ok(config) => (config, true),
                    Err(diagnostic) => return Prepared::Refused(addr, diagnostic),
                }
            };
        if step.kind != StepKind::Destroy
            && let Some(diagnostic) = self.precondition(&addr)
        {
            return Prepared::Refused(addr, Box::new(diagnostic));
        }
        Prepared::Effect(Box::new(self.effect(
            id,
            step.kind,
            change,
            (provider, schema),
            (config, plan_again),
        )))
    }

    /// The null of a resource type: one value for steps that follow each other, as it is as large as its type.
    fn null_of(&mut self, schema: &Arc<contract::ResourceSchema>) -> Value {
        if let Some((of, null)) = &self.null
            && Arc::ptr_eq(of, schema)
        {
            return null.clone();
        }
        let null = Value::Null(schema.schema.block.value_type());
        self.null = Some((schema.clone(), null.clone()));
        null
    }

    #[expect(clippy::too_many_arguments, reason = "each is a thing of its own")]
    fn effect(
        &mut self,
        step: StepId,
        kind: StepKind,
        change: Change,
        (provider, schema): (Arc<dyn contract::Provider>, Arc<contract::ResourceSchema>),
        (config, plan_again): (Value, bool),
    ) -> Effect {
        let key = (change.action == Action::Replace(ReplaceOrder::CreateFirst))
            .then(|| write::deposed_key(&self.planned.plan, &change));
        let null = self.null_of(&schema);
        let bare = |value: &Value| value.clone().unmark_deep().0;
        let (prior, planned) = match kind {
            StepKind::Create => (null, bare(&change.after)),
            StepKind::Destroy => (bare(&change.before), null),
            StepKind::Update
            | StepKind::Read
            | StepKind::Move
            | StepKind::Import
            | StepKind::Forget
            | StepKind::Refresh => (bare(&change.before), bare(&change.after)),
        };
        let (config, config_marks) = config.unmark_paths();
        let (depose, deposed) = match kind {
            StepKind::Create => (key, None),
            StepKind::Destroy => (None, key.or_else(|| change.deposed.clone())),
            StepKind::Update
            | StepKind::Read
            | StepKind::Move
            | StepKind::Import
            | StepKind::Forget
            | StepKind::Refresh => (None, None),
        };
        let private = if kind == StepKind::Destroy {
            change.prior_private.clone()
        } else {
            change.private.clone()
        };
        let marker = write::marker(self.run_id(), step, self.lineage());
        let config_marks = if kind == StepKind::Destroy {
            change.before.clone().unmark_paths().1
        } else {
            config_marks
        };
        let kept = (kind == StepKind::Destroy)
            .then(|| self.recorded(&change))
            .flatten();
        let recorded = self.comparable(kind, &change);
        // An object that is to go keeps what is recorded of it until it is gone.
        let (dependencies, create_before_destroy) = match kept {
            Some(object) => (object.dependencies.clone(), object.create_before_destroy),
            None => (change.dependencies.clone(), change.create_before_destroy),
        };
        let prior_private = if kind == StepKind::Create {
            Vec::new()
        } else {
            change.prior_private.clone()
        };
        let fingerprint = self.planned.plugins.fingerprint(&change.provider);
        let row = Row {
            provider: change.provider.clone(),
            dependencies,
            deposed,
            create_before_destroy,
            change: Arc::new(change),
        };
        Effect {
            step,
            kind,
            provider,
            fingerprint,
            schema,
            prior,
            prior_private,
            recorded,
            planned,
            config,
            config_marks,
            plan_again,
            depose,
            private,
            marker,
            attempts: self.attempts(),
            asking: self.asking(&row.change.provider),
            row,
            definition: self.planned.desired.definition().clone(),
            secrets: self.secrets.clone(),
            secret_texts: self.planned.desired.secrets().clone(),
        }
    }

    /// The value of the object that a step changes, as it was recorded when the plan was made, where that can be compared
    /// with what there will be; otherwise null.
    fn comparable(&self, kind: StepKind, change: &Change) -> Value {
        if kind == StepKind::Create {
            return Value::NULL;
        }
        let recorded = self.recorded(change);
        let recorded = recorded.filter(|object| object.schema_version == change.schema_version);
        recorded.map_or(Value::NULL, |object| object.value.clone())
    }

    /// The object that a change is about, as it was recorded when the plan was made.
    fn recorded(&self, change: &Change) -> Option<&RecordedObject> {
        let instance = self.planned.recorded.instance(&change.addr)?;
        match &change.deposed {
            Some(key) => instance.deposed.get(key),
            None => instance.current.as_ref(),
        }
    }

    /// The configuration with everything that is known by now, which must be all of it.
    fn configuration(
        &mut self,
        addr: &InstanceAddr,
        schema: &model::schema::Block,
    ) -> Result<Value, Box<Diagnostic>> {
        let wrong = self.catch_up(addr);
        if let Some(error) = wrong.into_iter().find(Diagnostic::is_error) {
            return Err(Box::new(error.about(addr.clone())));
        }
        let (config, diagnostics) =
            self.planned
                .desired
                .configuration(&addr.block, &addr.key, schema);
        if let Some(error) = diagnostics.into_iter().find(Diagnostic::is_error) {
            return Err(Box::new(error.about(addr.clone())));
        }
        if config.is_wholly_known() {
            return Ok(config);
        }
        let message = format!("the configuration of `{addr}` is still not known");
        Err(Box::new(
            Diagnostic::error("not-known", message)
                .about(addr.clone())
                .note("This is a bug in Terrace."),
        ))
    }

    /// Evaluates again what was not known when the plan was made and that the instance's configuration refers to.
    /// Returns what does not hold of the variables among it.
    fn catch_up(&mut self, addr: &InstanceAddr) -> Diagnostics {
        let Some(node) = self.planned.desired.graph().resource_node(&addr.resource()) else {
            return Diagnostics::new();
        };
        let closure = match self.closures.get(&node) {
            Some(closure) => closure.clone(),
            None => {
                let closure: Arc<[_]> = self.planned.desired.values_behind(node).into();
                self.closures.insert(node, closure.clone());
                closure
            }
        };
        // What is wrong shows where it is used.
        let desired = &mut self.planned.desired;
        let _ = desired.catch_up(&closure, addr.module());
        desired.expand_again(node, addr.module());
        desired.validate_again(&closure, addr.module())
    }

    fn precondition(&mut self, addr: &InstanceAddr) -> Option<Diagnostic> {
        let has = self
            .planned
            .desired
            .resource(&addr.block)
            .is_some_and(|resource| !resource.lifecycle.preconditions.is_empty());
        if !has {
            return None;
        }
        let _ = self.catch_up(addr);
        let (_, diagnostics) = self.planned.desired.preconditions(addr, Severity::Error);
        diagnostics.into_iter().find(Diagnostic::is_error)
    }

    fn reading(
        &mut self,
        step: StepId,
        change: &Change,
        provider: Arc<dyn contract::Provider>,
    ) -> Prepared {
        let addr = change.addr.clone();
        let source = &change.provider.source;
        let schema = self.planned.plugins.data_schema(source, &addr.block.rtype);
        let Some(schema) = schema.cloned() else {
            let message = format!("no schema for `{addr}`. This is a bug in Terrace.");
            return Prepared::Refused(addr, Box::new(Diagnostic::error("bug", message)));
        };
        let config = match self.configuration(&addr, &schema.block) {
            Ok(config) => config,
            Err(diagnostic) => return Prepared::Refused(addr, diagnostic),
        };
        Prepared::Read(Box::new(Reading {
            step,
            addr,
            provider,
            schema,
            config,
            asking: self.asking(&change.provider),
            secrets: self.secrets.clone(),
            secret_texts: self.planned.desired.secrets().clone(),
        }))
    }

    /// The root outputs as they are now, each with whether it is sensitive. One that could not be evaluated stays as
    /// recorded. What is only known now to be wrong with values and variables is reported.
    pub(super) fn outputs(&mut self) -> std::collections::BTreeMap<Str, (Value, bool)> {
        let plan = &self.planned.plan;
        let partial = !plan.targets.is_empty() || !plan.excludes.is_empty();
        if plan.mode == model::plan::PlanMode::Destroy && !partial {
            let left = self.planned.recorded.outputs.clone();
            let kept = if self.is_whole() {
                Default::default()
            } else {
                left
            };
            return kept
                .into_iter()
                .map(|(name, output)| (name, (output.value, output.sensitive)))
                .collect();
        }
        let order = self.planned.desired.graph().order.clone();
        let root = model::address::ModuleAddr::root();
        let values: Vec<_> = order
            .into_iter()
            .filter(|node| self.planned.desired.is_value(*node))
            .collect();
        let mut found = self.planned.desired.catch_up(&values, &root);
        found.extend(self.planned.desired.validate_all());
        if self.planned.plan.mode == model::plan::PlanMode::Normal {
            crate::check::merge(&mut self.diagnostics, found);
        }
        let declared = self
            .planned
            .desired
            .definition()
            .modules
            .get(&model::address::ModulePath::root())
            .cloned();
        let plan = &self.planned.plan;
        let changed: HashSet<&Str> = plan.outputs.iter().map(|output| &output.name).collect();
        let mut outputs = std::collections::BTreeMap::new();
        for (name, value) in self.planned.desired.outputs() {
            // What a part of the definition is not about stays as it is.
            if partial && !changed.contains(&name) {
                if let Some(recorded) = self.planned.recorded.outputs.get(&name) {
                    outputs.insert(name, (recorded.value.clone(), recorded.sensitive));
                }
                continue;
            }
            let sensitive = declared
                .as_ref()
                .and_then(|root| root.outputs.get(&name))
                .is_some_and(|found| found.sensitive);
            // What is gone leaves what refers to it without a value.
            let value = match plan.mode {
                model::plan::PlanMode::RefreshOnly => value.known_or_null(),
                model::plan::PlanMode::Normal | model::plan::PlanMode::Destroy => value,
            }
            .in_whole_digits();
            if value.is_wholly_known() {
                if !value.is_null() {
                    outputs.insert(name, (value, sensitive));
                }
            } else if let Some(recorded) = self.planned.recorded.outputs.get(&name) {
                outputs.insert(name, (recorded.value.clone(), recorded.sensitive));
            }
        }
        // Outputs that were not evaluated, because they are not targeted, stay; and with targets those that the
        // definition has no more.
        for (name, recorded) in &self.planned.recorded.outputs {
            let known = declared
                .as_ref()
                .is_some_and(|root| root.outputs.contains_key(name));
            let stays = match known {
                true => self.planned.desired.output(name).is_none(),
                false => !plan.targets.is_empty(),
            };
            if stays && !outputs.contains_key(name) {
                outputs.insert(name.clone(), (recorded.value.clone(), recorded.sensitive));
            }
        }
        outputs
    }
}

fn nowhere() -> InstanceAddr {
    let block = model::address::BlockAddr {
        module: model::address::ModuleAddr::root(),
        mode: model::address::Mode::Managed,
        rtype: Str::default(),
        name: Str::default(),
    };
    InstanceAddr {
        block: Arc::new(block),
        key: model::address::InstanceKey::None,
    }
}
