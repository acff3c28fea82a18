//! The syntax tree of the Terraform language: what was written, with its place. No evaluation, no schema.

use std::fmt;

use model::{Span, Str, Value};

use super::stack::with_room;

/// The content of a file or of a block: arguments and blocks, each in source order.
#[derive(Clone, Debug)]
pub struct Body {
    /// `name = expression`. A name that is written twice is here once (the first); the second was reported.
    pub attributes: Vec<Attribute>,
    /// `kind "label" { .. }`.
    pub blocks: Vec<Block>,
    /// All of it, without the braces.
    pub span: Span,
}

/// A name with its place.
#[derive(Clone, Debug)]
pub struct Ident {
    /// The name.
    pub text: Str,
    /// Where.
    pub span: Span,
}

/// `name = expression`.
#[derive(Clone, Debug)]
pub struct Attribute {
    /// The name.
    pub name: Ident,
    /// The expression.
    pub expr: Expr,
}

impl Attribute {
    /// From the name to the end of the expression.
    pub fn span(&self) -> Span {
        self.name.span.to(self.expr.span)
    }
}

/// `kind "label" label { .. }`.
#[derive(Clone, Debug)]
pub struct Block {
    /// The first word.
    pub kind: Ident,
    /// The labels, without quotes.
    pub labels: Vec<Ident>,
    /// The content.
    pub body: Body,
    /// From the first word to the end of the last label.
    pub header: Span,
    /// From the first word to the closing brace.
    pub span: Span,
}

/// An expression with its place.
///
/// May be as deep as its text is long (`a + b + c ..`): cloning, printing and dropping one is safe on any stack;
/// other recursion over it goes through [`with_room`].
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it is.
    pub span: Span,
}

impl Expr {
    /// Takes the kind out, because fields of a type with a `Drop` cannot be moved out; leaves [`ExprKind::Error`].
    pub fn take_kind(&mut self) -> ExprKind {
        std::mem::replace(&mut self.kind, ExprKind::Error)
    }
}

impl Clone for Expr {
    fn clone(&self) -> Self {
        let kind = if self.kind.is_leaf() {
            self.kind.clone()
        } else {
            with_room(|| self.kind.clone())
        };
        Self {
            kind,
            span: self.span,
        }
    }
}

impl fmt::Debug for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        with_room(|| {
            f.debug_struct("Expr")
                .field("kind", &self.kind)
                .field("span", &self.span)
                .finish()
        })
    }
}

impl Drop for Expr {
    fn drop(&mut self) {
        if !self.kind.is_leaf() {
            with_room(|| drop(self.take_kind()));
        }
    }
}

/// What an expression is.
#[derive(Clone, Debug)]
pub enum ExprKind {
    /// A number, bool or null as written, or a string without sequences (quoted or heredoc).
    Literal(Value),
    /// A string with `${..}` or `%{..}` in it; at least one part is not text. Evaluates to a string.
    Template(Vec<TemplatePart>),
    /// `"${..}"` and nothing else: the inner expression's value, of whatever type.
    Wrap(Box<Expr>),
    /// `root.a[0].b`, as far as every step is static (names, literal indexes); the longest such run.
    Traversal {
        root: Ident,
        steps: Vec<TraversalStep>,
    },
    /// Static steps after an expression that is not a traversal: `f(x).a[0]`.
    Relative {
        source: Box<Expr>,
        steps: Vec<TraversalStep>,
    },
    /// `source[key]` with a key that is not a literal.
    Index { source: Box<Expr>, key: Box<Expr> },
    /// `source.*.a` or `source[*].a[0]`.
    Splat {
        source: Box<Expr>,
        /// Which of the two forms.
        form: SplatForm,
        /// Applied to each element. For [`SplatForm::Attribute`] only attribute (and legacy index) steps.
        each: Vec<SplatStep>,
        /// The `.*` or `[*]`.
        marker: Span,
    },
    /// `name(args)`, `ns::name(args)`.
    Call {
        /// `["upper"]`, `["provider", "local_name", "f"]`, `["core", "upper"]`.
        name: Vec<Str>,
        /// The name's place.
        name_span: Span,
        args: Vec<Expr>,
        /// The last argument is followed by `...`.
        expand: bool,
    },
    /// `-x`, `!x`.
    Unary { op: UnaryOp, operand: Box<Expr> },
    /// `x + y`, ...
    Binary {
        op: BinaryOp,
        left: Box<Expr>,
        right: Box<Expr>,
        op_span: Span,
    },
    /// `condition ? yes : no`.
    Conditional {
        condition: Box<Expr>,
        yes: Box<Expr>,
        no: Box<Expr>,
    },
    /// `[a, b]`.
    Tuple(Vec<Expr>),
    /// `{ a = b, (c) = d }`.
    Object(Vec<ObjectItem>),
    /// `[for ..]`, `{for ..}`.
    For(Box<ForExpr>),
    /// `(x)`.
    Paren(Box<Expr>),
    /// Something that could not be parsed and was reported; evaluates to a dynamic unknown without a diagnostic.
    Error,
}

