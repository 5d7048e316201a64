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
    strict(args, |row| Cell::Value(characters(texts.at(row)) as i128))
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
    use super::characters;

    #[test]
    fn characters_are_counted_as_the_library_counts_them() {
        for piece in ["", "a", "é", "€", "😀", "aé€😀", "é\u{301}", "\u{7f}\u{80}\u{7ff}\u{800}\u{ffff}\u{10000}"] {
            for times in 0..20 {
                for before in 0..9 {
                    let text = format!("{}{}", "x".repeat(before), piece.repeat(times));
                    assert_eq!(characters(&text), text.chars().count(), "{text}");
                }
            }
        }
    }
}
