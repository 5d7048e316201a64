//! Comparison of columns: exact between kinds of numbers, by code point for text, by bytes for binaries.

use std::cmp::Ordering;

use arrow::buffer::BooleanBuffer;

use super::bits;
use super::vector::{Cell, Values, Vector, from_parts, merged_marks, strict};
use crate::types::CompareOp;

/// Whether an order satisfies an operator; no order (NaN) satisfies only `!=`.
pub(crate) fn holds(op: CompareOp, order: Option<Ordering>) -> bool {
    match (op, order) {
        (CompareOp::Eq, order) => order == Some(Ordering::Equal),
        (CompareOp::NotEq, order) => order != Some(Ordering::Equal),
        (CompareOp::Lt, order) => order == Some(Ordering::Less),
        (CompareOp::LtEq, order) => matches!(order, Some(Ordering::Less | Ordering::Equal)),
        (CompareOp::Gt, order) => order == Some(Ordering::Greater),
        (CompareOp::GtEq, order) => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
    }
}

/// `a op b`: null where either is null.
pub(crate) fn compare(op: CompareOp, a: &Vector, b: &Vector) -> Vector {
    let args = [a.clone(), b.clone()];
    match (&a.values, &b.values) {
        (Values::Null, _) | (_, Values::Null) => strict::<bool>(&args, |_| Cell::Null),
        (Values::Float(left), Values::Float(right)) => fast(&args, left, right, op),
        (Values::Int(left), Values::Int(right)) => fast(&args, left, right, op),
        (Values::Str(_), Values::Str(_)) if matches!(op, CompareOp::Eq | CompareOp::NotEq) => {
            let (left, right) = (a.strings(), b.strings());
            let equal = |row: usize| (left.at(row) == right.at(row)) == (op == CompareOp::Eq);
            if nothing_null(&args) {
                let (rows, constant) = shape(&args);
                let values = BooleanBuffer::collect_bool(if constant { 1 } else { rows }, equal);
                return from_parts(rows, constant, Values::Bool(values), None, None);
            }
            strict(&args, |row| Cell::Value(equal(row)))
        }
        (Values::List(_), Values::List(_)) => strict(&args, |row| match lists_equal(a, row, b, row) {
            Cell::Value(equal) => Cell::Value(equal == (op == CompareOp::Eq)),
            other => other,
        }),
        _ => strict(&args, |row| Cell::Value(holds(op, order(a, row, b, row)))),
    }
}

/// Whether every slot may be read: slots of null strings are not looked at.
fn nothing_null(args: &[Vector]) -> bool {
    args.iter().all(|arg| arg.nulls.is_none() && arg.faults.is_none())
}

/// Rows of a result, and whether it is the same in all of them.
fn shape(args: &[Vector]) -> (usize, bool) {
    (args.iter().map(Vector::rows).max().unwrap_or(1), args.iter().all(Vector::is_constant))
}

/// Compares without looking at marks: slots without a value give a bit that the marks hide.
fn fast<T: PartialOrd + Copy>(args: &[Vector], left: &[T], right: &[T], op: CompareOp) -> Vector {
    let (rows, constant) = shape(args);
    let values = match op {
        CompareOp::Eq => bits::pairs(left, right, |a, b| a == b),
        CompareOp::NotEq => bits::pairs(left, right, |a, b| a != b),
        CompareOp::Lt => bits::pairs(left, right, |a, b| a < b),
        CompareOp::LtEq => bits::pairs(left, right, |a, b| a <= b),
        CompareOp::Gt => bits::pairs(left, right, |a, b| a > b),
        CompareOp::GtEq => bits::pairs(left, right, |a, b| a >= b),
    };
    let (nulls, faults) = merged_marks(args, constant);
    from_parts(rows, constant, Values::Bool(values), nulls, faults)
}

/// The order of two values of comparable types; `None` for NaN and for values without an order.
pub(crate) fn order(a: &Vector, i: usize, b: &Vector, j: usize) -> Option<Ordering> {
    match (&a.values, &b.values) {
        (Values::Str(_), Values::Str(_)) => Some(a.strings().at(i).cmp(b.strings().at(j))),
        (Values::Bin(_), Values::Bin(_)) => Some(a.binaries().at(i).cmp(b.binaries().at(j))),
        (Values::Bool(_), Values::Bool(_)) => Some(a.bools().at(i).cmp(&b.bools().at(j))),
        _ => a.numbers().at(i).compare(b.numbers().at(j)),
    }
}

/// Whether two lists have equal items: false as soon as two differ, else null if an item is null.
fn lists_equal(a: &Vector, i: usize, b: &Vector, j: usize) -> Cell<bool> {
    let (left, right) = (a.lists(), b.lists());
    let (Some(left_items), Some(right_items)) = (left.items(), right.items()) else { return Cell::Fault };
    let (left, right) = (left.range(i), right.range(j));
    if left.len() != right.len() {
        return Cell::Value(false);
    }
    let mut result = Cell::Value(true);
    for (i, j) in left.zip(right) {
        if left_items.is_fault(i) || right_items.is_fault(j) {
            return Cell::Fault;
        }
        if left_items.is_null(i) || right_items.is_null(j) {
            result = Cell::Null;
            continue;
        }
        let equal = match (&left_items.values, &right_items.values) {
            (Values::List(_), Values::List(_)) => lists_equal(left_items, i, right_items, j),
            _ => Cell::Value(order(left_items, i, right_items, j) == Some(Ordering::Equal)),
        };
        match equal {
            Cell::Value(true) => {}
            Cell::Value(false) => return Cell::Value(false),
            Cell::Null => result = Cell::Null,
            Cell::Fault => return Cell::Fault,
        }
    }
    result
}

/// `a is distinct from b`: never null; two nulls are alike, NaN is like NaN, −0 like 0.
pub(crate) fn distinct(a: &Vector, b: &Vector) -> Vector {
    let args = [a.clone(), b.clone()];
    let rows = a.rows().max(b.rows());
    let (_, faults) = merged_marks(&args, false);
    let values = BooleanBuffer::collect_bool(rows, |row| match (a.is_null(row), b.is_null(row)) {
        (true, true) => false,
        (false, false) => !alike(a, row, b, row),
        _ => true,
    });
    from_parts(rows, false, Values::Bool(values), None, faults)
}

fn alike(a: &Vector, i: usize, b: &Vector, j: usize) -> bool {
    if let (Values::List(_), Values::List(_)) = (&a.values, &b.values) {
        let (left, right) = (a.lists(), b.lists());
        let (Some(left_items), Some(right_items)) = (left.items(), right.items()) else { return false };
        let (left, right) = (left.range(i), right.range(j));
        return left.len() == right.len()
            && left.zip(right).all(|(i, j)| match (left_items.is_null(i), right_items.is_null(j)) {
                (false, false) => alike(left_items, i, right_items, j),
                (left, right) => left == right,
            });
    }
    let nan = |vector: &Vector, row: usize| matches!(vector.values, Values::Float(_)) && vector.floats().at(row).is_nan();
    match (nan(a, i), nan(b, j)) {
        (true, true) => true,
        (false, false) => order(a, i, b, j) == Some(Ordering::Equal),
        _ => false,
    }
}
