//! Reads the blocks of a module's files into a [`Module`].
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "of many kinds only a few matter in each place here"
)]

use model::address::{Mode, ProviderSource, Target};
use model::{Diagnostic, Diagnostics, Path, PathStep, Span, Str, Value};

use super::body::Parts;
use super::module::{
    Check, Condition, IgnoreChanges, Import, Lifecycle, Local, Module, ModuleCall, Moved, Output,
    ProviderBlock, ProviderRef, Provisioner, Removed, Repeat, RequiredProvider, Resource,
    ResourceName, Variable, resource_name,
};
use super::variable::{TypeConstraint, type_constraint};
use crate::reference::{Reference, as_traversal, subject};
use crate::suggest::closest;
use crate::syntax::ast::{
    Attribute, Block, Body, Expr, ExprKind, Ident, TraversalKind, TraversalStep,
};

/// Adds the blocks of one file to its module; what is wrong is collected and left out.
pub(super) fn read(body: Body, module: &mut Module) -> Diagnostics {
    let mut reader = Reader {
        module,
        diagnostics: Diagnostics::new(),
    };
    for attribute in &body.attributes {
        reader.diagnostics.push(
            Diagnostic::error(
                "unknown-name",
                format!(
                    "argument `{}` stands outside of any block",
                    attribute.name.text
                ),
            )
            .at(attribute.name.span, "")
            .help("at the top of a file there are only blocks, such as `resource` or `locals`"),
        );
    }
    for block in body.blocks {
        reader.block(block);
    }
    reader.diagnostics
}

const KINDS: &[&str] = &[
    "check",
    "data",
    "ephemeral",
    "import",
    "locals",
    "module",
    "moved",
    "output",
    "provider",
    "removed",
    "resource",
    "terraform",
    "variable",
];

struct Reader<'m> {
    module: &'m mut Module,
    diagnostics: Diagnostics,
}

