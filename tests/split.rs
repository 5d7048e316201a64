//! Files split into two: every row on one side, in its order, with the schema and the metadata it came with, in every format.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::types::Int32Type;
use arrow::array::{
    Array, ArrayRef, AsArray, Decimal128Array, DictionaryArray, DurationMillisecondArray, Float64Array, Int64Array, ListArray, RecordBatch,
    StringArray, TimestampMicrosecondArray,
};
use arrow::compute::concat_batches;
use arrow::datatypes::{DataType, Field, Int64Type, Schema, UInt64Type};
use arrow::ipc::reader::{FileReader, StreamReader};
use arrow::ipc::writer::FileWriter;
use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use rulegate::scan::{Format, Quiet, ScanOptions, Source};
use rulegate::split::{Done, Output, Split, SplitError};
use rulegate::{BindOptions, RuleSet};

const ROWS: i64 = 1_000;

fn rules(text: &str) -> RuleSet {
    RuleSet::compile("t.rules", text, &Default::default()).rule_set.expect("sound rules")
}

fn even_ids() -> RuleSet {
    rules("rulegate 1\nfeatures t { id : int64  rule even: mod(id, 2) = 0 }")
}

fn source(path: PathBuf, partitions: &[(&str, &str)]) -> Source {
    let partitions = partitions.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    Source { name: path.file_name().unwrap().to_string_lossy().into_owned(), format: Format::of(&path).unwrap(), path, partitions }
}

fn split(rules: &RuleSet, sources: &[Source], clean: &str, bad: &str) -> Result<Done<Vec<u8>>, SplitError> {
    // Small batches, so that there are many of them.
    let options = ScanOptions { batch_rows: 64, ..ScanOptions::default() };
    let side = |name: &str| Some(Output { path: name.into(), out: Vec::new() });
    Split { rules, bind: &BindOptions::default(), options: &options }.run(sources, side(clean), side(bad), &Quiet)
}

/// Columns of many kinds, with nulls.
fn batch() -> RecordBatch {
    let ids = || 0..ROWS;
    let schema = Schema::new_with_metadata(
        vec![
            Field::new("id", DataType::Int64, false),
            Field::new("text", DataType::Utf8, true).with_metadata(HashMap::from([("unit".to_owned(), "words".to_owned())])),
            Field::new("price", DataType::Decimal128(12, 2), true),
            Field::new("at", DataType::Timestamp(arrow::datatypes::TimeUnit::Microsecond, Some("Europe/Vienna".into())), false),
            Field::new("took", DataType::Duration(arrow::datatypes::TimeUnit::Millisecond), true),
            Field::new("kind", DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8)), true),
            Field::new_list("tags", Field::new("element", DataType::Int64, true), true),
            Field::new("x", DataType::Float64, true),
        ],
        HashMap::from([("owner".to_owned(), "us".to_owned())]),
    );
    let kinds: DictionaryArray<Int32Type> = ids().map(|id| Some(if id % 3 == 0 { "a" } else { "b" })).collect();
    let tags = ListArray::from_iter_primitive::<Int64Type, _, _>(ids().map(|id| (id % 5 != 0).then(|| vec![Some(id), None])));
    let DataType::List(item) = schema.field(6).data_type().clone() else { panic!("a list") };
    let tags = ListArray::new(item, tags.offsets().clone(), Arc::clone(tags.values()), tags.nulls().cloned());
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int64Array::from_iter_values(ids())),
        Arc::new(ids().map(|id| (id % 4 != 0).then(|| format!("text {id}, \"quoted\""))).collect::<StringArray>()),
        Arc::new(
            ids()
                .map(|id| (id % 6 != 0).then_some(i128::from(id) * 7))
                .collect::<Decimal128Array>()
                .with_precision_and_scale(12, 2)
                .unwrap(),
        ),
        Arc::new(TimestampMicrosecondArray::from_iter_values(ids().map(|id| id * 1_000_003)).with_timezone("Europe/Vienna")),
        Arc::new(DurationMillisecondArray::from_iter_values(ids())),
        Arc::new(kinds),
        Arc::new(tags),
        Arc::new(Float64Array::from_iter_values(ids().map(|id| if id % 9 == 0 { f64::NAN } else { 0.1 }))),
    ];
    RecordBatch::try_new(Arc::new(schema), columns).unwrap()
}

