//! Words that stand in expressions.

use super::WordKind::Operator;
use super::{Word, word};

const fn operator(name: &'static str, form: &'static str, meaning: &'static str, example: &'static str) -> Word {
    word(Operator, name, form, meaning, example)
}

pub(super) const WORDS: &[Word] = &[
    operator(
        "and",
        "a and b",
        "True where both are. False where either is false, whatever the other is; else null where either is null.",
        "a : int64\nrule r: a > 0 and a < 10",
    ),
    operator(
        "or",
        "a or b",
        "True where either is, whatever the other is. False where both are false; else null where either is null.",
        "a : int64\nrule r: a = 0 or a > 10",
    ),
    operator(
        "not",
        "not a",
        "True where `a` is false, and null where it is null. It holds looser than comparisons: `not a = b` is `not (a = b)`.",
        "a : int64\nrule r: not a = 0",
    ),
    operator("between", "x between a and b", "`x >= a and x <= b`: both bounds are included.", "a : int64\nrule r: a between 1 and 10"),
    operator(
        "in",
        "x in (a, b, …)   x in set",
        "Whether `x` is one of the values; null where `x` is null. NaN is in no set.",
        "a : int64\nrule r: a in (1, 2, 3)",
    ),
    operator(
        "like",
        "x like \"A%\"",
        "Whether the whole text has this shape: `%` stands for any text, `_` for one character.",
        "a : string\nrule r: a like \"AT-%\"",
    ),
    operator(
        "matches",
        "x matches /re/",
        "Whether the whole text matches the regular expression. `contains_match(x, /re/)` searches.",
        "a : string\nrule r: a matches /[a-z]+/",
    ),
    operator(
        "is null",
        "x is null   x is not null",
        "Whether there is no value. It is never null itself.",
        "a : int64?\nrule r: a is null or a > 0",
    ),
    operator(
        "is distinct from",
        "x is distinct from y   x is not distinct from y",
        "Like `!=`, with null taken for a value: two nulls are not distinct, nor are two NaN. It is never null.",
        "a : int64?\nb : int64?\nrule r: a is distinct from b",
    ),
    operator(
        "div",
        "a div b",
        "The quotient of integers without its fraction: `(-7) div 2` is -3. Division by zero is a fault.",
        "a : int64\nrule r: a div 2 > 0",
    ),
    operator("mod", "a mod b", "What `div` leaves, with the sign of `a`. Division by zero is a fault.", "a : int64\nrule r: a mod 2 = 0"),
    operator(
        "case",
        "case when condition then value … else value end   case x when v then value … end",
        "The value of the first branch whose condition is true; without `else`, null where none is. Only the branch that is taken is computed.",
        "a : int64\nrule r: case when a > 0 then a else 0 end <= 10",
    ),
    operator(
        "cast",
        "cast(x as type)",
        "`x` as another type. What cannot be converted is a fault, which fails the row.",
        "a : string\nrule r: cast(a as int64) > 0",
    ),
    operator(
        "try_cast",
        "try_cast(x as type)",
        "`x` as another type; null where it cannot be converted.",
        "a : string\nrule r: try_cast(a as int64) is not null",
    ),
    operator(
        "any",
        "any(x in list: condition)",
        "True where the condition is for some item of the list. False for the empty list, null for a null one.",
        "a : list<int64>\nrule r: any(x in a: x > 0)",
    ),
    operator(
        "all",
        "all(x in list: condition)",
        "True where the condition is for every item of the list. True for the empty list, null for a null one.",
        "a : list<int64>\nrule r: all(x in a: x > 0)",
    ),
    operator("date", "date \"2026-01-31\"", "A day as a constant, written as in ISO 8601.", "a : date\nrule r: a >= date \"2026-01-31\""),
    operator("time", "time \"12:30:00\"", "A time of day as a constant.", "a : time\nrule r: a >= time \"12:30:00\""),
    operator(
        "timestamp",
        "timestamp \"2026-01-31T00:00:00Z\"",
        "A point in time as a constant; without zone, wall-clock time.",
        "a : timestamp\nrule r: a >= timestamp \"2026-01-31T00:00:00Z\"",
    ),
];
