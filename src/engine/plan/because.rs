//! Why an instance changes, for people: the expressions, upstream changes and outside changes that bring it about.

use lang::eval::references;
use lang::reference::{Subject, subject};
use model::address::ResourceAddr;
use model::change::{Action, Because, Cause, Change};
use model::{Path, PathStep, Str, Value};

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
        Action::Create if recorded.is_some() => vec![Because {
            cause: Cause::Gone,
            place: None,
        }],
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
    let sources = &walk.desired.definition().sources;
    let mut names: Vec<Str> = Vec::new();
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
        let text: Str = sources.text(reference.span).into();
        if !names.contains(&text) {
            names.push(text);
        }
    }
    Because {
        cause: Cause::Defined {
            attribute,
            references: names,
        },
        place,
    }
}

impl Walk<'_> {
    pub(super) fn place(&self, span: model::Span) -> Option<String> {
        self.desired.definition().sources.place(span)
    }
}
