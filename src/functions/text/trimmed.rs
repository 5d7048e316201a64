//! `trimmed(text)`: no white space around it.

use crate::functions::{Accepts, Eval, Example, FunctionDef, Parameter, Returns, Signature};

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
    eval: Eval::Text(trimmed),
};

fn trimmed(text: &str) -> bool {
    text.trim().len() == text.len()
}
