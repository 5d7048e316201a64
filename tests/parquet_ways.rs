//! Parquet on every way through: random rules over random data, written with random settings, give the report that the same batches in
//! memory give, whether a row group is proved, read as codes or decoded.
//!
//! `RULEGATE_CASES` sets how many cases are drawn; the default is what continuous integration runs.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unreachable,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    unreachable_pub,
    reason = "a test fails by panicking; the generator is shared"
)]

#[path = "support/generate/mod.rs"]
mod generate;

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use arrow::array::{Array, ArrayRef, Float64Array, Int64Array, RecordBatch, UInt32Array};
use arrow::compute::{cast, concat_batches, take};
use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use generate::Case;
use parquet::arrow::ArrowWriter;
use parquet::basic::{BrotliLevel, Compression, GzipLevel, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterVersion};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use rulegate::report::Report;
use rulegate::scan::{Format, Quiet, Run, ScanOptions, Source, Tier};
use rulegate::{BindOptions, RuleSet};

fn runner(default: u32) -> TestRunner {
    let cases = std::env::var("RULEGATE_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(default);
    // A fixed seed: a failing case fails again, on any machine.
    let rng = proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha);
    let config = Config { cases, failure_persistence: None, max_global_rejects: 100_000, max_shrink_iters: 2_000, ..Config::default() };
    TestRunner::new_with_rng(config, rng)
}

/// Choices of a writer.
struct Choices<'a>(std::slice::Iter<'a, u32>);

impl Choices<'_> {
    fn below(&mut self, count: u32) -> u32 {
        self.0.next().map_or(0, |drawn| drawn % count)
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u32) as usize].clone()
    }
}

fn properties(choices: &mut Choices<'_>) -> WriterProperties {
    let codecs = [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::ZSTD(ZstdLevel::try_new(1).expect("a level")),
        Compression::LZ4_RAW,
        Compression::GZIP(GzipLevel::try_new(1).expect("a level")),
        Compression::BROTLI(BrotliLevel::try_new(1).expect("a level")),
    ];
    WriterProperties::builder()
        .set_compression(choices.pick(&codecs))
        .set_writer_version(choices.pick(&[WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0]))
        // Dictionaries in two of three files, and of these half overflow within a chunk.
        .set_dictionary_enabled(choices.below(3) != 1)
        .set_dictionary_page_size_limit(choices.pick(&[1 << 20, 16]))
        .set_data_page_row_count_limit(choices.pick(&[20_000, 3, 8]))
        .set_write_batch_size(choices.pick(&[1_024, 2, 5]))
        .set_max_row_group_row_count(Some(choices.pick(&[1 << 20, 7, 20])))
        .set_statistics_enabled(choices.pick(&[EnabledStatistics::None, EnabledStatistics::Chunk, EnabledStatistics::Page]))
        .build()
}

/// The rows of a case as one batch that Parquet can hold: few different rows, each several times, so that rules hold here and there.
fn rows(case: &Case, choices: &mut Choices<'_>) -> RecordBatch {
    let whole = concat_batches(&case.schema, &case.batches).expect("batches of one schema");
    let different = match choices.below(3) {
        0 => whole.num_rows(),
        _ => whole.num_rows().min(1 + choices.below(5) as usize),
    };
    let total = if different == whole.num_rows() { different } else { 5 + choices.below(40) as usize };
    let picked: UInt32Array = (0..total).map(|row| (row * 7 / 3 % different.max(1)) as u32).collect();
    let picked = if different == 0 { UInt32Array::from(Vec::<u32>::new()) } else { picked };
    let columns: Vec<ArrayRef> = whole.columns().iter().map(|column| storable(&take(column, &picked, None).expect("in range"))).collect();
    let fields = case.schema.fields().iter().zip(&columns).map(|(field, column)| {
        // Of columns without nulls every other one is written as required.
        let nullable = column.logical_null_count() > 0 || choices.below(2) == 0;
        Field::new(field.name(), column.data_type().clone(), nullable)
    });
    let schema = Schema::new(fields.collect::<Vec<_>>());
    RecordBatch::try_new(Arc::new(schema), columns).expect("the same rows")
}

/// A column in a type that comes back from Parquet as it went in.
fn storable(column: &ArrayRef) -> ArrayRef {
    let ty = match column.data_type() {
        DataType::Date64 => DataType::Date32,
        DataType::Timestamp(TimeUnit::Second, zone) => DataType::Timestamp(TimeUnit::Millisecond, zone.clone()),
        DataType::Time32(TimeUnit::Second) => DataType::Time32(TimeUnit::Millisecond),
        DataType::FixedSizeList(item, _) => DataType::List(Arc::clone(item)),
        _ => return Arc::clone(column),
    };
    cast(column, &ty).expect("to a wider type")
}

