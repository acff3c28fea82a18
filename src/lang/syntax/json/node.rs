//! JSON values with their places.

use model::{Number, Span};

/// A JSON value with its place.
#[derive(Clone, Debug)]
pub struct Node {
    /// The value.
    pub kind: NodeKind,
    /// Where it is, a string with its quotes.
    pub span: Span,
}

/// What a JSON value is.
#[derive(Clone, Debug)]
pub enum NodeKind {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, exact.
    Number(Number),
    /// A string.
    String(Text),
    /// `[..]`.
    Array(Vec<Node>),
    /// `{..}`, in source order; a name may come more than once.
    Object(Vec<Member>),
}

/// A property of an object.
#[derive(Clone, Debug)]
pub struct Member {
    /// Its name.
    pub name: Text,
    /// The name's place, with the quotes.
    pub name_span: Span,
    /// Its value.
    pub value: Node,
}

/// A string, its escapes resolved.
#[derive(Clone, Debug)]
pub struct Text {
    /// The text, as it is written: not normalised.
    pub text: Box<str>,
    /// Pairs (byte of the text, byte of the file): between two, both advance alike. Empty without escapes.
    pub(super) marks: Box<[(u32, u32)]>,
}
