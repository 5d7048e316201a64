//! JUnit XML for CI systems: a suite for each report, a case for each rule.

use std::time::Duration;

use quick_junit::{NonSuccessKind, Property, Report as Page, TestCase, TestCaseStatus, TestSuite, XmlString};
use rulegate::report::{Report, RuleOutcome, RuleReport};

use super::json::Entry;
use super::place::Place;
use super::text::escape;
use super::words::{Weight, said, samples, weight};
use super::{Checked, Form, Judged, overrides};
use crate::exit::Failure;

pub(super) const FORM: Form =
    Form { name: "junit", about: "JUnit XML: a test case for each rule", reports, diagnostics: Some(diagnostics) };

fn reports(judged: &Judged<'_>) -> Result<String, Failure> {
    let mut page = Page::new("rulegate validate");
    for report in judged.reports {
        let block = report.inputs.first().map_or("", |input| input.block.as_str());
        let mut suite = TestSuite::new(xml(block));
        if let Some(millis) = report.elapsed_ms {
            suite.set_time(Duration::from_millis(millis));
        }
        for input in &report.inputs {
            suite.add_property(Property::new("input", xml(&input.name)));
        }
        for line in overrides::lines(report) {
            suite.add_property(Property::new("override", XmlString::new(line)));
        }
        suite.add_property(Property::new("rows", report.rows.to_string()));
        suite.add_property(Property::new("rows_failed", report.rows_failed.to_string()));
        suite.add_test_cases(report.rules.iter().map(|rule| case(rule, report, judged.places.get(&rule.id))));
        page.add_test_suite(suite);
    }
    written(&page)
}

/// A rule as a case. What only warns is a success that says so: the data holds.
fn case(rule: &RuleReport, report: &Report, place: Option<&Place>) -> TestCase {
    let status = match (weight(rule, report), rule.outcome) {
        (Some(Weight::Error), RuleOutcome::Fail | RuleOutcome::Vacuous) => TestCaseStatus::non_success(NonSuccessKind::Failure),
        (Some(Weight::Error), _) => TestCaseStatus::non_success(NonSuccessKind::Error),
        (None, RuleOutcome::Skipped | RuleOutcome::Vacuous | RuleOutcome::Waived) => TestCaseStatus::skipped(),
        _ => TestCaseStatus::success(),
    };
    let mut case = TestCase::new(xml(&rule.id), status);
    case.set_classname(xml(&rule.block));
    locate(&mut case, place);
    let lines = samples(rule, report).join("\n");
    match &mut case.status {
        TestCaseStatus::Success { .. } => {
            if rule.failed > 0 || rule.shadow || rule.outcome == RuleOutcome::Warn {
                case.set_system_out(XmlString::new(format!("{}: {}\n{lines}", rule.outcome, said(rule))));
            }
        }
        TestCaseStatus::Skipped { .. } => {
            case.status.set_message(XmlString::new(said(rule)));
        }
        TestCaseStatus::NonSuccess { .. } => {
            case.status.set_message(XmlString::new(said(rule))).set_type(xml(&rule.check));
            if !lines.is_empty() {
                case.status.set_description(XmlString::new(lines));
            }
        }
    }
    case
}

fn diagnostics(checked: &Checked) -> Result<String, Failure> {
    let mut page = Page::new("rulegate check");
    let mut suite = TestSuite::new("rules");
    for name in &checked.files {
        if !checked.entries.iter().any(|entry| entry.place.file == *name && entry.is_error()) {
            suite.add_test_case(TestCase::new(xml(name), TestCaseStatus::success()));
        }
    }
    suite.add_test_cases(checked.entries.iter().map(remark));
    page.add_test_suite(suite);
    written(&page)
}

fn remark(entry: &Entry) -> TestCase {
    let text = entry.lines().join("\n");
    let name = format!("{}:{}:{} {}", escape(&entry.place.file), entry.place.line, entry.place.column, entry.code);
    let status = if entry.is_error() { TestCaseStatus::non_success(NonSuccessKind::Failure) } else { TestCaseStatus::success() };
    let mut case = TestCase::new(XmlString::new(name), status);
    locate(&mut case, Some(&entry.place));
    if entry.is_error() {
        case.status.set_message(xml(&entry.message)).set_type(entry.code).set_description(XmlString::new(text));
    } else {
        case.set_system_out(XmlString::new(text));
    }
    case
}

/// File and line as attributes, which most readers of JUnit XML understand.
fn locate(case: &mut TestCase, place: Option<&Place>) {
    if let Some(place) = place {
        case.extra.insert("file".into(), xml(&place.file));
        case.extra.insert("line".into(), XmlString::new(place.line.to_string()));
    }
}

/// A text of data. What XML cannot hold is shown as an escape.
fn xml(text: &str) -> XmlString {
    XmlString::new(escape(text))
}

fn written(page: &Page) -> Result<String, Failure> {
    page.to_string().map_err(|error| Failure::new(format!("the XML cannot be made: {error}")))
}
