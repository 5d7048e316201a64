//! `upper(text)`: in upper case.

use crate::functions::{Accepts, Context, Eval, Example, FunctionDef, Parameter, Returns, Signature};
use crate::kernels::vector::{Cell, Vector, strict};

pub(super) const FUNCTION: FunctionDef = FunctionDef {
    name: "upper",
    since: "0.1",
    signature: Signature::new(&[Parameter { name: "text", accepts: Accepts::String }], Returns::String),
    summary: "`text` in upper case.",
    details: "Unicode's default mapping, the same in every locale; the length can change. Null if `text` is null.",
    examples: &[
        Example::new(r#"upper("AbC")"#, r#""ABC""#),
        Example::new(r#"upper("straße")"#, r#""STRASSE""#),
        Example::new("upper(null)", "null"),
    ],
    eval: Eval::Columns(eval),
};

fn eval(args: &[Vector], _: &Context) -> Vector {
    let [text] = args else { return Vector::fault(1) };
    let texts = text.strings();
    strict(args, |row| Cell::Value(texts.at(row).to_uppercase()))
}
