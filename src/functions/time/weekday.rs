//! `weekday(x)`: the day of the week.

use crate::functions::{Accepts, Context, Eval, Example, FunctionDef, Parameter, Returns, Signature};
use crate::kernels::Vector;
use crate::kernels::time::{day_of, map_nanos, weekday};

pub(super) const FUNCTION: FunctionDef = FunctionDef {
    name: "weekday",
    since: "0.1",
    signature: Signature::new(&[Parameter { name: "x", accepts: Accepts::DateOrTimestamp }], Returns::Int),
    summary: "The day of the week of `x`, from Monday 1 to Sunday 7.",
    details: "Numbered as in ISO 8601. Proleptic Gregorian calendar. An instant is taken in UTC, a local timestamp as it stands. Null if `x` is null.",
    examples: &[
        Example::new(r#"weekday(date "2026-01-31")"#, "6"),
        Example::new(r#"weekday(timestamp "1970-01-01T00:00:00Z")"#, "4"),
        Example::new("weekday(null)", "null"),
    ],
    eval: Eval::Columns(eval),
};

fn eval(args: &[Vector], _: &Context) -> Vector {
    map_nanos(args, |nanos| weekday(day_of(nanos)))
}
