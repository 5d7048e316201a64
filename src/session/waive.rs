//! What waivers make of a rule's outcome, and what a report says of each of them.

use crate::compile::ir::{Rule, RuleBody, Waiver};
use crate::eval::tally::Tally;
use crate::eval::waive::WaivedRows;
use crate::kernels::time;
use crate::plan::{Covers, Plan};
use crate::report::{RuleOutcome, RuleReport, WaiverInfo, WaiverState, Warning, judge_waived};

use super::finish::Finish;

/// What one input's plan has to say of waivers: those whose filters cannot be computed on its columns.
pub(super) fn remarks(plan: &Plan) -> Vec<Warning> {
    let mut out = Vec::new();
    for (rule, bound) in plan.block.rules.iter().zip(&plan.rules) {
        for waiver in &bound.waivers {
            if let Covers::Nothing(reason) = &waiver.covers {
                let text = format!("the waiver of {} covers nothing, as its `where` cannot be computed: {reason}", rule.id);
                out.push(Warning { code: "waiver_filter".to_owned(), rule: Some(rule.id.clone()), text });
            }
        }
    }
    out
}

impl Finish<'_> {
    /// Takes what is waived out of a rule's outcome; gives what each of its waivers covers.
    pub(super) fn waive(&self, index: usize, rule: &Rule, tally: &Tally, out: &mut RuleReport) -> WaivedRows {
        let waivers = || (0_u32..).zip(&self.session.validator.plan.block.waivers).filter(|(_, waiver)| waiver.rule == index);
        if waivers().next().is_none() {
            return WaivedRows::new();
        }
        let mut waived = self.waived_by_row(index, rule, tally);
        let whole = waivers().find(|(_, waiver)| waiver.filter.is_none() && waiver.is_active(self.session.state.now));
        if let Some((whole, _)) = whole {
            // Rows of `unique` and groups of a check are known at the end only.
            let rest = out.failed.saturating_sub(waived.values().sum());
            *waived.entry(whole).or_default() += rest;
        }
        out.waived = waived.values().sum();
        if matches!(out.outcome, RuleOutcome::Fail | RuleOutcome::Warn) {
            out.outcome = match (tally.schema_failures, whole) {
                (0, _) => judge_waived(rule.severity, rule.warn, rule.error, out.passed, out.failed, out.waived),
                (_, Some(_)) => RuleOutcome::Waived,
                (_, None) => out.outcome,
            };
        }
        waived
    }

    /// Waived rows that were counted as rows went by.
    fn waived_by_row(&self, index: usize, rule: &Rule, tally: &Tally) -> WaivedRows {
        let partial = &self.session.state.partial;
        match &rule.body {
            RuleBody::Unique(_) => partial.uniques.get(&index).map(|state| state.repeated(0).waived).unwrap_or_default(),
            RuleBody::Increasing(_) => partial.orders.get(&index).map(|state| state.clone().finish(0).waived).unwrap_or_default(),
            _ => tally.waived.clone(),
        }
    }

    /// What there is to tell of each waiver, and warnings of those that are over or have nothing to cover.
    pub(super) fn waivers(&self, rules: &[RuleReport], waived: &[WaivedRows]) -> (Vec<WaiverInfo>, Vec<Warning>) {
        let (mut out, mut warnings) = (Vec::new(), Vec::new());
        for (at, waiver) in (0_u32..).zip(&self.session.validator.plan.block.waivers) {
            let (Some(rule), Some(waived)) = (rules.get(waiver.rule), waived.get(waiver.rule)) else { continue };
            let rows = waived.get(&at).copied().unwrap_or(0);
            let state = self.state_of(waiver, rule, rows);
            warnings.extend(warning(waiver, rule, state));
            out.push(WaiverInfo {
                rule: rule.id.clone(),
                until: waiver.until.map(time::format_date),
                because: waiver.because.clone(),
                state,
                rows,
            });
        }
        (out, warnings)
    }

    fn state_of(&self, waiver: &Waiver, rule: &RuleReport, rows: u64) -> WaiverState {
        // That a column does not fit is no failure of rows.
        let covers_schema = waiver.filter.is_none() && rule.outcome == RuleOutcome::Waived && rule.failed == 0;
        if !waiver.is_active(self.session.state.now) {
            WaiverState::Expired
        } else if rows > 0 || covers_schema {
            WaiverState::Active
        } else {
            WaiverState::Unused
        }
    }
}

fn warning(waiver: &Waiver, rule: &RuleReport, state: WaiverState) -> Option<Warning> {
    // Of what was not asked, nothing could fail.
    let is_judged = !matches!(rule.outcome, RuleOutcome::Skipped | RuleOutcome::Vacuous | RuleOutcome::Error);
    let (code, text) = match state {
        WaiverState::Expired => {
            let until = waiver.until.map(time::format_date).unwrap_or_default();
            (
                "waiver_expired",
                format!("the waiver of {} ended on {until} and covers nothing any more: remove it, or date it anew", rule.id),
            )
        }
        WaiverState::Unused if is_judged => ("waiver_unused", format!("the waiver of {} covers no failing row: remove it", rule.id)),
        WaiverState::Unused | WaiverState::Active => return None,
    };
    Some(Warning { code: code.to_owned(), rule: Some(rule.id.clone()), text })
}
