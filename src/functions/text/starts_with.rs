//! `starts_with(text, prefix)`: does the text begin with the prefix?

use crate::functions::{Accepts, Eval, Example, FunctionDef, Parameter, Returns, Signature};

pub(super) const FUNCTION: FunctionDef = FunctionDef {
    name: "starts_with",
    since: "0.1",
    signature: Signature::new(
        &[Parameter { name: "text", accepts: Accepts::String }, Parameter { name: "prefix", accepts: Accepts::String }],
        Returns::Bool,
    ),
    summary: "True where `text` begins with `prefix`.",
    details: "Compares code points, so letter case and Unicode form both matter. Every text begins with the empty one. Null if an argument is null.",
    examples: &[
        Example::new(r#"starts_with("invoice-7", "invoice")"#, "true"),
        Example::new(r#"starts_with("Invoice", "invoice")"#, "false"),
        Example::new(r#"starts_with(null, "a")"#, "null"),
    ],
    eval: Eval::Texts(starts_with),
};

fn starts_with(text: &str, prefix: &str) -> bool {
    text.starts_with(prefix)
}
