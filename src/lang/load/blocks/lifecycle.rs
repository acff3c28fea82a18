//! The `lifecycle` blocks of resources.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "of many kinds only a few matter in each place here"
)]

use model::address::Mode;
use model::{Diagnostic, Path, PathStep, Value};

use super::Reader;
use crate::load::body::Parts;
use crate::load::module::{IgnoreChanges, Lifecycle};
use crate::reference::as_traversal;
use crate::syntax::ast::{Block, Expr, ExprKind, Ident, TraversalKind, TraversalStep};

impl Reader<'_> {
    pub(super) fn lifecycle(&mut self, block: Block, mode: Mode) -> Lifecycle {
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
