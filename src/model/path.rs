//! Paths into a value: `tags["Name"]`, `ingress[2].cidr`.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::text::Str;
use crate::value::Value;

/// One step into a value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum PathStep {
    /// An attribute of an object.
    Attribute(Str),
    /// An element of a list or tuple, by its index from 0.
    Index(u64),
    /// An element of a map, by its key.
    Key(Str),
    /// An element of a set, which has no other name than itself.
    Element(Value),
}

/// Steps from a value's top to a place in it; empty is the value itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Path(pub Vec<PathStep>);

impl Path {
    /// The value itself.
    pub fn root() -> Self {
        Self::default()
    }

    /// This path and one step more.
    #[must_use]
    pub fn with(&self, step: PathStep) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }

    /// This path and an attribute step more.
    #[must_use]
    pub fn attribute(&self, name: impl Into<Str>) -> Self {
        self.with(PathStep::Attribute(name.into()))
    }

    /// Whether `other` is this path or leads below it.
    pub fn is_prefix_of(&self, other: &Self) -> bool {
        other.0.starts_with(&self.0)
    }

    /// Whether it has no steps.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }
}

/// Writes it as an expression would: `.a[0]["k"]` without the leading dot.
impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            match step {
                PathStep::Attribute(name) if position == 0 => f.write_str(name)?,
                PathStep::Attribute(name) => write!(f, ".{name}")?,
                PathStep::Index(index) => write!(f, "[{index}]")?,
                PathStep::Key(key) => write!(f, "[{key:?}]")?,
                PathStep::Element(_) => f.write_str("[*]")?,
            }
        }
        Ok(())
    }
}
