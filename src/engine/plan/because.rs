//! Why an instance changes, for people: the expressions, upstream changes and outside changes that bring it about.

use lang::eval::references;
use lang::reference::{Subject, subject};
use lang::syntax::ast::Expr;
use model::address::{InstanceAddr, Mode, ResourceAddr};
use model::change::{Action, Because, Cause, Change};
use model::{Path, PathStep, Str, Value};

use super::origins::origins;
use super::walk::Walk;
use crate::recorded::RecordedObject;

/// The causes of a change; empty for a create of something that was never there.
pub(super) fn because(
    walk: &Walk<'_>,
    change: &Change,
    recorded: Option<&RecordedObject>,
    trigger: Option<&Str>,
) -> Vec<Because> {
    match change.action {
        Action::NoOp | Action::Read | Action::Destroy | Action::Forget => Vec::new(),
        Action::Create if recorded.is_some() => {
            let found = walk.instead.get(&change.addr).cloned();
            let cause = found.map_or(Cause::Gone, |found| Cause::Instead { found });
            vec![Because { cause, place: None }]
        }
        Action::Create => Vec::new(),
        Action::Update | Action::Replace(_) => causes(walk, change, recorded, trigger),
    }
}

fn causes(
    walk: &Walk<'_>,
    change: &Change,
    recorded: Option<&RecordedObject>,
    trigger: Option<&Str>,
) -> Vec<Because> {
    let mut found = Vec::new();
    if let Some(reference) = trigger {
        let cause = Cause::Trigger {
            reference: reference.clone(),
        };
        found.push(Because {
            cause,
            place: walk
                .desired
                .resource(&change.addr.block)
                .and_then(|r| walk.place(r.span)),
        });
    }
    let paths: Vec<Path> = if change.replace_paths.is_empty() {
        changed_attributes(change)
    } else {
        change.replace_paths.iter().filter_map(top).collect()
    };
    for attribute in paths {
        found.push(cause(walk, change, recorded, attribute));
    }
    found.dedup();
    if let (true, Some(reason)) = (found.is_empty(), change.reason) {
        found.push(Because {
            cause: Cause::Reason(reason),
            place: None,
        });
    }
    found
}

fn top(path: &Path) -> Option<Path> {
    match path.0.first()? {
        PathStep::Attribute(name) => Some(Path::root().attribute(name.clone())),
        PathStep::Index(_) | PathStep::Key(_) | PathStep::Element(_) => None,
    }
}

/// Attributes that the author set (or left out) and that are to be others; when there is none, those the provider
/// changes in an update. In a replacement all that the provider computes differs: that is its consequence, no cause.
fn changed_attributes(change: &Change) -> Vec<Path> {
    let Some(after) = change.after.as_fields() else {
        return Vec::new();
    };
    let differs = |name: &Str, value: &Value| change.before.get(name) != Some(value);
    let set = |name: &Str| {
        change
            .config
            .get(name)
            .is_some_and(|value| !value.is_null())
    };
    let changed: Vec<&Str> = after
        .iter()
        .filter(|(name, value)| differs(name, value))
        .map(|(name, _)| name)
        .collect();
    let authored: Vec<&Str> = changed.iter().copied().filter(|name| set(name)).collect();
    let replaced = matches!(change.action, Action::Replace(_));
    let named = if authored.is_empty() && !replaced {
        changed
    } else {
        authored
    };
    named
        .into_iter()
        .map(|name| Path::root().attribute(name.clone()))
        .collect()
}