fn write_parquet(path: &Path, batch: &RecordBatch) {
    let pair = KeyValue { key: "made_by".to_owned(), value: Some("a pipeline".to_owned()) };
    let properties = WriterProperties::builder().set_max_row_group_row_count(Some(300)).set_key_value_metadata(Some(vec![pair])).build();
    let mut writer = ArrowWriter::try_new(std::fs::File::create(path).unwrap(), batch.schema(), Some(properties)).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
}

fn read_parquet(bytes: &[u8]) -> RecordBatch {
    let builder = ParquetRecordBatchReaderBuilder::try_new(Bytes::copy_from_slice(bytes)).unwrap();
    let schema = Arc::clone(builder.schema());
    concat_batches(&schema, &builder.build().unwrap().collect::<Result<Vec<_>, _>>().unwrap()).unwrap()
}

fn rows(batch: &RecordBatch, keep: impl Fn(i64) -> bool) -> RecordBatch {
    let mask = batch.column(0).as_primitive::<Int64Type>().values().iter().map(|id| Some(keep(*id))).collect();
    arrow::compute::filter_record_batch(batch, &mask).unwrap()
}

#[test]
fn parquet_keeps_its_schema_its_metadata_and_every_value() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.parquet");
    write_parquet(&path, &batch());
    let done = split(&even_ids(), &[source(path.clone(), &[])], "clean.parquet", "bad.parquet").unwrap();
    assert_eq!((done.rows.as_slice(), done.passed, done.quarantined, done.failed), ([1_000].as_slice(), 500, 500, 500));
    let (clean, bad) = (done.clean.unwrap(), done.quarantine.unwrap());
    // As read, so that the metadata of the file is compared as well.
    assert_eq!(read_parquet(&clean), rows(&read_parquet(&std::fs::read(&path).unwrap()), |id| id % 2 == 0));
    let stored = |bytes: Bytes| SerializedFileReader::new(bytes).unwrap().metadata().file_metadata().clone();
    let (before, after) = (stored(std::fs::read(&path).unwrap().into()), stored(clean.clone().into()));
    assert_eq!(before.schema_descr().root_schema(), after.schema_descr().root_schema());
    assert_eq!(before.key_value_metadata(), after.key_value_metadata());
    let found = read_parquet(&bad);
    let own: Vec<usize> = (0..batch().num_columns()).collect();
    assert_eq!(found.project(&own).unwrap().columns(), rows(&batch(), |id| id % 2 == 1).columns());
    assert_eq!(found.schema().field(5).data_type(), batch().schema().field(5).data_type());
    let names: Vec<&str> = found.schema_ref().fields().iter().skip(own.len()).map(|field| field.name().as_str()).collect();
    assert_eq!(names, ["_gate_file", "_gate_row", "_gate_rules", "_gate_severity", "_gate_messages"]);
    let numbers: Vec<u64> = found.column_by_name("_gate_row").unwrap().as_primitive::<UInt64Type>().values().to_vec();
    assert_eq!(numbers, (0..1_000).filter(|row| row % 2 == 1).collect::<Vec<_>>());
    assert_eq!(stored(bad.into()).key_value_metadata().unwrap()[0].key, "made_by");
}

