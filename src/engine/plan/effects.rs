//! What a plan does, change by change, as digests: equal for plans that do the same to the same objects, whenever they
//! were made. What an object is to become can be compared part by part, because a later plan knows more than an earlier
//! one. Entry point: [`effects`].

use std::fmt;

use model::change::{Action, Change};
use model::{Str, Value};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::codec::{self, CodecError};

/// A keyed digest, as text in hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 32]);

/// What a plan does to one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    /// Of all of it: to which object, what, and what it is to become.
    pub whole: Digest,
    /// Of the address alone.
    pub address: Digest,
    /// Whether it is about an object that was replaced before, and not about the one that is there now.
    pub is_deposed: bool,
    /// What happens.
    pub action: Action,
    /// What the object is to become; none where nobody asked for more than `whole` says.
    pub after: Option<Shape>,
}

/// A value of which nothing is told but what it equals.
///
/// One that is neither `known` nor has `parts` is unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shape {
    /// Whether it must not be shown.
    #[serde(default, skip_serializing_if = "is_false")]
    pub is_secret: bool,
    /// Of all of it, marks apart, where nothing in it is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known: Option<Digest>,
    /// What it consists of, where it consists of anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parts: Option<Parts>,
}

/// What a value consists of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Parts {
    /// Of an object, a map, a list or a tuple: each has its place.
    Placed {
        /// Of the kind and the names of places.
        places: Digest,
        /// In the order of places.
        parts: Vec<Shape>,
    },
    /// Of a set.
    Anywhere(Vec<Shape>),
}

/// What the changes of a plan do to objects, in their order. `digest` must be keyed: what an object is to become may be a secret that
/// could be guessed. `wants` says for which of them it is asked part by part.
///
/// # Errors
/// When a value cannot be encoded, which no value of ours makes happen.
pub fn effects(
    changes: &[Change],
    digest: impl Fn(&[u8]) -> [u8; 32],
    wants: impl Fn(&Change, &Effect) -> bool,
) -> Result<Vec<Effect>, CodecError> {
    let digest = |bytes: &[u8]| Digest(digest(bytes));
    let mut found = Vec::new();
    for change in changes {
        if matches!(change.action, Action::NoOp | Action::Read) {
            continue;
        }
        let deposed = change.deposed.as_ref().map_or("", |key| key.0.as_str());
        let address = change.addr.to_string();
        let all = (&address, deposed, change.action_code(), &change.after);
        let mut effect = Effect {
            whole: digest(&codec::encode(&all)?),
            address: digest(address.as_bytes()),
            is_deposed: change.deposed.is_some(),
            action: change.action,
            after: None,
        };
        if wants(change, &effect) {
            effect.after = Some(shape(&change.after, &digest)?);
        }
        found.push(effect);
    }
    Ok(found)
}

impl Shape {
    /// As little of it as is needed to compare a later one with it: nothing of what is known in whole, but where a secret
    /// stands in it.
    #[must_use]
    pub fn folded(self) -> Self {
        let Self {
            is_secret,
            known,
            parts,
        } = self;
        let parts = parts.map(|parts| match parts {
            Parts::Placed { places, parts } => Parts::Placed {
                places,
                parts: parts.into_iter().map(Self::folded).collect(),
            },
            Parts::Anywhere(parts) => {
                Parts::Anywhere(parts.into_iter().map(Self::folded).collect())
            }
        });
        let holds_secret = parts
            .as_ref()
            .is_some_and(|parts| parts.all().iter().any(Self::holds_secret));
        match known {
            Some(_) if !holds_secret => Self {
                is_secret,
                known,
                parts: None,
            },
            _ => Self {
                is_secret,
                known: None,
                parts,
            },
        }
    }

    fn holds_secret(&self) -> bool {
        let parts = self.parts.as_ref();
        self.is_secret || parts.is_some_and(|parts| parts.all().iter().any(Self::holds_secret))
    }
}

impl Parts {
    fn all(&self) -> &[Shape] {
        match self {
            Self::Placed { parts, .. } | Self::Anywhere(parts) => parts,
        }
    }
}

/// The shape of a value.
fn shape(value: &Value, digest: &impl Fn(&[u8]) -> Digest) -> Result<Shape, CodecError> {
    let is_secret = value.marks().is_secret();
    let parts = match value.bare() {
        Value::Unknown(_) => {
            return Ok(Shape {
                is_secret,
                ..Shape::default()
            });
        }
        // Of which type a null is matters to nobody who looks at it, and is not known before its neighbours are.
        Value::Null(_) => None,
        leaf @ (Value::Bool(_) | Value::Number(_) | Value::String(_)) => {
            return Ok(Shape {
                is_secret,
                known: Some(digest(&codec::encode(leaf)?)),
                parts: None,
            });
        }
        Value::Marked(inner) => return shape(&inner.value, digest),
        Value::List(list) => Some(placed(b"list", [].iter(), &list.items, digest)?),
        Value::Tuple(items) => Some(placed(b"tuple", [].iter(), items.iter(), digest)?),
        Value::Map(map) => {
            let (names, values) = (map.entries.keys(), map.entries.values());
            Some(placed(b"map", names, values, digest)?)
        }
        Value::Object(fields) => {
            let (names, values) = (fields.keys(), fields.values());
            Some(placed(b"object", names, values, digest)?)
        }
        Value::Set(set) => {
            let parts = set.items.iter().map(|item| shape(item, digest));
            Some(Parts::Anywhere(parts.collect::<Result<_, _>>()?))
        }
    };
    Ok(Shape {
        is_secret,
        known: whole(parts.as_ref(), digest),
        parts,
    })
}

fn placed<'v>(
    kind: &[u8],
    names: impl Iterator<Item = &'v Str>,
    values: impl IntoIterator<Item = &'v Value>,
    digest: &impl Fn(&[u8]) -> Digest,
) -> Result<Parts, CodecError> {
    let names: Vec<&Str> = names.collect();
    let parts: Vec<Shape> = values
        .into_iter()
        .map(|value| shape(value, digest))
        .collect::<Result<_, _>>()?;
    let places = codec::encode(&(kind, names, parts.len()))?;
    Ok(Parts::Placed {
        places: digest(&places),
        parts,
    })
}

/// A digest of all that a value consists of; none where anything in it is unknown.
fn whole(parts: Option<&Parts>, digest: &impl Fn(&[u8]) -> Digest) -> Option<Digest> {
    let mut bytes = Vec::new();
    match parts {
        None => bytes.extend(b"null"),
        Some(Parts::Placed { places, .. }) => bytes.extend(places.0),
        Some(Parts::Anywhere(_)) => bytes.extend(b"set"),
    }
    for part in parts.map(Parts::all).unwrap_or_default() {
        bytes.extend(part.known?.0);
    }
    Some(digest(&bytes))
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes what it asks about so"
)]
fn is_false(flag: &bool) -> bool {
    !*flag
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Digest {
    fn read(text: &str) -> Option<Self> {
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        let byte = |pair: &[u8; 2]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
        let bytes: Option<Vec<u8>> = pairs.iter().map(byte).collect();
        rest.is_empty().then_some(bytes?)?.try_into().ok().map(Self)
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::read(&text).ok_or_else(|| D::Error::custom("no digest in hexadecimal digits"))
    }
}
