//! `exp(x)`: e to the power of x.

use crate::functions::{Accepts, Context, Eval, Example, FunctionDef, Parameter, Returns, Signature};
use crate::kernels::vector::{Cell, Vector, strict};

pub(super) const FUNCTION: FunctionDef = FunctionDef {
    name: "exp",
    since: "0.1",
    signature: Signature::new(&[Parameter { name: "x", accepts: Accepts::Number }], Returns::Float),
    summary: "The number e raised to the power of `x`.",
    details: "Computed in float64: overflow gives infinity, underflow zero. NaN gives NaN. Null if `x` is null.",
    examples: &[Example::new("exp(0)", "1.0"), Example::new("exp(1000) > 1_000_000", "true"), Example::new("exp(null)", "null")],
    eval: Eval::Columns(eval),
};

fn eval(args: &[Vector], _: &Context) -> Vector {
    let [x] = args else { return Vector::fault(1) };
    let numbers = x.numbers();
    strict(args, |row| Cell::Value(numbers.at(row).to_f64().exp()))
}
