//! Which rules the tests have seen to pass, and which to fail as they were meant to.

use crate::compile::cases::Expect;
use crate::compile::ir::RuleBody;
use crate::plan::Body;

use super::judge::{Bench, Judged};
use super::{RuleCoverage, Verdict};

/// The coverage of a block's rules.
pub(super) fn of(bench: &Bench<'_>, judged: &Judged) -> Vec<RuleCoverage> {
    let rules = bench.block.rules.iter().enumerate();
    let mut out: Vec<RuleCoverage> = rules
        .map(|(at, rule)| RuleCoverage { rule: rule.id.clone(), fails_in: None, passes_in: None, exempt: exempt(bench, judged, at) })
        .collect();
    for ((_, case), said) in bench.cases.iter().zip(&judged.tests) {
        for (rule, verdict) in out.iter_mut().zip(&said.verdicts) {
            if *verdict == Verdict::Pass && rule.passes_in.is_none() {
                rule.passes_in = Some(case.name.clone());
            }
            if verdict.fails() && rule.fails_in.is_none() {
                let expected = case.expect.iter().any(|expect| matches!(expect, Expect::Fail { rules, .. } if rules.contains(&rule.rule)));
                rule.fails_in = expected.then(|| case.name.clone());
            }
        }
    }
    out
}

/// Why no row could make a rule fail, if that is so.
pub(super) fn exempt(bench: &Bench<'_>, judged: &Judged, rule: usize) -> Option<String> {
    let mut bodies = judged.validators.iter().filter_map(|validator| validator.plan().rules.get(rule)).map(|rule| &rule.body).peekable();
    let of_type = bench.block.rules.get(rule).is_some_and(|rule| matches!(rule.body, RuleBody::Type(..)));
    let reason = bodies.peek().map(|body| match body {
        Body::Skipped(reason) | Body::Error(reason) => reason.clone(),
        _ => "the schema settles it".to_owned(),
    });
    let fixed = bodies.all(|body| match body {
        Body::Schema(None) | Body::Skipped(_) | Body::Error(_) => true,
        // The type of a pattern: no column, or none that can fail it by row.
        Body::Columns(columns) => of_type && columns.is_empty(),
        _ => false,
    });
    if fixed { reason } else { None }
}
