//! `age(t)`: the time since then.

use crate::functions::{Accepts, Context, Eval, Example, FunctionDef, Parameter, Returns, Signature};
use crate::kernels::time::nanos_in_range;
use crate::kernels::vector::{Cell, Vector, strict};

pub(super) const FUNCTION: FunctionDef = FunctionDef {
    name: "age",
    since: "0.1",
    signature: Signature::new(&[Parameter { name: "t", accepts: Accepts::Timestamp }], Returns::Duration),
    summary: "The time from `t` to now: `now() - t`.",
    details: "Negative where `t` lies ahead. `now()` is read once per run. Exact in nanoseconds; a result beyond the range of i64 seconds faults, and so does a run without a clock. Null if `t` is null.",
    examples: &[
        Example::new("age(now())", "0 s"),
        Example::new("age(now() - 90 s)", "90 s"),
        Example::new("age(now() + 1 day) < 0 s", "true"),
        Example::new("age(null)", "null"),
    ],
    eval: Eval::Columns(eval),
};

fn eval(args: &[Vector], context: &Context) -> Vector {
    let [instant] = args else { return Vector::fault(1) };
    let nanos = instant.ints();
    strict(args, |row| Cell::from(context.now.and_then(|now| now.checked_sub(nanos.at(row))).and_then(nanos_in_range)))
}
