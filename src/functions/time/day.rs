//! `day(x)`: the day of the month.

use crate::functions::{Accepts, Context, Eval, Example, FunctionDef, Parameter, Returns, Signature};
use crate::kernels::Vector;
use crate::kernels::time::{Civil, map_nanos};

pub(super) const FUNCTION: FunctionDef = FunctionDef {
    name: "day",
    since: "0.1",
    signature: Signature::new(&[Parameter { name: "x", accepts: Accepts::DateOrTimestamp }], Returns::Int),
    summary: "The day of the month of `x`.",
    details: "1 to 31. Proleptic Gregorian calendar. An instant is taken in UTC, a local timestamp as it stands. Null if `x` is null.",
    examples: &[
        Example::new(r#"day(date "2026-01-31")"#, "31"),
        Example::new(r#"day(timestamp "2024-02-29T12:00:00Z")"#, "29"),
        Example::new("day(null)", "null"),
    ],
    eval: Eval::Columns(eval),
};

fn eval(args: &[Vector], _: &Context) -> Vector {
    map_nanos(args, |nanos| Civil::from_nanos(nanos).day)
}
