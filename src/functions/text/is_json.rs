//! `is_json(text)`: a JSON document.

use serde::de::IgnoredAny;

use crate::functions::{Accepts, Eval, Example, FunctionDef, Parameter, Returns, Signature};

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
    eval: Eval::Text(is_json),
};

fn is_json(text: &str) -> bool {
    serde_json::from_str::<IgnoredAny>(text).is_ok()
}
