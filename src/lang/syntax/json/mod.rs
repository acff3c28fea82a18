//! The JSON syntax of the language: JSON text to a tree with places ([`parse_json`]), and the tree to the native
//! [`Body`](crate::syntax::ast::Body) that means the same ([`json_body`]), guided by a [`BodyShape`].
//!
//! JSON does not tell an argument from a block. What is known of a body when its file is read is in the shape; what
//! becomes known later, as the schema of a resource type does, is applied by [`fit`].

mod body;
mod expression;
mod fit;
mod node;
mod parse;
mod shape;
mod string;

pub use body::json_body;
pub use fit::fit;
pub use node::{Member, Node, NodeKind, Text};
pub use parse::parse_json;
pub use shape::{BlockForm, BodyShape, Form, Nested, Rest};

#[cfg(test)]
mod tests;
