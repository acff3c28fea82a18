//! Numbers made of machine numbers and big integers, and machine numbers and big integers made of them.

use num_bigint::{BigInt, BigUint, Sign};

use super::magnitude::Magnitude;
use super::{FLOAT_PRECISION, INTEGER_PRECISION, Number, Repr};

impl Number {
    /// The number that a machine float is, at 53 bits; `None` for NaN.
    pub fn from_f64(value: f64) -> Option<Self> {
        if value.is_nan() {
            return None;
        }
        if value.is_infinite() {
            let negative = value < 0.0;
            return Some(Self(Repr::Infinity {
                negative,
                precision: FLOAT_PRECISION,
            }));
        }
        let bits = value.abs().to_bits();
        let fraction = bits & ((1 << 52) - 1);
        let (mantissa, exponent) = match i64::try_from(bits >> 52).unwrap_or(0) {
            0 => (fraction, -1074),
            biased => (fraction | (1 << 52), biased - 1075),
        };
        let size = Magnitude::new(BigUint::from(mantissa), exponent);
        Some(Self::finite(
            value.is_sign_negative(),
            size,
            FLOAT_PRECISION,
        ))
    }

    /// The number that an integer is, at the precision it needs but at least 64 bits.
    pub fn from_bigint(value: &BigInt) -> Self {
        let needed = u32::try_from(value.bits()).unwrap_or(u32::MAX);
        let size = Magnitude::new(value.magnitude().clone(), 0);
        Self::finite(
            value.sign() == Sign::Minus,
            size,
            needed.max(INTEGER_PRECISION),
        )
    }

    /// The integer it is; `None` when it is not one or does not fit.
    pub fn to_i64(&self) -> Option<i64> {
        match &self.0 {
            Repr::Int { value, .. } => Some(*value),
            Repr::NegativeZero { .. } => Some(0),
            Repr::Big(_) | Repr::Infinity { .. } => None,
        }
    }

    /// The integer it is; `None` when it is not one or does not fit.
    pub fn to_u64(&self) -> Option<u64> {
        match &self.0 {
            Repr::Int { value, .. } => u64::try_from(*value).ok(),
            Repr::NegativeZero { .. } => Some(0),
            Repr::Big(float) if !float.negative && float.size.top() <= 64 => {
                u64::try_from(float.size.to_whole()?).ok()
            }
            Repr::Big(_) | Repr::Infinity { .. } => None,
        }
    }

    /// The integer it is; `None` when it is not one or does not fit.
    pub fn to_usize(&self) -> Option<usize> {
        self.to_u64().and_then(|value| usize::try_from(value).ok())
    }

    /// The integer it is, of any size; `None` when it is not one.
    pub fn to_bigint(&self) -> Option<BigInt> {
        match &self.0 {
            Repr::Int { value, .. } => Some(BigInt::from(*value)),
            Repr::NegativeZero { .. } => Some(BigInt::ZERO),
            Repr::Infinity { .. } => None,
            Repr::Big(float) => {
                let sign = if float.negative {
                    Sign::Minus
                } else {
                    Sign::Plus
                };
                Some(BigInt::from_biguint(sign, float.size.to_whole()?))
            }
        }
    }

    /// The nearest machine float; infinite when it is too large for one.
    #[expect(
        clippy::cast_precision_loss,
        reason = "rounds to nearest even, which is what is wanted"
    )]
    pub fn to_f64(&self) -> f64 {
        let (negative, size) = match &self.0 {
            Repr::Int { value, .. } => return *value as f64,
            Repr::NegativeZero { .. } => return -0.0,
            Repr::Infinity { negative: true, .. } => return f64::NEG_INFINITY,
            Repr::Infinity {
                negative: false, ..
            } => return f64::INFINITY,
            Repr::Big(float) => (float.negative, &float.size),
        };
        let size = unsigned_f64(size);
        if negative { -size } else { size }
    }
}

impl From<i64> for Number {
    fn from(value: i64) -> Self {
        Self(Repr::Int {
            value,
            precision: INTEGER_PRECISION,
        })
    }
}

impl From<u32> for Number {
    fn from(value: u32) -> Self {
        Self::from(i64::from(value))
    }
}

impl From<u64> for Number {
    fn from(value: u64) -> Self {
        match i64::try_from(value) {
            Ok(value) => Self::from(value),
            Err(_) => Self::finite(false, Magnitude::whole(value), INTEGER_PRECISION),
        }
    }
}

impl From<usize> for Number {
    fn from(value: usize) -> Self {
        Self::from(value as u64)
    }
}

fn unsigned_f64(size: &Magnitude) -> f64 {
    let top = size.top();
    if top > 1024 {
        return f64::INFINITY;
    }
    if top < -1074 {
        return 0.0;
    }
    // Below 2^-1022 the smallest step stays 2^-1074, so there are fewer bits to keep.
    let kept = u32::try_from((top + 1074).clamp(0, 53)).unwrap_or(53);
    if kept == 0 {
        // Between nothing and the smallest float; the exact middle, one bit, goes to even, which is nothing.
        return if size.width() > 1 {
            f64::from_bits(1)
        } else {
            0.0
        };
    }
    let Some(size) = size.clone().at(kept) else {
        return 0.0;
    };
    let mantissa = u64::try_from(&size.mantissa).unwrap_or(0);
    // The mantissa is odd, so it takes the bits there are and the product is exact.
    let exponent = i32::try_from(size.exponent).unwrap_or(0);
    #[expect(clippy::cast_precision_loss, reason = "it has 53 bits at most")]
    let mantissa = mantissa as f64;
    mantissa * power_of_two(exponent)
}

fn power_of_two(exponent: i32) -> f64 {
    match u64::try_from(i64::from(exponent) + 1023) {
        Ok(biased @ 1..=2046) => f64::from_bits(biased << 52),
        Ok(biased) if biased > 2046 => f64::INFINITY,
        _ => f64::from_bits(
            1u64.checked_shl(u32::try_from(exponent + 1074).unwrap_or(64))
                .unwrap_or(0),
        ),
    }
}
