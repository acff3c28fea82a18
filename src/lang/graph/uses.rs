//! Attributes of resource and data blocks that expressions name, compared with what their types have. That is wrong
//! or right as it is written, whatever comes of the expression: also in `try`, and where nothing is evaluated.
//! Entry point: [`Graph::check_uses`].

use model::address::{Mode, ProviderSource};
use model::schema::Block;
use model::{Diagnostic, Diagnostics, Span, Str, Value};
use rustc_hash::FxHashMap;

use super::{Graph, NodeId};
use crate::eval::name_steps;
use crate::load::{Definition, Repeat};
use crate::syntax::ast::{Ident, TraversalKind, TraversalStep};

/// `TYPE.NAME` or `self` with what follows it.
#[derive(Debug)]
pub(super) struct Use {
    /// The block.
    pub(super) of: NodeId,
    pub(super) root: Ident,
    pub(super) steps: Vec<TraversalStep>,
    /// How many of the steps belong to the block's name.
    pub(super) named: usize,
    /// Whether it names an instance already, as `self` does.
    pub(super) is_instance: bool,
}

impl Use {
    /// From its start to the end of one of its steps.
    fn span(&self, step: &TraversalStep) -> Span {
        self.root.span.to(step.span)
    }
}

impl Graph {
    /// Reports attributes that no object of their type can have, and indexes of blocks that are not repeated.
    ///
    /// `schema` gives the schema of a resource type or data source; what it does not know is left alone.
    pub fn check_uses<'s>(
        &self,
        definition: &Definition,
        schema: impl Fn(&ProviderSource, Mode, &Str) -> Option<&'s Block>,
    ) -> Diagnostics {
        let mut objects: FxHashMap<(&ProviderSource, Mode, &Str), Value> = FxHashMap::default();
        let mut out = Diagnostics::new();
        for found in &self.uses {
            let Some((provider, rtype, mode, repeat)) = self.block_of(definition, found.of) else {
                continue;
            };
            let Some(attributes) = attributes(found, repeat, &mut out) else {
                continue;
            };
            let Some(first) = found.steps.get(attributes) else {
                continue;
            };
            let Some(block) = schema(provider, mode, rtype) else {
                continue;
            };
            let TraversalKind::Attribute(name) = &first.kind else {
                out.push(not_by_index(found, first));
                continue;
            };
            let is_last = attributes + 1 == found.steps.len();
            if is_last && (block.attributes.contains_key(name) || block.blocks.contains_key(name)) {
                continue;
            }
            let object = objects
                .entry((provider, mode, rtype))
                .or_insert_with(|| Value::unknown(block.value_type()));
            out.extend(name_steps(
                object.clone(),
                &found.root,
                &found.steps,
                attributes,
            ));
        }
        out
    }

    fn block_of<'g>(
        &'g self,
        definition: &'g Definition,
        node: NodeId,
    ) -> Option<(&'g ProviderSource, &'g Str, Mode, &'g Repeat)> {
        let found = self.node(node)?;
        let super::NodeKind::Resource(name) = &found.kind else {
            return None;
        };
        let module = definition.module(self.module(found.module)?)?;
        let resource = module.resources.get(name)?;
        let provider = &self.providers.get(&node)?.source;
        Some((provider, &name.rtype, name.mode, &resource.repeat))
    }
}

/// How many steps name the instance; none when there is nothing more to check, or it is reported that they name none.
fn attributes(found: &Use, repeat: &Repeat, out: &mut Diagnostics) -> Option<usize> {
    if found.is_instance {
        return Some(found.named);
    }
    let next = found.steps.get(found.named)?;
    match (&next.kind, repeat) {
        (TraversalKind::Index(_), Repeat::Count(_) | Repeat::ForEach(_)) => Some(found.named + 1),
        (TraversalKind::Attribute(_), Repeat::Once) => Some(found.named),
        (TraversalKind::Index(_), Repeat::Once) => {
            out.push(
                Diagnostic::error(
                    "index-out-of-range",
                    format!("`{}` is not repeated and takes no index", text(found)),
                )
                .at(found.span(next), "")
                .note("it has neither `count` nor `for_each`")
                .help("leave the index out"),
            );
            None
        }
        (TraversalKind::Attribute(_), Repeat::Count(_)) => {
            out.push(without_index(&text(found), "count", found.span(next)));
            None
        }
        (TraversalKind::Attribute(_), Repeat::ForEach(_)) => {
            out.push(without_index(&text(found), "for_each", found.span(next)));
            None
        }
    }
}

/// An attribute of a block that is repeated.
pub(crate) fn without_index(block: &str, by: &str, span: Span) -> Diagnostic {
    let (one, all) = if by == "count" {
        ("[0]", "`[*]`".to_owned())
    } else {
        ("[\"key\"]", format!("`values({block})[*]`"))
    };
    Diagnostic::error(
        "unknown-attribute",
        format!("`{block}` has `{by}`, so that only its instances have attributes"),
    )
    .at(span, "which instance?")
    .help(format!("take one with `{one}`, or all with {all}"))
}

/// An attribute of an object that is named as an element.
fn not_by_index(found: &Use, step: &TraversalStep) -> Diagnostic {
    let who = if found.is_instance {
        format!("`{}` has", text(found))
    } else {
        format!("an instance of `{}` has", text(found))
    };
    let diagnostic = Diagnostic::error(
        "unknown-attribute",
        format!("{who} attributes, named after a `.`, and no elements"),
    )
    .at(found.span(step), "");
    match &step.kind {
        TraversalKind::Index(Value::String(name)) => diagnostic.help(format!("write `.{name}`")),
        TraversalKind::Index(_) | TraversalKind::Attribute(_) => diagnostic,
    }
}

/// The block's name as it is written.
fn text(found: &Use) -> String {
    let mut text = found.root.text.to_string();
    for step in found.steps.iter().take(found.named) {
        if let TraversalKind::Attribute(name) = &step.kind {
            text.push('.');
            text.push_str(name);
        }
    }
    text
}
