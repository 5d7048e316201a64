//! `length(x)`: characters of a text, items of a list.

use crate::functions::{Accepts, Context, Eval, Example, FunctionDef, Parameter, Returns, Signature};
use crate::kernels::vector::{Cell, Vector, strict};

pub(super) const FUNCTION: FunctionDef = FunctionDef {
    name: "length",
    since: "0.1",
    signature: Signature::new(&[Parameter { name: "x", accepts: Accepts::StringOrList }], Returns::Int),
    summary: "The number of characters of a text, or of items of a list.",
    details: r#"Characters are Unicode scalar values: "é" is one or two of them, depending on its form, and an emoji may be several. Use `byte_length` for bytes. Null items count. Null if `x` is null."#,
    examples: &[
        Example::new(r#"length("abc")"#, "3"),
        Example::new(r#"length("né")"#, "2"),
        Example::new("length([1, 2])", "2"),
        Example::new(r#"length("")"#, "0"),
        Example::new("length(null)", "null"),
    ],
    eval: Eval::Columns(eval),
};

fn eval(args: &[Vector], _: &Context) -> Vector {
    let [x] = args else { return Vector::fault(1) };
    let (texts, lists) = (x.strings(), x.lists());
    if lists.items().is_some() {
        return strict(args, |row| Cell::Value(lists.range(row).len() as i128));
    }
    strict(args, |row| Cell::Value(texts.at(row).chars().count() as i128))
}
