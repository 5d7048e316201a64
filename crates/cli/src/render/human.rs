//! A report for people: what was judged, the rules that have something to say, their failing rows, the verdict.

pub(super) mod details;
mod table;

use std::fmt::Write;

use anstyle::{AnsiColor, Style};
use rulegate::Severity;
use rulegate::report::{Comparison, InputInfo, Integrity, Outcome, Report, RuleKind, RuleOutcome, RuleReport, WaiverInfo, WaiverState};

use super::diagnostics::counts;
use super::text::{escape, fit, fit_middle, grouped, plural, wrapped};
use super::{Checked, Form, Judged, overrides};
use crate::exit::Failure;

pub(crate) const FORM: Form = Form { name: "human", about: "for people", reports, diagnostics: Some(diagnostics) };

/// Columns of a page that is not a terminal's.
pub(crate) const PAGE_COLUMNS: usize = 100;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const GOOD: Style = AnsiColor::Green.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();
const CAREFUL: Style = AnsiColor::Yellow.on_default().bold();

/// Which rules are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Least {
    /// Those that fail or could not be computed.
    Error,
    /// Also those that warn, were not judged, or have failing rows.
    Warn,
    /// All.
    Info,
}

/// Rules that were not judged that are shown, unless all are.
const UNJUDGED: usize = 12;

/// How a report is shown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Look {
    /// The width of the page.
    pub(crate) columns: usize,
    pub(crate) least: Least,
    /// Only the last line.
    pub(crate) verdict_only: bool,
    /// Whether other reports stand beside it, so that the verdict says whose it is.
    pub(crate) several: bool,
    /// Failing rows that are shown of a rule.
    pub(crate) samples: usize,
}

/// The width of the terminal on stdout, within reason; [`PAGE_COLUMNS`] where there is none.
pub(crate) fn columns() -> usize {
    match terminal_size::terminal_size_of(std::io::stdout()) {
        Some((terminal_size::Width(columns), _)) => usize::from(columns).clamp(60, 140),
        None => PAGE_COLUMNS,
    }
}

/// Pages, one after the other. Colours are in them; whoever writes them drops those where they do not belong.
fn reports(judged: &Judged<'_>) -> Result<String, Failure> {
    let pages: Vec<String> = judged.reports.iter().map(|report| render(report, judged.look)).collect();
    Ok(pages.join(if judged.look.verdict_only { "" } else { "\n" }))
}

fn diagnostics(checked: &Checked) -> Result<String, Failure> {
    let files = plural(checked.files.len() as u64, "file");
    Ok(format!("{}checked {files}: {}\n", checked.rendered, counts(checked.errors, checked.warnings)))
}

/// A report as a page. Every text of the data in it is escaped, and no line begins with one: some CI systems take
/// commands from the beginnings of lines.
fn render(report: &Report, look: Look) -> String {
    let mut page = String::new();
    if !look.verdict_only {
        page.push_str(&header(report, look.columns));
        let shown = shown(report, look.least);
        page.push_str(&table::render(report, &shown, look.columns));
        for rule in &shown {
            page.push_str(&details::render(rule, report.inputs.len() > 1, look.samples, look.columns));
        }
        page.push_str(&remarks(report, look.columns));
    }
    page.push_str(&verdict(report, look.several));
    page
}

/// The rules that have something to say: worst first, in file order within.
fn shown(report: &Report, least: Least) -> Vec<&RuleReport> {
    let mut rules: Vec<&RuleReport> = report.rules.iter().filter(|rule| says(rule) >= least_rank(least)).collect();
    rules.sort_by_key(|rule| std::cmp::Reverse(says(rule)));
    let judged = rules.partition_point(|rule| !is_unjudged(rule));
    if least != Least::Info {
        rules.truncate(judged + UNJUDGED);
    }
    rules
}

fn least_rank(least: Least) -> u8 {
    match least {
        Least::Error => 6,
        Least::Warn => 1,
        Least::Info => 0,
    }
}

/// How much a rule has to say.
fn says(rule: &RuleReport) -> u8 {
    match rule.outcome {
        RuleOutcome::Fail => 7,
        RuleOutcome::Error => 6,
        RuleOutcome::Warn => 5,
        RuleOutcome::Pass | RuleOutcome::Waived if rule.failed > 0 => 4,
        RuleOutcome::Waived => 3,
        RuleOutcome::Skipped => 2,
        RuleOutcome::Vacuous => 1,
        RuleOutcome::Pass => 0,
    }
}

/// Whether a rule asks one question of all rows, such as how many there are.
pub(super) fn is_check(rule: &RuleReport) -> bool {
    rule.kind == RuleKind::Dataset && rule.check == "check"
}

fn is_unjudged(rule: &RuleReport) -> bool {
    matches!(rule.outcome, RuleOutcome::Skipped | RuleOutcome::Vacuous)
}

