//! The scalar functions. A fault among the arguments is a fault, else a null among them is null.

use super::aggregates::{self, add_up};
use super::big::{Big, Ratio};
use super::cast::scaled;
use super::eval::{Context, Operand, like, or_all};
use super::number::{arithmetic, compare, decimal_or_fault, exact, int_or_fault, to_f64};
use super::shape::{Shape, unify};
use super::time::{civil, day_of, nanos_of_day, truncated, weekday};
use super::value::Value;
use super::{text, value::group_key};
use rulegate::syntax::ast::ArithOp;
use std::cmp::Ordering;

pub fn call(context: &Context, name: &str, operands: &[Operand]) -> Value {
    if operands.iter().any(|operand| operand.value.is_fault()) {
        return Value::Fault;
    }
    if operands.iter().any(|operand| operand.value.is_null()) {
        return Value::Null;
    }
    match name {
        "now" => Value::Timestamp(context.options.now),
        "today" => Value::Date(day_of(&Value::Timestamp(context.options.now)).expect("a pinned clock")),
        "age" => arithmetic(ArithOp::Sub, &Value::Timestamp(context.options.now), &operands[0].value),
        "matches" => context.matches(&operands[0].value, text_of(&operands[1].value)),
        "contains_match" => context.searches(&operands[0].value, text_of(&operands[1].value)),
        "mod" => {
            let (left, right) = (&operands[0], &operands[1]);
            arithmetic(ArithOp::Mod, &left.beside(&right.shape), &right.beside(&left.shape))
        }
        "least" => extreme(operands, Ordering::Less),
        "greatest" => extreme(operands, Ordering::Greater),
        "contains" if matches!(operands[0].value, Value::List(_)) => {
            list_contains(&operands[0].value, &operands[1].beside(&operands[0].shape.item()))
        }
        _ => {
            let values: Vec<Value> = operands.iter().map(|operand| operand.beside(&Shape::Other)).collect();
            plain(name, &values)
        }
    }
}

/// Functions of the values alone.
fn plain(name: &str, values: &[Value]) -> Value {
    match (name, values) {
        ("abs" | "sign" | "floor" | "ceil" | "trunc" | "round", [number]) => rounded(name, number),
        ("round", [number, Value::Int(places)]) => round_to(number, *places),
        ("sqrt" | "exp" | "ln" | "log10", [number]) => real(name, float_of(number)),
        ("pow", [base, exponent]) => power(float_of(base), float_of(exponent)),
        ("is_nan" | "finite", [value]) => nan_or_finite(name, value),
        ("min" | "max" | "sum" | "distinct_count" | "dims" | "norm", [Value::List(items)]) => of_list(name, items),
        ("dot" | "cosine_similarity", [Value::List(a), Value::List(b)]) => of_vectors(name, a, b),
        ("length", [value]) => count(length(value)),
        ("year" | "month" | "day" | "hour" | "minute" | "second" | "weekday" | "date", [value]) => calendar(name, value),
        ("date_trunc", [Value::Str(unit), value]) => truncated(unit, value),
        // Near-miss heuristics of their own: the oracle has no second opinion on these.
        ("hash" | "grounded_in" | "quotes_found_in" | "numbers_found_in", _) => Value::Fault,
        (detector, _) if detector.starts_with("no_") => Value::Fault,
        _ => of_text(name, values),
    }
}

fn text_of(value: &Value) -> &str {
    let Value::Str(text) = value else { panic!("{value:?} is no text") };
    text
}

fn float_of(value: &Value) -> f64 {
    to_f64(value).unwrap_or_else(|| panic!("{value:?} is no number"))
}

fn count(count: usize) -> Value {
    Value::Int(count as i128)
}

fn length(value: &Value) -> usize {
    match value {
        Value::Str(text) => text.chars().count(),
        Value::Binary(bytes) => bytes.len(),
        Value::List(items) => items.len(),
        Value::Map(entries) => entries.len(),
        other => panic!("{other:?} has no length"),
    }
}

