//! `finite(x)`: neither NaN nor infinite.

use crate::functions::{Accepts, Context, Eval, Example, FunctionDef, Parameter, Returns, Signature};
use crate::kernels::number::Num;
use crate::kernels::vector::{Cell, Values, Vector, strict};

pub(super) const FUNCTION: FunctionDef = FunctionDef {
    name: "finite",
    since: "0.1",
    signature: Signature::new(&[Parameter { name: "x", accepts: Accepts::NumberOrNumbers }], Returns::Bool),
    summary: "True where `x`, or every item of the list `x`, is neither NaN nor infinite.",
    details: "Integers and decimals are always finite. A list with an item that is not finite is false; without one, a null item makes it null. A faulting item makes it a fault. The empty list is finite. Null if `x` is null.",
    examples: &[
        Example::new("finite(1.5)", "true"),
        Example::new("finite(exp(1000))", "false"),
        Example::new("finite([1.0, 2.0])", "true"),
        Example::new("finite([1.0, exp(1000)])", "false"),
        Example::new("finite(null)", "null"),
    ],
    eval: Eval::Columns(eval),
};

fn eval(args: &[Vector], _: &Context) -> Vector {
    ask_items(args, |value| !value.is_finite(), false)
}

/// Looks for a number, or an item of a list of numbers, that is `sought`: `found` where there is one, the opposite where there is
/// none. A null item leaves it open whether there is one; a faulting item is a fault.
pub(super) fn ask_items(args: &[Vector], sought: impl Fn(f64) -> bool, found: bool) -> Vector {
    let [x] = args else { return Vector::fault(1) };
    let is_sought = |number| matches!(number, Num::Float(value) if sought(value));
    let lists = x.lists();
    let Some(items) = lists.items() else {
        let numbers = x.numbers();
        return strict(args, |row| Cell::Value(is_sought(numbers.at(row)) == found));
    };
    let plain = match &items.values {
        Values::Float(values) if !items.is_constant() && items.nulls.is_none() && items.faults.is_none() => Some(&**values),
        _ => None,
    };
    let numbers = items.numbers();
    strict(args, |row| {
        if let Some(row) = plain.and_then(|values| values.get(lists.range(row))) {
            // PERF: all items are looked at, without a branch for each.
            return Cell::Value(row.iter().fold(false, |any, value| any | sought(*value)) == found);
        }
        let mut none = Cell::Value(!found);
        for at in lists.range(row) {
            if items.is_fault(at) {
                return Cell::Fault;
            }
            if items.is_null(at) {
                none = if none == Cell::Value(found) { none } else { Cell::Null };
            } else if is_sought(numbers.at(at)) {
                none = Cell::Value(found);
            }
        }
        none
    })
}
