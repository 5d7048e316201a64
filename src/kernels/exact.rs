//! Exact sums of floats: the real sum, rounded once at the end, so that order, batching and merging cannot matter.
//!
//! A number is added into fixed-point digits that cover the whole range of float64 (and of squares of float64). Digits are
//! base 2³² in 64-bit slots, so that two thousand million additions fit before carries must be moved.
//!
//! # Source
//! R. M. Neal, "Fast exact summation using small and large superaccumulators", 2015 (the small one).

use num_bigint::{BigInt, Sign};
use serde::{Deserialize, Serialize};

const DIGIT_BITS: u32 = 32;
/// Additions between two carries: each adds less than 2³² to a slot.
const ADDITIONS: u32 = 1 << 29;

/// The exact sum of float64 numbers, or of their squares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ExactSum {
    /// Digit `i` weighs 2^(32 · (i + lowest)).
    digits: Vec<i64>,
    lowest: i32,
    pending: u32,
    nan: bool,
    positive_infinity: bool,
    negative_infinity: bool,
}

impl ExactSum {
    /// Exponents of float64 go from −1074 to 1023; squares double that; 64 bits more hold counts.
    pub(crate) fn new() -> Self {
        let lowest = -2176 / 32;
        let highest = (2112 + 64) / 32;
        let slots = usize::try_from(highest - lowest).unwrap_or(0);
        Self { digits: vec![0; slots], lowest, pending: 0, nan: false, positive_infinity: false, negative_infinity: false }
    }

    /// Adds a number.
    pub(crate) fn add(&mut self, value: f64) {
        if !value.is_finite() {
            return self.add_special(value);
        }
        let (negative, mantissa, exponent) = parts(value);
        self.add_scaled(negative, u128::from(mantissa), exponent);
    }

    /// Adds the square of a number, exactly.
    pub(crate) fn add_square(&mut self, value: f64) {
        if !value.is_finite() {
            return self.add_special(value * value);
        }
        let (_, mantissa, exponent) = parts(value);
        self.add_scaled(false, u128::from(mantissa) * u128::from(mantissa), exponent * 2);
    }

    /// Adds the product of two numbers, exactly.
    pub(crate) fn add_product(&mut self, x: f64, y: f64) {
        if !x.is_finite() || !y.is_finite() {
            return self.add_special(x * y);
        }
        let ((negative_x, mantissa_x, exponent_x), (negative_y, mantissa_y, exponent_y)) = (parts(x), parts(y));
        self.add_scaled(negative_x != negative_y, u128::from(mantissa_x) * u128::from(mantissa_y), exponent_x + exponent_y);
    }

    fn add_special(&mut self, value: f64) {
        self.nan |= value.is_nan();
        self.positive_infinity |= value == f64::INFINITY;
        self.negative_infinity |= value == f64::NEG_INFINITY;
    }

    /// Adds ± mantissa · 2^exponent; the mantissa has at most 106 bits.
    fn add_scaled(&mut self, negative: bool, mantissa: u128, exponent: i32) {
        let position = exponent - self.lowest * 32;
        let slot = usize::try_from(position / 32).unwrap_or(0);
        let shift = u32::try_from(position % 32).unwrap_or(0);
        // Up to 106 + 31 bits: the low 96 go first, so that the shift cannot lose any.
        let mut rest = mantissa;
        let mut carry: u128 = 0;
        for digit in self.digits.iter_mut().skip(slot).take(6) {
            let part = ((rest & 0xffff_ffff) << shift) + carry;
            rest >>= DIGIT_BITS;
            carry = part >> DIGIT_BITS;
            let low = i64::try_from(part & 0xffff_ffff).unwrap_or(0);
            *digit += if negative { -low } else { low };
            if rest == 0 && carry == 0 {
                break;
            }
        }
        self.pending += 1;
        if self.pending >= ADDITIONS {
            self.carry();
        }
    }

    fn carry(&mut self) {
        let mut carry = 0_i64;
        let last = self.digits.len().saturating_sub(1);
        for (index, digit) in self.digits.iter_mut().enumerate() {
            let value = *digit + carry;
            if index == last {
                *digit = value;
            } else {
                *digit = value & 0xffff_ffff;
                carry = value >> DIGIT_BITS;
            }
        }
        self.pending = 0;
    }

    /// Adds another sum.
    pub(crate) fn merge(&mut self, mut other: Self) {
        self.carry();
        other.carry();
        for (digit, more) in self.digits.iter_mut().zip(&other.digits) {
            *digit += more;
        }
        self.pending = 1;
        self.nan |= other.nan;
        self.positive_infinity |= other.positive_infinity;
        self.negative_infinity |= other.negative_infinity;
    }