fn rounded(name: &str, number: &Value) -> Value {
    match number {
        Value::Int(int) => match name {
            "abs" => int_or_fault(int.checked_abs()),
            "sign" => Value::Int(int.signum()),
            _ => Value::Int(*int),
        },
        Value::Float(float) => rounded_float(name, *float),
        Value::Decimal { mantissa, scale } => rounded_decimal(name, *mantissa, *scale),
        Value::Duration(span) if name == "abs" => Value::Duration(span.abs()),
        other => panic!("{name} of {other:?}"),
    }
}

fn rounded_float(name: &str, float: f64) -> Value {
    Value::Float(match name {
        "abs" => float.abs(),
        "floor" => float.floor(),
        "ceil" => float.ceil(),
        "trunc" => float.trunc(),
        "round" => float.round(),
        // No sign of NaN among the integers: fail closed.
        _ if float.is_nan() => return Value::Fault,
        _ => return Value::Int(i128::from(float > 0.0) - i128::from(float < 0.0)),
    })
}

fn rounded_decimal(name: &str, mantissa: i128, scale: i32) -> Value {
    let unit = 10i128.pow(scale.max(0).unsigned_abs());
    let whole = |mantissa: i128| Value::Decimal { mantissa, scale: scale.min(0) };
    match name {
        "abs" => Value::Decimal { mantissa: mantissa.abs(), scale },
        "sign" => Value::Int(mantissa.signum()),
        "floor" => at_own_scale(whole(mantissa.div_euclid(unit)), scale),
        "ceil" => at_own_scale(whole(-(-mantissa).div_euclid(unit)), scale),
        "trunc" => at_own_scale(whole(mantissa / unit), scale),
        _ => round_to(&Value::Decimal { mantissa, scale }, 0),
    }
}

/// Rounding keeps the scale, so a result must have room for its zeros in 38 digits.
fn at_own_scale(value: Value, own: i32) -> Value {
    let Value::Decimal { mantissa, scale } = value else { return value };
    let wide = Big::from_i128(mantissa).times(&Big::power_of_ten((own - scale).max(0).unsigned_abs()));
    if matches!(decimal_or_fault(&wide, own), Value::Fault) { Value::Fault } else { Value::Decimal { mantissa, scale } }
}

/// `round(x, n)`: the exact value rounded half away from zero, floats then to the nearest float64.
fn round_to(number: &Value, places: i128) -> Value {
    let places = i32::try_from(places.clamp(-400, 400)).expect("clamped");
    let Some(ratio) = exact(number) else { return number.clone() };
    let mantissa = scaled(&ratio, places);
    match number {
        Value::Int(_) if places >= 0 => number.clone(),
        Value::Decimal { scale, .. } if places >= *scale => number.clone(),
        Value::Int(_) => int_or_fault(at_scale_zero(&mantissa, places).to_i128()),
        Value::Decimal { scale, .. } if places < 0 => at_own_scale(decimal_or_fault(&at_scale_zero(&mantissa, places), 0), *scale),
        Value::Decimal { scale, .. } => at_own_scale(decimal_or_fault(&mantissa, places), *scale),
        _ => Value::Float(back(&mantissa, places)),
    }
}

fn at_scale_zero(mantissa: &Big, places: i32) -> Big {
    mantissa.times(&Big::power_of_ten(places.unsigned_abs()))
}

fn back(mantissa: &Big, places: i32) -> f64 {
    let power = Big::power_of_ten(places.unsigned_abs());
    if places < 0 {
        return Ratio { numerator: mantissa.times(&power), denominator: Big::from_i128(1) }.to_f64();
    }
    Ratio { numerator: mantissa.clone(), denominator: power }.to_f64()
}

fn real(name: &str, x: f64) -> Value {
    let outside = match name {
        "sqrt" => x < 0.0,
        "ln" | "log10" => x <= 0.0,
        _ => false,
    };
    if outside {
        return Value::Fault;
    }
    Value::Float(match name {
        "sqrt" => x.sqrt(),
        "exp" => x.exp(),
        "ln" => x.ln(),
        _ => x.log10(),
    })
}

fn power(base: f64, exponent: f64) -> Value {
    let result = base.powf(exponent);
    let from_nan = base.is_nan() || exponent.is_nan();
    let zero_to_negative = base == 0.0 && exponent < 0.0;
    if (result.is_nan() && !from_nan) || zero_to_negative { Value::Fault } else { Value::Float(result) }
}

