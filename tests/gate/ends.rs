//! What is not about rows: rules that cannot be computed, columns that do not fit, work called off, rules replaced, responses.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Float64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Float64Type, Schema};
use rulegate::gate::{
    AfterRefusal, CancelToken, Clock, ColumnNames, Gate, GateError, GateOptions, Limits, Outcome, Policy, Remember, RowGate, Summary,
};
use rulegate::{BindOptions, HostFunctions, RowValue, RuleSet, Validator};

use super::{EVERYTHING, batch, column, rows, validator};

fn with_function(answer: fn(&[ArrayRef]) -> Result<ArrayRef, String>, registered: bool) -> Validator {
    let text = "rulegate 1\nextern function tradable(a: int64): bool\nfeatures t { a : int64  rule known: tradable(a) }";
    let rules = RuleSet::compile("host.rules", text, &Default::default()).rule_set.unwrap();
    let mut functions = HostFunctions::default();
    if registered {
        functions.register("tradable", [DataType::Int64], DataType::Boolean, answer);
    }
    rules.bind_with(&batch(&[("a", &[])]).schema(), &BindOptions { functions, ..BindOptions::default() }).unwrap()
}

#[test]
fn host_functions_that_panic_lie_or_are_missing_let_nothing_through() {
    let data = batch(&[("a", &[1, 2])]);
    let panics = with_function(|_| panic!("out of reach"), true);
    let fails = with_function(|_| Err("no connection".to_owned()), true);
    let short = with_function(|_| Ok(Arc::new(BooleanArray::from(vec![true]))), true);
    let missing = with_function(|_| Err(String::new()), false);
    for (validator, outcome) in
        [(panics, Outcome::Escalated), (fails, Outcome::Escalated), (short, Outcome::Escalated), (missing, Outcome::Refused)]
    {
        let decision = Gate::new(&validator, Policy::Split).unwrap().judge(&data).unwrap();
        assert_eq!((decision.outcome, decision.passed.num_rows(), decision.quarantined.num_rows()), (outcome, 0, 2));
        assert_eq!((decision.violations[0].failed, decision.violations[0].faulted), (2, 2));
        assert!(Gate::new(&validator, Policy::Reject).unwrap().judge(&data).unwrap().is_refused());
    }
}

#[test]
fn a_batch_whose_columns_do_not_fit_the_rules_is_refused_and_one_of_another_schema_is_no_batch() {
    let data = batch(&[("b", &[1, 2])]);
    let gate = Gate::new(&validator("rulegate 1\nfeatures t { a : int64 @on_fail(keep) }", &data), Policy::Split).unwrap();
    let decision = gate.judge(&data).unwrap();
    assert_eq!((decision.outcome, decision.reasons.len()), (Outcome::Refused, 1));
    assert!(decision.refusal().unwrap().to_string().contains("t.a.required"), "{:?}", decision.refusal());
    assert!(matches!(gate.judge(&batch(&[("a", &[1])])), Err(GateError::Data(_))));
    let flags = Gate::new(&validator("rulegate 1\nfeatures t { a : int64 }", &data), Policy::Flag).unwrap();
    let flagged = flags.judge(&data).unwrap().passed;
    assert_eq!(
        flagged.column_by_name("_gate_rules").unwrap().as_list::<i32>().value_length(1),
        1,
        "a row that cannot be judged is flagged"
    );
}

