//! `year(x)`: the year.

use crate::functions::{Accepts, Context, Eval, Example, FunctionDef, Parameter, Returns, Signature};
use crate::kernels::Vector;
use crate::kernels::time::{Civil, map_nanos};

pub(super) const FUNCTION: FunctionDef = FunctionDef {
    name: "year",
    since: "0.1",
    signature: Signature::new(&[Parameter { name: "x", accepts: Accepts::DateOrTimestamp }], Returns::Int),
    summary: "The year of `x`.",
    details: "Years before 1 count down through 0, as in ISO 8601. Proleptic Gregorian calendar. An instant is taken in UTC, a local timestamp as it stands. Null if `x` is null.",
    examples: &[
        Example::new(r#"year(date "2026-01-31")"#, "2026"),
        Example::new(r#"year(timestamp "1969-12-31T23:59:59Z")"#, "1969"),
        Example::new("year(null)", "null"),
    ],
    eval: Eval::Columns(eval),
};

fn eval(args: &[Vector], _: &Context) -> Vector {
    map_nanos(args, |nanos| Civil::from_nanos(nanos).year)
}
