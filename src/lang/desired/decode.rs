//! Bodies to values by a schema: what an instance's configuration says, with `dynamic` blocks expanded.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "of many kinds only a few matter in each place here"
)]

use std::collections::BTreeMap;

use model::schema::{Attribute as SchemaAttribute, AttributeType, Block, NestedBlock, Nesting};
use model::value::convert;
use model::{Diagnostic, Diagnostics, Marks, Span, Str, Type, Value};

use super::shape::{block_kind, block_of, is_block_attribute};
use crate::eval::{Bound, Scope, evaluate, kind_of};
use crate::graph::iterator_name;
use crate::load::located;
use crate::syntax::ast::{self, Body};

/// Evaluates everything in a body of which the schema is not known, for what is wrong with it.
pub(super) fn expressions(body: &Body, scope: &dyn Scope, out: &mut Diagnostics) {
    for attribute in &body.attributes {
        out.extend(evaluate(&attribute.expr, scope).1);
    }
    for block in &body.blocks {
        let Some(label) = block
            .labels
            .first()
            .filter(|_| block.kind.text == "dynamic")
        else {
            expressions(&block.body, scope, out);
            continue;
        };
        let bound = Bound {
            outer: scope,
            name: iterator_name(&block.body, &label.text),
            value: Value::object([("key", Value::dynamic()), ("value", Value::dynamic())]),
        };
        for attribute in &block.body.attributes {
            match attribute.name.text.as_str() {
                "for_each" => out.extend(evaluate(&attribute.expr, scope).1),
                "labels" => out.extend(evaluate(&attribute.expr, &bound).1),
                _ => {}
            }
        }
        for content in &block.body.blocks {
            expressions(&content.body, &bound, out);
        }
    }
}

/// Evaluates bodies by their schema.
pub(super) struct Decoder<'o> {
    out: &'o mut Diagnostics,
}

/// Blocks of one kind, evaluated; `known` is false when there may be more or fewer.
struct Blocks {
    values: Vec<(Option<Str>, Value)>,
    known: bool,
    last: Option<Span>,
}

impl<'o> Decoder<'o> {
    pub(super) fn new(out: &'o mut Diagnostics) -> Self {
        Self { out }
    }

    /// An object with every attribute and block of the schema.
    pub(super) fn block(
        &mut self,
        body: &Body,
        schema: &Block,
        scope: &dyn Scope,
        header: Span,
    ) -> Value {
        let mut fields: Vec<(Str, Value)> =
            Vec::with_capacity(schema.attributes.len() + schema.blocks.len());
        for (name, attribute) in &schema.attributes {
            let written = body
                .attributes
                .iter()
                .find(|found| found.name.text == *name);
            let value = match written {
                Some(written) => self.attribute(written, attribute, scope),
                None if !body.blocks.is_empty() && is_block_attribute(attribute) => {
                    self.attribute_blocks(body, name, attribute, scope)
                }
                None => Value::Null(attribute.value_type()),
            };
            fields.push((name.clone(), value));
        }
        for (name, nested) in &schema.blocks {
            let blocks = self.blocks(body, name, &nested.block, scope);
            fields.push((name.clone(), self.collect(name, nested, blocks, header)));
        }
        Value::object(fields)
    }

    fn attribute(
        &mut self,
        written: &ast::Attribute,
        schema: &SchemaAttribute,
        scope: &dyn Scope,
    ) -> Value {
        let (value, diagnostics) = evaluate(&written.expr, scope);
        if !diagnostics.is_empty() {
            self.out.extend(diagnostics);
        }
        if !schema.write_only && value.has_marks() {
            let (_, marks) = value.clone().unmark_deep();
            if marks.contains(Marks::EPHEMERAL) {
                self.out.push(
                    Diagnostic::error(
                        "ephemeral-misuse",
                        format!("`{}` is given an ephemeral value", written.name.text),
                    )
                    .at(written.expr.span, "this would be recorded"),
                );
                return Value::unknown(schema.value_type());
            }
        }
        let wanted = match &schema.ty {
            AttributeType::Plain(ty) => ty.clone(),
            AttributeType::Nested { .. } => wished(schema),
        };
        if schema.required && value.is_null() && value.is_known() {
            self.out.push(
                Diagnostic::error("null-value", format!("`{}` is null", written.name.text))
                    .at(written.expr.span, "a value is required"),
            );
            return Value::unknown(schema.value_type());
        }
        match convert(&value, &wanted) {
            Ok(value) => value,
            Err(error) => {
                self.out.push(
                    Diagnostic::error(
                        "value-type",
                        format!("`{}` has a value of the wrong type", written.name.text),
                    )
                    .at(written.expr.span, located(&error.path, &error.message)),
                );
                Value::unknown(schema.value_type())
            }
        }
    }

