//! Attributes.

use super::WordKind::Attribute;
use super::{Word, word};

const fn attribute(name: &'static str, form: &'static str, meaning: &'static str, example: &'static str) -> Word {
    word(Attribute, name, form, meaning, example)
}

pub(super) const WORDS: &[Word] = &[
    attribute(
        "error",
        "@error   @error(2%)   @error(100 rows)",
        "The severity that fails the data, and the one a rule has where nothing is said. With a bound it fails when more than this share of judged rows, or more than \
         this many, fail; without, from the first.",
        "amount : float64 >= 0 @error(2%)",
    ),
    attribute(
        "warn",
        "@warn   @warn(0.1%)   @warn(100 rows)",
        "Alone, the severity that reports and never fails the data. Beside `@error`, the bound past which the rule warns before it fails.",
        "amount : float64 >= 0 @warn(0.1%) @error(2%)\nnote : string? length <= 500 @warn",
    ),
    attribute("info", "@info", "The lowest severity: worth knowing.", "note : string? length <= 500 @info"),
    attribute(
        "tolerate",
        "@tolerate(1%)   @tolerate(10 rows)",
        "The bound of the rule's own severity, whichever that is.",
        "amount : float64 >= 0 @warn @tolerate(1%)",
    ),
    attribute(
        "on_fail",
        "@on_fail(reject_row)   @on_fail(reject_batch)   @on_fail(keep)   @on_fail(replace(value))",
        "What a write gate does with a failing row. Where nothing is said: `reject_row` for errors, `keep` for the rest. The replacement is of the field's type.",
        "amount : float64 >= 0 @on_fail(reject_batch)\nscore : float64 between 0 and 1 @on_fail(replace(0.0))",
    ),
    attribute("shadow", "@shadow", "Evaluated and reported, never acted on: for trying a rule out.", "amount : float64 <= 10_000 @shadow"),
    attribute("nulls", "@nulls(fail)", "Rows for which the rule is unknown count as failed.", "amount : float64? >= 0 @nulls(fail)"),
    attribute(
        "name",
        "@name(x)",
        "Takes the place of the kind as the last part of the id, so that a field can carry two constraints of one kind.",
        "amount : float64 >= 0, <= 10_000 @name(usual)",
    ),
    attribute(
        "tag",
        "@tag(\"…\", …)",
        "Words that go with the rule, for programs that sort rules by them.",
        "amount : float64 >= 0 @tag(\"finance\")",
    ),
    attribute("owner", "@owner(\"…\")", "Who is asked when it fails.", "amount : float64 >= 0 @owner(\"data team\")"),
    attribute(
        "missing",
        "@missing(value, …)",
        "These values stand for null, wherever the column is read: in rules, other rules and aggregates. It always means the whole field.",
        "height_cm : float64? @missing(-1, 999) between 30 and 260",
    ),
    attribute(
        "redact",
        "@redact",
        "The field's values never appear in reports, samples, messages, keys, logs or ledgers, nor do values computed from them. Clean and quarantine files are the data and keep \
         them. It always means the whole field.",
        "email : string? is_email @redact",
    ),
    attribute(
        "closed",
        "@closed",
        "Columns, or JSON fields of an output, that are not declared are failures.",
        "features orders @closed {\n  amount : float64\n}",
    ),
    attribute(
        "normalize",
        "@normalize(trim, …)",
        "In outputs: the value is changed before its constraints are asked, by `trim`, `lower`, `drop_blank`, `strip_control`, `mask_secrets` or `mask_pii`.",
        "output verdict from answer {\n  themes : list<string> @normalize(trim, drop_blank) length <= 10\n}",
    ),
    attribute(
        "coerce",
        "@coerce",
        "In outputs: a value written as another type, such as `\"0.5\"` for a number, is taken for what it says. Without it nothing is converted.",
        "output verdict from answer {\n  score : float @coerce between 0 and 1\n}",
    ),
    attribute(
        "json",
        "@json(lenient)",
        "On an output block: an answer from which an object can be recovered, out of a Markdown fence or surrounding prose, passes `parse`, and its rules run on that object.",
        "output verdict from answer @json(lenient) {\n  score : float between 0 and 1\n}",
    ),
    attribute(
        "finish_reason",
        "@finish_reason(column)",
        "On an output block: the column that tells why the model stopped, so that refused and filtered answers are told from broken ones.",
        "output verdict from answer @finish_reason(finish) {\n  columns { finish: string? }\n  score : float between 0 and 1\n}",
    ),
];
