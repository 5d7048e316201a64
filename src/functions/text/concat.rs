//! `concat(a, b, …)`: texts joined end to end.

use crate::functions::{Accepts, Context, Eval, Example, FunctionDef, Parameter, Returns, Signature};
use crate::kernels::vector::{Cell, Vector, strict};

pub(super) const FUNCTION: FunctionDef = FunctionDef {
    name: "concat",
    since: "0.1",
    signature: Signature::new(&[Parameter { name: "text", accepts: Accepts::String }], Returns::String).variadic(),
    summary: "The arguments joined, in order, with nothing between them.",
    details: r#"Null if an argument is null, as with `||` in SQL; use `coalesce(x, "")` to skip nulls."#,
    examples: &[
        Example::new(r#"concat("0x", "ab")"#, r#""0xab""#),
        Example::new(r#"concat("a", "", "b")"#, r#""ab""#),
        Example::new(r#"concat("a", null)"#, "null"),
    ],
    eval: Eval::Columns(eval),
};

fn eval(args: &[Vector], _: &Context) -> Vector {
    let parts: Vec<_> = args.iter().map(Vector::strings).collect();
    strict(args, |row| Cell::Value(parts.iter().map(|part| part.at(row)).collect::<String>()))
}
