//! `log10(x)`: the logarithm to base ten.

use crate::functions::{Accepts, Context, Eval, Example, FunctionDef, Parameter, Returns, Signature};
use crate::kernels::vector::{Cell, Vector, strict};

pub(super) const FUNCTION: FunctionDef = FunctionDef {
    name: "log10",
    since: "0.1",
    signature: Signature::new(&[Parameter { name: "x", accepts: Accepts::Number }], Returns::Float),
    summary: "The logarithm of `x` to base ten.",
    details: "Computed in float64. Zero and negative numbers fault. NaN gives NaN, infinity gives infinity. Null if `x` is null.",
    examples: &[
        Example::new("log10(1000)", "3.0"),
        Example::new("log10(0.1)", "-1.0"),
        Example::new("log10(-1)", "fault"),
        Example::new("log10(null)", "null"),
    ],
    eval: Eval::Columns(eval),
};

fn eval(args: &[Vector], _: &Context) -> Vector {
    let [x] = args else { return Vector::fault(1) };
    let numbers = x.numbers();
    strict(args, |row| match numbers.at(row).to_f64() {
        value if value <= 0.0 => Cell::Fault,
        value => Cell::Value(value.log10()),
    })
}
