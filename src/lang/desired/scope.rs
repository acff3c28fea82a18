//! What names stand for in a module instance, and for one instance of a block in it.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "of many kinds only a few matter in each place here"
)]

mod instance;
mod module_call;
mod resource;

use std::sync::Arc;

use model::address::{InstanceKey, ModuleAddr, ProviderSource};
use model::{Diagnostic, Diagnostics, Span, Str, Type, Value};

use self::instance::instance_key;
use super::values::{ModuleValues, index_value};
use super::{Desired, Each, Phase, Repetition};
use crate::eval::{Indexed, Resolution, Scope};
use crate::functions::{CallContext, FunctionError, Impure, call, terraform_provider};
use crate::graph::meaningless;
use crate::load::Module;
use crate::reference::{Subject, subject};
use crate::suggest::closest;
use crate::syntax::ast::{Ident, TraversalKind, TraversalStep};

/// The names of one module instance, maybe seen from one instance of a block.
#[derive(Clone)]
pub struct Lookup<'d> {
    pub(super) desired: &'d Desired,
    pub(super) module: &'d ModuleValues,
    pub(super) calls: CallContext<'d>,
    /// The instance that `count` and `each` are about.
    pub(super) key: InstanceKey,
    /// `each.value`.
    pub(super) each_value: Option<Value>,
    /// What `count` and `each` are about when the instance stands for all.
    pub(super) any: Option<Each>,
    /// `self`.
    pub(super) this: Option<Value>,
    pub(super) console: bool,
}

impl std::fmt::Debug for Lookup<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lookup")
            .field("module", &self.module.addr)
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

impl Desired {
    /// The names of a module instance, for expressions that belong to no block; none when there is no such instance.
    pub fn lookup(&self, module: &ModuleAddr) -> Option<Lookup<'_>> {
        self.modules
            .get(module)
            .map(|module| self.lookup_in(module))
    }

    pub(super) fn lookup_in<'d>(&'d self, module: &'d ModuleValues) -> Lookup<'d> {
        Lookup {
            desired: self,
            module,
            calls: self.calls(),
            key: InstanceKey::None,
            each_value: None,
            any: None,
            this: None,
            console: false,
        }
    }
}

impl<'d> Lookup<'d> {
    /// The same for one instance of a repeated block.
    #[must_use]
    pub fn for_instance(self, repetition: &Repetition, key: &InstanceKey) -> Self {
        let each_value = match key {
            InstanceKey::Key(key) => repetition.each_value(key).cloned(),
            InstanceKey::None | InstanceKey::Index(_) => None,
        };
        let any = match repetition {
            Repetition::Any(each) => Some(each.clone()),
            Repetition::Once
            | Repetition::Count(_)
            | Repetition::ForEach(_)
            | Repetition::Failed => None,
        };
        Self {
            key: key.clone(),
            each_value,
            any,
            ..self
        }
    }

    /// The same with a value for `self`.
    #[must_use]
    pub fn with_self(self, this: Value) -> Self {
        Self {
            this: Some(this),
            ..self
        }
    }

    /// The same for a console, where `type` may be called, and impure functions give values.
    #[must_use]
    pub fn for_console(self) -> Self {
        let calls = CallContext {
            impure: Impure::Evaluated,
            ..self.calls
        };
        Self {
            console: true,
            calls,
            ..self
        }
    }

    /// The module as it is written.
    fn written(&self) -> Option<&'d Arc<Module>> {
        let path = self.desired.graph.module(self.module.id)?;
        self.desired.definition.module(path)
    }

    /// Whether references were resolved before, so that what leads nowhere has been reported.
    fn was_checked(&self) -> bool {
        self.desired.settings.phase.is_check()
    }

    /// `terraform.workspace`, `terraform.applying`.
    fn terraform(&self, which: &str) -> Value {
        let settings = &self.desired.settings;
        match (which, settings.phase) {
            ("workspace", Phase::Definition) => Value::unknown_not_null(Type::String),
            ("workspace", Phase::Environment | Phase::Plan | Phase::Apply) => {
                Value::String(settings.workspace.clone())
            }
            (_, Phase::Definition | Phase::Environment) => {
                Value::unknown_not_null(Type::Bool).mark(model::Marks::EPHEMERAL)
            }
            (_, Phase::Plan | Phase::Apply) => {
                Value::Bool(settings.phase == Phase::Apply).mark(model::Marks::EPHEMERAL)
            }
        }
    }

    fn path_value(&self, which: &str) -> Value {
        match which {
            "cwd" => Value::string(
                self.desired
                    .settings
                    .working_directory
                    .to_string_lossy()
                    .as_ref(),
            ),
            "root" => Value::string("."),
            _ => match self.written().map(|module| module.directory.as_str()) {
                None | Some("") => Value::string("."),
                Some(directory) => Value::string(directory),
            },
        }
    }

    #[expect(clippy::too_many_arguments, reason = "each is a thing of its own")]
    fn named(
        &self,
        what: &str,
        name: &Str,
        values: &rustc_hash::FxHashMap<Str, Value>,
        span: Span,
        out: &mut Diagnostics,
    ) -> Resolution {
        let value = values.get(name).cloned().unwrap_or_else(|| {
            let known: Vec<String> = values.keys().map(ToString::to_string).collect();
            let declared = self.was_checked() || self.declares(what, name);
            if !declared {
                out.push(undeclared(
                    &format!("there is no {what} `{name}`"),
                    name,
                    span,
                    &known,
                ));
            }
            Value::dynamic()
        });
        Resolution { value, taken: 1 }
    }

    fn declares(&self, what: &str, name: &Str) -> bool {
        self.written().is_some_and(|module| {
            if what == "local" {
                module.locals.contains_key(name)
            } else {
                module.variables.contains_key(name)
            }
        })
    }
}

