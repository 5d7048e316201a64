//! `substring(text, start, count)`: a part by position.

use crate::functions::{Accepts, Context, Eval, Example, FunctionDef, Parameter, Returns, Signature};
use crate::kernels::vector::{Cell, Vector, strict};

pub(super) const FUNCTION: FunctionDef = FunctionDef {
    name: "substring",
    since: "0.1",
    signature: Signature::new(
        &[
            Parameter { name: "text", accepts: Accepts::String },
            Parameter { name: "start", accepts: Accepts::Int },
            Parameter { name: "count", accepts: Accepts::Int },
        ],
        Returns::String,
    )
    .optional(1),
    summary: "The `count` characters of `text` from position `start` on, or all of them without `count`.",
    details: "Characters are Unicode scalar values; the first is at position 1, as in SQL. Positions before 1 use up the count without giving a character; what lies past the end is left out. A negative count faults. Null if an argument is null.",
    examples: &[
        Example::new(r#"substring("abcdef", 2, 3)"#, r#""bcd""#),
        Example::new(r#"substring("abcdef", 0, 3)"#, r#""ab""#),
        Example::new(r#"substring("abcdef", 5)"#, r#""ef""#),
        Example::new(r#"substring("abc", 9, 1)"#, r#""""#),
        Example::new(r#"substring("abc", 1, -1)"#, "fault"),
        Example::new("substring(null, 1, 2)", "null"),
    ],
    eval: Eval::Columns(eval),
};

fn eval(args: &[Vector], _: &Context) -> Vector {
    let (text, start, count) = match args {
        [text, start] => (text, start, None),
        [text, start, count] => (text, start, Some(count.ints())),
        _ => return Vector::fault(1),
    };
    let (texts, starts) = (text.strings(), start.ints());
    strict(args, |row| {
        let start = starts.at(row);
        let count = count.as_ref().map_or(i128::MAX, |count| count.at(row));
        if count < 0 { Cell::Fault } else { Cell::Value(part(texts.at(row), start, start.saturating_add(count)).to_owned()) }
    })
}

/// The characters at positions `start` to `end`, without the last; the first is at 1.
fn part(text: &str, start: i128, end: i128) -> &str {
    // Positions of characters become positions of bytes; past the end there is no character, and the rest is empty.
    let byte = |position: i128| {
        let skip = usize::try_from(position - 1).unwrap_or(if position > 0 { usize::MAX } else { 0 });
        text.char_indices().nth(skip).map_or(text.len(), |(at, _)| at)
    };
    let from = byte(start.max(1));
    text.get(from..byte(end.max(1)).max(from)).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_outside_the_text_give_nothing() {
        let cases = [
            (1, 4, "aéb"),
            (2, 3, "é"),
            (-5, 2, "a"),
            (-5, 1, ""),
            (4, 9, ""),
            (2, i128::MAX, "éb"),
            (3, 2, ""),
            (i128::MIN, i128::MIN + 1, ""),
        ];
        for (start, end, expected) in cases {
            assert_eq!(part("aéb", start, end), expected, "{start} to {end}");
        }
    }
}
