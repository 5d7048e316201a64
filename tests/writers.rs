//! Parquet files that other writers made: each must come to the very report that the same rows give in memory.
//!
//! `tests/writers/README.md` tells what lies there. The truth is `table.arrow`, which no Parquet reader touches, and for many rules also
//! the counts of `expected.json`, which plain Python made of plain values.
//!
//! `writers/hostile.rs` breaks the same files, or lets them lie.
#![cfg(feature = "parquet")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "writers/hostile.rs"]
mod hostile;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use parquet::basic::{Encoding, PageType};
use parquet::file::metadata::{ColumnChunkMetaData, PageEncodingStats};
use rayon::prelude::*;
use rulegate::diagnostics::Code;
use rulegate::report::{Integrity, Report, RuleKind, RuleOutcome};
use rulegate::scan::{Format, Quiet, Run, ScanError, ScanOptions, Source};
use rulegate::{BindOptions, RuleSet};
use serde_json::Value;

const GROUPS: [&str; 5] = ["numbers", "text", "time", "nested", "odd"];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/writers")
}

/// A file, and what its writer said of it.
#[derive(Debug, serde::Deserialize)]
struct Written {
    file: String,
    groups: Vec<String>,
    /// Its first row in the table.
    first: usize,
    rows: usize,
    row_groups: u64,
    columns: Vec<String>,
    /// Whether its writer strayed from the format, so that it must be refused.
    refused: bool,
    /// Rule id to passed, failed and unknown rows, and the first row of the file that fails.
    counts: BTreeMap<String, Vec<u64>>,
}

impl Written {
    fn path(&self) -> PathBuf {
        folder().join("files").join(&self.file)
    }

    fn is_by(&self, writer: &str) -> bool {
        self.file.starts_with(writer)
    }
}

fn written() -> Vec<Written> {
    let text = std::fs::read_to_string(folder().join("expected.json")).expect("expected.json is there");
    serde_json::from_str(&text).expect("it is as write.py left it")
}

/// The table that every writer was given.
fn table() -> RecordBatch {
    let file = std::fs::File::open(folder().join("table.arrow")).expect("table.arrow is there");
    let reader = arrow::ipc::reader::FileReader::try_new(file, None).expect("Arrow IPC");
    let schema = reader.schema();
    let batches: Vec<RecordBatch> = reader.map(|batch| batch.expect("a batch")).collect();
    concat_batches(&schema, &batches).expect("of one schema")
}

fn rules_of(group: &str) -> RuleSet {
    let text = std::fs::read_to_string(folder().join(format!("{group}.rules"))).expect("the rules are there");
    let compiled = RuleSet::compile(&format!("{group}.rules"), &text, &Default::default());
    // Some of them cannot fail, so that what is proved of all values is asked too.
    let remarks = compiled.diagnostics.iter().filter(|diagnostic| diagnostic.code != Code::NeverFails).count();
    assert_eq!(remarks, 0, "{group}: {:#?}", compiled.diagnostics);
    compiled.rule_set.expect("without diagnostics there are rules")
}

fn all_rules() -> BTreeMap<&'static str, RuleSet> {
    GROUPS.into_iter().map(|group| (group, rules_of(group))).collect()
}

/// The report over the rows of a file, taken from the table, `size` rows at a time.
fn in_memory(rules: &RuleSet, table: &RecordBatch, written: &Written, size: usize) -> Report {
    let schema = table.schema();
    let columns: Vec<usize> = written.columns.iter().map(|name| schema.index_of(name).expect("a column of the table")).collect();
    let rows = table.slice(written.first, written.rows).project(&columns).expect("columns of the table");
    let mut session = rules.bind(&rows.schema()).expect("binds").session();
    for start in (0..rows.num_rows().max(1)).step_by(size) {
        session.add(&rows.slice(start, size.min(rows.num_rows() - start))).expect("of the bound schema");
    }
    session.finish()
}

fn judged(rules: &RuleSet, path: &Path, options: ScanOptions) -> Result<Report, ScanError> {
    let mut run = Run::new(rules.clone(), BindOptions::default(), options);
    // The name that a session gives its batches: it stands in every sample.
    let source = Source { path: path.to_owned(), name: "batches".to_owned(), format: Format::Parquet, partitions: Vec::new() };
    run.add(&source, &Quiet)?;
    Ok(run.finish(false).expect("a file was added"))
}

/// The report of a file; an error with the file's name.
fn told(written: &Written, rules: &RuleSet, options: ScanOptions) -> Result<Report, String> {
    judged(rules, &written.path(), options).map_err(|error| format!("{}: {error}", written.file))
}

