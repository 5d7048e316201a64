//! The connectives, over true, false, null and fault.
//!
//! # Source
//! Kleene's strong three-valued logic as in SQL:2016 §6.39, with a fourth value: a fault passes through everything but
//! `false and fault` and `true or fault`, on either side.

use arrow::buffer::BooleanBuffer;

use super::bits::{some_if_any, union};
use super::vector::{Values, Vector, from_parts};

/// `not x`
pub(crate) fn not(x: &Vector) -> Vector {
    let mut out = x.clone();
    if let Values::Bool(values) = &x.values {
        out.values = Values::Bool(!values);
    }
    out
}

/// `a and b and …`
pub(crate) fn and(all: &[Vector]) -> Vector {
    fold(all, false)
}

/// `a or b or …`
pub(crate) fn or(all: &[Vector]) -> Vector {
    fold(all, true)
}

/// `decisive` is the value that settles the result on its own: false for `and`, true for `or`.
fn fold(all: &[Vector], decisive: bool) -> Vector {
    let rows = all.iter().map(Vector::rows).max().unwrap_or(1);
    let plain = all.iter().all(|vector| vector.nulls.is_none() && vector.faults.is_none() && matches!(vector.values, Values::Bool(_)));
    let settled = |vector: &Vector| if decisive { vector.true_rows() } else { vector.false_rows() };
    let mut decided = BooleanBuffer::new_unset(rows);
    if plain {
        for vector in all {
            decided = &decided | &settled(vector);
        }
        let values = if decisive { decided } else { !&decided };
        return from_parts(rows, false, Values::Bool(values), None, None);
    }
    let (mut nulls, mut faults): (Option<BooleanBuffer>, Option<BooleanBuffer>) = (None, None);
    for vector in all {
        decided = &decided | &settled(vector);
        nulls = union(nulls.as_ref(), vector.null_rows().as_ref());
        faults = union(faults.as_ref(), vector.fault_rows().as_ref());
    }
    let open = !&decided;
    let within = |bits: Option<BooleanBuffer>| bits.and_then(|bits| some_if_any(&bits & &open));
    let values = if decisive { decided.clone() } else { open.clone() };
    from_parts(rows, false, Values::Bool(values), within(nulls), within(faults))
}

/// `x is null`: never null; a fault stays a fault.
pub(crate) fn is_null(x: &Vector) -> Vector {
    let values = x.null_rows().unwrap_or_else(|| BooleanBuffer::new_unset(x.rows()));
    from_parts(x.rows(), false, Values::Bool(values), None, x.fault_rows())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The four values in all pairs: rows are (a, b) with a slow, b fast.
    fn pairs() -> (Vector, Vector) {
        let vector = |pick: fn(usize) -> usize| {
            let bits = |wanted: usize| BooleanBuffer::from((0..16).map(|i| pick(i) == wanted).collect::<Vec<_>>());
            Vector::new(16, Values::Bool(bits(1))).with_nulls(Some(bits(2))).with_faults(Some(bits(3)))
        };
        (vector(|i| i / 4), vector(|i| i % 4))
    }

    fn letter(vector: &Vector, row: usize) -> char {
        match (vector.is_fault(row), vector.is_null(row), vector.bools().at(row)) {
            (true, ..) => 'x',
            (_, true, _) => 'n',
            (.., true) => 't',
            _ => 'f',
        }
    }

    #[test]
    fn truth_tables_of_and_or_and_not() {
        let (a, b) = pairs();
        let table = |vector: &Vector| (0..16).map(|row| letter(vector, row)).collect::<String>();
        // Rows and columns: false, true, null, fault.
        assert_eq!(table(&and(&[a.clone(), b.clone()])), "ffffftnxfnnxfxxx");
        assert_eq!(table(&or(&[a.clone(), b])), "ftnxttttntnxxtxx");
        assert_eq!(table(&not(&a)), "ttttffffnnnnxxxx");
    }
}
