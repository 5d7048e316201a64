//! `is_json(text)`: a JSON document.

use serde::de::IgnoredAny;

use crate::functions::{Accepts, Context, Eval, Example, FunctionDef, Parameter, Returns, Signature};
use crate::kernels::vector::{Cell, Vector, strict};

pub(super) const FUNCTION: FunctionDef = FunctionDef {
    name: "is_json",
    since: "0.1",
    signature: Signature::new(&[Parameter { name: "text", accepts: Accepts::String }], Returns::Bool),
    summary: "True where `text` is one JSON value.",
    details: "RFC 8259: any value, scalars too, with white space around it; no trailing commas, comments, NaN or second document. Repeated keys and numbers of any size are accepted. Null if `text` is null.",
    examples: &[
        Example::new(r#"is_json("[1, 2]")"#, "true"),
        Example::new(r#"is_json("[1, 2,]")"#, "false"),
        Example::new(r#"is_json("NaN")"#, "false"),
        Example::new(r#"is_json("")"#, "false"),
        Example::new("is_json(null)", "null"),
    ],
    eval: Eval::Columns(eval),
};

fn eval(args: &[Vector], _: &Context) -> Vector {
    let [text] = args else { return Vector::fault(1) };
    let texts = text.strings();
    strict(args, |row| Cell::Value(serde_json::from_str::<IgnoredAny>(texts.at(row)).is_ok()))
}
