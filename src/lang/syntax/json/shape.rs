//! What is known of a body before it is read: which names are arguments and which are blocks.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::Str;
use model::schema::{Block, Nesting};

/// Which names of a body are arguments and which are blocks.
#[derive(Clone, Debug, Default)]
pub struct BodyShape {
    /// The arguments, by name.
    pub attributes: BTreeMap<Str, Form>,
    /// The blocks, by name.
    pub blocks: BTreeMap<Str, BlockForm>,
    /// Whether `dynamic` may make the blocks.
    pub dynamic: bool,
    /// What any other name is.
    pub rest: Rest,
}

/// What the strings in an argument's value are, at any depth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// Templates, as in every ordinary argument.
    #[default]
    Expression,
    /// References without `${}`: `depends_on`, `provider`, `providers`, `ignore_changes`, `moved.from`.
    Reference,
    /// Expressions without `${}`: a variable's `type`, `replace_triggered_by`, `import.to`.
    Code,
    /// Plain text: `source`, `required_version`, all of a variable file.
    Literal,
}

/// A block type inside a body.
#[derive(Clone, Debug)]
pub struct BlockForm {
    /// How many labels each has.
    pub labels: usize,
    /// The shape of its content.
    pub body: Nested,
}

/// The shape of a block's content.
#[derive(Clone, Debug)]
pub enum Nested {
    /// This one.
    Shape(Arc<BodyShape>),
    /// The one it gives; for blocks that contain themselves.
    Later(fn() -> BodyShape),
}

/// What a name is that a shape does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    /// An argument whose strings are this. Whether it is a block is found out later, by [`fit`](super::fit).
    Argument(Form),
    /// A block without labels when its value is an object or an array of objects, an argument otherwise: for bodies
    /// that are known wholly, so that what is said about the name fits how it is used.
    Guess,
}

impl Default for Rest {
    fn default() -> Self {
        Self::Argument(Form::Expression)
    }
}

impl Nested {
    /// A shape as it is.
    pub fn new(shape: BodyShape) -> Self {
        Self::Shape(Arc::new(shape))
    }

    /// The shape itself.
    pub fn get(&self) -> Arc<BodyShape> {
        match self {
            Self::Shape(shape) => Arc::clone(shape),
            Self::Later(make) => Arc::new(make()),
        }
    }
}

impl BodyShape {
    /// Adds arguments whose strings are `form`.
    #[must_use]
    pub fn with_attributes(mut self, form: Form, names: &[&str]) -> Self {
        self.attributes
            .extend(names.iter().map(|name| (Str::new(name), form)));
        self
    }

    /// Adds a block type.
    #[must_use]
    pub fn with_block(mut self, name: &str, labels: usize, body: Nested) -> Self {
        self.blocks
            .insert(Str::new(name), BlockForm { labels, body });
        self
    }
}

/// The shape of a block that a provider describes; `dynamic` may make its blocks, and a name that is not in it is an
/// argument.
impl From<&Block> for BodyShape {
    fn from(block: &Block) -> Self {
        let attributes = block
            .attributes
            .keys()
            .map(|name| (name.clone(), Form::Expression))
            .collect();
        let blocks = block.blocks.iter().map(|(name, nested)| {
            let labels = usize::from(nested.nesting == Nesting::Map);
            (
                name.clone(),
                BlockForm {
                    labels,
                    body: Nested::new(Self::from(&nested.block)),
                },
            )
        });
        Self {
            attributes,
            blocks: blocks.collect(),
            dynamic: true,
            rest: Rest::default(),
        }
    }
}