#[expect(
    clippy::too_many_lines,
    reason = "one thing after the other; in pieces it would read worse"
)]
fn cause(
    walk: &Walk<'_>,
    change: &Change,
    recorded: Option<&RecordedObject>,
    attribute: Path,
) -> Because {
    let name = match attribute.0.first() {
        Some(PathStep::Attribute(name)) => name.clone(),
        _ => {
            return Because {
                cause: Cause::Provider { attribute },
                place: None,
            };
        }
    };
    let declared = walk.desired.resource(&change.addr.block);
    let written = declared.and_then(|resource| {
        resource
            .body
            .attributes
            .iter()
            .find(|found| found.name.text == name)
    });
    let block = declared.and_then(|resource| {
        resource.body.blocks.iter().find(|block| {
            block.kind.text == name || block.labels.first().is_some_and(|label| label.text == name)
        })
    });
    let place = written
        .map(|written| written.expr.span)
        .or(block.map(|block| block.header))
        .or(declared.map(|resource| resource.span))
        .and_then(|span| walk.place(span));
    // What is recorded is what is wanted: so it was changed from outside.
    let recorded_value = recorded.and_then(|recorded| recorded.value.get(&name));
    if recorded_value.is_some()
        && recorded_value == change.after.get(&name)
        && recorded_value != change.before.get(&name)
    {
        return Because {
            cause: Cause::Drifted { attribute },
            place,
        };
    }
    let Some(written) = written else {
        let cause = match block {
            Some(_) => Cause::Defined {
                attribute,
                references: Vec::new(),
            },
            None if change.config.get(&name).is_some_and(Value::is_null)
                && change.before.get(&name).is_some_and(|v| !v.is_null()) =>
            {
                Cause::Defined {
                    attribute,
                    references: Vec::new(),
                }
            }
            None => Cause::Provider { attribute },
        };
        return Because { cause, place };
    };
    let mut free = Vec::new();
    references(&written.expr, &mut free);
    for reference in &free {
        if let Ok((Subject::Resource(resource), _)) = subject(reference.root, reference.steps) {
            let addr = ResourceAddr {
                module: change.addr.module().path(),
                mode: resource.mode,
                rtype: resource.rtype,
                name: resource.name,
            };
            let node = walk.desired.graph().resource_node(&addr);
            if node.is_some_and(|node| walk.pending.contains(&node)) {
                return Because {
                    cause: Cause::Upstream {
                        attribute,
                        resource: addr,
                    },
                    place,
                };
            }
        }
    }
    let names = names(walk, change, &written.expr, &name);
    Because {
        cause: Cause::Defined {
            attribute,
            references: names,
        },
        place,
    }
}

/// The references that gave an attribute another value, as they are written.
fn names(walk: &Walk<'_>, change: &Change, expr: &Expr, attribute: &Str) -> Vec<Str> {
    let InstanceAddr { block, key } = &change.addr;
    let Some(lookup) = walk.desired.instance_lookup(block, key) else {
        return Vec::new();
    };
    let bare = |value: Option<&Value>| value.cloned().unwrap_or(Value::NULL).unmark_deep().0;
    let before = bare(change.before.get(attribute));
    let after = bare(change.after.get(attribute));
    let is_fixed = |subject: &Subject| match subject {
        Subject::Path(_)
        | Subject::Terraform(_)
        | Subject::CountIndex
        | Subject::EachKey
        | Subject::This => true,
        Subject::Resource(resource) => walk.stays(&ResourceAddr {
            module: block.module.path(),
            mode: resource.mode,
            rtype: resource.rtype.clone(),
            name: resource.name.clone(),
        }),
        Subject::Variable(_)
        | Subject::Local(_)
        | Subject::Module(_)
        | Subject::Output(..)
        | Subject::EachValue => false,
    };
    let sources = &walk.desired.definition().sources;
    let mut names: Vec<Str> = Vec::new();
    for reference in origins(expr, &before, &after, &lookup, &is_fixed) {
        let text: Str = sources.text(reference.span).into();
        if !names.contains(&text) {
            names.push(text);
        }
    }
    names
}

impl Walk<'_> {
    /// Whether a managed block is as it is recorded, and stays so.
    fn stays(&self, addr: &ResourceAddr) -> bool {
        let node = self.desired.graph().resource_node(addr);
        addr.mode == Mode::Managed
            && node
                .is_some_and(|node| !self.pending.contains(&node) && !self.drifted.contains(&node))
    }

    pub(super) fn place(&self, span: model::Span) -> Option<String> {
        self.desired.definition().sources.place(span)
    }
}
