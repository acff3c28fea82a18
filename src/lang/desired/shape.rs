//! Whether a body has what its schema wants and nothing else: found once for a block, without evaluating anything.

use model::schema::{Attribute as SchemaAttribute, AttributeType, Block};
use model::{Diagnostic, Diagnostics, Span, Str, Type};

use crate::load::unknown;
use crate::syntax::ast::{self, Body};

/// Reports what a body has that its schema does not know, and required arguments that are missing; once for a block,
/// whatever its number of instances.
pub(super) fn check_body(
    body: &Body,
    schema: &Block,
    header: Span,
    (what, meta): (&str, Meta),
) -> Diagnostics {
    let mut out = Diagnostics::new();
    check(body, schema, header, (what, meta), &mut out);
    out
}

/// What may stand in a block beside what its schema has, to be meant by what is not known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Meta {
    pub(super) attributes: &'static [&'static str],
    pub(super) blocks: &'static [&'static str],
}

impl Meta {
    /// In a block inside of another.
    const NESTED: Self = Self {
        attributes: &[],
        blocks: &[],
    };
    /// In a `provider` block.
    pub(super) const PROVIDER: Self = Self {
        attributes: &["alias", "version"],
        blocks: &[],
    };
    /// In a `resource` or `data` block.
    pub(super) const RESOURCE: Self = Self {
        attributes: &["count", "depends_on", "for_each", "provider"],
        blocks: &["connection", "dynamic", "lifecycle", "provisioner"],
    };
}

#[expect(
    clippy::too_many_lines,
    reason = "one thing after the other; in pieces it would read worse"
)]
fn check(
    body: &Body,
    schema: &Block,
    header: Span,
    (what, meta): (&str, Meta),
    out: &mut Diagnostics,
) {
    let known = || -> Vec<&str> {
        schema
            .attributes
            .keys()
            .chain(schema.blocks.keys())
            .map(Str::as_str)
            .chain(meta.attributes.iter().copied())
            .collect()
    };
    for attribute in &body.attributes {
        let name = &attribute.name;
        match schema.attributes.get(&name.text) {
            Some(found) if found.computed && !found.optional && !found.required => out.push(
                Diagnostic::error(
                    "unknown-name",
                    format!("`{}` of {what} cannot be set", name.text),
                )
                .at(name.span, "the provider sets it")
                .help("remove it"),
            ),
            Some(found) => {
                if let Some(why) = &found.deprecated {
                    out.push(
                        Diagnostic::warning(
                            "deprecated",
                            format!("`{}` of {what} is deprecated", name.text),
                        )
                        .at(name.span, "")
                        .note(why.clone()),
                    );
                }
            }
            None if schema.blocks.contains_key(&name.text) => out.push(
                Diagnostic::error(
                    "unknown-name",
                    format!("`{}` of {what} is a block, not an argument", name.text),
                )
                .at(name.span, "")
                .help(format!("write `{} {{ .. }}` without `=`", name.text)),
            ),
            None => out.push(unknown(
                "unknown-name",
                &format!("{what} has no argument `{}`", name.text),
                name.span,
                &name.text,
                &known(),
            )),
        }
    }
    for (name, attribute) in schema
        .attributes
        .iter()
        .filter(|(_, attribute)| attribute.required)
    {
        let set = body.attributes.iter().any(|found| found.name.text == *name)
            || body
                .blocks
                .iter()
                .any(|block| block_kind(block) == name.as_str() && is_block_attribute(attribute));
        if !set {
            out.push(
                Diagnostic::error("missing-argument", format!("{what} has no `{name}`"))
                    .at(header, format!("add `{name} = ..`")),
            );
        }
    }
    for block in &body.blocks {
        check_nested(block, schema, (what, meta), out);
    }
    for (name, nested) in schema
        .blocks
        .iter()
        .filter(|(_, nested)| nested.min_items > 0)
    {
        let written = body
            .blocks
            .iter()
            .filter(|block| block_kind(block) == name.as_str());
        let has_dynamic = written.clone().any(|block| block.kind.text == "dynamic");
        if !has_dynamic && (written.count() as u64) < nested.min_items {
            out.push(
                Diagnostic::error(
                    "missing-block",
                    format!("{what} has too few `{name}` blocks"),
                )
                .at(header, format!("at least {} needed", nested.min_items)),
            );
        }
    }
}

