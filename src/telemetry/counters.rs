//! Counters of rows, rules and observed values.

use std::time::Duration;

use metrics::{Label, Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};

use crate::compile::ir::Rule;
use crate::eval::tally::{Observed, Partial};
use crate::kernels::exact::ExactSum;
use crate::plan::{Plan, literal_float};

const ROWS: &str = "rulegate_rows_total";
const ROWS_FAILED: &str = "rulegate_rows_failed_total";
const RULE_FAILED: &str = "rulegate_rule_failed_rows_total";
const RULE_FAULTED: &str = "rulegate_rule_faulted_rows_total";
const RULE_REASONS: &str = "rulegate_rule_failed_rows_by_reason_total";
const BATCHES: &str = "rulegate_batches_total";
const GATE_ROWS: &str = "rulegate_gate_rows_total";
const BATCH_DURATION: &str = "rulegate_batch_duration_seconds";
const OBSERVED_BUCKET: &str = "rulegate_observed_value_bucket";
const OBSERVED_COUNT: &str = "rulegate_observed_value_count";
const OBSERVED_SUM: &str = "rulegate_observed_value_sum";

/// Tells the installed recorder what each metric means. Call it once, after a recorder is installed.
pub fn describe_metrics() {
    describe_counter!(ROWS, "Rows judged.");
    describe_counter!(ROWS_FAILED, "Rows that fail an enforced rule of severity error.");
    describe_counter!(RULE_FAILED, "Rows that fail a rule.");
    describe_counter!(RULE_FAULTED, "Rows whose rule could not be computed.");
    describe_counter!(RULE_REASONS, "Rows that fail a rule, by reason.");
    describe_counter!(BATCHES, "Batches a gate has decided.");
    describe_counter!(GATE_ROWS, "Rows of the batches a gate has decided, by what became of them.");
    describe_histogram!(BATCH_DURATION, Unit::Seconds, "How long a gate takes to decide a batch.");
    describe_counter!(OBSERVED_BUCKET, "Observed values up to and with a bound.");
    describe_counter!(OBSERVED_COUNT, "Observed values.");
    describe_gauge!(OBSERVED_SUM, "Sum of observed values.");
}

pub(super) fn judged(plan: &Plan, partial: &Partial) {
    let block = || vec![label("block", &plan.block.name)];
    counter!(ROWS, block()).increment(partial.rows);
    counter!(ROWS_FAILED, block()).increment(partial.rows_failed);
    for (bound, tally) in plan.rules.iter().zip(&partial.tallies) {
        let Some(rule) = plan.block.rules.get(bound.index).filter(|_| tally.counts.failed > 0) else { continue };
        let labels = of_rule(&plan.block.name, rule);
        for (reason, count) in &tally.why {
            let mut labels = labels.clone();
            labels.push(label("reason", reason));
            counter!(RULE_REASONS, labels).increment(*count);
        }
        if tally.counts.faulted > 0 {
            counter!(RULE_FAULTED, labels.clone()).increment(tally.counts.faulted);
        }
        counter!(RULE_FAILED, labels).increment(tally.counts.failed);
    }
    for (declared, observed) in plan.block.observations.iter().zip(&partial.observed).filter(|(declared, _)| !declared.redacted) {
        let bounds: Vec<f64> = declared.buckets.iter().filter_map(literal_float).collect();
        observation(&[label("block", &plan.block.name), label("value", &declared.text)], &bounds, observed);
    }
}

pub(super) fn decided(block: &str, outcome: &'static str, fates: [(&'static str, u64); 4], took: Option<Duration>) {
    let with = |name, value| vec![label("block", block), Label::from_static_parts(name, value)];
    counter!(BATCHES, with("outcome", outcome)).increment(1);
    for (fate, rows) in fates.into_iter().filter(|(_, rows)| *rows > 0) {
        counter!(GATE_ROWS, with("fate", fate)).increment(rows);
    }
    if let Some(took) = took {
        histogram!(BATCH_DURATION, vec![label("block", block)]).record(took);
    }
}

fn of_rule(block: &str, rule: &Rule) -> Vec<Label> {
    vec![
        label("block", block),
        label("rule", &rule.id),
        label("field", rule.field.as_deref().unwrap_or_default()),
        label("check", &rule.check),
        Label::new("severity", rule.severity.to_string()),
        Label::from_static_parts("shadow", if rule.shadow { "true" } else { "false" }),
    ]
}

/// The buckets of a Prometheus histogram count what is at or below their bound.
fn observation(labels: &[Label], bounds: &[f64], observed: &Observed) {
    if observed.buckets.is_empty() {
        return;
    }
    let mut below = 0;
    let names = bounds.iter().map(ToString::to_string).chain(["+Inf".to_owned()]);
    for (bound, count) in names.zip(&observed.buckets) {
        below += count;
        let mut labels = labels.to_vec();
        labels.push(Label::new("le", bound));
        counter!(OBSERVED_BUCKET, labels).increment(below);
    }
    counter!(OBSERVED_COUNT, labels.to_vec()).increment(below);
    if let Some(sum) = observed.sum.as_ref().map(ExactSum::sum).filter(|sum| sum.is_finite()) {
        gauge!(OBSERVED_SUM, labels.to_vec()).increment(sum);
    }
}

fn label(name: &'static str, value: &str) -> Label {
    Label::new(name, value.to_owned())
}