    /// An attribute of a list or set of objects, written with block syntax.
    fn attribute_blocks(
        &mut self,
        body: &Body,
        name: &Str,
        schema: &SchemaAttribute,
        scope: &dyn Scope,
    ) -> Value {
        let ty = schema.value_type();
        if !body
            .blocks
            .iter()
            .any(|block| block_kind(block) == name.as_str())
        {
            return Value::Null(ty);
        }
        let blocks = self.blocks(body, name, &block_of(schema), scope);
        if !blocks.known {
            return Value::unknown(ty);
        }
        let items: Vec<Value> = blocks.values.into_iter().map(|(_, value)| value).collect();
        match ty {
            Type::Set(element) => Value::set((*element).clone(), items),
            Type::List(element) => Value::list((*element).clone(), items),
            other => Value::unknown(other),
        }
    }

    fn blocks(&mut self, body: &Body, kind: &str, schema: &Block, scope: &dyn Scope) -> Blocks {
        let mut blocks = Blocks {
            values: Vec::new(),
            known: true,
            last: None,
        };
        for block in body.blocks.iter().filter(|block| block_kind(block) == kind) {
            blocks.last = Some(block.header);
            if block.kind.text == "dynamic" {
                self.dynamic(block, schema, scope, &mut blocks);
                continue;
            }
            let label = block.labels.first().map(|label| label.text.clone());
            blocks
                .values
                .push((label, self.block(&block.body, schema, scope, block.header)));
        }
        blocks
    }