fn nan_or_finite(name: &str, value: &Value) -> Value {
    let ask = |item: &Value| match item {
        Value::Null => Value::Null,
        item => {
            let float = float_of(item);
            Value::Bool(if name == "is_nan" { float.is_nan() } else { float.is_finite() })
        }
    };
    match value {
        Value::List(items) if name == "is_nan" => or_all(items.iter().map(ask)),
        Value::List(items) => super::eval::and_all(items.iter().map(ask)),
        number => ask(number),
    }
}

fn extreme(operands: &[Operand], wanted: Ordering) -> Value {
    let shape = unify(&operands.iter().map(|operand| operand.shape.clone()).collect::<Vec<_>>());
    if let Shape::Decimal(_) = shape {
        // Decimals are compared as they are; only the one that is chosen has to fit at their common scale.
        let values: Vec<Value> = operands.iter().map(|operand| operand.beside(&shape)).collect();
        return Operand { value: aggregates::most(&values, wanted), shape: shape.clone() }.meeting(&shape);
    }
    let values: Vec<Value> = operands.iter().map(|operand| operand.meeting(&shape)).collect();
    aggregates::most(&values, wanted)
}

fn of_list(name: &str, items: &[Value]) -> Value {
    let present: Vec<Value> = items.iter().filter(|item| !item.is_null()).cloned().collect();
    match name {
        "min" => aggregates::most(&present, Ordering::Less),
        "max" => aggregates::most(&present, Ordering::Greater),
        "sum" if present.is_empty() => Value::Int(0),
        "sum" => add_up(&present),
        "dims" => count(items.len()),
        "norm" if present.len() < items.len() => Value::Null,
        "norm" => Value::Float(products(items, items).sqrt()),
        _ => {
            let keys: std::collections::BTreeSet<String> = present.iter().map(group_key).collect();
            count(keys.len())
        }
    }
}

/// Σ a·b, exact and rounded once.
fn products(a: &[Value], b: &[Value]) -> f64 {
    let floats = a.iter().zip(b).map(|(x, y)| (float_of(x), float_of(y)));
    aggregates::exact_products(&floats.collect::<Vec<_>>())
}

fn of_vectors(name: &str, a: &[Value], b: &[Value]) -> Value {
    if a.len() != b.len() {
        return Value::Fault;
    }
    if a.iter().chain(b).any(Value::is_null) {
        return Value::Null;
    }
    let dot = products(a, b);
    if name == "dot" {
        return Value::Float(dot);
    }
    let norms = products(a, a).sqrt() * products(b, b).sqrt();
    if norms == 0.0 { Value::Fault } else { Value::Float(dot / norms) }
}

/// True if an item equals, else null if an item is null, else false.
fn list_contains(list: &Value, wanted: &Value) -> Value {
    let Value::List(items) = list else { panic!("{list:?} is no list") };
    or_all(items.iter().map(|item| match item {
        Value::Null => Value::Null,
        item => Value::Bool(compare(item, wanted) == Some(Ordering::Equal)),
    }))
}

fn calendar(name: &str, value: &Value) -> Value {
    let clock = |unit: i128, cycle: i128| Value::Int(nanos_of_day(value) / (unit * 1_000_000_000) % cycle);
    match name {
        "hour" => return clock(3_600, 24),
        "minute" => return clock(60, 60),
        "second" => return clock(1, 60),
        _ => {}
    }
    let Some(days) = day_of(value) else { panic!("{name} of {value:?}") };
    let (year, month, day) = civil(days);
    match name {
        "date" => Value::Date(days),
        "year" => Value::Int(year.into()),
        "month" => Value::Int(month.into()),
        "day" => Value::Int(day.into()),
        _ => Value::Int(weekday(days).into()),
    }
}

