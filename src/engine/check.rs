//! Checks what is written, without a plan: every block by its schema, every expression as far as values are known
//! without the world. Asks providers for schemas and about configurations, configures none, reads nothing.
//! Entry point: [`check`].

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use contract::{Provider, Providers, ValidateRequest, ValidateSubject};
use lang::Desired;
use lang::graph::{NodeId, NodeKind};
use lang::load::ResourceName;
use model::address::{InstanceAddr, Mode, ProviderSource};
use model::plan::PlanMode;
use model::schema::Block;
use model::{Diagnostic, Diagnostics, FileId, Severity, Span, Str, Type, Value};

use crate::plan::marks;
use crate::plan::{moved, removed_and_declared, unknown_type, unsupported};
use crate::plugins::{self, Plugins};
use crate::secrets::marked_in;

/// Reports all that is wrong with a definition, as far as it can be known: `desired` is a fresh evaluation in a phase
/// that checks. Each place is reported once, however many instances it stands for; what [`lang::load()`] and
/// [`lang::Graph::of`] report is not repeated.
pub async fn check(desired: Desired, providers: Arc<dyn Providers>) -> Diagnostics {
    let mut found = unsupported(desired.definition(), PlanMode::Normal);
    found.extend(removed_and_declared(desired.definition()));
    found.extend(moved(desired.definition()));
    let mut check = Check {
        desired,
        plugins: Plugins::new(providers),
        found,
        missing: BTreeSet::new(),
    };
    let graph = check.desired.graph().clone();
    for &node in &graph.order {
        check.node(node).await;
    }
    for &node in &graph.order {
        let (_, diagnostics) = check.desired.assertions(node);
        check.take(diagnostics);
    }
    let mut found = written(&check.desired, &check.plugins);
    merge(&mut found, once(check.found));
    found
}

/// Reports attributes of resource and data blocks that their types do not have: as they are written, whatever comes of
/// the expressions they stand in.
pub(crate) fn written(desired: &Desired, plugins: &Plugins) -> Diagnostics {
    let (graph, definition) = (desired.graph(), desired.definition());
    let mut found = graph.check_uses(definition, |source, mode, rtype| match mode {
        Mode::Managed => Some(&plugins.resource_schema(source, rtype)?.schema.block),
        Mode::Data => Some(&plugins.data_schema(source, rtype)?.block),
        Mode::Ephemeral => None,
    });
    found.sort();
    found
}

/// Adds to `found` what another look at the same text found at places where `found` has no error yet: where it has
/// one, the other is the same in other words, or comes of it.
pub fn merge(found: &mut Diagnostics, other: Diagnostics) {
    let mut places: HashSet<(FileId, u32)> = HashSet::new();
    for diagnostic in found.iter().filter(|diagnostic| diagnostic.is_error()) {
        places.extend(start(diagnostic));
    }
    let known: HashSet<String> = found.iter().map(unplaced).collect();
    for diagnostic in other {
        let is_new = match start(&diagnostic) {
            Some(place) => !places.contains(&place),
            None => !known.contains(&unplaced(&diagnostic)),
        };
        if is_new {
            found.push(diagnostic);
        }
    }
    found.sort();
}

fn unplaced(diagnostic: &Diagnostic) -> String {
    format!("{} {}", diagnostic.id, diagnostic.message)
}

fn start(diagnostic: &Diagnostic) -> Option<(FileId, u32)> {
    let span = diagnostic.primary.as_ref()?.span;
    Some((span.file, span.start))
}

/// One diagnostic for each thing that is wrong at a place, not one for each instance.
fn once(found: Diagnostics) -> Diagnostics {
    let mut seen: HashSet<(String, Option<Span>)> = HashSet::new();
    let mut found: Diagnostics = found
        .into_iter()
        .filter(|diagnostic| {
            let place = diagnostic.primary.as_ref().map(|label| label.span);
            let what = if place.is_some() {
                diagnostic.id.clone()
            } else {
                unplaced(diagnostic)
            };
            seen.insert((what, place))
        })
        .collect();
    found.sort();
    found
}

struct Check {
    desired: Desired,
    plugins: Plugins,
    found: Diagnostics,
    /// Providers that are not there, each reported once.
    missing: BTreeSet<ProviderSource>,
}

