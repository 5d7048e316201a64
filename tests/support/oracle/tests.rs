//! The oracle held against the language page, from text to report.

use super::*;
use arrow::array::*;
use arrow::datatypes::{Float32Type, Int64Type};
use rulegate::source::SourceMap;
use std::sync::Arc;

const NOW: i128 = 1_764_000_000_000_000_000;

fn judged(items: &str, columns: Vec<(&str, ArrayRef)>) -> OracleReport {
    let text = format!("rulegate 1\n{items}\n");
    let mut sources = SourceMap::default();
    let (tree, diagnostics) = rulegate::syntax::parse(sources.add("t.rules", text.as_str()), &text);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    let batch = RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| (name, column, true)));
    judge(&tree, "t", &[batch.expect("columns of one length")], &OracleOptions { now: NOW, ..OracleOptions::default() })
}

fn ints(values: &[Option<i64>]) -> ArrayRef {
    Arc::new(Int64Array::from(values.to_vec()))
}

fn floats(values: &[Option<f64>]) -> ArrayRef {
    Arc::new(Float64Array::from(values.to_vec()))
}

fn texts(values: &[Option<&str>]) -> ArrayRef {
    Arc::new(StringArray::from(values.to_vec()))
}

fn rule<'r>(report: &'r OracleReport, id: &str) -> &'r OracleRule {
    let found = report.rules.iter().find(|rule| rule.id == id);
    found.unwrap_or_else(|| panic!("no {id} among {:?}", report.rules.iter().map(|rule| &rule.id).collect::<Vec<_>>()))
}

/// passed, failed, unknown, faulted
fn counts(report: &OracleReport, id: &str) -> [u64; 4] {
    let rule = rule(report, id);
    [rule.passed, rule.failed, rule.unknown, rule.faulted]
}

/// Judges one expression on one row with `n`, a null int, and `z`, a zero: `true`, `false`, `null` or `fault`.
fn verdict(expr: &str) -> &'static str {
    let report = judged(
        &format!("features t {{ n : int64? z : int64 d : decimal(10, 2) f : float64 rule r: {expr} }}"),
        vec![
            ("n", ints(&[None])),
            ("z", ints(&[Some(0)])),
            ("d", Arc::new(Decimal128Array::from(vec![10]).with_precision_and_scale(10, 2).expect("it fits"))),
            ("f", floats(&[Some(0.1)])),
        ],
    );
    match counts(&report, "t.r") {
        [1, 0, 0, 0] => "true",
        [0, 1, 0, 0] => "false",
        [0, 0, 1, 0] => "null",
        [0, 1, 0, 1] => "fault",
        other => panic!("{other:?}"),
    }
}

#[test]
fn faults_pass_through_everything_but_what_is_decided() {
    assert_eq!(verdict("1 / z = 1"), "fault");
    assert_eq!(verdict("not (1 div z = 1)"), "fault");
    assert_eq!(verdict("(1 / z) is null"), "fault");
    assert_eq!(verdict("1 / z > 0 and z = 1"), "false");
    assert_eq!(verdict("z = 0 or 1 / z > 0"), "true");
    assert_eq!(verdict("n = 1 and 1 / z > 0"), "fault");
    assert_eq!(verdict("case when z = 0 then true else 1 / z > 0 end"), "true");
    assert_eq!(verdict("coalesce(z, 1 div z) = 0"), "true");
    assert_eq!(verdict("try_cast(\"x\" as int64) is null"), "true");
    assert_eq!(verdict("cast(\"x\" as int64) = 1"), "fault");
}

#[test]
fn logic_is_that_of_kleene() {
    assert_eq!(verdict("n > 0 and z = 1"), "false");
    assert_eq!(verdict("n > 0 or z = 0"), "true");
    assert_eq!(verdict("n > 0 or z = 1"), "null");
    assert_eq!(verdict("z between 1 and n"), "false");
    assert_eq!(verdict("z between 0 and n"), "null");
    assert_eq!(verdict("n is distinct from z"), "true");
    assert_eq!(verdict("n not in (1, 2)"), "null");
}

