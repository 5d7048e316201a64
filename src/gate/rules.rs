//! Rules as a gate sees them: what each asks for, in which order, and what it puts in the place of values.

use std::sync::{Arc, OnceLock};

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::{FieldRef, Fields, Schema, SchemaRef};

use crate::compile::ir::{Literal, Rule};
use crate::compile::{Bound, RuleInfo, Severity};
use crate::plan::{Body, BoundRule, Plan, Responses, constant_of};
use crate::report::{RuleOutcome, judge_waived};
use crate::session::Validator;

use super::error::GateError;
use super::options::{GateOptions, Policy};
use super::violation::Consequence;

/// What a rule asks of a gate.
#[derive(Debug, Clone, Copy)]
pub(super) struct Term {
    pub shadow: bool,
    pub severity: Severity,
    pub on_fail: Consequence,
    warn: Option<Bound>,
    error: Option<Bound>,
}

impl Term {
    /// Whether so many failures of a batch are past a bound that is a share.
    pub(super) fn is_past_share(&self, judged: u64, failed: u64, waived: u64) -> bool {
        let is_share = matches!(self.error, Some(Bound::Fraction(..)));
        let outcome = || judge_waived(self.severity, self.warn, self.error, judged.saturating_sub(failed), failed, waived);
        is_share && !self.shadow && outcome() == RuleOutcome::Fail
    }

    /// Whether what it finds has been dealt with row by row, so that only a bound of its own could still be passed.
    pub(super) fn is_resolved_by_row(&self) -> bool {
        self.on_fail != Consequence::Keep && self.error == Some(Bound::ZERO)
    }
}

/// Where a value stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// In a column of the data.
    Column(usize),
    /// In a member of typed responses.
    Member(usize),
}

/// What a rule puts in the place of a value.
#[derive(Debug)]
pub(super) struct Replacement {
    pub place: Place,
    /// One row.
    pub value: ArrayRef,
}

/// Rules bound to a schema and to the terms of a gate.
#[derive(Debug)]
pub(super) struct Rules {
    pub validator: Validator,
    pub policy: Policy,
    pub terms: Vec<Term>,
    /// Replacements by rule.
    pub replacements: Vec<Option<Replacement>>,
    /// The members of typed responses, where these are asked for.
    pub typed: Option<Fields>,
    /// Why no batch passes, where something is acted on: the columns do not fit, or a rule cannot be computed.
    pub hopeless: Vec<String>,
    /// The schema of what passes.
    pub passes: SchemaRef,
    /// The schema of rows that are set aside with the columns that say why.
    pub explained: SchemaRef,
    pub nothing_passed: RecordBatch,
    pub nothing_set_aside: RecordBatch,
    infos: Vec<OnceLock<Option<RuleInfo>>>,
}

impl Rules {
    pub(super) fn new(validator: &Validator, policy: Policy, options: &GateOptions) -> Result<Self, GateError> {
        let validator = &validator.with_samples(options.limits.max_samples.unwrap_or(usize::MAX));
        let plan = validator.shared_plan();
        let input = Arc::clone(plan.input_schema());
        let terms: Vec<Term> = plan.block.rules.iter().map(Term::from).collect();
        let typed = if options.typed { Some(typed(plan)?) } else { None };
        let passes = super::columns::passes(plan, typed.as_ref(), policy, options)?;
        let explained = super::columns::set_aside(&input, &options.columns)?;
        Ok(Self {
            replacements: if policy.acts() { replacements(plan, typed.is_some())? } else { Vec::new() },
            hopeless: hopeless(plan, &terms),
            nothing_passed: RecordBatch::new_empty(Arc::clone(&passes)),
            nothing_set_aside: RecordBatch::new_empty(input),
            infos: terms.iter().map(|_| OnceLock::new()).collect(),
            validator: validator.clone(),
            policy,
            terms,
            passes,
            explained,
            typed,
        })
    }

    pub(super) fn plan(&self) -> &Plan {
        self.validator.shared_plan()
    }

    /// What there is to know of a rule.
    pub(super) fn info(&self, rule: usize) -> Option<&RuleInfo> {
        let info = || self.validator.rule_set().describe(self.id(rule));
        self.infos.get(rule).and_then(|slot| slot.get_or_init(info).as_ref())
    }

    /// The place of a rule.
    pub(super) fn place(&self, id: &str) -> Option<usize> {
        self.plan().block.rules.iter().position(|rule| rule.id == id)
    }

