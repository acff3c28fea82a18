//! Logarithm and power of 64-bit floats, bit for bit what Terraform's builds for 64-bit x86 give: the machine's own
//! functions round some results the other way, and every digit of a number shows.
//!
//! The logarithm is computed as in FreeBSD's `e_log.c`, the exponential by Shibata's method ("Efficient evaluation methods
//! of elementary functions suitable for SIMD computation", 2010), the power by repeated squaring.

#![expect(
    clippy::excessive_precision,
    reason = "the constants stand as they were published"
)]

/// The exponential of anything larger is infinite.
const MOST_EXPONENT: f64 = 709.782_712_893_384;

/// The natural logarithm: NaN below 0, minus infinity of 0.
pub(super) fn ln(x: f64) -> f64 {
    const LN2_HIGH: f64 = 6.931_471_803_691_238_164_90e-01;
    const LN2_LOW: f64 = 1.908_214_929_270_587_700_02e-10;
    const ODD: [f64; 4] = [
        6.666_666_666_666_735_130e-01,
        2.857_142_874_366_239_149e-01,
        1.818_357_216_161_805_012e-01,
        1.479_819_860_511_658_591e-01,
    ];
    const EVEN: [f64; 3] = [
        3.999_999_999_940_941_908e-01,
        2.222_219_843_214_978_396e-01,
        1.531_383_769_920_937_332e-01,
    ];
    if x.is_nan() || x == f64::INFINITY {
        return x;
    }
    if x < 0.0 {
        return f64::NAN;
    }
    if x == 0.0 {
        return f64::NEG_INFINITY;
    }
    let (mut fraction, mut exponent) = split(x);
    if fraction < std::f64::consts::FRAC_1_SQRT_2 {
        fraction *= 2.0;
        exponent -= 1;
    }
    let f = fraction - 1.0;
    let k = f64::from(exponent);
    let s = f / (2.0 + f);
    let s2 = s * s;
    let s4 = s2 * s2;
    let odd = s2 * polynomial(&ODD, s4);
    let even = s4 * polynomial(&EVEN, s4);
    let r = odd + even;
    let half_square = 0.5 * f * f;
    k * LN2_HIGH - ((half_square - (s * (half_square + r) + k * LN2_LOW)) - f)
}

fn polynomial(coefficients: &[f64], x: f64) -> f64 {
    let mut terms = coefficients.iter().rev();
    let last = terms.next().copied().unwrap_or(0.0);
    terms.fold(last, |sum, coefficient| coefficient + x * sum)
}

/// `x` to the power of `y`: NaN for a negative `x` and a fraction `y`.
pub(super) fn pow(x: f64, y: f64) -> f64 {
    if let Some(value) = special_power(x, y) {
        return value;
    }
    let mut whole = y.abs().trunc();
    let mut fraction = y.abs() - whole;
    if fraction != 0.0 && x < 0.0 {
        return f64::NAN;
    }
    if whole >= 9_223_372_036_854_775_808.0 {
        return if x == -1.0 {
            1.0
        } else if (x.abs() < 1.0) == (y > 0.0) {
            0.0
        } else {
            f64::INFINITY
        };
    }
    let mut mantissa = 1.0;
    let mut exponent = 0_i64;
    if fraction != 0.0 {
        if fraction > 0.5 {
            fraction -= 1.0;
            whole += 1.0;
        }
        mantissa = exp(fraction * ln(x));
    }
    let (mut square, square_exponent) = split(x);
    let mut square_exponent = i64::from(square_exponent);
    let mut bits = whole as u64;
    while bits != 0 {
        if square_exponent.abs() > 1 << 12 {
            // It will be infinite or 0, whatever the rest.
            exponent += square_exponent;
            break;
        }
        if bits & 1 == 1 {
            mantissa *= square;
            exponent += square_exponent;
        }
        square *= square;
        square_exponent *= 2;
        if square < 0.5 {
            square += square;
            square_exponent -= 1;
        }
        bits >>= 1;
    }
    if y < 0.0 {
        mantissa = 1.0 / mantissa;
        exponent = -exponent;
    }
    scale(mantissa, exponent)
}

