//! Reads the blocks of a module's files into a [`Module`]; each kind of block in a file of its own.

mod call;
mod check;
mod import;
mod lifecycle;
mod locals;
mod moved;
mod output;
mod provider;
mod resource;
mod terraform;
mod variable;

use model::address::Mode;
use model::{Diagnostic, Diagnostics, Path, Span, Str, Value};

use super::body::Parts;
use super::module::{Condition, Module, ProviderRef, Repeat};
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
        let is_guessed = !KINDS.contains(&block.kind.text.as_str());
        if is_guessed {
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
        // In JSON an unknown block has no labels: what they should be follows from its name.
        if is_guessed && block.labels.len() != labels.len() {
            return;
        }
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
            let article = match kind.starts_with(['e', 'i', 'o']) {
                true => "an",
                false => "a",
            };
            let wanted = wanted.len();
            let message =
                format!("{article} `{kind}` block with {found} labels instead of {wanted}");
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

    fn missing(&mut self, argument: &str, what: &str, span: Span) {
        self.diagnostics.push(
            Diagnostic::error("missing-argument", format!("{what} has no `{argument}`"))
                .at(span, format!("add `{argument} = ..`")),
        );
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
}

fn form(kind: &str, labels: &[&str]) -> String {
    labels.iter().fold(kind.to_owned(), |form, label| {
        format!("{form} \"{}\"", label.to_uppercase())
    })
}

/// Whether text is an identifier of the language.
pub(crate) fn is_identifier(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_alphabetic() || c == '_')
        && chars.all(|c| c.is_alphanumeric() || c == '_' || c == '-')
}

/// What is wrong and where in the value: `.a[0]: a number is required`.
pub(crate) fn located(path: &Path, message: &str) -> String {
    if path.is_root() {
        message.to_owned()
    } else {
        format!("{path}: {message}")
    }
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
