//! `sqrt(x)`: the square root.

use crate::functions::{Accepts, Context, Eval, Example, FunctionDef, Parameter, Returns, Signature};
use crate::kernels::vector::{Cell, Vector, strict};

pub(super) const FUNCTION: FunctionDef = FunctionDef {
    name: "sqrt",
    since: "0.1",
    signature: Signature::new(&[Parameter { name: "x", accepts: Accepts::Number }], Returns::Float),
    summary: "The square root of `x`.",
    details: "Correctly rounded, as in IEEE 754. A negative number faults. NaN gives NaN. Null if `x` is null.",
    examples: &[
        Example::new("sqrt(9)", "3.0"),
        Example::new("sqrt(0.25)", "0.5"),
        Example::new("sqrt(-1)", "fault"),
        Example::new("sqrt(null)", "null"),
    ],
    eval: Eval::Columns(eval),
};

fn eval(args: &[Vector], _: &Context) -> Vector {
    let [x] = args else { return Vector::fault(1) };
    let numbers = x.numbers();
    strict(args, |row| match numbers.at(row).to_f64() {
        value if value < 0.0 => Cell::Fault,
        value => Cell::Value(value.sqrt()),
    })
}