#[test]
fn work_that_is_called_off_or_late_has_no_decision_and_may_come_again() {
    let data = rows(&[1, 12], &[0, 0], &[0, 0]);
    let flag = Arc::new(AtomicBool::new(true));
    let time = Arc::new(AtomicU64::new(0));
    let ticking = Arc::clone(&time);
    let options = GateOptions {
        cancel: Some(CancelToken::from(Arc::clone(&flag))),
        limits: Limits { deadline: Some(Duration::from_secs(10)), ..Limits::default() },
        clock: Some(Clock::new(move || Duration::from_secs(ticking.fetch_add(1, Ordering::Relaxed) * 4))),
        ..GateOptions::default()
    };
    let validator = validator(EVERYTHING, &data);
    let gate = Gate::with_options(&validator, Policy::Split, options).unwrap();
    assert!(matches!(gate.judge_as("x", &data), Err(GateError::Cancelled { .. })));
    flag.store(false, Ordering::Relaxed);
    assert_eq!((gate.totals().batches, gate.report().rows), (0, 0), "nothing was counted");
    assert_eq!(gate.judge_as("x", &data).unwrap().outcome, Outcome::Escalated);
    // A clock that leaps.
    let late = Clock::new(move || Duration::from_secs(time.fetch_add(1, Ordering::Relaxed) * 11));
    let limits = Limits { deadline: Some(Duration::from_secs(10)), ..Limits::default() };
    let gate = Gate::with_options(&validator, Policy::Split, GateOptions { limits, clock: Some(late), ..GateOptions::default() }).unwrap();
    let error = gate.judge_as("x", &data).unwrap_err();
    assert!(error.to_string().contains("`deadline` is 10s"), "{error}");
    let unclocked = Gate::with_options(&validator, Policy::Split, GateOptions { limits, ..GateOptions::default() });
    assert!(matches!(unclocked, Err(GateError::NoClock)));
}

#[test]
fn bounds_of_batches_are_shares_of_large_ones() {
    let text = "rulegate 1\nfeatures t { a : int64 >= 0 @error(25%)  b : int64 >= 0 @error(1 rows) }";
    let options = GateOptions { batch_bounds: Some(4), ..GateOptions::default() };
    let outcome = |a: &[i64], b: &[i64]| {
        let data = batch(&[("a", a), ("b", b)]);
        Gate::with_options(&validator(text, &data), Policy::Split, options.clone()).unwrap().judge(&data).unwrap()
    };
    assert_eq!(outcome(&[-1, -1, 0], &[0, 0, 0]).outcome, Outcome::Escalated, "too small to be held to it");
    assert_eq!(outcome(&[-1, 0, 0, 0], &[0, 0, 0, 0]).outcome, Outcome::Escalated, "at the bound");
    assert_eq!(outcome(&[0, 0, 0, 0], &[-1, -1, -1, -1]).outcome, Outcome::Escalated, "a bound in rows is for the end");
    let refused = outcome(&[-1, -1, 0, 0], &[0, 0, 0, 0]);
    assert_eq!(refused.reasons, ["`t.a.range` fails 2 of 4, and its bound is 25%"]);
}

#[test]
fn flags_stand_in_columns_that_clash_with_none() {
    let text = "rulegate 1\nfeatures t { a : int64 between 0 and 9  b : int64 >= 0 @warn  c : int64 >= 0 @shadow }";
    let data = batch(&[("a", &[1, 12, 12]), ("b", &[-1, 0, -1]), ("c", &[-1, -1, -1])]);
    let names = ColumnNames { severity: "worst".to_owned(), ..ColumnNames::default() };
    let options = GateOptions { columns: names, ..GateOptions::default() };
    let gate = Gate::with_options(&validator(text, &data), Policy::Flag, options).unwrap();
    let passed = gate.judge(&data).unwrap().passed;
    assert_eq!(passed.schema(), gate.schema());
    assert_eq!(passed.column_by_name("worst").unwrap().as_string::<i32>(), &StringArray::from(vec!["warn", "error", "error"]));
    let lengths: Vec<usize> = passed.column_by_name("_gate_rules").unwrap().as_list::<i32>().iter().map(|ids| ids.unwrap().len()).collect();
    assert_eq!(lengths, [1, 1, 2], "rules in shadow flag nothing");
    let clash = ColumnNames { rules: "b".to_owned(), ..ColumnNames::default() };
    let error = Gate::with_options(&validator(text, &data), Policy::Flag, GateOptions { columns: clash, ..GateOptions::default() });
    assert!(matches!(error, Err(GateError::ColumnClash(name)) if name == "b"));
}

