//! Constraints of fields.

use super::WordKind::Constraint;
use super::{Word, word};

const fn constraint(name: &'static str, form: &'static str, meaning: &'static str, example: &'static str) -> Word {
    word(Constraint, name, form, meaning, example)
}

pub(super) const WORDS: &[Word] = &[
    constraint(
        "required",
        "name : type   (without `?`; kind `required`)",
        "What a type without `?` brings: a null fails it, and an absent column fails it for every row. The field's other rules are then unknown for that row. \
         A field is required unless its type ends in `?`.",
        "// amount.required and amount.type come with this line\namount : float64",
    ),
    constraint(
        "range",
        "= x   != x   < x   <= x   > x   >= x   between a and b   (kind `range`)",
        "The kind of comparisons in ids, ranges of `between` included. `between` includes both bounds; NaN is in no range.",
        "// the id is amount.range\namount : float64 between 0 and 10_000",
    ),
    constraint(
        "between",
        "between a and b   or   not between a and b",
        "The value lies in the range, both bounds included. Its kind is `range`.",
        "amount : float64 between 0 and 10_000",
    ),
    constraint(
        "in",
        "in (a, b, …)   in set   not in …",
        "The value is one of the set. Null cannot stand in the set: write `or x is null` in a rule. Its kind is `enum`.",
        "country : string in (\"AT\", \"CH\", \"DE\")",
    ),
    constraint(
        "reference",
        "in reference(\"file\", \"column\")",
        "The value occurs in that column of a CSV or Parquet file, which is read when the rules are compiled. It is asked apart from rules on rows: its failures are \
         no part of the number of failed rows. Where the file is not there, the rule is in error. The kind of `in reference` in ids.",
        "author_id : int64 in reference(\"authors.parquet\", \"id\")",
    ),
    constraint(
        "matches",
        "matches /re/   or   not matches /re/",
        "The whole value matches the regular expression, in linear time: look-around and back-references are refused. Its kind is `regex`.",
        "contract : string matches /0x[0-9a-f]{40}/",
    ),
    constraint(
        "regex",
        "matches /re/   like \"A%\"   (kind `regex`)",
        "The kind of `matches` and `like` in ids.",
        "// the id is code.regex\ncode : string matches /[A-Z]{3}/",
    ),
    constraint(
        "like",
        "like \"A%\"   or   not like \"A%\"",
        "The whole value has this shape: `%` stands for any text, `_` for one character. Its kind is `regex`.",
        "code : string like \"AT-%\"",
    ),
    constraint(
        "length",
        "length <= n   or   length between a and b",
        "The number of characters of a string (Unicode scalar values), or of items of a list.",
        "name : string length between 1 and 80",
    ),
    constraint(
        "each",
        "each constraint",
        "Every item of the list, or every value of the map, passes the constraint. Its kind is `each.` and that of the constraint.",
        "tags : list<string> each length <= 20",
    ),
    constraint(
        "unique",
        "unique",
        "No other row of the run has this value: every member of a group of equal values fails. Nulls are unknown. It is asked of all rows together and is no part \
         of the number of failed rows.",
        "order_id : int64 unique",
    ),
    constraint(
        "increasing",
        "increasing",
        "Each value is greater than the one before, in the order of the data. Its kind is `order`.",
        "written_at : timestamp increasing",
    ),
    constraint(
        "order",
        "increasing   (kind `order`)",
        "The kind of `increasing` in ids.",
        "// the id is written_at.order\nwritten_at : timestamp increasing",
    ),
];
