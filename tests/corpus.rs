//! Files that broke other readers, and files broken here: each ends in a report or an error that says why, and none in a panic, a
//! hang or a silent other answer.
//!
//! The corpus (Apache parquet-testing and arrow-testing) lies beside the repository, or where `RULEGATE_CORPUS` says; without it the
//! tests that need it say so and pass.
#![cfg(feature = "parquet")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, Once, mpsc};
use std::time::{Duration, Instant};

use arrow::datatypes::{DataType, Schema};
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use rulegate::report::{Integrity, Report, RuleKind};
use rulegate::scan::{Format, Quiet, Run, ScanError, ScanOptions, Source};
use rulegate::{BindOptions, RuleSet};

/// Longest that a file may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// The stack that threads commonly have.
const STACK: usize = 2 << 20;

fn corpus() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let folder = std::env::var_os("RULEGATE_CORPUS").map_or_else(beside, PathBuf::from).join("parquet-testing");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: there is no corpus at {}", folder.display());
    None
}

/// Panics that the library catches are not printed.
fn quiet_guarded_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !rulegate::scan::is_guarded() && !LEARNING.get() {
                before(info);
            }
        }));
    });
}

thread_local! {
    /// Whether this thread asks a reader for a schema, on its own guard.
    static LEARNING: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// What a file came to.
#[derive(Debug, Clone)]
enum End {
    Judged(Box<Report>),
    Refused(&'static str, String),
    Panicked,
    Hung,
}

impl End {
    fn word(&self) -> &'static str {
        match self {
            Self::Judged(_) => "judged",
            Self::Refused(..) => "refused",
            Self::Panicked => "panicked",
            Self::Hung => "hung",
        }
    }

    fn is_told(&self) -> bool {
        matches!(self, Self::Judged(_) | Self::Refused(..))
    }
}

/// Judges a file on a thread of its own, under a watch.
fn judge(path: &Path, format: Format, rules: &RuleSet) -> End {
    quiet_guarded_panics();
    let (path, rules) = (path.to_owned(), rules.clone());
    watched(move || judge_here(&path, format, &rules)).unwrap_or(End::Hung)
}

fn watched<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (done, end) = mpsc::channel();
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(move || done.send(work())).expect("a thread");
    match end.recv_timeout(PATIENCE) {
        Ok(value) => Some(value),
        Err(mpsc::RecvTimeoutError::Timeout) => None,
        Err(mpsc::RecvTimeoutError::Disconnected) => match thread.join() {
            Err(panic) => std::panic::resume_unwind(panic),
            Ok(_) => None,
        },
    }
}

fn judge_here(path: &Path, format: Format, rules: &RuleSet) -> End {
    let source = Source { path: path.to_owned(), name: "data".to_owned(), format, partitions: Vec::new() };
    let run = || {
        let mut run = Run::new(rules.clone(), BindOptions::default(), ScanOptions::default());
        run.add(&source, &Quiet).map(|()| run.finish(false).expect("a file was added"))
    };
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(Ok(report)) => {
            sound(&report);
            End::Judged(Box::new(report))
        }
        Ok(Err(error)) => End::Refused(kind(&error), error.to_string()),
        Err(_) => End::Panicked,
    }
}

fn kind(error: &ScanError) -> &'static str {
    match error {
        ScanError::Io { .. } => "io",
        ScanError::Corrupt { .. } => "corrupt",
        ScanError::Limit { .. } => "limit",
        ScanError::Unsupported { .. } => "unsupported",
        ScanError::Bind { .. } => "bind",
        _ => "other",
    }
}

/// What holds of every report.
fn sound(report: &Report) {
    assert_eq!(report.rows, report.inputs.iter().map(|input| input.rows).sum::<u64>());
    for rule in report.rules.iter().filter(|rule| rule.kind == RuleKind::Row) {
        assert_eq!(rule.passed + rule.failed + rule.unknown, rule.evaluated, "{}", rule.id);
        assert!(rule.evaluated <= report.rows && rule.faulted <= rule.failed && rule.failed_alone <= rule.failed, "{}", rule.id);
    }
}

// ---- rules that read every column ------------------------------------------------------------------------------------------------

fn compiled(text: &str) -> RuleSet {
    let compiled = RuleSet::compile("corpus.rules", text, &Default::default());
    compiled.rule_set.unwrap_or_else(|| panic!("{:?}\n{text}", compiled.diagnostics))
}

