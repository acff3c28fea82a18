//! What the name of a module call stands for: the outputs of all its instances, of one, or one output.

use model::address::InstanceKey;
use model::{Diagnostics, Span, Str, Value};

use super::super::Repetition;
use super::super::values::ModuleValues;
use super::instance::{instance_key, no_such_instance};
use super::{Lookup, undeclared};
use crate::eval::Resolution;
use crate::reference::index_key;
use crate::syntax::ast::{TraversalKind, TraversalStep};

impl<'d> Lookup<'d> {
    /// `module.call` and as many of the steps as name an instance and an output of it.
    pub(super) fn module_call(
        &self,
        call: &Str,
        rest: &[TraversalStep],
        span: Span,
        out: &mut Diagnostics,
    ) -> Resolution {
        let Some(repetition) = self.module.calls.get(call) else {
            let known: Vec<String> = self.module.calls.keys().map(ToString::to_string).collect();
            let declared = self.was_checked()
                || self
                    .written()
                    .is_some_and(|module| module.calls.contains_key(call));
            if !declared {
                out.push(undeclared(
                    &format!("there is no module call `{call}`"),
                    call,
                    span,
                    &known,
                ));
            }
            return Resolution {
                value: Value::dynamic(),
                taken: 1,
            };
        };
        let (key, after) = match repetition {
            Repetition::Once => (Some(InstanceKey::None), rest),
            Repetition::Any(_) if rest.first().and_then(index_key).is_some() => {
                (Some(InstanceKey::None), rest.get(1..).unwrap_or_default())
            }
            Repetition::Count(_) | Repetition::ForEach(_) => {
                let Some(index) = rest.first().and_then(index_key) else {
                    return Resolution {
                        value: self.whole_call(call, repetition),
                        taken: 1,
                    };
                };
                let key = instance_key(repetition, index).flatten();
                let exists = key
                    .as_ref()
                    .is_some_and(|key| repetition.position(key).is_some());
                if !exists {
                    out.push(no_such_instance(
                        &format!("module.{call}"),
                        repetition,
                        index,
                        span,
                    ));
                    return Resolution {
                        value: Value::dynamic(),
                        taken: 2,
                    };
                }
                (key, rest.get(1..).unwrap_or_default())
            }
            Repetition::Any(_) | Repetition::Failed => {
                return Resolution {
                    value: Value::dynamic(),
                    taken: 1,
                };
            }
        };
        let taken = 1 + rest.len() - after.len();
        let Some(key) = key else {
            return Resolution {
                value: Value::dynamic(),
                taken,
            };
        };
        if let Some(TraversalKind::Attribute(output)) = after.first().map(|step| &step.kind)
            && let Some(value) = self
                .child(call, &key)
                .and_then(|child| child.outputs.get(output))
        {
            return Resolution {
                value: value.clone(),
                taken: taken + 1,
            };
        }
        Resolution {
            value: self.outputs_of(call, &key),
            taken,
        }
    }

    pub(super) fn child(&self, call: &Str, key: &InstanceKey) -> Option<&'d ModuleValues> {
        self.desired
            .modules
            .get(&self.module.addr.child(call.clone(), key.clone()))
    }

    pub(super) fn outputs_of(&self, call: &Str, key: &InstanceKey) -> Value {
        match self.child(call, key) {
            Some(child) if self.was_checked() && child.declared.broken => Value::dynamic(),
            // Those in a cycle have no value.
            Some(child) if self.was_checked() => {
                Value::object(child.declared.outputs.keys().map(|name| {
                    let value = child.outputs.get(name).cloned();
                    (name.clone(), value.unwrap_or_else(Value::dynamic))
                }))
            }
            Some(child) => Value::object(
                child
                    .outputs
                    .iter()
                    .map(|(name, value)| (name.clone(), value.clone())),
            ),
            None => Value::dynamic(),
        }
    }

    fn whole_call(&self, call: &Str, repetition: &Repetition) -> Value {
        match repetition {
            Repetition::Once => self.outputs_of(call, &InstanceKey::None),
            Repetition::Count(_) => Value::tuple(
                repetition
                    .keys()
                    .iter()
                    .map(|key| self.outputs_of(call, key))
                    .collect(),
            ),
            Repetition::ForEach(entries) => Value::object(entries.iter().map(|(key, _)| {
                (
                    key.clone(),
                    self.outputs_of(call, &InstanceKey::Key(key.clone())),
                )
            })),
            Repetition::Any(_) | Repetition::Failed => Value::dynamic(),
        }
    }
}
