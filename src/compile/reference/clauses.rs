//! Words that begin parts of items.

use super::WordKind::Clause;
use super::{Word, word};

pub(super) const WORDS: &[Word] = &[
    word(
        Clause,
        "when",
        "when condition",
        "In a rule, or after a constraint: the rule is asked of rows where this is true. Rows where it is false or null are not evaluated.",
        "paid   : bool\namount : float64 > 0 when paid",
    ),
    word(
        Clause,
        "expect",
        "expect condition",
        "In a rule or check: what must hold. In a test: what the verdict must be.",
        "amount : float64\nrule positive { expect amount > 0 }",
    ),
    word(
        Clause,
        "message",
        "message \"text with {column}\"",
        "Shown with failing rows. `{column}`, `{column.member}`, `{let}` and `{$param}` are replaced by values; `{{` and `}}` are braces.",
        "amount : float64\nrule positive { expect amount > 0 message \"the amount is {amount}\" }",
    ),
    word(
        Clause,
        "where",
        "where condition",
        "In a check: the rows its aggregates are taken over. In a waiver: the rows it covers.",
        "paid   : bool\namount : float64\ncheck paid_orders { where paid expect mean(amount) > 0 }",
    ),
    word(
        Clause,
        "by",
        "by expression, …",
        "In a check: it is asked of each group of rows with equal values alone, and fails where a group fails.",
        "country : string\namount  : float64\ncheck every_country { by country expect row_count() >= 10 }",
    ),
];
