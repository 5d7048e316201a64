//! Rules of simple shape: one test of one column against constants, which a kernel answers on the Arrow array itself.
//!
//! Each shape means exactly what the general evaluation of the same node means; the tests run both.

use std::sync::Arc;

use arrow::datatypes::{DataType, TimeUnit};

use crate::kernels::number::{Num, power_of_ten};
use crate::kernels::texts::{BytePattern, TextPattern, TextSet};
use crate::kernels::{Values, Vector};
use crate::types::CompareOp;

use super::node::{NodeId, Op};
use super::set::PreparedSet;
use super::{Plan, RowRule};

/// A test of one column, and what it is asked of.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    /// Index into the schema.
    pub column: usize,
    pub test: Test,
    /// Rows that are asked: those that pass this one. It has no `when` of its own.
    pub when: Option<Box<Shape>>,
}

/// What a column is tested for; nulls are unknown, except for `Present`.
#[derive(Debug, Clone)]
pub(crate) enum Test {
    Present,
    Finite,
    /// `low <= x <= high` of floats; a NaN bound lets nothing through.
    Floats(f64, f64),
    /// `low <= x <= high` in the column's own unit.
    Ints(i128, i128),
    /// One of these texts; or, if the flag is set, none of them.
    Strings(Arc<TextSet>, bool),
    /// A boolean of this value.
    Bool(bool),
    Regex(Arc<TextPattern>),
    /// A pattern of fixed length.
    Bytes(Arc<BytePattern>),
    /// Number of characters.
    Length(usize, usize),
    /// Another column of the same type.
    Columns(CompareOp, usize),
}

/// The shape of a rule, if it and its `when` have one.
pub(super) fn of(plan: &Plan, rule: &RowRule) -> Option<Shape> {
    let shape = test(plan, rule.test)?;
    let Some(when) = rule.when else { return Some(shape) };
    Some(Shape { when: Some(Box::new(test(plan, when)?)), ..shape })
}

fn test(plan: &Plan, id: NodeId) -> Option<Shape> {
    let node = plan.node(id);
    let (column, test) = match (&node.op, node.args.as_slice()) {
        (Op::Present, [value]) => (column(plan, *value)?, Test::Present),
        (Op::Column(index), []) => (bool_column(plan, *index)?, Test::Bool(true)),
        (Op::Not, [inner]) => negated(plan, *inner)?,
        (Op::InSet(set), [value]) => (text_column(plan, *value)?, Test::Strings(text_set(set)?, false)),
        (Op::Matches(regex, pattern), [value]) => {
            let column = text_column(plan, *value)?;
            (column, pattern_test(regex, pattern)?)
        }
        (Op::Call(function), [value]) if function.name == "finite" => {
            let column = column(plan, *value)?;
            matches!(data_type(plan, column), DataType::Float64 | DataType::Float32).then_some((column, Test::Finite))?
        }
        (Op::Compare(op), [a, b]) => equal_text(plan, *op, *a, *b).or_else(|| columns(plan, *op, *a, *b)).or_else(|| range(plan, &[id]))?,
        (Op::And, all) => range(plan, all)?,
        _ => return None,
    };
    Some(Shape { column, test, when: None })
}

/// `not` of a test whose negation is a test as well.
fn negated(plan: &Plan, inner: NodeId) -> Option<(usize, Test)> {
    let node = plan.node(inner);
    match (&node.op, node.args.as_slice()) {
        (Op::Column(index), []) => Some((bool_column(plan, *index)?, Test::Bool(false))),
        (Op::InSet(set), [value]) => Some((text_column(plan, *value)?, Test::Strings(text_set(set)?, true))),
        _ => None,
    }
}

fn text_set(set: &PreparedSet) -> Option<Arc<TextSet>> {
    if let PreparedSet::Strings(texts) = set { Some(Arc::new(TextSet::new(texts.iter().map(|text| &**text)))) } else { None }
}

/// A text column that equals a constant, or does not.
fn equal_text(plan: &Plan, op: CompareOp, a: NodeId, b: NodeId) -> Option<(usize, Test)> {
    let other = match op {
        CompareOp::Eq => false,
        CompareOp::NotEq => true,
        _ => return None,
    };
    let (value, text) = match (constant(plan, b), constant(plan, a)) {
        (Some(text), None) => (a, text),
        (None, Some(text)) => (b, text),
        _ => return None,
    };
    if !matches!(text.values, Values::Str(_)) {
        return None;
    }
    Some((text_column(plan, value)?, Test::Strings(Arc::new(TextSet::new([text.strings().at(0)])), other)))
}

fn bool_column(plan: &Plan, index: usize) -> Option<usize> {
    (*data_type(plan, index) == DataType::Boolean).then_some(index)
}

/// The test for a compiled pattern; `pattern` is as written where it must match the whole text, else empty.
pub(crate) fn pattern_test(regex: &regex::Regex, pattern: &str) -> Option<Test> {
    let bytes = if pattern.is_empty() { None } else { BytePattern::parse(pattern) };
    Some(match bytes {
        Some(bytes) => Test::Bytes(Arc::new(bytes)),
        None => Test::Regex(Arc::new(TextPattern::new(regex.as_str())?)),
    })
}

