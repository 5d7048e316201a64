//! `is_hex(text)`: hexadecimal digits.

use crate::functions::{Accepts, Eval, Example, FunctionDef, Parameter, Returns, Signature};

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
    eval: Eval::Text(is_hex),
};

fn is_hex(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
