//! `contains_match(text, /regex/)`: a search.

use crate::functions::{Accepts, Eval, Example, FunctionDef, Parameter, Returns, Signature};

pub(super) const FUNCTION: FunctionDef = FunctionDef {
    name: "contains_match",
    since: "0.1",
    signature: Signature::new(
        &[Parameter { name: "text", accepts: Accepts::String }, Parameter { name: "pattern", accepts: Accepts::Regex }],
        Returns::Bool,
    ),
    summary: "True where a part of `text` matches the regex.",
    details: r"Use `matches` for the whole text. Linear time; look-around and back-references are refused when the rules are compiled. `.` does not match a line feed unless `(?s)` says so; classes such as `\d` are those of Unicode. Null if `text` is null.",
    examples: &[
        Example::new(r#"contains_match("order 17", /[0-9]+/)"#, "true"),
        Example::new(r#"contains_match("order", /[0-9]+/)"#, "false"),
        Example::new("contains_match(null, /a/)", "null"),
    ],
    eval: Eval::Special,
};