impl Scope for Lookup<'_> {
    fn resolve(
        &self,
        root: &Ident,
        steps: &[TraversalStep],
        out: &mut Diagnostics,
    ) -> Option<Resolution> {
        let (subject, consumed) = match subject(root, steps) {
            Ok(found) => found,
            Err(diagnostic) => {
                if !self.was_checked() {
                    out.push(diagnostic);
                }
                return Some(Resolution {
                    value: Value::dynamic(),
                    taken: steps.len(),
                });
            }
        };
        let rest = steps.get(consumed..).unwrap_or_default();
        let span = steps
            .iter()
            .take(consumed)
            .fold(root.span, |span, step| span.to(step.span));
        let mut outside = |subject: &Subject| {
            if !self.was_checked() {
                out.push(meaningless(subject, span));
            }
            Value::dynamic()
        };
        let value = match subject {
            Subject::Variable(name) => {
                return Some(self.named("variable", &name, &self.module.variables, span, out));
            }
            Subject::Local(name) => {
                return Some(self.named("local", &name, &self.module.locals, span, out));
            }
            Subject::Resource(name) => {
                return Some(self.resource(&name, rest, consumed, span, out));
            }
            Subject::Module(call) | Subject::Output(call, _) => {
                return Some(self.module_call(&call, rest, span, out));
            }
            Subject::Path(which) => self.path_value(&which),
            Subject::Terraform(which) => self.terraform(&which),
            Subject::CountIndex => match (&self.key, &self.any) {
                (InstanceKey::Index(index), _) => index_value(*index),
                (_, Some(Each::Index)) => Value::unknown_not_null(Type::Number),
                (InstanceKey::None | InstanceKey::Key(_), _) => outside(&Subject::CountIndex),
            },
            Subject::EachKey => match (&self.key, &self.any) {
                (InstanceKey::Key(key), _) => Value::String(key.clone()),
                (_, Some(Each::Value(_))) => Value::unknown_not_null(Type::String),
                (InstanceKey::None | InstanceKey::Index(_), _) => outside(&Subject::EachKey),
            },
            Subject::EachValue => match (&self.key, &self.each_value, &self.any) {
                (InstanceKey::Key(_), Some(value), _) => value.clone(),
                (_, _, Some(Each::Value(value))) => value.clone(),
                _ => outside(&Subject::EachValue),
            },
            Subject::This => match &self.this {
                Some(value) => value.clone(),
                None => outside(&Subject::This),
            },
        };
        Some(Resolution {
            value,
            taken: consumed,
        })
    }

    fn resolve_indexed(&self, indexed: &Indexed<'_>, out: &mut Diagnostics) -> Option<Resolution> {
        let (subject, consumed) = subject(indexed.root, indexed.steps).ok()?;
        if consumed != indexed.steps.len() {
            return None;
        }
        let span = indexed
            .steps
            .iter()
            .fold(indexed.root.span, |span, step| span.to(step.span));
        match subject {
            Subject::Resource(name) => {
                let block = self.module.blocks.get(&name)?;
                let value = self.instance(block, indexed.key, span, out)?;
                Some(Resolution { value, taken: 0 })
            }
            Subject::Module(call) => {
                let repetition = self.module.calls.get(&call)?;
                let key = instance_key(repetition, indexed.key)??;
                let child = self.child(&call, &key)?;
                match indexed.rest.first().map(|step| &step.kind) {
                    Some(TraversalKind::Attribute(output)) => Some(Resolution {
                        value: child.outputs.get(output)?.clone(),
                        taken: 1,
                    }),
                    _ => Some(Resolution {
                        value: self.outputs_of(&call, &key),
                        taken: 0,
                    }),
                }
            }
            _ => None,
        }
    }

    fn names(&self) -> Vec<Str> {
        let mut names: Vec<Str> = ["var", "local", "module", "data", "path", "terraform"]
            .into_iter()
            .map(Str::from)
            .collect();
        if let InstanceKey::Index(_) = self.key {
            names.push("count".into());
        }
        if let InstanceKey::Key(_) = self.key {
            names.push("each".into());
        }
        names
    }

    fn calls(&self) -> &CallContext<'_> {
        &self.calls
    }

    fn call_provider_function(
        &self,
        name: &[Str],
        args: &[Value],
    ) -> Option<Result<Value, FunctionError>> {
        let [_, local, function] = name else {
            return None;
        };
        let required = self.module.declared.required_providers.get(local);
        let source = required.map_or_else(
            || ProviderSource::implied(local),
            |required| required.source.clone(),
        );
        if source != ProviderSource::builtin() {
            return None;
        }
        let function = terraform_provider(function)?;
        Some(call(function, &self.calls, args.to_vec()))
    }

    fn is_console(&self) -> bool {
        self.console
    }
}

fn undeclared(message: &str, name: &str, span: Span, known: &[String]) -> Diagnostic {
    let diagnostic = Diagnostic::error("unknown-reference", message).at(span, "not declared");
    match closest(name, known.iter().map(String::as_str)) {
        Some(close) => diagnostic.help(format!("did you mean `{close}`?")),
        None => diagnostic,
    }
}
