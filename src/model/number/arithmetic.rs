//! Arithmetic on numbers, as Terraform's operators do it. What would not be a number is `None`.

use std::cmp::Ordering;
use std::ops::Neg;

use super::magnitude::Magnitude;
use super::{Number, Repr, TEXT_PRECISION};

/// Integers below this in size divide without a remainder being lost at 64 bits of precision.
const SMALL: u64 = 1 << 31;

impl Number {
    /// The sum; `None` for infinities of opposite signs.
    pub fn checked_add(&self, other: &Self) -> Option<Self> {
        let precision = self.precision().max(other.precision());
        if let (Repr::Int { value: a, .. }, Repr::Int { value: b, .. }) = (&self.0, &other.0)
            && let Some(sum) = a.checked_add(*b)
        {
            return Some(Self::int(sum, precision));
        }
        match (self.is_infinite(), other.is_infinite()) {
            (true, true) if self.is_negative() != other.is_negative() => None,
            (true, _) => Some(self.round_to_precision(precision)),
            (_, true) => Some(other.round_to_precision(precision)),
            (false, false) => Some(self.add_finite(other, precision)),
        }
    }

    /// The difference; `None` for infinities of the same sign.
    pub fn checked_sub(&self, other: &Self) -> Option<Self> {
        self.checked_add(&-other)
    }

    /// The product; `None` for zero times an infinity. Exact up to 512 bits, whatever the operands' precision.
    pub fn checked_mul(&self, other: &Self) -> Option<Self> {
        let precision = self.precision().max(other.precision());
        if let (Repr::Int { value: a, .. }, Repr::Int { value: b, .. }) = (&self.0, &other.0)
            && let Some(product) = a.checked_mul(*b)
        {
            if product == 0 {
                return Some(Self::zero((*a < 0) != (*b < 0), precision));
            }
            let magnitude = product.unsigned_abs();
            let needed = magnitude
                .checked_shr(magnitude.trailing_zeros())
                .unwrap_or(0);
            let needed = u64::BITS - needed.leading_zeros();
            return Some(Self(Repr::Int {
                value: product,
                precision: precision.max(needed),
            }));
        }
        let negative = self.has_minus() != other.has_minus();
        if self.is_infinite() || other.is_infinite() {
            let defined = !self.is_zero() && !other.is_zero();
            return defined.then_some(Self(Repr::Infinity {
                negative,
                precision,
            }));
        }
        let product = match (self.size(), other.size()) {
            (Some(a), Some(b)) => a.mul(&b, TEXT_PRECISION),
            (None, _) | (_, None) => None,
        };
        let needed = product.as_ref().map_or(0, Magnitude::width);
        Some(Self::finite(
            negative,
            product,
            precision.max(u32::try_from(needed).unwrap_or(u32::MAX)),
        ))
    }

    /// The quotient; infinite for a division by zero, `None` for zero by zero and infinity by infinity.
    pub fn checked_div(&self, other: &Self) -> Option<Self> {
        let precision = self.precision().max(other.precision());
        if let (Repr::Int { value: a, .. }, Repr::Int { value: b, .. }) = (&self.0, &other.0)
            && a.checked_rem(*b) == Some(0)
            && let Some(quotient) = a.checked_div(*b)
        {
            return Some(match quotient {
                0 => Self::zero(*b < 0, precision),
                quotient => Self::int(quotient, precision),
            });
        }
        let negative = self.has_minus() != other.has_minus();
        let infinite = Self(Repr::Infinity {
            negative,
            precision,
        });
        match (self.is_infinite(), other.is_infinite()) {
            (true, true) => None,
            (true, false) => Some(infinite),
            (false, true) => Some(Self::zero(negative, precision)),
            (false, false) => match (self.size(), other.size()) {
                (None, None) => None,
                (Some(_), None) => Some(infinite),
                (None, Some(_)) => Some(Self::zero(negative, precision)),
                (Some(a), Some(b)) => Some(Self::finite(negative, a.div(&b, precision), precision)),
            },
        }
    }

