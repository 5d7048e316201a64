//! From a session's state to its report.

use std::sync::Arc;

use crate::compile::ir::{Rule, RuleBody, RuleShare};
use crate::compile::{OverrideState, RuleSet, Severity};
use crate::eval::state::{CheckState, Member, Scalar, values_of};
use crate::eval::tally::{Counts, Partial, Sample, Tally};
use crate::eval::waive::WaivedRows;
use crate::eval::{REDACTED, finish_check};
use crate::functions::Context;
use crate::kernels::exact::ExactSum;
use crate::kernels::vector::Slot;
use crate::kernels::{Vector, render, time};
use crate::plan::{Body, BoundCheck, BoundRule, Plan};
use crate::report::{
    Bounds, GroupReport, InputInfo, ObservationReport, Outcome, REPORT_VERSION, Report, RuleKind, RuleOutcome, RuleReport, RuleSetInfo,
    SampleReport, TopValue, Warning, judge,
};
use crate::spans::span;
use crate::telemetry;
use crate::types::Type;

use super::Session;

/// Most frequent values outside a set that are shown.
const TOP_VALUES: usize = 10;
/// Most failing groups of a check that are shown.
const GROUPS: usize = 100;

impl Session {
    /// The report over everything added so far. Bounds and dataset checks are decided here.
    #[must_use]
    pub fn finish(&self) -> Report {
        self.told(false)
    }

    /// As [`Session::finish`], with vacuous error rules and absent columns counted as failures.
    #[must_use]
    pub fn finish_strict(&self) -> Report {
        self.told(true)
    }

    fn told(&self, strict: bool) -> Report {
        let _span = span!("finish", block = self.validator.plan.block.name.as_str());
        let report = self.report(strict);
        if self.is_counted {
            telemetry::finished(&report);
        }
        report
    }

    fn report(&self, strict: bool) -> Report {
        let finish = Finish { session: self, strict };
        let state = &self.state;
        let block = &self.validator.plan.block;
        let judged = block.rules.iter().enumerate().map(|(index, rule)| finish.rule(index, rule));
        let (rules, waived): (Vec<RuleReport>, Vec<WaivedRows>) = judged.unzip();
        let (waivers, of_waivers) = finish.waivers(&rules, &waived);
        let absent = strict && state.inputs.iter().any(|input| !input.absent_columns.is_empty());
        let failed = absent || rules.iter().any(|rule| finish.fails_the_data(rule));
        let mut warnings: Vec<Warning> = state.notes.iter().map(|(_, note)| note.clone()).chain(of_waivers).collect();
        only_some_unfit(&mut warnings, state.inputs.len());
        warnings.extend(of_overrides(&self.validator.rules));
        warnings.sort();
        warnings.dedup();
        Report {
            report_version: REPORT_VERSION,
            rulegate_version: env!("CARGO_PKG_VERSION").to_owned(),
            ruleset: RuleSetInfo {
                name: self.validator.rules.name.clone(),
                hash: self.validator.rules.hash.clone(),
                files: self.validator.rules.files.clone(),
                params: self.validator.rules.params.clone(),
                now: state.now.map(|now| time::format_timestamp(now, true)),
            },
            inputs: state.inputs.clone(),
            trace_id: None,
            strict,
            warnings,
            waivers,
            outcome: if failed { Outcome::Fail } else { Outcome::Pass },
            rows: state.partial.rows,
            rows_failed: state.partial.rows_failed,
            rules,
            observations: finish.observations(),
            started_at: None,
            elapsed_ms: None,
            baseline: None,
            overrides: self.validator.rules.overrides.to_vec(),
        }
    }
}

/// Most inputs of another shape that are named.
const UNFIT: usize = 5;