/// The mark of a rule's outcome, and its colour: none for one that never counts.
fn mark(rule: &RuleReport) -> (&'static str, Style) {
    let (sign, style) = match rule.outcome {
        RuleOutcome::Pass => ("✓", GOOD),
        RuleOutcome::Fail | RuleOutcome::Error => ("✗", BAD),
        RuleOutcome::Warn => ("!", CAREFUL),
        RuleOutcome::Waived => ("~", CAREFUL),
        RuleOutcome::Vacuous | RuleOutcome::Skipped => ("–", DIM),
    };
    (sign, if rule.shadow { DIM } else { style })
}

/// What was judged, by what, how fast.
fn header(report: &Report, columns: usize) -> String {
    let names: Vec<&str> = report.inputs.iter().map(|input| input.name.as_str()).collect();
    let what = match names.as_slice() {
        [one] => fit_middle(&escape(one), columns.saturating_sub(50)),
        [] => "nothing".to_owned(),
        [first, .., last] => format!(
            "{} files, {} … {}",
            names.len(),
            fit_middle(&escape(first), columns.saturating_sub(56) / 2),
            fit_middle(&escape(last), columns.saturating_sub(56) / 2)
        ),
    };
    let rules =
        format!("{} of block {}, {}", plural(report.rules.len() as u64, "rule"), escape(block(report)), escape(&report.ruleset.name));
    format!("{BOLD}{what}{BOLD:#}: {}{}\n{DIM}{}{DIM:#}\n\n", plural(report.rows, "row"), speed(report), fit(&rules, columns))
}

pub(super) fn block(report: &Report) -> &str {
    report.inputs.first().map_or("", |input| input.block.as_str())
}

pub(super) fn speed(report: &Report) -> String {
    let Some(millis) = report.elapsed_ms else { return String::new() };
    let time = if millis < 1000 { format!("{millis} ms") } else { format!("{}.{:02} s", grouped(millis / 1000), millis % 1000 / 10) };
    if millis == 0 || report.rows < 1000 {
        return format!(" in {time}");
    }
    let rate = u128::from(report.rows) * 1000 / u128::from(millis);
    let rate = u64::try_from(rate).unwrap_or(u64::MAX);
    // Digits past the third would be noise.
    let step = 10_u64.pow(rate.checked_ilog10().unwrap_or(0).saturating_sub(2));
    format!(" in {time} ({} rows/s)", grouped(rate / step * step))
}

/// What else there is to know: integrity, absent columns, warnings.
fn remarks(report: &Report, columns: usize) -> String {
    let mut lines: Vec<String> = Vec::new();
    lines.extend(integrity(&report.inputs));
    for column in absent_columns(&report.inputs) {
        lines.push(format!("absent: column `{}`, judged as null", escape(column)));
    }
    // Those that cover nothing are warnings.
    lines.extend(report.waivers.iter().filter(|waiver| waiver.state == WaiverState::Active).map(waiver_line));
    lines.extend(overrides::lines(report).map(|line| format!("override: {line}")));
    for new in report.baseline.iter().flat_map(|baseline| &baseline.new) {
        let known = if new.known > 0 { format!("{} known", grouped(new.known)) } else { "none known".to_owned() };
        lines.push(format!("new: {} has {}, {known} from baseline", escape(&new.rule), plural(new.failed, "failure")));
    }
    for warning in &report.warnings {
        lines.push(format!("warning: {}", escape(&warning.text)));
    }
    let mut out = String::new();
    for line in lines {
        for (index, part) in wrapped(&line, columns.saturating_sub(2)).iter().enumerate() {
            // Writing to a string cannot fail.
            let _ = writeln!(out, "{}{part}", if index == 0 { "" } else { "│ " });
        }
    }
    out
}

/// `waiver: t.label.regex until 2031-06-30, 3 failures: old label printers`.
fn waiver_line(waiver: &WaiverInfo) -> String {
    let until = waiver.until.as_deref().map_or_else(String::new, |until| format!(" until {}", escape(until)));
    // What a schema fails has no rows.
    let rows = if waiver.rows > 0 { format!(", {}", plural(waiver.rows, "failure")) } else { String::new() };
    let because = waiver.because.as_deref().map_or_else(String::new, |because| format!(": {}", escape(because)));
    format!("waiver: {}{until}{rows}{because}", escape(&waiver.rule))
}

/// What checksums say of Parquet inputs; of other formats there is nothing to say.
fn integrity(inputs: &[InputInfo]) -> Option<String> {
    let found: Vec<Integrity> = inputs.iter().filter(|input| input.row_groups.is_some()).map(|input| input.integrity).collect();
    let which = if found.len() == 1 { "the file has" } else { "the files have" };
    let all = |kind| found.iter().all(|integrity| *integrity == kind);
    match found.as_slice() {
        [] => None,
        _ if all(Integrity::Verified) => Some("integrity: verified — every page that was read has a checksum, and it is right".to_owned()),
        // What was proved may have checksums that nobody had to look at.
        _ if all(Integrity::None) && inputs.iter().any(|input| input.rows_proved > 0) => {
            Some("integrity: none — no page checksum was compared".to_owned())
        }
        _ if all(Integrity::None) => Some(format!("integrity: none — {which} no page checksums")),
        _ => Some("integrity: partial — some pages have no checksum that was compared".to_owned()),
    }
}

