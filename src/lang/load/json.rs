//! Which names of a definition file in JSON syntax are blocks, and what the strings in its arguments are.

use crate::syntax::json::{BodyShape, Form, Nested, Rest};

/// The shape of a whole file.
#[expect(
    clippy::too_many_lines,
    reason = "one thing after the other; in pieces it would read worse"
)]
pub(super) fn file_shape() -> BodyShape {
    let condition = || Nested::new(BodyShape::default());
    let provisioner = || {
        Nested::new(
            BodyShape::default()
                .with_attributes(Form::Reference, &["on_failure", "when"])
                .with_block("connection", 0, Nested::new(BodyShape::default())),
        )
    };
    let lifecycle = Nested::new(
        BodyShape::default()
            .with_attributes(Form::Reference, &["ignore_changes"])
            .with_attributes(Form::Code, &["replace_triggered_by"])
            .with_block("precondition", 0, condition())
            .with_block("postcondition", 0, condition()),
    );
    let resource = |managed: bool| {
        let mut shape = BodyShape {
            dynamic: true,
            ..BodyShape::default()
        }
        .with_attributes(Form::Reference, &["depends_on", "provider"])
        .with_block("lifecycle", 0, lifecycle.clone());
        if managed {
            shape = shape
                .with_block("connection", 0, Nested::new(BodyShape::default()))
                .with_block("provisioner", 1, provisioner());
        }
        Nested::new(shape)
    };
    let variable = BodyShape::default()
        .with_attributes(Form::Code, &["type"])
        .with_attributes(Form::Literal, &["default", "description"])
        .with_block("validation", 0, condition());
    let output = BodyShape::default()
        .with_attributes(Form::Reference, &["depends_on"])
        .with_block("precondition", 0, condition());
    let module = BodyShape::default()
        .with_attributes(Form::Literal, &["source", "version"])
        .with_attributes(Form::Reference, &["depends_on", "providers"]);
    let provider = BodyShape {
        dynamic: true,
        ..BodyShape::default()
    }
    .with_attributes(Form::Literal, &["alias", "version"]);
    let required = BodyShape {
        rest: Rest::Argument(Form::Literal),
        ..BodyShape::default()
    };
    let terraform = BodyShape::default()
        .with_attributes(Form::Literal, &["required_version"])
        .with_block("required_providers", 0, Nested::new(required))
        .with_block("backend", 1, Nested::new(BodyShape::default()))
        .with_block("cloud", 0, Nested::new(BodyShape::default()))
        .with_block("provider_meta", 1, Nested::new(BodyShape::default()));
    let ends = BodyShape::default().with_attributes(Form::Reference, &["from", "to"]);
    let removed = ends
        .clone()
        .with_block("lifecycle", 0, Nested::new(BodyShape::default()))
        .with_block("provisioner", 1, provisioner());
    let import = BodyShape::default()
        .with_attributes(Form::Code, &["to"])
        .with_attributes(Form::Reference, &["provider"]);
    let check = BodyShape::default()
        .with_block("assert", 0, condition())
        .with_block("data", 2, resource(false));
    BodyShape {
        rest: Rest::Guess,
        ..BodyShape::default()
    }
    .with_block("resource", 2, resource(true))
    .with_block("data", 2, resource(false))
    .with_block("ephemeral", 2, resource(false))
    .with_block("variable", 1, Nested::new(variable))
    .with_block("locals", 0, Nested::new(BodyShape::default()))
    .with_block("output", 1, Nested::new(output))
    .with_block("module", 1, Nested::new(module))
    .with_block("provider", 1, Nested::new(provider))
    .with_block("terraform", 0, Nested::new(terraform))
    .with_block("moved", 0, Nested::new(ends))
    .with_block("removed", 0, Nested::new(removed))
    .with_block("import", 0, Nested::new(import))
    .with_block("check", 1, Nested::new(check))
}
