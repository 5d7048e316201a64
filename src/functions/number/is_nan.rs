//! `is_nan(x)`: not a number.

use crate::functions::{Accepts, Context, Eval, Example, FunctionDef, Parameter, Returns, Signature};
use crate::kernels::Vector;

use super::finite::ask_items;

pub(super) const FUNCTION: FunctionDef = FunctionDef {
    name: "is_nan",
    since: "0.1",
    signature: Signature::new(&[Parameter { name: "x", accepts: Accepts::NumberOrNumbers }], Returns::Bool),
    summary: "True where `x`, or an item of the list `x`, is NaN.",
    details: "Integers and decimals are never NaN, and infinities are not. A list with a NaN is true; without one, a null item makes it null. A faulting item makes it a fault. The empty list has no NaN. Null if `x` is null.",
    examples: &[
        Example::new("is_nan(1.5)", "false"),
        Example::new("is_nan(exp(1000) - exp(1000))", "true"),
        Example::new("is_nan([1.0, exp(1000) - exp(1000)])", "true"),
        Example::new("is_nan(exp(1000))", "false"),
        Example::new("is_nan(null)", "null"),
    ],
    eval: Eval::Columns(eval),
};

fn eval(args: &[Vector], _: &Context) -> Vector {
    ask_items(args, f64::is_nan, true)
}
