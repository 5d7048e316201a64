//! `cast(x as T)`: a value of the other type, or a fault.

use super::big::{Big, Ratio};
use super::number::{decimal_or_fault, exact, to_f64};
use super::time::{date_text, parse_date, parse_timestamp};
use super::value::{NANOS_PER_DAY, Value};
use rulegate::syntax::ast::TypeKind;

pub fn cast(value: &Value, ty: &TypeKind) -> Value {
    if value.is_null() || value.is_fault() {
        return value.clone();
    }
    match ty {
        TypeKind::Decimal(precision, scale) => to_decimal(value, *precision, *scale),
        TypeKind::TimestampZone(_) | TypeKind::TimestampLocal => to_timestamp(value),
        TypeKind::Name(name) => to_named(value, name),
        other => panic!("the oracle casts to no {other:?}"),
    }
}

fn to_named(value: &Value, name: &str) -> Value {
    match name {
        "string" => to_text(value),
        "bool" => to_bool(value),
        "float32" => narrow(to_float(value)),
        "float64" | "float" | "number" => to_float(value),
        "date" => to_date(value),
        "timestamp" => to_timestamp(value),
        _ => to_int(value, name),
    }
}

fn to_text(value: &Value) -> Value {
    Value::Str(match value {
        Value::Str(text) => text.clone(),
        Value::Bool(bool) => bool.to_string(),
        Value::Int(int) => int.to_string(),
        Value::Date(days) => date_text(*days),
        other => panic!("the oracle writes no {other:?}"),
    })
}

fn to_bool(value: &Value) -> Value {
    match value {
        Value::Bool(bool) => Value::Bool(*bool),
        Value::Int(int) => Value::Bool(*int != 0),
        Value::Str(text) if text == "true" => Value::Bool(true),
        Value::Str(text) if text == "false" => Value::Bool(false),
        _ => Value::Fault,
    }
}

fn to_float(value: &Value) -> Value {
    match value {
        Value::Str(text) => text.parse().map_or(Value::Fault, Value::Float),
        Value::Bool(bool) => Value::Float(f64::from(u8::from(*bool))),
        other => to_f64(other).map_or(Value::Fault, Value::Float),
    }
}

fn narrow(value: Value) -> Value {
    match value {
        Value::Float(float) => Value::Float(f64::from(float as f32)),
        other => other,
    }
}

/// The range of an integer type; `int` is `int64` and `uint64` together.
fn int_range(name: &str) -> (i128, i128) {
    let signed = |bits: u32| (-(1i128 << (bits - 1)), (1i128 << (bits - 1)) - 1);
    match name {
        "int" => (i64::MIN.into(), u64::MAX.into()),
        _ => match name.strip_prefix("uint") {
            Some(bits) => (0, (1i128 << bits.parse::<u32>().expect("a width")) - 1),
            None => signed(name.strip_prefix("int").and_then(|bits| bits.parse().ok()).expect("an integer type")),
        },
    }
}

/// Fractions are cut off, as in `trunc`.
fn to_int(value: &Value, name: &str) -> Value {
    let int = match value {
        Value::Str(text) => text.parse().ok(),
        Value::Bool(bool) => Some(i128::from(*bool)),
        number => exact(number).and_then(|ratio| ratio.numerator.divided(&ratio.denominator).0.to_i128()),
    };
    let (low, high) = int_range(name);
    int.filter(|int| (low..=high).contains(int)).map_or(Value::Fault, Value::Int)
}

/// Rounded half away from zero to the scale; too many digits fault.
fn to_decimal(value: &Value, precision: u64, scale: i64) -> Value {
    let parsed = match value {
        Value::Str(text) => super::number::literal_decimal(text),
        other => Some(other.clone()),
    };
    let (Some(ratio), Ok(scale)) = (parsed.as_ref().and_then(exact), i32::try_from(scale)) else {
        return Value::Fault;
    };
    let mantissa = scaled(&ratio, scale);
    let limit = Big::power_of_ten(u32::try_from(precision).expect("a precision"));
    if mantissa.abs().compared(&limit) == std::cmp::Ordering::Less { decimal_or_fault(&mantissa, scale) } else { Value::Fault }
}

/// `ratio * 10^scale`, rounded half away from zero.
pub fn scaled(ratio: &Ratio, scale: i32) -> Big {
    let power = Big::power_of_ten(scale.unsigned_abs());
    if scale < 0 {
        return ratio.numerator.divided_half_away(&ratio.denominator.times(&power));
    }
    ratio.numerator.times(&power).divided_half_away(&ratio.denominator)
}

fn to_date(value: &Value) -> Value {
    match value {
        Value::Str(text) => parse_date(text).unwrap_or(Value::Fault),
        other => super::time::day_of(other).map_or(Value::Fault, Value::Date),
    }
}

fn to_timestamp(value: &Value) -> Value {
    match value {
        Value::Str(text) => parse_timestamp(text).unwrap_or(Value::Fault),
        Value::Date(days) => Value::Timestamp(i128::from(*days) * NANOS_PER_DAY),
        Value::Timestamp(nanos) => Value::Timestamp(*nanos),
        _ => Value::Fault,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(value: &Value, name: &str) -> Value {
        cast(value, &TypeKind::Name(name.to_owned()))
    }

    #[test]
    fn casts_out_of_range_fault() {
        assert_eq!(named(&Value::Int(128), "int8"), Value::Fault);
        assert_eq!(named(&Value::Int(-1), "uint64"), Value::Fault);
        assert_eq!(named(&Value::Str("12".to_owned()), "int8"), Value::Int(12));
        assert_eq!(named(&Value::Str("twelve".to_owned()), "int8"), Value::Fault);
        assert_eq!(named(&Value::Float(f64::NAN), "int64"), Value::Fault);
        assert_eq!(named(&Value::Null, "int64"), Value::Null);
    }

    #[test]
    fn decimals_round_half_away() {
        let half = Value::Decimal { mantissa: -25, scale: 1 };
        let cast_to = |precision| cast(&half, &TypeKind::Decimal(precision, 0));
        assert_eq!(cast_to(3), Value::Decimal { mantissa: -3, scale: 0 });
        assert_eq!(cast_to(0), Value::Fault);
    }
}
