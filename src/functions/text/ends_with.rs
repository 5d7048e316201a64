//! `ends_with(text, suffix)`: does the text end with the suffix?

use crate::functions::{Accepts, Eval, Example, FunctionDef, Parameter, Returns, Signature};

pub(super) const FUNCTION: FunctionDef = FunctionDef {
    name: "ends_with",
    since: "0.1",
    signature: Signature::new(
        &[Parameter { name: "text", accepts: Accepts::String }, Parameter { name: "suffix", accepts: Accepts::String }],
        Returns::Bool,
    ),
    summary: "True where `text` ends with `suffix`.",
    details: "Compares code points, so letter case and Unicode form both matter. Every text ends with the empty one. Null if an argument is null.",
    examples: &[
        Example::new(r#"ends_with("report.csv", ".csv")"#, "true"),
        Example::new(r#"ends_with("report.CSV", ".csv")"#, "false"),
        Example::new(r#"ends_with(null, "a")"#, "null"),
    ],
    eval: Eval::Texts(ends_with),
};

fn ends_with(text: &str, suffix: &str) -> bool {
    text.ends_with(suffix)
}
