//! What is known from an earlier report, so that only what is new fails a run.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Outcome, REPORT_VERSION, Report, RuleKind, RuleOutcome, RuleReport};
use crate::compile::Severity;

/// The failures of earlier reports.
#[derive(Debug, Clone, Default)]
pub struct Baseline {
    rules: BTreeMap<String, RuleReport>,
    absent_columns: Vec<String>,
}

/// Why a text is no baseline.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BaselineError {
    /// It is not the JSON of a report.
    #[error("it is not the JSON form of a report: {0}")]
    Form(String),
    /// It is a report of another version.
    #[error("it is a report of version {found}, and this program reads version {REPORT_VERSION}")]
    Version {
        /// Its version.
        found: u32,
    },
}

/// A report held against a baseline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Comparison {
    /// `fail` if something fails the data that the baseline does not know.
    pub outcome: Outcome,
    /// Failures of rules that fail the data and that the baseline knows.
    pub known: u64,
    /// Rules that fail the data, and worse than in the baseline.
    pub new: Vec<NewFailure>,
}

/// A rule that fails the data worse than in the baseline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NewFailure {
    /// Its id; `absent columns` where a strict run misses columns.
    pub rule: String,
    /// Its failures, those that are waived left out.
    pub failed: u64,
    /// Those of the baseline.
    pub known: u64,
}

impl Baseline {
    /// Reads the JSON form of a report, or of a list of reports.
    ///
    /// # Errors
    /// [`BaselineError`] if it is something else, or of another version.
    pub fn parse(json: &str) -> Result<Self, BaselineError> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            One(Box<Report>),
            Several(Vec<Report>),
        }
        let form = serde_json::from_str(json).map_err(|error| match serde_json::from_str::<serde_json::Value>(json) {
            Ok(_) => BaselineError::Form("its fields are other ones".to_owned()),
            Err(_) => BaselineError::Form(error.to_string()),
        })?;
        let reports = match form {
            Form::One(report) => vec![*report],
            Form::Several(reports) => reports,
        };
        match reports.iter().find(|report| report.report_version != REPORT_VERSION) {
            Some(other) => Err(BaselineError::Version { found: other.report_version }),
            None => Ok(Self::of(reports)),
        }
    }

    /// The failures of reports.
    #[must_use]
    pub fn of(reports: impl IntoIterator<Item = Report>) -> Self {
        let mut out = Self::default();
        for report in reports {
            out.absent_columns.extend(report.inputs.iter().flat_map(|input| input.absent_columns.iter().cloned()));
            out.rules.extend(report.rules.into_iter().map(|rule| (rule.id.clone(), rule)));
        }
        out
    }

    /// Holds a report against the baseline.
    ///
    /// A rule that fails the data is known if the baseline has it with the same kind of failure, and its failures that are not waived are no
    /// more than there, or no greater a share of the rows that passed or failed. What is not a number of rows (a column that does not fit, a
    /// check in error, a check that judged nothing) is known if the baseline has it for the same reason.
    ///
    /// # Example
    /// ```
    /// use rulegate::report::{Baseline, Outcome, Report};
    ///
    /// # fn report(text: &str) -> Report {
    /// #     let rules = rulegate::RuleSet::compile("t.rules", text, &Default::default()).rule_set.unwrap();
    /// #     let column: arrow::array::ArrayRef = std::sync::Arc::new(arrow::array::Int64Array::from(vec![1, -1]));
    /// #     let batch = arrow::array::RecordBatch::try_from_iter([("a", column)]).unwrap();
    /// #     let mut session = rules.bind(&batch.schema()).unwrap().session();
    /// #     session.add(&batch).unwrap();
    /// #     session.finish()
    /// # }
    /// let then = report("rulegate 1\nfeatures t { a : int64 >= 0 }");
    /// let now = report("rulegate 1\nfeatures t { a : int64 >= 0, != 1 @name(not_one) }");
    /// let comparison = Baseline::of([then]).compare(&now);
    /// assert_eq!((comparison.outcome, comparison.known), (Outcome::Fail, 1));
    /// assert_eq!(comparison.new[0].rule, "t.a.not_one");
    /// ```
    #[must_use]
    pub fn compare(&self, report: &Report) -> Comparison {
        let (mut known, mut new) = (0, Vec::new());
        for rule in report.rules.iter().filter(|rule| fails_the_data(rule, report.strict)) {
            let before = self.rules.get(&rule.id).filter(|before| is_alike(before, rule));
            let before = before.map(|before| (before, failures(before)));
            known += before.map_or(0, |(_, before)| before.min(failures(rule)));
            if !before.is_some_and(|(before, _)| is_no_worse(rule, before)) {
                new.push(NewFailure { rule: rule.id.clone(), failed: failures(rule), known: before.map_or(0, |(_, count)| count) });
            }
        }
        if report.strict {
            let absent = || report.inputs.iter().flat_map(|input| &input.absent_columns);
            let fresh = absent().filter(|column| !self.absent_columns.contains(column)).count() as u64;
            let all = absent().count() as u64;
            known += all - fresh;
            if fresh > 0 {
                new.push(NewFailure { rule: "absent columns".to_owned(), failed: all, known: all - fresh });
            }
        }
        Comparison { outcome: if new.is_empty() { Outcome::Pass } else { Outcome::Fail }, known, new }
    }
}