#[test]
fn a_literal_is_exact_beside_a_decimal_and_a_float_elsewhere() {
    assert_eq!(verdict("d = 0.1"), "true");
    assert_eq!(verdict("f = 0.1"), "true");
    assert_eq!(verdict("d = f"), "false");
    assert_eq!(verdict("d + 0.2 = 0.3"), "true");
    assert_eq!(verdict("f + 0.2 = 0.3"), "false");
    assert_eq!(verdict("9007199254740993 > 9007199254740992.0"), "true");
}

#[test]
fn one_missing_value_is_one_failure() {
    let report = judged(
        "features t { a : int64 @missing(-1) >= 0, unique rule r: a < 5 }",
        vec![("a", ints(&[Some(1), None, Some(-1), Some(1), Some(-2), Some(9)]))],
    );
    assert_eq!(counts(&report, "t.a.required"), [4, 2, 0, 0]);
    assert_eq!(counts(&report, "t.a.range"), [3, 1, 2, 0]);
    assert_eq!(counts(&report, "t.r"), [3, 1, 2, 0]);
    assert_eq!(rule(&report, "t.a.unique").failing_rows, [0, 3]);
    assert_eq!(rule(&report, "t.a.type").kind, "schema");
    assert_eq!((report.rows_failed, rule(&report, "t.a.required").failed_alone), (4, 2));
}

#[test]
fn bounds_when_and_nulls_decide_outcomes() {
    let report = judged(
        "features t {
           a : int64? >= 0 when a != 5 @warn(10%) @error(50%), <= 100 @nulls(fail) @name(top) @shadow
         }",
        vec![("a", ints(&[Some(-1), Some(1), Some(2), None, Some(5)]))],
    );
    let range = rule(&report, "t.a.range");
    assert_eq!((range.evaluated, &*range.outcome, &*range.failing_rows), (3, "warn", &[0][..]));
    assert_eq!(counts(&report, "t.a.top"), [4, 1, 0, 0]);
    assert_eq!((report.rows_failed, &*rule(&report, "t.a.top").outcome), (1, "fail"));
}

#[test]
fn nan_is_in_no_range_and_in_one_group() {
    let nan = Some(f64::NAN);
    let report = judged(
        "features t { a : float64? finite, != 1, unique  b : float64? not between 0 and 1 check k: distinct_count(a) = 3 }",
        vec![("a", floats(&[nan, nan, Some(0.0), Some(-0.0), Some(1.0)])), ("b", floats(&[nan; 5]))],
    );
    assert_eq!(rule(&report, "t.a.finite").failing_rows, [0, 1]);
    assert_eq!(rule(&report, "t.a.range").failing_rows, [4]);
    assert_eq!(rule(&report, "t.a.unique").failing_rows, [0, 1, 2, 3]);
    assert_eq!(counts(&report, "t.b.range"), [5, 0, 0, 0]);
    assert_eq!(rule(&report, "t.k").outcome, "pass");
}

#[test]
fn lists_and_vectors_are_judged_by_row() {
    let list = ListArray::from_iter_primitive::<Int64Type, _, _>(vec![
        Some(vec![Some(1), Some(9)]),
        Some(vec![Some(1), None]),
        None,
        Some(vec![]),
    ]);
    let vectors = ListArray::from_iter_primitive::<Float32Type, _, _>(vec![
        Some(vec![Some(3.0), Some(4.0)]),
        Some(vec![Some(1.0)]),
        None,
        Some(vec![Some(0.0), Some(0.0)]),
    ]);
    let report = judged(
        "features t { l : list<int64> each <= 5 v : vector<float32, 2>? norm between 1 and 5 rule any_nine: any(x in l: x = 9) }",
        vec![("l", Arc::new(list)), ("v", Arc::new(vectors))],
    );
    assert_eq!(counts(&report, "t.l.required"), [3, 1, 0, 0]);
    assert_eq!(counts(&report, "t.l.type"), [2, 1, 1, 0]);
    assert_eq!(counts(&report, "t.l.each.range"), [1, 1, 2, 0]);
    assert_eq!(counts(&report, "t.v.type"), [2, 1, 1, 0]);
    assert_eq!(counts(&report, "t.v.norm"), [1, 1, 2, 0]);
    assert_eq!(counts(&report, "t.any_nine"), [1, 1, 2, 0]);
}

