//! Whether files that are read a second time are what they were the first time.

use crate::report::{Report, RuleReport};

use super::SplitError;

/// Compares what two readings came to: the rows of each file, and what each rule counts over all of them.
pub(super) fn same(before: &Report, now: &Report, rows: &[u64]) -> Result<(), SplitError> {
    let first = || before.inputs.first().map_or_else(|| "the data".to_owned(), |input| input.name.clone());
    for (index, input) in before.inputs.iter().enumerate() {
        let found = rows.get(index).copied().unwrap_or(0);
        if input.rows != found {
            let what = format!("it had {} rows, and has {found}", input.rows);
            return Err(SplitError::Changed { file: input.name.clone(), what });
        }
    }
    // Both are of one rule set, and so list the same rules.
    let differs = |(rule, found): &(&RuleReport, &RuleReport)| rule.id != found.id || counts(rule) != counts(found);
    match before.rules.iter().zip(&now.rules).find(differs).map(|(rule, _)| rule) {
        Some(rule) => Err(SplitError::Changed { file: first(), what: format!("`{}` does not count what it did", rule.id) }),
        None if before.rows_failed != now.rows_failed => Err(SplitError::Changed { file: first(), what: "other rows fail".to_owned() }),
        None => Ok(()),
    }
}

/// What a rule counts, in the same way whether it was proved or read row by row.
fn counts(rule: &RuleReport) -> [u64; 7] {
    [rule.evaluated, rule.passed, rule.failed, rule.failed_alone, rule.unknown, rule.faulted, rule.waived]
}
