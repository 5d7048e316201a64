//! Numbers of any kind, one at a time: exact comparison and the arithmetic of the language.
//!
//! # Source
//! Comparison is of the real numbers, never rounded through float; ties between an integer and a float are as in
//! IEEE 754-2019 §5.11 with the integer taken as exact. Decimals follow `docs/decisions/0003`.

use std::cmp::Ordering;

use num_bigint::BigInt;

use super::vector::{Values, Vector};

/// Smallest integer of the language, −2⁶³.
pub(crate) const INT_MIN: i128 = i64::MIN as i128;
/// Largest integer of the language, 2⁶⁴−1.
pub(crate) const INT_MAX: i128 = u64::MAX as i128;
/// Decimals have at most 38 digits.
pub(crate) const DECIMAL_MAX: i128 = 99_999_999_999_999_999_999_999_999_999_999_999_999;

/// A number of any kind.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Num {
    /// An integer.
    Int(i128),
    /// A float.
    Float(f64),
    /// A mantissa and its number of decimals (0 to 38).
    Decimal(i128, i32),
}

/// Reads the numbers of a vector row by row.
#[derive(Clone, Copy)]
pub(crate) struct NumReader<'a>(&'a Vector);

impl Vector {
    /// Reads numbers of any kind; NaN where the vector holds none.
    #[must_use]
    pub(crate) fn numbers(&self) -> NumReader<'_> {
        NumReader(self)
    }
}

impl NumReader<'_> {
    /// The number of a row.
    #[inline]
    #[must_use]
    pub(crate) fn at(&self, row: usize) -> Num {
        match &self.0.values {
            Values::Int(_) => Num::Int(self.0.ints().at(row)),
            Values::Decimal(_, scale) => Num::Decimal(self.0.ints().at(row), *scale),
            Values::Float(_) => Num::Float(self.0.floats().at(row)),
            _ => Num::Float(f64::NAN),
        }
    }
}

/// 10ⁿ for 0 ≤ n ≤ 38.
#[must_use]
pub(crate) fn power_of_ten(exponent: i32) -> Option<i128> {
    10_i128.checked_pow(u32::try_from(exponent).ok()?)
}

/// An integer if it is in the language's range.
#[must_use]
pub(crate) fn int_in_range(value: i128) -> Option<i128> {
    (INT_MIN..=INT_MAX).contains(&value).then_some(value)
}

fn decimal_in_range(mantissa: i128) -> Option<i128> {
    (-DECIMAL_MAX..=DECIMAL_MAX).contains(&mantissa).then_some(mantissa)
}

impl Num {
    /// The nearest float64.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "rounding to the nearest float64 is what this does")]
    pub(crate) fn to_f64(self) -> f64 {
        match self {
            Self::Int(value) => value as f64,
            Self::Float(value) => value,
            Self::Decimal(mantissa, 0) => mantissa as f64,
            // Through text, which rounds once; dividing two rounded floats would round three times.
            Self::Decimal(mantissa, scale) => format!("{mantissa}e-{scale}").parse().unwrap_or(f64::NAN),
        }
    }