/// Which inputs the rules do not fit is worth a remark where it is not all of them: else the rules say it.
fn only_some_unfit(warnings: &mut Vec<Warning>, inputs: usize) {
    let is_unfit = |warning: &Warning| warning.code == super::INPUT_UNFIT;
    let unfit = warnings.iter().filter(|warning| is_unfit(warning)).count();
    let most = if unfit < inputs { UNFIT } else { 0 };
    let (mut seen, more) = (0, unfit.saturating_sub(most));
    warnings.retain(|warning| {
        seen += usize::from(is_unfit(warning));
        !is_unfit(warning) || seen <= most
    });
    if unfit < inputs && more > 0 {
        let text = format!("the rules do not fit {more} more files, either");
        warnings.push(Warning { code: super::INPUT_UNFIT.to_owned(), rule: None, text });
    }
}

/// Overrides that are over: their rules are what the file says again.
fn of_overrides(rules: &RuleSet) -> impl Iterator<Item = Warning> {
    let over = rules.overrides.iter().filter(|one| one.state == OverrideState::Expired);
    over.map(|one| {
        let until = one.until.as_deref().unwrap_or_default();
        let text = format!("the override of `{}` by {} ended after {until}, and the rule file holds again", one.target, one.who);
        Warning { code: "override_expired".to_owned(), rule: Some(one.target.clone()), text }
    })
}

pub(super) struct Finish<'a> {
    pub(super) session: &'a Session,
    strict: bool,
}