fn of_text(name: &str, values: &[Value]) -> Value {
    let texts: Vec<&str> = values.iter().filter_map(|value| if let Value::Str(text) = value { Some(&**text) } else { None }).collect();
    match (name, &*texts, values) {
        ("substring", [text], [_, Value::Int(start)]) => cut(text, *start, None),
        ("substring", [text], [_, Value::Int(start), Value::Int(length)]) => cut(text, *start, Some(*length)),
        ("split", [_, ""], _) => Value::Fault,
        ("split", [text, separator], _) => Value::List(text.split(separator).map(|part| Value::Str(part.to_owned())).collect()),
        ("concat", texts, _) if texts.len() == values.len() => Value::Str(texts.concat()),
        ("like", [_, _], [text, pattern]) => like(text, pattern),
        ("starts_with", [text, prefix], _) => Value::Bool(text.starts_with(prefix)),
        ("ends_with", [text, suffix], _) => Value::Bool(text.ends_with(suffix)),
        ("contains", [text, part], _) => Value::Bool(text.contains(part)),
        (_, [text], [_]) => of_one_text(name, text),
        _ => panic!("the oracle has no {name} of {values:?}"),
    }
}

fn cut(text: &str, start: i128, length: Option<i128>) -> Value {
    text::substring(text, start, length).map_or(Value::Fault, Value::Str)
}

fn of_one_text(name: &str, text: &str) -> Value {
    Value::Bool(match name {
        "lower" => return Value::Str(text.to_lowercase()),
        "upper" => return Value::Str(text.to_uppercase()),
        "trim" => return Value::Str(text.trim().to_owned()),
        "byte_length" => return count(text.len()),
        "word_count" => return count(text::word_count(text)),
        "trimmed" => text == text.trim(),
        "not_blank" => !text.trim().is_empty(),
        "is_email" => text::is_email(text),
        "is_url" => text::is_url(text),
        "is_uuid" => text::is_uuid(text),
        "is_ipv4" => text::is_ipv4(text),
        "is_ipv6" => text::is_ipv6(text),
        "is_json" => text::is_json(text),
        "is_base64" => text::is_base64(text),
        "is_hex" => text::is_hex(text),
        "luhn" => text::luhn(text),
        other => panic!("the oracle has no {other}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn int(value: i128) -> Value {
        Value::Int(value)
    }

    #[test]
    fn rounding_is_half_away_from_zero() {
        assert_eq!(plain("round", &[Value::Float(-2.5)]), Value::Float(-3.0));
        assert_eq!(plain("round", &[int(15), int(-1)]), int(20));
        let decimal = Value::Decimal { mantissa: 125, scale: 2 };
        assert_eq!(plain("round", &[decimal.clone(), int(1)]), Value::Decimal { mantissa: 13, scale: 1 });
        assert_eq!(plain("floor", &[Value::Decimal { mantissa: -125, scale: 2 }]), Value::Decimal { mantissa: -2, scale: 0 });
        assert_eq!(plain("ceil", &[decimal]), Value::Decimal { mantissa: 2, scale: 0 });
    }

    #[test]
    fn domains_are_faults_and_nan_is_not() {
        assert_eq!(plain("sqrt", &[int(-1)]), Value::Fault);
        assert_eq!(plain("ln", &[int(0)]), Value::Fault);
        assert_eq!(plain("pow", &[int(0), int(-1)]), Value::Fault);
        assert!(matches!(plain("sqrt", &[Value::Float(f64::NAN)]), Value::Float(nan) if nan.is_nan()));
    }

    #[test]
    fn lists_skip_nulls_but_contains_does_not() {
        let list = Value::List(vec![int(1), Value::Null]);
        assert_eq!(plain("sum", std::slice::from_ref(&list)), int(1));
        assert_eq!(plain("length", std::slice::from_ref(&list)), int(2));
        assert_eq!(list_contains(&list, &int(1)), Value::Bool(true));
        assert_eq!(list_contains(&list, &int(2)), Value::Null);
        assert_eq!(plain("max", &[Value::List(Vec::new())]), Value::Null);
    }

    #[test]
    fn vectors_of_other_lengths_fault() {
        let vector = |items: &[f64]| Value::List(items.iter().copied().map(Value::Float).collect());
        assert_eq!(plain("norm", &[vector(&[3.0, 4.0])]), Value::Float(5.0));
        assert_eq!(plain("dot", &[vector(&[1.0]), vector(&[1.0, 2.0])]), Value::Fault);
        assert_eq!(plain("cosine_similarity", &[vector(&[0.0]), vector(&[1.0])]), Value::Fault);
    }
}
