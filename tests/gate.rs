//! The gate: what becomes of rows and batches.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "gate/ends.rs"]
mod ends;
#[path = "gate/landed.rs"]
mod landed;
#[path = "gate/oracle.rs"]
mod oracle;
#[path = "gate/sinks.rs"]
mod sinks;
#[path = "gate/streams.rs"]
mod streams;
#[path = "gate/threads.rs"]
mod threads;

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::Int64Type;
use rulegate::gate::{AfterRefusal, AtEnd, Gate, GateError, GateOptions, Limits, Outcome, Policy};
use rulegate::{BindOptions, RuleSet, Validator};

fn validator(text: &str, batch: &RecordBatch) -> Validator {
    let compiled = RuleSet::compile("gate.rules", text, &Default::default());
    let rules = compiled.rule_set.unwrap_or_else(|| panic!("{:?}", compiled.diagnostics));
    rules.bind_with(&batch.schema(), &BindOptions::default()).unwrap()
}

fn numbers(name: &str, values: &[Option<i64>]) -> (String, ArrayRef) {
    (name.to_owned(), Arc::new(Int64Array::from(values.to_vec())) as ArrayRef)
}

fn batch(columns: &[(&str, &[i64])]) -> RecordBatch {
    RecordBatch::try_from_iter(columns.iter().map(|(name, values)| numbers(name, &values.iter().copied().map(Some).collect::<Vec<_>>())))
        .unwrap()
}

fn column(batch: &RecordBatch, name: &str) -> Vec<i64> {
    batch.column_by_name(name).unwrap().as_primitive::<Int64Type>().values().to_vec()
}

const EVERYTHING: &str = "rulegate 1
features t {
  a : int64 between 0 and 9
  b : int64 >= 0 @on_fail(replace(7))
  c : int64 >= 0 @on_fail(reject_batch)
  d : int64 >= 0 @warn
  e : int64 >= 0 @shadow
}";

fn rows(a: &[i64], b: &[i64], c: &[i64]) -> RecordBatch {
    let zero = vec![0; a.len()];
    batch(&[("a", a), ("b", b), ("c", c), ("d", &zero), ("e", &zero)])
}

#[test]
fn each_consequence_under_each_policy() {
    let sound = rows(&[1, 2], &[1, 2], &[1, 2]);
    let away = rows(&[1, 12, 3], &[-1, -2, 3], &[0, 0, 0]);
    let fatal = rows(&[1, 2], &[1, 2], &[1, -2]);
    let outcomes = |policy: Policy| {
        let gate = Gate::new(&validator(EVERYTHING, &sound), policy).unwrap();
        [&sound, &away, &fatal].map(|batch| {
            let decision = gate.judge(batch).unwrap();
            (decision.outcome, decision.passed.num_rows(), decision.quarantined.num_rows())
        })
    };
    use Outcome::{Accepted, Escalated, Refused};
    assert_eq!(outcomes(Policy::Split), [(Accepted, 2, 0), (Escalated, 2, 1), (Refused, 0, 2)]);
    assert_eq!(outcomes(Policy::Reject), [(Accepted, 2, 0), (Refused, 0, 3), (Refused, 0, 2)]);
    assert_eq!(outcomes(Policy::Flag), [(Accepted, 2, 0), (Accepted, 3, 0), (Accepted, 2, 0)]);
    assert_eq!(outcomes(Policy::Observe), [(Accepted, 2, 0), (Accepted, 3, 0), (Accepted, 2, 0)]);
}

