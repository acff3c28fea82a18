//! Schemas: what a provider says its resource types look like. The shape is that of Terraform's plugin protocol 6.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::text::Str;
use crate::ty::Type;
use crate::value::Value;

/// The schema of a resource type, a data source or a provider's configuration.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Schema {
    /// Raised by the provider when stored attributes must be upgraded.
    pub version: u64,
    /// The content.
    pub block: Block,
}

/// Attributes and nested blocks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Block {
    /// By name.
    pub attributes: BTreeMap<Str, Attribute>,
    /// By name.
    pub blocks: BTreeMap<Str, NestedBlock>,
    /// One sentence.
    pub description: String,
    /// Why it should not be used any more.
    pub deprecated: Option<String>,
}

/// One attribute. Exactly one of these holds: `required`; `optional`; `computed`; `optional` and `computed`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attribute {
    /// What it holds.
    pub ty: AttributeType,
    /// The author must set it.
    pub required: bool,
    /// The author may set it.
    pub optional: bool,
    /// The provider sets it when the author does not.
    pub computed: bool,
    /// Must not be shown.
    pub sensitive: bool,
    /// The attribute beside it that it takes its value from: what must not be shown of that one must not be shown here.
    pub mirrors: Option<Str>,
    /// Sent to the provider, never stored.
    pub write_only: bool,
    /// One sentence.
    pub description: String,
    /// Why it should not be used any more.
    pub deprecated: Option<String>,
}

/// What an attribute holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum AttributeType {
    /// A value of a type, in which no attribute is optional.
    Plain(Type),
    /// Objects that have a schema of their own, written with `=`.
    Nested {
        /// One, or a collection of them.
        nesting: Nesting,
        /// Their attributes.
        attributes: BTreeMap<Str, Attribute>,
    },
}

/// One, or a collection, of nested blocks or objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Nesting {
    /// At most one; null when absent.
    Single,
    /// Exactly one; an empty one when absent. Blocks only.
    Group,
    /// In order.
    List,
    /// Without order.
    Set,
    /// By a label.
    Map,
}

/// A block type inside a block.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NestedBlock {
    /// How many and how told apart.
    pub nesting: Nesting,
    /// The content.
    pub block: Block,
    /// At least so many.
    pub min_items: u64,
    /// At most so many; 0 is no limit.
    pub max_items: u64,
}

impl Attribute {
    fn plain(ty: Type) -> Self {
        Self {
            ty: AttributeType::Plain(ty),
            required: false,
            optional: false,
            computed: false,
            sensitive: false,
            mirrors: None,
            write_only: false,
            description: String::new(),
            deprecated: None,
        }
    }

    /// One the author must set.
    pub fn required(ty: Type) -> Self {
        Self {
            required: true,
            ..Self::plain(ty)
        }
    }

    /// One the author may set.
    pub fn optional(ty: Type) -> Self {
        Self {
            optional: true,
            ..Self::plain(ty)
        }
    }

    /// One the provider sets.
    pub fn computed(ty: Type) -> Self {
        Self {
            computed: true,
            ..Self::plain(ty)
        }
    }

    /// One the author may set and the provider sets otherwise.
    pub fn optional_computed(ty: Type) -> Self {
        Self {
            optional: true,
            computed: true,
            ..Self::plain(ty)
        }
    }

    /// The same, not to be shown.
    #[must_use]
    pub fn sensitive(self) -> Self {
        Self {
            sensitive: true,
            ..self
        }
    }

    /// The same, taking its value from the attribute of that name beside it.
    #[must_use]
    pub fn mirroring(self, name: impl Into<Str>) -> Self {
        Self {
            mirrors: Some(name.into()),
            ..self
        }
    }

    /// The same with a sentence about it.
    #[must_use]
    pub fn describe(self, description: &str) -> Self {
        Self {
            description: description.into(),
            ..self
        }
    }

    /// The type of its values.
    pub fn value_type(&self) -> Type {
        match &self.ty {
            AttributeType::Plain(ty) => ty.clone(),
            AttributeType::Nested {
                nesting,
                attributes,
            } => {
                let object = Type::object(
                    attributes
                        .iter()
                        .map(|(name, attribute)| (name.clone(), attribute.value_type())),
                );
                nesting.of(object)
            }
        }
    }
}

impl Nesting {
    fn of(self, object: Type) -> Type {
        match self {
            Self::Single | Self::Group => object,
            // As in Terraform, blocks whose types may differ from one to the next make a tuple or an object.
            Self::List if object.has_dynamic() => Type::Dynamic,
            Self::Map if object.has_dynamic() => Type::Dynamic,
            Self::List => Type::list(object),
            Self::Set => Type::set(object),
            Self::Map => Type::map(object),
        }
    }
}

impl Block {
    /// The value of a block nobody wrote: attributes null, blocks empty.
    pub fn empty(&self) -> Value {
        let attributes = self
            .attributes
            .iter()
            .map(|(name, attribute)| (name.clone(), Value::Null(attribute.value_type())));
        let blocks = self
            .blocks
            .iter()
            .map(|(name, nested)| (name.clone(), nested.empty()));
        Value::object(attributes.chain(blocks))
    }

    /// The type of values of this block: an object with every attribute and block.
    pub fn value_type(&self) -> Type {
        let attributes = self
            .attributes
            .iter()
            .map(|(name, attribute)| (name.clone(), attribute.value_type()));
        let blocks = self
            .blocks
            .iter()
            .map(|(name, nested)| (name.clone(), nested.value_type()));
        Type::object(attributes.chain(blocks))
    }

    /// Whether any attribute in it, however deep, must not be shown.
    pub fn has_sensitive(&self) -> bool {
        self.attributes.values().any(has_sensitive)
            || self
                .blocks
                .values()
                .any(|nested| nested.block.has_sensitive())
    }
}

fn has_sensitive(attribute: &Attribute) -> bool {
    attribute.sensitive
        || match &attribute.ty {
            AttributeType::Plain(_) => false,
            AttributeType::Nested { attributes, .. } => attributes.values().any(has_sensitive),
        }
}

impl NestedBlock {
    /// The value when there is no block of this type.
    pub fn empty(&self) -> Value {
        let inner = || self.block.value_type();
        match self.nesting {
            Nesting::Single => Value::Null(inner()),
            Nesting::Group => self.block.empty(),
            Nesting::List if inner().has_dynamic() => Value::tuple(Vec::new()),
            Nesting::List => Value::list(inner(), Vec::new()),
            Nesting::Set => Value::set(inner(), Vec::new()),
            Nesting::Map if inner().has_dynamic() => Value::object::<Str>([]),
            Nesting::Map => Value::map(inner(), []),
        }
    }

    /// The type of the value that all blocks of this type together make.
    pub fn value_type(&self) -> Type {
        self.nesting.of(self.block.value_type())
    }
}
