//! `variable` blocks.

use model::{Diagnostic, Value};

use super::{Reader, located};
use crate::load::body::Parts;
use crate::load::module::Variable;
use crate::load::variable::{TypeConstraint, type_constraint};
use crate::syntax::ast::Block;

impl Reader<'_> {
    #[expect(
        clippy::too_many_lines,
        reason = "one thing after the other; in pieces it would read worse"
    )]
    pub(super) fn variable(&mut self, block: Block) {
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
}
