//! `contains(text, part)` and `contains(list, item)`.

use std::cmp::Ordering;

use crate::functions::{Accepts, Context, Eval, Example, FunctionDef, Parameter, Returns, Signature};
use crate::kernels::vector::{Cell, Values, Vector, strict};

pub(super) const FUNCTION: FunctionDef = FunctionDef {
    name: "contains",
    since: "0.1",
    signature: Signature::new(
        &[Parameter { name: "whole", accepts: Accepts::StringOrList }, Parameter { name: "part", accepts: Accepts::ItemOf(0) }],
        Returns::Bool,
    ),
    summary: "True where the text `whole` has `part` in it, or an item of the list `whole` equals `part`.",
    details: "Texts are compared by code points; every text contains the empty one. Items are compared as `=` does: numbers exactly, NaN equals nothing. Without an equal item, a null item makes it null, a faulting one a fault. Items that are lists or structs fault. Null if an argument is null.",
    examples: &[
        Example::new(r#"contains("invoice-7", "voice")"#, "true"),
        Example::new(r#"contains("abc", "B")"#, "false"),
        Example::new(r#"contains(["a", "b"], "b")"#, "true"),
        Example::new("contains([1, 2], 3)", "false"),
        Example::new(r#"contains(null, "a")"#, "null"),
    ],
    eval: Eval::Columns(eval),
};

fn eval(args: &[Vector], _: &Context) -> Vector {
    let [whole, part] = args else { return Vector::fault(1) };
    let lists = whole.lists();
    let Some(items) = lists.items() else {
        let (texts, parts) = (whole.strings(), part.strings());
        return strict(args, |row| Cell::Value(texts.at(row).contains(parts.at(row))));
    };
    let items = items.clone().decoded();
    strict(args, |row| {
        let mut none = Cell::Value(false);
        for at in lists.range(row) {
            if items.is_fault(at) {
                none = Cell::Fault;
            } else if items.is_null(at) {
                none = if none == Cell::Fault { none } else { Cell::Null };
            } else {
                match equal(&items, at, part, row) {
                    Some(true) => return Cell::Value(true),
                    Some(false) => {}
                    None => return Cell::Fault,
                }
            }
        }
        none
    })
}

/// Whether two slots that have values are equal; `None` where their kinds cannot be compared.
fn equal(a: &Vector, at: usize, b: &Vector, row: usize) -> Option<bool> {
    use Values::{Bin, Bool, Decimal, Float, Int, Str};
    match (&a.values, &b.values) {
        (Bool(_), Bool(_)) => Some(a.bools().at(at) == b.bools().at(row)),
        (Str(_), Str(_)) => Some(a.strings().at(at) == b.strings().at(row)),
        (Bin(_), Bin(_)) => Some(a.binaries().at(at) == b.binaries().at(row)),
        (Int(_) | Float(_) | Decimal(..), Int(_) | Float(_) | Decimal(..)) => {
            Some(a.numbers().at(at).compare(b.numbers().at(row)) == Some(Ordering::Equal))
        }
        _ => None,
    }
}
