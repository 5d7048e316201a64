//! The language as data a rule author can read: `tests/spec/*.md`, each case rules, data and what they come to.
//!
//! `tests/spec/README.md` describes the form. `UPDATE=1 cargo test --test spec` rewrites expectations: read the difference against the
//! language reference before it is kept.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, Float32Array, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray, UInt64Array,
};
use arrow::datatypes::Schema;
use rulegate::compile::CompileOptions;
use rulegate::report::{ObservationReport, Report, RuleKind, RuleOutcome, RuleReport};
use rulegate::scan::{FolderLoader, Format, Quiet, Run, ScanOptions, Source};
use rulegate::{BindOptions, RuleSet};

/// Failing rows a report names.
const SAMPLES: usize = 20;

#[test]
fn the_language_is_as_described() {
    let update = std::env::var_os("UPDATE").is_some();
    let mut wrong = Vec::new();
    let mut count = 0;
    for path in topics() {
        let text = std::fs::read_to_string(&path).expect("a topic is readable");
        let cases = cases(&path, &text);
        count += cases.len();
        let found: Vec<String> = cases.iter().map(report).collect();
        if update {
            std::fs::write(&path, rewritten(&text, &cases, &found)).expect("a topic is writable");
        } else {
            wrong.extend(cases.iter().zip(&found).filter_map(|(case, found)| case.fault(found)));
        }
    }
    assert!(wrong.is_empty(), "{} of {count} cases are not as described:\n\n{}", wrong.len(), wrong.join("\n\n"));
    assert!(count >= 60, "only {count} cases");
}

fn topics() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/spec");
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).expect("tests/spec is there").map(|entry| entry.expect("a file").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "md") && !path.ends_with("README.md"));
    paths.sort();
    paths
}

// ---- reading -------------------------------------------------------------------------------------------------

/// One heading with its blocks.
struct Case {
    /// File and heading, for messages.
    name: String,
    rules: String,
    data: Data,
    /// Files that the rules name.
    files: Vec<(String, String)>,
    options: Options,
    /// Lines between the fences of the report, and what they say.
    lines: std::ops::Range<usize>,
    expected: String,
    /// Why the engine does not do this yet.
    gap: Option<String>,
}

#[derive(Default)]
enum Data {
    /// The rules are only compiled.
    #[default]
    None,
    /// Lines of JSON, or CSV.
    Text(String),
    /// Columns with Arrow types.
    Typed(String),
}

/// Words after ` ```report `.
#[derive(Default)]
struct Options {
    strict: bool,
    /// Every rule, also those that always pass.
    all: bool,
    /// Failing rows with values and messages.
    samples: bool,
    now: Option<String>,
}

struct Block {
    info: String,
    text: String,
    lines: std::ops::Range<usize>,
}

fn cases(path: &Path, text: &str) -> Vec<Case> {
    let lines: Vec<&str> = text.lines().collect();
    let mut starts: Vec<usize> = (0..lines.len()).filter(|line| lines[*line].starts_with("## ")).collect();
    starts.push(lines.len());
    starts.windows(2).map(|pair| case(path, &lines, pair[0]..pair[1])).collect()
}

fn case(path: &Path, lines: &[&str], range: std::ops::Range<usize>) -> Case {
    let heading = lines[range.start].trim_start_matches("## ");
    let name = format!("{}: {heading}", path.file_name().unwrap_or_default().to_string_lossy());
    let blocks = blocks(lines, range.clone());
    let block = |word: &str| blocks.iter().find(|block| block.info.split(' ').next() == Some(word));
    let data = match (block("data"), block("typed")) {
        (Some(block), _) => Data::Text(block.text.clone()),
        (None, Some(block)) => Data::Typed(block.text.clone()),
        (None, None) => Data::None,
    };
    let report = block("report").unwrap_or_else(|| panic!("{name}: no report"));
    let files = blocks.iter().filter_map(|block| Some((block.info.strip_prefix("file ")?.to_owned(), block.text.clone()))).collect();
    Case {
        rules: block("rules").unwrap_or_else(|| panic!("{name}: no rules")).text.clone(),
        data,
        files,
        options: options(&name, &report.info),
        lines: report.lines.clone(),
        expected: report.text.clone(),
        gap: lines[range].iter().find_map(|line| line.strip_prefix("known gap: ")).map(str::to_owned),
        name,
    }
}