    #[expect(
        clippy::too_many_lines,
        reason = "one thing after the other; in pieces it would read worse"
    )]
    fn dynamic(
        &mut self,
        block: &ast::Block,
        schema: &Block,
        scope: &dyn Scope,
        blocks: &mut Blocks,
    ) {
        let argument = |name: &str| {
            block
                .body
                .attributes
                .iter()
                .find(|attribute| attribute.name.text == name)
        };
        let content = block
            .body
            .blocks
            .iter()
            .find(|inner| inner.kind.text == "content");
        let (Some(for_each), Some(content)) = (argument("for_each"), content) else {
            return;
        };
        let (value, diagnostics) = evaluate(&for_each.expr, scope);
        self.out.extend(diagnostics);
        let (value, marks) = value.unmark();
        let name = iterator_name(
            &block.body,
            block
                .labels
                .first()
                .map_or(&block.kind.text, |label| &label.text),
        );
        let mut fail = |message: &str, label: String| {
            self.out
                .push(Diagnostic::error("invalid-for-each", message).at(for_each.expr.span, label));
        };
        let pairs: Vec<(Value, Value)> = match &value {
            Value::Null(_) => {
                return fail("the `for_each` of a `dynamic` block is null", String::new());
            }
            Value::Unknown(_) => {
                blocks.known = false;
                let unknown = Value::dynamic().mark(marks);
                vec![(unknown.clone(), unknown)]
            }
            Value::List(list) => (0..)
                .zip(&list.items)
                .map(|(at, item)| (Value::int(at), item.clone()))
                .collect(),
            Value::Tuple(items) => (0..)
                .zip(items.iter())
                .map(|(at, item)| (Value::int(at), item.clone()))
                .collect(),
            Value::Set(set) => set
                .items
                .iter()
                .map(|item| (item.clone(), item.clone()))
                .collect(),
            Value::Map(_) | Value::Object(_) => {
                let fields = value.as_fields().cloned().unwrap_or_default();
                fields
                    .into_iter()
                    .map(|(key, value)| (Value::String(key), value))
                    .collect()
            }
            Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Marked(_) => {
                let found = format!("this is {}", kind_of(&value));
                return fail(
                    "the `for_each` of a `dynamic` block is not a collection",
                    found,
                );
            }
        };
        for (key, value) in pairs {
            let element = Value::object([("key", key.mark(marks)), ("value", value.mark(marks))]);
            let bound = Bound {
                outer: scope,
                name: name.clone(),
                value: element,
            };
            let label = argument("labels").and_then(|labels| {
                let (value, diagnostics) = evaluate(&labels.expr, &bound);
                self.out.extend(diagnostics);
                value.as_items()?.first()?.as_str().cloned()
            });
            blocks.values.push((
                label,
                self.block(&content.body, schema, &bound, content.header),
            ));
        }
    }

    /// The value that the blocks of one kind make together.
    fn collect(&mut self, name: &Str, nested: &NestedBlock, blocks: Blocks, header: Span) -> Value {
        let count = blocks.values.len() as u64;
        let too_many = match nested.nesting {
            Nesting::Single | Nesting::Group => count > 1,
            Nesting::List | Nesting::Set | Nesting::Map => {
                nested.max_items > 0 && count > nested.max_items
            }
        };
        if too_many && blocks.known {
            let limit = nested.max_items.max(1);
            self.out.push(
                Diagnostic::error("too-many-blocks", format!("{count} `{name}` blocks")).at(
                    blocks.last.unwrap_or(header),
                    format!("at most {limit} allowed"),
                ),
            );
        }
        if blocks.known && count < nested.min_items && !blocks.values.is_empty() {
            self.out.push(
                Diagnostic::error("missing-block", format!("{count} `{name}` blocks"))
                    .at(header, format!("at least {} needed", nested.min_items)),
            );
        }
        if !blocks.known {
            return Value::unknown(nested.value_type());
        }
        let inner = || nested.block.value_type();
        if nested.nesting == Nesting::Map {
            return self.collect_map(nested, blocks, header);
        }
        let mut values = blocks.values.into_iter().map(|(_, value)| value);
        match nested.nesting {
            Nesting::Single => values.next().unwrap_or_else(|| Value::Null(inner())),
            Nesting::Group => values.next().unwrap_or_else(|| nested.block.empty()),
            Nesting::List if inner().has_dynamic() => Value::tuple(values.collect()),
            Nesting::List => Value::list(inner(), values.collect()),
            Nesting::Set | Nesting::Map => Value::set(inner(), values.collect()),
        }
    }

    fn collect_map(&mut self, nested: &NestedBlock, blocks: Blocks, header: Span) -> Value {
        let mut entries: BTreeMap<Str, Value> = BTreeMap::new();
        for (label, value) in blocks.values {
            let label = label.unwrap_or_default();
            if entries.insert(label.clone(), value).is_some() {
                self.out.push(
                    Diagnostic::error(
                        "duplicate-key",
                        format!("two blocks with the label `{label}`"),
                    )
                    .at(blocks.last.unwrap_or(header), ""),
                );
            }
        }
        let element = nested.block.value_type();
        if element.has_dynamic() {
            Value::object(entries)
        } else {
            Value::map(element, entries)
        }
    }
}

/// The type that a value for an attribute of nested objects is converted to: what the author may leave out is optional.
fn wished(attribute: &SchemaAttribute) -> Type {
    match &attribute.ty {
        AttributeType::Plain(ty) => ty.clone(),
        AttributeType::Nested {
            nesting,
            attributes,
        } => {
            let types: BTreeMap<Str, Type> = attributes
                .iter()
                .map(|(name, attribute)| (name.clone(), wished(attribute)))
                .collect();
            let optional = attributes
                .iter()
                .filter(|(_, attribute)| !attribute.required)
                .map(|(name, _)| name.clone());
            let object = Type::object_with_optional(types, optional);
            match nesting {
                Nesting::Single | Nesting::Group => object,
                Nesting::List => Type::list(object),
                Nesting::Set => Type::set(object),
                Nesting::Map => Type::map(object),
            }
        }
    }
}