impl Finish<'_> {
    fn partial(&self) -> &Partial {
        &self.session.state.partial
    }

    /// The plan that judged a rule, if one did.
    fn plan(&self, index: usize) -> Option<(&Arc<Plan>, &Body)> {
        let bodies = self.session.plans.iter().filter_map(|plan| plan.rules.get(index).map(|rule| (plan, &rule.body)));
        let live = |body: &Body| !matches!(body, Body::Skipped(_) | Body::Error(_));
        bodies.clone().find(|(_, body)| live(body)).or_else(|| bodies.clone().next())
    }

    /// A rule's report, and what its waivers cover.
    fn rule(&self, index: usize, rule: &Rule) -> (RuleReport, WaivedRows) {
        let empty = Tally::default();
        let tally = self.partial().tallies.get(index).unwrap_or(&empty);
        let mut out = blank(&self.session.state.block, rule);
        out.reason = tally.reasons.keys().next().cloned();
        out.kind = self.kind(index, rule);
        self.fill(index, rule, tally, &mut out);
        if tally.errors > 0 {
            out.outcome = RuleOutcome::Error;
        } else if tally.bound == 0 {
            out.outcome = RuleOutcome::Skipped;
            if tally.skipped == 0 {
                out.outcome = RuleOutcome::Vacuous;
            }
        } else if tally.schema_failures > 0 {
            out.outcome = if rule.severity == Severity::Error { RuleOutcome::Fail } else { RuleOutcome::Warn };
        } else if matches!(self.plan(index), Some((_, Body::Schema(None)))) {
            out.outcome = RuleOutcome::Pass;
        }
        let waived = self.waive(index, rule, tally, &mut out);
        (out, waived)
    }

    fn kind(&self, index: usize, rule: &Rule) -> RuleKind {
        match (&rule.body, self.plan(index)) {
            (RuleBody::Check(_) | RuleBody::Unique(_) | RuleBody::Increasing(_) | RuleBody::Reference(..), _) => RuleKind::Dataset,
            (_, Some((_, Body::Schema(_)))) => RuleKind::Schema,
            // The type of a pattern that matches nothing.
            (RuleBody::Type(..), Some((_, Body::Columns(columns)))) if columns.is_empty() => RuleKind::Schema,
            (RuleBody::Planned, _) if rule.check == "extra_columns" => RuleKind::Schema,
            _ => RuleKind::Row,
        }
    }

    /// Counts, samples and the verdict on them.
    fn fill(&self, index: usize, rule: &Rule, tally: &Tally, out: &mut RuleReport) {
        let limit = self.session.keep.samples;
        match &rule.body {
            RuleBody::Check(check) => self.fill_check(index, rule, check, out),
            RuleBody::Unique(_) => {
                let Some(state) = self.partial().uniques.get(&index) else { return set_counts(rule, &Counts::default(), out) };
                let repeated = state.repeated(limit);
                let mut counts = nulls_judged(rule, state.counts.clone());
                counts.failed += repeated.failed;
                set_counts(rule, &counts, out);
                out.samples = repeated.rows.iter().map(|member| self.unique_sample(index, rule, member)).collect();
            }
            RuleBody::Increasing(_) => {
                let Some(state) = self.partial().orders.get(&index) else { return set_counts(rule, &Counts::default(), out) };
                let state = state.clone().finish(limit);
                set_counts(rule, &nulls_judged(rule, state.counts), out);
                out.samples = state.samples.iter().map(|sample| self.sample(sample)).collect();
            }
            _ => {
                set_counts(rule, &tally.counts, out);
                out.failed_alone = tally.failed_alone;
                out.samples = tally.samples.iter().map(|sample| self.sample(sample)).collect();
                (out.reasons, out.recovered) = (tally.why.clone(), tally.recovered);
                out.break_offsets.clone_from(&tally.breaks);
                out.groups = tally.columns.iter().map(|(column, counts)| column_group(column, counts)).collect();
                if !rule.redacted {
                    out.top_values = top_values(tally);
                }
            }
        }
    }

    fn sample(&self, sample: &Sample) -> SampleReport {
        SampleReport {
            input: self.input_name(sample.at.input),
            row: sample.at.row,
            key: sample.key.clone(),
            values: sample.values.clone(),
            message: sample.message.clone(),
            waived: sample.waiver.is_some(),
        }
    }

    fn input_name(&self, input: u32) -> String {
        self.session.state.inputs.get(input as usize).map_or_else(String::new, |input: &InputInfo| input.name.clone())
    }

    /// A member of a group of equal keys, shown from the key.
    fn unique_sample(&self, index: usize, rule: &Rule, member: &Member) -> SampleReport {
        let types: Vec<Type> = match self.plan(index) {
            Some((plan, Body::Unique { keys, .. })) => keys.iter().map(|key| plan.ty(*key).clone()).collect(),
            _ => vec![Type::Null],
        };
        let name = rule.field.clone().unwrap_or_default();
        let values = shown_key(&member.key, types, rule.redacted).into_iter().map(|value| (name.clone(), value)).collect();
        let whole = matches!(self.plan(index), Some((plan, _)) if plan.rules.get(index).is_some_and(BoundRule::is_waived));
        let (input, row) = (self.input_name(member.at.input), member.at.row);
        SampleReport { input, row, key: serde_json::Map::new(), values, message: None, waived: whole || member.waiver.is_some() }
    }

    /// The share of the rows a rule has judged that fail it; null where it has judged none.
    fn share(&self, share: &RuleShare) -> Vector {
        let rules = &self.session.validator.plan.block.rules;
        let Some((index, rule)) = rules.iter().enumerate().find(|(_, rule)| rule.id == share.rule) else { return Vector::null(1) };
        let (report, _) = self.rule(index, rule);
        let judged = report.passed + report.failed;
        if judged == 0 {
            return Vector::null(1);
        }
        let failed = share.reason.as_ref().map_or(report.failed, |reason| report.reasons.get(reason).copied().unwrap_or(0));
        #[expect(clippy::cast_precision_loss, reason = "a share is a float64")]
        let value = failed as f64 / judged as f64;
        Vector::constant(1, f64::pack(vec![value]))
    }

    fn fill_check(&self, index: usize, rule: &Rule, check: &crate::compile::ir::Check, out: &mut RuleReport) {
        let Some((plan, Body::Check(bound))) = self.plan(index) else { return };
        let Some(state) = self.partial().checks.get(&index) else { return };
        let context = Context { now: self.session.state.now };
        let mut counts = Counts::default();
        let mut broken = broken_check(state);
        for (group_key, group) in &state.groups {
            let judged = judge_group(plan, bound, group, &|share| self.share(share), context);
            if judged.aggregate_fault {
                broken = broken.or(Some("a row under an aggregate could not be computed".to_owned()));
            }
            counts.evaluated += 1;
            counts.failed += u64::from(judged.verdict == Some(false));
            counts.unknown += u64::from(judged.verdict.is_none());
            counts.faulted += u64::from(judged.fault);
            let value = if rule.redacted { judged.value.as_ref().map(|_| REDACTED.into()) } else { judged.value.clone() };
            if check.by.is_empty() {
                out.value = value;
            } else if judged.verdict == Some(false) && out.groups.len() < GROUPS {
                let keys = shown_key(group_key, bound.by.iter().map(|by| plan.ty(*by).clone()), rule.redacted);
                let key = check.by_names.iter().cloned().zip(keys).collect();
                out.groups.push(GroupReport { key, value, evaluated: 1, passed: 0, failed: 1, unknown: 0 });
            }
        }
        if broken.is_some() {
            // What cannot be computed has passed nowhere.
            counts = Counts::default();
        }
        set_counts(rule, &counts, out);
        if let Some(reason) = broken {
            (out.value, out.groups) = (None, Vec::new());
            out.outcome = RuleOutcome::Error;
            out.reason = Some(reason);
        }
    }

    /// Whether a rule's outcome fails the data.
    fn fails_the_data(&self, rule: &RuleReport) -> bool {
        if rule.severity != Severity::Error || rule.shadow {
            return false;
        }
        let is_check = rule.kind == RuleKind::Dataset && rule.check == "check";
        match rule.outcome {
            RuleOutcome::Fail | RuleOutcome::Error => true,
            // Where nothing is there, nothing is of another type; that it is not there is said by `required`, if it must be.
            RuleOutcome::Vacuous => is_check || self.strict && rule.check != "type",
            _ => false,
        }
    }

    fn observations(&self) -> Vec<ObservationReport> {
        let block = &self.session.validator.plan.block;
        block
            .observations
            .iter()
            .zip(&self.partial().observed)
            .filter(|(declared, _)| !declared.redacted)
            .map(|(declared, observed)| ObservationReport {
                block: block.name.clone(),
                name: declared.text.clone(),
                bounds: declared.buckets.iter().filter_map(crate::plan::literal_float).collect(),
                counts: observed.buckets.clone(),
                sum: observed.sum.as_ref().map(ExactSum::sum).filter(|sum| sum.is_finite()),
                nulls: observed.nulls,
                nans: observed.nans,
            })
            .collect()
    }
}

