//! What tests of rules have come to: for people, and as JSON for programs.

use std::fmt::Write;

use anstyle::{AnsiColor, Style};
use rulegate::testing::{Mismatch, RuleCoverage, RuleMutants, TestResult, Tested};
use serde::Serialize;

use super::json::pretty;
use super::text::{self, escape, fit, fit_middle, grouped, left, percent, plural, value, width, wrapped};
use crate::exit::Failure;
use crate::rules::shown;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const GOOD: Style = AnsiColor::Green.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();
const CAREFUL: Style = AnsiColor::Yellow.on_default().bold();

/// Columns of the words "expected" and "actual" say at most; what is longer is wrapped below.
const WORDS: usize = 14;

/// What the tests of a file have come to.
pub(crate) struct FileTested {
    pub(crate) name: String,
    pub(crate) tested: Tested,
    pub(crate) mutants: Vec<RuleMutants>,
    /// Line and column of each test.
    pub(crate) lines: Vec<(u32, u32)>,
}

/// What all files have come to.
pub(crate) struct Page {
    pub(crate) files: Vec<FileTested>,
    /// Files with errors, told elsewhere.
    pub(crate) broken: u64,
    pub(crate) seconds: f64,
    pub(crate) coverage: bool,
    pub(crate) mutants: bool,
}

impl FileTested {
    /// Tests with the places of their names.
    pub(crate) fn tests(&self) -> impl Iterator<Item = (&TestResult, (u32, u32))> {
        self.tested.tests.iter().zip(self.lines.iter().copied())
    }

    fn has_none(&self) -> bool {
        self.tested.tests.is_empty() && self.tested.left_out == 0
    }
}

impl Page {
    pub(crate) fn tests(&self) -> u64 {
        self.files.iter().map(|file| file.tested.tests.len() as u64).sum()
    }

    pub(crate) fn failed(&self) -> u64 {
        self.files.iter().map(|file| file.tested.tests.iter().filter(|test| !test.passed()).count() as u64).sum()
    }

    pub(crate) fn left_out(&self) -> u64 {
        self.files.iter().map(|file| file.tested.left_out as u64).sum()
    }
}

/// A page for people: failing tests, files without tests, coverage and mutants where asked for, and a line that sums it up.
pub(crate) fn human(page: &Page, columns: usize) -> String {
    let mut out = String::new();
    for file in &page.files {
        for (test, (line, _)) in file.tests().filter(|(test, _)| !test.passed()) {
            out.push_str(&failing(test, &format!("{}:{line}", shown(&file.name)), columns));
        }
    }
    for file in page.files.iter().filter(|file| file.has_none()) {
        let _ = writeln!(out, " {DIM}– {} has no tests{DIM:#}", fit_middle(&escape(&shown(&file.name)), columns.saturating_sub(18)));
    }
    let tested = || page.files.iter().filter(|file| !file.tested.tests.is_empty());
    if page.coverage {
        tested().for_each(|file| out.push_str(&coverage(file, columns)));
    }
    if page.mutants {
        tested().for_each(|file| out.push_str(&mutants(file, columns)));
    }
    out.push_str(&summary(page));
    out
}

fn failing(test: &TestResult, place: &str, columns: usize) -> String {
    let place = escape(place);
    let room = columns.saturating_sub(width(&place) + 5).max(20);
    let mut out = format!(" {BAD}✗{BAD:#} {BOLD}{}{BOLD:#}  {DIM}{place}{DIM:#}\n", fit(&escape(&test.name), room));
    if let Some(trouble) = &test.trouble {
        wrapped(&escape(trouble), columns.saturating_sub(5)).iter().for_each(|line| out.push_str(&format!("   {line}\n")));
    }
    if !test.mismatches.is_empty() {
        let id = |miss: &Mismatch| miss.rule.clone().unwrap_or_else(|| "the row".to_owned());
        let widest = test.mismatches.iter().map(|miss| width(&id(miss))).max().unwrap_or(0);
        let first = widest.min(columns.saturating_sub(3 + 2 + WORDS + 2 + WORDS)).max(8);
        let _ = writeln!(out, "   {DIM}{}  {}  actual{DIM:#}", left("rule", first), left("expected", WORDS));
        for miss in &test.mismatches {
            out.push_str(&mismatch(miss, &fit_middle(&escape(&id(miss)), first), first, columns));
        }
    }
    out.push('\n');
    out
}