/// Whether a rule's outcome fails the data, as a session says.
fn fails_the_data(rule: &RuleReport, strict: bool) -> bool {
    let is_check = rule.kind == RuleKind::Dataset && rule.check == "check";
    rule.severity == Severity::Error
        && !rule.shadow
        && match rule.outcome {
            RuleOutcome::Fail | RuleOutcome::Error => true,
            RuleOutcome::Vacuous => is_check || strict && rule.check != "type",
            _ => false,
        }
}

/// Whether two reports of a rule tell of the same kind of failure. One that warned only, or was waived, failed rows all the same.
fn is_alike(before: &RuleReport, now: &RuleReport) -> bool {
    let by_rows = |rule: &RuleReport| rule.failed > 0;
    if by_rows(before) && by_rows(now) {
        return true;
    }
    before.outcome == now.outcome && before.reason == now.reason && by_rows(before) == by_rows(now)
}

/// Failures that are not waived; one where a rule fails otherwise than by rows.
fn failures(rule: &RuleReport) -> u64 {
    if rule.failed > 0 { rule.failed.saturating_sub(rule.waived) } else { 1 }
}

fn is_no_worse(now: &RuleReport, before: &RuleReport) -> bool {
    let share = |rule: &RuleReport| (u128::from(failures(rule)), u128::from(rule.passed.saturating_add(rule.failed).max(1)));
    let ((failed, judged), (known, of)) = (share(now), share(before));
    failed <= known || failed.saturating_mul(of) <= known.saturating_mul(judged)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::judge;
    use crate::{Bound, CompileOptions, RuleSet};

    /// A report with the counts of one rule put in: passed, failed, waived.
    fn report(passed: u64, failed: u64, waived: u64) -> Report {
        let rules = RuleSet::compile("t.rules", "rulegate 1\nfeatures t { a : int64? >= 0 }", &CompileOptions::default()).rule_set.unwrap();
        let mut report = rules.bind(&arrow::datatypes::Schema::empty()).unwrap().session().finish();
        let rule = report.rules.iter_mut().find(|rule| rule.check == "range").unwrap();
        (rule.passed, rule.failed, rule.waived) = (passed, failed, waived);
        rule.outcome = judge(rule.severity, None, Some(Bound::ZERO), passed, failed - waived);
        report
    }

    fn compared(before: &Report, now: &Report) -> (bool, u64) {
        let comparison = Baseline::parse(&serde_json::to_string(before).unwrap()).unwrap().compare(now);
        (comparison.outcome == Outcome::Pass, comparison.known)
    }

    #[test]
    fn what_is_no_worse_in_number_or_share_is_known() {
        let before = report(90, 10, 0);
        assert_eq!(compared(&before, &report(90, 10, 0)), (true, 10));
        assert_eq!(compared(&before, &report(890, 100, 0)), (false, 10), "more, and a greater share");
        assert_eq!(compared(&before, &report(900, 100, 0)), (true, 10), "ten times the data");
        assert_eq!(compared(&before, &report(5, 9, 0)), (true, 9), "a greater share of less");
        assert_eq!(compared(&before, &report(89, 11, 0)), (false, 10));
        assert_eq!(compared(&before, &report(100, 0, 0)), (true, 0));
        assert_eq!(compared(&report(100, 0, 0), &report(99, 1, 0)), (false, 0));
    }

    #[test]
    fn waived_failures_are_left_out_on_both_sides() {
        assert_eq!(compared(&report(80, 20, 15), &report(80, 20, 14)), (false, 5));
        assert_eq!(compared(&report(80, 20, 14), &report(80, 20, 15)), (true, 5));
    }

    #[test]
    fn rules_the_baseline_does_not_have_count_fully() {
        let mut other = report(90, 10, 0);
        other.rules.iter_mut().for_each(|rule| rule.id.push_str("_old"));
        assert_eq!(compared(&other, &report(90, 10, 0)), (false, 0));
    }

    #[test]
    fn a_list_of_reports_is_a_baseline_and_other_json_is_none() {
        let list = serde_json::to_string(&[report(9, 1, 0)]).unwrap();
        assert_eq!(Baseline::parse(&list).unwrap().compare(&report(9, 1, 0)).known, 1);
        assert!(matches!(Baseline::parse("{}"), Err(BaselineError::Form(_))));
        assert!(matches!(Baseline::parse("nothing"), Err(BaselineError::Form(_))));
        let newer = Report { report_version: REPORT_VERSION + 1, ..report(9, 1, 0) };
        assert!(matches!(Baseline::parse(&serde_json::to_string(&newer).unwrap()), Err(BaselineError::Version { .. })));
    }
}
