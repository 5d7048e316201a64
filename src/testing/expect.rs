//! What rules say of a test's rows, held against what the test expects.

use crate::compile::Severity;
use crate::compile::cases::{Case, Expect};
use crate::compile::ir::{Block, Rule};
use crate::report::Report;

use super::judge::Said;
use super::{Expected, Verdict};

/// A rule, by its place in the block, that says something else than is expected; no rule where the whole row is meant.
pub(super) struct Miss {
    pub rule: Option<usize>,
    pub expected: Expected,
    pub actual: Verdict,
}

/// Whether a failing row is held against the data.
pub(super) fn enforced(rule: &Rule) -> bool {
    rule.severity == Severity::Error && !rule.shadow
}

/// Everything that is not as expected, in the order of the expectations.
pub(super) fn compare(block: &Block, case: &Case, said: &Said) -> Vec<Miss> {
    let mut misses: Vec<Miss> = Vec::new();
    let verdict = |rule: usize| said.verdicts.get(rule).copied().unwrap_or(Verdict::NotAsked);
    let place = |id: &str| block.rules.iter().position(|rule| rule.id == id);
    let all = || block.rules.iter().enumerate();
    for expect in &case.expect {
        match expect {
            Expect::Pass => {
                let bad = |verdict: Verdict| verdict.fails() || verdict == Verdict::Error;
                let failing = all().filter(|(at, rule)| enforced(rule) && bad(verdict(*at)));
                misses.extend(failing.map(|(at, _)| Miss { rule: Some(at), expected: Expected::Pass, actual: verdict(at) }));
            }
            Expect::Fail { only, rules } => {
                let named: Vec<Option<usize>> = rules.iter().map(|id| place(id)).collect();
                let quiet = named.iter().filter(|at| !at.map_or(Verdict::Skipped, verdict).fails());
                misses.extend(quiet.map(|at| Miss { rule: *at, expected: Expected::Fail, actual: at.map_or(Verdict::Skipped, verdict) }));
                if *only {
                    let others = all().filter(|(at, _)| verdict(*at).fails() && !named.contains(&Some(*at)));
                    misses.extend(others.map(|(at, _)| Miss { rule: Some(at), expected: Expected::Pass, actual: verdict(at) }));
                }
            }
            Expect::Unknown(rules) => {
                for at in rules.iter().map(|id| place(id)) {
                    let actual = at.map_or(Verdict::Skipped, verdict);
                    if actual != Verdict::Unknown {
                        misses.push(Miss { rule: at, expected: Expected::Unknown, actual });
                    }
                }
            }
            Expect::Reason(reason) => {
                if !said.report.as_ref().is_some_and(|report| has_reason(report, reason)) {
                    let parse = block.rules.iter().position(|rule| rule.check == "parse");
                    let actual = parse.map_or(Verdict::Skipped, verdict);
                    misses.push(Miss { rule: parse, expected: Expected::Reason(reason.clone()), actual });
                }
            }
            Expect::Fallback => {
                let falls_back =
                    all().any(|(at, rule)| (enforced(rule) || rule.check == "parse") && !rule.body.is_dataset() && verdict(at).fails());
                if !falls_back {
                    misses.push(Miss { rule: None, expected: Expected::Fallback, actual: Verdict::Pass });
                }
            }
        }
    }
    misses
}

/// Whether some response failed for a reason, or was recovered in spite of it.
fn has_reason(report: &Report, reason: &str) -> bool {
    report.rules.iter().any(|rule| rule.reasons.get(reason).is_some_and(|count| *count > 0))
}
