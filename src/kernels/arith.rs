//! Arithmetic over columns of numbers, instants and durations.

use arrow::buffer::ScalarBuffer;

use super::number::{Num, int_in_range};
use super::time::{DAY, nanos_in_range};
use super::vector::{Cell, Values, Vector, from_parts, merged_marks, strict, strict_with};
use crate::types::ArithOp;

/// Applies a function to each number; `None` is a fault. The result has the kind the function gives: it must be the same for
/// all numbers of one kind and scale.
pub(crate) fn map_numbers(args: &[Vector], function: impl Fn(Num) -> Option<Num>) -> Vector {
    let Some(arg) = args.first() else { return Vector::fault(1) };
    // A function that gives floats for floats needs no look at each result's kind.
    if matches!(arg.values, Values::Float(_)) && matches!(function(Num::Float(1.0)), Some(Num::Float(_))) {
        let floats = arg.floats();
        return strict(args, |row| match function(Num::Float(floats.at(row))) {
            Some(Num::Float(value)) => Cell::Value(value),
            _ => Cell::Fault,
        });
    }
    let numbers = arg.numbers();
    let kind = one_of(arg).and_then(&function);
    collect_kind(args, kind, |row| function(numbers.at(row)))
}

/// Applies an operator to each pair of numbers; `None` is a fault.
pub(crate) fn zip_numbers(args: &[Vector], operator: impl Fn(Num, Num) -> Option<Num>) -> Vector {
    let [a, b] = args else { return Vector::fault(1) };
    if let (Values::Float(_), Values::Float(_)) = (&a.values, &b.values) {
        return zip_floats(args, operator);
    }
    let (left, right) = (a.numbers(), b.numbers());
    let kind = one_of(a).zip(one_of(b)).and_then(|(a, b)| operator(a, b));
    collect_kind(args, kind, |row| operator(left.at(row), right.at(row)))
}

/// `+`, `-` and `*` of floats, which cannot fault: every slot is computed, marks decide which count.
pub(crate) fn float_operator(op: ArithOp, args: &[Vector]) -> Vector {
    let [a, b] = args else { return Vector::fault(1) };
    let (Values::Float(left), Values::Float(right)) = (&a.values, &b.values) else { return zip_numbers(args, Num::add) };
    let operate = |x: f64, y: f64| match op {
        ArithOp::Add => x + y,
        ArithOp::Sub => x - y,
        _ => x * y,
    };
    let values = zip_slots(left, right, operate);
    unmarked(a, b, Values::Float(values.into()))
}

/// A value for each pair of slots; one slot stands for as many as the other operand has.
#[inline(always)]
fn zip_slots<T: Copy>(left: &[T], right: &[T], mut operate: impl FnMut(T, T) -> T) -> Vec<T> {
    match (left, right) {
        (&[x], right) => right.iter().map(|y| operate(x, *y)).collect(),
        (left, &[y]) => left.iter().map(|x| operate(*x, y)).collect(),
        _ => left.iter().zip(right).map(|(x, y)| operate(*x, *y)).collect(),
    }
}

/// The result of an operator that gives every slot a value, where both operands have one.
fn unmarked(a: &Vector, b: &Vector, values: Values) -> Vector {
    let constant = a.is_constant() && b.is_constant();
    let (nulls, faults) = merged_marks(&[a.clone(), b.clone()], constant);
    from_parts(a.rows().max(b.rows()), constant, values, nulls, faults)
}

/// `+`, `-` or `*` of two numbers.
pub(crate) fn exact_operator(op: ArithOp) -> fn(Num, Num) -> Option<Num> {
    match op {
        ArithOp::Add => Num::add,
        ArithOp::Sub => Num::sub,
        _ => Num::mul,
    }
}

/// The same for columns.
pub(crate) fn zip_exact(op: ArithOp, args: &[Vector]) -> Vector {
    let small = match op {
        ArithOp::Add => small_ints(args, |a, b| a + b),
        ArithOp::Sub => small_ints(args, |a, b| a - b),
        _ => small_ints(args, |a, b| a * b),
    };
    small.unwrap_or_else(|| zip_numbers(args, exact_operator(op)))
}

/// An operator of integers whose operands and results are all in the range of `i64`, so that none can fault; `None` otherwise.
///
/// PERF: benches/kernels.rs `arithmetic`: marks are not looked at, and nothing is asked row by row.
#[expect(clippy::cast_possible_truncation, reason = "what does not fit is told by its bits")]
fn small_ints(args: &[Vector], operate: impl Fn(i128, i128) -> i128) -> Option<Vector> {
    let [a, b] = args else { return None };
    let (Values::Int(left), Values::Int(right)) = (&a.values, &b.values) else { return None };
    let mut beyond = 0;
    let pair = |x: i128, y: i128| {
        let (small_x, small_y) = (x as i64, y as i64);
        let value = operate(i128::from(small_x), i128::from(small_y));
        beyond |= (i128::from(small_x) ^ x) | (i128::from(small_y) ^ y) | (i128::from(value as i64) ^ value);
        value
    };
    let values = zip_slots(left, right, pair);
    (beyond == 0).then(|| unmarked(a, b, Values::Int(values.into())))
}

