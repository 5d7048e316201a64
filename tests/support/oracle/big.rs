//! Integers without limit and exact fractions: enough to compare and sum numbers without rounding.
//!
//! Slow on purpose: magnitudes are little-endian `u32` limbs, division is shift and subtract.

use std::cmp::Ordering;

/// A signed integer of any size; zero is never negative and has no limbs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Big {
    negative: bool,
    limbs: Vec<u32>,
}

impl Big {
    pub fn zero() -> Self {
        Self { negative: false, limbs: Vec::new() }
    }

    pub fn from_i128(value: i128) -> Self {
        Self::from_magnitude(value < 0, value.unsigned_abs())
    }

    fn from_magnitude(negative: bool, mut magnitude: u128) -> Self {
        let mut limbs = Vec::new();
        while magnitude > 0 {
            limbs.push((magnitude & 0xffff_ffff) as u32);
            magnitude >>= 32;
        }
        Self::trimmed(negative, limbs)
    }

    fn trimmed(negative: bool, mut limbs: Vec<u32>) -> Self {
        while limbs.last() == Some(&0) {
            limbs.pop();
        }
        Self { negative: negative && !limbs.is_empty(), limbs }
    }

    pub fn is_zero(&self) -> bool {
        self.limbs.is_empty()
    }

    pub fn is_negative(&self) -> bool {
        self.negative
    }

    pub fn negated(&self) -> Self {
        Self::trimmed(!self.negative, self.limbs.clone())
    }

    pub fn abs(&self) -> Self {
        Self::trimmed(false, self.limbs.clone())
    }

    /// `None` where the value does not fit.
    pub fn to_i128(&self) -> Option<i128> {
        if self.bits() > 127 {
            return None;
        }
        let magnitude = self.low_u128() as i128;
        Some(if self.negative { -magnitude } else { magnitude })
    }

    fn low_u128(&self) -> u128 {
        self.limbs.iter().take(4).rev().fold(0, |sum, limb| (sum << 32) | u128::from(*limb))
    }

    /// Bits of the magnitude.
    pub fn bits(&self) -> usize {
        self.limbs.last().map_or(0, |top| self.limbs.len() * 32 - top.leading_zeros() as usize)
    }

    fn bit(&self, at: usize) -> bool {
        self.limbs.get(at / 32).is_some_and(|limb| (limb >> (at % 32)) & 1 == 1)
    }

    pub fn plus(&self, other: &Self) -> Self {
        if self.negative == other.negative {
            return Self::trimmed(self.negative, add_limbs(&self.limbs, &other.limbs));
        }
        match compare_limbs(&self.limbs, &other.limbs) {
            Ordering::Less => Self::trimmed(other.negative, subtract_limbs(&other.limbs, &self.limbs)),
            _ => Self::trimmed(self.negative, subtract_limbs(&self.limbs, &other.limbs)),
        }
    }

    pub fn minus(&self, other: &Self) -> Self {
        self.plus(&other.negated())
    }

    pub fn times(&self, other: &Self) -> Self {
        let mut limbs = vec![0u32; self.limbs.len() + other.limbs.len() + 1];
        for (i, a) in self.limbs.iter().enumerate() {
            let mut carry = 0u64;
            for (j, b) in other.limbs.iter().enumerate() {
                let sum = u64::from(*a) * u64::from(*b) + u64::from(limbs[i + j]) + carry;
                limbs[i + j] = sum as u32;
                carry = sum >> 32;
            }
            // The slot above this row's products has not been written yet, so the carry fits.
            limbs[i + other.limbs.len()] = carry as u32;
        }
        Self::trimmed(self.negative != other.negative, limbs)
    }

    pub fn shifted_left(&self, bits: usize) -> Self {
        let mut limbs = vec![0u32; bits / 32];
        let mut carry = 0u64;
        for limb in &self.limbs {
            let wide = (u64::from(*limb) << (bits % 32)) | carry;
            limbs.push(wide as u32);
            carry = wide >> 32;
        }
        limbs.push(carry as u32);
        Self::trimmed(self.negative, limbs)
    }