impl Reader<'_> {
    fn block(&mut self, mut block: Block) {
        if !KINDS.contains(&block.kind.text.as_str()) {
            let Some(close) = self.unknown_kind(&block) else {
                return;
            };
            // What it declares is referred to as if it were right, which is no error of its own.
            block.kind.text = close.into();
        }
        let labels: &[&str] = match block.kind.text.as_str() {
            "resource" | "data" | "ephemeral" => &["type", "name"],
            "variable" | "output" | "module" | "provider" | "check" => &["name"],
            _ => &[],
        };
        if !self.labels_are_good(&block, labels) {
            return;
        }
        match block.kind.text.as_str() {
            "resource" => self.resource(block, Mode::Managed, None),
            "data" => self.resource(block, Mode::Data, None),
            "ephemeral" => self.resource(block, Mode::Ephemeral, None),
            "variable" => self.variable(block),
            "output" => self.output(block),
            "locals" => self.locals(block),
            "module" => self.call(block),
            "provider" => self.provider(block),
            "terraform" => self.terraform(block),
            "moved" => self.moved(block),
            "removed" => self.removed(block),
            "import" => self.import(block),
            _ => self.check(block),
        }
    }

    /// Reports a kind of block that there is not, and returns the one that is probably meant.
    fn unknown_kind(&mut self, block: &Block) -> Option<&'static str> {
        let kind = &block.kind.text;
        let diagnostic = Diagnostic::error("unknown-block", format!("there is no block `{kind}`"))
            .at(block.header, "not known here");
        let close = closest(kind, KINDS.iter().copied());
        self.diagnostics.push(match close {
            Some(close) => diagnostic.help(format!("did you mean `{close}`?")),
            None => diagnostic.help(format!("blocks are {}", KINDS.join(", "))),
        });
        close
    }

    fn labels_are_good(&mut self, block: &Block, wanted: &[&str]) -> bool {
        let kind = &block.kind.text;
        if block.labels.len() != wanted.len() {
            let (found, form) = (block.labels.len(), form(kind, wanted));
            let message = format!(
                "a `{kind}` block with {found} labels instead of {}",
                wanted.len()
            );
            self.diagnostics.push(
                Diagnostic::error("syntax", message)
                    .at(block.header, "")
                    .help(format!("write `{form} {{ .. }}`")),
            );
            return false;
        }
        let bad = block
            .labels
            .iter()
            .find(|label| !is_identifier(&label.text));
        if let Some(label) = bad {
            self.diagnostics.push(
                Diagnostic::error("invalid-identifier", format!("`{}` is not a name", label.text))
                    .at(label.span, "")
                    .help("a name starts with a letter or `_` and goes on with letters, digits, `_` and `-`"),
            );
            return false;
        }
        true
    }

    fn duplicate(&mut self, what: &str, span: Span, first: Span) {
        self.diagnostics.push(
            Diagnostic::error("duplicate-definition", format!("{what} is declared twice"))
                .at(span, "declared again here")
                .and_at(first, "first declared here"),
        );
    }

    #[expect(
        clippy::too_many_lines,
        reason = "one thing after the other; in pieces it would read worse"
    )]
    fn variable(&mut self, block: Block) {
        let Some(label) = block.labels.into_iter().next() else {
            return;
        };
        let name = label.text;
        const RESERVED: &[&str] = &[
            "count",
            "depends_on",
            "for_each",
            "lifecycle",
            "locals",
            "providers",
            "source",
            "version",
        ];
        if RESERVED.contains(&name.as_str()) {
            self.diagnostics.push(
                Diagnostic::error(
                    "reserved-name",
                    format!("a variable cannot be called `{name}`"),
                )
                .at(label.span, "has a meaning in `module` blocks")
                .help("choose another name"),
            );
            return;
        }
        let mut parts = Parts::new(block.body, "a `variable` block");
        let type_argument = parts.attribute("type");
        let constraint = match &type_argument {
            Some(attribute) => {
                let (constraint, diagnostics) = type_constraint(&attribute.expr);
                parts.diagnostics.extend(diagnostics);
                constraint
            }
            None => TypeConstraint::default(),
        };
        let nullable = parts.bool("nullable").is_none_or(|(value, _)| value);
        let default = parts.attribute("default").map(|attribute| {
            // With a wrong default it still has one, so that it need not be given a value.
            let unknown = || Value::unknown(constraint.ty.without_optional());
            let Some(value) = parts.literal(&attribute) else {
                return unknown();
            };
            let converted = constraint.apply(&value);
            let problem = match converted {
                Ok(value) if value.is_null() && !nullable => {
                    "null, but `nullable` is false".to_owned()
                }
                Ok(value) => return value,
                Err(error) => located(&error.path, &error.message),
            };
            parts.diagnostics.push(
                Diagnostic::error(
                    "value-type",
                    format!("the default of variable `{name}` does not fit its type"),
                )
                .at(attribute.expr.span, problem)
                .note(format!("the type is `{}`", constraint.ty)),
            );
            unknown()
        });
        let sensitive = parts.bool("sensitive").is_some_and(|(value, _)| value);
        let ephemeral = parts.bool("ephemeral").is_some_and(|(value, _)| value);
        let description = parts.string("description").map(|(text, _)| text);
        let deprecated = parts.string("deprecated").map(|(text, _)| text);
        let validations = self.conditions(parts.blocks("validation"), "a `validation` block");
        self.diagnostics.extend(parts.finish());
        let typed = type_argument.is_some();
        let variable = Variable {
            name: name.clone(),
            span: block.header,
            constraint,
            typed,
            default,
            nullable,
            sensitive,
            ephemeral,
            description,
            deprecated,
            validations,
        };
        if let Some(first) = self.module.variables.get(&name) {
            let first = first.span;
            self.duplicate(&format!("variable `{name}`"), block.header, first);
            return;
        }
        self.module.variables.insert(name, variable);
    }

    fn locals(&mut self, block: Block) {
        for Attribute { name, expr } in block.body.attributes {
            if let Some(first) = self.module.locals.get(&name.text) {
                let first = first.span;
                self.duplicate(&format!("local `{}`", name.text), name.span, first);
                continue;
            }
            self.module.locals.insert(
                name.text,
                Local {
                    expr,
                    span: name.span,
                },
            );
        }
        for nested in block.body.blocks {
            self.diagnostics.push(
                Diagnostic::error(
                    "unknown-block",
                    format!("`locals` has no block `{}`", nested.kind.text),
                )
                .at(nested.header, "")
                .help("write a local as an argument: `name = { .. }`"),
            );
        }
    }

    fn output(&mut self, block: Block) {
        let Some(label) = block.labels.into_iter().next() else {
            return;
        };
        let mut parts = Parts::new(block.body, "an `output` block");
        let value = parts.attribute("value");
        let sensitive = parts.bool("sensitive").is_some_and(|(value, _)| value);
        let ephemeral = parts.bool("ephemeral").is_some_and(|(value, _)| value);
        let description = parts.string("description").map(|(text, _)| text);
        parts.string("deprecated");
        parts.attribute("type");
        let depends_on = self.depends_on(parts.attribute("depends_on"));
        let preconditions = self.conditions(parts.blocks("precondition"), "a `precondition` block");
        self.diagnostics.extend(parts.finish());
        if value.is_none() {
            self.missing("value", &format!("output `{}`", label.text), block.header);
        }
        let value = value.map_or(
            Expr {
                kind: ExprKind::Error,
                span: block.header,
            },
            |value| value.expr,
        );
        if let Some(first) = self.module.outputs.get(&label.text) {
            let first = first.span;
            self.duplicate(&format!("output `{}`", label.text), block.header, first);
            return;
        }
        let output = Output {
            value,
            span: block.header,
            description,
            sensitive,
            ephemeral,
            depends_on,
            preconditions,
        };
        self.module.outputs.insert(label.text, output);
    }

    fn missing(&mut self, argument: &str, what: &str, span: Span) {
        self.diagnostics.push(
            Diagnostic::error("missing-argument", format!("{what} has no `{argument}`"))
                .at(span, format!("add `{argument} = ..`")),
        );
    }

    fn resource(&mut self, block: Block, mode: Mode, check: Option<Str>) {
        let Some(id) = resource_name(mode, &block) else {
            return;
        };
        let address = display(&id);
        let mut parts = Parts::new(block.body, format!("`{address}`"));
        let repeat = self.repeat(&mut parts);
        let depends_on = self.depends_on(parts.attribute("depends_on"));
        let provider = parts
            .attribute("provider")
            .and_then(|attribute| self.provider_ref(&attribute.expr));
        let lifecycle = parts
            .block("lifecycle")
            .map(|block| self.lifecycle(block, mode))
            .unwrap_or_default();
        let (mut provisioners, mut connection) = (Vec::new(), None);
        if mode == Mode::Managed {
            connection = parts.block("connection").map(|block| block.body);
            provisioners = parts
                .blocks("provisioner")
                .into_iter()
                .filter_map(|block| self.provisioner(block))
                .collect();
        }
        self.diagnostics
            .extend(std::mem::take(&mut parts.diagnostics));
        if let Some(first) = self.module.resources.get(&id) {
            let first = first.span;
            self.duplicate(&format!("`{address}`"), block.header, first);
            return;
        }
        let span = block.header;
        let body = parts.body;
        let resource = Resource {
            id: id.clone(),
            span,
            repeat,
            depends_on,
            provider,
            lifecycle,
            provisioners,
            connection,
            body,
            check,
        };
        self.module.resources.insert(id, resource);
    }

    fn repeat(&mut self, parts: &mut Parts) -> Repeat {
        match (parts.attribute("count"), parts.attribute("for_each")) {
            (Some(count), Some(for_each)) => {
                self.diagnostics.push(
                    Diagnostic::error(
                        "duplicate-argument",
                        "`count` and `for_each` exclude each other",
                    )
                    .at(for_each.name.span, "")
                    .and_at(count.name.span, "")
                    .help("keep one of them"),
                );
                Repeat::ForEach(for_each.expr)
            }
            (Some(count), None) => Repeat::Count(count.expr),
            (None, Some(for_each)) => Repeat::ForEach(for_each.expr),
            (None, None) => Repeat::Once,
        }
    }

    fn provisioner(&mut self, block: Block) -> Option<Provisioner> {
        let [kind] = block.labels.as_slice() else {
            let message = "a `provisioner` block has one label, its type";
            self.diagnostics.push(
                Diagnostic::error("syntax", message)
                    .at(block.header, "")
                    .help("write `provisioner \"local-exec\" { .. }`"),
            );
            return None;
        };
        let kind = kind.text.clone();
        let mut parts = Parts::new(block.body, "a `provisioner` block");
        let on_destroy =
            self.keyword(parts.attribute("when"), &["create", "destroy"]) == Some("destroy");
        let continue_on_failure =
            self.keyword(parts.attribute("on_failure"), &["continue", "fail"]) == Some("continue");
        let connection = parts.block("connection").map(|block| block.body);
        self.diagnostics
            .extend(std::mem::take(&mut parts.diagnostics));
        let span = block.header;
        Some(Provisioner {
            kind,
            span,
            on_destroy,
            continue_on_failure,
            connection,
            body: parts.body,
        })
    }

    fn keyword(
        &mut self,
        attribute: Option<Attribute>,
        known: &[&'static str],
    ) -> Option<&'static str> {
        let attribute = attribute?;
        let word = match (as_traversal(&attribute.expr), &attribute.expr.kind) {
            (Some((root, [])), _) => Some(root.text.clone()),
            (_, ExprKind::Literal(Value::String(text))) => Some(text.clone()),
            _ => None,
        };
        let found = word.and_then(|word| known.iter().copied().find(|known| word == *known));
        if found.is_none() {
            self.diagnostics.push(
                Diagnostic::error(
                    "value-type",
                    format!("`{}` is one of {}", attribute.name.text, known.join(", ")),
                )
                .at(attribute.expr.span, ""),
            );
        }
        found
    }

    fn lifecycle(&mut self, block: Block, mode: Mode) -> Lifecycle {
        let mut parts = Parts::new(block.body, "a `lifecycle` block");
        let mut lifecycle = Lifecycle::default();
        if mode == Mode::Managed {
            lifecycle.create_before_destroy =
                parts.bool("create_before_destroy").map(|(value, _)| value);
            lifecycle.prevent_destroy = parts
                .bool("prevent_destroy")
                .filter(|(value, _)| *value)
                .map(|(_, span)| span);
            if let Some(attribute) = parts.attribute("ignore_changes") {
                lifecycle.ignore_changes = self.ignore_changes(&attribute.expr);
            }
            if let Some(attribute) = parts.attribute("replace_triggered_by") {
                lifecycle.replace_triggered_by = match &attribute.expr.kind {
                    ExprKind::Tuple(items) => items.clone(),
                    _ => {
                        self.diagnostics.push(
                            Diagnostic::error(
                                "value-type",
                                "`replace_triggered_by` is a list of references",
                            )
                            .at(attribute.expr.span, "")
                            .help("write `replace_triggered_by = [terraform_data.version]`"),
                        );
                        Vec::new()
                    }
                };
            }
        }
        lifecycle.preconditions =
            self.conditions(parts.blocks("precondition"), "a `precondition` block");
        lifecycle.postconditions =
            self.conditions(parts.blocks("postcondition"), "a `postcondition` block");
        self.diagnostics.extend(parts.finish());
        lifecycle
    }

    fn ignore_changes(&mut self, expr: &Expr) -> IgnoreChanges {
        if as_traversal(expr).is_some_and(|(root, steps)| root.text == "all" && steps.is_empty()) {
            return IgnoreChanges::All;
        }
        let ExprKind::Tuple(items) = &expr.kind else {
            self.diagnostics.push(
                Diagnostic::error(
                    "value-type",
                    "`ignore_changes` is a list of attributes, or `all`",
                )
                .at(expr.span, "")
                .help("write `ignore_changes = [tags]` or `ignore_changes = all`"),
            );
            return IgnoreChanges::None;
        };
        let mut paths = Vec::new();
        for item in items {
            match as_traversal(item).and_then(|(root, steps)| attribute_path(root, steps)) {
                Some(path) => paths.push(path),
                None => self.diagnostics.push(
                    Diagnostic::error("value-type", "an attribute is wanted here")
                        .at(item.span, "not an attribute")
                        .help("write `tags`, `tags[\"Name\"]` or `ingress[0].cidr`"),
                ),
            }
        }
        IgnoreChanges::Paths(paths)
    }

    fn conditions(&mut self, blocks: Vec<Block>, what: &str) -> Vec<Condition> {
        let mut conditions = Vec::new();
        for block in blocks {
            let mut parts = Parts::new(block.body, what);
            let (condition, message) = (
                parts.attribute("condition"),
                parts.attribute("error_message"),
            );
            self.diagnostics.extend(parts.finish());
            match (condition, message) {
                (Some(condition), Some(message)) => conditions.push(Condition {
                    condition: condition.expr,
                    error_message: message.expr,
                    span: block.header,
                }),
                (None, _) => self.missing("condition", what, block.header),
                (_, None) => self.missing("error_message", what, block.header),
            }
        }
        conditions
    }

    fn depends_on(&mut self, attribute: Option<Attribute>) -> Vec<Reference> {
        let Some(attribute) = attribute else {
            return Vec::new();
        };
        let ExprKind::Tuple(items) = &attribute.expr.kind else {
            self.diagnostics.push(
                Diagnostic::error("value-type", "`depends_on` is a list of references")
                    .at(attribute.expr.span, "")
                    .help("write `depends_on = [local_file.motd]`"),
            );
            return Vec::new();
        };
        let mut references = Vec::new();
        for item in items {
            let found = match (as_traversal(item), &item.kind) {
                (Some((root, steps)), _) => subject(root, steps).map(|(subject, _)| subject),
                // Terraform 0.11 and JSON write references as strings.
                (None, ExprKind::Literal(Value::String(text))) => {
                    super::reference_text(text, item.span)
                }
                _ => Err(
                    Diagnostic::error("unknown-reference", "a reference is wanted here")
                        .at(item.span, ""),
                ),
            };
            match found {
                Ok(subject) => references.push(Reference {
                    subject,
                    span: item.span,
                }),
                Err(diagnostic) => self.diagnostics.push(diagnostic.at_least(item.span)),
            }
        }
        references
    }

    fn provider_ref(&mut self, expr: &Expr) -> Option<ProviderRef> {
        let text;
        let (root, steps): (Str, Option<Str>) = match (as_traversal(expr), &expr.kind) {
            (Some((root, [])), _) => (root.text.clone(), None),
            (Some((root, [step])), _) => match &step.kind {
                TraversalKind::Attribute(alias) => (root.text.clone(), Some(alias.clone())),
                TraversalKind::Index(_) => return self.bad_provider(expr),
            },
            (None, ExprKind::Literal(Value::String(written))) => {
                text = written.clone();
                match text.split_once('.') {
                    Some((name, alias)) => (name.into(), Some(alias.into())),
                    None => (text.clone(), None),
                }
            }
            _ => return self.bad_provider(expr),
        };
        Some(ProviderRef {
            name: root,
            alias: steps,
            span: expr.span,
        })
    }

    fn bad_provider<T>(&mut self, expr: &Expr) -> Option<T> {
        self.diagnostics.push(
            Diagnostic::error("value-type", "a provider configuration is wanted here")
                .at(expr.span, "")
                .help("write a provider's local name and maybe an alias: `aws` or `aws.west`"),
        );
        None
    }

    fn call(&mut self, block: Block) {
        let Some(label) = block.labels.into_iter().next() else {
            return;
        };
        let what = format!("`module.{}`", label.text);
        let mut parts = Parts::new(block.body, what.clone());
        let source = parts.string("source");
        let version = parts.string("version").map(|(text, _)| text);
        let repeat = self.repeat(&mut parts);
        let depends_on = self.depends_on(parts.attribute("depends_on"));
        let providers = self.module_providers(parts.attribute("providers"));
        let has_errors = parts.diagnostics.has_errors();
        self.diagnostics
            .extend(std::mem::take(&mut parts.diagnostics));
        for nested in &parts.body.blocks {
            self.diagnostics.push(
                Diagnostic::error(
                    "unknown-block",
                    format!("{what} has no block `{}`", nested.kind.text),
                )
                .at(nested.header, "a module's variables are set by arguments"),
            );
        }
        let Some((source, source_span)) = source else {
            if !has_errors {
                self.missing("source", &what, block.header);
            }
            return;
        };
        if let Some(first) = self.module.calls.get(&label.text) {
            let first = first.span;
            self.duplicate(&what, block.header, first);
            return;
        }
        let arguments = parts
            .body
            .attributes
            .into_iter()
            .map(|attribute| (attribute.name.text.clone(), attribute))
            .collect();
        let call = ModuleCall {
            name: label.text.clone(),
            span: block.header,
            source,
            source_span,
            version,
            repeat,
            depends_on,
            providers,
            arguments,
        };
        self.module.calls.insert(label.text, call);
    }

    fn module_providers(
        &mut self,
        attribute: Option<Attribute>,
    ) -> Vec<(ProviderRef, ProviderRef)> {
        let Some(attribute) = attribute else {
            return Vec::new();
        };
        let ExprKind::Object(items) = &attribute.expr.kind else {
            self.diagnostics.push(
                Diagnostic::error(
                    "value-type",
                    "`providers` maps the module's providers to yours",
                )
                .at(attribute.expr.span, "")
                .help("write `providers = { aws = aws.west }`"),
            );
            return Vec::new();
        };
        let pairs = items
            .iter()
            .map(|item| (self.provider_ref(&item.key), self.provider_ref(&item.value)));
        pairs
            .collect::<Vec<_>>()
            .into_iter()
            .filter_map(|(child, parent)| Some((child?, parent?)))
            .collect()
    }

    fn provider(&mut self, block: Block) {
        let Some(label) = block.labels.into_iter().next() else {
            return;
        };
        let mut parts = Parts::new(block.body, format!("provider `{}`", label.text));
        let alias = parts.string("alias").map(|(text, _)| text);
        let version = parts.string("version").map(|(text, _)| text);
        self.diagnostics
            .extend(std::mem::take(&mut parts.diagnostics));
        let first = self
            .module
            .providers
            .iter()
            .find(|p| p.name == label.text && p.alias == alias)
            .map(|p| p.span);
        if let Some(first) = first {
            let what = match &alias {
                Some(alias) => format!("provider `{}.{alias}`", label.text),
                None => format!("provider `{}`", label.text),
            };
            self.duplicate(&what, block.header, first);
            return;
        }
        let span = block.header;
        self.module.providers.push(ProviderBlock {
            name: label.text,
            alias,
            span,
            version,
            body: parts.body,
        });
    }

    fn terraform(&mut self, block: Block) {
        let mut parts = Parts::new(block.body, "a `terraform` block");
        self.module
            .required_versions
            .extend(parts.string("required_version"));
        parts.attribute("experiments");
        parts.attribute("language");
        for required in parts.blocks("required_providers") {
            for attribute in required.body.attributes {
                self.required_provider(attribute);
            }
        }
        // Where the record is kept is Terrace's own business; these say where Terraform keeps its state.
        for kind in ["backend", "cloud"] {
            parts.blocks(kind);
        }
        parts.blocks("provider_meta");
        self.diagnostics.extend(parts.finish());
    }

    fn required_provider(&mut self, attribute: Attribute) {
        let (name, span) = (attribute.name.text.clone(), attribute.name.span);
        let mut entry = RequiredProvider {
            source: ProviderSource::implied(&name),
            version: None,
            aliases: Vec::new(),
            span,
        };
        match &attribute.expr.kind {
            ExprKind::Literal(Value::String(version)) => entry.version = Some(version.clone()),
            ExprKind::Object(items) => {
                for item in items {
                    self.required_provider_item(&item.key, &item.value, &mut entry);
                }
            }
            _ => self.diagnostics.push(
                Diagnostic::error(
                    "value-type",
                    format!("what is required of provider `{name}` is not an object"),
                )
                .at(attribute.expr.span, "")
                .help("write `{ source = \"hashicorp/random\", version = \"~> 3.0\" }`"),
            ),
        }
        if let Some(first) = self.module.required_providers.get(&name) {
            let first = first.span;
            self.duplicate(&format!("required provider `{name}`"), span, first);
            return;
        }
        self.module.required_providers.insert(name, entry);
    }

    fn required_provider_item(&mut self, key: &Expr, value: &Expr, entry: &mut RequiredProvider) {
        let ExprKind::Literal(Value::String(key_text)) = &key.kind else {
            return;
        };
        let text = match &value.kind {
            ExprKind::Literal(Value::String(text)) => Some(text.clone()),
            _ => None,
        };
        match (key_text.as_str(), text) {
            ("source", Some(text)) => match text.parse() {
                Ok(source) => entry.source = source,
                Err(_) => self.diagnostics.push(
                    Diagnostic::error(
                        "missing-provider",
                        format!("`{text}` is not a provider's source address"),
                    )
                    .at(value.span, "")
                    .help("write `NAMESPACE/NAME` or `HOST/NAMESPACE/NAME`"),
                ),
            },
            ("version", Some(text)) => entry.version = Some(text),
            ("configuration_aliases", _) => {
                let ExprKind::Tuple(items) = &value.kind else {
                    return;
                };
                let aliases: Vec<Str> = items
                    .iter()
                    .filter_map(|item| self.provider_ref(item).and_then(|found| found.alias))
                    .collect();
                entry.aliases.extend(aliases);
            }
            ("source" | "version", None) => self.diagnostics.push(
                Diagnostic::error(
                    "not-a-literal",
                    format!("`{key_text}` is not a plain string"),
                )
                .at(value.span, "nothing can be referred to here"),
            ),
            _ => self.diagnostics.push(super::body::unknown(
                "unknown-name",
                &format!("a required provider has no argument `{key_text}`"),
                key.span,
                key_text,
                &["configuration_aliases", "source", "version"],
            )),
        }
    }

    fn target(
        &mut self,
        parts: &mut Parts,
        name: &'static str,
        header: Span,
    ) -> Option<(Target, Span)> {
        let Some(attribute) = parts.attribute(name) else {
            self.missing(name, "the block", header);
            return None;
        };
        let span = attribute.expr.span;
        let text = match (as_traversal(&attribute.expr), &attribute.expr.kind) {
            (Some((root, steps)), _) => traversal_text(root, steps),
            (None, ExprKind::Literal(Value::String(text))) => text.to_string(),
            _ => String::new(),
        };
        match text.parse() {
            Ok(target) => Some((target, span)),
            Err(_) => {
                self.diagnostics.push(
                    Diagnostic::error("unknown-reference", "an address is wanted here")
                        .at(span, "")
                        .help("write `TYPE.NAME`, `TYPE.NAME[0]` or `module.NAME`"),
                );
                None
            }
        }
    }

    fn moved(&mut self, block: Block) {
        let mut parts = Parts::new(block.body, "a `moved` block");
        let from = self.target(&mut parts, "from", block.header);
        let to = self.target(&mut parts, "to", block.header);
        self.diagnostics.extend(parts.finish());
        if let (Some(from), Some(to)) = (from, to) {
            self.module.moved.push(Moved {
                from,
                to,
                span: block.header,
            });
        }
    }

    fn removed(&mut self, block: Block) {
        let mut parts = Parts::new(block.body, "a `removed` block");
        let from = self.target(&mut parts, "from", block.header);
        let mut destroy = true;
        if let Some(lifecycle) = parts.block("lifecycle") {
            let mut inner =
                Parts::new(lifecycle.body, "the `lifecycle` block of a `removed` block");
            destroy = inner.bool("destroy").is_none_or(|(value, _)| value);
            self.diagnostics.extend(inner.finish());
        }
        let provisioners: Vec<Provisioner> = parts
            .blocks("provisioner")
            .into_iter()
            .filter_map(|block| self.provisioner(block))
            .collect();
        self.diagnostics.extend(parts.finish());
        if let Some(from) = from {
            self.module.removed.push(Removed {
                from,
                destroy,
                span: block.header,
                provisioners,
            });
        }
    }

    fn import(&mut self, block: Block) {
        let mut parts = Parts::new(block.body, "an `import` block");
        let (to, id) = (parts.attribute("to"), parts.attribute("id"));
        let for_each = parts.attribute("for_each").map(|attribute| attribute.expr);
        let provider = parts
            .attribute("provider")
            .and_then(|attribute| self.provider_ref(&attribute.expr));
        self.diagnostics.extend(parts.finish());
        match (to, id) {
            (Some(to), Some(id)) => self.module.imports.push(Import {
                to: to.expr,
                id: id.expr,
                for_each,
                provider,
                span: block.header,
            }),
            (None, _) => self.missing("to", "an `import` block", block.header),
            (_, None) => self.missing("id", "an `import` block", block.header),
        }
    }

    fn check(&mut self, block: Block) {
        let Some(label) = block.labels.into_iter().next() else {
            return;
        };
        let mut parts = Parts::new(block.body, "a `check` block");
        let asserts = self.conditions(parts.blocks("assert"), "an `assert` block");
        let mut data = None;
        if let Some(nested) = parts.block("data") {
            data = resource_name(Mode::Data, &nested);
            if self.labels_are_good(&nested, &["type", "name"]) {
                self.resource(nested, Mode::Data, Some(label.text.clone()));
            }
        }
        self.diagnostics.extend(parts.finish());
        if asserts.is_empty() {
            self.missing("assert", &format!("check `{}`", label.text), block.header);
        }
        if let Some(first) = self.module.checks.get(&label.text) {
            let first = first.span;
            self.duplicate(&format!("check `{}`", label.text), block.header, first);
            return;
        }
        let check = Check {
            name: label.text.clone(),
            span: block.header,
            asserts,
            data,
        };
        self.module.checks.insert(label.text, check);
    }
}

