//! `trim(text)`: without white space around it.

use crate::functions::{Accepts, Context, Eval, Example, FunctionDef, Parameter, Returns, Signature};
use crate::kernels::vector::{Cell, Vector, strict};

pub(super) const FUNCTION: FunctionDef = FunctionDef {
    name: "trim",
    since: "0.1",
    signature: Signature::new(&[Parameter { name: "text", accepts: Accepts::String }], Returns::String),
    summary: "`text` without white space at its ends.",
    details: "White space is what Unicode calls `White_Space`, so no-break spaces and line ends go too. Null if `text` is null.",
    examples: &[
        Example::new(r#"trim("  a b ")"#, r#""a b""#),
        Example::new(r#"trim("a")"#, r#""a""#),
        Example::new(r#"trim("   ")"#, r#""""#),
        Example::new("trim(null)", "null"),
    ],
    eval: Eval::Columns(eval),
};

fn eval(args: &[Vector], _: &Context) -> Vector {
    let [text] = args else { return Vector::fault(1) };
    let texts = text.strings();
    strict(args, |row| Cell::Value(texts.at(row).trim().to_owned()))
}
