//! `max(list)`: the largest item.

use std::cmp::Ordering;

use crate::functions::{Accepts, Context, Eval, Example, FunctionDef, Parameter, Returns, Signature};
use crate::kernels::vector::{Cell, Values, Vector, from_parts, strict};

pub(super) const FUNCTION: FunctionDef = FunctionDef {
    name: "max",
    since: "0.1",
    signature: Signature::new(&[Parameter { name: "items", accepts: Accepts::OrderedList }], Returns::ItemOf(0)),
    summary: "The largest item of a list.",
    details: "Items may be numbers, strings, binaries, dates, times, timestamps or durations. Strings compare by code point. NaN if an item is NaN. Null items are skipped; null where no item is left. A faulting item makes it a fault. Null if the list is null. Over the rows of a batch, in a check, it is the aggregate of that name.",
    examples: &[
        Example::new("max([1, 3, 2])", "3"),
        Example::new(r#"max(["a", "b"])"#, r#""b""#),
        Example::new("max([0.5])", "0.5"),
        Example::new("max(null)", "null"),
    ],
    eval: Eval::Columns(eval),
};

fn eval(args: &[Vector], _: &Context) -> Vector {
    extreme(args, Ordering::Greater)
}

/// The item that is `wanted` (less, greater) beside all others of its list.
pub(super) fn extreme(args: &[Vector], wanted: Ordering) -> Vector {
    let [list] = args else { return Vector::fault(1) };
    let lists = list.lists();
    let Some(items) = lists.items() else { return strict(args, |_| Cell::<bool>::Fault) };
    let items = items.clone().decoded().spread_constant();
    let place = match &items.values {
        Values::Null | Values::Int(_) | Values::Decimal(..) => {
            let values = items.ints();
            place(args, &items, |at, best| values.at(at).cmp(&values.at(best)) == wanted)
        }
        Values::Float(_) => {
            let values = items.floats();
            // The first NaN wins and stays.
            place(args, &items, |at, best| {
                let (value, best) = (values.at(at), values.at(best));
                !best.is_nan() && (value.is_nan() || value.partial_cmp(&best) == Some(wanted))
            })
        }
        Values::Str(_) => {
            let values = items.strings();
            place(args, &items, |at, best| values.at(at).cmp(values.at(best)) == wanted)
        }
        Values::Bin(_) => {
            let values = items.binaries();
            place(args, &items, |at, best| values.at(at).cmp(values.at(best)) == wanted)
        }
        _ => return strict(args, |_| Cell::<bool>::Fault),
    };
    let places = place.ints();
    let places: Vec<u32> = (0..place.slots()).map(|slot| u32::try_from(places.at(slot)).unwrap_or(0)).collect();
    from_parts(place.rows(), place.is_constant(), items.take(&places).values, place.nulls, place.faults)
}

/// Where the best item of each row stands among all items.
fn place(args: &[Vector], items: &Vector, is_better: impl Fn(usize, usize) -> bool) -> Vector {
    let Some(lists) = args.first().map(Vector::lists) else { return Vector::fault(1) };
    strict(args, |row| {
        let mut best = None;
        for at in lists.range(row) {
            if items.is_fault(at) {
                return Cell::Fault;
            }
            if !items.is_null(at) && best.is_none_or(|best| is_better(at, best)) {
                best = Some(at);
            }
        }
        best.map_or(Cell::Null, |at| Cell::Value(at as i128))
    })
}
