//! `min(list)`: the smallest item.

use std::cmp::Ordering;

use crate::functions::{Accepts, Context, Eval, Example, FunctionDef, Parameter, Returns, Signature};
use crate::kernels::Vector;

use super::max::extreme;

pub(super) const FUNCTION: FunctionDef = FunctionDef {
    name: "min",
    since: "0.1",
    signature: Signature::new(&[Parameter { name: "items", accepts: Accepts::OrderedList }], Returns::ItemOf(0)),
    summary: "The smallest item of a list.",
    details: "Items may be numbers, strings, binaries, dates, times, timestamps or durations. Strings compare by code point. NaN if an item is NaN. Null items are skipped; null where no item is left. A faulting item makes it a fault. Null if the list is null. Over the rows of a batch, in a check, it is the aggregate of that name.",
    examples: &[
        Example::new("min([1, 3, 2])", "1"),
        Example::new(r#"min(["a", "b"])"#, r#""a""#),
        Example::new("min([0.5])", "0.5"),
        Example::new("min(null)", "null"),
    ],
    eval: Eval::Columns(eval),
};

fn eval(args: &[Vector], _: &Context) -> Vector {
    extreme(args, Ordering::Less)
}