impl Check {
    async fn node(&mut self, node: NodeId) {
        let graph = self.desired.graph().clone();
        match graph.node(node).map(|found| &found.kind) {
            Some(NodeKind::Resource(name)) => {
                let mode = name.mode;
                let diagnostics = self.desired.evaluate(node);
                self.take(diagnostics);
                match mode {
                    Mode::Managed | Mode::Data => self.resource(node, mode).await,
                    Mode::Ephemeral => self.ephemeral(node),
                }
            }
            Some(NodeKind::Provider(_)) => self.provider(node).await,
            Some(
                NodeKind::Variable(_)
                | NodeKind::Validation(_)
                | NodeKind::Local(_)
                | NodeKind::Output(_)
                | NodeKind::Call(_)
                | NodeKind::Whole(_)
                | NodeKind::Check(_),
            ) => {
                let diagnostics = self.desired.evaluate(node);
                self.take(diagnostics);
            }
            None => {}
        }
    }

    /// Takes what is wrong. A warning of a check's assertion is about the world, which is not looked at here.
    fn take(&mut self, diagnostics: Diagnostics) {
        for diagnostic in diagnostics {
            if diagnostic.is_error() || diagnostic.id == "deprecated" {
                self.found.push(diagnostic);
            }
        }
    }

    fn ephemeral(&mut self, node: NodeId) {
        let diagnostic =
            Diagnostic::error("unsupported", "ephemeral resources are not supported yet");
        self.found.push(match self.span(node) {
            Some(span) => diagnostic.at(span, ""),
            None => diagnostic,
        });
        self.expressions(node);
    }

    /// A provider of that source, for its schemas; that there is none is reported at its first user.
    async fn opened(&mut self, source: &ProviderSource, node: NodeId) -> Option<Arc<dyn Provider>> {
        if self.missing.contains(source) {
            return None;
        }
        match self.plugins.of_source(source).await {
            Ok(provider) => Some(provider),
            Err(error) => {
                let who = plugins::needing(self.desired.graph(), node);
                let span = self.span(node);
                let what = format!("no provider `{source}`, which {who} needs");
                let secrets = marked_in([]);
                let diagnostic = plugins::diagnostic("missing-provider", &error, &what, &secrets);
                self.found.push(match span {
                    Some(span) => diagnostic.at(span, ""),
                    None => diagnostic,
                });
                self.missing.insert(source.clone());
                None
            }
        }
    }

    fn span(&self, node: NodeId) -> Option<Span> {
        self.desired.graph().span(self.desired.definition(), node)
    }

    /// Checks the body of a managed or data block, in all of its instances.
    async fn resource(&mut self, node: NodeId, mode: Mode) {
        let graph = self.desired.graph().clone();
        let (Some(provider_addr), Some(resource), Some(span)) = (
            graph.providers.get(&node),
            graph.resource(node),
            self.span(node),
        ) else {
            return self.expressions(node);
        };
        let Some(provider) = self.opened(&provider_addr.source, node).await else {
            return self.expressions(node);
        };
        let schemas = provider.schema();
        let (what, of_resource, of_data) = match mode {
            Mode::Managed => (
                "resource type",
                schemas.resources.get(&resource.rtype),
                None,
            ),
            Mode::Data | Mode::Ephemeral => {
                ("data source", None, schemas.data.get(&resource.rtype))
            }
        };
        let schema: &Block = match (of_resource, of_data) {
            (Some(schema), _) => &schema.schema.block,
            (None, Some(schema)) => &schema.block,
            (None, None) => {
                let known = self.plugins.type_names(&provider_addr.source, mode);
                self.found
                    .push(unknown_type(provider_addr, what, &resource.rtype, &known).at(span, ""));
                return self.expressions(node);
            }
        };
        let named = match mode {
            Mode::Managed => format!("`{}.{}`", resource.rtype, resource.name),
            Mode::Data | Mode::Ephemeral => {
                format!("`data.{}.{}`", resource.rtype, resource.name)
            }
        };
        let name = ResourceName {
            mode,
            rtype: resource.rtype.clone(),
            name: resource.name.clone(),
        };
        let definition = self.desired.definition().clone();
        let module = definition.module(&resource.module);
        let Some(declared) = module.and_then(|module| module.resources.get(&name)) else {
            return;
        };
        let body = self.desired.check_block(declared, schema, &named);
        let good = !body.has_errors();
        self.take(body);
        let block = Checked {
            provider: &*provider,
            schema,
            span,
            subject: match mode {
                Mode::Managed => ValidateSubject::Resource,
                Mode::Data | Mode::Ephemeral => ValidateSubject::Data,
            },
            has_sensitive: schema.has_sensitive(),
            good,
        };
        for expanded in self.desired.blocks(node) {
            let mut values = Vec::with_capacity(expanded.repetition.len());
            for key in expanded.keys() {
                values.push(self.instance(&block, &expanded.addr.instance(key)).await);
            }
            self.desired.set_values(&expanded.addr, values);
        }
    }

