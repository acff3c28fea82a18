//! What the name of a resource or data block stands for: all its instances, or one of them.

use model::{Diagnostics, Span, Value};

use super::super::values::Instances;
use super::super::{Each, Repetition};
use super::instance::{instance_key, no_such_instance};
use super::{Lookup, undeclared};
use crate::eval::Resolution;
use crate::graph::without_index;
use crate::load::ResourceName;
use crate::reference::index_key;
use crate::syntax::ast::TraversalStep;

impl Lookup<'_> {
    #[expect(clippy::too_many_arguments, reason = "each is a thing of its own")]
    pub(super) fn resource(
        &self,
        name: &ResourceName,
        rest: &[TraversalStep],
        consumed: usize,
        span: Span,
        out: &mut Diagnostics,
    ) -> Resolution {
        let Some(block) = self.module.blocks.get(name) else {
            let declared = self.was_checked()
                || self
                    .written()
                    .is_some_and(|module| module.resources.contains_key(name));
            if !declared {
                let known: Vec<String> = self
                    .module
                    .blocks
                    .keys()
                    .map(|known| format!("{}.{}", known.rtype, known.name))
                    .collect();
                let shown = format!("{}.{}", name.rtype, name.name);
                out.push(undeclared(
                    &format!("there is no resource `{shown}`"),
                    &shown,
                    span,
                    &known,
                ));
            }
            return Resolution {
                value: Value::dynamic(),
                taken: consumed,
            };
        };
        let Some(key) = rest.first().and_then(index_key) else {
            if let Some(step) = rest.first()
                && matches!(block.repetition, Repetition::Any(Each::Index))
            {
                out.push(without_index(
                    &block.addr.to_string(),
                    "count",
                    span.to(step.span),
                ));
                return Resolution {
                    value: Value::dynamic(),
                    taken: consumed + rest.len(),
                };
            }
            return Resolution {
                value: block.whole(),
                taken: consumed,
            };
        };
        match self.instance(block, key, span, out) {
            Some(value) => Resolution {
                value,
                taken: consumed + 1,
            },
            None => Resolution {
                value: block.whole(),
                taken: consumed,
            },
        }
    }

    /// The instance with that key; none when the block is not repeated, so that its value is indexed.
    pub(super) fn instance(
        &self,
        block: &Instances,
        key: &Value,
        span: Span,
        out: &mut Diagnostics,
    ) -> Option<Value> {
        let wanted = instance_key(&block.repetition, key)?;
        let found = wanted
            .as_ref()
            .and_then(|wanted| block.get(wanted))
            .cloned();
        Some(found.unwrap_or_else(|| {
            out.push(no_such_instance(
                &block.addr.to_string(),
                &block.repetition,
                key,
                span,
            ));
            Value::dynamic()
        }))
    }
}