    /// Quotient truncated towards zero, and the remainder with the sign of `self`.
    pub fn divided(&self, divisor: &Self) -> (Self, Self) {
        assert!(!divisor.is_zero(), "the caller has excluded zero");
        let mut quotient = vec![0u32; self.limbs.len()];
        let mut rest = Self::zero();
        let divisor_abs = divisor.abs();
        for at in (0..self.bits()).rev() {
            rest = rest.shifted_left(1);
            if self.bit(at) {
                rest = rest.plus(&Self::from_i128(1));
            }
            if compare_limbs(&rest.limbs, &divisor_abs.limbs) != Ordering::Less {
                rest = rest.minus(&divisor_abs);
                quotient[at / 32] |= 1 << (at % 32);
            }
        }
        let quotient = Self::trimmed(self.negative != divisor.negative, quotient);
        (quotient, Self::trimmed(self.negative, rest.limbs))
    }

    /// Quotient rounded half away from zero.
    pub fn divided_half_away(&self, divisor: &Self) -> Self {
        let (quotient, rest) = self.divided(divisor);
        let twice = rest.abs().shifted_left(1);
        if compare_limbs(&twice.limbs, &divisor.limbs) == Ordering::Less {
            return quotient;
        }
        let away = if self.negative == divisor.negative { 1 } else { -1 };
        quotient.plus(&Self::from_i128(away))
    }

    pub fn power_of_ten(exponent: u32) -> Self {
        (0..exponent).fold(Self::from_i128(1), |power, _| power.times(&Self::from_i128(10)))
    }

    pub fn compared(&self, other: &Self) -> Ordering {
        match (self.negative, other.negative) {
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
            (false, false) => compare_limbs(&self.limbs, &other.limbs),
            (true, true) => compare_limbs(&other.limbs, &self.limbs),
        }
    }
}

fn compare_limbs(a: &[u32], b: &[u32]) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| a.iter().rev().cmp(b.iter().rev()))
}

fn add_limbs(a: &[u32], b: &[u32]) -> Vec<u32> {
    let mut limbs = Vec::new();
    let mut carry = 0u64;
    for at in 0..=a.len().max(b.len()) {
        let limb = |side: &[u32]| u64::from(side.get(at).copied().unwrap_or(0));
        let sum = limb(a) + limb(b) + carry;
        limbs.push(sum as u32);
        carry = sum >> 32;
    }
    limbs
}

/// `a - b` where `a >= b`.
fn subtract_limbs(a: &[u32], b: &[u32]) -> Vec<u32> {
    let mut limbs = Vec::new();
    let mut borrow = 0i64;
    for at in 0..a.len() {
        let limb = |side: &[u32]| i64::from(side.get(at).copied().unwrap_or(0));
        let difference = limb(a) - limb(b) - borrow;
        borrow = i64::from(difference < 0);
        limbs.push((difference + (borrow << 32)) as u32);
    }
    limbs
}

/// An exact fraction; the denominator is positive. Never reduced.
#[derive(Debug, Clone)]
pub struct Ratio {
    pub numerator: Big,
    pub denominator: Big,
}

impl Ratio {
    pub fn from_i128(value: i128) -> Self {
        Self { numerator: Big::from_i128(value), denominator: Big::from_i128(1) }
    }

    pub fn from_decimal(mantissa: i128, scale: i32) -> Self {
        let power = Big::power_of_ten(scale.unsigned_abs());
        let mantissa = Big::from_i128(mantissa);
        if scale < 0 {
            return Self { numerator: mantissa.times(&power), denominator: Big::from_i128(1) };
        }
        Self { numerator: mantissa, denominator: power }
    }

    /// The exact value of a finite float.
    pub fn from_f64(value: f64) -> Self {
        Self { numerator: scaled_f64(value), denominator: Big::from_i128(1).shifted_left(1074) }
    }

    pub fn compared(&self, other: &Self) -> Ordering {
        let left = self.numerator.times(&other.denominator);
        left.compared(&other.numerator.times(&self.denominator))
    }

    /// The nearest float64, ties to even; past the largest one infinity.
    pub fn to_f64(&self) -> f64 {
        let magnitude = nearest_f64(&self.numerator.abs(), &self.denominator);
        if self.numerator.is_negative() { -magnitude } else { magnitude }
    }
}

