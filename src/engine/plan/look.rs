//! Looks at everything that is recorded and tells what is not as recorded. Plans nothing, changes nothing; what cannot
//! be read hides nothing else. Entry point: [`look`].

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use contract::{Object, PlanRequest, Providers, proposed_new};
use lang::Desired;
use lang::graph::NodeId;
use model::address::{BlockAddr, InstanceAddr, ProviderAddr};
use model::change::ReplaceOrder;
use model::event::EventKind;
use model::plan::{Drift, Refresh};
use model::value::from_json_implied;
use model::{Diagnostic, Diagnostics, Str, Value, schema};

use super::block::{Block, unknown_type};
use super::ignore;
use super::inquire::Inquiry;
use crate::events::Events;
use crate::recorded::{Recorded, RecordedObject};

/// What a look saw.
#[derive(Debug)]
pub struct Looked {
    /// Instances that are not as recorded, or could not be read, by address.
    pub seen: Vec<Seen>,
    /// How many instances were looked at.
    pub instances: u64,
}

/// An instance that is not as recorded, or could not be read.
#[derive(Debug)]
pub struct Seen {
    /// The instance.
    pub addr: InstanceAddr,
    /// As recorded, with marks.
    pub recorded: Value,
    /// What is there.
    pub sight: Sight,
}

/// What is there in the place of a recorded object.
#[derive(Debug)]
pub enum Sight {
    /// Nothing, or another object.
    Gone {
        /// What is there instead, where the provider says so.
        instead: Option<Str>,
    },
    /// The object, with other attributes.
    Changed {
        /// As observed, with marks.
        observed: Value,
    },
    /// It could not be read.
    Unreadable(Box<Diagnostic>),
}

type Objects = Vec<(InstanceAddr, RecordedObject)>;

/// Looks at every recorded object. `desired` says how providers are configured and which changes are to be ignored.
pub async fn look(
    desired: Desired,
    recorded: Recorded,
    providers: Arc<dyn Providers>,
    events: &Events,
) -> Looked {
    let mut groups: BTreeMap<(Arc<BlockAddr>, Arc<ProviderAddr>), Objects> = BTreeMap::new();
    let mut instances = 0;
    for (addr, instance) in recorded.instances() {
        if let Some(object) = &instance.current {
            instances += 1;
            let group = (addr.block.clone(), object.provider.clone());
            groups
                .entry(group)
                .or_default()
                .push((addr, object.clone()));
        }
    }
    if instances > 0 {
        let objects = instances;
        events.emit(EventKind::ObserveStarted { objects }).await;
    }
    let clock = events.clock().clone();
    let inquiry = Inquiry::new(desired, recorded, providers, &clock, events).await;
    let mut look = Look {
        inquiry,
        seen: Vec::new(),
    };
    for ((block, provider), objects) in groups {
        look.group(&block, &provider, objects).await;
    }
    let mut seen = look.seen;
    seen.sort_by(|a, b| a.addr.cmp(&b.addr));
    Looked { seen, instances }
}

struct Look<'e> {
    inquiry: Inquiry<'e>,
    seen: Vec<Seen>,
}

