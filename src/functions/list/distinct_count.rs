//! `distinct_count(list)`: the number of different items.

use std::hash::Hash;

use crate::functions::{Accepts, Context, Eval, Example, FunctionDef, Parameter, Returns, Signature};
use crate::kernels::vector::{Cell, Values, Vector, strict};

pub(super) const FUNCTION: FunctionDef = FunctionDef {
    name: "distinct_count",
    since: "0.1",
    signature: Signature::new(&[Parameter { name: "items", accepts: Accepts::List }], Returns::Int),
    summary: "The number of different items of a list, nulls aside.",
    details: "NaN equals NaN here, and −0.0 equals 0.0. Null items are skipped; the empty list has 0. Items that are lists or structs fault. A faulting item makes it a fault. Null if the list is null. Over the rows of a batch, in a check, it is the aggregate of that name.",
    examples: &[
        Example::new(r#"distinct_count(["a", "b", "a"])"#, "2"),
        Example::new("distinct_count([1, 2, 3])", "3"),
        Example::new("distinct_count([0.0, -0.0])", "1"),
        Example::new("distinct_count(null)", "null"),
    ],
    eval: Eval::Columns(eval),
};

fn eval(args: &[Vector], _: &Context) -> Vector {
    let [list] = args else { return Vector::fault(1) };
    let Some(items) = list.lists().items() else { return strict(args, |_| Cell::<i128>::Fault) };
    let items = &items.clone().decoded();
    match &items.values {
        Values::Null => count(list, items, |_| ()),
        Values::Bool(_) => count(list, items, |at| items.bools().at(at)),
        Values::Int(_) | Values::Decimal(..) => count(list, items, |at| items.ints().at(at)),
        Values::Float(_) => count(list, items, |at| float_key(items.floats().at(at))),
        Values::Str(_) => count(list, items, |at| items.strings().at(at)),
        Values::Bin(_) => count(list, items, |at| items.binaries().at(at)),
        Values::List(_) | Values::Struct(_) | Values::Map(..) | Values::Dict(..) => strict(args, |_| Cell::<i128>::Fault),
    }
}

fn count<K: Eq + Hash>(list: &Vector, items: &Vector, key: impl Fn(usize) -> K) -> Vector {
    let lists = list.lists();
    let mut seen = ahash::HashSet::default();
    strict(std::slice::from_ref(list), |row| {
        seen.clear();
        for at in lists.range(row) {
            if items.is_fault(at) {
                return Cell::Fault;
            }
            if !items.is_null(at) {
                seen.insert(key(at));
            }
        }
        Cell::Value(seen.len() as i128)
    })
}

/// Bits that are equal where the floats are, NaN with NaN.
fn float_key(value: f64) -> u64 {
    if value.is_nan() { f64::NAN.to_bits() } else { (value + 0.0).to_bits() }
}
