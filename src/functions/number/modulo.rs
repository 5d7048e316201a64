//! `mod(a, b)`: the remainder of a division, the function form of `a mod b`.

use crate::functions::{Accepts, Context, Eval, Example, FunctionDef, Parameter, Returns, Signature};
use crate::kernels::Vector;
use crate::kernels::arith::zip_numbers;
use crate::kernels::number::Num;

pub(super) const FUNCTION: FunctionDef = FunctionDef {
    name: "mod",
    since: "0.1",
    signature: Signature::new(
        &[Parameter { name: "a", accepts: Accepts::Number }, Parameter { name: "b", accepts: Accepts::Number }],
        Returns::Common,
    ),
    summary: "The remainder of `a` divided by `b`, with the sign of `a`.",
    details: "The quotient is truncated: `a = b * (a div b) + mod(a, b)`. Integers and decimals are exact; with a float the result is a float. A divisor of zero faults, for floats too. Null if an argument is null.",
    examples: &[
        Example::new("mod(7, 3)", "1"),
        Example::new("mod(-7, 3)", "-1"),
        Example::new("mod(5.5, 2)", "1.5"),
        Example::new("mod(7, 0)", "fault"),
        Example::new("mod(null, 3)", "null"),
    ],
    eval: Eval::Columns(eval),
};

fn eval(args: &[Vector], _: &Context) -> Vector {
    zip_numbers(args, Num::modulo)
}
