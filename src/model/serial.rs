//! Numbers and ids that name versions and operations of an environment.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::text::Str;

/// The version of an environment's record; rises by one with every run that changes it. 0 is an empty record.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Serial(pub u64);

/// A run: one recorded operation.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct RunId(pub u64);

/// A revision: `r42`.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct RevisionId(pub u64);

/// A plan: `p` and seven or more hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PlanId(Str);

/// Text that is no id of the wished kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {wanted}")]
pub struct IdError {
    /// The text.
    pub text: String,
    /// What it should be, with an example.
    pub wanted: &'static str,
}

impl PlanId {
    /// Makes the id from the first four bytes of a digest of the plan.
    pub fn from_digest(digest: [u8; 4]) -> Self {
        let [a, b, c, d] = digest;
        Self(format!("p{:07x}", u32::from_be_bytes([a, b, c, d]) >> 4).into())
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PlanId {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        let hex = text.strip_prefix('p').unwrap_or_default();
        if hex.len() == 7
            && hex
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        {
            return Ok(Self(text.into()));
        }
        Err(IdError {
            text: text.into(),
            wanted: "a plan id such as p7f3a91c",
        })
    }
}

impl FromStr for RevisionId {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        text.strip_prefix('r')
            .and_then(|digits| digits.parse().ok())
            .map(Self)
            .ok_or_else(|| IdError {
                text: text.into(),
                wanted: "a revision such as r42",
            })
    }
}

impl fmt::Display for PlanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for RevisionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "r{}", self.0)
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl fmt::Display for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plan_ids_read_back() {
        let id = PlanId::from_digest([0x7f, 0x3a, 0x91, 0xc0]);
        assert_eq!(id.to_string(), "p7f3a91c");
        assert_eq!(id.to_string().parse(), Ok(id));
        assert!("p7f3a9".parse::<PlanId>().is_err());
        assert_eq!("r42".parse(), Ok(RevisionId(42)));
    }
}
