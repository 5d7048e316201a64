//! Arithmetic and comparison of numbers, instants and durations.

use super::big::{Big, Ratio};
use super::value::{NANOS_PER_DAY, NANOS_PER_SECOND, Value};
use rulegate::syntax::ast::ArithOp;
use std::cmp::Ordering;

/// The integers of the language: those of `int64` and `uint64` together.
pub fn int_or_fault(value: Option<i128>) -> Value {
    match value {
        Some(value) if (i128::from(i64::MIN)..=i128::from(u64::MAX)).contains(&value) => Value::Int(value),
        _ => Value::Fault,
    }
}

/// A decimal of at most 38 digits.
pub fn decimal_or_fault(mantissa: &Big, scale: i32) -> Value {
    let limit = Big::power_of_ten(38);
    if mantissa.abs().compared(&limit) != Ordering::Less {
        return Value::Fault;
    }
    mantissa.to_i128().map_or(Value::Fault, |mantissa| Value::Decimal { mantissa, scale })
}

/// Instants and durations reach as far as seconds in an `i64` do.
pub fn instant_or_fault(nanos: Option<i128>, wrap: fn(i128) -> Value) -> Value {
    let seconds = nanos.map(|nanos| nanos.div_euclid(NANOS_PER_SECOND));
    match (nanos, seconds) {
        (Some(nanos), Some(seconds)) if i64::try_from(seconds).is_ok() => wrap(nanos),
        _ => Value::Fault,
    }
}

/// The exact value of a finite number.
pub fn exact(value: &Value) -> Option<Ratio> {
    match value {
        Value::Int(int) => Some(Ratio::from_i128(*int)),
        Value::Decimal { mantissa, scale } => Some(Ratio::from_decimal(*mantissa, *scale)),
        Value::Float(float) if float.is_finite() => Some(Ratio::from_f64(*float)),
        _ => None,
    }
}

/// The nearest float64 of a number; floats stay as they are.
pub fn to_f64(value: &Value) -> Option<f64> {
    match value {
        Value::Float(float) => Some(*float),
        Value::Int(int) => Some(*int as f64),
        Value::Decimal { .. } => exact(value).map(|ratio| ratio.to_f64()),
        _ => None,
    }
}

/// A number literal as written, exactly; `None` where the digits do not fit.
pub fn literal_decimal(text: &str) -> Option<Value> {
    let (digits, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let mantissa = format!("{whole}{fraction}").parse().ok()?;
    let exponent: i32 = exponent.parse().ok()?;
    let scale = i32::try_from(fraction.len()).ok()?.checked_sub(exponent)?;
    // A scale past these is beyond every float and every decimal: leave it to the float reading.
    (-400..=400).contains(&scale).then_some(Value::Decimal { mantissa, scale })
}

/// Orders two values of one family; `None` where they are not comparable, as NaN with anything.
///
/// # Panics
/// On values of different families: the rules under test must type-check.
pub fn compare(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        (Value::Str(a), Value::Str(b)) => Some(a.cmp(b)),
        (Value::Binary(a), Value::Binary(b)) => Some(a.cmp(b)),
        (Value::Date(a), Value::Date(b)) | (Value::Time(a), Value::Time(b)) => Some(a.cmp(b)),
        (Value::Timestamp(a), Value::Timestamp(b)) | (Value::Duration(a), Value::Duration(b)) => Some(a.cmp(b)),
        (Value::List(a), Value::List(b)) => (a == b).then_some(Ordering::Equal),
        _ => compare_numbers(left, right),
    }
}

fn compare_numbers(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Float(a), Value::Float(b)) => a.partial_cmp(b),
        (Value::Float(a), _) if a.is_infinite() || a.is_nan() => a.partial_cmp(&0.0),
        (_, Value::Float(b)) if b.is_infinite() || b.is_nan() => 0.0f64.partial_cmp(b),
        _ => match (exact(left), exact(right)) {
            (Some(a), Some(b)) => Some(a.compared(&b)),
            _ => panic!("the rules compare {left:?} with {right:?}"),
        },
    }
}

/// Equal as `unique`, `by` and `is distinct from` see it: NaN equals NaN.
pub fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Null, Value::Null) => true,
        (Value::Null, _) | (_, Value::Null) => false,
        (Value::Float(a), Value::Float(b)) if a.is_nan() && b.is_nan() => true,
        _ => compare(left, right) == Some(Ordering::Equal),
    }
}

