//! Numbers of the language: binary floating point with a precision of its own in every number, as Go's
//! `math/big.Float` has it and Terraform therefore shows it. Entry point: [`Number`].

mod arithmetic;
mod decimal;
mod machine;
mod magnitude;
mod wire;

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use decimal::{Decimal, Digits, Parsed};
use magnitude::Magnitude;

/// The precision of literals and of numbers read from text, in bits.
pub const TEXT_PRECISION: u32 = 512;

/// The precision of a number made from a machine integer, in bits.
pub const INTEGER_PRECISION: u32 = 64;

/// The precision of a number made from a machine float, in bits.
pub const FLOAT_PRECISION: u32 = 53;

/// Numbers of 2 to this power and more are infinite, and those closer to 0 than its reciprocal are 0. Go allows far
/// larger ones, whose text would not fit a disk.
const MAX_TOP: i64 = 1 << 22;

/// The most decimals or digits that are written on request.
const MAX_SHOWN: usize = 1_000_000;

/// A number: a binary fraction of any size, or an infinity, with a precision in bits.
///
/// The result of an operation has the precision of its more precise operand and is rounded to nearest, ties to even.
/// Equality, order and hash look at the value alone. There is no NaN. Zero has a sign, which only its text and the sign of
/// what is divided by it show.
#[derive(Clone)]
pub struct Number(Repr);

/// Every value has one representation: `Int` if it fits, `Big` otherwise.
#[derive(Clone)]
enum Repr {
    Int { value: i64, precision: u32 },
    NegativeZero { precision: u32 },
    Big(Arc<Float>),
    Infinity { negative: bool, precision: u32 },
}

struct Float {
    negative: bool,
    size: Magnitude,
    precision: u32,
}

impl Number {
    /// Zero, at the precision of literals.
    pub const ZERO: Self = Self(Repr::Int {
        value: 0,
        precision: TEXT_PRECISION,
    });

    /// One, at the precision of literals.
    pub const ONE: Self = Self(Repr::Int {
        value: 1,
        precision: TEXT_PRECISION,
    });

    /// Positive infinity.
    pub const INFINITY: Self = Self(Repr::Infinity {
        negative: false,
        precision: FLOAT_PRECISION,
    });

    /// Negative infinity.
    pub const NEGATIVE_INFINITY: Self = Self(Repr::Infinity {
        negative: true,
        precision: FLOAT_PRECISION,
    });

