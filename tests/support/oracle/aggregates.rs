//! Aggregates of checks.
//!
//! Sums, means and deviations are the exact real result rounded once: floats are added as whole multiples of
//! 2⁻¹⁰⁷⁴, their squares as multiples of 2⁻²¹⁴⁸. `mean` is Σx / n as a fraction, rounded once; `variance` is
//! (n Σx² − (Σx)²) / (n (n − 1)) as a fraction, rounded once; `stddev` is the square root of that float64.

use super::big::{Big, Ratio, scaled_f64};
use super::number::{compare, decimal_or_fault, int_or_fault};
use super::value::{Value, group_key};
use std::cmp::Ordering;
use std::collections::BTreeSet;

pub fn is_aggregate(name: &str) -> bool {
    matches!(
        name,
        "row_count"
            | "count"
            | "count_if"
            | "null_count"
            | "null_fraction"
            | "distinct_count"
            | "unique"
            | "sum"
            | "mean"
            | "min"
            | "max"
            | "stddev"
            | "variance"
    )
}

/// The aggregate of one row of arguments per row of data.
pub fn aggregate(name: &str, rows: &[Vec<Value>]) -> Value {
    if name == "row_count" {
        return Value::Int(rows.len() as i128);
    }
    if rows.iter().flatten().any(Value::is_fault) {
        return Value::Fault;
    }
    if rows.is_empty() {
        return Value::Null;
    }
    if name == "unique" {
        return unique(rows);
    }
    of_column(name, &rows.iter().map(|row| row[0].clone()).collect::<Vec<_>>())
}

fn of_column(name: &str, column: &[Value]) -> Value {
    let present: Vec<Value> = column.iter().filter(|value| !value.is_null()).cloned().collect();
    let nulls = column.len() - present.len();
    let count = |count: usize| Value::Int(count as i128);
    match name {
        "count" => count(present.len()),
        "count_if" => count(present.iter().filter(|value| **value == Value::Bool(true)).count()),
        "null_count" => count(nulls),
        "null_fraction" => Value::Float(nulls as f64 / column.len() as f64),
        "distinct_count" => count(present.iter().map(group_key).collect::<BTreeSet<_>>().len()),
        _ if present.is_empty() => Value::Null,
        "sum" => add_up(&present),
        "min" => most(&present, Ordering::Less),
        "max" => most(&present, Ordering::Greater),
        "mean" => mean(&present),
        "variance" => variance(&present).map_or(Value::Null, Value::Float),
        "stddev" => variance(&present).map_or(Value::Null, |variance| Value::Float(variance.sqrt())),
        other => panic!("the oracle has no aggregate {other}"),
    }
}

/// Does no key come twice? As in SQL, a key with a null in it equals no other.
fn unique(rows: &[Vec<Value>]) -> Value {
    let whole: Vec<&Vec<Value>> = rows.iter().filter(|row| !row.iter().any(Value::is_null)).collect();
    let keys: BTreeSet<Vec<String>> = whole.iter().map(|row| row.iter().map(group_key).collect()).collect();
    Value::Bool(keys.len() == whole.len())
}

/// The least or greatest value; NaN where there is one, null of nothing.
pub fn most(values: &[Value], wanted: Ordering) -> Value {
    if values.iter().any(|value| matches!(value, Value::Float(float) if float.is_nan())) {
        return Value::Float(f64::NAN);
    }
    let better = |best: Value, value: &Value| if compare(value, &best) == Some(wanted) { value.clone() } else { best };
    values.iter().fold(values.first().cloned().unwrap_or(Value::Null), better)
}

/// The sum of at least one value, none of them null.
pub fn add_up(values: &[Value]) -> Value {
    let totals = Totals::of(values);
    match (&values[0], totals.special) {
        (Value::Float(_), Some(special)) => Value::Float(special),
        (Value::Float(_), None) => Value::Float(Ratio { numerator: totals.sum, denominator: totals.unit }.to_f64()),
        (Value::Int(_), _) => int_or_fault(totals.sum.to_i128()),
        (Value::Decimal { .. }, _) => decimal_or_fault(&totals.sum, totals.scale),
        (Value::Duration(_), _) => totals.sum.to_i128().map_or(Value::Fault, Value::Duration),
        (other, _) => panic!("no sum of {other:?}"),
    }
}

fn mean(values: &[Value]) -> Value {
    let totals = Totals::of(values);
    let exact = || Ratio { numerator: totals.sum, denominator: totals.unit.times(&totals.count) }.to_f64();
    Value::Float(totals.special.unwrap_or_else(exact))
}

/// The sample variance; `None` of fewer than two values.
fn variance(values: &[Value]) -> Option<f64> {
    if values.len() < 2 {
        return None;
    }
    let totals = Totals::of(values);
    if totals.special.is_some() {
        return Some(f64::NAN);
    }
    let numerator = totals.count.times(&totals.squares).minus(&totals.sum.times(&totals.sum));
    let freedom = totals.count.times(&totals.count.minus(&Big::from_i128(1)));
    let denominator = totals.unit.times(&totals.unit).times(&freedom);
    Some(Ratio { numerator, denominator }.to_f64())
}