fn mismatch(miss: &Mismatch, id: &str, first: usize, columns: usize) -> String {
    let actual = miss.actual.to_string();
    let mut out = format!("   {}  {}  {BAD}{actual}{BAD:#}\n", left(id, first), left(&miss.expected.to_string(), WORDS));
    let mut tell = |text: String| {
        for line in wrapped(&text, columns.saturating_sub(7)) {
            let _ = writeln!(out, "   {DIM}│{DIM:#} {line}");
        }
    };
    if let Some(reason) = &miss.reason {
        tell(escape(reason).into_owned());
    }
    if let Some(measured) = &miss.measured {
        tell(format!("measured {}", text::measured(measured)));
    }
    for row in &miss.rows {
        let values: Vec<String> = row.values.iter().map(|(name, found)| format!("{} = {}", escape(name), fit(&value(found), 48))).collect();
        let which = if miss.rows.len() > 1 || row.row > 0 { format!("row {}: ", row.row) } else { String::new() };
        tell(format!("{which}{}", values.join(", ")));
    }
    out
}

/// The rules of a file that no test has seen to pass, or to fail.
fn coverage(file: &FileTested, columns: usize) -> String {
    let counted: Vec<&RuleCoverage> = file.tested.coverage.iter().filter(|rule| rule.exempt.is_none()).collect();
    let open: Vec<&&RuleCoverage> = counted.iter().filter(|rule| !rule.is_covered()).collect();
    let covered = counted.len() - open.len();
    #[expect(clippy::cast_precision_loss, reason = "a share is shown with one decimal")]
    let share = if counted.is_empty() { 1.0 } else { covered as f64 / counted.len() as f64 };
    let what = format!("{covered} of {} seen to pass and to fail ({})", plural(counted.len() as u64, "rule"), percent(share));
    let mut out = heading(file, "coverage", &what, columns);
    if !open.is_empty() {
        let widest = open.iter().map(|rule| width(&rule.rule)).max().unwrap_or(0);
        let first = widest.min(columns.saturating_sub(24)).max(8);
        let _ = writeln!(out, "   {DIM}{}  passes  fails{DIM:#}", left("rule", first));
        for rule in open {
            let id = left(&fit_middle(&escape(&rule.rule), first), first);
            let _ = writeln!(out, "   {id}  {}     {}", sign(rule.passes_in.is_some()), sign(rule.fails_in.is_some()).trim_end());
        }
    }
    out.push('\n');
    out
}

/// Three columns wide.
fn sign(seen: bool) -> String {
    if seen { format!("{GOOD}✓{GOOD:#}  ") } else { format!("{BAD}–{BAD:#}  ") }
}

/// The changes of rules that no test notices.
fn mutants(file: &FileTested, columns: usize) -> String {
    let tried: usize = file.mutants.iter().map(|rule| rule.tried).sum();
    let alive: usize = file.mutants.iter().map(|rule| rule.survivors.len()).sum();
    let what = format!("{} of {} noticed", grouped((tried - alive) as u64), plural(tried as u64, "change"));
    let mut out = heading(file, "mutants", &what, columns);
    let (unneeded, weak): (Vec<&RuleMutants>, Vec<&RuleMutants>) =
        file.mutants.iter().filter(|rule| !rule.survivors.is_empty()).partition(|rule| rule.is_unneeded());
    for rule in unneeded {
        let id = fit_middle(&escape(&rule.rule), columns.saturating_sub(42).max(20));
        let _ = writeln!(out, " {BAD}✗{BAD:#} {id}  {DIM}no test notices if it is dropped{DIM:#}");
    }
    for rule in weak {
        let _ = writeln!(out, " {CAREFUL}!{CAREFUL:#} {}", fit_middle(&escape(&rule.rule), columns.saturating_sub(3)));
        for line in wrapped(&escape(&rule.survivors.join("; ")), columns.saturating_sub(7)) {
            let _ = writeln!(out, "   {DIM}│{DIM:#} {line}");
        }
    }
    out.push('\n');
    out
}

