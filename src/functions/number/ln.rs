//! `ln(x)`: the natural logarithm.

use crate::functions::{Accepts, Context, Eval, Example, FunctionDef, Parameter, Returns, Signature};
use crate::kernels::vector::{Cell, Vector, strict};

pub(super) const FUNCTION: FunctionDef = FunctionDef {
    name: "ln",
    since: "0.1",
    signature: Signature::new(&[Parameter { name: "x", accepts: Accepts::Number }], Returns::Float),
    summary: "The natural logarithm of `x`.",
    details: "Computed in float64. Zero and negative numbers fault. NaN gives NaN, infinity gives infinity. Null if `x` is null.",
    examples: &[
        Example::new("ln(1)", "0.0"),
        Example::new("ln(exp(1.0)) between 0.999 and 1.001", "true"),
        Example::new("ln(0)", "fault"),
        Example::new("ln(null)", "null"),
    ],
    eval: Eval::Columns(eval),
};

fn eval(args: &[Vector], _: &Context) -> Vector {
    let [x] = args else { return Vector::fault(1) };
    let numbers = x.numbers();
    strict(args, |row| match numbers.at(row).to_f64() {
        value if value <= 0.0 => Cell::Fault,
        value => Cell::Value(value.ln()),
    })
}