    /// Reads text as the conversion of a string to a number does, at 512 bits: `+1`, `.5`, `5.`, `01`, `1e3`, `inf`.
    ///
    /// `None` for anything else, such as spaces, hexadecimal digits, underscores or the empty string.
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        // Eighteen digits always fit.
        if (1..=18).contains(&unsigned.len()) && unsigned.bytes().all(|byte| byte.is_ascii_digit())
        {
            let value: i64 = unsigned.parse().ok()?;
            if value == 0 {
                return Some(Self::zero(negative, TEXT_PRECISION));
            }
            let value = if negative { -value } else { value };
            return Some(Self(Repr::Int {
                value,
                precision: TEXT_PRECISION,
            }));
        }
        if matches!(unsigned, "inf" | "Inf") {
            return Some(Self(Repr::Infinity {
                negative,
                precision: TEXT_PRECISION,
            }));
        }
        Some(match decimal::parse(unsigned, TEXT_PRECISION)? {
            Parsed::Zero => Self::zero(negative, TEXT_PRECISION),
            Parsed::Finite(size) => Self::finite(negative, Some(size), TEXT_PRECISION),
            Parsed::Infinite => Self(Repr::Infinity {
                negative,
                precision: TEXT_PRECISION,
            }),
        })
    }

    /// Reads a number literal of the language at 512 bits: digits, maybe a fraction, maybe an exponent; no sign.
    ///
    /// `None` for anything else.
    pub fn literal(text: &str) -> Option<Self> {
        let coefficient = text.split(['e', 'E']).next().unwrap_or_default();
        let edge = |digit: Option<u8>| digit.is_some_and(|digit| digit.is_ascii_digit());
        if edge(coefficient.bytes().next()) && edge(coefficient.bytes().last()) {
            Self::parse(text)
        } else {
            None
        }
    }

    /// Its precision, in bits.
    pub fn precision(&self) -> u32 {
        match &self.0 {
            Repr::Int { precision, .. }
            | Repr::NegativeZero { precision }
            | Repr::Infinity { precision, .. } => *precision,
            Repr::Big(float) => float.precision,
        }
    }

    /// The same number at another precision, rounded if it needs more.
    #[must_use]
    pub fn round_to_precision(&self, bits: u32) -> Self {
        match &self.0 {
            Repr::Int { value, .. } => Self::int(*value, bits),
            Repr::NegativeZero { .. } => Self::zero(true, bits),
            Repr::Infinity { negative, .. } => Self(Repr::Infinity {
                negative: *negative,
                precision: bits,
            }),
            Repr::Big(float) => Self::finite(float.negative, float.size.clone().at(bits), bits),
        }
    }

    /// Whether it has no fraction; an infinity is not an integer.
    pub fn is_integer(&self) -> bool {
        match &self.0 {
            Repr::Int { .. } | Repr::NegativeZero { .. } => true,
            Repr::Infinity { .. } => false,
            Repr::Big(float) => float.size.exponent >= 0,
        }
    }

    /// Whether it is one of the infinities.
    pub fn is_infinite(&self) -> bool {
        matches!(self.0, Repr::Infinity { .. })
    }

    /// Whether it is less than zero.
    pub fn is_negative(&self) -> bool {
        match &self.0 {
            Repr::Int { value, .. } => *value < 0,
            Repr::NegativeZero { .. } => false,
            Repr::Infinity { negative, .. } => *negative,
            Repr::Big(float) => float.negative,
        }
    }

    /// Whether its text starts with a minus: it is less than zero, or a zero with that sign.
    pub fn has_minus(&self) -> bool {
        matches!(self.0, Repr::NegativeZero { .. }) || self.is_negative()
    }

    /// Whether it is zero, of either sign.
    pub fn is_zero(&self) -> bool {
        matches!(
            self.0,
            Repr::Int { value: 0, .. } | Repr::NegativeZero { .. }
        )
    }

    /// -1, 0 or 1.
    pub fn signum(&self) -> i32 {
        if self.is_zero() {
            0
        } else if self.is_negative() {
            -1
        } else {
            1
        }
    }

    /// Text without an exponent with so many decimals, half to even; `None` is as many as tell the number apart.
    /// No more than a million are written.
    pub fn text_fixed(&self, decimals: Option<usize>) -> String {
        let decimals = decimals.map(|count| count.min(MAX_SHOWN));
        let digits = decimals.map_or(self.shortest(), Digits::Decimals);
        self.text(digits, |decimal| decimal.positional(decimals))
    }

    /// Text with an exponent, `1.5e+06`, with so many decimals, half to even; `None` is as many as tell the number
    /// apart. No more than a million are written.
    pub fn text_exponent(&self, decimals: Option<usize>) -> String {
        let decimals = decimals.map(|count| count.min(MAX_SHOWN));
        let digits = decimals.map_or(self.shortest(), |count| Digits::Significant(count + 1));
        self.text(digits, |decimal| decimal.scientific(decimals))
    }

    /// Text of so many digits, with an exponent if that is very small or very large, as C's `%g`; `None` is as many
    /// digits as tell the number apart. No more than a million are written.
    pub fn text_general(&self, digits: Option<usize>) -> String {
        let count = digits.map(|count| count.clamp(1, MAX_SHOWN));
        let digits = count.map_or(self.shortest(), Digits::Significant);
        self.text(digits, |decimal| decimal.general(count))
    }

    /// Text that is the same for equal numbers, whatever their precision, and for no others. For keys, not for people.
    pub(crate) fn exact_text(&self) -> String {
        match &self.0 {
            Repr::Int { value, .. } => value.to_string(),
            Repr::NegativeZero { .. } => "0".into(),
            Repr::Infinity { .. } => self.to_string(),
            Repr::Big(float) => {
                let sign = if float.negative { "-" } else { "" };
                format!("{sign}{:x}p{}", float.size.mantissa, float.size.exponent)
            }
        }
    }

    fn shortest(&self) -> Digits {
        Digits::Shortest {
            precision: self.precision(),
        }
    }

    fn text(&self, digits: Digits, write: impl FnOnce(&Decimal) -> String) -> String {
        let unsigned = match &self.0 {
            Repr::Infinity { negative, .. } => {
                return if *negative { "-Inf" } else { "+Inf" }.into();
            }
            Repr::Int { value, .. } => write(&Decimal::new(
                Magnitude::whole(value.unsigned_abs()).as_ref(),
                digits,
            )),
            Repr::NegativeZero { .. } => write(&Decimal::new(None, digits)),
            Repr::Big(float) => write(&Decimal::new(Some(&float.size), digits)),
        };
        if self.has_minus() {
            format!("-{unsigned}")
        } else {
            unsigned
        }
    }

    fn int(value: i64, precision: u32) -> Self {
        let bits = i64::BITS - value.unsigned_abs().leading_zeros();
        if bits <= precision {
            return Self(Repr::Int { value, precision });
        }
        let size = Magnitude::whole(value.unsigned_abs()).and_then(|size| size.at(precision));
        Self::finite(value < 0, size, precision)
    }

    fn zero(negative: bool, precision: u32) -> Self {
        Self(if negative {
            Repr::NegativeZero { precision }
        } else {
            Repr::Int {
                value: 0,
                precision,
            }
        })
    }

    /// Makes a number of a size that needs no more than `precision` bits; `None` is zero.
    fn finite(negative: bool, size: Option<Magnitude>, precision: u32) -> Self {
        let Some(size) = size.filter(|size| size.top() >= -MAX_TOP) else {
            return Self::zero(negative, precision);
        };
        if size.top() > MAX_TOP {
            return Self(Repr::Infinity {
                negative,
                precision,
            });
        }
        let whole = if size.exponent >= 0 && size.top() <= 64 {
            size.to_whole()
        } else {
            None
        };
        let value = whole.and_then(|whole| {
            let whole = i128::try_from(whole).ok()?;
            i64::try_from(if negative { -whole } else { whole }).ok()
        });
        match value {
            Some(value) => Self(Repr::Int { value, precision }),
            None => Self(Repr::Big(Arc::new(Float {
                negative,
                size,
                precision,
            }))),
        }
    }

    /// The size of a finite number; `None` for zero and the infinities.
    fn size(&self) -> Option<Magnitude> {
        match &self.0 {
            Repr::Int { value, .. } => Magnitude::whole(value.unsigned_abs()),
            Repr::NegativeZero { .. } | Repr::Infinity { .. } => None,
            Repr::Big(float) => Some(float.size.clone()),
        }
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        if let (Repr::Int { value: a, .. }, Repr::Int { value: b, .. }) = (&self.0, &other.0) {
            return a.cmp(b);
        }
        let by_sign = self.signum().cmp(&other.signum());
        by_sign.then_with(|| {
            let size = match (self.is_infinite(), other.is_infinite()) {
                (false, false) => self.size().cmp(&other.size()),
                (a, b) => a.cmp(&b),
            };
            if self.is_negative() {
                size.reverse()
            } else {
                size
            }
        })
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Repr::Int { value: a, .. }, Repr::Int { value: b, .. }) => a == b,
            (Repr::Infinity { negative: a, .. }, Repr::Infinity { negative: b, .. }) => a == b,
            (Repr::Big(a), Repr::Big(b)) => a.negative == b.negative && a.size == b.size,
            (Repr::NegativeZero { .. }, _) | (_, Repr::NegativeZero { .. }) => {
                self.is_zero() && other.is_zero()
            }
            (Repr::Int { .. } | Repr::Infinity { .. } | Repr::Big(_), _) => false,
        }
    }
}

