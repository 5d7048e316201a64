//! `split(text, separator)`: the parts between separators.

use std::sync::Arc;

use arrow::array::{Array, LargeStringBuilder};

use crate::functions::{Accepts, Context, Eval, Example, FunctionDef, Parameter, Returns, Signature};
use crate::kernels::vector::{Cell, Lists, Strings, Values, Vector, strict};

pub(super) const FUNCTION: FunctionDef = FunctionDef {
    name: "split",
    since: "0.1",
    signature: Signature::new(
        &[Parameter { name: "text", accepts: Accepts::String }, Parameter { name: "separator", accepts: Accepts::String }],
        Returns::Strings,
    ),
    summary: "The parts of `text` between occurrences of `separator`, in order.",
    details: "Parts may be empty; a text without the separator, the empty one too, is one part. Occurrences are found from the left and do not overlap. An empty separator faults. Null if an argument is null.",
    examples: &[
        Example::new(r#"split("a,b", ",")"#, r#"["a", "b"]"#),
        Example::new(r#"split("a,,", ",")"#, r#"["a", "", ""]"#),
        Example::new(r#"split("a", ",")"#, r#"["a"]"#),
        Example::new(r#"split("a", "")"#, "fault"),
        Example::new(r#"split(null, ",")"#, "null"),
    ],
    eval: Eval::Columns(eval),
};

fn eval(args: &[Vector], _: &Context) -> Vector {
    let [text, separator] = args else { return Vector::fault(1) };
    let (texts, separators) = (text.strings(), separator.strings());
    // Offsets of 64 bits: the parts of a slice are never too many bytes.
    let mut parts = LargeStringBuilder::new();
    let mut total = 0_u32;
    // A slot is the first of its parts and their number, side by side in one integer.
    let mut out = strict(args, |row| {
        let (text, separator) = (texts.at(row), separators.at(row));
        let count = u32::try_from(text.matches(separator).count() + 1).ok().filter(|_| !separator.is_empty());
        let Some((count, end)) = count.and_then(|count| Some((count, total.checked_add(count)?))) else { return Cell::Fault };
        text.split(separator).for_each(|part| parts.append_value(part));
        let slot = (i128::from(total) << 32) | i128::from(count);
        total = end;
        Cell::Value(slot)
    });
    let slots = out.ints();
    let column = |shift: u32| -> Vec<u32> {
        (0..out.slots()).map(|slot| u32::try_from((slots.at(slot) >> shift) & i128::from(u32::MAX)).unwrap_or(0)).collect()
    };
    let (starts, lengths) = (column(32).into(), column(0).into());
    let parts = parts.finish();
    let items = Arc::new(Vector::new(parts.len(), Values::Str(Strings::Large(parts))));
    out.values = Values::List(Lists { starts, lengths, items });
    out
}
