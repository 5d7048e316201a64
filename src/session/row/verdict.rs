//! The verdict on one row.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::{Map, Value as Json};

use crate::compile::Severity;
use crate::compile::ir::Rule;
use crate::eval::row::{Outcomes, RowOutcome, RowPlan, Value};

/// What the row rules say of one row.
///
/// It keeps flags and the row's values; texts come only when [`RowVerdict::failures`] asks for them.
#[derive(Debug, Clone)]
pub struct RowVerdict<'a> {
    plan: &'a RowPlan,
    values: Vec<Value<'a>>,
    outcomes: Outcomes,
    refusal: Option<Cow<'a, str>>,
}

/// A rule that a row fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct FailedRule<'a> {
    /// The rule's id.
    pub id: &'a str,
    /// Whether it could not be computed, rather than being false.
    pub faulted: bool,
    /// Whether a waiver covers it, so that the row does not fail for it.
    pub waived: bool,
}

/// A rule that a row fails, with what a report's sample of the row would show; redacted values are blacked out.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct RowFailure {
    /// The rule's id.
    pub rule: String,
    /// The field it stands on, if it stands on one.
    pub field: Option<String>,
    /// Its kind: range, enum, regex …
    pub check: String,
    /// How much it weighs.
    pub severity: Severity,
    /// Whether it is only reported, never acted on.
    pub shadow: bool,
    /// Whether it could not be computed, rather than being false.
    pub faulted: bool,
    /// Whether a waiver covers it, so that the row does not fail for it.
    pub waived: bool,
    /// The row's key columns.
    pub key: Map<String, Json>,
    /// The columns the rule reads; of a pattern's columns, those that fail.
    pub values: Map<String, Json>,
    /// The rule's message for this row.
    pub message: Option<String>,
}

impl<'a> RowVerdict<'a> {
    pub(super) fn new(plan: &'a RowPlan, values: Vec<Value<'a>>, refusal: Option<&'a str>) -> Self {
        let outcomes = plan.judge(&values);
        Self { plan, values, outcomes, refusal: refusal.map(Cow::Borrowed) }
    }

    pub(super) fn refused(mut self, reason: Option<String>) -> Self {
        self.refusal = self.refusal.or(reason.map(Cow::Owned));
        self
    }

    /// Whether the row fails no enforced rule of severity error that is not waived, and is not refused.
    #[must_use]
    pub fn passes(&self) -> bool {
        self.refusal.is_none() && self.plan.passes(&self.outcomes)
    }

    /// Why the row fails whatever its values, if its columns do not fit the rules.
    #[must_use]
    pub fn refusal(&self) -> Option<&str> {
        self.refusal.as_deref()
    }

    /// The rules the row fails, in file order, warnings, shadow rules and waived ones among them.
    pub fn failed(&self) -> impl Iterator<Item = FailedRule<'a>> {
        let failed = self.judged().filter(|index| self.outcomes.get(*index) >= RowOutcome::Failed);
        failed.filter_map(|index| {
            let (faulted, waived) = (self.outcomes.get(index) == RowOutcome::Faulted, self.outcomes.is_waived(index));
            Some(FailedRule { id: self.rule(index)?.id.as_str(), faulted, waived })
        })
    }

    /// The rules that say nothing about the row, in file order: their condition is null.
    pub fn unknown(&self) -> impl Iterator<Item = &'a str> {
        self.outcomes().filter(|(_, outcome)| *outcome == RowOutcome::Unknown).map(|(id, _)| id)
    }

    /// What each row rule says, in file order. A rule over several columns (`fields /…/`) has the worst of their outcomes.
    pub fn outcomes(&self) -> impl Iterator<Item = (&'a str, RowOutcome)> {
        self.judged().filter_map(|index| Some((self.rule(index)?.id.as_str(), self.outcomes.get(index))))
    }

    /// The rules the row fails with what there is to tell of each, in file order.
    #[must_use]
    pub fn failures(&self) -> Vec<RowFailure> {
        if !self.outcomes.any_failed() {
            return Vec::new();
        }
        let failed = self.judged().filter(|index| matches!(self.outcomes.get(*index), RowOutcome::Failed | RowOutcome::Faulted));
        let samples = self.plan.samples(&self.plan.vectors(&self.values), failed);
        let failure = |(index, sample): (usize, crate::eval::tally::Sample)| {
            let rule = self.rule(index)?;
            Some(RowFailure {
                rule: rule.id.clone(),
                field: rule.field.clone(),
                check: rule.check.clone(),
                severity: rule.severity,
                shadow: rule.shadow,
                faulted: self.outcomes.get(index) == RowOutcome::Faulted,
                waived: self.outcomes.is_waived(index),
                key: sample.key,
                values: sample.values,
                message: sample.message,
            })
        };
        samples.into_iter().filter_map(failure).collect()
    }

    fn judged(&self) -> impl Iterator<Item = usize> {
        let plan = self.plan;
        (0..plan.plan().rules.len()).filter(|index| plan.is_judged(*index))
    }

    fn rule(&self, index: usize) -> Option<&'a Rule> {
        let plan = self.plan.plan();
        plan.block.rules.get(plan.rules.get(index)?.index)
    }
}