fn heading(file: &FileTested, what: &str, text: &str, columns: usize) -> String {
    let room = columns.saturating_sub(width(what) + width(text) + 4).max(12);
    format!("{BOLD}{what}{BOLD:#} {}: {text}\n", fit_middle(&escape(&shown(&file.name)), room))
}

/// `42 tests: 40 passed, 2 failed (0.01 s)`
fn summary(page: &Page) -> String {
    let (tests, failed) = (page.tests(), page.failed());
    let (word, style) = if failed > 0 || page.broken > 0 || tests == 0 { ("FAIL", BAD) } else { ("PASS", GOOD) };
    let mut parts = vec![format!("{} passed", grouped(tests - failed))];
    if failed > 0 {
        parts.push(format!("{} failed", grouped(failed)));
    }
    if page.left_out() > 0 {
        parts.push(format!("{} left out", grouped(page.left_out())));
    }
    if page.broken > 0 {
        parts.push(format!("{} with errors", plural(page.broken, "file")));
    }
    format!("{style}{word}{style:#}: {}: {} ({:.2} s)\n", plural(tests, "test"), parts.join(", "), page.seconds)
}

/// The JSON form.
#[derive(Serialize)]
struct Results<'a> {
    tests: u64,
    passed: u64,
    failed: u64,
    left_out: u64,
    files_with_errors: u64,
    elapsed_ms: u64,
    files: Vec<FileResults<'a>>,
}

#[derive(Serialize)]
struct FileResults<'a> {
    file: String,
    tests: Vec<One<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    coverage: Option<&'a [RuleCoverage]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mutants: Option<&'a [RuleMutants]>,
}

#[derive(Serialize)]
struct One<'a> {
    name: &'a str,
    block: &'a str,
    line: u32,
    column: u32,
    passed: bool,
    trouble: Option<&'a str>,
    mismatches: &'a [Mismatch],
}

fn one((test, (line, column)): (&TestResult, (u32, u32))) -> One<'_> {
    One {
        name: &test.name,
        block: &test.block,
        line,
        column,
        passed: test.passed(),
        trouble: test.trouble.as_deref(),
        mismatches: &test.mismatches,
    }
}

/// Everything, for programs.
pub(crate) fn json(page: &Page) -> Result<String, Failure> {
    let files = page.files.iter().map(|file| FileResults {
        file: shown(&file.name),
        tests: file.tests().map(one).collect(),
        coverage: page.coverage.then_some(&*file.tested.coverage),
        mutants: page.mutants.then_some(&*file.mutants),
    });
    let elapsed = std::time::Duration::try_from_secs_f64(page.seconds).map_or(0, |time| time.as_millis());
    pretty(&Results {
        tests: page.tests(),
        passed: page.tests() - page.failed(),
        failed: page.failed(),
        left_out: page.left_out(),
        files_with_errors: page.broken,
        elapsed_ms: u64::try_from(elapsed).unwrap_or(u64::MAX),
        files: files.collect(),
    })
}

/// A test's mismatches in plain lines, for reports that have no room for a table.
pub(crate) fn lines(test: &TestResult) -> Vec<String> {
    let mut out: Vec<String> = test.trouble.iter().map(|trouble| escape(trouble).into_owned()).collect();
    for miss in &test.mismatches {
        let rule = miss.rule.as_deref().unwrap_or("the row");
        let mut line = format!("{}: expected {}, actual {}", escape(rule), miss.expected, miss.actual);
        if let Some(reason) = &miss.reason {
            let _ = write!(line, " ({})", escape(reason));
        }
        out.push(line);
        for row in &miss.rows {
            let values: Vec<String> = row.values.iter().map(|(name, found)| format!("{} = {}", escape(name), value(found))).collect();
            out.push(format!("  row {}: {}", row.row, values.join(", ")));
        }
    }
    out
}