fn blank(block: &str, rule: &Rule) -> RuleReport {
    RuleReport {
        id: rule.id.clone(),
        block: block.to_owned(),
        field: rule.field.clone(),
        check: if matches!(rule.body, RuleBody::Check(_)) { "check".to_owned() } else { rule.check.clone() },
        kind: RuleKind::Row,
        severity: rule.severity,
        shadow: rule.shadow,
        outcome: RuleOutcome::Vacuous,
        evaluated: 0,
        passed: 0,
        failed: 0,
        failed_alone: 0,
        unknown: 0,
        faulted: 0,
        waived: 0,
        failed_fraction: None,
        bounds: Bounds { warn: rule.warn.map(|bound| bound.to_string()), error: rule.error.map(|bound| bound.to_string()) },
        reason: None,
        recovered: 0,
        groups: Vec::new(),
        top_values: Vec::new(),
        break_offsets: Vec::new(),
        value: None,
        message: rule.message.as_ref().map(|message| message.text.clone()),
        reasons: std::collections::BTreeMap::new(),
        samples: Vec::new(),
    }
}

fn set_counts(rule: &Rule, counts: &Counts, out: &mut RuleReport) {
    out.evaluated = counts.evaluated;
    out.failed = counts.failed;
    out.unknown = counts.unknown;
    out.faulted = counts.faulted;
    out.passed = counts.passed();
    let judged = out.passed + out.failed;
    #[expect(clippy::cast_precision_loss, reason = "a share is shown as float64")]
    let fraction = (judged > 0).then(|| out.failed as f64 / judged as f64);
    out.failed_fraction = fraction;
    out.outcome = judge(rule.severity, rule.warn, rule.error, out.passed, out.failed);
}

