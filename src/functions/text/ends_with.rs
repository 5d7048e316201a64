//! `ends_with(text, suffix)`: does the text end with the suffix?

use crate::functions::{Accepts, Context, Eval, Example, FunctionDef, Parameter, Returns, Signature};
use crate::kernels::vector::{Cell, Vector, strict};

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
    eval: Eval::Columns(eval),
};

fn eval(args: &[Vector], _: &Context) -> Vector {
    let [text, suffix] = args else { return Vector::fault(1) };
    let (texts, suffixes) = (text.strings(), suffix.strings());
    strict(args, |row| Cell::Value(texts.at(row).ends_with(suffixes.at(row))))
}
