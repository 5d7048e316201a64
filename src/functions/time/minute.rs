//! `minute(x)`: the minute.

use crate::functions::{Accepts, Context, Eval, Example, FunctionDef, Parameter, Returns, Signature};
use crate::kernels::Vector;
use crate::kernels::time::{HOUR, MINUTE, map_nanos};

pub(super) const FUNCTION: FunctionDef = FunctionDef {
    name: "minute",
    since: "0.1",
    signature: Signature::new(&[Parameter { name: "x", accepts: Accepts::DateOrTimestamp }], Returns::Int),
    summary: "The minute of the hour of `x`.",
    details: "0 to 59. Of a date it is 0. An instant is taken in UTC, a local timestamp as it stands. Null if `x` is null.",
    examples: &[
        Example::new(r#"minute(timestamp "2026-01-31T13:45:30Z")"#, "45"),
        Example::new(r#"minute(date "2026-01-31")"#, "0"),
        Example::new("minute(null)", "null"),
    ],
    eval: Eval::Columns(eval),
};

fn eval(args: &[Vector], _: &Context) -> Vector {
    map_nanos(args, |nanos| nanos.rem_euclid(HOUR) / MINUTE)
}