/// Rules that read nothing: a file that is refused under them is refused for its footer or its frame.
fn no_columns() -> RuleSet {
    compiled("rulegate 1\nfeatures t { check rows: row_count() >= 0 }")
}

/// Rules that read every column of a schema, and tell much of its values.
fn reading(schema: &Schema) -> RuleSet {
    let mut lines = Vec::new();
    let mut seen = BTreeSet::new();
    for (at, field) in schema.fields().iter().enumerate() {
        if !is_a_name(field.name()) || !seen.insert(field.name()) {
            continue;
        }
        let (name, ty) = (format!("`{}`", field.name()), field.data_type());
        lines.push(format!("{name} : {}", declared(ty, true)));
        lines.push(format!("rule r{at}: {}", row_test(&name, ty)));
        lines.extend(aggregate_test(&name, ty).into_iter().enumerate().map(|(nth, test)| format!("check c{at}_{nth}: {test}")));
    }
    compiled(&format!("rulegate 1\nfeatures t {{\n  check rows: row_count() >= 0\n  {}\n}}\n", lines.join("\n  ")))
}

fn is_a_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() < 500
        && !name.contains(|character: char| character == '`' || character.is_control() || is_deceptive(character))
}

fn is_deceptive(character: char) -> bool {
    matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The type of a column in the language; for what the language has not, one that will not fit.
fn declared(ty: &DataType, nullable: bool) -> String {
    use DataType as D;
    let mark = if nullable { "?" } else { "" };
    let text = match ty {
        D::Boolean => "bool".to_owned(),
        D::Int8 | D::Int16 | D::Int32 | D::Int64 | D::UInt8 | D::UInt16 | D::UInt32 | D::UInt64 => ty.to_string().to_lowercase(),
        D::Float16 | D::Float32 => "float32".to_owned(),
        D::Float64 => "float64".to_owned(),
        D::Binary | D::LargeBinary | D::BinaryView | D::FixedSizeBinary(_) => "binary".to_owned(),
        D::Date32 | D::Date64 => "date".to_owned(),
        D::Time32(_) | D::Time64(_) => "time".to_owned(),
        D::Timestamp(_, None) => "timestamp(local)".to_owned(),
        D::Timestamp(_, Some(_)) => "timestamp".to_owned(),
        D::Duration(_) => "duration".to_owned(),
        D::Decimal32(..) | D::Decimal64(..) | D::Decimal128(..) | D::Decimal256(..) => "decimal".to_owned(),
        D::Dictionary(_, values) => return declared(values, nullable),
        D::List(item) | D::LargeList(item) | D::FixedSizeList(item, _) | D::ListView(item) | D::LargeListView(item) => {
            format!("list<{}>", declared(item.data_type(), true))
        }
        D::Struct(members) if !members.is_empty() && members.iter().all(|member| is_a_name(member.name())) => {
            let members: Vec<String> =
                members.iter().map(|member| format!("`{}`: {}", member.name(), declared(member.data_type(), true))).collect();
            format!("struct {{ {} }}", members.join(", "))
        }
        D::Map(entries, _) => match entries.data_type() {
            D::Struct(entry) if entry.len() == 2 => {
                format!("map<{}, {}>", declared(entry[0].data_type(), false), declared(entry[1].data_type(), true))
            }
            _ => "string".to_owned(),
        },
        _ => "string".to_owned(),
    };
    text + mark
}

fn value_type(ty: &DataType) -> &DataType {
    if let DataType::Dictionary(_, values) = ty { values } else { ty }
}

fn row_test(name: &str, ty: &DataType) -> String {
    use DataType as D;
    match value_type(ty) {
        D::Boolean => format!("{name} = true"),
        ty if ty.is_integer() => format!("{name} mod 7 != 3"),
        D::Float16 | D::Float32 | D::Float64 => format!("{name} > 0.5"),
        D::Utf8 | D::LargeUtf8 | D::Utf8View => format!("length({name}) mod 3 != 1 or {name} like \"%a%\""),
        D::Decimal32(..) | D::Decimal64(..) | D::Decimal128(..) => format!("{name} > 1"),
        D::List(_) | D::LargeList(_) | D::FixedSizeList(..) | D::ListView(_) | D::LargeListView(_) => format!("length({name}) > 1"),
        _ => format!("{name} is not null"),
    }
}

fn aggregate_test(name: &str, ty: &DataType) -> Vec<String> {
    use DataType as D;
    let distinct = || format!("distinct_count({name}) >= 0");
    match value_type(ty) {
        D::Boolean => vec![distinct()],
        ty if ty.is_numeric() && !matches!(ty, D::Decimal256(..)) => vec![distinct(), format!("sum({name}) is null")],
        D::Utf8 | D::LargeUtf8 | D::Utf8View | D::Binary | D::LargeBinary | D::BinaryView | D::FixedSizeBinary(_) => vec![distinct()],
        D::Date32 | D::Date64 | D::Timestamp(..) => vec![distinct(), format!("max({name}) is null")],
        _ => vec![format!("null_count({name}) >= 0")],
    }
}

/// The schema that the reader of the format gives, on a guard of our own.
fn learned(path: &Path, format: Format) -> Option<Schema> {
    quiet_guarded_panics();
    let path = path.to_owned();
    let learn = move || {
        LEARNING.set(true);
        let schema = catch_unwind(AssertUnwindSafe(|| schema_of(&path, format)));
        LEARNING.set(false);
        schema.ok().flatten()
    };
    watched(learn).flatten()
}

fn schema_of(path: &Path, format: Format) -> Option<Schema> {
    let file = std::fs::File::open(path).ok()?;
    match format {
        Format::Parquet => {
            let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
            Some(ArrowReaderMetadata::load(&file, options).ok()?.schema().as_ref().clone())
        }
        Format::ArrowIpc => {
            let stream = || arrow::ipc::reader::StreamReader::try_new(std::fs::File::open(path).ok()?, None).ok();
            match arrow::ipc::reader::FileReader::try_new(file, None) {
                Ok(reader) => Some(reader.schema().as_ref().clone()),
                Err(_) => Some(stream()?.schema().as_ref().clone()),
            }
        }
        _ => None,
    }
}

/// Judges a file by rules that read all of it, learned from the file where it can be opened at all.
fn judge_whole(path: &Path, format: Format) -> End {
    let first = judge(path, format, &no_columns());
    match first {
        End::Judged(_) => match learned(path, format) {
            Some(schema) => judge(path, format, &reading(&schema)),
            None => first,
        },
        _ => first,
    }
}

// ---- the corpus as it is ---------------------------------------------------------------------------------------------------------

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("readable").path()).filter(|path| path.is_file()).collect();
    files.sort();
    files
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Judges all files of a folder, on as many threads as there are processors; prints what is not plainly judged.
fn judge_folder(folder: &str, format: Format) -> BTreeMap<String, End> {
    let Some(corpus) = corpus() else { return BTreeMap::new() };
    let waiting = Mutex::new(files(&corpus.join(folder)));
    let ends = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, Into::into) {
            scope.spawn(|| {
                loop {
                    let Some(path) = waiting.lock().expect("no panic under the lock").pop() else { return };
                    let start = Instant::now();
                    let end = judge_whole(&path, format);
                    let about = match &end {
                        End::Judged(report) => format!("{} rows, {} rules, {}", report.rows, report.rules.len(), not_evaluated(report)),
                        End::Refused(kind, reason) => format!("{kind}: {reason}"),
                        _ => String::new(),
                    };
                    println!("{folder}/{}: {} in {:?}: {about}", name(&path), end.word(), start.elapsed());
                    ends.lock().expect("no panic under the lock").insert(name(&path), end);
                }
            });
        }
    });
    ends.into_inner().expect("no panic under the lock")
}

