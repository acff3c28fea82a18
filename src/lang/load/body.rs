//! Takes a body apart: known arguments and blocks are taken out by name, what is left was not known.

use model::{Diagnostic, Diagnostics, Str, Value};

use crate::eval;
use crate::suggest::closest;
use crate::syntax::ast::{Attribute, Block, Body, Expr};

/// A body from which arguments and blocks are taken.
#[derive(Debug)]
pub(crate) struct Parts {
    /// What is left.
    pub(crate) body: Body,
    what: String,
    asked: Vec<&'static str>,
    /// What was wrong with what was taken.
    pub(crate) diagnostics: Diagnostics,
}

impl Parts {
    /// Starts on the body of `what`, which is how messages call it: "a `variable` block".
    pub(crate) fn new(body: Body, what: impl Into<String>) -> Self {
        Self {
            body,
            what: what.into(),
            asked: Vec::new(),
            diagnostics: Diagnostics::new(),
        }
    }

    /// Takes an argument.
    pub(crate) fn attribute(&mut self, name: &'static str) -> Option<Attribute> {
        self.asked.push(name);
        let at = self
            .body
            .attributes
            .iter()
            .position(|attribute| attribute.name.text == name)?;
        Some(self.body.attributes.remove(at))
    }

    /// Takes all blocks of a kind.
    pub(crate) fn blocks(&mut self, kind: &'static str) -> Vec<Block> {
        self.asked.push(kind);
        if self.body.blocks.iter().all(|block| block.kind.text != kind) {
            return Vec::new();
        }
        let (taken, left) = std::mem::take(&mut self.body.blocks)
            .into_iter()
            .partition(|block| block.kind.text == kind);
        self.body.blocks = left;
        taken
    }

    /// Takes the block of a kind that may stand once.
    pub(crate) fn block(&mut self, kind: &'static str) -> Option<Block> {
        let mut blocks = self.blocks(kind).into_iter();
        let first = blocks.next();
        for second in blocks {
            self.diagnostics.push(
                Diagnostic::error(
                    "duplicate-definition",
                    format!("a second `{kind}` block in {}", self.what),
                )
                .at(second.header, "only one is allowed"),
            );
        }
        first
    }

    /// Takes an argument that must be a literal of type bool.
    pub(crate) fn bool(&mut self, name: &'static str) -> Option<(bool, model::Span)> {
        let attribute = self.attribute(name)?;
        let value = self.literal(&attribute)?;
        let span = attribute.expr.span;
        match model::value::convert(&value, &model::Type::Bool) {
            Ok(value) => value.as_bool().map(|value| (value, span)),
            Err(error) => {
                self.push_literal_error(&attribute.expr, "true or false", &error.message);
                None
            }
        }
    }

    /// Takes an argument that must be a literal string.
    pub(crate) fn string(&mut self, name: &'static str) -> Option<(Str, model::Span)> {
        let attribute = self.attribute(name)?;
        let value = self.literal(&attribute)?;
        if let Some(text) = value.as_str() {
            return Some((text.clone(), attribute.expr.span));
        }
        if !value.is_null() {
            self.push_literal_error(
                &attribute.expr,
                "a string",
                &format!("this is {}", eval::kind_of(&value)),
            );
        }
        None
    }

    /// The value of an argument that may not refer to anything.
    pub(crate) fn literal(&mut self, attribute: &Attribute) -> Option<Value> {
        let (value, diagnostics) = eval::literal(&attribute.expr);
        let good = !diagnostics.has_errors();
        self.diagnostics.extend(diagnostics);
        good.then_some(value)
    }

    fn push_literal_error(&mut self, expr: &Expr, wanted: &str, found: &str) {
        self.diagnostics.push(
            Diagnostic::error("value-type", format!("{wanted} is wanted here"))
                .at(expr.span, found.to_owned()),
        );
    }

    /// Reports every argument and block that is left as unknown.
    pub(crate) fn finish(mut self) -> Diagnostics {
        for attribute in &self.body.attributes {
            self.diagnostics.push(unknown(
                "unknown-name",
                &format!("{} has no argument `{}`", self.what, attribute.name.text),
                attribute.name.span,
                &attribute.name.text,
                &self.asked,
            ));
        }
        for block in &self.body.blocks {
            self.diagnostics.push(unknown(
                "unknown-block",
                &format!("{} has no block `{}`", self.what, block.kind.text),
                block.header,
                &block.kind.text,
                &self.asked,
            ));
        }
        self.diagnostics
    }
}

/// A diagnostic for a name that is not known, with the closest one that is.
pub(crate) fn unknown(
    id: &'static str,
    message: &str,
    span: model::Span,
    name: &str,
    known: &[&str],
) -> Diagnostic {
    let diagnostic = Diagnostic::error(id, message).at(span, "not known here");
    match closest(name, known.iter().copied()) {
        Some(close) => diagnostic.help(format!("did you mean `{close}`?")),
        None if known.is_empty() => diagnostic,
        None => diagnostic.help(format!("known here: {}", known.join(", "))),
    }
}
