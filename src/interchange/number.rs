//! Bounds of numbers, as JSON has them.

use std::cmp::Ordering;

use serde_json::Number;

use super::document::Document;
use crate::compile::ir::Literal;

/// A bound of numbers, which may itself be out.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Bound {
    pub(crate) value: Number,
    pub(crate) exclusive: bool,
}

impl Bound {
    /// A whole number: beyond 64 bits the nearest float64.
    pub(crate) fn int(value: i128) -> Self {
        let number = i64::try_from(value).map(Number::from).or_else(|_| u64::try_from(value).map(Number::from));
        Self { value: number.unwrap_or_else(|_| float(value.to_string().parse().unwrap_or_default())), exclusive: false }
    }

    pub(crate) fn power_of_ten(exponent: i32) -> Self {
        match u32::try_from(exponent).ok().and_then(|exponent| 10_i128.checked_pow(exponent)) {
            Some(power) => Self::int(power),
            None => Self { value: float(format!("1e{exponent}").parse().unwrap_or_default()), exclusive: false },
        }
    }

    pub(crate) fn exclusive(&self) -> Self {
        Self { exclusive: true, ..self.clone() }
    }

    pub(crate) fn negative(&self) -> Self {
        let value = match self.value.as_i64().and_then(i64::checked_neg) {
            Some(value) => value.into(),
            None => float(-self.float()),
        };
        Self { value, ..self.clone() }
    }

    pub(crate) fn float(&self) -> f64 {
        self.value.as_f64().unwrap_or_default()
    }

    /// The whole number, if it is one of 64 bits.
    pub(crate) fn whole(&self) -> Option<i128> {
        let int = self.value.as_i64().map(i128::from).or_else(|| self.value.as_u64().map(i128::from));
        int.or_else(|| {
            let float = self.float();
            (float.fract() == 0.0 && float.abs() < 9e15).then(|| format!("{float:.0}").parse().ok()).flatten()
        })
    }

    pub(crate) fn document(&self) -> Document {
        Document::Number(self.value.clone())
    }

    /// How two values stand to each other; whole numbers exactly.
    pub(crate) fn order(&self, other: &Self) -> Ordering {
        match (self.whole(), other.whole()) {
            (Some(a), Some(b)) => a.cmp(&b),
            _ => self.float().total_cmp(&other.float()),
        }
    }
}

fn float(value: f64) -> Number {
    Number::from_f64(value).unwrap_or_else(|| 0.into())
}

/// A constant as a bound; `None` for what is no number of JSON.
pub(crate) fn bound(literal: &Literal) -> Option<Bound> {
    match literal {
        Literal::Int(value) => Some(Bound::int(*value)),
        Literal::Number(mantissa, scale, _) | Literal::Decimal(mantissa, scale) => {
            // As it is written: `0.10` and `0.1` are one number.
            let text = crate::kernels::render::decimal(*mantissa, *scale);
            match text.parse::<i128>() {
                Ok(whole) => Some(Bound::int(whole)),
                Err(_) => Some(Bound { value: Number::from_f64(text.parse().ok()?)?, exclusive: false }),
            }
        }
        Literal::Float(bits) => Some(Bound { value: Number::from_f64(f64::from_bits(*bits))?, exclusive: false }),
        _ => None,
    }
}

/// A constant as JSON.
pub(crate) fn value(literal: &Literal) -> Option<Document> {
    match literal {
        Literal::Bool(value) => Some(Document::Bool(*value)),
        Literal::Str(text) => Some(Document::String(text.clone())),
        other => bound(other).map(|bound| bound.document()),
    }
}