fn not_evaluated(report: &Report) -> String {
    let reasons: Vec<String> =
        report.rules.iter().filter_map(|rule| rule.reason.as_ref().map(|reason| format!("{}: {reason}", rule.id))).collect();
    reasons.into_iter().take(2).collect::<Vec<_>>().join("; ")
}

/// Every file ended as it should, and so many were judged and refused.
fn counted(folder: &str, ends: &BTreeMap<String, End>, judged: usize, refused: usize) {
    if ends.is_empty() {
        return;
    }
    let untold: Vec<&String> = ends.iter().filter(|(_, end)| !end.is_told()).map(|(name, _)| name).collect();
    assert!(untold.is_empty(), "{folder}: no report and no error: {untold:?}");
    let count = |word: &str| ends.values().filter(|end| end.word() == word).count();
    assert_eq!((count("judged"), count("refused")), (judged, refused), "{folder}: (judged, refused)");
}

fn refused_names(ends: &BTreeMap<String, End>) -> Vec<&str> {
    ends.iter().filter(|(_, end)| matches!(end, End::Refused(..))).map(|(name, _)| name.as_str()).collect()
}

#[test]
fn valid_files_are_judged() {
    let ends = judge_folder("valid", Format::Parquet);
    counted("valid", &ends, 61, 7);
    if ends.is_empty() {
        return;
    }
    let expected = [
        // Broken, or of a disputed shape.
        "ARROW-17100.parquet",
        "datapage_v1-corrupt-checksum.parquet",
        "dict-page-offset-zero.parquet",
        // A page of 1 GiB in 4 KB.
        "large_string_map.brotli.parquet",
        "nation.dict-malformed.parquet",
        // A repeated group without a list annotation: the reader gives no row of it, and says nothing.
        "repeated_no_annotation.parquet",
        "rle-dict-uncompressed-corrupt-checksum.parquet",
    ];
    assert_eq!(refused_names(&ends), expected);
}

