//! Rows one at a time against the same rows in batches: random rules over random data, and random JSON objects against JSON lines.
//!
//! `RULEGATE_CASES` sets how many cases are drawn.
#![allow(unreachable_pub, reason = "support shared between test binaries")]

#[path = "support/generate/mod.rs"]
mod generate;
#[path = "support/row_values.rs"]
mod row_values;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use rulegate::report::Report;
use rulegate::scan::{Format, Quiet, Run, ScanOptions, Source};
use rulegate::{BindOptions, CompileOptions, Error, HostFunctions, RowOutcome, RowValidator, RowValue, RowVerdict, RuleSet, Validator};
use serde_json::{Map, Value, json};

fn runner(default: u32) -> TestRunner {
    let cases = std::env::var("RULEGATE_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(default);
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 2_000, ..Config::default() };
    // A fixed seed: a failing case fails again, on any machine.
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

fn rules(text: &str) -> RuleSet {
    let compiled = RuleSet::compile("t.rules", text, &CompileOptions::default());
    compiled.rule_set.unwrap_or_else(|| panic!("{:?}\n{text}", compiled.diagnostics))
}

/// Counts of a rule: evaluated, failed, unknown, faulted.
#[derive(Debug, Default, PartialEq, Clone, Copy)]
struct Counts([u64; 4]);

impl Counts {
    fn add(&mut self, outcome: RowOutcome) {
        let [evaluated, failed, unknown, faulted] = &mut self.0;
        *evaluated += u64::from(outcome != RowOutcome::NotAsked);
        *failed += u64::from(outcome >= RowOutcome::Failed);
        *unknown += u64::from(outcome == RowOutcome::Unknown);
        *faulted += u64::from(outcome == RowOutcome::Faulted);
    }
}

/// A rule over several columns counts each of them, and has one verdict a row.
fn is_pattern(id: &str) -> bool {
    id.contains("fields(")
}

fn fail(what: &str, text: &str) -> TestCaseError {
    TestCaseError::fail(format!("{what}\n{text}"))
}

#[test]
fn a_row_is_judged_as_a_batch_of_it_is() {
    let result = runner(2_500).run(&generate::case(), |case| {
        let now = SystemTime::UNIX_EPOCH + Duration::from_nanos(u64::try_from(case.now).expect("after 1970"));
        let options = BindOptions { now: Some(now), samples: Some(10_000), ..BindOptions::default() };
        let validator = rules(&case.rules).bind_with(&case.schema, &options).expect("binds");
        let rows = validator.row_validator();
        for batch in &case.batches {
            same_verdicts(&case.rules, &validator, &rows, batch)?;
            same_samples(&case.rules, &validator, &rows, batch)?;
        }
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

fn same_verdicts(text: &str, validator: &Validator, rows: &RowValidator, batch: &RecordBatch) -> Result<(), TestCaseError> {
    let verdict = validator.validate(batch).expect("of the bound schema");
    let mut counts: BTreeMap<String, Counts> = BTreeMap::new();
    for row in 0..batch.num_rows() {
        let values = row_values::of_row(batch, row);
        let one = rows.judge(&values).map_err(|error| fail(&error.to_string(), text))?;
        if one.passes() == verdict.failing().value(row) || one.refusal() != verdict.refusal() {
            return Err(fail(&format!("row {row}: passes {} refusal {:?}", one.passes(), one.refusal()), text));
        }
        for (id, outcome) in one.outcomes() {
            counts.entry(id.to_owned()).or_default().add(outcome);
            let failing = verdict.rule_failing(id).expect("a rule").value(row);
            if failing != (outcome >= RowOutcome::Failed) {
                return Err(fail(&format!("row {row} {values:?}: {id} is {outcome:?}, in the batch it fails: {failing}"), text));
            }
        }
        let listed: Vec<(String, bool)> = one.failed().map(|rule| (rule.id.to_owned(), rule.faulted)).collect();
        let from_outcomes = one.outcomes().filter(|(_, outcome)| *outcome >= RowOutcome::Failed);
        assert_eq!(listed, from_outcomes.map(|(id, outcome)| (id.to_owned(), outcome == RowOutcome::Faulted)).collect::<Vec<_>>());
    }
    for rule in verdict.counts() {
        let expected = Counts([rule.evaluated, rule.failed, rule.unknown, rule.faulted]);
        let found = counts.get(&rule.id).copied().unwrap_or_default();
        if found != expected && !is_pattern(&rule.id) {
            return Err(fail(&format!("{}: {found:?}, in the batch {expected:?}", rule.id), text));
        }
    }
    Ok(())
}

/// What kinds of numbers and nulls meet in, for every operation that has a step and some that have none.
const MEETINGS: &str = r#"rulegate 1
features t {
  i : int64?
  f : float64?
  d : decimal(38, 0)?
  e : decimal(38, 6)?
  s : string?
  y : binary?
  b : bool?
  at : timestamp?
  on : date?
  w : duration?
  absent : float64?
  none : int64?
  rule r01: coalesce(f, i) = 9_007_199_254_740_993
  rule r02: coalesce(absent + f, i) = 9_007_199_254_740_993
  rule r03: case when b then f else i end = 9_007_199_254_740_993
  rule r04: case when b then d else e end > 0
  rule r05: coalesce(d, e) > 0
  rule r06: least(d, e) > 0
  rule r07: least(f, i) = 9_007_199_254_740_993
  rule r08: nullif(i, f) = i
  rule r09: nullif(none, i) is null
  rule r10: case when b then null else i end is distinct from i
  rule r11: case when b then 1 when not b then 2.5 else null end = 1
  rule r12: abs(d) >= 0 and abs(f) >= 0 and abs(i) >= 0
  rule r13: finite(d) and finite(i) and finite(f)
  rule r14: is_nan(f) or is_nan(i)
  rule r15: i / i = 1 or f / 0 > 1
  rule r16: (1 div i) = 0 or b
  rule r17: b and 1 div i = 0
  rule r18: not (1 div i = 0)
  rule r19: (1 div i) is null
  rule r20: (1 div i) is distinct from null
  rule r21: case when 1 div i = 0 then true else true end
  rule r22: case when b then 1 div i = 0 else true end
  rule r23: coalesce(b, 1 div i = 0)
  rule r24: d + e > 0 or d * e > 0 or d - 1 > 0
  rule r25: at + 1 day > at and at - w < at and at - at = 0 s
  rule r26: on + w > on or on - on = 0 s
  rule r27: w * 2 > w or w / 2 < w or -w < 0 s
  rule r28: -i < 0 or -f < 0 or -d < 0
  rule r29: i in (1, 2.0, 9_007_199_254_740_993) or f in (0.5, 0) or d in (1, 2.50) or s in ("a")
  rule r30: s like "a%" or s like s or s matches /a.*/ or contains_match(s, /b/)
  rule r31: s < "b" and length(s) <= byte_length(s) and s != "a"
  rule r32: is_hex(s) or starts_with(s, "a") or ends_with(s, s) or contains(s, "b") or contains(s, s)
  rule r33: y = y or y is distinct from y
  rule r34: b = true or b != b
  rule r35: cast(i as float64) = i or cast(d as float64) = d or cast(e as string) = "1" or cast(s as int64) = 1
  rule r36: try_cast(s as float64) > 0 or cast(f as int64) = i or cast(b as int64) = 1
  rule r37: year(at) = 1970 or date(at) = on or age(at) > 0 s
  rule r38: f = i or f < d or e >= i or d = e
  rule r39 { when 1 div i = 0 expect b }
  rule r40 { when b expect 1 div i = 0 }
  rule r41 @nulls(fail) { when b expect i > 0 }
  rule r42: lower(s) || upper(s) = "aA" or substring(s, 0, 1) = "a" or concat(s, s) = s
  rule r43: round(f, 1) = f or pow(i, 2) > 1 or sqrt(f) > 0 or sign(f) = 1
  rule r44: f is distinct from f or d is distinct from e or i is distinct from f
  rule r45: hash(s) = hash(y) or hash(i) = hash(d)
  rule r46: coalesce(absent + 1.0, i) = 9_007_199_254_740_993
  rule r47: none + 1 > 0 or absent is null and i > 0
}
"#;

/// Ends, zeros, NaN and nulls, one column to each type of [`MEETINGS`].
fn meeting_values() -> [Vec<RowValue<'static>>; 10] {
    use RowValue::{Bool, Bytes, Date, Decimal, Duration, Float, Int, Null, Str, Timestamp};
    let most = 10_i128.pow(38) - 1;
    let decimal = |mantissa, scale| Decimal { mantissa, scale };
    [
        vec![Null, Int(0), Int(1), Int(-7), Int((1 << 53) + 1), Int(i64::MIN), Int(i64::MAX)],
        vec![Null, Float(0.0), Float(-0.0), Float(1.0), Float(f64::NAN), Float(f64::INFINITY), Float(9_007_199_254_740_992.0)],
        vec![Null, decimal(0, 0), decimal(1, 0), decimal(-most, 0), decimal(most, 0)],
        vec![Null, decimal(1_000_000, 6), decimal(1, 6), decimal(most, 6)],
        vec![Null, Str(""), Str("a"), Str("ab"), Str("é"), Str(" 1 "), Str("1e5")],
        vec![Null, Bytes(b""), Bytes(b"a"), Bytes(&[0xff])],
        vec![Null, Bool(true), Bool(false)],
        vec![Null, Timestamp(0, TimeUnit::Microsecond), Timestamp(i64::MAX, TimeUnit::Microsecond), Timestamp(-1, TimeUnit::Microsecond)],
        vec![Null, Date(0), Date(i32::MAX), Date(-1)],
        vec![Null, Duration(0, TimeUnit::Second), Duration(86_400, TimeUnit::Second), Duration(i64::MIN, TimeUnit::Second)],
    ]
}

#[test]
fn kinds_of_numbers_and_nulls_meet_as_in_a_batch() {
    let fields = [
        ("i", DataType::Int64),
        ("f", DataType::Float64),
        ("d", DataType::Decimal128(38, 0)),
        ("e", DataType::Decimal128(38, 6)),
        ("s", DataType::Utf8),
        ("y", DataType::Binary),
        ("b", DataType::Boolean),
        ("at", DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))),
        ("on", DataType::Date32),
        ("w", DataType::Duration(TimeUnit::Second)),
    ];
    let schema = Arc::new(Schema::new(fields.map(|(name, data)| Field::new(name, data, true)).to_vec()));
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_764_052_800);
    let options = BindOptions { now: Some(now), samples: Some(10_000), ..BindOptions::default() };
    let validator = rules(MEETINGS).bind_with(&schema, &options).expect("binds");
    let rows = validator.row_validator();
    let values = meeting_values();
    let picks: Vec<_> = values.iter().map(|values| 0..values.len()).collect();
    let result = runner(600).run(&prop::collection::vec(picks, 1..8), |picked| {
        let pick = |row: &Vec<usize>, column: usize| values[column][row[column]];
        let columns = (0..values.len()).map(|column| {
            let cells: Vec<RowValue<'_>> = picked.iter().map(|row| pick(row, column)).collect();
            row_values::column(schema.field(column).data_type(), &cells)
        });
        let batch = RecordBatch::try_new(Arc::clone(&schema), columns.collect()).expect("of the schema");
        same_verdicts(MEETINGS, &validator, &rows, &batch)?;
        same_samples(MEETINGS, &validator, &rows, &batch)
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

/// What a row tells of its failures is what a report's samples tell.
fn same_samples(text: &str, validator: &Validator, rows: &RowValidator, batch: &RecordBatch) -> Result<(), TestCaseError> {
    let mut session = validator.session();
    session.add(batch).expect("of the bound schema");
    let report = session.finish();
    let mut expected = Vec::new();
    for rule in report.rules.iter().filter(|rule| rule.kind == rulegate::report::RuleKind::Row) {
        expected.extend(rule.samples.iter().map(|sample| (sample.row, rule.id.clone(), sample.values.clone(), sample.message.clone())));
    }
    let mut found = Vec::new();
    for row in 0..batch.num_rows() {
        let values = row_values::of_row(batch, row);
        let failures = rows.judge(&values).expect("judged before").failures();
        found.extend(failures.into_iter().map(|failure| (row as u64, failure.rule, failure.values, failure.message)));
    }
    let sorted = |mut all: Vec<(u64, String, _, _)>| {
        all.sort_by(|a: &(u64, String, Map<String, Value>, Option<String>), b| (a.0, &a.1).cmp(&(b.0, &b.1)));
        all
    };
    let (expected, found) = (sorted(expected), sorted(found));
    if expected != found {
        let different: Vec<_> = expected.iter().zip(&found).filter(|(a, b)| a != b).take(3).collect();
        return Err(fail(&format!("{} and {} samples: {different:?}", expected.len(), found.len()), text));
    }
    Ok(())
}

/// One field of every type a JSON object can fill.
const JSON_RULES: &str = r#"rulegate 1
features t {
  i : int64 >= 0
  s : int8? < 100
  u : uint64?
  f : float64 between 0 and 100
  g : float32?
  b : bool?
  t : string? length <= 3
  n : decimal(10, 2)? >= 0
  d : date?
  c : time?
  at : timestamp? >= timestamp "2026-01-01T00:00:00Z"
  l : timestamp(local)?
  y : binary?
  w : duration?
  v : vector<float32, 2>? finite
  x : list<int64>? each between 0 and 9
  p : struct { a: int64? >= 0, b: string? }?
  m : map<string, int64?>?
  rule order: i <= u
  rule both { when b expect f > 1 message "{f} {t}" }
}
"#;

/// The columns as the reader of JSON lines makes them.
fn json_schema() -> Schema {
    let micros = |zone: Option<&str>| DataType::Timestamp(TimeUnit::Microsecond, zone.map(Into::into));
    let entries = Field::new(
        "entries",
        DataType::Struct(vec![Field::new("key", DataType::Utf8, false), Field::new("value", DataType::Int64, true)].into()),
        false,
    );
    let fields = [
        ("i", DataType::Int64),
        ("s", DataType::Int8),
        ("u", DataType::UInt64),
        ("f", DataType::Float64),
        ("g", DataType::Float32),
        ("b", DataType::Boolean),
        ("t", DataType::Utf8),
        ("n", DataType::Decimal128(10, 2)),
        ("d", DataType::Date32),
        ("c", DataType::Time64(TimeUnit::Nanosecond)),
        ("at", micros(Some("UTC"))),
        ("l", micros(None)),
        ("y", DataType::Binary),
        ("w", DataType::Duration(TimeUnit::Nanosecond)),
        ("v", DataType::new_list(DataType::Float32, true)),
        ("x", DataType::new_list(DataType::Int64, true)),
        ("p", DataType::Struct(vec![Field::new("a", DataType::Int64, true), Field::new("b", DataType::Utf8, true)].into())),
        ("m", DataType::Map(Arc::new(entries), false)),
    ];
    Schema::new(fields.map(|(name, data)| Field::new(name, data, true)).to_vec())
}

/// Values of every JSON type, right and wrong for most fields.
fn json_values() -> Vec<Value> {
    vec![
        json!(null),
        json!(1),
        json!(-1),
        json!(300),
        json!(1.0),
        json!(1.5),
        json!(1e300),
        json!(9_007_199_254_740_993_i64),
        json!(u64::MAX),
        json!(true),
        json!(""),
        json!("abcd"),
        json!("1"),
        json!(" 1.25 "),
        json!("2026-01-31"),
        json!("2026-02-30"),
        json!("13:45:30.5"),
        json!("2026-01-31T10:00:00Z"),
        json!("2025-01-31T10:00:00"),
        json!("2026-01-31T10:00:00.0000001Z"),
        json!([1, 2]),
        json!([1.5, null]),
        json!([1, "x"]),
        json!([]),
        json!({"a": 1, "b": "x"}),
        json!({"a": -1}),
        json!({"a": "x"}),
        json!({"k": null, "j": 5}),
        json!({}),
    ]
}

#[test]
fn json_objects_are_judged_as_json_lines_are() {
    let validator = rules(JSON_RULES).bind(&json_schema()).expect("binds");
    let rows = validator.row_validator();
    let names: Vec<String> = json_schema().fields().iter().map(|field| field.name().clone()).collect();
    let values = json_values();
    let cell = prop::option::weighted(0.9, 0..values.len());
    let object = prop::collection::vec(cell, names.len());
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("rows.jsonl");
    let result = runner(400).run(&prop::collection::vec(object, 1..30), |objects| {
        let objects: Vec<Map<String, Value>> = objects
            .iter()
            .map(|cells| names.iter().zip(cells).filter_map(|(name, cell)| Some((name.clone(), values[(*cell)?].clone()))).collect())
            .collect();
        let lines: String = objects.iter().map(|object| format!("{}\n", Value::Object(object.clone()))).collect();
        std::fs::write(&path, lines).expect("writable");
        let report = scanned(&path);
        let mut counts: BTreeMap<String, Counts> = BTreeMap::new();
        let mut failing = 0;
        for object in &objects {
            let verdict = rows.judge_map(object).map_err(|error| TestCaseError::fail(error.to_string()))?;
            failing += u64::from(!verdict.passes());
            verdict.outcomes().for_each(|(id, outcome)| counts.entry(id.to_owned()).or_default().add(outcome));
        }
        prop_assert_eq!(failing, report.rows_failed);
        for rule in &report.rules {
            let expected = Counts([rule.evaluated, rule.failed, rule.unknown, rule.faulted]);
            prop_assert_eq!(counts.get(&rule.id).copied().unwrap_or_default(), expected, "{}: {:?}", rule.id, objects);
        }
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

fn scanned(path: &std::path::Path) -> Report {
    let source = Source { path: path.into(), name: "rows".into(), format: Format::JsonLines, partitions: Vec::new() };
    let mut run = Run::new(rules(JSON_RULES), BindOptions::default(), ScanOptions::default());
    run.add(&source, &Quiet).expect("readable");
    run.finish(false).expect("one input")
}

fn bound(text: &str, fields: &[(&str, DataType)]) -> RowValidator {
    let schema = Schema::new(fields.iter().map(|(name, data)| Field::new(*name, data.clone(), true)).collect::<Vec<_>>());
    rules(text).bind(&schema).expect("binds").row_validator()
}

fn object(value: Value) -> Map<String, Value> {
    value.as_object().cloned().expect("an object")
}

fn failed(verdict: &RowVerdict<'_>) -> Vec<String> {
    verdict.failed().map(|rule| rule.id.to_owned()).collect()
}

#[test]
fn a_value_its_column_could_not_hold_is_an_error_and_is_not_shown() {
    use RowValue::{Date, Decimal, Duration, Float, Int, List, Str, Time, Timestamp, UInt};
    use TimeUnit::{Microsecond, Millisecond, Nanosecond, Second};
    let micros = DataType::Timestamp(Microsecond, Some("UTC".into()));
    let fixed = DataType::FixedSizeList(Arc::new(Field::new("item", DataType::Float32, true)), 2);
    let cases: [(&str, DataType, RowValue<'_>, bool); 30] = [
        ("int8", DataType::Int8, Int(127), true),
        ("int8", DataType::Int8, Int(128), false),
        ("uint8", DataType::UInt8, Int(-1), false),
        ("uint64", DataType::UInt64, UInt(u64::MAX), true),
        ("int64", DataType::Int64, UInt(u64::MAX), false),
        ("int64", DataType::Int64, Float(1.0), false),
        ("float64", DataType::Float64, Int(1), false),
        ("float32", DataType::Float32, Float(0.1), true),
        ("string", DataType::Utf8View, Int(4711), false),
        ("string", DataType::Dictionary(Box::new(DataType::Int8), Box::new(DataType::Utf8)), Str("a"), true),
        ("bool", DataType::Boolean, Int(1), false),
        ("decimal(4, 2)", DataType::Decimal128(4, 2), Decimal { mantissa: 15, scale: 1 }, true),
        ("decimal(4, 2)", DataType::Decimal128(4, 2), Decimal { mantissa: 1500, scale: 3 }, true),
        ("decimal(4, 2)", DataType::Decimal128(4, 2), Decimal { mantissa: 1501, scale: 3 }, false),
        ("decimal(4, 2)", DataType::Decimal128(4, 2), Decimal { mantissa: 100, scale: 0 }, false),
        ("decimal(4, 2)", DataType::Decimal128(4, 2), Decimal { mantissa: 9, scale: -1 }, true),
        ("timestamp", micros.clone(), Timestamp(1, Second), true),
        ("timestamp", micros.clone(), Timestamp(1_000, Nanosecond), true),
        ("timestamp", micros.clone(), Timestamp(1_001, Nanosecond), false),
        ("timestamp", micros.clone(), Timestamp(i64::MAX, Second), false),
        ("timestamp", micros, Date(1), false),
        ("time", DataType::Time32(Second), Time(86_399_000, Millisecond), true),
        ("time", DataType::Time32(Second), Time(1, Millisecond), false),
        ("time", DataType::Time32(Second), Time(1 << 40, Second), false),
        ("duration", DataType::Duration(Second), Duration(1_500, Millisecond), false),
        ("date", DataType::Date64, Date(-1), true),
        ("binary", DataType::FixedSizeBinary(2), RowValue::Bytes(b"ab"), true),
        ("binary", DataType::FixedSizeBinary(2), RowValue::Bytes(b"abc"), false),
        ("vector<float32, 2>", fixed.clone(), RowValue::Float32s(&[1.0, 2.0]), true),
        ("vector<float32, 2>", fixed, List(&[Float(1.0)]), false),
    ];
    for (declared, data, value, holds) in cases {
        let rows = bound(&format!("rulegate 1\nfeatures t {{ x : {declared} }}"), &[("x", data.clone())]);
        let row = [value];
        match rows.judge(&row) {
            Ok(verdict) => assert!(holds && verdict.passes(), "{value:?} in {data}"),
            Err(error @ Error::RowValue { .. }) => {
                assert!(!holds, "{value:?} in {data}: {error}");
                assert!(error.to_string().starts_with("column `x` holds ") && !error.to_string().contains("4711"), "{error}");
            }
            Err(error) => panic!("{error}"),
        }
    }
}

#[test]
fn values_are_taken_as_their_column_stores_them() {
    let rows = bound("rulegate 1\nfeatures t { x : float32 <= 0.1, finite }", &[("x", DataType::Float32)]);
    // The float32 nearest to 0.1 is above it.
    assert_eq!(failed(&rows.judge(&[RowValue::Float(0.1)]).expect("fits")), ["t.x.range"]);
    assert_eq!(failed(&rows.judge(&[RowValue::Float(f64::NAN)]).expect("fits")), ["t.x.range", "t.x.finite"]);
    let micros = DataType::Timestamp(TimeUnit::Microsecond, Some("Europe/Zurich".into()));
    let rows = bound("rulegate 1\nfeatures t { x : timestamp >= timestamp \"1970-01-01T00:00:01Z\" }", &[("x", micros)]);
    let at = |value: i64, unit: TimeUnit| failed(&rows.judge(&[RowValue::Timestamp(value, unit)]).expect("fits"));
    assert_eq!((at(1, TimeUnit::Second).len(), at(999_999, TimeUnit::Microsecond)), (0, vec!["t.x.range".to_owned()]));
}

#[test]
fn a_row_of_another_length_is_an_error() {
    let rows = bound("rulegate 1\nfeatures t { x : int64 }", &[("x", DataType::Int64), ("y", DataType::Int64)]);
    let error = rows.judge(&[RowValue::Int(1)]).expect_err("too short");
    assert_eq!(error.to_string(), "the row has 1 values, and the validator was bound to 2 columns");
    // What no rule reads may be anything.
    assert!(rows.judge(&[RowValue::Int(1), RowValue::Str("unread")]).expect("fits").passes());
}

#[test]
fn missing_keys_are_null_and_wrong_types_fail_the_type() {
    let text = "rulegate 1\nfeatures t { a : int64 >= 0  b : string? length <= 3  rule r: a > 0 or b = \"x\" }";
    let rows = bound(text, &[("a", DataType::Int64), ("b", DataType::Utf8)]);
    let judged = |value: Value| {
        let row = object(value);
        let verdict = rows.judge_map(&row).expect("known keys");
        (failed(&verdict), verdict.unknown().map(str::to_owned).collect::<Vec<_>>(), verdict.passes())
    };
    let ids = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
    assert_eq!(judged(json!({"a": 1})), (ids(&[]), ids(&["t.b.type", "t.b.length"]), true));
    assert_eq!(judged(json!({"b": "x"})), (ids(&["t.a.required"]), ids(&["t.a.type", "t.a.range"]), false));
    assert_eq!(judged(json!({"a": "1", "b": "x"})), (ids(&["t.a.type"]), ids(&["t.a.range"]), false));
    assert_eq!(judged(json!({"a": 1.0, "b": 7, "c": 1})), (ids(&["t.b.type"]), ids(&["t.b.length"]), false));
}

#[test]
fn keys_the_schema_lacks_are_errors_and_undeclared_ones_refuse_a_closed_block() {
    let text = "rulegate 1\nfeatures t @closed { amount : int64  later : int64? > 0  fields /v\\d/ : float64? >= 0 }";
    let rows = bound(text, &[("amount", DataType::Int64)]);
    for key in ["later", "v1"] {
        let row = object(json!({"amount": 1, key: -1}));
        assert!(matches!(rows.judge_map(&row), Err(Error::RowKey(found)) if found == key));
    }
    let row = object(json!({"amount": 1, "amuont": 2}));
    let verdict = rows.judge_map(&row).expect("nothing declared is missing");
    assert!(!verdict.passes());
    assert_eq!(verdict.refusal(), Some("the data has a column `amuont` that is not declared (did you mean `amount`?)"));
    assert!(rows.judge_map(&object(json!({"amount": 1}))).expect("known keys").passes());
}

#[test]
fn a_schema_that_does_not_fit_refuses_every_row() {
    let rows = bound("rulegate 1\nfeatures t { amount : int64  amounts : int64 }", &[("amount", DataType::Int64)]);
    let row = [RowValue::Int(1)];
    let verdict = rows.judge(&row).expect("fits");
    assert_eq!((verdict.passes(), verdict.refusal()), (false, Some("the data has no column `amounts`; it has `amount`")));
}

#[test]
fn redacted_values_are_not_shown() {
    let text = r#"rulegate 1
features t {
  key id
  id   : string @redact
  mail : string @redact is_email
  n    : int64 > 0
  let shown = lower(mail)
  rule r { expect n > 5 and shown = "x" message "{mail} {shown} {n}" }
}"#;
    let rows = bound(text, &[("id", DataType::Utf8), ("mail", DataType::Utf8), ("n", DataType::Int64)]);
    let row = [RowValue::Str("secret-id"), RowValue::Str("secret-mail"), RowValue::Int(-3)];
    let failures = rows.judge(&row).expect("fits").failures();
    let ids: Vec<&str> = failures.iter().map(|failure| failure.rule.as_str()).collect();
    assert_eq!(ids, ["t.mail.is_email", "t.n.range", "t.r"]);
    assert_eq!(failures[2].message.as_deref(), Some("[redacted] [redacted] -3"));
    assert_eq!((failures[0].field.as_deref(), failures[1].values["n"].clone()), (Some("mail"), json!(-3)));
    let sent = serde_json::to_string(&failures).expect("serialises");
    assert!(!sent.contains("secret"), "{sent}");
}

#[test]
fn many_rules_and_threads_share_one_validator() {
    fn is_shared<T: Send + Sync + Clone>(_: &T) {}
    let fields: String = (0..150).map(|at| format!("  c{at} : int64? >= {at}, not in (500) when c{at} > 100\n")).collect();
    let names: Vec<String> = (0..150).map(|at| format!("c{at}")).collect();
    let schema: Vec<(&str, DataType)> = names.iter().map(|name| (name.as_str(), DataType::Int64)).collect();
    let rows = bound(&format!("rulegate 1\nfeatures t {{\n{fields}}}"), &schema);
    is_shared(&rows);
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let rows = rows.clone();
            scope.spawn(move || {
                for value in (thread * 50)..600 {
                    let row = vec![RowValue::Int(value); 150];
                    let verdict = rows.judge(&row).expect("fits");
                    let below = (0..150).filter(|at| value < *at).count();
                    let expected = below + if value == 500 { 150 } else { 0 };
                    assert_eq!(verdict.failed().count(), expected, "{value}");
                    assert_eq!(verdict.passes(), expected == 0);
                }
            });
        }
    });
}

#[test]
fn rules_about_many_rows_are_left_to_sessions() {
    let text = "rulegate 1\nfeatures t { x : int64 unique, increasing  check c: row_count() > 5 }";
    let rows = bound(text, &[("x", DataType::Int64)]);
    let row = [RowValue::Int(1)];
    let verdict = rows.judge(&row).expect("fits");
    assert_eq!(verdict.outcomes().collect::<Vec<_>>(), [("t.x.required", RowOutcome::Passed)]);
    assert!(verdict.passes());
}

#[test]
fn host_functions_are_called_with_one_row() {
    let mut functions = HostFunctions::default();
    functions.register("is_tradable", [DataType::Utf8], DataType::Boolean, |columns| {
        assert_eq!(columns[0].len(), 1);
        let symbols = arrow::array::AsArray::as_string::<i32>(&columns[0]);
        Ok(Arc::new(symbols.iter().map(|symbol| symbol.map(|text| text != "TEST")).collect::<arrow::array::BooleanArray>()))
    });
    let text = "rulegate 1\nextern function is_tradable(symbol: string): bool\nfeatures t { s : string?  rule tradable: is_tradable(s) }";
    let schema = Schema::new(vec![Field::new("s", DataType::Utf8, true)]);
    let rows = rules(text).bind_with(&schema, &BindOptions { functions, ..BindOptions::default() }).expect("binds").row_validator();
    for (symbol, outcome) in [(Some("ETH"), RowOutcome::Passed), (Some("TEST"), RowOutcome::Failed), (None, RowOutcome::Unknown)] {
        let row = [RowValue::from(symbol)];
        assert_eq!(rows.judge(&row).expect("fits").outcomes().last(), Some(("t.tradable", outcome)));
        let row = object(json!({ "s": symbol }));
        assert_eq!(rows.judge_map(&row).expect("known keys").outcomes().last(), Some(("t.tradable", outcome)));
    }
}
