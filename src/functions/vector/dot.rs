//! `dot(a, b)`: the dot product.

use crate::functions::{Accepts, Context, Eval, Example, FunctionDef, Parameter, Returns, Signature};
use crate::kernels::vector::{Cell, ListReader, Values, Vector, strict};

pub(super) const FUNCTION: FunctionDef = FunctionDef {
    name: "dot",
    since: "0.1",
    signature: Signature::new(
        &[Parameter { name: "a", accepts: Accepts::Numbers }, Parameter { name: "b", accepts: Accepts::Numbers }],
        Returns::Float,
    ),
    summary: "The sum of the products of the items of `a` and `b` that stand at the same place.",
    details: "Computed in float64, in an order that depends on nothing but the length; overflow gives infinity. The product of empty vectors is 0. NaN if an item is NaN. Two lists of different length fault. A null item makes it null, a faulting one a fault. Null if a list is null.",
    examples: &[
        Example::new("dot([1.0, 2.0], [3.0, 4.0])", "11.0"),
        Example::new("dot([1, 2], [3, 4])", "11.0"),
        Example::new("dot([1.0], [1.0, 2.0])", "fault"),
        Example::new("dot(null, [1.0])", "null"),
    ],
    eval: Eval::Columns(eval),
};

fn eval(args: &[Vector], _: &Context) -> Vector {
    map_pairs(args, |a, b| Some(dot_product(a, b)))
}

/// Applies a function to the items of each pair of lists of one length; `None` is a fault.
pub(super) fn map_pairs(args: &[Vector], function: impl Fn(&[f64], &[f64]) -> Option<f64>) -> Vector {
    let [a, b] = args else { return Vector::fault(1) };
    let (mut left, mut right) = (Rows::new(a), Rows::new(b));
    strict(args, |row| {
        if left.lists.range(row).len() != right.lists.range(row).len() {
            return Cell::Fault;
        }
        match (left.at(row), right.at(row)) {
            (Cell::Value(a), Cell::Value(b)) => Cell::from(function(a, b)),
            (Cell::Fault, _) | (_, Cell::Fault) => Cell::Fault,
            _ => Cell::Null,
        }
    })
}

/// Reads lists of numbers as slices of float64.
pub(super) struct Rows<'a> {
    lists: ListReader<'a>,
    /// All items, where they are floats and every one has a value.
    plain: Option<&'a [f64]>,
    /// The items of the current row, where they had to be converted.
    row: Vec<f64>,
}

impl<'a> Rows<'a> {
    pub(super) fn new(vector: &'a Vector) -> Self {
        let lists = vector.lists();
        let plain = lists.items().and_then(|items| match &items.values {
            Values::Float(values) if !items.is_constant() && items.nulls.is_none() && items.faults.is_none() => Some(&**values),
            _ => None,
        });
        Self { lists, plain, row: Vec::new() }
    }

    /// The items of a row; null if one is null, a fault if one is.
    pub(super) fn at(&mut self, row: usize) -> Cell<&[f64]> {
        let range = self.lists.range(row);
        if let Some(plain) = self.plain {
            return Cell::from(plain.get(range));
        }
        let Some(items) = self.lists.items() else { return Cell::Fault };
        let numbers = items.numbers();
        self.row.clear();
        if range.clone().any(|at| items.is_fault(at)) {
            return Cell::Fault;
        }
        for at in range {
            if items.is_null(at) {
                return Cell::Null;
            }
            self.row.push(numbers.at(at).to_f64());
        }
        Cell::Value(&self.row)
    }
}

/// The dot product of slices of one length.
///
/// PERF: eight sums side by side keep the processor's vector units busy; one sum would wait for each addition. Every row takes
/// this way, so that its result does not depend on its neighbours.
pub(super) fn dot_product(a: &[f64], b: &[f64]) -> f64 {
    let ((eights_a, rest_a), (eights_b, rest_b)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    let mut sums = [0.0; 8];
    for (a, b) in eights_a.iter().zip(eights_b) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    let rest = rest_a.iter().zip(rest_b).fold(0.0, |sum, (a, b)| sum + a * b);
    sums.iter().fold(rest, |sum, lane| sum + lane)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_items_count_whatever_the_length() {
        for length in 0..40_u32 {
            let items: Vec<f64> = (1..=length).map(f64::from).collect();
            let squares = f64::from(length * (length + 1) * (2 * length + 1) / 6);
            assert_eq!(dot_product(&items, &items).to_bits(), squares.to_bits());
        }
    }
}