/// Σx and Σx² in whole units: `sum / unit` and `squares / unit²` are the exact values.
struct Totals {
    count: Big,
    sum: Big,
    squares: Big,
    unit: Big,
    scale: i32,
    /// What the sum is where a value is NaN or infinite.
    special: Option<f64>,
}

impl Totals {
    fn of(values: &[Value]) -> Self {
        let scale = values.iter().map(|value| if let Value::Decimal { scale, .. } = value { *scale } else { 0 }).max();
        let scale = scale.unwrap_or(0);
        let is_float = values.iter().any(|value| matches!(value, Value::Float(_)));
        let unit = if is_float { Big::from_i128(1).shifted_left(1074) } else { Big::power_of_ten(scale.unsigned_abs()) };
        let special = special_sum(values);
        let units: Vec<Big> = values.iter().filter_map(|value| in_units(value, &unit, scale)).collect();
        Self {
            count: Big::from_i128(values.len() as i128),
            sum: units.iter().fold(Big::zero(), |sum, value| sum.plus(value)),
            squares: units.iter().fold(Big::zero(), |sum, value| sum.plus(&value.times(value))),
            unit,
            scale,
            special,
        }
    }
}

/// Infinities and NaN add up as IEEE says; `None` where there are none of them.
fn special_sum(values: &[Value]) -> Option<f64> {
    let floats = values.iter().filter_map(|value| if let Value::Float(float) = value { Some(*float) } else { None });
    let special: Vec<f64> = floats.filter(|float| !float.is_finite()).collect();
    (!special.is_empty()).then(|| special.iter().sum())
}

fn in_units(value: &Value, unit: &Big, scale: i32) -> Option<Big> {
    match value {
        Value::Float(float) => float.is_finite().then(|| scaled_f64(*float)),
        Value::Int(int) => Some(Big::from_i128(*int).times(unit)),
        Value::Duration(span) => Some(Big::from_i128(*span).times(unit)),
        Value::Decimal { mantissa, scale: own } => Some(Big::from_i128(*mantissa).times(&Big::power_of_ten((scale - own).unsigned_abs()))),
        other => panic!("no sum of {other:?}"),
    }
}

/// Σ x·y, exact and rounded once.
pub fn exact_products(pairs: &[(f64, f64)]) -> f64 {
    if pairs.iter().any(|(x, y)| !x.is_finite() || !y.is_finite()) {
        return pairs.iter().map(|(x, y)| x * y).sum();
    }
    let numerator = pairs.iter().fold(Big::zero(), |sum, (x, y)| sum.plus(&scaled_f64(*x).times(&scaled_f64(*y))));
    Ratio { numerator, denominator: Big::from_i128(1).shifted_left(2148) }.to_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn floats(values: &[f64]) -> Vec<Value> {
        values.iter().copied().map(Value::Float).collect()
    }

    #[test]
    fn sums_of_floats_round_once() {
        assert_eq!(add_up(&floats(&[1e308, 1e308, -1e308])), Value::Float(1e308));
        assert_eq!(add_up(&floats(&[1.0, 1e100, -1e100])), Value::Float(1.0));
        assert_eq!(add_up(&floats(&[f64::MAX, f64::MAX])), Value::Float(f64::INFINITY));
        assert_eq!(add_up(&floats(&[0.1; 10])), Value::Float(1.0));
    }

    #[test]
    fn deviation_is_that_of_a_sample() {
        let ints: Vec<Value> = [2, 4, 4, 4, 5, 5, 7, 9].map(Value::Int).to_vec();
        assert_eq!(of_column("mean", &ints), Value::Float(5.0));
        assert_eq!(of_column("stddev", &ints), Value::Float((32.0f64 / 7.0).sqrt()));
        assert_eq!(of_column("stddev", &ints[..1]), Value::Null);
        let large = floats(&[1e15 + 1.0, 1e15 + 2.0, 1e15 + 3.0]);
        assert_eq!(of_column("stddev", &large), Value::Float(1.0));
    }

    #[test]
    fn nothing_is_counted_on_no_rows_but_rows() {
        assert_eq!(aggregate("row_count", &[]), Value::Int(0));
        assert_eq!(aggregate("count", &[]), Value::Null);
        assert_eq!(aggregate("sum", &[vec![Value::Null]]), Value::Null);
        assert_eq!(aggregate("null_fraction", &[vec![Value::Null], vec![Value::Int(1)]]), Value::Float(0.5));
    }

    #[test]
    fn unique_leaves_null_keys_out() {
        let row = |a: Value| vec![a, Value::Int(1)];
        assert_eq!(aggregate("unique", &[row(Value::Null), row(Value::Null)]), Value::Bool(true));
        assert_eq!(aggregate("unique", &[]), Value::Null);
        assert_eq!(aggregate("unique", &[row(Value::Int(1)), row(Value::Null)]), Value::Bool(true));
        let nan = || row(Value::Float(f64::NAN));
        assert_eq!(aggregate("unique", &[nan(), nan()]), Value::Bool(false));
    }

    #[test]
    fn nan_rules_the_extremes() {
        let values = floats(&[1.0, f64::NAN]);
        assert!(matches!(most(&values, Ordering::Less), Value::Float(nan) if nan.is_nan()));
        assert_eq!(most(&floats(&[2.0, -1.0]), Ordering::Less), Value::Float(-1.0));
    }
}
