//! `dims(v)`: the number of dimensions.

use crate::functions::{Accepts, Context, Eval, Example, FunctionDef, Parameter, Returns, Signature};
use crate::kernels::vector::{Cell, Vector, strict};

pub(super) const FUNCTION: FunctionDef = FunctionDef {
    name: "dims",
    since: "0.1",
    signature: Signature::new(&[Parameter { name: "v", accepts: Accepts::List }], Returns::Int),
    summary: "The number of items of a vector.",
    details: "Null items count. The same as `length` of a list. Null if `v` is null.",
    examples: &[Example::new("dims([0.1, 0.2, 0.3])", "3"), Example::new("dims([7])", "1"), Example::new("dims(null)", "null")],
    eval: Eval::Columns(eval),
};

fn eval(args: &[Vector], _: &Context) -> Vector {
    let [vector] = args else { return Vector::fault(1) };
    let lists = vector.lists();
    strict(args, |row| Cell::Value(lists.range(row).len() as i128))
}
