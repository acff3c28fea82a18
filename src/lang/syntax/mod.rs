//! Text to syntax tree.

pub mod ast;
pub(crate) mod format;
pub(crate) mod identifier;
pub mod json;
mod parse;
pub mod stack;

pub use format::format;
pub use parse::{
    Places, parse_body, parse_expression, parse_expression_at, parse_template, parse_template_at,
    parse_traversal, parse_traversal_at,
};