    /// Orders two numbers by their exact values; `None` if one is NaN.
    #[must_use]
    pub(crate) fn compare(self, other: Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => Some(a.cmp(&b)),
            (Self::Float(a), Self::Float(b)) => a.partial_cmp(&b),
            (Self::Int(a), Self::Float(b)) => int_with_float(a, b),
            (Self::Float(a), Self::Int(b)) => int_with_float(b, a).map(Ordering::reverse),
            (Self::Decimal(m, s), Self::Decimal(n, t)) => Some(decimals(m, s, n, t)),
            (Self::Decimal(m, s), Self::Int(b)) => Some(decimals(m, s, b, 0)),
            (Self::Int(a), Self::Decimal(n, t)) => Some(decimals(a, 0, n, t)),
            (Self::Decimal(m, s), Self::Float(b)) => decimal_with_float(m, s, b),
            (Self::Float(a), Self::Decimal(n, t)) => decimal_with_float(n, t, a).map(Ordering::reverse),
        }
    }

    fn scale(self) -> i32 {
        if let Self::Decimal(_, scale) = self { scale } else { 0 }
    }

    fn mantissa_at(self, scale: i32) -> Option<i128> {
        let (mantissa, own) = match self {
            Self::Int(value) => (value, 0),
            Self::Decimal(mantissa, own) => (mantissa, own),
            Self::Float(_) => return None,
        };
        mantissa.checked_mul(power_of_ten(scale - own)?)
    }

    /// What kind of arithmetic two operands need.
    fn with(self, other: Self) -> Kind {
        match (self, other) {
            (Self::Float(_), _) | (_, Self::Float(_)) => Kind::Float(self.to_f64(), other.to_f64()),
            (Self::Int(a), Self::Int(b)) => Kind::Int(a, b),
            _ => Kind::Decimal,
        }
    }

    /// `a + b`; `None` where it overflows.
    #[must_use]
    pub(crate) fn add(self, other: Self) -> Option<Self> {
        match self.with(other) {
            Kind::Float(a, b) => Some(Self::Float(a + b)),
            Kind::Int(a, b) => int_in_range(a.checked_add(b)?).map(Self::Int),
            Kind::Decimal => self.aligned(other, i128::checked_add, |a, b| a + b),
        }
    }

    /// `a - b`; `None` where it overflows.
    #[must_use]
    pub(crate) fn sub(self, other: Self) -> Option<Self> {
        match self.with(other) {
            Kind::Float(a, b) => Some(Self::Float(a - b)),
            Kind::Int(a, b) => int_in_range(a.checked_sub(b)?).map(Self::Int),
            Kind::Decimal => self.aligned(other, i128::checked_sub, |a, b| a - b),
        }
    }

    /// The mantissa at a scale no smaller than its own, however large.
    fn wide(self, scale: i32) -> BigInt {
        let (mantissa, own) = match self {
            Self::Int(value) => (value, 0),
            Self::Decimal(mantissa, own) => (mantissa, own),
            Self::Float(_) => (0, scale),
        };
        BigInt::from(mantissa) * BigInt::from(10).pow(u32::try_from(scale - own).unwrap_or(0))
    }

    /// An operator at the larger scale: only the result must fit, not what is met on the way.
    fn aligned(self, other: Self, operation: fn(i128, i128) -> Option<i128>, wide: fn(BigInt, BigInt) -> BigInt) -> Option<Self> {
        let scale = self.scale().max(other.scale());
        let narrow = self.mantissa_at(scale).zip(other.mantissa_at(scale)).and_then(|(a, b)| operation(a, b));
        let mantissa = match narrow {
            Some(mantissa) => mantissa,
            None => i128::try_from(wide(self.wide(scale), other.wide(scale))).ok()?,
        };
        decimal_in_range(mantissa).map(|mantissa| Self::Decimal(mantissa, scale))
    }

    /// `a * b`; `None` where it overflows.
    #[must_use]
    pub(crate) fn mul(self, other: Self) -> Option<Self> {
        match self.with(other) {
            Kind::Float(a, b) => Some(Self::Float(a * b)),
            Kind::Int(a, b) => int_in_range(a.checked_mul(b)?).map(Self::Int),
            Kind::Decimal => {
                let (s, t) = (self.scale(), other.scale());
                let mantissa = self.mantissa_at(s)?.checked_mul(other.mantissa_at(t)?)?;
                (s + t <= 38).then_some(())?;
                decimal_in_range(mantissa).map(|mantissa| Self::Decimal(mantissa, s + t))
            }
        }
    }

    /// `a / b`: float64, but decimals stay decimal at scale max(s, t, 6), rounded half away from zero; `None` for a divisor of zero.
    #[must_use]
    pub(crate) fn div(self, other: Self) -> Option<Self> {
        if other.is_zero() {
            return None;
        }
        match self.with(other) {
            Kind::Float(a, b) => Some(Self::Float(a / b)),
            Kind::Int(..) => Some(Self::Float(self.to_f64() / other.to_f64())),
            Kind::Decimal => {
                let (s, t) = (self.scale(), other.scale());
                let scale = s.max(t).max(6);
                // (m / 10^s) / (n / 10^t) at `scale` decimals is m · 10^(scale − s + t) / n.
                let numerator = self.wide(scale + t);
                let divisor = other.wide(t);
                let (quotient, rest) = (&numerator / &divisor, &numerator % &divisor);
                let half = rest.magnitude() * 2_u32 >= *divisor.magnitude();
                let away = if (numerator < BigInt::ZERO) == (divisor < BigInt::ZERO) { 1 } else { -1 };
                let rounded = i128::try_from(if half { quotient + away } else { quotient }).ok()?;
                decimal_in_range(rounded).map(|mantissa| Self::Decimal(mantissa, scale))
            }
        }
    }

    /// `a div b`: the truncated quotient; `None` for a divisor of zero.
    #[must_use]
    pub(crate) fn int_div(self, other: Self) -> Option<Self> {
        if other.is_zero() {
            return None;
        }
        match self.with(other) {
            Kind::Float(a, b) => Some(Self::Float((a / b).trunc())),
            Kind::Int(a, b) => int_in_range(a.checked_div(b)?).map(Self::Int),
            Kind::Decimal => {
                let scale = self.scale().max(other.scale());
                let quotient = self.wide(scale) / other.wide(scale);
                decimal_in_range(i128::try_from(quotient).ok()?).map(|mantissa| Self::Decimal(mantissa, 0))
            }
        }
    }

    /// `a mod b`: the remainder, with the sign of `a`; `None` for a divisor of zero.
    #[must_use]
    pub(crate) fn modulo(self, other: Self) -> Option<Self> {
        if other.is_zero() {
            return None;
        }
        match self.with(other) {
            Kind::Float(a, b) => Some(Self::Float(a % b)),
            Kind::Int(a, b) => a.checked_rem(b).map(Self::Int),
            Kind::Decimal => self.aligned(other, i128::checked_rem, |a, b| a % b),
        }
    }

    /// `-a`; `None` where it overflows.
    #[must_use]
    pub(crate) fn negate(self) -> Option<Self> {
        match self {
            Self::Int(value) => int_in_range(-value).map(Self::Int),
            Self::Float(value) => Some(Self::Float(-value)),
            Self::Decimal(mantissa, scale) => Some(Self::Decimal(-mantissa, scale)),
        }
    }

    /// `|a|`; `None` where it overflows.
    #[must_use]
    pub(crate) fn abs(self) -> Option<Self> {
        match self {
            Self::Int(value) => int_in_range(value.abs()).map(Self::Int),
            Self::Float(value) => Some(Self::Float(value.abs())),
            Self::Decimal(mantissa, scale) => Some(Self::Decimal(mantissa.abs(), scale)),
        }
    }

    fn is_zero(self) -> bool {
        match self {
            Self::Int(value) | Self::Decimal(value, _) => value == 0,
            Self::Float(value) => value == 0.0,
        }
    }
}