#[expect(
    clippy::too_many_lines,
    reason = "one thing after the other; in pieces it would read worse"
)]
fn check_nested(
    block: &ast::Block,
    schema: &Block,
    (what, meta): (&str, Meta),
    out: &mut Diagnostics,
) {
    let kind = block_kind(block);
    let content = |block: &ast::Block, nested: &Block, out: &mut Diagnostics| {
        let what = format!("`{kind}` of {what}");
        if block.kind.text != "dynamic" {
            check(
                &block.body,
                nested,
                block.header,
                (&what, Meta::NESTED),
                out,
            );
            return;
        }
        for content in block
            .body
            .blocks
            .iter()
            .filter(|inner| inner.kind.text == "content")
        {
            check(
                &content.body,
                nested,
                content.header,
                (&what, Meta::NESTED),
                out,
            );
        }
        let wrong = |name: &str| !matches!(name, "for_each" | "iterator" | "labels");
        for attribute in block
            .body
            .attributes
            .iter()
            .filter(|attribute| wrong(&attribute.name.text))
        {
            out.push(unknown(
                "unknown-name",
                &format!(
                    "a `dynamic` block has no argument `{}`",
                    attribute.name.text
                ),
                attribute.name.span,
                &attribute.name.text,
                &["content", "for_each", "iterator", "labels"],
            ));
        }
        let has = |name: &str| {
            block
                .body
                .attributes
                .iter()
                .any(|attribute| attribute.name.text == name)
        };
        if !has("for_each") {
            let message = format!("the `dynamic` block for {what} has no `for_each`");
            out.push(
                Diagnostic::error("missing-argument", message)
                    .at(block.header, "add `for_each = ..`"),
            );
        }
        if !block
            .body
            .blocks
            .iter()
            .any(|inner| inner.kind.text == "content")
        {
            let message = format!("the `dynamic` block for {what} has no `content`");
            out.push(
                Diagnostic::error("missing-block", message)
                    .at(block.header, "add `content { .. }`"),
            );
        }
    };
    if let Some(nested) = schema.blocks.get(kind) {
        content(block, &nested.block, out);
    } else if let Some(attribute) = schema
        .attributes
        .get(kind)
        .filter(|found| is_block_attribute(found))
    {
        content(block, &block_of(attribute), out);
    } else if schema.attributes.contains_key(kind) {
        out.push(
            Diagnostic::error(
                "unknown-block",
                format!("`{kind}` of {what} is an argument, not a block"),
            )
            .at(block.header, "")
            .help(format!("write `{kind} = ..`")),
        );
    } else {
        let known = schema.blocks.keys().map(Str::as_str);
        let message = format!("{what} has no block `{kind}`");
        out.push(unknown(
            "unknown-block",
            &message,
            block.header,
            kind,
            &known.chain(meta.blocks.iter().copied()).collect::<Vec<_>>(),
        ));
    }
}

/// The kind of block that is meant: a `dynamic "x"` block means `x`.
pub(super) fn block_kind(block: &ast::Block) -> &str {
    match block.labels.first() {
        Some(label) if block.kind.text == "dynamic" => &label.text,
        _ => &block.kind.text,
    }
}

/// Whether an attribute may also be written with block syntax: a list or set of objects, as old providers have it.
pub(super) fn is_block_attribute(attribute: &SchemaAttribute) -> bool {
    matches!(
        &attribute.ty,
        AttributeType::Plain(Type::List(element) | Type::Set(element)) if matches!(**element, Type::Object(_))
    )
}

/// The block that an attribute of a list or set of objects is, when it is written with block syntax.
pub(super) fn block_of(attribute: &SchemaAttribute) -> Block {
    let AttributeType::Plain(Type::List(element) | Type::Set(element)) = &attribute.ty else {
        return Block::default();
    };
    let Type::Object(object) = &**element else {
        return Block::default();
    };
    let attributes = object
        .attributes
        .iter()
        .map(|(name, ty)| (name.clone(), SchemaAttribute::optional(ty.clone())));
    Block {
        attributes: attributes.collect(),
        ..Block::default()
    }
}
