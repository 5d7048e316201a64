//! Results of tests of rules as JUnit XML: a suite for each file, a case for each test.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::tested::{FileTested, Page, lines};
use super::text::plural;
use crate::exit::Failure;
use crate::rules::shown;

/// The document. Texts are escaped for terminals before the writer escapes them for XML.
pub(crate) fn render(page: &Page) -> Result<String, Failure> {
    let mut report = Report::new("rulegate test");
    if let Ok(time) = std::time::Duration::try_from_secs_f64(page.seconds) {
        report.set_time(time);
    }
    report.add_test_suites(page.files.iter().filter(|file| !file.tested.tests.is_empty()).map(suite));
    let text = report.to_string().map_err(|error| Failure::new(format!("the JUnit report cannot be made: {error}")))?;
    Ok(if text.ends_with('\n') { text } else { text + "\n" })
}

fn suite(file: &FileTested) -> TestSuite {
    let name = shown(&file.name);
    let mut suite = TestSuite::new(name.clone());
    for (test, (line, _)) in file.tests() {
        let status = if test.passed() {
            TestCaseStatus::success()
        } else {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            let told = lines(test);
            let what = test.trouble.clone().unwrap_or_else(|| format!("{} not as expected", plural(test.mismatches.len() as u64, "rule")));
            status.set_message(what).set_type("expectation").set_description(format!("{name}:{line}\n{}", told.join("\n")));
            status
        };
        let mut case = TestCase::new(test.name.clone(), status);
        case.set_classname(test.block.clone());
        case.extra.insert("file".into(), name.as_str().into());
        case.extra.insert("line".into(), line.to_string().into());
        suite.add_test_case(case);
    }
    suite
}
