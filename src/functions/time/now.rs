//! `now()`: the time of the run.

use crate::functions::{Context, Eval, Example, FunctionDef, Returns, Signature};
use crate::kernels::{Values, Vector};

pub(super) const FUNCTION: FunctionDef = FunctionDef {
    name: "now",
    since: "0.1",
    signature: Signature::new(&[], Returns::Timestamp),
    summary: "The instant at which the run began.",
    details: "Read once per run, so that all rows see the same one; it can be pinned. Faults where the run has no clock.",
    examples: &[
        Example::new("now() = now()", "true"),
        Example::new("now() - now()", "0 s"),
        Example::new("date_trunc(null, now())", "null"),
    ],
    eval: Eval::Columns(eval),
};

fn eval(_: &[Vector], context: &Context) -> Vector {
    context.now.map_or_else(|| Vector::fault(1), |now| Vector::constant(1, Values::Int(vec![now].into())))
}
