//! How numbers are stored and sent by serde: exactly, precision included.

use num_bigint::BigUint;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::magnitude::Magnitude;
use super::{Number, Repr};

/// The stored form; variants may be added at the end, never moved.
#[derive(Serialize, Deserialize)]
enum Wire {
    Int {
        value: i64,
        precision: u32,
    },
    /// `mantissa * 2^exponent`, the mantissa's bytes from the lowest on.
    Float {
        negative: bool,
        mantissa: Vec<u8>,
        exponent: i64,
        precision: u32,
    },
    Infinity {
        negative: bool,
        precision: u32,
    },
    NegativeZero {
        precision: u32,
    },
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let wire = match &self.0 {
            Repr::Int { value, precision } => Wire::Int {
                value: *value,
                precision: *precision,
            },
            Repr::NegativeZero { precision } => Wire::NegativeZero {
                precision: *precision,
            },
            Repr::Infinity {
                negative,
                precision,
            } => Wire::Infinity {
                negative: *negative,
                precision: *precision,
            },
            Repr::Big(float) => Wire::Float {
                negative: float.negative,
                mantissa: float.size.mantissa.to_bytes_le(),
                exponent: float.size.exponent,
                precision: float.precision,
            },
        };
        wire.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Goes through the constructors, so that no stored text can make a number that arithmetic cannot.
        Ok(match Wire::deserialize(deserializer)? {
            Wire::Int { value, precision } => Self::int(value, precision),
            Wire::NegativeZero { precision } => Self::zero(true, precision),
            Wire::Infinity {
                negative,
                precision,
            } => Self(Repr::Infinity {
                negative,
                precision,
            }),
            Wire::Float {
                negative,
                mantissa,
                exponent,
                precision,
            } => {
                let size = Magnitude::new(BigUint::from_bytes_le(&mantissa), exponent);
                Self::finite(
                    negative,
                    size.and_then(|size| size.at(precision)),
                    precision,
                )
            }
        })
    }
}
