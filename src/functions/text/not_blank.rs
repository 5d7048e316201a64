//! `not_blank(text)`: more than white space.

use crate::functions::{Accepts, Context, Eval, Example, FunctionDef, Parameter, Returns, Signature};
use crate::kernels::vector::{Cell, Vector, strict};

pub(super) const FUNCTION: FunctionDef = FunctionDef {
    name: "not_blank",
    since: "0.1",
    signature: Signature::new(&[Parameter { name: "text", accepts: Accepts::String }], Returns::Bool),
    summary: "True where `text` has a character that is not white space.",
    details: "White space is what Unicode calls `White_Space`. The empty text is blank. Null if `text` is null.",
    examples: &[
        Example::new(r#"not_blank(" a ")"#, "true"),
        Example::new(r#"not_blank("   ")"#, "false"),
        Example::new(r#"not_blank("")"#, "false"),
        Example::new("not_blank(null)", "null"),
    ],
    eval: Eval::Columns(eval),
};

fn eval(args: &[Vector], _: &Context) -> Vector {
    let [text] = args else { return Vector::fault(1) };
    let texts = text.strings();
    strict(args, |row| Cell::Value(texts.at(row).contains(|c: char| !c.is_whitespace())))
}