/// All of a report but what is known only of files.
fn comparable(mut report: Report) -> Value {
    for input in &mut report.inputs {
        (input.row_groups, input.rows_proved, input.integrity) = (None, 0, Integrity::None);
    }
    serde_json::to_value(report).expect("a report is JSON")
}

/// The rules, or other parts, in which two reports differ.
fn same(what: &str, expected: &Report, found: &Report) -> Result<(), String> {
    let (expected, found) = (comparable(expected.clone()), comparable(found.clone()));
    if expected == found {
        return Ok(());
    }
    let (Value::Object(expected), Value::Object(found)) = (expected, found) else { panic!("a report is an object") };
    let parts = expected.iter().filter(|(key, value)| *key != "rules" && **value != found[*key]);
    let parts = parts.map(|(key, value)| format!("{key}:\n    {value}\n    {}", found[key]));
    let rules = expected["rules"].as_array().unwrap().iter().zip(found["rules"].as_array().unwrap());
    let rules = rules.filter(|(left, right)| left != right).map(|(left, right)| format!("{left}\n    {right}"));
    Err(format!("{what}: {}", parts.chain(rules).collect::<Vec<_>>().join("\n  ")))
}

fn on_threads<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool").install(work)
}

/// Every file that holds to the format, under the rules of every group it holds.
fn for_each_file(test: impl Fn(&Written, &RuleSet) -> Result<(), String> + Sync) {
    let rules = all_rules();
    let problems = |written: &Written| -> Vec<String> {
        written.groups.iter().filter_map(|group| test(written, &rules[group.as_str()]).err()).collect()
    };
    let problems: Vec<String> = written().par_iter().filter(|written| !written.refused).flat_map_iter(problems).collect();
    assert!(problems.is_empty(), "{} problems\n{}", problems.len(), problems.join("\n"));
}

// ---- what is there ----------------------------------------------------------------------------------------------------------------

#[test]
fn no_file_is_missing_and_none_is_left_over() {
    let written = written();
    let mut listed: Vec<String> = written.iter().map(|written| written.file.clone()).collect();
    listed.sort();
    let entries = std::fs::read_dir(folder().join("files")).expect("the files are there");
    let mut found: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    found.sort();
    assert_eq!(found, listed);
    let by = |writer: &str| written.iter().filter(|written| written.is_by(writer)).count();
    assert!(by("pyarrow") >= 35 && by("duckdb") >= 14 && by("polars") >= 12, "{listed:?}");
    for group in GROUPS {
        for writer in ["pyarrow", "duckdb", "polars"] {
            let has = |written: &&Written| written.is_by(writer) && written.rows > 0 && written.groups.iter().any(|name| name == group);
            assert!(written.iter().any(|written| has(&written)), "{writer} wrote no {group}");
        }
    }
    assert!(written.iter().filter(|written| written.rows == 0).count() >= 4);
}

#[rustfmt::skip]
const WANTED: [&str; 24] = [
    "codec UNCOMPRESSED", "codec SNAPPY", "codec GZIP", "codec BROTLI", "codec ZSTD", "codec LZ4_RAW",
    "encoding PLAIN", "encoding PLAIN_DICTIONARY", "encoding RLE", "encoding RLE_DICTIONARY", "encoding DELTA_BINARY_PACKED",
    "encoding DELTA_BYTE_ARRAY", "encoding DELTA_LENGTH_BYTE_ARRAY", "encoding BYTE_STREAM_SPLIT",
    "dictionary true", "dictionary false", "overflow", "required true", "required false",
    "statistics true", "statistics false", "page index true", "page index false", "bloom filter true",
];

#[test]
fn the_files_hold_what_they_were_made_for() {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for written in written() {
        for group in hostile::metadata(&std::fs::read(written.path()).unwrap()).row_groups() {
            for chunk in group.columns() {
                let dictionary = chunk.dictionary_page_offset().is_some();
                let told = [
                    format!("codec {}", chunk.compression_codec()),
                    format!("dictionary {dictionary}"),
                    format!("statistics {}", chunk.statistics().is_some()),
                    format!("page index {}", chunk.column_index_offset().is_some()),
                    format!("bloom filter {}", chunk.bloom_filter_offset().is_some()),
                    format!("required {}", chunk.column_descr().max_def_level() == 0),
                ];
                let overflow = dictionary && data_pages(chunk, Encoding::PLAIN) && data_pages(chunk, Encoding::RLE_DICTIONARY);
                let kinds = chunk.encodings().map(|encoding| format!("encoding {encoding}"));
                let overflows = overflow.then(|| "overflow".to_owned());
                told.into_iter().chain(kinds).chain(overflows).for_each(|told| *seen.entry(told).or_default() += 1);
            }
        }
    }
    for wanted in WANTED {
        assert!(seen.get(wanted).is_some_and(|count| *count >= 3), "{wanted} is missing: {seen:#?}");
    }
}

