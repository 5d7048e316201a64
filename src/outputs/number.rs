//! Numbers as JSON writes them: what a token of them is worth, exactly.

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
