//! `cosine_similarity(a, b)`: the cosine of the angle between two vectors.

use crate::functions::{Accepts, Context, Eval, Example, FunctionDef, Parameter, Returns, Signature};
use crate::kernels::Vector;

use super::dot::{dot_product, map_pairs};

pub(super) const FUNCTION: FunctionDef = FunctionDef {
    name: "cosine_similarity",
    since: "0.1",
    signature: Signature::new(
        &[Parameter { name: "a", accepts: Accepts::Numbers }, Parameter { name: "b", accepts: Accepts::Numbers }],
        Returns::Float,
    ),
    summary: "The cosine of the angle between `a` and `b`, from −1 to 1.",
    details: "Computed in float64 and kept within −1 and 1, where rounding would leave them. A vector of norm zero, the empty one too, has no direction and faults. NaN if an item is NaN. Two lists of different length fault. A null item makes it null, a faulting one a fault. Null if a list is null.",
    examples: &[
        Example::new("cosine_similarity([1.0, 0.0], [0.0, 2.0])", "0.0"),
        Example::new("cosine_similarity([3.0, 4.0], [6.0, 8.0])", "1.0"),
        Example::new("cosine_similarity([1.0], [-2.0])", "-1.0"),
        Example::new("cosine_similarity([0.0], [1.0])", "fault"),
        Example::new("cosine_similarity(null, [1.0])", "null"),
    ],
    eval: Eval::Columns(eval),
};

fn eval(args: &[Vector], _: &Context) -> Vector {
    map_pairs(args, |a, b| {
        let (squared_a, squared_b) = (dot_product(a, a), dot_product(b, b));
        if squared_a == 0.0 || squared_b == 0.0 {
            return None;
        }
        Some((dot_product(a, b) / (squared_a.sqrt() * squared_b.sqrt())).clamp(-1.0, 1.0))
    })
}