fn column(plan: &Plan, id: NodeId) -> Option<usize> {
    if let Op::Column(index) = plan.node(id).op { Some(index) } else { None }
}

fn data_type(plan: &Plan, column: usize) -> &DataType {
    plan.schema.field(column).data_type()
}

fn text_column(plan: &Plan, id: NodeId) -> Option<usize> {
    let column = column(plan, id)?;
    let ty = match data_type(plan, column) {
        DataType::Dictionary(_, values) => values,
        ty => ty,
    };
    matches!(ty, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View).then_some(column)
}

fn columns(plan: &Plan, op: CompareOp, a: NodeId, b: NodeId) -> Option<(usize, Test)> {
    let (left, right) = (column(plan, a)?, column(plan, b)?);
    let ty = data_type(plan, left);
    let native = matches!(
        ty,
        DataType::Float64 | DataType::Float32 | DataType::Int64 | DataType::Int32 | DataType::Timestamp(..) | DataType::Date32
    );
    // Zones of one unit compare as instants.
    let same = match (ty, data_type(plan, right)) {
        (DataType::Timestamp(a, _), DataType::Timestamp(b, _)) => a == b,
        (a, b) => a == b,
    };
    (native && same).then_some((left, Test::Columns(op, right)))
}

/// A lower and an upper bound, both included.
enum Bounds {
    Floats(f64, f64),
    Ints(i128, i128),
    Length(i128, i128),
}

/// Comparisons of one column with constants, all of which must hold.
fn range(plan: &Plan, tests: &[NodeId]) -> Option<(usize, Test)> {
    let mut found: Option<(usize, Bounds)> = None;
    for test in tests {
        let node = plan.node(*test);
        let (Op::Compare(op), [a, b]) = (&node.op, node.args.as_slice()) else { return None };
        let (value, op, bound) = match (constant(plan, *b), constant(plan, *a)) {
            (Some(bound), _) => (*a, *op, bound),
            (None, Some(bound)) => (*b, flipped(*op), bound),
            (None, None) => return None,
        };
        let (column, bounds) = bounds(plan, value, op, bound)?;
        found = Some(match found {
            None => (column, bounds),
            Some((known, all)) if known == column => (column, intersect(all, bounds)?),
            Some(_) => return None,
        });
    }
    let (column, bounds) = found?;
    let test = match bounds {
        Bounds::Floats(low, high) => Test::Floats(low, high),
        Bounds::Ints(low, high) => Test::Ints(low, high),
        Bounds::Length(low, high) if low > high || high < 0 => Test::Length(1, 0),
        Bounds::Length(low, high) => {
            Test::Length(usize::try_from(low.max(0)).unwrap_or(usize::MAX), usize::try_from(high).unwrap_or(usize::MAX))
        }
    };
    Some((column, test))
}

fn constant(plan: &Plan, id: NodeId) -> Option<&Vector> {
    match &plan.node(id).op {
        Op::Constant(vector) if vector.is_live(0) => Some(vector),
        _ => None,
    }
}

fn flipped(op: CompareOp) -> CompareOp {
    match op {
        CompareOp::Lt => CompareOp::Gt,
        CompareOp::LtEq => CompareOp::GtEq,
        CompareOp::Gt => CompareOp::Lt,
        CompareOp::GtEq => CompareOp::LtEq,
        other => other,
    }
}

fn intersect(a: Bounds, b: Bounds) -> Option<Bounds> {
    // `f64::max` would drop a NaN, and a NaN bound lets nothing through.
    let float = |a: f64, b: f64, larger: bool| {
        if a.is_nan() || b.is_nan() {
            f64::NAN
        } else if (a > b) == larger {
            a
        } else {
            b
        }
    };
    Some(match (a, b) {
        (Bounds::Floats(a, b), Bounds::Floats(c, d)) => Bounds::Floats(float(a, c, true), float(b, d, false)),
        (Bounds::Ints(a, b), Bounds::Ints(c, d)) => Bounds::Ints(a.max(c), b.min(d)),
        (Bounds::Length(a, b), Bounds::Length(c, d)) => Bounds::Length(a.max(c), b.min(d)),
        _ => return None,
    })
}

