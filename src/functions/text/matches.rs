//! `matches(text, /regex/)`: the function form of `text matches /regex/`.

use crate::functions::{Accepts, Eval, Example, FunctionDef, Parameter, Returns, Signature};

pub(super) const FUNCTION: FunctionDef = FunctionDef {
    name: "matches",
    since: "0.1",
    signature: Signature::new(
        &[Parameter { name: "text", accepts: Accepts::String }, Parameter { name: "pattern", accepts: Accepts::Regex }],
        Returns::Bool,
    ),
    summary: "True where the whole of `text` matches the regex.",
    details: r"Use `contains_match` to search. Linear time; look-around and back-references are refused when the rules are compiled. `.` does not match a line feed unless `(?s)` says so; classes such as `\d` are those of Unicode. Null if `text` is null.",
    examples: &[
        Example::new(r#"matches("0x1f", /0x[0-9a-f]+/)"#, "true"),
        Example::new(r#"matches("a 0x1f", /0x[0-9a-f]+/)"#, "false"),
        Example::new("matches(null, /a/)", "null"),
    ],
    eval: Eval::Special,
};
