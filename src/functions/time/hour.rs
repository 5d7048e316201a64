//! `hour(x)`: the hour.

use crate::functions::{Accepts, Context, Eval, Example, FunctionDef, Parameter, Returns, Signature};
use crate::kernels::Vector;
use crate::kernels::time::{DAY, HOUR, map_nanos};

pub(super) const FUNCTION: FunctionDef = FunctionDef {
    name: "hour",
    since: "0.1",
    signature: Signature::new(&[Parameter { name: "x", accepts: Accepts::DateOrTimestamp }], Returns::Int),
    summary: "The hour of the day of `x`.",
    details: "0 to 23. Of a date it is 0. An instant is taken in UTC, a local timestamp as it stands. Null if `x` is null.",
    examples: &[
        Example::new(r#"hour(timestamp "2026-01-31T13:45:30Z")"#, "13"),
        Example::new(r#"hour(date "2026-01-31")"#, "0"),
        Example::new("hour(null)", "null"),
    ],
    eval: Eval::Columns(eval),
};

fn eval(args: &[Vector], _: &Context) -> Vector {
    map_nanos(args, |nanos| nanos.rem_euclid(DAY) / HOUR)
}
