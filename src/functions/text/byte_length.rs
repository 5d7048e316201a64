//! `byte_length(text)`: the number of bytes.

use crate::functions::{Accepts, Context, Eval, Example, FunctionDef, Parameter, Returns, Signature};
use crate::kernels::vector::{Cell, Values, Vector, strict};

pub(super) const FUNCTION: FunctionDef = FunctionDef {
    name: "byte_length",
    since: "0.1",
    signature: Signature::new(&[Parameter { name: "text", accepts: Accepts::StringOrBinary }], Returns::Int),
    summary: "The number of bytes of `text` in UTF-8, or of a binary.",
    details: "Use `length` for characters. Null if `text` is null.",
    examples: &[
        Example::new(r#"byte_length("abc")"#, "3"),
        Example::new(r#"byte_length("é")"#, "2"),
        Example::new("byte_length(null)", "null"),
    ],
    eval: Eval::Columns(eval),
};

fn eval(args: &[Vector], _: &Context) -> Vector {
    let [text] = args else { return Vector::fault(1) };
    match &text.values {
        Values::Bin(_) => {
            let bytes = text.binaries();
            strict(args, |row| Cell::Value(bytes.at(row).len() as i128))
        }
        _ => {
            let texts = text.strings();
            strict(args, |row| Cell::Value(texts.at(row).len() as i128))
        }
    }
}
