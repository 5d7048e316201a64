//! What compiles and is hardly meant: rules that always or never hold, rules that ask the same, values that cannot occur, names that
//! nothing uses.
//!
//! At the door: [`block`] and [`unused`]. A remark is made only where it holds whatever the data and the parameters; where that is not
//! certain, nothing is said.

mod range;
mod truth;
mod twins;
mod unused;
mod values;

use std::collections::BTreeSet;

use crate::diagnostics::{Code, Diagnostic};
use crate::syntax::ast::{self, ItemKind, SetSource};

use super::block::Places;
use super::env::Env;
use super::ir::{AggregateCall, Block, ExprId, Rule, RuleBody, Set, SetId, Severity};

pub(super) use unused::unused;

/// Everything there is to say about a block whose file has no errors. `inline` are the sets whose values stand in the rule file.
pub(super) fn block(block: &Block, places: &Places, sets: &[Set], inline: &BTreeSet<SetId>) -> Vec<Diagnostic> {
    let mut out = verdicts(block, places);
    out.extend(twins::same(block));
    out.extend(values::unknown(block, places, sets, inline));
    out
}

/// Named sets whose values stand in the file: those of data files may be others tomorrow.
pub(super) fn inline_sets(tree: &ast::File, env: &Env) -> BTreeSet<SetId> {
    let declared = tree.items.iter().filter_map(|item| match &*item.kind {
        ItemKind::Set(set) if matches!(set.source, SetSource::Inline(_)) => Some(&set.name.node),
        _ => None,
    });
    declared.filter_map(|name| env.set_names.get(name).copied()).collect()
}

/// Rules that an author wrote and that are evaluated.
fn written(block: &Block) -> impl Iterator<Item = &Rule> {
    let is_evaluated = |rule: &Rule| rule.planned.is_none() && rule.broken.is_none();
    block.rules.iter().filter(move |rule| is_evaluated(rule) && !matches!(rule.check.as_str(), "required" | "type" | "extra_columns"))
}

/// Whether every failing row counts.
fn is_firm(rule: &Rule) -> bool {
    rule.severity == Severity::Error && !rule.shadow && rule.error.is_none_or(|bound| bound.exceeded(1, u64::MAX))
}

/// Whether a check asks about a share of the rows.
fn share(aggregates: &[AggregateCall]) -> bool {
    aggregates.iter().any(|call| truth::shares(call.kind).is_some())
}

/// Rules that can never fail or never pass, alone or with another.
fn verdicts(block: &Block, places: &Places) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    let mut together = range::Together::default();
    for rule in written(block) {
        let (test, aggregates) = match &rule.body {
            RuleBody::Row(test) | RuleBody::Pattern(_, test) => (*test, &[][..]),
            RuleBody::Check(check) => (check.expect, check.aggregates.as_slice()),
            _ => continue,
        };
        // What a check reads beside its condition can still put it in error.
        let beside: Vec<ExprId> = match &rule.body {
            RuleBody::Check(check) => check.filter.iter().chain(&check.by).copied().collect(),
            _ => Vec::new(),
        };
        let truth = truth::Truths::of(block, aggregates, rule.when.into_iter().chain(beside.iter().copied()).chain([test]));
        let (when, test_truth) = (rule.when.map(|when| truth.get(when)), truth.get(test));
        let can_fault = test_truth.can_fault || when.is_some_and(|when| when.can_fault) || beside.iter().any(|id| truth.get(*id).can_fault);
        let part = |root: ExprId, holds: bool| places.in_rule(truth.decides(root, holds), rule.span).unwrap_or(rule.span);
        let diagnostic = if let Some(when) = rule.when.filter(|_| when.is_some_and(|when| !when.can_hold && !when.can_fault)) {
            Diagnostic::new(Code::NeverFails, "this rule can never fail: its `when` is never true", part(when, false))
                .label("this is never true")
                .help("mend the `when`, or remove the rule")
        } else if test_truth.is_null() {
            continue;
        } else if !test_truth.can_hold {
            Diagnostic::new(Code::NeverPasses, "this rule can never pass: no value fulfils its condition", part(test, false))
                .label("nothing fulfils this")
                .help(match share(aggregates) {
                    true => "shares are from 0 to 1: write `95%` for 0.95",
                    false => "mend the condition: what it asks for leaves nothing",
                })
        } else if !test_truth.can_break && !can_fault && !rule.nulls_fail {
            Diagnostic::new(Code::NeverFails, "this rule can never fail: every value fulfils its condition", part(test, true))
                .label("everything fulfils this")
                .help(match share(aggregates) {
                    true => "shares are from 0 to 1: write `5%` for 0.05",
                    false => "remove the rule, or ask for more",
                })
        } else {
            if rule.when.is_none() && matches!(rule.body, RuleBody::Row(_)) && is_firm(rule) {
                out.extend(together.add(block, rule, test));
            }
            continue;
        };
        out.push(diagnostic);
    }
    out
}
