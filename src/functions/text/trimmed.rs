//! `trimmed(text)`: no white space around it.

use crate::functions::{Accepts, Context, Eval, Example, FunctionDef, Parameter, Returns, Signature};
use crate::kernels::vector::{Cell, Vector, strict};

pub(super) const FUNCTION: FunctionDef = FunctionDef {
    name: "trimmed",
    since: "0.1",
    signature: Signature::new(&[Parameter { name: "text", accepts: Accepts::String }], Returns::Bool),
    summary: "True where `text` has no white space at its ends.",
    details: "True where `text = trim(text)`. White space is what Unicode calls `White_Space`; the empty text is trimmed. Null if `text` is null.",
    examples: &[
        Example::new(r#"trimmed("a b")"#, "true"),
        Example::new(r#"trimmed("a ")"#, "false"),
        Example::new(r#"trimmed("")"#, "true"),
        Example::new("trimmed(null)", "null"),
    ],
    eval: Eval::Columns(eval),
};

fn eval(args: &[Vector], _: &Context) -> Vector {
    let [text] = args else { return Vector::fault(1) };
    let texts = text.strings();
    strict(args, |row| Cell::Value(texts.at(row).trim().len() == texts.at(row).len()))
}
