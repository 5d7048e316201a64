//! Which way each rule was answered, as a table.

use rulegate::scan::{Explanation, RuleWays, Tier, Why};

use super::text::{escape, fit_middle, grouped, left, plural, width, wrapped};

/// One line a rule: the ways it was answered, and why not in a cheaper one.
pub(crate) fn render(block: &str, explanation: &Explanation, columns: usize) -> String {
    if explanation.row_groups == 0 {
        return format!(" Plan of {}: every value was read; only of Parquet files can rules be answered without\n", escape(block));
    }
    let ids: Vec<String> = explanation.rules.iter().map(|rule| escape(&rule.id).into_owned()).collect();
    let ways: Vec<String> = explanation.rules.iter().map(ways).collect();
    let widest = |texts: &[String], least: usize| texts.iter().map(|text| width(text)).max().unwrap_or(0).max(least);
    let way = widest(&ways, "answered by".len()).min(44);
    let id = widest(&ids, "rule".len()).min(columns.saturating_sub(way + 24).max(12));
    let room = columns.saturating_sub(1 + id + 2 + way + 2).max(20);
    let mut out = format!(" Plan of {}, {}\n", escape(block), plural(explanation.row_groups, "row group"));
    out.push_str(&format!(" {}  {}  why not cheaper\n", left("rule", id), left("answered by", way)));
    for ((rule, name), way_text) in explanation.rules.iter().zip(&ids).zip(&ways) {
        let mut reasons = wrapped(&reasons(rule), room).into_iter();
        let line = format!(" {}  {}  {}", left(&fit_middle(name, id), id), left(way_text, way), reasons.next().unwrap_or_default());
        out.push_str(line.trim_end());
        out.push('\n');
        reasons.for_each(|rest| out.push_str(&format!("{}{rest}\n", " ".repeat(1 + id + 2 + way + 2))));
    }
    out
}

/// `dictionary proof 7, decoded 3`; the way alone where there is one.
fn ways(rule: &RuleWays) -> String {
    let all: Vec<(&Tier, &u64)> = rule.row_groups.iter().collect();
    match all.as_slice() {
        [] => "not asked".to_owned(),
        [(tier, _)] => tier.to_string(),
        several => several.iter().map(|(tier, count)| format!("{tier} {}", grouped(**count))).collect::<Vec<_>>().join(", "),
    }
}

fn reasons(rule: &RuleWays) -> String {
    let total = rule.total();
    let reason = |(why, count): (&Why, &u64)| {
        let hint = if *why == Why::Untrusted { " (--trust-statistics)" } else { "" };
        let share = if *count < total { format!(" in {} of {}", grouped(*count), plural(total, "row group")) } else { String::new() };
        format!("{why}{hint}{share}")
    };
    rule.reasons.iter().map(reason).collect::<Vec<_>>().join("; ")
}