    /// Checks one instance, and returns what can be said of its value.
    async fn instance(&mut self, block: &Checked<'_>, addr: &InstanceAddr) -> Value {
        let (verdict, diagnostics) = self.desired.preconditions(addr, Severity::Error);
        self.take(diagnostics);
        let (config, diagnostics) =
            self.desired
                .configuration(&addr.block, &addr.key, block.schema);
        let good = block.good && !diagnostics.has_errors();
        self.take(diagnostics);
        let (config, config_marks) = config.unmark_paths();
        if good && !verdict.is_bad() {
            let request = ValidateRequest {
                subject: block.subject,
                rtype: addr.block.rtype.clone(),
                config: config.clone(),
            };
            let marked = config.mark_paths(&config_marks);
            for error in block.provider.validate(request).await {
                let what = format!("`{addr}` is not right");
                let secrets = marked_in([&marked]);
                let diagnostic = plugins::diagnostic("provider-refused", &error, &what, &secrets)
                    .about(addr.clone())
                    .at(block.span, "");
                let resource = self.desired.resource(&addr.block);
                self.found
                    .push(plugins::placed(diagnostic, resource, &error));
            }
        }
        let value = unknown_object(block.schema);
        let secrets = self.desired.secrets();
        let value = marks::mark(
            value,
            &config_marks,
            block.schema,
            block.has_sensitive,
            secrets,
        );
        let (_, diagnostics) = self.desired.postconditions(addr, &value, Severity::Error);
        self.take(diagnostics);
        value
    }

    /// What can be checked of a block without its schema.
    fn expressions(&mut self, node: NodeId) {
        for expanded in self.desired.blocks(node) {
            for key in expanded.keys() {
                let diagnostics = self.desired.check_expressions(&expanded.addr, &key);
                self.take(diagnostics);
                let addr = expanded.addr.instance(key);
                let (_, diagnostics) = self.desired.preconditions(&addr, Severity::Error);
                self.take(diagnostics);
            }
        }
    }

    async fn provider(&mut self, node: NodeId) {
        let graph = self.desired.graph().clone();
        let source = graph.configured_source(self.desired.definition(), node);
        let used = source
            .as_ref()
            .is_some_and(|source| graph.providers.values().any(|addr| addr.source == *source));
        // A provider that nothing uses is not opened by a plan either.
        let opened = match source {
            Some(source) if used => self.opened(&source, node).await,
            _ => None,
        };
        let Some(provider) = opened else {
            let diagnostics = self.desired.check_provider_expressions(node);
            self.take(diagnostics);
            return;
        };
        let schema = &provider.schema().provider.block;
        let diagnostics = self.desired.check_provider(node, schema);
        self.take(diagnostics);
        let (_, diagnostics) = self.desired.provider_configuration(node, schema);
        self.take(diagnostics);
    }
}

/// What is the same for all instances of a block.
struct Checked<'b> {
    provider: &'b dyn Provider,
    schema: &'b Block,
    span: Span,
    subject: ValidateSubject,
    has_sensitive: bool,
    /// Whether its body has what the schema wants, and nothing else.
    good: bool,
}

/// An object of which only the names and types of its attributes are known.
fn unknown_object(schema: &Block) -> Value {
    let ty = schema.value_type();
    let Type::Object(object) = &ty else {
        return Value::unknown(ty);
    };
    let unknown = |(name, ty): (&Str, &Type)| (name.clone(), Value::unknown(ty.clone()));
    Value::object(object.attributes.iter().map(unknown))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(message: &str, start: usize) -> Diagnostic {
        Diagnostic::error("value-type", message).at(Span::new(FileId(0), start, start + 1), "")
    }

    #[test]
    fn a_place_with_an_error_gets_no_second_one() {
        let warned = Diagnostic::warning("deprecated", "old").at(Span::new(FileId(0), 9, 12), "");
        let mut found: Diagnostics = [error("first", 5), warned.clone()].into_iter().collect();
        let other = [
            error("the same in other words", 5),
            error("new", 9),
            error("before", 1),
        ];
        merge(&mut found, other.into_iter().collect());
        let expected = [
            error("before", 1),
            error("first", 5),
            error("new", 9),
            warned,
        ];
        assert_eq!(found, expected.into_iter().collect());
    }

    #[test]
    fn what_has_no_place_is_told_once() {
        let nowhere = || Diagnostic::error("missing-provider", "no provider `x`");
        let mut found = Diagnostics::from(nowhere());
        merge(&mut found, nowhere().into());
        assert_eq!(found.len(), 1);
    }

    #[test]
    fn instances_do_not_repeat_what_is_wrong_with_their_block() {
        let found: Diagnostics = [error("for 0", 5), error("for 1", 5), error("else", 7)]
            .into_iter()
            .collect();
        assert_eq!(once(found).len(), 2);
    }
}
