//! `pow(x, y)`: x to the power of y.

use crate::functions::{Accepts, Context, Eval, Example, FunctionDef, Parameter, Returns, Signature};
use crate::kernels::vector::{Cell, Vector, strict};

pub(super) const FUNCTION: FunctionDef = FunctionDef {
    name: "pow",
    since: "0.1",
    signature: Signature::new(
        &[Parameter { name: "x", accepts: Accepts::Number }, Parameter { name: "y", accepts: Accepts::Number }],
        Returns::Float,
    ),
    summary: "`x` raised to the power of `y`.",
    details: "Computed in float64: overflow gives infinity. A negative `x` with a fractional `y`, and zero to a negative power, fault. NaN if an argument is NaN, even where IEEE 754 has 1. Null if an argument is null.",
    examples: &[
        Example::new("pow(2, 10)", "1024.0"),
        Example::new("pow(2, -1)", "0.5"),
        Example::new("pow(-8, 0.5)", "fault"),
        Example::new("pow(0, -1)", "fault"),
        Example::new("pow(null, 2)", "null"),
    ],
    eval: Eval::Columns(eval),
};

fn eval(args: &[Vector], _: &Context) -> Vector {
    let [x, y] = args else { return Vector::fault(1) };
    let (bases, exponents) = (x.numbers(), y.numbers());
    strict(args, |row| Cell::from(power(bases.at(row).to_f64(), exponents.at(row).to_f64())))
}

/// `None` outside the domain.
fn power(base: f64, exponent: f64) -> Option<f64> {
    if base.is_nan() || exponent.is_nan() {
        return Some(f64::NAN);
    }
    if base == 0.0 && exponent < 0.0 {
        return None;
    }
    Some(base.powf(exponent)).filter(|result| !result.is_nan())
}