#[test]
fn valid_files_of_newer_types_are_judged() {
    counted("valid-geospatial", &judge_folder("valid-geospatial", Format::Parquet), 10, 0);
    counted("valid-variant", &judge_folder("valid-variant", Format::Parquet), 137, 0);
}

#[test]
fn encrypted_files_are_refused() {
    let ends = judge_folder("encrypted", Format::Parquet);
    counted("encrypted", &ends, 0, 13);
    for (name, end) in &ends {
        assert!(matches!(end, End::Refused("unsupported", reason) if reason.contains("encrypt")), "{name}: {end:?}");
    }
}

#[test]
fn broken_parquet_files_are_refused() {
    // One is read alike by all readers; the column of the other has no type that rules know, so it fails unread.
    counted("bad_data", &judge_folder("bad_data", Format::Parquet), 2, 6);
    counted("fuzz-parquet", &judge_folder("fuzz-parquet", Format::Parquet), 1, 136);
    counted("fuzz-parquet-encoding", &judge_folder("fuzz-parquet-encoding", Format::Parquet), 0, 4);
}

#[test]
fn big_endian_ipc_is_refused_and_the_rest_is_judged() {
    let ends = judge_folder("valid-ipc", Format::ArrowIpc);
    counted("valid-ipc", &ends, 72, 46);
    for (name, end) in &ends {
        let refused = name.contains("bigendian") || name.contains("duplicate_fieldnames");
        assert_eq!(refused, !matches!(end, End::Judged(_)), "{name}: {}", end.word());
    }
    assert!(ends.is_empty() || ends.keys().filter(|name| name.contains("bigendian")).count() == 44);
}

#[test]
fn broken_ipc_is_refused() {
    counted("fuzz-ipc-stream", &judge_folder("fuzz-ipc-stream", Format::ArrowIpc), 0, 80);
    counted("fuzz-ipc-file", &judge_folder("fuzz-ipc-file", Format::ArrowIpc), 2, 53);
}

// ---- text --------------------------------------------------------------------------------------------------------------------------

/// Rules that read every column of a CSV file as text.
fn reading_csv(path: &Path) -> RuleSet {
    let bytes = std::fs::read(path).expect("readable");
    let header = String::from_utf8_lossy(bytes.split(|byte| *byte == b'\n').next().unwrap_or_default()).into_owned();
    let names: BTreeSet<&str> =
        header.trim_end().split(',').map(|name| name.trim_matches('"')).filter(|name| is_a_name(name)).take(2_000).collect();
    let fields: Vec<String> = names.iter().map(|name| format!("`{name}` : string? length >= 0")).collect();
    compiled(&format!("rulegate 1\nfeatures t {{\n  check rows: row_count() >= 0\n  {}\n}}\n", fields.join("\n  ")))
}

#[test]
fn broken_text_files_end_in_a_report_or_an_error() {
    let Some(corpus) = corpus() else { return };
    for path in files(&corpus.join("fuzz-csv")) {
        for (format, rules) in [(Format::Csv, reading_csv(&path)), (Format::JsonLines, no_columns())] {
            let end = judge(&path, format, &rules);
            println!("{} as {format:?}: {}", name(&path), end.word());
            assert!(end.is_told(), "{} as {format:?}: {}", name(&path), end.word());
        }
    }
}

#[test]
fn files_of_other_formats_end_in_a_report_or_an_error() {
    let Some(corpus) = corpus() else { return };
    let rules = no_columns();
    for folder in ["bad_data", "encrypted", "fuzz-csv", "fuzz-parquet-encoding", "expected-csv"] {
        for path in files(&corpus.join(folder)) {
            for format in [Format::Parquet, Format::ArrowIpc, Format::JsonLines, Format::Csv] {
                let end = judge(&path, format, &rules);
                assert!(end.is_told(), "{folder}/{} as {format:?}: {}", name(&path), end.word());
            }
        }
    }
}

