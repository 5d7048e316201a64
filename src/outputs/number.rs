//! Numbers as JSON writes them: what a token of them is worth, exactly.

use super::Reason;
use super::cursor::{Cursor, Step, Stop};

/// A number that has been read: `± mantissa · 10^exponent` where `exact`, else what its text says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Number<'t> {
    /// As written.
    pub(super) text: &'t str,
    pub(super) negative: bool,
    /// All its digits as one integer.
    pub(super) mantissa: u64,
    pub(super) exponent: i64,
    /// Whether there are so few digits that the mantissa holds them all.
    pub(super) exact: bool,
}

/// What scaling a number to an integer gives.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Whole {
    Int(i128),
    /// Digits are left over.
    Fraction,
    /// More than 38 digits.
    Beyond,
}

/// Powers of ten that a double holds exactly.
const POWERS: [f64; 23] =
    [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22];

impl Number<'_> {
    /// The nearest double; `None` if that is infinite.
    #[inline]
    pub(super) fn float(&self) -> Option<f64> {
        let power = usize::try_from(self.exponent.unsigned_abs()).ok().and_then(|power| POWERS.get(power));
        // Both are exact, so their product or quotient is rounded once.
        if let (true, Some(power)) = (self.exact && self.mantissa < 1 << 53, power) {
            #[expect(clippy::cast_precision_loss, reason = "below 2^53")]
            let mantissa = self.mantissa as f64;
            let value = if self.exponent < 0 { mantissa / power } else { mantissa * power };
            return Some(if self.negative { -value } else { value });
        }
        self.text.parse().ok().filter(|value: &f64| value.is_finite())
    }

    /// The number times `10^scale` as an integer.
    pub(super) fn scaled(&self, scale: i32) -> Whole {
        match u32::try_from(self.exponent.saturating_add(i64::from(scale))) {
            Ok(power) if self.exact && power < 19 => {
                let value = i128::from(self.mantissa) * 10_i128.pow(power);
                Whole::Int(if self.negative { -value } else { value })
            }
            _ => self.scaled_slowly(scale),
        }
    }

    #[cold]
    fn scaled_slowly(&self, scale: i32) -> Whole {
        let (digits, _) = self.text.split_once(['e', 'E']).unwrap_or((self.text, ""));
        let digits = || digits.bytes().filter(u8::is_ascii_digit);
        let zeros = digits().rev().take_while(|digit| *digit == b'0').count();
        let skipped = digits().take_while(|digit| *digit == b'0').count();
        let count = digits().count().saturating_sub(skipped + zeros);
        if count == 0 {
            return Whole::Int(0);
        }
        // Without its trailing zeros, a number with a negative exponent has digits after the point.
        let exponent = self.exponent.saturating_add(i64::from(scale)) + i64::try_from(zeros).unwrap_or(i64::MAX >> 1);
        let Ok(power) = u32::try_from(exponent) else {
            return if exponent < 0 { Whole::Fraction } else { Whole::Beyond };
        };
        if count > 38 {
            return Whole::Beyond;
        }
        let mantissa = digits().skip(skipped).take(count).fold(0_i128, |sum, digit| sum * 10 + i128::from(digit - b'0'));
        match 10_i128.checked_pow(power).and_then(|power| mantissa.checked_mul(power)) {
            Some(value) => Whole::Int(if self.negative { -value } else { value }),
            None => Whole::Beyond,
        }
    }
}

impl<'t> Cursor<'t, '_> {
    /// Reads a number, which begins with a digit or minus.
    #[inline]
    pub(super) fn number(&mut self) -> Step<Number<'t>> {
        let start = self.at;
        let negative = self.peek() == b'-';
        self.at += usize::from(negative);
        let mut mantissa = 0_u64;
        let first = self.at;
        let whole = self.digits(&mut mantissa);
        if whole == 0 || (whole > 1 && self.text.get(first) == Some(&b'0')) {
            return Err(self.bad_number(start));
        }
        let (mut digits, mut exponent) = (whole, 0_i64);
        if self.peek() == b'.' {
            self.at += 1;
            let fraction = self.digits(&mut mantissa);
            if fraction == 0 {
                return Err(self.bad_number(start));
            }
            digits += fraction;
            exponent = -i64::try_from(fraction).unwrap_or(i64::MAX);
        }
        if matches!(self.peek(), b'e' | b'E') {
            exponent = exponent.saturating_add(self.exponent(start)?);
        }
        let text = self.source.get(start..self.at).unwrap_or_default();
        Ok(Number { text, negative, mantissa, exponent, exact: digits <= 19 })
    }

    /// Reads digits on to a number that wraps around, and counts them.
    #[inline(always)]
    fn digits(&mut self, value: &mut u64) -> usize {
        let start = self.at;
        while let Some(digit) = self.text.get(self.at).map(|byte| byte.wrapping_sub(b'0')).filter(|digit| *digit < 10) {
            *value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
            self.at += 1;
        }
        self.at - start
    }

    /// The exponent, whose letter is next; beyond what any text's digits could make up for, it is about a quintillion.
    fn exponent(&mut self, start: usize) -> Step<i64> {
        self.at += 1;
        let negative = self.peek() == b'-';
        self.at += usize::from(negative || self.peek() == b'+');
        let mut value = 0;
        while self.text.get(self.at) == Some(&b'0') {
            (value, self.at) = (1, self.at + 1);
        }
        let any = value == 1;
        value = 0;
        let digits = self.digits(&mut value);
        if digits == 0 && !any {
            return Err(self.bad_number(start));
        }
        let value = if digits > 18 { 1_000_000_000_000_000_000 } else { i64::try_from(value).unwrap_or(i64::MAX) };
        Ok(if negative { -value } else { value })
    }

    #[cold]
    fn bad_number(&mut self, start: usize) -> Stop {
        if self.at >= self.text.len() {
            // A leading zero is wrong, whatever might have followed.
            let digits = self.text.get(start..).unwrap_or_default();
            let digits = digits.strip_prefix(b"-").unwrap_or(digits);
            let leading_zero = matches!(digits, [b'0', second, ..] if second.is_ascii_digit());
            return if leading_zero { self.stop(Reason::BadNumber, start) } else { self.stop(Reason::Truncated, self.at) };
        }
        self.stop(Reason::BadNumber, start)
    }
}
