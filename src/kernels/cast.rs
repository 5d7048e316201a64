//! `cast` and `try_cast`.
//!
//! Text to numbers takes what the language writes (an optional sign, digits, a point, an exponent; `NaN`, `inf`), white space around it
//! ignored. A float becomes an integer only if it is whole; a decimal takes another scale only if no digit is lost.

use super::number::{Num, int_in_range, parse_decimal, power_of_ten};
use super::time;
use super::vector::{Cell, Values, Vector, strict, strict_with};
use super::{arith, render};
use crate::types::{CastTarget, Type};

/// Casts a column of type `from`. A value that cannot be cast is a fault, or null where `lenient`.
pub(crate) fn cast(value: &Vector, from: &Type, target: &CastTarget, lenient: bool) -> Vector {
    let args = std::slice::from_ref(value);
    let text = *from == Type::String;
    let strings = value.strings();
    let out = match target {
        CastTarget::Bool => strict(args, |row| Cell::from(if text { parse_bool(strings.at(row)) } else { int_to_bool(value, row) })),
        CastTarget::Int(low, high) => strict(args, |row| {
            let int = if text { parse_int(strings.at(row)) } else { to_int(value, row, from) };
            Cell::from(int.filter(|int| (*low..=*high).contains(int)))
        }),
        CastTarget::Float => {
            strict(args, |row| Cell::from(if text { parse_float(strings.at(row)) } else { Some(value.numbers().at(row).to_f64()) }))
        }
        CastTarget::Float32 => strict(args, |row| {
            let wide = if text { parse_float(strings.at(row)) } else { Some(value.numbers().at(row).to_f64()) };
            #[expect(clippy::cast_possible_truncation, reason = "rounding to float32 is what the cast asks for")]
            Cell::from(wide.map(|wide| f64::from(wide as f32)))
        }),
        CastTarget::Decimal(shape) => to_decimal(value, text, *shape),
        CastTarget::String => strict(args, |row| Cell::Value(render::text(value, row, from))),
        CastTarget::Date => strict(args, |row| match from {
            Type::String => Cell::from(time::parse_date(strings.at(row).trim())),
            Type::Date => Cell::Value(value.ints().at(row)),
            _ => Cell::Value(value.ints().at(row).div_euclid(time::DAY)),
        }),
        CastTarget::Time => strict(args, |row| match from {
            Type::String => Cell::from(time::parse_time(strings.at(row).trim())),
            Type::Time => Cell::Value(value.ints().at(row)),
            _ => Cell::Value(value.ints().at(row).rem_euclid(time::DAY)),
        }),
        CastTarget::Timestamp | CastTarget::LocalTimestamp => strict(args, |row| match from {
            Type::String => Cell::from(parse_instant(strings.at(row).trim(), *target == CastTarget::Timestamp)),
            Type::Date => Cell::from(value.ints().at(row).checked_mul(time::DAY)),
            _ => Cell::Value(value.ints().at(row)),
        }),
    };
    if lenient { faults_to_nulls(out) } else { out }
}

fn faults_to_nulls(mut vector: Vector) -> Vector {
    let faults = vector.faults.take();
    vector.nulls = super::bits::union(vector.nulls.as_ref(), faults.as_ref());
    vector
}

