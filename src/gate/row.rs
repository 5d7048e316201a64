//! Rows one at a time: what a batch of the row would come to, without the batch.

use std::sync::Arc;

use serde_json::{Map, Value as Json};

use crate::session::{Error, RowValidator, RowValue, RowVerdict, Validator};

use super::decision::Outcome;
use super::error::GateError;
use super::options::{GateOptions, Policy};
use super::rules::Rules;
use super::violation::{Consequence, Refusal, Violation, sorted};

/// Judges rows one at a time, with violations in the form of those of batches.
///
/// Only rules on rows are asked: dataset checks, `unique` and `increasing` speak of many rows. `Send + Sync`, cheap to clone; it keeps
/// no counts and no session. A row that passes costs what [`RowValidator::judge`] costs.
///
/// # Example
/// ```
/// use arrow::datatypes::{DataType, Field, Schema};
/// use rulegate::{RowValue, RuleSet};
/// use rulegate::gate::RowGate;
///
/// let text = "rulegate 1\nfeatures tokens { symbol : string  gem_score : float64 between 0 and 100 }";
/// let rules = RuleSet::compile("tokens.rules", text, &Default::default()).rule_set.expect("sound rules");
/// let schema = Schema::new(vec![Field::new("symbol", DataType::Utf8, true), Field::new("gem_score", DataType::Float64, true)]);
/// let gate = RowGate::new(&rules.bind(&schema)?)?;
///
/// assert!(gate.validate_row(&[RowValue::Str("ETH"), RowValue::Float(91.0)])?.is_ok());
/// let refusal = gate.validate_row(&[RowValue::Null, RowValue::Float(104.2)])?.expect_err("two rules fail");
/// let told: Vec<_> = refusal.violations.iter().map(|violation| (violation.field.as_deref(), violation.check.as_str())).collect();
/// assert_eq!(told, [(Some("symbol"), "required"), (Some("gem_score"), "range")]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct RowGate {
    rules: Arc<Rules>,
    rows: RowValidator,
}

/// What becomes of one row.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RowDecision {
    /// Accepted or refused: a row has no part that could be set aside.
    pub outcome: Outcome,
    /// Columns whose values are to be replaced before the row lands, by name.
    pub replace: Vec<(String, Json)>,
    /// Every rule it fails, warnings, shadow rules and waived ones among them; those that count against it first.
    pub violations: Vec<Violation>,
    /// Why it fails whatever its values, if its columns do not fit the rules or a rule cannot be computed.
    pub reasons: Vec<String>,
}

impl RowGate {
    /// A gate for single rows of the schema the rules are bound to.
    ///
    /// # Errors
    /// [`GateError::Replacement`] if a rule's `@on_fail(replace(…))` cannot be done.
    pub fn new(validator: &Validator) -> Result<Self, GateError> {
        let rules = Arc::new(Rules::new(validator, Policy::Split, &GateOptions::default())?);
        Ok(Self { rules, rows: validator.row_validator() })
    }

    /// Decides what becomes of a row: a value for each column of the bound schema, in its order.
    ///
    /// # Errors
    /// As [`RowValidator::judge`]; such a row must not land.
    pub fn judge(&self, row: &[RowValue<'_>]) -> Result<RowDecision, Error> {
        Ok(self.decide(&self.rows.judge(row)?))
    }

    /// As [`RowGate::judge`], for a JSON object; see [`RowValidator::judge_map`].
    ///
    /// # Errors
    /// As [`RowValidator::judge_map`]; such a row must not land.
    pub fn judge_map(&self, row: &Map<String, Json>) -> Result<RowDecision, Error> {
        Ok(self.decide(&self.rows.judge_map(row)?))
    }

    /// Whether a row may land as it is, or everything that is wrong with it. A row with a value to be replaced may not.
    ///
    /// # Errors
    /// As [`RowValidator::judge`]; such a row must not land.
    pub fn validate_row(&self, row: &[RowValue<'_>]) -> Result<Result<(), Refusal>, Error> {
        let decision = self.judge(row)?;
        if decision.outcome == Outcome::Accepted && decision.replace.is_empty() { Ok(Ok(())) } else { Ok(Err(self.refusal(decision))) }
    }

    fn decide(&self, verdict: &RowVerdict<'_>) -> RowDecision {
        let mut reasons: Vec<String> = verdict.refusal().map(str::to_owned).into_iter().collect();
        reasons.extend(self.rules.hopeless.iter().filter(|reason| !reasons.contains(reason)).cloned().collect::<Vec<_>>());
        let mut decision = RowDecision { outcome: Outcome::Accepted, replace: Vec::new(), violations: Vec::new(), reasons };
        for failure in verdict.failures() {
            let Some(rule) = self.rules.place(&failure.rule) else { continue };
            if !failure.shadow && !failure.waived {
                self.act(rule, &mut decision);
            }
            decision.violations.extend(self.rules.info(rule).map(|info| Violation::of_row(info, failure)));
        }
        decision.violations = sorted(std::mem::take(&mut decision.violations));
        if !decision.reasons.is_empty() {
            decision.outcome = Outcome::Refused;
        }
        decision
    }

    fn act(&self, rule: usize, decision: &mut RowDecision) {
        match self.rules.terms.get(rule).map(|term| term.on_fail) {
            Some(Consequence::RejectBatch | Consequence::RejectRow) => decision.outcome = Outcome::Refused,
            Some(Consequence::Replace) => {
                let declared = self.rules.plan().block.rules.get(rule);
                let column = declared.and_then(|rule| rule.field.clone()).unwrap_or_default();
                if !decision.replace.iter().any(|(known, _)| *known == column) {
                    decision.replace.push((column, self.rules.replacement_json(rule)));
                }
            }
            Some(Consequence::Keep) | None => {}
        }
    }

    fn refusal(&self, decision: RowDecision) -> Refusal {
        let fails = || format!("{} must not pass", if decision.violations.len() == 1 { "its value" } else { "its values" });
        Refusal {
            batch_id: None,
            ruleset: self.rules.validator.rule_set().name().to_owned(),
            ruleset_hash: self.rules.validator.rule_set().hash().to_owned(),
            block: self.rules.plan().block.name.clone(),
            trace_id: None,
            reasons: if decision.reasons.is_empty() { vec![fails()] } else { decision.reasons },
            violations: decision.violations,
        }
    }
}
