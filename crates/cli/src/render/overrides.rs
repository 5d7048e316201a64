//! Overrides of a report in a line each. Everything from files is escaped already.

use rulegate::report::{OverrideInfo, OverrideState, Report};

use super::text::{escape, fit, plural};

/// Columns of a line.
const COLUMNS: usize = 300;

/// `t.a.range: shadow until 2027-01-31, by ana on 2026-11-20: the feed is being rebuilt`, for each override.
pub(super) fn lines(report: &Report) -> impl Iterator<Item = String> {
    report.overrides.iter().map(|one| fit(&line(one), COLUMNS))
}

fn line(one: &OverrideInfo) -> String {
    let mut says: Vec<String> = Vec::new();
    says.extend(one.mode.map(|mode| mode.to_string()));
    says.extend(one.severity.map(|severity| format!("severity {severity}")));
    says.extend(one.tolerate.as_ref().map(|bound| format!("tolerates {}", escape(bound))));
    says.extend(one.value.as_ref().map(|value| format!("is {}", escape(value))));
    let many = if one.target.contains('*') { format!(" ({})", plural(one.rules.len() as u64, "rule")) } else { String::new() };
    let until = match (&one.until, one.state) {
        (Some(until), OverrideState::Active) => format!(" until {}", escape(until)),
        (Some(until), OverrideState::Expired) => format!(", over since {}", escape(until)),
        (None, _) => String::new(),
    };
    let target = escape(&one.target);
    format!("{target}{many}: {}{until}, by {} on {}: {}", says.join(", "), escape(&one.who), escape(&one.when), escape(&one.why))
}
