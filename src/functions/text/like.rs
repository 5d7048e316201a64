//! `like(text, pattern)`: the function form of `text like pattern`.

use crate::functions::{Accepts, Eval, Example, FunctionDef, Parameter, Returns, Signature};

pub(super) const FUNCTION: FunctionDef = FunctionDef {
    name: "like",
    since: "0.1",
    signature: Signature::new(
        &[Parameter { name: "text", accepts: Accepts::String }, Parameter { name: "pattern", accepts: Accepts::String }],
        Returns::Bool,
    ),
    summary: "True where the whole of `text` fits the SQL pattern.",
    details: r"`%` stands for any run of characters, `_` for one character, and `\` makes the next character plain. Case sensitive; line breaks are characters like others. Null if an argument is null.",
    examples: &[
        Example::new(r#"like("invoice-7", "inv%")"#, "true"),
        Example::new(r#"like("abc", "a_")"#, "false"),
        Example::new(r#"like("ABC", "a%")"#, "false"),
        Example::new(r#"like(null, "a%")"#, "null"),
    ],
    eval: Eval::Special,
};
