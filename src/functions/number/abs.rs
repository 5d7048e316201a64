//! `abs(x)`: the absolute value.

use crate::functions::{Accepts, Context, Eval, Example, FunctionDef, Parameter, Returns, Signature};
use crate::kernels::Vector;
use crate::kernels::arith::map_numbers;
use crate::kernels::number::Num;

pub(super) const FUNCTION: FunctionDef = FunctionDef {
    name: "abs",
    since: "0.1",
    signature: Signature::new(&[Parameter { name: "x", accepts: Accepts::Number }], Returns::SameAs(0)),
    summary: "The absolute value of `x`.",
    details: "Keeps the kind of its argument. NaN stays NaN, −0.0 becomes 0.0. Null if `x` is null.",
    examples: &[Example::new("abs(-3)", "3"), Example::new("abs(-0.5)", "0.5"), Example::new("abs(null)", "null")],
    eval: Eval::Columns(eval),
};

fn eval(args: &[Vector], _: &Context) -> Vector {
    map_numbers(args, Num::abs)
}
