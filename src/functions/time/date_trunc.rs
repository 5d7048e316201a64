//! `date_trunc(unit, x)`: the beginning of a year, month, day …

use crate::functions::{Accepts, Context, Eval, Example, FunctionDef, Parameter, Returns, Signature};
use crate::kernels::time::{nanos_in_range, truncate};
use crate::kernels::vector::{Cell, Vector, strict};

pub(super) const FUNCTION: FunctionDef = FunctionDef {
    name: "date_trunc",
    since: "0.1",
    signature: Signature::new(
        &[Parameter { name: "unit", accepts: Accepts::String }, Parameter { name: "x", accepts: Accepts::DateOrTimestamp }],
        Returns::SameAs(1),
    ),
    summary: "The beginning of the unit of time that `x` lies in.",
    details: r#"Units: "year", "quarter", "month", "week" (from Monday, ISO 8601), "day", "hour", "minute", "second", in lower case; any other is an error where it is written, and a fault where it is computed. A date stays a date. An instant is taken in UTC, a local timestamp as it stands. Proleptic Gregorian calendar. Null if an argument is null."#,
    examples: &[
        Example::new(r#"date_trunc("month", date "2026-01-31")"#, r#"date "2026-01-01""#),
        Example::new(r#"date_trunc("week", date "2026-01-31")"#, r#"date "2026-01-26""#),
        Example::new(r#"date_trunc("hour", timestamp "2026-01-31T10:45:00Z")"#, r#"timestamp "2026-01-31T10:00:00Z""#),
        Example::new(r#"date_trunc("year", null)"#, "null"),
    ],
    eval: Eval::Columns(eval),
};

fn eval(args: &[Vector], _: &Context) -> Vector {
    let [unit, instant] = args else { return Vector::fault(1) };
    let (units, nanos) = (unit.strings(), instant.ints());
    strict(args, |row| Cell::from(truncate(units.at(row), nanos.at(row)).and_then(nanos_in_range)))
}
