//! `greatest(a, b, …)`: the largest argument.

use std::cmp::Ordering;

use crate::functions::{Accepts, Context, Eval, Example, FunctionDef, Parameter, Returns, Signature};
use crate::kernels::Vector;

use super::least::extreme;

pub(super) const FUNCTION: FunctionDef = FunctionDef {
    name: "greatest",
    since: "0.1",
    signature: Signature::new(
        &[Parameter { name: "a", accepts: Accepts::Ordered }, Parameter { name: "b", accepts: Accepts::SameAs(0) }],
        Returns::Common,
    )
    .variadic(),
    summary: "The largest of the arguments.",
    details: "Takes numbers of any kinds, strings, dates, times, timestamps and durations. Numbers are compared exactly; the result is a float if an argument is one, else a decimal of the largest scale if one is, else an integer. NaN if an argument is NaN. Strings compare by code point. Null if an argument is null, unlike the SQL functions that skip nulls.",
    examples: &[
        Example::new("greatest(1, 3, 2)", "3"),
        Example::new("greatest(1, 2.5)", "2.5"),
        Example::new(r#"greatest("a", "b")"#, r#""b""#),
        Example::new(r#"greatest(date "2026-01-31", date "2026-02-01")"#, r#"date "2026-02-01""#),
        Example::new("greatest(1, null)", "null"),
    ],
    eval: Eval::Columns(eval),
};

fn eval(args: &[Vector], _: &Context) -> Vector {
    extreme(args, Ordering::Greater)
}
