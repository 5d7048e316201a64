//! Files that broke other readers, and files broken here: each ends in a report or an error that says why, and none in a panic, a
//! hang or a silent other answer.
//!
//! The corpus (Apache parquet-testing and arrow-testing) lies beside the repository, or where `RULEGATE_CORPUS` says; without it the
//! tests that need it say so and pass.

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
    !name.is_empty() && name.len() < 500 && !name.contains(|character: char| character == '`' || character.is_control() || is_deceptive(character))
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
            let members: Vec<String> = members.iter().map(|member| format!("`{}`: {}", member.name(), declared(member.data_type(), true))).collect();
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
        D::Binary | D::LargeBinary | D::BinaryView | D::FixedSizeBinary(_) => format!("byte_length({name}) mod 3 != 1"),
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
    let reasons: Vec<String> = report.rules.iter().filter_map(|rule| rule.reason.as_ref().map(|reason| format!("{}: {reason}", rule.id))).collect();
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