fn blocks(lines: &[&str], range: std::ops::Range<usize>) -> Vec<Block> {
    let mut out = Vec::new();
    let mut open: Option<(usize, &str)> = None;
    for line in range {
        let Some(info) = lines[line].strip_prefix("```") else { continue };
        open = match open {
            None => Some((line, info)),
            Some((start, info)) => {
                let inner = start + 1..line;
                let text = lines[inner.clone()].iter().map(|line| format!("{line}\n")).collect();
                out.push(Block { info: info.to_owned(), text, lines: inner });
                None
            }
        };
    }
    out
}

fn options(name: &str, info: &str) -> Options {
    let mut out = Options::default();
    for word in info.split(' ').skip(1) {
        match word.split_once('=') {
            Some(("now", time)) => out.now = Some(time.to_owned()),
            None if word == "strict" => out.strict = true,
            None if word == "all" => out.all = true,
            None if word == "samples" => out.samples = true,
            _ => panic!("{name}: what is `{word}`?"),
        }
    }
    out
}

impl Case {
    /// What is wrong, if anything is.
    fn fault(&self, found: &str) -> Option<String> {
        match (&self.gap, self.expected == found) {
            (None, true) | (Some(_), false) => None,
            (Some(gap), true) => Some(format!("{}\n  the gap is closed, remove its line: {gap}", self.name)),
            (None, false) => Some(format!("{}\n--- described\n{}--- found\n{found}", self.name, self.expected)),
        }
    }
}

/// The file with the reports that were found; known gaps keep theirs.
fn rewritten(text: &str, cases: &[Case], found: &[String]) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    for (case, found) in cases.iter().zip(found).rev().filter(|(case, _)| case.gap.is_none()) {
        lines.splice(case.lines.clone(), found.lines());
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}

// ---- judging -------------------------------------------------------------------------------------------------

/// The rules of most cases leave the version line out.
const VERSION: &str = "rulegate 1\n";

fn report(case: &Case) -> String {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, text) in &case.files {
        std::fs::write(folder.path().join(name), text).expect("a file can be written");
    }
    let head = if case.rules.starts_with("rulegate") || case.rules.starts_with("//") { "" } else { VERSION };
    let text = format!("{head}{}", case.rules);
    let entry = folder.path().join("t.rules");
    let loader = FolderLoader::for_entry(&entry);
    let compiled = RuleSet::compile("t.rules", &text, &CompileOptions { loader: Some(&loader), ..CompileOptions::default() });
    let mut out = String::new();
    for diagnostic in &compiled.diagnostics {
        let level = if diagnostic.is_error() { "error" } else { "warning" };
        let line = text[..diagnostic.span.start as usize].matches('\n').count() + 1 - head.matches('\n').count();
        out += &format!("{level} {} on line {line}\n", diagnostic.code.as_str());
    }
    let Some(rules) = compiled.rule_set else { return out };
    match judged(case, rules, folder.path()) {
        Some(report) => out + &rendered(&report, &case.options),
        None => out + "compiles\n",
    }
}

fn judged(case: &Case, rules: RuleSet, folder: &Path) -> Option<Report> {
    let now = case.options.now.as_deref().map(|now| chrono::DateTime::parse_from_rfc3339(now).expect("a time").into());
    let bind = BindOptions { now, samples: Some(SAMPLES), ..BindOptions::default() };
    match &case.data {
        Data::None => None,
        Data::Text(text) => Some(judged_text(case, rules, bind, folder, text)),
        Data::Typed(text) => {
            let batch = typed(text);
            let mut session = rules.bind_with(&batch.schema(), &bind).expect("binds").session();
            session.add(&batch).expect("of the bound schema");
            Some(if case.options.strict { session.finish_strict() } else { session.finish() })
        }
    }
}

