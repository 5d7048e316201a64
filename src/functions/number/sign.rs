//! `sign(x)`: −1, 0 or 1.

use crate::functions::{Accepts, Context, Eval, Example, FunctionDef, Parameter, Returns, Signature};
use crate::kernels::number::Num;
use crate::kernels::vector::{Cell, Vector, strict};

pub(super) const FUNCTION: FunctionDef = FunctionDef {
    name: "sign",
    since: "0.1",
    signature: Signature::new(&[Parameter { name: "x", accepts: Accepts::Number }], Returns::Int),
    summary: "−1 where `x` is negative, 0 where it is zero, 1 where it is positive.",
    details: "An integer for numbers of every kind; −0.0 gives 0. NaN has no sign and faults. Null if `x` is null.",
    examples: &[
        Example::new("sign(-3)", "-1"),
        Example::new("sign(0.5)", "1"),
        Example::new("sign(0.0)", "0"),
        Example::new("sign(exp(1000) - exp(1000))", "fault"),
        Example::new("sign(null)", "null"),
    ],
    eval: Eval::Columns(eval),
};

fn eval(args: &[Vector], _: &Context) -> Vector {
    let [x] = args else { return Vector::fault(1) };
    let numbers = x.numbers();
    strict(args, |row| Cell::from(numbers.at(row).compare(Num::Int(0)).map(|order| order as i128)))
}
