//! `today()`: the day of the run.

use crate::functions::{Context, Eval, Example, FunctionDef, Returns, Signature};
use crate::kernels::time::day_of;
use crate::kernels::{Values, Vector};

pub(super) const FUNCTION: FunctionDef = FunctionDef {
    name: "today",
    since: "0.1",
    signature: Signature::new(&[], Returns::Date),
    summary: "The UTC date of `now()`.",
    details: "Read once per run, as `now()` is; it can be pinned. Faults where the run has no clock.",
    examples: &[
        Example::new("today() = date(now())", "true"),
        Example::new("today() - today()", "0 s"),
        Example::new("date_trunc(null, today())", "null"),
    ],
    eval: Eval::Columns(eval),
};

fn eval(_: &[Vector], context: &Context) -> Vector {
    context.now.map_or_else(|| Vector::fault(1), |now| Vector::constant(1, Values::Int(vec![day_of(now)].into())))
}
