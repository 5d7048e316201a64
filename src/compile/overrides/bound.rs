//! Bounds as texts: `0.1%`, `100 rows`.

use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::compile::Bound;

/// A text that is no bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no bound: write a share of at most 100% such as `0.1%`, or a number of rows such as `100 rows`")]
pub struct BoundError;

impl FromStr for Bound {
    type Err = BoundError;

    /// Reads a bound as rule files write it, the form that [`Display`](std::fmt::Display) gives.
    ///
    /// # Example
    /// ```
    /// use rulegate::Bound;
    ///
    /// assert_eq!("0.1%".parse(), Ok(Bound::Fraction(1, 3)));
    /// assert_eq!("1_000 rows".parse(), Ok(Bound::Rows(1_000)));
    /// assert!("120%".parse::<Bound>().is_err());
    /// ```
    fn from_str(text: &str) -> Result<Self, BoundError> {
        let text = text.trim();
        if let Some(share) = text.strip_suffix('%') {
            return fraction(share.trim_end()).ok_or(BoundError);
        }
        let rows = text.strip_suffix("rows").or_else(|| text.strip_suffix("row")).ok_or(BoundError)?;
        let digits = rows.strip_suffix(' ').ok_or(BoundError)?.trim_end();
        number(digits).map(Self::Rows).ok_or(BoundError)
    }
}

/// Digits, with `_` between them as in rule files.
fn number(text: &str) -> Option<u64> {
    let plain = text.replace('_', "");
    let sound = !plain.is_empty() && plain.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('_') && !text.ends_with('_');
    sound.then(|| plain.parse().ok()).flatten()
}

/// A percentage as a share: two decimals more.
fn fraction(text: &str) -> Option<Bound> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    if text.ends_with('.') || decimals.len() > 12 || !decimals.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // Zeros at the end say nothing, and two shares that are the same must be equal.
    let decimals = decimals.trim_end_matches('0');
    let places = u32::try_from(decimals.len()).ok()?;
    let unit = 10_u64.checked_pow(places)?;
    let part = if decimals.is_empty() { 0 } else { decimals.parse::<u64>().ok()? };
    let mantissa = number(whole)?.checked_mul(unit)?.checked_add(part)?;
    (mantissa <= unit.checked_mul(100)?).then_some(Bound::Fraction(mantissa, places + 2))
}

impl Serialize for Bound {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Bound {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_that_is_shown_is_read_back() {
        for text in ["0%", "0.1%", "2%", "12.5%", "100%", "0.000001%", "0 rows", "1 row", "100 rows"] {
            assert_eq!(text.parse::<Bound>().unwrap().to_string(), text);
        }
        assert_eq!(" 1_000 rows".parse::<Bound>(), Ok(Bound::Rows(1000)));
        assert_eq!("2.50 %".parse::<Bound>(), "2.5%".parse());
    }

    #[test]
    fn other_texts_are_no_bounds() {
        for text in ["", "%", "1", "rows", "5rows", "-1%", "1.%", ".5%", "101%", "1e3%", "1 % rows", "_1 rows", "99999999999999999999 rows"]
        {
            assert_eq!(text.parse::<Bound>(), Err(BoundError), "{text}");
        }
    }
}