/// The rules of a case: all of them, or half the time those of a few fields alone, since with all of them some column is always read. Where
/// it compiles, with what else reads columns: a key, an order of two columns, a message, an observation.
fn rules(case: &Case, choices: &mut Choices<'_>) -> (RuleSet, String) {
    let compile = |text: &str| RuleSet::compile("t.rules", text, &rulegate::CompileOptions::default());
    let is_field = |line: &&str| line.starts_with("  c") && !line.starts_with("  check") || line.starts_with("  `");
    let fields: Vec<&str> = case.rules.lines().filter(is_field).collect();
    let name = |line: &str| line.split(" : ").next().unwrap_or_default().trim().to_owned();
    let (first, few) = (choices.below(6) as usize, 1 + choices.below(3) as usize);
    let kept: Vec<&str> = fields.iter().skip(first).take(few).copied().collect();
    let mut lines: Vec<String> = case.rules.lines().map(str::to_owned).collect();
    if choices.below(2) == 1 {
        lines.truncate(lines.iter().position(|line| line.starts_with("features")).map_or(0, |at| at + 1));
        lines.extend(kept.iter().map(|line| (*line).to_owned()).chain(["}".to_owned()]));
    }
    let some = |choices: &mut Choices<'_>| kept.get(choices.below(3) as usize).map_or_else(String::new, |line| name(line));
    let more = [
        format!("  key {}", some(choices)),
        format!("  rule pair: {} {} {}", some(choices), choices.pick(&["<=", "<", ">", ">=", "=", "!="]), some(choices)),
        format!("  rule told {{ expect {} is not null message \"of {{{}}}\" }}", some(choices), some(choices)),
        format!("  observe {} buckets (0, 10)", some(choices)),
    ];
    let mut compiled = compile(&(lines.join("\n") + "\n")).rule_set;
    for line in more {
        let mut longer = lines.clone();
        longer.insert(longer.len() - 1, line);
        if choices.below(3) == 1
            && let Some(rules) = compile(&(longer.join("\n") + "\n")).rule_set
        {
            (lines, compiled) = (longer, Some(rules));
        }
    }
    match compiled {
        Some(rules) => (rules, lines.join("\n") + "\n"),
        // A field alone may lack what it refers to.
        None => (compile(&case.rules).rule_set.expect("the generator's rules compile"), case.rules.clone()),
    }
}

fn options(case: &Case) -> BindOptions {
    let nanos = u64::try_from(case.now).expect("the pinned clock is after 1970");
    BindOptions { now: Some(SystemTime::UNIX_EPOCH + Duration::from_nanos(nanos)), ..BindOptions::default() }
}

/// A report without what is particular to the form of its input.
fn comparable(report: &Report) -> serde_json::Value {
    let mut value = serde_json::to_value(report).expect("a report is JSON");
    for input in value["inputs"].as_array_mut().expect("a list") {
        for figure in ["rows_proved", "integrity", "row_groups"] {
            input.as_object_mut().expect("an object").remove(figure);
        }
    }
    value
}

fn write(path: &Path, batch: &RecordBatch, properties: WriterProperties) {
    let file = File::create(path).expect("a temporary file");
    let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties)).expect("a schema Parquet can hold");
    writer.write(batch).expect("rows Parquet can hold");
    writer.close().expect("written");
}

/// Row groups by the way a rule was answered.
#[derive(Default)]
struct Seen([AtomicU64; 5]);

impl Seen {
    fn add(&self, tier: Tier, count: u64) {
        let at =
            [Tier::Schema, Tier::Statistics, Tier::DictionaryProof, Tier::Encoded, Tier::Decoded].iter().position(|known| *known == tier);
        self.0[at.expect("a known tier")].fetch_add(count, Ordering::Relaxed);
    }
}