#[test]
fn arrow_files_keep_their_schema_and_every_value() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.arrow");
    let mut writer = FileWriter::try_new(std::fs::File::create(&path).unwrap(), &batch().schema()).unwrap();
    (0..10).for_each(|part| writer.write(&batch().slice(part * 100, 100)).unwrap());
    writer.finish().unwrap();
    let read = |bytes: Vec<u8>| {
        let reader = FileReader::try_new(std::io::Cursor::new(bytes), None).unwrap();
        let schema = reader.schema();
        concat_batches(&schema, &reader.collect::<Result<Vec<_>, _>>().unwrap()).unwrap()
    };
    let done = split(&even_ids(), &[source(path.clone(), &[])], "clean.arrow", "bad.arrows").unwrap();
    assert_eq!(read(done.clean.unwrap()), rows(&batch(), |id| id % 2 == 0));
    let stream = StreamReader::try_new(std::io::Cursor::new(done.quarantine.unwrap()), None).unwrap();
    assert_eq!(stream.map(|batch| batch.unwrap().num_rows()).sum::<usize>(), 500);
    let done = split(&even_ids(), &[source(path, &[])], "clean.parquet", "bad.arrow").unwrap();
    assert_eq!(read_parquet(&done.clean.unwrap()), rows(&batch(), |id| id % 2 == 0));
    assert_eq!(read(done.quarantine.unwrap()).num_rows(), 500);
}

#[test]
fn what_is_written_is_read_and_judged_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.parquet");
    write_parquet(&path, &batch());
    for ending in ["parquet", "arrow", "arrows", "csv", "jsonl"] {
        let (clean, bad) = (format!("clean.{ending}"), format!("bad.{ending}"));
        let done = split(&even_ids(), &[source(path.clone(), &[])], &clean, &bad).unwrap();
        for (name, bytes, passes) in [(&clean, done.clean.unwrap(), 500), (&bad, done.quarantine.unwrap(), 0)] {
            let again = folder.path().join(name);
            std::fs::write(&again, bytes).unwrap();
            assert_eq!(rulegate::scan::rows(&source(again.clone(), &[])).unwrap(), 500, "{name}");
            let rules = rules("rulegate 1\nfeatures t { id : int64  kind : string  tags : list<int64?>?  rule even: mod(id, 2) = 0 }");
            // What was set aside has the columns that a second quarantine would add.
            let side = Output { path: "again.csv".into(), out: Vec::new() };
            let (bind, options) = (BindOptions::default(), ScanOptions::default());
            let split = Split { rules: &rules, bind: &bind, options: &options };
            let done = split.run(&[source(again, &[])], Some(side), None, &Quiet);
            match done {
                Ok(done) => assert_eq!((done.passed, done.passed + done.quarantined), (passes, 500), "{name}"),
                Err(error) => assert!(passes == 0 && error.to_string().contains("_gate_"), "{name}: {error}"),
            }
        }
    }
}

#[test]
fn batches_without_rows_for_a_side_leave_it_open() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.parquet");
    write_parquet(&path, &batch());
    for (rule, passed) in [("id not in (100, 700)", 998), ("id in (100, 700)", 2), ("id >= 0", 1_000), ("id < 0", 0)] {
        let rules = rules(&format!("rulegate 1\nfeatures t {{ id : int64  rule r: {rule} }}"));
        for ending in ["parquet", "arrow", "arrows", "csv", "jsonl"] {
            let done = split(&rules, &[source(path.clone(), &[])], &format!("c.{ending}"), &format!("q.{ending}")).unwrap();
            assert_eq!((done.passed, done.quarantined), (passed, 1_000 - passed));
            for (name, bytes, rows) in [("c", done.clean, passed), ("q", done.quarantine, 1_000 - passed)] {
                let again = folder.path().join(format!("{name}.{ending}"));
                std::fs::write(&again, bytes.unwrap()).unwrap();
                assert_eq!(rulegate::scan::rows(&source(again, &[])).unwrap(), rows, "{name}.{ending} of {rule}");
            }
        }
    }
}