    /// What infinities and NaN come to; `None` if there were none.
    fn special(&self) -> Option<f64> {
        match (self.nan, self.positive_infinity, self.negative_infinity) {
            (true, ..) | (_, true, true) => Some(f64::NAN),
            (_, true, _) => Some(f64::INFINITY),
            (.., true) => Some(f64::NEG_INFINITY),
            _ => None,
        }
    }

    /// The sum as an integer, in units of 2^(32 · lowest).
    fn integer(&self) -> BigInt {
        let mut carried = self.clone();
        carried.carry();
        carried.digits.iter().rev().fold(BigInt::from(0), |sum, digit| (sum << DIGIT_BITS) + BigInt::from(*digit))
    }

    fn unit(&self) -> i64 {
        i64::from(self.lowest) * 32
    }

    /// The sum rounded once.
    pub(crate) fn sum(&self) -> f64 {
        self.special().unwrap_or_else(|| round(&self.integer(), self.unit()))
    }

    /// The mean of `count` numbers, rounded once.
    pub(crate) fn mean(&self, count: u64) -> f64 {
        self.special().unwrap_or_else(|| round_quotient(&self.integer(), self.unit(), &BigInt::from(count)))
    }
}

/// The sample variance from Σx and Σx², rounded once: (n · Σx² − (Σx)²) / (n · (n − 1)).
pub(crate) fn variance(sum: &ExactSum, squares: &ExactSum, count: u64) -> Option<f64> {
    if count < 2 {
        return None;
    }
    if sum.special().is_some() {
        return Some(f64::NAN);
    }
    let x = sum.integer();
    // Σx² is in units of 2^u and (Σx)² in units of 2^2u.
    let lift = usize::try_from(-squares.unit()).unwrap_or(0);
    let numerator = ((squares.integer() * BigInt::from(count)) << lift) - &x * &x;
    let denominator = BigInt::from(count) * BigInt::from(count - 1);
    Some(round_quotient(&numerator, squares.unit() * 2, &denominator))
}

/// Pearson's correlation from Σx and Σx², Σy and Σy², and Σxy; `None` where a column does not vary.
pub(crate) fn correlation([x, xx]: [&ExactSum; 2], [y, yy]: [&ExactSum; 2], xy: &ExactSum, count: u64) -> Option<f64> {
    if x.special().is_some() || y.special().is_some() {
        return Some(f64::NAN);
    }
    // Sums of products are in units of 2^u and products of sums in units of 2^2u.
    let lift = usize::try_from(-xy.unit()).unwrap_or(0);
    let (sum_x, sum_y) = (x.integer(), y.integer());
    let centred = |products: &ExactSum, of: BigInt| ((products.integer() * BigInt::from(count)) << lift) - of;
    let together = centred(xy, &sum_x * &sum_y);
    let alone = centred(xx, &sum_x * &sum_x) * centred(yy, &sum_y * &sum_y);
    if alone.sign() != Sign::Plus {
        return None;
    }
    let size = round_quotient(&(&together * &together), 0, &alone).sqrt().min(1.0);
    Some(if together.sign() == Sign::Minus { -size } else { size })
}

/// As [`variance`], of integers.
pub(crate) fn integer_variance(sum: &BigInt, squares: &BigInt, count: u64) -> Option<f64> {
    if count < 2 {
        return None;
    }
    let numerator = squares * BigInt::from(count) - sum * sum;
    Some(round_quotient(&numerator, 0, &(BigInt::from(count) * BigInt::from(count - 1))))
}

/// Sign, mantissa and exponent: value = ± mantissa · 2^exponent.
fn parts(value: f64) -> (bool, u64, i32) {
    let bits = value.to_bits();
    let biased = i32::try_from((bits >> 52) & 0x7ff).unwrap_or(0);
    let fraction = bits & ((1 << 52) - 1);
    let negative = bits >> 63 == 1;
    if biased == 0 { (negative, fraction, -1074) } else { (negative, fraction | (1 << 52), biased - 1075) }
}

