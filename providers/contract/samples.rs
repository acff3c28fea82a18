//! Schemas and objects that the tests of this crate's checks are about.

use std::collections::BTreeMap;

use model::schema::{Attribute, Block, NestedBlock, Nesting};
use model::{Type, Value};

use crate::Violation;

/// What an object may have: something computed, required, both, and a collection.
pub(crate) fn block() -> Block {
    Block {
        attributes: BTreeMap::from([
            ("id".into(), Attribute::computed(Type::String)),
            ("name".into(), Attribute::required(Type::String)),
            ("zone".into(), Attribute::optional_computed(Type::String)),
            ("tags".into(), Attribute::optional(Type::set(Type::String))),
        ]),
        ..Block::default()
    }
}

/// An object of [`block`].
pub(crate) fn object(id: Value, name: &str, zone: Value) -> Value {
    Value::object([
        ("id", id),
        ("name", name.into()),
        ("zone", zone),
        ("tags", Value::Null(Type::set(Type::String))),
    ])
}

pub(crate) fn null() -> Value {
    Value::Null(Type::String)
}

pub(crate) fn unknown() -> Value {
    Value::unknown(Type::String)
}

pub(crate) fn texts(found: Vec<Violation>) -> Vec<String> {
    found.iter().map(ToString::to_string).collect()
}

/// A block whose one kind of nested block, `disk`, has the attributes of [`block`].
pub(crate) fn with_block(nesting: Nesting) -> Block {
    let nested = NestedBlock {
        nesting,
        block: block(),
        min_items: 0,
        max_items: 0,
    };
    Block {
        blocks: BTreeMap::from([("disk".into(), nested)]),
        ..Block::default()
    }
}