#[test]
fn columns_that_folders_give_are_written() {
    let folder = tempfile::tempdir().unwrap();
    let paths = ["a.parquet", "b.parquet"].map(|name| folder.path().join(name));
    paths.iter().for_each(|path| write_parquet(path, &batch()));
    let [first, second] = paths;
    let sources = [source(first, &[("dt", "2026-01-31")]), source(second, &[("dt", "2026-02-01")])];
    let done = split(&even_ids(), &sources, "clean.parquet", "bad.parquet").unwrap();
    let clean = read_parquet(&done.clean.unwrap());
    let days = clean.column_by_name("dt").unwrap().as_string::<i32>();
    assert_eq!((days.value(0), days.value(999), days.len()), ("2026-01-31", "2026-02-01", 1_000));
    let bad = read_parquet(&done.quarantine.unwrap());
    let row = bad.column_by_name("_gate_row").unwrap().as_primitive::<UInt64Type>();
    assert_eq!((row.value(499), row.value(500)), (999, 1), "rows are numbered within their file");
}

#[test]
fn a_file_without_rows_gives_files_without_rows() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.parquet");
    write_parquet(&path, &batch().slice(0, 0));
    for ending in ["parquet", "arrow", "arrows", "csv", "jsonl"] {
        let done = split(&even_ids(), &[source(path.clone(), &[])], &format!("c.{ending}"), &format!("q.{ending}")).unwrap();
        for (name, bytes) in [("c", done.clean.unwrap()), ("q", done.quarantine.unwrap())] {
            let again = folder.path().join(format!("{name}.{ending}"));
            std::fs::write(&again, bytes).unwrap();
            assert_eq!(rulegate::scan::rows(&source(again, &[])).unwrap(), 0, "{name}.{ending}");
        }
    }
}

#[test]
fn lines_that_do_not_fit_their_types_are_set_aside_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.jsonl");
    let lines = ["{\"id\": 2, \"more\": {\"a\": 1}}", "{\"id\": \"two\"}", "{ }", "{\"id\":4}"];
    std::fs::write(&path, lines.join("\n")).unwrap();
    let done = split(&even_ids(), &[source(path.clone(), &[])], "clean.jsonl", "bad.jsonl").unwrap();
    assert_eq!(String::from_utf8(done.clean.unwrap()).unwrap(), format!("{}\n{}\n", lines[0], lines[3]));
    let bad = String::from_utf8(done.quarantine.unwrap()).unwrap();
    let bad: Vec<&str> = bad.lines().collect();
    assert!(bad[0].starts_with("{\"id\": \"two\",\"_gate_file\":\"t.jsonl\",\"_gate_row\":1,"), "{bad:?}");
    assert!(bad[1].starts_with("{\"_gate_file\":\"t.jsonl\",\"_gate_row\":2,"), "{bad:?}");
    bad.iter().for_each(|line| assert!(serde_json::from_str::<serde_json::Value>(line).unwrap().is_object()));
    let done = split(&even_ids(), &[source(path, &[])], "clean.parquet", "bad.parquet").unwrap();
    assert_eq!(read_parquet(&done.quarantine.unwrap()).column(0).as_string::<i32>().value(0), lines[1]);
}

#[test]
fn a_column_of_the_data_that_the_quarantine_would_add_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    std::fs::write(&path, "id,_gate_file\n1,x\n").unwrap();
    let error = split(&even_ids(), &[source(path, &[])], "clean.csv", "bad.csv").unwrap_err();
    assert!(error.to_string().contains("`_gate_file`"), "{error}");
}

/// Takes so many bytes and then no more.
struct Full(usize);

impl std::io::Write for Full {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.0 == 0 {
            return Err(std::io::ErrorKind::StorageFull.into());
        }
        let taken = bytes.len().min(self.0);
        self.0 -= taken;
        Ok(taken)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_sink_that_fails_at_any_byte_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.parquet");
    write_parquet(&path, &batch());
    let (bind, options, rules) = (BindOptions::default(), ScanOptions::default(), even_ids());
    let split = Split { rules: &rules, bind: &bind, options: &options };
    for ending in ["parquet", "arrow", "arrows", "csv", "jsonl"] {
        for room in [0, 3, 100, 1_000, 5_000] {
            let side = |name: &str| Some(Output { path: format!("{name}.{ending}").into(), out: Full(room) });
            let error = split.run(&[source(path.clone(), &[])], side("clean"), side("bad"), &Quiet).err();
            assert!(matches!(error, Some(SplitError::Write { .. })), "{ending} with {room} bytes: {error:?}");
        }
    }
}