fn form(kind: &str, labels: &[&str]) -> String {
    labels.iter().fold(kind.to_owned(), |form, label| {
        format!("{form} \"{}\"", label.to_uppercase())
    })
}

/// Whether text is an identifier of the language.
pub(super) fn is_identifier(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_alphabetic() || c == '_')
        && chars.all(|c| c.is_alphanumeric() || c == '_' || c == '-')
}

fn display(id: &ResourceName) -> String {
    match id.mode {
        Mode::Managed => format!("{}.{}", id.rtype, id.name),
        Mode::Data => format!("data.{}.{}", id.rtype, id.name),
        Mode::Ephemeral => format!("ephemeral.{}.{}", id.rtype, id.name),
    }
}

/// What is wrong and where in the value: `.a[0]: a number is required`.
pub(crate) fn located(path: &Path, message: &str) -> String {
    if path.is_root() {
        message.to_owned()
    } else {
        format!("{path}: {message}")
    }
}

fn attribute_path(root: &Ident, steps: &[TraversalStep]) -> Option<Path> {
    let mut path = Path::root().attribute(root.text.clone());
    for step in steps {
        path.0.push(match &step.kind {
            TraversalKind::Attribute(name) => PathStep::Attribute(name.clone()),
            TraversalKind::Index(Value::String(key)) => PathStep::Key(key.clone()),
            TraversalKind::Index(value) => PathStep::Index(value.as_number()?.to_u64()?),
        });
    }
    Some(path)
}

/// A traversal as one would type it.
pub(crate) fn traversal_text(root: &Ident, steps: &[TraversalStep]) -> String {
    let mut text = root.text.to_string();
    for step in steps {
        match &step.kind {
            TraversalKind::Attribute(name) => {
                text.push('.');
                text.push_str(name);
            }
            TraversalKind::Index(Value::String(key)) => {
                text.push_str(&model::address::InstanceKey::Key(key.clone()).to_string());
            }
            TraversalKind::Index(value) => {
                let number = value
                    .as_number()
                    .map(ToString::to_string)
                    .unwrap_or_default();
                text.push_str(&format!("[{number}]"));
            }
        }
    }
    text
}