#[test]
fn a_file_gives_the_report_of_its_rows() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("rows.parquet");
    let (seen, proved) = (Seen::default(), AtomicU64::new(0));
    let strategy = (generate::case(), prop::collection::vec(any::<u32>(), 48));
    let result = runner(2_000).run(&strategy, |(case, tape)| {
        let mut choices = Choices(tape.iter());
        let properties = properties(&mut choices);
        let batch = rows(&case, &mut choices);
        write(&path, &batch, properties.clone());
        let (rules, text) = rules(&case, &mut choices);
        let mut session = rules.bind_with(&batch.schema(), &options(&case)).expect("binds").session();
        session.add(&batch).expect("of the bound schema");
        let expected = comparable(&session.finish());
        for trust_statistics in [false, true] {
            let source = Source { path: path.clone(), name: "batches".to_owned(), format: Format::Parquet, partitions: Vec::new() };
            let mut run = Run::new(rules.clone(), options(&case), ScanOptions { trust_statistics, ..ScanOptions::default() });
            run.add(&source, &Quiet).map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))?;
            let report = run.finish(false).expect("a file was judged");
            let got = comparable(&report);
            if got != expected {
                return Err(TestCaseError::fail(format!(
                    "trust {trust_statistics}\n{}\n{:#?}\n{properties:?}\n{text}",
                    different(&expected, &got),
                    run.explanation()
                )));
            }
            proved.fetch_add(report.inputs.iter().map(|input| input.rows_proved).sum(), Ordering::Relaxed);
            for rule in &run.explanation().rules {
                rule.row_groups.iter().for_each(|(tier, count)| seen.add(*tier, *count));
            }
        }
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    let seen: Vec<u64> = seen.0.iter().map(|count| count.load(Ordering::Relaxed)).collect();
    assert!(seen.iter().all(|count| *count > 0), "every way was gone: {seen:?}");
    assert!(proved.load(Ordering::Relaxed) > 0, "some rows were proved altogether");
}

/// The first parts in which two reports differ.
fn different(expected: &serde_json::Value, got: &serde_json::Value) -> String {
    let rules = |report: &serde_json::Value| report["rules"].as_array().cloned().unwrap_or_default();
    let pairs = rules(expected).into_iter().zip(rules(got));
    let mut text: String = pairs.filter(|(a, b)| a != b).take(2).map(|(a, b)| format!("in memory {a}\nfrom file {b}\n")).collect();
    if text.is_empty() {
        text = format!("in memory {expected}\nfrom file {got}");
    }
    text
}

/// A run over files, some at a time or one after another: its report, or its error.
fn told(rules: &RuleSet, sources: &[Source], at_once: bool) -> Result<serde_json::Value, String> {
    let mut run = Run::new(rules.clone(), BindOptions::default(), ScanOptions::default());
    let done = if at_once { run.add_all(sources, &Quiet) } else { sources.iter().try_for_each(|source| run.add(source, &Quiet)) };
    done.map_err(|error| error.to_string())?;
    Ok(serde_json::to_value(run.finish(false).expect("files were judged")).expect("a report is JSON"))
}

#[test]
fn many_files_at_once_give_what_one_after_another_gives() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let text =
        "rulegate 1\nfeatures t { key id\n id : int64 >= 0, unique\n x : float64? between 0 and 90\n\n check many: row_count() >= 5000 }";
    let rules = RuleSet::compile("t.rules", text, &rulegate::CompileOptions::default()).rule_set.expect("sound rules");
    let sources: Vec<Source> = (0..41_i64)
        .map(|file| {
            let ids = Int64Array::from_iter_values((0..100 + file * 5).map(|row| file * 1_000 + row * (row % 50 - 1).signum()));
            let values: Float64Array = (0..ids.len()).map(|row| (row % 7 > 0).then_some(row as f64 % 95.0)).collect();
            let columns: [(&str, ArrayRef); 2] = [("id", Arc::new(ids)), ("x", Arc::new(values))];
            let path = folder.path().join(format!("{file:02}.parquet"));
            let groups = WriterProperties::builder().set_max_row_group_row_count(Some(130)).build();
            write(&path, &RecordBatch::try_from_iter(columns).expect("columns of one length"), groups);
            Source { name: format!("{file:02}"), path, format: Format::Parquet, partitions: Vec::new() }
        })
        .collect();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().expect("threads");
    let both = || pool.install(|| (told(&rules, &sources, true), told(&rules, &sources, false)));
    let (at_once, in_turn) = both();
    assert_eq!(at_once, in_turn);
    assert!(at_once.expect("sound files")["rows_failed"].as_u64() > Some(0));
    for broken in [30, 17] {
        let bytes = std::fs::read(&sources[broken].path).expect("readable");
        std::fs::write(&sources[broken].path, &bytes[..bytes.len() - 9]).expect("writable");
    }
    let (at_once, in_turn) = both();
    assert!(in_turn.as_ref().is_err_and(|error| error.starts_with("17: ")), "{in_turn:?}");
    assert_eq!(at_once, in_turn);
}
