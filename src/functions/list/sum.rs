//! `sum(list)`: the items added up.

use std::ops::Range;

use crate::functions::{Accepts, Context, Eval, Example, FunctionDef, Parameter, Returns, Signature};
use crate::kernels::number::{DECIMAL_MAX, int_in_range};
use crate::kernels::vector::{Cell, Values, Vector, strict, strict_with};

pub(super) const FUNCTION: FunctionDef = FunctionDef {
    name: "sum",
    since: "0.1",
    signature: Signature::new(&[Parameter { name: "items", accepts: Accepts::Numbers }], Returns::ItemOf(0)),
    summary: "The sum of the items of a list.",
    details: "Integers and decimals are exact and fault where the result is out of range, whatever the order. Floats are added from left to right in float64; NaN if an item is NaN. Null items are skipped; the sum of nothing is 0. A faulting item makes it a fault. Null if the list is null. Over the rows of a batch, in a check, it is the aggregate of that name.",
    examples: &[
        Example::new("sum([1, 2, 3])", "6"),
        Example::new("sum([0.5, 0.25])", "0.75"),
        Example::new("sum([18_446_744_073_709_551_615, 1])", "fault"),
        Example::new("sum(null)", "null"),
    ],
    eval: Eval::Columns(eval),
};

fn eval(args: &[Vector], _: &Context) -> Vector {
    let [list] = args else { return Vector::fault(1) };
    let lists = list.lists();
    let Some(items) = lists.items() else { return strict(args, |_| Cell::<bool>::Fault) };
    let items = &items.clone().decoded();
    match &items.values {
        Values::Float(_) => {
            let values = items.floats();
            strict(args, |row| Cell::from(fold(items, lists.range(row), 0.0, |sum, at| sum + values.at(at))))
        }
        Values::Decimal(_, scale) => {
            let in_range = |sum: &i128| (-DECIMAL_MAX..=DECIMAL_MAX).contains(sum);
            strict_with(
                args,
                |row| Cell::from(exact(items, lists.range(row)).filter(in_range)),
                |sums| Values::Decimal(sums.into(), *scale),
            )
        }
        Values::Int(_) | Values::Null => strict(args, |row| Cell::from(exact(items, lists.range(row)).and_then(int_in_range))),
        _ => strict(args, |_| Cell::<bool>::Fault),
    }
}

/// `None` where an item is a fault.
fn fold<S>(items: &Vector, mut range: Range<usize>, start: S, add: impl Fn(S, usize) -> S) -> Option<S> {
    range.try_fold(start, |sum, at| match (items.is_fault(at), items.is_null(at)) {
        (true, _) => None,
        (_, true) => Some(sum),
        _ => Some(add(sum, at)),
    })
}

/// Sums integers in two halves, so that a sum that fits is found whatever its parts come to.
fn exact(items: &Vector, range: Range<usize>) -> Option<i128> {
    const HALF: i128 = 10_000_000_000_000_000_000;
    let values = items.ints();
    let (high, low) = fold(items, range, (0_i128, 0_i128), |(high, low), at| (high + values.at(at) / HALF, low + values.at(at) % HALF))?;
    (high + low / HALF).checked_mul(HALF)?.checked_add(low % HALF)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_that_fit_in_the_end_may_overflow_on_the_way() {
        let parts = vec![DECIMAL_MAX, DECIMAL_MAX, DECIMAL_MAX, -DECIMAL_MAX, -DECIMAL_MAX, -7];
        let items = Vector::new(parts.len(), Values::Decimal(parts.into(), 2));
        assert_eq!(exact(&items, 0..6), Some(DECIMAL_MAX - 7));
        assert_eq!(exact(&items, 4..6), Some(-DECIMAL_MAX - 7));
        assert_eq!(exact(&items, 0..3), None);
    }
}