impl Eq for Number {}

impl Hash for Number {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match &self.0 {
            Repr::Int { value, .. } => (0u8, value).hash(state),
            Repr::NegativeZero { .. } => (0u8, 0i64).hash(state),
            Repr::Infinity { negative, .. } => (1u8, negative).hash(state),
            Repr::Big(float) => (2u8, float.negative, &float.size).hash(state),
        }
    }
}

/// Writes it without an exponent, with as few digits as tell it from its neighbours at its own precision.
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            // Digits are only left out where the neighbours are more than 1 apart.
            Repr::Int { value, precision }
                if precision >= u64::BITS - value.unsigned_abs().leading_zeros() =>
            {
                write!(f, "{value}")
            }
            Repr::Int { .. } | Repr::NegativeZero { .. } | Repr::Big(_) | Repr::Infinity { .. } => {
                f.write_str(&self.text_fixed(None))
            }
        }
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}@{}", self.precision())
    }
}

#[cfg(test)]
mod tests {
    use num_bigint::BigInt;

    use super::*;

    fn number(text: &str) -> Number {
        Number::parse(text).unwrap()
    }

    fn float(value: f64) -> Number {
        Number::from_f64(value).unwrap()
    }

    #[test]
    fn a_number_takes_sixteen_bytes() {
        assert_eq!(size_of::<Number>(), 16);
    }