impl ExprKind {
    /// Whether there is no expression in it.
    fn is_leaf(&self) -> bool {
        matches!(
            self,
            Self::Literal(_) | Self::Traversal { .. } | Self::Error
        )
    }
}

/// A part of a template.
#[derive(Clone, Debug)]
pub enum TemplatePart {
    /// Text, with escapes resolved, `~` trimming and heredoc de-indentation already done.
    Text(Str, Span),
    /// `${expr}`.
    Value(Expr),
    /// `%{ if c } .. %{ else } .. %{ endif }`.
    If {
        condition: Expr,
        yes: Vec<TemplatePart>,
        no: Vec<TemplatePart>,
        span: Span,
    },
    /// `%{ for k, v in c } .. %{ endfor }`.
    For {
        key: Option<Ident>,
        value: Ident,
        collection: Expr,
        body: Vec<TemplatePart>,
        span: Span,
    },
}

/// A static step of a traversal.
#[derive(Clone, Debug)]
pub struct TraversalStep {
    /// Which way it goes.
    pub kind: TraversalKind,
    /// From the dot or bracket to the end of the step.
    pub span: Span,
}

/// Which way a traversal goes.
#[derive(Clone, Debug)]
pub enum TraversalKind {
    /// `.name`.
    Attribute(Str),
    /// `["key"]`, `[0]`, `.0`: a literal string or number.
    Index(Value),
}

/// A step that a splat applies to each element.
#[derive(Clone, Debug)]
pub enum SplatStep {
    /// Static.
    Static(TraversalStep),
    /// `[key]` with a key that is not a literal (full splat only).
    Index(Expr),
    /// A splat inside a full splat: `a[*].b[*].c`.
    Splat {
        form: SplatForm,
        marker: Span,
        each: Vec<SplatStep>,
    },
}

/// The two forms of a splat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SplatForm {
    /// `.*`: ends at the first index in brackets.
    Attribute,
    /// `[*]`.
    Full,
}

/// `key = value` in an object constructor.
#[derive(Clone, Debug)]
pub struct ObjectItem {
    /// A bare identifier key is a [`ExprKind::Literal`] string here.
    pub key: Expr,
    /// The value.
    pub value: Expr,
}

/// `for k, v in collection : key => value... if condition`.
#[derive(Clone, Debug)]
pub struct ForExpr {
    /// The first of two names.
    pub key_name: Option<Ident>,
    /// The second name, or the only one.
    pub value_name: Ident,
    /// What is iterated.
    pub collection: Expr,
    /// For the object form, the key; none for the tuple form.
    pub key: Option<Expr>,
    /// The value.
    pub value: Expr,
    /// `...` after the value: group values by key.
    pub group: bool,
    /// After `if`.
    pub condition: Option<Expr>,
}

/// `-` and `!`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOp {
    /// `-`.
    Negate,
    /// `!`.
    Not,
}

/// Operators between two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryOp {
    /// `+`.
    Add,
    /// `-`.
    Subtract,
    /// `*`.
    Multiply,
    /// `/`.
    Divide,
    /// `%`.
    Modulo,
    /// `==`.
    Equal,
    /// `!=`.
    NotEqual,
    /// `<`.
    Less,
    /// `<=`.
    LessOrEqual,
    /// `>`.
    Greater,
    /// `>=`.
    GreaterOrEqual,
    /// `&&`.
    And,
    /// `||`.
    Or,
}
