//! Whether what was written may be committed: what bounds and dataset checks say at the end.

use crate::compile::Severity;
use crate::report::{Outcome, Report, RuleKind, RuleOutcome, RuleReport};

use super::options::AtEnd;
use super::rules::Rules;
use super::violation::{Refusal, Violation, sorted};

/// Why the whole is refused, by the rules that are asked; empty where it is not.
pub(super) fn reasons(rules: &Rules, report: &Report, at_end: AtEnd, asks: impl Fn(&RuleReport) -> bool) -> Vec<String> {
    if !rules.policy.acts() {
        return Vec::new();
    }
    match at_end {
        AtEnd::Nothing => Vec::new(),
        AtEnd::Report if report.outcome == Outcome::Fail => vec!["the report fails".to_owned()],
        AtEnd::Report => Vec::new(),
        AtEnd::Unresolved => {
            let failing = report.rules.iter().enumerate().filter(|(_, rule)| fails(rule) && asks(rule));
            failing.filter(|(index, rule)| !is_resolved(rules, *index, rule)).map(|(_, rule)| reason(rule)).collect()
        }
    }
}

/// Whether a rule's outcome fails the data.
fn fails(rule: &RuleReport) -> bool {
    let outcome = matches!(rule.outcome, RuleOutcome::Fail | RuleOutcome::Error) || rule.outcome == RuleOutcome::Vacuous && is_check(rule);
    rule.severity == Severity::Error && !rule.shadow && outcome
}

/// Whether a rule is a dataset check.
pub(super) fn is_check(rule: &RuleReport) -> bool {
    rule.kind == RuleKind::Dataset && rule.check == "check"
}

/// Whether none of what fails a rule has landed: its rows were set aside, replaced or refused one by one, and it has no bound of its own.
fn is_resolved(rules: &Rules, index: usize, rule: &RuleReport) -> bool {
    let by_row = rules.terms.get(index).is_some_and(super::rules::Term::is_resolved_by_row);
    // A gate has refused every batch that the columns or the rule itself fail.
    by_row && !is_check(rule)
}

fn reason(rule: &RuleReport) -> String {
    let value = rule.value.as_ref().map(|value| format!(" with {value}")).unwrap_or_default();
    match (rule.outcome, &rule.bounds.error) {
        (RuleOutcome::Error, _) => format!("`{}` cannot be computed", rule.id),
        (RuleOutcome::Vacuous, _) => format!("`{}` has nothing to judge", rule.id),
        (_, Some(bound)) if rule.kind == RuleKind::Row => {
            let judged = rule.passed + rule.failed;
            format!("`{}` fails {} of {judged}, and its bound is {bound}", rule.id, rule.failed - rule.waived.min(rule.failed))
        }
        _ => format!("`{}` does not hold{value}", rule.id),
    }
}

/// Everything that is wrong with the whole, as an error.
pub(super) fn refusal(rules: &Rules, report: &Report, reasons: Vec<String>) -> Refusal {
    let is_wrong = |rule: &RuleReport| rule.failed > 0 || matches!(rule.outcome, RuleOutcome::Fail | RuleOutcome::Error) || fails(rule);
    let wrong = report.rules.iter().enumerate().filter(|(_, rule)| is_wrong(rule));
    let violations = wrong.filter_map(|(index, rule)| Some(Violation::of_report(rules.info(index)?, rule))).collect();
    Refusal {
        batch_id: None,
        ruleset: report.ruleset.name.clone(),
        ruleset_hash: report.ruleset.hash.clone(),
        block: rules.plan().block.name.clone(),
        trace_id: report.trace_id.clone(),
        reasons,
        violations: sorted(violations),
    }
}