enum Kind {
    Int(i128, i128),
    Float(f64, f64),
    Decimal,
}

#[expect(clippy::cast_possible_truncation, reason = "the range was checked, and integral floats convert exactly")]
fn int_with_float(int: i128, float: f64) -> Option<Ordering> {
    const LIMIT: f64 = 1.7e38;
    if float.is_nan() {
        return None;
    }
    if float.abs() >= LIMIT {
        return Some(if float > 0.0 { Ordering::Less } else { Ordering::Greater });
    }
    let whole = float.trunc();
    let order = int.cmp(&(whole as i128));
    Some(order.then_with(|| 0.0_f64.partial_cmp(&(float - whole)).unwrap_or(Ordering::Equal)))
}

fn decimals(m: i128, s: i32, n: i128, t: i32) -> Ordering {
    if s == t {
        return m.cmp(&n);
    }
    let split = |mantissa: i128, scale: i32| {
        let unit = power_of_ten(scale).unwrap_or(i128::MAX);
        (mantissa.div_euclid(unit), mantissa.rem_euclid(unit))
    };
    let ((whole_m, rest_m), (whole_n, rest_n)) = (split(m, s), split(n, t));
    let scale = s.max(t);
    // A rest is below 10^own, so at the common scale it is below 10^38.
    let lift = |rest: i128, own: i32| rest.saturating_mul(power_of_ten(scale - own).unwrap_or(1));
    whole_m.cmp(&whole_n).then_with(|| lift(rest_m, s).cmp(&lift(rest_n, t)))
}