fn data_pages(chunk: &ColumnChunkMetaData, encoding: Encoding) -> bool {
    let is_data = |page: &PageEncodingStats| page.page_type != PageType::DICTIONARY_PAGE && page.encoding == encoding;
    chunk.page_encoding_stats().is_some_and(|pages| pages.iter().any(is_data))
}

// ---- one report, whoever wrote the rows -------------------------------------------------------------------------------------------

#[test]
fn every_file_gives_the_report_of_its_rows_in_memory() {
    let table = table();
    for_each_file(|written, rules| {
        let found = told(written, rules, ScanOptions::default())?;
        assert_eq!((found.rows, found.inputs[0].row_groups), (written.rows as u64, Some(written.row_groups)), "{}", written.file);
        same(&written.file, &in_memory(rules, &table, written, 1_000), &found)?;
        same(&format!("{} against one batch", written.file), &in_memory(rules, &table, written, usize::MAX), &found)
    });
}

/// Deltas of more bits than the values have: a guess at what was meant would be a silent other answer.
#[test]
fn files_that_stray_from_the_format_are_refused() {
    let (rules, mut refused) = (all_rules(), 0);
    for written in written().iter().filter(|written| written.refused) {
        match told(written, &rules[written.groups[0].as_str()], ScanOptions::default()) {
            Err(error) => assert!(error.contains("large"), "{error}"),
            Ok(report) => panic!("{} was judged: {} rows", written.file, report.rows),
        }
        refused += 1;
    }
    assert_eq!(refused, 1);
}

#[test]
fn threads_and_small_batches_change_nothing() {
    let table = table();
    let small = || ScanOptions { batch_rows: 64, ..ScanOptions::default() };
    let odd = || ScanOptions { batch_rows: 77, batch_bytes: 10_000, ..ScanOptions::default() };
    let ways = [(1, ScanOptions::default as fn() -> ScanOptions), (1, small), (3, small), (2, odd), (5, ScanOptions::default)];
    for_each_file(|written, rules| {
        let expected = in_memory(rules, &table, written, 1_000);
        ways.iter().try_for_each(|(threads, options)| {
            let found = on_threads(*threads, || told(written, rules, options()))?;
            same(&format!("{}, {threads} threads", written.file), &expected, &found)
        })
    });
}

#[test]
fn counts_are_those_of_the_plain_values() {
    let compared = AtomicUsize::new(0);
    for_each_file(|written, rules| {
        let report = told(written, rules, ScanOptions::default())?;
        let mut problems = Vec::new();
        for (id, expected) in &written.counts {
            let Some(rule) = report.rule(id) else { continue };
            let first = rule.samples.first().map(|sample| sample.row);
            let found: Vec<u64> = [rule.passed, rule.failed, rule.unknown].into_iter().chain(first).collect();
            if &found != expected {
                problems.push(format!("{}: {id}: {expected:?} (passed, failed, unknown, first failing row), not {found:?}", written.file));
            }
            compared.fetch_add(1, Ordering::Relaxed);
        }
        if problems.is_empty() { Ok(()) } else { Err(problems.join("\n")) }
    });
    let stated: usize = written().iter().filter(|written| !written.refused).map(|written| written.counts.len()).sum();
    assert!(stated > 800, "only {stated} counts are stated");
    assert_eq!(compared.into_inner(), stated, "a count belongs to a rule that no report has");
}

/// A rule is skipped only where the file lacks a column, and each kind of verdict is seen.
#[test]
fn rules_are_judged_and_not_skipped() {
    let table = table();
    let (mut passing, mut failing) = (0, 0);
    for written in written().iter().filter(|written| written.rows > 100 && !written.refused) {
        for group in &written.groups {
            let report = in_memory(&rules_of(group), &table, written, 1_000);
            let skipped: Vec<&str> = report.with_outcome(RuleOutcome::Skipped).map(|rule| rule.id.as_str()).collect();
            let lacks_columns =
                ["int96", "version_1", "no_arrow_schema", "polars_odd", "duckdb_odd"].iter().any(|name| written.file.contains(name));
            assert!(skipped.is_empty() || lacks_columns, "{}: {skipped:?}", written.file);
            assert_eq!(report.with_outcome(RuleOutcome::Error).count(), 0, "{}", written.file);
            let rows = || report.rules.iter().filter(|rule| rule.kind == RuleKind::Row && rule.evaluated > 0);
            passing += rows().filter(|rule| rule.failed == 0 && rule.passed > 0).count();
            failing += rows().filter(|rule| rule.failed > 0).count();
        }
    }
    assert!(passing > 500 && failing > 400, "{passing} rules pass, {failing} fail");
}