#[test]
fn members_are_unknown_where_their_struct_is_null() {
    let x: ArrayRef = ints(&[Some(1), None, None]);
    let fields = vec![arrow::datatypes::Field::new("x", arrow::datatypes::DataType::Int64, true)];
    let pair = StructArray::new(fields.into(), vec![x], Some(vec![true, true, false].into()));
    let report = judged("features t { s : struct { x: int64 > 0 }? }", vec![("s", Arc::new(pair))]);
    assert_eq!(counts(&report, "t.s.x.required"), [1, 1, 1, 0]);
    assert_eq!(counts(&report, "t.s.x.range"), [1, 0, 2, 0]);
}

#[test]
fn patterns_count_cells_and_leave_declared_columns_out() {
    let report = judged(
        r"features t { v1 : float64? fields /v\d/ : float64? >= 0 fields /w\d/ : float64? >= 0 }",
        vec![("v1", floats(&[Some(-1.0), Some(-1.0)])), ("v2", floats(&[Some(-1.0), Some(1.0)])), ("v3", floats(&[Some(-1.0), None]))],
    );
    assert_eq!(counts(&report, r"t.fields(v\d).range"), [1, 2, 1, 0]);
    assert_eq!(rule(&report, r"t.fields(v\d).range").failing_rows, [0]);
    assert_eq!(rule(&report, r"t.fields(w\d).range").outcome, "vacuous");
    assert_eq!(report.rows_failed, 1);
}

#[test]
fn named_types_sets_params_and_lets_are_looked_through() {
    let report = judged(
        "param top: float = 10
         set words = (\"a\", \"b\")
         type small = int64 between 0 and 5
         features t { a : small? <= 3 @name(tighter) w : string in words let big = a > 2 rule r { when big expect a * 2 <= $top } }",
        vec![("a", ints(&[Some(6), Some(4), Some(1), None])), ("w", texts(&[Some("a"), Some("c"), None, Some("b")]))],
    );
    assert_eq!(counts(&report, "t.a.range"), [2, 1, 1, 0]);
    assert_eq!(counts(&report, "t.a.tighter"), [1, 2, 1, 0]);
    assert_eq!(counts(&report, "t.w.enum"), [2, 1, 1, 0]);
    assert_eq!((rule(&report, "t.r").evaluated, rule(&report, "t.r").failed), (2, 1));
}

#[test]
fn checks_pass_fail_stay_vacuous_or_break() {
    let report = judged(
        "features t {
           a : int64? g : string?
           check rows: row_count() = 4
           check none { where a > 100 expect sum(a) > 0 }
           check broken: sum(10 div a) > 0
           check groups @warn { by g expect sum(a) > 1 }
           check keys: unique(g)
         }",
        vec![("a", ints(&[Some(0), Some(1), Some(2), None])), ("g", texts(&[Some("x"), Some("x"), None, Some("y")]))],
    );
    let outcomes = ["rows", "none", "broken", "groups", "keys"].map(|name| &*rule(&report, &format!("t.{name}")).outcome);
    assert_eq!(outcomes, ["pass", "vacuous", "error", "warn", "fail"]);
    assert_eq!(counts(&report, "t.groups"), [1, 1, 1, 0]);
    assert_eq!(rule(&report, "t.rows").value, Some(Value::Int(4)));
    assert_eq!(report.rows_failed, 0);
}

#[test]
fn a_column_of_another_type_refuses_every_row() {
    let report = judged(
        "features t { a : int64 >= 0 b : string? length <= 3 rule r: a > 0 rule s: b = \"x\" }",
        vec![("a", texts(&[Some("1"), Some("2")]))],
    );
    assert_eq!((report.rows_failed, &*rule(&report, "t.a.type").outcome), (2, "fail"));
    for id in ["t.a.required", "t.a.range", "t.r"] {
        assert_eq!(rule(&report, id).outcome, "skipped");
    }
    assert_eq!(rule(&report, "t.s").outcome, "vacuous");
}

#[test]
fn instants_are_compared_with_the_pinned_clock() {
    let seconds = (NOW / 1_000_000_000) as i64;
    let times = TimestampSecondArray::from(vec![seconds - 86_400, seconds - 86_401, seconds]).with_timezone("UTC");
    let report = judged("features t { at : timestamp >= now() - 1 day, year = 2025 }", vec![("at", Arc::new(times))]);
    assert_eq!(rule(&report, "t.at.range").failing_rows, [1]);
    assert_eq!(counts(&report, "t.at.year"), [3, 0, 0, 0]);
}