fn judged_text(case: &Case, rules: RuleSet, bind: BindOptions, folder: &Path, text: &str) -> Report {
    let (format, file) =
        if text.is_empty() || text.starts_with('{') { (Format::JsonLines, "data.jsonl") } else { (Format::Csv, "data.csv") };
    let path = folder.join(file);
    std::fs::write(&path, text).expect("the data can be written");
    let mut run = Run::new(rules, bind, ScanOptions::default());
    let source = Source { path, name: file.to_owned(), format, partitions: Vec::new() };
    run.add(&source, &Quiet).unwrap_or_else(|error| panic!("{}: {error}", case.name));
    run.finish(case.options.strict).expect("a file was added")
}

/// `name: type, …`, then a line of cells for each row; an empty cell is null.
fn typed(text: &str) -> RecordBatch {
    let mut lines = text.lines();
    let header: Vec<(&str, &str)> = lines.next().unwrap_or_default().split(", ").filter_map(|column| column.split_once(": ")).collect();
    let rows: Vec<Vec<&str>> = lines.map(|line| line.split(", ").collect()).collect();
    let columns: Vec<(&str, ArrayRef, bool)> = header
        .iter()
        .enumerate()
        .map(|(at, (name, ty))| {
            let cells: Vec<Option<&str>> = rows.iter().map(|row| row.get(at).copied().filter(|cell| !cell.is_empty())).collect();
            (*name, array(ty, &cells), true)
        })
        .collect();
    if columns.is_empty() {
        return RecordBatch::new_empty(Arc::new(Schema::empty()));
    }
    RecordBatch::try_from_iter_with_nullable(columns).expect("columns of one length")
}

fn array(ty: &str, cells: &[Option<&str>]) -> ArrayRef {
    fn parsed<T: std::str::FromStr>(cells: &[Option<&str>]) -> Vec<Option<T>> {
        cells.iter().map(|cell| cell.map(|cell| cell.parse().unwrap_or_else(|_| panic!("what is `{cell}`?")))).collect()
    }
    let micros = || parsed::<chrono::NaiveDateTime>(cells).into_iter().map(|time| time.map(|time| time.and_utc().timestamp_micros()));
    match ty {
        "bool" => Arc::new(BooleanArray::from(parsed(cells))),
        "int32" => Arc::new(Int32Array::from(parsed(cells))),
        "int64" => Arc::new(Int64Array::from(parsed(cells))),
        "uint64" => Arc::new(UInt64Array::from(parsed(cells))),
        "float32" => Arc::new(Float32Array::from(parsed(cells))),
        "float64" => Arc::new(Float64Array::from(parsed(cells))),
        "string" => Arc::new(StringArray::from(cells.to_vec())),
        "binary" => Arc::new(cells.iter().map(|cell| cell.map(str::as_bytes)).collect::<BinaryArray>()),
        "timestamp(local)" => Arc::new(micros().collect::<TimestampMicrosecondArray>()),
        "timestamp(\"Europe/Vienna\")" => Arc::new(micros().collect::<TimestampMicrosecondArray>().with_timezone("Europe/Vienna")),
        other => panic!("what is the type `{other}`?"),
    }
}

// ---- writing -------------------------------------------------------------------------------------------------

