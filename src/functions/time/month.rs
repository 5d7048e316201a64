//! `month(x)`: the month.

use crate::functions::{Accepts, Context, Eval, Example, FunctionDef, Parameter, Returns, Signature};
use crate::kernels::Vector;
use crate::kernels::time::{Civil, map_nanos};

pub(super) const FUNCTION: FunctionDef = FunctionDef {
    name: "month",
    since: "0.1",
    signature: Signature::new(&[Parameter { name: "x", accepts: Accepts::DateOrTimestamp }], Returns::Int),
    summary: "The month of `x`.",
    details: "January is 1, December 12. Proleptic Gregorian calendar. An instant is taken in UTC, a local timestamp as it stands. Null if `x` is null.",
    examples: &[
        Example::new(r#"month(date "2026-01-31")"#, "1"),
        Example::new(r#"month(timestamp "1969-12-31T23:59:59Z")"#, "12"),
        Example::new("month(null)", "null"),
    ],
    eval: Eval::Columns(eval),
};

fn eval(args: &[Vector], _: &Context) -> Vector {
    map_nanos(args, |nanos| Civil::from_nanos(nanos).month)
}
