//! `lower(text)`: in lower case.

use crate::functions::{Accepts, Context, Eval, Example, FunctionDef, Parameter, Returns, Signature};
use crate::kernels::vector::{Cell, Vector, strict};

pub(super) const FUNCTION: FunctionDef = FunctionDef {
    name: "lower",
    since: "0.1",
    signature: Signature::new(&[Parameter { name: "text", accepts: Accepts::String }], Returns::String),
    summary: "`text` in lower case.",
    details: "Unicode's default mapping, the same in every locale; the length can change. Null if `text` is null.",
    examples: &[
        Example::new(r#"lower("AbC")"#, r#""abc""#),
        Example::new(r#"lower("ÄÖ")"#, r#""äö""#),
        Example::new("lower(null)", "null"),
    ],
    eval: Eval::Columns(eval),
};

fn eval(args: &[Vector], _: &Context) -> Vector {
    let [text] = args else { return Vector::fault(1) };
    let texts = text.strings();
    strict(args, |row| Cell::Value(texts.at(row).to_lowercase()))
}
