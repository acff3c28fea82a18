//! `input` blocks: values that are the same in every environment of a revision.

use model::{Diagnostic, Diagnostics, Span, Str, Value};

use crate::load::{Parts, is_identifier};
use crate::syntax::ast::{Block, Ident};

/// An input as declared. The definition's variable of the same name gets its value, and says of which type it is.
#[derive(Clone, Debug)]
pub struct Input {
    /// Its name.
    pub name: Str,
    /// The block's header.
    pub span: Span,
    /// Its value where none is given; without it one must be given when a revision is made.
    pub default: Option<Value>,
    /// What it is for.
    pub description: Option<Str>,
}

/// Reads an `input` block.
pub(super) fn read(label: Ident, block: Block) -> (Option<Input>, Diagnostics) {
    let mut parts = Parts::new(block.body, format!("input `{}`", label.text));
    let default = parts
        .attribute("default")
        .and_then(|attribute| parts.literal(&attribute));
    let description = parts.string("description").map(|(text, _)| text);
    let ty = parts.attribute("type");
    let mut out = parts.finish();
    if let Some(ty) = ty {
        out.push(
            Diagnostic::error("unknown-name", "an input has no argument `type`")
                .at(ty.name.span, "")
                .help(format!(
                    "the definition's variable `{}` says its type",
                    label.text
                )),
        );
    }
    if !is_identifier(&label.text) {
        let message = format!("`{}` is not the name of a variable", label.text);
        out.push(
            Diagnostic::error("invalid-identifier", message)
                .at(label.span, "")
                .help("call it as the definition's variable that gets its value"),
        );
        return (None, out);
    }
    let input = Input {
        name: label.text,
        span: block.header,
        default,
        description,
    };
    (Some(input), out)
}