fn decimal_with_float(mantissa: i128, scale: i32, float: f64) -> Option<Ordering> {
    if float.is_nan() {
        return None;
    }
    let near = Num::Decimal(mantissa, scale).to_f64();
    if (near - float).abs() > near.abs() * 1e-12 || float.is_infinite() {
        return near.partial_cmp(&float);
    }
    Some(exact_decimal_with_float(mantissa, scale, float))
}

/// Compares through the float's exact decimal expansion, which never has more than 1074 decimals.
fn exact_decimal_with_float(mantissa: i128, scale: i32, float: f64) -> Ordering {
    let text = format!("{:.1074}", float.abs());
    let (whole, decimals) = text.split_once('.').unwrap_or((&text, ""));
    let (kept, rest) = decimals.split_at(usize::try_from(scale).unwrap_or(0).min(decimals.len()));
    let Ok(truncated) = format!("{whole}{kept}").parse::<i128>() else {
        return if float > 0.0 { Ordering::Less } else { Ordering::Greater };
    };
    let beyond = rest.bytes().any(|digit| digit != b'0');
    let (truncated, beyond) = if float < 0.0 { (-truncated, beyond) } else { (truncated, beyond) };
    mantissa.cmp(&truncated).then(match (beyond, float < 0.0) {
        (false, _) => Ordering::Equal,
        (true, false) => Ordering::Less,
        (true, true) => Ordering::Greater,
    })
}

/// Parses a number as written in rules and data: an integer where there is neither point nor exponent, else a decimal if it
/// has at most 38 digits.
#[must_use]
pub(crate) fn parse_decimal(text: &str) -> Option<(i128, i32)> {
    let (digits, exponent) = match text.split_once(['e', 'E']) {
        Some((digits, exponent)) => (digits, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
    let mantissa = format!("{whole}{decimals}").parse::<i128>().ok()?;
    let scale = i32::try_from(decimals.len()).ok()?.checked_sub(exponent)?;
    if scale >= 0 {
        return (scale <= 38 && decimal_in_range(mantissa).is_some()).then_some((mantissa, scale));
    }
    decimal_in_range(mantissa.checked_mul(power_of_ten(-scale)?)?).map(|mantissa| (mantissa, 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_beyond_two_to_the_53_compare_exactly_with_floats() {
        let int = Num::Int(9_007_199_254_740_993);
        assert_eq!(int.compare(Num::Float(9_007_199_254_740_992.0)), Some(Ordering::Greater));
        assert_eq!(Num::Int(i128::from(u64::MAX)).compare(Num::Float(18_446_744_073_709_551_616.0)), Some(Ordering::Less));
        assert_eq!(Num::Int(-1).compare(Num::Float(-0.5)), Some(Ordering::Less));
        assert_eq!(Num::Int(0).compare(Num::Float(f64::NAN)), None);
    }

    #[test]
    fn one_tenth_as_decimal_is_below_one_tenth_as_float() {
        // The float64 nearest to 0.1 is 0.1000000000000000055…
        assert_eq!(Num::Decimal(1, 1).compare(Num::Float(0.1)), Some(Ordering::Less));
        assert_eq!(Num::Decimal(-1, 1).compare(Num::Float(-0.1)), Some(Ordering::Greater));
        assert_eq!(Num::Decimal(5, 1).compare(Num::Float(0.5)), Some(Ordering::Equal));
    }

    #[test]
    fn overflow_and_zero_divisors_have_no_result() {
        assert_eq!(Num::Int(INT_MAX).add(Num::Int(1)), None);
        assert_eq!(Num::Float(1.0).div(Num::Float(0.0)), None);
        assert_eq!(Num::Int(1).modulo(Num::Int(0)), None);
        assert_eq!(Num::Decimal(DECIMAL_MAX, 0).mul(Num::Int(10)), None);
    }

    #[test]
    fn decimals_divide_half_away_from_zero() {
        assert_eq!(Num::Decimal(-1, 0).div(Num::Decimal(3, 0)), Some(Num::Decimal(-333_333, 6)));
        assert_eq!(Num::Decimal(2, 0).div(Num::Decimal(3, 0)), Some(Num::Decimal(666_667, 6)));
    }
}