/// A value that is null because its cell did not parse is replaced where it stands, in the text.
#[test]
fn cells_that_do_not_parse_are_replaced_or_set_aside() {
    let folder = tempfile::tempdir().unwrap();
    let (csv, jsonl) = (folder.path().join("t.csv"), folder.path().join("t.jsonl"));
    std::fs::write(&csv, "id,a\n1,5\n2,abc\n3,-1\n").unwrap();
    std::fs::write(&jsonl, "{\"id\":1,\"a\":5}\n{\"id\":2,\"a\":\"abc\"}\n{\"id\":3,\"a\":-1}\n").unwrap();
    let halves = |rules: &RuleSet, path: &Path, ending: &str| {
        let done = split(rules, &[source(path.to_path_buf(), &[])], &format!("clean.{ending}"), &format!("bad.{ending}")).unwrap();
        let text = |bytes: Option<Vec<u8>>| String::from_utf8(bytes.unwrap()).unwrap();
        (text(done.clean), text(done.quarantine), done.replaced)
    };
    let replaced = rules("rulegate 1\nfeatures t { id : int64  a : int64? @on_fail(replace(null)) >= 0 }");
    let (clean, bad, count) = halves(&replaced, &csv, "csv");
    assert!(count == 2 && clean.lines().count() == 4 && bad.lines().count() <= 1, "{clean}\n{bad}");
    assert!(!clean.contains("abc") && !clean.contains("-1"), "{clean}");
    let (clean, _, _) = halves(&replaced, &jsonl, "jsonl");
    assert!(!clean.contains("abc") && !clean.contains("-1"), "{clean}");
    // `@warn` softens the range, and not the type.
    let warned = rules("rulegate 1\nfeatures t { id : int64  a : int64 @warn >= 0 }");
    let (clean, bad, _) = halves(&warned, &csv, "csv");
    assert!(!clean.contains("abc") && clean.contains("-1") && bad.contains("abc"), "{clean}\n{bad}");
}

/// A file that changes between the report and the split is noticed also where as many rows fail as before.
#[test]
fn a_file_that_was_changed_since_its_report_is_not_split() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    let rules = rules("rulegate 1\nfeatures t { a : int64 <= 9  b : int64 <= 9  c : int64? <= 9 @warn }");
    let sources = [source(path.clone(), &[])];
    let (bind, options) = (BindOptions::default(), ScanOptions::default());
    let first = "a,b,c\n1,2,3\n12,2,3\n";
    std::fs::write(&path, first).unwrap();
    let mut run = rulegate::scan::Run::new(rules.clone(), bind.clone(), options.clone());
    run.add_all(&sources, &Quiet).unwrap();
    let report = run.finish(false).unwrap();
    let again = |text: &str| {
        std::fs::write(&path, text).unwrap();
        let side = |name: &str| Some(Output { path: name.into(), out: Vec::new() });
        let split = Split { rules: &rules, bind: &bind, options: &options };
        split.run_after(&report, &sources, side("clean.csv"), side("bad.csv"), &Quiet)
    };
    assert_eq!(again(first).unwrap().quarantined, 1);
    let other_rule = "a,b,c\n1,2,3\n1,12,3\n";
    let other_nulls = "a,b,c\n1,2,\n12,2,3\n";
    let more_rows = "a,b,c\n1,2,3\n12,2,3\n1,2,3\n";
    for (text, said) in [(other_rule, "`t.a.range`"), (other_nulls, "`t.c.type`"), (more_rows, "it had 2 rows, and has 3")] {
        match again(text) {
            Err(SplitError::Changed { file, what }) => assert!(file == "t.csv" && what.contains(said), "{what}"),
            other => panic!("{other:?}"),
        }
    }
}