impl Look<'_> {
    async fn group(&mut self, addr: &BlockAddr, provider: &Arc<ProviderAddr>, objects: Objects) {
        let configured = match self.inquiry.provider(provider).await {
            Ok(configured) => configured,
            Err(why) => {
                let unreadable = |addr: &InstanceAddr| {
                    let message = format!("cannot observe `{addr}`");
                    Diagnostic::error("provider-failed", message).note(why.clone())
                };
                return self.none_of(objects, unreadable);
            }
        };
        let walk = &mut self.inquiry.walk;
        let source = &provider.source;
        let Some(schema) = walk.plugins.resource_schema(source, &addr.rtype).cloned() else {
            let known = walk.plugins.type_names(source, addr.mode);
            let unknown = unknown_type(provider, "resource type", &addr.rtype, &known);
            return self.none_of(objects, |_| unknown.clone());
        };
        let node = walk.desired.graph().resource_node(&addr.resource());
        let block = Block {
            node: node.unwrap_or(NodeId(u32::MAX)),
            provider_addr: provider.clone(),
            provider: configured.provider,
            has_sensitive: schema.schema.block.has_sensitive(),
            schema,
            order: ReplaceOrder::DestroyFirst,
        };
        self.observed(&block, &addr.rtype, objects).await;
    }

    fn none_of(&mut self, objects: Objects, why: impl Fn(&InstanceAddr) -> Diagnostic) {
        self.seen
            .extend(objects.into_iter().map(|(addr, object)| Seen {
                sight: Sight::Unreadable(Box::new(why(&addr).about(addr.clone()))),
                recorded: object.value,
                addr,
            }));
    }

    async fn observed(&mut self, block: &Block, rtype: &Str, mut objects: Objects) {
        let walk = &mut self.inquiry.walk;
        walk.diagnostics = Diagnostics::new();
        let version = block.schema.schema.version;
        if objects
            .iter()
            .any(|(_, object)| object.schema_version != version)
        {
            // What an older provider recorded is compared in the form of today's.
            walk.options.refresh = Refresh::Trust;
            let upgraded = walk.observe(block, rtype, &objects).await;
            for ((_, object), upgraded) in objects.iter_mut().zip(upgraded) {
                if let Some(upgraded) = upgraded {
                    let (_, paths) = object.value.clone().unmark_paths();
                    object.value = upgraded.value.mark_paths(&paths);
                    object.schema_version = version;
                }
            }
        }
        walk.options.refresh = Refresh::Observe;
        let answers = walk.observe(block, rtype, &objects).await;
        let mut failed: HashMap<InstanceAddr, Diagnostic> = std::mem::take(&mut walk.diagnostics)
            .into_iter()
            .filter_map(|found| Some((found.address.clone()?, found)))
            .collect();
        let mut changed = Vec::new();
        for ((addr, object), answer) in objects.into_iter().zip(answers) {
            let recorded = object.value.clone();
            let sight = match (failed.remove(&addr), answer) {
                (Some(found), _) => Sight::Unreadable(Box::new(found)),
                (None, None) => Sight::Gone {
                    instead: walk.instead.remove(&addr),
                },
                (None, Some(answer)) => {
                    walk.note_drift(block, &addr, &object, Some(&answer));
                    changed.extend(walk.drift.pop().map(|drift| (drift, answer)));
                    continue;
                }
            };
            self.seen.push(Seen {
                addr,
                recorded,
                sight,
            });
        }
        self.changed(block, changed).await;
    }

    /// Keeps what differs in a way that its provider would put right: it is asked what it would do to bring what was
    /// recorded back. What it would leave as it is is another way to write the same, or nobody's choice.
    async fn changed(&mut self, block: &Block, mut changed: Vec<(Drift, Object)>) {
        changed.retain(|(drift, _)| !says_the_same(&drift.recorded, &drift.observed));
        if changed.is_empty() {
            return;
        }
        let walk = &self.inquiry.walk;
        let schema = &block.schema.schema.block;
        let question = |at: usize| {
            let (drift, object) = changed.get(at)?;
            let (recorded, _) = drift.recorded.clone().unmark_deep();
            let mut config = authored(schema, &recorded);
            if let Some(resource) = walk.desired.resource(&drift.addr.block) {
                let ignored = &resource.lifecycle.ignore_changes;
                config = ignore::ignore(&config, &object.value, schema, ignored);
            }
            Some(PlanRequest {
                rtype: drift.addr.block.rtype.clone(),
                prior: object.value.clone(),
                proposed: proposed_new(schema, &object.value, &config),
                config,
                private: object.private.clone(),
            })
        };
        let asking = walk.asking(&block.provider_addr);
        let ask = |batch| block.provider.plan(batch);
        let answers = asking.all(changed.len(), question, ask).await;
        for ((drift, object), answer) in changed.into_iter().zip(answers) {
            let is_noise = answer.is_ok_and(|answer| {
                answer.planned == object.value && answer.requires_replace.is_empty()
            });
            if !is_noise {
                self.seen.push(Seen {
                    addr: drift.addr,
                    recorded: drift.recorded,
                    sight: Sight::Changed {
                        observed: drift.observed,
                    },
                });
            }
        }
    }
}