    /// What division toward zero leaves over, at this number's own precision; the number itself for a division by
    /// zero, `None` where an infinity takes part otherwise.
    pub fn checked_rem(&self, other: &Self) -> Option<Self> {
        if other.is_zero() {
            return Some(self.clone());
        }
        if self.is_infinite() || other.is_infinite() {
            return None;
        }
        let own = self.precision();
        if let (Repr::Int { value: a, .. }, Repr::Int { value: b, .. }) = (&self.0, &other.0)
            && a.unsigned_abs() < SMALL
            && b.unsigned_abs() < SMALL
            && own >= u64::BITS
        {
            return a.checked_rem(*b).map(|rest| Self::int(rest, own));
        }
        // The quotient is rounded before its fraction is dropped, so that 0.3 % 0.1 is 0.
        let times = self.checked_div(other)?.trunc().round_to_precision(own);
        let product = match (times.size(), other.size()) {
            (Some(a), Some(b)) => a.mul(&b, own),
            (None, _) | (_, None) => None,
        };
        let product = Self::finite(times.has_minus() != other.has_minus(), product, own);
        Some(self.add_finite(&-&product, own))
    }

    /// Its distance from zero.
    #[must_use]
    pub fn abs(&self) -> Self {
        if self.has_minus() {
            -self
        } else {
            self.clone()
        }
    }

    /// The number without its fraction; an infinity stays.
    #[must_use]
    pub fn trunc(&self) -> Self {
        match &self.0 {
            Repr::Big(float) if float.size.exponent < 0 => {
                let size = float.size.trunc();
                Self::finite(float.negative && size.is_some(), size, float.precision)
            }
            Repr::NegativeZero { precision } => Self::zero(false, *precision),
            Repr::Big(_) | Repr::Int { .. } | Repr::Infinity { .. } => self.clone(),
        }
    }

    /// The greatest integer that is not greater; an infinity stays.
    #[must_use]
    pub fn floor(&self) -> Self {
        self.rounded_away(self.is_negative())
    }

    /// The least integer that is not less; an infinity stays.
    #[must_use]
    pub fn ceil(&self) -> Self {
        self.rounded_away(!self.is_negative())
    }

    /// The next integer, toward zero or away from it.
    fn rounded_away(&self, away: bool) -> Self {
        if self.is_integer() || self.is_infinite() || !away {
            return self.trunc();
        }
        let precision = self.precision();
        let one = Magnitude::whole(1);
        let size = match self.trunc().size() {
            // Exact: a number with a fraction has bits to spare for one more.
            Some(size) => one.and_then(|one| size.add(&one, precision)),
            None => one,
        };
        Self::finite(self.is_negative(), size, precision)
    }

    fn add_finite(&self, other: &Self, precision: u32) -> Self {
        let (a, b) = match (self.size(), other.size()) {
            (None, None) => return Self::zero(self.has_minus() && other.has_minus(), precision),
            (_, None) => return self.round_to_precision(precision),
            (None, Some(_)) => return other.round_to_precision(precision),
            (Some(a), Some(b)) => (a, b),
        };
        if self.is_negative() == other.is_negative() {
            return Self::finite(self.is_negative(), a.add(&b, precision), precision);
        }
        match a.cmp(&b) {
            Ordering::Equal => Self::finite(false, None, precision),
            Ordering::Greater => Self::finite(self.is_negative(), a.sub(&b, precision), precision),
            Ordering::Less => Self::finite(other.is_negative(), b.sub(&a, precision), precision),
        }
    }
}

impl Neg for &Number {
    type Output = Number;
    fn neg(self) -> Number {
        match &self.0 {
            Repr::Int {
                value: 0,
                precision,
            } => Number::zero(true, *precision),
            Repr::NegativeZero { precision } => Number::zero(false, *precision),
            Repr::Int { value, precision } => match value.checked_neg() {
                Some(value) => Number(Repr::Int {
                    value,
                    precision: *precision,
                }),
                None => Number::finite(false, self.size(), *precision),
            },
            Repr::Infinity {
                negative,
                precision,
            } => Number(Repr::Infinity {
                negative: !negative,
                precision: *precision,
            }),
            Repr::Big(float) => {
                Number::finite(!float.negative, Some(float.size.clone()), float.precision)
            }
        }
    }
}

impl Neg for Number {
    type Output = Self;
    fn neg(self) -> Self {
        -&self
    }
}