fn bounds(plan: &Plan, value: NodeId, op: CompareOp, bound: &Vector) -> Option<(usize, Bounds)> {
    let node = plan.node(value);
    if let (Op::Call(function), [inner]) = (&node.op, node.args.as_slice()) {
        if function.name != "length" {
            return None;
        }
        let column = text_column(plan, *inner)?;
        let (low, high) = int_bounds(op, number(bound)?, 1, 0)?;
        return Some((column, Bounds::Length(low, high)));
    }
    let column = column(plan, value)?;
    let bounds = match data_type(plan, column) {
        DataType::Float64 | DataType::Float32 => {
            let (low, high) = float_bounds(op, number(bound)?)?;
            Bounds::Floats(low, high)
        }
        ty if ty.is_integer() => {
            let (low, high) = int_bounds(op, number(bound)?, 1, 0)?;
            Bounds::Ints(low, high)
        }
        DataType::Timestamp(unit, _) => {
            let nanos = match unit {
                TimeUnit::Second => 1_000_000_000,
                TimeUnit::Millisecond => 1_000_000,
                TimeUnit::Microsecond => 1_000,
                TimeUnit::Nanosecond => 1,
            };
            let (low, high) = int_bounds(op, number(bound)?, nanos, 0)?;
            Bounds::Ints(low, high)
        }
        DataType::Date32 => {
            let (low, high) = int_bounds(op, number(bound)?, 1, 0)?;
            Bounds::Ints(low, high)
        }
        DataType::Decimal128(_, scale) if *scale >= 0 => {
            let (low, high) = int_bounds(op, number(bound)?, 1, i32::from(*scale))?;
            Bounds::Ints(low, high)
        }
        _ => return None,
    };
    Some((column, bounds))
}

fn number(vector: &Vector) -> Option<Num> {
    match vector.values {
        Values::Int(_) | Values::Float(_) | Values::Decimal(..) => Some(vector.numbers().at(0)),
        _ => None,
    }
}

/// Bounds of an integer `x` such that `x · unit / 10^scale op bound`, exactly.
fn int_bounds(op: CompareOp, bound: Num, unit: i128, scale: i32) -> Option<(i128, i128)> {
    const NOTHING: (i128, i128) = (1, 0);
    let (floor, exact) = match bound {
        Num::Int(value) => {
            let scaled = value.checked_mul(power_of_ten(scale)?)?;
            (scaled.div_euclid(unit), scaled.rem_euclid(unit) == 0)
        }
        Num::Decimal(mantissa, own) if unit == 1 => {
            if own <= scale {
                (mantissa.checked_mul(power_of_ten(scale - own)?)?, true)
            } else {
                let divisor = power_of_ten(own - scale)?;
                (mantissa.div_euclid(divisor), mantissa.rem_euclid(divisor) == 0)
            }
        }
        #[expect(clippy::cast_possible_truncation, reason = "within ±1e30, so the floor fits")]
        Num::Float(value) if unit == 1 && scale == 0 && value.abs() < 1e30 => (value.floor() as i128, value.fract() == 0.0),
        _ => return None,
    };
    let ceil = if exact { floor } else { floor + 1 };
    Some(match op {
        CompareOp::Eq if exact => (floor, floor),
        CompareOp::Eq => NOTHING,
        CompareOp::NotEq => return None,
        CompareOp::GtEq => (ceil, i128::MAX),
        CompareOp::Gt => (floor + 1, i128::MAX),
        CompareOp::LtEq => (i128::MIN, floor),
        CompareOp::Lt => (i128::MIN, ceil - 1),
    })
}

/// Bounds of a float `x` such that `x op bound`, exactly.
fn float_bounds(op: CompareOp, bound: Num) -> Option<(f64, f64)> {
    let near = bound.to_f64();
    if near.is_nan() || op == CompareOp::NotEq {
        return None;
    }
    let order = bound.compare(Num::Float(near))?;
    // The smallest float at or above the bound, the largest at or below it.
    let at_least = if order.is_gt() { near.next_up() } else { near };
    let at_most = if order.is_lt() { near.next_down() } else { near };
    let exact = order.is_eq();
    let above = if !exact {
        at_least
    } else if near == f64::INFINITY {
        f64::NAN
    } else {
        near.next_up()
    };
    let below = if !exact {
        at_most
    } else if near == f64::NEG_INFINITY {
        f64::NAN
    } else {
        near.next_down()
    };
    Some(match op {
        CompareOp::Eq if exact => (near, near),
        CompareOp::Eq => (f64::NAN, f64::NAN),
        CompareOp::GtEq => (at_least, f64::INFINITY),
        CompareOp::Gt => (above, f64::INFINITY),
        CompareOp::LtEq => (f64::NEG_INFINITY, at_most),
        CompareOp::Lt => (f64::NEG_INFINITY, below),
        CompareOp::NotEq => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strict_bounds_of_floats_move_by_one_step() {
        let (low, _) = float_bounds(CompareOp::Gt, Num::Float(0.0)).unwrap();
        assert_eq!(low, f64::from_bits(1));
        assert!(float_bounds(CompareOp::Gt, Num::Float(f64::INFINITY)).unwrap().0.is_nan());
        let (low, _) = float_bounds(CompareOp::GtEq, Num::Int(9_007_199_254_740_993)).unwrap();
        assert_eq!(low, 9_007_199_254_740_994.0);
    }

    #[test]
    fn instants_are_compared_in_the_columns_unit() {
        assert_eq!(int_bounds(CompareOp::GtEq, Num::Int(1_500), 1_000, 0), Some((2, i128::MAX)));
        assert_eq!(int_bounds(CompareOp::LtEq, Num::Int(-1), 1_000, 0), Some((i128::MIN, -1)));
        assert_eq!(int_bounds(CompareOp::Eq, Num::Int(1_500), 1_000, 0), Some((1, 0)));
    }
}
