//! `length(x)`: characters of a text, items of a list.

use arrow::array::{Array, ByteView, StringViewArray};

use crate::functions::{Accepts, Context, Eval, Example, FunctionDef, Parameter, Returns, Signature};
use crate::kernels::vector::{Cell, Strings, Values, Vector, from_parts, strict};

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
    if let Values::Str(Strings::View(views)) = &x.values {
        let lengths: Vec<i128> = (0..x.slots()).map(|slot| of_view(views, slot) as i128).collect();
        return from_parts(x.rows(), x.is_constant(), Values::Int(lengths.into()), x.nulls.clone(), x.faults.clone());
    }
    strict(args, |row| Cell::Value(characters(texts.at(row)) as i128))
}

/// The number of characters of a text; of one that is null, any.
///
/// PERF: benches/outputs.rs: a short text is in its view, and its characters are counted there.
#[inline]
fn of_view(texts: &StringViewArray, slot: usize) -> usize {
    const ONES: u128 = 0x0101_0101_0101_0101_0101_0101;
    let Some(view) = texts.views().get(slot) else { return 0 };
    let length = ByteView::from(*view).length as usize;
    if length <= 12 {
        let bytes = view >> 32;
        return length.saturating_sub((bytes >> 7 & !(bytes >> 6) & ONES).count_ones() as usize);
    }
    if texts.is_null(slot) { 0 } else { characters(texts.value(slot)) }
}

/// The number of characters. PERF: for short texts the library counts byte by byte.
fn characters(text: &str) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    if text.len() >= 64 {
        return text.chars().count();
    }
    let (words, rest) = text.as_bytes().as_chunks::<8>();
    // Bytes that go on with a character have the highest bit, and not the next.
    let inner = |word: &[u8; 8]| match u64::from_le_bytes(*word) {
        word if word & (ONES << 7) == 0 => 0,
        word => (word >> 7 & !(word >> 6) & ONES).count_ones() as usize,
    };
    let within: usize = words.iter().map(inner).sum();
    text.len() - within - rest.iter().filter(|byte| **byte & 0xc0 == 0x80).count()
}

#[cfg(test)]
mod tests {
    use super::{characters, of_view};
    use arrow::array::StringViewArray;

    #[test]
    fn characters_are_counted_as_the_library_counts_them() {
        for piece in ["", "a", "é", "€", "😀", "aé€😀", "é\u{301}", "\u{7f}\u{80}\u{7ff}\u{800}\u{ffff}\u{10000}"] {
            for times in 0..20 {
                for before in 0..9 {
                    let text = format!("{}{}", "x".repeat(before), piece.repeat(times));
                    assert_eq!(characters(&text), text.chars().count(), "{text}");
                    let view = StringViewArray::from(vec![None, Some(text.as_str())]);
                    assert_eq!((of_view(&view, 0), of_view(&view, 1)), (0, text.chars().count()), "{text}");
                }
            }
        }
    }
}
