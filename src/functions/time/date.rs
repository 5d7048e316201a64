//! `date(x)`: the day.

use crate::functions::{Accepts, Context, Eval, Example, FunctionDef, Parameter, Returns, Signature};
use crate::kernels::Vector;
use crate::kernels::time::{day_of, map_nanos};

pub(super) const FUNCTION: FunctionDef = FunctionDef {
    name: "date",
    since: "0.1",
    signature: Signature::new(&[Parameter { name: "x", accepts: Accepts::DateOrTimestamp }], Returns::Date),
    summary: "The calendar day of `x`.",
    details: "An instant is taken in UTC, a local timestamp as it stands. A date is itself. Null if `x` is null.",
    examples: &[
        Example::new(r#"date(timestamp "2026-01-31T23:59:59Z")"#, r#"date "2026-01-31""#),
        Example::new(r#"date(timestamp "1969-12-31T23:59:59Z")"#, r#"date "1969-12-31""#),
        Example::new(r#"date(date "2026-01-31")"#, r#"date "2026-01-31""#),
        Example::new("date(null)", "null"),
    ],
    eval: Eval::Columns(eval),
};

fn eval(args: &[Vector], _: &Context) -> Vector {
    map_nanos(args, day_of)
}
