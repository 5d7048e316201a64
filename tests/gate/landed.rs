//! What cannot land is refused before it is counted, what has landed keeps its key, and what a session came to outlives it.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema};
use rulegate::gate::{AtEnd, Gate, GateOptions, Outcome, Policy};

use super::{batch, validator};

fn with_nulls(nullable: bool, keys: &[i64], values: &[i64]) -> RecordBatch {
    let schema = Schema::new(vec![Field::new("k", DataType::Int64, false), Field::new("v", DataType::Int64, nullable)]);
    let columns: Vec<ArrayRef> = vec![Arc::new(Int64Array::from(keys.to_vec())), Arc::new(Int64Array::from(values.to_vec()))];
    RecordBatch::try_new(Arc::new(schema), columns).unwrap()
}

/// The rules were bound to a column that takes nulls; this batch's promises to hold none.
#[test]
fn a_null_for_a_column_of_the_batch_that_takes_none_refuses_the_batch_and_takes_no_key() {
    let text = "rulegate 1\nfeatures t { k : int64 unique  v : int64? >= 0 @on_fail(replace(null)) }";
    let gate = Gate::new(&validator(text, &with_nulls(true, &[], &[])), Policy::Split).unwrap();
    let strict = with_nulls(false, &[1, 2], &[5, -5]);
    let decision = gate.judge_as("x", &strict).unwrap();
    assert_eq!(
        (decision.outcome, decision.counts.passed, decision.counts.quarantined, decision.counts.replaced),
        (Outcome::Refused, 0, 2, 0)
    );
    assert!(decision.reasons[0].contains("values cannot be replaced") && decision.reasons[0].contains('v'), "{:?}", decision.reasons);
    let totals = gate.totals();
    assert_eq!((totals.batches, totals.refused, totals.passed, totals.quarantined, totals.replaced), (1, 1, 0, 2, 0));
    assert_eq!(gate.judge_as("x", &strict).unwrap().summary(), decision.summary());

    // It comes again in columns that take nulls: its keys are free.
    let decision = gate.judge_as("y", &with_nulls(true, &[1, 2], &[5, -5])).unwrap();
    assert_eq!((decision.outcome, decision.counts.passed, decision.counts.replaced), (Outcome::Accepted, 2, 1));
    assert_eq!(decision.passed.column(1).null_count(), 1);
    // A batch without such a value has nothing to be refused for.
    assert_eq!(gate.judge(&with_nulls(false, &[3], &[5])).unwrap().outcome, Outcome::Accepted);
}

#[test]
fn a_bound_that_was_past_before_the_rules_were_replaced_still_refuses_the_end() {
    let bad = batch(&[("a", &[1, 12, 13])]);
    let bounded = validator("rulegate 1\nfeatures t { a : int64 <= 9 @error(10%) }", &bad);
    let lax = validator("rulegate 1\nfeatures t { a : int64 <= 90 }", &bad);
    let ended = |options: GateOptions, policy: Policy| {
        let gate = Gate::with_options(&bounded, policy, options).unwrap();
        gate.judge(&bad).unwrap();
        gate.swap(&lax).unwrap();
        gate.judge(&bad).unwrap();
        gate.finish()
    };
    let finished = ended(GateOptions::default(), Policy::Split);
    let reasons = finished.refusal.expect("two of three rows failed").reasons;
    assert_eq!(reasons, ["before the rules were replaced: `t.a.range` fails 2 of 3, and its bound is 10%"]);
    assert_eq!(ended(GateOptions { at_end: AtEnd::Nothing, ..GateOptions::default() }, Policy::Split).outcome, Outcome::Escalated);
    assert_eq!(ended(GateOptions::default(), Policy::Observe).outcome, Outcome::Accepted);
}

/// A check asks about all rows, and a session that is cut off has not seen them.
#[test]
fn a_check_of_a_session_that_was_cut_off_does_not_refuse_the_end() {
    let data = batch(&[("a", &[1, 2])]);
    let rules = validator("rulegate 1\nfeatures t { a : int64  check enough: row_count() >= 3 }", &data);
    let gate = Gate::new(&rules, Policy::Split).unwrap();
    gate.judge(&data).unwrap();
    let report = gate.swap(&validator("rulegate 1\nfeatures t { a : int64 <= 9  check enough: row_count() >= 3 }", &data)).unwrap();
    assert_eq!(report.outcome, rulegate::report::Outcome::Fail, "the report tells");
    gate.judge(&data).unwrap();
    gate.judge(&data).unwrap();
    assert_eq!(gate.finish().outcome, Outcome::Accepted);
}
