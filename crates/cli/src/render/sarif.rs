//! SARIF 2.1.0 for code scanning: a result for each rule that does not hold, at its place in the rule file.

use rulegate::report::{Report, RuleOutcome, RuleReport};
use serde_json::{Value, json};

use super::json::{Entry, pretty};
use super::place::{Place, uri};
use super::text::{escape, fit};
use super::words::{Weight, said, samples, weight};
use super::{Checked, Form, Judged, overrides};
use crate::exit::Failure;

pub(super) const FORM: Form =
    Form { name: "sarif", about: "SARIF 2.1.0: results at their places in the rule files", reports, diagnostics: Some(diagnostics) };

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

fn reports(judged: &Judged<'_>) -> Result<String, Failure> {
    let (mut rules, mut results) = (Vec::new(), Vec::new());
    for report in judged.reports {
        for rule in &report.rules {
            let place = judged.places.get(&rule.id);
            results.extend(result(rule, report, place, rules.len()));
            rules.push(descriptor(rule));
        }
    }
    let holds = judged.reports.iter().all(|report| report.outcome == rulegate::report::Outcome::Pass);
    let inputs = judged.reports.iter().flat_map(|report| &report.inputs);
    let overrides: Vec<String> = judged.reports.iter().flat_map(overrides::lines).collect();
    let artifacts: Vec<Value> =
        inputs.map(|input| json!({ "location": { "uri": uri(&input.name) }, "roles": ["analysisTarget"] })).collect();
    log(&rules, &results, &artifacts, &json!({ "holds": holds, "overrides": overrides }))
}

fn descriptor(rule: &RuleReport) -> Value {
    let about = match &rule.field {
        Some(field) => format!("{} of {}", rule.check, field),
        None => rule.check.clone(),
    };
    let level = match rule.severity {
        rulegate::Severity::Error => "error",
        rulegate::Severity::Warn => "warning",
        rulegate::Severity::Info => "note",
    };
    let mut out = json!({
        "id": rule.id,
        "shortDescription": { "text": message(&escape(&about)) },
        "defaultConfiguration": { "level": level },
    });
    if let (Some(text), Some(fields)) = (&rule.message, out.as_object_mut()) {
        fields.insert("fullDescription".to_owned(), json!({ "text": message(&escape(text)) }));
    }
    out
}

/// What does not hold; also what is waived, as such.
fn result(rule: &RuleReport, report: &Report, place: Option<&Place>, index: usize) -> Option<Value> {
    let waived = rule.outcome == RuleOutcome::Waived && rule.failed > 0;
    let level = match weight(rule, report) {
        Some(Weight::Error) => "error",
        Some(Weight::Warning) => "warning",
        Some(Weight::Note) => "note",
        None if waived => "note",
        None => return None,
    };
    let mut lines = vec![said(rule)];
    lines.extend(samples(rule, report));
    let mut out = json!({
        "ruleId": rule.id,
        "ruleIndex": index,
        "level": level,
        "message": { "text": message(&lines.join("\n")) },
        "partialFingerprints": { "ruleId/v1": rule.id },
        "properties": {
            "outcome": rule.outcome,
            "shadow": rule.shadow,
            "evaluated": rule.evaluated,
            "passed": rule.passed,
            "failed": rule.failed,
            "unknown": rule.unknown,
        },
    });
    if let Some(fields) = out.as_object_mut() {
        fields.insert("locations".to_owned(), json!(place.map(|place| location(place, Some(&rule.id))).into_iter().collect::<Vec<_>>()));
        if waived {
            fields.insert("suppressions".to_owned(), json!([{ "kind": "inSource" }]));
        }
    }
    Some(out)
}

fn diagnostics(checked: &Checked) -> Result<String, Failure> {
    let mut codes: Vec<&str> = checked.entries.iter().map(|entry| entry.code).collect();
    codes.sort_unstable();
    codes.dedup();
    let rules: Vec<Value> = codes.iter().map(|code| json!({ "id": code })).collect();
    let result = |entry: &Entry| {
        json!({
            "ruleId": entry.code,
            "ruleIndex": codes.iter().position(|code| *code == entry.code),
            "level": if entry.is_error() { "error" } else { "warning" },
            "message": { "text": message(&entry.lines().join("\n")) },
            "locations": [location(&entry.place, None)],
        })
    };
    let results: Vec<Value> = checked.entries.iter().map(result).collect();
    let artifacts: Vec<Value> =
        checked.files.iter().map(|name| json!({ "location": { "uri": uri(name) }, "roles": ["analysisTarget"] })).collect();
    log(&rules, &results, &artifacts, &json!({}))
}

fn location(place: &Place, id: Option<&str>) -> Value {
    let mut out = json!({
        "physicalLocation": {
            "artifactLocation": { "uri": place.uri() },
            "region": {
                "startLine": place.line,
                "startColumn": place.column,
                "endLine": place.end_line,
                "endColumn": place.end_column,
            },
        },
    });
    if let (Some(id), Some(fields)) = (id, out.as_object_mut()) {
        fields.insert("logicalLocations".to_owned(), json!([{ "fullyQualifiedName": id }]));
    }
    out
}

fn log(rules: &[Value], results: &[Value], artifacts: &[Value], properties: &Value) -> Result<String, Failure> {
    pretty(&json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {
                "driver": {
                    "name": "rulegate",
                    "version": env!("CARGO_PKG_VERSION"),
                    "informationUri": env!("CARGO_PKG_REPOSITORY"),
                    "rules": rules,
                },
            },
            "columnKind": "unicodeCodePoints",
            "artifacts": artifacts,
            "results": results,
            "properties": properties,
        }],
    }))
}

/// Plain text of a message: viewers make links of `[text](target)` (§3.11.6), which data must not.
fn message(text: &str) -> String {
    fit(&text.replace("](", "] ("), 4_000)
}