#[test]
fn rules_of_another_schema_do_not_take_over_and_what_was_decided_stays() {
    let data = batch(&[("a", &[1, 12])]);
    let gate = Gate::new(&validator("rulegate 1\nfeatures t { a : int64 <= 9 }", &data), Policy::Split).unwrap();
    let before = gate.judge_as("x", &data).unwrap();
    assert!(matches!(gate.swap(&validator("rulegate 1\nfeatures t { b : int64 }", &batch(&[("b", &[])]))), Err(GateError::Swap(_))));
    let report = gate.swap(&validator("rulegate 1\nfeatures t { a : int64 <= 0 }", &data)).unwrap();
    assert_eq!((report.rows, report.rows_failed), (2, 1));
    let again = gate.judge_as("x", &data).unwrap();
    assert!(again.repeated);
    assert_eq!(again.summary(), before.summary());
    let new = gate.judge_as("y", &data).unwrap();
    assert_eq!((new.counts.quarantined, new.first_row), (2, 2));
    assert_ne!(new.summary().ruleset_hash, before.summary().ruleset_hash);
    assert_eq!(gate.finish().report.rows, 2);
}

/// New rules make nothing of what was refused before them.
#[test]
fn a_refusal_outlives_the_rules_that_refused() {
    let data = batch(&[("a", &[1, 12])]);
    let text = "rulegate 1\nfeatures t { a : int64 <= 9 }";
    for after_refusal in [AfterRefusal::Stop, AfterRefusal::FailAtEnd] {
        let options = GateOptions { after_refusal, ..GateOptions::default() };
        let gate = Gate::with_options(&validator(text, &data), Policy::Reject, options).unwrap();
        assert_eq!(gate.judge(&data).unwrap().outcome, Outcome::Refused);
        gate.swap(&validator("rulegate 1\nfeatures t { a : int64 <= 90 }", &data)).unwrap();
        assert_eq!(gate.finish().outcome, Outcome::Refused);
    }
    let gate = Gate::new(&validator(text, &data), Policy::Split).unwrap();
    gate.judge(&data).unwrap();
    gate.swap(&validator("rulegate 1\nfeatures t { a : int64 <= 90 }", &data)).unwrap();
    assert_eq!(gate.finish().outcome, Outcome::Escalated, "rows were set aside");
}

#[test]
fn a_policy_is_changed_between_batches_and_the_session_goes_on() {
    let data = rows(&[1, 12], &[0, 0], &[0, 0]);
    let options = GateOptions { trace_id: Some("run 7".to_owned()), ..GateOptions::default() };
    let gate = Gate::with_options(&validator(EVERYTHING, &data), Policy::Observe, options).unwrap();
    assert_eq!(gate.judge(&data).unwrap().outcome, Outcome::Accepted);
    gate.set_policy(Policy::Split).unwrap();
    let decision = gate.judge(&data).unwrap();
    assert_eq!((decision.outcome, decision.summary().policy), (Outcome::Escalated, Policy::Split));
    assert!(matches!(gate.set_policy(Policy::Flag), Err(GateError::Swap(_))));
    gate.set_policy(Policy::Reject).unwrap();
    let refusal = gate.judge(&data).unwrap().refusal().unwrap();
    let report = gate.finish().report;
    assert_eq!((report.rows, report.rows_failed), (6, 3));
    assert_eq!((refusal.trace_id.as_deref(), report.trace_id.as_deref()), (Some("run 7"), Some("run 7")));
}

#[test]
fn what_is_remembered_has_bounds() {
    let data = rows(&[1], &[0], &[0]);
    let options = GateOptions { remember: Remember { batches: 2, ..Remember::default() }, ..GateOptions::default() };
    let gate = Gate::with_options(&validator(EVERYTHING, &data), Policy::Split, options).unwrap();
    for (id, repeated) in [("1", false), ("2", false), ("1", true), ("3", false), ("1", false), ("3", true)] {
        assert_eq!(gate.judge_as(id, &data).unwrap().repeated, repeated, "{id}");
    }
}

