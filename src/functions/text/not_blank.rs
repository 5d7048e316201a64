//! `not_blank(text)`: more than white space.

use crate::functions::{Accepts, Eval, Example, FunctionDef, Parameter, Returns, Signature};

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
    eval: Eval::Text(not_blank),
};

fn not_blank(text: &str) -> bool {
    text.contains(|c: char| !c.is_whitespace())
}
