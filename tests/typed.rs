//! Typed values of responses: one reading gives the verdict and the values, in every format, row for row.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Float32Array, RecordBatch, StringArray, StructArray, UInt64Array};
use arrow::compute::concat_batches;
use arrow::datatypes::{DataType, Field, Float64Type, UInt64Type};
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;
use rulegate::report::{Outcome, Report};
use rulegate::scan::{Format, Quiet, Run, ScanError, ScanOptions, Source};
use rulegate::{BindOptions, RuleSet};

const MOOD: &str = r#"output mood from response @finish_reason(finish) {
  columns { id: int64, finish: string? }
  key id
  tone  : string @normalize(trim, lower) in ("good", "bad")
  score : float between -1 and 1
  note  : string?
  fallback { tone: "bad", score: 0.0 }
}"#;

fn rules(text: &str) -> RuleSet {
    let compiled = RuleSet::compile("test.rules", &format!("rulegate 1\n{text}"), &Default::default());
    compiled.rule_set.unwrap_or_else(|| panic!("{:#?}", compiled.diagnostics))
}

/// Every seventh response is broken off, every fifth out of range, every eleventh refused.
fn moods(rows: u64) -> RecordBatch {
    let text = |row: u64| match row {
        row if row % 7 == 3 => r#"{"tone": "good", "sco"#.to_owned(),
        row if row % 5 == 2 => r#"{"tone": " Good ", "score": 7}"#.to_owned(),
        row => format!(r#"{{"tone": " Good ", "score": 0.{row}, "note": "row {row}"}}"#),
    };
    let finish = |row: u64| if row % 11 == 4 { "refusal" } else { "stop" };
    let ids = arrow::array::Int64Array::from_iter_values((0..rows).map(|row| i64::try_from(row).unwrap() + 1_000));
    RecordBatch::try_from_iter([
        ("id", Arc::new(ids) as ArrayRef),
        ("finish", Arc::new(StringArray::from_iter_values((0..rows).map(finish)))),
        ("response", Arc::new(StringArray::from_iter_values((0..rows).map(text)))),
    ])
    .unwrap()
}

fn write_parquet(path: &Path, batch: &RecordBatch, group: usize) {
    let properties = WriterProperties::builder().set_max_row_group_row_count(Some(group)).build();
    let mut writer = ArrowWriter::try_new(File::create(path).unwrap(), batch.schema(), Some(properties)).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
}

fn write_ipc(path: &Path, batch: &RecordBatch) {
    let mut writer = arrow::ipc::writer::FileWriter::try_new(File::create(path).unwrap(), &batch.schema()).unwrap();
    writer.write(batch).unwrap();
    writer.finish().unwrap();
}

fn write_lines(path: &Path, batch: &RecordBatch) {
    let (ids, finish, responses) = (batch.column(0), batch.column(1).as_string::<i32>(), batch.column(2).as_string::<i32>());
    let ids = ids.as_primitive::<arrow::datatypes::Int64Type>();
    let line =
        |row: usize| serde_json::json!({"id": ids.value(row), "finish": finish.value(row), "response": responses.value(row)}).to_string();
    std::fs::write(path, (0..batch.num_rows()).map(|row| line(row) + "\n").collect::<String>()).unwrap();
}

/// The report of files, and their typed rows as one batch.
fn scanned(rules: &RuleSet, sources: &[Source], options: &ScanOptions) -> (Report, RecordBatch, usize) {
    let mut run = Run::new(rules.clone(), BindOptions::default(), options.clone());
    let mut taken = Vec::new();
    let mut take = |rows: RecordBatch| {
        taken.push(rows);
        Ok(())
    };
    run.add_all_typed(sources, &Quiet, &mut take).unwrap();
    let largest = taken.iter().map(RecordBatch::num_rows).max().unwrap();
    (run.finish(false).unwrap(), concat_batches(&rules.typed_schema(None).unwrap(), &taken).unwrap(), largest)
}

fn source(path: &Path, format: Format) -> Source {
    Source { path: path.to_path_buf(), name: path.file_name().unwrap().to_string_lossy().into_owned(), format, partitions: Vec::new() }
}

fn shown(report: &Report) -> serde_json::Value {
    let mut report = serde_json::to_value(report).unwrap();
    // How rows were answered is all that may differ.
    report["inputs"].as_array_mut().unwrap().iter_mut().for_each(|input| input["rows_proved"] = 0.into());
    report
}

#[test]
fn one_reading_gives_what_two_give() {
    let (rules, batch) = (rules(MOOD), moods(5_000));
    let validator = rules.bind(&batch.schema()).unwrap();
    let (verdict, typed) = validator.validate_typed(&batch).unwrap();
    let (alone, read_again) = (validator.validate(&batch).unwrap(), validator.typed(&batch).unwrap());
    assert_eq!((verdict.counts(), verdict.failing()), (alone.counts(), alone.failing()));
    assert_eq!((&typed.values, &typed.status, &typed.reason), (&read_again.values, &read_again.status, &read_again.reason));
    assert_eq!(typed.keys, read_again.keys);

    let (mut session, mut plain) = (validator.session(), validator.session());
    let added = session.add_typed(&batch).unwrap();
    plain.add(&batch).unwrap();
    assert_eq!((&added.values, &added.status, &added.reason), (&typed.values, &typed.status, &typed.reason));
    assert_eq!(shown(&session.finish()), shown(&plain.finish()));
}

#[test]
fn each_row_has_its_value_its_status_and_its_reason() {
    let (rules, batch) = (rules(MOOD), moods(2_000));
    let typed = rules.bind(&batch.schema()).unwrap().typed(&batch).unwrap();
    let (tones, scores) = (typed.values.column(0).as_string_view(), typed.values.column(1).as_primitive::<Float64Type>());
    for row in 0..2_000 {
        let reason = match row {
            row if row % 11 == 4 => Some("refused"),
            row if row % 7 == 3 => Some("truncated"),
            row if row % 5 == 2 => Some("mood.score.range"),
            _ => None,
        };
        let (status, tone, score) = match reason {
            Some(_) => ("fallback", "bad", 0.0),
            None => ("strict", "good", format!("0.{row}").parse().unwrap()),
        };
        assert_eq!((typed.status.value(row), tones.value(row), scores.value(row)), (status, tone, score), "row {row}");
        assert_eq!(typed.reason.is_valid(row).then(|| typed.reason.value(row)), reason, "row {row}");
    }
}

#[test]
fn files_of_every_format_give_the_rows_of_the_batch_in_order() {
    let (rules, batch) = (rules(MOOD), moods(30_000));
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    write_parquet(&at("a.parquet"), &batch, 4_000);
    write_ipc(&at("b.arrow"), &batch);
    write_lines(&at("c.jsonl"), &batch);
    let sources =
        [source(&at("a.parquet"), Format::Parquet), source(&at("b.arrow"), Format::ArrowIpc), source(&at("c.jsonl"), Format::JsonLines)];
    let options = ScanOptions { batch_rows: 1_000, ..ScanOptions::default() };
    let (report, rows, largest) = scanned(&rules, &sources, &options);
    assert_eq!(rows.num_rows(), 90_000);
    assert!(largest <= 8_192, "{largest} rows were held at once");

    let typed = rules.bind(&batch.schema()).unwrap().typed(&batch).unwrap();
    for (at, source) in sources.iter().enumerate() {
        let part = rows.slice(at * 30_000, 30_000);
        let expected = typed.rows(&rules.typed_schema(None).unwrap(), &source.name, 0).unwrap();
        assert_eq!(part, expected, "{}", source.name);
    }
    // The verdict is that of a run that takes no values.
    let mut plain = Run::new(rules, BindOptions::default(), options);
    plain.add_all(&sources, &Quiet).unwrap();
    assert_eq!(shown(&report), shown(&plain.finish(false).unwrap()));
}

#[test]
fn the_schema_follows_from_the_rules_alone() {
    let schema = rules(MOOD).typed_schema(None).unwrap();
    let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    assert_eq!(names, ["input", "row", "key", "values", "status", "reason"]);
    let keyless = rules("output a from r { b : int }").typed_schema(None).unwrap();
    assert_eq!(keyless.fields().len(), 5);
    let features = rules("features a { b : int }").typed_schema(None).unwrap_err();
    assert!(features.to_string().contains("`a` is a features block"), "{features}");
}

#[test]
fn structs_come_back_in_declared_types_with_the_fallback_where_they_fail() {
    let rules = rules(MOOD);
    let fields = vec![Field::new("score", DataType::Float32, true), Field::new("tone", DataType::Utf8, true)];
    let columns: Vec<ArrayRef> = vec![Arc::new(Float32Array::from(vec![0.5, 7.0])), Arc::new(StringArray::from(vec!["good", "good"]))];
    let batch = RecordBatch::try_from_iter([
        ("id", Arc::new(arrow::array::Int64Array::from(vec![1, 2])) as ArrayRef),
        ("response", Arc::new(StructArray::new(fields.into(), columns, None))),
    ])
    .unwrap();
    let typed = rules.bind(&batch.schema()).unwrap().typed(&batch).unwrap();
    assert_eq!(typed.status, StringArray::from(vec!["strict", "fallback"]));
    assert_eq!(typed.values.column(1).as_primitive::<Float64Type>().values(), &[0.5, 0.0]);
    let tones = typed.values.column(0).as_string_view();
    assert_eq!((tones.value(0), tones.value(1), typed.values.column(2).null_count()), ("good", "bad", 2));
}

#[test]
fn where_the_schema_does_not_fit_every_row_fails() {
    let rules = rules("output a from r { columns { k: int64 }  b : int  fallback { b: 0 } }");
    let batch = RecordBatch::try_from_iter([("r", Arc::new(StringArray::from(vec![r#"{"b": 1}"#])) as ArrayRef)]).unwrap();
    let validator = rules.bind(&batch.schema()).unwrap();
    let (verdict, typed) = validator.validate_typed(&batch).unwrap();
    assert_eq!((verdict.rows_failed(), typed.status.value(0), typed.reason.value(0)), (1, "fallback", "a.k.required"));
}

#[test]
fn values_of_redacted_fields_stand_in_the_typed_rows_and_nowhere_else() {
    const CANARY: &str = "zq7canary";
    let rules = rules(
        r#"output a from r @closed @json(lenient) {
      secret : string @redact length <= 9, no_pii
      other  : int @redact
    }"#,
    );
    let texts = [
        format!(r#"{{"secret": "{CANARY}", "other": 1}}"#),
        format!(r#"{{"secret": "{CANARY}{CANARY}", "other": 1}}"#),
        format!(r#"{{"secret": "{CANARY}", "{CANARY}": 1, "other": 1}}"#),
        format!(r#"{{"secret": "{CANARY}", "other": "{CANARY}"}}"#),
        format!(r#"so: {{"secret": "{CANARY}", "other": 1}}"#),
        format!(r#"{{"secret": "{CANARY}"#),
    ];
    let batch = RecordBatch::try_from_iter([("r", Arc::new(StringArray::from(texts.to_vec())) as ArrayRef)]).unwrap();
    let validator = rules.bind(&batch.schema()).unwrap();
    let mut session = validator.session();
    let typed = session.add_typed(&batch).unwrap();

    // The data keep what they are.
    let values = typed.values.column(0).as_string_view();
    assert_eq!(typed.status, StringArray::from(vec!["strict", "failed", "failed", "failed", "recovered", "failed"]));
    assert_eq!((values.value(0), values.value(4), values.null_count()), (CANARY, CANARY, 4));
    // What is told about them does not.
    let reasons: Vec<Option<&str>> = typed.reason.iter().collect();
    let told = [None, Some("a.secret.length"), Some("a.extra_fields"), Some("a.other.type"), Some("prose_wrapped"), Some("truncated")];
    assert_eq!(reasons, told);
    let report = session.finish();
    assert_eq!(report.outcome, Outcome::Fail);
    assert!(!serde_json::to_string(&report).unwrap().contains(CANARY));
    assert!(!serde_json::to_string(session.state()).unwrap().contains(CANARY));
}

#[test]
fn who_takes_the_rows_may_end_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.parquet");
    write_parquet(&path, &moods(100), 10);
    let mut run = Run::new(rules(MOOD), BindOptions::default(), ScanOptions::default());
    let mut rows = 0;
    let mut take = |batch: RecordBatch| {
        rows += batch.num_rows();
        Err("the disk is full".to_owned())
    };
    let error = run.add_all_typed(&[source(&path, Format::Parquet)], &Quiet, &mut take).unwrap_err();
    assert!(matches!(&error, ScanError::Taken { reason } if reason == "the disk is full"), "{error}");
    assert!(rows <= 10);
}

#[test]
fn rows_are_numbered_within_their_input() {
    let folder = tempfile::tempdir().unwrap();
    let (a, b) = (folder.path().join("a.parquet"), folder.path().join("b.parquet"));
    write_parquet(&a, &moods(25), 10);
    write_parquet(&b, &moods(15), 10);
    let sources = [source(&a, Format::Parquet), source(&b, Format::Parquet)];
    let (_, rows, _) = scanned(&rules(MOOD), &sources, &ScanOptions::default());
    let numbers = rows.column(1).as_primitive::<UInt64Type>();
    assert_eq!(numbers, &UInt64Array::from_iter_values((0..25).chain(0..15)));
    let names = rows.column(0).as_string::<i32>();
    assert_eq!((names.value(24), names.value(25)), ("a.parquet", "b.parquet"));
}

#[test]
fn replaced_values_stand_in_the_typed_rows() {
    let rules = rules(
        r#"output mood from response {
  tone  : string in ("good", "bad") @on_fail(replace("bad")), length <= 9 @on_fail(replace("long"))
  score : float? between -1 and 1 @on_fail(replace(0.5)) @warn
  note  : string? @redact length <= 3 @on_fail(keep)
  size  : int >= 0
}"#,
    );
    let responses = StringArray::from(vec![
        r#"{"tone": "good", "score": 1, "note": "long enough", "size": 1}"#,
        r#"{"tone": "so so", "score": 7, "size": 1}"#,
        r#"{"tone": "neither of them", "score": null, "size": 1}"#,
        r#"{"tone": "so so", "score": 7, "size": -1}"#,
        r#"{"tone": "#,
    ]);
    let batch = RecordBatch::try_from_iter([("response", Arc::new(responses) as ArrayRef)]).unwrap();
    let validator = rules.bind(&batch.schema()).unwrap();
    let (verdict, typed) = validator.validate_typed(&batch).unwrap();
    // What is replaced has failed all the same.
    assert_eq!(verdict.rows_failed(), 5);
    let column = |name: &str| typed.values.column_by_name(name).unwrap();
    let tones: Vec<Option<&str>> = column("tone").as_string_view().iter().collect();
    // Of two rules that replace a value the first one does.
    assert_eq!(tones[..3], [Some("good"), Some("bad"), Some("bad")]);
    let scores: Vec<Option<f64>> = column("score").as_primitive::<Float64Type>().iter().collect();
    assert_eq!(scores[..3], [Some(1.0), Some(0.5), None]);
    assert_eq!(typed.status, StringArray::from(vec!["strict", "strict", "strict", "failed", "failed"]));
    let reasons = [None, Some("mood.tone.enum"), Some("mood.tone.enum"), Some("mood.size.range"), Some("truncated")];
    assert_eq!(typed.reason, StringArray::from(reasons.to_vec()));
    assert!(typed.values.is_null(3));
}

#[test]
fn what_cannot_be_replaced_is_told() {
    let batch = RecordBatch::try_from_iter([("response", Arc::new(StringArray::from(vec!["{}"])) as ArrayRef)]).unwrap();
    for (field, what) in [
        ("tags : list<string> each length <= 2 @on_fail(replace(\"x\"))", "E0305"),
        ("deep : struct { a: int >= 0 @on_fail(replace(0)) }", "only the whole value"),
    ] {
        let text = format!("rulegate 1\noutput mood from response {{ {field} }}");
        let compiled = RuleSet::compile("test.rules", &text, &Default::default());
        let told = match compiled.rule_set {
            None => compiled.diagnostics[0].code.as_str().to_owned(),
            Some(rules) => rules.bind(&batch.schema()).unwrap().typed(&batch).unwrap_err().to_string(),
        };
        assert!(told.contains(what), "{field}: {told}");
    }
}
