//! `word_count(text)`: the number of words.

use crate::functions::{Accepts, Context, Eval, Example, FunctionDef, Parameter, Returns, Signature};
use crate::kernels::vector::{Cell, Vector, strict};

pub(super) const FUNCTION: FunctionDef = FunctionDef {
    name: "word_count",
    since: "0.1",
    signature: Signature::new(&[Parameter { name: "text", accepts: Accepts::String }], Returns::Int),
    summary: "The number of words of `text`: longest runs of characters that are not white space.",
    details: "White space is what Unicode calls `White_Space`; punctuation belongs to the word it touches. Null if `text` is null.",
    examples: &[
        Example::new(r#"word_count("two words")"#, "2"),
        Example::new(r#"word_count("  spaced   out  ")"#, "2"),
        Example::new(r#"word_count("")"#, "0"),
        Example::new("word_count(null)", "null"),
    ],
    eval: Eval::Columns(eval),
};

fn eval(args: &[Vector], _: &Context) -> Vector {
    let [text] = args else { return Vector::fault(1) };
    let texts = text.strings();
    strict(args, |row| Cell::Value(texts.at(row).split_whitespace().count() as i128))
}