#[test]
fn a_row_that_is_set_aside_is_not_replaced_and_one_that_passes_is() {
    let batch = rows(&[1, 12, 3], &[-1, -2, 3], &[0, 0, 0]);
    let gate = Gate::new(&validator(EVERYTHING, &batch), Policy::Split).unwrap();
    let decision = gate.judge(&batch).unwrap();
    assert_eq!(column(&decision.passed, "b"), [7, 3]);
    assert_eq!(column(&decision.quarantined, "b"), [-2]);
    assert_eq!((decision.counts.replaced, decision.counts.quarantined), (1, 1));
    assert_eq!(column(&decision.changed().unwrap(), "b"), [-1]);
    let aside = decision.quarantine().unwrap();
    assert_eq!(aside.column_by_name("_gate_row").unwrap().as_primitive::<arrow::datatypes::UInt64Type>().values(), &[1]);
    let ids = aside.column_by_name("_gate_rules").unwrap().as_list::<i32>().value(0);
    let ids = arrow::compute::cast(&ids, &arrow::datatypes::DataType::Utf8).unwrap();
    assert_eq!(ids.as_string::<i32>(), &StringArray::from(vec!["t.a.range", "t.b.range"]));
    assert_eq!(aside.column_by_name("_gate_severity").unwrap().as_string::<i32>().value(0), "error");
}

#[test]
fn a_clean_batch_passes_without_being_copied() {
    let batch = rows(&[1, 2], &[1, 2], &[1, 2]);
    for policy in [Policy::Split, Policy::Reject, Policy::Observe, Policy::Flag] {
        let gate = Gate::new(&validator(EVERYTHING, &batch), policy).unwrap();
        let passed = gate.judge(&batch).unwrap().passed;
        for (mine, theirs) in batch.columns().iter().zip(passed.columns()) {
            assert!(Arc::ptr_eq(mine, theirs), "{policy}");
        }
    }
}

#[test]
fn a_batch_that_comes_again_is_decided_as_before_and_counted_once() {
    let batch = rows(&[1, 12, 3], &[-1, -2, 3], &[0, 0, 0]);
    let gate = Gate::new(&validator(EVERYTHING, &batch), Policy::Split).unwrap();
    let first = gate.judge_as("x", &batch).unwrap();
    let again = gate.judge_as("x", &batch).unwrap();
    assert!(!first.repeated && again.repeated);
    assert_eq!(first.summary(), again.summary());
    assert_eq!((&first.passed, &first.quarantined), (&again.passed, &again.quarantined));
    let totals = gate.totals();
    assert_eq!((totals.batches, totals.repeated, totals.rows), (1, 1, 3));
    assert_eq!(gate.report().rows, 3);
    assert!(matches!(gate.judge_as("x", &batch.slice(0, 1)), Err(GateError::BatchIdReused { known: 3, found: 1, .. })));
}

#[test]
fn of_equal_keys_the_first_that_lands_stays() {
    let text = "rulegate 1\nfeatures t { k : int64 unique  v : int64 >= 0 }";
    let one = batch(&[("k", &[1, 1, 2, 3]), ("v", &[0, 0, -1, 0])]);
    let gate = Gate::new(&validator(text, &one), Policy::Split).unwrap();
    let decision = gate.judge(&one).unwrap();
    assert_eq!(column(&decision.passed, "k"), [1, 3], "2 is set aside for `v`, the second 1 for its key");
    let two = batch(&[("k", &[2, 3, 4]), ("v", &[0, 0, 0])]);
    let decision = gate.judge(&two).unwrap();
    assert_eq!(column(&decision.passed, "k"), [2, 4], "2 did not land before, 3 did");
    assert_eq!(decision.violations[0].rule, "t.k.unique");
    assert_eq!((decision.violations[0].failed, decision.violations[0].samples[0].row), (1, 1));
}

#[test]
fn keys_of_a_refused_batch_may_come_again() {
    let text = "rulegate 1\nfeatures t { k : int64 unique  v : int64 >= 0 @on_fail(reject_batch)  n : int64 increasing }";
    let bad = batch(&[("k", &[1, 2]), ("v", &[0, -1]), ("n", &[5, 6])]);
    let gate = Gate::new(&validator(text, &bad), Policy::Split).unwrap();
    assert!(gate.judge(&bad).unwrap().is_refused());
    let mended = batch(&[("k", &[1, 2]), ("v", &[0, 0]), ("n", &[5, 6])]);
    assert_eq!(gate.judge(&mended).unwrap().outcome, Outcome::Accepted);
    let late = batch(&[("k", &[3, 4, 5]), ("v", &[0, 0, 0]), ("n", &[6, 9, 8])]);
    assert_eq!(column(&gate.judge(&late).unwrap().passed, "n"), [9], "what lands is increasing");
}