/// `left operator right`; a fault goes before a null.
pub fn arithmetic(operator: ArithOp, left: &Value, right: &Value) -> Value {
    if left.is_fault() || right.is_fault() {
        return Value::Fault;
    }
    if left.is_null() || right.is_null() {
        return Value::Null;
    }
    match (left, right) {
        (Value::Str(a), Value::Str(b)) if operator == ArithOp::Concat => Value::Str(format!("{a}{b}")),
        (Value::Int(a), Value::Int(b)) => int_arithmetic(operator, *a, *b),
        (Value::Float(_), _) | (_, Value::Float(_)) => match (to_f64(left), to_f64(right)) {
            (Some(a), Some(b)) => float_arithmetic(operator, a, b),
            _ => panic!("no {} of {left:?} and {right:?}", operator.symbol()),
        },
        (Value::Decimal { .. } | Value::Int(_), Value::Decimal { .. } | Value::Int(_)) => {
            decimal_arithmetic(operator, as_decimal(left), as_decimal(right))
        }
        _ => time_arithmetic(operator, left, right),
    }
}

fn as_decimal(value: &Value) -> (i128, i32) {
    match value {
        Value::Int(int) => (*int, 0),
        // A literal such as `1e3` has a negative scale: write its zeros out.
        Value::Decimal { mantissa, scale } if *scale < 0 && *scale > -39 => (mantissa * 10i128.pow(scale.unsigned_abs()), 0),
        Value::Decimal { mantissa, scale } => (*mantissa, *scale),
        other => panic!("{other:?} is no decimal"),
    }
}

fn int_arithmetic(operator: ArithOp, a: i128, b: i128) -> Value {
    match operator {
        ArithOp::Add => int_or_fault(a.checked_add(b)),
        ArithOp::Sub => int_or_fault(a.checked_sub(b)),
        ArithOp::Mul => int_or_fault(a.checked_mul(b)),
        ArithOp::Div => float_arithmetic(ArithOp::Div, a as f64, b as f64),
        ArithOp::IntDiv => int_or_fault(a.checked_div(b)),
        ArithOp::Mod => int_or_fault(a.checked_rem(b)),
        ArithOp::Concat => panic!("no || of integers"),
    }
}

fn float_arithmetic(operator: ArithOp, a: f64, b: f64) -> Value {
    let divides = matches!(operator, ArithOp::Div | ArithOp::IntDiv | ArithOp::Mod);
    if divides && b == 0.0 {
        return Value::Fault;
    }
    Value::Float(match operator {
        ArithOp::Add => a + b,
        ArithOp::Sub => a - b,
        ArithOp::Mul => a * b,
        ArithOp::Div => a / b,
        ArithOp::IntDiv => (a / b).trunc(),
        ArithOp::Mod => a % b,
        ArithOp::Concat => panic!("no || of floats"),
    })
}

fn decimal_arithmetic(operator: ArithOp, left: (i128, i32), right: (i128, i32)) -> Value {
    let divides = matches!(operator, ArithOp::Div | ArithOp::IntDiv | ArithOp::Mod);
    if divides && right.0 == 0 {
        return Value::Fault;
    }
    let scale = left.1.max(right.1);
    let (a, b) = (raised(left, scale), raised(right, scale));
    match operator {
        ArithOp::Add => decimal_or_fault(&a.plus(&b), scale),
        ArithOp::Sub => decimal_or_fault(&a.minus(&b), scale),
        ArithOp::Mul => decimal_or_fault(&Big::from_i128(left.0).times(&Big::from_i128(right.0)), left.1 + right.1),
        ArithOp::Div => {
            let target = scale.max(6);
            let numerator = a.times(&Big::power_of_ten(target.unsigned_abs()));
            decimal_or_fault(&numerator.divided_half_away(&b), target)
        }
        ArithOp::IntDiv => decimal_or_fault(&a.divided(&b).0, 0),
        ArithOp::Mod => decimal_or_fault(&a.divided(&b).1, scale),
        ArithOp::Concat => panic!("no || of decimals"),
    }
}

/// The mantissa at a larger or equal scale.
fn raised((mantissa, from): (i128, i32), scale: i32) -> Big {
    Big::from_i128(mantissa).times(&Big::power_of_ten((scale - from).unsigned_abs()))
}