/// A finite float times 2^1074, which is a whole number for every float64.
pub fn scaled_f64(value: f64) -> Big {
    assert!(value.is_finite(), "only finite floats are fractions");
    let bits = value.to_bits();
    let field = ((bits >> 52) & 0x7ff) as usize;
    let fraction = bits & ((1 << 52) - 1);
    let (mantissa, exponent) = if field == 0 { (fraction, 0) } else { (fraction | (1 << 52), field - 1) };
    let magnitude = Big::from_i128(i128::from(mantissa)).shifted_left(exponent);
    if value < 0.0 { magnitude.negated() } else { magnitude }
}

/// Rounds a non-negative fraction: 64 or 65 bits of quotient and whether anything was left over decide.
fn nearest_f64(numerator: &Big, denominator: &Big) -> f64 {
    if numerator.is_zero() {
        return 0.0;
    }
    let shift = 64 - (numerator.bits() as i64 - denominator.bits() as i64);
    let raised = numerator.shifted_left(shift.max(0) as usize);
    let lowered = denominator.shifted_left((-shift).max(0) as usize);
    let (quotient, rest) = raised.divided(&lowered);
    round_bits(quotient.low_u128(), shift, !rest.is_zero())
}

/// `quotient / 2^shift` (a little more where `sticky`) as the nearest float64.
fn round_bits(quotient: u128, shift: i64, sticky: bool) -> f64 {
    let bits = i64::from(128 - quotient.leading_zeros());
    let exponent = bits - 1 - shift;
    if exponent > 1023 {
        return f64::INFINITY;
    }
    // Below the smallest normal number the mantissa gets shorter.
    let precision = 53 - (-1022 - exponent).max(0);
    if precision < 0 {
        return 0.0;
    }
    let dropped = bits - precision;
    let kept = quotient >> dropped;
    let rest = quotient & ((1 << dropped) - 1);
    let half = 1u128 << (dropped - 1);
    let up = rest > half || (rest == half && (sticky || kept % 2 == 1));
    let mantissa = kept + u128::from(up);
    // The product is representable, or past the range, so this one multiplication does not round.
    mantissa as f64 * power_of_two(dropped - shift)
}

fn power_of_two(exponent: i64) -> f64 {
    if exponent >= -1022 { f64::from_bits(((exponent + 1023) as u64) << 52) } else { f64::from_bits(1 << (exponent + 1074)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fraction(numerator: i128, denominator: i128) -> f64 {
        Ratio { numerator: Big::from_i128(numerator), denominator: Big::from_i128(denominator) }.to_f64()
    }

    #[test]
    fn fractions_round_as_the_processor_does() {
        for (a, b) in [(1, 3), (2, 3), (-7, 10), (1, 1), (123_456_789, 1_000)] {
            assert_eq!(fraction(a, b), a as f64 / b as f64, "{a}/{b}");
        }
        assert_eq!(fraction((1 << 53) + 1, 1), 9_007_199_254_740_992.0);
        assert_eq!(fraction((1 << 53) + 3, 1), 9_007_199_254_740_996.0);
    }

    #[test]
    fn floats_survive_the_way_there_and_back() {
        for value in [0.1, -0.1, 5e-324, 2.2e-308, f64::MIN_POSITIVE, f64::MAX, -1.5, 1e300] {
            assert_eq!(Ratio::from_f64(value).to_f64(), value);
        }
    }

    #[test]
    fn half_of_the_smallest_float_rounds_to_even_zero() {
        let half = Ratio { numerator: Big::from_i128(1), denominator: Big::from_i128(1).shifted_left(1075) };
        assert_eq!(half.to_f64(), 0.0);
        let more = Ratio { numerator: Big::from_i128(3), denominator: Big::from_i128(1).shifted_left(1076) };
        assert_eq!(more.to_f64(), 5e-324);
    }

    #[test]
    fn division_truncates_and_rounds_half_away() {
        let big = Big::from_i128;
        assert_eq!(big(-7).divided(&big(2)), (big(-3), big(-1)));
        assert_eq!(big(-7).divided_half_away(&big(2)), big(-4));
        assert_eq!(big(5).divided_half_away(&big(3)), big(2));
        assert_eq!(big(i128::MAX).times(&big(3)).divided(&big(3)).0, big(i128::MAX));
    }
}
