//! `floor(x)`: the greatest whole number that is not above it.

use crate::functions::{Accepts, Context, Eval, Example, FunctionDef, Parameter, Returns, Signature};
use crate::kernels::Vector;
use crate::kernels::arith::map_numbers;
use crate::kernels::number::{Num, power_of_ten};

use super::round::whole_decimal;

pub(super) const FUNCTION: FunctionDef = FunctionDef {
    name: "floor",
    since: "0.1",
    signature: Signature::new(&[Parameter { name: "x", accepts: Accepts::Number }], Returns::SameAs(0)),
    summary: "`x` rounded down to a whole number.",
    details: "Keeps the kind of its argument, and the scale of a decimal. NaN and infinities stay what they are. A decimal whose result has more than 38 digits faults. Null if `x` is null.",
    examples: &[
        Example::new("floor(1.8)", "1.0"),
        Example::new("floor(-1.2)", "-2.0"),
        Example::new("floor(7)", "7"),
        Example::new("floor(null)", "null"),
    ],
    eval: Eval::Columns(eval),
};

fn eval(args: &[Vector], _: &Context) -> Vector {
    map_numbers(args, |x| match x {
        Num::Int(_) => Some(x),
        Num::Float(value) => Some(Num::Float(value.floor())),
        Num::Decimal(mantissa, scale) => whole_decimal(mantissa.div_euclid(power_of_ten(scale)?), scale),
    })
}
