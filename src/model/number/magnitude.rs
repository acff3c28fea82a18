//! Sizes of numbers: unsigned binary floating point of any width, rounded to nearest, ties to even.
//! Knows neither signs nor infinities nor text. Entry point: [`Magnitude`].

use std::cmp::Ordering;

use num_bigint::BigUint;

/// `mantissa * 2^exponent`; never zero. The mantissa is odd, so that equal sizes are equal structs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Magnitude {
    pub(super) mantissa: BigUint,
    pub(super) exponent: i64,
}

impl Magnitude {
    /// `mantissa * 2^exponent`; `None` for zero.
    pub(super) fn new(mantissa: BigUint, exponent: i64) -> Option<Self> {
        let zeros = mantissa.trailing_zeros()?;
        if zeros == 0 {
            return Some(Self { mantissa, exponent });
        }
        Some(Self {
            mantissa: mantissa >> zeros,
            exponent: exponent.saturating_add_unsigned(zeros),
        })
    }

    /// A whole number; `None` for zero.
    pub(super) fn whole(value: u64) -> Option<Self> {
        Self::new(BigUint::from(value), 0)
    }

    /// The exponent of the first power of two above it.
    pub(super) fn top(&self) -> i64 {
        self.exponent.saturating_add_unsigned(self.mantissa.bits())
    }

    /// The bits of precision it needs.
    pub(super) fn width(&self) -> u64 {
        self.mantissa.bits()
    }

    /// `mantissa * 2^exponent`, and a little more when `inexact`, rounded to `precision` bits (at least 1).
    ///
    /// An inexact mantissa must be at least two bits wider than the precision.
    pub(super) fn rounded(
        mantissa: BigUint,
        exponent: i64,
        inexact: bool,
        precision: u32,
    ) -> Option<Self> {
        let excess = mantissa.bits().saturating_sub(u64::from(precision.max(1)));
        if excess == 0 {
            return Self::new(mantissa, exponent);
        }
        let half = mantissa.bit(excess - 1);
        let below_half = inexact
            || mantissa
                .trailing_zeros()
                .is_some_and(|zeros| zeros < excess - 1);
        let odd = mantissa.bit(excess);
        let mut kept = mantissa >> excess;
        if half && (below_half || odd) {
            kept += 1u8;
        }
        Self::new(kept, exponent.saturating_add_unsigned(excess))
    }

    /// The same, at `precision` bits.
    pub(super) fn at(self, precision: u32) -> Option<Self> {
        if self.width() <= u64::from(precision) {
            return Some(self);
        }
        Self::rounded(self.mantissa, self.exponent, false, precision)
    }

    pub(super) fn add(&self, other: &Self, precision: u32) -> Option<Self> {
        let (large, small) = if self.top() >= other.top() {
            (self, other)
        } else {
            (other, self)
        };
        if let Some((mantissa, exponent)) = large.above(small, precision) {
            return Self::rounded(mantissa, exponent, true, precision);
        }
        let exponent = large.exponent.min(small.exponent);
        Self::rounded(
            large.at_exponent(exponent) + small.at_exponent(exponent),
            exponent,
            false,
            precision,
        )
    }

    /// The difference of this and a smaller one; `None` when they are equal.
    pub(super) fn sub(&self, smaller: &Self, precision: u32) -> Option<Self> {
        if let Some((mantissa, exponent)) = self.above(smaller, precision) {
            return Self::rounded(mantissa - 1u8, exponent, true, precision);
        }
        let exponent = self.exponent.min(smaller.exponent);
        Self::rounded(
            self.at_exponent(exponent) - smaller.at_exponent(exponent),
            exponent,
            false,
            precision,
        )
    }

    pub(super) fn mul(&self, other: &Self, precision: u32) -> Option<Self> {
        let exponent = self.exponent.saturating_add(other.exponent);
        Self::rounded(&self.mantissa * &other.mantissa, exponent, false, precision)
    }

    pub(super) fn div(&self, other: &Self, precision: u32) -> Option<Self> {
        let wanted = u64::from(precision) + 2 + other.width();
        let shift = wanted.saturating_sub(self.width());
        let numerator = &self.mantissa << shift;
        let quotient = &numerator / &other.mantissa;
        let inexact = &quotient * &other.mantissa != numerator;
        let exponent = self
            .exponent
            .saturating_sub(other.exponent)
            .saturating_sub_unsigned(shift);
        Self::rounded(quotient, exponent, inexact, precision)
    }

    /// The whole part; `None` when that is zero.
    pub(super) fn trunc(&self) -> Option<Self> {
        if self.exponent >= 0 {
            return Some(self.clone());
        }
        if self.top() <= 0 {
            return None;
        }
        Self::new(&self.mantissa >> self.exponent.unsigned_abs(), 0)
    }

    /// The whole number it is; `None` when it has a fraction.
    pub(super) fn to_whole(&self) -> Option<BigUint> {
        u64::try_from(self.exponent)
            .ok()
            .map(|shift| &self.mantissa << shift)
    }

    /// The mantissa for a lower (or the same) exponent.
    fn at_exponent(&self, exponent: i64) -> BigUint {
        &self.mantissa << self.exponent.saturating_sub(exponent).unsigned_abs()
    }

    /// A wide mantissa of this, with its exponent, when `small` is less than one unit of that: then the sum is the
    /// mantissa and a little more, and numbers far apart need no bits for the gap between them.
    fn above(&self, small: &Self, precision: u32) -> Option<(BigUint, i64)> {
        let shift = (u64::from(precision) + 3).saturating_sub(self.width());
        let exponent = self.exponent.saturating_sub_unsigned(shift);
        (small.top() <= exponent).then(|| (&self.mantissa << shift, exponent))
    }
}

impl Ord for Magnitude {
    fn cmp(&self, other: &Self) -> Ordering {
        self.top().cmp(&other.top()).then_with(|| {
            // The tops are equal, so the exponents differ by no more than the widths do.
            let exponent = self.exponent.min(other.exponent);
            self.at_exponent(exponent).cmp(&other.at_exponent(exponent))
        })
    }
}

impl PartialOrd for Magnitude {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