/// The same values as Parquet (delta encodings) and as CSV come to the same report.
#[test]
fn parquet_and_the_csv_of_its_values_agree() {
    let Some(corpus) = corpus() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    for stem in ["delta_binary_packed", "delta_byte_array", "delta_encoding_optional_column", "delta_encoding_required_column"] {
        let parquet = corpus.join(format!("valid/{stem}.parquet"));
        let schema = learned(&parquet, Format::Parquet).expect("a schema");
        let csv = folder.path().join("expected.csv");
        std::fs::write(&csv, named_alike(&schema, &corpus.join(format!("expected-csv/{stem}_expect.csv")))).expect("writable");
        let rules = reading(&schema);
        let (left, right) = (judge(&parquet, Format::Parquet, &rules), judge(&csv, Format::Csv, &rules));
        let (End::Judged(left), End::Judged(right)) = (left.clone(), right.clone()) else { panic!("{stem}: {left:?}\n{right:?}") };
        let different = values(&left).into_iter().zip(values(&right)).filter(|(left, right)| left != right);
        // The one column of empty strings: an empty cell of CSV is null.
        let empty = ["t.r9 0 100 0", "t.c9_0 1 0"];
        let is_known = |line: &str| stem == "delta_encoding_optional_column" && empty.iter().any(|start| line.starts_with(start));
        let different: Vec<String> = different.filter(|(left, _)| !is_known(left)).map(|(l, r)| format!("{l}\n    {r}")).collect();
        assert!(different.is_empty(), "{stem}:\n{}", different.join("\n"));
    }
}

/// A CSV file under the column names of the Parquet file: some of those end in a colon.
fn named_alike(schema: &Schema, csv: &Path) -> String {
    let text = std::fs::read_to_string(csv).expect("UTF-8");
    let (header, rows) = text.split_once('\n').expect("a header");
    assert_eq!(header.split(',').count(), schema.fields().len(), "{}", csv.display());
    let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    format!("{}\n{rows}", names.join(","))
}

/// What a report says of the values: counts of the rows and measured values.
fn values(report: &Report) -> Vec<String> {
    let is_about_values = |rule: &&rulegate::report::RuleReport| rule.check != "type";
    let line = |rule: &rulegate::report::RuleReport| {
        format!("{} {} {} {} {} {:?}", rule.id, rule.passed, rule.failed, rule.unknown, rule.faulted, rule.value)
    };
    report.rules.iter().filter(is_about_values).map(line).chain([report.rows.to_string()]).collect()
}

// ---- mutants -----------------------------------------------------------------------------------------------------------------------

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

/// Small, and of many encodings, codecs and shapes.
const MUTATED: [&str; 12] = [
    "alltypes_plain.parquet",
    "alltypes_dictionary.parquet",
    "datapage_v2.snappy.parquet",
    "delta_length_byte_array.parquet",
    "byte_stream_split.zstd.parquet",
    "nested_lists.snappy.parquet",
    "nested_maps.snappy.parquet",
    "nullable.impala.parquet",
    "fixed_length_decimal.parquet",
    "lz4_raw_compressed.parquet",
    "rle_boolean_encoding.parquet",
    "delta_encoding_required_column.parquet",
];
const MUTANTS: usize = 200;

#[test]
fn mutated_files_end_in_a_report_or_an_error() {
    let Some(corpus) = corpus() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let (mut judged, mut refused) = (0, 0);
    for file in MUTATED {
        let original = corpus.join("valid").join(file);
        let bytes = std::fs::read(&original).expect("readable");
        let rules = reading(&learned(&original, Format::Parquet).expect("a schema"));
        let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
        for nth in 0..MUTANTS {
            let mutant = mutated(&bytes, nth, &mut numbers);
            let path = folder.path().join("mutant.parquet");
            std::fs::write(&path, &mutant).expect("writable");
            match judge(&path, Format::Parquet, &rules) {
                End::Judged(_) => judged += 1,
                End::Refused(..) => refused += 1,
                end => panic!("mutant {nth} of {file}: {}", end.word()),
            }
        }
    }
    println!("{judged} mutants judged, {refused} refused");
    assert!(refused > judged / 4, "hardly any mutant was refused: are files read at all?");
}