/// With `@nulls(fail)` unknown rows have failed.
fn nulls_judged(rule: &Rule, mut counts: Counts) -> Counts {
    if rule.nulls_fail {
        counts.failed += std::mem::take(&mut counts.unknown);
    }
    counts
}

fn column_group(column: &str, counts: &Counts) -> GroupReport {
    let key = [("column".to_owned(), serde_json::Value::String(column.to_owned()))].into_iter().collect();
    GroupReport { key, value: None, evaluated: counts.evaluated, passed: counts.passed(), failed: counts.failed, unknown: counts.unknown }
}

fn top_values(tally: &Tally) -> Vec<TopValue> {
    let mut values: Vec<TopValue> =
        tally.top_values.iter().map(|(value, count)| TopValue { value: value.clone(), count: *count }).collect();
    values.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
    values.truncate(TOP_VALUES);
    values
}

/// The values of a key as a report shows them; nothing can be read from a blind one.
fn shown_key(key: &[u8], types: impl IntoIterator<Item = Type>, redacted: bool) -> Vec<serde_json::Value> {
    if redacted {
        return types.into_iter().map(|_| REDACTED.into()).collect();
    }
    values_of(key)
        .iter()
        .zip(types.into_iter().chain(std::iter::repeat(Type::Null)))
        .map(|(value, ty)| match value {
            Some(value) => render::json(&Scalar::vector(value), 0, &ty),
            None => serde_json::Value::Null,
        })
        .collect()
}

fn broken_check(state: &CheckState) -> Option<String> {
    if state.overflowed > 0 {
        return Some(format!("there are more than {} groups", crate::eval::state::MAX_GROUPS));
    }
    (state.faults > 0).then(|| "`where` or `by` could not be computed in some row".to_owned())
}

/// What a check says of one group.
struct JudgedGroup {
    /// True, false, or unknown.
    verdict: Option<bool>,
    /// The expectation itself could not be computed.
    fault: bool,
    /// A row under an aggregate could not.
    aggregate_fault: bool,
    value: Option<serde_json::Value>,
}

fn judge_group(
    plan: &Plan,
    check: &BoundCheck,
    group: &crate::eval::state::Group,
    share_of: &dyn Fn(&RuleShare) -> Vector,
    context: Context,
) -> JudgedGroup {
    let calls: Vec<_> = check
        .aggregates
        .iter()
        .map(|(call, arguments)| {
            let ty = arguments.first().map_or(Type::Int, |argument| plan.ty(*argument).clone());
            (call.clone(), ty)
        })
        .collect();
    let mut aggregates = group.finish(&calls);
    for (value, (call, _)) in aggregates.iter_mut().zip(&calls) {
        if let Some(share) = &call.share {
            *value = share_of(share);
        }
    }
    let aggregate_fault = aggregates.iter().any(|value| value.is_fault(0));
    let (expect, value) = finish_check(plan, check, &aggregates, context);
    let fault = expect.is_fault(0);
    let verdict = if fault { Some(false) } else { expect.is_live(0).then(|| expect.bools().at(0)) };
    let value = value.zip(check.value).map(|(value, node)| render::json(&value, 0, plan.ty(node)));
    JudgedGroup { verdict, fault, aggregate_fault, value }
}
