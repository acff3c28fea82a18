//! Decimal text of numbers, both ways, digit for digit as Go's `math/big` reads and writes it.
//! Knows neither signs nor infinities. Entry points: [`parse`], [`Decimal`].

use num_bigint::BigUint;

use super::magnitude::Magnitude;

/// Numbers of more binary digits than this, before the point or after it, are not written out in full on the way to
/// their text.
const WRITTEN_OUT_BITS: u64 = 4096;

/// Digits of a number's text beyond these only count as "a little more".
const MAX_DIGITS: usize = 20_000;

/// Decimal exponents beyond this are outside every number's range.
const MAX_EXPONENT: i64 = 2_000_000;

/// What the digits of an unsigned number are worth.
pub(super) enum Parsed {
    Zero,
    Finite(Magnitude),
    /// Too large to be represented.
    Infinite,
}

/// Reads unsigned decimal text, `12`, `.5`, `5.`, `1.5e-7`, at `precision` bits.
///
/// `None` when it is something else, or its exponent is beyond any reason.
pub(super) fn parse(text: &str, precision: u32) -> Option<Parsed> {
    let (coefficient, exponent) = match text.split_once(['e', 'E']) {
        Some((coefficient, exponent)) => (coefficient, parse_exponent(exponent)?),
        None => (text, 0),
    };
    let (whole, fraction) = coefficient.split_once('.').unwrap_or((coefficient, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    if !whole
        .bytes()
        .chain(fraction.bytes())
        .all(|byte| byte.is_ascii_digit())
    {
        return None;
    }
    let digits: String = whole
        .chars()
        .chain(fraction.chars())
        .skip_while(|digit| *digit == '0')
        .collect();
    if digits.is_empty() {
        return Some(Parsed::Zero);
    }
    let exponent = exponent.checked_sub(i64::try_from(fraction.len()).ok()?)?;
    let magnitude = i64::try_from(digits.len()).ok()?.checked_add(exponent)?;
    if exponent.unsigned_abs() > u64::from(u32::MAX >> 1) {
        return None;
    }
    if magnitude > MAX_EXPONENT {
        return Some(Parsed::Infinite);
    }
    if magnitude < -MAX_EXPONENT {
        return Some(Parsed::Zero);
    }
    let (digits, exponent) = shortened(digits, exponent);
    let mantissa = BigUint::parse_bytes(digits.as_bytes(), 10)?;
    Some(scaled(mantissa, exponent, precision).map_or(Parsed::Zero, Parsed::Finite))
}

fn parse_exponent(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

/// Cuts digits that cannot matter, leaving a trace of them.
fn shortened(mut digits: String, exponent: i64) -> (String, i64) {
    let Some(cut) = digits.len().checked_sub(MAX_DIGITS).filter(|cut| *cut > 0) else {
        return (digits, exponent);
    };
    let more = digits.bytes().skip(MAX_DIGITS).any(|digit| digit != b'0');
    digits.truncate(MAX_DIGITS - 1);
    digits.push(if more { '1' } else { '0' });
    (
        digits,
        exponent.saturating_add(i64::try_from(cut).unwrap_or(i64::MAX)),
    )
}

/// `mantissa * 10^exponent`, with the power of five rounded to 64 more bits than are wanted: not always the nearest,
/// but always what Go gives.
fn scaled(mantissa: BigUint, exponent: i64, precision: u32) -> Option<Magnitude> {
    let value = Magnitude::new(mantissa, exponent)?;
    let power = power_of_five(exponent.unsigned_abs(), precision.saturating_add(64));
    match (exponent, power) {
        (0, _) | (_, None) => value.at(precision),
        (1.., Some(power)) => value.mul(&power, precision),
        (_, Some(power)) => value.div(&power, precision),
    }
}

fn power_of_five(exponent: u64, precision: u32) -> Option<Magnitude> {
    /// The largest power of five in 64 bits.
    const TABLE_END: u64 = 27;
    let small = u32::try_from(exponent.min(TABLE_END)).ok()?;
    let mut power = Magnitude::whole(5u64.pow(small))?;
    let mut factor = Magnitude::whole(5)?;
    let mut rest = exponent.saturating_sub(TABLE_END);
    while rest > 0 {
        if rest & 1 != 0 {
            power = power.mul(&factor, precision)?;
        }
        factor = factor.mul(&factor, precision.saturating_add(64))?;
        rest >>= 1;
    }
    Some(power)
}

/// How many digits a text shows.
#[derive(Clone, Copy)]
pub(super) enum Digits {
    /// As few as tell the number from its neighbours of the same precision.
    Shortest {
        /// That precision, in bits.
        precision: u32,
    },
    /// So many after the point.
    Decimals(usize),
    /// So many in all.
    Significant(usize),
}

/// Decimal digits of a number: `0.ddd * 10^point`, without zeros at the end.
#[derive(Clone, Debug, Default)]
pub(super) struct Decimal {
    digits: Vec<u8>,
    point: i64,
}

impl Decimal {
    /// The digits of a number, rounded half to even; none for `None`, which is zero.
    pub(super) fn new(number: Option<&Magnitude>, digits: Digits) -> Self {
        let Some(number) = number else {
            return Self::default();
        };
        let size = decimal_digits(number.top());
        match digits {
            Digits::Shortest { precision } => shortest(number, precision),
            Digits::Decimals(decimals) => {
                let decimals = i64::try_from(decimals).unwrap_or(i64::MAX);
                let limit = size.saturating_add(decimals).saturating_add(3).max(3);
                let mut decimal = Self::of(
                    &number.mantissa,
                    number.exponent,
                    usize::try_from(limit).unwrap_or(3),
                );
                let kept = decimal.point.saturating_add(decimals);
                if let Ok(kept) = usize::try_from(kept) {
                    decimal.round(kept);
                } else {
                    // Every digit is behind the last place that is shown.
                    decimal = Self::default();
                }
                decimal
            }
            Digits::Significant(count) => {
                let mut decimal =
                    Self::of(&number.mantissa, number.exponent, count.saturating_add(3));
                decimal.round(count);
                decimal
            }
        }
    }

    /// The digits of `mantissa * 2^exponent`: all of them, or at least `limit` of them and, if there are more, a `1`.
    fn of(mantissa: &BigUint, exponent: i64, limit: usize) -> Self {
        let fraction = if exponent < 0 {
            exponent.unsigned_abs()
        } else {
            0
        };
        if fraction <= WRITTEN_OUT_BITS
            && mantissa.bits().saturating_add_signed(exponent) <= WRITTEN_OUT_BITS
        {
            let (whole, scale) = if exponent < 0 {
                (mantissa * five_to(fraction), exponent)
            } else {
                (mantissa << exponent.unsigned_abs(), 0)
            };
            return Self::from_whole(&whole, scale, false);
        }
        let top = exponent.saturating_add_unsigned(mantissa.bits());
        let scale = decimal_digits(top).saturating_sub(i64::try_from(limit).unwrap_or(i64::MAX));
        // mantissa * 2^exponent / 10^scale, all powers moved to the side where they are whole.
        let two = exponent.saturating_sub(scale);
        let five = five_to(scale.unsigned_abs());
        let (mut over, mut under) = (mantissa.clone(), BigUint::from(1u8));
        if scale < 0 {
            over *= five;
        } else {
            under *= five;
        }
        if two < 0 {
            under <<= two.unsigned_abs();
        } else {
            over <<= two.unsigned_abs();
        }
        let whole = &over / &under;
        let more = &whole * &under != over;
        Self::from_whole(&whole, scale, more)
    }

    fn from_whole(whole: &BigUint, scale: i64, more: bool) -> Self {
        let mut digits = whole.to_string().into_bytes();
        let point = scale.saturating_add(i64::try_from(digits.len()).unwrap_or(i64::MAX));
        if more {
            digits.push(b'1');
        }
        let mut decimal = Self { digits, point };
        decimal.trim();
        decimal
    }

    fn digit(&self, at: i64) -> u8 {
        usize::try_from(at)
            .ok()
            .and_then(|at| self.digits.get(at))
            .copied()
            .unwrap_or(b'0')
    }

    fn trim(&mut self) {
        while self.digits.last() == Some(&b'0') {
            self.digits.pop();
        }
        if self.digits.is_empty() {
            self.point = 0;
        }
    }

    fn round(&mut self, count: usize) {
        let Some(next) = self.digits.get(count) else {
            return;
        };
        let half_exactly = *next == b'5' && self.digits.len() == count + 1;
        let up = if half_exactly {
            count
                .checked_sub(1)
                .and_then(|last| self.digits.get(last))
                .is_some_and(|last| last % 2 == 1)
        } else {
            *next >= b'5'
        };
        if up {
            self.round_up(count)
        } else {
            self.round_down(count)
        }
    }

    fn round_down(&mut self, count: usize) {
        self.digits.truncate(count);
        self.trim();
    }

    fn round_up(&mut self, count: usize) {
        self.digits.truncate(count);
        while let Some(last) = self.digits.pop() {
            if last < b'9' {
                self.digits.push(last + 1);
                return;
            }
        }
        self.digits.push(b'1');
        self.point += 1;
    }

    /// Writes it without an exponent, with so many decimals; by default as many as it has.
    pub(super) fn positional(&self, decimals: Option<usize>) -> String {
        let count = i64::try_from(self.digits.len()).unwrap_or(i64::MAX);
        let decimals = decimals
            .unwrap_or_else(|| usize::try_from(count.saturating_sub(self.point)).unwrap_or(0));
        let whole = usize::try_from(self.point).unwrap_or(0);
        let mut out = String::with_capacity(whole.max(1) + decimals + 1);
        if whole == 0 {
            out.push('0');
        }
        out.extend((0..self.point).map(|at| char::from(self.digit(at))));
        if decimals > 0 {
            out.push('.');
            let decimals = i64::try_from(decimals).unwrap_or(i64::MAX);
            out.extend(
                (0..decimals).map(|at| char::from(self.digit(self.point.saturating_add(at)))),
            );
        }
        out
    }

    /// Writes it with an exponent of at least two digits and one digit before the point; `decimals` as above.
    pub(super) fn scientific(&self, decimals: Option<usize>) -> String {
        let decimals = decimals.unwrap_or_else(|| self.digits.len().saturating_sub(1));
        let mut out = String::with_capacity(decimals + 8);
        out.push(char::from(self.digit(0)));
        if decimals > 0 {
            out.push('.');
            let decimals = i64::try_from(decimals).unwrap_or(i64::MAX);
            out.extend((1..=decimals).map(|at| char::from(self.digit(at))));
        }
        let exponent = if self.digits.is_empty() {
            0
        } else {
            self.point - 1
        };
        out.push_str(if exponent < 0 { "e-" } else { "e+" });
        out.push_str(&format!("{:02}", exponent.unsigned_abs()));
        out
    }

    /// Writes it in whichever form is shorter, as C's `%g` does; `digits` is what it was rounded to, if it was.
    pub(super) fn general(&self, digits: Option<usize>) -> String {
        let count = self.digits.len();
        let digits = digits.map(|digits| digits.max(1));
        let shown = digits.unwrap_or(count).min(count);
        let threshold = match digits {
            None => 6,
            Some(digits)
                if digits > count
                    && i64::try_from(count).is_ok_and(|count| count >= self.point) =>
            {
                count
            }
            Some(digits) => digits,
        };
        let exponent = if count == 0 { -1 } else { self.point - 1 };
        if exponent < -4 || exponent >= i64::try_from(threshold).unwrap_or(i64::MAX) {
            return self.scientific(Some(shown.saturating_sub(1)));
        }
        self.positional(None)
    }
}

fn shortest(number: &Magnitude, precision: u32) -> Decimal {
    // Make the lowest bit worth half of the number's last place, so that one less and one more are the ends of what
    // rounds to it.
    let width = u64::from(precision.max(1)) + 1;
    let shift = width.saturating_sub(number.width());
    let mantissa = &number.mantissa << shift;
    let exponent = number.exponent.saturating_sub_unsigned(shift);
    let limit = usize::try_from(decimal_digits(i64::from(precision))).unwrap_or(0) + 8;
    let inclusive = !mantissa.bit(1);
    let mut decimal = Decimal::of(&number.mantissa, number.exponent, limit);
    let lower = Decimal::of(&(&mantissa - 1u8), exponent, limit);
    let upper = Decimal::of(&(&mantissa + 1u8), exponent, limit);
    for (at, digit) in decimal.digits.iter().copied().enumerate() {
        let place = i64::try_from(at).unwrap_or(i64::MAX);
        let (low, high) = (lower.digit(place), upper.digit(place));
        let down = low != digit || inclusive && at + 1 == lower.digits.len();
        let up = digit != high && (inclusive || digit + 1 < high || at + 1 < upper.digits.len());
        match (down, up) {
            (true, true) => decimal.round(at + 1),
            (true, false) => decimal.round_down(at + 1),
            (false, true) => decimal.round_up(at + 1),
            (false, false) => continue,
        }
        break;
    }
    decimal
}

/// About how many decimal digits so many binary digits are; never more than one off for numbers in range.
fn decimal_digits(bits: i64) -> i64 {
    bits.saturating_mul(30_103).div_euclid(100_000)
}

fn five_to(exponent: u64) -> BigUint {
    BigUint::from(5u8).pow(u32::try_from(exponent).unwrap_or(u32::MAX))
}