fn mutated(bytes: &[u8], nth: usize, numbers: &mut Numbers) -> Vec<u8> {
    let mut mutant = bytes.to_vec();
    let footer = bytes.len().saturating_sub(8 + footer_length(bytes));
    match nth % 6 {
        0 | 1 => (0..=numbers.below(3)).for_each(|_| flip(&mut mutant, 0, bytes.len(), numbers)),
        2 => mutant.truncate(numbers.below(bytes.len())),
        3 => flip(&mut mutant, footer, bytes.len(), numbers),
        4 => {
            // A varint that goes on for longer than it should, or a byte of the footer.
            let at = footer + numbers.below(bytes.len() - footer);
            let length = 1 + numbers.below(5);
            mutant[at..].iter_mut().take(length).for_each(|byte| *byte = 0xff);
        }
        _ => {
            let (at, length) = (numbers.below(bytes.len()), 1 + numbers.below(32));
            mutant[at..].iter_mut().take(length).for_each(|byte| *byte = 0);
        }
    }
    mutant
}

fn footer_length(bytes: &[u8]) -> usize {
    let at = bytes.len().saturating_sub(8);
    let length = bytes.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_le_bytes);
    usize::try_from(length).unwrap_or(0).min(at)
}

fn flip(bytes: &mut [u8], from: usize, to: usize, numbers: &mut Numbers) {
    let at = from + numbers.below(to - from);
    bytes[at] ^= 1 << numbers.below(8);
}

/// Files whose pages have checksums.
const CHECKSUMS: [&str; 4] = [
    "datapage_v1-snappy-compressed-checksum.parquet",
    "datapage_v1-uncompressed-checksum.parquet",
    "plain-dict-uncompressed-checksum.parquet",
    "rle-dict-snappy-checksum.parquet",
];
const FLIPS: usize = 400;

#[test]
fn files_with_wrong_checksums_are_refused() {
    let Some(corpus) = corpus() else { return };
    for file in ["datapage_v1-corrupt-checksum.parquet", "rle-dict-uncompressed-corrupt-checksum.parquet"] {
        let end = judge_whole(&corpus.join("valid").join(file), Format::Parquet);
        assert!(matches!(end, End::Refused("corrupt", _)), "{file}: {end:?}");
    }
}

#[test]
fn a_flipped_bit_under_a_checksum_is_never_judged_verified_with_other_counts() {
    let Some(corpus) = corpus() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    for file in CHECKSUMS {
        let original = corpus.join("valid").join(file);
        let bytes = std::fs::read(&original).expect("readable");
        let rules = reading(&learned(&original, Format::Parquet).expect("a schema"));
        let End::Judged(whole) = judge(&original, Format::Parquet, &rules) else { panic!("{file} is sound") };
        // A dictionary page may come without one.
        assert_ne!(whole.inputs[0].integrity, Integrity::None, "{file}");
        let pages = page_bytes(&original);
        let mut numbers = Numbers(0x2545_f491_4f6c_dd1d);
        let (mut refused, mut same) = (0, 0);
        for nth in 0..FLIPS {
            let mut mutant = bytes.clone();
            let (from, to) = pages[numbers.below(pages.len())];
            let at = from + numbers.below(to - from);
            let bit = numbers.below(8);
            mutant[at] ^= 1 << bit;
            let path = folder.path().join("flipped.parquet");
            std::fs::write(&path, &mutant).expect("writable");
            match judge(&path, Format::Parquet, &rules) {
                End::Refused(..) => refused += 1,
                End::Judged(report) => {
                    let other = values(&report) != values(&whole);
                    assert!(
                        !other || report.inputs[0].integrity != Integrity::Verified,
                        "{file}: flip {nth}, bit {bit} of byte {at}: other values, verified"
                    );
                    same += usize::from(!other);
                }
                end => panic!("{file}: flip {nth}, bit {bit} of byte {at}: {}", end.word()),
            }
        }
        println!("{file}: of {FLIPS} flips {refused} were refused, {same} changed nothing");
        assert!(refused > FLIPS / 2, "{file}: only {refused} of {FLIPS} flips were refused");
    }
}

/// Where the column chunks of a file lie: page headers and pages.
fn page_bytes(path: &Path) -> Vec<(usize, usize)> {
    let file = std::fs::File::open(path).expect("readable");
    let metadata = ArrowReaderMetadata::load(&file, ArrowReaderOptions::new()).expect("sound");
    let groups = metadata.metadata().row_groups();
    let range = |(start, length): (u64, u64)| (usize::try_from(start).expect("small"), usize::try_from(start + length).expect("small"));
    groups.iter().flat_map(|group| group.columns().iter().map(|column| range(column.byte_range()))).collect()
}
