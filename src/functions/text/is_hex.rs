//! `is_hex(text)`: hexadecimal digits.

use crate::functions::{Accepts, Context, Eval, Example, FunctionDef, Parameter, Returns, Signature};
use crate::kernels::vector::{Cell, Vector, strict};

pub(super) const FUNCTION: FunctionDef = FunctionDef {
    name: "is_hex",
    since: "0.1",
    signature: Signature::new(&[Parameter { name: "text", accepts: Accepts::String }], Returns::Bool),
    summary: "True where `text` is one or more hexadecimal digits.",
    details: "Both letter cases; no prefix such as `0x`, no sign, no separators. Null if `text` is null.",
    examples: &[
        Example::new(r#"is_hex("DeadBeef")"#, "true"),
        Example::new(r#"is_hex("0x1f")"#, "false"),
        Example::new(r#"is_hex("")"#, "false"),
        Example::new("is_hex(null)", "null"),
    ],
    eval: Eval::Columns(eval),
};

fn eval(args: &[Vector], _: &Context) -> Vector {
    let [text] = args else { return Vector::fault(1) };
    let texts = text.strings();
    strict(args, |row| Cell::Value(is_hex(texts.at(row))))
}

fn is_hex(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
