//! `norm(v)`: the length of a vector.

use crate::functions::{Accepts, Context, Eval, Example, FunctionDef, Parameter, Returns, Signature};
use crate::kernels::vector::{Cell, Vector, strict};

use super::dot::{Rows, dot_product};

pub(super) const FUNCTION: FunctionDef = FunctionDef {
    name: "norm",
    since: "0.1",
    signature: Signature::new(&[Parameter { name: "v", accepts: Accepts::Numbers }], Returns::Float),
    summary: "The Euclidean norm of `v`: the square root of the sum of the squares of its items.",
    details: "Computed in float64, in an order that depends on nothing but the length; a sum beyond float64 gives infinity. The norm of the empty vector is 0. NaN if an item is NaN. A null item makes it null, a faulting one a fault. Null if `v` is null.",
    examples: &[
        Example::new("norm([3.0, 4.0])", "5.0"),
        Example::new("norm([3, 4])", "5.0"),
        Example::new("norm([-2.0])", "2.0"),
        Example::new("norm(null)", "null"),
    ],
    eval: Eval::Columns(eval),
};

fn eval(args: &[Vector], _: &Context) -> Vector {
    let [vector] = args else { return Vector::fault(1) };
    let mut rows = Rows::new(vector);
    strict(args, |row| match rows.at(row) {
        Cell::Value(items) => Cell::Value(dot_product(items, items).sqrt()),
        Cell::Null => Cell::Null,
        Cell::Fault => Cell::Fault,
    })
}