fn time_arithmetic(operator: ArithOp, left: &Value, right: &Value) -> Value {
    use ArithOp::{Add, Div, IntDiv, Mul, Sub};
    use Value::{Date, Duration, Int, Time, Timestamp};
    match (operator, left, right) {
        (Add, Date(day), Duration(span)) | (Add, Duration(span), Date(day)) => moved_date(*day, Some(*span)),
        (Sub, Date(day), Duration(span)) => moved_date(*day, span.checked_neg()),
        (Sub, Date(a), Date(b)) => instant_or_fault(Some((i128::from(*a) - i128::from(*b)) * NANOS_PER_DAY), Duration),
        (Add, Timestamp(at), Duration(span)) | (Add, Duration(span), Timestamp(at)) => instant_or_fault(at.checked_add(*span), Timestamp),
        (Sub, Timestamp(at), Duration(span)) => instant_or_fault(at.checked_sub(*span), Timestamp),
        (Sub, Timestamp(a), Timestamp(b)) => instant_or_fault(a.checked_sub(*b), Duration),
        (Sub, Time(a), Time(b)) => Duration(i128::from(*a) - i128::from(*b)),
        (Add, Duration(a), Duration(b)) => instant_or_fault(a.checked_add(*b), Duration),
        (Sub, Duration(a), Duration(b)) => instant_or_fault(a.checked_sub(*b), Duration),
        (Mul, Duration(span), Int(times)) | (Mul, Int(times), Duration(span)) => instant_or_fault(span.checked_mul(*times), Duration),
        (Div | IntDiv, Duration(span), Int(by)) => span.checked_div(*by).map_or(Value::Fault, Duration),
        _ => panic!("no {} of {left:?} and {right:?}", operator.symbol()),
    }
}

fn moved_date(day: i64, span: Option<i128>) -> Value {
    let whole = span.filter(|span| span % NANOS_PER_DAY == 0);
    let moved = whole.map(|span| i128::from(day) + span / NANOS_PER_DAY);
    match moved.map(i64::try_from) {
        Some(Ok(day)) if day.checked_mul(86_400).is_some() => Value::Date(day),
        _ => Value::Fault,
    }
}

/// `-x`
pub fn negated(value: &Value) -> Value {
    match value {
        Value::Null | Value::Fault => value.clone(),
        Value::Int(int) => int_or_fault(int.checked_neg()),
        Value::Float(float) => Value::Float(-float),
        Value::Decimal { mantissa, scale } => Value::Decimal { mantissa: -mantissa, scale: *scale },
        Value::Duration(span) => instant_or_fault(span.checked_neg(), Value::Duration),
        other => panic!("no minus of {other:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(mantissa: i128, scale: i32) -> Value {
        Value::Decimal { mantissa, scale }
    }

    #[test]
    fn integers_compare_with_floats_exactly() {
        let large = Value::Int((1 << 53) + 1);
        assert_eq!(compare(&large, &Value::Float(9_007_199_254_740_992.0)), Some(Ordering::Greater));
        assert_eq!(compare(&large, &Value::Float(f64::INFINITY)), Some(Ordering::Less));
        assert_eq!(compare(&Value::Float(f64::NAN), &large), None);
        assert_eq!(compare(&decimal(1, 1), &Value::Float(0.1)), Some(Ordering::Less));
    }

    #[test]
    fn integer_overflow_and_division_by_zero_fault() {
        let max = Value::Int(i128::from(u64::MAX));
        assert_eq!(arithmetic(ArithOp::Add, &max, &Value::Int(1)), Value::Fault);
        assert_eq!(arithmetic(ArithOp::Mul, &max, &max), Value::Fault);
        assert_eq!(arithmetic(ArithOp::Div, &Value::Float(1.0), &Value::Float(-0.0)), Value::Fault);
        assert_eq!(arithmetic(ArithOp::Mod, &Value::Int(-7), &Value::Int(3)), Value::Int(-1));
        assert_eq!(arithmetic(ArithOp::Div, &Value::Null, &Value::Fault), Value::Fault);
    }

    #[test]
    fn decimals_keep_their_scale_or_fault() {
        assert_eq!(arithmetic(ArithOp::Mul, &decimal(15, 1), &decimal(25, 2)), decimal(375, 3));
        assert_eq!(arithmetic(ArithOp::Div, &decimal(2, 0), &decimal(3, 0)), decimal(666_667, 6));
        assert_eq!(arithmetic(ArithOp::Div, &decimal(-5, 7), &Value::Int(2)), decimal(-3, 7));
        assert_eq!(arithmetic(ArithOp::IntDiv, &decimal(-75, 1), &decimal(2, 0)), decimal(-3, 0));
        let nines = decimal(10i128.pow(38) - 1, 0);
        assert_eq!(arithmetic(ArithOp::Add, &nines, &Value::Int(1)), Value::Fault);
    }

    #[test]
    fn literals_are_read_exactly() {
        assert_eq!(literal_decimal("0.10"), Some(decimal(10, 2)));
        assert_eq!(literal_decimal("1e3"), Some(decimal(1, -3)));
        assert_eq!(to_f64(&decimal(1, 1)), Some(0.1));
    }

    #[test]
    fn a_date_moves_by_whole_days_only() {
        let half = Value::Duration(NANOS_PER_DAY / 2);
        assert_eq!(arithmetic(ArithOp::Add, &Value::Date(3), &half), Value::Fault);
        let day = Value::Duration(NANOS_PER_DAY);
        assert_eq!(arithmetic(ArithOp::Sub, &Value::Date(3), &day), Value::Date(2));
    }
}
