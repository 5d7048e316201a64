//! Markdown for step summaries and comments: the verdict, counts, and the rules with most to say.
//!
//! Texts of data stand in code spans, where neither Markdown nor mentions, references and links mean anything.

use rulegate::report::{Outcome, Report, RuleOutcome, RuleReport};

use super::diagnostics::counts;
use super::human;
use super::json::Entry;
use super::text::{escape, fit, grouped, percent, plural};
use super::words::{said, samples, template, weight};
use super::{Checked, Form, Judged, overrides};
use crate::exit::Failure;

pub(super) const FORM: Form =
    Form { name: "markdown", about: "Markdown for step summaries and comments", reports, diagnostics: Some(diagnostics) };

/// Rules, and failing rows of each, that are shown: comments have a limit of length.
const RULES: usize = 20;
const SAMPLES: usize = 3;
const COLUMNS: usize = 160;

fn reports(judged: &Judged<'_>) -> Result<String, Failure> {
    let pages: Vec<String> = judged.reports.iter().map(|report| page(report, judged)).collect();
    Ok(pages.join("\n"))
}

fn page(report: &Report, judged: &Judged<'_>) -> String {
    let (sign, word) = if report.outcome == Outcome::Pass { ("✅", "holds") } else { ("❌", "does not hold") };
    let mut out = format!("## {sign} {}: the data {word}\n\n{}.\n\n", code(human::block(report)), human::why(report));
    out.push_str(&figures(report));
    let overrides: String = overrides::lines(report).map(|line| format!("- {}\n", code(&line))).collect();
    if !overrides.is_empty() {
        out.push_str(&format!("\nOverrides:\n\n{overrides}"));
    }
    let shown = telling(report);
    if !shown.is_empty() {
        out.push_str("\n| rule | severity | outcome | failed | of | share |\n| --- | --- | --- | ---: | ---: | ---: |\n");
        shown.iter().take(RULES).for_each(|rule| out.push_str(&row(rule, judged)));
        if shown.len() > RULES {
            out.push_str(&format!("\nand {} more.\n", plural((shown.len() - RULES) as u64, "rule")));
        }
    }
    shown.iter().take(RULES).for_each(|rule| out.push_str(&details(rule, report)));
    out
}

fn figures(report: &Report) -> String {
    let with = |outcome| grouped(report.with_outcome(outcome).count() as u64);
    let files = match report.inputs.as_slice() {
        [one] => cell(&one.name),
        several => plural(several.len() as u64, "file"),
    };
    format!(
        "| data | rows | rows that fail | rules | pass | warn | fail | error | skipped | vacuous | waived |\n\
         | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n\
         | {files} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |\n",
        grouped(report.rows),
        grouped(report.rows_failed),
        grouped(report.rules.len() as u64),
        with(RuleOutcome::Pass),
        with(RuleOutcome::Warn),
        with(RuleOutcome::Fail),
        with(RuleOutcome::Error),
        with(RuleOutcome::Skipped),
        with(RuleOutcome::Vacuous),
        with(RuleOutcome::Waived),
    )
}

/// Rules with something to say: what counts against the data first, then most failures first.
fn telling(report: &Report) -> Vec<&RuleReport> {
    let mut rules: Vec<&RuleReport> = report.rules.iter().filter(|rule| weight(rule, report).is_some() || rule.failed > 0).collect();
    rules.sort_by_key(|rule| (weight(rule, report).is_none(), weight(rule, report), std::cmp::Reverse(rule.failed)));
    rules
}

fn row(rule: &RuleReport, judged: &Judged<'_>) -> String {
    let place =
        judged.places.get(&rule.id).map_or_else(String::new, |place| format!(" {}", cell(&format!("{}:{}", place.file, place.line))));
    let shadow = if rule.shadow { ", shadow" } else { "" };
    let share = rule.failed_fraction.map_or_else(|| "–".to_owned(), percent);
    format!(
        "| {}{place} | {}{shadow} | {} | {} | {} | {share} |\n",
        cell(&rule.id),
        rule.severity,
        rule.outcome,
        grouped(rule.failed),
        grouped(rule.passed.saturating_add(rule.failed)),
    )
}

/// What a rule has to say beyond its row, folded away.
fn details(rule: &RuleReport, report: &Report) -> String {
    let mut lines: Vec<String> = vec![said(rule)];
    lines.extend(template(rule).map(str::to_owned));
    lines.extend(samples(rule, report).into_iter().take(SAMPLES));
    let items: String = lines.iter().map(|line| format!("- {}\n", code(line))).collect();
    // A blank line ends the HTML, so that what follows is Markdown again.
    format!("\n<details><summary><code>{}</code></summary>\n\n{items}\n</details>\n", html(&fit(&escape(&rule.id), COLUMNS)))
}

fn diagnostics(checked: &Checked) -> Result<String, Failure> {
    let sign = if checked.errors == 0 { "✅" } else { "❌" };
    let files = plural(checked.files.len() as u64, "rule file");
    let mut out = format!("## {sign} {files}: {}\n", counts(checked.errors, checked.warnings));
    if !checked.entries.is_empty() {
        out.push_str("\n| place | code | remark | what to do |\n| --- | --- | --- | --- |\n");
        checked.entries.iter().for_each(|entry| out.push_str(&remark(entry)));
    }
    Ok(out)
}

fn remark(entry: &Entry) -> String {
    let place = cell(&format!("{}:{}:{}", entry.place.file, entry.place.line, entry.place.column));
    let help = entry.help.as_deref().map_or_else(String::new, cell);
    format!("| {place} | {} | {} | {help} |\n", entry.code, cell(&entry.message))
}

/// Any text as code: a code span with more back-ticks around it than are in it.
fn code(text: &str) -> String {
    spanned(&fit(&escape(text), COLUMNS))
}

/// Any text as code in a cell of a table, where a bar ends the cell unless a backslash stands before it.
fn cell(text: &str) -> String {
    let text = fit(&escape(text), COLUMNS);
    if text.contains("\\|") {
        // Readers of tables differ over a backslash before a bar, so this goes without either.
        return format!("<code>{}</code>", entities(&text));
    }
    spanned(&text.replace('|', "\\|"))
}

fn spanned(text: &str) -> String {
    let text = if text.is_empty() { "(empty)" } else { text };
    let fence = "`".repeat(longest_run(text) + 1);
    let pad = if text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

/// Every sign that could mean something as a character reference.
fn entities(text: &str) -> String {
    let one = |c: char| if c.is_ascii_punctuation() { format!("&#{};", u32::from(c)) } else { c.to_string() };
    text.chars().map(one).collect()
}

fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::{cell, code};

    #[test]
    fn code_is_fenced_by_more_back_ticks_than_it_has() {
        assert_eq!(code("a"), "`a`");
        assert_eq!(code("a``b`"), "``` a``b` ```");
        assert_eq!((code("a|b").as_str(), cell("a|b").as_str()), ("`a|b`", "`a\\|b`"));
        assert_eq!(cell("a\\|b"), "<code>a&#92;&#124;b</code>");
        assert_eq!(code("a\nb"), "`a\\nb`");
    }
}
