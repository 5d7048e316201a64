//! Parquet files that other writers made: each must come to the very report that the same rows give in memory.
//!
//! `tests/writers/README.md` tells what lies there. The truth is `table.arrow`, which no Parquet reader touches, and for many rules also
//! the counts of `expected.json`, which plain Python made of plain values.
//!
//! `RULEGATE_MUTANTS` sets how many mutants of each file are judged; the default is what continuous integration runs.
#![cfg(feature = "parquet")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Once, mpsc};
use std::time::Duration;

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use parquet::basic::{Encoding, PageType};
use parquet::file::metadata::{
    ColumnChunkMetaData, PageEncodingStats, PageIndexPolicy, ParquetMetaData, ParquetMetaDataOptions, ParquetMetaDataReader,
    ParquetMetaDataWriter,
};
use parquet::file::statistics::{Statistics, ValueStatistics};
use rayon::prelude::*;
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
    assert!(compiled.diagnostics.is_empty(), "{group}: {:#?}", compiled.diagnostics);
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
        for group in metadata(&std::fs::read(written.path()).unwrap()).row_groups() {
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

// ---- footers that lie -------------------------------------------------------------------------------------------------------------

fn metadata(bytes: &[u8]) -> ParquetMetaData {
    let bytes = bytes::Bytes::copy_from_slice(bytes);
    let options = ParquetMetaDataOptions::new().with_encoding_stats_as_mask(false);
    let reader = ParquetMetaDataReader::new().with_page_index_policy(PageIndexPolicy::Skip).with_metadata_options(Some(options));
    reader.parse_and_finish(&bytes).expect("sound")
}

/// A file with another footer: every chunk told anew.
fn retold(bytes: &[u8], lie: fn(ColumnChunkMetaData) -> ColumnChunkMetaData) -> Vec<u8> {
    let honest = metadata(bytes);
    let groups = honest.row_groups().iter().map(|group| {
        let chunks = group.columns().iter().cloned().map(lie).collect();
        group.clone().into_builder().set_column_metadata(chunks).build().expect("a row group")
    });
    let told = honest.clone().into_builder().set_row_groups(groups.collect()).build();
    let mut out = bytes[..footer_start(bytes)].to_vec();
    let before = out.len();
    let mut footer = Vec::new();
    ParquetMetaDataWriter::new(&mut footer, &told).finish().expect("a footer");
    out.extend(footer);
    assert!(out.len() > before + 8);
    out
}

fn footer_start(bytes: &[u8]) -> usize {
    let tail = bytes.len() - 8;
    tail - usize::try_from(u32::from_le_bytes(bytes[tail..tail + 4].try_into().unwrap())).unwrap()
}

/// The same bounds for one kind of value: `$lie` gets the honest least and greatest.
macro_rules! bounds {
    ($statistics:expr, $nulls:expr, $lie:expr; $($kind:ident),*) => {
        match $statistics {
            $(Statistics::$kind(honest) => {
                let (least, greatest) = $lie(honest.min_opt().cloned(), honest.max_opt().cloned());
                Statistics::$kind(ValueStatistics::new(least, greatest, Some(1), Some($nulls), false).with_backwards_compatible_min_max(false))
            })*
        }
    };
}

fn with_statistics(chunk: ColumnChunkMetaData, told: Option<Statistics>) -> ColumnChunkMetaData {
    match told {
        Some(told) => chunk.into_builder().set_statistics(told).build().expect("a chunk"),
        None => chunk,
    }
}

/// No nulls, and the least value is the only one.
fn one_value_no_nulls(chunk: ColumnChunkMetaData) -> ColumnChunkMetaData {
    let lie = |honest: &Statistics| bounds!(honest, 0, |least, _| (Clone::clone(&least), least); Boolean, Int32, Int64, Int96, Float, Double, ByteArray, FixedLenByteArray);
    let told = chunk.statistics().map(lie);
    with_statistics(chunk, told)
}

/// Nothing but nulls, and the greatest value all the same.
fn nothing_but_nulls(chunk: ColumnChunkMetaData) -> ColumnChunkMetaData {
    let rows = u64::try_from(chunk.num_values()).unwrap();
    let lie = |honest: &Statistics| bounds!(honest, rows, |_, greatest| (Clone::clone(&greatest), greatest); Boolean, Int32, Int64, Int96, Float, Double, ByteArray, FixedLenByteArray);
    let told = chunk.statistics().map(lie);
    with_statistics(chunk, told)
}

/// The bounds swapped, and more nulls than rows.
fn swapped(chunk: ColumnChunkMetaData) -> ColumnChunkMetaData {
    let lie = |honest: &Statistics| bounds!(honest, u64::from(u32::MAX), |least, greatest| (greatest, least); Boolean, Int32, Int64, Int96, Float, Double, ByteArray, FixedLenByteArray);
    let told = chunk.statistics().map(lie);
    with_statistics(chunk, told)
}

/// Every data page in the dictionary's codes.
fn all_in_codes(chunk: ColumnChunkMetaData) -> ColumnChunkMetaData {
    let page = |page_type, encoding| PageEncodingStats { page_type, encoding, count: 1 };
    let pages = vec![page(PageType::DICTIONARY_PAGE, Encoding::PLAIN), page(PageType::DATA_PAGE, Encoding::RLE_DICTIONARY)];
    let encodings = vec![Encoding::RLE_DICTIONARY, Encoding::RLE];
    chunk.into_builder().set_encodings(encodings).set_page_encoding_stats(pages).build().expect("a chunk")
}

#[test]
fn statistics_that_lie_are_not_believed() {
    let table = table();
    let lies =
        [("one value", one_value_no_nulls as fn(_) -> _), ("all null", nothing_but_nulls), ("swapped", swapped), ("codes", all_in_codes)];
    let lied = AtomicUsize::new(0);
    for_each_file(|written, rules| {
        let bytes = std::fs::read(written.path()).expect("readable");
        let expected = in_memory(rules, &table, written, 1_000);
        let folder = tempfile::tempdir().expect("a folder");
        lies.iter().try_for_each(|(name, lie)| {
            let path = folder.path().join("lying.parquet");
            let told = retold(&bytes, *lie);
            // Where there are no statistics, nothing can be told anew.
            lied.fetch_add(usize::from(told != retold(&bytes, |chunk| chunk)), Ordering::Relaxed);
            std::fs::write(&path, told).expect("writable");
            let found = judged(rules, &path, ScanOptions::default()).map_err(|error| format!("{}: {name}: {error}", written.file))?;
            same(&format!("{} with a footer that lies: {name}", written.file), &expected, &found)
        })
    });
    assert!(lied.into_inner() >= 200, "footers were told anew that had nothing to tell");
}

// ---- mutants ----------------------------------------------------------------------------------------------------------------------

/// Longest that a mutant may take.
const PATIENCE: Duration = Duration::from_secs(60);
const MUTANTS: usize = 30;

/// Numbers that look random and are always the same.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, count: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % count.max(1) as u64).expect("below a usize")
    }
}

