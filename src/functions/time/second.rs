//! `second(x)`: the second.

use crate::functions::{Accepts, Context, Eval, Example, FunctionDef, Parameter, Returns, Signature};
use crate::kernels::Vector;
use crate::kernels::time::{MINUTE, SECOND, map_nanos};

pub(super) const FUNCTION: FunctionDef = FunctionDef {
    name: "second",
    since: "0.1",
    signature: Signature::new(&[Parameter { name: "x", accepts: Accepts::DateOrTimestamp }], Returns::Int),
    summary: "The second of the minute of `x`.",
    details: "0 to 59, without the fraction; there are no leap seconds. Of a date it is 0. An instant is taken in UTC, a local timestamp as it stands. Null if `x` is null.",
    examples: &[
        Example::new(r#"second(timestamp "2026-01-31T13:45:30.9Z")"#, "30"),
        Example::new(r#"second(date "2026-01-31")"#, "0"),
        Example::new("second(null)", "null"),
    ],
    eval: Eval::Columns(eval),
};

fn eval(args: &[Vector], _: &Context) -> Vector {
    map_nanos(args, |nanos| nanos.rem_euclid(MINUTE) / SECOND)
}