/// A recorded value as the configuration that it could come from: without what only the provider sets.
fn authored(block: &schema::Block, value: &Value) -> Value {
    let Some(fields) = value.as_fields() else {
        return value.clone();
    };
    let mut fields = fields.clone();
    for (name, attribute) in &block.attributes {
        if attribute.computed && !attribute.optional {
            fields.insert(name.clone(), Value::Null(attribute.value_type()));
        }
    }
    for (name, nested) in &block.blocks {
        if let Some(inner) = fields.get(name) {
            let inner = authored_inside(&nested.block, inner);
            fields.insert(name.clone(), inner);
        }
    }
    Value::Object(Arc::new(fields))
}

fn authored_inside(block: &schema::Block, value: &Value) -> Value {
    let each = |items: &[Value]| items.iter().map(|item| authored(block, item)).collect();
    match value {
        Value::Object(_) => authored(block, value),
        Value::List(list) => Value::list(list.element.clone(), each(&list.items)),
        Value::Set(set) => Value::set(set.element.clone(), each(&set.items)),
        Value::Tuple(items) => Value::tuple(each(items)),
        Value::Map(map) => {
            let entries = map.entries.iter();
            let entries = entries.map(|(key, item)| (key.clone(), authored(block, item)));
            Value::map(map.element.clone(), entries)
        }
        Value::Null(_)
        | Value::Unknown(_)
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Marked(_) => value.clone(),
    }
}

/// Whether two values are equal but for how JSON in their texts is written.
fn says_the_same(recorded: &Value, observed: &Value) -> bool {
    let (recorded, observed) = (recorded.bare(), observed.bare());
    if recorded == observed {
        return true;
    }
    if let (Some(recorded), Some(observed)) = (recorded.as_str(), observed.as_str()) {
        return same_json(recorded, observed);
    }
    if let (Some(recorded), Some(observed)) = (recorded.as_fields(), observed.as_fields()) {
        return recorded.len() == observed.len()
            && recorded.iter().all(|(name, recorded)| {
                let observed = observed.get(name);
                observed.is_some_and(|observed| says_the_same(recorded, observed))
            });
    }
    match (recorded.as_items(), observed.as_items()) {
        (Some(recorded), Some(observed)) => {
            let mut pairs = recorded.iter().zip(observed);
            recorded.len() == observed.len() && pairs.all(|(a, b)| says_the_same(a, b))
        }
        _ => false,
    }
}

/// Whether two texts are JSON objects or lists of the same content.
fn same_json(a: &str, b: &str) -> bool {
    let parse = |text: &str| {
        let structured = text.trim_start().starts_with(['{', '[']);
        structured
            .then(|| serde_json::from_str(text).ok())
            .flatten()
            .map(|json| from_json_implied(&json))
    };
    parse(a).is_some_and(|a| parse(b) == Some(a))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_of_the_same_content_says_the_same() {
        let object = |policy: &str, name: &str| {
            Value::object([
                ("policy", Value::string(policy)),
                ("name", Value::string(name)),
            ])
        };
        let written = object("{\"a\":1,\"b\":[1,2]}", "x");
        assert!(says_the_same(
            &written,
            &object("{ \"b\": [1, 2], \"a\": 1.0 }", "x")
        ));
        assert!(!says_the_same(
            &written,
            &object("{\"a\":1,\"b\":[2,1]}", "x")
        ));
        assert!(!says_the_same(
            &written,
            &object("{\"a\":1,\"b\":[1,2]}", "y")
        ));
        assert!(!says_the_same(&Value::string("1"), &Value::string("1.0")));
    }
}