fn parse_bool(text: &str) -> Option<bool> {
    match text.trim() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

fn int_to_bool(value: &Vector, row: usize) -> Option<bool> {
    if matches!(value.values, Values::Bool(_)) {
        return Some(value.bools().at(row));
    }
    match value.ints().at(row) {
        0 => Some(false),
        1 => Some(true),
        _ => None,
    }
}

/// An integer as text: an optional sign and digits.
pub(crate) fn parse_int(text: &str) -> Option<i128> {
    text.trim().parse::<i128>().ok().and_then(int_in_range)
}

/// A float as text.
pub(crate) fn parse_float(text: &str) -> Option<f64> {
    let text = text.trim();
    match text {
        "NaN" | "nan" => Some(f64::NAN),
        "inf" | "Infinity" | "+inf" => Some(f64::INFINITY),
        "-inf" | "-Infinity" => Some(f64::NEG_INFINITY),
        _ if text.contains(|c: char| c.is_ascii_alphabetic() && c != 'e' && c != 'E') => None,
        _ => text.parse().ok(),
    }
}

fn to_int(value: &Vector, row: usize, from: &Type) -> Option<i128> {
    if *from == Type::Bool {
        return Some(i128::from(value.bools().at(row)));
    }
    match value.numbers().at(row) {
        Num::Int(int) => Some(int),
        Num::Decimal(mantissa, scale) => {
            let unit = power_of_ten(scale)?;
            (mantissa % unit == 0).then_some(mantissa / unit).and_then(int_in_range)
        }
        #[expect(clippy::cast_possible_truncation, reason = "whole and within range")]
        Num::Float(float) => (float.fract() == 0.0 && float.abs() < 1e20).then_some(float as i128).and_then(int_in_range),
    }
}

/// An instant or wall-clock time as text; an instant without offset is UTC, wall-clock time has none.
pub(crate) fn parse_instant(text: &str, instant: bool) -> Option<i128> {
    let (nanos, has_offset) = time::parse_timestamp(text)?;
    (instant || !has_offset).then_some(nanos)
}

/// Brings a decimal to a scale without losing digits.
pub(crate) fn rescale(mantissa: i128, scale: i32, to: i32) -> Option<i128> {
    if to >= scale {
        return mantissa.checked_mul(power_of_ten(to - scale)?);
    }
    let unit = power_of_ten(scale - to)?;
    (mantissa % unit == 0).then_some(mantissa / unit)
}

fn to_decimal(value: &Vector, text: bool, shape: Option<(u8, i8)>) -> Vector {
    let own = if let Values::Decimal(_, scale) = value.values { scale } else { 0 };
    // Without a shape: a decimal keeps its scale, an integer has none, text and floats take nine decimals.
    let (precision, scale) = match shape {
        Some((precision, scale)) => (i32::from(precision), i32::from(scale)),
        None if matches!(value.values, Values::Float(_)) || text => (38, 9),
        None => (38, own),
    };
    let limit = power_of_ten(precision).unwrap_or(i128::MAX);
    let strings = value.strings();
    strict_with(
        std::slice::from_ref(value),
        |row| {
            let mantissa = if text {
                parse_decimal(strings.at(row).trim()).and_then(|(mantissa, own)| rescale(mantissa, own, scale))
            } else {
                match value.numbers().at(row) {
                    Num::Int(int) => rescale(int, 0, scale),
                    Num::Decimal(mantissa, own) => rescale(mantissa, own, scale),
                    Num::Float(float) => float_to_decimal(float, scale),
                }
            };
            Cell::from(mantissa.filter(|mantissa| mantissa.unsigned_abs() < limit.unsigned_abs()))
        },
        |values: Vec<i128>| Values::Decimal(values.into(), scale),
    )
}

/// The decimal nearest to a float, half away from zero, from the shortest text that reads back as the float.
fn float_to_decimal(float: f64, scale: i32) -> Option<i128> {
    if !float.is_finite() {
        return None;
    }
    let (mantissa, own) = parse_decimal(&format!("{float:e}"))?;
    if own <= scale {
        return rescale(mantissa, own, scale);
    }
    let unit = power_of_ten(own - scale)?;
    let (quotient, rest) = (mantissa / unit, mantissa % unit);
    let away = if mantissa < 0 { -1 } else { 1 };
    Some(if rest.unsigned_abs() * 2 >= unit.unsigned_abs() { quotient + away } else { quotient })
}

/// Brings numbers of different kinds to one: floats if any is, else decimals at the largest scale.
pub(crate) fn unify_numbers(vectors: &mut [Vector]) {
    let float = vectors.iter().any(|vector| matches!(vector.values, Values::Float(_)));
    let scale = vectors.iter().filter_map(|vector| if let Values::Decimal(_, scale) = vector.values { Some(scale) } else { None }).max();
    for vector in vectors.iter_mut() {
        match (&vector.values, float, scale) {
            (Values::Int(_) | Values::Decimal(..), true, _) => *vector = arith::to_floats(vector),
            (Values::Int(_) | Values::Decimal(..), false, Some(scale)) => *vector = at_scale(vector, scale),
            _ => {}
        }
    }
}

fn at_scale(vector: &Vector, scale: i32) -> Vector {
    let own = if let Values::Decimal(_, own) = vector.values { own } else { 0 };
    let ints = vector.ints();
    strict_with(
        std::slice::from_ref(vector),
        |row| Cell::from(rescale(ints.at(row), own, scale)),
        |values: Vec<i128>| Values::Decimal(values.into(), scale),
    )
}
