//! Value sets in the form that tests want: a hash set of the subject's own kind.

use ahash::HashSet;

use crate::compile::ir::Literal;
use crate::kernels::number::{Num, parse_decimal};
use crate::kernels::time::DAY;
use crate::kernels::{Values, Vector};
use crate::types::Type;

/// A set prepared for subjects of one type.
#[derive(Debug)]
pub(crate) enum PreparedSet {
    Strings(HashSet<Box<str>>),
    /// Integers, days, nanoseconds.
    Ints(HashSet<i128>),
    /// Bits of floats; −0 is 0, and NaN is in no set.
    Floats(HashSet<u64>),
    /// Decimals without trailing zeros.
    Decimals(HashSet<(i128, i32)>),
    Bools {
        yes: bool,
        no: bool,
    },
}

impl PreparedSet {
    /// Prepares values for a subject; values that no subject of the type can equal are left out.
    pub(crate) fn new(values: &[Literal], subject: &Type) -> Self {
        match subject {
            Type::String => Self::Strings(
                values.iter().filter_map(|value| if let Literal::Str(text) = value { Some(text.as_str().into()) } else { None }).collect(),
            ),
            Type::Bool => Self::Bools { yes: values.contains(&Literal::Bool(true)), no: values.contains(&Literal::Bool(false)) },
            Type::Float => Self::Floats(values.iter().filter_map(float_key).collect()),
            Type::Decimal => Self::Decimals(values.iter().filter_map(decimal_key).collect()),
            _ => Self::Ints(values.iter().filter_map(|value| int_key(value, subject)).collect()),
        }
    }

    /// Whether the value of a live row is in the set.
    pub(crate) fn contains(&self, vector: &Vector, row: usize) -> bool {
        match self {
            Self::Strings(_) => self.contains_text(vector.strings().at(row)),
            Self::Ints(_) => self.contains_int(vector.ints().at(row)),
            Self::Floats(_) => self.contains_float(vector.floats().at(row)),
            Self::Decimals(_) => {
                let scale = if let Values::Decimal(_, scale) = vector.values { scale } else { 0 };
                self.contains_decimal(vector.ints().at(row), scale)
            }
            Self::Bools { .. } => self.contains_bool(vector.bools().at(row)),
        }
    }

    /// Whether a text is in a set of texts.
    #[inline]
    pub(crate) fn contains_text(&self, text: &str) -> bool {
        matches!(self, Self::Strings(set) if set.contains(text))
    }

    /// Whether an integer, days or nanoseconds are in a set of such.
    #[inline]
    pub(crate) fn contains_int(&self, value: i128) -> bool {
        matches!(self, Self::Ints(set) if set.contains(&value))
    }

    /// Whether a float is in a set of floats.
    #[inline]
    pub(crate) fn contains_float(&self, value: f64) -> bool {
        matches!(self, Self::Floats(set) if set.contains(&float_bits(value)))
    }

    /// Whether a decimal is in a set of decimals.
    pub(crate) fn contains_decimal(&self, mantissa: i128, scale: i32) -> bool {
        matches!(self, Self::Decimals(set) if set.contains(&plain(mantissa, scale)))
    }

    /// Whether a truth value is in a set of such.
    #[inline]
    pub(crate) fn contains_bool(&self, value: bool) -> bool {
        match self {
            Self::Bools { yes, no } => (value && *yes) || (!value && *no),
            _ => false,
        }
    }
}

/// The bits of a float as a key: −0 is 0; the key of NaN is that of no value in a set.
pub(crate) fn float_bits(value: f64) -> u64 {
    if value == 0.0 { 0 } else { value.to_bits() }
}

fn number(value: &Literal) -> Option<Num> {
    Some(match value {
        Literal::Int(value) => Num::Int(*value),
        Literal::Number(mantissa, scale, _) | Literal::Decimal(mantissa, scale) => Num::Decimal(*mantissa, *scale),
        Literal::Float(bits) => Num::Float(f64::from_bits(*bits)),
        _ => return None,
    })
}

/// A literal with a point equals the float nearest to it; an integer only the float that is exactly it.
fn float_key(value: &Literal) -> Option<u64> {
    match value {
        Literal::Number(_, _, bits) | Literal::Float(bits) => Some(f64::from_bits(*bits)).filter(|float| !float.is_nan()).map(float_bits),
        value => {
            let exact = number(value)?;
            let near = exact.to_f64();
            (exact.compare(Num::Float(near)) == Some(std::cmp::Ordering::Equal)).then(|| float_bits(near))
        }
    }
}

fn decimal_key(value: &Literal) -> Option<(i128, i32)> {
    match number(value)? {
        Num::Int(value) => Some(plain(value, 0)),
        Num::Decimal(mantissa, scale) => Some(plain(mantissa, scale)),
        Num::Float(value) => parse_decimal(&format!("{value:e}")).map(|(mantissa, scale)| plain(mantissa, scale)),
    }
}

fn int_key(value: &Literal, subject: &Type) -> Option<i128> {
    match (value, subject) {
        (Literal::Date(days), Type::Timestamp | Type::LocalTimestamp) => days.checked_mul(DAY),
        (
            Literal::Date(value)
            | Literal::Time(value)
            | Literal::Timestamp(value)
            | Literal::LocalTimestamp(value)
            | Literal::Duration(value),
            _,
        ) => Some(*value),
        (Literal::Int(value), _) => Some(*value),
        // Beside an integer a literal with a point is the nearest float64; one that is whole equals that integer.
        #[expect(clippy::cast_possible_truncation, reason = "whole and within range, so exact")]
        (Literal::Number(_, _, bits) | Literal::Float(bits), Type::Int) => {
            let float = f64::from_bits(*bits);
            (float.fract() == 0.0 && float.abs() < 1e30).then_some(float as i128)
        }
        _ => None,
    }
}

/// A decimal without trailing zeros after its point.
fn plain(mut mantissa: i128, mut scale: i32) -> (i128, i32) {
    while scale > 0 && mantissa % 10 == 0 {
        mantissa /= 10;
        scale -= 1;
    }
    (mantissa, scale)
}