fn zip_floats(args: &[Vector], operator: impl Fn(Num, Num) -> Option<Num>) -> Vector {
    let [a, b] = args else { return Vector::fault(1) };
    let (left, right) = (a.floats(), b.floats());
    strict(args, |row| match operator(Num::Float(left.at(row)), Num::Float(right.at(row))) {
        Some(Num::Float(value)) => Cell::Value(value),
        _ => Cell::Fault,
    })
}

/// A number of a column's kind and scale, to learn from it what kind an operator gives: a column without a live row has one too, or
/// what it is joined with would be scaled differently from batch to batch.
fn one_of(arg: &Vector) -> Option<Num> {
    match arg.values {
        Values::Int(_) => Some(Num::Int(1)),
        Values::Float(_) => Some(Num::Float(1.0)),
        Values::Decimal(_, scale) => Some(Num::Decimal(1, scale)),
        _ => None,
    }
}

/// Collects numbers of one kind into a column; `None` is a fault.
pub(crate) fn collect_numbers(args: &[Vector], row: impl FnMut(usize) -> Option<Num>) -> Vector {
    collect_kind(args, None, row)
}

/// [`collect_numbers`] of a kind that is known beforehand, if it is.
fn collect_kind(args: &[Vector], mut kind: Option<Num>, mut row: impl FnMut(usize) -> Option<Num>) -> Vector {
    let packed = strict_with(
        args,
        |at| match row(at) {
            Some(number) => {
                kind.get_or_insert(number);
                Cell::Value(Raw::of(number))
            }
            None => Cell::Fault,
        },
        Raw::pack_plain,
    );
    let rows: Vec<Raw> = match &packed.values {
        Values::Int(raw) => raw.iter().map(|bits| Raw(*bits)).collect(),
        _ => Vec::new(),
    };
    let mut out = packed;
    out.values = match kind {
        Some(Num::Float(_)) => Values::Float(rows.iter().map(|raw| raw.float()).collect::<Vec<_>>().into()),
        Some(Num::Decimal(_, scale)) => Values::Decimal(rows.iter().map(|raw| raw.0).collect::<Vec<_>>().into(), scale),
        Some(Num::Int(_)) => return out,
        None => Values::Null,
    };
    out
}

/// A number of a column whose kind is known once for all rows: the mantissa, or the bits of the float.
#[derive(Clone, Copy)]
struct Raw(i128);

impl Raw {
    fn of(number: Num) -> Self {
        match number {
            Num::Int(value) | Num::Decimal(value, _) => Self(value),
            Num::Float(value) => Self(i128::from(value.to_bits())),
        }
    }

    fn float(self) -> f64 {
        f64::from_bits(u64::try_from(self.0).unwrap_or(0))
    }

    fn pack_plain(values: Vec<Self>) -> Values {
        Values::Int(values.into_iter().map(|raw| raw.0).collect::<Vec<_>>().into())
    }
}

impl super::vector::Slot for Raw {
    fn pack(values: Vec<Self>) -> Values {
        Self::pack_plain(values)
    }
    fn filler() -> Self {
        Self(0)
    }
}

/// Applies an operator of integers, days or nanoseconds to each pair; `None` is a fault.
pub(crate) fn zip_ints(args: &[Vector], operator: impl Fn(i128, i128) -> Option<i128>) -> Vector {
    let [a, b] = args else { return Vector::fault(1) };
    let (left, right) = (a.ints(), b.ints());
    strict(args, |row| Cell::from(operator(left.at(row), right.at(row))))
}

/// `a + b` and `a - b` of nanoseconds: instants with durations, durations with durations, instants with instants.
pub(crate) fn shift_nanos(a: i128, b: i128, negative: bool) -> Option<i128> {
    a.checked_add(if negative { -b } else { b }).and_then(nanos_in_range)
}

/// `date ± duration`: a date, or a fault where the duration is not of whole days.
pub(crate) fn shift_days(days: i128, nanos: i128, negative: bool) -> Option<i128> {
    let whole = (nanos % DAY == 0).then_some(nanos / DAY)?;
    days.checked_add(if negative { -whole } else { whole }).and_then(int_in_range)
}

/// `date - date` as a duration.
pub(crate) fn days_between(a: i128, b: i128) -> Option<i128> {
    a.checked_sub(b).and_then(|days| days.checked_mul(DAY))
}

/// `duration * int` and `duration / int`; the quotient is truncated to nanoseconds.
pub(crate) fn scale_nanos(nanos: i128, by: i128, divide: bool) -> Option<i128> {
    let result = if divide { nanos.checked_div(by) } else { nanos.checked_mul(by) };
    result.and_then(nanos_in_range)
}

/// `-x` of a duration.
pub(crate) fn negate_nanos(arg: &Vector) -> Vector {
    let nanos = arg.ints();
    strict(std::slice::from_ref(arg), |row| Cell::Value(-nanos.at(row)))
}

/// The float64 nearest to each number.
pub(crate) fn to_floats(arg: &Vector) -> Vector {
    if matches!(arg.values, Values::Float(_) | Values::Null) {
        return arg.clone();
    }
    let numbers = arg.numbers();
    let floats: ScalarBuffer<f64> = (0..arg.slots()).map(|row| numbers.at(row).to_f64()).collect::<Vec<_>>().into();
    let mut out = arg.clone();
    out.values = Values::Float(floats);
    out
}