fn rendered(report: &Report, options: &Options) -> String {
    let mut out = format!("{:?}: {} of {} rows failed\n", report.outcome, report.rows_failed, report.rows).to_lowercase();
    for warning in &report.warnings {
        out += &format!("remark {}\n", warning.code);
    }
    for column in report.inputs.iter().flat_map(|input| &input.absent_columns) {
        out += &format!("absent {column}\n");
    }
    for waiver in &report.waivers {
        out += &format!("waiver of {}: {}, rows {}\n", waiver.rule, waiver.state, waiver.rows);
    }
    for rule in report.rules.iter().filter(|rule| options.all || worth_a_line(rule)) {
        out += &line(rule);
        if options.samples {
            out.extend(rule.samples.iter().map(sample));
        }
    }
    for observed in &report.observations {
        out += &format!(
            "{}: counts {:?}, sum {}, null {}, NaN {}\n",
            observed.name,
            observed.counts,
            sum(observed),
            observed.nulls,
            observed.nans
        );
    }
    out
}

fn sum(observed: &ObservationReport) -> String {
    observed.sum.map_or_else(|| "-".to_owned(), |sum| sum.to_string())
}

/// `required` and `type` are in every report; a case shows them where they have something to say.
fn worth_a_line(rule: &RuleReport) -> bool {
    !matches!(rule.check.as_str(), "required" | "type")
        || rule.failed > 0
        || !matches!(rule.outcome, RuleOutcome::Pass | RuleOutcome::Vacuous)
}

fn line(rule: &RuleReport) -> String {
    let mut out = format!("{}: {}", rule.id, rule.outcome);
    if rule.kind == RuleKind::Schema {
        out += ", schema";
    }
    if rule.shadow {
        out += ", shadow";
    }
    if rule.check == "check" {
        out += &check_counts(rule);
    } else {
        out += &row_counts(rule);
    }
    out + "\n"
}

fn row_counts(rule: &RuleReport) -> String {
    let mut out = String::new();
    assert_eq!(rule.passed + rule.failed + rule.unknown, rule.evaluated, "{}: the counts of rows do not add up", rule.id);
    if rule.passed + rule.failed > 0 {
        out += &format!(", failed {} of {}", rule.failed, rule.passed + rule.failed);
    }
    for (word, count) in [("unknown", rule.unknown), ("faulted", rule.faulted), ("waived", rule.waived)] {
        if count > 0 {
            out += &format!(", {word} {count}");
        }
    }
    if rule.kind == RuleKind::Row && rule.failed_alone != rule.failed {
        out += &format!(", alone {}", rule.failed_alone);
    }
    for (reason, count) in &rule.reasons {
        out += &format!(", {reason} {count}");
    }
    if rule.recovered > 0 {
        out += &format!(", recovered {}", rule.recovered);
    }
    let rows: Vec<String> = rule.samples.iter().map(|sample| sample.row.to_string()).collect();
    if !rows.is_empty() {
        out += &format!(", rows {}", rows.join(" "));
    }
    for group in &rule.groups {
        let column = group.key.get("column").and_then(|column| column.as_str()).unwrap_or_default();
        out += &format!(", {column} {} of {}", group.failed, group.passed + group.failed);
    }
    out
}

fn check_counts(rule: &RuleReport) -> String {
    let mut out = String::new();
    if let Some(value) = rule.value.as_ref() {
        out += &format!(", value {value}");
    }
    // A check without `by` has one group.
    if rule.evaluated > 1 {
        out += &format!(", failed {} of {} groups", rule.failed, rule.passed + rule.failed);
    }
    for (word, count) in [("unknown", rule.unknown), ("faulted", rule.faulted), ("waived", rule.waived)] {
        if count > 0 {
            out += &format!(", {word} {count}");
        }
    }
    for group in &rule.groups {
        out += &format!(", group {}", serde_json::Value::Object(group.key.clone()));
    }
    out
}

fn sample(sample: &rulegate::report::SampleReport) -> String {
    let mut out = format!("  row {}", sample.row);
    for (name, value) in sample.key.iter().chain(&sample.values) {
        out += &format!(", {name} {value}");
    }
    if let Some(message) = &sample.message {
        out += &format!(", \"{message}\"");
    }
    if sample.waived {
        out += ", waived";
    }
    out + "\n"
}