    #[test]
    fn text_is_read_as_terraform_converts_strings() {
        for (text, value) in [
            ("+1", "1"),
            (".5", "0.5"),
            ("5.", "5"),
            ("01", "1"),
            ("1e3", "1000"),
            ("-1", "-1"),
            ("1E+3", "1000"),
            ("1.e3", "1000"),
            ("-.5e-3", "-0.0005"),
            ("inf", "+Inf"),
            ("-Inf", "-Inf"),
            ("0e9999999999", "0"),
            ("-0", "-0"),
            ("1e1000000000", "+Inf"),
            ("1e-1000000000", "0"),
        ] {
            assert_eq!(number(text).to_string(), value, "{text}");
        }
        for text in [
            "",
            " 1",
            "1 ",
            "0x1",
            "1_0",
            ".",
            "e",
            "1e",
            "1e+",
            "--1",
            "+-1",
            "infinity",
            "INF",
            "nan",
            "1e3000000000",
            "1e99999999999999999999",
            "1.2.3",
            "1e2e3",
            "1e2.5",
            "١",
        ] {
            assert_eq!(Number::parse(text), None, "{text}");
        }
    }

    #[test]
    fn literals_have_no_sign_and_no_bare_point() {
        assert_eq!(Number::literal("1.5e-7").unwrap().to_string(), "0.00000015");
        for text in ["+1", "-1", ".5", "5.", "inf", "5.e1", ""] {
            assert_eq!(Number::literal(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_of_512_bits_print_as_many_digits_as_tell_them_apart() {
        let third = number("1").checked_div(&number("3")).unwrap();
        let text = third.to_string();
        assert_eq!(text.len(), "0.".len() + 155);
        assert!(text.ends_with("335"));
        assert_eq!(third.checked_mul(&number("3")), Some(number("1")));
        assert_eq!(
            number("0.1").checked_add(&number("0.2")),
            Some(number("0.3"))
        );
        assert_eq!(number("0.3").checked_rem(&number("0.1")), Some(number("0")));
        assert_eq!(number("1e21").to_string(), "1000000000000000000000");
        assert_eq!(number("1e-7").to_string(), "0.0000001");
    }

    #[test]
    fn precision_belongs_to_the_number() {
        let root = float(2f64.sqrt());
        assert_eq!(root.to_string(), "1.4142135623730951");
        let wide = root.checked_add(&number("0")).unwrap();
        assert_eq!(
            wide.to_string(),
            "1.4142135623730951454746218587388284504413604736328125"
        );
        assert_eq!(root, wide);
        let power = float(2f64.powi(100));
        assert_eq!(power.to_string(), "1267650600228229400000000000000");
        assert_eq!(power, number("1267650600228229401496703205376"));
        assert_eq!(float(2f64.powi(60)).to_string(), "1152921504606847000");
        assert_eq!(Number::from(1i64 << 60).to_string(), "1152921504606846976");
    }

    #[test]
    fn products_keep_every_bit_up_to_512() {
        let product = float(2f64.sqrt()).checked_mul(&float(2f64.sqrt())).unwrap();
        assert_eq!(product.precision(), 106);
        let big = Number::from(i64::MAX)
            .checked_mul(&Number::from(i64::MAX))
            .unwrap();
        assert_eq!(big.to_string(), "85070591730234615847396907784232501249");
        assert_eq!(
            Number::from(i64::MAX)
                .checked_add(&Number::from(1i64))
                .unwrap()
                .to_string(),
            "9223372036854775808"
        );
    }

    #[test]
    fn infinities_follow_go() {
        let (one, zero, inf) = (Number::ONE, Number::ZERO, Number::INFINITY);
        assert_eq!(one.checked_div(&zero), Some(inf.clone()));
        assert_eq!((-&one).checked_div(&zero), Some(Number::NEGATIVE_INFINITY));
        assert_eq!(zero.checked_div(&zero), None);
        assert_eq!(inf.checked_div(&inf), None);
        assert_eq!(inf.checked_sub(&inf), None);
        assert_eq!(inf.checked_mul(&zero), None);
        assert_eq!(one.checked_div(&inf), Some(zero.clone()));
        assert_eq!(one.checked_rem(&zero), Some(one.clone()));
        assert_eq!(inf.checked_rem(&one), None);
        let minus = -&zero;
        assert_eq!((minus.to_string().as_str(), &minus), ("-0", &zero));
        assert_eq!(one.checked_div(&minus), Some(Number::NEGATIVE_INFINITY));
        let texts = [
            zero.checked_mul(&-&one),
            zero.checked_div(&-&one),
            minus.checked_add(&minus),
            minus.checked_add(&zero),
            zero.checked_sub(&zero),
            zero.checked_rem(&-&one),
            Number::parse("-0.0"),
            Some(minus.abs()),
            Some(number("-0.5").ceil()),
        ]
        .map(|number| number.unwrap().to_string());
        assert_eq!(texts, ["-0", "-0", "-0", "0", "0", "0", "-0", "0", "0"]);
        assert!(Number::NEGATIVE_INFINITY < zero && number("1e400000") < inf);
    }

    #[test]
    fn remainders_have_the_sign_of_the_dividend() {
        for (a, b, rest) in [
            ("7", "3", "1"),
            ("-7", "3", "-1"),
            ("7", "-3", "1"),
            ("7.5", "2", "1.5"),
        ] {
            assert_eq!(
                number(a).checked_rem(&number(b)),
                Some(number(rest)),
                "{a} % {b}"
            );
        }
    }

    #[test]
    fn rounding_to_integers() {
        for (text, floor, ceil, trunc) in [
            ("1.5", 1, 2, 1),
            ("-1.5", -2, -1, -1),
            ("0.2", 0, 1, 0),
            ("-0.2", -1, 0, 0),
            ("3", 3, 3, 3),
        ] {
            let value = number(text);
            assert_eq!(value.floor().to_i64(), Some(floor), "{text}");
            assert_eq!(value.ceil().to_i64(), Some(ceil), "{text}");
            assert_eq!(value.trunc().to_i64(), Some(trunc), "{text}");
        }
    }

    #[test]
    fn machine_numbers_convert_only_exactly() {
        assert_eq!(number("18446744073709551615").to_u64(), Some(u64::MAX));
        assert_eq!(number("18446744073709551616").to_u64(), None);
        assert_eq!(number("-9223372036854775808").to_i64(), Some(i64::MIN));
        assert_eq!((-Number::from(i64::MIN)).to_string(), "9223372036854775808");
        assert_eq!(number("-9223372036854775809").to_i64(), None);
        assert_eq!(number("1.5").to_i64(), None);
        assert_eq!(number("-1").to_u64(), None);
        assert_eq!(Number::from(u64::MAX).to_string(), "18446744073709551615");
        let digits = "123456789012345678901234567890";
        let big: BigInt = digits.parse().unwrap();
        assert_eq!(number(digits).to_bigint(), Some(big.clone()));
        assert_eq!(Number::from_bigint(&-big), number(&format!("-{digits}")));
    }

    #[test]
    fn machine_floats_are_the_nearest() {
        for value in [
            0.1,
            1.0,
            1e308,
            5e-324,
            2.2250738585072014e-308,
            2.225073858507201e-308,
            123456.789,
            -1e-310,
        ] {
            assert_eq!(float(value).to_f64(), value);
            assert_eq!(number(&format!("{value}")).to_f64(), value);
        }
        assert_eq!(number("1e309").to_f64(), f64::INFINITY);
        assert_eq!(number("-1e-400").to_f64(), 0.0);
        assert_eq!(number("2.4703282292062327e-324").to_f64(), 0.0);
        assert_eq!(number("2.4703282292062328e-324").to_f64(), 5e-324);
        assert_eq!(number("9007199254740993").to_f64(), 9007199254740992.0);
        assert_eq!(Number::from_f64(f64::NAN), None);
    }

    #[test]
    fn texts_of_the_format_verbs() {
        assert_eq!(number("1234.5678").text_fixed(Some(2)), "1234.57");
        assert_eq!(number("2.5").text_fixed(Some(0)), "2");
        assert_eq!(number("0.0004").text_fixed(Some(2)), "0.00");
        assert_eq!(number("0.007").text_fixed(Some(2)), "0.01");
        assert_eq!(number("0").text_exponent(Some(3)), "0.000e+00");
        assert_eq!(number("1234.5678").text_exponent(Some(2)), "1.23e+03");
        assert_eq!(number("1234.5678").text_exponent(None), "1.2345678e+03");
        assert_eq!(number("1e21").text_general(None), "1e+21");
        assert_eq!(number("100000").text_general(None), "100000");
        assert_eq!(number("1000000").text_general(None), "1e+06");
        assert_eq!(number("0.0001").text_general(None), "0.0001");
        assert_eq!(number("0.00001").text_general(None), "1e-05");
        assert_eq!(
            number("12345678901234").text_general(Some(10)),
            "1.23456789e+13"
        );
        assert_eq!(number("0").text_general(Some(10)), "0");
        assert_eq!(number("1e5").text_general(Some(10)), "100000");
    }

    #[test]
    fn order_and_hash_ignore_precision() {
        use std::collections::HashSet;
        let set: HashSet<Number> = [
            number("1"),
            Number::from(1i64),
            float(1.0),
            number("1.5"),
            float(1.5),
        ]
        .into();
        assert_eq!(set.len(), 2);
        let mut numbers = [
            "2", "-1", "1e30", "-1e30", "0.5", "-0.5", "0", "inf", "-inf",
        ]
        .map(number);
        numbers.sort();
        let texts: Vec<String> = numbers
            .iter()
            .map(|number| number.text_general(None))
            .collect();
        assert_eq!(
            texts,
            [
                "-Inf", "-1e+30", "-1", "-0.5", "0", "0.5", "2", "1e+30", "+Inf"
            ]
        );
    }

    #[test]
    fn stored_numbers_come_back_with_their_precision() {
        for value in [
            number("1"),
            Number::from(-5i64),
            number("0.1"),
            float(0.1),
            Number::INFINITY,
            number("-1e99"),
        ] {
            let text = serde_json::to_string(&value).unwrap();
            let back: Number = serde_json::from_str(&text).unwrap();
            assert_eq!(
                (back.precision(), &back),
                (value.precision(), &value),
                "{text}"
            );
        }
    }

    #[test]
    fn numbers_far_apart_do_not_fill_the_gap_between_them() {
        let sum = number("1e900000")
            .checked_add(&number("1e-900000"))
            .unwrap();
        assert_eq!(sum, number("1e900000"));
        assert_eq!(number("1e-90000").text_general(Some(3)), "1e-90000");
        assert_eq!(number("1e90000").to_string().len(), 90_001);
        let below = number("1").checked_sub(&number("1e-900000")).unwrap();
        assert_eq!(below, number("1"));
        assert!(number(&"9".repeat(100_000)).to_string().starts_with("1000"));
    }

    /// Each line: what was asked, two numbers, and the text of Terraform's answer.
    #[test]
    fn results_are_those_terraform_gave() {
        for line in include_str!("number/measured.txt").lines() {
            let parts: Vec<&str> = line.split(' ').collect();
            let [asked, a, b, answer] = parts[..] else {
                panic!("{line}")
            };
            let wire = |text: &str| float(text.parse().unwrap());
            let text = |result: Option<Number>| result.unwrap().to_string();
            let got = match asked {
                "add" => text(number(a).checked_add(&number(b))),
                "sub" => text(number(a).checked_sub(&number(b))),
                "mul" => text(number(a).checked_mul(&number(b))),
                "div" => text(number(a).checked_div(&number(b))),
                "rem" => text(number(a).checked_rem(&number(b))),
                "text" => text(Some(number(a))),
                "float" => text(Some(wire(a))),
                "float_add" => text(wire(a).checked_add(&wire(b))),
                "float_mul" => text(wire(a).checked_mul(&wire(b))),
                "float_general" => wire(a).text_general(None),
                "exponent" => number(a).text_exponent(Some(5)),
                "general" => number(a).text_general(Some(10)),
                "fixed" => number(a).text_fixed(Some(3)),
                "floor_of_quotient" => text(number(a).checked_div(&number(b)).map(|n| n.floor())),
                "ceil_of_quotient" => text((-number(a)).checked_div(&number(b)).map(|n| n.ceil())),
                "less" => (number(a) < number(b)).to_string(),
                _ => panic!("{line}"),
            };
            assert_eq!(got, answer, "{line}");
        }
    }
}
