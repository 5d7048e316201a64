//! What a rule's result comes to in a few words, for forms that give each rule a line. Everything from data is escaped already.

use rulegate::Severity;
use rulegate::report::{Report, RuleKind, RuleOutcome, RuleReport};

use super::human::{details, is_check};
use super::text::{self, escape, fit, grouped, percent, plural};

/// Columns a line about a failing row takes at most.
const LINE_COLUMNS: usize = 300;

/// How programs that know three levels take a rule's result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Weight {
    /// It fails the data.
    Error,
    /// It warns, or could not be computed and does not fail the data.
    Warning,
    /// Worth knowing.
    Note,
}

/// The weight of a result; `None` for one that asks for nothing.
pub(super) fn weight(rule: &RuleReport, report: &Report) -> Option<Weight> {
    let enforced = rule.severity == Severity::Error && !rule.shadow;
    let broken = match rule.outcome {
        RuleOutcome::Fail | RuleOutcome::Error => true,
        RuleOutcome::Vacuous => enforced && (report.strict || is_check(rule)),
        RuleOutcome::Warn => false,
        RuleOutcome::Pass | RuleOutcome::Skipped | RuleOutcome::Waived => return None,
    };
    match (broken, rule.outcome) {
        (true, _) if enforced => Some(Weight::Error),
        (false, RuleOutcome::Vacuous) => None,
        _ if rule.shadow || rule.severity == Severity::Info => Some(Weight::Note),
        _ => Some(Weight::Warning),
    }
}

/// What a rule in shadow would have done.
pub(super) fn in_shadow(rule: &RuleReport) -> Option<&'static str> {
    let would = match rule.outcome {
        RuleOutcome::Fail | RuleOutcome::Error if rule.severity == Severity::Error => "in shadow: would fail the data",
        RuleOutcome::Fail | RuleOutcome::Error | RuleOutcome::Warn => "in shadow: would warn",
        _ => "in shadow",
    };
    rule.shadow.then_some(would)
}

/// `120 of 119 998 rows fail (0.10%); fails past 2%`.
pub(super) fn said(rule: &RuleReport) -> String {
    let mut parts: Vec<String> = in_shadow(rule).into_iter().map(str::to_owned).collect();
    parts.extend(rule.reason.iter().map(|reason| fit(&escape(reason), LINE_COLUMNS)));
    if let Some(measured) = &rule.value {
        parts.push(format!("measured {}", fit(&text::measured(measured), 48)));
    } else if rule.kind != RuleKind::Schema {
        parts.extend(counts(rule));
    }
    parts.extend(details::bounds(rule).filter(|_| rule.failed > 0));
    if parts.is_empty() {
        parts.push(bare(rule).to_owned());
    }
    parts.join("; ")
}

fn counts(rule: &RuleReport) -> Option<String> {
    let judged = rule.passed.saturating_add(rule.failed);
    match (judged, rule.failed) {
        (0, _) => None,
        (_, 0) => Some(format!("{} pass", plural(judged, details::noun(rule)))),
        (_, failed) => {
            let share = rule.failed_fraction.map_or_else(String::new, |share| format!(" ({})", percent(share)));
            let verb = if failed == 1 { "fails" } else { "fail" };
            Some(format!("{} of {} {verb}{share}", grouped(failed), plural(judged, details::noun(rule))))
        }
    }
}

/// What to say of a rule that has no counts.
fn bare(rule: &RuleReport) -> &'static str {
    match rule.outcome {
        RuleOutcome::Pass => "holds",
        RuleOutcome::Vacuous => "nothing was judged",
        RuleOutcome::Skipped => "not asked",
        RuleOutcome::Waived => "its failures are waived",
        RuleOutcome::Error => "it could not be computed",
        RuleOutcome::Warn | RuleOutcome::Fail => "does not hold",
    }
}

/// The rule's message as it is written, where no sample shows it with the values of a row.
pub(super) fn template(rule: &RuleReport) -> Option<&str> {
    rule.message.as_deref().filter(|_| rule.samples.iter().all(|sample| sample.message.is_none()))
}

/// A line for each failing row that was kept: `row 3  id=4  score=101.0   the message`.
pub(super) fn samples(rule: &RuleReport, report: &Report) -> Vec<String> {
    let many = report.inputs.len() > 1;
    let line = |sample| fit(&details::sample_lines(sample, many, usize::from(u16::MAX)).join(" "), LINE_COLUMNS);
    rule.samples.iter().map(line).collect()
}