fn absent_columns(inputs: &[InputInfo]) -> Vec<&str> {
    let mut columns: Vec<&str> = inputs.iter().flat_map(|input| input.absent_columns.iter().map(String::as_str)).collect();
    columns.sort_unstable();
    columns.dedup();
    columns
}

/// The last line: whether the data holds, and why.
fn verdict(report: &Report, several: bool) -> String {
    let (word, style) = if report.holds() { ("PASS", GOOD) } else { ("FAIL", BAD) };
    let whose = if several { format!(" {}", escape(block(report))) } else { String::new() };
    format!("{style}{word}{style:#}{whose}: {}\n", why(report))
}

/// Why the data holds or does not, in a few words.
pub(super) fn why(report: &Report) -> String {
    let with = |outcome| report.with_outcome(outcome).count() as u64;
    let mut notes = match (&report.baseline, report.outcome) {
        (Some(baseline), Outcome::Fail) => beside_baseline(baseline),
        (None, Outcome::Fail) => reasons(report),
        (_, Outcome::Pass) => vec![holding(report)],
    };
    let warn = with(RuleOutcome::Warn);
    if warn > 0 {
        notes.push(format!("{} {}", plural(warn, "rule"), if warn == 1 { "warns" } else { "warn" }));
    }
    let waived = report.rules.iter().map(|rule| rule.waived).sum();
    if waived > 0 {
        notes.push(format!("{} waived", plural(waived, "failure")));
    }
    let shadowed = report.rules.iter().filter(|rule| would_fail(rule)).count() as u64;
    if shadowed > 0 {
        notes.push(format!("{} in shadow would fail it", plural(shadowed, "rule")));
    }
    let skipped = with(RuleOutcome::Skipped);
    if skipped > 0 {
        notes.push(format!("{} skipped", plural(skipped, "rule")));
    }
    notes.join(", ")
}

/// Whether a rule in shadow would fail the data if it were enforced.
fn would_fail(rule: &RuleReport) -> bool {
    rule.shadow && rule.severity == Severity::Error && matches!(rule.outcome, RuleOutcome::Fail | RuleOutcome::Error)
}

/// What is new beside a baseline, and what is known.
fn beside_baseline(baseline: &Comparison) -> Vec<String> {
    let worse = baseline.new.len() as u64;
    let new = (worse > 0).then(|| format!("{} worse than in the baseline", plural(worse, "rule")));
    let known = (baseline.known > 0).then(|| format!("{} known from baseline", plural(baseline.known, "failure")));
    new.into_iter().chain(known).collect()
}

fn holding(report: &Report) -> String {
    match (report.rows, report.rows_failed) {
        (0, _) => "there were no rows to judge".to_owned(),
        (1, 0) if beside(report) == 0 => "the only row holds".to_owned(),
        (rows, 0) if beside(report) == 0 => format!("all {} rows hold", grouped(rows)),
        (_, 0) => format!("no row fails by itself, {} among all rows, within bounds", plural(beside(report), "failure")),
        (rows, failed) => {
            format!("{} of {} fail{}, all within bounds", grouped(failed), plural(rows, "row"), if failed == 1 { "s" } else { "" })
        }
    }
}

/// Failures of rules that no row fails by itself, as those of `unique`.
fn beside(report: &Report) -> u64 {
    let counts = |rule: &&RuleReport| rule.severity == Severity::Error && !rule.shadow && !is_check(rule);
    report.rules.iter().filter(counts).map(|rule| rule.failed.saturating_sub(rule.waived)).sum()
}

/// Why data fails, most telling first.
fn reasons(report: &Report) -> Vec<String> {
    let enforced: Vec<&RuleReport> = report.rules.iter().filter(|rule| rule.severity == Severity::Error && !rule.shadow).collect();
    let count = |test: &dyn Fn(&RuleReport) -> bool| enforced.iter().filter(|rule| test(rule)).count() as u64;
    let counts = [
        (
            count(&|rule| rule.outcome == RuleOutcome::Fail && rule.kind == RuleKind::Schema),
            "column that does not fit",
            "columns that do not fit",
        ),
        (count(&|rule| rule.outcome == RuleOutcome::Fail && is_check(rule)), "check that does not hold", "checks that do not hold"),
        (
            count(&|rule| rule.outcome == RuleOutcome::Fail && rule.kind != RuleKind::Schema && !is_check(rule)),
            "rule past its bound",
            "rules past their bounds",
        ),
        (count(&|rule| rule.outcome == RuleOutcome::Error), "rule that could not be computed", "rules that could not be computed"),
        (
            count(&|rule| rule.outcome == RuleOutcome::Vacuous && (report.strict || is_check(rule))),
            "rule that judged nothing",
            "rules that judged nothing",
        ),
        (
            if report.strict { absent_columns(&report.inputs).len() as u64 } else { 0 },
            "absent column (--strict)",
            "absent columns (--strict)",
        ),
    ];
    let told = counts.iter().filter(|(count, ..)| *count > 0);
    told.map(|(count, one, many)| format!("{} {}", grouped(*count), if *count == 1 { one } else { many })).collect()
}
