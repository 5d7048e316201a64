//! What stands in `docs/operations` against the code: every metric it asks for is one the product writes, every alert has an entry in the runbook and
//! a test. Prometheus' own opinion is asked by `docs/operations/check.sh`.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::path::Path;

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect(path)
}

/// Names of metrics in a text.
fn metrics(text: &str) -> BTreeSet<&str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| word.starts_with("rulegate_")).collect()
}

fn written() -> BTreeSet<String> {
    let (counters, gauges) = (read("src/telemetry/counters.rs"), read("crates/cli/src/render/prometheus.rs"));
    let mut all: BTreeSet<String> = metrics(&counters).union(&metrics(&gauges)).map(|name| (*name).to_owned()).collect();
    for histogram in ["rulegate_observed_value", "rulegate_batch_duration_seconds"] {
        assert!(all.contains(histogram), "{histogram} is written no more");
        all.extend(["_bucket", "_sum", "_count"].map(|part| format!("{histogram}{part}")));
    }
    all
}

#[test]
fn alerts_dashboard_and_runbook_ask_for_metrics_that_are_written() {
    let written = written();
    for file in ["alerts.yml", "alerts.test.yml", "dashboard.json", "runbook.md"] {
        let text = read(&format!("docs/operations/{file}"));
        let asked = metrics(&text);
        assert!(!asked.is_empty(), "{file} asks for nothing");
        let unknown: Vec<_> = asked.into_iter().filter(|name| !written.contains(*name)).collect();
        assert!(unknown.is_empty(), "{file} asks for {unknown:?}, which nothing writes");
    }
}

#[test]
fn every_alert_has_an_entry_in_the_runbook_and_a_test() {
    let (alerts, runbook, tests) =
        (read("docs/operations/alerts.yml"), read("docs/operations/runbook.md"), read("docs/operations/alerts.test.yml"));
    let names: BTreeSet<&str> = alerts.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    let entries: BTreeSet<&str> = runbook.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    assert_eq!(names, entries);
    for name in names {
        assert!(tests.contains(&format!("alertname: {name}\n")), "{name} fires in no test");
        assert!(alerts.contains(&format!("runbook_url: runbook.md#{}\n", name.to_lowercase())), "{name} leads to no entry");
    }
}

#[test]
fn the_page_on_telemetry_names_every_counter() {
    let (counters, page) = (read("src/telemetry/counters.rs"), read("docs/operations/README.md"));
    let missing: Vec<_> = metrics(&counters).difference(&metrics(&page)).copied().collect::<Vec<_>>();
    assert!(missing.is_empty(), "{missing:?}");
}
