//! `trunc(x)`: its whole part, towards zero.

use crate::functions::{Accepts, Context, Eval, Example, FunctionDef, Parameter, Returns, Signature};
use crate::kernels::Vector;
use crate::kernels::arith::map_numbers;
use crate::kernels::number::{Num, power_of_ten};

use super::round::whole_decimal;

pub(super) const FUNCTION: FunctionDef = FunctionDef {
    name: "trunc",
    since: "0.1",
    signature: Signature::new(&[Parameter { name: "x", accepts: Accepts::Number }], Returns::SameAs(0)),
    summary: "`x` rounded towards zero to a whole number.",
    details: "Keeps the kind of its argument, and the scale of a decimal. NaN and infinities stay what they are. Null if `x` is null.",
    examples: &[
        Example::new("trunc(1.8)", "1.0"),
        Example::new("trunc(-1.8)", "-1.0"),
        Example::new("trunc(7)", "7"),
        Example::new("trunc(null)", "null"),
    ],
    eval: Eval::Columns(eval),
};

fn eval(args: &[Vector], _: &Context) -> Vector {
    map_numbers(args, |x| match x {
        Num::Int(_) => Some(x),
        Num::Float(value) => Some(Num::Float(value.trunc())),
        Num::Decimal(mantissa, scale) => whole_decimal(mantissa / power_of_ten(scale)?, scale),
    })
}