fn mutated(bytes: &[u8], nth: usize, numbers: &mut Numbers) -> Vec<u8> {
    let mut mutant = bytes.to_vec();
    let footer = footer_start(bytes);
    let flip = |mutant: &mut Vec<u8>, from: usize, numbers: &mut Numbers| {
        let at = from + numbers.below(bytes.len() - from);
        mutant[at] ^= 1 << numbers.below(8);
    };
    match nth % 6 {
        0 => flip(&mut mutant, 0, numbers),
        1 => (0..8).for_each(|_| flip(&mut mutant, 0, numbers)),
        2 => flip(&mut mutant, footer, numbers),
        3 => {
            let (at, length) = (numbers.below(bytes.len()), 1 + numbers.below(24));
            let value = [0x00, 0xff, 0x80][numbers.below(3)];
            mutant[at..].iter_mut().take(length).for_each(|byte| *byte = value);
        }
        4 => {
            // Bytes go, and the footer stays where its length says.
            let at = numbers.below(footer.max(1));
            mutant.drain(at..(at + 1 + numbers.below(16)).min(footer.max(at + 1)));
        }
        _ => mutant.truncate(numbers.below(bytes.len())),
    }
    mutant
}

/// Panics that the library catches are not printed.
fn quiet_guarded_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !rulegate::scan::is_guarded() {
                before(info);
            }
        }));
    });
}

/// What holds of every report.
fn sound(what: &str, report: &Report) {
    for rule in report.rules.iter().filter(|rule| rule.kind == RuleKind::Row) {
        assert_eq!(rule.passed + rule.failed + rule.unknown, rule.evaluated, "{what}: {}", rule.id);
        assert!(rule.evaluated <= report.rows && rule.faulted <= rule.failed && rule.failed_alone <= rule.failed, "{what}: {}", rule.id);
    }
}

#[test]
fn mutants_end_in_a_report_or_an_error() {
    quiet_guarded_panics();
    let mutants = std::env::var("RULEGATE_MUTANTS").ok().and_then(|mutants| mutants.parse().ok()).unwrap_or(MUTANTS);
    let rules = all_rules();
    let (mut judged_mutants, mut refused) = (0, 0);
    for written in written() {
        let bytes = std::fs::read(written.path()).expect("readable");
        let rules: Vec<RuleSet> = written.groups.iter().map(|group| rules[group.as_str()].clone()).collect();
        let (said, heard) = mpsc::channel();
        let file = written.file.clone();
        let thread = std::thread::spawn(move || {
            let folder = tempfile::tempdir().expect("a folder");
            let path = folder.path().join("mutant.parquet");
            let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
            for nth in 0..mutants {
                std::fs::write(&path, mutated(&bytes, nth, &mut numbers)).expect("writable");
                let what = format!("mutant {nth} of {file}");
                let rules = &rules[nth % rules.len()];
                let end = catch_unwind(AssertUnwindSafe(|| judged(rules, &path, ScanOptions::default())));
                let end = end.unwrap_or_else(|_| panic!("{what} made the library panic"));
                end.iter().for_each(|report| sound(&what, report));
                if said.send(end.is_ok()).is_err() {
                    return;
                }
            }
        });
        for nth in 0..mutants {
            match heard.recv_timeout(PATIENCE) {
                Ok(true) => judged_mutants += 1,
                Ok(false) => refused += 1,
                Err(mpsc::RecvTimeoutError::Timeout) => panic!("mutant {nth} of {}: no end within {PATIENCE:?}", written.file),
                Err(mpsc::RecvTimeoutError::Disconnected) => break,
            }
        }
        if let Err(panic) = thread.join() {
            std::panic::resume_unwind(panic);
        }
    }
    assert!(refused > judged_mutants / 4, "{judged_mutants} mutants judged, {refused} refused: are files read at all?");
}