    /// What a rule puts in the place of a value, as JSON.
    pub(super) fn replacement_json(&self, rule: usize) -> serde_json::Value {
        let literal = self.plan().block.rules.get(rule).and_then(|rule| rule.replacement.as_ref());
        match literal {
            None | Some(Literal::Null) => serde_json::Value::Null,
            Some(Literal::Bool(value)) => (*value).into(),
            Some(Literal::Str(text)) => text.clone().into(),
            Some(Literal::Int(value)) => i64::try_from(*value).map_or_else(|_| value.to_string().into(), Into::into),
            Some(Literal::Number(_, _, bits) | Literal::Float(bits)) => f64::from_bits(*bits).into(),
            Some(literal) => crate::compile::literal_text(literal).into(),
        }
    }

    pub(super) fn id(&self, rule: usize) -> &str {
        self.plan().block.rules.get(rule).map_or("", |rule| rule.id.as_str())
    }

    /// Rules that fail every batch whatever its rows: the rule, why, and whether it could not be computed.
    pub(super) fn failed_by_schema(&self) -> impl Iterator<Item = (usize, &str, bool)> {
        self.plan().rules.iter().filter_map(|rule| match &rule.body {
            Body::Schema(Some(reason)) if !rule.is_waived() => Some((rule.index, reason.as_str(), false)),
            Body::Error(reason) => Some((rule.index, reason.as_str(), true)),
            _ => None,
        })
    }
}

impl From<&Rule> for Term {
    fn from(rule: &Rule) -> Self {
        Self { shadow: rule.shadow, severity: rule.severity, on_fail: Consequence::from(&rule.on_fail), warn: rule.warn, error: rule.error }
    }
}

/// Why no batch can pass. A rule that cannot be computed has let nothing through: its rows fail, as `@on_fail` says.
fn hopeless(plan: &Plan, terms: &[Term]) -> Vec<String> {
    let mut out: Vec<String> = plan.refusal().map(str::to_owned).into_iter().collect();
    for rule in &plan.rules {
        let (Body::Error(reason), Some(term)) = (&rule.body, terms.get(rule.index)) else { continue };
        let Some(declared) = plan.block.rules.get(rule.index).filter(|_| !term.shadow && term.on_fail != Consequence::Keep) else {
            continue;
        };
        out.push(format!("`{}` cannot be computed: {reason}", declared.id));
    }
    out
}

/// The members of typed responses.
fn typed(plan: &Plan) -> Result<Fields, GateError> {
    let none = || format!("`{}` is a features block", plan.block.name);
    let responses = plan.responses.as_ref().ok_or_else(|| GateError::Untyped(plan.refusal().map_or_else(none, str::to_owned)))?;
    Ok(responses.declared())
}

fn replacements(plan: &Plan, typed: bool) -> Result<Vec<Option<Replacement>>, GateError> {
    let one = |(rule, bound): (&Rule, &BoundRule)| {
        let Some(literal) = rule.replacement.as_ref().filter(|_| !rule.shadow && is_asked_of_rows(&bound.body)) else { return Ok(None) };
        let fault = |reason: String| GateError::Replacement { rule: rule.id.clone(), reason };
        let (place, field) = place_of(plan, rule, typed).map_err(|reason| fault(reason.to_owned()))?;
        let value = constant_of(literal, field.data_type()).map_err(fault)?;
        if *literal == Literal::Null && !field.is_nullable() && matches!(place, Place::Column(_)) {
            return Err(fault(format!("column `{}` takes no nulls", field.name())));
        }
        Ok(Some(Replacement { place, value }))
    };
    plan.block.rules.iter().zip(&plan.rules).map(one).collect()
}

/// Where the value stands that a rule replaces.
fn place_of<'a>(plan: &'a Plan, rule: &Rule, typed: bool) -> Result<(Place, &'a FieldRef), &'static str> {
    const WHOLE: &str = "only the whole value of one column can be replaced";
    // An item of a list, a key or a value of a map is no value of its column.
    let name = rule.field.as_deref().filter(|_| !rule.check.contains('.')).ok_or(WHOLE)?;
    let find = |schema: &'a Schema| schema.fields().iter().enumerate().find(|(_, field)| field.name() == name);
    let members = plan.responses.as_ref().map_or(0, Responses::fields);
    if let Some((place, field)) = find(&plan.schema).filter(|(place, _)| *place < members) {
        return if typed {
            Ok((Place::Member(place), field))
        } else {
            Err("a value within a response is replaced in typed responses only (`GateOptions::typed`)")
        };
    }
    let found = find(plan.input_schema());
    found.map(|(place, field)| (Place::Column(place), field)).ok_or(WHOLE)
}

fn is_asked_of_rows(body: &Body) -> bool {
    !matches!(body, Body::Schema(_) | Body::Skipped(_) | Body::Error(_) | Body::Check(_))
}
