//! The text format of Prometheus: the last run as gauges, for node_exporter's textfile collector or a push gateway.
//!
//! Counts are gauges and not counters, since every run begins anew. Texts of data stand in label values only.

use std::collections::BTreeMap;
use std::fmt::Write;

use chrono::DateTime;
use rulegate::report::{ObservationReport, Report, RuleKind, RuleReport};

use super::text::escape;
use super::{Form, Judged};
use crate::exit::Failure;

pub(super) const FORM: Form =
    Form { name: "prometheus", about: "metrics of the run in the text format of Prometheus", reports, diagnostics: None };

/// Metrics by name: those of several reports stand together, as the format demands.
#[derive(Default)]
struct Page(BTreeMap<&'static str, Family>);

struct Family {
    kind: &'static str,
    help: &'static str,
    lines: String,
}

type Labels<'a> = &'a [(&'a str, &'a str)];

fn reports(judged: &Judged<'_>) -> Result<String, Failure> {
    let mut page = Page::default();
    for report in judged.reports {
        run(&mut page, report);
        report.rules.iter().for_each(|rule| self::rule(&mut page, rule));
        report.observations.iter().for_each(|observed| observation(&mut page, observed));
    }
    Ok(page.text())
}

fn run(page: &mut Page, report: &Report) {
    let block = report.inputs.first().map_or("", |input| input.block.as_str());
    let labels: Labels<'_> = &[("block", block)];
    page.gauge("rulegate_run_passed", "1 if the data holds, 0 if it does not.", labels, f64::from(u8::from(report.holds())));
    page.count("rulegate_rows", "Rows judged.", labels, report.rows);
    page.count(
        "rulegate_rows_failed",
        "Rows that fail an enforced rule of severity error by themselves; repeated keys of `unique` are not among them.",
        labels,
        report.rows_failed,
    );
    page.count("rulegate_inputs", "Files judged.", labels, report.inputs.len() as u64);
    let set = &report.ruleset;
    let about = [("block", block), ("ruleset", &set.name), ("hash", &set.hash), ("version", &report.rulegate_version)];
    page.count("rulegate_ruleset_info", "The rules and the engine; always 1.", &about, 1);
    if let Some(millis) = report.elapsed_ms {
        page.gauge("rulegate_run_duration_seconds", "How long the run took.", labels, millis as f64 / 1_000.0);
    }
    if let Some(start) = report.started_at.as_deref().and_then(|text| DateTime::parse_from_rfc3339(text).ok()) {
        let seconds = start.timestamp_millis() as f64 / 1_000.0;
        page.gauge("rulegate_run_start_timestamp_seconds", "When the run started, in seconds since 1970.", labels, seconds);
    }
    for waiver in &report.waivers {
        let state = waiver.state.to_string();
        let labels = [("block", block), ("rule", waiver.rule.as_str()), ("state", state.as_str())];
        page.count("rulegate_waived_rows", "Failing rows that a waiver covers.", &labels, waiver.rows);
    }
}

fn rule(page: &mut Page, rule: &RuleReport) {
    let (severity, outcome) = (rule.severity.to_string(), rule.outcome.to_string());
    let shadow = if rule.shadow { "true" } else { "false" };
    let labels: [(&str, &str); 6] = [
        ("block", &rule.block),
        ("rule", &rule.id),
        ("field", rule.field.as_deref().unwrap_or_default()),
        ("check", &rule.check),
        ("severity", &severity),
        ("shadow", shadow),
    ];
    let mut with_outcome = labels.to_vec();
    with_outcome.push(("outcome", &outcome));
    page.count("rulegate_rule_outcome", "What the rule has come to; always 1.", &with_outcome, 1);
    if rule.kind != RuleKind::Schema {
        page.count("rulegate_rule_passed_rows", "Rows that pass the rule.", &labels, rule.passed);
        page.count("rulegate_rule_failed_rows", "Rows that fail the rule.", &labels, rule.failed);
        page.count("rulegate_rule_unknown_rows", "Rows that the rule says nothing about: null.", &labels, rule.unknown);
    }
    if let Some(value) = rule.value.as_ref().and_then(serde_json::Value::as_f64) {
        page.gauge("rulegate_rule_value", "The measured value of a check.", &labels, value);
    }
    for (reason, count) in &rule.reasons {
        let mut labels = labels.to_vec();
        labels.push(("reason", reason));
        page.count("rulegate_rule_failed_rows_by_reason", "Rows that fail the rule, by reason.", &labels, *count);
    }
}

fn observation(page: &mut Page, observed: &ObservationReport) {
    const NAME: &str = "rulegate_observed_value";
    const HELP: &str = "Distribution of the values of an `observe`.";
    let labels = [("block", observed.block.as_str()), ("value", observed.name.as_str())];
    let mut below = 0_u64;
    let bounds = observed.bounds.iter().map(|bound| number(*bound)).chain(["+Inf".to_owned()]);
    for (bound, count) in bounds.zip(&observed.counts) {
        below = below.saturating_add(*count);
        let mut labels = labels.to_vec();
        labels.push(("le", &bound));
        page.sample(NAME, "_bucket", ("histogram", HELP), &labels, &below.to_string());
    }
    if observed.counts.is_empty() {
        return;
    }
    if let Some(sum) = observed.sum.or((below == 0).then_some(0.0)) {
        page.sample(NAME, "_sum", ("histogram", HELP), &labels, &number(sum));
    }
    page.sample(NAME, "_count", ("histogram", HELP), &labels, &below.to_string());
    page.count("rulegate_observed_nulls", "Rows whose observed value is null.", &labels, observed.nulls);
    page.count("rulegate_observed_nans", "Rows whose observed value is NaN.", &labels, observed.nans);
}

impl Page {
    fn count(&mut self, name: &'static str, help: &'static str, labels: Labels<'_>, value: u64) {
        self.sample(name, "", ("gauge", help), labels, &value.to_string());
    }

    fn gauge(&mut self, name: &'static str, help: &'static str, labels: Labels<'_>, value: f64) {
        self.sample(name, "", ("gauge", help), labels, &number(value));
    }

    fn sample(&mut self, name: &'static str, suffix: &str, about: (&'static str, &'static str), labels: Labels<'_>, value: &str) {
        let (kind, help) = about;
        let family = self.0.entry(name).or_insert_with(|| Family { kind, help, lines: String::new() });
        let labels: Vec<String> = labels.iter().map(|(name, text)| format!("{name}=\"{}\"", label(text))).collect();
        // Writing to a string cannot fail.
        let _ = writeln!(family.lines, "{name}{suffix}{{{}}} {value}", labels.join(","));
    }

    fn text(&self) -> String {
        let family =
            |(name, family): (&&str, &Family)| format!("# HELP {name} {}\n# TYPE {name} {}\n{}", family.help, family.kind, family.lines);
        self.0.iter().map(family).collect()
    }
}

/// A label's value: backslashes, quotes and line ends escaped as the format wants it, after what acts on terminals is spelt out.
fn label(text: &str) -> String {
    escape(text).replace('\\', "\\\\").replace('"', "\\\"")
}

/// The shortest digits that are read back as the same number.
fn number(value: f64) -> String {
    match value {
        value if value.is_nan() => "NaN".to_owned(),
        f64::INFINITY => "+Inf".to_owned(),
        f64::NEG_INFINITY => "-Inf".to_owned(),
        value => format!("{value:?}"),
    }
}