#[test]
fn limits_refuse_and_name_themselves() {
    let batch = rows(&[1, 12, 3], &[1, 2, 3], &[0, 0, 0]);
    let validator = validator(EVERYTHING, &batch);
    let refused = |limits: Limits| {
        let gate = Gate::with_options(&validator, Policy::Split, GateOptions { limits, ..GateOptions::default() }).unwrap();
        let decision = gate.judge(&batch).unwrap();
        assert_eq!((decision.outcome, decision.quarantined.num_rows()), (Outcome::Refused, 3));
        decision.reasons.join("; ")
    };
    assert_eq!(
        refused(Limits { max_batch_rows: Some(2), ..Limits::default() }),
        "the limit `max_batch_rows` is 2, and the batch has 3 rows"
    );
    assert_eq!(
        refused(Limits { max_rows: Some(2), ..Limits::default() }),
        "the limit `max_rows` is 2, 0 rows were judged before, and the batch has 3"
    );
    assert_eq!(
        refused(Limits { max_batch_bytes: Some(9), ..Limits::default() }),
        "the limit `max_batch_bytes` is 9, and the batch has 120 bytes"
    );
    assert_eq!(
        refused(Limits { max_failing_rows: Some(0), ..Limits::default() }),
        "the limit `max_failing_rows` is 0, and with this batch 1 row fails"
    );
}

#[test]
fn samples_are_as_many_as_are_asked_for() {
    let batch = rows(&[12, 13, 14], &[1, 2, 3], &[0, 0, 0]);
    let limits = Limits { max_samples: Some(2), ..Limits::default() };
    let gate = Gate::with_options(&validator(EVERYTHING, &batch), Policy::Split, GateOptions { limits, ..GateOptions::default() }).unwrap();
    for _ in 0..2 {
        let samples = gate.judge_as("x", &batch).unwrap().violations[0].samples.clone();
        assert_eq!(samples.iter().map(|sample| (sample.input.as_str(), sample.row)).collect::<Vec<_>>(), [("x", 0), ("x", 1)]);
    }
    gate.judge(&batch).unwrap();
    let report = gate.finish().report;
    assert_eq!(report.rule("t.a.range").unwrap().samples.iter().map(|sample| sample.row).collect::<Vec<_>>(), [0, 1]);
}

#[test]
fn the_end_decides_what_rows_did_not() {
    let text = "rulegate 1\nfeatures t { a : int64 between 0 and 9  b : int64 >= 0 @error(25%)  check enough: row_count() >= 3 }";
    let end = |batches: &[RecordBatch], at_end: AtEnd, after_refusal: AfterRefusal| {
        let options = GateOptions { at_end, after_refusal, ..GateOptions::default() };
        let gate = Gate::with_options(&validator(text, &batches[0]), Policy::Split, options).unwrap();
        batches.iter().for_each(|batch| drop(gate.judge(batch).unwrap()));
        let finished = gate.finish();
        (finished.outcome, finished.refusal.map(|refusal| refusal.reasons.join("; ")))
    };
    let some = batch(&[("a", &[1, 12, 3]), ("b", &[0, 0, 0])]);
    assert_eq!(end(&[some.clone()], AtEnd::Unresolved, AfterRefusal::GoOn), (Outcome::Escalated, None));
    assert_eq!(end(&[some], AtEnd::Report, AfterRefusal::GoOn).0, Outcome::Refused);
    let few = batch(&[("a", &[1]), ("b", &[0])]);
    let reason = |text: &str| (Outcome::Refused, Some(text.to_owned()));
    assert_eq!(end(&[few], AtEnd::Unresolved, AfterRefusal::GoOn), reason("`t.enough` does not hold with 1"));
    let many = batch(&[("a", &[1, 2, 3]), ("b", &[0, -1, 0])]);
    assert_eq!(end(&[many], AtEnd::Unresolved, AfterRefusal::GoOn), reason("`t.b.range` fails 1 of 3, and its bound is 25%"));
}