const MOOD: &str = "rulegate 1
output mood from response {
  columns { id: int64 }
  score : float between -1 and 1
  heat  : float between 0 and 1 @on_fail(replace(0.5))
  fallback { score: 0.0, heat: 0.0 }
}";

fn responses(texts: &[&str]) -> RecordBatch {
    let ids = batch(&[("id", &(0..i64::try_from(texts.len()).unwrap()).collect::<Vec<_>>())]);
    RecordBatch::try_from_iter([("id", Arc::clone(ids.column(0))), ("response", Arc::new(StringArray::from(texts.to_vec())) as ArrayRef)])
        .unwrap()
}

#[test]
fn the_fallback_stands_in_for_typed_responses_that_fail() {
    let data = responses(&[r#"{"score": 0.5, "heat": 0.1}"#, r#"{"score": 7, "heat": 0.1}"#, r#"{"score": 0.1, "heat": 3}"#, "no"]);
    let options = || GateOptions { typed: true, ..GateOptions::default() };
    let gate = Gate::with_options(&validator(MOOD, &data), Policy::Split, options()).unwrap();
    let decision = gate.judge(&data).unwrap();
    assert_eq!((decision.outcome, decision.passed.schema()), (Outcome::Accepted, gate.schema()));
    assert_eq!((decision.counts.fallback, decision.counts.replaced, decision.counts.passed), (2, 1, 4));
    let typed = decision.passed.column_by_name("response").unwrap().as_struct();
    let floats = |at: usize| typed.column(at).as_primitive::<Float64Type>().values().to_vec();
    assert_eq!((floats(0), floats(1)), (vec![0.5, 0.0, 0.1, 0.0], vec![0.1, 0.0, 0.5, 0.0]));
    let status = decision.passed.column_by_name("_gate_status").unwrap().as_string::<i32>();
    assert_eq!(status, &StringArray::from(vec!["strict", "fallback", "strict", "fallback"]));
    let changed = decision.changed().unwrap();
    assert_eq!(column(&changed, "id"), [1, 2, 3], "what was replaced is not lost");
    assert_eq!(changed.column_by_name("response").unwrap().as_string::<i32>().value(2), "no");
    let strict = Gate::with_options(&validator(MOOD, &data), Policy::Reject, options()).unwrap();
    assert!(strict.judge(&data).unwrap().is_refused(), "reject reads reject_row as reject_batch");
}

#[test]
fn responses_as_texts_are_set_aside_and_their_values_cannot_be_replaced() {
    let data = responses(&[r#"{"score": 0.5}"#, r#"{"score": 7}"#]);
    let error = Gate::new(&validator(MOOD, &data), Policy::Split).unwrap_err();
    assert!(error.to_string().contains("mood.heat.range") && error.to_string().contains("typed"), "{error}");
    let text = "rulegate 1\noutput mood from response { columns { id: int64 }  score : float between -1 and 1  fallback { score: 0.0 } }";
    let decision = Gate::new(&validator(text, &data), Policy::Split).unwrap().judge(&data).unwrap();
    assert_eq!((column(&decision.passed, "id"), column(&decision.quarantined, "id")), (vec![0], vec![1]));
    let features = Gate::with_options(
        &validator("rulegate 1\nfeatures t { id : int64 }", &data),
        Policy::Split,
        GateOptions { typed: true, ..GateOptions::default() },
    );
    assert!(matches!(features, Err(GateError::Untyped(_))));
}

#[test]
fn nothing_redacted_is_told_and_the_data_keep_it() {
    let text =
        "rulegate 1\nfeatures t { mail : string like \"%@%\" @redact  rule long { expect length(mail) > 3 message \"{mail} is short\" } }";
    let mails = Arc::new(StringArray::from(vec!["secret-without-at", "x"])) as ArrayRef;
    let data = RecordBatch::try_from_iter([("mail", mails)]).unwrap();
    let decision = Gate::new(&validator(text, &data), Policy::Split).unwrap().judge(&data).unwrap();
    let aside = decision.quarantine().unwrap();
    let messages = arrow::util::display::array_value_to_string(aside.column_by_name("_gate_messages").unwrap(), 1).unwrap();
    let told = format!("{messages} {} {:?}", serde_json::to_string(&decision.summary()).unwrap(), decision.violations);
    assert!(!told.contains("secret") && told.contains("[redacted] is short"), "{told}");
    assert_eq!(aside.column_by_name("mail").unwrap().as_string::<i32>().value(0), "secret-without-at");
}

#[test]
fn a_summary_comes_back_from_json() {
    let data = rows(&[1, 12], &[-1, 0], &[0, 0]);
    let decision = Gate::new(&validator(EVERYTHING, &data), Policy::Split).unwrap().judge_as("x", &data).unwrap();
    let json = serde_json::to_string(&decision.summary()).unwrap();
    assert_eq!(serde_json::from_str::<Summary>(&json).unwrap(), decision.summary());
}

#[test]
fn one_row_comes_to_what_a_batch_of_it_comes_to() {
    let schema = rows(&[], &[], &[]);
    let validator = validator(EVERYTHING, &schema);
    let single = RowGate::new(&validator).unwrap();
    for values in [[1, 2, 3, 0, 0], [12, -2, 3, -1, -1], [1, 2, -3, 0, 0], [1, -2, 3, -4, 0]] {
        let decision = single.judge(&values.map(RowValue::Int)).unwrap();
        let names = ["a", "b", "c", "d", "e"];
        let data = batch(&names.iter().zip(&values).map(|(name, value)| (*name, std::slice::from_ref(value))).collect::<Vec<_>>());
        let batched = Gate::new(&validator, Policy::Split).unwrap().judge(&data).unwrap();
        assert_eq!(decision.outcome == Outcome::Refused, batched.passed.num_rows() == 0);
        assert_eq!(
            decision.replace.iter().map(|(column, _)| column.as_str()).collect::<Vec<_>>(),
            if values[1] < 0 { vec!["b"] } else { vec![] }
        );
        let plain = |violations: &[rulegate::gate::Violation]| -> Vec<serde_json::Value> {
            let mut out: Vec<_> = violations.iter().map(|violation| serde_json::to_value(violation).unwrap()).collect();
            // A row alone does not say which rules fail alone.
            out.iter_mut().for_each(|violation| {
                violation["failed_alone"] = 0.into();
                violation["samples"][0]["input"] = "".into();
            });
            out
        };
        assert_eq!(plain(&decision.violations), plain(&batched.violations));
    }
    fn shared<T: Send + Sync>(_: &T) {}
    shared(&single);
}

#[test]
fn constants_are_put_into_columns_of_every_layout() {
    let text = "rulegate 1\nfeatures t { s : string in (\"a\", \"b\") @on_fail(replace(\"a\"))  f : float >= 0 @on_fail(replace(1.5))
        d : decimal(9, 2) >= 0 @on_fail(replace(2))  t : timestamp > timestamp \"2000-01-01T00:00:00Z\" @on_fail(replace(timestamp \"2001-01-01T00:00:00Z\"))
        n : float64? >= 0 @on_fail(replace(null)) }";
    let plain: Vec<(&str, ArrayRef)> = vec![
        ("s", Arc::new(StringArray::from(vec!["a", "z", "b"]))),
        ("f", Arc::new(Float64Array::from(vec![0.0, -1.0, 2.0]))),
        ("d", Arc::new(Float64Array::from(vec![1.0, -1.0, 2.0]))),
        ("t", Arc::new(StringArray::from(vec!["2020-01-01", "1990-01-01", "2020-01-01"]))),
        ("n", Arc::new(Float64Array::from(vec![1.0, -1.0, 2.0]))),
    ];
    let dictionary = DataType::Dictionary(Box::new(DataType::Int8), Box::new(DataType::Utf8));
    let zone = |unit| DataType::Timestamp(unit, Some("Europe/Berlin".into()));
    use arrow::datatypes::TimeUnit::{Microsecond, Second};
    for (strings, floats, times) in [
        (DataType::Utf8, DataType::Float64, zone(Microsecond)),
        (DataType::Utf8View, DataType::Float32, DataType::Timestamp(Second, None)),
        (dictionary, DataType::Float64, zone(Second)),
    ] {
        let types = [strings, floats, DataType::Decimal128(9, 2), times, DataType::Float64];
        let cast =
            |((name, column), ty): (&(&str, ArrayRef), &DataType)| (name.to_string(), arrow::compute::cast(column, ty).unwrap(), true);
        let data = RecordBatch::try_from_iter_with_nullable(plain.iter().zip(&types).map(cast)).unwrap();
        let decision = Gate::new(&validator(text, &data), Policy::Split).unwrap().judge(&data).unwrap();
        assert_eq!((decision.outcome, decision.counts.replaced), (Outcome::Accepted, 1), "{:?}", decision.reasons);
        let show = |name: &str| {
            let column = decision.passed.column_by_name(name).unwrap();
            arrow::util::display::array_value_to_string(column, 1).unwrap()
        };
        assert_eq!((show("s").as_str(), show("f").as_str(), show("d").as_str(), show("n").as_str()), ("a", "1.5", "2.00", ""));
        assert!(show("t").starts_with("2001-01-01T0"), "{}", show("t"));
    }
}

#[test]
fn constants_are_put_into_dictionaries_that_are_full() {
    let ty = DataType::Dictionary(Box::new(DataType::Int8), Box::new(DataType::Utf8));
    let texts: StringArray = (0..128).map(|number| Some(format!("s{number}"))).collect();
    let data = RecordBatch::try_from_iter([("s", arrow::compute::cast(&texts, &ty).unwrap())]).unwrap();
    for constant in ["new", "s5"] {
        let text = format!("rulegate 1\nfeatures t {{ s : string not in (\"s3\", \"s4\") @on_fail(replace(\"{constant}\")) }}");
        let decision = Gate::new(&validator(&text, &data), Policy::Split).unwrap().judge(&data).unwrap();
        let plain = arrow::compute::cast(decision.passed.column(0), &DataType::Utf8).unwrap();
        let rows: Vec<&str> = plain.as_string::<i32>().iter().flatten().collect();
        assert_eq!((rows[2], rows[3], rows[4], rows[127]), ("s2", constant, constant, "s127"));
    }
}

#[test]
fn what_a_batch_says_of_nulls_holds_where_columns_are_added() {
    let field = |nullable| Arc::new(Schema::new(vec![arrow::datatypes::Field::new("n", DataType::Float64, nullable)]));
    let bound = RecordBatch::new_empty(field(false));
    let data = RecordBatch::try_new(field(true), vec![Arc::new(Float64Array::from(vec![Some(1.0), None]))]).unwrap();
    let gate = Gate::new(&validator("rulegate 1\nfeatures t { n : float64 }", &bound), Policy::Flag).unwrap();
    let passed = gate.judge(&data).unwrap().passed;
    assert_eq!((passed.num_rows(), passed.column(0).null_count()), (2, 1));
}

#[test]
fn null_is_not_put_into_a_column_that_takes_none() {
    let text = "rulegate 1\nfeatures t { n : float64? >= 0 @on_fail(replace(null)) }";
    let schema = Schema::new(vec![arrow::datatypes::Field::new("n", DataType::Float64, false)]);
    let data = RecordBatch::try_new(Arc::new(schema), vec![Arc::new(Float64Array::from(vec![1.0]))]).unwrap();
    let error = Gate::new(&validator(text, &data), Policy::Split).unwrap_err();
    assert_eq!(error.to_string(), "`t.n.range` cannot replace a value: column `n` takes no nulls");
}