fn special_power(x: f64, y: f64) -> Option<f64> {
    let odd = y.trunc() == y && y.abs() < 9_007_199_254_740_992.0 && y % 2.0 != 0.0;
    Some(match (x, y) {
        _ if y == 0.0 || x == 1.0 => 1.0,
        _ if y == 1.0 => x,
        _ if x.is_nan() || y.is_nan() => f64::NAN,
        _ if x == 0.0 && y < 0.0 => {
            if x.is_sign_negative() && odd {
                f64::NEG_INFINITY
            } else {
                f64::INFINITY
            }
        }
        _ if x == 0.0 => {
            if odd {
                x
            } else {
                0.0
            }
        }
        _ if y.is_infinite() && x == -1.0 => 1.0,
        _ if y.is_infinite() => {
            if (x.abs() < 1.0) == (y > 0.0) {
                0.0
            } else {
                f64::INFINITY
            }
        }
        _ if x == f64::NEG_INFINITY && y < 0.0 => {
            if odd {
                -0.0
            } else {
                0.0
            }
        }
        _ if x == f64::NEG_INFINITY => {
            if odd {
                x
            } else {
                f64::INFINITY
            }
        }
        _ if x == f64::INFINITY => {
            if y < 0.0 {
                0.0
            } else {
                x
            }
        }
        _ if y == 0.5 => x.sqrt(),
        _ if y == -0.5 => 1.0 / x.sqrt(),
        _ => return None,
    })
}

/// The exponential of `x`, which is between -1,000 and 1,000.
fn exp(x: f64) -> f64 {
    const LN2_HIGH: f64 = 0.693_147_180_559_662_956_511_601_805_686_950_683_593_75;
    const LN2_LOW: f64 = 0.282_352_905_630_315_771_225_884_481_750_134_360_255_254_120_68e-12;
    /// Of the Taylor series, from the fourth term on.
    const TERMS: [f64; 6] = [
        1.666_666_666_666_666_666_7e-1,
        4.166_666_666_666_666_666_7e-2,
        8.333_333_333_333_333_333_3e-3,
        1.388_888_888_888_888_888_9e-3,
        1.984_126_984_126_984_127_0e-4,
        2.480_158_730_158_730_158_7e-5,
    ];
    if x > MOST_EXPONENT {
        return f64::INFINITY;
    }
    let exponent = (x * std::f64::consts::LOG2_E).round_ties_even();
    let rest = (-LN2_LOW).mul_add(exponent, (-LN2_HIGH).mul_add(exponent, x)) * 0.0625;
    let series = TERMS
        .iter()
        .rev()
        .copied()
        .reduce(|sum, term| sum.mul_add(rest, term))
        .unwrap_or(0.0);
    let series = series.mul_add(rest, 0.5).mul_add(rest, 1.0);
    let mut value = rest * series;
    // Of the rest over 16, so squared four times: (1 + v)^2 - 1 = v (v + 2).
    for _ in 0..3 {
        value *= value + 2.0;
    }
    let value = value.mul_add(value + 2.0, 1.0);
    scale(value, exponent as i64)
}

/// A fraction of at least a half and below 1, and the power of two that it is to be multiplied with.
fn split(x: f64) -> (f64, i32) {
    const EXPONENT: u64 = 0x7ff << 52;
    if x == 0.0 || !x.is_finite() {
        return (x, 0);
    }
    if x.is_subnormal() {
        let (fraction, exponent) = split(x * (1_u64 << 52) as f64);
        return (fraction, exponent - 52);
    }
    let biased = (x.to_bits() & EXPONENT) >> 52;
    let fraction = f64::from_bits(x.to_bits() & !EXPONENT | 1022 << 52);
    (fraction, i32::try_from(biased).unwrap_or(0) - 1022)
}

/// `x` times a power of two, rounded once.
fn scale(x: f64, power: i64) -> f64 {
    let (fraction, exponent) = split(x);
    if x == 0.0 || !x.is_finite() {
        return x;
    }
    let exponent = i64::from(exponent) + power;
    let two_to = |power: i64| f64::from_bits(u64::try_from(power + 1023).unwrap_or(0) << 52);
    if exponent > 1024 {
        f64::INFINITY.copysign(x)
    } else if exponent > -1021 {
        fraction * 2.0 * two_to(exponent - 1)
    } else if exponent >= -1074 {
        fraction * two_to(exponent + 52) * two_to(-52)
    } else {
        0.0_f64.copysign(x)
    }
}