/// numerator · 2^exponent / denominator, rounded to the nearest float64, ties to even.
pub(crate) fn round_quotient(numerator: &BigInt, exponent: i64, denominator: &BigInt) -> f64 {
    if numerator.sign() == Sign::NoSign || denominator.sign() == Sign::NoSign {
        return 0.0;
    }
    // Enough bits that the quotient has 70 or more; what is left over only matters as "not zero".
    let wanted = 70 + denominator.bits();
    let shift = wanted.saturating_sub(numerator.bits());
    let magnitude = BigInt::from(numerator.magnitude().clone()) << shift;
    let quotient = &magnitude / denominator;
    let sticky = &magnitude % denominator != BigInt::from(0);
    let doubled = (quotient << 1_u32) + i32::from(sticky);
    let value = round(&doubled, exponent - 1 - i64::try_from(shift).unwrap_or(i64::MAX));
    if numerator.sign() == Sign::Minus { -value } else { value }
}

/// integer · 2^exponent, rounded to the nearest float64, ties to even.
fn round(integer: &BigInt, exponent: i64) -> f64 {
    let magnitude = integer.magnitude();
    let bits = i64::try_from(magnitude.bits()).unwrap_or(i64::MAX);
    if bits == 0 {
        return 0.0;
    }
    // The last bit a float64 of this size has: 53 bits below the first, and never below 2^-1074.
    let last = (bits + exponent - 53).max(-1074);
    let drop = last - exponent;
    let kept = if drop <= 0 {
        u64::try_from(magnitude << usize::try_from(-drop).unwrap_or(0)).unwrap_or(u64::MAX)
    } else {
        let drop = u64::try_from(drop).unwrap_or(0);
        let kept = u64::try_from(magnitude >> drop).unwrap_or(u64::MAX);
        let half = magnitude.bit(drop - 1);
        let beyond = magnitude.trailing_zeros().is_some_and(|zeros| zeros < drop - 1);
        if half && (beyond || kept & 1 == 1) { kept + 1 } else { kept }
    };
    #[expect(clippy::cast_precision_loss, reason = "at most 2^53, so it is exact")]
    let value = scale(kept as f64, last);
    if integer.sign() == Sign::Minus { -value } else { value }
}

/// value · 2^exponent in two steps, so that neither factor overflows; the value has few enough bits that nothing rounds.
fn scale(value: f64, exponent: i64) -> f64 {
    if exponent > 1023 {
        return f64::INFINITY;
    }
    let exponent = i32::try_from(exponent).unwrap_or(-1074);
    if exponent < -1022 { value * 2_f64.powi(-1022) * 2_f64.powi(exponent + 1022) } else { value * 2_f64.powi(exponent) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum_of(values: &[f64]) -> ExactSum {
        let mut sum = ExactSum::new();
        values.iter().for_each(|value| sum.add(*value));
        sum
    }

    #[test]
    fn cancellation_loses_nothing() {
        assert_eq!(sum_of(&[1e308, 1.0, -1e308]).sum(), 1.0);
        assert_eq!(sum_of(&[0.1; 10]).sum(), 1.0);
        assert_eq!(sum_of(&[f64::MAX, f64::MAX, -f64::MAX]).sum(), f64::MAX);
        assert_eq!(sum_of(&[5e-324, 5e-324]).sum(), 1e-323);
        assert_eq!(sum_of(&[f64::MAX, f64::MAX]).sum(), f64::INFINITY);
    }

    #[test]
    fn order_and_merging_do_not_matter() {
        let values: Vec<f64> = (0..1000_i32).map(|i| f64::from(i).sin() * 10_f64.powi(i % 40 - 20)).collect();
        let mut reversed = values.clone();
        reversed.reverse();
        let mut halves = sum_of(&values[..317]);
        halves.merge(sum_of(&values[317..]));
        assert_eq!(sum_of(&values).sum().to_bits(), sum_of(&reversed).sum().to_bits());
        assert_eq!(sum_of(&values).sum().to_bits(), halves.sum().to_bits());
    }

    #[test]
    fn variance_of_equal_values_is_zero_and_of_one_to_four_is_five_thirds() {
        let both = |values: &[f64]| {
            let mut squares = ExactSum::new();
            values.iter().for_each(|value| squares.add_square(*value));
            variance(&sum_of(values), &squares, values.len() as u64)
        };
        assert_eq!(both(&[0.1; 3]), Some(0.0));
        assert_eq!(both(&[1.0, 2.0, 3.0, 4.0]), Some(5.0 / 3.0));
        assert_eq!(both(&[1e200, -1e200]), Some(f64::INFINITY));
        assert_eq!(both(&[1.0]), None);
    }

    #[test]
    fn specials_follow_ieee() {
        assert!(sum_of(&[f64::INFINITY, f64::NEG_INFINITY]).sum().is_nan());
        assert_eq!(sum_of(&[1.0, f64::INFINITY]).sum(), f64::INFINITY);
    }
}
